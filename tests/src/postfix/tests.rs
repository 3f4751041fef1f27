use std::fs;

use super::*;
use crate::dovecot::DovecotOptions;
use crate::smtp::Smtp;

fn beside() -> Outcome<Dovecot> {
    let options = DovecotOptions::with_user("nora", "secret");
    Dovecot::start(DovecotOptions { sasl: true, ..options })
}

/// The processes of the group that still do anything.
fn living(group: u32) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.filter_map(Result::ok) {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // After the name in brackets: state, parent, group.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.get(2) == Some(&&*group.to_string()) && !["Z", "X"].contains(&fields[0]) {
            found.push(stat);
        }
    }
    Ok(found)
}

#[test]
fn it_ends_with_its_value_and_leaves_nothing_behind() -> Outcome<()> {
    let dovecot = beside()?;
    let server = Postfix::start(&dovecot, PostfixOptions::default())?;
    let (group, dir, port) = (server.pid()?, server.dir().to_owned(), server.plain);
    assert!(living(group)?.len() >= 2, "the master and others: {:?}", living(group)?);
    drop(server);
    assert_eq!(living(group)?, Vec::<String>::new());
    assert!(!dir.exists());
    assert!(Smtp::plain(port).is_err());
    Ok(())
}

#[test]
fn two_run_side_by_side_and_one_is_stopped_and_started_again() -> Outcome<()> {
    let dovecot = beside()?;
    let mut one = Postfix::start(&dovecot, PostfixOptions { size: 100_000, ..PostfixOptions::default() })?;
    let two = Postfix::start(&dovecot, PostfixOptions { smtputf8: false, ..PostfixOptions::default() })?;
    let offers = |port: u16| Smtp::plain(port).map(|smtp| smtp.offers().join("\n"));
    assert!(offers(one.plain)?.contains("SIZE 100000"));
    assert!(offers(one.plain)?.contains("SMTPUTF8"));
    assert!(!offers(two.plain)?.contains("SMTPUTF8"));
    one.stop();
    assert!(offers(one.plain).is_err());
    one.start_again()?;
    assert!(offers(one.plain)?.contains("SIZE 100000"));
    Ok(())
}
