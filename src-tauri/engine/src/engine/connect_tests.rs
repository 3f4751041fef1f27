//! Connecting, reconnecting and giving up, over the whole engine: a keychain in memory that can be locked, and a small
//! mail server on a real socket that counts who signs in.

use super::*;
use crate::connect::Need;
use crate::model::{AccountId, AccountState, Cause, Endpoint, Security};
use crate::secrets::{Prompt, Secret, SecretsError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct Keychain {
    entries: Mutex<BTreeMap<String, String>>,
    locked: AtomicBool,
    prompted: AtomicUsize,
}

impl Keychain {
    fn open(&self, prompt: Prompt) -> Result<(), SecretsError> {
        if !self.locked.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.prompted.fetch_add(usize::from(prompt == Prompt::Allowed), Ordering::Relaxed);
        Err(SecretsError::Locked)
    }

    fn held(&self) -> Vec<String> {
        self.entries.lock().unwrap().values().cloned().collect()
    }
}

impl SecretStore for Keychain {
    fn get(&self, user: &str, prompt: Prompt) -> Result<Secret, SecretsError> {
        self.open(prompt)?;
        self.entries.lock().unwrap().get(user).cloned().map(Secret::new).ok_or(SecretsError::NoEntry)
    }
    fn set(&self, user: &str, secret: &Secret, prompt: Prompt) -> Result<(), SecretsError> {
        self.open(prompt)?;
        self.entries.lock().unwrap().insert(user.into(), secret.expose().into());
        Ok(())
    }
    fn delete(&self, user: &str, prompt: Prompt) -> Result<(), SecretsError> {
        self.open(prompt)?;
        self.entries.lock().unwrap().remove(user);
        Ok(())
    }
}

/// A mailbox with one empty folder.
struct Server {
    port: u16,
    password: Arc<Mutex<String>>,
    /// Every password that was sent, in order.
    sent: Arc<Mutex<Vec<String>>>,
    /// Says nothing to LIST: whoever waits for it waits.
    mute: Arc<AtomicBool>,
}

impl Server {
    async fn new(password: &str) -> Self {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            port: tcp.local_addr().unwrap().port(),
            password: Arc::new(Mutex::new(password.to_owned())),
            sent: Arc::default(),
            mute: Arc::default(),
        };
        let (password, sent, mute) =
            (Arc::clone(&server.password), Arc::clone(&server.sent), Arc::clone(&server.mute));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = tcp.accept().await {
                tokio::spawn(serve(tcp, Arc::clone(&password), Arc::clone(&sent), Arc::clone(&mute)));
            }
        });
        server
    }

    fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

async fn serve(
    tcp: TcpStream,
    password: Arc<Mutex<String>>,
    sent: Arc<Mutex<Vec<String>>>,
    mute: Arc<AtomicBool>,
) -> Option<()> {
    let (read, mut write) = tcp.into_split();
    write.write_all(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n").await.ok()?;
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let (tag, command) = line.split_once(' ')?;
        let answer = if let Some(encoded) = command.strip_prefix("AUTHENTICATE PLAIN ") {
            let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
            let given = decoded.rsplit('\0').next()?.to_owned();
            let good = given == *password.lock().unwrap();
            sent.lock().unwrap().push(given);
            if good {
                "{} OK [CAPABILITY IMAP4rev1] in"
            } else {
                "{} NO [AUTHENTICATIONFAILED] Authentication failed."
            }
        } else if command.starts_with("LIST") {
            if mute.load(Ordering::Relaxed) {
                continue;
            }
            "* LIST (\\HasNoChildren) \"/\" INBOX\r\n{} OK done"
        } else if command.starts_with("EXAMINE") {
            "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n{} OK [READ-ONLY] done"
        } else if command.starts_with("LOGOUT") {
            "* BYE\r\n{} OK done"
        } else {
            "{} OK done"
        };
        write.write_all((answer.replace("{}", tag) + "\r\n").as_bytes()).await.ok()?;
    }
    None
}

struct Case {
    engine: Engine,
    keychain: Arc<Keychain>,
    server: Server,
    _dir: tempfile::TempDir,
}

async fn case() -> Case {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Arc::new(Keychain::default());
    let engine = Engine::open(dir.path(), Arc::clone(&keychain) as Arc<dyn SecretStore>).unwrap();
    Case { engine, keychain, server: Server::new("geheim").await, _dir: dir }
}

impl Case {
    fn request(&self, password: &str) -> ConnectRequest {
        ConnectRequest {
            email: "nora@lind.example".into(),
            aliases: Vec::new(),
            username: None,
            incoming: Some(Endpoint {
                host: "127.0.0.1".into(),
                port: self.server.port,
                security: Security::Plaintext,
            }),
            outgoing: Outgoing::None,
            provider: None,
            ca_pem: None,
            sign_in: GivenSignIn::Password(Secret::new(password.into())),
            trusted: Vec::new(),
        }
    }

    async fn connected(&self) -> AccountId {
        self.engine.connect_account("run".into(), self.request("geheim")).await.unwrap()
    }

    async fn state(&self, id: AccountId) -> AccountState {
        self.engine.account(id).await.unwrap().row.state
    }

    /// The password changes on the server, and a cycle finds out.
    async fn turns_red(&self, id: AccountId) {
        "anders".clone_into(&mut self.server.password.lock().unwrap());
        self.engine.sync(id).await.unwrap();
        assert_eq!(self.state(id).await, AccountState::NeedsReconnecting);
    }
}

fn stored() -> ReconnectRequest {
    ReconnectRequest { sign_in: GivenSignIn::Stored, trusted: Vec::new(), servers: None }
}

fn anew(password: &str) -> ReconnectRequest {
    ReconnectRequest::with_password(Secret::new(password.into()))
}

#[tokio::test]
async fn a_password_that_is_refused_at_connect_leaves_nothing_and_asks_no_keychain() {
    let case = case().await;
    case.keychain.locked.store(true, Ordering::Relaxed);
    let refusal = case.engine.connect_account("run".into(), case.request("falsch")).await.unwrap_err();
    assert_eq!(
        (refusal.code.as_str(), case.keychain.prompted.load(Ordering::Relaxed)),
        ("wrong_password", 0)
    );
    assert!(case.engine.accounts().await.unwrap().is_empty());
    let stale = case.engine.read(crate::store::meta::stale_secrets).await.unwrap();
    assert_eq!(stale, [""; 0]);
}

#[tokio::test]
async fn a_refused_password_is_not_sent_again_by_pausing_counting_or_connecting() {
    let case = case().await;
    let id = case.connected().await;
    let contact = ContactInput {
        name: "Anna".into(),
        addresses: vec!["anna@x.example".into()],
        ..ContactInput::default()
    };
    let contact = case.engine.add_contact(contact, crate::model::Backfill::None, None).await.unwrap();
    "anders".clone_into(&mut case.server.password.lock().unwrap());
    let before = case.server.sent();
    // The first to find out is whoever counts earlier mail.
    assert_eq!(case.engine.count_earlier(contact).await.unwrap_err().code, "wrong_password");
    assert_eq!(case.state(id).await, AccountState::NeedsReconnecting);
    assert_eq!(case.server.sent(), before + 1);

    assert!(case.engine.sync(id).await.unwrap().is_none());
    let _ = case.engine.count_earlier(contact).await;
    case.engine.pause_account(id).await.unwrap();
    let wrong = case.engine.what_is_wrong("look".into(), id).await.unwrap();
    assert_eq!((wrong.need, wrong.failure.map(|f| f.cause)), (Need::Password, Some(Cause::WrongPassword)));
    let refusal = case.engine.reconnect_account("again".into(), id, stored()).await.unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("password"));
    assert_eq!(case.server.sent(), before + 1, "it was sent once");
}

#[tokio::test]
async fn what_the_keychain_holds_and_connect_finds_refused_counts_as_refused() {
    let case = case().await;
    let id = case.connected().await;
    case.engine.sync(id).await.unwrap();
    "anders".clone_into(&mut case.server.password.lock().unwrap());
    let before = case.server.sent();
    let refusal = case.engine.reconnect_account("again".into(), id, stored()).await.unwrap_err();
    assert_eq!(refusal.code, "wrong_password");
    assert_eq!(case.state(id).await, AccountState::NeedsReconnecting);
    assert!(case.engine.sync(id).await.unwrap().is_none());
    assert_eq!(case.server.sent(), before + 1);
}

#[tokio::test]
async fn a_user_name_that_is_tried_and_refused_changes_nothing() {
    let case = case().await;
    let id = case.connected().await;
    case.engine.sync(id).await.unwrap();
    let port = Server::new("elsewhere").await.port;
    let servers = Servers {
        username: "nobody".into(),
        incoming: Endpoint { host: "127.0.0.1".into(), port, security: Security::Plaintext },
        outgoing: None,
    };
    let request = ReconnectRequest { servers: Some(servers), ..stored() };
    let refusal = case.engine.reconnect_account("again".into(), id, request).await.unwrap_err();
    assert_eq!(refusal.code, "wrong_password");
    let account = case.engine.account(id).await.unwrap();
    assert_eq!(
        (account.row.state, account.username.as_str()),
        (AccountState::Connected, "nora@lind.example")
    );
}

#[tokio::test]
async fn a_new_password_makes_it_well_even_if_its_first_cycle_is_stopped() {
    let case = case().await;
    let id = case.connected().await;
    case.engine.sync(id).await.unwrap();
    case.turns_red(id).await;
    let refused = case.engine.reconnect_account("again".into(), id, anew("falsch")).await.unwrap_err();
    assert_eq!((refused.code.as_str(), case.keychain.held()), ("wrong_password", vec!["geheim".to_owned()]));
    case.engine.reconnect_account("again".into(), id, anew("anders")).await.unwrap();
    assert_eq!(case.keychain.held(), ["anders"]);

    // Its cycle begins and is stopped: what failed before the new password counts no more.
    case.server.mute.store(true, Ordering::Relaxed);
    let (cycle, ()) = tokio::join!(case.engine.sync(id), async {
        while case.engine.account(id).await.unwrap().row.syncing.is_none() {
            tokio::task::yield_now().await;
        }
        case.engine.stop_sync(id);
    });
    assert_eq!(cycle.unwrap().unwrap().outcome, crate::store::cycles::Outcome::Cancelled);
    assert_ne!(case.state(id).await, AccountState::NeedsReconnecting);
    case.server.mute.store(false, Ordering::Relaxed);
    case.engine.sync(id).await.unwrap().unwrap();
    assert_eq!(case.state(id).await, AccountState::Connected);
}

#[tokio::test]
async fn a_run_that_is_cancelled_stores_nothing() {
    let case = case().await;
    case.server.mute.store(true, Ordering::Relaxed);
    let mut events = case.engine.events();
    let connecting = case.engine.connect_account("run".into(), case.request("geheim"));
    let cancelling = async {
        loop {
            let Event::Checklist { steps, .. } = events.recv().await.unwrap() else { continue };
            if steps[3].state == crate::connect::StepState::Running {
                return case.engine.cancel_check("run");
            }
        }
    };
    let (connected, ()) = tokio::join!(connecting, cancelling);
    assert_eq!(connected.unwrap_err().code, "cancelled");
    assert!(case.engine.accounts().await.unwrap().is_empty() && case.keychain.held().is_empty());
}

#[tokio::test]
async fn the_third_refusal_in_a_row_warns_that_the_host_may_block() {
    let case = case().await;
    let mut remedies = Vec::new();
    for _ in 0..3 {
        let mut events = case.engine.events();
        case.engine.connect_account("run".into(), case.request("falsch")).await.unwrap_err();
        let mut last = None;
        while let Ok(event) = events.try_recv() {
            if let Event::Checklist { steps, .. } = event {
                last = steps.into_iter().find_map(|step| step.failure);
            }
        }
        remedies.push(last.unwrap().remedy);
    }
    assert_eq!(
        remedies.iter().map(|remedy| remedy.contains("may block")).collect::<Vec<_>>(),
        [false, false, true]
    );
}

#[tokio::test]
async fn the_same_address_at_two_servers_is_two_accounts_and_the_same_mailbox_is_one() {
    let case = case().await;
    case.connected().await;
    let again = case.engine.connect_account("run".into(), case.request("geheim")).await.unwrap_err();
    assert_eq!(again.code, "account_exists");
    let other = Server::new("geheim").await;
    let mut elsewhere = case.request("geheim");
    elsewhere.incoming =
        Some(Endpoint { host: "localhost".into(), port: other.port, security: Security::Plaintext });
    case.engine.connect_account("run".into(), elsewhere).await.unwrap();
    assert_eq!(case.engine.accounts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_deleted_account_leaves_no_entry_and_an_open_keychain_needs_no_entry_of_the_first() {
    let case = case().await;
    let id = case.connected().await;
    case.keychain.entries.lock().unwrap().clear();
    case.engine.unlock_keychain().await.unwrap();
    case.engine.sync(id).await.unwrap();
    let wrong = case.engine.what_is_wrong("look".into(), id).await.unwrap();
    assert_eq!(
        (wrong.need, wrong.title.as_str()),
        (Need::Password, "This computer has no password for this mailbox.")
    );
    case.engine.reconnect_account("again".into(), id, anew("geheim")).await.unwrap();
    case.engine.delete_account(id, true).await.unwrap();
    assert!(case.keychain.held().is_empty());
}

/// Microsoft's servers are never sent a password, and nobody's token goes to a server that is not its issuer's.
#[tokio::test]
async fn a_provider_that_takes_no_password_is_sent_none() {
    let case = case().await;
    let mut request = case.request("geheim");
    request.provider = Some("microsoft365".into());
    let refusal = case.engine.connect_account("run".into(), request).await.unwrap_err();
    assert_eq!((refusal.code.as_str(), case.server.sent()), ("password_sign_in_off", 0));
}

#[tokio::test]
async fn a_sign_in_in_the_browser_can_be_given_up_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let file = r#"{"issuers":[{"id":"x","name":"X","client_id":"hatstand","scopes":["mail"],
        "authorization_endpoint":"http://127.0.0.1:9/auth","token_endpoint":"http://127.0.0.1:9/token"}],
        "providers":[{"id":"x","name":"X Mail","mark":"X","imap":["127.0.0.1",9,"tls"],"smtp":null,"issuer":"x",
        "takes_password":false,"password_label":"Password","domains":["x.example"],"guidance":[]}]}"#;
    std::fs::write(dir.path().join("providers.json"), file).unwrap();
    let keychain = Arc::new(Keychain::default());
    let engine = Engine::open(dir.path(), keychain as Arc<dyn SecretStore>).unwrap();
    let none = engine.begin_browser_sign_in("run".into(), "n@gmail.com", "gmail").await.unwrap_err();
    assert_eq!(none.code, "client_id_needed");

    let link = engine.begin_browser_sign_in("run".into(), "n@x.example", "x").await.unwrap();
    let link = url::Url::parse(&link).unwrap();
    let redirect = link.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    let port = url::Url::parse(&redirect).unwrap().port().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    let (came, ()) = tokio::join!(engine.await_browser_sign_in("run"), async { engine.cancel_check("run") });
    assert_eq!(came.unwrap_err().code, "cancelled");
    while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let over = ConnectRequest {
        email: "n@x.example".into(),
        aliases: Vec::new(),
        username: None,
        incoming: None,
        outgoing: Outgoing::Found,
        provider: None,
        ca_pem: None,
        sign_in: GivenSignIn::Browser { run: "run".into() },
        trusted: Vec::new(),
    };
    assert_eq!(engine.connect_account("c".into(), over).await.unwrap_err().code, "sign_in_over");
}

#[tokio::test]
async fn the_largest_mail_that_an_outgoing_server_takes_is_known_once_it_is_connected() {
    use crate::compose::servers::{Outgoing as OutgoingServer, Smtp};
    let case = case().await;
    let server = OutgoingServer::that(&[Smtp::Small]).await;
    let outgoing = Endpoint { host: "127.0.0.1".into(), port: server.port, security: Security::Plaintext };
    let request = ConnectRequest { outgoing: Outgoing::Given(outgoing), ..case.request("geheim") };
    case.engine.connect_account("run".into(), request).await.unwrap();
    let limit = |db: &rusqlite::Connection| crate::store::outgoing::size_limit(db, "127.0.0.1");
    assert_eq!(case.engine.read(limit).await.unwrap(), Some(10_000));
    assert!(server.mails().is_empty());
}
