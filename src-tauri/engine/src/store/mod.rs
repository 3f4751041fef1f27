//! SQLite: the only place with SQL. One writer that takes what a person does first, many readers.
//!
//! Each table family has its file with functions over a connection; callers compose them inside
//! [`Store::write`] (one transaction) or [`Store::read`].

pub mod accounts;
pub mod answers;
#[cfg(test)]
mod answers_tests;
pub mod certificates;
pub mod contacts;
pub mod correspondence;
pub mod coverage;
pub mod cycles;
pub mod folders;
pub mod kept;
pub mod lists;
pub mod locations;
pub mod messages;
pub mod meta;
mod open;
#[cfg(test)]
mod open_tests;
pub mod outgoing;
#[cfg(test)]
mod outgoing_tests;
pub mod projects;
pub mod raw;
pub mod sending;
pub mod templates;
pub mod test_runs;
#[cfg(test)]
mod test_runs_tests;
#[cfg(test)]
pub(crate) mod tests;
pub mod threads;
pub mod troubleshoot;
pub mod undelivered;
pub mod undo;
mod writer;

use crate::model::{Cause, Failure, Refusal};
use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use writer::{Priority, Writer};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A file could not be read or written.
    #[error("a file: {0}")]
    Io(#[from] std::io::Error),
    /// A stored value cannot be read back.
    #[error("a stored value: {0}")]
    Value(#[from] serde_json::Error),
    /// The database is of a newer version; it was left untouched.
    #[error("the database has version {found}, this program knows up to {known}")]
    Newer {
        /// `PRAGMA user_version` of the file.
        found: i64,
        /// The newest migration here.
        known: i64,
    },
    /// The person asked for something that cannot be.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The failure that a person reads.
    pub fn failure(&self) -> Failure {
        use rusqlite::ErrorCode as Code;
        let cause = match self {
            Self::Newer { .. } => Cause::DatabaseNewer,
            Self::Sql(rusqlite::Error::SqliteFailure(e, _)) => match e.code {
                Code::DiskFull => Cause::DiskFull,
                Code::DatabaseBusy | Code::DatabaseLocked => Cause::DatabaseBusy,
                Code::DatabaseCorrupt | Code::NotADatabase => Cause::DatabaseDamaged,
                _ => Cause::Unknown,
            },
            Self::Io(e) if e.kind() == std::io::ErrorKind::StorageFull => Cause::DiskFull,
            _ => Cause::Unknown,
        };
        Failure::said(cause, self.to_string())
    }

    /// As a refusal, for what a person asked.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            other => other.failure().into(),
        }
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The profile's database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens (or makes) the database in `dir`, and migrates it after a copy.
    pub fn open(dir: &Path) -> Result<Self> {
        let connection = open::open(dir)?;
        let writer = Writer::start(connection)?;
        Ok(Self { inner: Arc::new(Inner { dir: dir.to_owned(), writer, readers: Mutex::default() }) })
    }

    /// Removes files of large mails that no message names.
    pub async fn sweep(&self) -> Result<()> {
        let dir = self.inner.dir.clone();
        self.read(move |db| raw::sweep(db, &dir)).await
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Runs `work` in one transaction, before any waiting batch of a sync. An error rolls it back.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writer.run(Priority::Person, work).await
    }

    /// Runs `work` in one transaction, behind what a person does. A batch should end at 50 ms or 4 MB.
    pub async fn write_batch<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writer.run(Priority::Sync, work).await
    }

    /// Runs `work` over a reading connection, off the async runtime.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            let pooled = inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match pooled {
                Some(connection) => connection,
                None => open::reader(&inner.dir)?,
            };
            let result = work(&connection);
            inner.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    /// A number that changes when another program has written.
    pub async fn foreign_version(&self) -> Result<i64> {
        self.inner.writer.data_version().await
    }
}

/// The stored text of an enum: its serde name.
fn text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// An enum from its stored text.
fn from_text<T: DeserializeOwned>(text: String) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(text))
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))
}

/// A value from its stored JSON.
fn from_json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))
}
