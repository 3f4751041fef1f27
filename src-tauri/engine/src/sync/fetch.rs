//! Fetching what was found, in batches that a click never waits for.

use super::intake::{Fetched, Ready, Taken, prepare, take_in};
use super::report::Progress;
use super::scan::name_folder;
use crate::imap::{Session, UidSet};
use crate::model::{Account, Cause, Failure, FolderId, Timestamp};
use crate::store::coverage::{self, Wanted};
use crate::store::folders::Known;
use crate::store::{Store, accounts};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A batch over the wire ends here.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
const BATCH_MESSAGES: u32 = 100;
/// Larger bodies come in ranges, since a literal is buffered whole.
const RANGE: u32 = 1024 * 1024;
/// Of a message over the limit so much is stored: header, text and structure.
const PARTIAL: u32 = 256 * 1024;
/// A transaction of a sync ends here, so that a click never waits for it.
const WRITE_FOR: Duration = Duration::from_millis(50);

/// What one folder's fetching brought.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    pub new_messages: u32,
    pub filed: u32,
    pub to_sort: u32,
    pub bytes: u64,
}

/// Fetching for one account in one cycle.
pub(super) struct Fetching<'a> {
    pub session: &'a mut Session,
    pub store: &'a Store,
    pub account: &'a Account,
    pub size_limit: u32,
    pub now: Timestamp,
    pub progress: &'a Progress,
    pub brought: &'a mut Brought,
}

impl Fetching<'_> {
    /// Fetches everything that is wanted of a folder, but for what the server failed to deliver before. What is
    /// committed stays, whatever happens next.
    pub(super) async fn fetch(&mut self, known: &Known) -> Result<(), Failure> {
        let valid = self.open(known).await?;
        let folder = known.folder.id;
        let mut after = 0;
        let mut undelivered = None;
        loop {
            // Read anew for each batch: a contact may be removed meanwhile, and its mail is then of nobody.
            let rest = self.read(move |db| coverage::to_fetch(db, folder, after, BATCH_MESSAGES)).await?;
            let Some(last) = rest.last() else { break };
            // Renumbered since it was looked into: the next cycle finds everything anew.
            let rest: Vec<Wanted> =
                rest.iter().filter(|wanted| wanted.uid_validity == valid).cloned().collect();
            let batch = small(&rest);
            after = batch.last().map_or(last.uid, |wanted| wanted.uid);
            if let Some(failure) = self.batch(known, batch).await? {
                undelivered = Some(failure);
            }
        }
        undelivered.map_or(Ok(()), Err)
    }

    /// Tries once more what the server failed to deliver, one by one. It comes last, so that it stops nothing else.
    pub(super) async fn retry(&mut self, known: &Known) -> Result<(), Failure> {
        let folder = known.folder.id;
        let failed = self.read(move |db| coverage::to_retry(db, folder, BATCH_MESSAGES)).await?;
        if failed.is_empty() {
            return Ok(());
        }
        let valid = self.open(known).await?;
        let mut undelivered = None;
        for wanted in failed.into_iter().filter(|wanted| wanted.uid_validity == valid) {
            let uid = wanted.uid;
            match self.batch(known, &[wanted]).await {
                Ok(failure) => undelivered = failure.or(undelivered),
                Err(failure) => return Err(not_delivered(known, uid, failure.server_said.as_deref())),
            }
        }
        undelivered.map_or(Ok(()), Err)
    }

    async fn open(&mut self, known: &Known) -> Result<u32, Failure> {
        let examined = self.session.examine(&known.folder.raw_name).await;
        Ok(examined.map_err(|failure| name_folder(failure, &known.folder.name))?.uid_validity)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> crate::store::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.store.read(work).await.map_err(|error| error.failure())
    }

    /// Fetches one batch and commits what came of it, also when the server failed in the middle. A message that is
    /// there but was not delivered is noted and comes back as a failure of its folder.
    async fn batch(&mut self, known: &Known, batch: &[Wanted]) -> Result<Option<Failure>, Failure> {
        let Some(first) = batch.first() else { return Ok(None) };
        let mut fetched = Vec::with_capacity(batch.len());
        let result = if first.size > RANGE {
            large(self.session, first, self.size_limit, self.progress, &mut fetched).await
        } else {
            bodies(self.session, batch, self.progress, &mut fetched).await
        };
        let missing: Vec<u32> = batch
            .iter()
            .map(|wanted| wanted.uid)
            .filter(|uid| !fetched.iter().any(|fetched| fetched.wanted.uid == *uid))
            .collect();
        let folder = known.folder.id;
        if let Err(failure) = result {
            // Servers answer in the order of UIDs: the first that did not come is the one they failed at.
            self.commit(folder, fetched, Vec::new(), missing.first().copied().into_iter().collect()).await?;
            let failure = name_folder(failure, &known.folder.name);
            // The connection broke; the server said nothing about coming back later.
            let broke = failure.cause == Cause::TryLater;
            return Err(if broke { Failure { cause: Cause::TimedOut, ..failure } } else { failure });
        }
        let there = if missing.is_empty() {
            Vec::new()
        } else {
            self.session.existing(&missing.iter().copied().collect()).await?
        };
        let gone = missing.into_iter().filter(|uid| !there.contains(uid)).collect();
        let failure = there.first().map(|uid| not_delivered(known, *uid, None));
        self.commit(folder, fetched, gone, there).await?;
        Ok(failure)
    }

    /// Parses off the runtime and stores in short transactions. `gone` left the server meanwhile, `failed` is there
    /// and was not delivered.
    async fn commit(
        &mut self,
        folder: FolderId,
        fetched: Vec<Fetched>,
        gone: Vec<u32>,
        failed: Vec<u32>,
    ) -> Result<(), Failure> {
        let now = self.now;
        let bytes: u64 = fetched.iter().map(|fetched| fetched.bytes.len() as u64).sum();
        let dir = self.store.dir().to_owned();
        let mut ready: Vec<Ready> = tokio::task::spawn_blocking(move || {
            fetched.into_iter().map(|fetched| prepare(&dir, fetched, now)).collect::<Result<_, _>>()
        })
        .await
        .map_err(|_| Failure::of(Cause::Unknown))??;
        let copied = u32::try_from(ready.len()).unwrap_or(u32::MAX);
        let id = self.account.id;
        self.store
            .write_batch(move |tx| {
                for uid in gone {
                    coverage::settle(tx, folder, uid)?;
                }
                for uid in failed {
                    coverage::note_failed(tx, folder, uid)?;
                }
                accounts::add_figures(tx, id, 0, u64::from(copied), bytes)
            })
            .await
            .map_err(|error| error.failure())?;
        self.brought.bytes += bytes;
        ready.reverse();
        while !ready.is_empty() {
            let (left, taken) = self
                .store
                .write_batch(move |tx| {
                    let started = Instant::now();
                    let mut taken = Vec::new();
                    while started.elapsed() < WRITE_FOR
                        && let Some(next) = ready.pop()
                    {
                        taken.push(take_in(tx, &next)?);
                    }
                    Ok((ready, taken))
                })
                .await
                .map_err(|error| error.failure())?;
            ready = left;
            for taken in &taken {
                match taken {
                    Taken::Known => {}
                    Taken::Filed => self.brought.filed += 1,
                    Taken::ToSort => self.brought.to_sort += 1,
                }
            }
            self.brought.new_messages = self.brought.filed + self.brought.to_sort;
            let done = u32::try_from(taken.len()).unwrap_or(0);
            self.progress.update(|now| now.done += done);
        }
        Ok(())
    }
}

/// The messages from the start that make one batch; a large one is a batch by itself.
fn small(rest: &[Wanted]) -> &[Wanted] {
    let mut bytes = 0_u64;
    let count = rest
        .iter()
        .take_while(|wanted| {
            bytes += u64::from(wanted.size);
            wanted.size <= RANGE && bytes <= BATCH_BYTES
        })
        .count();
    &rest[..count.max(1).min(rest.len())]
}

fn not_delivered(known: &Known, uid: u32, words: Option<&str>) -> Failure {
    let words = format!("message {uid} could not be fetched. {}", words.unwrap_or_default());
    Failure::said(Cause::FolderRefused, words.trim_end()).in_folder(&known.folder.name)
}

async fn bodies(
    session: &mut Session,
    batch: &[Wanted],
    progress: &Progress,
    fetched: &mut Vec<Fetched>,
) -> Result<(), Failure> {
    let by_uid: HashMap<u32, &Wanted> = batch.iter().map(|wanted| (wanted.uid, wanted)).collect();
    let uids: UidSet = by_uid.keys().copied().collect();
    let mut bodies = session.fetch_bodies(&uids)?;
    while let Some((uid, bytes)) = bodies.next().await? {
        progress.update(|_| {});
        if let Some(wanted) = by_uid.get(&uid) {
            fetched.push(Fetched { wanted: (*wanted).clone(), bytes, partial: false });
        }
    }
    Ok(())
}

async fn large(
    session: &mut Session,
    wanted: &Wanted,
    size_limit: u32,
    progress: &Progress,
    fetched: &mut Vec<Fetched>,
) -> Result<(), Failure> {
    let mut partial = wanted.size > size_limit;
    let end = if partial { PARTIAL } else { size_limit };
    let mut bytes = Vec::new();
    loop {
        let offset = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let length = RANGE.min(end.saturating_sub(offset));
        if length == 0 {
            // RFC822.SIZE said less than there is: what is over the limit stays on the server.
            partial = true;
            break;
        }
        // What ends a message is a range that comes back short; some servers say nothing past the end.
        let Some(range) = session.fetch_range(wanted.uid, offset, length).await? else { break };
        progress.update(|_| {});
        let short = range.len() < length as usize;
        bytes.extend_from_slice(&range);
        if short {
            break;
        }
    }
    if !bytes.is_empty() {
        fetched.push(Fetched { wanted: wanted.clone(), bytes, partial });
    }
    Ok(())
}
