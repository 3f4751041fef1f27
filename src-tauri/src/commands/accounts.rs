//! Email settings, and the sheets that connect and reconnect.

use super::{Answer, TheShell};
use hatstand_engine::connect::providers::{self, Provider};
use hatstand_engine::model::{AccountId, Endpoint, FolderId, Refusal};
use hatstand_engine::secrets::Secret;
use hatstand_engine::view::{AccountDetail, AccountRow, DeleteFacts};
use hatstand_engine::{ConnectRequest, Outgoing};
use serde::Deserialize;
use tauri_plugin_opener::OpenerExt;

/// What was typed to connect an account.
#[derive(Deserialize, specta::Type)]
#[serde(rename = "ConnectRequest")]
pub(crate) struct Typed {
    email: String,
    aliases: Vec<String>,
    username: Option<String>,
    incoming: Endpoint,
    outgoing: Option<Endpoint>,
    provider: String,
    password: String,
}

impl From<Typed> for ConnectRequest {
    fn from(typed: Typed) -> Self {
        Self {
            email: typed.email,
            aliases: typed.aliases,
            username: typed.username,
            incoming: Some(typed.incoming),
            outgoing: typed.outgoing.map_or(Outgoing::None, Outgoing::Given),
            provider: Some(typed.provider),
            ca_pem: None,
            password: Secret::new(typed.password),
        }
    }
}

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

/// The provider table.
#[tauri::command]
#[specta::specta]
pub(crate) fn providers() -> Vec<Provider> {
    providers::all().to_vec()
}

/// The provider of an address.
#[tauri::command]
#[specta::specta]
pub(crate) async fn provider_for(shell: TheShell<'_>, email: String) -> Answer<String> {
    shell.engine()?.provider_for(email).await
}

/// Runs the checklist and stores the account when every line is green.
#[tauri::command]
#[specta::specta]
pub(crate) async fn connect_account(shell: TheShell<'_>, run: String, request: Typed) -> Answer<AccountId> {
    shell.engine()?.connect_account(run, request.into()).await
}

/// Runs the checklist with a new password, stores it when it worked, and syncs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn reconnect_account(
    shell: TheShell<'_>,
    run: String,
    id: AccountId,
    password: String,
) -> Answer<()> {
    shell.engine()?.reconnect_account(run, id, Secret::new(password)).await
}

/// Ends a running checklist.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_check(shell: TheShell<'_>, run: String) -> Answer<()> {
    shell.engine()?.cancel_check(&run);
    Ok(())
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

/// Opens the provider's own help page in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_page(app: tauri::AppHandle, provider: String) -> Answer<()> {
    let page = providers::get(&provider)
        .and_then(|provider| provider.page.clone())
        .ok_or_else(|| Refusal::not_found("page"))?;
    app.opener()
        .open_url(page, None::<&str>)
        .map_err(|error| Refusal::new("browser", format!("The browser could not be opened: {error}")))
}
