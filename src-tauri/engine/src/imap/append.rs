//! The one thing that is written on a mail server: a copy of sent mail in the Sent folder.

use super::date::date_time;
use super::dialogue::{Ending, Reply};
use super::search::{Field, Search, Term};
use super::{Session, UidSet, causes, utf7};
use crate::mail::Deciding;
use crate::model::{Cause, Failure, Timestamp};
use std::io::Read;

/// The header by which a copy is known.
const FIELD: &str = "Message-ID";

/// A folder that has shown itself to be the account's Sent folder: only into this can anything be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFolder(String);

impl SentFolder {
    /// From a folder of the store. `None`: its role is another.
    pub fn of(folder: &crate::model::Folder) -> Option<Self> {
        (folder.role == crate::model::FolderRole::Sent).then(|| Self(folder.raw_name.clone()))
    }

    /// Its name as the server writes it.
    pub fn raw_name(&self) -> &str {
        &self.0
    }
}

impl Session {
    /// UIDs in an examined folder whose Message-ID is exactly this (without brackets): a SEARCH, each hit checked
    /// against its header.
    pub async fn find_by_message_id(&mut self, message_id: &str) -> Result<Vec<u32>, Failure> {
        self.must_be_open()?;
        if message_id.is_empty() {
            return Err(Failure::said(Cause::Unknown, "There is no Message-ID to look for."));
        }
        let field = Field::Header(FIELD.to_owned());
        let term = Term { field, text: format!("<{message_id}>"), also: None };
        let hits = self.search(&Search { any_of: vec![term], ..Search::default() }).await?;
        let uids: UidSet = hits.into_iter().collect();
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut headers = self.fetch_headers(&uids, &[FIELD], false)?;
        while let Some(item) = headers.next().await? {
            if Deciding::read(&item.header).message_id.as_deref() == Some(message_id) {
                found.push(item.uid);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Puts a copy of `size` bytes into Sent, marked as read (APPEND, RFC 9051 6.3.12); read in pieces, off the runtime. Over the server's APPENDLIMIT, or when it
    /// says no: a failure, and nothing is there. When the connection breaks it may be there or not: look again.
    pub async fn append_sent(
        &mut self,
        folder: &SentFolder,
        bytes: impl Read + Send + 'static,
        size: u64,
        date: Timestamp,
    ) -> Result<(), Failure> {
        let name = utf7::decode(folder.raw_name());
        if let Some(most) = self.capabilities.append_limit().filter(|most| size > *most) {
            let words = format!("The server stores {most} bytes; the mail has {size}.");
            return Err(Failure::said(Cause::MessageTooLarge, words).in_folder(name));
        }
        let mut command = self.command("APPEND ");
        command.string(folder.raw_name())?;
        command.words(" (\\Seen)");
        if let Some(date) = date_time(date) {
            command.words(&format!(" \"{date}\""));
        }
        let early = self.dialogue.start_with(command, size, bytes).await?;
        let reply = match early {
            Some(reply) if reply.is_ok() => {
                let words = format!("The server did not wait for the mail: {}", reply.words());
                return Err(Failure::said(Cause::Unknown, words).in_folder(name));
            }
            Some(reply) => reply,
            None => self.dialogue.end().await?,
        };
        if reply.is_ok() {
            return Ok(());
        }
        Err(Failure::said(refused(&reply), reply.words()).in_folder(name))
    }
}

/// Why a copy was not stored.
fn refused(reply: &Reply) -> Cause {
    let small = reply.text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|words| small.contains(words));
    match (reply.code.as_deref(), reply.ending) {
        (Some("TOOBIG"), _) => Cause::MessageTooLarge,
        (None, Ending::No) if has(&["quota", "mailbox full", "mailbox is full"]) => Cause::OverQuota,
        (None, Ending::No) if has(&["too large", "too big", "message size"]) => Cause::MessageTooLarge,
        (_, Ending::No) => causes::examine(reply),
        _ => causes::command(reply).unwrap_or(Cause::Unknown),
    }
}
