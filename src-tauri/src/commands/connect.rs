//! The sheets that connect and reconnect an account, and what Settings > Advanced has to do with them.

use super::{Answer, TheShell};
use hatstand_engine::connect::WhatIsWrong;
use hatstand_engine::connect::providers::Provider;
use hatstand_engine::model::{AccountId, Endpoint, Proxy, Refusal, TrustedCertificate};
use hatstand_engine::secrets::Secret;
use hatstand_engine::{Advanced, ConnectRequest, Found, GivenSignIn, Outgoing, ReconnectRequest, Servers};
use serde::{Deserialize, Serialize};
use tauri_plugin_opener::OpenerExt;

/// What a person signs in with.
#[derive(Deserialize, specta::Type)]
#[serde(rename = "GivenSignIn", tag = "kind", rename_all = "snake_case")]
pub(crate) enum TypedSignIn {
    /// A password or app password.
    Password { password: String },
    /// A sign-in in the browser that has come back.
    Browser { run: String },
    /// What the keychain holds.
    Stored,
}

impl From<TypedSignIn> for GivenSignIn {
    fn from(typed: TypedSignIn) -> Self {
        match typed {
            TypedSignIn::Password { password } => Self::Password(Secret::new(password)),
            TypedSignIn::Browser { run } => Self::Browser { run },
            TypedSignIn::Stored => Self::Stored,
        }
    }
}

/// What was typed to connect an account.
#[derive(Deserialize, specta::Type)]
#[serde(rename = "ConnectRequest")]
pub(crate) struct Typed {
    email: String,
    aliases: Vec<String>,
    username: Option<String>,
    incoming: Endpoint,
    outgoing: Option<Endpoint>,
    provider: String,
    sign_in: TypedSignIn,
    trusted: Vec<TrustedCertificate>,
}

impl From<Typed> for ConnectRequest {
    fn from(typed: Typed) -> Self {
        Self {
            email: typed.email,
            aliases: typed.aliases,
            username: typed.username,
            incoming: Some(typed.incoming),
            outgoing: typed.outgoing.map_or(Outgoing::None, Outgoing::Given),
            provider: Some(typed.provider),
            ca_pem: None,
            sign_in: typed.sign_in.into(),
            trusted: typed.trusted,
        }
    }
}

/// Servers that were changed by hand.
#[derive(Deserialize, specta::Type)]
#[serde(rename = "Servers")]
pub(crate) struct TypedServers {
    username: String,
    incoming: Endpoint,
    outgoing: Option<Endpoint>,
}

/// What was given to reconnect an account.
#[derive(Deserialize, specta::Type)]
#[serde(rename = "ReconnectRequest")]
pub(crate) struct TypedAgain {
    sign_in: TypedSignIn,
    trusted: Vec<TrustedCertificate>,
    servers: Option<TypedServers>,
}

impl From<TypedAgain> for ReconnectRequest {
    fn from(typed: TypedAgain) -> Self {
        let servers = |servers: TypedServers| Servers {
            username: servers.username,
            incoming: servers.incoming,
            outgoing: servers.outgoing,
        };
        Self { sign_in: typed.sign_in.into(), trusted: typed.trusted, servers: typed.servers.map(servers) }
    }
}

/// A sign-in in the browser that was begun.
#[derive(Serialize, specta::Type)]
pub(crate) struct BrowserSignIn {
    /// Where the person signs in.
    link: String,
    /// Whether a browser could be asked to open it.
    opened: bool,
}

/// Who came back from the browser.
#[derive(Serialize, specta::Type)]
pub(crate) struct SignedIn {
    /// The address, where the issuer says so.
    signed_in_as: Option<String>,
}

/// The provider table.
#[tauri::command]
#[specta::specta]
pub(crate) async fn providers(shell: TheShell<'_>) -> Answer<Vec<Provider>> {
    Ok(shell.engine()?.providers().await)
}

/// Finds the mail servers of an address.
#[tauri::command]
#[specta::specta]
pub(crate) async fn find_servers(shell: TheShell<'_>, run: String, email: String) -> Answer<Found> {
    shell.engine()?.find_servers(run, &email).await
}

/// Runs the checklist and stores the account when every line is green.
#[tauri::command]
#[specta::specta]
pub(crate) async fn connect_account(shell: TheShell<'_>, run: String, request: Typed) -> Answer<AccountId> {
    shell.engine()?.connect_account(run, request.into()).await
}

/// What is wrong with an account, looked at live.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_is_wrong(shell: TheShell<'_>, run: String, id: AccountId) -> Answer<WhatIsWrong> {
    shell.engine()?.what_is_wrong(run, id).await
}

/// Runs the checklist with what was given, stores it when it worked, and syncs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn reconnect_account(
    shell: TheShell<'_>,
    run: String,
    id: AccountId,
    request: TypedAgain,
) -> Answer<()> {
    shell.engine()?.reconnect_account(run, id, request.into()).await
}

/// Ends a run: a checklist, a search for servers, or a sign-in in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_check(shell: TheShell<'_>, run: String) -> Answer<()> {
    shell.engine()?.cancel_check(&run);
    Ok(())
}

/// Begins a sign-in in the browser, and opens it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn begin_browser_sign_in(
    app: tauri::AppHandle,
    shell: TheShell<'_>,
    run: String,
    email: String,
    provider: String,
) -> Answer<BrowserSignIn> {
    let link = shell.engine()?.begin_browser_sign_in(run, &email, &provider).await?;
    let opened = app.opener().open_url(&link, None::<&str>).is_ok();
    Ok(BrowserSignIn { link, opened })
}

/// Opens the same link once more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_sign_in_again(
    app: tauri::AppHandle,
    shell: TheShell<'_>,
    run: String,
) -> Answer<()> {
    let link = shell.engine()?.sign_in_link(&run).ok_or_else(|| Refusal::not_found("sign-in"))?;
    app.opener()
        .open_url(link, None::<&str>)
        .map_err(|error| Refusal::new("browser", format!("The browser could not be opened: {error}")))
}

/// Waits until the person comes back from the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn await_browser_sign_in(shell: TheShell<'_>, run: String) -> Answer<SignedIn> {
    Ok(SignedIn { signed_in_as: shell.engine()?.await_browser_sign_in(&run).await? })
}

/// What is set under Advanced.
#[tauri::command]
#[specta::specta]
pub(crate) async fn advanced(shell: TheShell<'_>) -> Answer<Advanced> {
    shell.engine()?.advanced().await
}

/// Stores a client id for an issuer; without one, forgets it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_client(
    shell: TheShell<'_>,
    issuer: String,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Answer<()> {
    shell.engine()?.set_client(&issuer, client_id, client_secret.map(Secret::new)).await
}

/// Sets the proxy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_proxy(shell: TheShell<'_>, proxy: Proxy) -> Answer<()> {
    shell.engine()?.set_proxy(proxy).await
}
