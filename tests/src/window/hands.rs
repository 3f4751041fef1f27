//! What a person does besides clicking and typing into the page: choosing a file in the system's dialog, filling in a
//! field of people, pulling the plug.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{PAUSE, Window};
use crate::programs;
use crate::trouble::{Doing, Outcome, Trouble};

/// How long the system's dialog may take to open.
const DIALOG: Duration = Duration::from_secs(30);

impl Window {
    /// Types a person into a field that makes chips of them, and takes what was typed.
    pub fn fill_combobox(&self, name: &str, text: &str) -> Outcome<()> {
        self.click("combobox", name)?;
        self.type_text(text)?;
        self.press("Enter")?;
        self.until(&format!("a chip of {text}"), |window| {
            let script = "return [...document.querySelectorAll('[data-testid=chip]')].some(chip => \
                 (chip.title + chip.innerText).includes(arguments[0]))";
            Ok(window.script(script, &[text.into()])?.as_bool() == Some(true))
        })
    }

    /// Chooses a file in the system's own dialog, which stands beside the page: by its keys, as nothing else can.
    pub fn choose_file(&self, file: &Path) -> Outcome<()> {
        let dialog = self.dialog()?;
        // A slash opens the line for a path.
        let path = file.display().to_string();
        self.keys(&["windowfocus", "--sync", &dialog])?;
        self.keys(&["type", "--window", &dialog, "--delay", "8", "/"])?;
        self.keys(&["key", "--window", &dialog, "ctrl+a"])?;
        self.keys(&["type", "--window", &dialog, "--delay", "8", &path])?;
        self.keys(&["key", "--window", &dialog, "Return"])?;
        let deadline = Instant::now() + DIALOG;
        while self.dialogs()?.contains(&dialog) {
            if Instant::now() > deadline {
                return Err(Trouble::new(format!("the dialog did not take {path}")));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn dialog(&self) -> Outcome<String> {
        let deadline = Instant::now() + DIALOG;
        loop {
            if let Some(dialog) = self.dialogs()?.into_iter().next() {
                return Ok(dialog);
            }
            if Instant::now() > deadline {
                return Err(Trouble::new("no dialog of the system opened"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The visible windows of the display that are not the app's own.
    fn dialogs(&self) -> Outcome<Vec<String>> {
        let listed = Command::new(programs::find("xdotool")?)
            .args(["search", "--onlyvisible", "--name", "Open File|Choose|Select|Open|Attach"])
            .env("DISPLAY", self.display.name())
            .output()
            .doing("looking for the system's dialog")?;
        Ok(String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect())
    }

    fn keys(&self, args: &[&str]) -> Outcome<()> {
        let run = Command::new(programs::find("xdotool")?)
            .args(args)
            .env("DISPLAY", self.display.name())
            .output()
            .doing("running xdotool")?;
        if run.status.success() {
            return Ok(());
        }
        Err(Trouble::new(format!("xdotool {}: {}", args.join(" "), String::from_utf8_lossy(&run.stderr))))
    }

    /// The number of the app's own process: the driver's child.
    pub fn app_process(&self) -> Outcome<u32> {
        let driver = self.driver.child.id();
        let children = std::fs::read_to_string(format!("/proc/{driver}/task/{driver}/children"))?;
        children.split_whitespace().find_map(|pid| pid.parse().ok()).doing("the driver has no child")
    }

    /// Kills the app and everything of it, with no chance to put anything in order.
    pub fn kill(mut self) -> Outcome<()> {
        use rustix::process::{Pid, Signal, kill_process_group};
        // The session is forgotten, not closed: closing asks the app to end.
        if let Some(client) = self.client.take() {
            std::mem::forget(client);
        }
        let group = i32::try_from(self.driver.child.id()).ok().and_then(Pid::from_raw).doing("no process")?;
        kill_process_group(group, Signal::KILL)?;
        self.driver.child.wait()?;
        Ok(())
    }
}
