//! What the filing rules look at, as plain values. The store gathers them, `filing` decides.

use super::{ContactId, Direction, ProjectId, ProjectStatus, ThreadId, Timestamp};

/// A project as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFacts {
    /// Which.
    pub id: ProjectId,
    /// Only an active project takes mail by rule.
    pub status: ProjectStatus,
}

/// A known person of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactFacts {
    /// Who.
    pub id: ContactId,
    /// The person's projects, whatever their status.
    pub projects: Vec<ProjectFacts>,
    /// Where this person's mail goes when several projects could have it.
    pub default_project: Option<ProjectId>,
}

/// The thread that a message joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Which.
    pub id: ThreadId,
    /// The user moved it: to where, and from which date on.
    pub bound: Option<(ProjectId, Timestamp)>,
    /// The project of its newest message that a rule or a moved thread put there.
    pub project: Option<ProjectFacts>,
}

/// All that decides where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingFacts {
    /// Which way it went.
    pub direction: Direction,
    /// Its date.
    pub date: Timestamp,
    /// The threads that its ids touch; more than one when it joins threads.
    pub threads: Vec<ThreadFacts>,
    /// Known people of From, To and Cc, each once.
    pub contacts: Vec<ContactFacts>,
    /// The known sender; of an outgoing message, its first known recipient.
    pub sender: Option<ContactId>,
}
