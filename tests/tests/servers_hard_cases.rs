//! Cases that once went wrong: a mail that the server cannot deliver, a keychain out of reach when an account is
//! deleted, another program at work.

use hatstand_tests::cli::{Cli, exit, id};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::trouble::{Doing as _, Outcome};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const EMAIL: &str = "nora@noralind.studio";

fn mail(number: u32) -> Vec<u8> {
    format!(
        "From: anna@studio.example\r\nTo: {EMAIL}\r\nSubject: Number {number}\r\nMessage-ID: <{number}@studio.example>\r\n\
         Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\nThis is mail number {number}.\r\n"
    )
    .into_bytes()
}

/// The file in which the server keeps the mail with this text.
fn file_with(folder: &Path, text: &str) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = file_with(&path, text) {
                return Some(found);
            }
        } else if fs::read_to_string(&path).is_ok_and(|content| content.contains(text)) {
            return Some(path);
        }
    }
    None
}

fn subjects(cli: &Cli) -> Outcome<Vec<String>> {
    let messages = cli.done(&["messages"])?;
    let mut subjects: Vec<String> = messages
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| message["subject"].as_str().map(str::to_owned))
        .collect();
    subjects.sort();
    Ok(subjects)
}

#[test]
fn a_mail_that_the_server_cannot_deliver_stops_no_other() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    cli.connect(&server, "nora", EMAIL, "secret")?.done()?;
    cli.sync()?;
    for number in 1..=3 {
        server.append("nora", "INBOX", &mail(number), None)?;
    }
    // Their headers are looked at, and kept ready by the server; then one of them cannot be read any more.
    cli.sync()?;
    let file = file_with(&server.dir().join("mail"), "mail number 2")
        .doing("finding the file of the second mail")?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000))?;
    cli.done(&["contact", "add", "--name", "Anna", "--email", "anna@studio.example", "--backfill", "all"])?;
    // The first cycle meets it, the second one leaves it to the end.
    cli.json(&["sync"], "")?;
    let second = cli.json(&["sync"], "")?;
    assert_eq!(subjects(&cli)?, ["Number 1", "Number 3"]);
    assert_eq!(second.code, exit::HELD_UP, "{}", second.value);
    assert_eq!(second.value[0]["cause"]["folder"], "INBOX", "{}", second.value);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
    let third = cli.json(&["sync"], "")?;
    assert_eq!(third.value[0]["state"], "connected", "{}", third.value);
    assert_eq!(subjects(&cli)?, ["Number 1", "Number 2", "Number 3"]);
    Ok(())
}

#[test]
fn an_account_deleted_while_the_keychain_is_out_of_reach_leaves_no_entry_in_the_end() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let account = id(&cli.connect(&server, "nora", EMAIL, "secret")?.done()?);
    assert_eq!(keychain.search("app.hatstand.Hatstand")?.matches("username =").count(), 1);
    // As from cron or over ssh: no session bus.
    let bus = "DBUS_SESSION_BUS_ADDRESS";
    let mut env = keychain.env();
    env.retain(|(name, _)| name != bus);
    env.push((bus.into(), "unix:path=/nonexistent/bus".into()));
    let blind = Cli::at(cli.data_dir(), env)?;
    blind.json(&["account", "delete", &account], "")?.done()?;
    assert_eq!(
        keychain.search("app.hatstand.Hatstand")?.matches("username =").count(),
        1,
        "it could not be removed"
    );
    cli.connect(&server, "nora", EMAIL, "secret")?.done()?;
    cli.sync()?;
    assert_eq!(
        keychain.search("app.hatstand.Hatstand")?.matches("username =").count(),
        1,
        "the old entry is gone, the new one is there"
    );
    Ok(())
}

#[test]
fn changes_of_an_account_wait_for_another_program_and_say_so() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let account = id(&cli.connect(&server, "nora", EMAIL, "secret")?.done()?);
    let lock = fs::File::options().write(true).open(cli.data_dir().join("cycle.lock"))?;
    lock.lock()?;
    let refused = cli.json(&["account", "pause", &account], "")?;
    assert_eq!(refused.code, exit::BUSY, "{}", refused.value);
    cli.done(&["contact", "add", "--name", "Anna", "--email", "anna@studio.example"])?;
    lock.unlock()?;
    cli.done(&["account", "pause", &account])?;
    Ok(())
}
