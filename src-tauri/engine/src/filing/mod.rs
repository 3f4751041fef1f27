//! Where a message goes: product.md's rules as pure functions over plain values.

mod decide;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Reason, decide, suggest};
