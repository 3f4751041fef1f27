//! What the window may call: one file a screen, each command a few lines over the engine.

pub(crate) mod accounts;
pub(crate) mod common;
pub(crate) mod compose;
pub(crate) mod connect;
pub(crate) mod mail;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod projects;
pub(crate) mod testmail;

use crate::shell::Shell;
use hatstand_engine::model::Refusal;

/// The shell's state in a command.
type TheShell<'a> = tauri::State<'a, Shell>;

/// What a command answers. A refusal rejects the promise.
type Answer<T> = Result<T, Refusal>;
