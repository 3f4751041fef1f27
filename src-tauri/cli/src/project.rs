//! `project …`

use crate::args::ProjectCommand;
use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::model::ProjectStatus;
use hatstand_engine::{Engine, ProjectInput};

pub(crate) async fn run(engine: &Engine, command: ProjectCommand, output: Output) -> Result<Code, Stop> {
    let id = match command {
        ProjectCommand::Add { title, contact } => {
            engine
                .add_project(ProjectInput { title, contact_ids: contact, ..ProjectInput::default() })
                .await?
        }
        ProjectCommand::List => {
            let mut rows = Vec::new();
            for row in engine.projects(None).await? {
                let project = engine.project(row.id).await?;
                let people: Vec<String> = row.contacts.into_iter().map(|person| person.name).collect();
                let status =
                    serde_json::to_value(project.status).ok().and_then(|v| v.as_str().map(str::to_owned));
                let cells = vec![
                    project.id.to_string(),
                    project.title.clone(),
                    status.unwrap_or_default(),
                    people.join(", "),
                    row.messages.to_string(),
                ];
                rows.push((json::project(&project), cells));
            }
            table::list(output, &["ID", "TITLE", "STATUS", "CONTACTS", "MESSAGES"], rows);
            return Ok(Code::Done);
        }
        ProjectCommand::Show { id } => id,
        ProjectCommand::Edit { id, title, status, contact } => {
            let known = engine.project(id).await?;
            let input = ProjectInput {
                title: title.unwrap_or(known.title),
                notes: known.notes,
                status: status.map_or(known.status, ProjectStatus::from),
                contact_ids: if contact.is_empty() { known.contact_ids } else { contact },
            };
            engine.edit_project(id, input).await?;
            id
        }
    };
    table::one(output, &json::project(&engine.project(id).await?));
    Ok(Code::Done)
}
