//! What a person typed to connect or reconnect, and how it becomes an account.

use crate::connect::providers::{Provider, Table};
use crate::model::{Account, AccountId, Address, Endpoint, Refusal, Security, SignIn, TrustedCertificate};
use crate::secrets::Secret;

/// Which outgoing server a new account gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The one that is found for its address, or that of the provider table.
    Found,
    /// None: the account does not send.
    None,
    /// This one.
    Given(Endpoint),
}

/// What a person signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenSignIn {
    /// A password or app password.
    Password(Secret),
    /// A sign-in in the browser that has come back.
    Browser {
        /// The run that its caller named.
        run: String,
    },
    /// What the keychain holds.
    Stored,
}

/// What a person typed to connect an account.
#[derive(Clone, Debug)]
pub struct ConnectRequest {
    /// Address.
    pub email: String,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// User name; the address (or its first part) when not given.
    pub username: Option<String>,
    /// Incoming server; found from the address when not given.
    pub incoming: Option<Endpoint>,
    /// Outgoing server.
    pub outgoing: Outgoing,
    /// Id in the provider table; from the address when not given.
    pub provider: Option<String>,
    /// PEM of a private CA.
    pub ca_pem: Option<String>,
    /// What it signs in with.
    pub sign_in: GivenSignIn,
    /// Certificates that the person trusts for this account.
    pub trusted: Vec<TrustedCertificate>,
}

/// Servers that a person changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// User name.
    pub username: String,
    /// Incoming server.
    pub incoming: Endpoint,
    /// Outgoing server, if there is one.
    pub outgoing: Option<Endpoint>,
}

/// What a person gave to reconnect an account.
#[derive(Clone, Debug)]
pub struct ReconnectRequest {
    /// What it signs in with.
    pub sign_in: GivenSignIn,
    /// Certificates that the person trusts for this account, beside those they do already.
    pub trusted: Vec<TrustedCertificate>,
    /// Servers, where they were changed.
    pub servers: Option<Servers>,
}

impl ReconnectRequest {
    /// With a new password and nothing else.
    pub const fn with_password(password: Secret) -> Self {
        Self { sign_in: GivenSignIn::Password(password), trusted: Vec::new(), servers: None }
    }
}

/// Checks an address as it was typed; `field` names the input.
pub(super) fn address(typed: &str, field: &str) -> Result<Address, Refusal> {
    Address::parse(typed).map_err(|error| Refusal::about(field, "bad_address", error.to_string()))
}

/// Whether this may be a host's name or address: nothing that stands in none.
pub(super) fn may_be_host(typed: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/@\\\"'<>".contains(c);
    !typed.is_empty() && !typed.contains(bad)
}

/// Checks a server as it was typed.
pub(super) fn endpoint(mut endpoint: Endpoint, field: &str) -> Result<Endpoint, Refusal> {
    endpoint.host = endpoint.host.trim().to_lowercase();
    if !may_be_host(&endpoint.host) {
        return Err(Refusal::about(field, "bad_host", "Type the server’s name, like mail.example.com."));
    }
    if endpoint.port == 0 {
        return Err(Refusal::about(field, "bad_port", "Type the server’s port, like 993."));
    }
    if endpoint.security == Security::Plaintext && !crate::net::is_loopback(&endpoint.host) {
        let sentence =
            "Without encryption anybody on the way could read the password. Choose TLS or STARTTLS.";
        return Err(Refusal::about(field, "plaintext_refused", sentence));
    }
    Ok(endpoint)
}

/// Checks a user name as it was typed.
pub(super) fn username(typed: &str) -> Result<String, Refusal> {
    let name = typed.trim().to_owned();
    if name.contains(|c: char| c.is_control()) {
        let sentence = "That user name holds a character that none can have.";
        return Err(Refusal::about("username", "bad_username", sentence));
    }
    if name.is_empty() {
        return Err(Refusal::about("username", "bad_username", "Type the user name."));
    }
    Ok(name)
}

/// The account that was typed; how it signs in is settled later.
pub(super) fn account_of(request: ConnectRequest, table: &Table) -> Result<Account, Refusal> {
    let email = address(&request.email, "email")?;
    let aliases =
        request.aliases.iter().map(|alias| address(alias, "aliases")).collect::<Result<Vec<_>, _>>()?;
    let provider = request.provider.unwrap_or_else(|| table.of_address(&email).to_owned());
    let preset = table.get(&provider);
    let Some(incoming) = request.incoming.or_else(|| preset.and_then(|preset| preset.incoming.clone()))
    else {
        let sentence = format!("Hatstand does not know the mail server of {}. Type it.", email.domain());
        return Err(Refusal::about("incoming", "host_needed", sentence));
    };
    let outgoing = match request.outgoing {
        Outgoing::Found => preset.and_then(|preset| preset.outgoing.clone()),
        Outgoing::None => None,
        Outgoing::Given(endpoint) => Some(endpoint),
    };
    let username = match request.username.filter(|name| !name.trim().is_empty()) {
        Some(name) => username(&name)?,
        None if preset.is_some_and(|preset| preset.local_part_user) => email.local().to_owned(),
        None => email.to_string(),
    };
    Ok(Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email,
        aliases,
        username,
        incoming: endpoint(incoming, "incoming")?,
        outgoing: outgoing.map(|out| endpoint(out, "outgoing")).transpose()?,
        ca_pem: request.ca_pem,
        sign_in: SignIn::Password,
        trusted: request.trusted,
        known_issuers: Vec::new(),
        paused: false,
        provider,
    })
}

/// App passwords are shown in groups: pasted spaces do not matter. Any other password is taken as it is.
pub(super) fn typed_password(typed: &Secret, provider: Option<&Provider>) -> Result<Secret, Refusal> {
    let password = if provider.is_some_and(|provider| provider.app_password) {
        Secret::new(typed.expose().split_whitespace().collect())
    } else {
        typed.clone()
    };
    if password.expose().is_empty() {
        return Err(Refusal::about("password", "empty_password", "Type the password."));
    }
    if password.expose().contains(['\r', '\n', '\0']) {
        let sentence =
            "A line break cannot be part of a password. Type it, or paste it without the line’s end.";
        return Err(Refusal::about("password", "bad_password", sentence));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_spaces_matter_only_where_a_password_may_have_them() {
        let typed = Secret::new(" abcd efgh\u{a0}ijkl mnop ".into());
        let provider = |id: &str| Table::bundled().get(id);
        assert_eq!(typed_password(&typed, provider("gmail")).unwrap().expose(), "abcdefghijklmnop");
        assert_eq!(typed_password(&typed, provider("other")).unwrap(), typed);
        assert!(typed_password(&Secret::new("  ".into()), provider("gmail")).is_err());
    }

    #[test]
    fn plain_text_is_for_this_computer_alone() {
        let at = |host: &str| Endpoint { host: host.into(), port: 143, security: Security::Plaintext };
        assert!(endpoint(at("127.0.0.1"), "incoming").is_ok());
        for host in ["mail.example.com", "", "a b", "127.0.0.1.example.com", "x\r\ny"] {
            assert!(endpoint(at(host), "incoming").is_err(), "{host:?}");
        }
    }
}
