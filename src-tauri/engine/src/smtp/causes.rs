//! What an SMTP server's refusal means: its words where they are clear, else its code and enhanced code
//! (RFC 4954, section 6; RFC 5248).

use crate::model::Cause;

/// Words of servers, in small letters. The first that is found counts. Where each was seen stands in
/// `causes_tests`.
const WORDS: &[(&str, Cause)] = &[
    ("application-specific password", Cause::AppPasswordNeeded),
    ("app-specific password", Cause::AppPasswordNeeded),
    ("application password", Cause::AppPasswordNeeded),
    ("app password", Cause::AppPasswordNeeded),
    ("authorization code", Cause::AppPasswordNeeded),
    ("smtpclientauthentication is disabled", Cause::SendingOff),
    ("smtp access is disabled", Cause::SendingOff),
    ("via your web browser", Cause::PasswordSignInOff),
    ("with your web browser", Cause::PasswordSignInOff),
    ("via a web browser", Cause::PasswordSignInOff),
    ("web login required", Cause::PasswordSignInOff),
    ("basic authentication is", Cause::PasswordSignInOff),
    ("criteria to be authenticated", Cause::ApprovalNeeded),
    ("security defaults policy", Cause::ApprovalNeeded),
    ("credentials were incorrect", Cause::WrongPassword),
    ("too many bad", Cause::PerhapsBanned),
    ("too many failed", Cause::PerhapsBanned),
    ("too many login", Cause::PerhapsBanned),
    ("too many authentication", Cause::PerhapsBanned),
    ("rate limit", Cause::PerhapsBanned),
    ("rate-limit", Cause::PerhapsBanned),
    ("too many", Cause::TooManyConnections),
    ("connection limit", Cause::TooManyConnections),
    ("password has expired", Cause::SignInExpired),
    ("password expired", Cause::SignInExpired),
    ("account is disabled", Cause::MailboxGone),
    ("account disabled", Cause::MailboxGone),
    ("account has been disabled", Cause::MailboxGone),
    ("account is suspended", Cause::MailboxGone),
    ("account has been suspended", Cause::MailboxGone),
    ("passphrase expired", Cause::SignInExpired),
    ("must issue a starttls", Cause::TlsNotOffered),
    ("encryption required", Cause::TlsNotOffered),
];

/// Why AUTH was refused, with a token (`bearer`) or with a password. `text` begins with the enhanced code where
/// there is one.
pub(super) fn sign_in(code: u16, text: &str, bearer: bool) -> Cause {
    match refusal(code, text) {
        // Servers say of a token what they say of a password. It was given by a browser, and a browser mends it.
        Cause::WrongPassword | Cause::AppPasswordNeeded | Cause::PasswordSignInOff if bearer => {
            Cause::SignInExpired
        }
        cause => cause,
    }
}

/// What the words mean.
fn said(text: &str) -> Option<Cause> {
    let small = text.to_ascii_lowercase();
    WORDS.iter().find(|(words, _)| small.contains(words)).map(|(_, cause)| *cause)
}

/// Yahoo's number for a temporary ban, which it puts behind 535 like everything else.
const YAHOOS_BAN: &str = "(#auth005)";

/// Whether the words count where the secret was refused. After the others it would be sent again by itself, and that
/// locks people out. (Sending that is switched off is looked at only when the person asks.)
fn outranks_a_refusal(cause: Cause, text: &str) -> bool {
    let banned = cause == Cause::PerhapsBanned && text.to_ascii_lowercase().contains(YAHOOS_BAN);
    !cause.retried() || cause == Cause::SendingOff || banned
}

/// Whether a good-bye (421) is one to a secret that was refused.
fn sends_away_for_it(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    let failed = ["authentication fail", "auth fail", "login fail"].iter().any(|words| small.contains(words));
    small.contains("credential") || small.contains("password") || (failed && !small.contains("temporar"))
}

fn refusal(code: u16, text: &str) -> Cause {
    let enhanced = text.split(' ').next().unwrap_or_default();
    let refused = code == 535 || enhanced == "5.7.8";
    if let Some(cause) = said(text).filter(|cause| !refused || outranks_a_refusal(*cause, text)) {
        return cause;
    }
    match (code, enhanced) {
        (421, _) if sends_away_for_it(text) => Cause::WrongPassword,
        (_, "5.7.8") => Cause::WrongPassword,
        (_, "5.7.11") => Cause::TlsNotOffered,
        (_, "5.7.13") => Cause::MailboxGone,
        (400..=499, _) => Cause::TryLater,
        (535, _) => Cause::WrongPassword,
        (530 | 538, _) => Cause::TlsNotOffered,
        (534, _) | (_, "5.7.30") => Cause::PasswordSignInOff,
        // 551: it is somewhere else, and whoever says so decides where the password goes: never followed.
        (525 | 551, _) => Cause::MailboxGone,
        // 500 and 501 are about the line that was sent, not about the person.
        (502..=504, _) => Cause::SendingOff,
        // Neither a yes nor a no: what answers does not know SMTP.
        (..400, _) => Cause::NotAMailServer,
        _ => Cause::Unknown,
    }
}

/// Why the server would not even begin.
pub(super) fn at_the_door(code: u16, text: &str) -> Cause {
    match (said(text), code) {
        (Some(cause @ (Cause::TooManyConnections | Cause::PerhapsBanned)), _) => cause,
        (_, 400..=499) => Cause::TryLater,
        _ => Cause::ConnectionRefused,
    }
}
