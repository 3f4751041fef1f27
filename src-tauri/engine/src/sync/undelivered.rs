//! Delivery reports about mail that the user sent.
//!
//! A report is written by a mail server, so it is no contact's mail and no rule brings it in. It is the one exception
//! to "bodies of other people's mail are never fetched": it is about the user's own mail, and without it nobody would
//! know that a client never got an offer. The exception is kept narrow. Only while the user sent mail in the last five
//! days, only what its deciding header fields show to be a report, only what arrived since, and at most its first
//! 256 KB (BODY.PEEK) are looked at. What it says of a message that lies here as sent is noted; of the report nothing
//! is kept. A first look into a folder, and one after more than 2,000 new messages, search for contacts alone and see
//! no report.

use crate::imap::Session;
use crate::mail::report::{DeliveryReport, delivery_report};
use crate::model::{Address, Failure, Timestamp};
use crate::store::{self, undelivered};
use rusqlite::Connection;

/// Servers give up on a mail after five days at most (RFC 5321, 4.5.4.1).
const REPORTED_WITHIN_MS: i64 = 5 * 24 * 60 * 60 * 1000;
/// Enough for what a report says and for the header of the returned mail.
const READ_BYTES: u32 = 256 * 1024;
/// So many of one folder are read in one cycle, the newest.
const READ_AT_MOST: usize = 50;

/// A report as it was read.
#[derive(Clone, Debug)]
pub(super) struct Report {
    said: DeliveryReport,
    arrived: Timestamp,
}

/// From when on reports are read; `None`: nothing was sent lately that one could be about.
pub(super) fn since(connection: &Connection, now: Timestamp) -> store::Result<Option<Timestamp>> {
    let since = now.plus(-REPORTED_WITHIN_MS);
    Ok(undelivered::sent_since(connection, since)?.then_some(since))
}

/// Reads a mail as a report; `None`: it is none, or says of nobody that they were not reached.
pub(super) fn report(bytes: &[u8], arrived: Timestamp) -> Option<Report> {
    delivery_report(bytes).filter(|said| !said.failed.is_empty()).map(|said| Report { said, arrived })
}

/// Fetches what looks like reports in the opened folder, and reads them. One that the server does not hand over is
/// passed by.
pub(super) async fn read(
    session: &mut Session,
    mut found: Vec<(u32, Timestamp)>,
) -> Result<Vec<Report>, Failure> {
    found.sort_unstable();
    let mut reports = Vec::new();
    let older = found.len().saturating_sub(READ_AT_MOST);
    for (uid, arrived) in found.into_iter().skip(older) {
        match session.fetch_range(uid, 0, READ_BYTES).await {
            Ok(bytes) => reports.extend(bytes.and_then(|bytes| report(&bytes, arrived))),
            Err(failure) if session.is_over() => return Err(failure),
            Err(_) => {}
        }
    }
    Ok(reports)
}

/// Notes what a report says of messages that the user sent. One about anybody else's mail leaves no trace.
pub(super) fn take(connection: &Connection, report: &Report) -> store::Result<()> {
    for message in undelivered::named(connection, &report.said.names)? {
        for unreached in &report.said.failed {
            let address = Address::parse(&unreached.address)
                .map_or_else(|_| unreached.address.clone(), |address| address.to_string());
            undelivered::note(
                connection,
                message,
                &address,
                &unreached.status,
                &unreached.server_said,
                report.arrived,
            )?;
        }
    }
    Ok(())
}
