//! Connecting and reconnecting without a window: servers that nobody knows and servers that a table knows, STARTTLS,
//! one address at two servers, addresses and passwords beyond ASCII.

use std::fs;

use hatstand_tests::cli::{Cli, Run, exit, id};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::mailgen::{Charset, MessageBuilder, Transfer};
use hatstand_tests::trouble::{Doing, Outcome};
use serde_json::{Value, json};

const NORA: &str = "nora@noralind.example";
const INES: &str = "ines@moreau-events.example";
const SERVICE: &str = "app.hatstand.Hatstand";

struct Rig {
    server: Dovecot,
    cli: Cli,
    // Last: the profile lies in its folder.
    keychain: Keychain,
}

fn rig(password: &str) -> Outcome<Rig> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", password))?;
    Ok(Rig { cli: Cli::fresh(&keychain)?, server, keychain })
}

fn mail(message_id: &str, subject: &str) -> Vec<u8> {
    MessageBuilder::new()
        .header("From", INES)
        .header("To", NORA)
        .header("Subject", subject)
        .header("Message-ID", message_id)
        .text("Hello", Charset::Utf8, Transfer::Seven)
        .build()
}

impl Rig {
    /// `account connect` with these arguments, the server's authority, and no outgoing server.
    fn connect(&self, email: &str, more: &[&str], password: &str) -> Outcome<Run> {
        let ca = self.server.ca_file().display().to_string();
        let fixed = ["account", "connect", "--email", email, "--ca-file", &ca, "--password-stdin"];
        let args: Vec<&str> = fixed.into_iter().chain(more.iter().copied()).collect();
        self.cli.json(&args, &format!("{password}\n"))
    }

    fn nothing_is_saved(&self) -> Outcome<()> {
        assert_eq!(self.cli.done(&["account", "list"])?, json!([]));
        assert_eq!(self.keychain.count()?, 0);
        Ok(())
    }
}

#[test]
fn servers_that_nobody_knows_are_asked_for_and_those_of_a_table_are_found() -> Outcome<()> {
    let rig = rig("secret")?;
    let before = rig.server.mark()?;
    let unknown = rig.connect(NORA, &[], "secret")?;
    assert_eq!((unknown.code, unknown.cause()), (exit::REFUSED, "host_needed"), "{}", unknown.value);
    let sentence = unknown.value["error"]["sentence"].as_str().unwrap_or_default();
    assert!(sentence.contains("noralind.example"), "whose: {sentence}");
    rig.nothing_is_saved()?;

    let table = json!({ "issuers": [], "providers": [{
        "id": "lind", "name": "Lind Mail", "mark": "L",
        "imap": ["127.0.0.1", rig.server.imaps, "tls"], "smtp": null,
        "takes_password": true, "password_label": "Password", "local_part_user": true,
        "domains": ["noralind.example"], "guidance": [],
    }]});
    fs::create_dir_all(rig.cli.data_dir())?;
    fs::write(rig.cli.data_dir().join("providers.json"), table.to_string())?;
    let refused = rig.connect(NORA, &[], "wrong")?;
    assert_eq!((refused.code, refused.cause()), (exit::NEEDS_RECONNECTING, "wrong_password"));
    rig.nothing_is_saved()?;
    let account = rig.connect(NORA, &[], "secret")?.done()?;
    assert_eq!((&account["username"], &account["outgoing"]), (&json!("nora"), &Value::Null), "{account}");
    assert_eq!(account["incoming"]["port"], json!(rig.server.imaps));
    let seen: Vec<bool> = rig.server.sign_ins(before)?.iter().map(|it| it.accepted).collect();
    assert_eq!(seen, [false, true], "one sign-in a try, and none where no server was known");
    Ok(())
}

#[test]
fn by_starttls_the_mail_comes_in_and_a_new_password_is_taken_once_it_works() -> Outcome<()> {
    let mut rig = rig("secret")?;
    let port = rig.server.imap.to_string();
    let servers = [
        "--imap-host",
        "localhost",
        "--imap-port",
        &port,
        "--imap-security",
        "starttls",
        "--smtp-security",
        "none",
        "--username",
        "nora",
    ];
    let account = id(&rig.connect(NORA, &servers, "secret")?.done()?);
    rig.cli.done(&["contact", "add", "--name", "Inès", "--email", INES])?;
    rig.server.deliver_lmtp("nora", &mail("<1@moreau-events.example>", "Dates"))?;
    let cycle = &rig.cli.sync()?[0];
    assert_eq!((&cycle["state"], &cycle["new"]), (&json!("connected"), &json!(1)), "{cycle}");

    rig.server.set_password("nora", "changed")?;
    rig.server.deliver_lmtp("nora", &mail("<2@moreau-events.example>", "And the place"))?;
    let before = rig.server.mark()?;
    for _ in 0..3 {
        assert_eq!(rig.cli.json(&["sync"], "")?.code, exit::NEEDS_RECONNECTING);
    }
    assert_eq!(rig.server.sign_ins(before)?.len(), 1, "what was refused is not sent again");
    let reconnect = ["account", "reconnect", &account, "--password-stdin"];
    let refused = rig.cli.json(&reconnect, "guessed\n")?;
    assert_eq!((refused.code, refused.cause()), (exit::NEEDS_RECONNECTING, "wrong_password"));
    assert!(rig.keychain.search(SERVICE)?.contains("secret = secret"), "the saved one stays");
    let back = rig.cli.json(&reconnect, "changed\n")?.done()?;
    assert_eq!(back["state"], "connected", "{back}");
    assert!(rig.keychain.search(SERVICE)?.contains("secret = changed"));
    // The cycle that a reconnect runs has brought what waited.
    assert_eq!(rig.cli.sync()?[0]["new"], 0);
    rig.cli.done(&["account", "delete", &account])?;
    rig.nothing_is_saved()
}

#[test]
fn one_address_at_two_servers_is_two_accounts_and_one_mail() -> Outcome<()> {
    let rig = rig("secret")?;
    let old = Dovecot::start(DovecotOptions::with_user("nora", "old-secret"))?;
    let first = rig.cli.connect(&rig.server, "nora", NORA, "secret")?.done()?;
    let again = rig.cli.connect(&rig.server, "nora", "Nora@NoraLind.example", "secret")?;
    assert_eq!((again.code, again.cause()), (exit::REFUSED, "account_exists"), "{}", again.value);

    let (port, ca) = (old.imaps.to_string(), old.ca_file().display().to_string());
    let args = [
        "account",
        "connect",
        "--email",
        NORA,
        "--username",
        "nora",
        "--imap-host",
        "127.0.0.1",
        "--imap-port",
        &port,
        "--smtp-security",
        "none",
        "--ca-file",
        &ca,
        "--password-stdin",
    ];
    let second = rig.cli.json(&args, "old-secret\n")?.done()?;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(rig.keychain.usernames(SERVICE)?.len(), 2);

    rig.cli.done(&["contact", "add", "--name", "Inès", "--email", INES])?;
    let copied = mail("<same@moreau-events.example>", "To both");
    rig.server.deliver_lmtp("nora", &copied)?;
    old.deliver_lmtp("nora", &copied)?;
    old.deliver_lmtp("nora", &mail("<old@moreau-events.example>", "To the old one"))?;
    for cycle in rig.cli.sync()? {
        assert_eq!(cycle["state"], "connected", "{cycle}");
    }
    let list = rig.cli.done(&["messages", "--to-sort"])?;
    let mut subjects: Vec<&str> =
        list.as_array().doing("a list")?.iter().filter_map(|message| message["subject"].as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["To both", "To the old one"]);

    // One goes; the other's entry and mail stay.
    rig.cli.done(&["account", "delete", &id(&second)])?;
    assert_eq!(rig.keychain.usernames(SERVICE)?.len(), 1);
    assert_eq!(rig.cli.sync()?.len(), 1);
    Ok(())
}

#[test]
fn addresses_and_passwords_may_go_beyond_ascii() -> Outcome<()> {
    const PASSWORD: &str = "Schlüssel für Jörg €";
    let rig = rig(PASSWORD)?;
    let port = rig.server.imaps.to_string();
    let servers =
        ["--imap-host", "localhost", "--imap-port", &port, "--smtp-security", "none", "--username", "nora"];
    for bad in [
        "nora",
        "nora@",
        "@müller.example",
        "no ra@müller.example",
        "a@b@müller.example",
        "nora@mül ler.example",
        "nora@müller..example",
    ] {
        let refused = rig.connect(bad, &servers, PASSWORD)?;
        assert_eq!(
            (refused.code, refused.cause()),
            (exit::REFUSED, "bad_address"),
            "{bad}: {}",
            refused.value
        );
    }
    rig.nothing_is_saved()?;

    let account = rig.connect("Jörg@Müller.example", &servers, PASSWORD)?.done()?;
    assert_eq!(account["email"], "jörg@müller.example", "as people write it");
    assert!(rig.keychain.search(SERVICE)?.contains(PASSWORD));
    // The same, as a machine writes it.
    let same = rig.connect("jörg@xn--mller-kva.example", &servers, PASSWORD)?;
    assert_eq!((same.code, same.cause()), (exit::REFUSED, "account_exists"), "{}", same.value);
    assert_eq!(rig.cli.sync()?[0]["state"], "connected");
    Ok(())
}
