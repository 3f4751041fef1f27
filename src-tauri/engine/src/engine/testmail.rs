//! Guided test emails.

use super::Engine;
use crate::model::{AccountId, Refusal, TestRunId};
use crate::view::{DeleteFacts, TestChoices, TestRun};

impl Engine {
    /// What the wizard begins with.
    pub async fn test_choices(&self) -> Result<TestChoices, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Starts a run: to `address`, which must be the person's own and of no connected account; the contact and the project are made where there are none. Sends at once.
    pub async fn begin_test(&self, _account_id: AccountId, _address: String) -> Result<TestRun, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Every run, newest first.
    pub async fn test_runs(&self) -> Result<Vec<TestRun>, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// One run.
    pub async fn test_run(&self, _id: TestRunId) -> Result<TestRun, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Looks at a waiting run's account now.
    pub async fn look_at_test(&self, _id: TestRunId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Ends a run that waits.
    pub async fn stop_test(&self, _id: TestRunId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Brings in the reply that lies in Junk.
    pub async fn bring_in_test_reply(&self, _id: TestRunId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Adds the address that replied to the run's contact, and looks again.
    pub async fn add_test_address(&self, _id: TestRunId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// What removing a run's contact, project and mails would remove.
    pub async fn clean_test_facts(&self, _id: TestRunId) -> Result<DeleteFacts, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Removes what was made for a run here: contact, project, mails.
    pub async fn clean_test(&self, _id: TestRunId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }
}
