//! Sync: one cycle, its scheduling, back-off, derived state.

mod by_hand;
mod cycle;
#[cfg(test)]
mod cycle_tests;
mod earlier;
pub mod facts;
mod fetch;
mod file;
mod intake;
pub mod lock;
mod matching;
#[cfg(test)]
mod network_tests;
mod report;
pub mod retry;
mod scan;
pub mod schedule;
pub mod state;
#[cfg(test)]
mod tests;
mod undelivered;
#[cfg(test)]
mod undelivered_tests;
pub(crate) mod watched;

pub use by_hand::{Hit, Looked, bring_in, find};
pub(crate) use cycle::sign_in;
pub use cycle::{Context, run};
pub use earlier::count_earlier;
pub use file::refile_to_sort;
pub use intake::{WrittenHere, prepare_written, take_in_written};
pub use matching::GRACE_SECONDS;
pub use report::{CycleReport, Phase, Progress, ProgressNow};
