//! `messages` and `message …`

use crate::args::{MessageCommand, Which};
use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::{Engine, MailPage};
use std::io::Write;

pub(crate) async fn list(engine: &Engine, which: Which, output: Output) -> Result<Code, Stop> {
    let page = match (which.project, which.contact, which.to_sort) {
        (Some(id), _, _) => MailPage::Project(id),
        (_, Some(id), _) => MailPage::Contact(id),
        (_, _, true) => MailPage::ToSort,
        _ => MailPage::All,
    };
    let rows = engine
        .messages(page, which.offset, which.limit)
        .await?
        .iter()
        .map(|message| {
            let who = if message.from.name.is_empty() { &message.from.address } else { &message.from.name };
            let cells = vec![
                message.id.to_string(),
                message.date.rfc3339(),
                who.clone(),
                message.subject.clone(),
                message.project_id.map_or_else(|| "to sort".into(), |id| id.to_string()),
            ];
            (json::message(message), cells)
        })
        .collect();
    table::list(output, &["ID", "DATE", "FROM", "SUBJECT", "PROJECT"], rows);
    Ok(Code::Done)
}

pub(crate) async fn run(engine: &Engine, command: MessageCommand, output: Output) -> Result<Code, Stop> {
    match command {
        MessageCommand::Show { id, form } if form.raw => {
            let bytes = engine.message_raw(id).await?;
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes)
                .and_then(|()| out.flush())
                .map_err(|error| Stop::failed(&error.to_string()))?;
        }
        MessageCommand::Show { id, form } if form.html => {
            print(output, "html", &engine.message_html(id).await?);
        }
        MessageCommand::Show { id, form } if form.text => {
            print(output, "text", &engine.message_text(id).await?);
        }
        MessageCommand::Show { id, .. } => table::one(output, &json::message(&engine.message(id).await?)),
        MessageCommand::Move { id, project, thread } => {
            engine.move_message(id, Some(project), thread).await?;
            table::one(output, &json::message(&engine.message(id).await?));
        }
    }
    Ok(Code::Done)
}

fn print(output: Output, name: &str, text: &str) {
    if output == Output::Json {
        table::say(&serde_json::json!({ name: text }).to_string());
    } else {
        let lines: Vec<String> = text.lines().map(table::safe).collect();
        table::say(&lines.join("\n"));
    }
}
