//! The window's TypeScript calls and types, generated from the Rust ones.

use crate::commands::{accounts, common, compose, connect, mail, outbox, people, projects, testmail};
use crate::events::{Changed, Checklist, FilesDropped, FilesOver, Show, TurnedRed};
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands, collect_events};

/// Every command and event of the window.
pub(crate) fn builder() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .error_handling(ErrorHandlingMode::Throw)
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
        .commands(collect_commands![
            accounts::account,
            accounts::accounts,
            accounts::answer_alias,
            accounts::answer_moved_mailbox,
            accounts::delete_account,
            accounts::delete_facts_of_account,
            accounts::edit_account,
            accounts::forget_certificate,
            accounts::open_page,
            accounts::pause_account,
            accounts::resume_account,
            accounts::stop_sync,
            accounts::sync_now,
            accounts::unlock_keychain,
            common::dashboard,
            common::set_settings,
            common::settings,
            common::sidebar,
            common::undo,
            compose::attach_dropped,
            compose::attach_files,
            compose::begin_mail,
            compose::delete_template,
            compose::discard_draft,
            compose::draft,
            compose::fill_template,
            compose::people_named,
            compose::remove_file,
            compose::save_draft,
            compose::save_template,
            compose::send_mail,
            compose::set_sender,
            compose::templates,
            compose::undo_send,
            connect::advanced,
            connect::await_browser_sign_in,
            connect::begin_browser_sign_in,
            connect::cancel_check,
            connect::connect_account,
            connect::find_servers,
            connect::open_sign_in_again,
            connect::providers,
            connect::reconnect_account,
            connect::set_client,
            connect::set_proxy,
            connect::what_is_wrong,
            mail::inline_image,
            mail::mark_done,
            mail::mark_read,
            mail::message,
            mail::move_message,
            mail::open_link,
            mail::save_attachment,
            mail::thread,
            mail::to_sort,
            outbox::confirm_arrived,
            outbox::dismiss_outgoing,
            outbox::dismiss_undelivered,
            outbox::edit_again,
            outbox::outbox,
            outbox::outgoing,
            outbox::outgoing_of_project,
            outbox::send_again,
            outbox::send_now,
            people::add_contact,
            people::add_stranger,
            people::contact,
            people::contact_messages,
            people::contacts,
            people::count_earlier,
            people::delete_contact,
            people::delete_facts_of_contact,
            people::edit_contact,
            people::set_backfill,
            projects::add_project,
            projects::delete_facts_of_project,
            projects::delete_project,
            projects::edit_project,
            projects::project,
            projects::project_threads,
            projects::projects,
            testmail::add_test_address,
            testmail::begin_test,
            testmail::bring_in_test_reply,
            testmail::clean_test,
            testmail::clean_test_facts,
            testmail::look_at_test,
            testmail::stop_test,
            testmail::test_choices,
            testmail::test_run,
            testmail::test_runs,
        ])
        .events(collect_events![Changed, Checklist, FilesDropped, FilesOver, Show, TurnedRed])
}

#[cfg(test)]
mod tests {
    use specta_typescript::Typescript;

    /// Writes the file anew; it fails when what lay there was stale, so that a change of a command cannot land
    /// without its TypeScript.
    #[test]
    fn the_typescript_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/lib/bindings.ts");
        let before = std::fs::read_to_string(path).unwrap_or_default();
        let header = "// The commands and events of the window. Generated from the Rust ones: do not edit.\n";
        super::builder().export(Typescript::default().header(header), path).unwrap();
        let after = std::fs::read_to_string(path).unwrap();
        assert!(before == after, "ui/src/lib/bindings.ts was stale; it has been written anew");
    }

    #[test]
    fn every_command_is_granted_and_none_more() {
        let build = include_str!("../build.rs");
        let capability = include_str!("../capabilities/main.json");
        let source = include_str!("bindings.rs");
        let listed: std::collections::BTreeSet<&str> = source
            .lines()
            .filter_map(|line| line.trim().strip_suffix(','))
            .filter_map(|line| line.split_once("::"))
            .filter(|(module, _)| {
                [
                    "accounts", "common", "compose", "connect", "mail", "outbox", "people", "projects",
                    "testmail",
                ]
                .contains(module)
            })
            .map(|(_, name)| name)
            .collect();
        assert!(listed.len() > 40);
        for name in &listed {
            assert!(build.contains(&format!("\"{name}\"")), "{name} is missing from build.rs");
            let grant = format!("\"allow-{}\"", name.replace('_', "-"));
            assert!(capability.contains(&grant), "{name} is not granted");
        }
        assert_eq!(capability.matches("\"allow-").count(), listed.len());
        assert_eq!(capability.matches("\"core:").count(), 2, "the window has no other permission");
    }
}
