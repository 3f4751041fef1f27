//! The first day: from an empty window to the first client's mail in its project, all of it by typing and clicking.

use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Tone, Window};
use std::time::Duration;

const EMAIL: &str = "nora@noralind.example";
const INES: (&str, &str) = ("Inès Moreau", "ines@moreau-events.example");
const SERVICE: &str = "app.hatstand.Hatstand";
/// A cycle on a machine that has other things to do.
const CYCLE: Duration = Duration::from_mins(1);

#[test]
fn from_an_empty_window_to_the_first_mail_in_its_project() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "correct-horse")])?;
    let window = desk.window()?;
    window.wait_for("Your clients’ mail, in one quiet place")?;
    window.wait_for("0 of 3 done")?;

    connect_by_typing(&desk, &window)?;
    add_the_first_contact(&window)?;
    make_the_first_project(&window)?;
    the_mail_comes_in(&desk, &window)?;
    nothing_is_connected_or_saved_twice(&desk, &window)?;
    assert_eq!(window.axe()?, []);
    window.close()
}

fn connect_by_typing(desk: &Desk, window: &Window) -> Outcome<()> {
    window.click("button", "Connect account")?;
    window.wait_for("What is your email address?")?;
    window.fill("Email address", "nora at noralind")?;
    window.press("Enter")?;
    window.find("alert", "")?;
    window.fill("Email address", EMAIL)?;
    window.click("button", "Continue")?;
    window.wait_for("Who keeps your mail?")?;
    window.click("radio", "Other")?;
    window.click("checkbox", "This mailbox has an outgoing server")?;
    window.wait_gone("Outgoing server (SMTP)")?;
    window.fill("Incoming server (IMAP)", "127.0.0.1")?;
    window.click("combobox", "Security")?;
    window.click("option", "None")?;
    window.fill("Port", &desk.server.imap.to_string())?;
    window.fill("User name", "nora")?;
    window.click("button", "Continue")?;

    window.fill("Password", "wrong-horse")?;
    window.click("button", "Check and save")?;
    window.wait_for("That did not work yet")?;
    window.wait_for("The mail server does not accept the password.")?;
    window.wait_for("Nothing was saved. What you typed is still there.")?;
    assert_eq!(checks(window, "failed")?, ["Signed in"]);
    assert_eq!(desk.keychain.search(SERVICE)?, "", "nothing is saved of what did not work");
    window.screenshot(&pictures("connect-wrong-password"))?;
    assert_eq!(window.axe()?, []);

    window.click("button", "Back")?;
    assert_eq!(window.value("Password")?, "wrong-horse");
    window.click("button", "Back")?;
    assert_eq!(window.value("Incoming server (IMAP)")?, "127.0.0.1");
    assert_eq!(window.value("Port")?, desk.server.imap.to_string());
    assert_eq!(window.value("User name")?, "nora");
    window.click("button", "Continue")?;
    window.fill("Password", "correct-horse")?;
    window.click("button", "Check and save")?;
    window.wait_for("Your mailbox is connected")?;
    assert!(desk.keychain.search(SERVICE)?.contains("correct-horse"));
    window.screenshot(&pictures("connected"))?;
    Ok(())
}

/// The checks of the live checklist that are in this state.
fn checks(window: &Window, state: &str) -> Outcome<Vec<String>> {
    window
        .texts(&format!("[data-testid=checklist] [data-state={state}] b:first-of-type"))
        .map(|all| all.into_iter().filter(|text| !text.ends_with('.')).collect())
}

fn add_the_first_contact(window: &Window) -> Outcome<()> {
    window.click("button", "Add a contact")?;
    window.wait_for("New contact")?;
    window.fill("Name", INES.0)?;
    window.fill("Email address", "ines at moreau")?;
    window.click("button", "Add contact")?;
    window.find("alert", "")?;
    assert_eq!(window.value("Name")?, INES.0, "what was typed stays");
    window.fill("Email address", INES.1)?;
    window.click("button", "Add contact")?;
    window.find("heading", INES.0)?;
    window.wait_for("Mail comes in since today")
}

fn make_the_first_project(window: &Window) -> Outcome<()> {
    window.click("button", "New project")?;
    window.fill("Title", "Moreau wedding")?;
    window.click("button", "Make project")?;
    window.find("heading", "Moreau wedding")?;
    window.wait_for("No mail here yet")
}

fn the_mail_comes_in(desk: &Desk, window: &Window) -> Outcome<()> {
    desk.deliver("nora", INES, "Dates in June?", "Would the 14th or the 21st work?\n\nInès\n")?;
    desk.deliver("nora", ("Somebody", "somebody@elsewhere.example"), "A bargain", "Buy this.\n")?;
    window.click("button", "Settings")?;
    window.click("button", &format!("More for {EMAIL}"))?;
    window.click("menuitem", "Sync now")?;
    let look = window.wait_for_state(EMAIL, "circle-check", Tone::Green, "copied 1 message", CYCLE)?;
    assert!(look.words.contains("Last synced"), "{look:?}");
    window.wait_for("All mail is up to date")?;

    window.click("button", "Moreau wedding")?;
    window.wait_for("Dates in June?")?;
    assert!(!window.text()?.contains("A bargain"), "nobody else's mail comes in");
    window.click("button", "Dates in June?")?;
    window.wait_for_mail("Would the 14th or the 21st work?")?;
    window.wait_for("ines@moreau-events.example to nora@noralind.example")?;
    window.wait_for("filed here because")?;
    window.screenshot(&pictures("first-mail"))
}

fn nothing_is_connected_or_saved_twice(desk: &Desk, window: &Window) -> Outcome<()> {
    window.press("Control+n")?;
    window.fill("Name", "Another Inès")?;
    window.fill("Email address", "INES@Moreau-Events.example")?;
    window.click("button", "Add contact")?;
    window.find("alert", "Inès Moreau")?;
    window.screenshot(&pictures("contact-refused"))?;
    window.click("button", "Cancel")?;

    window.click("button", "Settings")?;
    window.click("button", "Connect account")?;
    window.fill("Email address", "Nora@NoraLind.example")?;
    window.click("button", "Continue")?;
    window.wait_for("nora@noralind.example is connected already, at 127.0.0.1.")?;
    window.fill("Incoming server (IMAP)", "127.0.0.1")?;
    window.fill("Port", &desk.server.imap.to_string())?;
    window.click("combobox", "Security")?;
    window.click("option", "None")?;
    window.click("checkbox", "This mailbox has an outgoing server")?;
    window.fill("User name", "nora")?;
    window.click("button", "Continue")?;
    window.fill("Password", "correct-horse")?;
    window.click("button", "Check and save")?;
    window.find("alert", "nora@noralind.example is connected already.")?;
    assert_eq!(window.value("Email address")?, "Nora@NoraLind.example");
    window.screenshot(&pictures("connect-refused"))
}

fn pictures(name: &str) -> std::path::PathBuf {
    hatstand_tests::programs::root().join("screenshots").join(format!("{name}.png"))
}
