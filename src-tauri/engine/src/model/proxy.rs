//! Through which proxy servers are reached.

use serde::{Deserialize, Serialize};

/// The way out of this network. A server on this machine is never reached through a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proxy {
    /// As the system says.
    #[default]
    System,
    /// None.
    None,
    /// SOCKS 5 (RFC 1928); the proxy resolves names.
    Socks5 {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// HTTP CONNECT (RFC 9110, section 9.3.6).
    Http {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
}
