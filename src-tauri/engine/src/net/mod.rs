//! The way to a mail server: names, dialing, proxies, TLS, deadlines, counting. Knows nothing of IMAP or SMTP.
//!
//! [`dial`] makes a [`Stream`]; [`Stream::secure`] puts TLS on it, at once or after a STARTTLS that was talked
//! over [`Lines`]. Every wait ends: a stream that hears nothing for its idle time answers `TimedOut`.

mod certificate;
mod counters;
mod dial;
mod feed;
mod http;
mod issuer;
mod lines;
pub mod network;
mod proxy;
pub mod sasl;
mod socks;
mod stream;
mod terms;
mod tls;
mod tunnel;
mod words;

#[cfg(test)]
pub(crate) mod hostile;
#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod proxy_tests;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trust_tests;

pub use counters::Counters;
pub use dial::{dial, is_loopback};
pub(crate) use feed::{PIECE, read_ahead, unreadable};
pub use http::{http_builder, http_client, http_failure};
pub use lines::{Lines, not_a_mail_server};
pub use network::NetworkId;
pub use stream::{Stream, failure_of, hung_up};
pub use words::{clean, what_speaks};

use crate::model::{Certificate, Fingerprint, Proxy};
use std::net::SocketAddr;
use std::time::Duration;

/// On which terms a server is connected to: whom to believe, and by which way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Certificates in PEM: a private authority's, or the server's own (a mail bridge on this machine signs
    /// its own). `None`: the system's authorities alone.
    pub ca_pem: Option<String>,
    /// Certificates that the person trusts for this account, whatever is wrong with them. That the server holds
    /// the key is proven by the handshake all the same.
    pub trusted: Vec<Fingerprint>,
    /// Who vouched for this server when its certificate verified last ([`Stream::verified_issuer`]). One that
    /// does not verify and is issued by another means that something stands in between.
    pub known_issuer: Option<String>,
    /// The way out of this network.
    pub proxy: Proxy,
}

/// How long each step may take. Tests pass short ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Resolving the name, and then connecting to any of its addresses; with a proxy, once more for its way on.
    pub connect: Duration,
    /// The whole TLS handshake.
    pub tls: Duration,
    /// From the connection to the whole greeting.
    pub greeting: Duration,
    /// While a command waits: the longest silence between two bytes.
    pub idle: Duration,
    /// For the answer to a mail that was handed over (RFC 5321, section 4.5.3.2.6): the server may look at all of
    /// it first.
    pub after_mail: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            tls: Duration::from_secs(15),
            greeting: Duration::from_secs(30),
            idle: Duration::from_mins(1),
            after_mail: Duration::from_mins(10),
        }
    }
}

/// What happened on the way to a server, as it happens, for a checklist that is watched.
#[derive(Clone, Copy, Debug)]
pub enum Stage<'a> {
    /// The server was found: TCP connects, to this address. Where a proxy is the way, it is the proxy's, said
    /// once the proxy has reached the server.
    Connected(SocketAddr),
    /// The server showed this certificate. Said before it is judged, so that a refused one is known too.
    CertificateShown(&'a Certificate),
    /// TLS stands, with the certificate shown before.
    Secured,
    /// The server greeted as a mail server of the kind that was asked for.
    Greeted,
}

/// Hears the stages. Called from the task that connects, so it must not block.
pub type Watch<'a> = &'a mut (dyn FnMut(Stage<'_>) + Send);
