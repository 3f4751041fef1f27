//! A profile of an older version is opened by this one.

use super::*;
use crate::model::{SignIn, Timestamp};

/// What version 1 wrote, with an account and its mail.
fn version_1(dir: &std::path::Path) {
    let old = Connection::open(dir.join("hatstand.db")).unwrap();
    old.execute_batch(include_str!("../../migrations/0001_first.sql")).unwrap();
    old.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO account (uuid, email, username, in_host, in_port, in_security, provider, created_at)
         VALUES ('u', 'nora@lind.example', 'nora', 'imap.lind.example', 993, 'tls', 'other', 5);
         INSERT INTO cycle (account_id, started_at, ended_at, outcome) VALUES (1, 5, 6, 'success');",
    )
    .unwrap();
}

#[test]
fn a_profile_of_version_1_goes_on_and_a_copy_of_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    version_1(dir.path());
    let db = open::open(dir.path()).unwrap();
    let account = accounts::all(&db).unwrap().remove(0);
    assert_eq!((account.username.as_str(), account.sign_in.clone()), ("nora", SignIn::Password));
    assert!(account.trusted.is_empty() && account.known_issuers.is_empty());
    let cycle = cycles::latest(&db, account.id, 1).unwrap().remove(0);
    assert_eq!((cycle.started_at, cycle.network), (Timestamp(5), None));

    let copies: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.starts_with("hatstand-v1-"))
        .collect();
    let [copy] = copies.as_slice() else { panic!("one copy: {copies:?}") };
    let kept = Connection::open(dir.path().join(copy)).unwrap();
    let version: i64 = kept.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    assert_eq!(
        kept.query_row("SELECT email FROM account", [], |row| row.get::<_, String>(0)).unwrap(),
        "nora@lind.example"
    );
}
