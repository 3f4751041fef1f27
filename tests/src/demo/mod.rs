//! The app with a mailbox in it: a server, a profile and a keychain of the demo's own, all gone when it ends.

mod walk;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Cli, id};
use crate::dovecot::{Dovecot, DovecotOptions};
use crate::keychain::Keychain;
use crate::mailgen::sample::{self, COMPLETED, CONTACTS, PROJECTS, person_of};
use crate::programs;
use crate::smtp_sink::{Sink, SinkOptions};
use crate::trouble::{Doing, Outcome, Trouble};

const USER: &str = "nora";
const PASSWORD: &str = "a-password-for-the-demo";
/// New mail comes so often while somebody looks.
const BETWEEN_ARRIVALS: Duration = Duration::from_secs(40);

/// The demo, ready to be looked at.
pub struct Demo {
    account: String,
    cli: Cli,
    server: Dovecot,
    /// Takes what is sent, and keeps it.
    _sink: Sink,
    env: Vec<(String, String)>,
    // Stopped last.
    _keychain: Option<Keychain>,
    _folder: tempfile::TempDir,
    arrived: usize,
}

impl Demo {
    /// Starts the server, fills the mailbox and the profile, and brings the mail in. With `own_keychain` nothing of
    /// the person's own session is used; otherwise their keychain, with entries of this profile alone.
    pub fn prepare(own_keychain: bool, tell: &dyn Fn(&str)) -> Outcome<Self> {
        let now = Timestamp::now();
        let server = Dovecot::start(DovecotOptions::with_user(USER, PASSWORD))?;
        let sink = Sink::start(SinkOptions::default())?;
        let mail = sample::mailbox(now)?;
        tell(&format!(
            "A mail server runs on port {} of this machine, with {} messages.",
            server.imaps,
            mail.len()
        ));
        let mut maildir = server.maildir(USER)?;
        for mail in &mail {
            maildir.write(mail.folder, &mail.bytes, mail.received, mail.seen)?;
        }
        let folder = tempfile::Builder::new().prefix("profile-").tempdir_in(server.dir())?;
        let data = folder.path().join("profile");
        let (keychain, cli, account) = connect(own_keychain, (&server, &sink), &data, tell)?;
        let env = keychain.as_ref().map(bus).unwrap_or_default();
        let demo =
            Self { account, cli, server, _sink: sink, env, _keychain: keychain, _folder: folder, arrived: 0 };
        demo.fill(tell)?;
        Ok(demo)
    }

    fn fill(&self, tell: &dyn Fn(&str)) -> Outcome<()> {
        let mut contacts = Vec::new();
        for contact in CONTACTS {
            let person = person_of(contact.key).doing("looking for a contact")?;
            let mut args = vec!["contact", "add", "--name", person.name, "--email", person.address];
            args.extend(["--kind", contact.kind, "--backfill", "all"]);
            if !contact.company.is_empty() {
                args.extend(["--company", contact.company]);
            }
            contacts.push((contact.key, id(&self.cli.done(&args)?)));
        }
        let mut completed = Vec::new();
        for project in PROJECTS {
            let mut args = vec!["project", "add", "--title", project.title];
            for (_, id) in contacts.iter().filter(|(key, _)| project.contacts.contains(key)) {
                args.extend(["--contact", id]);
            }
            let project_id = id(&self.cli.done(&args)?);
            if COMPLETED.contains(&project.title) {
                completed.push(project_id);
            }
        }
        let cycle = self.cli.sync()?;
        tell(&format!("{} messages of {} contacts came in.", cycle[0]["new"], contacts.len()));
        for project in completed {
            self.cli.done(&["project", "edit", &project, "--status", "completed"])?;
        }
        Ok(())
    }

    /// One more mail of a client arrives on the server.
    pub fn deliver(&mut self) -> Outcome<()> {
        let bytes = sample::arrival(Timestamp::now(), self.arrived)?;
        self.arrived += 1;
        self.server.deliver_lmtp(USER, &bytes)
    }

    /// Opens the app on this display and delivers mail now and then, until the person closes it.
    pub fn show(&mut self, tell: &dyn Fn(&str)) -> Outcome<()> {
        let interrupted = interrupts()?;
        let mut app: Child = Command::new(programs::built("hatstand", "HATSTAND_APP")?)
            .env("HATSTAND_DATA_DIR", self.cli.data_dir())
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .spawn()
            .doing("starting the app")?;
        tell("The app is open. New mail of a client arrives now and then; close the window to end.");
        let mut next = Instant::now() + BETWEEN_ARRIVALS / 2;
        loop {
            if let Some(status) = app.try_wait()? {
                return if interrupted.load(Ordering::Relaxed) || status.success() {
                    Ok(())
                } else {
                    Err(Trouble::new(format!("the app ended with {status}")))
                };
            }
            // Ends as if the window had been closed, so that the keychain's entry goes too.
            if interrupted.load(Ordering::Relaxed) {
                let _ = app.kill();
                let _ = app.wait();
                return Ok(());
            }
            if Instant::now() > next {
                self.deliver()?;
                tell("A new mail has arrived on the server.");
                next = Instant::now() + BETWEEN_ARRIVALS;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Walks through every screen on a display that nobody sees, and leaves pictures in `pictures`.
    pub fn walk(&mut self, pictures: &Path, tell: &dyn Fn(&str)) -> Outcome<()> {
        walk::walk(self, pictures, tell)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Takes the entry out of the person's keychain.
        let _ = self.cli.json(&["account", "delete", &self.account, "--delete-mail"], "");
    }
}

/// Connects the account, with the person's keychain or with one of the demo's own.
fn connect(
    own_keychain: bool,
    (server, sink): (&Dovecot, &Sink),
    data: &Path,
    tell: &dyn Fn(&str),
) -> Outcome<(Option<Keychain>, Cli, String)> {
    let email = person_of("nora").doing("looking for Nora")?.address;
    if !own_keychain {
        let cli = Cli::at(data, Vec::new())?;
        let run = cli.connect_sending(server, USER, email, PASSWORD, sink.outgoing())?;
        if !run.cause().starts_with("keychain") {
            return Ok((None, cli, id(&run.done()?)));
        }
        tell("This session's keychain is not to be had; the demo brings its own.");
    }
    let keychain = Keychain::start()?;
    let cli = Cli::at(data, bus(&keychain))?;
    let account = id(&cli.connect_sending(server, USER, email, PASSWORD, sink.outgoing())?.done()?);
    Ok((Some(keychain), cli, account))
}

/// Becomes true at an interrupt or a request to end, which then no longer end us by themselves.
fn interrupts() -> Outcome<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    drop(guard);
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        });
        raised.store(true, Ordering::Relaxed);
    });
    Ok(flag)
}

/// Only the bus is another: display and fonts stay those of the person.
fn bus(keychain: &Keychain) -> Vec<(String, String)> {
    keychain.env().into_iter().filter(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS").collect()
}
