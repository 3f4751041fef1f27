use jiff::Timestamp;

use super::{Dovecot, DovecotOptions};
use crate::ca::Certificate;
use crate::trouble::Outcome;
use crate::wire::Wire;

const MAIL: &[u8] =
    b"From: anna@studio.example\r\nTo: nora@noralind.studio\r\nSubject: The mill\r\n\r\nSix o'clock?\r\n";

#[test]
fn it_takes_a_mail_answers_over_tls_and_stops() -> Outcome<()> {
    let mut server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let at: Timestamp = "2026-03-04T05:06:07Z".parse()?;
    server.append("nora", "INBOX", MAIL, Some(at))?;
    server.deliver_lmtp("nora", b"Subject: a dot\n\n.\nand more\n")?;

    let mut wire = Wire::tls(server.imaps, server.authority().client_config()?)?;
    wire.login("nora", "secret")?;
    wire.examine("INBOX")?;
    assert_eq!(wire.uid_search("FROM \"anna@studio.example\"")?, [1]);
    drop(wire);

    let all = server.fetch_all("nora", "INBOX")?;
    assert_eq!((all.len(), all[0].uid, all[0].received, all[0].bytes.as_slice()), (2, 1, at, MAIL));
    assert!(
        all[1].bytes.ends_with(b"\r\n\r\n.\r\nand more\r\n"),
        "{}",
        String::from_utf8_lossy(&all[1].bytes)
    );

    server.stop();
    assert!(Wire::plain(server.imap).is_err(), "it should be gone");
    server.start_again()?;
    assert_eq!(server.fetch_all("nora", "INBOX")?, all);
    Ok(())
}

#[test]
fn two_run_side_by_side_and_know_nothing_of_each_other() -> Outcome<()> {
    let one = Dovecot::start(DovecotOptions::with_user("nora", "one"))?;
    let two = Dovecot::start(DovecotOptions::with_user("nora", "two"))?;
    one.append("nora", "INBOX", MAIL, None)?;
    assert_eq!(one.snapshot("nora")?.messages(), 1);
    assert_eq!(two.snapshot("nora")?.messages(), 0);
    assert!(Wire::plain(two.imap)?.login("nora", "one").is_err());
    Ok(())
}

#[test]
fn a_snapshot_stays_while_one_only_looks_and_changes_with_every_touch() -> Outcome<()> {
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    server.append("nora", "INBOX", MAIL, None)?;
    server.append("nora", "INBOX", MAIL, None)?;
    let first = server.snapshot("nora")?;
    assert_eq!(first.messages(), 2);
    let mut last = server.snapshot("nora")?;
    assert_eq!(first.differences(&last), "");

    let changes: [(&str, &dyn Fn() -> Outcome<()>); 8] = [
        ("a flag", &|| server.add_flags("nora", "INBOX", 1, "\\Seen")),
        ("a folder", &|| server.create_folder("nora", "Hochzeit Müller")),
        ("a move", &|| server.move_message("nora", "INBOX", 1, "Hochzeit Müller")),
        ("a new name", &|| server.rename_folder("nora", "Hochzeit Müller", "Fertig")),
        ("UIDVALIDITY", &|| server.change_uidvalidity("nora", "INBOX").map(|_| ())),
        ("an expunge", &|| server.expunge("nora", "INBOX", 2)),
        ("a deleted folder", &|| server.delete_folder("nora", "Fertig")),
        ("an arrival", &|| server.deliver_lmtp("nora", MAIL)),
    ];
    for (what, change) in changes {
        change()?;
        let now = server.snapshot("nora")?;
        assert_ne!(last.differences(&now), "", "{what} should show");
        last = now;
    }
    Ok(())
}

#[test]
fn passwords_quota_and_limits_are_what_was_asked_for() -> Outcome<()> {
    let options = DovecotOptions {
        users: vec![("nora".into(), "old".into()), ("gone".into(), "x".into())],
        disabled: vec!["gone".into()],
        quota: Some(20),
        connections: 1,
        ..DovecotOptions::default()
    };
    let mut server = Dovecot::start(options)?;
    let refused = |user: &str, password: &str| -> Outcome<String> {
        Ok(Wire::plain(server.imap)?.login(user, password).err().map(|e| e.to_string()).unwrap_or_default())
    };
    assert!(refused("nora", "wrong")?.contains("[AUTHENTICATIONFAILED]"));
    assert!(refused("gone", "x")?.contains("[CONTACTADMIN]"));
    let held = server.wire("nora")?;
    assert!(refused("nora", "old")?.contains("[LIMIT]"));
    drop(held);
    server.set_password("nora", "new")?;
    assert!(Wire::plain(server.imap)?.login("nora", "old").is_err());
    let big = [MAIL, &vec![b'x'; 30_000]].concat();
    let trouble = server.append("nora", "INBOX", &big, None).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(trouble.contains("[OVERQUOTA]"), "{trouble}");
    Ok(())
}

#[test]
fn each_bad_certificate_is_refused_by_a_client_that_looks() -> Outcome<()> {
    let mut server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    for (kind, words) in [
        (Certificate::Expired, "xpired"),
        (Certificate::WrongName, "not valid for name"),
        (Certificate::SelfSigned, "UnknownIssuer"),
    ] {
        server.replace_certificate(kind)?;
        let trouble = Wire::tls(server.imaps, server.authority().client_config()?).err();
        let said = trouble.map(|trouble| trouble.to_string()).unwrap_or_default();
        assert!(said.contains(words), "{kind:?}: {said}");
    }
    Ok(())
}

#[test]
fn a_maildir_written_directly_is_served() -> Outcome<()> {
    let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
    let at: Timestamp = "2025-01-02T03:04:05Z".parse()?;
    let mut maildir = server.maildir("nora")?;
    maildir.write("INBOX", MAIL, at, false)?;
    maildir.write("Müller", MAIL, at, true)?;
    let stored = server.fetch_all("nora", "Müller")?;
    assert_eq!(stored[0].flags, ["\\Seen"]);
    assert_eq!((stored[0].received, stored[0].bytes.as_slice()), (at, MAIL));
    assert_eq!(server.fetch_all("nora", "INBOX")?.len(), 1);
    Ok(())
}
