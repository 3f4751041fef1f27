//! The guided test email, from its start to its result, as a person meets it: a client's mailbox really receives it,
//! and really answers.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hatstand_tests::pair::{ANNA, ANNA_PRIVATE, NORA, Received};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{Studio, Window};

/// The account is looked at every 30 seconds; the machine has other things to do.
const A_LOOK: Duration = Duration::from_secs(75);

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}

/// A picture, and a look at the accessibility of what it shows.
fn see(window: &Window, name: &str) -> Outcome<()> {
    window.screenshot(&picture(name))?;
    assert_eq!(window.axe()?, [], "{name}");
    Ok(())
}

/// How a step of the run stands: `todo`, `running`, `done`, `failed`, `skipped`.
fn step(window: &Window, name: &str) -> Outcome<String> {
    let script =
        "return document.querySelector(`[data-testid=test-step-${arguments[0]}]`)?.dataset.state ?? ''";
    Ok(window.script(script, &[name.into()])?.as_str().unwrap_or_default().to_owned())
}

fn wait_for_step(window: &Window, name: &str, state: &str) -> Outcome<()> {
    let mut last = String::new();
    window
        .until(&format!("the step {name} to be {state}"), |window| {
            last = step(window, name)?;
            Ok(last == state)
        })
        .doing(&format!("it is {last}"))
}

/// Opens the wizard from Email settings and sends to `address`.
fn begin(window: &Window, address: &str) -> Outcome<()> {
    window.click("button", "Settings")?;
    window.click("button", "Send a test email")?;
    window.wait_for("Where should it go?")?;
    window.fill("Your other address", address)?;
    window.click_id("start-test")
}

/// The test's mail as the client received it.
fn received(studio: &Studio) -> Outcome<Received> {
    studio.client("anna")?.wait_for_subject("Hatstand test")
}

fn wait_for_result(window: &Window, words: &str) -> Outcome<()> {
    let since = Instant::now();
    let waited = window.until_within(A_LOOK, &format!("the result “{words}”"), |window| {
        Ok(window.shows("test-result")? && window.text()?.contains(words))
    });
    // Told, never judged: what the machine has to do besides decides too.
    println!("“{words}” after {:.1} s", since.elapsed().as_secs_f64());
    waited
}

#[test]
fn a_test_goes_out_and_its_reply_comes_back() -> Outcome<()> {
    let studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    window.click("button", "Settings")?;
    window.wait_for_green(NORA)?;

    // One's own connected mailbox proves nothing, and the wizard says so.
    begin(&window, NORA)?;
    window.find("alert", "")?;
    see(&window, "test-email-refused")?;
    window.fill("Your other address", ANNA)?;
    window.click_id("start-test")?;

    window.wait_for("Now reply to it")?;
    wait_for_step(&window, "sent", "done")?;
    wait_for_step(&window, "accepted", "done")?;
    wait_for_step(&window, "copy_in_sent", "done")?;
    wait_for_step(&window, "reply_seen", "running")?;
    see(&window, "test-email-waiting")?;

    let mail = received(&studio)?;
    assert_eq!(mail.from(), NORA);
    let token = mail.header("X-Hatstand-Test");
    assert_eq!(token.len(), 8, "{token}");
    assert!(mail.header("Subject").contains(&token));
    let nora = studio.client("nora")?;
    assert_eq!(nora.with_subject("Sent", &token)?.len(), 1, "one copy in Sent");

    // A machine's answer is named, and waited past.
    let anna = studio.client("anna")?;
    anna.auto_reply(&mail).send()?;
    window.until_within(A_LOOK, "the automatic reply to be named", |window| {
        Ok(window.text()?.to_lowercase().contains("automatic reply"))
    })?;
    see(&window, "test-email-automatic-reply")?;
    anna.answer(&mail, "It works over here.\n")?;
    wait_for_result(&window, "Your email is syncing")?;
    see(&window, "test-email-done")?;

    window.click_id("show-it")?;
    window.wait_for_mail("It works over here.")?;
    window.click("button", "Dashboard")?;
    window.find("button", "Reply: ")?;

    // What was made for the test goes again, and nothing on the server.
    window.click("button", "Settings")?;
    window.click_id("test-run")?;
    window.click_id("clean-test")?;
    see(&window, "test-email-remove")?;
    window.click_id("confirm-clean")?;
    window.until("the test's contact to go", |_| {
        Ok(studio.cli.done(&["contact", "list"])?.as_array().is_some_and(Vec::is_empty))
    })?;
    assert_eq!(nora.with_subject("INBOX", &token)?.len(), 2, "the server keeps its mail");
    window.close()
}

#[test]
fn a_reply_in_junk_is_named_and_brought_in() -> Outcome<()> {
    let studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    begin(&window, ANNA)?;
    let mail = received(&studio)?;
    studio.client("anna")?.reply(&mail).text("Do you see me?\n").arrives_in("Junk")?;
    window.until_within(A_LOOK, "Junk to be named", |window| {
        Ok(window.shows("test-diagnosis")? && window.wait_for_id("test-diagnosis")?.contains("Junk"))
    })?;
    assert_eq!(step(&window, "reply_seen")?, "running", "a reply in Junk leaves it waiting");
    see(&window, "test-email-junk")?;
    window.click_id("test-mend")?;
    wait_for_result(&window, "Your email is syncing")?;
    window.click_id("show-it")?;
    window.wait_for_mail("Do you see me?")?;
    window.close()
}

#[test]
fn a_reply_from_another_address_is_offered_to_the_contact() -> Outcome<()> {
    let studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    begin(&window, ANNA)?;
    let mail = received(&studio)?;
    studio.client("anna")?.reply(&mail).from(ANNA_PRIVATE).text("From my other address.\n").send()?;
    window.until_within(A_LOOK, "the other address to be named", |window| {
        Ok(window.shows("test-diagnosis")? && window.wait_for_id("test-diagnosis")?.contains(ANNA_PRIVATE))
    })?;
    see(&window, "test-email-other-address")?;
    window.click_id("test-mend")?;
    wait_for_result(&window, "Your email is syncing")?;
    window.close()
}

#[test]
fn a_refused_password_is_said_and_mended() -> Outcome<()> {
    let mut studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    window.click("button", "Settings")?;
    window.wait_for_green(NORA)?;
    studio.pair.dovecot.set_password("nora", "another-horse")?;
    begin(&window, ANNA)?;
    wait_for_result(&window, "password")?;
    assert_eq!(step(&window, "accepted")?, "failed");
    see(&window, "test-email-wrong-password")?;
    window.click("button", "Reconnect")?;
    window.fill("Password", "another-horse")?;
    window.press("Enter")?;
    window.wait_for("Your mailbox is back")?;
    window.close()
}

#[test]
fn a_run_goes_on_after_the_app_was_killed() -> Outcome<()> {
    let studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    begin(&window, ANNA)?;
    wait_for_step(&window, "copy_in_sent", "done")?;
    let mail = received(&studio)?;
    window.kill()?;

    studio.client("anna")?.answer(&mail, "While you were away.\n")?;
    studio.client("nora")?.wait_for_subject("Re: Hatstand test")?;
    let window = studio.window()?;
    window.until_within(A_LOOK, "the notice that it came", |window| {
        Ok(window.text()?.contains("Your email is syncing"))
    })?;
    see(&window, "test-email-notice")?;
    window.click("button", "Settings")?;
    window.click_id("test-run")?;
    wait_for_result(&window, "Your email is syncing")?;
    assert_eq!(studio.client("anna")?.with_subject("INBOX", "Hatstand test")?.len(), 1, "it went out once");
    window.close()
}

#[test]
fn a_dashboard_without_mail_is_no_failure() -> Outcome<()> {
    let studio = Studio::set(hatstand_tests::pair::PairOptions::default())?;
    let window = studio.window()?;
    window.click("button", "Settings")?;
    window.click("switch", "Show emails on the dashboard")?;
    begin(&window, ANNA)?;
    let mail = received(&studio)?;
    studio.client("anna")?.answer(&mail, "Fine here.\n")?;
    wait_for_result(&window, "Your email is syncing")?;
    assert_eq!(step(&window, "on_dashboard")?, "done");
    window.wait_for("in the project")?;
    window.close()
}

#[test]
fn a_mailbox_that_does_not_send_has_its_own_way() -> Outcome<()> {
    let keychain = hatstand_tests::keychain::Keychain::start()?;
    let cli = hatstand_tests::cli::Cli::fresh(&keychain)?;
    let pair = hatstand_tests::pair::Pair::start()?;
    cli.connect(&pair.dovecot, "nora", NORA, hatstand_tests::pair::PASSWORD)?.done()?;
    let window = Window::open(hatstand_tests::window::WindowOptions::app(cli.data_dir(), keychain.env())?)?;
    window.click("button", "Settings")?;
    window.click("button", "Send a test email")?;
    window.wait_for("Where will you write from?")?;
    window.fill("Your other address", ANNA)?;
    window.click_id("start-test")?;
    window.wait_for("Now write it by hand")?;
    assert_eq!(step(&window, "sent")?, "skipped");
    see(&window, "test-email-by-hand")?;
    let runs = window.text()?;
    let subject = runs.lines().find_map(|line| line.split("Hatstand test ").nth(1)).doing("no subject")?;
    let token: String = subject.chars().take(8).collect();
    pair.client("anna")?.write(&format!("hatstand test {token}")).send()?;
    window.until_within(A_LOOK, "the result", |window| window.shows("test-result"))?;
    window.wait_for("Your email is syncing")?;
    window.close()
}
