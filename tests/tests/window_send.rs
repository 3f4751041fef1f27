//! Answering a client from the project, as a person does it: what is written arrives over there, and what does not
//! arrive is said.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hatstand_tests::pair::{ANNA, ANNA_NAME, BOUNCED, NORA, REFUSED, REFUSED_WORDS};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{PROJECT, Studio, Window};

/// The time to undo, the way out, and a machine that has other things to do.
const A_MINUTE: Duration = Duration::from_mins(1);

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}

/// A picture, and a look at the accessibility of what it shows.
fn see(window: &Window, name: &str) -> Outcome<()> {
    window.screenshot(&picture(name))?;
    assert_eq!(window.axe()?, [], "{name}");
    Ok(())
}

/// Anna's mail is in the project and opened.
fn open_mail(studio: &Studio, window: &Window, subject: &str) -> Outcome<()> {
    let anna = studio.client("anna")?;
    anna.write(subject).text("The old one, or the new one?\n\nAnna\n").send()?;
    studio.client("nora")?.wait_for_subject(subject)?;
    studio.cli.json(&["sync"], "")?;
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Sync now")?;
    window.click("button", PROJECT)?;
    window.click("button", subject)?;
    window.wait_for_mail("The old one, or the new one?")
}

/// Mail goes at once from now on.
fn without_undo(window: &Window) -> Outcome<()> {
    window.click("button", "Settings")?;
    window.click_id("undo-seconds-0")
}

/// How the outgoing mails that are shown stand.
fn states(window: &Window) -> Outcome<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=outgoing]')].map(e => e.dataset.state)";
    let states = window.script(script, &[])?;
    Ok(states.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect())
}

fn wait_for_mail_that_is(window: &Window, state: &str) -> Outcome<()> {
    let mut last = Vec::new();
    window
        .until_within(A_MINUTE, &format!("an outgoing mail that is {state}"), |window| {
            last = states(window)?;
            Ok(last.iter().any(|one| one == state))
        })
        .doing(&format!("they are {last:?}"))
}

/// Puts the keys into the editor.
fn into_the_text(window: &Window) -> Outcome<()> {
    window.click("textbox", "Text")
}

#[test]
fn a_reply_is_written_in_the_project_and_arrives_whole() -> Outcome<()> {
    let (studio, window) = Studio::open()?;
    open_mail(&studio, &window, "Which lens?")?;
    window.click_id("reply")?;
    window.find("group", &format!("Reply to {ANNA_NAME}"))?;
    into_the_text(&window)?;
    window.type_text("Dear Anna, the ")?;
    window.press("Control+b")?;
    window.type_text("new one")?;
    window.press("Control+b")?;
    window.type_text(" – für die Gärten.")?;
    let file = studio.cli.data_dir().with_file_name("Zeitplan für Juni.bin");
    let bytes: Vec<u8> = (0..70_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    fs::write(&file, &bytes)?;
    window.click("button", "Attach files")?;
    window.choose_file(&file)?;
    window.wait_for("Zeitplan für Juni.bin")?;
    window.until("the draft to be saved", |window| Ok(window.wait_for_id("saved")?.contains("Saved")))?;
    see(&window, "reply")?;

    // Sent, taken back, and sent after all.
    window.click_id("send")?;
    window.wait_for_id("countdown")?;
    see(&window, "reply-undo")?;
    window.click_id("undo-send")?;
    window.find("group", &format!("Reply to {ANNA_NAME}"))?;
    window.wait_for("Zeitplan für Juni.bin")?;
    assert!(studio.client("anna")?.with_subject("INBOX", "Which lens?")?.is_empty(), "it was taken back");
    into_the_text(&window)?;
    window.press("Control+Enter")?;

    let mail = studio.client("anna")?.wait_for_subject("Re: Which lens?")?;
    assert_eq!(mail.from(), NORA);
    assert_eq!(
        mail.header("In-Reply-To"),
        studio.client("nora")?.wait_for_subject("Which lens?")?.header("Message-ID")
    );
    assert!(mail.header("Message-ID").ends_with("@noralind.example>"), "{}", mail.header("Message-ID"));
    assert_eq!(mail.header("Bcc"), "");
    let parts = mail.parts()?;
    let html = parts.iter().find(|part| part.kind == "text/html").doing("no HTML")?.text();
    assert!(html.contains("<b>new one</b>") || html.contains("<strong>new one</strong>"), "{html}");
    assert!(html.contains("The old one, or the new one?"), "the answered mail is quoted: {html}");
    let text = parts.iter().find(|part| part.kind == "text/plain").doing("no text")?.text();
    assert!(text.contains("Dear Anna, the new one – für die Gärten."), "{text}");
    let enclosed = parts.iter().find(|part| part.name == "Zeitplan für Juni.bin").doing("no file")?;
    assert!(enclosed.bytes == bytes, "the file is another over there");
    // The machine's names are nobody's business.
    let whole = String::from_utf8_lossy(&mail.raw).into_owned();
    let ours = whole.split("\r\n\r\n").next().unwrap_or_default();
    let host = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let from_us = ours.lines().skip_while(|line| !line.starts_with("Date:") && !line.starts_with("From:"));
    for line in from_us {
        assert!(host.trim().is_empty() || !line.contains(host.trim()), "{line}");
    }

    // It is in the project, once, also after the copy in Sent was seen.
    window.wait_for("Dear Anna, the new one")?;
    window.until_within(A_MINUTE, "the copy in Sent", |_| {
        Ok(studio.client("nora")?.with_subject("Sent", "Which lens?")?.len() == 1)
    })?;
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Sync now")?;
    window.wait_for_green(NORA)?;
    let berg = studio.berg.as_ref().doing("no project")?;
    window.until_within(A_MINUTE, "the copy's place", |_| {
        let all = studio.cli.done(&["messages", "--project", &berg.project])?;
        let out: Vec<_> =
            all.as_array().into_iter().flatten().filter(|mail| mail["direction"] == "out").collect();
        assert!(out.len() <= 1, "{all}");
        Ok(out.len() == 1
            && out.iter().all(|mail| mail["locations"].as_array().is_some_and(|at| at.len() == 1)))
    })?;
    window.click("button", "Dashboard")?;
    window.wait_for_id("waiting-row")?;
    see(&window, "dashboard-waiting")?;

    // Her answer puts it back among what needs a reply.
    studio.client("anna")?.answer(&mail, "Lovely.\n")?;
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Sync now")?;
    window.click("button", "Dashboard")?;
    window.find("button", "Reply: Re: Which lens?")?;
    window.close()
}

#[test]
fn enter_that_ends_a_composition_sends_nothing_and_makes_no_chip() -> Outcome<()> {
    let (studio, window) = Studio::open()?;
    without_undo(&window)?;
    window.click("button", PROJECT)?;
    window.click_id("write")?;
    window.find("dialog", "New mail")?;
    // What an input method does in WebKit: the Enter that takes the candidate comes with keyCode 229.
    let compose = r#"
        const at = document.querySelector(arguments[0]);
        at.focus();
        at.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
        const how = { key: "Enter", keyCode: 229, which: 229, isComposing: true, bubbles: true, cancelable: true };
        at.dispatchEvent(new KeyboardEvent("keydown", { ...how, ctrlKey: arguments[1] }));
        at.dispatchEvent(new CompositionEvent("compositionend", { data: "田中", bubbles: true }));
        at.dispatchEvent(new KeyboardEvent("keydown", { ...how, isComposing: false, ctrlKey: arguments[1] }));
        return true;"#;
    window.fill_combobox("To", ANNA)?;
    let chips = window.texts("[data-testid=chip]")?.len();
    for (selector, control) in
        [("[data-testid=subject]", false), ("[data-testid=subject]", true), ("[data-testid=editor]", true)]
    {
        window.script(compose, &[selector.into(), control.into()])?;
    }
    window.script(compose, &["[data-testid=compose-sheet] input[role=combobox]".into(), false.into()])?;
    assert_eq!(window.texts("[data-testid=chip]")?.len(), chips, "no chip comes of it");
    window.find("dialog", "New mail")?;
    assert_eq!(states(&window)?.iter().filter(|state| *state != "draft").count(), 0);
    assert!(studio.client("anna")?.with_subject("INBOX", "")?.is_empty(), "nothing was sent");

    // The same key by itself sends.
    window.fill("Subject", "Shot list")?;
    into_the_text(&window)?;
    window.type_text("Here it is.")?;
    window.press("Control+Enter")?;
    studio.client("anna")?.wait_for_subject("Shot list")?;
    window.close()
}

#[test]
fn mail_waits_for_its_server_and_goes_by_itself() -> Outcome<()> {
    let (mut studio, window) = Studio::open()?;
    open_mail(&studio, &window, "Dates in June?")?;
    without_undo(&window)?;
    studio.pair.postfix.stop();
    window.click("button", PROJECT)?;
    window.click("button", "Dates in June?")?;
    window.click_id("reply")?;
    into_the_text(&window)?;
    window.type_text("The 14th.")?;
    window.click_id("send")?;
    wait_for_mail_that_is(&window, "waiting")?;
    see(&window, "reply-waiting")?;
    window.click("button", "Outbox")?;
    window.wait_for("Re: Dates in June?")?;
    see(&window, "outbox-waiting")?;

    studio.pair.postfix.start_again()?;
    window.click("button", "Send now: Re: Dates in June?")?;
    studio.client("anna")?.wait_for_subject("Re: Dates in June?")?;
    window.wait_gone("Re: Dates in June?")?;
    window.close()
}

#[test]
fn who_was_refused_and_what_was_not_delivered_is_said() -> Outcome<()> {
    let (studio, window) = Studio::open()?;
    without_undo(&window)?;
    for (name, address) in [("Bea Bounced", BOUNCED), ("Rolf Refused", REFUSED)] {
        studio.cli.done(&["contact", "add", "--name", name, "--email", address])?;
    }
    window.click("button", PROJECT)?;
    window.click_id("write")?;
    window.fill_combobox("To", ANNA)?;
    window.fill_combobox("To", REFUSED)?;
    window.fill("Subject", "Two of you")?;
    window.click_id("send")?;
    studio.client("anna")?.wait_for_subject("Two of you")?;
    window.click("button", "Outbox")?;
    window.wait_for(REFUSED)?;
    see(&window, "outbox-refused")?;
    window.click("button", "Details")?;
    window.wait_for(REFUSED_WORDS.trim_start_matches("550 5.1.1 "))?;
    window.click("button", "Dismiss: Two of you")?;
    window.wait_gone("Two of you")?;

    window.click("button", PROJECT)?;
    window.click_id("write")?;
    window.fill_combobox("To", BOUNCED)?;
    window.fill("Subject", "Are you there?")?;
    window.click_id("send")?;
    studio.client("nora")?.wait_for_subject("Undelivered")?;
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Sync now")?;
    window.click("button", "Dashboard")?;
    window.until_within(A_MINUTE, "“Not delivered” on the dashboard", |window| {
        window.shows("not-delivered-row")
    })?;
    see(&window, "dashboard-not-delivered")?;
    window.click("button", &format!("Dismiss: not delivered to {BOUNCED}"))?;
    window.until("it to be dismissed", |window| Ok(!window.shows("not-delivered-row")?))?;
    window.close()
}
