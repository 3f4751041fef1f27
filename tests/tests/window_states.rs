//! What the row of a mailbox shows when something goes wrong with it, and how it gets well again.

use std::path::PathBuf;
use std::time::Duration;

use hatstand_tests::ca::Certificate;
use hatstand_tests::cli::id;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{AccountLook, Desk, Tone, Window};

const NORA: &str = "nora@noralind.example";
const STUDIO: &str = "studio@noralind.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
/// A cycle on a machine that has other things to do.
const CYCLE: Duration = Duration::from_mins(1);
/// The first pause after a failure is half a minute, a tenth more or less; then comes the cycle.
const BY_ITSELF: Duration = Duration::from_secs(95);

struct Story {
    desk: Desk,
    window: Window,
}

#[test]
fn a_mailbox_says_what_is_wrong_and_gets_well_again() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "secret"), ("studio", "other-secret")])?;
    desk.cli.connect(&desk.server, "nora", NORA, "secret")?.done()?;
    desk.cli.connect(&desk.server, "studio", STUDIO, "other-secret")?.done()?;
    let ines = id(&desk.cli.done(&["contact", "add", "--name", INES.0, "--email", INES.1])?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    let window = desk.window()?;
    window.click("button", "Settings")?;
    let mut story = Story { desk, window };
    story.is_green(NORA)?;
    story.is_green(STUDIO)?;
    story.see("connected")?;

    story.the_password_is_changed()?;
    story.the_password_is_typed()?;
    story.the_server_stops_and_comes_back()?;
    story.the_mailbox_is_paused()?;
    story.the_keychain_is_locked()?;
    story.the_certificate_expires()?;
    story.the_mailboxes_are_deleted()?;
    story.window.close()
}

impl Story {
    fn is_green(&self, email: &str) -> Outcome<AccountLook> {
        self.window.wait_for_state(email, "circle-check", Tone::Green, "Last synced", CYCLE)
    }

    fn menu(&self, email: &str, item: &str) -> Outcome<()> {
        self.window.click("button", &format!("More for {email}"))?;
        self.window.click("menuitem", item)
    }

    /// A picture, and a look at the accessibility of what it shows.
    fn see(&self, name: &str) -> Outcome<()> {
        self.window.screenshot(&picture(name))?;
        assert_eq!(self.window.axe()?, [], "{name}");
        Ok(())
    }

    fn health(&self, words: &str) -> Outcome<()> {
        self.window.until(&format!("the sidebar to say “{words}”"), |window| {
            Ok(window.texts("[data-testid=health]")?.iter().any(|text| text.contains(words)))
        })
    }

    fn mail_is_in_the_project(&self, subject: &str) -> Outcome<()> {
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for(subject)?;
        self.window.click("button", "Settings")
    }

    fn the_password_is_changed(&mut self) -> Outcome<()> {
        self.desk.server.set_password("nora", "changed")?;
        self.desk.deliver("nora", INES, "While you were away", "It waits on the server.\n")?;
        self.menu(NORA, "Sync now")?;
        let sentence = "The mail server does not accept the password.";
        let red = self.window.wait_for_state(NORA, "circle-x", Tone::Red, sentence, CYCLE)?;
        assert!(red.words.contains("Needs reconnecting"), "{red:?}");
        let other = self.is_green(STUDIO)?;
        assert!(!other.row.contains("password"), "{other:?}");
        self.health("1 account needs you")?;
        self.see("state-needs-reconnecting")
    }

    fn the_password_is_typed(&self) -> Outcome<()> {
        self.window.click("button", "Reconnect")?;
        self.window.wait_for("Mail that arrived since waits on the server")?;
        self.see("reconnect")?;
        self.window.fill("Password", "no-idea")?;
        self.window.click("button", "Check and save")?;
        self.window.wait_for("That did not work yet")?;
        self.window.wait_for("delete it and connect anew")?;
        self.see("reconnect-failed")?;
        assert!(self.desk.keychain.search(SERVICE)?.contains("secret = secret"), "the saved one stays");
        self.window.click("button", "Back")?;
        assert_eq!(self.window.value("Password")?, "no-idea");
        self.window.fill("Password", "changed")?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.wait_for("1 message came in.")?;
        self.see("reconnected")?;
        assert!(self.desk.keychain.search(SERVICE)?.contains("secret = changed"));
        self.window.click("button", "Close")?;
        self.is_green(NORA)?;
        self.mail_is_in_the_project("While you were away")
    }

    fn the_server_stops_and_comes_back(&mut self) -> Outcome<()> {
        self.desk.server.stop();
        self.menu(NORA, "Sync now")?;
        let cloud = self.window.wait_for_state(NORA, "cloud-off", Tone::Grey, "trying again", CYCLE)?;
        assert!(cloud.words.contains("No connection since"), "{cloud:?}");
        assert!(cloud.row.contains("The mail server refuses the connection."), "{cloud:?}");
        self.see("state-unreachable")?;
        self.desk.server.start_again()?;
        self.desk.deliver("nora", INES, "After the storm", "Nothing was lost.\n")?;
        // Nobody clicks.
        self.window.wait_for_state(NORA, "circle-check", Tone::Green, "Last synced", BY_ITSELF)?;
        self.mail_is_in_the_project("After the storm")
    }

    fn the_mailbox_is_paused(&self) -> Outcome<()> {
        self.menu(NORA, "Pause")?;
        self.window.wait_for_state(
            NORA,
            "circle-pause",
            Tone::Grey,
            "New mail waits on the server",
            CYCLE,
        )?;
        self.see("state-paused")?;
        self.desk.deliver("nora", INES, "During the pause", "No hurry.\n")?;
        self.window.click("button", "Resume")?;
        self.is_green(NORA)?;
        self.mail_is_in_the_project("During the pause")
    }

    fn the_keychain_is_locked(&self) -> Outcome<()> {
        self.desk.keychain.lock()?;
        self.menu(NORA, "Sync now")?;
        let sentence = "This computer’s keychain is locked.";
        let lock = self.window.wait_for_state(NORA, "lock", Tone::Amber, sentence, CYCLE)?;
        assert!(lock.row.contains("Unlock the keychain"), "its own button: {lock:?}");
        self.see("state-held-up")?;
        self.desk.keychain.unlock()?;
        self.menu(NORA, "Sync now")?;
        self.is_green(NORA)?;
        Ok(())
    }

    fn the_certificate_expires(&mut self) -> Outcome<()> {
        self.desk.server.replace_certificate(Certificate::Expired)?;
        self.menu(STUDIO, "Sync now")?;
        let sentence = "The mail server's certificate has expired, so Hatstand sent it no password.";
        self.window.wait_for_state(STUDIO, "circle-x", Tone::Red, sentence, CYCLE)?;
        self.see("state-certificate-expired")?;
        self.desk.server.replace_certificate(Certificate::Good)?;
        self.menu(STUDIO, "Sync now")?;
        self.is_green(STUDIO)?;
        Ok(())
    }

    fn the_mailboxes_are_deleted(&self) -> Outcome<()> {
        for email in [NORA, STUDIO] {
            self.menu(email, "Delete…")?;
            self.window.find("dialog", &format!("Delete {email}?"))?;
            if email == NORA {
                self.window.wait_for("3 messages stay on this computer.")?;
                self.see("delete-account")?;
            }
            self.window.click_in("dialog", "", "button", "Delete")?;
            self.window.wait_for(&format!("{email} is deleted."))?;
            self.window.until("the row to go", |window| Ok(window.account(email)?.is_none()))?;
        }
        assert_eq!(self.desk.keychain.search(SERVICE)?, "", "no password stays behind");
        self.window.wait_for("No mailbox yet")?;
        for subject in ["While you were away", "After the storm", "During the pause"] {
            self.mail_is_in_the_project(subject)?;
        }
        self.window.click("button", "Moreau wedding")?;
        self.window.click("button", "After the storm")?;
        self.window.wait_for_mail("Nothing was lost.")
    }
}

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}
