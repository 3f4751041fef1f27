//! The figures for people.

use std::fmt;
use std::time::Duration;

use super::{Bench, Round};

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} messages, {} MB; {} contacts, {} messages of theirs, {} MB; medians of {}\n",
            self.messages,
            megabytes(self.mailbox.bytes),
            self.mailbox.contacts.len(),
            self.mailbox.theirs,
            megabytes(self.mailbox.their_bytes),
            self.rounds.len()
        )?;
        writeln!(f, "| | time | peak memory | bytes in | messages |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: |")?;
        let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0);
        let row = |f: &mut fmt::Formatter<'_>, name: &str, time, memory: u64, bytes: u64, messages: u64| {
            let memory = if memory == 0 { "–".to_owned() } else { format!("{} MB", megabytes(memory)) };
            let bytes = if bytes == 0 { "–".to_owned() } else { format!("{} MB", megabytes(bytes)) };
            writeln!(f, "| {name} | {} | {memory} | {bytes} | {messages} |", seconds(time))
        };
        row(
            f,
            "raw socket, after sign-in",
            self.median(|round| round.raw.time),
            0,
            self.median(|round| round.raw.bytes_in),
            self.median(|round| round.raw.messages as u64),
        )?;
        row(
            f,
            "Hatstand, first sync",
            self.median(|round| round.first.time),
            self.median(|round| round.first.memory),
            self.median(|round| number(&round.first_cycle["bytes_in"])),
            self.median(|round| number(&round.first_cycle["new"])),
        )?;
        row(
            f,
            "Hatstand, nothing new",
            self.median(|round| round.again.time),
            self.median(|round| round.again.memory),
            self.median(|round| number(&round.again_cycle["bytes_in"])),
            self.median(|round| number(&round.again_cycle["new"])),
        )?;
        row(
            f,
            "mbsync, everything",
            self.median(|round| round.mbsync.time),
            self.median(|round| round.mbsync.memory),
            self.mailbox.bytes,
            self.messages as u64,
        )?;
        writeln!(f, "\nSaving a contact, the whole process:")?;
        for (name, times) in [
            ("nothing else going on", self.all(|round| &round.save_idle)),
            ("while a first sync runs", self.all(|round| &round.save_syncing)),
        ] {
            let worst = times.last().copied().unwrap_or_default();
            writeln!(
                f,
                "  {name}: median {}, worst {}, of {}",
                seconds(middle(&times)),
                seconds(worst),
                times.len()
            )?;
        }
        Ok(())
    }
}

impl Bench {
    fn median<T: Ord + Copy + Default>(&self, of: impl Fn(&Round) -> T) -> T {
        let mut values: Vec<T> = self.rounds.iter().map(of).collect();
        values.sort();
        middle(&values)
    }

    fn all(&self, of: impl Fn(&Round) -> &Vec<Duration>) -> Vec<Duration> {
        let mut values: Vec<Duration> =
            self.rounds.iter().flat_map(|round| of(round).iter().copied()).collect();
        values.sort();
        values
    }
}

fn middle<T: Copy + Default>(sorted: &[T]) -> T {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Millions of bytes with one decimal.
fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
