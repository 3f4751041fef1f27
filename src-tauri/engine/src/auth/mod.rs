//! What accounts sign in with: passwords and OAuth 2 tokens in the keychain, their refresh, and the sign-in in the
//! browser by which tokens are got (RFC 6749, RFC 7636, RFC 8252).
//!
//! Codes, tokens and passwords are in memory for the moment they are needed and in the keychain; never in events,
//! logs or files.

mod callback;
#[cfg(test)]
mod callback_tests;
mod client;
mod keeper;
#[cfg(test)]
mod keeper_tests;
mod sign_in;
#[cfg(test)]
mod sign_in_tests;
mod tokens;

pub use client::{Client, Issuer};
pub use keeper::{Auth, Held};
pub use sign_in::{BrowserSignIn, FIVE_MINUTES, Returned};
pub use tokens::Tokens;
