//! Hatstand without a window: contacts, projects, and the mail of clients, brought from the user's own
//! mailboxes into the project it belongs to. `ARCHITECTURE.md` names the floors.

pub mod imap;
pub mod model;
pub mod net;
pub mod smtp;
