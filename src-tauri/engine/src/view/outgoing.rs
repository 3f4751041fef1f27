//! Writing a mail, and the outbox.

use crate::connect::providers::Table;
use crate::connect::view as failure_view;
use crate::mail::html_to_text;
use crate::model::{
    AccountId, Address, ContactId, CopyState, Failure, FailureView, Mailbox, MessageId, OutgoingFileId,
    OutgoingId, OutgoingState, ProjectId, TemplateId, ThreadId, Timestamp,
};
use crate::store::outgoing::{Recipient, Written, files};
use crate::store::{Result, accounts, contacts, messages, projects};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// What a mail is begun from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct BeginMail {
    /// The message that is answered; one of the user's own is followed up ("Nudge").
    pub answers: Option<MessageId>,
    /// To everybody of that message.
    pub all: bool,
    /// The project it is written in.
    pub project_id: Option<ProjectId>,
    /// Who it is for.
    pub contact_ids: Vec<ContactId>,
}

/// An address that mail can be sent from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FromChoice {
    /// Whose it is.
    pub account_id: AccountId,
    /// The address, in comparable form: what `DraftInput::from` takes.
    pub address: String,
    /// As it is shown.
    pub label: String,
    /// The account's signature, cleaned HTML; may be empty.
    pub signature: String,
}

/// A file that is attached to a mail being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct OutgoingFile {
    /// To hand to `remove_file`.
    pub id: OutgoingFileId,
    /// Its name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

/// The attachments with what is known of the server's limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Files {
    /// In the order in which they were attached.
    pub files: Vec<OutgoingFile>,
    /// A sentence when the whole would be over what the outgoing server takes.
    pub too_large: Option<String>,
}

/// The message that a mail answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Answered {
    /// Which.
    pub message_id: MessageId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// Who wrote it, in words.
    pub who: String,
}

/// A mail being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Draft {
    /// Which.
    pub id: OutgoingId,
    /// The address it is sent from.
    pub from: String,
    /// What can be chosen there.
    pub from_choices: Vec<FromChoice>,
    /// To. An address may still be incomplete.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc.
    pub bcc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// The text as cleaned HTML. The signature stands in `<div class="signature">`, the quoted mail in
    /// `<div class="quote">`.
    pub html: String,
    /// Attachments.
    pub files: Files,
    /// The project it goes to.
    pub project_id: Option<ProjectId>,
    /// Its title.
    pub project: Option<String>,
    /// What it answers.
    pub answered: Option<Answered>,
    /// When it was last saved.
    pub changed_at: Timestamp,
}

/// What was typed so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DraftInput {
    /// One of `Draft::from_choices`, by its address.
    pub from: String,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc.
    pub bcc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// The editor's HTML; cleaned before it is stored.
    pub html: String,
}

/// Words to begin a mail with. `{first name}` and `{project}` are filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Template {
    /// Which.
    pub id: TemplateId,
    /// Its name in the menu.
    pub title: String,
    /// Subject; may be empty.
    pub subject: String,
    /// Text, cleaned HTML.
    pub html: String,
}

/// A template as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TemplateInput {
    /// An existing one, or a new one.
    pub id: Option<TemplateId>,
    /// Its name; not empty.
    pub title: String,
    /// Subject; may be empty.
    pub subject: String,
    /// Text.
    pub html: String,
}

/// A template filled in for one mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FilledTemplate {
    /// Subject; empty: leave what is there.
    pub subject: String,
    /// Text to put in at the top.
    pub html: String,
    /// Placeholders that could not be filled in, and stand as they are: "first name", "project".
    pub missing: Vec<String>,
}

/// How an outgoing mail is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingShown {
    /// Being written.
    Draft,
    /// Sent in a few seconds, unless it is taken back.
    Undoable,
    /// Sent at a moment that the person chose.
    Scheduled,
    /// Waits for the network or the server; goes by itself.
    Waiting,
    /// On its way.
    Sending,
    /// A server took it.
    Sent,
    /// Not sent; the person decides.
    Failed,
    /// It may have arrived; the person decides.
    Uncertain,
}

/// A recipient and what the server said to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RecipientView {
    /// As it is shown.
    pub name: String,
    /// Address.
    pub address: String,
    /// Taken by the server.
    pub accepted: bool,
    /// Why it was refused.
    pub refused: Option<FailureView>,
}

/// Bytes handed over so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SendingNow {
    /// Sent.
    pub sent: u64,
    /// Of so many.
    pub total: u64,
}

/// An outgoing mail in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct OutgoingRow {
    /// Which.
    pub id: OutgoingId,
    /// The address it is sent from.
    pub from: String,
    /// Recipients in words: "Amara Okafor, Tunde Bello"; empty when there is none yet.
    pub to: String,
    /// Each recipient.
    pub recipients: Vec<RecipientView>,
    /// Subject.
    pub subject: String,
    /// First words.
    pub preview: String,
    /// How it stands.
    pub state: OutgoingShown,
    /// Why it is not sent yet.
    pub failure: Option<FailureView>,
    /// While it is on its way.
    pub sending: Option<SendingNow>,
    /// Until when it can be taken back, or when it goes.
    pub send_at: Option<Timestamp>,
    /// When it is tried again by itself.
    pub next_try_at: Option<Timestamp>,
    /// Its project.
    pub project_id: Option<ProjectId>,
    /// Its project's title.
    pub project: Option<String>,
    /// The thread it answers in.
    pub thread_id: Option<ThreadId>,
    /// The message it became.
    pub sent_message: Option<MessageId>,
    /// Its copy in Sent.
    pub copy: CopyState,
    /// Sent was looked into for it at least once: of a mail in doubt, and it was not there.
    pub looked: bool,
    /// Attachments.
    pub files: u32,
    /// Last change.
    pub changed_at: Timestamp,
}

/// The outbox page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Outbox {
    /// What needs the person, waits or is on its way, newest first; of what was sent, that of which a recipient was
    /// refused.
    pub waiting: Vec<OutgoingRow>,
    /// Drafts, newest first.
    pub drafts: Vec<OutgoingRow>,
}

/// A mail that a client has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WaitingRow {
    /// The newest of its thread, from the user.
    pub message: super::MessageRow,
    /// Who is waited for, in words.
    pub whom: String,
    /// Letters for the avatar.
    pub initials: String,
    /// Whole days since then.
    pub quiet_days: u32,
}

/// A recipient that a delivery report says was not reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct UndeliveredRow {
    /// To hand to `dismiss_undelivered`.
    pub id: crate::model::UndeliveredId,
    /// The mail that was sent.
    pub message: super::MessageRow,
    /// Who did not get it.
    pub address: String,
    /// One plain sentence.
    pub sentence: String,
    /// The server's words.
    pub server_said: String,
    /// When that was reported.
    pub reported_at: Timestamp,
}

/// Characters of a preview.
const PREVIEW: usize = 140;

/// How a mail is shown: its state, and what the clock makes of it.
pub fn shown(written: &Written, now: Timestamp) -> OutgoingShown {
    match written.state {
        OutgoingState::Draft => OutgoingShown::Draft,
        OutgoingState::Queued if written.send_at.is_some_and(|at| at > now) => {
            if written.later {
                OutgoingShown::Scheduled
            } else {
                OutgoingShown::Undoable
            }
        }
        OutgoingState::Queued => OutgoingShown::Waiting,
        OutgoingState::Sending => OutgoingShown::Sending,
        OutgoingState::Sent => OutgoingShown::Sent,
        OutgoingState::Failed => OutgoingShown::Failed,
        // Nobody is asked before the first look at Sent was tried.
        OutgoingState::Uncertain
            if written.copy_tries == 0 && written.looks_failed == 0 && written.next_try.is_some() =>
        {
            OutgoingShown::Sending
        }
        OutgoingState::Uncertain => OutgoingShown::Uncertain,
    }
}

/// The text that the person wrote, without signature and quote, in one line.
fn preview(html: &str) -> String {
    let end = ["<div class=\"signature\"", "<div class=\"quote\""]
        .iter()
        .filter_map(|mark| html.find(mark))
        .min()
        .unwrap_or(html.len());
    let text = html_to_text(html.get(..end).unwrap_or_default());
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= PREVIEW {
        return line;
    }
    line.chars().take(PREVIEW - 1).chain(['…']).collect()
}

fn name_of(connection: &Connection, mailbox: &Mailbox) -> Result<String> {
    let parsed = Address::parse(&mailbox.address);
    if let Ok(address) = &parsed
        && let Some((_, name)) = contacts::owner(connection, address)?
    {
        return Ok(name);
    }
    Ok(if mailbox.name.trim().is_empty() {
        parsed.map_or_else(|_| mailbox.address.clone(), |address| address.display())
    } else {
        mailbox.name.clone()
    })
}

fn failure_of(failure: Failure, again: bool, table: &Table, provider: &str) -> FailureView {
    FailureView { retried: again, ..failure_view(failure, table, provider) }
}

fn recipient_view(connection: &Connection, recipient: &Recipient, table: &Table) -> Result<RecipientView> {
    let address = Address::parse(&recipient.mailbox.address)
        .map_or_else(|_| recipient.mailbox.address.clone(), |address| address.display());
    Ok(RecipientView {
        name: name_of(connection, &recipient.mailbox)?,
        address,
        accepted: recipient.accepted,
        refused: recipient.refused.clone().map(|failure| failure_of(failure, false, table, "")),
    })
}

/// Makes a row. `sending`: bytes that have left, of so many.
pub fn outgoing_row(
    connection: &Connection,
    written: Written,
    sending: Option<(u64, u64)>,
    table: &Table,
    now: Timestamp,
) -> Result<OutgoingRow> {
    let state = shown(&written, now);
    let recipients = written
        .recipients
        .iter()
        .map(|recipient| recipient_view(connection, recipient, table))
        .collect::<Result<Vec<_>>>()?;
    let provider = match written.account {
        Some(id) => accounts::get(connection, id)?.provider,
        None => String::new(),
    };
    let project = match written.project {
        Some(id) => Some(projects::get(connection, id)?.title),
        None => None,
    };
    let thread = match written.sent_message.or(written.answers) {
        Some(message) => Some(messages::thread_of(connection, message)?),
        None => None,
    };
    let queued = written.state == OutgoingState::Queued;
    let from = Address::parse(&written.from).map_or_else(|_| written.from.clone(), |a| a.display());
    Ok(OutgoingRow {
        id: written.id,
        from,
        to: recipients.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", "),
        recipients,
        preview: preview(&written.html),
        subject: written.subject,
        state,
        failure: written.failure.map(|failure| failure_of(failure, queued, table, &provider)),
        sending: sending.filter(|(_, total)| *total > 0).map(|(sent, total)| SendingNow { sent, total }),
        send_at: written.send_at.filter(|_| queued),
        next_try_at: written.next_try.filter(|_| queued),
        project_id: written.project,
        project,
        thread_id: thread,
        sent_message: written.sent_message,
        copy: written.copy,
        looked: written.copy_tries > 0,
        files: u32::try_from(files(connection, written.id)?.len()).unwrap_or(u32::MAX),
        changed_at: written.changed_at,
    })
}

/// Every address that mail can be sent from.
pub fn from_choices(connection: &Connection) -> Result<Vec<FromChoice>> {
    let mut choices = Vec::new();
    for account in accounts::all(connection)? {
        let (name, signature) = accounts::sender(connection, account.id)?;
        for address in std::iter::once(&account.email).chain(&account.aliases) {
            let shown = address.display();
            choices.push(FromChoice {
                account_id: account.id,
                address: address.to_string(),
                label: if name.is_empty() { shown } else { format!("{name} <{shown}>") },
                signature: signature.clone(),
            });
        }
    }
    Ok(choices)
}

/// Makes a draft's page; `files` come with what is known of the server's limit.
pub fn draft_view(connection: &Connection, written: Written, files: Files) -> Result<Draft> {
    use crate::store::outgoing::Role;
    let answered = match written.answers {
        Some(id) => {
            let message = crate::store::lists::message(connection, id)?;
            let row = super::message_row(connection, message)?;
            Some(Answered { message_id: id, thread_id: row.thread_id, who: row.who })
        }
        None => None,
    };
    let project = match written.project {
        Some(id) => Some(projects::get(connection, id)?.title),
        None => None,
    };
    Ok(Draft {
        id: written.id,
        from_choices: from_choices(connection)?,
        to: written.mailboxes(Role::To),
        cc: written.mailboxes(Role::Cc),
        bcc: written.mailboxes(Role::Bcc),
        from: written.from,
        subject: written.subject,
        html: written.html,
        files,
        project_id: written.project,
        project,
        answered,
        changed_at: written.changed_at,
    })
}
