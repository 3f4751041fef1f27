//! Writing: drafts, files, templates, signatures.

use super::{Engine, Topic};
use crate::compose::begin::{self, Begin};
use crate::compose::check;
use crate::compose::queue::{When, queue};
use crate::compose::templates::{self as words, Values};
use crate::mail::clean_written;
use crate::model::{AccountId, Address, Mailbox, OutgoingFileId, OutgoingId, Refusal, TemplateId, Timestamp};
use crate::store::outgoing::{self, NewDraft, Role, Typed};
use crate::store::raw::{self, Packed};
use crate::store::{StoreError, accounts, contacts, projects, sending, templates};
use crate::view::{
    BeginMail, Draft, DraftInput, Files, FilledTemplate, OutgoingFile, OutgoingRow, Template, TemplateInput,
    draft_view, from_choices,
};
use jiff::tz::TimeZone;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// People that a few letters may mean.
const PEOPLE: usize = 12;

fn files(connection: &Connection, id: OutgoingId) -> Result<Files, StoreError> {
    let written = outgoing::get(connection, id)?;
    let stored = outgoing::files(connection, id)?;
    let host = match written.account {
        Some(account) => accounts::get(connection, account)?.outgoing.map(|server| server.host),
        None => None,
    };
    let limit = outgoing::size_limit(connection, &host.unwrap_or_default())?;
    let too_large = check::too_large(check::estimate(&stored, &written.html), limit);
    let files = stored
        .into_iter()
        .map(|file| OutgoingFile {
            id: file.id,
            name: file.name,
            media_type: file.media_type,
            size: file.size,
        })
        .collect();
    Ok(Files { files, too_large })
}

fn view(connection: &Connection, id: OutgoingId) -> Result<Draft, StoreError> {
    outgoing::must_be_draft(connection, id)?;
    let files = files(connection, id)?;
    draft_view(connection, outgoing::get(connection, id)?, files)
}

/// Copies a file into the data folder, or says which one cannot be read.
fn copied(dir: &Path, path: &Path) -> Result<outgoing::File, Refusal> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let refuse = |code: &str, why: String| Refusal::about("files", code, why);
    let unreadable =
        |error: std::io::Error| refuse("file_unreadable", format!("“{name}” cannot be read: {error}."));
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if facts.is_dir() {
        let sentence = format!("“{name}” is a folder. Attach the files in it, or a ZIP of it.");
        return Err(refuse("file_is_folder", sentence));
    }
    if !facts.is_file() {
        return Err(refuse("file_unreadable", format!("“{name}” is no file that can be attached.")));
    }
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let (packed, size) = raw::pack_stream(dir, &mut file, true).map_err(|error| match error {
        StoreError::Io(error) if error.kind() != std::io::ErrorKind::StorageFull => unreadable(error),
        other => other.refusal(),
    })?;
    let Packed::File(hash) = packed else {
        return Err(refuse("file_unreadable", "It was not stored.".into()));
    };
    let media_type = mime_guess::from_path(path).first_or_octet_stream().essence_str().to_owned();
    Ok(outgoing::File { id: OutgoingFileId(0), name, media_type, size, hash })
}

fn random() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

impl Engine {
    /// Begins a mail and stores it as a draft.
    pub async fn begin_mail(&self, mail: BeginMail) -> Result<Draft, Refusal> {
        let begin = Begin {
            answers: mail.answers,
            all: mail.all,
            project: mail.project_id,
            people: mail.contact_ids,
        };
        let dir = self.store().dir().to_owned();
        let new = self.read(move |db| begin::draft(db, &dir, &begin, &TimeZone::system())).await?;
        let id = self.store_draft(new).await?;
        self.draft(id).await
    }

    /// Stores a draft that somebody else made: a test email's, say.
    pub(super) async fn store_draft(&self, new: NewDraft) -> Result<OutgoingId, Refusal> {
        let now = self.now();
        let id = self.write(move |tx| outgoing::insert(tx, &new, now)).await?;
        self.tell(Topic::Outbox);
        Ok(id)
    }

    /// A draft as it stands.
    pub async fn draft(&self, id: OutgoingId) -> Result<Draft, Refusal> {
        self.read(move |db| view(db, id)).await
    }

    /// Stores what was typed. A draft alone can be changed. Answers the moment at which it was saved.
    pub async fn save_draft(&self, id: OutgoingId, draft: DraftInput) -> Result<Timestamp, Refusal> {
        let now = self.now();
        let saved = self
            .write(move |tx| {
                let account = sender(tx, id, &draft.from)?;
                let mut recipients = Vec::new();
                for (role, typed) in [(Role::To, draft.to), (Role::Cc, draft.cc), (Role::Bcc, draft.bcc)] {
                    recipients.extend(typed.into_iter().map(|mailbox| (role, mailbox)));
                }
                let typed = Typed {
                    account,
                    from: draft.from,
                    subject: draft.subject,
                    html: clean_written(&draft.html),
                    recipients,
                };
                outgoing::save(tx, id, &typed, now)?;
                Ok(outgoing::get(tx, id)?.changed_at)
            })
            .await?;
        self.tell(Topic::Outbox);
        Ok(saved)
    }

    /// Throws a draft away.
    pub async fn discard_draft(&self, id: OutgoingId) -> Result<(), Refusal> {
        self.write(move |tx| {
            outgoing::must_be_draft(tx, id)?;
            outgoing::delete(tx, id)
        })
        .await?;
        self.tell(Topic::Outbox);
        Ok(())
    }

    /// Takes an attached file off.
    pub async fn remove_file(&self, id: OutgoingId, file_id: OutgoingFileId) -> Result<Files, Refusal> {
        let now = self.now();
        self.write(move |tx| outgoing::remove_file(tx, id, file_id, now)).await?;
        self.tell(Topic::Outbox);
        self.read(move |db| files(db, id)).await
    }

    /// Puts a mail into the outbox: after the time to undo it goes, or `at` a later moment. Refused with the field that is wrong.
    pub async fn send_mail(&self, id: OutgoingId, at: Option<Timestamp>) -> Result<OutgoingRow, Refusal> {
        let undo = self.settings().await?.undo_seconds;
        self.queue_mail(id, When::of(self.now(), undo, at)).await
    }

    /// Puts a mail into the outbox.
    pub(super) async fn queue_mail(&self, id: OutgoingId, when: When) -> Result<OutgoingRow, Refusal> {
        queue(self.store(), id, when, random()).await.map_err(StoreError::refusal)?;
        self.mail_outbox().poke();
        self.tell(Topic::Outbox);
        self.outgoing(id).await
    }

    /// Takes a mail that has not left back into a draft.
    pub async fn undo_send(&self, id: OutgoingId) -> Result<(), Refusal> {
        let now = self.now();
        self.write(move |tx| sending::to_draft(tx, id, now)).await?;
        self.tell(Topic::Outbox);
        Ok(())
    }

    /// Whom a few typed letters may mean: contacts first, then people written to.
    pub async fn people_named(&self, typed: String) -> Result<Vec<Mailbox>, Refusal> {
        let wanted = typed.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |db| {
            let mut people = Vec::new();
            for id in contacts::ids(db)? {
                let contact = contacts::get(db, id)?;
                people.extend(
                    contact.addresses.into_iter().map(|entry| Mailbox {
                        name: contact.name.clone(),
                        address: entry.address.to_string(),
                    }),
                );
            }
            people.extend(outgoing::written_to(db)?);
            let named = |mailbox: &Mailbox| {
                let name = mailbox.name.to_lowercase();
                mailbox.address.starts_with(&wanted)
                    || name.starts_with(&wanted)
                    || name.split_whitespace().any(|word| word.starts_with(&wanted))
            };
            let mut found: Vec<Mailbox> = Vec::new();
            for mailbox in people.into_iter().filter(named) {
                if found.iter().all(|known| known.address != mailbox.address) {
                    found.push(mailbox);
                }
                if found.len() >= PEOPLE {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    /// All templates, by title.
    pub async fn templates(&self) -> Result<Vec<Template>, Refusal> {
        self.read(|db| {
            let shown = |t: templates::Stored| Template {
                id: t.id,
                title: t.title,
                subject: t.subject,
                html: t.html,
            };
            Ok(templates::all(db)?.into_iter().map(shown).collect())
        })
        .await
    }

    /// Stores a template.
    pub async fn save_template(&self, template: TemplateInput) -> Result<TemplateId, Refusal> {
        let title = template.title.trim().to_owned();
        if title.is_empty() {
            return Err(Refusal::about("title", "empty_title", "Give the template a name."));
        }
        let now = self.now();
        let stored = templates::Stored {
            id: template.id.unwrap_or(TemplateId(0)),
            title,
            subject: template.subject.trim().to_owned(),
            html: clean_written(&template.html),
        };
        let id = self
            .write(move |tx| match template.id {
                Some(id) => templates::update(tx, &stored, now).map(|()| id),
                None => templates::insert(tx, &stored, now),
            })
            .await?;
        self.tell(Topic::Outbox);
        Ok(id)
    }

    /// Deletes a template.
    pub async fn delete_template(&self, id: TemplateId) -> Result<(), Refusal> {
        self.write(move |tx| templates::delete(tx, id)).await?;
        self.tell(Topic::Outbox);
        Ok(())
    }

    /// A template filled in for a draft.
    pub async fn fill_template(
        &self,
        id: TemplateId,
        draft_id: OutgoingId,
    ) -> Result<FilledTemplate, Refusal> {
        self.read(move |db| {
            let template = templates::get(db, id)?;
            let written = outgoing::get(db, draft_id)?;
            let name = match written.mailboxes(Role::To).into_iter().next() {
                Some(mailbox) => {
                    let known = match Address::parse(&mailbox.address) {
                        Ok(address) => contacts::owner(db, &address)?.map(|(_, name)| name),
                        Err(_) => None,
                    };
                    known.or(Some(mailbox.name).filter(|name| !name.is_empty()))
                }
                None => None,
            };
            let project = match written.project {
                Some(project) => Some(projects::get(db, project)?.title),
                None => None,
            };
            let filled = words::fill(&template.subject, &template.html, &Values { name, project });
            Ok(FilledTemplate { subject: filled.subject, html: filled.html, missing: filled.missing })
        })
        .await
    }

    /// Changes what an account's mails are signed with.
    pub async fn set_sender(&self, id: AccountId, name: String, signature: String) -> Result<(), Refusal> {
        self.write(move |tx| {
            accounts::get(tx, id)?;
            accounts::set_sender(tx, id, name.trim(), &clean_written(&signature))
        })
        .await?;
        self.tell(Topic::Accounts);
        Ok(())
    }

    /// Attaches files: they are copied at once.
    pub async fn attach_files(&self, id: OutgoingId, paths: Vec<PathBuf>) -> Result<Files, Refusal> {
        let dir = self.store().dir().to_owned();
        let copies = self
            .read(move |db| {
                outgoing::must_be_draft(db, id)?;
                Ok(paths.iter().map(|path| copied(&dir, path)).collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        let now = self.now();
        self.write(move |tx| {
            for file in &copies {
                outgoing::add_file(tx, id, file, now)?;
            }
            Ok(())
        })
        .await?;
        self.tell(Topic::Outbox);
        self.read(move |db| files(db, id)).await
    }
}

/// The account of an address that was chosen as From. What stood there may stay, also when its account is gone: what was
/// typed is kept whatever happened, and sending says what is wrong.
fn sender(connection: &Connection, id: OutgoingId, from: &str) -> Result<Option<AccountId>, StoreError> {
    let stored = outgoing::get(connection, id)?;
    if from == stored.from && (stored.account.is_some() || from.is_empty()) {
        return Ok(stored.account);
    }
    let choices = from_choices(connection)?;
    match choices.iter().find(|choice| choice.address == from) {
        Some(choice) => Ok(Some(choice.account_id)),
        None if from == stored.from => Ok(None),
        None => Err(Refusal::about("from", "not_yours", "Choose one of your own addresses.").into()),
    }
}
