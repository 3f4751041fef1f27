//! Mail that no rule can place, mail that waits for an answer, and the way back from both.

use std::path::PathBuf;
use std::time::Duration;

use hatstand_tests::cli::id;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Tone, Window};

const EMAIL: &str = "nora@noralind.example";
const CLARA: (&str, &str) = ("Clara Voss", "clara.voss@lumen-group.example");
const CYCLE: Duration = Duration::from_mins(1);

#[test]
fn what_no_rule_places_is_sorted_by_a_click_and_what_was_answered_is_done() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "secret")])?;
    desk.cli.connect(&desk.server, "nora", EMAIL, "secret")?.done()?;
    let clara = id(&desk.cli.done(&["contact", "add", "--name", CLARA.0, "--email", CLARA.1])?);
    for title in ["Lumen annual report", "Lumen spring issue"] {
        desk.cli.done(&["project", "add", "--title", title, "--contact", &clara])?;
    }
    desk.deliver("nora", CLARA, "A cover photograph", "Ideally hands and a machine, upright.\n")?;
    desk.deliver("nora", CLARA, "Print specifications", "300 dpi, three millimetres of bleed.\n")?;
    let window = desk.window()?;
    window.click("button", "Settings")?;
    window.wait_for_state(EMAIL, "circle-check", Tone::Green, "copied 2 messages", CYCLE)?;

    sort_one(&window)?;
    sort_another_while_it_is_open(&window)?;
    answer_on_the_dashboard(&window)?;
    let filed = desk.cli.done(&["messages"])?;
    assert!(
        filed.as_array().is_some_and(|all| all.iter().all(|one| !one["project_id"].is_null())),
        "{filed}"
    );
    window.close()
}

/// By the list's own buttons, taken back, and done again.
fn sort_one(window: &Window) -> Outcome<()> {
    window.click("button", "To sort")?;
    window.wait_for("Print specifications")?;
    window.wait_for("In several of your projects")?;
    rows(window, 2)?;
    assert_eq!(window.axe()?, []);
    suggestion(window, "Print specifications", "Lumen spring issue")?;
    rows(window, 1)?;
    window.find("status", "Lumen spring issue")?;
    window.screenshot(&picture("sorted-with-undo"))?;
    window.click("button", "Undo")?;
    rows(window, 2)?;
    suggestion(window, "Print specifications", "Lumen spring issue")?;
    rows(window, 1)
}

fn sort_another_while_it_is_open(window: &Window) -> Outcome<()> {
    window.click("button", "A cover photograph")?;
    window.wait_for_mail("Ideally hands and a machine")?;
    window.click("button", "Move")?;
    window.click_in("group", "Projects", "button", "Lumen annual report")?;
    window.wait_for("Nothing to sort")?;
    window.press("Control+z")?;
    rows(window, 1)?;
    suggestion(window, "A cover photograph", "Lumen annual report")?;
    window.wait_for("Nothing to sort")
}

fn answer_on_the_dashboard(window: &Window) -> Outcome<()> {
    window.click("button", "Dashboard")?;
    window.wait_for("Two emails need a reply.")?;
    window.click("button", "Done: Print specifications")?;
    window.wait_for("One email needs a reply.")?;
    // The last thing done, of the several that can still be taken back.
    window.press("Control+z")?;
    window.wait_for("Two emails need a reply.")?;
    window.click("button", "Done: Print specifications")?;
    window.wait_for("One email needs a reply.")?;
    window.click("button", "Clara Voss A cover photograph")?;
    window.find("heading", "Lumen annual report")?;
    window.wait_for_mail("Ideally hands and a machine")?;
    window.click("button", "Mark unread")?;
    window.find("button", "Lumen annual report 1 unread")?;
    window.click("button", "A cover photograph")?;
    window.until("the mail to be read", |window| {
        Ok(window.all("button", "Lumen annual report 1 unread")?.is_empty())
    })
}

/// How many mails wait in To sort.
fn rows(window: &Window, wanted: usize) -> Outcome<()> {
    window.until(&format!("{wanted} mails to sort"), |window| {
        Ok(window.texts("[data-testid=to-sort-row]")?.len() == wanted)
    })
}

/// Clicks a project below the mail with this subject.
fn suggestion(window: &Window, subject: &str, project: &str) -> Outcome<()> {
    window.click_in("listitem", subject, "button", project)
}

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}
