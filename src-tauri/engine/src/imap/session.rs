//! A signed-in session. It reads: no SELECT, no flag set, nothing moved or deleted. The one thing that it can store
//! is the copy of a sent mail in the Sent folder (`append`).

use super::capabilities::Capabilities;
use super::command::Command;
use super::dialogue::{Dialogue, Reply};
use super::{causes, utf7};
use crate::model::Certificate;
use crate::model::{Cause, Failure};
use imap_proto::Response;
use std::time::Duration;
use tokio::time::timeout;

/// A polite end is not waited for longer than this.
const FAREWELL: Duration = Duration::from_secs(2);

/// A session after sign-in. Dropping it at any time is clean: the connection closes. After a command that was
/// left in the middle the next one works too; what still comes of the first is read away.
#[derive(Debug)]
pub struct Session {
    pub(super) dialogue: Dialogue,
    pub(super) capabilities: Capabilities,
    /// The opened folder's name for people.
    pub(super) folder: Option<String>,
}

impl Session {
    pub(super) const fn new(dialogue: Dialogue, capabilities: Capabilities) -> Self {
        Self { dialogue, capabilities, folder: None }
    }

    /// What the server can do for this user.
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What the server's certificate says; `None` without TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.dialogue.guard().inner().certificate()
    }

    /// The connection has ended; every further call answers why. To go on, connect anew.
    pub const fn is_over(&self) -> bool {
        self.dialogue.is_over()
    }

    /// How many answers nobody asked for were left out.
    pub fn dropped(&self) -> u64 {
        self.dialogue.guard().dropped()
    }

    /// The greatest single piece (a body, a header) that is taken, in bytes; 64 MB unless set. A server that
    /// announces more ends the session with a failure.
    pub fn set_literal_cap(&mut self, bytes: u64) {
        self.dialogue.guard_mut().set_literal_cap(bytes);
    }

    /// Ends the session. Whatever the server makes of it does not matter any more.
    pub async fn logout(mut self) {
        let command = Command::new("LOGOUT", &self.capabilities);
        let _ = timeout(FAREWELL, self.dialogue.run(&command, |_| {})).await;
    }

    /// Says who this is, where the server wants to know (RFC 2971). The answer is not waited for.
    pub(super) async fn introduce(&mut self) -> Result<(), Failure> {
        if self.capabilities.id() {
            let words = concat!("ID (\"name\" \"Hatstand\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")");
            let command = Command::new(words, &self.capabilities);
            self.dialogue.mention(&command).await?;
        }
        Ok(())
    }

    pub(super) fn command(&self, words: &str) -> Command {
        Command::new(words, &self.capabilities)
    }

    /// Runs a command; a folder that vanishes under it is named.
    pub(super) async fn run(
        &mut self,
        command: &Command,
        each: impl FnMut(&Response<'_>),
    ) -> Result<Reply, Failure> {
        let result = self.dialogue.run(command, each).await;
        result.map_err(|failure| self.located(failure))
    }

    pub(super) fn located(&mut self, failure: Failure) -> Failure {
        match &self.folder {
            Some(folder) if failure.cause == Cause::FolderGone && failure.folder.is_none() => {
                let located = failure.in_folder(folder);
                self.dialogue.is_over_for(&located);
                located
            }
            _ => failure,
        }
    }

    /// OK, or the failure that the reply is. Messages that another program removed meanwhile are none
    /// (RFC 5530, EXPUNGEISSUED).
    pub(super) fn check(&self, reply: &Reply) -> Result<(), Failure> {
        if reply.is_ok() || reply.has_code("EXPUNGEISSUED") {
            return Ok(());
        }
        Err(causes::in_folder(reply, self.folder.as_deref().unwrap_or_default()))
    }

    pub(super) fn must_be_open(&self) -> Result<(), Failure> {
        if self.folder.is_some() { Ok(()) } else { Err(Failure::said(Cause::Unknown, "No folder is open.")) }
    }

    pub(super) fn set_folder(&mut self, raw_name: Option<&str>) {
        self.folder = raw_name.map(utf7::decode);
    }
}
