//! Guided test emails.

use super::{Engine, Topic};
use crate::compose::queue::{When, queue};
use crate::model::{
    AccountId, Backfill, ContactAddress, ContactId, CopyState, OutgoingState, Refusal, RunState, TestRunId,
    TestStepName, TestStepState,
};
use crate::store::test_runs::{self, Run};
use crate::store::{StoreError, accounts, contacts, cycles};
use crate::sync::{bring_in, find, refile_to_sort};
use crate::testmail::{self, LIMIT_MS};
use crate::view::{DeleteFacts, TestChoices, TestRun};

impl Engine {
    /// What the wizard begins with.
    pub async fn test_choices(&self) -> Result<TestChoices, Refusal> {
        let (interval, now) = (self.interval_ms().await, self.now());
        self.read(move |db| testmail::choices(db, interval, now)).await
    }

    /// Starts a run: to `address`, which must be the person's own and of no connected account; the contact and the
    /// project are made where there are none. Its mail leaves at once; how far it is shows in the run.
    pub async fn begin_test(&self, account_id: AccountId, address: String) -> Result<TestRun, Refusal> {
        let id = self.store_test(account_id, address).await?;
        self.send_test_soon(id);
        self.test_run(id).await
    }

    /// The same, to a contact's first address, and waits until the mail was sent or was not, and its copy was seen to.
    pub async fn start_test(&self, account_id: AccountId, contact_id: ContactId) -> Result<TestRun, Refusal> {
        let address = self.contact(contact_id).await?.addresses.into_iter().next();
        let address = address.ok_or_else(|| Refusal::not_found("address"))?.address;
        self.run_test(account_id, address.to_string()).await
    }

    /// Begins a run and waits until its mail was sent or was not, and its copy was seen to.
    pub(super) async fn run_test(&self, account_id: AccountId, address: String) -> Result<TestRun, Refusal> {
        let cycles = self.read(move |db| cycles::latest(db, account_id, 1)).await?;
        if cycles.is_empty() {
            // A first look into a folder sees no delivery report: it must not be the one after the mail. What this one
            // meets, the next one says.
            let _ = self.sync(account_id).await;
        }
        // Held until the mail has left: the same as for a cycle.
        let _guard = self.scheduler().cycle_guard().await?;
        let id = self.store_test(account_id, address).await?;
        self.send_test(id).await?;
        self.copy_test(id).await?;
        self.judge_test(id).await?;
        self.test_run(id).await
    }

    /// Every run, newest first.
    pub async fn test_runs(&self) -> Result<Vec<TestRun>, Refusal> {
        let show_mail = self.settings().await?.show_mail_on_dashboard;
        self.read(move |db| {
            test_runs::all(db)?.iter().map(|run| testmail::show(db, run, show_mail)).collect()
        })
        .await
    }

    /// One run.
    pub async fn test_run(&self, id: TestRunId) -> Result<TestRun, Refusal> {
        let show_mail = self.settings().await?.show_mail_on_dashboard;
        self.read(move |db| testmail::show(db, &test_runs::get(db, id)?, show_mail)).await
    }

    /// Asks for a look at every mailbox now, that of a waiting run first: a reply may have come to another one.
    pub async fn look_at_test(&self, id: TestRunId) -> Result<(), Refusal> {
        let (run, all) = self.read(move |db| Ok((test_runs::get(db, id)?, accounts::all(db)?))).await?;
        if run.state == RunState::Waiting {
            for account in all {
                self.scheduler().ask(account.id);
            }
        }
        Ok(())
    }

    /// Goes on with a run that waits: sends what a program that died had not handed over, runs one cycle (of the other
    /// mailboxes too, when no reply came to its own), looks for its reply, and says how it stands.
    pub async fn check_test(&self, id: TestRunId) -> Result<TestRun, Refusal> {
        let run = self.read(move |db| test_runs::get(db, id)).await?;
        if run.state == RunState::Waiting && self.go_on(&run).await? {
            self.copy_test(id).await?;
            if let Some(account) = run.account {
                self.sync(account).await?;
            }
            if self.is_overdue(&run) {
                // The last look: it ends in a moment.
                let _ = self.look_for_reply(id).await;
            }
            if self.judge_test(id).await?.looks() {
                // What a look meets, the cycle before it met too, and it stands in the diagnosis.
                let _ = self.look_for_reply(id).await;
                if self.judge_test(id).await?.looks() {
                    self.look_elsewhere(&run).await?;
                    self.judge_test(id).await?;
                }
            }
        }
        self.test_run(id).await
    }

    /// Goes on with the mail of a run whose program died. `false`: that ended the run.
    async fn go_on(&self, run: &Run) -> Result<bool, Refusal> {
        let Some(mail) = run.outgoing else { return Ok(true) };
        // Nobody else is sending it: whoever begins a test from a terminal holds it too.
        let _guard = self.scheduler().cycle_guard().await?;
        let way = self.read(move |db| test_runs::on_its_way(db, mail)).await?;
        match way.map(|way| (way.state, way.handed_over)) {
            // After that time it does not go any more.
            Some((OutgoingState::Draft | OutgoingState::Queued | OutgoingState::Sending, false))
                if self.is_overdue(run) => {}
            // What either meets stands in the run.
            Some((OutgoingState::Draft, _)) => drop(self.send_test(run.id).await),
            Some((OutgoingState::Queued | OutgoingState::Sending, _)) => drop(self.send_one(mail).await),
            _ => return Ok(true),
        }
        Ok(self.judge_test(run.id).await?.state == RunState::Waiting)
    }

    pub(super) fn is_overdue(&self, run: &Run) -> bool {
        self.now().since(run.started_at) >= LIMIT_MS
    }

    /// The reply may have come to another mailbox.
    async fn look_elsewhere(&self, run: &Run) -> Result<(), Refusal> {
        for account in self.read(accounts::all).await? {
            if Some(account.id) != run.account && !account.paused {
                self.sync(account.id).await?;
            }
        }
        Ok(())
    }

    /// Ends a run that waits.
    pub async fn stop_test(&self, id: TestRunId) -> Result<(), Refusal> {
        let now = self.now();
        self.write(move |tx| {
            let stopped = test_runs::stop(tx, id, now)?;
            let mail = test_runs::get(tx, id)?.outgoing;
            match mail.filter(|_| stopped) {
                Some(mail) => test_runs::withdraw(tx, mail),
                None => Ok(()),
            }
        })
        .await?;
        self.tell(Topic::TestRuns);
        Ok(())
    }

    /// Brings in the reply that lies in Junk.
    pub async fn bring_in_test_reply(&self, id: TestRunId) -> Result<(), Refusal> {
        let (run, contact) = self.read(move |db| with_contact(db, id)).await?;
        let account_id = run.account.ok_or_else(|| Refusal::not_found("account"))?;
        let account = self.read(move |db| accounts::get(db, account_id)).await?;
        {
            let _turn = self.scheduler().turn(account_id).await;
            let _guard = self.scheduler().cycle_guard().await?;
            let looked = find(self.context(), &account, &testmail::search(&run)).await?;
            let Some((hit, from)) = testmail::reply_to_bring_in(&looked.hits, &run, &contact) else {
                let sentence = "The reply is not in Junk any more. Look again in a moment.";
                return Err(Refusal::new("not_found", sentence));
            };
            bring_in(self.context(), &account, hit, from.id).await?;
        }
        self.mended(id).await
    }

    /// Adds the address that replied to the run's contact, and looks again.
    pub async fn add_test_address(&self, id: TestRunId) -> Result<(), Refusal> {
        let now = self.now();
        self.write(move |tx| {
            let run = test_runs::get(tx, id)?;
            let contact = run.contact.ok_or_else(|| Refusal::not_found("contact"))?;
            let from = run.found.and_then(|found| found.from).ok_or_else(|| Refusal::not_found("address"))?;
            // The reply is older than this moment.
            contacts::add_address(tx, contact, &from, now, Backfill::Since(run.started_at))?;
            refile_to_sort(tx)
        })
        .await?;
        self.tell(Topic::Contacts);
        self.mended(id).await?;
        self.look_at_test(id).await
    }

    /// What removing a run's contact, project and mails would remove.
    pub async fn clean_test_facts(&self, id: TestRunId) -> Result<DeleteFacts, Refusal> {
        let removal = self.read(move |db| testmail::removal(db, &test_runs::get(db, id)?)).await?;
        let messages = u32::try_from(removal.messages.len()).unwrap_or(u32::MAX);
        Ok(DeleteFacts { messages, sentence: removal.sentence() })
    }

    /// Removes what was made for a run here: contact, project, mails.
    pub async fn clean_test(&self, id: TestRunId) -> Result<(), Refusal> {
        self.write(move |tx| {
            let run = test_runs::get(tx, id)?;
            if run.state == RunState::Waiting {
                return Err(Refusal::new("test_waits", "This test still waits. Stop it first.").into());
            }
            testmail::clean(tx, &run)
        })
        .await?;
        for topic in [Topic::TestRuns, Topic::Contacts, Topic::Projects, Topic::Messages, Topic::Outbox] {
            self.tell(topic);
        }
        Ok(())
    }

    /// Finds out how a run stands and stores it.
    pub(super) async fn judge_test(&self, id: TestRunId) -> Result<Judged, Refusal> {
        let (now, show_mail) = (self.now(), self.settings().await?.show_mail_on_dashboard);
        let facts =
            self.read(move |db| testmail::gather(db, test_runs::get(db, id)?, show_mail, now)).await?;
        let run = &facts.run;
        if run.state != RunState::Waiting {
            return Ok(Judged::of(run));
        }
        let findings = testmail::judge(&facts, now);
        let before = (&run.state, &run.steps, &run.diagnosis, &run.reply);
        if before == (&findings.state, &findings.steps, &findings.diagnosis, &findings.reply) {
            return Ok(Judged::of(run));
        }
        let message_id = run.message_id.clone();
        let noted = self
            .write(move |tx| {
                let run = test_runs::get(tx, id)?;
                let too_long = now.since(run.started_at) >= LIMIT_MS;
                let checks = if findings.state == RunState::Failed && too_long {
                    testmail::troubleshoot(tx, &run, now)?
                } else {
                    run.checks.clone()
                };
                let changed = test_runs::note(tx, id, &findings, &checks, now)?;
                if let Some(mail) = run.outgoing {
                    test_runs::set_mail(tx, id, mail, &message_id)?;
                    if changed && findings.state == RunState::Failed {
                        // What has not left does not go out after the run is over.
                        test_runs::withdraw(tx, mail)?;
                    }
                }
                test_runs::get(tx, id)
            })
            .await?;
        self.tell(Topic::TestRuns);
        Ok(Judged::of(&noted))
    }

    /// Looks at the server for a reply that the rules do not bring in, and notes what it found.
    pub(super) async fn look_for_reply(&self, id: TestRunId) -> Result<(), Refusal> {
        let (run, contact) = self.read(move |db| with_contact(db, id)).await?;
        let Some(account_id) = run.account else { return Ok(()) };
        let _turn = self.scheduler().turn(account_id).await;
        let account = self.read(move |db| accounts::get(db, account_id)).await?;
        if account.paused || self.secret_refused(account_id).await? {
            return Ok(());
        }
        let (found, whole) = {
            let _guard = self.scheduler().cycle_guard().await?;
            match testmail::look(self.context(), &account, &run, &contact).await {
                Ok(found) => found,
                Err(failure) => {
                    // A refusal is remembered like any other, wherever it was met.
                    if crate::sync::retry::secret_was_refused(failure.cause) {
                        self.scheduler().note_failure(account_id, failure.clone()).await?;
                        self.tell(Topic::Accounts);
                    }
                    return Err(failure.into());
                }
            }
        };
        let at = whole.then(|| self.now());
        self.write(move |tx| test_runs::set_found(tx, id, found.as_ref(), at)).await
    }

    /// What kept a reply from counting is mended: the run is judged anew, also one that had come to nothing.
    async fn mended(&self, id: TestRunId) -> Result<(), Refusal> {
        self.write(move |tx| {
            test_runs::set_found(tx, id, None, None)?;
            test_runs::reopen(tx, id)
        })
        .await?;
        self.judge_test(id).await?;
        for topic in [Topic::TestRuns, Topic::Messages, Topic::Projects] {
            self.tell(topic);
        }
        Ok(())
    }

    /// Checks what was chosen and stores the run with its mail.
    pub(super) async fn store_test(
        &self,
        account_id: AccountId,
        typed: String,
    ) -> Result<TestRunId, Refusal> {
        let _guard = self.scheduler().cycle_guard().await?;
        let (now, random) = (self.now(), random());
        let id = self
            .write(move |tx| {
                let ready = testmail::choose(tx, account_id, &typed, now)?;
                testmail::begin(tx, ready, random, now)
            })
            .await?;
        self.judge_test(id).await?;
        for topic in [Topic::TestRuns, Topic::Contacts, Topic::Projects] {
            self.tell(topic);
        }
        // Its cycles come quicker from now on.
        self.scheduler().poke();
        Ok(id)
    }

    pub(super) fn send_test_soon(&self, id: TestRunId) {
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(refusal) = engine.send_test(id).await {
                tracing::warn!("test email {id}: {refusal}");
            }
        });
    }

    /// Sends a run's mail, without the time to take it back, and waits for what comes of it. What cannot even be queued
    /// ends the run.
    async fn send_test(&self, id: TestRunId) -> Result<(), Refusal> {
        let Some(mail) = self.read(move |db| Ok(test_runs::get(db, id)?.outgoing)).await? else {
            return Ok(());
        };
        let now = self.now();
        let when = When { now, send_at: now, later: false };
        let random = uuid::Uuid::new_v4().into_bytes();
        let queued = match queue(self.store(), mail, when, random).await.map_err(StoreError::refusal) {
            // It was taken up at the app's start meanwhile: its way is waited for all the same.
            Err(refusal) if refusal.code == "not_a_draft" => Ok(()),
            queued => queued,
        };
        let sent = match queued {
            Ok(()) => {
                // Left and accepted are seen while it is on its way.
                self.judge_test(id).await?;
                self.send_one(mail).await.map(drop)
            }
            Err(refusal) => Err(refusal),
        };
        self.judge_test(id).await?;
        let Err(refusal) = sent else { return Ok(()) };
        let words = refusal.clone();
        let ended = self.write(move |tx| testmail::give_up(tx, id, &words, now)).await?;
        self.tell(Topic::TestRuns);
        if ended { Err(refusal) } else { Ok(()) }
    }

    /// Sees to the copy in Sent of a run's mail, where that is still to be done. It holds nothing up.
    async fn copy_test(&self, id: TestRunId) -> Result<(), Refusal> {
        let wanted = self
            .read(move |db| {
                let Some(mail) = test_runs::get(db, id)?.outgoing else { return Ok(None) };
                let way = test_runs::on_its_way(db, mail)?;
                Ok(way.filter(|way| way.copy == CopyState::Wanted).map(|_| mail))
            })
            .await?;
        if let Some(mail) = wanted
            && let Err(refusal) = self.copy_one(mail).await
        {
            tracing::debug!("test email {id}: its copy has to wait: {refusal}");
        }
        Ok(())
    }
}

/// A run as it was judged last.
pub(super) struct Judged {
    pub(super) state: RunState,
    pub(super) account: Option<AccountId>,
    waits_for_reply: bool,
}

impl Judged {
    pub(super) fn of(run: &Run) -> Self {
        let running = |step: &crate::model::TestStep| {
            step.name == TestStepName::ReplySeen && step.state == TestStepState::Running
        };
        Self { state: run.state, account: run.account, waits_for_reply: run.steps.iter().any(running) }
    }

    /// A look at the server may find its reply.
    pub(super) fn looks(&self) -> bool {
        self.state == RunState::Waiting && self.waits_for_reply
    }
}

fn with_contact(db: &rusqlite::Connection, id: TestRunId) -> Result<(Run, Vec<ContactAddress>), StoreError> {
    let run = test_runs::get(db, id)?;
    let contact = run.contact.map(|contact| contacts::addresses(db, contact)).transpose()?;
    Ok((run, contact.unwrap_or_default()))
}

/// 40 random bits.
fn random() -> [u8; 5] {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]]
}
