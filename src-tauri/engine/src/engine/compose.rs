//! Writing: drafts, files, templates, signatures.

use super::Engine;
use crate::model::{AccountId, Mailbox, OutgoingFileId, OutgoingId, Refusal, TemplateId, Timestamp};
use crate::view::{
    BeginMail, Draft, DraftInput, Files, FilledTemplate, OutgoingRow, Template, TemplateInput,
};
use std::path::PathBuf;

impl Engine {
    /// Begins a mail and stores it as a draft.
    pub async fn begin_mail(&self, _mail: BeginMail) -> Result<Draft, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// A draft as it stands.
    pub async fn draft(&self, _id: OutgoingId) -> Result<Draft, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Stores what was typed. A draft alone can be changed. Answers the moment at which it was saved.
    pub async fn save_draft(&self, _id: OutgoingId, _draft: DraftInput) -> Result<Timestamp, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Throws a draft away.
    pub async fn discard_draft(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Takes an attached file off.
    pub async fn remove_file(&self, _id: OutgoingId, _file_id: OutgoingFileId) -> Result<Files, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Puts a mail into the outbox: after the time to undo it goes, or `at` a later moment. Refused with the field that is wrong.
    pub async fn send_mail(&self, _id: OutgoingId, _at: Option<Timestamp>) -> Result<OutgoingRow, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Takes a mail that has not left back into a draft.
    pub async fn undo_send(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Whom a few typed letters may mean: contacts first, then people written to.
    pub async fn people_named(&self, _typed: String) -> Result<Vec<Mailbox>, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// All templates, by title.
    pub async fn templates(&self) -> Result<Vec<Template>, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Stores a template.
    pub async fn save_template(&self, _template: TemplateInput) -> Result<TemplateId, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Deletes a template.
    pub async fn delete_template(&self, _id: TemplateId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// A template filled in for a draft.
    pub async fn fill_template(
        &self,
        _id: TemplateId,
        _draft_id: OutgoingId,
    ) -> Result<FilledTemplate, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Changes what an account's mails are signed with.
    pub async fn set_sender(&self, _id: AccountId, _name: String, _signature: String) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Attaches files: they are copied at once.
    pub async fn attach_files(&self, _id: OutgoingId, _paths: Vec<PathBuf>) -> Result<Files, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }
}
