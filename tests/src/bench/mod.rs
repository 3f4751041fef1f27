//! Measures a first sync beside a raw socket and beside mbsync, on a big mailbox of our own.

mod measured;
mod table;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::cli::Cli;
use crate::dovecot::{Dovecot, DovecotOptions};
use crate::keychain::Keychain;
use crate::mailgen::bulk::{self, Bulk, BulkOptions};
use crate::programs;
use crate::raw::{self, Pull};
use crate::trouble::{Doing, Outcome, Trouble};

pub use measured::Measured;

const USER: &str = "nora";
const PASSWORD: &str = "secret";

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions {
    /// The mailbox.
    pub mailbox: BulkOptions,
    /// Rounds; the table shows medians.
    pub rounds: usize,
}

impl BenchOptions {
    /// 20,000 messages, five rounds.
    pub fn full() -> Self {
        Self { mailbox: BulkOptions::full(Timestamp::now()), rounds: 5 }
    }

    /// 400 messages, one round: proves that the bench works.
    pub fn smoke() -> Self {
        Self { mailbox: BulkOptions::smoke(Timestamp::now()), rounds: 1 }
    }
}

/// One round.
#[derive(Clone, Debug)]
pub struct Round {
    /// Over one socket, nothing parsed.
    pub raw: Pull,
    /// `hatstand-cli sync` with a fresh profile; the whole process.
    pub first: Measured,
    /// What it answered for the account.
    pub first_cycle: Value,
    /// `hatstand-cli sync` once more.
    pub again: Measured,
    /// What that answered.
    pub again_cycle: Value,
    /// `hatstand-cli contact add` with nothing else going on; the whole process.
    pub save_idle: Vec<Duration>,
    /// The same while a first sync runs.
    pub save_syncing: Vec<Duration>,
    /// mbsync pulling every message into a Maildir.
    pub mbsync: Measured,
}

/// All rounds, and the mailbox they ran on.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The mailbox.
    pub mailbox: Bulk,
    /// Its number of messages.
    pub messages: usize,
    /// The rounds.
    pub rounds: Vec<Round>,
}

/// Starts a server with the mailbox and measures; `tell` hears what is going on.
pub fn run(options: &BenchOptions, tell: &dyn Fn(&str)) -> Outcome<Bench> {
    let server = Dovecot::start(DovecotOptions::with_user(USER, PASSWORD))?;
    tell(&format!("writing a mailbox of {} messages", options.mailbox.messages));
    let mailbox = bulk::write(&mut server.maildir(USER)?, &options.mailbox)?;
    let keychain = Keychain::start()?;
    // The server reads its folder for the first time: that is its work, not that of any client.
    raw::pull(server.imap, USER, PASSWORD, &mailbox.contacts)?;
    let mut rounds = Vec::new();
    for n in 1..=options.rounds {
        tell(&format!("round {n} of {}", options.rounds));
        rounds.push(round(&server, &keychain, &mailbox)?);
    }
    Ok(Bench { mailbox, messages: options.mailbox.messages, rounds })
}

fn round(server: &Dovecot, keychain: &Keychain, mailbox: &Bulk) -> Outcome<Round> {
    let raw = raw::pull(server.imap, USER, PASSWORD, &mailbox.contacts)?;
    let cli = profile(server, keychain, mailbox)?;
    let (first, first_cycle) = sync(&cli)?;
    let (again, again_cycle) = sync(&cli)?;
    let save_idle = (0..5).map(|n| save(&cli, &format!("idle{n}"))).collect::<Outcome<_>>()?;

    let cli = profile(server, keychain, mailbox)?;
    let mut command = cli.command();
    command.args(["--json", "sync"]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut syncing = command.spawn()?;
    let mut save_syncing = Vec::new();
    while syncing.try_wait()?.is_none() {
        save_syncing.push(save(&cli, &format!("busy{}", save_syncing.len()))?);
    }
    Ok(Round {
        raw,
        first,
        first_cycle,
        again,
        again_cycle,
        save_idle,
        save_syncing,
        mbsync: mbsync(server)?,
    })
}

/// A fresh profile that has never synced: the account and all contacts, whose earlier mail is asked for.
fn profile(server: &Dovecot, keychain: &Keychain, mailbox: &Bulk) -> Outcome<Cli> {
    let cli = Cli::fresh(keychain)?;
    cli.connect(server, USER, "nora@noralind.example", PASSWORD)?.done()?;
    for address in &mailbox.contacts {
        cli.done(&["contact", "add", "--name", address, "--email", address, "--backfill", "all"])?;
    }
    Ok(cli)
}

fn sync(cli: &Cli) -> Outcome<(Measured, Value)> {
    let mut command = cli.command();
    command.args(["--json", "sync"]);
    let (measured, stdout) = measured::run(&mut command)?;
    let cycles: Value = serde_json::from_slice(&stdout).doing("reading what sync answered")?;
    Ok((measured, cycles[0].clone()))
}

fn save(cli: &Cli, name: &str) -> Outcome<Duration> {
    let mut command = cli.command();
    command.args(["--json", "contact", "add", "--name", name, "--email", &format!("{name}@saved.example")]);
    measured::run(&mut command).map(|(measured, _)| measured.time)
}

fn mbsync(server: &Dovecot) -> Outcome<Measured> {
    let folder = tempfile::Builder::new().prefix("hatstand-mbsync-").tempdir()?;
    let dir = folder.path().to_str().doing("the temporary folder's name is no UTF-8")?;
    let config = format!(
        "IMAPAccount bench\nHost 127.0.0.1\nPort {}\nUser {USER}\nPass {PASSWORD}\nSSLType None\nAuthMechs LOGIN\n\n\
         IMAPStore far\nAccount bench\n\nMaildirStore near\nPath {dir}/mail/\nInbox {dir}/inbox\n\n\
         Channel all\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\nCreate Near\nSyncState *\n",
        server.imap
    );
    fs::create_dir(folder.path().join("mail"))?;
    fs::write(folder.path().join("mbsyncrc"), config)?;
    let mut command = Command::new(programs::find("mbsync")?);
    command.arg("-q").arg("-c").arg(folder.path().join("mbsyncrc")).arg("all").env("HOME", folder.path());
    let (measured, _) = measured::run(&mut command)?;
    let got = count_files(&folder.path().join("inbox"))?;
    if got == 0 {
        return Err(Trouble::new("mbsync brought nothing"));
    }
    Ok(measured)
}

fn count_files(folder: &Path) -> Outcome<usize> {
    let mut count = 0;
    for name in ["cur", "new"] {
        count += fs::read_dir(folder.join(name))?.count();
    }
    Ok(count)
}
