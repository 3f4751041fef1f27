//! The guided test email: a mail goes out with a token, its reply comes back, each step is seen.
//!
//! [`begin`] checks what was chosen and stores the run with its mail. From then on nothing is remembered but what the
//! store holds: [`gather`] reads the facts, [`judge`] says from them and the clock how the run stands.

mod begin;
mod clean;
mod gather;
mod judge;
#[cfg(test)]
mod judge_tests;
mod look;
mod show;
#[cfg(test)]
mod tests;
mod troubleshoot;
mod words;

pub use begin::{Ready, begin, choose, give_up, token};
pub use clean::{Removal, clean, removal};
pub use gather::gather;
pub use judge::{AccountFacts, Author, Card, Facts, LIMIT_MS, Reply, judge, recognised};
pub use look::{look, reply_to_bring_in, search};
pub use show::{choices, show};
pub use troubleshoot::troubleshoot;
pub use words::{body, subject};
