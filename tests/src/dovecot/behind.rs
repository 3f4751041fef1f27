//! What happens on the server behind the client's back: mail arrives, is moved, flagged, removed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use jiff::Timestamp;

use super::Dovecot;
use crate::trouble::{Doing, Outcome, Trouble};

/// A message as it lies in a folder of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its UID in the folder.
    pub uid: u32,
    /// Its flags, sorted, `\Recent` left out.
    pub flags: Vec<String>,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// The bytes as the server hands them out: lines end in CRLF.
    pub bytes: Vec<u8>,
}

/// INTERNALDATE as APPEND wants it, without quotes (RFC 3501, date-time).
pub fn internal_date(at: Timestamp) -> String {
    at.strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
}

impl Dovecot {
    /// Puts a message into a folder by APPEND, with an INTERNALDATE of choice.
    pub fn append(&self, user: &str, folder: &str, bytes: &[u8], received: Option<Timestamp>) -> Outcome<()> {
        self.append_flagged(user, folder, "", bytes, received)
    }

    /// As [`append`](Self::append), with flags such as `\Seen \Draft`.
    pub fn append_flagged(
        &self,
        user: &str,
        folder: &str,
        flags: &str,
        bytes: &[u8],
        received: Option<Timestamp>,
    ) -> Outcome<()> {
        let date = received.map(internal_date);
        self.wire(user)?.append(folder, flags, date.as_deref(), bytes)
    }

    /// Delivers a message as a mail server does, into the inbox (RFC 2033).
    pub fn deliver_lmtp(&self, user: &str, bytes: &[u8]) -> Outcome<()> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.lmtp))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream;
        let mut expect = |wanted: char| -> Outcome<()> {
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                if !line.starts_with(wanted) {
                    return Err(Trouble::new(format!("LMTP answered {}", line.trim())));
                }
                if line.as_bytes().get(3) != Some(&b'-') {
                    return Ok(());
                }
            }
        };
        expect('2')?;
        for (line, wanted) in [
            ("LHLO localhost", '2'),
            ("MAIL FROM:<>", '2'),
            (&*format!("RCPT TO:<{user}@localhost>"), '2'),
            ("DATA", '3'),
        ] {
            writer.write_all(format!("{line}\r\n").as_bytes())?;
            expect(wanted)?;
        }
        let mut body = Vec::with_capacity(bytes.len() + 64);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                body.push(b'.');
            }
            body.extend_from_slice(
                line.strip_suffix(b"\n").map_or(line, |l| l.strip_suffix(b"\r").unwrap_or(l)),
            );
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b".\r\n");
        writer.write_all(&body)?;
        expect('2')?;
        writer.write_all(b"QUIT\r\n")?;
        Ok(())
    }

    /// The names of all folders, sorted.
    pub fn mailboxes(&self, user: &str) -> Outcome<Vec<String>> {
        let mut names: Vec<String> =
            self.doveadm(&["mailbox", "list", "-u", user])?.lines().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// Makes a folder.
    pub fn create_folder(&self, user: &str, folder: &str) -> Outcome<()> {
        self.doveadm(&["mailbox", "create", "-u", user, "-s", folder]).map(|_| ())
    }

    /// Renames a folder.
    pub fn rename_folder(&self, user: &str, from: &str, to: &str) -> Outcome<()> {
        self.doveadm(&["mailbox", "rename", "-u", user, from, to]).map(|_| ())
    }

    /// Deletes a folder with all that is in it.
    pub fn delete_folder(&self, user: &str, folder: &str) -> Outcome<()> {
        self.doveadm(&["mailbox", "delete", "-u", user, "-s", folder]).map(|_| ())
    }

    /// Moves one message to another folder, where it gets a new UID.
    pub fn move_message(&self, user: &str, from: &str, uid: u32, to: &str) -> Outcome<()> {
        self.doveadm(&["move", "-u", user, to, "mailbox", from, "uid", &uid.to_string()]).map(|_| ())
    }

    /// Removes one message for good.
    pub fn expunge(&self, user: &str, folder: &str, uid: u32) -> Outcome<()> {
        self.doveadm(&["expunge", "-u", user, "mailbox", folder, "uid", &uid.to_string()]).map(|_| ())
    }

    /// Sets flags, for example `\Seen`.
    pub fn add_flags(&self, user: &str, folder: &str, uid: u32, flags: &str) -> Outcome<()> {
        self.doveadm(&["flags", "add", "-u", user, flags, "mailbox", folder, "uid", &uid.to_string()])
            .map(|_| ())
    }

    /// Takes flags off.
    pub fn remove_flags(&self, user: &str, folder: &str, uid: u32, flags: &str) -> Outcome<()> {
        self.doveadm(&["flags", "remove", "-u", user, flags, "mailbox", folder, "uid", &uid.to_string()])
            .map(|_| ())
    }

    /// The folder's UIDVALIDITY and UIDNEXT.
    pub fn uidvalidity(&self, user: &str, folder: &str) -> Outcome<(u32, u32)> {
        let status = self.doveadm(&["mailbox", "status", "-u", user, "uidvalidity uidnext", folder])?;
        let number = |name: &str| -> Outcome<u32> {
            let value = status.split_whitespace().find_map(|word| word.strip_prefix(name));
            value.and_then(|digits| digits.parse().ok()).doing(&format!("reading {name} of {folder}"))
        };
        Ok((number("uidvalidity=")?, number("uidnext=")?))
    }

    /// Gives the folder another UIDVALIDITY, as a restored backup does; the messages and their UIDs stay.
    pub fn change_uidvalidity(&self, user: &str, folder: &str) -> Outcome<u32> {
        let (now, _) = self.uidvalidity(user, folder)?;
        let next = (now + 1).to_string();
        self.doveadm(&["mailbox", "update", "-u", user, "--uid-validity", &next, folder])?;
        Ok(now + 1)
    }

    /// Every message of a folder by UID, read without changing a flag.
    pub fn fetch_all(&self, user: &str, folder: &str) -> Outcome<Vec<Stored>> {
        let mut wire = self.wire(user)?;
        wire.examine(folder)?;
        let mut all = Vec::new();
        for mut answer in wire.command("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])")? {
            let (Some(uid), Some(flags)) = (answer.number("UID"), answer.enclosed("FLAGS")) else { continue };
            let Some(bytes) = answer.literals.pop() else { continue };
            let date = answer.enclosed("INTERNALDATE").doing("a FETCH without INTERNALDATE")?;
            let received = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim())?.to_timestamp()?;
            let mut flags: Vec<String> =
                flags.split_whitespace().filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
            flags.sort();
            all.push(Stored { uid: u32::try_from(uid)?, flags, received, bytes });
        }
        all.sort_by_key(|message| message.uid);
        Ok(all)
    }
}
