//! Somebody with a mailbox of the pair: waits for mail, and answers it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use mail_parser::{MessageParser, MessagePart, MimeHeaders};

use super::{NORA, Pair};
use crate::mailgen::{Charset, MessageBuilder, Transfer};
use crate::oracle::header;
use crate::programs::PAUSE;
use crate::smtp::Smtp;
use crate::trouble::{Doing, Outcome, Trouble};
use crate::wire::{Wire, quoted};

const PATIENCE: Duration = Duration::from_mins(1);

/// A person with a mailbox.
pub struct Client<'p> {
    pub(super) pair: &'p Pair,
    /// The user name.
    pub user: String,
    /// The name beside the address.
    pub name: String,
    /// What is written from unless said otherwise.
    pub address: String,
}

/// A mail as it lies in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its UID in the folder.
    pub uid: u32,
    /// Its bytes as the server hands them out.
    pub raw: Vec<u8>,
}

impl Received {
    /// The first field of this name as it stands, folds undone; empty when there is none.
    pub fn header(&self, name: &str) -> String {
        let fields = header::fields(&self.raw);
        let found = fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(&value).trim().to_owned()).unwrap_or_default()
    }

    /// What follows the header, still in its transfer encoding.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(header::body(&self.raw)).into_owned()
    }

    /// Its parts, decoded by another reader than the app's own.
    pub fn parts(&self) -> Outcome<Vec<Part>> {
        let parsed = MessageParser::default().parse(&self.raw).doing("the mail cannot be read")?;
        let part = |part: &MessagePart<'_>| {
            let kind = part.content_type().map(|kind| match kind.subtype() {
                Some(sub) => format!("{}/{sub}", kind.ctype()).to_ascii_lowercase(),
                None => kind.ctype().to_ascii_lowercase(),
            });
            Part {
                kind: kind.unwrap_or_else(|| "text/plain".to_owned()),
                name: part.attachment_name().unwrap_or_default().to_owned(),
                bytes: part.contents().to_vec(),
            }
        };
        Ok(parsed.parts.iter().filter(|part| !part.is_multipart()).map(part).collect())
    }

    /// The address of From.
    pub fn from(&self) -> String {
        header::addresses(self.header("from").as_bytes()).into_iter().next().unwrap_or_default()
    }
}

/// One part of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Media type in lower case.
    pub kind: String,
    /// File name; may be empty.
    pub name: String,
    /// Decoded bytes.
    pub bytes: Vec<u8>,
}

impl Part {
    /// Its bytes as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl<'p> Client<'p> {
    /// Waits until a mail whose subject contains `text` is in the inbox, and reads it. The newest of several.
    pub fn wait_for_subject(&self, text: &str) -> Outcome<Received> {
        self.wait_for("INBOX", text)
    }

    /// The same in another folder.
    pub fn wait_for(&self, folder: &str, text: &str) -> Outcome<Received> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.with_subject(folder, text)?.pop() {
                return Ok(found);
            }
            if Instant::now() > deadline {
                let log = self.pair.postfix.log();
                let tail = log.lines().rev().take(20).collect::<Vec<_>>().join("\n");
                return Err(Trouble::new(format!(
                    "{} waited in vain for “{text}” in {folder}; the mail server's last lines, newest first:\n{tail}",
                    self.user
                )));
            }
            std::thread::sleep(PAUSE * 5);
        }
    }

    /// The mails of a folder whose decoded subject contains `text` now, whatever its case, oldest first. `\Seen` and
    /// the rest stay as they are.
    pub fn with_subject(&self, folder: &str, text: &str) -> Outcome<Vec<Received>> {
        let mut wire = self.pair.dovecot.wire(&self.user)?;
        wire.examine(folder)?;
        let uids = wire.uid_search(&format!("CHARSET UTF-8 SUBJECT {}", quoted(text)))?;
        uids.into_iter().map(|uid| fetch(&mut wire, uid)).collect()
    }

    /// A new mail, to Nora unless said otherwise.
    pub fn write(&self, subject: &str) -> Writing<'_, 'p> {
        let domain = self.address.rsplit('@').next().unwrap_or("clients.example");
        Writing {
            client: self,
            from: self.address.clone(),
            to: NORA.to_owned(),
            subject: Subject::Text(subject.to_owned()),
            id: format!("<{}.{}@{domain}>", Timestamp::now().as_nanosecond(), self.user),
            more: Vec::new(),
            answers: None,
            text: "Thank you, that works.\n".to_owned(),
            html: None,
            attached: Vec::new(),
            saved: None,
        }
    }

    /// An answer to whoever wrote the mail, by a new mail that refers to it (RFC 5322, section 3.6.4).
    pub fn reply(&self, mail: &Received) -> Writing<'_, 'p> {
        let mut writing = self.write("");
        let id = mail.header("message-id");
        let references = format!("{} {id}", mail.header("references")).trim().to_owned();
        writing.answers = Some((id, references));
        writing.to = mail.from();
        let subject = mail.header("subject");
        let again = subject.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("re:"));
        // Encoded words and all: what was right there is right here.
        writing.subject = Subject::Coded(if again { subject } else { format!("Re: {subject}") });
        writing
    }

    /// The answer of a machine while the person is away (RFC 3834).
    pub fn auto_reply(&self, mail: &Received) -> Writing<'_, 'p> {
        self.reply(mail)
            .header("Auto-Submitted", "auto-replied")
            .text("I am away until Monday and will answer then.\n")
    }

    /// Answers with a text, at once. Answers the Message-ID.
    pub fn answer(&self, mail: &Received, text: &str) -> Outcome<String> {
        self.reply(mail).text(text).send()
    }
}

fn fetch(wire: &mut Wire, uid: u32) -> Outcome<Received> {
    for mut answer in wire.command(&format!("UID FETCH {uid} (UID BODY.PEEK[])"))? {
        if let Some(raw) = answer.literals.pop() {
            return Ok(Received { uid, raw });
        }
    }
    Err(Trouble::new(format!("the mail {uid} went while it was read")))
}

enum Subject {
    Text(String),
    /// As it shall stand in the header.
    Coded(String),
}

/// A mail in the making.
#[must_use = "it is not sent before `send` or `arrives_in`"]
pub struct Writing<'c, 'p> {
    client: &'c Client<'p>,
    from: String,
    to: String,
    subject: Subject,
    id: String,
    more: Vec<(String, String)>,
    answers: Option<(String, String)>,
    text: String,
    html: Option<String>,
    attached: Vec<(String, String, Vec<u8>)>,
    saved: Option<String>,
}

impl Writing<'_, '_> {
    /// From another address.
    pub fn from(mut self, address: &str) -> Self {
        address.clone_into(&mut self.from);
        self
    }

    /// To another address.
    pub fn to(mut self, address: &str) -> Self {
        address.clone_into(&mut self.to);
        self
    }

    /// With another subject.
    pub fn subject(mut self, text: &str) -> Self {
        self.subject = Subject::Text(text.to_owned());
        self
    }

    /// With another text.
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// With HTML beside the text.
    pub fn html(mut self, html: &str) -> Self {
        self.html = Some(html.to_owned());
        self
    }

    /// With one more header field.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a file.
    pub fn attach(mut self, name: &str, kind: &str, bytes: &[u8]) -> Self {
        self.attached.push((name.to_owned(), kind.to_owned(), bytes.to_vec()));
        self
    }

    /// Without In-Reply-To and References, as some webmails answer.
    pub fn unthreaded(mut self) -> Self {
        self.answers = None;
        self
    }

    /// With a copy in a folder of the writer's own, as a phone leaves one in `Sent`.
    pub fn saved_in(mut self, folder: &str) -> Self {
        self.saved = Some(folder.to_owned());
        self
    }

    /// Its Message-ID, with brackets.
    pub fn message_id(&self) -> &str {
        &self.id
    }

    /// Really sends it through Postfix. Answers the Message-ID. Refused, it is a trouble with the server's words.
    pub fn send(self) -> Outcome<String> {
        let bytes = self.bytes();
        let client = self.client;
        let smtp = Smtp::plain(client.pair.postfix.plain)?;
        smtp.send(&self.from, &self.to, &bytes)?;
        if let Some(folder) = &self.saved {
            client.pair.dovecot.append_flagged(&client.user, folder, "\\Seen", &bytes, None)?;
        }
        Ok(self.id)
    }

    /// Puts it into a folder of the recipient's mailbox, such as `Junk`: by APPEND, where the filter of a real server
    /// would have put it. It does not pass Postfix, since there is no such filter here. Answers the Message-ID.
    pub fn arrives_in(self, folder: &str) -> Outcome<String> {
        let user = self.to.split('@').next().unwrap_or_default();
        self.client.pair.dovecot.append(user, folder, &self.bytes(), None)?;
        Ok(self.id)
    }

    /// The mail as it would be sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut mail = MessageBuilder::new()
            .person("From", &self.client.name, &self.from, Charset::Utf8)
            .header("To", &self.to)
            .date(Timestamp::now(), 1)
            .header("Message-ID", &self.id);
        mail = match &self.subject {
            Subject::Text(text) => mail.text_header("Subject", text, Charset::Utf8),
            Subject::Coded(coded) => mail.header("Subject", coded),
        };
        if let Some((id, references)) = &self.answers {
            mail = mail.header("In-Reply-To", id).header("References", references);
        }
        for (name, value) in &self.more {
            mail = mail.header(name, value);
        }
        mail = mail.text(&self.text, Charset::Utf8, Transfer::QuotedPrintable);
        if let Some(html) = &self.html {
            mail = mail.html(html, Charset::Utf8, Transfer::QuotedPrintable);
        }
        for (name, kind, bytes) in &self.attached {
            mail = mail.attach(name, kind, bytes);
        }
        mail.build()
    }
}
