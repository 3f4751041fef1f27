//! Email settings: the list of accounts.

use super::{Answer, TheShell};
use hatstand_engine::model::{AccountId, FolderId, Refusal};
use hatstand_engine::view::{AccountDetail, AccountRow, DeleteFacts};
use tauri_plugin_opener::OpenerExt;

/// Rows under "Incoming email".
#[tauri::command]
#[specta::specta]
pub(crate) async fn accounts(shell: TheShell<'_>) -> Answer<Vec<AccountRow>> {
    shell.engine()?.accounts().await
}

/// An account's page.
#[tauri::command]
#[specta::specta]
pub(crate) async fn account(shell: TheShell<'_>, id: AccountId) -> Answer<AccountDetail> {
    shell.engine()?.account(id).await
}

/// Changes aliases and folders.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_account(
    shell: TheShell<'_>,
    id: AccountId,
    aliases: Vec<String>,
    watched: Vec<FolderId>,
    sent_folders: Vec<FolderId>,
) -> Answer<()> {
    shell.engine()?.edit_account(id, aliases, Some(watched), Some(sent_folders)).await
}

/// Pauses an account.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pause_account(shell: TheShell<'_>, id: AccountId) -> Answer<()> {
    shell.engine()?.pause_account(id).await
}

/// Ends a pause.
#[tauri::command]
#[specta::specta]
pub(crate) async fn resume_account(shell: TheShell<'_>, id: AccountId) -> Answer<()> {
    shell.engine()?.resume_account(id).await
}

/// What becomes of an account's mail.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_facts_of_account(shell: TheShell<'_>, id: AccountId) -> Answer<DeleteFacts> {
    shell.engine()?.delete_facts_of_account(id).await
}

/// Deletes an account here; the mail server is not touched.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_account(shell: TheShell<'_>, id: AccountId, keep_mail: bool) -> Answer<()> {
    shell.engine()?.delete_account(id, keep_mail).await
}

/// Asks for a cycle of one account, or of all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_now(shell: TheShell<'_>, id: Option<AccountId>) -> Answer<()> {
    shell.engine()?.sync_now(id).await
}

/// Ends a running cycle.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_sync(shell: TheShell<'_>, id: AccountId) -> Answer<()> {
    shell.engine()?.stop_sync(id);
    Ok(())
}

/// Lets the keychain ask the person to unlock it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock_keychain(shell: TheShell<'_>) -> Answer<()> {
    shell.engine()?.unlock_keychain().await
}

/// The answer to "Your mailbox seems to have been moved".
#[tauri::command]
#[specta::specta]
pub(crate) async fn answer_moved_mailbox(shell: TheShell<'_>, id: AccountId, bring_in: bool) -> Answer<()> {
    shell.engine()?.answer_moved_mailbox(id, bring_in).await
}

/// The answer to "You also send as …".
#[tauri::command]
#[specta::specta]
pub(crate) async fn answer_alias(
    shell: TheShell<'_>,
    id: AccountId,
    address: String,
    add: bool,
) -> Answer<()> {
    shell.engine()?.answer_alias(id, address, add).await
}

/// Trusts a certificate no longer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_certificate(
    shell: TheShell<'_>,
    id: AccountId,
    fingerprint: String,
) -> Answer<()> {
    shell.engine()?.forget_certificate(id, &fingerprint).await
}

/// Opens a provider's own page in the browser, by its id.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_page(app: tauri::AppHandle, shell: TheShell<'_>, id: String) -> Answer<()> {
    let page = shell.engine()?.page(&id).ok_or_else(|| Refusal::not_found("page"))?;
    app.opener()
        .open_url(page, None::<&str>)
        .map_err(|error| Refusal::new("browser", format!("The browser could not be opened: {error}")))
}
