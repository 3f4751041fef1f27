//! Projects.

use super::{ContactId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum ProjectStatus {
    /// Under way: new mail goes here.
    #[default]
    Active,
    /// Done.
    Completed,
    /// Out of sight.
    Archived,
}

/// A job for one or more contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Row id.
    pub id: ProjectId,
    /// Never empty.
    pub title: String,
    /// Where it stands.
    pub status: ProjectStatus,
    /// When the status was last changed.
    pub status_at: Timestamp,
    /// Notes, may be empty.
    pub notes: String,
    /// Who it is for.
    pub contact_ids: Vec<ContactId>,
}
