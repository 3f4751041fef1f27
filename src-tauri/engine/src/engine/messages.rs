//! One message: reading it, its files and links, moving it, taking back.

use super::{Engine, Opened, Topic};
use crate::filing::Reason;
use crate::mail;
use crate::model::{Attachment, Message, MessageId, ProjectId, Refusal, Timestamp};
use crate::store::messages::{self, Filed};
use crate::store::undo::{self, Step};
use crate::store::{accounts, lists, projects, raw, threads};
use crate::view::{Place, Undo, message_row};
use rusqlite::Connection;

/// The body of a message, ready for the message frame.
fn clean_body(message: &Message, bytes: Option<&[u8]>, text: &str) -> mail::CleanHtml {
    let html = bytes.filter(|_| !message.unparsable).and_then(|bytes| mail::parse(bytes).html);
    html.map_or_else(|| mail::text_to_html(text), |html| mail::clean(&html))
}

/// `open:3` of message 17 becomes `open:17.3`: several messages of a thread may be on screen. A `<` in a text is
/// escaped, so `<a ` begins a link wherever it stands.
fn with_message(id: MessageId, html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    for (index, piece) in html.split("<a ").enumerate() {
        if index == 0 {
            out.push_str(piece);
            continue;
        }
        out.push_str("<a ");
        out.push_str(&piece.replacen("href=\"open:", &format!("href=\"open:{id}."), 1));
    }
    out
}

impl Engine {
    /// One message with its places.
    pub async fn message(&self, id: MessageId) -> Result<Message, Refusal> {
        self.read(move |db| lists::message(db, id)).await
    }

    /// A message opened for reading.
    pub async fn open_message(&self, id: MessageId) -> Result<Opened, Refusal> {
        let dir = self.store().dir().to_owned();
        self.read(move |db| {
            let message = lists::message(db, id)?;
            let text = messages::body(db, id)?;
            let bytes = raw::read(db, &dir, id)?;
            let body = clean_body(&message, bytes.as_deref(), &text);
            let note = if message.unparsable {
                Some("This mail is damaged. It is shown as plain text; its original is kept.".to_owned())
            } else if message.partial {
                Some(
                    "This mail is very large. Its text is here; its attachments are still on the server."
                        .to_owned(),
                )
            } else {
                None
            };
            let places = message
                .locations
                .iter()
                .map(|place| {
                    Ok(Place {
                        account: accounts::get(db, place.account_id)?.email.display(),
                        folder: place.folder.clone(),
                    })
                })
                .collect::<crate::store::Result<_>>()?;
            let reason = Reason::from_code(&message.filed_because).unwrap_or(Reason::NoActiveProject);
            Ok(Opened {
                to: message.to.clone(),
                cc: message.cc.clone(),
                reason: reason.sentence().into(),
                locations: places,
                note,
                text,
                html: with_message(id, &body.html),
                remote_images: body.remote_images,
                attachments: message.attachments.clone(),
                row: message_row(db, message)?,
            })
        })
        .await
    }

    /// The text for reading.
    pub async fn message_text(&self, id: MessageId) -> Result<String, Refusal> {
        self.read(move |db| {
            lists::message(db, id)?;
            messages::body(db, id)
        })
        .await
    }

    /// The cleaned HTML.
    pub async fn message_html(&self, id: MessageId) -> Result<String, Refusal> {
        Ok(self.open_message(id).await?.html)
    }

    /// The original bytes.
    pub async fn message_raw(&self, id: MessageId) -> Result<Vec<u8>, Refusal> {
        let dir = self.store().dir().to_owned();
        self.read(move |db| {
            lists::message(db, id)?;
            Ok(raw::read(db, &dir, id)?.unwrap_or_default())
        })
        .await
    }

    /// The address of the n-th link of a message's cleaned body. Only these can be opened.
    pub async fn link(&self, id: MessageId, number: u32) -> Result<String, Refusal> {
        let dir = self.store().dir().to_owned();
        self.read(move |db| {
            let message = lists::message(db, id)?;
            let bytes = raw::read(db, &dir, id)?;
            let text = messages::body(db, id)?;
            let body = clean_body(&message, bytes.as_deref(), &text);
            let link = body.links.into_iter().nth(number as usize);
            link.ok_or_else(|| Refusal::not_found("link").into())
        })
        .await
    }

    /// An attachment with its decoded bytes.
    pub async fn attachment(&self, id: MessageId, index: u32) -> Result<(Attachment, Vec<u8>), Refusal> {
        let bytes = self.message_raw(id).await?;
        mail::attachment(&bytes, index).ok_or_else(|| Refusal::not_found("attachment"))
    }

    /// An image that the body refers to by Content-ID: media type and bytes.
    pub async fn inline_image(
        &self,
        id: MessageId,
        content_id: String,
    ) -> Result<(String, Vec<u8>), Refusal> {
        let bytes = self.message_raw(id).await?;
        mail::inline_image(&bytes, &content_id).ok_or_else(|| Refusal::not_found("image"))
    }

    /// Read here, or marked unread here until it is opened again.
    pub async fn mark_read(&self, id: MessageId, read: bool) -> Result<(), Refusal> {
        self.write(move |tx| {
            lists::message(tx, id)?;
            messages::set_opened(tx, id, read)
        })
        .await?;
        self.tell(Topic::Messages);
        Ok(())
    }

    /// Takes a message off "Needs a reply".
    pub async fn mark_done(&self, id: MessageId) -> Result<Undo, Refusal> {
        let now = self.now();
        let undo = self
            .write(move |tx| {
                lists::message(tx, id)?;
                messages::set_done(tx, id, true)?;
                remember(tx, now, "Done".into(), &[Step::Done(id, false)])
            })
            .await?;
        self.tell(Topic::Messages);
        Ok(undo)
    }

    /// Moves a message, or its thread from this message on, to a project or to sort.
    pub async fn move_message(
        &self,
        id: MessageId,
        project: Option<ProjectId>,
        whole_thread: bool,
    ) -> Result<Undo, Refusal> {
        let now = self.now();
        let undo = self
            .write(move |tx| {
                let title = match project {
                    Some(project) => projects::get(tx, project)?.title,
                    None => "To sort".into(),
                };
                let message = lists::message(tx, id)?;
                let steps = if whole_thread {
                    move_thread(tx, &message, project)?
                } else {
                    let before = messages::filed(tx, id)?;
                    put(tx, id, project, Reason::MovedByUser)?;
                    vec![Step::Filed(id, before)]
                };
                remember(tx, now, format!("Moved to {title}"), &steps)
            })
            .await?;
        self.moved();
        Ok(undo)
    }

    /// Takes something back.
    pub async fn undo(&self, undo: i64) -> Result<(), Refusal> {
        self.write(move |tx| undo::take_back(tx, undo)).await?;
        self.moved();
        Ok(())
    }

    fn moved(&self) {
        self.tell(Topic::Messages);
        self.tell(Topic::Projects);
    }
}

fn put(
    tx: &Connection,
    id: MessageId,
    project: Option<ProjectId>,
    reason: Reason,
) -> crate::store::Result<()> {
    // A whole thread's messages follow its binding; a single one stands where the user put it.
    let moved_by_user = reason == Reason::MovedByUser;
    messages::file(tx, id, &Filed { project, reason: reason.code().into(), moved_by_user })
}

/// From this message on: it and all later ones of its thread, and those that are still to come. Earlier ones that
/// wait to be sorted go along.
fn move_thread(
    tx: &Connection,
    message: &Message,
    project: Option<ProjectId>,
) -> crate::store::Result<Vec<Step>> {
    let thread = message.thread_id;
    let mut steps = vec![Step::Bound(thread, threads::facts(tx, thread)?.bound)];
    threads::bind(tx, thread, project.map(|project| (project, message.date)))?;
    for id in messages::of_thread_from(tx, thread, Timestamp(i64::MIN))? {
        let before = messages::filed(tx, id)?;
        let later = lists::message(tx, id)?.date >= message.date;
        if id == message.id || later || (before.project.is_none() && project.is_some()) {
            put(tx, id, project, if project.is_some() { Reason::ThreadMoved } else { Reason::MovedByUser })?;
            steps.push(Step::Filed(id, before));
        }
    }
    Ok(steps)
}

fn remember(tx: &Connection, now: Timestamp, sentence: String, steps: &[Step]) -> crate::store::Result<Undo> {
    let id = undo::remember(tx, now, &sentence, steps)?;
    Ok(Undo { id, sentence })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_of_which_message_it_is() {
        let clean = mail::clean(
            "<p>&lt;a href=\"open:9\"&gt; <a href=\"https://x.example/\">x</a> <a name=y>y</a></p>",
        );
        let html = with_message(MessageId(17), &clean.html);
        assert!(html.contains("<a href=\"open:17.0\""), "{html}");
        assert_eq!(html.matches("open:17.").count(), 1, "{html}");
    }
}
