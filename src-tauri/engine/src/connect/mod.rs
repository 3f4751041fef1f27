//! Connecting: the provider table, the live checklist, and what is wrong when it has to be done again.

mod checklist;
pub mod discover;
pub mod providers;
mod wrong;

pub use checklist::{CheckName, CheckStep, Request, Seen, StepState, check, look};
pub use wrong::{Need, WhatIsWrong, counts, view, what_is_wrong};
