//! The guided test email.

use super::{Answer, TheShell};
use hatstand_engine::model::{AccountId, TestRunId};
use hatstand_engine::view::{DeleteFacts, TestChoices, TestRun};

/// What the wizard begins with.
#[tauri::command]
#[specta::specta]
pub(crate) async fn test_choices(shell: TheShell<'_>) -> Answer<TestChoices> {
    shell.engine()?.test_choices().await
}

/// Starts a run: to `address`, which must be the person's own and of no connected account; the contact and the project are made where there are none. Sends at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn begin_test(
    shell: TheShell<'_>,
    account_id: AccountId,
    address: String,
) -> Answer<TestRun> {
    shell.engine()?.begin_test(account_id, address).await
}

/// Every run, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn test_runs(shell: TheShell<'_>) -> Answer<Vec<TestRun>> {
    shell.engine()?.test_runs().await
}

/// One run.
#[tauri::command]
#[specta::specta]
pub(crate) async fn test_run(shell: TheShell<'_>, id: TestRunId) -> Answer<TestRun> {
    shell.engine()?.test_run(id).await
}

/// Looks at a waiting run's account now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_at_test(shell: TheShell<'_>, id: TestRunId) -> Answer<()> {
    shell.engine()?.look_at_test(id).await
}

/// Ends a run that waits.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_test(shell: TheShell<'_>, id: TestRunId) -> Answer<()> {
    shell.engine()?.stop_test(id).await
}

/// Brings in the reply that lies in Junk.
#[tauri::command]
#[specta::specta]
pub(crate) async fn bring_in_test_reply(shell: TheShell<'_>, id: TestRunId) -> Answer<()> {
    shell.engine()?.bring_in_test_reply(id).await
}

/// Adds the address that replied to the run's contact, and looks again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_test_address(shell: TheShell<'_>, id: TestRunId) -> Answer<()> {
    shell.engine()?.add_test_address(id).await
}

/// What removing a run's contact, project and mails would remove.
#[tauri::command]
#[specta::specta]
pub(crate) async fn clean_test_facts(shell: TheShell<'_>, id: TestRunId) -> Answer<DeleteFacts> {
    shell.engine()?.clean_test_facts(id).await
}

/// Removes what was made for a run here: contact, project, mails.
#[tauri::command]
#[specta::specta]
pub(crate) async fn clean_test(shell: TheShell<'_>, id: TestRunId) -> Answer<()> {
    shell.engine()?.clean_test(id).await
}
