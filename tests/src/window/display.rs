//! A display that nobody sees: Xvfb with a number of its own choice.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::leash::Leash;
use crate::programs;
use crate::trouble::{Doing, Outcome, Trouble};

/// An X server without a screen.
pub struct Display {
    child: Child,
    _leash: Leash,
    name: String,
}

impl Display {
    /// Starts it and waits until it has a number.
    pub fn start() -> Outcome<Self> {
        let mut child = Command::new(programs::find("Xvfb")?)
            // Written to standard output once it takes connections.
            .args(["-displayfd", "1", "-screen", "0", "1920x1200x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let leash = Leash::tie(child.id(), None)?;
        let output = child.stdout.take().doing("reading from Xvfb")?;
        let mut display = Self { child, _leash: leash, name: String::new() };
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        if number.trim().is_empty() {
            return Err(Trouble::new("Xvfb did not start"));
        }
        display.name = format!(":{}", number.trim());
        Ok(display)
    }

    /// What DISPLAY must be to draw on it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        programs::stop_group(&mut self.child, Duration::from_secs(10));
    }
}
