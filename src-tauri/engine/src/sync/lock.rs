//! Two programs, one profile: locks of the operating system on files of the data folder.
//!
//! `app.lock` is held by the app for its life. `cycle.lock` is held while a cycle, or a change of an account,
//! runs, `outbox.lock` while mail is sent; within one program several holders share them.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How long a program waits for the other one's cycle.
pub const WAIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn try_lock(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Guards against a second app on the same data. Held until dropped.
#[derive(Debug)]
pub struct AppLock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl AppLock {
    /// `None`: another app holds it.
    pub fn take(dir: &Path) -> std::io::Result<Option<Self>> {
        std::fs::create_dir_all(dir)?;
        Ok(try_lock(&dir.join("app.lock"))?.map(Self))
    }
}

/// The cycle lock of a profile.
#[derive(Debug)]
pub struct CycleLock {
    path: PathBuf,
    held: Mutex<Weak<File>>,
}

/// Holds the cycle lock while it lives.
#[derive(Clone, Debug)]
pub struct CycleGuard(#[expect(dead_code, reason = "the lock is the open file")] Arc<File>);

impl CycleLock {
    /// Of the profile in `dir`.
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join("cycle.lock"), held: Mutex::default() }
    }

    /// The one under which mail is sent: two programs never send the same.
    pub fn of_outbox(dir: &Path) -> Self {
        Self { path: dir.join("outbox.lock"), held: Mutex::default() }
    }

    fn try_take(&self) -> std::io::Result<Option<CycleGuard>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = held.upgrade() {
            return Ok(Some(CycleGuard(file)));
        }
        Ok(try_lock(&self.path)?.map(|file| {
            let file = Arc::new(file);
            *held = Arc::downgrade(&file);
            CycleGuard(file)
        }))
    }

    /// Waits up to ten seconds. `None`: another program kept it.
    pub async fn take(&self) -> std::io::Result<Option<CycleGuard>> {
        let until = Instant::now() + WAIT;
        loop {
            if let Some(guard) = self.try_take()? {
                return Ok(Some(guard));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn holders_in_one_program_share_it_and_another_program_waits() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (CycleLock::new(dir.path()), CycleLock::new(dir.path()));
        let first = ours.take().await.unwrap().unwrap();
        let second = ours.take().await.unwrap().unwrap();
        drop(first);
        assert!(theirs.take().await.unwrap().is_none(), "the second holder still has it");
        drop(second);
        assert!(theirs.take().await.unwrap().is_some());
    }

    #[test]
    fn a_second_app_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let first = AppLock::take(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(AppLock::take(dir.path()).unwrap().is_none());
        drop(first);
        assert!(AppLock::take(dir.path()).unwrap().is_some());
    }
}
