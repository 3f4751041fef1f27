//! Rows of "Waiting for them" and of what was not delivered.

use super::common::initials;
use super::mail::message_row;
use super::outgoing::{UndeliveredRow, WaitingRow};
use crate::model::{Address, Message, Timestamp};
use crate::store::undelivered::Undelivered;
use crate::store::{Result, answers, lists};
use rusqlite::Connection;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Makes rows of what clients have left unanswered.
pub fn waiting_rows(
    connection: &Connection,
    messages: Vec<Message>,
    now: Timestamp,
) -> Result<Vec<WaitingRow>> {
    messages
        .into_iter()
        .map(|message| {
            let names = answers::recipients(connection, message.id)?;
            let quiet = now.since(message.date).max(0) / DAY_MS;
            Ok(WaitingRow {
                message: message_row(connection, message)?,
                initials: initials(names.first().map_or("", String::as_str)),
                whom: together(&names),
                quiet_days: u32::try_from(quiet).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// "Amara Okafor", "Amara Okafor and Tunde Bello", "Amara Okafor and 2 others".
fn together(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [one, other] => format!("{one} and {other}"),
        [first, others @ ..] => format!("{first} and {} others", others.len()),
    }
}

/// Makes rows of what was not delivered.
pub fn undelivered_rows(
    connection: &Connection,
    undelivered: Vec<Undelivered>,
) -> Result<Vec<UndeliveredRow>> {
    undelivered
        .into_iter()
        .map(|entry| {
            let message = message_row(connection, lists::message(connection, entry.message)?)?;
            let address = Address::parse(&entry.address)
                .map_or_else(|_| entry.address.clone(), |address| address.display());
            Ok(UndeliveredRow {
                id: entry.id,
                message,
                sentence: sentence(&address, &entry.status),
                address,
                server_said: entry.server_said,
                reported_at: entry.reported_at,
            })
        })
        .collect()
}

/// What the status says (RFC 3463), for people.
fn sentence(address: &str, status: &str) -> String {
    let whom = if address.is_empty() { "one of its recipients" } else { address };
    let numbers: Vec<&str> = status.split('.').collect();
    let why = match numbers.as_slice() {
        ["5", "1", "1" | "3" | "6" | "10"] => "there is no such address",
        ["5", "1", "2"] | ["5", "4", "4"] => "there is no mail server for it",
        ["4" | "5", "2", "2"] => "the mailbox is full",
        ["5", "2", "1"] => "the mailbox takes no mail",
        ["5", "2", "3"] | ["5", "3", "4"] => "the mail is too large for it",
        ["5", "7", _] => "its mail server refused it",
        ["4", "4", _] | ["5", "4", "1" | "7"] => "its mail server could not be reached",
        _ => return format!("Not delivered to {whom}."),
    };
    format!("Not delivered to {whom}: {why}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Backfill, Direction};
    use crate::store::messages::Filed;
    use crate::store::{contacts, messages, projects, tests as made, threads, undelivered};

    #[test]
    fn a_status_is_said_in_words() {
        for (address, status, said) in [
            ("anna@x.example", "5.1.1", "Not delivered to anna@x.example: there is no such address."),
            ("anna@x.example", "5.4.4", "Not delivered to anna@x.example: there is no mail server for it."),
            ("anna@x.example", "4.2.2", "Not delivered to anna@x.example: the mailbox is full."),
            ("anna@x.example", "5.7.26", "Not delivered to anna@x.example: its mail server refused it."),
            (
                "anna@x.example",
                "4.4.1",
                "Not delivered to anna@x.example: its mail server could not be reached.",
            ),
            ("anna@x.example", "5.3.4", "Not delivered to anna@x.example: the mail is too large for it."),
            ("anna@x.example", "5.0.0", "Not delivered to anna@x.example."),
            ("anna@x.example", "nonsense", "Not delivered to anna@x.example."),
            ("", "", "Not delivered to one of its recipients."),
        ] {
            assert_eq!(sentence(address, status), said);
        }
    }

    #[test]
    fn rows_say_who_is_waited_for_and_who_got_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = crate::store::Store::open(dir.path()).unwrap();
        let folder = dir.path().to_owned();
        let work = move |db: &rusqlite::Transaction<'_>| {
            let start = Timestamp(0);
            for (name, email) in [("Anna Berg", "anna@x.example"), ("Bea", "bea@x.example")] {
                let id = contacts::insert(db, &made::contact(name), start)?;
                contacts::add_address(db, id, &made::address(email), start, Backfill::None)?;
            }
            let job = projects::insert(db, &made::project("Job", vec![]), start)?;
            let mut offer = made::mail(1, "me@own.example", &[], &folder);
            offer.direction = Direction::Out;
            offer.participants =
                vec![("to", made::address("anna@x.example")), ("cc", made::address("bea@x.example"))];
            let thread = threads::create(db)?;
            let id = messages::insert(db, &offer, thread)?;
            let filed = Filed { project: Some(job), reason: String::new(), moved_by_user: false };
            messages::file(db, id, &filed)?;
            undelivered::note(db, id, "bea@x.example", "5.1.1", "550 No such user", Timestamp(9))?;
            let now = offer.date.plus(5 * DAY_MS - 1);
            let waiting = waiting_rows(db, answers::waiting(db, 5)?, now)?;
            Ok((waiting, undelivered_rows(db, undelivered::open(db, 5)?)?))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (waiting, undelivered) = runtime.block_on(store.write(work)).unwrap();
        let [row] = waiting.as_slice() else { panic!("{waiting:?}") };
        assert_eq!((row.whom.as_str(), row.initials.as_str()), ("Anna Berg", "AB"), "Bea did not get it");
        assert_eq!((row.quiet_days, row.message.who.as_str()), (4, "You"), "whole days");
        let [row] = undelivered.as_slice() else { panic!("{undelivered:?}") };
        assert_eq!(row.sentence, "Not delivered to bea@x.example: there is no such address.");
        assert_eq!((row.server_said.as_str(), row.message.id), ("550 No such user", waiting[0].message.id));
    }

    #[test]
    fn names_stand_together() {
        let names = |names: &[&str]| together(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&[]), "");
        assert_eq!(names(&["Anna"]), "Anna");
        assert_eq!(names(&["Anna", "Bea"]), "Anna and Bea");
        assert_eq!(names(&["Anna", "Bea", "Cleo"]), "Anna and 2 others");
    }
}
