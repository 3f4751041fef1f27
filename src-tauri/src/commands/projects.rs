//! Projects.

use super::{Answer, TheShell};
use hatstand_engine::ProjectInput;
use hatstand_engine::model::{ProjectId, ProjectStatus};
use hatstand_engine::view::{DeleteFacts, Page, ProjectDetail, ProjectRow, ThreadRow};

/// Projects, active ones first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects(shell: TheShell<'_>, status: Option<ProjectStatus>) -> Answer<Vec<ProjectRow>> {
    shell.engine()?.projects(status).await
}

/// A project's page.
#[tauri::command]
#[specta::specta]
pub(crate) async fn project(shell: TheShell<'_>, id: ProjectId) -> Answer<ProjectDetail> {
    shell.engine()?.project_page(id).await
}

/// Makes a project.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_project(shell: TheShell<'_>, input: ProjectInput) -> Answer<ProjectId> {
    shell.engine()?.add_project(input).await
}

/// Changes a project.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_project(shell: TheShell<'_>, id: ProjectId, input: ProjectInput) -> Answer<()> {
    shell.engine()?.edit_project(id, input).await
}

/// What becomes of a project's mail.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_facts_of_project(shell: TheShell<'_>, id: ProjectId) -> Answer<DeleteFacts> {
    shell.engine()?.delete_facts_of_project(id).await
}

/// Deletes a project.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_project(shell: TheShell<'_>, id: ProjectId, keep_mail: bool) -> Answer<()> {
    shell.engine()?.delete_project(id, keep_mail).await
}

/// A project's mail by thread.
#[tauri::command]
#[specta::specta]
pub(crate) async fn project_threads(
    shell: TheShell<'_>,
    id: ProjectId,
    after: Option<String>,
) -> Answer<Page<ThreadRow>> {
    shell.engine()?.project_threads(id, after).await
}
