//! What can go wrong when connecting: each has its own cause and exit code, and leaves nothing half saved.

use hatstand_tests::ca::{Authority, Certificate};
use hatstand_tests::cli::{Cli, Run, exit};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::ports::free_port;
use hatstand_tests::trouble::Outcome;
use serde_json::{Value, json};

const EMAIL: &str = "nora@noralind.studio";
const SERVICE: &str = "app.hatstand.Hatstand";

struct Attempt<'a> {
    host: &'a str,
    port: u16,
    security: &'a str,
    password: &'a str,
    ca: &'a str,
}

impl Attempt<'_> {
    fn make(&self, cli: &Cli) -> Outcome<Run> {
        let port = self.port.to_string();
        let args = [
            "account",
            "connect",
            "--email",
            EMAIL,
            "--username",
            "nora",
            "--imap-host",
            self.host,
            "--imap-port",
            &port,
            "--imap-security",
            self.security,
            "--smtp-security",
            "none",
            "--ca-file",
            self.ca,
            "--password-stdin",
        ];
        cli.json(&args, &format!("{}\n", self.password))
    }
}

fn nothing_is_saved(cli: &Cli, keychain: &Keychain) -> Outcome<()> {
    assert_eq!(cli.done(&["account", "list"])?, json!([]));
    assert_eq!(keychain.search(SERVICE)?, "", "no entry may be left in the keychain");
    Ok(())
}

#[test]
fn every_refusal_names_its_cause() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let ca = server.ca_file().display().to_string();
    let good =
        Attempt { host: "localhost", port: server.imaps, security: "tls", password: "secret", ca: &ca };
    let closed = free_port()?;

    for (attempt, code, causes) in [
        (Attempt { password: "wrong", ..good }, exit::NEEDS_RECONNECTING, &["wrong_password"][..]),
        (Attempt { port: closed, ..good }, exit::UNREACHABLE, &["connection_refused"]),
        // A machine without any network answers otherwise than one whose resolver knows that there is no such name.
        (Attempt { host: "imap.nowhere.invalid", ..good }, exit::UNREACHABLE, &["host_not_found", "offline"]),
        (
            Attempt { port: server.lmtp, security: "plaintext", ..good },
            exit::UNREACHABLE,
            &["not_a_mail_server"],
        ),
        (Attempt { port: server.imap, ..good }, exit::UNREACHABLE, &["not_a_mail_server", "tls_not_offered"]),
    ] {
        let what = format!("{}:{} {}", attempt.host, attempt.port, attempt.security);
        let run = attempt.make(&cli)?;
        let error = &run.value["error"];
        assert!(causes.contains(&run.cause()), "{what}: {}", run.value);
        assert_eq!(run.code, code, "{what}: {}", run.value);
        assert!(error["sentence"].as_str().is_some_and(|sentence| sentence.len() > 10), "{what}: {error}");
        nothing_is_saved(&cli, &keychain)?;
    }

    // What is wrong by itself is refused before anything is dialled.
    let plain = Attempt { host: "mail.example.com", security: "plaintext", ..good }.make(&cli)?;
    assert_eq!(plain.code, exit::REFUSED, "{}", plain.value);
    let malformed = cli.connect(&server, "nora", "nora at home", "secret")?;
    assert_eq!(malformed.code, exit::REFUSED, "{}", malformed.value);
    nothing_is_saved(&cli, &keychain)?;

    let connected = good.make(&cli)?;
    assert_eq!(connected.code, exit::DONE, "{}", connected.value);
    Attempt { port: server.imap, security: "starttls", ..good }.make(&Cli::fresh(&keychain)?)?.done()?;
    Ok(())
}

#[test]
fn a_certificate_that_is_wrong_is_refused_by_its_kind() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let mut server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    for (kind, cause) in [
        (Certificate::Expired, "certificate_expired"),
        (Certificate::WrongName, "certificate_wrong_name"),
        (Certificate::SelfSigned, "certificate_self_signed"),
    ] {
        server.replace_certificate(kind)?;
        let run = cli.connect(&server, "nora", EMAIL, "secret")?;
        assert_eq!((run.code, run.cause()), (exit::NEEDS_RECONNECTING, cause), "{kind:?}: {}", run.value);
        nothing_is_saved(&cli, &keychain)?;
    }

    server.replace_certificate(Certificate::Good)?;
    let folder = tempfile::tempdir()?;
    let other = Authority::new()?.write_pem(folder.path())?.display().to_string();
    let run =
        Attempt { host: "localhost", port: server.imaps, security: "tls", password: "secret", ca: &other }
            .make(&cli)?;
    assert_eq!(
        (run.code, run.cause()),
        (exit::NEEDS_RECONNECTING, "certificate_unknown_issuer"),
        "{}",
        run.value
    );
    nothing_is_saved(&cli, &keychain)?;
    assert!(
        !server.log().contains("method=PLAIN"),
        "no password may go over a connection that is not trusted"
    );
    Ok(())
}

#[test]
fn a_keychain_that_is_locked_or_missing_holds_the_account_up() -> Outcome<()> {
    let mut keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    cli.connect(&server, "nora", EMAIL, "secret")?.done()?;
    cli.done(&["sync"])?;

    let listed =
        |cli: &Cli| -> Outcome<Value> { Ok(cli.done(&["account", "list"])?[0]["cause"]["code"].clone()) };

    keychain.lock()?;
    let run = cli.json(&["sync"], "")?;
    assert_eq!(run.code, exit::HELD_UP, "{}", run.value);
    assert_eq!(listed(&cli)?, "keychain_locked");
    keychain.unlock()?;
    assert_eq!(cli.sync()?[0]["state"], "connected", "it mends itself");

    keychain.stop_service();
    let run = cli.json(&["sync"], "")?;
    assert_eq!(run.code, exit::HELD_UP, "{}", run.value);
    assert_eq!(listed(&cli)?, "keychain_absent");

    keychain.start_service()?;
    keychain.clear(SERVICE)?;
    let run = cli.json(&["sync"], "")?;
    assert_eq!(run.code, exit::NEEDS_RECONNECTING, "{}", run.value);
    assert_eq!(listed(&cli)?, "keychain_no_entry");
    Ok(())
}

#[test]
fn connecting_without_a_keychain_says_so_and_saves_nothing() -> Outcome<()> {
    let keychain = Keychain::without_service()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let run = cli.connect(&server, "nora", EMAIL, "secret")?;
    assert_eq!((run.code, run.cause()), (exit::HELD_UP, "keychain_absent"), "{}", run.value);
    assert_eq!(cli.done(&["account", "list"])?, json!([]));
    Ok(())
}

#[test]
fn a_refused_password_is_red_and_a_stopped_server_is_not() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let mut server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let account = cli.connect(&server, "nora", EMAIL, "secret")?.done()?;
    let id = hatstand_tests::cli::id(&account);
    cli.done(&["sync"])?;

    server.stop();
    let run = cli.json(&["sync"], "")?;
    assert_eq!(run.code, exit::UNREACHABLE, "{}", run.value);
    let listed = &cli.done(&["account", "list"])?[0];
    assert_eq!(
        (&listed["state"], &listed["cause"]["retried"]),
        (&json!("unreachable"), &json!(true)),
        "{listed}"
    );

    server.start_again()?;
    assert_eq!(cli.sync()?[0]["state"], "connected");
    server.set_password("nora", "changed")?;
    let run = cli.json(&["sync"], "")?;
    assert_eq!(run.code, exit::NEEDS_RECONNECTING, "{}", run.value);
    let listed = &cli.done(&["account", "list"])?[0];
    assert_eq!(
        (&listed["state"], &listed["cause"]["code"]),
        (&json!("needs_reconnecting"), &json!("wrong_password"))
    );

    let refused = cli.json(&["account", "reconnect", &id, "--password-stdin"], "wrong\n")?;
    assert_eq!(refused.code, exit::NEEDS_RECONNECTING, "{}", refused.value);
    cli.json(&["account", "reconnect", &id, "--password-stdin"], "changed\n")?.done()?;
    assert_eq!(cli.sync()?[0]["state"], "connected");
    Ok(())
}
