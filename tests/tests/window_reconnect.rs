//! From a red row to green: a password that changed, a sign-in that was withdrawn at the provider, servers that were
//! typed wrongly. Three mailboxes at one server, so that it is seen that the others go on meanwhile.

use std::time::{Duration, Instant};

use hatstand_tests::browser::Browser;
use hatstand_tests::cli::id;
use hatstand_tests::dovecot::{DovecotOptions, Mark, SignIn};
use hatstand_tests::oidc::{Count, Endpoint, Oidc, Token};
use hatstand_tests::person::Person;
use hatstand_tests::ports::free_port;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Tone, Window};

const NORA: &str = "nora@noralind.example";
const STUDIO: &str = "studio@noralind.example";
const ANNA: &str = "anna@oauth.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
/// A cycle on a machine that has other things to do.
const CYCLE: Duration = Duration::from_mins(1);
const A_MINUTE: Duration = Duration::from_mins(1);

struct Story {
    provider: Oidc,
    desk: Desk,
    browser: Browser,
    window: Window,
    anna: Person,
}

#[test]
fn what_the_server_refused_is_given_anew() -> Outcome<()> {
    let provider = Oidc::start(&["anna"])?;
    let users = [("nora", "secret"), ("studio", "other-secret"), ("anna", "not-used-by-anybody")];
    let desk = Desk::beside(DovecotOptions {
        users: users.map(|(name, password)| (name.to_owned(), password.to_owned())).into(),
        introspection: Some(provider.introspection_url()),
        ..DovecotOptions::default()
    })?;
    provider.write_providers(desk.cli.data_dir(), &desk.server)?;
    desk.cli.connect(&desk.server, "nora", NORA, "secret")?.done()?;
    desk.cli.connect(&desk.server, "studio", STUDIO, "other-secret")?.done()?;
    let ines = id(&desk.cli.done(&["contact", "add", "--name", INES.0, "--email", INES.1])?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    let browser = Browser::new()?;
    let window = desk.window_with(&[browser.env()?])?;
    let mut story = Story { provider, desk, browser, window, anna: Person::named("anna") };

    story.a_mailbox_is_connected_through_the_browser()?;
    story.tokens_are_renewed_unseen()?;
    story.servers_are_typed_wrongly_and_nothing_is_saved()?;
    let (since, refreshes) = story.two_turn_red()?;
    story.for_a_minute_nobody_is_asked_again(since, refreshes)?;
    story.three_wrong_passwords_may_have_the_host_block()?;
    story.a_sign_in_is_given_anew_in_the_browser()?;
    story.three_clicks_and_the_typing()?;
    story.window.close()
}

impl Story {
    fn put(&self, user: &str, subject: &str) -> Outcome<()> {
        self.desk.put(user, INES, subject, "It waits on the server.\n")
    }

    fn mail_is_in_the_project(&self, subject: &str) -> Outcome<()> {
        self.window.click("button", "Moreau wedding")?;
        self.window.wait_for(subject)?;
        self.window.click("button", "Settings")
    }

    fn notices(&self) -> Outcome<Vec<String>> {
        let mut notices = self.window.red_notices()?;
        notices.sort();
        Ok(notices)
    }

    /// A picture, and a look at the accessibility of what it shows.
    fn see(&self, name: &str) -> Outcome<()> {
        let file = root().join("screenshots").join(format!("{name}.png"));
        assert_eq!(self.window.inspect(&file)?, Vec::<String>::new(), "{name}");
        Ok(())
    }

    /// How often the server refused somebody.
    fn refused(&self, user: &str, since: Mark) -> Outcome<Vec<SignIn>> {
        let all = self.desk.server.sign_ins(since)?;
        Ok(all.into_iter().filter(|it| it.user == user && !it.accepted).collect())
    }

    fn a_mailbox_is_connected_through_the_browser(&mut self) -> Outcome<()> {
        self.window.click("button", "Settings")?;
        self.window.wait_for_green(NORA)?;
        self.window.wait_for_green(STUDIO)?;
        self.window.click("button", "Connect account")?;
        self.window.fill("Email address", ANNA)?;
        self.window.press("Enter")?;
        self.window.click("button", "Sign in with Example Mail")?;
        self.anna.agrees_to(&self.browser.next_link()?)?;
        self.window.wait_for("Your mailbox is connected")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(ANNA)?;
        Ok(())
    }

    fn tokens_are_renewed_unseen(&self) -> Outcome<()> {
        let before = self.desk.server.mark()?;
        assert_eq!(self.provider.expire("anna", Token::Access)?, 1);
        self.put("anna", "After an hour")?;
        self.window.account_menu(ANNA, "Sync now")?;
        self.desk.server.wait_for_sign_ins(before, 2)?;
        self.window.wait_for_green(ANNA)?;
        self.mail_is_in_the_project("After an hour")?;
        assert_eq!(self.provider.count("refresh_token")?, Count { asked: 1, refused: 0 });
        assert_eq!(self.refused("anna", before)?.len(), 1, "the old token, once");

        // An issuer that is out of order is no refusal: grey, and nothing is asked of anybody.
        self.provider.expire("anna", Token::Access)?;
        self.provider.be_unavailable(Endpoint::Token)?;
        self.window.account_menu(ANNA, "Sync now")?;
        self.window.wait_for_state(ANNA, "cloud-off", Tone::Grey, "try again later", CYCLE)?;
        assert_eq!(self.notices()?, Vec::<String>::new());
        self.provider.accept(Endpoint::Token)?;
        self.window.click_in_account(ANNA, "Try now")?;
        self.window.wait_for_green(ANNA)?;
        Ok(())
    }

    fn servers_are_typed_wrongly_and_nothing_is_saved(&self) -> Outcome<()> {
        let connect = |name: &str, wrong: &str| -> Outcome<()> {
            self.window.account_menu(STUDIO, "Edit")?;
            self.window.click("button", "Server settings:")?;
            self.window.fill(name, wrong)?;
            self.window.click("button", "Connect")
        };
        connect("User name", "nobody")?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Signed in"]);
        self.window.wait_for("The mail server does not accept the password.")?;
        self.window.wait_for("Nothing was changed.")?;
        self.window.click("button", "Cancel")?;
        connect("Port", &free_port()?.to_string())?;
        assert_eq!(self.window.wait_for_failed_check()?, ["Server found"]);
        self.window.wait_for("The mail server refuses the connection.")?;
        self.window.click("button", "Cancel")?;

        let account = self.desk.cli.done(&["account", "list"])?[1].clone();
        assert_eq!((account["email"].as_str(), account["state"].as_str()), (Some(STUDIO), Some("connected")));
        self.window.wait_for_green(STUDIO)?;
        connect("User name", STUDIO)?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.click("button", "Close")?;
        self.window.account_menu(STUDIO, "Edit")?;
        self.window.click("button", "Server settings:")?;
        assert_eq!(self.window.value("User name")?, STUDIO);
        assert_eq!(self.window.value("Port")?, self.desk.server.imaps.to_string());
        self.window.click("button", "Cancel")?;
        self.window.wait_for_green(STUDIO)?;
        Ok(())
    }

    fn two_turn_red(&mut self) -> Outcome<(Mark, Count)> {
        self.desk.server.set_password("nora", "changed")?;
        assert_eq!(self.provider.revoke("anna", Token::Access)?, 1);
        assert_eq!(self.provider.revoke("anna", Token::Refresh)?, 1);
        self.put("nora", "While you were away")?;
        self.put("anna", "While nobody was let in")?;
        let (since, refreshes) = (self.desk.server.mark()?, self.provider.count("refresh_token")?);
        self.window.account_menu(NORA, "Sync now")?;
        let red = self.window.wait_for_red(NORA, "The mail server does not accept the password.")?;
        assert!(red.words.contains("Needs reconnecting"), "{red:?}");
        self.window.account_menu(ANNA, "Sync now")?;
        self.window.wait_for_red(ANNA, "The saved sign-in has expired or was withdrawn.")?;
        self.window.until("a notice of each", |window| Ok(window.red_notices()?.len() == 2))?;
        let notices = self.notices()?;
        assert!(notices[0].contains(&format!("{ANNA} needs reconnecting")), "{notices:?}");
        assert!(notices[1].contains(&format!("{NORA} needs reconnecting")), "{notices:?}");
        self.see("two-turned-red")?;
        Ok((since, refreshes))
    }

    /// Clicks, and the app's own schedule, while the sheet of one waits for its password and another one syncs.
    fn for_a_minute_nobody_is_asked_again(&self, since: Mark, refreshes: Count) -> Outcome<()> {
        let red_since = Instant::now();
        for email in [NORA, ANNA, NORA, ANNA] {
            self.window.account_menu(email, "Sync now")?;
        }
        self.window.click_id("cycle-minutes")?;
        self.window.type_over("1")?;
        self.window.press("Tab")?;
        self.window.account_menu(STUDIO, "Sync now")?;
        let others = |count: usize| -> Outcome<bool> {
            let all = self.desk.server.sign_ins(since)?;
            Ok(all.iter().filter(|it| it.user == "studio" && it.accepted).count() >= count)
        };
        self.window.until("the other mailbox to sync", |_| others(1))?;
        assert_eq!(self.notices()?.len(), 2, "nobody is told twice");
        self.window.click("button", "Dismiss")?;
        self.window.click_in_account(NORA, "Reconnect")?;
        self.window.find("textbox", "Password")?;
        self.put("studio", "To the other mailbox")?;
        self.window.until_within(2 * A_MINUTE, "the other mailbox to sync by itself", |_| others(2))?;
        self.window.until_within(A_MINUTE, "a minute to pass", |_| Ok(red_since.elapsed() > A_MINUTE))?;

        assert_eq!(self.refused("nora", since)?.len(), 1, "one refused password, one sign-in");
        assert!(self.refused("anna", since)?.len() <= 1, "{:?}", self.refused("anna", since)?);
        let now = self.provider.count("refresh_token")?;
        let one_more = Count { asked: refreshes.asked + 1, refused: refreshes.refused + 1 };
        assert_eq!(now, one_more, "a refused refresh token is not shown again");
        Ok(())
    }

    /// The sheet is open since before.
    fn three_wrong_passwords_may_have_the_host_block(&self) -> Outcome<()> {
        self.window.wait_for("Mail that arrived since waits on the server")?;
        self.see("reconnect-password")?;
        for (wrong, last) in [("no-idea", false), ("hunter2", false), ("letmein", true)] {
            self.window.fill("Password", wrong)?;
            self.window.press("Enter")?;
            assert_eq!(self.window.wait_for_failed_check()?, ["Signed in"]);
            let said = self.window.text()?;
            assert_eq!(said.contains("may block"), last, "{wrong}: {said}");
            assert!(said.contains("Nothing was saved. What you typed is still there."), "{said}");
            if last {
                self.see("reconnect-may-block")?;
            }
            assert!(
                self.window.all("button", "Try again")?.is_empty(),
                "a refused one is not sent by a click"
            );
            self.window.click("button", "Type it again")?;
        }
        let kept = self.desk.keychain.search(SERVICE)?;
        assert!(kept.contains("secret = secret") && !kept.contains("letmein"), "the saved one stays");
        self.window.fill("Password", "changed")?;
        self.window.press("Enter")?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.wait_for("1 message came in.")?;
        assert!(self.desk.keychain.search(SERVICE)?.contains("secret = changed"));
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        for subject in ["While you were away", "To the other mailbox"] {
            self.mail_is_in_the_project(subject)?;
        }
        Ok(())
    }

    fn a_sign_in_is_given_anew_in_the_browser(&mut self) -> Outcome<()> {
        self.window.wait_for_red(ANNA, "The saved sign-in has expired or was withdrawn.")?;
        let began = Instant::now();
        // The first click, the second, and the third.
        self.window.click_in_account(ANNA, "Reconnect")?;
        self.window.click("button", "Sign in with Example Mail")?;
        self.anna.agrees_to(&self.browser.next_link()?)?;
        self.window.wait_for("Your mailbox is back")?;
        self.window.wait_for("1 message came in.")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(ANNA)?;
        println!("from red to green through the browser: {:?}", began.elapsed());
        self.mail_is_in_the_project("While nobody was let in")?;
        assert_eq!(self.notices()?, Vec::<String>::new(), "what is mended is no news");
        Ok(())
    }

    fn three_clicks_and_the_typing(&mut self) -> Outcome<()> {
        self.desk.server.set_password("nora", "changed-again")?;
        self.put("nora", "Once more")?;
        self.window.account_menu(NORA, "Sync now")?;
        self.window.wait_for_red(NORA, "The mail server does not accept the password.")?;
        self.window.until("one notice", |window| Ok(window.red_notices()?.len() == 1))?;
        let began = Instant::now();
        // The first click, the second, and the third.
        self.window.click_id("turned-red-reconnect")?;
        self.window.fill("Password", "changed-again")?;
        self.window.click("button", "Check and save")?;
        self.window.wait_for("1 message came in.")?;
        self.window.click("button", "Close")?;
        self.window.wait_for_green(NORA)?;
        println!("from red to green with a password: {:?}", began.elapsed());
        assert_eq!(self.notices()?, Vec::<String>::new());
        self.mail_is_in_the_project("Once more")
    }
}
