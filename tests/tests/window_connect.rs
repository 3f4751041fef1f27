//! Connecting a mailbox: with the keyboard alone, at servers that nobody knows; and through the browser.

use std::fs;
use std::net::TcpStream;

use hatstand_tests::browser::Browser;
use hatstand_tests::cli::id;
use hatstand_tests::dovecot::{DovecotOptions, SignIn};
use hatstand_tests::oidc::{Oidc, Token};
use hatstand_tests::person::{Person, parameter};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{Desk, Window};
use serde_json::{Value, json};
use url::Url;

const NORA: &str = "nora@noralind.example";
const ANNA: &str = "anna@oauth.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
const ALL_GREEN: [&str; 5] =
    ["Server found", "Secure connection", "Signed in", "Folders read", "Saved in the keychain"];

#[test]
fn with_the_keyboard_alone_at_servers_that_nobody_knows() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "correct-horse")])?;
    let window = desk.window()?;
    window.wait_for("0 of 3 done")?;
    window.tab_to("Connect account")?;
    window.press("Enter")?;

    window.wait_for_focus("Email address")?;
    window.type_text("nora@")?;
    window.press("Enter")?;
    window.find("alert", "")?;
    window.type_over(NORA)?;
    window.press("Enter")?;
    window.wait_for("Who keeps your mail?")?;
    window.wait_for(&format!("Nothing was found about {NORA}."))?;
    window.wait_for_focus("Other")?;

    window.tab_to("Incoming server (IMAP)")?;
    window.type_over("localhost")?;
    window.tab_to("Port")?;
    window.type_over(&desk.server.imap.to_string())?;
    window.tab_to("Security")?;
    window.press("Enter")?;
    window.press("ArrowDown")?;
    window.press("Enter")?;
    window.until("STARTTLS to be chosen", |window| {
        Ok(window.texts("[data-testid=incoming-security]")?.concat().contains("STARTTLS"))
    })?;
    window.tab_to("This mailbox has an outgoing server")?;
    window.press("Space")?;
    window.wait_gone("Outgoing server (SMTP)")?;
    window.tab_to("User name")?;
    window.type_text("nora")?;
    window.press("Enter")?;

    window.wait_for("Sign in to localhost")?;
    window.wait_for_focus("Password")?;
    window.type_text("wrong-horse")?;
    window.press("Enter")?;
    assert_eq!(window.wait_for_failed_check()?, ["Signed in"]);
    window.wait_for("The mail server does not accept the password.")?;
    window.wait_for("Nothing was saved. What you typed is still there.")?;
    assert_eq!(desk.keychain.count()?, 0);
    window.tab_to("Back")?;
    window.press("Enter")?;
    window.wait_for_focus("Password")?;
    assert_eq!(window.value("Password")?, "wrong-horse");
    window.type_over("correct-horse")?;
    window.press("Enter")?;
    window.wait_for("Your mailbox is connected")?;
    assert!(desk.keychain.search(SERVICE)?.contains("correct-horse"));
    see(&window, "connect-by-keyboard")?;

    // Escape puts the sheet away, and the focus is where it can go on.
    window.press("Escape")?;
    window.wait_gone("Your mailbox is connected")?;
    window.until("the focus to be somewhere", |window| Ok(window.focused()?.is_some()))?;
    window.tab_to("Settings")?;
    window.press("Enter")?;
    window.wait_for_green(NORA)?;
    window.close()
}

/// A picture, and a look at the accessibility of what it shows.
fn see(window: &Window, name: &str) -> Outcome<()> {
    let file = root().join("screenshots").join(format!("{name}.png"));
    assert_eq!(window.inspect(&file)?, Vec::<String>::new(), "{name}");
    Ok(())
}

/// Beside the provider of the tests, one at the same server for which no client id is known.
fn add_one_without_a_client_id(desk: &Desk) -> Outcome<()> {
    let file = desk.cli.data_dir().join("providers.json");
    let mut table: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
    for list in ["issuers", "providers"] {
        let mut bare = table[list][0].clone();
        bare["id"] = json!("bare");
        bare["name"] = json!("Bare Mail");
        bare["domains"] = json!(["bare.example"]);
        bare["issuer"] = json!("bare");
        if list == "issuers" {
            bare.as_object_mut().doing("an issuer")?.retain(|key, _| key != "client_id" && key != "issuer");
        }
        table[list].as_array_mut().doing("a table")?.push(bare);
    }
    Ok(fs::write(file, table.to_string())?)
}

struct Story {
    provider: Oidc,
    desk: Desk,
    browser: Browser,
    window: Window,
    anna: Person,
}

#[test]
fn through_the_browser() -> Outcome<()> {
    let provider = Oidc::start(&["anna"])?;
    let desk = Desk::beside(DovecotOptions {
        introspection: Some(provider.introspection_url()),
        ..DovecotOptions::with_user("anna", "not-used-by-anybody")
    })?;
    provider.write_providers(desk.cli.data_dir(), &desk.server)?;
    add_one_without_a_client_id(&desk)?;
    let ines = id(&desk.cli.done(&["contact", "add", "--name", INES.0, "--email", INES.1])?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    let browser = Browser::new()?;
    let window = desk.window_with(&[browser.env()?])?;
    let mut story = Story { provider, desk, browser, window, anna: Person::named("anna") };

    story.without_a_client_id_it_is_said_before_anything_is_asked()?;
    story.a_sign_in_that_is_cancelled_leaves_nothing_that_listens()?;
    story.the_person_says_no()?;
    story.the_person_agrees()?;
    story.mail_comes_in()?;
    story.the_client_id_is_typed_under_advanced()?;
    story.window.close()
}

impl Story {
    fn begin(&self, email: &str) -> Outcome<()> {
        self.window.click("button", "Settings")?;
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", email)?;
        self.window.press("Enter")
    }

    /// The link that the window shows and the one that the browser was given, which must be the same.
    fn link(&self) -> Outcome<Url> {
        let opened = self.browser.next_link()?;
        self.window.wait_for("Finish signing in in your browser.")?;
        assert_eq!(self.window.value("The link to sign in")?, opened);
        Ok(Url::parse(&opened)?)
    }

    fn without_a_client_id_it_is_said_before_anything_is_asked(&self) -> Outcome<()> {
        self.begin("anna@bare.example")?;
        self.window.wait_for("Bare Mail only takes a sign-in in the browser.")?;
        self.window.wait_for("this copy has none yet")?;
        assert!(self.window.all("textbox", "Password")?.is_empty(), "nothing is asked for");
        assert!(self.window.all("button", "Continue")?.is_empty());
        assert_eq!(self.browser.links()?.len(), 0);
        self.window.click("button", "Cancel")
    }

    fn a_sign_in_that_is_cancelled_leaves_nothing_that_listens(&self) -> Outcome<()> {
        self.begin(ANNA)?;
        self.window.wait_for(&format!("{ANNA} is at Example Mail."))?;
        for way_out in ["Back", "Cancel", "Escape"] {
            self.window.click("button", "Sign in with Example Mail")?;
            let link = self.link()?;
            let app = Url::parse(&parameter(&link, "redirect_uri").doing("a link without redirect_uri")?)?;
            let port = app.port().doing("a redirect_uri without a port")?;
            TcpStream::connect(("127.0.0.1", port)).doing("somebody should listen")?;
            match way_out {
                "Escape" => self.window.press("Escape")?,
                button => self.window.click("button", button)?,
            }
            self.window.until(&format!("the listener to go by {way_out}"), |_| {
                Ok(TcpStream::connect(("127.0.0.1", port)).is_err())
            })?;
            if way_out == "Cancel" {
                self.begin(ANNA)?;
            }
        }
        self.window.wait_gone("Finish signing in")?;
        let mut late = Person::named("anna");
        let refused = self.browser.links()?.last().map(|link| late.agrees_to(link).is_err());
        assert_eq!(refused, Some(true), "who comes late finds nobody");
        assert_eq!(self.provider.usable("anna", Token::Access)?, 0, "no code became a token");
        Ok(())
    }

    fn the_person_says_no(&mut self) -> Outcome<()> {
        self.begin(ANNA)?;
        self.window.click("button", "Sign in with Example Mail")?;
        let link = self.link()?;
        self.window.click("button", "Copy")?;
        self.window.find("button", "Copied")?;
        let page = self.anna.refuses(link.as_str())?;
        assert_eq!(page.status, 200, "{}", page.html);
        self.window.find("alert", "Hatstand was not allowed in. Nothing was changed.")?;
        see(&self.window, "connect-browser-refused")?;
        assert_eq!(self.desk.keychain.count()?, 0);
        Ok(())
    }

    fn the_person_agrees(&mut self) -> Outcome<()> {
        let before = self.desk.server.mark()?;
        self.window.click("button", "Try again")?;
        let link = self.link()?;
        assert_eq!(parameter(&link, "login_hint").as_deref(), Some(ANNA));
        assert_eq!(parameter(&link, "code_challenge_method").as_deref(), Some("S256"));
        let page = self.anna.agrees_to(link.as_str())?;
        assert!(page.html.contains("Hatstand"), "{}", page.html);
        // Nobody clicks: it goes on by itself.
        self.window.wait_for("Your mailbox is connected")?;
        let sign_ins = self.desk.server.wait_for_sign_ins(before, 1)?;
        let by_token = |it: &SignIn| it.user == "anna" && it.mechanism.starts_with('O') && it.accepted;
        assert!(sign_ins.iter().all(by_token), "{sign_ins:?}");
        let kept = self.desk.keychain.usernames(SERVICE)?;
        assert!(kept.len() == 1 && kept[0].ends_with("/oauth"), "{kept:?}");
        assert_eq!(self.provider.count("authorization_code")?.asked, 1);
        self.window.click("button", "Close")?;
        self.window.wait_for_green(ANNA)?;
        Ok(())
    }

    fn mail_comes_in(&self) -> Outcome<()> {
        self.desk.put("anna", INES, "Dates in June?", "Would the 14th or the 21st work?\n")?;
        self.window.account_menu(ANNA, "Sync now")?;
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for("Dates in June?")
    }

    fn the_client_id_is_typed_under_advanced(&mut self) -> Outcome<()> {
        self.begin("anna@bare.example")?;
        self.window.click("button", "Open Advanced")?;
        self.window.wait_for_id("advanced-client-bare")?;
        self.window.wait_for_focus("Client id")?;
        self.window.type_text("hatstand")?;
        self.window.press("Enter")?;
        self.window.wait_for("Saved. Bare Mail knows Hatstand now.")?;
        self.window.click("button", "Go on connecting")?;
        self.window.wait_for_focus("Email address")?;
        assert_eq!(self.window.value("Email address")?, "anna@bare.example");
        self.window.press("Enter")?;
        self.window.click("button", "Sign in with Bare Mail")?;
        let link = self.link()?;
        self.anna.agrees_to(link.as_str())?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.click("button", "Settings")?;
        self.window.wait_for_green("anna@bare.example")?;
        Ok(())
    }
}

#[test]
fn the_checklist_is_green_line_by_line() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "correct-horse")])?;
    let window = desk.window()?;
    window.click("button", "Settings")?;
    window.click("button", "Connect account")?;
    window.fill("Email address", NORA)?;
    window.press("Enter")?;
    window.wait_for("Who keeps your mail?")?;
    window.fill("Incoming server (IMAP)", "localhost")?;
    window.fill("Port", &desk.server.imaps.to_string())?;
    window.click("checkbox", "This mailbox has an outgoing server")?;
    window.fill("User name", "nora")?;
    window.click("button", "Continue")?;
    // It stops at the keychain, so that the lines before it stay to be looked at.
    desk.keychain.lock()?;
    window.fill("Password", "correct-horse")?;
    window.press("Enter")?;
    assert_eq!(window.wait_for_failed_check()?, ["Saved in the keychain"]);
    assert_eq!(window.checks("done")?, ALL_GREEN[..4]);
    assert_eq!(window.checks("skipped")?, ["Sending works"]);
    window.wait_for("This computer’s keychain is locked.")?;
    window.wait_for("Nothing was saved.")?;
    desk.keychain.unlock()?;
    window.click("button", "Try again")?;
    window.wait_for("Your mailbox is connected")?;
    assert_eq!(desk.keychain.usernames(SERVICE)?.len(), 1);
    window.close()
}
