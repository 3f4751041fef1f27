//! How a run stands: a pure function over what is known and the clock.

use super::words;
use crate::model::{
    AccountState, Address, Cause, CopyState, Diagnosis, Failure, FoundReply, MessageId, OutgoingState,
    RunState, TestStep, TestStepName, TestStepState, Timestamp,
};
use crate::store::test_runs::{Findings, OnItsWay, Run};
use crate::sync::GRACE_SECONDS;

/// A run without a reply ends after so long.
pub const LIMIT_MS: i64 = 45 * 60 * 1000;
/// The last cycle before the end may be so old: while a run waits there is one every 30 seconds.
const FRESH_MS: i64 = 60 * 1000;
/// For so long after the mail was accepted a finished run waits for the copy in Sent too.
const COPY_MS: i64 = 60 * 1000;

/// Who a mail is from, as a run sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The run's contact.
    Contact,
    /// One of the user's own addresses.
    Own(Address),
    /// Another contact, by name.
    Somebody(Address, String),
    /// Nobody who is known.
    Unknown(Address),
    /// From does not name exactly one.
    Unreadable,
}

/// Where the dashboard shows a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// Under "Needs a reply".
    NeedsReply,
    /// Under "Recent".
    Recent,
}

/// A mail that is here and answers the test: by In-Reply-To, References or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Which.
    pub id: MessageId,
    /// Who it is from.
    pub author: Author,
    /// A program wrote it.
    pub automatic: bool,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// Folder that it lies in, and the account's address where that is not the run's account.
    pub place: Option<(String, Option<String>)>,
    /// Title of its project; `None`: to sort.
    pub project: Option<String>,
    /// Where the dashboard shows it.
    pub card: Option<Card>,
}

/// How the run's account stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFacts {
    /// It is not connected any more.
    pub gone: bool,
    /// It is paused.
    pub paused: bool,
    /// Cycles run by themselves.
    pub tried: bool,
    /// What its latest cycle failed with.
    pub failure: Option<(AccountState, Failure)>,
    /// When its latest cycle that was not cancelled ended.
    pub last_ended: Option<Timestamp>,
}

/// All that a run is judged by.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The run with its steps as last stored.
    pub run: Run,
    /// Its mail in the outbox, while it is there.
    pub way: Option<OnItsWay>,
    /// The outgoing server.
    pub host: Option<String>,
    /// How many copies lie in the account's sent mail.
    pub copies: u32,
    /// A delivery report about it: the address and the server's words.
    pub bounce: Option<(String, String)>,
    /// What is here and answers it, the oldest first.
    pub replies: Vec<Reply>,
    /// What a look at the server found, and who that is from.
    pub found: Option<(FoundReply, Author)>,
    /// The account.
    pub account: AccountFacts,
    /// The contact's name; `None`: deleted.
    pub contact: Option<String>,
    /// "Show emails on the dashboard".
    pub show_mail: bool,
}

/// Whether a mail answers a test: it refers to its Message-ID, or has its token in the subject as a whole word.
pub fn recognised(message_id: &str, token: &str, refers_to: &[&String], subject: &str) -> bool {
    let refers = !message_id.is_empty() && refers_to.iter().any(|id| *id == message_id);
    refers || has_word(subject, token)
}

fn has_word(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether a mail is newer than a run. Clocks differ, as in product.md's rule 6.
pub(super) const fn newer(received: Timestamp, run: &Run) -> bool {
    received.seconds() >= run.started_at.seconds() - GRACE_SECONDS
}

/// How the run stands at this moment.
pub fn judge(facts: &Facts, now: Timestamp) -> Findings {
    let mut steps = Steps::new(&facts.run, now);
    if let Some(over) = going_out(facts, &mut steps) {
        return steps.failed(over);
    }
    copy(facts, &mut steps);
    let newer = |reply: &&Reply| newer(reply.received, &facts.run);
    let counts = |reply: &&Reply| reply.author == Author::Contact && !reply.automatic;
    if let Some(reply) = facts.replies.iter().filter(newer).find(counts) {
        return came_home(facts, steps, reply, now);
    }
    if let Some((address, words)) = &facts.bounce {
        steps.set(TestStepName::ReplySeen, TestStepState::Failed, None);
        return steps.failed(words::bounced(address, words));
    }
    if facts.account.gone {
        return steps.failed(words::account_gone(&facts.run.account_email));
    }
    let Some(contact) = &facts.contact else {
        return steps.failed(words::contact_gone(&facts.run.address.display()));
    };
    let (detail, held_up) = held_up(facts, contact);
    let waits = facts.run.by_hand || steps.is(TestStepName::Sent, TestStepState::Done);
    if is_over(facts, now) {
        steps.set(TestStepName::ReplySeen, TestStepState::Failed, detail);
        // A program's answer is no reply; what else is known of one says more than that none came.
        let known = held_up.filter(|diagnosis| diagnosis.code != "automatic_reply");
        let nothing = || {
            if !waits {
                words::not_sent_in_time()
            } else if steps.is(TestStepName::Accepted, TestStepState::Running) {
                words::in_doubt(&facts.run)
            } else {
                words::no_reply(&facts.run)
            }
        };
        let diagnosis = known.unwrap_or_else(nothing);
        return steps.failed(diagnosis);
    }
    let state = if waits { TestStepState::Running } else { TestStepState::Todo };
    steps.set(TestStepName::ReplySeen, state, detail);
    for name in [TestStepName::ContactMatched, TestStepName::Filed, TestStepName::OnDashboard] {
        steps.set(name, TestStepState::Todo, None);
    }
    steps.waiting(held_up, None)
}

/// 45 minutes have passed, and the mailbox was looked into at their end (or never will be by itself).
fn is_over(facts: &Facts, now: Timestamp) -> bool {
    let end = facts.run.started_at.plus(LIMIT_MS);
    let looked = facts.account.last_ended.is_some_and(|at| at >= end.plus(-FRESH_MS));
    now >= end && (looked || !facts.account.tried)
}

/// The first two steps. An answer: the run is over.
fn going_out(facts: &Facts, steps: &mut Steps<'_>) -> Option<Diagnosis> {
    use TestStepName::{Accepted, CopyInSent, Sent};
    use TestStepState::{Done, Failed, Running, Skipped};
    if facts.run.by_hand {
        for name in [Sent, Accepted, CopyInSent] {
            steps.set(name, Skipped, None);
        }
        return None;
    }
    let Some(way) = &facts.way else {
        // What was sent stays sent when it is taken off the outbox page.
        return (!steps.is(Sent, Done)).then(words::taken_out);
    };
    let cause = way.cause.as_deref().and_then(Cause::from_code);
    match way.state {
        OutgoingState::Sent => {
            let at = way.sent_at;
            steps.done_at(Sent, at, at.map(|at| at.since(facts.run.started_at)), None);
            let host = facts.host.as_deref().unwrap_or("the outgoing server");
            steps.done_at(Accepted, at, None, Some(format!("Accepted by {host}")));
        }
        OutgoingState::Uncertain => {
            steps.set(Sent, Done, None);
            let words = "The connection broke before the server answered; it may have arrived";
            steps.set(Accepted, Running, Some(words.into()));
        }
        OutgoingState::Sending => {
            steps.set(Sent, if way.handed_over { Done } else { Running }, None);
            if way.handed_over {
                steps.set(Accepted, Running, None);
            }
        }
        OutgoingState::Draft | OutgoingState::Queued if cause.is_none() => steps.set(Sent, Running, None),
        OutgoingState::Draft | OutgoingState::Queued | OutgoingState::Failed => {
            let cause = cause.unwrap_or(Cause::Unknown);
            // What was signed in for and refused had left; else it never did.
            let left = refuses_the_mail(cause);
            let sent = if left { None } else { Some(cause.sentence().to_owned()) };
            steps.set(Sent, if left { Done } else { Failed }, sent);
            let words = way.server_said.clone().unwrap_or_else(|| cause.sentence().into());
            steps.set(Accepted, Failed, Some(words));
            return Some(words::not_sent(cause, way.server_said.clone()));
        }
    }
    None
}

/// The server was reached and signed in to, and said no to this mail.
const fn refuses_the_mail(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::RecipientRefused
            | Cause::SenderRefused
            | Cause::MailRefused
            | Cause::MessageTooLarge
            | Cause::Utf8NotOffered
            | Cause::SendingOff
    )
}

/// The third step. It never ends a run.
fn copy(facts: &Facts, steps: &mut Steps<'_>) {
    use TestStepName::{Accepted, CopyInSent};
    use TestStepState::{Done, Failed, Running, Skipped};
    if facts.run.by_hand || !steps.is(Accepted, Done) {
        return;
    }
    let copy = facts.way.as_ref().map(|way| way.copy);
    match (facts.copies, copy) {
        (2.., _) => steps.set(CopyInSent, Done, Some(format!("Found {} times", facts.copies))),
        (_, Some(CopyState::Found)) => steps.set(CopyInSent, Done, Some("Found once".into())),
        (_, Some(CopyState::Stored)) => steps.set(CopyInSent, Done, Some("Stored once".into())),
        (1, _) if !steps.is(CopyInSent, Done) => steps.set(CopyInSent, Done, Some("Found once".into())),
        (_, Some(CopyState::NoFolder)) => {
            steps.set(CopyInSent, Skipped, Some("This mailbox has no Sent folder".into()));
        }
        (_, Some(CopyState::Failed)) => {
            steps.set(CopyInSent, Failed, Some("The copy could not be stored".into()));
        }
        (_, Some(CopyState::None | CopyState::Wanted)) => steps.set(CopyInSent, Running, None),
        (_, None) => {}
    }
}

/// The reply is here: the last four steps.
fn came_home(facts: &Facts, mut steps: Steps<'_>, reply: &Reply, now: Timestamp) -> Findings {
    use TestStepName::{Accepted, ContactMatched, CopyInSent, Filed, OnDashboard, ReplySeen};
    use TestStepState::{Done, Failed, Running, Todo};
    if steps.is(Accepted, Running) {
        steps.set(Accepted, Done, Some("Your reply shows that it arrived".into()));
    }
    let place = match &reply.place {
        Some((folder, None)) => Some(format!("In {folder}")),
        Some((folder, Some(email))) => Some(format!("In {folder} of {email}")),
        None => None,
    };
    steps.set(ReplySeen, Done, place);
    steps.set(ContactMatched, Done, facts.contact.clone());
    let Some(project) = &reply.project else {
        steps.set(Filed, Running, Some("In To sort".into()));
        steps.set(OnDashboard, Todo, None);
        return steps.waiting(Some(words::to_sort()), Some(reply.id));
    };
    steps.set(Filed, Done, Some(project.clone()));
    let shown = match reply.card.filter(|_| facts.show_mail) {
        Some(Card::NeedsReply) => "Under “Needs a reply”",
        Some(Card::Recent) => "Under “Recent”",
        None => "Shown in the project",
    };
    steps.set(OnDashboard, Done, Some(shown.into()));
    if steps.is(CopyInSent, Running) {
        let accepted = steps.at(Accepted).unwrap_or(facts.run.started_at);
        if now.since(accepted) < COPY_MS {
            return steps.waiting(None, Some(reply.id));
        }
        steps.set(CopyInSent, Failed, Some("Not found in Sent so far".into()));
    }
    steps.done(reply.id)
}

/// What is known of a reply that does not count, or what keeps one from being seen: a detail, and why.
fn held_up(facts: &Facts, contact: &str) -> (Option<String>, Option<Diagnosis>) {
    let address = facts.run.address.display();
    let newer = facts.replies.iter().filter(|reply| newer(reply.received, &facts.run));
    let seen: Vec<(&Author, bool, Option<&FoundReply>)> = newer
        .map(|reply| (&reply.author, reply.automatic, None))
        .chain(facts.found.iter().map(|(found, author)| (author, found.automatic, Some(found))))
        .collect();
    let written = seen.iter().filter(|(_, automatic, _)| !automatic);
    let junk = |found: Option<&FoundReply>| found.filter(|found| found.junk).cloned();
    let mut known = None;
    for (author, _, found) in written {
        let junk = junk(*found);
        known = match (author, junk) {
            (Author::Contact, Some(junk)) => {
                Some((words::JUNK, words::in_junk(&junk, &facts.run.account_email)))
            }
            // It is in a watched folder: the next cycle brings it in.
            (Author::Contact, None) => None,
            (author, junk) => {
                let folder = junk.as_ref().map(|junk| junk.folder.as_str());
                Some((words::ANOTHER_ADDRESS, words::from_another(author, contact, &address, folder)))
            }
        };
    }
    if known.is_none()
        && let Some((author, ..)) = seen.iter().find(|(_, automatic, _)| *automatic)
    {
        known = Some((words::AUTOMATIC_REPLY, words::automatic(author, &address)));
    }
    let (detail, diagnosis) = known.unzip();
    // Whatever is known of a reply: while the account does not sync, nothing comes in.
    let trouble = if facts.account.paused {
        Some(words::paused(&facts.run.account_email))
    } else {
        facts.account.failure.as_ref().map(|(state, failure)| words::failing(*state, failure))
    };
    (detail.map(str::to_owned), trouble.or(diagnosis))
}

/// The steps as they are found now. What was done keeps its time.
struct Steps<'a> {
    before: &'a [TestStep],
    all: Vec<TestStep>,
    now: Timestamp,
}

impl<'a> Steps<'a> {
    fn new(run: &'a Run, now: Timestamp) -> Self {
        let all = TestStepName::ALL
            .into_iter()
            .map(|name| {
                run.steps.iter().find(|step| step.name == name).cloned().unwrap_or(TestStep {
                    name,
                    state: TestStepState::Todo,
                    at: None,
                    took_ms: None,
                    detail: None,
                })
            })
            .collect();
        Self { before: &run.steps, all, now }
    }

    fn get(&self, name: TestStepName) -> Option<&TestStep> {
        self.all.iter().find(|step| step.name == name)
    }

    fn is(&self, name: TestStepName, state: TestStepState) -> bool {
        self.get(name).is_some_and(|step| step.state == state)
    }

    fn at(&self, name: TestStepName) -> Option<Timestamp> {
        self.get(name).and_then(|step| step.at)
    }

    fn set(&mut self, name: TestStepName, state: TestStepState, detail: Option<String>) {
        let ends = matches!(state, TestStepState::Done | TestStepState::Failed);
        let before = self.before.iter().find(|step| step.name == name && step.state == state);
        let at = if ends { before.map_or(Some(self.now), |step| step.at) } else { None };
        let took_ms = before.and_then(|step| step.took_ms);
        self.put(&TestStep { name, state, at, took_ms, detail });
    }

    fn done_at(
        &mut self,
        name: TestStepName,
        at: Option<Timestamp>,
        took: Option<i64>,
        detail: Option<String>,
    ) {
        let took_ms = took.map(|took| u32::try_from(took.max(0)).unwrap_or(u32::MAX));
        self.put(&TestStep { name, state: TestStepState::Done, at: at.or(Some(self.now)), took_ms, detail });
    }

    fn put(&mut self, new: &TestStep) {
        for step in &mut self.all {
            if step.name == new.name {
                step.clone_from(new);
            }
        }
    }

    fn failed(mut self, diagnosis: Diagnosis) -> Findings {
        for step in &mut self.all {
            if step.state == TestStepState::Running {
                step.state = TestStepState::Todo;
            }
        }
        self.findings(RunState::Failed, Some(diagnosis), None)
    }

    fn waiting(self, diagnosis: Option<Diagnosis>, reply: Option<MessageId>) -> Findings {
        self.findings(RunState::Waiting, diagnosis, reply)
    }

    fn done(self, reply: MessageId) -> Findings {
        self.findings(RunState::Done, None, Some(reply))
    }

    fn findings(self, state: RunState, diagnosis: Option<Diagnosis>, reply: Option<MessageId>) -> Findings {
        Findings { state, steps: self.all, diagnosis, reply }
    }
}
