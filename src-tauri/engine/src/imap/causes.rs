//! What an IMAP server's refusal means: its response code first (RFC 5530), then its words.

use super::dialogue::{Ending, Reply, code_of};
use crate::model::{Cause, Failure};

/// Words of servers, in small letters, and what they mean at sign-in. The first that is found counts.
const SIGN_IN_WORDS: &[(&str, Cause)] = &[
    ("application-specific password", Cause::AppPasswordNeeded),
    ("app-specific password", Cause::AppPasswordNeeded),
    ("application password", Cause::AppPasswordNeeded),
    ("app password", Cause::AppPasswordNeeded),
    ("authorization code", Cause::AppPasswordNeeded),
    ("via your web browser", Cause::PasswordSignInOff),
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
    ("too many bad auth", Cause::PerhapsBanned),
    ("too many failed", Cause::PerhapsBanned),
    ("too many invalid", Cause::PerhapsBanned),
    ("too many login fail", Cause::PerhapsBanned),
    ("too many authentication fail", Cause::PerhapsBanned),
    ("temporarily blocked", Cause::PerhapsBanned),
    ("too many", Cause::TooManyConnections),
    ("maximum number of connections", Cause::TooManyConnections),
    ("connection limit", Cause::TooManyConnections),
    ("password has expired", Cause::SignInExpired),
    ("password expired", Cause::SignInExpired),
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
    ("temporar", Cause::TryLater),
    ("try again later", Cause::TryLater),
    ("unavailable", Cause::TryLater),
    ("internal error", Cause::TryLater),
    ("system error", Cause::TryLater),
    ("server busy", Cause::TryLater),
];

/// Words by which even a BAD means that the password was refused.
const REFUSED_WORDS: &[&str] =
    &["credential", "password", "authentication fail", "login fail", "authenticate fail"];

/// Why a sign-in was refused: with a token (`bearer`), or with a password.
pub(super) fn sign_in(reply: &Reply, bearer: bool) -> Cause {
    match refusal(reply.ending, reply.code.as_deref(), &reply.text) {
        // Servers say of a token what they say of a password. It was given by a browser, and a browser mends it.
        Cause::WrongPassword | Cause::AppPasswordNeeded | Cause::PasswordSignInOff if bearer => {
            Cause::SignInExpired
        }
        // The token is good, and somebody else's (RFC 5530, section 3).
        Cause::ImapOff if bearer && reply.has_code("AUTHORIZATIONFAILED") => Cause::SignInExpired,
        cause => cause,
    }
}

/// `code` is the response code's first word in capitals, `text` the whole text.
fn refusal(ending: Ending, code: Option<&str>, text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    let said = SIGN_IN_WORDS.iter().find(|(words, _)| small.contains(words)).map(|(_, cause)| *cause);
    match code {
        Some("UNAVAILABLE" | "INUSE" | "SERVERBUG") => Cause::TryLater,
        Some("LIMIT") => Cause::TooManyConnections,
        Some("PRIVACYREQUIRED") => Cause::TlsNotOffered,
        Some("EXPIRED") => Cause::SignInExpired,
        Some("OVERQUOTA") => Cause::OverQuota,
        Some("WEBALERT") => Cause::PasswordSignInOff,
        // It is somewhere else, and whoever says so decides where the password goes: never followed (RFC 2221).
        Some("REFERRAL") => Cause::MailboxGone,
        Some("CONTACTADMIN") => said.unwrap_or(Cause::MailboxGone),
        // The code is often all there is for an app password; words that are clear say more.
        Some("AUTHENTICATIONFAILED") => said.unwrap_or(Cause::WrongPassword),
        Some("AUTHORIZATIONFAILED") => match said {
            Some(cause) => cause,
            None if REFUSED_WORDS.iter().any(|words| small.contains(words)) => Cause::WrongPassword,
            None => Cause::ImapOff,
        },
        _ => match said {
            Some(cause) => cause,
            None if ending == Ending::No || REFUSED_WORDS.iter().any(|words| small.contains(words)) => {
                Cause::WrongPassword
            }
            None => Cause::Unknown,
        },
    }
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
    if reply.text.to_ascii_lowercase().contains("authenticated but not connected") {
        return Some(Cause::ImapOff);
    }
    match reply.code.as_deref()? {
        "UNAVAILABLE" | "INUSE" => Some(Cause::TryLater),
        "LIMIT" => Some(Cause::TooManyConnections),
        "OVERQUOTA" => Some(Cause::OverQuota),
        "EXPIRED" | "AUTHENTICATIONFAILED" => Some(Cause::SignInExpired),
        "PRIVACYREQUIRED" => Some(Cause::TlsNotOffered),
        _ => None,
    }
}

/// Why the server said good-bye.
pub(super) fn bye(text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    if code_of(text).as_deref() == Some("LIMIT")
        || small.contains("too many")
        || small.contains("maximum number")
    {
        Cause::TooManyConnections
    } else if small.contains("inconsistent") {
        Cause::FolderGone
    } else {
        Cause::TryLater
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
    fn each_refusal_of_a_sign_in_has_its_cause() {
        use Ending::{Bad, No};
        for (ending, text, cause) in [
            // Dovecot
            (No, "[AUTHENTICATIONFAILED] Authentication failed.", Cause::WrongPassword),
            (No, "[CONTACTADMIN] Login disabled for this user", Cause::MailboxGone),
            (
                No,
                "[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)",
                Cause::TooManyConnections,
            ),
            (No, "[UNAVAILABLE] Temporary authentication failure.", Cause::TryLater),
            (
                No,
                "[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure connections.",
                Cause::TlsNotOffered,
            ),
            (No, "[OVERQUOTA] Quota exceeded (mailbox for user is full)", Cause::OverQuota),
            (No, "[EXPIRED] Password expired", Cause::SignInExpired),
            (No, "[AUTHORIZATIONFAILED] Authorization failed", Cause::ImapOff),
            // Gmail
            (No, "[AUTHENTICATIONFAILED] Invalid credentials (Failure)", Cause::WrongPassword),
            (
                No,
                "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
                Cause::AppPasswordNeeded,
            ),
            (
                No,
                "[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
                Cause::ImapOff,
            ),
            (
                No,
                "IMAP access is disabled for your domain. Please contact your domain administrator.",
                Cause::ImapOff,
            ),
            (
                No,
                "[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
                Cause::PasswordSignInOff,
            ),
            (
                No,
                "[WEBALERT https://accounts.google.com/signin/continue] Web login required.",
                Cause::PasswordSignInOff,
            ),
            (No, "[ALERT] Too many simultaneous connections. (Failure)", Cause::TooManyConnections),
            // Outlook
            (No, "LOGIN failed.", Cause::WrongPassword),
            (No, "AUTHENTICATE failed.", Cause::WrongPassword),
            (Bad, "User is authenticated but not connected.", Cause::ImapOff),
            (No, "[BASICAUTHBLOCKED] LOGIN failed.", Cause::PasswordSignInOff),
            // Yahoo and AOL
            (No, "[AUTHENTICATIONFAILED] LOGIN Invalid credentials", Cause::WrongPassword),
            (No, "[AUTHORIZATIONFAILED] LOGIN Invalid credentials", Cause::WrongPassword),
            (No, "[AUTHENTICATIONFAILED] (#AUTH005) Too many bad auth attempts.", Cause::PerhapsBanned),
            (No, "[UNAVAILABLE] LOGIN Server error - Please try again later", Cause::TryLater),
            // iCloud, Fastmail, Zoho, Yandex, mail.ru, QQ
            (No, "[AUTHENTICATIONFAILED] Authentication Failed", Cause::WrongPassword),
            (
                No,
                "[ALERT] Login failed - Sorry, you need to create an app password to use this service.",
                Cause::AppPasswordNeeded,
            ),
            (
                No,
                "[ALERT] You are yet to enable IMAP for your account. Please contact your administrator (Failure)",
                Cause::ImapOff,
            ),
            (
                No,
                "[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled",
                Cause::WrongPassword,
            ),
            (No, "[AUTHENTICATIONFAILED] Application password is REQUIRED", Cause::AppPasswordNeeded),
            (No, "Login fail. Please enter your authorization code to login.", Cause::AppPasswordNeeded),
            // What says little
            (No, "", Cause::WrongPassword),
            (No, "Account is disabled", Cause::MailboxGone),
            (Bad, "Invalid credentials", Cause::WrongPassword),
            (Bad, "Unknown command", Cause::Unknown),
        ] {
            assert_eq!(refusal(ending, code_of(text).as_deref(), text), cause, "{text}");
        }
    }

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
        ] {
            assert_eq!(bye(text), cause, "{text}");
        }
    }
}
