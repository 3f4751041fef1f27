//! Mozilla's autoconfig file (config-v1.1.xml), written by strangers: read once, without entities, within
//! limits of length and depth.

use super::host;
use crate::model::{Address, Endpoint, Security};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The longest file that is read, in bytes. Real ones have 1 to 5 KB.
pub(super) const MOST_BYTES: usize = 64 * 1024;
/// The deepest element. Real files have 4.
const DEEPEST: usize = 16;

/// The servers that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// The IMAP server: TLS from the first byte before STARTTLS, then the first named.
    pub(super) incoming: Endpoint,
    /// The SMTP server, chosen likewise.
    pub(super) outgoing: Option<Endpoint>,
    /// The user name at the IMAP server, if the file says what it is made of.
    pub(super) username: Option<String>,
}

/// Why a file says nothing that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConfigError {
    /// More than 64 KB.
    #[error("the file is too long")]
    TooLong,
    /// Elements within elements within elements.
    #[error("the file is nested too deeply")]
    TooDeep,
    /// A document type: a web page, or an attempt to define entities.
    #[error("the file has a document type")]
    Doctype,
    /// An entity that XML itself does not define.
    #[error("the file uses an entity that is not defined")]
    Entity,
    /// Not well-formed.
    #[error("the file is no XML: {0}")]
    Malformed(String),
    /// No IMAP server with encryption and a sign-in that can be used.
    #[error("the file names no IMAP server that can be used")]
    NoServer,
}

/// Reads a file for one address. Servers without encryption, with a host or port that cannot be, or with no
/// way to sign in that a mail app has, are passed over.
pub(super) fn parse(file: &[u8], email: &Address) -> Result<Config, ConfigError> {
    if file.len() > MOST_BYTES {
        return Err(ConfigError::TooLong);
    }
    // Only names and numbers in ASCII matter here; whatever else is in there need not be UTF-8.
    let text = String::from_utf8_lossy(file);
    let servers = read(text.trim_start_matches('\u{feff}'))?;
    let of = |kind: Kind| {
        let mut fitting: Vec<Server> =
            servers.iter().filter(|raw| raw.kind == Some(kind)).filter_map(|raw| raw.server(email)).collect();
        fitting.sort_by_key(|server| server.endpoint.security != Security::Tls);
        fitting.into_iter().next()
    };
    let incoming = of(Kind::Imap).ok_or(ConfigError::NoServer)?;
    Ok(Config {
        incoming: incoming.endpoint,
        outgoing: of(Kind::Smtp).map(|server| server.endpoint),
        username: incoming.username,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Imap,
    Smtp,
}

/// A server as the file has it.
#[derive(Debug, Default)]
struct Raw {
    kind: Option<Kind>,
    hostname: String,
    port: String,
    socket_type: String,
    username: String,
    authentication: Vec<String>,
}

struct Server {
    endpoint: Endpoint,
    username: Option<String>,
}

impl Raw {
    fn opened(tag: &BytesStart<'_>) -> Result<Self, ConfigError> {
        let kind = tag.try_get_attribute("type").map_err(|error| malformed(&error))?;
        let kind = match (tag.local_name().into_inner(), kind) {
            ("incomingServer", Some(kind)) if kind.value.eq_ignore_ascii_case("imap") => Some(Kind::Imap),
            ("outgoingServer", Some(kind)) if kind.value.eq_ignore_ascii_case("smtp") => Some(Kind::Smtp),
            _ => None,
        };
        Ok(Self { kind, ..Self::default() })
    }

    fn take(&mut self, field: &str, text: &str) {
        let text = text.trim().to_owned();
        match field {
            "hostname" => self.hostname = text,
            "port" => self.port = text,
            "socketType" => self.socket_type = text,
            "username" => self.username = text,
            "authentication" => self.authentication.push(text),
            _ => {}
        }
    }

    fn server(&self, email: &Address) -> Option<Server> {
        let security = match self.socket_type.to_ascii_lowercase().as_str() {
            "ssl" | "tls" => Security::Tls,
            "starttls" => Security::Starttls,
            _ => return None,
        };
        let port = self.port.parse::<u16>().ok().filter(|port| *port > 0)?;
        let host = host::valid(&filled(&self.hostname, email))?;
        let takes = |method: &String| sign_in_is_usable(method);
        if !self.authentication.is_empty() && !self.authentication.iter().any(takes) {
            return None;
        }
        let username = filled(&self.username, email);
        // What is still in percent signs (%REALNAME%) is not known here.
        let known = !username.is_empty() && !username.contains('%') && !username.contains(char::is_control);
        Some(Server { endpoint: Endpoint { host, port, security }, username: known.then_some(username) })
    }
}

/// A password or OAuth 2. "Encrypted" passwords (CRAM-MD5) count too: under TLS such servers take plain ones.
fn sign_in_is_usable(method: &str) -> bool {
    const USABLE: [&str; 5] = ["password-cleartext", "plain", "password-encrypted", "secure", "oauth2"];
    USABLE.iter().any(|usable| usable.eq_ignore_ascii_case(method))
}

fn filled(text: &str, email: &Address) -> String {
    text.replace("%EMAILADDRESS%", email.as_str())
        .replace("%EMAILLOCALPART%", email.local())
        .replace("%EMAILDOMAIN%", email.domain())
}

/// All servers under clientConfig/emailProvider, in the order of the file.
fn read(text: &str) -> Result<Vec<Raw>, ConfigError> {
    const SERVER: usize = 3;
    const FIELD: usize = 4;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut servers: Vec<Raw> = Vec::new();
    let mut field = String::new();
    loop {
        match reader.read_event().map_err(|error| malformed(&error))? {
            Event::Start(tag) => {
                if path.len() == DEEPEST {
                    return Err(ConfigError::TooDeep);
                }
                path.push(tag.local_name().into_inner().to_owned());
                field.clear();
                if path.len() == SERVER {
                    servers.push(Raw::opened(&tag)?);
                }
            }
            Event::End(_) => {
                let ended = path.pop().unwrap_or_default();
                let provider = path.first().is_some_and(|name| name == "clientConfig")
                    && path.get(1).is_some_and(|name| name == "emailProvider");
                if provider
                    && path.len() == FIELD - 1
                    && let Some(server) = servers.last_mut()
                {
                    server.take(&ended, &field);
                }
                field.clear();
            }
            Event::Text(text) => field.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => field.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(entity) => field.push(character(&entity)?),
            Event::DocType(_) => return Err(ConfigError::Doctype),
            Event::Eof if path.is_empty() => return Ok(servers),
            Event::Eof => return Err(ConfigError::Malformed("it ends in the middle".to_owned())),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// A character reference or one of XML's own five entities.
fn character(entity: &BytesRef<'_>) -> Result<char, ConfigError> {
    if let Some(character) = entity.resolve_char_ref().map_err(|error| malformed(&error))? {
        return Ok(character);
    }
    match &**entity {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(ConfigError::Entity),
    }
}

fn malformed(error: &dyn std::error::Error) -> ConfigError {
    ConfigError::Malformed(error.to_string())
}
