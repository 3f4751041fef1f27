//! Lists every command that the window may call; what is not listed here cannot be called.

const COMMANDS: &[&str] = &[
    "account", "accounts", "add_contact", "add_project", "add_stranger", "answer_alias", "answer_moved_mailbox",
    "cancel_check", "connect_account", "contact", "contact_messages", "contacts", "count_earlier", "dashboard",
    "delete_account", "delete_contact", "delete_facts_of_account", "delete_facts_of_contact",
    "delete_facts_of_project", "delete_project", "edit_account", "edit_contact", "edit_project", "inline_image",
    "mark_done", "mark_read", "message", "move_message", "open_link", "open_page", "pause_account", "project",
    "project_threads", "projects", "provider_for", "providers", "reconnect_account", "resume_account",
    "save_attachment", "set_backfill", "set_settings", "settings", "sidebar", "stop_sync", "sync_now", "thread",
    "to_sort", "undo", "unlock_keychain",
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
