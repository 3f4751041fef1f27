//! The outbox.

use super::{Answer, TheShell};
use hatstand_engine::model::{OutgoingId, ProjectId, UndeliveredId};
use hatstand_engine::view::{Outbox, OutgoingRow};

/// The outbox page.
#[tauri::command]
#[specta::specta]
pub(crate) async fn outbox(shell: TheShell<'_>) -> Answer<Outbox> {
    shell.engine()?.outbox().await
}

/// Mail of a project that has not become a message of it: drafts, and what waits, failed or is uncertain; newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn outgoing_of_project(
    shell: TheShell<'_>,
    project_id: ProjectId,
) -> Answer<Vec<OutgoingRow>> {
    shell.engine()?.outgoing_of_project(project_id).await
}

/// One outgoing mail.
#[tauri::command]
#[specta::specta]
pub(crate) async fn outgoing(shell: TheShell<'_>, id: OutgoingId) -> Answer<OutgoingRow> {
    shell.engine()?.outgoing(id).await
}

/// Sends what waits, is planned for later, or failed, now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_now(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.send_now(id).await
}

/// The person says that an uncertain mail arrived.
#[tauri::command]
#[specta::specta]
pub(crate) async fn confirm_arrived(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.confirm_arrived(id).await
}

/// The person wants an uncertain mail sent once more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_again(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.send_again(id).await
}

/// Takes a failed mail back into a draft.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_again(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.edit_again(id).await
}

/// Takes a sent mail off the outbox page, or throws a failed one away.
#[tauri::command]
#[specta::specta]
pub(crate) async fn dismiss_outgoing(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.dismiss_outgoing(id).await
}

/// Takes a "Not delivered" off the dashboard.
#[tauri::command]
#[specta::specta]
pub(crate) async fn dismiss_undelivered(shell: TheShell<'_>, id: UndeliveredId) -> Answer<()> {
    shell.engine()?.dismiss_undelivered(id).await
}
