//! `contact …`

use crate::args::ContactCommand;
use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::model::{Backfill, Contact, ContactId, ContactKind, Timestamp};
use hatstand_engine::{ContactInput, Engine};

pub(crate) async fn run(engine: &Engine, command: ContactCommand, output: Output) -> Result<Code, Stop> {
    let id = match command {
        ContactCommand::Add { name, email, kind, company, backfill } => {
            let input = ContactInput {
                name,
                addresses: email,
                kind: kind.map_or_else(ContactKind::default, ContactKind::from),
                company: company.unwrap_or_default(),
                ..ContactInput::default()
            };
            engine.add_contact(input, read_backfill(&backfill)?, None).await?
        }
        ContactCommand::List => return list(engine, output).await,
        ContactCommand::Show { id } => id,
        ContactCommand::Edit { id, name, kind, company, phone, notes, default_project } => {
            let known = engine.contact(id).await?;
            let input = ContactInput {
                name: name.unwrap_or(known.name),
                kind: kind.map_or(known.kind, ContactKind::from),
                company: company.unwrap_or(known.company),
                phone: phone.unwrap_or(known.phone),
                notes: notes.unwrap_or(known.notes),
                default_project_id: default_project
                    .map_or(known.default_project_id, |id| (id.0 > 0).then_some(id)),
                addresses: known.addresses.iter().map(|entry| entry.address.to_string()).collect(),
            };
            engine.edit_contact(id, input).await?;
            id
        }
        ContactCommand::AddEmail { id, email, backfill } => {
            engine.add_address(id, email, read_backfill(&backfill)?).await?;
            id
        }
        ContactCommand::RemoveEmail { id, email } => {
            engine.remove_address(id, email).await?;
            id
        }
        ContactCommand::Delete { id, mail } => {
            engine.delete_contact(id, !mail.delete_mail).await?;
            table::one(output, &serde_json::json!({ "deleted": id }));
            return Ok(Code::Done);
        }
    };
    show(engine, id, output).await
}

async fn show(engine: &Engine, id: ContactId, output: Output) -> Result<Code, Stop> {
    table::one(output, &json::contact(&engine.contact(id).await?));
    Ok(Code::Done)
}

async fn list(engine: &Engine, output: Output) -> Result<Code, Stop> {
    let row = |contact: Contact| {
        let addresses: Vec<String> = contact.addresses.iter().map(|entry| entry.address.display()).collect();
        let cells =
            vec![contact.id.to_string(), contact.name.clone(), contact.company.clone(), addresses.join(", ")];
        (json::contact(&contact), cells)
    };
    let rows = engine.all_contacts().await?.into_iter().map(row).collect();
    table::list(output, &["ID", "NAME", "COMPANY", "ADDRESSES"], rows);
    Ok(Code::Done)
}

fn read_backfill(text: &str) -> Result<Backfill, Stop> {
    match text {
        "none" => Ok(Backfill::None),
        "all" => Ok(Backfill::All),
        day => Timestamp::from_local_day(day).map(Backfill::Since).ok_or_else(|| {
            Stop::refused("bad_date", &format!("“{day}” is no day: use none, all, or a day like 2026-03-01."))
        }),
    }
}
