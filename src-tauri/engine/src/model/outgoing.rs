//! Mail that is written here, and how far it is on its way.

use super::Address;
use serde::{Deserialize, Serialize};

/// How far a mail that was written here is. What is shown is derived from it and the clock
/// (`view::OutgoingShown`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingState {
    /// Being written.
    Draft,
    /// Built and stored; goes when its moment has come and a server takes it.
    Queued,
    /// A server is being talked to.
    Sending,
    /// A server took it for at least one recipient.
    Sent,
    /// No server took it, and it is not tried again by itself.
    Failed,
    /// The connection broke after the mail was handed over: it may have arrived. Never sent again by itself.
    Uncertain,
}

/// The copy of a sent mail in the account's Sent folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// Not sent yet.
    None,
    /// It is sent, and the copy is still to be looked for or stored.
    Wanted,
    /// The provider had put one there.
    Found,
    /// Hatstand put it there.
    Stored,
    /// The account has no Sent folder.
    NoFolder,
    /// It could not be stored, and is not tried again.
    Failed,
}

/// Who a mail is handed over for (RFC 5321). Never what stands in its header: Bcc is here and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM.
    pub from: Address,
    /// RCPT TO, each once.
    pub to: Vec<Address>,
}
