//! Lists of mail: to sort, the dashboard, the sidebar, and the plain list of the command line.

use super::{Engine, Topic};

use crate::model::{ContactId, Message, ProjectId, ProjectStatus, Refusal, ThreadId, UndeliveredId};
use crate::store::lists::{self, After};
use crate::store::{accounts, answers, contacts, locations, outgoing, projects, undelivered};
use crate::view::{
    Dashboard, Health, MessageRow, Page, Sidebar, SidebarProject, ToSortRow, message_rows, to_sort_row,
    undelivered_rows, waiting_rows,
};

/// Rows of a page of any list.
pub(super) const PAGE: u32 = 100;
/// Rows of a card on the dashboard.
const CARD: u32 = 5;
/// So many undelivered mails are shown on the dashboard.
const UNDELIVERED: u32 = 20;

/// Which messages a plain list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPage {
    /// All.
    All,
    /// Of a project.
    Project(ProjectId),
    /// Of a contact.
    Contact(ContactId),
    /// To sort.
    ToSort,
}

/// Where the page after this one begins.
pub(super) fn next_token(last: Option<&Message>, rows: usize) -> Option<String> {
    (rows >= PAGE as usize)
        .then(|| last.map(|message| After { date: message.date, id: message.id }.token()))
        .flatten()
}

impl Engine {
    /// Messages with their places, newest first.
    pub async fn messages(&self, which: MailPage, offset: u32, limit: u32) -> Result<Vec<Message>, Refusal> {
        self.read(move |db| {
            let end = offset.saturating_add(limit);
            let start = After::START;
            let mut found = match which {
                MailPage::All => lists::recent(db, start, end)?,
                MailPage::Project(id) => {
                    projects::get(db, id)?;
                    lists::of_project(db, id, start, end)?
                }
                MailPage::Contact(id) => {
                    contacts::get(db, id)?;
                    lists::of_contact(db, id, start, end)?
                }
                MailPage::ToSort => lists::to_sort(db, start, end)?,
            };
            found.drain(..found.len().min(offset as usize));
            for message in &mut found {
                message.locations = locations::of_message(db, message.id)?;
            }
            Ok(found)
        })
        .await
    }

    /// What no rule could place, with what would sort it.
    pub async fn to_sort(&self, after: Option<String>) -> Result<Page<ToSortRow>, Refusal> {
        let now = self.now();
        self.read(move |db| {
            let found = lists::to_sort(db, After::from_token(after.as_deref()), PAGE)?;
            let next = next_token(found.last(), found.len());
            let rows =
                found.into_iter().map(|message| to_sort_row(db, message, now)).collect::<Result<_, _>>()?;
            Ok(Page { rows, next })
        })
        .await
    }

    /// A thread, oldest first; only what lies in the project when one is given.
    pub async fn thread(&self, id: ThreadId, project: Option<ProjectId>) -> Result<Vec<MessageRow>, Refusal> {
        self.read(move |db| message_rows(db, lists::of_thread(db, id, project)?)).await
    }

    /// The dashboard.
    pub async fn dashboard(&self) -> Result<Dashboard, Refusal> {
        let now = self.now();
        let show_mail = self.settings().await?.show_mail_on_dashboard;
        let mailboxes = self.accounts().await?;
        self.read(move |db| {
            let shown = if show_mail { CARD } else { 0 };
            let to_sort = lists::to_sort(db, After::START, shown)?
                .into_iter()
                .map(|message| to_sort_row(db, message, now))
                .collect::<Result<_, _>>()?;
            Ok(Dashboard {
                greeting_name: String::new(),
                show_mail,
                needs_reply: message_rows(db, answers::needs_reply(db, shown)?)?,
                needs_reply_count: answers::count_needs_reply(db)?,
                waiting: waiting_rows(db, answers::waiting(db, shown)?, now)?,
                waiting_count: answers::count_waiting(db)?,
                // Shown whatever the setting says: a mail that did not arrive would else never be known of.
                undelivered: undelivered_rows(db, undelivered::open(db, UNDELIVERED)?)?,
                to_sort,
                to_sort_count: lists::count_to_sort(db)?,
                recent: message_rows(db, lists::recent(db, After::START, shown)?)?,
                newest_sync_at: mailboxes.iter().filter_map(|row| row.last_synced_at).max(),
                has_account: !mailboxes.is_empty(),
                has_contact: !contacts::ids(db)?.is_empty(),
                has_project: !projects::ids(db)?.is_empty(),
                mailboxes,
            })
        })
        .await
    }

    /// The sidebar.
    pub async fn sidebar(&self) -> Result<Sidebar, Refusal> {
        let rows = self.accounts().await?;
        self.read(move |db| {
            let mut active = Vec::new();
            for id in projects::ids(db)? {
                let project = projects::get(db, id)?;
                if project.status == ProjectStatus::Active {
                    let unread = lists::counts_of_project(db, id)?.unread;
                    active.push(SidebarProject { id, title: project.title, unread });
                }
            }
            let (drafts, waiting, needs_you) = outgoing::counts(db)?;
            Ok(Sidebar {
                needs_reply: answers::count_needs_reply(db)?,
                to_sort: lists::count_to_sort(db)?,
                outbox: waiting + needs_you,
                outbox_needs_you: needs_you > 0,
                drafts,
                projects: active,
                health: Health::of(&rows),
            })
        })
        .await
    }

    /// Takes a "Not delivered" off the dashboard.
    pub async fn dismiss_undelivered(&self, id: UndeliveredId) -> Result<(), Refusal> {
        self.write(move |tx| undelivered::dismiss(tx, id)).await?;
        self.tell(Topic::Messages);
        Ok(())
    }

    /// Whether an account's secret was refused, so that it must not be sent again by itself.
    pub(super) async fn secret_refused(&self, id: crate::model::AccountId) -> Result<bool, Refusal> {
        let now = self.now();
        self.read(move |db| {
            let account = accounts::get(db, id)?;
            Ok(crate::sync::facts::standing(db, &account, 0, now)?.secret_refused)
        })
        .await
    }
}

/// A message opened for reading; see [`crate::view::MessageDetail`].
pub type Opened = crate::view::MessageDetail;
