//! The first rule that answers.

use crate::model::{ContactFacts, FilingFacts, ProjectId, ProjectStatus};

/// Why a message lies where it lies. Stored by its code, shown as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user moved its thread.
    ThreadMoved,
    /// Its thread has an active project.
    ThreadHasProject,
    /// Its contacts share exactly one active project.
    SharedProject,
    /// The sender's default project.
    DefaultProject,
    /// The sender's only active project.
    OnlyProject,
    /// The user put this message there.
    MovedByUser,
    /// It was written there.
    WrittenHere,
    /// To sort: it joins threads of different projects.
    JoinsThreads,
    /// To sort: its thread's project is not active.
    ThreadProjectNotActive,
    /// To sort: the sender has no active project.
    NoActiveProject,
    /// To sort: several projects could have it.
    SeveralProjects,
    /// To sort: the people in it have different projects.
    ContactsDiffer,
    /// To sort: its project was deleted.
    ProjectDeleted,
}

impl Reason {
    pub(super) const ALL: [Self; 13] = [
        Self::ThreadMoved,
        Self::ThreadHasProject,
        Self::SharedProject,
        Self::DefaultProject,
        Self::OnlyProject,
        Self::MovedByUser,
        Self::WrittenHere,
        Self::JoinsThreads,
        Self::ThreadProjectNotActive,
        Self::NoActiveProject,
        Self::SeveralProjects,
        Self::ContactsDiffer,
        Self::ProjectDeleted,
    ];

    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ThreadMoved => "thread_moved",
            Self::ThreadHasProject => "thread_has_project",
            Self::SharedProject => "shared_project",
            Self::DefaultProject => "default_project",
            Self::OnlyProject => "only_project",
            Self::MovedByUser => "moved_by_user",
            Self::WrittenHere => "written_here",
            Self::JoinsThreads => "joins_threads",
            Self::ThreadProjectNotActive => "thread_project_not_active",
            Self::NoActiveProject => "no_active_project",
            Self::SeveralProjects => "several_projects",
            Self::ContactsDiffer => "contacts_differ",
            Self::ProjectDeleted => "project_deleted",
        }
    }

    /// From its stable name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// What the person reads beside the message.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ThreadMoved => "filed here because you moved its thread",
            Self::ThreadHasProject => "filed here because its thread is",
            Self::SharedProject => "filed here because it is the one active project of everyone in it",
            Self::DefaultProject => "filed here because it is this contact’s usual project",
            Self::OnlyProject => "filed here because it is this contact’s only active project",
            Self::MovedByUser => "filed here by you",
            Self::WrittenHere => "you wrote it here",
            Self::JoinsThreads => "It joins threads of different projects",
            Self::ThreadProjectNotActive => "Its thread’s project is not active",
            Self::NoActiveProject => "No active project yet",
            Self::SeveralProjects => "In several of your projects",
            Self::ContactsDiffer => "The people in it have different projects",
            Self::ProjectDeleted => "Its project was deleted",
        }
    }
}

/// Where a message goes, and why. `project: None` is To sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The project.
    pub project: Option<ProjectId>,
    /// The rule that answered.
    pub reason: Reason,
}

const fn there(project: ProjectId, reason: Reason) -> Decision {
    Decision { project: Some(project), reason }
}

const fn to_sort(reason: Reason) -> Decision {
    Decision { project: None, reason }
}

fn active(contact: &ContactFacts) -> impl Iterator<Item = ProjectId> + '_ {
    contact
        .projects
        .iter()
        .filter(|project| project.status == ProjectStatus::Active)
        .map(|project| project.id)
}

/// Active projects that every contact of the message has.
fn shared(facts: &FilingFacts) -> Vec<ProjectId> {
    let Some((first, others)) = facts.contacts.split_first() else { return Vec::new() };
    active(first).filter(|project| others.iter().all(|other| active(other).any(|p| p == *project))).collect()
}

fn sender(facts: &FilingFacts) -> Option<&ContactFacts> {
    facts.contacts.iter().find(|contact| Some(contact.id) == facts.sender)
}

/// Where the message goes: product.md, "Where it goes", the first rule that answers.
pub fn decide(facts: &FilingFacts) -> Decision {
    // The user's word on a thread outweighs everything, also that a message refers to another thread besides.
    let mut moved: Vec<ProjectId> = facts
        .threads
        .iter()
        .filter_map(|thread| thread.bound)
        .filter(|(_, from)| facts.date >= *from)
        .map(|(project, _)| project)
        .collect();
    moved.dedup();
    if let [project] = moved.as_slice() {
        return there(*project, Reason::ThreadMoved);
    }
    // A message that joins threads of different projects is nobody's to guess, whatever its people have.
    let mut of_threads: Vec<ProjectId> = facts
        .threads
        .iter()
        .filter_map(|t| t.bound.map(|b| b.0).or(t.project.as_ref().map(|p| p.id)))
        .collect();
    of_threads.sort();
    of_threads.dedup();
    if of_threads.len() > 1 {
        return to_sort(Reason::JoinsThreads);
    }
    if let Some(project) = facts.threads.iter().find_map(|thread| thread.project.as_ref()) {
        return if project.status == ProjectStatus::Active {
            there(project.id, Reason::ThreadHasProject)
        } else {
            to_sort(Reason::ThreadProjectNotActive)
        };
    }
    if let [project] = shared(facts).as_slice() {
        return there(*project, Reason::SharedProject);
    }
    let Some(sender) = sender(facts) else { return to_sort(Reason::NoActiveProject) };
    if let Some(project) = sender.default_project.filter(|default| active(sender).any(|p| p == *default)) {
        return there(project, Reason::DefaultProject);
    }
    let own: Vec<ProjectId> = active(sender).collect();
    match own.as_slice() {
        [] => to_sort(Reason::NoActiveProject),
        [project] => {
            let says_otherwise = |other: &&ContactFacts| {
                other.id != sender.id
                    && active(other).next().is_some()
                    && !active(other).any(|p| p == *project)
            };
            if facts.contacts.iter().find(says_otherwise).is_some() {
                to_sort(Reason::ContactsDiffer)
            } else {
                there(*project, Reason::OnlyProject)
            }
        }
        _ => to_sort(Reason::SeveralProjects),
    }
}

/// The likely projects for a message to sort, best first: its threads' projects (active or not), then what its
/// contacts share, then the sender's active ones, then anybody's in it.
pub fn suggest(facts: &FilingFacts) -> Vec<ProjectId> {
    let mut likely: Vec<ProjectId> = facts
        .threads
        .iter()
        .flat_map(|thread| thread.bound.map(|b| b.0).into_iter().chain(thread.project.as_ref().map(|p| p.id)))
        .collect();
    likely.extend(shared(facts));
    likely.extend(sender(facts).into_iter().flat_map(active));
    likely.extend(facts.contacts.iter().flat_map(active));
    let mut seen = Vec::new();
    likely.retain(|project| {
        let new = !seen.contains(project);
        seen.push(*project);
        new
    });
    likely.truncate(4);
    likely
}
