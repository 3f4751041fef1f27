//! Dashboard, sidebar, settings, undo.

use super::{Answer, TheShell};
use hatstand_engine::Settings;
use hatstand_engine::view::{Dashboard, Sidebar};

/// The sidebar.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sidebar(shell: TheShell<'_>) -> Answer<Sidebar> {
    shell.engine()?.sidebar().await
}

/// The dashboard.
#[tauri::command]
#[specta::specta]
pub(crate) async fn dashboard(shell: TheShell<'_>) -> Answer<Dashboard> {
    shell.engine()?.dashboard().await
}

/// The settings.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settings(shell: TheShell<'_>) -> Answer<Settings> {
    shell.engine()?.settings().await
}

/// Stores the settings.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_settings(shell: TheShell<'_>, s: Settings) -> Answer<()> {
    shell.engine()?.set_settings(s).await
}

/// Takes something back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo(shell: TheShell<'_>, undo_id: i64) -> Answer<()> {
    shell.engine()?.undo(undo_id).await
}
