//! How a mail begins: as an answer, or in a project.

use super::reply::{self, Original, Own};
use super::templates::escape;
use crate::mail;
use crate::model::{
    Account, AccountId, Address, ContactId, Direction, Mailbox, MessageId, ProjectId, Timestamp,
};
use crate::store::outgoing::{self, NewDraft, Role};
use crate::store::{Result, accounts, contacts, lists, messages, projects, raw};
use jiff::tz::TimeZone;
use rusqlite::Connection;
use std::path::Path;

/// What a mail is begun from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begin {
    /// The message that is answered.
    pub answers: Option<MessageId>,
    /// To everybody of it.
    pub all: bool,
    /// The project it is written in.
    pub project: Option<ProjectId>,
    /// Who it is for.
    pub people: Vec<ContactId>,
}

/// The addresses of every account, its own first.
pub fn own(accounts: &[Account]) -> Vec<Own> {
    accounts
        .iter()
        .map(|account| Own {
            account: account.id,
            addresses: std::iter::once(&account.email).chain(&account.aliases).cloned().collect(),
        })
        .collect()
}

/// Makes the draft; nothing is stored. Blocks: it reads the answered mail.
pub fn draft(connection: &Connection, dir: &Path, begin: &Begin, zone: &TimeZone) -> Result<NewDraft> {
    let accounts = accounts::all(connection)?;
    let mut new = match begin.answers {
        Some(answered) => answer(connection, dir, answered, begin, &accounts, zone)?,
        None => fresh(connection, begin, &accounts)?,
    };
    let signature = match new.account {
        Some(id) => accounts::sender(connection, id)?.1,
        None => String::new(),
    };
    let signature =
        if signature.is_empty() { signature } else { format!("<div class=\"signature\">{signature}</div>") };
    new.html = mail::clean_written(&format!("<p><br></p>{signature}{}", new.html));
    Ok(new)
}

fn fresh(connection: &Connection, begin: &Begin, accounts: &[Account]) -> Result<NewDraft> {
    let mut people = begin.people.clone();
    if people.is_empty()
        && let Some(project) = begin.project
    {
        people = projects::contacts(connection, project)?;
    }
    let mut recipients = Vec::new();
    for person in &people {
        let contact = contacts::get(connection, *person)?;
        if let Some(first) = contact.addresses.first() {
            recipients.push((Role::To, Mailbox { name: contact.name, address: first.address.to_string() }));
        }
    }
    let latest = outgoing::latest_account(connection, begin.project, &people)?;
    let sends = |account: &&Account| account.outgoing.is_some();
    let account = accounts
        .iter()
        .find(|account| Some(account.id) == latest && account.outgoing.is_some())
        .or_else(|| accounts.iter().find(sends))
        .or(accounts.first());
    Ok(NewDraft {
        account: account.map(|account| account.id),
        from: account.map(|account| account.email.to_string()).unwrap_or_default(),
        project: begin.project,
        recipients,
        ..NewDraft::default()
    })
}

fn answer(
    connection: &Connection,
    dir: &Path,
    answered: MessageId,
    begin: &Begin,
    accounts: &[Account],
    zone: &TimeZone,
) -> Result<NewDraft> {
    let message = lists::message(connection, answered)?;
    let bytes = raw::read(connection, dir, answered)?.unwrap_or_default();
    let parsed = mail::parse(&bytes);
    let original = Original {
        outgoing: message.direction == Direction::Out,
        from: message.from.clone(),
        reply_to: mail::reply_to(&bytes),
        to: message.to.clone(),
        cc: message.cc.clone(),
        delivered_to: parsed.delivered_to.clone(),
        subject: message.subject.clone(),
        message_id: message.message_id.clone(),
        in_reply_to: parsed.deciding.in_reply_to.clone(),
        references: parsed.deciding.references.clone(),
    };
    let came_to = came_to(connection, answered)?;
    let answer = reply::answer(&original, &own(accounts), &came_to, begin.all);
    let text = messages::body(connection, answered)?;
    let html = parsed.html.as_deref().filter(|_| !message.unparsable);
    let quote = format!(
        "<div class=\"quote\"><p>{}</p><blockquote>{}</blockquote></div>",
        escape(&introduction(&message.from, message.date, zone)),
        mail::quotable(html, &text)
    );
    let recipients = (answer.to.into_iter().map(|mailbox| (Role::To, mailbox)))
        .chain(answer.cc.into_iter().map(|mailbox| (Role::Cc, mailbox)))
        .collect();
    Ok(NewDraft {
        account: answer.from.as_ref().map(|(id, _)| *id),
        from: answer.from.map(|(_, address)| address.to_string()).unwrap_or_default(),
        subject: answer.subject,
        html: quote,
        project: begin.project.or(message.project_id),
        answers: Some(answered),
        in_reply_to: answer.in_reply_to,
        refers_to: answer.references,
        token: None,
        recipients,
    })
}

/// The accounts that a message came to; of one that was sent from here and has not been synced, the one that sent it.
fn came_to(connection: &Connection, message: MessageId) -> Result<Vec<AccountId>> {
    outgoing::accounts_of(connection, message)
}

/// "On 24 November 2026 at 13:00, Anna Meyer wrote:"
fn introduction(from: &Mailbox, date: Timestamp, zone: &TimeZone) -> String {
    let who = if from.name.is_empty() {
        Address::parse(&from.address).map_or_else(|_| from.address.clone(), |address| address.display())
    } else {
        from.name.clone()
    };
    let when = jiff::Timestamp::from_millisecond(date.0)
        .map(|at| at.to_zoned(zone.clone()).strftime("%-d %B %Y at %H:%M").to_string())
        .unwrap_or_default();
    format!("On {when}, {who} wrote:")
}
