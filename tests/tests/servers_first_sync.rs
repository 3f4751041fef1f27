//! Connect, add contacts and a project, sync: the mail of the contacts is there, byte for byte, and the server has
//! not noticed a thing.

use hatstand_tests::cli::{self, Cli};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::mailgen::{Charset, MessageBuilder, Transfer};
use hatstand_tests::trouble::{Doing, Outcome};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

const OWN: &str = "nora@noralind.studio";

fn mail(from: &str, to: &str, id: &str, subject: &str, at: Timestamp) -> Vec<u8> {
    MessageBuilder::new()
        .header("From", from)
        .header("To", to)
        .text_header("Subject", subject, Charset::Utf8)
        .date(at, 1)
        .header("Message-ID", format!("<{id}@mail.example>"))
        .text("Könnten wir um sechs anfangen?\nAmara", Charset::Utf8, Transfer::QuotedPrintable)
        .build()
}

/// A year of a small mailbox: four mails with the clients, and others in between.
fn fill(server: &Dovecot, now: Timestamp) -> Outcome<()> {
    let at = |days: i64| now.checked_sub((days * 24).hours());
    let amara = "Amara Okafor <amara@okafor.example>";
    for (folder, from, to, id, subject, days) in [
        ("INBOX", amara, OWN, "one", "Timeline for the day", 300),
        ("INBOX", "Shop <news@shop.example>", OWN, "two", "amara@okafor.example saves 20 %", 200),
        ("INBOX", "tunde@bello.example", OWN, "three", "Zufahrt & Parken für den 14.", 40),
        ("Sent", OWN, amara, "four", "Re: Timeline for the day", 30),
        ("Sent", OWN, "someone@else.example", "five", "Something else", 20),
        ("Archive", amara, OWN, "six", "Deposit paid", 10),
        ("Junk", amara, OWN, "seven", "In Junk by mistake", 5),
        ("Trash", amara, OWN, "eight", "Thrown away", 4),
    ] {
        server.append("nora", folder, &mail(from, to, id, subject, at(days)?), Some(at(days)?))?;
    }
    server.append_flagged(
        "nora",
        "INBOX",
        "\\Draft",
        &mail(amara, OWN, "nine", "A draft", at(3)?),
        Some(at(3)?),
    )
}

fn ids(messages: &Value) -> Vec<String> {
    let mut ids: Vec<String> = messages
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| message["message_id"].as_str())
        .map(|id| id.trim_matches(['<', '>']).split('@').next().unwrap_or_default().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn the_mail_of_known_people_comes_in_and_the_server_stays_as_it_was() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    fill(&server, Timestamp::now())?;
    let before = server.snapshot("nora")?;

    let cli = Cli::fresh(&keychain)?;
    let account = cli.connect(&server, "nora", OWN, "secret")?.done()?;
    assert_eq!(account["email"], OWN, "{account}");
    let amara = cli.done(&[
        "contact",
        "add",
        "--name",
        "Amara Okafor",
        "--email",
        "amara@okafor.example",
        "--backfill",
        "all",
    ])?;
    let tunde = cli.done(&[
        "contact",
        "add",
        "--name",
        "Tunde Bello",
        "--email",
        "Tunde@Bello.example",
        "--backfill",
        "all",
    ])?;
    let (amara, tunde) = (cli::id(&amara), cli::id(&tunde));
    let project =
        cli.done(&["project", "add", "--title", "Okafor wedding", "--contact", &amara, "--contact", &tunde])?;
    let project = cli::id(&project);

    let cycles = cli.sync()?;
    assert_eq!(cycles.len(), 1, "{cycles:?}");
    let cycle = &cycles[0];
    assert_eq!(
        (&cycle["state"], &cycle["new"], &cycle["filed"], &cycle["to_sort"]),
        (&Value::from("connected"), &Value::from(4), &Value::from(4), &Value::from(0)),
        "{cycle}"
    );

    let messages = cli.done(&["messages", "--project", &project])?;
    assert_eq!(ids(&messages), ["four", "one", "six", "three"]);
    let subjects: Vec<&str> =
        messages.as_array().into_iter().flatten().filter_map(|m| m["subject"].as_str()).collect();
    assert!(subjects.contains(&"Zufahrt & Parken für den 14."), "{subjects:?}");
    assert_eq!(ids(&cli.done(&["messages", "--to-sort"])?), Vec::<String>::new());

    for message in messages.as_array().into_iter().flatten() {
        let folder = message["locations"][0]["folder"].as_str().doing("a message without a location")?;
        let stored = server.fetch_all("nora", folder)?;
        let raw = cli.raw(&cli::id(message))?;
        assert!(
            stored.iter().any(|stored| stored.bytes == raw),
            "{} differs from the server's bytes",
            message["subject"]
        );
        let direction = if folder == "Sent" { "out" } else { "in" };
        assert_eq!(message["direction"], direction, "{message}");
    }

    let again = cli.sync()?;
    assert_eq!(again[0]["new"], 0, "{again:?}");
    let after = server.snapshot("nora")?;
    assert_eq!(before.differences(&after), "", "the server must not have changed");
    Ok(())
}

#[test]
fn without_a_backfill_only_mail_from_now_on_comes_in() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let now = Timestamp::now();
    fill(&server, now)?;
    let cli = Cli::fresh(&keychain)?;
    cli.connect(&server, "nora", OWN, "secret")?.done()?;
    let amara =
        cli::id(&cli.done(&["contact", "add", "--name", "Amara", "--email", "amara@okafor.example"])?);
    assert_eq!(cli.sync()?[0]["new"], 0);

    server.deliver_lmtp("nora", &mail("amara@okafor.example", OWN, "new", "Rain plan", now))?;
    server.create_folder("nora", "Hochzeiten/Okafor")?;
    server.append(
        "nora",
        "Hochzeiten/Okafor",
        &mail("AMARA@Okafor.Example", OWN, "sorted", "By a filter", now),
        None,
    )?;
    let cycle = &cli.sync()?[0];
    assert_eq!((&cycle["new"], &cycle["to_sort"]), (&Value::from(2), &Value::from(2)), "{cycle}");
    assert_eq!(ids(&cli.done(&["messages", "--contact", &amara])?), ["new", "sorted"]);
    assert_eq!(ids(&cli.done(&["messages", "--to-sort"])?), ["new", "sorted"], "there is no project yet");
    Ok(())
}

#[test]
fn mail_that_moves_or_goes_on_the_server_stays_here_once() -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    fill(&server, Timestamp::now())?;
    let cli = Cli::fresh(&keychain)?;
    cli.connect(&server, "nora", OWN, "secret")?.done()?;
    let contact = cli.done(&[
        "contact",
        "add",
        "--name",
        "Amara",
        "--email",
        "amara@okafor.example",
        "--backfill",
        "all",
    ])?;
    let contact = cli::id(&contact);
    assert_eq!(cli.sync()?[0]["new"], 3);

    server.move_message("nora", "INBOX", 1, "Archive")?;
    server.change_uidvalidity("nora", "Sent")?;
    assert_eq!(cli.sync()?[0]["new"], 0, "a moved mail is no new mail");
    server.delete_folder("nora", "Sent")?;
    server.expunge("nora", "Archive", 1)?;
    cli.sync()?;
    assert_eq!(ids(&cli.done(&["messages", "--contact", &contact])?), ["four", "one", "six"]);
    Ok(())
}
