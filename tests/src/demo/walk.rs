//! A walk through the screens, with a picture of each.

use std::path::Path;

use super::Demo;
use crate::trouble::{Outcome, Trouble};
use crate::window::{Window, WindowOptions};

type Step = (&'static str, fn(&Window) -> Outcome<()>);

/// Each step leads to one picture. Every one begins where the one before has ended.
const STEPS: &[Step] = &[
    ("dashboard", |window| window.wait_for("Needs a reply")),
    ("to-sort", |window| {
        window.click("button", "To sort")?;
        window.wait_for("A cover photograph")
    }),
    ("to-sort-mail", |window| {
        window.click("button", "A cover photograph")?;
        window.wait_for("clara.voss@lumen-group.example")
    }),
    ("projects", |window| {
        window.click("button", "Projects")?;
        window.wait_for("Sokolov golden anniversary")
    }),
    ("project", |window| {
        window.click("button", "Okafor wedding")?;
        window.wait_for("Timeline for the day")
    }),
    ("project-mail", |window| {
        window.click("button", "Timeline for the day")?;
        window.wait_for("timeline-v3.pdf")
    }),
    ("project-people", |window| {
        window.click("tab", "People")?;
        window.wait_for("amara@okafor.example")
    }),
    ("japanese", |window| {
        window.click("button", "Sato family portraits")?;
        window.wait_for("衣装について")?;
        window.click("button", "衣装について")?;
        window.wait_for("yuki@sato.example")
    }),
    ("contacts", |window| {
        window.click("button", "Contacts")?;
        window.wait_for("Agnieszka Wójcik")
    }),
    ("contact", |window| {
        window.click("button", "Inès Moreau")?;
        window.wait_for("Dates in June?")
    }),
    ("new-contact", |window| {
        window.press("Control+n")?;
        window.find("dialog", "")?;
        Ok(())
    }),
    ("settings", |window| {
        window.press("Escape")?;
        window.click("button", "Settings")?;
        window.wait_for("Incoming email")
    }),
    ("connect", |window| {
        window.click("button", "Connect account")?;
        window.find("textbox", "Email address")?;
        Ok(())
    }),
    ("connect-provider", |window| {
        window.fill("Email address", "nora.lind@gmail.com")?;
        window.click("button", "Continue")?;
        window.wait_for("Who keeps your mail?")
    }),
    ("narrow", |window| {
        window.click("button", "Cancel")?;
        window.press("Control+1")?;
        window.resize(900, 600)?;
        window.wait_for("Needs a reply")
    }),
];

/// Takes all steps, also after one that failed, and tells of each.
pub fn walk(demo: &mut Demo, pictures: &Path, tell: &dyn Fn(&str)) -> Outcome<()> {
    let window = Window::open(WindowOptions::app(demo.cli.data_dir(), demo.env.clone())?)?;
    demo.deliver()?;
    let mut failed = Vec::new();
    for (n, (name, step)) in STEPS.iter().enumerate() {
        let done = step(&window);
        window.screenshot(&pictures.join(format!("{:02}-{name}.png", n + 1)))?;
        match done {
            Ok(()) => tell(&format!("{:02} {name}", n + 1)),
            Err(trouble) => {
                tell(&format!("{:02} {name}: {trouble}", n + 1));
                failed.push(*name);
            }
        }
    }
    window.close()?;
    tell(&format!("{} pictures are in {}", STEPS.len(), pictures.display()));
    if failed.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(format!("these screens were not as they should be: {}", failed.join(", "))))
}
