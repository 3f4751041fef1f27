//! A password is in the keychain and nowhere else: not in a file, not in what is printed, not in an argument.

use hatstand_tests::canary::{Canary, files};
use hatstand_tests::cli::{Cli, exit};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::mailgen::{Charset, MessageBuilder, Transfer};
use hatstand_tests::trouble::Outcome;

const CANARY: &str = "kanari-7Q2-vogel";
const WRONG: &str = "kanari-wrong-5X8";
const EMAIL: &str = "nora@noralind.studio";
const SERVICE: &str = "app.hatstand.Hatstand";

#[test]
fn the_password_is_nowhere_but_in_the_keychain() -> Outcome<()> {
    let canary = Canary::of(&[CANARY, WRONG]);
    let keychain = Keychain::start()?;
    let mut server = Dovecot::start(DovecotOptions::with_user("nora", CANARY))?;
    let mail = MessageBuilder::new()
        .header("From", "amara@okafor.example")
        .header("Message-ID", "<1@mail.example>")
        .text("Hello", Charset::Utf8, Transfer::Seven)
        .build();
    server.append("nora", "INBOX", &mail, None)?;
    let cli = Cli::fresh(&keychain)?;

    let mut printed = Vec::new();
    let (port, ca) = (server.imaps.to_string(), server.ca_file().display().to_string());
    let connect = [
        "-v",
        "account",
        "connect",
        "--email",
        EMAIL,
        "--username",
        "nora",
        "--imap-host",
        "localhost",
        "--imap-port",
        &port,
        "--imap-security",
        "tls",
        "--smtp-security",
        "none",
        "--ca-file",
        &ca,
        "--password-stdin",
    ];
    for (args, stdin, code) in [
        (&connect[..], WRONG, exit::NEEDS_RECONNECTING),
        (&connect, CANARY, exit::DONE),
        (
            &[
                "-v",
                "contact",
                "add",
                "--name",
                "Amara",
                "--email",
                "amara@okafor.example",
                "--backfill",
                "all",
            ],
            "",
            exit::DONE,
        ),
        (&["-v", "sync"], "", exit::DONE),
        (&["-v", "account", "list"], "", exit::DONE),
    ] {
        let run = cli.json(args, &format!("{stdin}\n"))?;
        assert_eq!(run.code, code, "{args:?}: {} {}", run.value, String::from_utf8_lossy(&run.stderr));
        printed.push((args.join(" "), [run.stdout, run.stderr].concat()));
    }
    server.set_password("nora", "another")?;
    let run = cli.json(&["-v", "sync"], "")?;
    assert_eq!(run.code, exit::NEEDS_RECONNECTING, "{}", run.value);
    printed.push(("a refused sync".to_owned(), [run.stdout, run.stderr].concat()));

    for (what, bytes) in printed {
        assert_eq!(canary.in_bytes(&bytes), None, "{what} prints it: {}", String::from_utf8_lossy(&bytes));
    }
    let kept = files(cli.data_dir())?;
    assert!(!kept.is_empty(), "the profile should hold something");
    for path in kept {
        assert_eq!(canary.in_bytes(&std::fs::read(&path)?), None, "{} holds it", path.display());
    }
    assert!(keychain.search(SERVICE)?.contains(CANARY), "the keychain should hold it");
    Ok(())
}
