//! The one writer: a thread with two queues.

use super::{Result, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Whose work it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// A click: first.
    Person,
    /// A batch of a sync.
    Sync,
}

#[derive(Default)]
struct Queues {
    person: VecDeque<Job>,
    sync: VecDeque<Job>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
    wake: Condvar,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            while let Some(job) = next(&theirs) {
                job(&mut connection);
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(priority, move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }

    pub(super) async fn data_version(&self) -> Result<i64> {
        self.submit(Priority::Person, |connection| {
            Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
        })
        .await
    }

    async fn submit<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A panic in one job must not take the writer along. What it began was rolled back on unwinding.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(connection)))
                .unwrap_or(Err(StoreError::Closed));
            // Nobody waits any more when the task was cancelled; the work is done all the same.
            let _ = answer.send(result);
        });
        {
            let mut queues = self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
            match priority {
                Priority::Person => queues.person.push_back(job),
                Priority::Sync => queues.sync.push_back(job),
            }
        }
        self.shared.wake.notify_one();
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn next(shared: &Shared) -> Option<Job> {
    let mut queues = shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(job) = queues.person.pop_front() {
            return Some(job);
        }
        if let Some(job) = queues.sync.pop_front() {
            return Some(job);
        }
        if queues.closed {
            return None;
        }
        queues = shared.wake.wait(queues).unwrap_or_else(PoisonError::into_inner);
    }
}
