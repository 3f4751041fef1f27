//! What a server can do.

use imap_proto::Capability;
use std::collections::BTreeSet;

/// The capabilities of a connection. They change with TLS and with sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub(super) fn of(list: &[Capability<'_>]) -> Self {
        let name = |capability: &Capability<'_>| match capability {
            Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
            Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
            Capability::Atom(atom) => atom.to_ascii_uppercase(),
        };
        Self(list.iter().map(name).collect())
    }

    /// From the words of a plain line (`IMAP4rev1 STARTTLS …`).
    pub(super) fn of_words(words: &str) -> Self {
        Self(words.split_whitespace().map(str::to_ascii_uppercase).collect())
    }

    /// By its name in capitals.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Changes can be asked for by their number (RFC 7162).
    pub fn condstore(&self) -> bool {
        self.has("CONDSTORE") || self.qresync()
    }

    /// What has gone can be asked for too (RFC 7162).
    pub fn qresync(&self) -> bool {
        self.has("QRESYNC")
    }

    /// One LIST answers the STATUS of all folders (RFC 5819).
    pub fn list_status(&self) -> bool {
        self.has("LIST-STATUS") && self.has("LIST-EXTENDED")
    }

    /// LIST says what folders are for, when asked (RFC 6154).
    pub fn special_use(&self) -> bool {
        self.has("SPECIAL-USE")
    }

    /// Gmail's extensions.
    pub fn gmail(&self) -> bool {
        self.has("X-GM-EXT-1")
    }

    /// News without asking (RFC 2177).
    pub fn idle(&self) -> bool {
        self.has("IDLE")
    }

    /// Literals of any size without waiting (RFC 7888).
    pub fn literal_plus(&self) -> bool {
        self.has("LITERAL+")
    }

    /// Literals up to 4,096 bytes without waiting (RFC 7888).
    pub fn literal_minus(&self) -> bool {
        self.has("LITERAL-")
    }

    /// The largest message that can be stored, where the server says it for all folders (RFC 7889).
    pub fn append_limit(&self) -> Option<u64> {
        self.0
            .iter()
            .filter_map(|name| name.strip_prefix("APPENDLIMIT="))
            .find_map(|limit| limit.parse().ok())
    }

    /// Client and server may introduce themselves (RFC 2971).
    pub fn id(&self) -> bool {
        self.has("ID")
    }

    /// TLS can be put on this connection.
    pub fn starttls(&self) -> bool {
        self.has("STARTTLS")
    }

    /// AUTHENTICATE takes this mechanism (its name in capitals).
    pub fn mechanism(&self, name: &str) -> bool {
        self.0.contains(&format!("AUTH={name}"))
    }

    /// LOGIN must not be used (RFC 9051, section 6.2.3).
    pub fn login_disabled(&self) -> bool {
        self.has("LOGINDISABLED")
    }

    /// The first answer may be sent with AUTHENTICATE itself (RFC 4959).
    pub fn sasl_ir(&self) -> bool {
        self.has("SASL-IR")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
