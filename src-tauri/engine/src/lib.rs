//! Hatstand without a window: contacts, projects, and the mail of clients, brought from the user's own
//! mailboxes into the project it belongs to. `ARCHITECTURE.md` names the floors.

pub mod auth;
pub mod compose;
pub mod connect;
mod engine;
pub mod filing;
pub mod imap;
pub mod mail;
pub mod model;
pub mod net;
pub mod secrets;
pub mod smtp;
pub mod store;
pub mod sync;
pub mod testmail;
pub mod troubleshoot;
pub mod view;

pub use engine::{
    Advanced, ConnectRequest, ContactInput, DATA_DIR_ENV, EmailCount, Engine, Event, Found, GivenSignIn,
    IDENTIFIER, IssuerClient, MailPage, Opened, Outgoing, ProjectInput, ReconnectRequest, Servers, Settings,
    Theme, Topic, WeakEngine, data_dir,
};
