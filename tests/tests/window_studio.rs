//! What stories about sending begin with is there, and the app finds it again after it was closed.

use std::time::Duration;

use hatstand_tests::pair::{ANNA_NAME, NORA};
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{PROJECT, Studio, Tone};

#[test]
fn a_studio_opens_with_an_account_a_client_and_a_project() -> Outcome<()> {
    let (studio, window) = Studio::open()?;
    studio.client("anna")?.write("Which lens?").text("The one of last year, please.\n").send()?;
    studio.client("nora")?.wait_for_subject("Which lens?")?;
    window.click("button", "Settings")?;
    window.click("button", &format!("More for {NORA}"))?;
    window.click("menuitem", "Sync now")?;
    let minute = Duration::from_mins(1);
    window.wait_for_state(NORA, "circle-check", Tone::Green, "copied 1 message", minute)?;
    window.close()?;

    let window = studio.window()?;
    window.click("button", PROJECT)?;
    window.find("heading", PROJECT)?;
    window.wait_for("Which lens?")?;
    window.wait_for(ANNA_NAME)?;
    window.close()
}
