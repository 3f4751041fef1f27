//! What the demo's walk does not come by: the screens of an empty profile, and mailboxes in every state beside each
//! other, by day and by night, wide and narrow.

use std::path::PathBuf;
use std::time::Duration;

use hatstand_tests::ca::Certificate;
use hatstand_tests::cli::id;
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, LOOKS, Look, Tone, Window};

type Step = (&'static str, fn(&Window) -> Outcome<()>);

const CYCLE: Duration = Duration::from_mins(1);
const EMPTY: &[Step] = &[
    ("settings", |window| window.wait_for("No mailbox yet")),
    ("welcome", |window| {
        window.click("button", "Dashboard")?;
        window.wait_for("0 of 3 done")
    }),
    ("to-sort", |window| {
        window.click("button", "To sort")?;
        window.wait_for("Nothing to sort")
    }),
    ("projects", |window| {
        window.click("button", "Projects")?;
        window.find("heading", "Projects")?;
        Ok(())
    }),
    ("contacts", |window| {
        window.click("button", "Contacts")?;
        window.find("heading", "Contacts")?;
        Ok(())
    }),
    ("refused", |window| {
        window.press("Control+n")?;
        window.click("button", "Add contact")?;
        window.find("alert", "")?;
        Ok(())
    }),
    ("contacts-again", |window| window.click("button", "Cancel")),
];
const STATES: &[Step] = &[
    ("settings", |window| window.wait_for("trying again")),
    ("dashboard", |window| {
        window.click("button", "Dashboard")?;
        window.wait_for("Nobody is waiting for an answer.")
    }),
    ("empty-project", |window| {
        window.click("button", "Moreau wedding")?;
        window.wait_for("No mail here yet")
    }),
    ("reconnect", |window| {
        window.click("button", "Settings")?;
        window.click("button", "Reconnect")?;
        window.wait_for("Last synced")?;
        window.find("textbox", "Password")?;
        Ok(())
    }),
    ("details", |window| {
        window.click("button", "What the server said")?;
        window.wait_for("AUTHENTICATIONFAILED")
    }),
    ("settings-again", |window| window.click("button", "Cancel")),
];

/// Takes the steps in this look; answers what is wrong.
fn walk(window: &Window, look: &Look, story: &str, steps: &[Step]) -> Outcome<Vec<String>> {
    window.wear(look)?;
    let mut wrong = Vec::new();
    for (n, (name, step)) in steps.iter().enumerate() {
        step(window)?;
        let file = picture(&format!("{}/{story}-{}-{name}", look.name(), n + 1));
        wrong
            .extend(window.inspect(&file)?.into_iter().map(|what| format!("{} {name}: {what}", look.name())));
    }
    Ok(wrong)
}

#[test]
fn an_empty_profile_has_a_word_on_every_screen() -> Outcome<()> {
    let desk = Desk::set(&[])?;
    let window = desk.window()?;
    for look in LOOKS {
        assert_eq!(walk(&window, look, "empty", EMPTY)?, Vec::<String>::new());
    }
    window.close()
}

#[test]
fn mailboxes_in_every_state_stand_side_by_side() -> Outcome<()> {
    let mut desk = Desk::set(&[("nora", "secret"), ("hello", "secret"), ("paused", "secret")])?;
    let mut away = Dovecot::start(DovecotOptions::with_user("office", "secret"))?;
    let mut expired = Dovecot::start(DovecotOptions::with_user("studio", "secret"))?;
    let mut paused = String::new();
    for (server, user) in [
        (&desk.server, "nora"),
        (&desk.server, "hello"),
        (&desk.server, "paused"),
        (&away, "office"),
        (&expired, "studio"),
    ] {
        let email = format!("{user}@noralind.example");
        let account = desk.cli.connect(server, user, &email, "secret")?.done()?;
        if user == "paused" {
            paused = id(&account);
        }
    }
    let ines = ["contact", "add", "--name", "Inès Moreau", "--email", "ines@moreau-events.example"];
    let ines = id(&desk.cli.done(&ines)?);
    desk.cli.done(&["project", "add", "--title", "Moreau wedding", "--contact", &ines])?;
    desk.cli.sync()?;
    desk.cli.done(&["account", "pause", &paused])?;
    desk.server.set_password("hello", "changed")?;
    away.stop();
    expired.replace_certificate(Certificate::Expired)?;
    desk.cli.json(&["sync"], "")?;

    let window = desk.window()?;
    window.click("button", "Settings")?;
    for (user, shape, tone, words) in [
        ("nora", "circle-check", Tone::Green, "Last synced"),
        ("hello", "circle-x", Tone::Red, "The mail server does not accept the password."),
        ("paused", "circle-pause", Tone::Grey, "Resume"),
        ("office", "cloud-off", Tone::Grey, "trying again"),
        ("studio", "circle-x", Tone::Red, "certificate has expired"),
    ] {
        window.wait_for_state(&format!("{user}@noralind.example"), shape, tone, words, CYCLE)?;
    }
    for look in LOOKS {
        assert_eq!(walk(&window, look, "states", STATES)?, Vec::<String>::new());
    }
    window.close()
}

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}
