//! Rows and pages of accounts.

use crate::connect::providers::Table;
use crate::connect::view as failure_view;
use crate::model::{
    Account, AccountState, Cause, Endpoint, FailureView, FolderId, FolderRole, Timestamp, TrustedCertificate,
};
use crate::store::cycles::{self, Cycle, Outcome};
use crate::store::{Result, accounts, coverage, folders};
use crate::sync::ProgressNow;
use crate::sync::facts::{Standing, standing};
use crate::sync::state::Between;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// Cycles that a row shows.
const HISTORY: usize = 12;

/// The one button of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// Opens the reconnect sheet.
    Reconnect,
    /// Asks the keychain, which asks the person.
    Unlock,
    /// Opens Settings, Advanced.
    OpenAdvanced,
    /// Tries the server now.
    TryNow,
    /// Runs a cycle now.
    SyncNow,
    /// Ends a pause.
    Resume,
}

/// How a past cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CycleOutcome {
    /// Everything there was came in.
    Success,
    /// Something failed.
    Failed,
    /// Stopped.
    Cancelled,
}

/// One past cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CycleView {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: CycleOutcome,
    /// The failure that counts.
    pub failure: Option<FailureView>,
    /// Messages brought in.
    pub new_messages: u32,
    /// Headers looked at.
    pub headers_seen: u32,
    /// Bytes read.
    pub bytes_in: u64,
}

impl From<&Cycle> for CycleView {
    fn from(cycle: &Cycle) -> Self {
        let outcome = match cycle.outcome {
            Outcome::Success => CycleOutcome::Success,
            Outcome::Failed => CycleOutcome::Failed,
            Outcome::Cancelled | Outcome::Running => CycleOutcome::Cancelled,
        };
        let counts =
            crate::sync::state::worst(&cycle.failures, Between::default()).map(|(_, failure)| failure);
        Self {
            started_at: cycle.started_at,
            ended_at: cycle.ended_at,
            outcome,
            failure: counts.or(cycle.failures.first()).cloned().map(FailureView::from),
            new_messages: cycle.new_messages,
            headers_seen: cycle.headers_seen,
            bytes_in: cycle.bytes_in,
        }
    }
}

/// Where an address was seen that may be the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AliasSeen {
    /// As the sender of a mail in Sent.
    Sent,
    /// As the address that a mail was delivered to.
    Delivered,
}

/// An address that may be the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct UnknownAlias {
    /// Which.
    pub address: String,
    /// Where it was seen.
    pub seen: AliasSeen,
}

/// How an account signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SignInKind {
    /// With a password or app password.
    Password,
    /// Through the browser.
    Browser,
}

/// A row under "Incoming email".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct AccountRow {
    /// Id.
    pub id: crate::model::AccountId,
    /// Address.
    pub email: String,
    /// Id in the provider table.
    pub provider: String,
    /// The provider's name for people.
    pub provider_name: String,
    /// Incoming host.
    pub incoming_host: String,
    /// State.
    pub state: AccountState,
    /// Last success.
    pub last_synced_at: Option<Timestamp>,
    /// First failure since then.
    pub failing_since: Option<Timestamp>,
    /// When it is tried again by itself.
    pub next_try_at: Option<Timestamp>,
    /// The failure that the state comes from.
    pub failure: Option<FailureView>,
    /// The state's button.
    pub button: Option<Button>,
    /// A cycle runs: shown over the state that holds.
    pub syncing: Option<ProgressNow>,
    /// Sending does not work.
    pub sending: Option<FailureView>,
    /// Headers looked at today.
    pub headers_seen_today: u32,
    /// Messages copied today.
    pub copied_today: u32,
    /// Latest cycles, newest first.
    pub history: Vec<CycleView>,
    /// Things to know about this account.
    pub notes: Vec<String>,
    /// Messages of a moved mailbox that wait for an answer.
    pub moved_mailbox_waiting: u32,
    /// An address that waits for an answer: whether it is the user's own too.
    pub unknown_alias: Option<UnknownAlias>,
}

fn button(standing: &Standing) -> Button {
    match standing.state {
        AccountState::Paused => Button::Resume,
        AccountState::NeedsReconnecting => Button::Reconnect,
        AccountState::HeldUp => match standing.failure.as_ref().map(|failure| failure.cause) {
            Some(Cause::KeychainLocked) => Button::Unlock,
            Some(Cause::ClientIdNeeded) => Button::OpenAdvanced,
            _ => Button::TryNow,
        },
        AccountState::Unreachable => Button::TryNow,
        AccountState::Waiting | AccountState::Late | AccountState::Connected => Button::SyncNow,
    }
}

/// Makes a row.
pub fn account_row(
    connection: &Connection,
    account: &Account,
    table: &Table,
    interval_ms: i64,
    now: Timestamp,
    syncing: Option<ProgressNow>,
) -> Result<AccountRow> {
    let standing = standing(connection, account, interval_ms, now)?;
    let (headers_seen_today, copied_today) =
        cycles::figures_since(connection, account.id, start_of_day(now))?;
    let figures = accounts::figures(connection, account.id)?;
    let mut notes = Vec::new();
    if figures.all_mail_hidden {
        notes.push(
            "All Mail is hidden from mail apps in Gmail’s settings, so Hatstand watches the other folders."
                .to_owned(),
        );
    }
    Ok(AccountRow {
        id: account.id,
        email: account.email.display(),
        provider: account.provider.clone(),
        provider_name: table.name(&account.provider, &account.incoming.host),
        incoming_host: account.incoming.host.clone(),
        state: standing.state,
        last_synced_at: standing.last_success,
        failing_since: standing.failing_since,
        next_try_at: standing.next_try,
        button: Some(button(&standing)),
        failure: standing.failure.map(|failure| failure_view(failure, table, &account.provider)),
        syncing,
        sending: standing.sending.map(|failure| failure_view(failure, table, &account.provider)),
        headers_seen_today,
        copied_today,
        history: standing.cycles.iter().take(HISTORY).map(CycleView::from).collect(),
        notes,
        moved_mailbox_waiting: coverage::asked(connection, account.id)?,
        unknown_alias: unknown_alias(connection, account.id)?,
    })
}

fn unknown_alias(connection: &Connection, id: crate::model::AccountId) -> Result<Option<UnknownAlias>> {
    for (state, seen) in [("asked", AliasSeen::Sent), ("delivered", AliasSeen::Delivered)] {
        if let Some(address) = accounts::aliases(connection, id, state)?.first() {
            return Ok(Some(UnknownAlias { address: address.display(), seen }));
        }
    }
    Ok(None)
}

fn start_of_day(now: Timestamp) -> Timestamp {
    jiff::Timestamp::from_millisecond(now.0)
        .ok()
        .and_then(|now| now.to_zoned(jiff::tz::TimeZone::system()).start_of_day().ok())
        .map_or(now, |start| Timestamp(start.timestamp().as_millisecond()))
}

/// A folder on an account's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FolderRow {
    /// Id.
    pub id: FolderId,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub role: FolderRole,
    /// Whether cycles look into it.
    pub watched: bool,
    /// What lies here is outgoing.
    pub is_sent: bool,
}

/// An account's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct AccountDetail {
    /// Its row.
    pub row: AccountRow,
    /// User name at the server.
    pub username: String,
    /// Incoming server.
    pub incoming: Endpoint,
    /// Outgoing server.
    pub outgoing: Option<Endpoint>,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// What stands as the sender's name; may be empty.
    pub sender_name: String,
    /// What stands under a mail, cleaned HTML; may be empty.
    pub signature: String,
    /// How it signs in.
    pub sign_in: SignInKind,
    /// Certificates that are trusted for it.
    pub trusted: Vec<TrustedCertificate>,
    /// Its folders.
    pub folders: Vec<FolderRow>,
    /// Headers looked at, ever.
    pub headers_seen: u32,
    /// Messages copied, ever.
    pub messages_copied: u32,
    /// Their bytes.
    pub bytes_copied: i64,
}

/// Makes an account's page.
pub fn account_detail(connection: &Connection, account: Account, row: AccountRow) -> Result<AccountDetail> {
    let figures = accounts::figures(connection, account.id)?;
    let sender = accounts::sender(connection, account.id)?;
    let small = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(AccountDetail {
        row,
        username: account.username,
        incoming: account.incoming,
        outgoing: account.outgoing,
        aliases: account.aliases.iter().map(crate::model::Address::display).collect(),
        sender_name: sender.0,
        signature: sender.1,
        sign_in: if account.sign_in.issuer().is_some() { SignInKind::Browser } else { SignInKind::Password },
        trusted: account.trusted,
        folders: folders::all(connection, account.id)?
            .into_iter()
            .map(|known| FolderRow {
                id: known.folder.id,
                name: known.folder.name,
                is_sent: known.folder.role == FolderRole::Sent,
                role: known.folder.role,
                watched: known.folder.watched,
            })
            .collect(),
        headers_seen: small(figures.headers_seen),
        messages_copied: small(figures.messages_copied),
        bytes_copied: figures.bytes_copied,
    })
}
