//! One IMAP session over async-imap. It reads; one thing alone is written.
//!
//! From the network up: [`crate::net::Stream`], the guard that lets pass only what can be parsed, async-imap as
//! decoder, a command loop that reads to its own tagged line, and typed commands. [`Connection::open`] dials,
//! [`Connection::sign_in`] makes a [`Session`]. Every failure is a [`crate::model::Failure`] with its cause.
//!
//! The session changes nothing that is on the server: it knows EXAMINE and BODY.PEEK. The one command that writes
//! is APPEND, in `append`, and it adds one thing: the copy of a mail that was sent from here. It can go into a
//! [`SentFolder`] alone, and only a folder that is the account's Sent folder becomes one.

mod append;
#[cfg(test)]
mod append_tests;
mod capabilities;
mod causes;
#[cfg(test)]
mod causes_answers;
#[cfg(test)]
mod causes_standards;
#[cfg(test)]
mod causes_tests;
mod command;
mod connection;
mod date;
mod dialogue;
mod fetch;
mod folders;
mod guard;
#[cfg(test)]
mod hostile_tests;
mod search;
mod session;
mod sign_in;
#[cfg(test)]
mod sign_in_tests;
mod starttls;
#[cfg(test)]
mod tests;
mod uid_set;
mod utf7;

pub use append::SentFolder;
pub use capabilities::Capabilities;
pub use connection::Connection;
pub use fetch::{Bodies, Flags, HeaderItem, Headers};
pub use folders::{Examined, FolderStatus, ListedFolder};
pub use search::{Field, Search, Term};
pub use session::Session;
pub(crate) use starttls::{greeting, starttls};
pub use uid_set::UidSet;
