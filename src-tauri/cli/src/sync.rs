//! `sync`

use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::Engine;
use hatstand_engine::model::{AccountId, AccountState};
use serde_json::Value;

pub(crate) async fn run(engine: &Engine, only: Option<AccountId>, output: Output) -> Result<Code, Stop> {
    let accounts = match only {
        Some(id) => {
            let row = engine.account(id).await?.row;
            if row.state == AccountState::Paused {
                return Err(Stop::refused("paused", "This account is paused."));
            }
            vec![row]
        }
        None => {
            engine.accounts().await?.into_iter().filter(|row| row.state != AccountState::Paused).collect()
        }
    };
    // Side by side; each account's cycle is its own.
    let cycles = accounts.iter().map(|row| {
        let (engine, id) = (engine.clone(), row.id);
        tokio::spawn(async move { engine.sync(id).await })
    });
    let mut worst = Code::Done;
    let mut rows = Vec::new();
    for (id, cycle) in accounts.iter().map(|row| row.id).zip(cycles.collect::<Vec<_>>()) {
        let report = match cycle.await.map_err(|error| Stop::failed(&error.to_string()))? {
            Ok(report) => report,
            // The other accounts' cycles go on; this one's refusal is told beside them.
            Err(refusal) => {
                let stop = Stop::from(refusal);
                stop.print(output);
                worst = if stop.code.rank() > worst.rank() { stop.code } else { worst };
                continue;
            }
        };
        let row = engine.account(id).await?.row;
        let mut value = json::account(&row);
        let (new, filed, to_sort) =
            report.as_ref().map_or((0, 0, 0), |r| (r.new_messages, r.filed, r.to_sort));
        let headers = report.as_ref().map_or(0, |r| r.headers_seen);
        let bytes = report.as_ref().map_or(0, |r| r.bytes_in);
        let trips = report.as_ref().map_or(0, |r| r.round_trips);
        let seconds = report.as_ref().map_or(0.0, |r| r.took.as_secs_f64());
        if let (Some(fields), Value::Object(more)) = (
            value.as_object_mut(),
            serde_json::json!({
                "new": new, "filed": filed, "to_sort": to_sort, "headers_seen": headers,
                "bytes_in": bytes, "round_trips": trips, "seconds": seconds,
            }),
        ) {
            fields.extend(more);
        }
        let code = Code::of_state(row.state);
        if code.rank() > worst.rank() {
            worst = code;
        }
        let state = serde_json::to_value(row.state).ok().and_then(|v| v.as_str().map(str::to_owned));
        let cells = vec![
            row.email.clone(),
            state.unwrap_or_default(),
            new.to_string(),
            filed.to_string(),
            to_sort.to_string(),
            headers.to_string(),
            bytes.to_string(),
            trips.to_string(),
            format!("{seconds:.2}"),
            row.failure.map(|failure| failure.sentence).unwrap_or_default(),
        ];
        rows.push((value, cells));
    }
    let head = [
        "ADDRESS",
        "STATE",
        "NEW",
        "FILED",
        "TO SORT",
        "HEADERS",
        "BYTES",
        "ROUND TRIPS",
        "SECONDS",
        "CAUSE",
    ];
    table::list(output, &head, rows);
    Ok(worst)
}
