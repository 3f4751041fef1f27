//! `account …`

use crate::args::{AccountCommand, Connect, OutgoingSecurityArg};
use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::model::{AccountId, Endpoint, Security};
use hatstand_engine::secrets::Secret;
use hatstand_engine::{ConnectRequest, Engine, GivenSignIn, Outgoing, ReconnectRequest};
use std::io::Read;

pub(crate) async fn run(engine: &Engine, command: AccountCommand, output: Output) -> Result<Code, Stop> {
    match command {
        AccountCommand::Connect(connect) => {
            let id = engine.connect_account(String::new(), request(*connect)?).await?;
            show(engine, id, output).await
        }
        AccountCommand::List => {
            let rows = engine.accounts().await?;
            let rows = rows
                .iter()
                .map(|row| {
                    let state =
                        serde_json::to_value(row.state).ok().and_then(|v| v.as_str().map(str::to_owned));
                    let synced = row.last_synced_at.map(hatstand_engine::model::Timestamp::rfc3339);
                    let cells = vec![
                        row.id.to_string(),
                        row.email.clone(),
                        state.unwrap_or_default(),
                        synced.unwrap_or_else(|| "never".into()),
                        row.failure.as_ref().map(|failure| failure.sentence.clone()).unwrap_or_default(),
                    ];
                    (json::account(row), cells)
                })
                .collect();
            table::list(output, &["ID", "ADDRESS", "STATE", "LAST SYNCED", "CAUSE"], rows);
            Ok(Code::Done)
        }
        AccountCommand::Show { id } => show(engine, id, output).await,
        AccountCommand::Edit { id, alias } => {
            engine.edit_account(id, alias, None, None).await?;
            show(engine, id, output).await
        }
        AccountCommand::Reconnect { id, .. } => {
            engine.reconnect_account(String::new(), id, ReconnectRequest::with_password(password()?)).await?;
            engine.sync(id).await?;
            show(engine, id, output).await?;
            let row = engine.account(id).await?.row;
            Ok(Code::of_state(row.state))
        }
        AccountCommand::Pause { id } => {
            engine.pause_account(id).await?;
            show(engine, id, output).await
        }
        AccountCommand::Resume { id } => {
            engine.resume_account(id).await?;
            show(engine, id, output).await
        }
        AccountCommand::Delete { id, mail } => {
            engine.delete_account(id, !mail.delete_mail).await?;
            table::one(output, &serde_json::json!({ "deleted": id }));
            Ok(Code::Done)
        }
    }
}

async fn show(engine: &Engine, id: AccountId, output: Output) -> Result<Code, Stop> {
    let detail = engine.account(id).await?;
    let mut value = json::account(&detail.row);
    if let Some(fields) = value.as_object_mut() {
        let more = serde_json::json!({
            "username": detail.username,
            "incoming": detail.incoming,
            "outgoing": detail.outgoing,
            "aliases": detail.aliases,
            "sign_in": detail.sign_in,
            "trusted": detail.trusted,
            "folders": detail.folders,
            "headers_seen": detail.headers_seen,
            "messages_copied": detail.messages_copied,
            "bytes_copied": detail.bytes_copied,
        });
        if let serde_json::Value::Object(more) = more {
            fields.extend(more);
        }
    }
    table::one(output, &value);
    Ok(Code::Done)
}

fn request(connect: Connect) -> Result<ConnectRequest, Stop> {
    let incoming = connect.imap_host.map(|host| {
        let security = connect.imap_security.map_or(Security::Tls, Security::from);
        let usual = if security == Security::Tls { 993 } else { 143 };
        Endpoint { host, port: connect.imap_port.unwrap_or(usual), security }
    });
    let outgoing = match (connect.smtp_security, connect.smtp_host) {
        (Some(OutgoingSecurityArg::None), _) => Outgoing::None,
        (security, Some(host)) => {
            let security = security.and_then(OutgoingSecurityArg::security).unwrap_or(Security::Tls);
            let usual = if security == Security::Tls { 465 } else { 587 };
            Outgoing::Given(Endpoint { host, port: connect.smtp_port.unwrap_or(usual), security })
        }
        (_, None) => Outgoing::Found,
    };
    if incoming.is_some() && outgoing == Outgoing::Found {
        let sentence =
            "Give the outgoing server (--smtp-host), or say that there is none (--smtp-security none).";
        return Err(Stop::refused("host_needed", sentence));
    }
    let ca_pem = match connect.ca_file {
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Stop::refused("bad_ca_file", &format!("{} cannot be read: {error}", path.display()))
            })?;
            if !text.contains("-----BEGIN CERTIFICATE-----") {
                let sentence = format!("{} holds no certificate in PEM.", path.display());
                return Err(Stop::refused("bad_ca_file", &sentence));
            }
            Some(text)
        }
        None => None,
    };
    Ok(ConnectRequest {
        email: connect.email,
        aliases: connect.alias,
        username: connect.username,
        incoming,
        outgoing,
        provider: None,
        ca_pem,
        sign_in: GivenSignIn::Password(password()?),
        trusted: Vec::new(),
    })
}

/// The password: standard input up to its first line break.
fn password() -> Result<Secret, Stop> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|_| Stop::refused("bad_password", "The password on standard input is not a text."))?;
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    text.truncate(end);
    Ok(Secret::new(text))
}
