//! What a run is judged by, as the store holds it.

use super::judge::{AccountFacts, Author, Card, Facts, Reply, recognised};
use crate::model::{AccountState, Address, ContactId, FoundReply, Timestamp};
use crate::store::cycles::Outcome;
use crate::store::lists::{self, After};
use crate::store::test_runs::{self, Mention, Run};
use crate::store::{Result, accounts, answers, contacts, locations, projects};
use crate::sync::facts::standing;
use rusqlite::Connection;

/// Rows of a card on the dashboard.
const CARD: u32 = 5;

/// Reads everything that a run is judged by.
pub fn gather(connection: &Connection, mut run: Run, show_mail: bool, now: Timestamp) -> Result<Facts> {
    let account = run.account.map(|id| accounts::get(connection, id)).transpose()?;
    let contact = run.contact.map(|id| contacts::get(connection, id)).transpose()?;
    let people = People { connection, contact: run.contact, own: accounts::own_addresses(connection)? };
    let way = run.outgoing.map(|id| test_runs::on_its_way(connection, id)).transpose()?.flatten();
    if let Some(way) = way.as_ref().filter(|_| run.message_id.is_empty()) {
        run.message_id.clone_from(&way.message_id);
    }
    let copies = match run.account {
        Some(account) if !run.message_id.is_empty() => {
            test_runs::copies(connection, &run.message_id, account)?
        }
        _ => 0,
    };
    let mut replies = Vec::new();
    for mention in answering(connection, &run)?.into_iter().filter(|mention| mention.incoming) {
        replies.push(reply(&people, &run, &mention)?);
    }
    let found = run.found.clone().map(|found| people.found(found)).transpose()?;
    let facts_of_account = match &account {
        None => AccountFacts { gone: true, ..AccountFacts::default() },
        Some(account) => {
            let standing = standing(connection, account, 0, now)?;
            let ended = standing.cycles.iter().find(|cycle| cycle.outcome != Outcome::Cancelled);
            AccountFacts {
                gone: false,
                paused: account.paused,
                tried: !account.paused && !standing.secret_refused,
                failure: standing
                    .failure
                    .filter(|_| standing.state != AccountState::Paused)
                    .map(|failure| (standing.state, failure)),
                last_ended: ended.map(|cycle| cycle.ended_at),
            }
        }
    };
    Ok(Facts {
        way,
        host: account.and_then(|account| account.outgoing).map(|outgoing| outgoing.host),
        copies,
        bounce: test_runs::bounce(connection, &run.message_id)?,
        replies,
        found,
        account: facts_of_account,
        contact: contact.map(|contact| contact.name),
        show_mail,
        run,
    })
}

/// Messages here that answer the test, the oldest first: an outgoing one may be among them.
pub(super) fn answering(connection: &Connection, run: &Run) -> Result<Vec<Mention>> {
    let mut found = test_runs::mentions(connection, &run.message_id, &run.token)?;
    found.retain(|mention| {
        let own = !run.message_id.is_empty() && mention.message_id == run.message_id;
        !own && (mention.refers || recognised("", &run.token, &[], &mention.subject))
    });
    found.sort_by_key(|mention| (mention.received, mention.id));
    Ok(found)
}

fn reply(people: &People<'_>, run: &Run, mention: &Mention) -> Result<Reply> {
    let connection = people.connection;
    let places = locations::of_message(connection, mention.id)?;
    let here = places.iter().find(|place| Some(place.account_id) == run.account);
    let place = match here.or(places.first()) {
        None => None,
        Some(place) if Some(place.account_id) == run.account => Some((place.folder.clone(), None)),
        Some(place) => {
            let email = accounts::get(connection, place.account_id)?.email.display();
            Some((place.folder.clone(), Some(email)))
        }
    };
    let is_it = |message: &crate::model::Message| message.id == mention.id;
    let card = if answers::needs_reply(connection, CARD)?.iter().any(is_it) {
        Some(Card::NeedsReply)
    } else if lists::recent(connection, After::START, CARD)?.iter().any(is_it) {
        Some(Card::Recent)
    } else {
        None
    };
    Ok(Reply {
        id: mention.id,
        author: people.author(Address::parse(&mention.from).ok())?,
        automatic: mention.automatic,
        received: mention.received,
        place,
        project: mention
            .project
            .map(|id| projects::get(connection, id))
            .transpose()?
            .map(|found| found.title),
        card,
    })
}

struct People<'c> {
    connection: &'c Connection,
    contact: Option<ContactId>,
    own: Vec<Address>,
}

impl People<'_> {
    fn author(&self, from: Option<Address>) -> Result<Author> {
        let Some(from) = from else { return Ok(Author::Unreadable) };
        if self.own.contains(&from) {
            return Ok(Author::Own(from));
        }
        Ok(match contacts::owner(self.connection, &from)? {
            Some((owner, _)) if Some(owner) == self.contact => Author::Contact,
            Some((_, name)) => Author::Somebody(from, name),
            None => Author::Unknown(from),
        })
    }

    fn found(&self, found: FoundReply) -> Result<(FoundReply, Author)> {
        let author = self.author(found.from.clone())?;
        Ok((found, author))
    }
}
