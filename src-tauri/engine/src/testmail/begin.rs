//! Beginning a run: what was chosen is checked, what is missing is made, the run is stored.

use super::words;
use crate::model::{
    Account, AccountId, Address, Backfill, Contact, ContactId, ContactKind, Project, ProjectId, ProjectStatus,
    Refusal, TestRunId, Timestamp,
};
use crate::store::test_runs::{self, NewRun};
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

/// A run that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Which.
    pub id: TestRunId,
    /// Its token.
    pub token: String,
    /// Its account.
    pub account: Account,
    /// Who replies.
    pub address: Address,
    /// The contact's name.
    pub contact: String,
    /// Where the mail goes here.
    pub project: ProjectId,
    /// The account does not send.
    pub by_hand: bool,
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
    let address = Address::parse(typed)
        .map_err(|error| Refusal::about("address", "bad_address", error.to_string()))?;
    if accounts::own_addresses(connection)?.contains(&address) {
        let sentence = "That is one of your connected mailboxes. A test has to come from outside.";
        return Err(Refusal::about("address", "own_address", sentence).into());
    }
    Ok(Ready { account, address })
}

/// Stores a run, with the contact and the project that it lacks. `random` makes its token.
pub fn begin(connection: &Connection, ready: Ready, random: [u8; 5], now: Timestamp) -> Result<Begun> {
    let Ready { account, address } = ready;
    let (contact, name, made_contact) = match contacts::owner(connection, &address)? {
        Some((id, name)) => (id, name, false),
        None => {
            let name = address.local().to_owned();
            (make_contact(connection, &name, &address, now)?, name, true)
        }
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
    Ok(Begun { id, token: new.token, account, address, contact: name, project, by_hand })
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

impl Begun {
    /// Subject of its mail.
    pub fn subject(&self) -> String {
        words::subject(&self.token)
    }

    /// Text of its mail, HTML.
    pub fn html(&self) -> String {
        words::body(&self.account.email.display())
    }
}
