//! Projects.

use super::{Engine, Topic};
use crate::filing::Reason;
use crate::model::{ContactId, Project, ProjectId, ProjectStatus, Refusal, Timestamp};
use crate::store::messages::{self, Filed};
use crate::store::{lists, projects};
use crate::sync::refile_to_sort;
use crate::view::{DeleteFacts, Page, ProjectDetail, ProjectRow, ThreadRow, project_detail, project_row};
use serde::{Deserialize, Serialize};

/// What a person types for a project.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
pub struct ProjectInput {
    /// Title.
    pub title: String,
    /// Notes.
    pub notes: String,
    /// Where it stands.
    pub status: ProjectStatus,
    /// Who it is for.
    pub contact_ids: Vec<ContactId>,
}

impl ProjectInput {
    fn into_project(self, id: ProjectId) -> Result<Project, Refusal> {
        let title = self.title.trim().to_owned();
        if title.is_empty() {
            return Err(Refusal::about("title", "empty_title", "Give the project a title."));
        }
        Ok(Project {
            id,
            title,
            status: self.status,
            status_at: Timestamp(0),
            notes: self.notes,
            contact_ids: self.contact_ids,
        })
    }
}

impl Engine {
    /// Every project, active ones first; of one status when given.
    pub async fn projects(&self, status: Option<ProjectStatus>) -> Result<Vec<ProjectRow>, Refusal> {
        self.read(move |db| {
            let mut rows = Vec::new();
            for id in projects::ids(db)? {
                let project = projects::get(db, id)?;
                if status.is_none_or(|wanted| wanted == project.status) {
                    rows.push(project_row(db, &project)?);
                }
            }
            Ok(rows)
        })
        .await
    }

    /// A project as it is stored.
    pub async fn project(&self, id: ProjectId) -> Result<Project, Refusal> {
        self.read(move |db| projects::get(db, id)).await
    }

    /// A project's page.
    pub async fn project_page(&self, id: ProjectId) -> Result<ProjectDetail, Refusal> {
        self.read(move |db| project_detail(db, id)).await
    }

    /// Makes a project; what waits to be sorted is asked again.
    pub async fn add_project(&self, input: ProjectInput) -> Result<ProjectId, Refusal> {
        let project = input.into_project(ProjectId(0))?;
        let now = self.now();
        let id = self
            .write(move |tx| {
                let id = projects::insert(tx, &project, now)?;
                refile_to_sort(tx)?;
                Ok(id)
            })
            .await?;
        self.projects_changed();
        Ok(id)
    }

    /// Changes a project; what waits to be sorted is asked again.
    pub async fn edit_project(&self, id: ProjectId, input: ProjectInput) -> Result<(), Refusal> {
        let project = input.into_project(id)?;
        let now = self.now();
        self.write(move |tx| {
            projects::update(tx, &project, now)?;
            refile_to_sort(tx)
        })
        .await?;
        self.projects_changed();
        Ok(())
    }

    /// What becomes of a project's mail.
    pub async fn delete_facts_of_project(&self, id: ProjectId) -> Result<DeleteFacts, Refusal> {
        let messages = self.read(move |db| Ok(lists::counts_of_project(db, id)?.messages)).await?;
        let sentence = match messages {
            0 => "It holds no mail.".into(),
            1 => "Its 1 message is kept and goes to To sort.".into(),
            n => format!("Its {n} messages are kept and go to To sort."),
        };
        Ok(DeleteFacts { messages, sentence })
    }

    /// Deletes a project. Its mail goes to sort, or is deleted here (never on the server).
    pub async fn delete_project(&self, id: ProjectId, keep_mail: bool) -> Result<(), Refusal> {
        self.write(move |tx| {
            let ids = lists::ids_of_project(tx, id)?;
            if keep_mail {
                for message in ids {
                    let filed = Filed {
                        project: None,
                        reason: Reason::ProjectDeleted.code().into(),
                        moved_by_user: false,
                    };
                    messages::file(tx, message, &filed)?;
                }
            } else {
                messages::delete(tx, &ids)?;
            }
            projects::delete(tx, id)?;
            refile_to_sort(tx)
        })
        .await?;
        self.projects_changed();
        Ok(())
    }

    /// A project's mail by thread.
    pub async fn project_threads(
        &self,
        id: ProjectId,
        after: Option<String>,
    ) -> Result<Page<ThreadRow>, Refusal> {
        self.read(move |db| {
            let after = lists::After::from_token(after.as_deref());
            let threads = lists::threads_of_project(db, id, after, super::mail::PAGE)?;
            let next = super::mail::next_token(threads.last().map(|thread| &thread.newest), threads.len());
            let rows =
                threads.into_iter().map(|thread| ThreadRow::make(db, thread)).collect::<Result<_, _>>()?;
            Ok(Page { rows, next })
        })
        .await
    }

    fn projects_changed(&self) {
        for topic in [Topic::Projects, Topic::Contacts, Topic::Messages] {
            self.tell(topic);
        }
    }
}
