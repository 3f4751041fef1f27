//! The mailbox of Nora Lind, who photographs weddings and portraits: two years of it, for the demo.
//!
//! It is made anew for any moment, so that "yesterday" is yesterday; the same moment makes the same mail.

mod everyday;
mod files;
mod people;
mod script;

use std::path::Path;

use jiff::{Timestamp, ToSpan};

use super::{Charset, MessageBuilder, Random, Transfer};
use crate::trouble::Outcome;
use script::Scene;

pub use files::png;
pub use people::{COMPLETED, CONTACTS, PEOPLE, PROJECTS, Person, SampleContact, SampleProject, person_of};

const CLIENTS: &str = include_str!("clients.txt");
const JUNK: &str = include_str!("junk.txt");
const ARRIVALS: &str = include_str!("arrivals.txt");
const SEED: u64 = 1_912;

/// A mail and its place on the server.
#[derive(Clone, Debug)]
pub struct SampleMail {
    /// The folder.
    pub folder: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// Whether it carries `\Seen`.
    pub seen: bool,
}

impl SampleMail {
    fn new(folder: &'static str, bytes: Vec<u8>, received: Timestamp, seen: bool) -> Self {
        Self { folder, bytes, received, seen }
    }
}

/// The whole mailbox as it is at `now`, oldest mail first.
pub fn mailbox(now: Timestamp) -> Outcome<Vec<SampleMail>> {
    let mut all = everyday::mail(now, &mut Random::new(SEED))?;
    let clients = script::read(CLIENTS)?;
    for scene in &clients {
        let at = sent(now, scene)?;
        let own = scene.from.key == "nora";
        let folder = if own { "Sent" } else { "INBOX" };
        all.push(SampleMail::new(folder, bytes(scene, at, before(&clients, scene)), at, own || scene.seen));
    }
    for scene in script::read(JUNK)? {
        let at = sent(now, &scene)?;
        all.push(SampleMail::new("Junk", bytes(&scene, at, &[]), at, false));
    }
    all.sort_by_key(|mail| mail.received);
    Ok(all)
}

/// What arrives later, in order: mail of clients, dated `now`. `number` counts on for ever, the script repeats.
pub fn arrival(now: Timestamp, number: usize) -> Outcome<Vec<u8>> {
    let scenes = script::read(ARRIVALS)?;
    let mut scene = scenes[number % scenes.len()].clone();
    // A repeated one must be a mail of its own.
    scene.number += number / scenes.len();
    if scene.subject.starts_with("Re: ") {
        let clients = script::read(CLIENTS)?;
        let base = scene.subject.trim_start_matches("Re: ");
        let answered: Vec<Scene> = clients.into_iter().filter(|other| other.subject == base).collect();
        return Ok(bytes(&scene, now, &answered));
    }
    Ok(bytes(&scene, now, &[]))
}

/// So many days before `now`, at that minute of the day in Central European winter time.
fn ago(now: Timestamp, days: i64, minute: i64) -> Outcome<Timestamp> {
    let day = now.as_second() - now.as_second().rem_euclid(86_400) - days * 86_400;
    let at = Timestamp::from_second(day + (minute - 60) * 60)?;
    // What would still be to come today was there a little while ago.
    Ok(if at > now { now.checked_sub((5 + minute % 50).minutes())? } else { at })
}

fn sent(now: Timestamp, scene: &Scene) -> Outcome<Timestamp> {
    ago(now, scene.days, scene.minute)
}

fn before<'a>(scenes: &'a [Scene], scene: &Scene) -> &'a [Scene] {
    let first = scenes.iter().position(|other| other.thread == scene.thread).unwrap_or(0);
    &scenes[first..first + scene.number.min(scenes.len() - first)]
}

fn message_id(scene: &Scene) -> String {
    let domain = scene.from.address.split('@').nth(1).unwrap_or("mail.example");
    format!("<{}.{}@{domain}>", scene.thread, scene.number)
}

fn bytes(scene: &Scene, at: Timestamp, earlier: &[Scene]) -> Vec<u8> {
    let Scene { from, to, charset, .. } = scene;
    let mut message = MessageBuilder::new()
        .person("From", from.name, from.address, from.charset)
        .person("To", to.name, to.address, to.charset);
    for copy in &scene.cc {
        message = message.person("Cc", copy.name, copy.address, copy.charset);
    }
    if let Some(address) = &scene.reply_to {
        message = message.header("Reply-To", address);
    }
    message = message
        .text_header("Subject", &scene.subject, *charset)
        .date(at, from.hours_east)
        .header("Message-ID", message_id(scene));
    if let Some(last) = earlier.last() {
        let all: Vec<String> = earlier.iter().map(message_id).collect();
        message = message.header("In-Reply-To", message_id(last)).header("References", all.join("\r\n "));
    }
    let mut text = scene.text.clone();
    if let Some(last) = earlier.last().filter(|_| scene.number % 2 == 1) {
        let quoted = last.text.trim_end().replace('\n', "\n> ");
        text = format!("{text}\n{} wrote:\n> {quoted}\n", last.from.name);
    }
    message = message.text(&text, *charset, transfer(*charset));
    if scene.html {
        message = message.html(&html(&scene.text), *charset, Transfer::QuotedPrintable);
    }
    for (n, name) in scene.attachments.iter().enumerate() {
        let tint = u8::try_from(n * 40 + scene.thread.len()).unwrap_or(0);
        message = if Path::new(name).extension().is_some_and(|it| it == "png") {
            message.attach(name, "image/png", &files::png(320, 200, tint))
        } else {
            message.attach(name, "application/pdf", &files::pdf(&[name, &scene.subject, from.name]))
        };
    }
    message.build()
}

/// What mail programs choose for a charset.
fn transfer(charset: Charset) -> Transfer {
    match charset {
        Charset::Iso2022Jp => Transfer::Seven,
        Charset::Koi8R | Charset::Windows1256 => Transfer::Base64,
        Charset::Latin2 => Transfer::Eight,
        _ => Transfer::QuotedPrintable,
    }
}

/// The text in paragraphs, with two remote pictures as mail programs and trackers add them.
fn html(text: &str) -> String {
    let paragraphs: Vec<String> = text.trim().split("\n\n").map(|part| part.replace('\n', "<br>")).collect();
    let paragraphs = paragraphs.join("</p>\n<p>");
    format!(
        "<html><body style=\"font-family:Georgia\"><p>{paragraphs}</p>\
         <img src=\"https://okafor.example/signature.png\" width=\"120\" height=\"40\" alt=\"\">\
         <img src=\"https://track.example/o/8812.gif\" width=\"1\" height=\"1\" alt=\"\"></body></html>"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_has_the_size_and_the_variety_it_promises() -> Outcome<()> {
        let now: Timestamp = "2026-03-18T14:00:00Z".parse()?;
        let all = mailbox(now)?;
        assert!((250..400).contains(&all.len()), "{} messages", all.len());
        assert!(all.iter().all(|mail| mail.received <= now), "nothing may come from the future");
        let folders: BTreeSet<&str> = all.iter().map(|mail| mail.folder).collect();
        assert_eq!(folders, BTreeSet::from(["Archive", "INBOX", "Junk", "Sent"]));
        let has = |needle: &str| all.iter().any(|mail| String::from_utf8_lossy(&mail.bytes).contains(needle));
        for needle in ["iso-2022-jp", "iso-8859-2", "koi8-r", "windows-1256", "text/calendar", "image/png"] {
            assert!(has(needle), "no {needle}");
        }
        let ids: Vec<&[u8]> = all
            .iter()
            .filter_map(|mail| {
                mail.bytes.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"Message-ID:"))
            })
            .collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "Message-IDs must differ");
        assert!(all.iter().zip(&mailbox(now)?).all(|(one, two)| one.bytes == two.bytes));
        Ok(())
    }

    #[test]
    fn everybody_in_the_profile_writes() -> Outcome<()> {
        let clients = script::read(CLIENTS)?;
        for contact in CONTACTS {
            assert!(
                clients.iter().any(|scene| scene.from.key == contact.key),
                "{} never writes",
                contact.key
            );
        }
        for project in PROJECTS {
            assert!(project.contacts.iter().all(|key| CONTACTS.iter().any(|contact| contact.key == *key)));
        }
        let now = Timestamp::now();
        assert_ne!(arrival(now, 0)?, arrival(now, 6)?);
        assert!(String::from_utf8_lossy(&arrival(now, 1)?).contains("In-Reply-To: <brandt-logo.0@"));
        Ok(())
    }
}
