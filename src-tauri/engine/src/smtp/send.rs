//! One mail, handed over. What must be known for certain is whether the final dot left.

use crate::model::{Address, Endpoint, Envelope, Failure};
use crate::net::{Counters, Deadlines, Terms};
use crate::secrets::Credentials;
use std::future::Future;
use std::io::Read;
use std::sync::Arc;

/// A mail's bytes and what the envelope must say of them.
pub struct Mail<R> {
    /// Its bytes with CRLF line ends, dots not doubled yet. Read in pieces, off the runtime.
    pub bytes: R,
    /// How many they are.
    pub size: u64,
    /// Its header is UTF-8 (RFC 6532): it needs SMTPUTF8, and so does an address with letters beyond ASCII.
    pub needs_utf8: bool,
}

/// Hears how far it is.
pub trait Follow: Send {
    /// So many bytes of the mail have been written.
    fn sent(&mut self, bytes: u64);
    /// The server's SIZE limit (RFC 1870), when it told one.
    fn limit(&mut self, bytes: u64);
    /// Everything but the final dot has left. The dot goes out when this has returned well: what must be durable
    /// by then is made so here. A failure ends the dialogue without the dot.
    fn before_dot(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The server took the mail.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// For whom.
    pub accepted: Vec<Address>,
    /// For whom not, and why.
    pub refused: Vec<(Address, Failure)>,
    /// Its words to the final dot.
    pub server_said: String,
}

/// The server did not take the mail, or nobody knows.
#[derive(Clone, Debug)]
pub enum NotSent {
    /// It has not been taken: it can be sent again.
    Refused {
        /// Why.
        failure: Failure,
        /// Recipients that were refused by name before that.
        recipients: Vec<(Address, Failure)>,
    },
    /// The final dot may have left and no answer came: it may have been taken.
    Uncertain(Failure),
}

/// Connects, signs in and hands one mail over. Recipients are asked one by one; the mail goes to those that are taken.
/// Over the server's SIZE: `message_too_large` before anything is sent.
#[expect(clippy::too_many_arguments, reason = "the same that `verify` takes, and the mail")]
pub async fn send<R: Read + Send + 'static>(
    _endpoint: &Endpoint,
    _terms: &Terms,
    _username: &str,
    _credentials: &Credentials,
    _envelope: &Envelope,
    _mail: Mail<R>,
    _counters: Arc<Counters>,
    _deadlines: &Deadlines,
    _follow: &mut impl Follow,
) -> Result<Receipt, NotSent> {
    Err(NotSent::Refused { failure: Failure::of(crate::model::Cause::Unknown), recipients: Vec::new() })
}
