//! What an SMTP server's refusal means: its words where they are clear, else its code and enhanced code
//! (RFC 4954, section 6; RFC 5248).

use crate::model::Cause;

/// Words of servers, in small letters. The first that is found counts.
const WORDS: &[(&str, Cause)] = &[
    ("application-specific password", Cause::AppPasswordNeeded),
    ("app-specific password", Cause::AppPasswordNeeded),
    ("application password", Cause::AppPasswordNeeded),
    ("app password", Cause::AppPasswordNeeded),
    ("authorization code", Cause::AppPasswordNeeded),
    ("smtpclientauthentication is disabled", Cause::SendingOff),
    ("smtp access is disabled", Cause::SendingOff),
    ("via your web browser", Cause::PasswordSignInOff),
    ("web login required", Cause::PasswordSignInOff),
    ("basic authentication is", Cause::PasswordSignInOff),
    ("criteria to be authenticated", Cause::ApprovalNeeded),
    ("credentials were incorrect", Cause::WrongPassword),
    ("too many bad auth", Cause::PerhapsBanned),
    ("too many failed", Cause::PerhapsBanned),
    ("too many login", Cause::PerhapsBanned),
    ("too many authentication", Cause::PerhapsBanned),
    ("too many", Cause::TooManyConnections),
    ("connection limit", Cause::TooManyConnections),
    ("password has expired", Cause::SignInExpired),
    ("password expired", Cause::SignInExpired),
    ("account is disabled", Cause::MailboxGone),
    ("account disabled", Cause::MailboxGone),
    ("account has been disabled", Cause::MailboxGone),
    ("account is suspended", Cause::MailboxGone),
    ("account has been suspended", Cause::MailboxGone),
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

fn refusal(code: u16, text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    if let Some((_, cause)) = WORDS.iter().find(|(words, _)| small.contains(words)) {
        return *cause;
    }
    match (code, text.split(' ').next().unwrap_or_default()) {
        (534, "5.7.9") => Cause::AppPasswordNeeded,
        (_, "5.7.8") => Cause::WrongPassword,
        (_, "5.7.11") => Cause::TlsNotOffered,
        (_, "5.7.13") => Cause::MailboxGone,
        (400..=499, _) => Cause::TryLater,
        (535, _) => Cause::WrongPassword,
        (530 | 538, _) => Cause::TlsNotOffered,
        (534, _) | (_, "5.7.30") => Cause::PasswordSignInOff,
        // 551: it is somewhere else, and whoever says so decides where the password goes: never followed.
        (525 | 551, _) => Cause::MailboxGone,
        (500..=504, _) => Cause::SendingOff,
        // Neither a yes nor a no: what answers does not know SMTP.
        (..400, _) => Cause::NotAMailServer,
        _ => Cause::Unknown,
    }
}

/// Why the server would not even begin.
pub(super) fn at_the_door(code: u16, text: &str) -> Cause {
    let small = text.to_ascii_lowercase();
    match code {
        _ if small.contains("too many") || small.contains("connection limit") => Cause::TooManyConnections,
        400..=499 => Cause::TryLater,
        _ => Cause::ConnectionRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_sign_in_has_its_cause() {
        for (code, text, cause) in [
            // Postfix with Dovecot
            (535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6", Cause::WrongPassword),
            (
                454,
                "4.7.0 Temporary authentication failure: Connection lost to authentication server",
                Cause::TryLater,
            ),
            (530, "5.7.0 Must issue a STARTTLS command first", Cause::TlsNotOffered),
            (538, "5.7.11 Encryption required for requested authentication mechanism", Cause::TlsNotOffered),
            (503, "5.5.1 Error: authentication not enabled", Cause::SendingOff),
            // Gmail
            (
                535,
                "5.7.8 Username and Password not accepted. For more information, go to 5.7.8 https://support.google.com/mail/?p=BadCredentials",
                Cause::WrongPassword,
            ),
            (
                534,
                "5.7.9 Application-specific password required. For more information, go to 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor",
                Cause::AppPasswordNeeded,
            ),
            (
                534,
                "5.7.14 <https://accounts.google.com/signin/continue?x> Please log in via your web browser and 5.7.14 then try again.",
                Cause::PasswordSignInOff,
            ),
            (454, "4.7.0 Too many login attempts, please try again later.", Cause::PerhapsBanned),
            // Outlook and Microsoft 365
            (535, "5.7.3 Authentication unsuccessful [AM0PR]", Cause::WrongPassword),
            (
                535,
                "5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR]",
                Cause::PasswordSignInOff,
            ),
            (
                535,
                "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled",
                Cause::SendingOff,
            ),
            (
                535,
                "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
                Cause::SendingOff,
            ),
            (
                535,
                "5.7.139 Authentication unsuccessful, the user credentials were incorrect. [AM0PR]",
                Cause::WrongPassword,
            ),
            (
                535,
                "5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.",
                Cause::ApprovalNeeded,
            ),
            (
                550,
                "5.7.30 Basic authentication is not supported for Client Submission.",
                Cause::PasswordSignInOff,
            ),
            // Yahoo, iCloud, others
            (535, "5.7.0 (#AUTH005) Too many bad auth attempts", Cause::PerhapsBanned),
            (535, "5.7.8 Error: authentication failed: authentication failure", Cause::WrongPassword),
            (535, "Error: application password required", Cause::AppPasswordNeeded),
            (525, "5.7.13 User account disabled", Cause::MailboxGone),
            (421, "4.7.0 Too many concurrent connections", Cause::TooManyConnections),
            (421, "4.3.0 Try again later", Cause::TryLater),
            (432, "4.7.12 A password transition is needed", Cause::TryLater),
            (554, "", Cause::Unknown),
        ] {
            assert_eq!(refusal(code, text), cause, "{code} {text}");
        }
        assert_eq!(at_the_door(421, "4.7.0 Too many connections"), Cause::TooManyConnections);
        assert_eq!(at_the_door(421, "4.3.2 shutting down"), Cause::TryLater);
        assert_eq!(at_the_door(554, "5.7.1 blocked"), Cause::ConnectionRefused);
    }
}
