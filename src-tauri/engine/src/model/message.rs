//! Messages as lists and pages show them.

use super::{AccountId, Address, FolderId, MessageId, ProjectId, ThreadId, Timestamp};
use serde::{Deserialize, Serialize};

/// Which way a message went. Outgoing: it lies in a Sent folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Received.
    In,
    /// Sent by the user.
    Out,
}

/// A name and an address of a header, decoded for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Mailbox {
    /// Display name, may be empty.
    pub name: String,
    /// The address in comparable form; what could not be read as one stands as it is.
    pub address: String,
}

/// A part that can be saved as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Attachment {
    /// Position among the message's attachments, from 0.
    pub index: u32,
    /// File name, made safe; never empty.
    pub name: String,
    /// Media type in lower case.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Decoded size in bytes.
    pub size: u64,
    /// Content-ID without brackets when the text refers to it.
    pub content_id: Option<String>,
}

/// Where a message lies on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Account.
    pub account_id: AccountId,
    /// Folder row.
    pub folder_id: FolderId,
    /// The folder's name for people.
    pub folder: String,
    /// UIDVALIDITY under which the UID holds.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
}

/// One mail of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Row id.
    pub id: MessageId,
    /// Message-ID without brackets; empty when it has none.
    pub message_id: String,
    /// Thread.
    pub thread_id: ThreadId,
    /// Which way it went.
    pub direction: Direction,
    /// The single author, or the first of several.
    pub from: Mailbox,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Subject, decoded; may be empty.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// Date header, else INTERNALDATE.
    pub date: Timestamp,
    /// Project, or `None`: to sort.
    pub project_id: Option<ProjectId>,
    /// Why it lies where it lies; see `filing::Reason`.
    pub filed_because: String,
    /// \Seen when last looked, or opened here.
    pub read: bool,
    /// Automatic mail (RFC 3834) or a delivery report.
    pub automatic: bool,
    /// Only a part is stored here.
    pub partial: bool,
    /// It could not be parsed fully and is shown as text.
    pub unparsable: bool,
    /// Size in bytes.
    pub size: u64,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// Where it lies; parsed addresses of known people are not part of it.
    pub locations: Vec<Location>,
}

impl Message {
    /// The author's address where it is one.
    pub fn author(&self) -> Option<Address> {
        Address::parse(&self.from.address).ok()
    }
}
