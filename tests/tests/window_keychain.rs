//! The keychain in the window: locked, gone and back, without an entry; and nothing is left in it when an account goes.

use std::time::Duration;

use hatstand_tests::cli::id;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Tone, Window};

const NORA: &str = "nora@noralind.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
/// A cycle on a machine that has other things to do.
const CYCLE: Duration = Duration::from_mins(1);
/// The first pause after a failure is half a minute, a tenth more or less; then comes the cycle.
const BY_ITSELF: Duration = Duration::from_secs(95);
const BEFORE: &str = "From before";
const AFTER: &str = "After the move";

struct Story {
    desk: Desk,
    window: Window,
}

#[test]
fn the_account_goes_on_when_the_keychain_is_back() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "secret")])?;
    let ines = id(&desk.cli.done(&["contact", "add", "--name", INES.0, "--email", INES.1])?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    desk.cli.connect(&desk.server, "nora", NORA, "secret")?.done()?;
    let window = desk.window()?;
    window.click("button", "Settings")?;
    window.wait_for_green(NORA)?;
    let mut story = Story { desk, window };
    story.it_is_locked_and_goes_on_by_itself()?;
    story.unlock_goes_on_at_once()?;
    story.it_is_gone_and_back()?;
    story.its_entry_is_gone()?;
    story.deleted_and_connected_again_nothing_is_there_twice()?;
    story.window.close()
}

impl Story {
    fn see(&self, name: &str) -> Outcome<()> {
        let file = root().join("screenshots").join(format!("{name}.png"));
        assert_eq!(self.window.inspect(&file)?, Vec::<String>::new(), "{name}");
        Ok(())
    }

    fn is_held_up(&self, words: &str) -> Outcome<()> {
        self.window.account_menu(NORA, "Sync now")?;
        let lock = self.window.wait_for_state(NORA, "lock", Tone::Amber, words, CYCLE)?;
        assert!(lock.words.contains("Held up"), "{lock:?}");
        assert_eq!(self.window.red_notices()?, Vec::<String>::new(), "the person has nothing to give");
        Ok(())
    }

    fn it_is_locked_and_goes_on_by_itself(&self) -> Outcome<()> {
        self.desk.keychain.lock()?;
        self.is_held_up("This computer’s keychain is locked.")?;
        self.desk.keychain.unlock()?;
        // Nobody clicks.
        self.window.wait_for_state(NORA, "circle-check", Tone::Green, "Last synced", BY_ITSELF)?;
        Ok(())
    }

    fn unlock_goes_on_at_once(&self) -> Outcome<()> {
        self.desk.keychain.lock()?;
        self.is_held_up("This computer’s keychain is locked.")?;
        self.see("keychain-locked")?;
        self.window.account_menu(NORA, "Reconnect")?;
        self.window.wait_for("This computer’s keychain is locked.")?;
        self.window.find("button", "Unlock the keychain")?;
        self.see("reconnect-unlock")?;
        self.window.click("button", "Cancel")?;
        self.desk.keychain.unlock()?;
        self.window.click_in_account(NORA, "Unlock the keychain")?;
        self.window.wait_for_green(NORA)?;
        Ok(())
    }

    fn it_is_gone_and_back(&mut self) -> Outcome<()> {
        self.desk.keychain.stop_service();
        self.is_held_up("This computer has no keychain that Hatstand can reach.")?;
        self.see("keychain-absent")?;
        self.desk.keychain.start_service()?;
        // On the same bus, with the same entry: nothing is typed, nobody clicks.
        self.window.wait_for_state(NORA, "circle-check", Tone::Green, "Last synced", BY_ITSELF)?;
        Ok(())
    }

    fn its_entry_is_gone(&self) -> Outcome<()> {
        self.desk.keychain.clear(SERVICE)?;
        let before = self.desk.server.mark()?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.wait_for_red(NORA, "This computer has no password for this mailbox.")?;
        assert_eq!(self.desk.server.sign_ins(before)?, [], "nothing to sign in with");
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.wait_for("This computer has no password for this mailbox.")?;
        self.see("reconnect-no-entry")?;
        self.window.fill("Password", "secret")?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        assert_eq!(self.desk.keychain.usernames(SERVICE)?.len(), 1);
        Ok(())
    }

    fn deleted_and_connected_again_nothing_is_there_twice(&self) -> Outcome<()> {
        self.desk.deliver("nora", INES, BEFORE, "Hello.\n")?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for(BEFORE)?;
        self.window.click("button", "Settings")?;
        self.window.account_menu(NORA, "Delete…")?;
        self.window.wait_for("1 message stays on this computer.")?;
        self.see("delete-keeping-the-mail")?;
        self.window.click_in("dialog", "", "button", "Delete")?;
        self.window.wait_for(&format!("{NORA} is deleted."))?;
        self.window.wait_for("No mailbox yet")?;
        assert_eq!(self.desk.keychain.count()?, 0, "no entry is left behind");

        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", NORA)?;
        self.window.press("Enter")?;
        self.window.fill("Incoming server (IMAP)", "localhost")?;
        self.window.fill("Port", &self.desk.server.imaps.to_string())?;
        self.window.click("checkbox", "This mailbox has an outgoing server")?;
        self.window.fill("User name", "nora")?;
        self.window.press("Enter")?;
        self.window.fill("Password", "secret")?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.desk.deliver("nora", INES, AFTER, "Hello again.\n")?;
        self.window.wait_for_green(NORA)?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for(AFTER)?;
        let shown = self.window.text()?;
        assert_eq!((shown.matches(BEFORE).count(), shown.matches(AFTER).count()), (1, 1), "{shown}");
        // Whoever deletes without a keychain in reach is not left with an entry either: see servers_hard_cases.
        Ok(())
    }
}
