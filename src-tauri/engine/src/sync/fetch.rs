//! Fetching what was found, in batches that a click never waits for.

use super::intake::{Fetched, Ready, Taken, prepare, take_in};
use super::report::Progress;
use super::scan::name_folder;
use crate::imap::{Session, UidSet};
use crate::model::{Account, Failure, Timestamp};
use crate::store::coverage::{self, Wanted};
use crate::store::folders::Known;
use crate::store::{Store, accounts};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A batch over the wire ends here.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
const BATCH_MESSAGES: usize = 100;
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
    /// Fetches everything that is wanted of a folder. What is committed stays, whatever happens next.
    pub(super) async fn fetch(&mut self, known: &Known, wanted: Vec<Wanted>) -> Result<(), Failure> {
        let named = |failure| name_folder(failure, &known.folder.name);
        let examined = self.session.examine(&known.folder.raw_name).await.map_err(named)?;
        // Renumbered since it was looked into: the next cycle finds everything anew.
        let wanted: Vec<Wanted> =
            wanted.into_iter().filter(|wanted| wanted.uid_validity == examined.uid_validity).collect();
        let mut rest = wanted.as_slice();
        while let Some(first) = rest.first() {
            let (batch, others) =
                if first.size > RANGE { rest.split_at(1) } else { rest.split_at(small(rest)) };
            rest = others;
            let fetched = if first.size > RANGE {
                large(self.session, first, self.size_limit, self.progress).await
            } else {
                bodies(self.session, batch, self.progress).await
            };
            self.commit(batch, fetched.map_err(named)?).await?;
        }
        Ok(())
    }

    /// Parses off the runtime and stores in short transactions. What the server did not give is gone from there.
    async fn commit(&mut self, batch: &[Wanted], fetched: Vec<Fetched>) -> Result<(), Failure> {
        let now = self.now;
        let missing: Vec<Wanted> = batch
            .iter()
            .filter(|wanted| !fetched.iter().any(|fetched| fetched.wanted.uid == wanted.uid))
            .cloned()
            .collect();
        let bytes: u64 = fetched.iter().map(|fetched| fetched.bytes.len() as u64).sum();
        let dir = self.store.dir().to_owned();
        let mut ready: Vec<Ready> = tokio::task::spawn_blocking(move || {
            fetched.into_iter().map(|fetched| prepare(&dir, fetched, now)).collect::<Result<_, _>>()
        })
        .await
        .map_err(|_| Failure::of(crate::model::Cause::Unknown))??;
        let copied = u32::try_from(ready.len()).unwrap_or(u32::MAX);
        let id = self.account.id;
        self.store
            .write_batch(move |tx| {
                for wanted in &missing {
                    coverage::settle(tx, wanted.folder, wanted.uid)?;
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

/// How many messages from the start make one batch.
fn small(rest: &[Wanted]) -> usize {
    let mut bytes = 0_u64;
    rest.iter()
        .take(BATCH_MESSAGES)
        .take_while(|wanted| {
            bytes += u64::from(wanted.size);
            wanted.size <= RANGE && bytes <= BATCH_BYTES
        })
        .count()
        .max(1)
}

async fn bodies(
    session: &mut Session,
    batch: &[Wanted],
    progress: &Progress,
) -> Result<Vec<Fetched>, Failure> {
    let by_uid: HashMap<u32, &Wanted> = batch.iter().map(|wanted| (wanted.uid, wanted)).collect();
    let uids: UidSet = by_uid.keys().copied().collect();
    let mut fetched = Vec::with_capacity(batch.len());
    let mut bodies = session.fetch_bodies(&uids)?;
    while let Some((uid, bytes)) = bodies.next().await? {
        progress.update(|_| {});
        if let Some(wanted) = by_uid.get(&uid) {
            fetched.push(Fetched { wanted: (*wanted).clone(), bytes, partial: false });
        }
    }
    Ok(fetched)
}

async fn large(
    session: &mut Session,
    wanted: &Wanted,
    size_limit: u32,
    progress: &Progress,
) -> Result<Vec<Fetched>, Failure> {
    let partial = wanted.size > size_limit;
    let end = if partial { PARTIAL } else { u32::MAX };
    let mut bytes = Vec::new();
    loop {
        let offset = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let length = RANGE.min(end - offset);
        if length == 0 {
            break;
        }
        let Some(range) = session.fetch_range(wanted.uid, offset, length).await? else {
            return Ok(Vec::new());
        };
        progress.update(|_| {});
        let short = range.len() < length as usize;
        bytes.extend_from_slice(&range);
        // RFC822.SIZE may lie; what ends a message is a range that comes back short.
        if short || bytes.len() > size_limit as usize {
            break;
        }
    }
    Ok(vec![Fetched { wanted: wanted.clone(), bytes, partial }])
}
