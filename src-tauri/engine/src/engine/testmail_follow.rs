//! The app follows the test emails that wait.

use super::events::Event;
use super::testmail::Judged;
use super::{Engine, Topic};
use crate::model::{CycleId, OutgoingState, Refusal, RunState, TestRunId};
use crate::store::{cycles, test_runs};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// While a run waits, the clock is looked at so often.
const TEND_EVERY: Duration = Duration::from_secs(5);

impl Engine {
    /// Follows the runs that wait, until closed: judges them whenever something changed, looks for their replies after
    /// each cycle, ends them after 45 minutes.
    pub(super) async fn follow_tests(&self) {
        tokio::select! {
            () = self.inner.end.cancelled() => {}
            () = self.follow_for_ever() => {}
        }
    }

    async fn follow_for_ever(&self) {
        let mut events = self.events();
        let mut looked = HashMap::new();
        self.resume_tests().await;
        loop {
            let waits = match self.tend_tests(&mut looked).await {
                Ok(waits) => waits,
                Err(refusal) => {
                    tracing::warn!("test emails: {refusal}");
                    true
                }
            };
            tokio::select! {
                () = news(&mut events) => {}
                () = tokio::time::sleep(TEND_EVERY), if waits => {}
            }
        }
    }

    /// Judges every run that waits. `looked`: after which cycle the server was looked at for it. `false`: none waits.
    async fn tend_tests(&self, looked: &mut HashMap<TestRunId, CycleId>) -> Result<bool, Refusal> {
        let mut waits = false;
        for run in self.read(test_runs::waiting).await? {
            let mut judged = Judged::of(&run);
            // One whose time is up ends after a last look.
            let last = judged.looks() && self.is_overdue(&run);
            if !last {
                judged = self.judge_test(run.id).await?;
            }
            if let Some(account) = judged.account.filter(|_| judged.looks()) {
                let latest = self.read(move |db| cycles::latest(db, account, 1)).await?;
                let cycle = latest.first().map(|cycle| cycle.id);
                let anew = cycle.is_some_and(|cycle| looked.insert(run.id, cycle) != Some(cycle));
                if anew {
                    // What a look meets, the next cycle meets too, and says it.
                    if let Err(refusal) = self.look_for_reply(run.id).await {
                        tracing::debug!("test email {}: {refusal}", run.id);
                    }
                }
                if anew || last {
                    judged = self.judge_test(run.id).await?;
                }
            } else if last {
                judged = self.judge_test(run.id).await?;
            }
            waits |= judged.state == RunState::Waiting;
        }
        Ok(waits)
    }

    /// A program died before it had put a run's mail into the outbox: it goes now.
    pub(super) async fn resume_tests(&self) {
        let waiting = self
            .read(|db| {
                let mut drafts = Vec::new();
                for run in test_runs::waiting(db)? {
                    let way = run.outgoing.map(|mail| test_runs::on_its_way(db, mail)).transpose()?.flatten();
                    if way.is_some_and(|way| way.state == OutgoingState::Draft) {
                        drafts.push(run.id);
                    }
                }
                Ok(drafts)
            })
            .await;
        for id in waiting.unwrap_or_default() {
            self.send_test_soon(id);
        }
    }
}

/// Waits for something that may change how a run stands.
async fn news(events: &mut broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Changed(Topic::Settings) | Event::TurnedRed(_) | Event::Checklist { .. }) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
