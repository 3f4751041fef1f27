//! One mail, handed over. What must be known for certain is whether the final dot left.

use super::connection::Connection;
use super::transaction::Paths;
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

impl NotSent {
    /// Not taken, and no recipient was refused by name.
    pub(super) const fn refused(failure: Failure) -> Self {
        Self::Refused { failure, recipients: Vec::new() }
    }
}

/// Connects, signs in and hands one mail over. Recipients are asked one by one; the mail goes to those that are
/// taken. Over the server's SIZE: `message_too_large`, and with letters that it cannot take: `utf8_not_offered`,
/// both before anything is sent, the sign-in included.
///
/// Bare CR and LF in the mail become CRLF on the way. A mail that is not `mail.size` bytes long is not handed over.
/// `Uncertain` is answered only when [`Follow::before_dot`] has returned well. Dropped in the middle, it has ended
/// without the dot exactly when `before_dot` had not.
#[expect(clippy::too_many_arguments, reason = "the same that `verify` takes, and the mail")]
pub async fn send<R: Read + Send + 'static>(
    endpoint: &Endpoint,
    terms: &Terms,
    username: &str,
    credentials: &Credentials,
    envelope: &Envelope,
    mail: Mail<R>,
    counters: Arc<Counters>,
    deadlines: &Deadlines,
    follow: &mut impl Follow,
) -> Result<Receipt, NotSent> {
    let paths = Paths::of(envelope)?;
    let opened = Connection::open(endpoint, terms, &counters, deadlines, &mut |_| {}).await;
    let mut connection = opened.map_err(NotSent::refused)?;
    if let Some(most) = connection.offers.largest() {
        follow.limit(most);
    }
    let result = match connection.can_take(envelope, mail.size, mail.needs_utf8) {
        Ok(parameters) => match connection.sign_in(username, credentials).await {
            Ok(()) => {
                connection.transact(envelope, &paths, &parameters, mail, deadlines.after_mail, follow).await
            }
            // As the sign-in left it, nothing more is said.
            Err(failure) => return Err(NotSent::refused(failure)),
        },
        Err(not) => Err(not),
    };
    if connection.between_commands {
        connection.leave().await;
    }
    result
}
