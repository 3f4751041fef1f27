//! Writing: drafts, files, templates, signatures.

use super::{Answer, TheShell};
use hatstand_engine::model::{
    AccountId, Mailbox, OutgoingFileId, OutgoingId, Refusal, TemplateId, Timestamp,
};
use hatstand_engine::view::{
    BeginMail, Draft, DraftInput, Files, FilledTemplate, OutgoingRow, Template, TemplateInput,
};
use tauri_plugin_dialog::DialogExt;

/// Lets the person choose files and attaches them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attach_files(
    app: tauri::AppHandle,
    shell: TheShell<'_>,
    id: OutgoingId,
) -> Answer<Option<Files>> {
    let chosen = tauri::async_runtime::spawn_blocking(move || app.dialog().file().blocking_pick_files())
        .await
        .map_err(|error| Refusal::new("no_dialog", format!("The files could not be chosen: {error}")))?;
    let Some(chosen) = chosen else { return Ok(None) };
    let paths = chosen.into_iter().filter_map(|file| file.into_path().ok()).collect();
    shell.engine()?.attach_files(id, paths).await.map(Some)
}

/// Attaches files that were dropped on the window, by the number of the drop.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attach_dropped(
    drops: tauri::State<'_, crate::dropped::Drops>,
    shell: TheShell<'_>,
    id: OutgoingId,
    drop: u32,
) -> Answer<Files> {
    let paths = drops.take(drop).ok_or_else(|| Refusal::not_found("file"))?;
    shell.engine()?.attach_files(id, paths).await
}

/// Begins a mail and stores it as a draft.
#[tauri::command]
#[specta::specta]
pub(crate) async fn begin_mail(shell: TheShell<'_>, mail: BeginMail) -> Answer<Draft> {
    shell.engine()?.begin_mail(mail).await
}

/// A draft as it stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn draft(shell: TheShell<'_>, id: OutgoingId) -> Answer<Draft> {
    shell.engine()?.draft(id).await
}

/// Stores what was typed. A draft alone can be changed. Answers the moment at which it was saved.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_draft(shell: TheShell<'_>, id: OutgoingId, draft: DraftInput) -> Answer<Timestamp> {
    shell.engine()?.save_draft(id, draft).await
}

/// Throws a draft away.
#[tauri::command]
#[specta::specta]
pub(crate) async fn discard_draft(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.discard_draft(id).await
}

/// Takes an attached file off.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_file(
    shell: TheShell<'_>,
    id: OutgoingId,
    file_id: OutgoingFileId,
) -> Answer<Files> {
    shell.engine()?.remove_file(id, file_id).await
}

/// Puts a mail into the outbox: after the time to undo it goes, or `at` a later moment. Refused with the field that is wrong.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_mail(
    shell: TheShell<'_>,
    id: OutgoingId,
    at: Option<Timestamp>,
) -> Answer<OutgoingRow> {
    shell.engine()?.send_mail(id, at).await
}

/// Takes a mail that has not left back into a draft.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo_send(shell: TheShell<'_>, id: OutgoingId) -> Answer<()> {
    shell.engine()?.undo_send(id).await
}

/// Whom a few typed letters may mean: contacts first, then people written to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn people_named(shell: TheShell<'_>, typed: String) -> Answer<Vec<Mailbox>> {
    shell.engine()?.people_named(typed).await
}

/// All templates, by title.
#[tauri::command]
#[specta::specta]
pub(crate) async fn templates(shell: TheShell<'_>) -> Answer<Vec<Template>> {
    shell.engine()?.templates().await
}

/// Stores a template.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_template(shell: TheShell<'_>, template: TemplateInput) -> Answer<TemplateId> {
    shell.engine()?.save_template(template).await
}

/// Deletes a template.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_template(shell: TheShell<'_>, id: TemplateId) -> Answer<()> {
    shell.engine()?.delete_template(id).await
}

/// A template filled in for a draft.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fill_template(
    shell: TheShell<'_>,
    id: TemplateId,
    draft_id: OutgoingId,
) -> Answer<FilledTemplate> {
    shell.engine()?.fill_template(id, draft_id).await
}

/// Changes what an account's mails are signed with.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_sender(
    shell: TheShell<'_>,
    id: AccountId,
    name: String,
    signature: String,
) -> Answer<()> {
    shell.engine()?.set_sender(id, name, signature).await
}
