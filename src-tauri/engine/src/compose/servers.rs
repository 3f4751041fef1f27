//! An outgoing and an incoming server of the tests' own, over real sockets: they take any number of connections.

use crate::net::scripted::SHORT;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the outgoing server does with the next connection; the last one again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smtp {
    /// Takes the mail.
    Take,
    /// Refuses the password.
    WrongPassword,
    /// Refuses this recipient for good.
    RefuseRecipient(&'static str),
    /// Asks to come back at MAIL.
    Later,
    /// Refuses the mail for good after its dot.
    RefuseMail,
    /// Hangs up in the middle of the mail.
    BreakInMail,
    /// Takes the mail, dot and all, and hangs up without a word.
    BreakAfterDot,
    /// Takes the mail and says nothing until let go.
    HoldAfterDot,
    /// Says at EHLO that it takes no more than 10,000 bytes.
    Small,
}

/// What the outgoing server got.
#[derive(Clone, Debug, Default)]
pub struct Got {
    pub from: String,
    pub to: Vec<String>,
    pub mail: String,
}

pub struct Outgoing {
    pub port: u16,
    pub got: Arc<Mutex<Vec<Got>>>,
    pub sign_ins: Arc<Mutex<u32>>,
    /// Told when a mail has come with its dot.
    pub dot: Arc<Notify>,
    pub behaves: Arc<Mutex<Vec<Smtp>>>,
}

impl Outgoing {
    pub async fn that(behaves: &[Smtp]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            got: Arc::default(),
            sign_ins: Arc::default(),
            dot: Arc::default(),
            behaves: Arc::new(Mutex::new(behaves.to_vec())),
        };
        let (got, sign_ins, dot, list) =
            (server.got.clone(), server.sign_ins.clone(), server.dot.clone(), server.behaves.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let next = {
                    let mut list = list.lock().unwrap();
                    if list.len() > 1 { list.remove(0) } else { list[0] }
                };
                tokio::spawn(smtp(tcp, next, got.clone(), sign_ins.clone(), dot.clone()));
            }
        });
        server
    }

    pub fn mails(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn smtp(
    tcp: TcpStream,
    does: Smtp,
    got: Arc<Mutex<Vec<Got>>>,
    sign_ins: Arc<Mutex<u32>>,
    dot: Arc<Notify>,
) -> Option<()> {
    let mut io = BufReader::new(tcp);
    io.write_all(b"220 hi\r\n").await.ok()?;
    let mut mail = Got::default();
    loop {
        let mut line = String::new();
        if io.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let word = line.split([' ', '\r']).next().unwrap_or_default().to_uppercase();
        let path =
            line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned());
        let answer = match word.as_str() {
            "EHLO" if does == Smtp::Small => "250-hi\r\n250-SIZE 10000\r\n250 AUTH PLAIN",
            "EHLO" => "250-hi\r\n250-SIZE 50000000\r\n250 AUTH PLAIN",
            "AUTH" => {
                *sign_ins.lock().unwrap() += 1;
                if does == Smtp::WrongPassword { "535 5.7.8 Authentication failed" } else { "235 in" }
            }
            "MAIL" if does == Smtp::Later => "451 4.7.1 Come back later",
            "MAIL" => {
                mail.from = path.unwrap_or_default();
                "250 ok"
            }
            "RCPT" => {
                let path = path.unwrap_or_default();
                if does == Smtp::RefuseRecipient(Box::leak(path.clone().into_boxed_str())) {
                    "550 5.1.1 No such user here"
                } else {
                    mail.to.push(path);
                    "250 ok"
                }
            }
            "DATA" => {
                io.write_all(b"354 go\r\n").await.ok()?;
                loop {
                    let mut line = String::new();
                    if io.read_line(&mut line).await.ok()? == 0 || does == Smtp::BreakInMail {
                        return None;
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    mail.mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                if does == Smtp::RefuseMail {
                    "554 5.7.1 Looks like spam"
                } else {
                    got.lock().unwrap().push(std::mem::take(&mut mail));
                    dot.notify_one();
                    match does {
                        Smtp::BreakAfterDot => return None,
                        Smtp::HoldAfterDot => {
                            let mut rest = Vec::new();
                            io.read_to_end(&mut rest).await.ok()?;
                            return None;
                        }
                        _ => "250 2.0.0 queued",
                    }
                }
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        io.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

/// What an incoming server does that others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// It stores nothing more.
    Full,
    /// The copies that it saves by itself bear another Message-ID.
    Renames,
}

/// The incoming server: a Sent folder, or none.
pub struct Incoming {
    pub port: u16,
    /// Mails in Sent.
    pub sent: Arc<Mutex<Vec<String>>>,
    pub appended: Arc<Mutex<u32>>,
    /// What is odd about it.
    pub odd: Arc<Mutex<Option<Odd>>>,
    /// How often Sent was searched; from this search on `later` lies there.
    pub searches: Arc<Mutex<u32>>,
}

impl Incoming {
    /// `saves_at`: the provider's own copy of whatever `outgoing` got shows at that search.
    pub async fn new(has_sent: bool, saves_at: Option<(u32, Arc<Mutex<Vec<Got>>>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            sent: Arc::default(),
            appended: Arc::default(),
            odd: Arc::default(),
            searches: Arc::default(),
        };
        let (sent, appended, searches) =
            (server.sent.clone(), server.appended.clone(), server.searches.clone());
        let odd = server.odd.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(imap(
                    tcp,
                    has_sent,
                    saves_at.clone(),
                    sent.clone(),
                    appended.clone(),
                    searches.clone(),
                    odd.clone(),
                ));
            }
        });
        server
    }
}

async fn imap(
    tcp: TcpStream,
    has_sent: bool,
    saves_at: Option<(u32, Arc<Mutex<Vec<Got>>>)>,
    sent: Arc<Mutex<Vec<String>>>,
    appended: Arc<Mutex<u32>>,
    searches: Arc<Mutex<u32>>,
    odd: Arc<Mutex<Option<Odd>>>,
) -> Option<()> {
    let mut io = BufReader::new(tcp);
    io.write_all(b"* OK [CAPABILITY IMAP4rev1 SPECIAL-USE] ready\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if io.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let tag = line.split(' ').next().unwrap_or_default().to_owned();
        let command = line.trim_end().split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let mut answer = String::new();
        if command == "CAPABILITY" {
            answer.push_str("* CAPABILITY IMAP4rev1 SPECIAL-USE\r\n");
        } else if command.starts_with("LIST") {
            answer.push_str("* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n");
            if has_sent {
                answer.push_str("* LIST (\\HasNoChildren) \"/\" \"Old sent\"\r\n");
                answer.push_str("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n");
            }
        } else if command.starts_with("EXAMINE") {
            let count = sent.lock().unwrap().len();
            answer =
                format!("* {count} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {}] ok\r\n", count + 1);
        } else if command.contains("SEARCH") {
            let mut count = searches.lock().unwrap();
            *count += 1;
            if let Some((at, got)) = &saves_at
                && *count >= *at
                && sent.lock().unwrap().is_empty()
            {
                let id = if *odd.lock().unwrap() == Some(Odd::Renames) {
                    "Message-ID: <other@server.example>\r\nX-Old: "
                } else {
                    "Message-ID: "
                };
                let copies = got.lock().unwrap().clone();
                sent.lock()
                    .unwrap()
                    .extend(copies.iter().map(|got| got.mail.replacen("Message-ID: ", id, 1)));
            }
            let id = command
                .split('<')
                .nth(1)
                .and_then(|rest| rest.split('>').next())
                .unwrap_or("nothing")
                .to_owned();
            answer.push_str("* SEARCH");
            for (index, mail) in sent.lock().unwrap().iter().enumerate() {
                let its_id = mail.lines().find(|line| line.starts_with("Message-ID")).unwrap_or_default();
                if command.contains("SINCE") || its_id.contains(&id) {
                    answer.push_str(&format!(" {}", index + 1));
                }
            }
            answer.push_str("\r\n");
        } else if command.contains("FETCH") {
            for (index, mail) in sent.lock().unwrap().iter().enumerate() {
                let asked = command.split("HEADER.FIELDS (").nth(1)?.split(')').next()?;
                let header = format!("{}\r\n\r\n", mail.split("\r\n\r\n").next()?);
                answer.push_str(&format!(
                    "* {n} FETCH (UID {n} INTERNALDATE \"24-Nov-2026 12:30:00 +0000\" RFC822.SIZE 9 FLAGS () \
                     BODY[HEADER.FIELDS ({asked})] {{{}}}\r\n{header})\r\n",
                    header.len(),
                    n = index + 1
                ));
            }
        } else if command.starts_with("APPEND") && *odd.lock().unwrap() == Some(Odd::Full) {
            io.write_all(format!("{tag} NO [OVERQUOTA] full\r\n").as_bytes()).await.ok()?;
            continue;
        } else if command.starts_with("APPEND") {
            let size: usize = command.rsplit_once('{')?.1.trim_end_matches('}').parse().ok()?;
            io.write_all(b"+ go\r\n").await.ok()?;
            let mut mail = vec![0; size + 2];
            io.read_exact(&mut mail).await.ok()?;
            sent.lock().unwrap().push(String::from_utf8_lossy(&mail).into_owned());
            *appended.lock().unwrap() += 1;
        }
        answer.push_str(&format!("{tag} OK done\r\n"));
        io.write_all(answer.as_bytes()).await.ok()?;
        if command == "LOGOUT" {
            return None;
        }
    }
}

/// A port on which nobody listens.
pub async fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

pub const DEADLINES: crate::net::Deadlines = SHORT;
