//! The JSON shapes of docs/cli.md.

use hatstand_engine::model::{Backfill, Contact, Message, Project, Timestamp};
use hatstand_engine::view::{AccountRow, TestRun};
use serde_json::{Value, json};

pub(crate) fn time(at: Timestamp) -> String {
    at.rfc3339()
}

pub(crate) fn account(row: &AccountRow) -> Value {
    json!({
        "id": row.id,
        "email": row.email,
        "state": row.state,
        "last_synced_at": row.last_synced_at.map(time),
        "cause": row.failure.as_ref().map(|failure| json!({
            "code": failure.cause.code(),
            "sentence": failure.sentence,
            "retried": failure.retried,
            "server_said": failure.server_said,
            "folder": failure.folder,
        })),
        "provider": row.provider,
        "host": row.incoming_host,
        "next_try_at": row.next_try_at.map(time),
        "failing_since": row.failing_since.map(time),
        "moved_mailbox_waiting": row.moved_mailbox_waiting,
        "unknown_alias": row.unknown_alias,
        "notes": row.notes,
    })
}

pub(crate) fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "name": contact.name,
        "kind": contact.kind,
        "company": contact.company,
        "phone": contact.phone,
        "notes": contact.notes,
        "default_project_id": contact.default_project_id,
        "emails": contact.addresses.iter().map(|entry| json!({
            "address": entry.address,
            "saved_at": time(entry.saved_at),
            "backfill": match entry.backfill {
                Backfill::None => "none".to_owned(),
                Backfill::All => "all".to_owned(),
                Backfill::Since(at) => time(at),
            },
        })).collect::<Vec<_>>(),
    })
}

pub(crate) fn project(project: &Project) -> Value {
    json!({
        "id": project.id,
        "title": project.title,
        "status": project.status,
        "contact_ids": project.contact_ids,
        "notes": project.notes,
    })
}

pub(crate) fn message(message: &Message) -> Value {
    json!({
        "id": message.id,
        "locations": message.locations.iter().map(|place| json!({
            "account_id": place.account_id,
            "folder": place.folder,
            "uid": place.uid,
        })).collect::<Vec<_>>(),
        "message_id": message.message_id,
        "from": message.from,
        "to": message.to,
        "cc": message.cc,
        "subject": message.subject,
        "preview": message.preview,
        "date": time(message.date),
        "direction": message.direction,
        "project_id": message.project_id,
        "thread_id": message.thread_id,
        "filed_because": message.filed_because,
        "read": message.read,
        "automatic": message.automatic,
        "partial": message.partial,
        "unparsable": message.unparsable,
        "size": message.size,
        "attachments": message.attachments.iter().map(|file| json!({
            "name": file.name,
            "type": file.media_type,
            "size": file.size,
        })).collect::<Vec<_>>(),
    })
}

/// The stable name of a state or a step.
pub(crate) fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(crate) fn test_run(run: &TestRun) -> Value {
    let step = |step: &hatstand_engine::view::TestStepView| {
        json!({
            "name": step.name,
            "title": step.title,
            "state": step.state,
            "at": step.at.map(time),
            "milliseconds": step.milliseconds,
            "detail": step.fact,
        })
    };
    json!({
        "id": run.id,
        "state": run.state,
        "token": run.token,
        "subject": run.subject,
        "account_id": run.account_id,
        "contact_id": run.contact_id,
        "address": run.address,
        "project_id": run.project_id,
        "thread_id": run.thread_id,
        "by_hand": run.by_hand,
        "started_at": time(run.started_at),
        "ended_at": run.ended_at.map(time),
        "steps": run.steps.iter().map(step).collect::<Vec<_>>(),
        "diagnosis": run.diagnosis.as_ref().map(|why| json!({
            "code": why.code,
            "sentence": why.sentence,
            "remedy": why.remedy,
            "server_said": why.server_said,
            "mend": why.mend,
        })),
        "checks": run.checks,
    })
}
