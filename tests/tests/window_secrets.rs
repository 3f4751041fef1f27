//! Passwords and tokens pass through the window's form, the engine and the keychain, and are seen nowhere else.

use std::fs;

use hatstand_tests::browser::Browser;
use hatstand_tests::canary::{Canary, files, processes};
use hatstand_tests::cli::exit;
use hatstand_tests::dovecot::DovecotOptions;
use hatstand_tests::oidc::{Oidc, Token};
use hatstand_tests::person::Person;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Window};

const NORA: &str = "nora@noralind.example";
const ANNA: &str = "anna@oauth.example";
const SERVICE: &str = "app.hatstand.Hatstand";
const PASSWORD: &str = "kanari-7Q2-vogel";
const CHANGED: &str = "kanari-changed-9Z1";
const WRONG: &str = "kanari-wrong-5X8";

struct Story {
    provider: Oidc,
    desk: Desk,
    browser: Browser,
    window: Window,
}

#[test]
fn a_secret_is_in_the_form_and_in_the_keychain_and_nowhere_else() -> Outcome<()> {
    let provider = Oidc::start(&["anna"])?;
    let desk = Desk::beside(DovecotOptions {
        introspection: Some(provider.introspection_url()),
        ..DovecotOptions::with_user("nora", PASSWORD)
    })?;
    provider.write_providers(desk.cli.data_dir(), &desk.server)?;
    let browser = Browser::new()?;
    let window = desk.window_with(&[browser.env()?])?;
    window.tap()?;
    let mut story = Story { provider, desk, browser, window };
    story.a_password_is_typed_wrongly_and_rightly()?;
    story.nothing_has_slipped_out()?;
    story.another_password_is_typed()?;
    story.nothing_has_slipped_out()?;
    story.a_sign_in_in_the_browser_is_renewed()?;
    story.nothing_has_slipped_out()?;
    story.only_the_form_sends_a_password()?;

    let Story { provider, desk, browser, window } = story;
    let printed = window.log();
    window.close()?;
    provider.expire("anna", Token::Access)?;
    provider.refuse_grants()?;
    let refused = desk.cli.json(&["-v", "sync"], "")?;
    assert_eq!(refused.code, exit::NEEDS_RECONNECTING, "{}", refused.value);
    let canary = canary(&provider)?;
    for bytes in [printed.as_bytes(), &refused.stdout, &refused.stderr, browser.links()?.concat().as_bytes()]
    {
        assert_eq!(canary.in_bytes(bytes), None, "{}", String::from_utf8_lossy(bytes));
    }
    no_file_holds(&canary, &desk)
}

/// All that is secret so far.
fn canary(provider: &Oidc) -> Outcome<Canary> {
    let mut secrets = provider.given()?;
    secrets.extend([PASSWORD, CHANGED, WRONG, "anna-pw"].map(str::to_owned));
    Ok(Canary::of(&secrets))
}

/// Neither in the profile, its database and WAL, nor in what else the app and its web view have written at home. (The
/// keyring's own file is there too; it is encrypted.)
fn no_file_holds(canary: &Canary, desk: &Desk) -> Outcome<()> {
    let all = files(desk.keychain.dir())?;
    assert!(
        all.iter().any(|path| path.starts_with(desk.cli.data_dir())),
        "the profile should hold something"
    );
    for path in all {
        let Ok(bytes) = fs::read(&path) else { continue };
        assert_eq!(canary.in_bytes(&bytes), None, "{} holds it", path.display());
    }
    Ok(())
}

impl Story {
    fn nothing_has_slipped_out(&self) -> Outcome<()> {
        let canary = canary(&self.provider)?;
        no_file_holds(&canary, &self.desk)?;
        let tapped = self.window.tapped()?;
        for event in ["checklist", "changed"] {
            assert!(tapped.received.iter().any(|(name, _)| name == event), "{event} should have been heard");
        }
        for (name, text) in tapped.received.iter().chain(&tapped.page) {
            assert_eq!(canary.in_bytes(text.as_bytes()), None, "{name}: {text}");
        }
        let running = processes(&self.desk.cli.data_dir().display().to_string())?;
        let app = |argument: &String| argument.ends_with("/hatstand");
        assert!(running.iter().any(|it| it.arguments.first().is_some_and(app)), "{running:?}");
        for process in running {
            assert_eq!(canary.in_bytes(&process.bytes), None, "{:?}", process.arguments);
        }
        assert_eq!(canary.in_bytes(self.window.log().as_bytes()), None, "{}", self.window.log());
        Ok(())
    }

    fn a_password_is_typed_wrongly_and_rightly(&self) -> Outcome<()> {
        self.window.click("button", "Settings")?;
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", NORA)?;
        self.window.press("Enter")?;
        self.window.wait_for("Who keeps your mail?")?;
        self.window.fill("Incoming server (IMAP)", "localhost")?;
        self.window.fill("Port", &self.desk.server.imaps.to_string())?;
        self.window.click("checkbox", "This mailbox has an outgoing server")?;
        self.window.fill("User name", "nora")?;
        self.window.press("Enter")?;
        self.window.fill("Password", WRONG)?;
        self.window.press("Enter")?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Signed in"]);
        self.window.click("button", "Back")?;
        self.window.fill("Password", PASSWORD)?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        assert!(self.desk.keychain.search(SERVICE)?.contains(PASSWORD), "the keychain should hold it");
        Ok(())
    }

    fn another_password_is_typed(&mut self) -> Outcome<()> {
        self.desk.server.set_password("nora", CHANGED)?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.wait_for_red(NORA, "does not accept the password")?;
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.fill("Password", CHANGED)?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.click("button", "Close")?;
        assert!(self.desk.keychain.search(SERVICE)?.contains(CHANGED));
        Ok(())
    }

    fn a_sign_in_in_the_browser_is_renewed(&self) -> Outcome<()> {
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", ANNA)?;
        self.window.press("Enter")?;
        self.window.click("button", "Sign in with Example Mail")?;
        Person::named("anna").agrees_to(&self.browser.next_link()?)?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(ANNA)?;
        self.provider.expire("anna", Token::Access)?;
        self.window.account_menu(ANNA, "Sync now")?;
        self.window.until("the renewal", |_| Ok(self.provider.count("refresh_token")?.asked == 1))?;
        self.window.wait_for_green(ANNA)?;
        let given = self.provider.given()?;
        // A code, and two pairs of tokens.
        assert_eq!(given.len(), 5);
        let kept = Canary::of(&given);
        assert!(kept.in_bytes(self.desk.keychain.search(SERVICE)?.as_bytes()).is_some());
        Ok(())
    }

    fn only_the_form_sends_a_password(&self) -> Outcome<()> {
        let canary = canary(&self.provider)?;
        let sent = self.window.tapped()?.sent;
        let with_a_secret: Vec<&str> = sent
            .iter()
            .filter(|(_, body)| canary.in_bytes(body.as_bytes()).is_some())
            .map(|(command, _)| command.as_str())
            .collect();
        assert_eq!(with_a_secret, ["connect_account", "connect_account", "reconnect_account"]);
        Ok(())
    }
}
