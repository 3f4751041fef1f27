//! Messages, threads, what is to sort, the dashboard and the sidebar.

use super::accounts::AccountRow;
use super::common::initials;
use crate::filing::{self, Reason};
use crate::model::{
    Attachment, ContactId, Direction, Mailbox, Message, MessageId, ProjectId, ProjectStatus, ThreadId,
    Timestamp,
};
use crate::store::lists::ThreadInProject;
use crate::store::{Result, contacts, messages, projects, threads};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A message in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct MessageRow {
    /// Id.
    pub id: MessageId,
    /// Thread.
    pub thread_id: ThreadId,
    /// Which way.
    pub direction: Direction,
    /// Author.
    pub from: Mailbox,
    /// Who it is from, in words: the contact's name, else the name in the mail, else the address; "You".
    pub who: String,
    /// Letters for the avatar.
    pub initials: String,
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// First words.
    pub preview: String,
    /// Date.
    pub date: Timestamp,
    /// Project.
    pub project_id: Option<ProjectId>,
    /// Its title.
    pub project: Option<String>,
    /// Read.
    pub read: bool,
    /// Automatic mail.
    pub automatic: bool,
    /// How many attachments.
    pub attachments: u32,
}

/// Makes rows; names are looked up once each.
pub fn message_rows(connection: &Connection, messages: Vec<Message>) -> Result<Vec<MessageRow>> {
    let mut titles: HashMap<ProjectId, String> = HashMap::new();
    messages
        .into_iter()
        .map(|message| {
            let project = match message.project_id {
                Some(id) => {
                    if let Entry::Vacant(title) = titles.entry(id) {
                        title.insert(projects::get(connection, id)?.title);
                    }
                    titles.get(&id).cloned()
                }
                None => None,
            };
            let contact = match message.author() {
                Some(author) => contacts::owner(connection, &author)?.map(|(_, name)| name),
                None => None,
            };
            let named = contact.unwrap_or_else(|| {
                if message.from.name.is_empty() {
                    message.from.address.clone()
                } else {
                    message.from.name.clone()
                }
            });
            let who = if message.direction == Direction::Out { "You".to_owned() } else { named.clone() };
            Ok(MessageRow {
                id: message.id,
                thread_id: message.thread_id,
                direction: message.direction,
                initials: initials(&named),
                who,
                from: message.from,
                to: message.to,
                subject: message.subject,
                preview: message.preview,
                date: message.date,
                project_id: message.project_id,
                project,
                read: message.read,
                automatic: message.automatic,
                attachments: u32::try_from(message.attachments.len()).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Makes one row.
pub fn message_row(connection: &Connection, message: Message) -> Result<MessageRow> {
    let mut rows = message_rows(connection, vec![message])?;
    rows.pop().ok_or_else(|| crate::model::Refusal::not_found("message").into())
}

/// A thread in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ThreadRow {
    /// Which.
    pub thread_id: ThreadId,
    /// Its newest message in the project.
    pub newest: MessageRow,
    /// How many of its messages are there.
    pub messages: u32,
    /// Of them unread.
    pub unread: u32,
}

impl ThreadRow {
    /// Makes a row.
    pub fn make(connection: &Connection, thread: ThreadInProject) -> Result<Self> {
        Ok(Self {
            thread_id: thread.newest.thread_id,
            newest: message_row(connection, thread.newest)?,
            messages: thread.messages,
            unread: thread.unread,
        })
    }
}

/// One click that sorts a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Suggestion {
    /// An active project.
    Project {
        /// Which.
        project_id: ProjectId,
        /// Its title.
        label: String,
    },
    /// A project that is not active: "Continue Wedding Meyer (completed in June)".
    Continue {
        /// Which.
        project_id: ProjectId,
        /// What the button says.
        label: String,
    },
    /// A new project for these people.
    NewProject {
        /// What the button says.
        label: String,
        /// Who it would be for.
        contact_ids: Vec<ContactId>,
    },
}

/// A message that no rule could place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ToSortRow {
    /// The message.
    pub message: MessageRow,
    /// Why it is here.
    pub reason: String,
    /// What would sort it, best first.
    pub suggestions: Vec<Suggestion>,
}

/// Makes a row with its suggestions.
pub fn to_sort_row(connection: &Connection, message: Message, now: Timestamp) -> Result<ToSortRow> {
    let ids = messages::thread_ids(connection, message.id)?;
    let mut touched = threads::touched(connection, &ids)?;
    if touched.is_empty() {
        touched.push(message.thread_id);
    }
    let facts = messages::filing_facts(connection, message.id, &touched)?;
    let mut suggestions = Vec::new();
    for id in filing::suggest(&facts) {
        let project = projects::get(connection, id)?;
        suggestions.push(if project.status == ProjectStatus::Active {
            Suggestion::Project { project_id: id, label: project.title }
        } else {
            let how = if project.status == ProjectStatus::Completed { "completed" } else { "archived" };
            let when = month(project.status_at, now);
            Suggestion::Continue {
                project_id: id,
                label: format!("Continue {} ({how} {when})", project.title),
            }
        });
    }
    suggestions.push(Suggestion::NewProject {
        label: "New project".into(),
        contact_ids: facts.sender.into_iter().collect(),
    });
    let reason = Reason::from_code(&message.filed_because).unwrap_or(Reason::NoActiveProject);
    Ok(ToSortRow {
        message: message_row(connection, message)?,
        reason: reason.sentence().into(),
        suggestions,
    })
}

/// "in June", "in June 2024" when that is another year.
fn month(at: Timestamp, now: Timestamp) -> String {
    let local = |at: Timestamp| {
        jiff::Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(jiff::tz::TimeZone::system()))
    };
    match (local(at), local(now)) {
        (Some(at), Some(now)) if at.year() == now.year() => at.strftime("in %B").to_string(),
        (Some(at), _) => at.strftime("in %B %Y").to_string(),
        _ => String::new(),
    }
}

/// Where a message lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Place {
    /// The account's address.
    pub account: String,
    /// The folder's name.
    pub folder: String,
}

/// A message, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct MessageDetail {
    /// Its row.
    pub row: MessageRow,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Why it lies where it lies.
    pub reason: String,
    /// Where it lies on servers.
    pub locations: Vec<Place>,
    /// Something to know: stored in part, or not fully readable.
    pub note: Option<String>,
    /// Plain text, for copying.
    pub text: String,
    /// Cleaned body for the message frame.
    pub html: String,
    /// Remote images that were not loaded.
    pub remote_images: u32,
    /// Attachments.
    pub attachments: Vec<Attachment>,
}

/// The dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Dashboard {
    /// How the user is greeted; empty when unknown.
    pub greeting_name: String,
    /// The setting.
    pub show_mail: bool,
    /// The newest few that need a reply.
    pub needs_reply: Vec<MessageRow>,
    /// How many there are.
    pub needs_reply_count: u32,
    /// The few that clients have left unanswered longest.
    pub waiting: Vec<super::WaitingRow>,
    /// How many there are.
    pub waiting_count: u32,
    /// What was not delivered, newest first.
    pub undelivered: Vec<super::UndeliveredRow>,
    /// The newest few to sort.
    pub to_sort: Vec<ToSortRow>,
    /// How many there are.
    pub to_sort_count: u32,
    /// The newest messages.
    pub recent: Vec<MessageRow>,
    /// Mailboxes at a glance.
    pub mailboxes: Vec<AccountRow>,
    /// The newest success of any account.
    pub newest_sync_at: Option<Timestamp>,
    /// First steps: there is an account.
    pub has_account: bool,
    /// There is a contact.
    pub has_contact: bool,
    /// There is a project.
    pub has_project: bool,
}

/// The foot of the sidebar, by what is worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HealthKind {
    /// No account yet.
    None,
    /// All is well.
    Good,
    /// A cycle runs.
    Busy,
    /// Not synced yet, late or paused.
    Waiting,
    /// No way to a server.
    Offline,
    /// Something here stops it.
    HeldUp,
    /// The user is needed.
    Bad,
}

/// The foot of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Health {
    /// Icon and colour.
    pub kind: HealthKind,
    /// Words.
    pub sentence: String,
}

/// A project in the sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SidebarProject {
    /// Which.
    pub id: ProjectId,
    /// Title.
    pub title: String,
    /// Unread messages.
    pub unread: u32,
}

/// The sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Sidebar {
    /// How much needs a reply.
    pub needs_reply: u32,
    /// How much is to sort.
    pub to_sort: u32,
    /// Outgoing mail that waits, failed or is uncertain.
    pub outbox: u32,
    /// Some of it needs the person.
    pub outbox_needs_you: bool,
    /// Drafts.
    pub drafts: u32,
    /// Active projects.
    pub projects: Vec<SidebarProject>,
    /// The foot.
    pub health: Health,
}

impl Health {
    /// From all rows: what is worst is said.
    pub fn of(rows: &[AccountRow]) -> Self {
        use crate::model::AccountState as State;
        let count = |state: State| rows.iter().filter(|row| row.state == state).count();
        let say = |kind, sentence: String| Self { kind, sentence };
        let accounts = |n: usize, verb_one: &str, verb_many: &str| {
            if n == 1 { format!("1 account {verb_one}") } else { format!("{n} accounts {verb_many}") }
        };
        match () {
            () if rows.is_empty() => say(HealthKind::None, "No mailbox connected yet".into()),
            () if count(State::NeedsReconnecting) > 0 => {
                say(HealthKind::Bad, accounts(count(State::NeedsReconnecting), "needs you", "need you"))
            }
            () if count(State::HeldUp) > 0 => {
                say(HealthKind::HeldUp, accounts(count(State::HeldUp), "is held up", "are held up"))
            }
            () if count(State::Unreachable) > 0 => say(
                HealthKind::Offline,
                accounts(count(State::Unreachable), "has no connection", "have no connection"),
            ),
            () if rows.iter().any(|row| row.syncing.is_some()) => {
                say(HealthKind::Busy, "Looking for new mail".into())
            }
            () if count(State::Late) > 0 => {
                say(HealthKind::Waiting, accounts(count(State::Late), "is late", "are late"))
            }
            () if count(State::Waiting) > 0 => say(HealthKind::Waiting, "Waiting for the first sync".into()),
            () if count(State::Paused) == rows.len() => say(HealthKind::Waiting, "Paused".into()),
            () => say(HealthKind::Good, "All mail is up to date".into()),
        }
    }
}
