//! Writing a mail, and the outbox: from a draft to a message that the server took.
//!
//! [`reply`], [`rules`] and [`check`] are pure. [`queue`] builds a mail once; [`Outbox`] hands it over by `send`, looks
//! after its copy by `sent_copy`, and never sends by itself what may have arrived.

pub mod begin;
pub mod check;
mod outbox;
#[cfg(test)]
mod outbox_tests;
pub mod queue;
pub mod reply;
#[cfg(test)]
mod reply_tests;
pub mod rules;
mod send;
mod sent_copy;
#[cfg(test)]
pub(crate) mod servers;
pub mod templates;

pub use outbox::{Knock, Outbox, OutboxNotice, Pace};
