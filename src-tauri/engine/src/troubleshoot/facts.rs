//! What the checks look at, as plain values, and gathering of it what the store knows.

use super::near;
use crate::filing::Reason;
use crate::model::{
    AccountId, AccountState, Address, ContactAddress, ContactId, Failure, FolderRole, MessageId,
    ProjectStatus, Timestamp,
};
use crate::store::{Result, accounts, contacts, lists, projects, troubleshoot as store};
use crate::sync::facts::standing;
use jiff::tz::TimeZone;
use rusqlite::Connection;

/// Which mail is missed. Only the sender must be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who wrote it.
    pub sender: Address,
    /// The contact whose mail it should be, where that is known; else it is found by the sender's address, or by one
    /// that is nearly the same.
    pub contact: Option<ContactId>,
    /// When it came, roughly.
    pub date: Option<Timestamp>,
    /// Which of the user's addresses it was sent to.
    pub to: Option<Address>,
    /// A word of its subject; may be empty.
    pub subject: String,
    /// The message, where it is known to be here.
    pub message: Option<MessageId>,
    /// What a look at the servers found.
    pub found: Found,
}

/// What a look at the servers found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nobody looked.
    NotLooked,
    /// Every folder was looked into, and it is in none.
    Nowhere {
        /// The servers show all of these mailboxes. Gmail without All Mail and folders that stop at 10,000 do not.
        all_shown: bool,
        /// Mail came and went between two looks: another device removes mail.
        others_remove: bool,
    },
    /// It lies here.
    Folder {
        /// The account's address.
        account: Address,
        /// The folder's name for people.
        name: String,
        /// What the folder is for.
        role: FolderRole,
        /// Cycles look into it.
        watched: bool,
    },
}

/// A project of the contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFact {
    /// Title.
    pub title: String,
    /// Only an active one takes mail by rule.
    pub status: ProjectStatus,
}

/// The contact that it should be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// Name.
    pub name: String,
    /// Saved addresses.
    pub addresses: Vec<ContactAddress>,
    /// Projects, whatever their status.
    pub projects: Vec<ProjectFact>,
}

/// The address that it was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    /// Address.
    pub address: Address,
    /// The account that receives for it.
    pub account: Option<AccountId>,
}

/// A connected account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFacts {
    /// Which.
    pub id: AccountId,
    /// Its address.
    pub email: Address,
    /// How it stands.
    pub state: AccountState,
    /// The failure that the state comes from.
    pub failure: Option<Failure>,
    /// The last success.
    pub last_success: Option<Timestamp>,
}

/// The mail is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// Its project; `None`: to sort.
    pub project: Option<String>,
    /// The rule that put it there.
    pub reason: Option<Reason>,
}

/// All that the checks look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// In which days and hours are told.
    pub zone: TimeZone,
    /// Who wrote the mail.
    pub sender: Address,
    /// The contact that has the sender's address, or nearly that address, or was asked about.
    pub contact: Option<PersonFacts>,
    /// When the mail came.
    pub date: Option<Timestamp>,
    /// The address that it was sent to, where that is known.
    pub to: Option<To>,
    /// Every connected account.
    pub accounts: Vec<AccountFacts>,
    /// What a look at the servers found.
    pub found: Found,
    /// The mail is here already.
    pub here: Option<Here>,
}

impl Facts {
    /// The saved entry of the sender's address.
    pub fn saved(&self) -> Option<&ContactAddress> {
        self.contact.as_ref()?.addresses.iter().find(|entry| entry.address == self.sender)
    }

    /// The contact's address that is nearly the sender's.
    pub fn near(&self) -> Option<&ContactAddress> {
        near::nearest(&self.sender, &self.contact.as_ref()?.addresses)
    }

    /// The accounts that the mail may have come to: the one in which it was found, else the one that it was sent to,
    /// else all.
    pub(super) fn asked(&self) -> Vec<&AccountFacts> {
        let found = match &self.found {
            Found::Folder { account, .. } => self.accounts.iter().find(|known| known.email == *account),
            Found::NotLooked | Found::Nowhere { .. } => None,
        };
        let only = found.map(|account| account.id).or(self.to.as_ref().and_then(|to| to.account));
        self.accounts.iter().filter(|account| only.is_none_or(|id| account.id == id)).collect()
    }
}

/// Gathers what the store knows. What a look at the servers found comes with the question; a mail that is here
/// already says by itself where it lies.
pub fn gather(connection: &Connection, question: Question, now: Timestamp) -> Result<Facts> {
    let Question { sender, contact, date, to, subject, message, found } = question;
    let message = match message {
        Some(id) => Some(id),
        None => store::from_sender(connection, &sender, date, &subject)?,
    };
    let message = message.map(|id| lists::message(connection, id)).transpose()?;
    let here = match &message {
        Some(message) => Some(Here {
            project: match message.project_id {
                Some(id) => Some(projects::get(connection, id)?.title),
                None => None,
            },
            reason: Reason::from_code(&message.filed_because),
        }),
        None => None,
    };
    let found = match (&found, &message) {
        (Found::NotLooked, Some(message)) => match message.locations.first() {
            Some(place) => {
                let folder = store::folder(connection, place.folder_id)?;
                Found::Folder {
                    account: accounts::get(connection, place.account_id)?.email,
                    name: folder.name,
                    role: folder.role,
                    watched: folder.watched,
                }
            }
            None => found,
        },
        _ => found,
    };
    let received = message.as_ref().map(|message| store::received(connection, message.id)).transpose()?;
    let connected = accounts::all(connection)?;
    let to = to.map(|address| {
        let account = connected
            .iter()
            .find(|account| account.email == address || account.aliases.contains(&address))
            .map(|account| account.id);
        To { address, account }
    });
    let mut account_facts = Vec::with_capacity(connected.len());
    for account in &connected {
        // When it is tried again is not looked at: any interval does.
        let standing = standing(connection, account, 0, now)?;
        account_facts.push(AccountFacts {
            id: account.id,
            email: account.email.clone(),
            state: standing.state,
            failure: standing.failure,
            last_success: standing.last_success,
        });
    }
    Ok(Facts {
        now,
        zone: TimeZone::system(),
        contact: person(connection, &sender, contact)?,
        sender,
        date: received.or(date),
        to,
        accounts: account_facts,
        found,
        here,
    })
}

/// Whose mail it should be: who was asked about, who has the address, who has nearly the address.
fn person(
    connection: &Connection,
    sender: &Address,
    asked: Option<ContactId>,
) -> Result<Option<PersonFacts>> {
    let id = match (asked, contacts::owner(connection, sender)?) {
        (Some(id), _) | (None, Some((id, _))) => Some(id),
        (None, None) => {
            let all = contacts::all_addresses(connection)?;
            near::nearest(sender, &all).map(|entry| entry.contact_id)
        }
    };
    let Some(id) = id else { return Ok(None) };
    let contact = contacts::get(connection, id)?;
    let mut facts = Vec::new();
    for project in projects::of_contact(connection, id)? {
        facts.push(ProjectFact {
            title: projects::get(connection, project.id)?.title,
            status: project.status,
        });
    }
    Ok(Some(PersonFacts { name: contact.name, addresses: contact.addresses, projects: facts }))
}
