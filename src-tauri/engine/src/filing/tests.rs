//! One row a sentence of product.md's "Where it goes".

use super::{Reason, decide, suggest};
use crate::model::{
    ContactFacts, ContactId, Direction, FilingFacts, ProjectFacts, ProjectId, ProjectStatus, ThreadFacts,
    ThreadId, Timestamp,
};
use ProjectStatus::{Active, Archived, Completed};

fn project(id: i64, status: ProjectStatus) -> ProjectFacts {
    ProjectFacts { id: ProjectId(id), status }
}

fn contact(id: i64, projects: &[(i64, ProjectStatus)], default: Option<i64>) -> ContactFacts {
    ContactFacts {
        id: ContactId(id),
        projects: projects.iter().map(|(id, status)| project(*id, *status)).collect(),
        default_project: default.map(ProjectId),
    }
}

fn thread(id: i64, bound: Option<(i64, i64)>, of: Option<(i64, ProjectStatus)>) -> ThreadFacts {
    ThreadFacts {
        id: ThreadId(id),
        bound: bound.map(|(p, from)| (ProjectId(p), Timestamp(from))),
        project: of.map(|(p, status)| project(p, status)),
    }
}

fn from_first(contacts: Vec<ContactFacts>, threads: Vec<ThreadFacts>) -> FilingFacts {
    FilingFacts {
        direction: Direction::In,
        date: Timestamp(100),
        sender: contacts.first().map(|contact| contact.id),
        threads,
        contacts,
    }
}

#[test]
fn the_first_rule_that_answers() {
    let anna = || contact(1, &[(7, Active)], None);
    let busy = || contact(1, &[(7, Active), (8, Active)], None);
    let rows: Vec<(&str, FilingFacts, Option<i64>, Reason)> = vec![
        (
            "the user moved this thread: there, also when that project is completed",
            from_first(vec![anna()], vec![thread(1, Some((9, 50)), Some((9, Completed)))]),
            Some(9),
            Reason::ThreadMoved,
        ),
        (
            "a moved thread counts from that message on",
            from_first(vec![anna()], vec![thread(1, Some((9, 500)), None)]),
            Some(7),
            Reason::SharedProject,
        ),
        (
            "the thread has an active project",
            from_first(vec![anna()], vec![thread(1, None, Some((8, Active)))]),
            Some(8),
            Reason::ThreadHasProject,
        ),
        (
            "a thread whose project is not active goes to sort, though the sender has an active one",
            from_first(vec![anna()], vec![thread(1, None, Some((8, Completed)))]),
            None,
            Reason::ThreadProjectNotActive,
        ),
        (
            "joining threads of different projects goes to sort",
            from_first(
                vec![anna()],
                vec![thread(1, None, Some((7, Active))), thread(2, None, Some((8, Active)))],
            ),
            None,
            Reason::JoinsThreads,
        ),
        (
            "joining two threads of one project is that project",
            from_first(
                vec![anna()],
                vec![thread(1, None, Some((7, Active))), thread(2, None, Some((7, Active)))],
            ),
            Some(7),
            Reason::ThreadHasProject,
        ),
        (
            "contacts share exactly one active project",
            from_first(vec![busy(), contact(2, &[(8, Active), (9, Active)], None)], vec![]),
            Some(8),
            Reason::SharedProject,
        ),
        (
            "the sender's default project",
            from_first(vec![contact(1, &[(7, Active), (8, Active)], Some(8))], vec![]),
            Some(8),
            Reason::DefaultProject,
        ),
        (
            "a default project that is not active answers nothing",
            from_first(vec![contact(1, &[(7, Active), (8, Completed), (9, Active)], Some(8))], vec![]),
            None,
            Reason::SeveralProjects,
        ),
        (
            "the sender's only project, the other contact has none",
            from_first(vec![anna(), contact(2, &[], None)], vec![]),
            Some(7),
            Reason::OnlyProject,
        ),
        (
            "another contact says otherwise",
            from_first(vec![anna(), contact(2, &[(9, Active)], None)], vec![]),
            None,
            Reason::ContactsDiffer,
        ),
        (
            "another contact's completed project says nothing",
            from_first(vec![anna(), contact(2, &[(9, Archived)], None)], vec![]),
            Some(7),
            Reason::OnlyProject,
        ),
        ("several projects could have it", from_first(vec![busy()], vec![]), None, Reason::SeveralProjects),
        (
            "a contact without an active project",
            from_first(vec![contact(1, &[(7, Completed)], None)], vec![]),
            None,
            Reason::NoActiveProject,
        ),
    ];
    for (story, facts, project, reason) in rows {
        let decision = decide(&facts);
        assert_eq!((decision.project, decision.reason), (project.map(ProjectId), reason), "{story}");
    }
}

#[test]
fn a_thread_that_the_user_moved_leads_also_where_another_thread_is_referred_to() {
    let threads = vec![thread(1, Some((7, 50)), Some((7, Active))), thread(2, None, Some((8, Active)))];
    let decision = decide(&from_first(vec![contact(1, &[(7, Active)], None)], threads));
    assert_eq!((decision.project, decision.reason), (Some(ProjectId(7)), Reason::ThreadMoved));
    let torn = vec![thread(1, Some((7, 50)), None), thread(2, Some((8, 50)), None)];
    assert_eq!(decide(&from_first(vec![], torn)).reason, Reason::JoinsThreads, "moved to different projects");
}

#[test]
fn an_outgoing_mail_is_filed_by_its_first_known_recipient() {
    let mut facts = from_first(vec![contact(1, &[], None), contact(2, &[(5, Active)], None)], vec![]);
    facts.direction = Direction::Out;
    facts.sender = Some(ContactId(2));
    assert_eq!(decide(&facts).project, Some(ProjectId(5)));
}

#[test]
fn the_thread_is_suggested_before_the_sender() {
    let facts = from_first(
        vec![contact(1, &[(7, Active), (8, Active)], None)],
        vec![thread(1, None, Some((3, Completed)))],
    );
    assert_eq!(suggest(&facts), [ProjectId(3), ProjectId(7), ProjectId(8)]);
}

#[test]
fn every_reason_has_its_own_name() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_code(reason.code()), Some(reason));
        assert!(!reason.sentence().is_empty());
    }
}
