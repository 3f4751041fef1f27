//! Every step of every wizard, by day and by night, wide and narrow: a picture of each, fit to be read and reached.

use std::cell::RefCell;
use std::fs;

use hatstand_tests::browser::Browser;
use hatstand_tests::ca::Certificate;
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::oidc::{Endpoint, Oidc, Token};
use hatstand_tests::person::{Answer, Person, lands_on};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{Desk, LOOKS, Look, Window};
use serde_json::{Value, json};

const NORA: &str = "nora@noralind.example";
const STUDIO: &str = "studio@noralind.example";
const YAHOO: &str = "nora@yahoo.com";
const ANNA: &str = "anna@oauth.example";
const BUNDLED: &str = "src-tauri/engine/src/connect/providers.json";

/// A desk with the provider of the tests, and with Yahoo at a server of our own.
struct Rig {
    provider: Oidc,
    desk: Desk,
    browser: Browser,
}

fn rig() -> Outcome<Rig> {
    let provider = Oidc::start(&["anna"])?;
    let users = ["nora", "studio", "anna"].map(|name| (name.to_owned(), "secret".to_owned()));
    let desk = Desk::beside(DovecotOptions {
        users: users.into(),
        introspection: Some(provider.introspection_url()),
        ..DovecotOptions::default()
    })?;
    provider.write_providers(desk.cli.data_dir(), &desk.server)?;
    let bundled: Value = serde_json::from_str(&fs::read_to_string(root().join(BUNDLED))?)?;
    let rows = bundled["providers"].as_array().doing("the bundled table")?;
    let mut yahoo = rows.iter().find(|row| row["id"] == "yahoo").doing("Yahoo")?.clone();
    (yahoo["imap"], yahoo["smtp"]) = (json!(["127.0.0.1", desk.server.imaps, "tls"]), Value::Null);
    let file = desk.cli.data_dir().join("providers.json");
    let mut table: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
    table["providers"].as_array_mut().doing("a table")?.push(yahoo);
    fs::write(file, table.to_string())?;
    Ok(Rig { provider, desk, browser: Browser::new()? })
}

/// A window in one look, and what is wrong with what it showed.
struct Walk<'a> {
    window: &'a Window,
    look: &'a Look,
    wizard: &'static str,
    wrong: RefCell<Vec<String>>,
}

impl Walk<'_> {
    fn see(&self, name: &str) -> Outcome<()> {
        let file = format!("screenshots/{}/{}-{name}.png", self.look.name(), self.wizard);
        let found = self.window.inspect(&root().join(file))?;
        let told = found.into_iter().map(|what| format!("{} {name}: {what}", self.look.name()));
        self.wrong.borrow_mut().extend(told);
        Ok(())
    }

    fn connect(&self, email: &str) -> Outcome<()> {
        self.window.click("button", "Settings")?;
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", email)?;
        self.window.press("Enter")?;
        self.window.wait_for("Who keeps your mail?")
    }
}

fn walked(
    window: &Window,
    wizard: &'static str,
    mut steps: impl FnMut(&Walk<'_>) -> Outcome<()>,
) -> Outcome<()> {
    for look in LOOKS {
        window.wear(look)?;
        let walk = Walk { window, look, wizard, wrong: RefCell::default() };
        steps(&walk)?;
        assert_eq!(walk.wrong.into_inner(), Vec::<String>::new());
    }
    Ok(())
}

#[test]
fn every_step_of_connecting() -> Outcome<()> {
    let mut rig = rig()?;
    let window = rig.desk.window_with(&[rig.browser.env()?])?;
    walked(&window, "connect", |walk| {
        table_and_guidance(walk)?;
        by_hand(&mut rig, walk)?;
        through_the_browser(&rig, walk)
    })?;
    window.close()
}

fn table_and_guidance(walk: &Walk<'_>) -> Outcome<()> {
    let window = walk.window;
    window.click("button", "Connect account")?;
    window.wait_for("What is your email address?")?;
    walk.see("address")?;
    window.click("button", "Cancel")?;
    walk.connect(YAHOO)?;
    window.wait_for("Is that right?")?;
    walk.see("provider")?;
    window.click("button", "Other settings:")?;
    window.find("textbox", "User name")?;
    walk.see("other-settings")?;
    window.click("button", "Continue")?;
    window.find("textbox", "App password")?;
    walk.see("app-password")?;
    window.click("button", "Cancel")?;
    walk.connect("nora@outlook.com")?;
    window.wait_for("only takes a sign-in in the browser")?;
    walk.see("no-client-id")?;
    window.click("button", "Open Advanced")?;
    window.wait_for_id("advanced-waiting")?;
    walk.see("advanced")
}

/// A certificate that nobody vouches for, a wrong password, and all green.
fn by_hand(rig: &mut Rig, walk: &Walk<'_>) -> Outcome<()> {
    let window = walk.window;
    rig.desk.server.replace_certificate(Certificate::SelfSigned)?;
    walk.connect(NORA)?;
    walk.see("servers")?;
    window.fill("Incoming server (IMAP)", "localhost")?;
    window.fill("Port", &rig.desk.server.imaps.to_string())?;
    window.click("checkbox", "This mailbox has an outgoing server")?;
    window.click("button", "Continue")?;
    window.fill("Password", "wrong")?;
    walk.see("password")?;
    window.press("Enter")?;
    assert_eq!(window.wait_for_failed_check()?, ["Secure connection"]);
    walk.see("certificate")?;
    window.click("button", "Trust this certificate")?;
    window.wait_for("could show a certificate like this")?;
    walk.see("certificate-warning")?;
    rig.desk.server.replace_certificate(Certificate::Good)?;
    window.click("button", "Try again")?;
    assert_eq!(window.wait_for_failed_check()?, ["Signed in"]);
    walk.see("wrong-password")?;
    window.click("button", "Back")?;
    window.fill("Password", "secret")?;
    window.press("Enter")?;
    window.wait_for("Your mailbox is connected")?;
    walk.see("connected")?;
    window.click("button", "Close")?;
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Delete…")?;
    window.wait_for_id("delete-dialog")?;
    window.click_in("dialog", "", "button", "Delete")?;
    window.wait_for("No mailbox yet")
}

fn through_the_browser(rig: &Rig, walk: &Walk<'_>) -> Outcome<()> {
    let window = walk.window;
    walk.connect(ANNA)?;
    walk.see("browser-provider")?;
    window.click("button", "Sign in with Example Mail")?;
    let link = rig.browser.next_link()?;
    window.wait_for("Finish signing in in your browser.")?;
    walk.see("browser-waiting")?;
    window.wait_for("Did your browser open?")?;
    walk.see("browser-did-it-open")?;
    Person::named("anna").refuses(&link)?;
    window.find("alert", "Hatstand was not allowed in.")?;
    walk.see("browser-refused")?;
    // The mail server takes its time over the token, so that the checks can be seen at work.
    rig.provider.hold(Endpoint::Introspection)?;
    window.click("button", "Try again")?;
    let callback = Person::named("anna").answers(&rig.browser.next_link()?, Answer::Agree)?;
    lands_on(&callback)?;
    rig.provider.wait_for_waiting(Endpoint::Introspection, 1)?;
    window.wait_for("Signing in")?;
    walk.see("checking")?;
    window.click("button", "Cancel")?;
    rig.provider.release(Endpoint::Introspection)
}

#[test]
fn every_step_of_reconnecting() -> Outcome<()> {
    let mut rig = rig()?;
    let mut expired = Dovecot::start(DovecotOptions::with_user("studio", "secret"))?;
    let mut away = Dovecot::start(DovecotOptions::with_user("away", "secret"))?;
    let cli = &rig.desk.cli;
    let ca = rig.desk.server.ca_file().display().to_string();
    let yahoo = ["account", "connect", "--email", YAHOO, "--ca-file", &ca, "--password-stdin"];
    cli.json(&yahoo, "secret\n")?.done()?;
    cli.connect(&rig.desk.server, "nora", NORA, "secret")?.done()?;
    cli.connect(&expired, "studio", STUDIO, "secret")?.done()?;
    cli.connect(&away, "away", "away@noralind.example", "secret")?.done()?;
    cli.sync()?;
    let window = rig.desk.window_with(&[rig.browser.env()?])?;
    let walk = Walk { window: &window, look: &LOOKS[0], wizard: "reconnect", wrong: RefCell::default() };
    walk.connect(ANNA)?;
    window.click("button", "Sign in with Example Mail")?;
    Person::named("anna").agrees_to(&rig.browser.next_link()?)?;
    window.wait_for("Your mailbox is connected")?;
    window.click("button", "Close")?;
    window.wait_for_green(ANNA)?;

    rig.desk.server.set_password("nora", "changed")?;
    rig.provider.revoke("anna", Token::Access)?;
    rig.provider.revoke("anna", Token::Refresh)?;
    expired.replace_certificate(Certificate::Expired)?;
    away.stop();
    window.account_menu(YAHOO, "Sync now")?;
    window.wait_for_red(YAHOO, "does not accept the password")?;
    window.account_menu(ANNA, "Sync now")?;
    window.wait_for_red(ANNA, "has expired or was withdrawn")?;
    window.account_menu(STUDIO, "Sync now")?;
    window.wait_for_red(STUDIO, "certificate has expired")?;
    walk.see("settings")?;
    assert_eq!(walk.wrong.into_inner(), Vec::<String>::new());
    while !window.red_notices()?.is_empty() {
        window.click("button", "Dismiss")?;
    }
    // Its stored password is good again; Yahoo's is not tried before somebody types it.
    rig.desk.server.set_password("nora", "secret")?;
    walked(&window, "reconnect", |walk| {
        what_was_refused(&rig, walk).and_then(|()| what_is_in_the_way(walk))
    })?;
    window.close()
}

fn what_was_refused(rig: &Rig, walk: &Walk<'_>) -> Outcome<()> {
    let window = walk.window;
    window.click("button", "Settings")?;
    window.click_in_account(YAHOO, "Reconnect")?;
    window.find("textbox", "App password")?;
    walk.see("cause")?;
    window.click("button", "What Yahoo’s server said")?;
    window.wait_for("AUTHENTICATIONFAILED")?;
    walk.see("cause-details")?;
    window.fill("App password", "no idea")?;
    window.press("Enter")?;
    assert_eq!(window.wait_for_failed_check()?, ["Signed in"]);
    walk.see("failed")?;
    window.click("button", "Cancel")?;

    window.click_in_account(ANNA, "Reconnect")?;
    window.wait_for("wants you to sign in again")?;
    walk.see("browser")?;
    window.click("button", "Sign in with Example Mail")?;
    rig.browser.next_link()?;
    window.wait_for("Finish signing in in your browser.")?;
    walk.see("browser-waiting")?;
    window.click("button", "Cancel")
}

fn what_is_in_the_way(walk: &Walk<'_>) -> Outcome<()> {
    let window = walk.window;
    window.account_menu(STUDIO, "Reconnect")?;
    window.wait_for("It is past its time.")?;
    walk.see("certificate")?;
    window.click("button", "Cancel")?;
    window.account_menu("away@noralind.example", "Reconnect")?;
    window.wait_for("The mail server refuses the connection.")?;
    window.find("textbox", "Incoming server (IMAP)")?;
    walk.see("servers")?;
    window.click("button", "Cancel")?;
    window.account_menu(NORA, "Edit")?;
    window.click("button", "Server settings:")?;
    window.find("textbox", "User name")?;
    walk.see("edit")?;
    window.click("button", "Connect")?;
    window.wait_for("Your mailbox is back")?;
    walk.see("back")?;
    window.click("button", "Close")
}
