//! A password is in the keychain and nowhere else: not in a file, not in what is printed, not in an argument.

use std::fs;
use std::path::{Path, PathBuf};

use hatstand_tests::cli::{Cli, exit};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::mailgen::{Charset, MessageBuilder, Transfer};
use hatstand_tests::trouble::Outcome;

const CANARY: &str = "kanari-7Q2-vogel";
const WRONG: &str = "kanari-wrong-5X8";
const EMAIL: &str = "nora@noralind.studio";
const SERVICE: &str = "app.hatstand.Hatstand";

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}

/// The forms in which a password may slip out: itself, and as base64 of SASL PLAIN at each alignment.
fn forms() -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let mut forms = Vec::new();
    for secret in [CANARY, WRONG] {
        forms.push(secret.as_bytes().to_vec());
        for skip in 0..3 {
            let padded = [&b"..."[..skip], secret.as_bytes()].concat();
            let coded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
            // The ends depend on the neighbours.
            forms.push(coded.as_bytes()[4..coded.len() - 4].to_vec());
        }
    }
    forms
}

fn leaks(bytes: &[u8]) -> bool {
    forms().iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_slice()))
}

#[test]
fn the_password_is_nowhere_but_in_the_keychain() -> Outcome<()> {
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
        assert!(!leaks(&bytes), "{what} prints the password: {}", String::from_utf8_lossy(&bytes));
    }
    let kept = files(cli.data_dir())?;
    assert!(!kept.is_empty(), "the profile should hold something");
    for path in kept {
        assert!(!leaks(&fs::read(&path)?), "{} holds the password", path.display());
    }
    assert!(keychain.search(SERVICE)?.contains(CANARY), "the keychain should hold it");
    Ok(())
}
