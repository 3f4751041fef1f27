//! A small post office on real sockets for the stories of the test email: one mailbox over IMAP, one outgoing server.

use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it holds, and how it answers.
#[derive(Default)]
pub(super) struct Held {
    /// Mails by folder; a mail's UID is its place.
    folders: BTreeMap<String, Vec<String>>,
    /// Recipients and bytes of what was sent.
    pub(super) sent: Vec<(String, String)>,
    /// What RCPT is answered with, when not with a yes.
    pub(super) refuses: Option<&'static str>,
    /// What is sent lies in Sent by itself.
    pub(super) saves: bool,
    /// The outgoing server takes no password.
    pub(super) smtp_locked: bool,
    /// The incoming server takes no password.
    pub(super) imap_locked: bool,
}

pub(super) struct Post {
    pub(super) imap: u16,
    pub(super) smtp: u16,
    pub(super) held: Arc<Mutex<Held>>,
}

impl Post {
    pub(super) async fn opens() -> Self {
        let held = Arc::new(Mutex::new(Held { saves: true, ..Held::default() }));
        for name in ["INBOX", "Sent", "Spam", "Trash"] {
            held.lock().unwrap().folders.insert(name.into(), Vec::new());
        }
        let (imap, smtp) = (listener().await, listener().await);
        let ports = (imap.local_addr().unwrap().port(), smtp.local_addr().unwrap().port());
        let (at_imap, at_smtp) = (Arc::clone(&held), Arc::clone(&held));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = imap.accept().await {
                tokio::spawn(serve_imap(tcp, Arc::clone(&at_imap)));
            }
        });
        tokio::spawn(async move {
            while let Ok((tcp, _)) = smtp.accept().await {
                tokio::spawn(serve_smtp(tcp, Arc::clone(&at_smtp)));
            }
        });
        Self { imap: ports.0, smtp: ports.1, held }
    }

    /// A mail arrives.
    pub(super) fn deliver(&self, folder: &str, mail: String) {
        self.held.lock().unwrap().folders.get_mut(folder).unwrap().push(mail);
    }

    /// How many mails a folder holds.
    pub(super) fn count(&self, folder: &str) -> usize {
        self.held.lock().unwrap().folders[folder].len()
    }

    /// The value of a header field of the last mail that was sent.
    pub(super) fn field(&self, name: &str) -> String {
        let held = self.held.lock().unwrap();
        let (_, mail) = held.sent.last().unwrap();
        let start = format!("{name}: ");
        mail.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

async fn serve_imap(tcp: TcpStream, held: Arc<Mutex<Held>>) -> Option<()> {
    let (read, mut write) = tcp.into_split();
    write.write_all(b"* OK [CAPABILITY IMAP4rev1 SPECIAL-USE] ready\r\n").await.ok()?;
    let mut read = BufReader::new(read);
    let mut folder = String::new();
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let (tag, command) = line.trim_end().split_once(' ')?;
        if let Some(size) = command.strip_prefix("APPEND").and_then(literal) {
            write.write_all(b"+ go on\r\n").await.ok()?;
            let mut mail = vec![0; size];
            read.read_exact(&mut mail).await.ok()?;
            read.read_line(&mut String::new()).await.ok()?;
            let mail = String::from_utf8(mail).ok()?;
            held.lock().unwrap().folders.get_mut("Sent")?.push(mail);
            write.write_all(format!("{tag} OK done\r\n").as_bytes()).await.ok()?;
            continue;
        }
        if let Some(name) = command.strip_prefix("EXAMINE ") {
            folder = name.trim_matches('"').to_owned();
        }
        let answer = answer(&held.lock().unwrap(), &folder, tag, command);
        write.write_all(answer.as_bytes()).await.ok()?;
    }
}

fn literal(command: &str) -> Option<usize> {
    command.rsplit_once('{')?.1.trim_end_matches(['}', '+']).parse().ok()
}

fn answer(held: &Held, folder: &str, tag: &str, command: &str) -> String {
    let mails = held.folders.get(folder).map(Vec::as_slice).unwrap_or_default();
    let all = || mails.iter().enumerate().map(|(at, mail)| (at + 1, mail));
    let data: String = if command.starts_with("LOGIN") {
        if held.imap_locked {
            return format!("{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n");
        }
        return format!("{tag} OK [CAPABILITY IMAP4rev1 SPECIAL-USE] in\r\n");
    } else if command.starts_with("LIST") {
        ["\\HasNoChildren) \"/\" INBOX", "\\Sent) \"/\" Sent", "\\Junk) \"/\" Spam", "\\Trash) \"/\" Trash"]
            .map(|folder| format!("* LIST ({folder}\r\n"))
            .concat()
    } else if command.starts_with("EXAMINE") {
        let next = mails.len() + 1;
        format!("* {} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {next}] ok\r\n", mails.len())
    } else if command.starts_with("UID SEARCH") {
        // Finds more than was asked for, as servers may: whoever asks checks.
        let uids: Vec<String> = all().map(|(uid, _)| format!(" {uid}")).collect();
        format!("* SEARCH{}\r\n", uids.concat())
    } else if let Some((set, items)) =
        command.strip_prefix("UID FETCH ").and_then(|rest| rest.split_once(' '))
    {
        all()
            .filter(|(uid, _)| holds(set, *uid, mails.len()))
            .map(|(uid, mail)| fetched(uid, mail, items))
            .collect()
    } else {
        String::new()
    };
    format!("{data}{tag} OK done\r\n")
}

fn holds(set: &str, uid: usize, last: usize) -> bool {
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    set.split(',').any(|part| match part.split_once(':') {
        Some((from, to)) => (number(from)..=number(to)).contains(&uid),
        None => number(part) == uid,
    })
}

fn fetched(uid: usize, mail: &str, items: &str) -> String {
    let header = mail.split_once("\r\n\r\n").map_or(mail, |(header, _)| header).to_owned() + "\r\n\r\n";
    let received = arrived(mail);
    let outside = format!("UID {uid} INTERNALDATE \"{received}\" RFC822.SIZE {} FLAGS ()", mail.len());
    if items.contains("HEADER.FIELDS") {
        format!("* {uid} FETCH ({outside} BODY[HEADER.FIELDS (FROM)] {{{}}}\r\n{header})\r\n", header.len())
    } else if items.contains("BODY.PEEK[]<0.") {
        format!("* {uid} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{mail})\r\n", mail.len())
    } else if items.contains("BODY.PEEK[]") {
        format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len())
    } else {
        format!("* {uid} FETCH (UID {uid} FLAGS ())\r\n")
    }
}

/// A mail tells when it arrived, in a field that only this server reads.
fn arrived(mail: &str) -> String {
    let field = mail.lines().find_map(|line| line.strip_prefix("X-Arrived: "));
    let seconds = field.and_then(|text| text.parse().ok()).unwrap_or_else(|| Timestamp::now().seconds());
    jiff::Timestamp::from_second(seconds).unwrap().strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
}

async fn serve_smtp(tcp: TcpStream, held: Arc<Mutex<Held>>) -> Option<()> {
    let (read, mut write) = tcp.into_split();
    write.write_all(b"220 post ESMTP\r\n").await.ok()?;
    let mut lines = BufReader::new(read).lines();
    let mut recipient = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = if line.starts_with("EHLO") {
            "250-post\r\n250 AUTH PLAIN"
        } else if line.starts_with("AUTH") {
            if held.lock().unwrap().smtp_locked { "535 5.7.8 Wrong password" } else { "235 in" }
        } else if let Some(to) = line.strip_prefix("RCPT TO:") {
            to.trim_matches(['<', '>']).clone_into(&mut recipient);
            held.lock().unwrap().refuses.unwrap_or("250 ok")
        } else if line == "DATA" {
            write.write_all(b"354 go on\r\n").await.ok()?;
            let mut mail = String::new();
            while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                mail += line.strip_prefix('.').unwrap_or(&line);
                mail += "\r\n";
            }
            let mut held = held.lock().unwrap();
            if held.saves {
                held.folders.get_mut("Sent")?.push(mail.clone());
            }
            held.sent.push((recipient.clone(), mail));
            "250 2.0.0 taken"
        } else {
            "250 ok"
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}
