//! One program, its time and its memory.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::trouble::{Doing, Outcome, Trouble};

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// From its start to its end.
    pub time: Duration,
    /// Its greatest resident memory (`VmHWM`), bytes; 0 when it ended before anybody looked.
    pub memory: u64,
}

/// Runs a program to its end; answers its standard output too. A failed one is a trouble.
pub fn run(command: &mut Command) -> Outcome<(Measured, Vec<u8>)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let mut out = child.stdout.take().doing("reading from a program")?;
    let mut err = child.stderr.take().doing("reading from a program")?;
    let status = format!("/proc/{}/status", child.id());
    // The figure only grows, so the last look is the peak but for what comes in the last milliseconds.
    let watcher = thread::spawn(move || {
        let mut peak = 0;
        while let Some(memory) = fs::read_to_string(&status).ok().as_deref().and_then(high_water) {
            peak = peak.max(memory);
            thread::sleep(Duration::from_millis(2));
        }
        peak
    });
    let errors = thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    let mut stdout = Vec::new();
    out.read_to_end(&mut stdout)?;
    let status = child.wait()?;
    let time = started.elapsed();
    let memory = watcher.join().unwrap_or(0);
    let errors = errors.join().unwrap_or_default();
    if !status.success() {
        return Err(Trouble::new(format!(
            "{} ended with {status}: {errors}",
            command.get_program().display()
        )));
    }
    Ok((Measured { time, memory }, stdout))
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1_024)
}
