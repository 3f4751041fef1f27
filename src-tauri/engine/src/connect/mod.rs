//! Connecting: the provider table and the live checklist.

mod checklist;
pub mod discover;
pub mod providers;

pub use checklist::{CheckName, CheckStep, Request, StepState, check};
