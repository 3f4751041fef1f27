//! Contacts.

use super::{Answer, TheShell};
use hatstand_engine::model::{AddressId, Backfill, ContactId, MessageId};
use hatstand_engine::view::{ContactDetail, ContactRow, DeleteFacts, MessageRow, Page};
use hatstand_engine::{ContactInput, EmailCount};

/// Contacts by name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn contacts(
    shell: TheShell<'_>,
    query: String,
    after: Option<String>,
) -> Answer<Page<ContactRow>> {
    shell.engine()?.contacts(query, after).await
}

/// A contact's page.
#[tauri::command]
#[specta::specta]
pub(crate) async fn contact(shell: TheShell<'_>, id: ContactId) -> Answer<ContactDetail> {
    shell.engine()?.contact_page(id).await
}

/// Saves a contact.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_contact(
    shell: TheShell<'_>,
    input: ContactInput,
    from_message: Option<MessageId>,
) -> Answer<ContactId> {
    shell.engine()?.add_contact(input, Backfill::None, from_message).await
}

/// Changes a contact.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_contact(shell: TheShell<'_>, id: ContactId, input: ContactInput) -> Answer<()> {
    shell.engine()?.edit_contact(id, input).await
}

/// Makes a contact of somebody who wrote in a thread.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_stranger(shell: TheShell<'_>, stranger_id: i64, name: String) -> Answer<ContactId> {
    shell.engine()?.add_stranger(stranger_id, name).await
}

/// Sets how much earlier mail of an address comes in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_backfill(
    shell: TheShell<'_>,
    address_id: AddressId,
    backfill: Backfill,
) -> Answer<()> {
    shell.engine()?.set_backfill(address_id, backfill).await
}

/// Asks the servers how many earlier messages of a contact they hold.
#[tauri::command]
#[specta::specta]
pub(crate) async fn count_earlier(shell: TheShell<'_>, contact_id: ContactId) -> Answer<Vec<EmailCount>> {
    shell.engine()?.count_earlier(contact_id).await
}

/// What becomes of a contact's mail.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_facts_of_contact(shell: TheShell<'_>, id: ContactId) -> Answer<DeleteFacts> {
    shell.engine()?.delete_facts_of_contact(id).await
}

/// Deletes a contact.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_contact(shell: TheShell<'_>, id: ContactId, keep_mail: bool) -> Answer<()> {
    shell.engine()?.delete_contact(id, keep_mail).await
}

/// A contact's mail.
#[tauri::command]
#[specta::specta]
pub(crate) async fn contact_messages(
    shell: TheShell<'_>,
    id: ContactId,
    after: Option<String>,
) -> Answer<Page<MessageRow>> {
    shell.engine()?.contact_messages(id, after).await
}
