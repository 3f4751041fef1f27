//! What is wrong with an account, and what the person has to give so that it works again. Pure functions over what is
//! stored and what a live look found.

use super::providers::{Provider, Table};
use crate::model::{Account, Cause, Failure, FailureView, SignIn, Timestamp};
use serde::{Deserialize, Serialize};

/// The one thing that reconnecting asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The mailbox's password.
    Password,
    /// A password that the provider makes for one program.
    AppPassword,
    /// A sign-in in the browser.
    Browser,
    /// Nothing: the checks run with what is stored.
    Nothing,
    /// A word on a certificate that cannot be verified.
    Trust,
    /// The keychain, unlocked.
    Unlock,
    /// The server cannot be reached as it is set.
    Servers,
    /// Patience, or another network.
    Wait,
}

/// What reconnecting begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WhatIsWrong {
    /// The cause that stands; `None`: nothing is wrong.
    pub failure: Option<FailureView>,
    /// What is wrong, in a line.
    pub title: String,
    /// What to do about it.
    pub text: String,
    /// What is asked for.
    pub need: Need,
    /// The last success.
    pub last_synced_at: Option<Timestamp>,
}

/// Which failure counts: what the live look found goes before what is stored, since without a server there is no
/// sign-in; but the keychain comes before any dial.
pub fn counts(stored: Option<Failure>, live: Option<Failure>) -> Option<Failure> {
    let of_keychain = |failure: &Failure| {
        matches!(failure.cause, Cause::KeychainLocked | Cause::KeychainAbsent | Cause::KeychainRefused)
    };
    match (stored, live) {
        (Some(stored), _) if of_keychain(&stored) => Some(stored),
        (_, Some(live)) => Some(live),
        // The live look was good: a server that could not be reached can be reached now.
        (Some(stored), None) if looked_at_live(stored.cause) => None,
        (stored, None) => stored,
    }
}

/// Causes that a look at server and certificate would find again.
const fn looked_at_live(cause: Cause) -> bool {
    cause.is_of_certificates()
        || matches!(
            cause,
            Cause::Offline
                | Cause::HostNotFound
                | Cause::ConnectionRefused
                | Cause::TimedOut
                | Cause::NotAMailServer
                | Cause::TlsNotOffered
                | Cause::PerhapsBanned
                | Cause::ProxyFailed
                | Cause::StandsInBetween
        )
}

/// What a cause asks for.
pub fn need(cause: Option<Cause>, sign_in: &SignIn, provider: Option<&Provider>) -> Need {
    let secret = match sign_in {
        SignIn::Browser { .. } => Need::Browser,
        SignIn::Password if provider.is_some_and(|provider| provider.app_password) => Need::AppPassword,
        SignIn::Password => Need::Password,
    };
    let takes_browser = provider.is_some_and(|provider| provider.issuer.is_some());
    match cause {
        Some(Cause::WrongPassword | Cause::SignInExpired | Cause::KeychainNoEntry | Cause::MailboxGone) => {
            secret
        }
        Some(Cause::AppPasswordNeeded) => Need::AppPassword,
        Some(Cause::PasswordSignInOff | Cause::ApprovalNeeded) if takes_browser => Need::Browser,
        Some(Cause::PasswordSignInOff | Cause::ApprovalNeeded) => secret,
        Some(cause) if cause.is_of_certificates() => Need::Trust,
        Some(Cause::KeychainLocked) => Need::Unlock,
        Some(
            Cause::HostNotFound | Cause::ConnectionRefused | Cause::NotAMailServer | Cause::TlsNotOffered,
        ) => Need::Servers,
        Some(
            Cause::Offline
            | Cause::TimedOut
            | Cause::StandsInBetween
            | Cause::PerhapsBanned
            | Cause::ProxyFailed
            | Cause::TryLater
            | Cause::TooManyConnections,
        ) => Need::Wait,
        _ => Need::Nothing,
    }
}

/// The whole of it, in words.
pub fn what_is_wrong(
    account: &Account,
    table: &Table,
    failure: Option<Failure>,
    last_synced_at: Option<Timestamp>,
) -> WhatIsWrong {
    let provider = table.get(&account.provider);
    let name = table.name(&account.provider, &account.incoming.host);
    let cause = failure.as_ref().map(|failure| failure.cause);
    let need = need(cause, &account.sign_in, provider);
    let failure = failure.map(|failure| view(failure, table, &account.provider));
    let (title, text) = match (&failure, need) {
        (Some(_), Need::AppPassword) if cause != Some(Cause::KeychainNoEntry) => (
            format!("{name} wants an app password"),
            format!(
                "{name} refused the saved password. It gives each program a password of its own, instead of your \
                 usual one. Making one takes a minute."
            ),
        ),
        (Some(_), Need::Browser) if cause == Some(Cause::SignInExpired) => (
            format!("{name} wants you to sign in again"),
            "The saved sign-in has expired or was withdrawn. Sign in once more in your browser; nothing else changes."
                .to_owned(),
        ),
        (Some(_), Need::Browser) if cause == Some(Cause::KeychainNoEntry) => (
            "This computer has no sign-in for this mailbox".to_owned(),
            "Sign in once more in your browser.".to_owned(),
        ),
        (Some(failure), _) => (failure.sentence.clone(), failure.remedy.clone()),
        (None, _) => (
            "Nothing is wrong with this mailbox".to_owned(),
            "Its server answers as it should. The checks can be run all the same.".to_owned(),
        ),
    };
    WhatIsWrong { failure, title, text, need, last_synced_at }
}

/// A failure as a person reads it, with the page of their provider that helps.
pub fn view(failure: Failure, table: &Table, provider: &str) -> FailureView {
    let page = table.page(provider, failure.cause);
    FailureView { page, ..FailureView::from(failure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(cause: Option<Cause>, browser: bool, provider: &str) -> Need {
        let sign_in = if browser { SignIn::Browser { issuer: "google".into() } } else { SignIn::Password };
        need(cause, &sign_in, Table::bundled().get(provider))
    }

    #[test]
    fn each_cause_asks_only_for_what_it_needs() {
        for (cause, browser, provider, need) in [
            (Cause::WrongPassword, false, "other", Need::Password),
            (Cause::WrongPassword, false, "yahoo", Need::AppPassword),
            (Cause::AppPasswordNeeded, false, "other", Need::AppPassword),
            (Cause::SignInExpired, true, "gmail", Need::Browser),
            (Cause::SignInExpired, false, "other", Need::Password),
            (Cause::PasswordSignInOff, false, "outlook", Need::Browser),
            (Cause::PasswordSignInOff, false, "other", Need::Password),
            (Cause::ApprovalNeeded, true, "microsoft365", Need::Browser),
            (Cause::KeychainNoEntry, true, "gmail", Need::Browser),
            (Cause::KeychainNoEntry, false, "gmx", Need::Password),
            (Cause::KeychainLocked, false, "gmx", Need::Unlock),
            (Cause::KeychainAbsent, false, "gmx", Need::Nothing),
            (Cause::ImapOff, false, "zoho", Need::Nothing),
            (Cause::CertificateExpired, false, "other", Need::Trust),
            (Cause::CertificateSelfSigned, false, "proton", Need::Trust),
            (Cause::HostNotFound, false, "other", Need::Servers),
            (Cause::StandsInBetween, false, "other", Need::Wait),
            (Cause::Offline, false, "other", Need::Wait),
            (Cause::DiskFull, false, "other", Need::Nothing),
        ] {
            assert_eq!(asked(Some(cause), browser, provider), need, "{cause:?} at {provider}");
        }
        assert_eq!(asked(None, false, "other"), Need::Nothing);
    }

    #[test]
    fn a_live_look_goes_before_what_is_stored_and_the_keychain_before_both() {
        use Cause::{CertificateExpired, ConnectionRefused, KeychainLocked, TimedOut, WrongPassword};
        for (stored, live, what_counts) in [
            (Some(WrongPassword), None, Some(WrongPassword)),
            (Some(WrongPassword), Some(ConnectionRefused), Some(ConnectionRefused)),
            (Some(CertificateExpired), None, None),
            (Some(CertificateExpired), Some(CertificateExpired), Some(CertificateExpired)),
            (Some(TimedOut), None, None),
            (Some(KeychainLocked), Some(TimedOut), Some(KeychainLocked)),
            (None, Some(TimedOut), Some(TimedOut)),
            (None, None, None),
        ] {
            let found = counts(stored.map(Failure::of), live.map(Failure::of));
            assert_eq!(found.map(|failure| failure.cause), what_counts, "{stored:?} {live:?}");
        }
    }
}
