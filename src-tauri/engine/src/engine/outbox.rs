//! The outbox: what waits, what failed, what nobody knows.

use super::Engine;
use crate::model::{OutgoingId, ProjectId, Refusal};
use crate::view::{Outbox, OutgoingRow};

impl Engine {
    /// The outbox page.
    pub async fn outbox(&self) -> Result<Outbox, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Mail of a project that has not become a message of it: drafts, and what waits, failed or is uncertain; newest first.
    pub async fn outgoing_of_project(&self, _project_id: ProjectId) -> Result<Vec<OutgoingRow>, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// One outgoing mail.
    pub async fn outgoing(&self, _id: OutgoingId) -> Result<OutgoingRow, Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Sends what waits, is planned for later, or failed, now.
    pub async fn send_now(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// The person says that an uncertain mail arrived.
    pub async fn confirm_arrived(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// The person wants an uncertain mail sent once more.
    pub async fn send_again(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Takes a failed mail back into a draft.
    pub async fn edit_again(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }

    /// Takes a sent mail off the outbox page, or throws a failed one away.
    pub async fn dismiss_outgoing(&self, _id: OutgoingId) -> Result<(), Refusal> {
        Err(Refusal::new("unfinished", "This is not built yet."))
    }
}
