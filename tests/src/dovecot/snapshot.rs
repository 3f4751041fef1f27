//! Everything that a client could have changed on the server, in a form that can be compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Dovecot;
use crate::trouble::Outcome;

/// One user's mailbox: each folder's figures, and each message's place, flags, dates, modification sequence and bytes.
/// Two that are equal prove that nothing changed in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Vec<String>>);

impl Snapshot {
    /// What is in one and not in the other, one a line; empty when they are equal.
    pub fn differences(&self, later: &Self) -> String {
        let mut out = String::new();
        for (mark, here, there) in [("-", self, later), ("+", later, self)] {
            for (folder, lines) in &here.0 {
                let other = there.0.get(folder);
                for line in lines.iter().filter(|line| other.is_none_or(|other| !other.contains(line))) {
                    let _ = writeln!(out, "{mark} {folder}: {line}");
                }
            }
        }
        out
    }

    /// The folders' names.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The number of messages in all folders.
    pub fn messages(&self) -> usize {
        // The first line of each folder is its figures.
        self.0.values().map(|lines| lines.len() - 1).sum()
    }
}

impl Dovecot {
    /// Takes down everything of one user's mailbox.
    pub fn snapshot(&self, user: &str) -> Outcome<Snapshot> {
        let mut folders = BTreeMap::new();
        for folder in self.mailboxes(user)? {
            let fields = "messages recent unseen uidnext uidvalidity highestmodseq";
            let status = self.doveadm(&["mailbox", "status", "-u", user, fields, &folder])?;
            let mut lines = vec![status.trim().to_owned()];
            // `tab` keeps one message on one line.
            let places = self.doveadm(&[
                "-f",
                "tab",
                "fetch",
                "-u",
                user,
                "uid guid flags date.received date.saved modseq size.physical",
                "mailbox",
                &folder,
                "all",
            ])?;
            let digests: BTreeMap<String, String> = self
                .fetch_all(user, &folder)?
                .into_iter()
                .map(|message| (message.uid.to_string(), hex(&Sha256::digest(&message.bytes))))
                .collect();
            for line in places.lines().skip(1) {
                let digest = line.split('\t').next().and_then(|uid| digests.get(uid));
                lines.push(format!("{line}\t{}", digest.map_or("no bytes", String::as_str)));
            }
            folders.insert(folder, lines);
        }
        Ok(Snapshot(folders))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
