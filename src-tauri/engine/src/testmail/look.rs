//! A look at the server for replies that no rule brings in: in Junk, or from another address.

use super::judge::{newer, recognised};
use crate::imap::{Field, Search, Term};
use crate::mail::FromField;
use crate::model::{Account, Address, ContactAddress, Failure, FoundReply};
use crate::store::test_runs::Run;
use crate::sync::{Context, Hit, find};

/// What to ask a server for: mail that refers to the test's Message-ID or has its token in the subject.
pub fn search(run: &Run) -> Search {
    let term = |field, text: &str| Term { field, text: text.to_owned(), also: None };
    let mut any_of = vec![term(Field::Subject, &run.token)];
    if !run.message_id.is_empty() {
        for name in ["In-Reply-To", "References"] {
            any_of.push(term(Field::Header(name.into()), &run.message_id));
        }
    }
    Search { any_of, since: Some(run.started_at), ..Search::default() }
}

/// Looks into the account's folders. Only headers are read. `None`: there is no reply that the rules leave out. The
/// second value: every folder could be looked into.
pub async fn look(
    context: &Context,
    account: &Account,
    run: &Run,
    contact: &[ContactAddress],
) -> Result<(Option<FoundReply>, bool), Failure> {
    let looked = find(context, account, &search(run)).await?;
    let best = left_out(&looked.hits, run, contact).min_by_key(|hit| rank(hit, contact));
    let best = best.map(|hit| FoundReply {
        account: account.id,
        folder: hit.folder_name.clone(),
        junk: hit.junk,
        from: author(hit).cloned(),
        automatic: hit.header.automatic,
    });
    Ok((best, looked.whole))
}

/// The reply of the contact that lies in Junk, to be brought in; with the contact's address that it is from.
pub fn reply_to_bring_in<'h, 'a>(
    hits: &'h [Hit],
    run: &Run,
    contact: &'a [ContactAddress],
) -> Option<(&'h Hit, &'a ContactAddress)> {
    left_out(hits, run, contact)
        .filter(|hit| hit.junk && !hit.header.automatic)
        .find_map(|hit| Some((hit, saved(hit, contact)?)))
}

/// Replies that the rules do not bring in by themselves. What a contact wrote into a watched folder they do.
fn left_out<'h>(hits: &'h [Hit], run: &Run, contact: &[ContactAddress]) -> impl Iterator<Item = &'h Hit> {
    hits.iter().filter(move |hit| {
        let header = &hit.header;
        let refers_to: Vec<&String> = header.in_reply_to.iter().chain(&header.references).collect();
        let own = !run.message_id.is_empty() && header.message_id.as_deref() == Some(&*run.message_id);
        !own && newer(hit.received, run)
            && recognised(&run.message_id, &run.token, &refers_to, &hit.subject)
            && (hit.junk || !hit.watched || saved(hit, contact).is_none())
    })
}

/// What a person wrote counts before what a program wrote, and what the contact wrote before what others wrote.
/// What lies in Junk can be brought in.
fn rank(hit: &Hit, contact: &[ContactAddress]) -> (bool, bool, bool) {
    (hit.header.automatic, saved(hit, contact).is_none(), !hit.junk)
}

const fn author(hit: &Hit) -> Option<&Address> {
    match &hit.header.from {
        FromField::One(address) => Some(address),
        FromField::None | FromField::Several => None,
    }
}

fn saved<'a>(hit: &Hit, contact: &'a [ContactAddress]) -> Option<&'a ContactAddress> {
    let from = author(hit)?;
    contact.iter().find(|entry| entry.address == *from)
}
