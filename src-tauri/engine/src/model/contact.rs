//! Contacts and their addresses.

use super::{Address, AddressId, ContactId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a contact is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum ContactKind {
    /// Has asked, has not booked.
    Lead,
    /// Pays.
    #[default]
    Client,
    /// The user hopes to work for them.
    Prospect,
    /// Anyone else.
    Other,
}

/// How far back mail of an address is brought in, beside what arrives after it was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase", tag = "kind", content = "since")]
pub enum Backfill {
    /// Only what arrives after saving.
    #[default]
    None,
    /// Since this moment.
    Since(Timestamp),
    /// Everything.
    All,
}

/// One address of a contact. An address belongs to one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactAddress {
    /// Row id.
    pub id: AddressId,
    /// Whose it is.
    pub contact_id: ContactId,
    /// The address.
    pub address: Address,
    /// When the user saved it: its mail comes in from here on.
    pub saved_at: Timestamp,
    /// How much earlier mail was asked for.
    pub backfill: Backfill,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Row id.
    pub id: ContactId,
    /// Never empty.
    pub name: String,
    /// What the person is to the user.
    pub kind: ContactKind,
    /// Company, may be empty.
    pub company: String,
    /// Telephone, may be empty.
    pub phone: String,
    /// Notes, may be empty.
    pub notes: String,
    /// Where this person's mail goes when several projects could have it.
    pub default_project_id: Option<ProjectId>,
    /// Its addresses, in the order they were saved.
    pub addresses: Vec<ContactAddress>,
}
