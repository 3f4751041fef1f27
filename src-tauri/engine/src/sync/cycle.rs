//! One sync cycle: one pass over every watched folder of one account.

use super::fetch::{Brought, Fetching};
use super::matching::{Book, MOVED_MAILBOX};
use super::report::{CycleReport, Phase, Progress};
use super::scan::{Before, Found, look};
use super::watched;
use crate::auth::Auth;
use crate::imap::{Connection, Session};
use crate::model::{Account, Cause, CycleId, Failure, Timestamp};
use crate::net::network::NetworkId;
use crate::net::{Counters, Deadlines, Terms};
use crate::secrets::{Credentials, Prompt};
use crate::store::contacts::Stranger;
use crate::store::cycles::{self, Ended, Outcome};
use crate::store::folders::{self, Known};
use crate::store::{
    Store, StoreError, accounts, certificates, contacts, coverage, locations, messages, meta, threads,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A cycle that makes no step for so long is ended.
const WATCHDOG: Duration = Duration::from_mins(2);
/// How often the watchdog looks.
const WATCHDOG_LOOKS: Duration = Duration::from_secs(5);

/// What every cycle needs.
#[derive(Clone)]
pub struct Context {
    /// The profile's database.
    pub store: Store,
    /// What accounts sign in with.
    pub auth: Arc<Auth>,
    /// Reads the wall clock.
    pub now: fn() -> Timestamp,
    /// Names the network this machine is in; `None`: it is in none, or that cannot be told. May block for a moment.
    pub network: Arc<dyn Fn() -> Option<NetworkId> + Send + Sync>,
    /// How long the network may take.
    pub deadlines: Deadlines,
    /// A message larger than this is stored in part, in bytes.
    pub size_limit: u32,
}

impl Context {
    /// The network this machine is in now.
    pub async fn network(&self) -> Option<NetworkId> {
        let look = Arc::clone(&self.network);
        tokio::task::spawn_blocking(move || look()).await.ok().flatten()
    }
}

/// What a cycle counts while it goes.
#[derive(Default)]
struct Tally {
    headers_seen: u32,
    brought: Brought,
    failures: Vec<Failure>,
}

/// Runs one cycle and notes it in the history. Cancelling ends it at the next await; what is committed stays.
pub async fn run(
    context: &Context,
    account: &Account,
    prompt: Prompt,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<CycleReport, StoreError> {
    let began = Instant::now();
    let started_at = (context.now)();
    let id = account.id;
    let network = context.network().await;
    let cycle = context
        .store
        .write(move |tx| cycles::begin(tx, id, started_at, network.as_ref().map(NetworkId::as_str)))
        .await?;
    let counters = Arc::new(Counters::default());
    let mut tally = Tally::default();
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        () = watchdog(progress, &counters) => Some(Err(Failure::said(Cause::TimedOut, "no progress for two minutes"))),
        result = pass(context, account, prompt, progress, &counters, &mut tally) => Some(result),
    };
    let outcome = match outcome {
        None => Outcome::Cancelled,
        Some(result) => {
            if let Err(failure) = result {
                let failure = perhaps_banned(context, account, failure).await?;
                tally.failures.push(failure);
            }
            if tally.failures.is_empty() { Outcome::Success } else { Outcome::Failed }
        }
    };
    finish(context, account, cycle, outcome, &tally, &counters, began).await
}

async fn finish(
    context: &Context,
    account: &Account,
    cycle: CycleId,
    outcome: Outcome,
    tally: &Tally,
    counters: &Counters,
    began: Instant,
) -> Result<CycleReport, StoreError> {
    let report = CycleReport {
        outcome,
        failures: tally.failures.clone(),
        new_messages: tally.brought.new_messages,
        filed: tally.brought.filed,
        to_sort: tally.brought.to_sort,
        headers_seen: tally.headers_seen,
        bytes_in: counters.bytes_in(),
        round_trips: counters.round_trips(),
        took: began.elapsed(),
    };
    let ended = Ended {
        at: (context.now)(),
        outcome,
        failures: report.failures.clone(),
        new_messages: report.new_messages,
        headers_seen: report.headers_seen,
        bytes_in: report.bytes_in,
    };
    let id = account.id;
    let headers = u64::from(report.headers_seen);
    context
        .store
        .write(move |tx| {
            cycles::end(tx, cycle, &ended)?;
            accounts::add_figures(tx, id, headers, 0, 0)?;
            if outcome == Outcome::Success {
                accounts::mark_success(tx, id, meta::awake_ms(tx)?)?;
            }
            Ok(())
        })
        .await?;
    Ok(report)
}

/// Ends when nothing moved for two minutes: no step, no byte.
async fn watchdog(progress: &Progress, counters: &Counters) {
    let look = || (progress.steps(), counters.bytes_in());
    let mut last = (look(), Instant::now());
    loop {
        tokio::time::sleep(WATCHDOG_LOOKS).await;
        let now = look();
        if now != last.0 {
            last = (now, Instant::now());
        } else if last.1.elapsed() >= WATCHDOG {
            return;
        }
    }
}

/// A server that refuses connections after it refused sign-ins may have banned this computer.
async fn perhaps_banned(
    context: &Context,
    account: &Account,
    failure: Failure,
) -> Result<Failure, StoreError> {
    if !matches!(failure.cause, Cause::ConnectionRefused | Cause::TimedOut) {
        return Ok(failure);
    }
    let id = account.id;
    let latest = context.store.read(move |db| cycles::latest(db, id, 10)).await?;
    let refused = latest
        .iter()
        .take_while(|cycle| cycle.outcome != Outcome::Success)
        .flat_map(|cycle| &cycle.failures)
        .any(|failure| super::retry::secret_was_refused(failure.cause));
    Ok(if refused { Failure { cause: Cause::PerhapsBanned, ..failure } } else { failure })
}

/// Reads the secret, connects and signs in. The secret is read before the dial: a locked keychain is said as such,
/// whatever the network does. An access token that the server refuses before its time is renewed and tried once more;
/// a password never is.
pub(crate) async fn sign_in(
    context: &Context,
    account: &Account,
    prompt: Prompt,
    counters: &Arc<Counters>,
) -> Result<Session, Failure> {
    let credentials = context.auth.credentials(account, prompt).await?;
    let failure = match sign_in_with(context, account, &credentials, counters).await {
        Err(failure) if failure.cause == Cause::SignInExpired => failure,
        other => return other,
    };
    match context.auth.after_refusal(account, &credentials, prompt).await? {
        Some(renewed) => sign_in_with(context, account, &renewed, counters).await,
        None => Err(failure),
    }
}

async fn sign_in_with(
    context: &Context,
    account: &Account,
    credentials: &Credentials,
    counters: &Arc<Counters>,
) -> Result<Session, Failure> {
    let proxy = context.store.read(meta::proxy).await.map_err(|error| error.failure())?;
    let host = &account.incoming.host;
    let terms = Terms::of(account, host, proxy);
    let connection =
        Connection::open(&account.incoming, &terms, Arc::clone(counters), &context.deadlines).await?;
    if let Some(issuer) =
        connection.verified_issuer().filter(|issuer| terms.known_issuer.as_deref() != Some(issuer))
    {
        let (id, host, issuer) = (account.id, host.clone(), issuer.to_owned());
        context
            .store
            .write_batch(move |tx| certificates::set_known_issuer(tx, id, &host, &issuer))
            .await
            .map_err(|error| error.failure())?;
    }
    connection.sign_in(&account.username, credentials).await
}

async fn pass(
    context: &Context,
    account: &Account,
    prompt: Prompt,
    progress: &Progress,
    counters: &Arc<Counters>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut session = sign_in(context, account, prompt, counters).await?;
    progress.update(|now| now.phase = Phase::Looking);

    let watched = list(context, account, &mut session).await?;
    let gmail = session.capabilities().gmail();
    let id = account.id;
    let book = context
        .store
        .read(|db| Ok(Book::new(contacts::all_addresses(db)?, accounts::own_addresses(db)?)))
        .await
        .map_err(|error| error.failure())?;

    let total = u32::try_from(watched.len()).unwrap_or(u32::MAX);
    progress.update(|now| now.total = total);
    let mut read = Vec::new();
    for known in watched {
        progress.update(|now| now.folder = Some(known.folder.name.clone()));
        let before = before(context, known, (context.now)()).await?;
        match look(&mut session, &book, &before, gmail).await {
            Ok(found) => {
                tally.headers_seen += found.headers_seen;
                read.push((before.known, found));
            }
            // One folder that refuses does not keep the others from being read.
            Err(failure) if failure.cause == Cause::FolderRefused || failure.cause == Cause::FolderGone => {
                tally.failures.push(failure);
            }
            Err(failure) => return Err(failure),
        }
        progress.update(|now| now.done += 1);
    }

    ask_about_moved(context, &mut read).await?;
    let mut to_fetch = Vec::new();
    let mut total = 0;
    for (known, found) in read {
        let folder = known.folder.id;
        let count = context
            .store
            .write_batch(move |tx| {
                note(tx, id, folder, &found)?;
                coverage::count_to_fetch(tx, folder)
            })
            .await
            .map_err(|error| error.failure())?;
        if count > 0 {
            total += count;
            to_fetch.push(known);
        }
    }
    progress.update(|now| (now.phase, now.done, now.total) = (Phase::BringingIn, 0, total));
    let mut fetching = Fetching {
        session: &mut session,
        store: &context.store,
        account,
        size_limit: context.size_limit,
        now: (context.now)(),
        progress,
        brought: &mut tally.brought,
    };
    // What the server failed to deliver before comes last, in every folder, so that it stops nothing else.
    for (known, again) in
        to_fetch.iter().map(|known| (known, false)).chain(to_fetch.iter().map(|known| (known, true)))
    {
        progress.update(|now| now.folder = Some(known.folder.name.clone()));
        let result = if again { fetching.retry(known).await } else { fetching.fetch(known).await };
        match result {
            Ok(()) => {}
            Err(failure) if failure.cause == Cause::FolderRefused || failure.cause == Cause::FolderGone => {
                let over = fetching.session.is_over();
                tally.failures.push(failure);
                if over {
                    return Ok(());
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    session.logout().await;
    Ok(())
}

/// Rule 7 looks at the whole cycle before anything of it is fetched. Mail that is here already only gains a place:
/// nobody is asked about it.
async fn ask_about_moved(context: &Context, read: &mut [(Known, Found)]) -> Result<(), Failure> {
    let ids: Vec<String> =
        read.iter().flat_map(|(_, found)| found.moved.iter().map(|(_, id)| id.clone())).collect();
    if ids.len() < MOVED_MAILBOX {
        return Ok(());
    }
    let here: HashSet<String> = context
        .store
        .read(move |db| {
            let mut here = HashSet::new();
            for id in ids {
                if messages::is_known(db, &id)? {
                    here.insert(id);
                }
            }
            Ok(here)
        })
        .await
        .map_err(|error| error.failure())?;
    for (_, found) in &mut *read {
        found.moved.retain(|(_, id)| !here.contains(id));
    }
    if read.iter().map(|(_, found)| found.moved.len()).sum::<usize>() >= MOVED_MAILBOX {
        for (_, found) in read {
            for (index, _) in &found.moved {
                found.wanted[*index].ask = true;
            }
        }
    }
    Ok(())
}

/// Lists the folders and stores the listing; what is watched comes back.
async fn list(context: &Context, account: &Account, session: &mut Session) -> Result<Vec<Known>, Failure> {
    let listed = session.list(false).await?;
    let gmail = session.capabilities().gmail();
    let id = account.id;
    context
        .store
        .write_batch(move |tx| {
            let (folders, hidden) = watched::folders(&listed, gmail);
            folders::replace_listing(tx, id, &folders)?;
            accounts::set_all_mail_hidden(tx, id, hidden)?;
            Ok(folders::all(tx, id)?.into_iter().filter(|known| known.folder.watched).collect())
        })
        .await
        .map_err(|error| error.failure())
}

async fn before(context: &Context, known: Known, now: Timestamp) -> Result<Before, Failure> {
    context
        .store
        .read(move |db| {
            let folder = known.folder.id;
            Ok(Before {
                coverage: coverage::of_folder(db, folder)?,
                located: locations::known_uids(db, folder)?,
                waiting: coverage::waiting_uids(db, folder)?,
                reports_since: super::undelivered::since(db, now)?,
                known,
            })
        })
        .await
        .map_err(|error| error.failure())
}

/// Commits what a look into a folder found, together with its cursor.
fn note(
    tx: &rusqlite::Connection,
    account: crate::model::AccountId,
    folder: crate::model::FolderId,
    found: &Found,
) -> Result<(), StoreError> {
    if found.renumbered {
        folders::forget_uids(tx, folder)?;
    }
    folders::set_cursor(tx, folder, &found.cursor)?;
    for (address, covered) in &found.coverage {
        coverage::set(tx, folder, *address, covered)?;
    }
    for uid in &found.gone {
        locations::remove(tx, folder, *uid)?;
    }
    for (uid, seen) in &found.seen {
        locations::set_seen(tx, folder, *uid, *seen)?;
    }
    for wanted in &found.wanted {
        coverage::want(tx, wanted)?;
    }
    for report in &found.reports {
        super::undelivered::take(tx, report)?;
    }
    for sender in &found.senders {
        accounts::set_alias(tx, account, sender, "asked")?;
    }
    for unknown in &found.unknown {
        if messages::is_known(tx, &unknown.message_id)? {
            continue;
        }
        if let Some(thread) = threads::filed_thread(tx, &unknown.refers_to)? {
            contacts::note_stranger(
                tx,
                &Stranger {
                    id: 0,
                    thread,
                    message_id: unknown.message_id.clone(),
                    address: unknown.address.clone(),
                    name: unknown.name.clone(),
                    date: unknown.date,
                },
            )?;
        }
    }
    Ok(())
}
