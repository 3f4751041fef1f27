//! Certificates in the window: one that nobody vouches for and the person trusts, one that runs out and is renewed,
//! and a stranger in a known server's place.

use std::time::Duration;

use hatstand_tests::ca::Certificate;
use hatstand_tests::cli::id;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{Desk, Tone, Window};

const NORA: &str = "nora@noralind.example";
const STUDIO: &str = "studio@noralind.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
/// A cycle on a machine that has other things to do.
const CYCLE: Duration = Duration::from_mins(1);

struct Story {
    desk: Desk,
    window: Window,
}

fn story() -> Outcome<Story> {
    let desk = Desk::set(&[("nora", "secret"), ("studio", "other-secret")])?;
    let ines = id(&desk.cli.done(&["contact", "add", "--name", INES.0, "--email", INES.1])?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    Ok(Story { window: desk.window()?, desk })
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_trusted_alone_and_by_name() -> Outcome<()> {
    let mut story = story()?;
    story.desk.server.replace_certificate(Certificate::SelfSigned)?;
    story.the_person_trusts_it_after_a_plain_warning()?;
    story.another_one_at_the_same_host_is_not_trusted()?;
    story.it_can_be_forgotten()?;
    story.window.close()
}

#[test]
fn a_known_server_runs_out_of_time_and_a_stranger_takes_its_place() -> Outcome<()> {
    let mut story = story()?;
    story.a_known_server_is_connected()?;
    story.a_renewed_certificate_asks_for_no_password()?;
    story.a_stranger_stands_in_between()?;
    story.window.close()
}

impl Story {
    fn see(&self, name: &str) -> Outcome<()> {
        let file = root().join("screenshots").join(format!("{name}.png"));
        assert_eq!(self.window.inspect(&file)?, Vec::<String>::new(), "{name}");
        Ok(())
    }

    /// As far as the password, by TLS at this server.
    fn as_far_as_the_password(&self, email: &str) -> Outcome<()> {
        let user = email.split('@').next().doing("an address")?;
        self.window.click("button", "Settings")?;
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", email)?;
        self.window.press("Enter")?;
        self.window.wait_for("Who keeps your mail?")?;
        self.window.fill("Incoming server (IMAP)", "localhost")?;
        self.window.fill("Port", &self.desk.server.imaps.to_string())?;
        self.window.click("checkbox", "This mailbox has an outgoing server")?;
        self.window.fill("User name", user)?;
        self.window.press("Enter")?;
        self.window.fill("Password", self.desk.server.password(user)?)
    }

    fn mail_is_in_the_project(&self, subject: &str) -> Outcome<()> {
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for(subject)?;
        self.window.click("button", "Settings")
    }

    fn fingerprint(&self) -> Outcome<String> {
        let lines = self.window.wait_for_id("fingerprint")?;
        Ok(lines.split_whitespace().collect::<Vec<_>>().join(":"))
    }

    fn the_person_trusts_it_after_a_plain_warning(&self) -> Outcome<()> {
        let before = self.desk.server.mark()?;
        self.as_far_as_the_password(NORA)?;
        self.window.press("Enter")?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Secure connection"]);
        self.window.wait_for("The mail server vouches only for itself, so Hatstand sent it no password.")?;
        let panel = self.window.wait_for_id("certificate")?;
        for fact in ["localhost", "Hatstand test server", "The server issued it to itself."] {
            assert!(panel.contains(fact), "{fact}: {panel}");
        }
        assert_eq!(self.fingerprint()?.split(':').count(), 32, "a SHA-256");
        self.see("certificate-self-signed")?;
        self.window.click("button", "Trust this certificate")?;
        self.window.wait_for("could show a certificate like this")?;
        self.window.wait_for_focus("Do not trust it")?;
        self.see("certificate-warning")?;
        self.window.click("button", "Do not trust it")?;
        self.window.wait_for_focus("Trust this certificate")?;
        assert_eq!(self.desk.server.sign_ins(before)?, [], "no password before the person's word");
        self.window.click("button", "Trust this certificate")?;
        self.window.click("button", "Trust it for this mailbox")?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        Ok(())
    }

    fn another_one_at_the_same_host_is_not_trusted(&mut self) -> Outcome<()> {
        self.desk.server.replace_certificate(Certificate::SelfSigned)?;
        let before = self.desk.server.mark()?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.wait_for_red(NORA, "The mail server vouches only for itself")?;
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.wait_for("The mail server vouches only for itself")?;
        let second = self.fingerprint()?;
        self.see("reconnect-certificate")?;
        self.window.click("button", "Check again")?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Secure connection"]);
        assert_eq!(self.desk.server.sign_ins(before)?, [], "no password to whom nobody trusts");

        // For one mailbox it is trusted; the same server's other mailbox is another matter.
        self.window.click("button", "Trust this certificate")?;
        self.window.click("button", "Trust it for this mailbox")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        self.as_far_as_the_password(STUDIO)?;
        self.window.press("Enter")?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Secure connection"]);
        assert_eq!(self.fingerprint()?, second);
        self.window.click("button", "Cancel")
    }

    fn it_can_be_forgotten(&self) -> Outcome<()> {
        self.window.account_menu(NORA, "Edit")?;
        self.window.until("both certificates", |window| {
            Ok(window.texts("[data-testid=trusted-certificate]")?.len() == 2)
        })?;
        for left in [1, 0] {
            self.window.click("button", "Forget the certificate of localhost")?;
            self.window.until(&format!("{left} certificates"), |window| {
                Ok(window.texts("[data-testid=trusted-certificate]")?.len() == left)
            })?;
        }
        self.window.click("button", "Cancel")?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.wait_for_red(NORA, "The mail server vouches only for itself")?;
        Ok(())
    }

    fn a_known_server_is_connected(&self) -> Outcome<()> {
        self.as_far_as_the_password(NORA)?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        Ok(())
    }

    fn a_renewed_certificate_asks_for_no_password(&mut self) -> Outcome<()> {
        self.desk.server.replace_certificate(Certificate::Expired)?;
        self.desk.deliver("nora", INES, "While it had run out", "It waits.\n")?;
        let before = self.desk.server.mark()?;
        self.window.account_menu(NORA, "Sync now")?;
        let sentence = "The mail server's certificate has expired, so Hatstand sent it no password.";
        self.window.wait_for_red(NORA, sentence)?;
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.wait_for(sentence)?;
        self.window.wait_for("It is past its time.")?;
        assert!(self.window.all("textbox", "Password")?.is_empty());
        self.see("reconnect-expired")?;
        self.window.click("button", "Cancel")?;
        assert_eq!(self.desk.server.sign_ins(before)?, []);

        self.desk.server.replace_certificate(Certificate::Good)?;
        let kept = self.desk.keychain.search(SERVICE)?;
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.wait_for("Nothing is wrong with this mailbox")?;
        assert!(self.window.all("textbox", "Password")?.is_empty(), "it is not asked for");
        self.window.click("button", "Check again")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.wait_for("1 message came in.")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        assert_eq!(self.desk.keychain.search(SERVICE)?, kept);
        self.mail_is_in_the_project("While it had run out")
    }

    fn a_stranger_stands_in_between(&mut self) -> Outcome<()> {
        self.desk.server.replace_certificate(Certificate::SelfSigned)?;
        let before = self.desk.server.mark()?;
        self.window.account_menu(NORA, "Sync now")?;
        let sentence = "This network, or a virus scanner, stands between you and your mail.";
        let grey = self.window.wait_for_state(NORA, "cloud-off", Tone::Grey, sentence, CYCLE)?;
        assert!(grey.words.contains("No connection since"), "{grey:?}");
        assert_eq!(self.window.red_notices()?, Vec::<String>::new(), "nobody is asked for a password");
        self.see("state-stands-in-between")?;
        self.window.account_menu(NORA, "Reconnect")?;
        self.window.wait_for(sentence)?;
        self.window.wait_for_id("certificate")?;
        assert!(self.window.all("button", "Trust")?.is_empty(), "a stranger is nobody's to trust");
        assert!(self.window.all("textbox", "Password")?.is_empty());
        self.see("reconnect-stands-in-between")?;
        self.window.click("button", "Cancel")?;
        assert_eq!(self.desk.server.sign_ins(before)?, [], "no password to a stranger");
        self.desk.server.replace_certificate(Certificate::Good)?;
        self.window.click_in_account(NORA, "Try now")?;
        self.window.wait_for_green(NORA)?;
        Ok(())
    }
}
