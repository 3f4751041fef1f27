//! Messages: reading, moving, files and links.

use super::{Answer, TheShell};
use hatstand_engine::Opened;
use hatstand_engine::model::{MessageId, ProjectId, Refusal, ThreadId};
use hatstand_engine::view::{MessageRow, Page, ToSortRow, Undo};
use specta::Types;
use specta::datatype::DataType;
use tauri::ipc::{InvokeResponseBody, IpcResponse};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;

/// Bytes for the window: they travel as they are, an `ArrayBuffer` over there.
pub(crate) struct Bytes(Vec<u8>);

impl IpcResponse for Bytes {
    fn body(self) -> tauri::Result<InvokeResponseBody> {
        Ok(InvokeResponseBody::Raw(self.0))
    }
}

impl specta::Type for Bytes {
    fn definition(_: &mut Types) -> DataType {
        DataType::Reference(specta_typescript::define("ArrayBuffer"))
    }
}

/// What no rule could place.
#[tauri::command]
#[specta::specta]
pub(crate) async fn to_sort(shell: TheShell<'_>, after: Option<String>) -> Answer<Page<ToSortRow>> {
    shell.engine()?.to_sort(after).await
}

/// A thread, oldest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn thread(
    shell: TheShell<'_>,
    thread_id: ThreadId,
    project_id: Option<ProjectId>,
) -> Answer<Vec<MessageRow>> {
    shell.engine()?.thread(thread_id, project_id).await
}

/// A message opened for reading.
#[tauri::command]
#[specta::specta]
pub(crate) async fn message(shell: TheShell<'_>, id: MessageId) -> Answer<Opened> {
    shell.engine()?.open_message(id).await
}

/// Read here, or marked unread here.
#[tauri::command]
#[specta::specta]
pub(crate) async fn mark_read(shell: TheShell<'_>, id: MessageId, read: bool) -> Answer<()> {
    shell.engine()?.mark_read(id, read).await
}

/// Takes a message off "Needs a reply".
#[tauri::command]
#[specta::specta]
pub(crate) async fn mark_done(shell: TheShell<'_>, message_id: MessageId) -> Answer<Undo> {
    shell.engine()?.mark_done(message_id).await
}

/// Moves a message, or its thread from it on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_message(
    shell: TheShell<'_>,
    id: MessageId,
    project_id: Option<ProjectId>,
    whole_thread: bool,
) -> Answer<Undo> {
    shell.engine()?.move_message(id, project_id, whole_thread).await
}

/// Opens the n-th link of a message in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_link(
    app: tauri::AppHandle,
    shell: TheShell<'_>,
    message_id: MessageId,
    n: u32,
) -> Answer<()> {
    let address = shell.engine()?.link(message_id, n).await?;
    app.opener()
        .open_url(address, None::<&str>)
        .map_err(|error| Refusal::new("browser", format!("The browser could not be opened: {error}")))
}

/// Saves an attachment where the person says. `false`: they changed their mind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_attachment(
    app: tauri::AppHandle,
    shell: TheShell<'_>,
    message_id: MessageId,
    index: u32,
) -> Answer<bool> {
    let (file, bytes) = shell.engine()?.attachment(message_id, index).await?;
    let failed = |error: String| Refusal::new("not_saved", format!("The file could not be saved: {error}"));
    tauri::async_runtime::spawn_blocking(move || {
        let chosen = app.dialog().file().set_file_name(&file.name).blocking_save_file();
        let Some(path) = chosen else { return Ok(false) };
        let path = path.into_path().map_err(|error| failed(error.to_string()))?;
        std::fs::write(path, bytes).map_err(|error| failed(error.to_string()))?;
        Ok(true)
    })
    .await
    .map_err(|error| failed(error.to_string()))?
}

/// An image that a message's body refers to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inline_image(
    shell: TheShell<'_>,
    message_id: MessageId,
    content_id: String,
) -> Answer<Bytes> {
    let (_, bytes) = shell.engine()?.inline_image(message_id, content_id).await?;
    Ok(Bytes(bytes))
}
