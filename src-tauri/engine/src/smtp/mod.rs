//! One SMTP session.
//!
//! It is talked line by line, where every byte is in view: before TLS because of what a stranger may slip in, at
//! AUTH because 235 alone means that a sign-in was taken, and in a mail because whether its final dot left decides
//! whether it may be sent again. [`verify`] signs in and leaves; [`send`](fn@send) hands one mail over.

mod causes;
mod causes_sending;
#[cfg(test)]
mod causes_tests;
mod connection;
#[cfg(test)]
mod cut_tests;
mod dots;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod letter_tests;
mod path;
mod reply;
mod send;
#[cfg(test)]
mod send_tests;
mod sign_in;
#[cfg(test)]
mod sign_in_tests;
#[cfg(test)]
mod sink_tests;
#[cfg(test)]
mod tests;
mod transaction;

use crate::model::{Endpoint, Failure};
use crate::net::{Counters, Deadlines, Terms, Watch};
use crate::secrets::Credentials;
use connection::Connection;
pub(crate) use connection::{greeting, starttls};
pub use send::{Follow, Mail, NotSent, Receipt, send};
use std::sync::Arc;

/// What a server that mail can be sent with said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Who vouched for its certificate, where that verified.
    pub issuer: Option<String>,
    /// The largest mail it takes, in bytes, where it says one.
    pub largest: Option<u64>,
}

/// Whether mail could be sent with this server and these credentials: connects, signs in, says QUIT. Sends nothing.
///
/// A server on this machine that offers no sign-in at all takes mail without one, and that is fine. Any other
/// that offers none does not let this user send: `sending_off`; a password where there is browser sign-in alone:
/// `password_sign_in_off`; a token where there is none: `unknown`.
pub async fn verify(
    endpoint: &Endpoint,
    terms: &Terms,
    username: &str,
    credentials: &Credentials,
    counters: Arc<Counters>,
    deadlines: &Deadlines,
) -> Result<Verified, Failure> {
    verify_watched(endpoint, terms, username, credentials, counters, deadlines, &mut |_| {}).await
}

/// The same, telling each stage as it is reached.
pub async fn verify_watched(
    endpoint: &Endpoint,
    terms: &Terms,
    username: &str,
    credentials: &Credentials,
    counters: Arc<Counters>,
    deadlines: &Deadlines,
    watch: Watch<'_>,
) -> Result<Verified, Failure> {
    let mut connection = Connection::open(endpoint, terms, &counters, deadlines, watch).await?;
    connection.sign_in(username, credentials).await?;
    let issuer = connection.lines.stream().verified_issuer().map(str::to_owned);
    let largest = connection.offers.largest();
    connection.quit().await;
    Ok(Verified { issuer, largest })
}
