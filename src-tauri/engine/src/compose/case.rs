//! A profile with an account, a contact and a project, and an outbox over it, for tests.

use super::outbox::{Knock, Outbox, Pace};
use super::queue::{When, queue};
use super::servers::DEADLINES;
use crate::auth::Auth;
use crate::model::{
    Account, AccountId, Address, Contact, ContactId, ContactKind, Endpoint, Mailbox, Message, OutgoingId,
    OutgoingState, Project, ProjectId, ProjectStatus, Security, SignIn, Timestamp,
};
use crate::secrets::{Prompt, Secret, SecretStore, SecretsError};
use crate::store::outgoing::{self, NewDraft, Role, Written};
use crate::store::{Store, accounts, contacts, lists, projects};
use crate::sync::Context;
use crate::sync::schedule::Scheduler;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// 2026-11-24 12:00 UTC.
pub const NOON: Timestamp = Timestamp(1_795_521_600_000);

thread_local! {
    pub static NOW: Cell<Timestamp> = const { Cell::new(NOON) };
}

/// The tests' clock: it stands until it is set.
pub fn clock() -> Timestamp {
    NOW.get()
}

struct OnePassword;

impl SecretStore for OnePassword {
    fn get(&self, _: &str, _: Prompt) -> Result<Secret, SecretsError> {
        Ok(Secret::new("geheim".into()))
    }
    fn set(&self, _: &str, _: &Secret, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
    fn delete(&self, _: &str, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
}

pub struct Case {
    pub dir: tempfile::TempDir,
    pub store: Store,
    pub outbox: Arc<Outbox>,
    pub knock: Arc<Knock>,
    pub changed: Arc<Notify>,
    pub account: AccountId,
    pub project: ProjectId,
    running: Option<(CancellationToken, tokio::task::JoinHandle<()>)>,
}

pub fn endpoint(port: u16) -> Endpoint {
    Endpoint { host: "127.0.0.1".into(), port, security: Security::Plaintext }
}

pub fn an_account(outgoing: u16, incoming: u16, provider: &str) -> Account {
    Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email: Address::parse("me@own.example").unwrap(),
        aliases: Vec::new(),
        username: "me".into(),
        incoming: endpoint(incoming),
        outgoing: Some(endpoint(outgoing)),
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: provider.into(),
    }
}

pub fn begin(store: &Store) -> (Arc<Outbox>, Arc<Knock>, Arc<Notify>) {
    let context = Context {
        auth: Arc::new(Auth::new(store.clone(), Arc::new(OnePassword), Vec::new(), clock)),
        store: store.clone(),
        now: clock,
        network: Arc::new(|| None),
        deadlines: DEADLINES,
        size_limit: 50 * 1024 * 1024,
    };
    let scheduler = Arc::new(Scheduler::new(context, Box::new(|_| {})));
    let (knock, changed) = (Arc::new(Knock::default()), Arc::new(Notify::new()));
    let told = Arc::clone(&changed);
    let pace = Pace { short_look: vec![Duration::ZERO; 2], long_look: vec![Duration::ZERO; 4] };
    let outbox = Outbox::new(scheduler, Arc::clone(&knock), pace, Box::new(move |_| told.notify_one()));
    (Arc::new(outbox), knock, changed)
}

impl Case {
    pub async fn new(outgoing: u16, incoming: u16, provider: &'static str) -> Self {
        NOW.set(NOON);
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (account, project) = store
            .write(move |tx| {
                let account = accounts::insert(tx, &an_account(outgoing, incoming, provider), NOON)?;
                let contact = Contact {
                    id: ContactId(0),
                    name: "Anna Meyer".into(),
                    kind: ContactKind::Client,
                    company: String::new(),
                    phone: String::new(),
                    notes: String::new(),
                    default_project_id: None,
                    addresses: Vec::new(),
                };
                let anna = contacts::insert(tx, &contact, NOON)?;
                let address = Address::parse("anna@studio.example").unwrap();
                contacts::add_address(tx, anna, &address, NOON, crate::model::Backfill::None)?;
                let project = Project {
                    id: ProjectId(0),
                    title: "Wedding".into(),
                    status: ProjectStatus::Active,
                    status_at: NOON,
                    notes: String::new(),
                    contact_ids: vec![anna],
                };
                Ok((account, projects::insert(tx, &project, NOON)?))
            })
            .await
            .unwrap();
        let (outbox, knock, changed) = begin(&store);
        Self { dir, store, outbox, knock, changed, account, project, running: None }
    }

    pub fn run(&mut self) {
        let end = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(&self.outbox).run_until(end.clone()));
        self.running = Some((end, task));
    }

    pub async fn stop(&mut self) {
        if let Some((end, task)) = self.running.take() {
            end.cancel();
            task.await.unwrap();
        }
    }

    /// The program dies: what runs is dropped where it stands, and another opens the profile.
    pub async fn dies_and_begins_anew(&mut self) {
        if let Some((_, task)) = self.running.take() {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        let store = Store::open(self.dir.path()).unwrap();
        (self.outbox, self.knock, self.changed) = begin(&store);
        self.store = store;
    }

    /// The account is given servers anew.
    pub async fn is_at(&self, outgoing: u16, incoming: u16) {
        let stored = Account { id: self.account, ..an_account(outgoing, incoming, "other") };
        self.store.write(move |tx| accounts::set_connection(tx, &stored)).await.unwrap();
    }

    pub async fn draft(&self, to: &[(Role, &str)]) -> OutgoingId {
        let recipients = to
            .iter()
            .map(|(role, address)| (*role, Mailbox { name: String::new(), address: (*address).to_owned() }))
            .collect();
        let new = NewDraft {
            account: Some(self.account),
            from: "me@own.example".into(),
            subject: "Hello".into(),
            html: "<p>Dear Anna</p>".into(),
            project: Some(self.project),
            recipients,
            ..NewDraft::default()
        };
        self.store.write(move |tx| outgoing::insert(tx, &new, clock())).await.unwrap()
    }

    pub async fn queue(&self, id: OutgoingId, undo_seconds: u32, at: Option<Timestamp>) {
        queue(&self.store, id, When::of(clock(), undo_seconds, at), [u8::try_from(id.0).unwrap(); 16])
            .await
            .unwrap();
        self.outbox.poke();
    }

    pub async fn queued(&self, to: &[(Role, &str)]) -> OutgoingId {
        let id = self.draft(to).await;
        self.queue(id, 0, None).await;
        id
    }

    pub async fn written(&self, id: OutgoingId) -> Written {
        self.store.read(move |db| outgoing::get(db, id)).await.unwrap()
    }

    /// Waits for what was told until a mail is as it should be.
    pub async fn until(&self, id: OutgoingId, good: impl Fn(&Written) -> bool) -> Written {
        let wait = async {
            loop {
                let written = self.written(id).await;
                if good(&written) {
                    return written;
                }
                self.changed.notified().await;
            }
        };
        if let Ok(written) = tokio::time::timeout(Duration::from_secs(20), wait).await {
            return written;
        }
        panic!("it stayed so: {:?}", self.written(id).await)
    }

    pub async fn until_state(&self, id: OutgoingId, state: OutgoingState) -> Written {
        self.until(id, |written| written.state == state).await
    }

    pub async fn messages(&self) -> Vec<Message> {
        self.store.read(|db| lists::recent(db, lists::After::START, 100)).await.unwrap()
    }
}
