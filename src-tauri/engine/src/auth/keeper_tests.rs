//! Tokens that are renewed, rotated, refused and kept, beside an issuer on a real socket and a keychain that can be
//! locked.

use super::*;
use crate::model::{Account, AccountId, Address, Cause, Endpoint, Security, SignIn, Timestamp};
use crate::secrets::{Credentials, Kind, Prompt, Secret, SecretStore, SecretsError};
use crate::store::Store;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn now() -> Timestamp {
    NOW
}

#[derive(Default)]
struct Keychain {
    entries: Mutex<BTreeMap<String, String>>,
    no_writing: AtomicBool,
}

impl SecretStore for Keychain {
    fn get(&self, user: &str, _: Prompt) -> Result<Secret, SecretsError> {
        self.entries.lock().unwrap().get(user).cloned().map(Secret::new).ok_or(SecretsError::NoEntry)
    }
    fn set(&self, user: &str, secret: &Secret, _: Prompt) -> Result<(), SecretsError> {
        if self.no_writing.load(Ordering::Relaxed) {
            return Err(SecretsError::Locked);
        }
        self.entries.lock().unwrap().insert(user.into(), secret.expose().into());
        Ok(())
    }
    fn delete(&self, user: &str, _: Prompt) -> Result<(), SecretsError> {
        self.entries.lock().unwrap().remove(user);
        Ok(())
    }
    fn longest(&self) -> usize {
        40
    }
}

/// An issuer that rotates: each refresh token is good once. It answers with `answer` instead, where one is set.
struct Issuing {
    port: u16,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<Option<(u16, &'static str)>>>,
}

impl Issuing {
    async fn new() -> Self {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
        let this = Self { port, asked: Arc::clone(&asked), answer: Arc::clone(&answer) };
        tokio::spawn(async move {
            let mut good = 1;
            while let Ok((tcp, _)) = tcp.accept().await {
                let mut tcp = BufReader::new(tcp);
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if tcp.read_line(&mut line).await.unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                tcp.read_exact(&mut body).await.unwrap();
                let body = String::from_utf8(body).unwrap();
                asked.fetch_add(1, Ordering::Relaxed);
                let fixed = *answer.lock().unwrap();
                let (status, text) = match fixed {
                    Some((status, text)) => (status, text.to_owned()),
                    None if body.contains(&format!("refresh_token=refresh{good}")) => {
                        good += 1;
                        (
                            200,
                            format!(
                                r#"{{"access_token":"access{good}","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh{good}"}}"#
                            ),
                        )
                    }
                    None => (400, r#"{"error":"invalid_grant"}"#.to_owned()),
                };
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    text.len()
                );
                let _ = tcp.write_all(answer.as_bytes()).await;
            }
        });
        this
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Case {
    auth: Arc<Auth>,
    issuing: Issuing,
    keychain: Arc<Keychain>,
    account: Account,
    _dir: tempfile::TempDir,
}

/// An account whose access token has so many seconds left.
async fn case(left: u64) -> Case {
    let issuing = Issuing::new().await;
    let dir = tempfile::tempdir().unwrap();
    let keychain = Arc::new(Keychain::default());
    let issuer: Issuer = serde_json::from_value(serde_json::json!({
        "id": "example", "name": "Example", "scopes": ["mail"], "client_id": "hatstand",
        "authorization_endpoint": format!("http://127.0.0.1:{}/auth", issuing.port),
        "token_endpoint": format!("http://127.0.0.1:{}/token", issuing.port),
    }))
    .unwrap();
    let store = Store::open(dir.path()).unwrap();
    let auth = Arc::new(Auth::new(store, Arc::clone(&keychain) as Arc<dyn SecretStore>, vec![issuer], now));
    let account = Account {
        id: AccountId(1),
        uuid: "u".into(),
        email: Address::parse("anna@oauth.example").unwrap(),
        aliases: Vec::new(),
        username: "anna@oauth.example".into(),
        incoming: Endpoint { host: "imap.oauth.example".into(), port: 993, security: Security::Tls },
        outgoing: None,
        ca_pem: None,
        sign_in: SignIn::Browser { issuer: "example".into() },
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    };
    let tokens = Tokens::new("access1", Some("refresh1"), Some(left), NOW);
    auth.keep("u", Held::Tokens(tokens), Prompt::Never).await.unwrap();
    Case { auth, issuing, keychain, account, _dir: dir }
}

fn bearer(token: &str) -> Credentials {
    Credentials::Bearer(Secret::new(token.into()))
}

#[tokio::test]
async fn a_token_that_is_good_is_used_as_it_is() {
    let case = case(3600).await;
    assert_eq!(case.auth.credentials(&case.account, Prompt::Never).await.unwrap(), bearer("access1"));
    assert_eq!(case.issuing.asked(), 0);
}

#[tokio::test]
async fn many_who_need_a_token_at_once_renew_it_once_and_the_rotated_one_is_stored() {
    let case = case(60).await;
    let many = (0..10).map(|_| case.auth.credentials(&case.account, Prompt::Never));
    for credentials in futures::future::join_all(many).await {
        assert_eq!(credentials.unwrap(), bearer("access2"));
    }
    assert_eq!(case.issuing.asked(), 1);
    // Whoever reads the keychain next finds the refresh token that is good now.
    let refused = bearer("access2");
    let third = case.auth.after_refusal(&case.account, &refused, Prompt::Never).await.unwrap();
    assert_eq!(third, Some(bearer("access3")));
    let again = case.auth.after_refusal(&case.account, &refused, Prompt::Never).await.unwrap();
    assert_eq!((again, case.issuing.asked()), (Some(bearer("access3")), 2), "somebody renewed it meanwhile");
}

#[tokio::test]
async fn a_revoked_sign_in_is_said_and_asked_for_once() {
    let case = case(60).await;
    *case.issuing.answer.lock().unwrap() =
        Some((400, r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#));
    let failure = case.auth.credentials(&case.account, Prompt::Never).await.unwrap_err();
    assert_eq!((failure.cause, case.issuing.asked()), (Cause::SignInExpired, 1));
    assert!(failure.server_said.unwrap().contains("Token has been revoked."));
}

#[tokio::test]
async fn an_issuer_out_of_order_is_no_reason_to_reconnect() {
    let case = case(60).await;
    for (status, text) in [
        (503, "<html>busy</html>"),
        (429, "{}"),
        (200, "<html>a portal</html>"),
        (400, r#"{"error":"temporarily_unavailable"}"#),
    ] {
        *case.issuing.answer.lock().unwrap() = Some((status, text));
        let failure = case.auth.credentials(&case.account, Prompt::Never).await.unwrap_err();
        assert_eq!(failure.cause, Cause::TryLater, "{status} {text}");
    }
    *case.issuing.answer.lock().unwrap() = None;
    assert_eq!(case.auth.credentials(&case.account, Prompt::Never).await.unwrap(), bearer("access2"));
}

#[tokio::test]
async fn a_rotated_token_that_cannot_be_stored_is_not_used_and_not_lost() {
    let case = case(60).await;
    case.keychain.no_writing.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let failure = case.auth.credentials(&case.account, Prompt::Never).await.unwrap_err();
        assert_eq!(failure.cause, Cause::KeychainLocked);
    }
    case.keychain.no_writing.store(false, Ordering::Relaxed);
    assert_eq!(case.auth.credentials(&case.account, Prompt::Never).await.unwrap(), bearer("access2"));
    assert_eq!(case.issuing.asked(), 1, "the old refresh token is taken no more");
}

#[tokio::test]
async fn a_password_takes_the_place_of_tokens_and_forgetting_leaves_nothing() {
    let case = case(3600).await;
    assert!(case.keychain.entries.lock().unwrap().len() > 2, "a long secret lies in parts");
    case.auth.keep("u", Held::Password(Secret::new("geheim".into())), Prompt::Never).await.unwrap();
    case.auth.drop_other("u", Kind::Password).await;
    assert_eq!(case.keychain.entries.lock().unwrap().len(), 1);
    let account = Account { sign_in: SignIn::Password, ..case.account.clone() };
    let password = case.auth.credentials(&account, Prompt::Never).await.unwrap();
    assert_eq!(password, Credentials::Password(Secret::new("geheim".into())));
    assert_eq!(case.auth.after_refusal(&account, &password, Prompt::Never).await.unwrap(), None);
    let tokens = Tokens::new("a", Some("r"), Some(1), NOW);
    case.auth.keep("u", Held::Tokens(tokens), Prompt::Never).await.unwrap();
    case.auth.forget("u").await.unwrap();
    assert!(case.keychain.entries.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_client_id_that_was_typed_goes_first_and_its_secret_is_in_the_keychain_alone() {
    let case = case(3600).await;
    assert!(case.auth.is_ready("example").await && !case.auth.is_ready("nobody").await);
    let secret = Some(Secret::new("canary".into()));
    case.auth.set_client("example", Some("mine".into()), secret).await.unwrap();
    let client = case.auth.client("example", Prompt::Never).await.unwrap();
    assert_eq!((client.id.as_str(), client.secret.unwrap().expose()), ("mine", "canary"));
    assert_eq!(case.auth.client_facts("example").await, (Some("mine".into()), true, true));
    case.auth.set_client("example", Some("mine".into()), None).await.unwrap();
    assert!(case.auth.client("example", Prompt::Never).await.unwrap().secret.is_some(), "of the same id");
    case.auth.set_client("example", Some("another".into()), None).await.unwrap();
    assert!(case.auth.client("example", Prompt::Never).await.unwrap().secret.is_none(), "of another id");
    case.auth.set_client("example", None, None).await.unwrap();
    assert_eq!(case.auth.client("example", Prompt::Never).await.unwrap().id, "hatstand");
    assert!(!case.keychain.entries.lock().unwrap().values().any(|secret| secret == "canary"));
}

#[tokio::test]
async fn a_caller_that_is_cancelled_does_not_lose_the_rotated_token() {
    let case = case(60).await;
    let held = case.keychain.entries.lock().unwrap().clone();
    {
        let asked = case.auth.credentials(&case.account, Prompt::Never);
        tokio::pin!(asked);
        // As far as the request, and given up.
        while case.issuing.asked() == 0 {
            assert!(futures::poll!(&mut asked).is_pending());
            tokio::task::yield_now().await;
        }
    }
    while *case.keychain.entries.lock().unwrap() == held {
        tokio::task::yield_now().await;
    }
    assert_eq!(case.auth.credentials(&case.account, Prompt::Never).await.unwrap(), bearer("access2"));
    assert_eq!(case.issuing.asked(), 1);
}

#[tokio::test]
async fn a_new_sign_in_goes_before_tokens_that_could_not_be_stored() {
    let case = case(60).await;
    case.keychain.no_writing.store(true, Ordering::Relaxed);
    case.auth.credentials(&case.account, Prompt::Never).await.unwrap_err();
    case.keychain.no_writing.store(false, Ordering::Relaxed);
    let anew = Tokens::new("access9", Some("refresh9"), Some(3600), NOW);
    case.auth.keep("u", Held::Tokens(anew), Prompt::Never).await.unwrap();
    assert_eq!(case.auth.credentials(&case.account, Prompt::Never).await.unwrap(), bearer("access9"));
}

#[tokio::test]
async fn an_issuer_that_says_secrets_back_does_not_get_them_shown() {
    let case = case(60).await;
    *case.issuing.answer.lock().unwrap() =
        Some((400, r#"{"error":"invalid_grant","error_description":"refresh1 is unknown"}"#));
    let failure = case.auth.credentials(&case.account, Prompt::Never).await.unwrap_err();
    assert!(!failure.server_said.unwrap().contains("refresh1"));
}
