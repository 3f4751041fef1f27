//! Mail that is being written, waits, failed, or is in doubt, and the test email, by day and by night, wide and narrow.

use std::path::PathBuf;

use hatstand_tests::pair::ANNA;
use hatstand_tests::programs::root;
use hatstand_tests::smtp_sink::{Act, SinkOptions, Step as At};
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{LOOKS, PROJECT, SinkStudio, Window};

type Step = (&'static str, fn(&Window) -> Outcome<()>);

const STEPS: &[Step] = &[
    ("settings", |window| window.wait_for("Time to undo sending")),
    ("project", |window| {
        window.click("button", PROJECT)?;
        window.wait_for_outgoing("In doubt", "uncertain")
    }),
    ("outbox", |window| {
        window.click_id("nav-outbox")?;
        window.wait_for("Refused")
    }),
    ("new-mail", |window| {
        window.click("button", PROJECT)?;
        window.click_id("write")?;
        window.click("button", "Add Cc")?;
        window.click("combobox", "Cc")?;
        window.type_text("nobody at all")?;
        window.click("textbox", "Subject")
    }),
    ("not-sent", |window| {
        window.click_id("send")?;
        window.find("alert", "")?;
        Ok(())
    }),
    ("send-later", |window| {
        window.click_id("send-later")?;
        window.find("menu", "")?;
        Ok(())
    }),
    ("test-email", |window| {
        window.press("Escape")?;
        window.click_id("discard")?;
        window.click_id("discard-really")?;
        window.click("button", "Settings")?;
        window.click_id("test-run")?;
        window.wait_for_id("test-result")?;
        Ok(())
    }),
    ("test-email-where", |window| {
        window.click_id("close")?;
        window.click("button", "Send a test email")?;
        window.find("textbox", "Your other address")?;
        Ok(())
    }),
    ("settings-again", |window| window.click_id("cancel")),
];

#[test]
fn sending_looks_right_by_day_and_by_night() -> Outcome<()> {
    let studio = SinkStudio::set(|_| SinkOptions::default())?;
    let window = studio.window()?;
    window.click("button", "Settings")?;
    window.click_id("undo-seconds-0")?;
    window.click("button", PROJECT)?;
    studio.sink.at(At::Dot, Act::Cut);
    window.begin_mail("In doubt")?;
    window.click_id("send")?;
    window.wait_for_outgoing("In doubt", "uncertain")?;
    studio.sink.refuse(ANNA, "550 5.1.1 Nobody here has that name");
    window.begin_mail("Refused")?;
    window.click_id("send")?;
    window.wait_for_outgoing("Refused", "failed")?;
    window.begin_mail("A draft")?;
    window.click_id("close-composer")?;
    window.wait_for_outgoing("A draft", "draft")?;
    window.begin_mail("Tomorrow")?;
    window.click_id("send-later")?;
    window.click_id("later-tomorrow")?;
    window.wait_for_outgoing("Tomorrow", "scheduled")?;
    window.click("button", "Settings")?;
    window.click("button", "Send a test email")?;
    window.fill("Your other address", ANNA)?;
    window.click_id("start-test")?;
    window.wait_for_id("test-result")?;
    window.click_id("close")?;

    let mut wrong = Vec::new();
    for look in LOOKS {
        window.wear(look)?;
        for (n, (name, step)) in STEPS.iter().enumerate() {
            step(&window)?;
            let file = picture(&format!("{}/sending-{}-{name}", look.name(), n + 1));
            wrong.extend(
                window.inspect(&file)?.into_iter().map(|what| format!("{} {name}: {what}", look.name())),
            );
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    window.close()
}

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}
