//! The one thing that is written on a mail server: a copy of sent mail in the Sent folder.

use super::Session;
use crate::model::{Failure, Timestamp};

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
    pub async fn find_by_message_id(&mut self, _message_id: &str) -> Result<Vec<u32>, Failure> {
        Err(Failure::of(crate::model::Cause::Unknown))
    }

    /// Puts a copy into Sent, marked as read (APPEND, RFC 9051 6.3.12). Over the server's APPENDLIMIT, or when it
    /// says no: a failure, and nothing is there.
    pub async fn append_sent(
        &mut self,
        _folder: &SentFolder,
        _bytes: &[u8],
        _date: Timestamp,
    ) -> Result<(), Failure> {
        Err(Failure::of(crate::model::Cause::Unknown))
    }
}
