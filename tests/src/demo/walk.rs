//! A walk through the screens, by day and by night, wide and narrow, with a picture of each and a look at its
//! accessibility and at what is cut off.

use std::path::Path;

use super::Demo;
use crate::trouble::{Outcome, Trouble};
use crate::window::{LOOKS, Window, WindowOptions};

type Step = (&'static str, fn(&Window) -> Outcome<()>);

/// Each step leads to one picture. Every one begins where the one before has ended, and the first where the last has.
const STEPS: &[Step] = &[
    ("dashboard", |window| {
        window.press("Control+1")?;
        window.wait_for("Needs a reply")
    }),
    ("to-sort", |window| {
        window.click("button", "To sort")?;
        window.wait_for("A cover photograph")
    }),
    ("to-sort-mail", |window| {
        window.click("button", "A cover photograph")?;
        window.wait_for("clara.voss@lumen-group.example")?;
        window.wait_for_mail("Dear Nora")
    }),
    ("projects", |window| {
        window.click("button", "Projects")?;
        window.wait_for("Sokolov golden anniversary")
    }),
    ("new-project", |window| {
        window.click("button", "New project")?;
        window.find("textbox", "Title")?;
        window.wait_for("Mail of these contacts is filed here.")
    }),
    ("project", |window| {
        window.click("button", "Cancel")?;
        window.click("button", "Okafor wedding")?;
        window.wait_for("Timeline for the day")
    }),
    ("project-mail", |window| {
        window.click("button", "Timeline for the day")?;
        window.wait_for("timeline-v3.pdf")?;
        window.wait_for_mail("the family portraits")
    }),
    ("reply", |window| {
        window.click_id("reply")?;
        window.find("group", "Reply to Amara Okafor")?;
        window.click("textbox", "Text")?;
        window.type_text("Dear Amara, the light in the garden is best before six.")
    }),
    ("move", |window| {
        window.click_id("discard")?;
        window.click_id("discard-really")?;
        window.click("button", "Move")?;
        window.wait_for("Move the whole thread")
    }),
    ("project-people", |window| {
        // The first closes what is open over the mail, the second the mail.
        window.press("Escape")?;
        window.wait_gone("Move the whole thread")?;
        window.press("Escape")?;
        window.wait_gone("timeline-v3.pdf")?;
        window.click("tab", "People")?;
        window.wait_for("Change people")
    }),
    ("project-notes", |window| {
        window.click("tab", "Notes")?;
        window.find("tabpanel", "")?;
        Ok(())
    }),
    ("japanese", |window| {
        window.click("button", "Sato family portraits")?;
        window.wait_for("衣装について")?;
        window.click("button", "衣装について")?;
        window.wait_for("yuki@sato.example")
    }),
    ("new-mail", |window| {
        // Where it is narrow, the mail lies over the project's head.
        window.press("Escape")?;
        window.click_id("write")?;
        window.find("dialog", "New mail")?;
        window.click("button", "Add Bcc")?;
        Ok(())
    }),
    ("contacts", |window| {
        window.click_id("close-composer")?;
        window.click("button", "Contacts")?;
        window.wait_for("Agnieszka Wójcik")
    }),
    ("contact", |window| {
        window.click("button", "Inès Moreau")?;
        window.wait_for("Dates in June?")
    }),
    ("new-contact", |window| {
        window.press("Control+n")?;
        window.find("textbox", "Email address")?;
        Ok(())
    }),
    ("settings", |window| {
        window.press("Escape")?;
        window.click("button", "Settings")?;
        window.wait_for("Incoming email")
    }),
    ("test-email", |window| {
        window.click("button", "Send a test email")?;
        window.find("textbox", "Your other address")?;
        Ok(())
    }),
    ("new-template", |window| {
        window.click_id("cancel")?;
        window.click("button", "Add a template")?;
        window.find("textbox", "Subject")?;
        Ok(())
    }),
    ("account-menu", |window| {
        window.press("Escape")?;
        window.click("button", "More for nora@noralind.example")?;
        window.find("menuitem", "Delete")?;
        Ok(())
    }),
    ("edit-account", |window| {
        window.click("menuitem", "Edit")?;
        window.wait_for("Further addresses")
    }),
    ("delete-account", |window| {
        window.click("button", "Cancel")?;
        window.click("button", "More for nora@noralind.example")?;
        window.click("menuitem", "Delete")?;
        window.wait_for("stay on this computer")
    }),
    ("history", |window| {
        window.click("button", "Cancel")?;
        window.click("button", "Last ")?;
        window.find("list", "Last syncs")?;
        Ok(())
    }),
    ("connect", |window| {
        window.press("Escape")?;
        window.click("button", "Connect account")?;
        window.find("textbox", "Email address")?;
        Ok(())
    }),
    ("connect-provider", |window| {
        window.fill("Email address", "nora.lind@gmail.com")?;
        window.click("button", "Continue")?;
        window.wait_for("Who keeps your mail?")
    }),
    ("connect-servers", |window| {
        window.click("radio", "Other")?;
        window.wait_for("Outgoing server (SMTP)")
    }),
    ("connect-password", |window| {
        window.click("radio", "Yahoo")?;
        window.click("button", "Continue")?;
        window.find("textbox", "App password")?;
        Ok(())
    }),
    ("settings-again", |window| {
        window.click("button", "Cancel")?;
        window.wait_for("Incoming email")
    }),
];

/// Takes all steps in every look, also after one that failed, checks each screen, and tells of each.
pub fn walk(demo: &mut Demo, pictures: &Path, tell: &dyn Fn(&str)) -> Outcome<()> {
    let window = Window::open(WindowOptions::app(demo.cli.data_dir(), demo.env.clone())?)?;
    demo.deliver()?;
    let mut failed = Vec::new();
    for look in LOOKS {
        window.wear(look)?;
        for (n, (name, step)) in STEPS.iter().enumerate() {
            let what = format!("{}/{:02}-{name}", look.name(), n + 1);
            let done = step(&window);
            let mut found: Vec<String> = done.err().map(|trouble| trouble.to_string()).into_iter().collect();
            found.extend(window.inspect(&pictures.join(format!("{what}.png")))?);
            tell(&format!("{what} {}", found.join("\n    ")));
            if !found.is_empty() {
                failed.push(what);
            }
        }
    }
    window.close()?;
    tell(&format!("{} pictures are in {}", LOOKS.len() * STEPS.len(), pictures.display()));
    if failed.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(format!("these screens were not as they should be: {}", failed.join(", "))))
}
