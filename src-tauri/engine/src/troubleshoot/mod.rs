//! Why a mail is not here: the rules of product.md, "Missing an email?", walked over gathered facts. Each check says
//! yes, no or not known, with the fact behind it; each no has one button that mends it.

mod checks;
mod facts;
#[cfg(test)]
mod gather_tests;
mod near;
#[cfg(test)]
mod tests;
mod verdict;
#[cfg(test)]
mod verdict_tests;
mod when;

pub use checks::checks;
pub use facts::{AccountFacts, Facts, Found, Here, PersonFacts, ProjectFact, Question, To, gather};
pub use near::nearly;
pub use verdict::verdict;
