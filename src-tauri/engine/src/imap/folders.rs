//! Which folders there are, and opening one to read.

use super::dialogue::Reply;
use super::session::Session;
use super::{causes, utf7};
use crate::model::{Cause, Failure, FolderRole};
use imap_proto::{MailboxDatum, NameAttribute, Response, ResponseCode, Status, StatusAttribute};
use std::collections::HashSet;

/// A folder as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFolder {
    /// The name as the server writes it: sent back as it is.
    pub raw_name: String,
    /// The name for people.
    pub name: String,
    /// What stands between the levels of the name.
    pub delimiter: Option<char>,
    /// Can hold messages and be opened.
    pub selectable: bool,
    /// What the server says that it is for; INBOX by its name (RFC 6154).
    pub special_use: Option<FolderRole>,
    /// Its figures, where one LIST answers them for all.
    pub status: Option<FolderStatus>,
}

/// A folder's figures without opening it (RFC 9051, section 6.3.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderStatus {
    /// Messages in it.
    pub messages: Option<u32>,
    /// The UID that the next message will have at the least.
    pub uid_next: Option<u32>,
    /// Under which UIDs hold.
    pub uid_validity: Option<u32>,
    /// The newest change's number (RFC 7162).
    pub highest_modseq: Option<u64>,
}

/// An opened folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Under which UIDs hold.
    pub uid_validity: u32,
    /// The UID that the next message will have at the least.
    pub uid_next: u32,
    /// Messages in it.
    pub exists: u32,
    /// The newest change's number; `None` where changes are not counted.
    pub highest_modseq: Option<u64>,
}

impl Session {
    /// Every folder. With `with_status` and a server that can (`capabilities().list_status()`), each with its
    /// figures in the same round trip.
    pub async fn list(&mut self, with_status: bool) -> Result<Vec<ListedFolder>, Failure> {
        let mut wanted = Vec::new();
        let extended = self.capabilities.has("LIST-EXTENDED");
        if extended && self.capabilities.special_use() {
            wanted.push("SPECIAL-USE".to_owned());
        }
        if with_status && self.capabilities.list_status() {
            let modseq = if self.capabilities.condstore() { " HIGHESTMODSEQ" } else { "" };
            wanted.push(format!("STATUS (MESSAGES UIDNEXT UIDVALIDITY{modseq})"));
        }
        if !wanted.is_empty() {
            let (reply, folders) = self.list_as(&format!(" RETURN ({})", wanted.join(" "))).await?;
            if reply.is_ok() {
                return Ok(folders);
            }
        }
        let (reply, folders) = self.list_as("").await?;
        if reply.is_ok() {
            return Ok(folders);
        }
        let cause = causes::command(&reply).unwrap_or(Cause::Unknown);
        Err(Failure::said(cause, reply.words()))
    }

    async fn list_as(&mut self, options: &str) -> Result<(Reply, Vec<ListedFolder>), Failure> {
        let command = self.command(&format!("LIST \"\" \"*\"{options}"));
        let mut folders: Vec<ListedFolder> = Vec::new();
        let mut known = HashSet::new();
        let reply = self
            .run(&command, |response| match response {
                Response::MailboxData(MailboxDatum::List(data)) => {
                    let folder = listed(data);
                    if known.insert(folder.raw_name.clone()) {
                        folders.push(folder);
                    }
                }
                Response::MailboxData(MailboxDatum::Status { mailbox, status }) => {
                    if let Some(folder) = folders.iter_mut().find(|folder| folder.raw_name == *mailbox) {
                        folder.status = Some(figures(status));
                    }
                }
                _ => {}
            })
            .await?;
        Ok((reply, folders))
    }

    /// Opens a folder to read (EXAMINE). What is done after that concerns this folder. `raw_name` as listed.
    pub async fn examine(&mut self, raw_name: &str) -> Result<Examined, Failure> {
        let mut command = self.command("EXAMINE ");
        command.string(raw_name)?;
        if self.capabilities.condstore() {
            command.words(" (CONDSTORE)");
        }
        self.set_folder(Some(raw_name));
        let (mut uid_validity, mut uid_next, mut exists, mut highest_modseq) = (None, None, 0, None);
        let reply = self.run(&command, |response| match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
            Response::Data { status: Status::Ok, outcome } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => uid_validity = Some(*value),
                Some(ResponseCode::UidNext(value)) => uid_next = Some(*value),
                Some(ResponseCode::HighestModSeq(value)) => highest_modseq = Some(*value),
                _ => {}
            },
            _ => {}
        });
        let reply = reply.await?;
        let name = utf7::decode(raw_name);
        if !reply.is_ok() {
            self.set_folder(None);
            return Err(Failure::said(causes::examine(&reply), reply.words()).in_folder(name));
        }
        let Some(uid_validity) = uid_validity else {
            self.set_folder(None);
            let words = "The server gives the folder no UIDVALIDITY.";
            return Err(Failure::said(Cause::FolderRefused, words).in_folder(name));
        };
        let uid_next = match uid_next {
            Some(next) => next,
            None => self.newest_uid().await?.saturating_add(1),
        };
        Ok(Examined { uid_validity, uid_next, exists, highest_modseq: highest_modseq.filter(|n| *n > 0) })
    }
}

fn listed(data: &imap_proto::MailboxListData<'_>) -> ListedFolder {
    let raw_name = data.name.to_string();
    let inbox = raw_name.eq_ignore_ascii_case("INBOX");
    let mut folder = ListedFolder {
        name: utf7::decode(&raw_name),
        raw_name,
        delimiter: data.delimiter.as_deref().and_then(|text| text.chars().last()),
        selectable: true,
        special_use: None,
        status: None,
    };
    for attribute in &data.name_attributes {
        let role = match attribute {
            NameAttribute::All => Some(FolderRole::All),
            NameAttribute::Archive => Some(FolderRole::Archive),
            NameAttribute::Drafts => Some(FolderRole::Drafts),
            NameAttribute::Junk => Some(FolderRole::Junk),
            NameAttribute::Sent => Some(FolderRole::Sent),
            NameAttribute::Trash => Some(FolderRole::Trash),
            NameAttribute::NoSelect => {
                folder.selectable = false;
                None
            }
            NameAttribute::Extension(name) if name.eq_ignore_ascii_case("\\NonExistent") => {
                folder.selectable = false;
                None
            }
            _ => None,
        };
        folder.special_use = folder.special_use.or(role);
    }
    if inbox {
        folder.special_use = Some(FolderRole::Inbox);
    }
    folder
}

fn figures(items: &[StatusAttribute]) -> FolderStatus {
    let mut status = FolderStatus::default();
    for item in items {
        match item {
            StatusAttribute::Messages(count) => status.messages = Some(*count),
            StatusAttribute::UidNext(uid) => status.uid_next = Some(*uid),
            StatusAttribute::UidValidity(value) => status.uid_validity = Some(*value),
            StatusAttribute::HighestModSeq(value) => status.highest_modseq = Some(*value),
            _ => {}
        }
    }
    status
}
