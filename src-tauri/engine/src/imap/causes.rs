//! What an IMAP server's refusal means: its response code first (RFC 5530), then its words.

use super::dialogue::{Ending, Reply, code_of};
use crate::model::{Cause, Failure};

/// Words of servers, in small letters, and what they mean at sign-in. The first that is found counts. Where each
/// was seen stands in `causes_answers`.
const SIGN_IN_WORDS: &[(&str, Cause)] = &[
    ("application-specific password", Cause::AppPasswordNeeded),
    ("app-specific password", Cause::AppPasswordNeeded),
    ("application password", Cause::AppPasswordNeeded),
    ("app password", Cause::AppPasswordNeeded),
    ("authorization code", Cause::AppPasswordNeeded),
    ("authorized code", Cause::AppPasswordNeeded),
    ("weixin token", Cause::AppPasswordNeeded),
    ("via your web browser", Cause::PasswordSignInOff),
    ("via a web browser", Cause::PasswordSignInOff),
    ("web login required", Cause::PasswordSignInOff),
    ("basic authentication is disabled", Cause::PasswordSignInOff),
    ("basic authentication is not", Cause::PasswordSignInOff),
    ("basicauthblocked", Cause::PasswordSignInOff),
    ("invalid credentials or imap is disabled", Cause::WrongPassword),
    ("not enabled for imap", Cause::ImapOff),
    ("imap access is disabled", Cause::ImapOff),
    ("imap access disabled", Cause::ImapOff),
    ("imap is disabled", Cause::ImapOff),
    ("imap disabled", Cause::ImapOff),
    ("enable imap", Cause::ImapOff),
    ("access rights to this service", Cause::ImapOff),
    ("authenticated but not connected", Cause::ImapOff),
    ("too many invalid imap commands", Cause::TryLater),
    ("too many bad", Cause::PerhapsBanned),
    ("too many failed", Cause::PerhapsBanned),
    ("too many invalid", Cause::PerhapsBanned),
    ("too many login", Cause::PerhapsBanned),
    ("too many authentication", Cause::PerhapsBanned),
    ("temporarily blocked", Cause::PerhapsBanned),
    ("rate limit", Cause::PerhapsBanned),
    ("rate-limit", Cause::PerhapsBanned),
    ("too many", Cause::TooManyConnections),
    ("maximum number of connections", Cause::TooManyConnections),
    ("connection limit", Cause::TooManyConnections),
    ("password has expired", Cause::SignInExpired),
    ("password expired", Cause::SignInExpired),
    ("passphrase expired", Cause::SignInExpired),
    ("token expired", Cause::SignInExpired),
    ("admin approval", Cause::ApprovalNeeded),
    ("administrator approval", Cause::ApprovalNeeded),
    ("account is disabled", Cause::MailboxGone),
    ("account disabled", Cause::MailboxGone),
    ("account has been disabled", Cause::MailboxGone),
    ("account is suspended", Cause::MailboxGone),
    ("account has been suspended", Cause::MailboxGone),
    ("account is closed", Cause::MailboxGone),
    ("login disabled for this user", Cause::MailboxGone),
    ("plaintext authentication", Cause::TlsNotOffered),
    ("starttls required", Cause::TlsNotOffered),
    ("available under a layer", Cause::TlsNotOffered),
    ("encryption needed", Cause::TlsNotOffered),
    ("bandwidth limits", Cause::TryLater),
    ("temporar", Cause::TryLater),
    ("unavailable", Cause::TryLater),
    ("internal error", Cause::TryLater),
    ("system error", Cause::TryLater),
    ("server busy", Cause::TryLater),
    (ADVICE, Cause::TryLater),
];

/// What servers add to any refusal; it says nothing of why.
const ADVICE: &str = "try again later";

/// Words about the secret itself: by them even a BAD or a BYE means that it was refused.
const SECRET_WORDS: &[&str] = &["credential", "password"];

/// Words for a sign-in that failed: because the secret was refused, where nothing else is said to be the matter.
const FAILED_WORDS: &[&str] = &["authentication fail", "auth fail", "login fail", "authenticate fail"];

/// Why a sign-in was refused: with a token (`bearer`), or with a password.
pub(super) fn sign_in(reply: &Reply, bearer: bool) -> Cause {
    match refusal(reply.ending, reply.code.as_deref(), &reply.text) {
        // Servers say of a token what they say of a password. It was given by a browser, and a browser mends it.
        Cause::WrongPassword | Cause::AppPasswordNeeded | Cause::PasswordSignInOff if bearer => {
            Cause::SignInExpired
        }
        // The code alone: the token is good, and somebody else's (RFC 5530, section 3).
        Cause::ImapOff
            if bearer
                && reply.has_code("AUTHORIZATIONFAILED")
                && said(&reply.text.to_ascii_lowercase()).is_none() =>
        {
            Cause::SignInExpired
        }
        cause => cause,
    }
}

/// Why the server said good-bye instead of answering a sign-in.
pub(super) fn bye_at_sign_in(text: &str, bearer: bool) -> Cause {
    let small = text.to_ascii_lowercase();
    let code = code_of(text);
    let refused = has_any(&small, SECRET_WORDS) || has_any(&small, FAILED_WORDS);
    if refused || code.as_deref() == Some("AUTHENTICATIONFAILED") {
        let text = text.to_owned();
        return sign_in(&Reply { ending: Ending::Bad, code, text, capabilities: None }, bearer);
    }
    bye(text)
}

fn has_any(small: &str, words: &[&str]) -> bool {
    words.iter().any(|words| small.contains(words))
}

/// What the words mean, in small letters.
fn said(small: &str) -> Option<Cause> {
    found(small).map(|(_, cause)| cause)
}

fn found(small: &str) -> Option<(&'static str, Cause)> {
    SIGN_IN_WORDS.iter().find(|(words, _)| small.contains(words)).copied()
}

/// A cause after which nothing is sent again by itself. Where a secret was refused, no other word counts: the
/// same secret would be refused again and again, and that locks people out.
fn lasting(said: Option<Cause>) -> Option<Cause> {
    said.filter(|cause| !cause.retried())
}

/// What the words mean where no code has settled it.
fn by_words(small: &str) -> Option<Cause> {
    let found = found(small);
    let said = found.map(|(_, cause)| cause);
    if has_any(small, SECRET_WORDS) {
        return Some(lasting(said).unwrap_or(Cause::WrongPassword));
    }
    if has_any(small, FAILED_WORDS) {
        return said
            .filter(|_| found.is_some_and(|(words, _)| words != ADVICE))
            .or(Some(Cause::WrongPassword));
    }
    said
}

/// `code` is the response code's first word in capitals, `text` the whole text.
fn refusal(ending: Ending, code: Option<&str>, text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    let said = said(&small);
    match code {
        Some("UNAVAILABLE" | "INUSE" | "SERVERBUG") => limit(said).unwrap_or(Cause::TryLater),
        Some("LIMIT") => limit(said).unwrap_or(Cause::TooManyConnections),
        Some("PRIVACYREQUIRED") => Cause::TlsNotOffered,
        Some("EXPIRED") => Cause::SignInExpired,
        Some("OVERQUOTA") => full(&small),
        // It is somewhere else, and whoever says so decides where the password goes: never followed (RFC 2221).
        Some("REFERRAL") => Cause::MailboxGone,
        Some("CONTACTADMIN") => lasting(said).unwrap_or(Cause::MailboxGone),
        // The code is often all there is for an app password; words that are clear say more.
        Some("AUTHENTICATIONFAILED") => lasting(said).unwrap_or(Cause::WrongPassword),
        _ => match by_words(&small) {
            Some(cause) => cause,
            None if code == Some("AUTHORIZATIONFAILED") => Cause::ImapOff,
            None if ending == Ending::No => Cause::WrongPassword,
            None => Cause::Unknown,
        },
    }
}

/// Which limit it is, where the words know it better than the code.
fn limit(said: Option<Cause>) -> Option<Cause> {
    said.filter(|cause| matches!(cause, Cause::TooManyConnections | Cause::PerhapsBanned))
}

/// What OVERQUOTA means: a full mailbox, but Gmail says it of what was fetched in a day.
fn full(small: &str) -> Cause {
    if small.contains("bandwidth limits") { Cause::TryLater } else { Cause::OverQuota }
}

/// Why a folder could not be opened.
pub(super) fn examine(reply: &Reply) -> Cause {
    let gone = [
        "doesn't exist",
        "does not exist",
        "not exist",
        "no such",
        "not found",
        "nonexistent",
        "unknown mailbox",
    ];
    let small = reply.text.to_ascii_lowercase();
    match reply.code.as_deref() {
        Some("NONEXISTENT" | "TRYCREATE") => Cause::FolderGone,
        Some("NOPERM") => Cause::FolderRefused,
        _ if gone.iter().any(|words| small.contains(words)) => Cause::FolderGone,
        _ => command(reply).unwrap_or(Cause::FolderRefused),
    }
}

/// What a refusal means whatever the command was. `None`: it is about that command.
pub(super) fn command(reply: &Reply) -> Option<Cause> {
    let small = reply.text.to_ascii_lowercase();
    if small.contains("authenticated but not connected") {
        return Some(Cause::ImapOff);
    }
    match reply.code.as_deref()? {
        "UNAVAILABLE" | "INUSE" => Some(Cause::TryLater),
        "LIMIT" => Some(Cause::TooManyConnections),
        "OVERQUOTA" => Some(full(&small)),
        "EXPIRED" | "AUTHENTICATIONFAILED" => Some(Cause::SignInExpired),
        "PRIVACYREQUIRED" => Some(Cause::TlsNotOffered),
        _ => None,
    }
}

/// Why the server said good-bye.
pub(super) fn bye(text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    match limit(said(&small)) {
        Some(cause) => cause,
        None if code_of(text).as_deref() == Some("LIMIT") || small.contains("maximum number") => {
            Cause::TooManyConnections
        }
        None if small.contains("inconsistent") => Cause::FolderGone,
        None => Cause::TryLater,
    }
}

/// The failure for a reply that is not OK, in an opened folder.
pub(super) fn in_folder(reply: &Reply, folder: &str) -> Failure {
    let cause = command(reply).unwrap_or(Cause::FolderRefused);
    Failure::said(cause, reply.words()).in_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_has_gone_is_not_one_that_refuses() {
        for (text, cause) in [
            ("Mailbox doesn't exist: Gone", Cause::FolderGone),
            ("[NONEXISTENT] Unknown Mailbox: Gone (Failure)", Cause::FolderGone),
            ("[TRYCREATE] Mailbox does not exist", Cause::FolderGone),
            ("[NOPERM] Permission denied", Cause::FolderRefused),
            (
                "[SERVERBUG] Internal error occurred. Refer to server log for more information.",
                Cause::FolderRefused,
            ),
            ("Over our heads", Cause::FolderRefused),
            ("[UNAVAILABLE] Backend down", Cause::TryLater),
            ("[INUSE] Mailbox in use", Cause::TryLater),
            ("User is authenticated but not connected.", Cause::ImapOff),
            ("[OVERQUOTA] Quota exceeded (mailbox for user is full)", Cause::OverQuota),
            ("[OVERQUOTA] Account exceeded command or bandwidth limits.", Cause::TryLater),
        ] {
            let reply =
                Reply { ending: Ending::No, code: code_of(text), text: text.to_owned(), capabilities: None };
            assert_eq!(examine(&reply), cause, "{text}");
        }
        for (text, cause) in [
            ("IMAP session state is inconsistent, please relogin.", Cause::FolderGone),
            ("Server shutting down.", Cause::TryLater),
            ("[LIMIT] sorry", Cause::TooManyConnections),
            ("Too many connections", Cause::TooManyConnections),
            ("Too many bad login attempts.", Cause::PerhapsBanned),
            ("Too many invalid IMAP commands.", Cause::TryLater),
            ("[OVERQUOTA] Account exceeded command or bandwidth limits.", Cause::TryLater),
        ] {
            assert_eq!(bye(text), cause, "{text}");
        }
    }
}
