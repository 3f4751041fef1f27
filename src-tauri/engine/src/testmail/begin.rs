//! Beginning a run: what was chosen is checked, what is missing is made, the run is stored.

use super::words;
use crate::model::{
    Account, AccountId, Address, Backfill, Contact, ContactId, ContactKind, Mailbox, OutgoingState, Project,
    ProjectId, ProjectStatus, Refusal, RunState, TestRunId, TestStep, TestStepName, TestStepState, Timestamp,
};
use crate::store::outgoing::{self, NewDraft, Role};
use crate::store::test_runs::{self, Findings, NewRun};
use crate::store::{Result, accounts, contacts, projects};
use crate::sync::facts::standing;
use crate::sync::refile_to_sort;
use rusqlite::Connection;

/// RFC 4648, section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Title of a project that is made for tests.
const PROJECT: &str = "Test email";

/// What was chosen, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The account.
    pub account: Account,
    /// Whose reply is waited for.
    pub address: Address,
}

/// 8 characters of base32 (RFC 4648) from 40 random bits.
pub fn token(random: [u8; 5]) -> String {
    let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |at: u32| char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize]);
    (0..8).map(letter).collect()
}

/// Checks what was chosen: an account that can be tested, an address that is nobody's mailbox here.
pub fn choose(connection: &Connection, id: AccountId, typed: &str, now: Timestamp) -> Result<Ready> {
    let account = accounts::get(connection, id)?;
    if account.paused {
        let sentence = format!("{} is paused. Resume it, then test it.", account.email.display());
        return Err(Refusal::about("account", "paused", sentence).into());
    }
    // A secret that was refused is not sent again to find out: reconnecting comes first.
    let standing = standing(connection, &account, 0, now)?;
    if let Some(failure) = standing.counts.filter(|_| standing.secret_refused) {
        return Err(Refusal { field: Some("account".into()), ..Refusal::from(failure) }.into());
    }
    let address =
        Address::parse(typed).map_err(|error| Refusal::about("address", "bad_address", error.to_string()))?;
    if accounts::own_addresses(connection)?.contains(&address) {
        let sentence = "That is one of your connected mailboxes. A test has to come from outside.";
        return Err(Refusal::about("address", "own_address", sentence).into());
    }
    Ok(Ready { account, address })
}

/// Stores a run with its mail as a draft, and with the contact and the project that it lacks. `random` makes its token.
pub fn begin(connection: &Connection, ready: Ready, random: [u8; 5], now: Timestamp) -> Result<TestRunId> {
    let Ready { account, address } = ready;
    let (contact, name, made_contact) = if let Some((id, name)) = contacts::owner(connection, &address)? {
        (id, name, false)
    } else {
        let name = address.local().to_owned();
        (make_contact(connection, &name, &address, now)?, name, true)
    };
    let (project, made_project) = match active_project(connection, contact)? {
        Some(project) => (project, false),
        None => (make_project(connection, contact, now)?, true),
    };
    let by_hand = account.outgoing.is_none();
    let new = NewRun {
        token: token(random),
        account: account.id,
        account_email: account.email.clone(),
        contact,
        address: address.clone(),
        project,
        made_contact,
        made_project,
        by_hand,
        started_at: now,
    };
    let id = test_runs::insert(connection, &new)?;
    if made_contact || made_project {
        refile_to_sort(connection)?;
    }
    if !by_hand {
        let email = account.email;
        let mail = NewDraft {
            account: Some(account.id),
            from: email.to_string(),
            subject: words::subject(&new.token),
            html: words::body(&email.display()),
            project: Some(project),
            token: Some(new.token),
            recipients: vec![(Role::To, Mailbox { name, address: address.to_string() })],
            ..NewDraft::default()
        };
        let mail = outgoing::insert(connection, &mail, now)?;
        test_runs::set_mail(connection, id, mail, "")?;
    }
    Ok(id)
}

/// Ends a run whose mail could not be handed to the outbox or by it. `false`: it had left, or the run had ended.
pub fn give_up(connection: &Connection, id: TestRunId, refusal: &Refusal, now: Timestamp) -> Result<bool> {
    let run = test_runs::get(connection, id)?;
    let Some(mail) = run.outgoing.filter(|_| run.state == RunState::Waiting) else { return Ok(false) };
    let way = test_runs::on_its_way(connection, mail)?;
    if way.is_some_and(|way| !matches!(way.state, OutgoingState::Draft | OutgoingState::Queued)) {
        return Ok(false);
    }
    let failed = |step: TestStep| match step.name {
        TestStepName::Sent | TestStepName::Accepted => TestStep {
            state: TestStepState::Failed,
            at: Some(now),
            detail: Some(refusal.sentence.clone()),
            ..step
        },
        _ => step,
    };
    let findings = Findings {
        state: RunState::Failed,
        steps: run.steps.into_iter().map(failed).collect(),
        diagnosis: Some(words::refused(refusal)),
        reply: None,
    };
    test_runs::withdraw(connection, mail)?;
    test_runs::note(connection, id, &findings, &[], now)
}

fn make_contact(connection: &Connection, name: &str, address: &Address, now: Timestamp) -> Result<ContactId> {
    let contact = Contact {
        id: ContactId(0),
        name: name.to_owned(),
        kind: ContactKind::Other,
        company: String::new(),
        phone: String::new(),
        notes: "Made for a test email.".into(),
        default_project_id: None,
        addresses: Vec::new(),
    };
    let id = contacts::insert(connection, &contact, now)?;
    contacts::add_address(connection, id, address, now, Backfill::None)?;
    Ok(id)
}

/// Where the rules would put the contact's mail: its default project, else the newest active one.
fn active_project(connection: &Connection, contact: ContactId) -> Result<Option<ProjectId>> {
    let active: Vec<ProjectId> = projects::of_contact(connection, contact)?
        .into_iter()
        .filter(|project| project.status == ProjectStatus::Active)
        .map(|project| project.id)
        .collect();
    let usual = contacts::get(connection, contact)?.default_project_id;
    Ok(usual.filter(|usual| active.contains(usual)).or(active.last().copied()))
}

fn make_project(connection: &Connection, contact: ContactId, now: Timestamp) -> Result<ProjectId> {
    let project = Project {
        id: ProjectId(0),
        title: PROJECT.into(),
        status: ProjectStatus::Active,
        status_at: now,
        notes: String::new(),
        contact_ids: vec![contact],
    };
    projects::insert(connection, &project, now)
}
