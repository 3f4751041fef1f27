//! A certified OpenID provider on loopback: the npm package `oidc-provider`, which `npm ci` in `tests/oidc` brings.
//!
//! Its tokens are opaque, its refresh tokens rotate, and a refresh token that is used twice takes the whole
//! permission with it, as RFC 9700 asks. It answers Dovecot's questions about the tokens that it has given out.
//! A test sees what was asked of it and changes how it behaves over a port of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use crate::dovecot::Dovecot;
use crate::http;
use crate::leash::Leash;
use crate::pair::Pair;
use crate::ports::free_port;
use crate::programs::{self, PAUSE, root};
use crate::trouble::{Doing, Outcome, Trouble};

/// The client that every app is to the provider: public, native, with PKCE.
pub const CLIENT: &str = "hatstand";
/// What an app asks for to read mail while nobody is there.
pub const SCOPES: [&str; 4] = ["openid", "email", "offline_access", "mail"];
/// The domain of the accounts' addresses.
pub const DOMAIN: &str = "oauth.example";
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a request arrives that a test can refuse or hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Codes and refresh tokens become access tokens.
    Token,
    /// Dovecot asks whether a token is good.
    Introspection,
    /// An app gives a token back (RFC 7009).
    Revocation,
}

/// What is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// Signs in to the mail server.
    Access,
    /// Brings the next access token.
    Refresh,
}

/// One request to the provider, as it was answered. Never a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET or POST.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The endpoint, when it is one of those.
    pub endpoint: Option<Endpoint>,
    /// `authorization_code` or `refresh_token`, of a request for tokens.
    pub grant: Option<String>,
    /// Whether the token was good, when Dovecot asked.
    pub active: Option<bool>,
    /// The status code.
    pub status: u16,
    /// The error's code, such as `invalid_grant`; `given up` when the asker hung up before the answer.
    pub error: Option<String>,
}

/// Requests for tokens, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All that came.
    pub asked: usize,
    /// Those that were answered with an error.
    pub refused: usize,
}

/// A provider that runs.
pub struct Oidc {
    port: u16,
    control: u16,
    child: Child,
    _leash: Leash,
    log: tempfile::NamedTempFile,
}

impl Drop for Oidc {
    fn drop(&mut self) {
        programs::stop_group(&mut self.child, PATIENCE);
    }
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Token, Self::Introspection, Self::Revocation].into_iter().find(|it| it.name() == name)
    }
}

impl Token {
    fn model(self) -> &'static str {
        match self {
            Self::Access => "AccessToken",
            Self::Refresh => "RefreshToken",
        }
    }
}

impl Oidc {
    /// Starts a provider with these accounts, such as `anna`, and waits until it answers.
    pub fn start(accounts: &[&str]) -> Outcome<Self> {
        let folder = root().join("tests/oidc");
        if !folder.join("node_modules/.package-lock.json").is_file() {
            return Err(Trouble::new(
                "the OpenID provider is not there: cargo xtask test gets it, or npm ci in tests/oidc",
            ));
        }
        let (port, control) = (free_port()?, free_port()?);
        let log = tempfile::NamedTempFile::new()?;
        let mut child = Command::new(programs::find("node")?)
            .arg("server.mjs")
            .current_dir(folder)
            .env("OIDC_PORT", port.to_string())
            .env("OIDC_CONTROL_PORT", control.to_string())
            .env("OIDC_ACCOUNTS", accounts.join(","))
            .env("OIDC_DOMAIN", DOMAIN)
            .env_remove("NODE_OPTIONS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.reopen()?)
            .process_group(0)
            .spawn()
            .doing("starting node")?;
        let leash = Leash::tie(child.id(), None)?;
        let output = child.stdout.take().doing("reading from node")?;
        let provider = Self { port, control, child, _leash: leash, log };
        // One line when both ports answer, or the end when it cannot start.
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.trim() != "ready" {
            return Err(Trouble::new(format!("the OpenID provider did not start: {}", provider.log())));
        }
        Ok(provider)
    }

    /// Its name for itself, which is also where everything of it lies: `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A page or endpoint of it.
    pub fn url(&self, path: &str) -> Outcome<Url> {
        Ok(Url::parse(&self.issuer())?.join(path)?)
    }

    /// Where Dovecot asks about a token: [`DovecotOptions::introspection`](crate::dovecot::DovecotOptions).
    pub fn introspection_url(&self) -> String {
        format!("{}/introspect", self.issuer())
    }

    /// What it wrote to its standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap_or_default()
    }

    /// Says this instead of the endpoint's own answer until [`accept`](Self::accept). `error` is the code of
    /// RFC 6749, section 5.2, `description` the words beside it.
    pub fn refuse(&self, endpoint: Endpoint, status: u16, error: &str, description: &str) -> Outcome<()> {
        let body = json!({ "error": error, "error_description": description });
        self.tell("refuse", &json!({ "endpoint": endpoint.name(), "status": status, "body": body }))
    }

    /// Refuses every refresh and code with `invalid_grant`, the tokens themselves untouched.
    pub fn refuse_grants(&self) -> Outcome<()> {
        self.refuse(Endpoint::Token, 400, "invalid_grant", "Token has been expired or revoked.")
    }

    /// An endpoint that is overloaded: 503, `temporarily_unavailable`.
    pub fn be_unavailable(&self, endpoint: Endpoint) -> Outcome<()> {
        self.refuse(endpoint, 503, "temporarily_unavailable", "Try again in a while.")
    }

    /// The endpoint answers by itself again.
    pub fn accept(&self, endpoint: Endpoint) -> Outcome<()> {
        self.tell("accept", &json!({ "endpoint": endpoint.name() }))
    }

    /// Sends the browser back with this error instead of asking the person, until
    /// [`stop_denying`](Self::stop_denying): `temporarily_unavailable`, or what an organisation's rules say.
    pub fn deny(&self, error: &str, description: &str) -> Outcome<()> {
        self.tell("deny", &json!({ "error": error, "error_description": description }))
    }

    /// Asks the person again.
    pub fn stop_denying(&self) -> Outcome<()> {
        self.tell("stop-denying", &json!({}))
    }

    /// Answers nothing at this endpoint until [`release`](Self::release). A request whose asker hangs up meanwhile
    /// is dropped and uses nothing up.
    pub fn hold(&self, endpoint: Endpoint) -> Outcome<()> {
        self.tell("hold", &json!({ "endpoint": endpoint.name() }))
    }

    /// Answers what was held, and from now on at once.
    pub fn release(&self, endpoint: Endpoint) -> Outcome<()> {
        self.tell("release", &json!({ "endpoint": endpoint.name() }))
    }

    /// How many requests wait at an endpoint that is held.
    pub fn waiting(&self, endpoint: Endpoint) -> Outcome<usize> {
        self.number("waiting", &json!({ "endpoint": endpoint.name() }))
    }

    /// Waits until that many wait there.
    pub fn wait_for_waiting(&self, endpoint: Endpoint, count: usize) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let waiting = self.waiting(endpoint)?;
            if waiting >= count {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Trouble::new(format!("{waiting} requests wait at {endpoint:?}, not {count}")));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Seconds that tokens live which are given out from now on.
    pub fn set_lifetime(&self, token: Token, seconds: u32) -> Outcome<()> {
        let name = if token == Token::Access { "access" } else { "refresh" };
        self.tell("lifetimes", &json!({ name: seconds }))
    }

    /// Whether a refresh brings a new refresh token and ends the old one. It does unless told otherwise.
    pub fn set_rotation(&self, on: bool) -> Outcome<()> {
        self.tell("rotation", &json!({ "on": on }))
    }

    /// How many tokens of an account could still be used.
    pub fn usable(&self, account: &str, token: Token) -> Outcome<usize> {
        self.number("usable", &json!({ "account": account, "model": token.model() }))
    }

    /// Takes all of an account's tokens of this kind away. Answers how many.
    pub fn revoke(&self, account: &str, token: Token) -> Outcome<usize> {
        self.number("revoke", &json!({ "account": account, "model": token.model() }))
    }

    /// Lets an account's tokens of this kind run out this moment. Answers how many.
    pub fn expire(&self, account: &str, token: Token) -> Outcome<usize> {
        self.number("expire", &json!({ "account": account, "model": token.model() }))
    }

    /// Every code, access token and refresh token that was ever given out: to look where they must not be.
    pub fn given(&self) -> Outcome<Vec<String>> {
        let answer = self.control("given", &json!({}))?;
        let all = answer.as_array().doing("the provider's tokens")?;
        Ok(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The person removes the app at the provider's own page: tokens, permission and browser session are gone.
    pub fn forget(&self, account: &str) -> Outcome<()> {
        self.tell("forget", &json!({ "account": account }))
    }

    /// Every request since the first `since`, in the order of their answers. What is held is not in it yet.
    pub fn requests(&self, since: usize) -> Outcome<Vec<Request>> {
        let answer = self.control("requests", &json!({ "since": since }))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let request = |value: &Value| Request {
            method: text(&value["method"]).unwrap_or_default(),
            path: text(&value["path"]).unwrap_or_default(),
            endpoint: value["endpoint"].as_str().and_then(Endpoint::named),
            grant: text(&value["grant"]),
            active: value["active"].as_bool(),
            status: value["status"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default(),
            error: text(&value["error"]),
        };
        Ok(answer.as_array().doing("the provider's requests")?.iter().map(request).collect())
    }

    /// Requests for tokens by this grant, `authorization_code` or `refresh_token`, since the start.
    pub fn count(&self, grant: &str) -> Outcome<Count> {
        let mut count = Count::default();
        for request in self.requests(0)?.iter().filter(|request| request.grant.as_deref() == Some(grant)) {
            count.asked += 1;
            count.refused += usize::from(request.error.is_some());
        }
        Ok(count)
    }

    /// Writes `providers.json` into an app's data folder, so that it knows this provider with this mail server, for
    /// addresses of [`DOMAIN`].
    pub fn write_providers(&self, data: &Path, server: &Dovecot) -> Outcome<()> {
        self.write(data, server, &Value::Null)
    }

    /// The same with an outgoing server: a pair with [`introspection`](crate::pair::PairOptions::introspection).
    pub fn write_providers_sending(&self, data: &Path, pair: &Pair) -> Outcome<()> {
        let outgoing = pair.outgoing();
        self.write(data, &pair.dovecot, &json!(["127.0.0.1", outgoing.port, outgoing.security]))
    }

    fn write(&self, data: &Path, server: &Dovecot, smtp: &Value) -> Outcome<()> {
        fs::create_dir_all(data)?;
        let text = serde_json::to_string_pretty(&self.providers(server, smtp))?;
        Ok(fs::write(data.join("providers.json"), text)?)
    }

    fn providers(&self, server: &Dovecot, smtp: &Value) -> Value {
        json!({
            "issuers": [{
                "id": "example",
                "name": "Example Mail",
                "authorization_endpoint": format!("{}/auth", self.issuer()),
                "token_endpoint": format!("{}/token", self.issuer()),
                "scopes": SCOPES,
                "redirect_host": "127.0.0.1",
                "client_id": CLIENT,
                // Without a question to the person, OpenID gives out no refresh token.
                "parameters": { "prompt": "consent" },
            }],
            "providers": [{
                "id": "example",
                "name": "Example Mail",
                "mark": "E",
                "imap": ["127.0.0.1", server.imaps, "tls"],
                "smtp": smtp,
                "issuer": "example",
                "takes_password": false,
                "password_label": "Password",
                "domains": [DOMAIN],
                "page": null,
                "guidance": [],
            }],
        })
    }

    fn tell(&self, act: &str, arguments: &Value) -> Outcome<()> {
        self.control(act, arguments).map(|_| ())
    }

    fn number(&self, act: &str, arguments: &Value) -> Outcome<usize> {
        let answer = self.control(act, arguments)?;
        let number = answer.as_u64().and_then(|number| usize::try_from(number).ok());
        number.doing(&format!("the provider answered {answer} to {act}"))
    }

    fn control(&self, act: &str, arguments: &Value) -> Outcome<Value> {
        let url = Url::parse(&format!("http://127.0.0.1:{}/{act}", self.control))?;
        let reply = http::ask("POST", &url, &[], Some(("application/json", &arguments.to_string())))?;
        if reply.status != 200 {
            return Err(Trouble::new(format!("the provider does not know how to {act}")));
        }
        reply.json()
    }
}
