//! Reads the scripts: mail written down as people would write it.
//!
//! `## key` begins a thread. `== from > to, cc other | days time | subject | options` begins a mail: sent so many days
//! ago, at that hour of the sender's day; the subject `~` answers the mail before. Then its text, until the next.
//! Options: `seen`, `html`, `attach=name`, `charset=…`, `reply=address`. Lines with one `#` are comments.

use super::super::Charset;
use super::people::{Person, person_of};
use crate::trouble::{Doing, Outcome, Trouble};

/// One mail of a script.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The thread's key and the mail's number in it.
    pub thread: String,
    /// Counted from 0.
    pub number: usize,
    /// Sender.
    pub from: &'static Person,
    /// Recipients.
    pub to: &'static Person,
    /// Copies.
    pub cc: Vec<&'static Person>,
    /// Days before now.
    pub days: i64,
    /// Minutes after midnight.
    pub minute: i64,
    /// Subject, `Re: ` included.
    pub subject: String,
    /// Whether it was opened.
    pub seen: bool,
    /// Whether it comes with HTML.
    pub html: bool,
    /// File names.
    pub attachments: Vec<String>,
    /// Its charset.
    pub charset: Charset,
    /// Reply-To.
    pub reply_to: Option<String>,
    /// The text.
    pub text: String,
}

/// Reads a script; a line that cannot be read is a trouble with its number.
pub fn read(script: &str) -> Outcome<Vec<Scene>> {
    let mut scenes: Vec<Scene> = Vec::new();
    let (mut thread, mut number, mut base) = (String::new(), 0, String::new());
    for (at, line) in script.lines().enumerate() {
        if let Some(key) = line.strip_prefix("## ") {
            (thread, number) = (key.to_owned(), 0);
        } else if let Some(head) = line.strip_prefix("== ") {
            let scene = scene(head, &thread, number, &mut base);
            scenes.push(scene.map_err(|trouble| Trouble::new(format!("line {}: {trouble}", at + 1)))?);
            number += 1;
        } else if let Some(scene) = scenes.last_mut().filter(|_| !line.starts_with("# ")) {
            scene.text.push_str(line);
            scene.text.push('\n');
        }
    }
    for scene in &mut scenes {
        scene.text = format!("{}\n", scene.text.trim());
    }
    Ok(scenes)
}

fn scene(head: &str, thread: &str, number: usize, base: &mut String) -> Outcome<Scene> {
    let mut fields = head.split(" | ");
    let (who, when) = (fields.next().doing("reading who")?, fields.next().doing("reading when")?);
    let subject = match fields.next().doing("reading the subject")? {
        "~" => format!("Re: {base}"),
        own => {
            own.strip_prefix("Re: ").unwrap_or(own).clone_into(base);
            own.to_owned()
        }
    };
    let person = |key: &str| person_of(key.trim()).doing(&format!("looking for {key}"));
    let (from, recipients) = who.split_once('>').doing("reading who")?;
    let mut recipients = recipients.split(", cc ");
    let to = person(recipients.next().unwrap_or_default())?;
    let (days, time) = when.split_once(' ').doing("reading when")?;
    let (hour, minute) = time.split_once(':').doing("reading the time")?;
    let mut scene = Scene {
        thread: thread.to_owned(),
        number,
        from: person(from)?,
        to,
        cc: recipients.map(person).collect::<Outcome<_>>()?,
        days: days.parse()?,
        minute: hour.parse::<i64>()? * 60 + minute.parse::<i64>()?,
        subject,
        seen: false,
        html: false,
        attachments: Vec::new(),
        charset: Charset::Utf8,
        reply_to: None,
        text: String::new(),
    };
    for option in fields.next().unwrap_or_default().split_whitespace() {
        match option.split_once('=') {
            None if option == "seen" => scene.seen = true,
            None if option == "html" => scene.html = true,
            Some(("attach", name)) => scene.attachments.push(name.to_owned()),
            Some(("reply", address)) => scene.reply_to = Some(address.to_owned()),
            Some(("charset", name)) => scene.charset = charset(name)?,
            _ => return Err(Trouble::new(format!("unknown option {option}"))),
        }
    }
    Ok(scene)
}

fn charset(name: &str) -> Outcome<Charset> {
    Ok(match name {
        "utf8" => Charset::Utf8,
        "latin1" => Charset::Latin1,
        "latin2" => Charset::Latin2,
        "windows1252" => Charset::Windows1252,
        "koi8" => Charset::Koi8R,
        "jp" => Charset::Iso2022Jp,
        "arabic" => Charset::Windows1256,
        _ => return Err(Trouble::new(format!("unknown charset {name}"))),
    })
}
