//! What a server's refusal of a sender, a recipient or a mail means: its words where they are clear, else its
//! enhanced code (RFC 3463), else its code and to what it was said.

use super::causes;
use crate::model::Cause;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA, or the mail after its final dot.
    Text,
}

/// Words of servers in a lasting refusal, in small letters. The first that is found counts. Where each was seen
/// stands in the tests.
const WORDS: &[(&str, Cause)] = &[
    ("must issue a starttls", Cause::TlsNotOffered),
    ("encryption required", Cause::TlsNotOffered),
    ("smtpclientauthentication is disabled", Cause::SendingOff),
    ("smtp access is disabled", Cause::SendingOff),
    ("client not authenticated", Cause::SendingOff),
    ("client was not authenticated", Cause::SendingOff),
    ("authentication required", Cause::SendingOff),
    ("spam abuse detected", Cause::SendingOff),
    ("banned sending", Cause::SendingOff),
    ("sending limit", Cause::TryLater),
    ("sending quota", Cause::TryLater),
    ("submission quota", Cause::TryLater),
    ("try again later", Cause::TryLater),
    ("sendasdenied", Cause::SenderRefused),
    ("send as this sender", Cause::SenderRefused),
    ("sender address rejected", Cause::SenderRefused),
    ("sender address is not allowed", Cause::SenderRefused),
    ("sender address not allowed", Cause::SenderRefused),
    ("sender is not allowed", Cause::SenderRefused),
    ("sender verify failed", Cause::SenderRefused),
    ("sender rejected", Cause::SenderRefused),
    ("outbound sender", Cause::SenderRefused),
    ("not owned by", Cause::SenderRefused),
    ("message size exceeds", Cause::MessageTooLarge),
    ("message exceeded", Cause::MessageTooLarge),
    ("message too large", Cause::MessageTooLarge),
    ("message is too large", Cause::MessageTooLarge),
    ("message too big", Cause::MessageTooLarge),
    ("message file too big", Cause::MessageTooLarge),
    ("maximum message size", Cause::MessageTooLarge),
];

/// Words by which a recipient's server, or one's own, refuses whoever it comes from.
const POLICY: &[&str] =
    &["spam", "blocked using", "block list", "blocklist", "blacklist", "policy", "security issue", "virus"];

/// Why it was refused. `text` begins with the enhanced code where there is one.
pub(super) fn refused(code: u16, text: &str, at: At) -> Cause {
    match code {
        // It leaves, as it could have at the door.
        421 => causes::at_the_door(code, text),
        400..=499 => Cause::TryLater,
        500..=599 => lasting(code, text, at),
        _ => Cause::NotAMailServer,
    }
}

fn lasting(code: u16, text: &str, at: At) -> Cause {
    let small = text.to_ascii_lowercase();
    if let Some((_, cause)) = WORDS.iter().find(|(words, _)| small.contains(words)) {
        return *cause;
    }
    let policy = POLICY.iter().any(|words| small.contains(words));
    let quota =
        small.contains("quota") || small.contains("mailbox full") || small.contains("mailbox is full");
    match (code, text.split(' ').next().unwrap_or_default(), at) {
        (_, "5.3.4" | "5.2.3", _) => Cause::MessageTooLarge,
        (_, "5.4.5", _) => Cause::TryLater,
        (_, "5.7.57", _) | (530, ..) => Cause::SendingOff,
        (_, "5.1.7" | "5.1.8" | "5.7.60" | "5.2.252", _) => Cause::SenderRefused,
        // Whose mailbox is full depends on whom it is about.
        (_, "5.2.2", At::Sender) => Cause::OverQuota,
        (_, "5.2.2", _) | (_, "5.1.1" | "5.1.2" | "5.1.3" | "5.1.10" | "5.2.1", At::Text) => {
            Cause::RecipientRefused
        }
        (552, _, At::Sender) if quota => Cause::OverQuota,
        (552, _, At::Text) if quota => Cause::RecipientRefused,
        (552, enhanced, At::Sender | At::Text) if !enhanced.starts_with("5.7.") => Cause::MessageTooLarge,
        (_, _, At::Recipient) if !policy => Cause::RecipientRefused,
        (501 | 550 | 551 | 553, _, At::Sender) if !policy => Cause::SenderRefused,
        _ => Cause::MailRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Server, to what, code, text, what it means, and where the answer is written.
    type Answer = (&'static str, At, u16, &'static str, Cause, &'static str);

    const PROVIDERS: &[Answer] = &[
        (
            "Gmail",
            At::Text,
            550,
            "5.4.5 Daily user sending quota exceeded. o65sm25351206pga.71 - gsmtp",
            Cause::TryLater,
            "https://github.com/gen-smtp/gen_smtp/issues/140",
        ),
        (
            "Gmail",
            At::Text,
            550,
            "5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to  https://support.google.com/a/answer/166852 - gsmtp",
            Cause::TryLater,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Sender,
            552,
            "5.3.4 Your message exceeded Google's message size limits. Please visit https://support.google.com/mail/?p=MaxSizeError to view our size guidelines. - gsmtp",
            Cause::MessageTooLarge,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Text,
            552,
            "5.7.0 This message was blocked because its content presents a potential security issue. - gsmtp",
            Cause::MailRefused,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Sender,
            530,
            "5.7.0 Authentication Required. For more information, go to https://support.google.com/mail/?p=WantAuthError - gsmtp",
            Cause::SendingOff,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Recipient,
            553,
            "5.1.3 The recipient address <anna@> is not a valid RFC 5321 address. - gsmtp",
            Cause::RecipientRefused,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Recipient,
            450,
            "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. - gsmtp",
            Cause::TryLater,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Gmail",
            At::Recipient,
            552,
            "5.2.2 The email account that you tried to reach is over quota. - gsmtp",
            Cause::RecipientRefused,
            "https://support.google.com/a/answer/3726730",
        ),
        (
            "Outlook.com",
            At::Text,
            554,
            "5.2.252 SendAsDenied; anna@outlook.com not allowed to send as security@sfb.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
            Cause::SenderRefused,
            "https://github.com/gophish/gophish/issues/2900",
        ),
        (
            "Outlook.com",
            At::Text,
            554,
            "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception",
            Cause::SenderRefused,
            "https://github.com/MicrosoftDocs/OfficeDocs-Support/issues/1187",
        ),
        (
            "Microsoft 365",
            At::Text,
            550,
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
            Cause::SenderRefused,
            "https://github.com/gophish/gophish/issues/1600",
        ),
        (
            "Microsoft 365",
            At::Sender,
            530,
            "5.7.57 Client not authenticated to send mail. [AM0PR02CA0008.eurprd02.prod.outlook.com]",
            Cause::SendingOff,
            "https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online",
        ),
        (
            "Microsoft 365",
            At::Text,
            550,
            "5.1.8 Access denied, bad outbound sender",
            Cause::SenderRefused,
            "https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online",
        ),
        (
            "Microsoft 365",
            At::Text,
            550,
            "5.7.501 Access denied, spam abuse detected",
            Cause::SendingOff,
            "https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online",
        ),
        (
            "Microsoft 365",
            At::Recipient,
            550,
            "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            Cause::RecipientRefused,
            "https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online",
        ),
        (
            "Yahoo",
            At::Text,
            554,
            "Message not allowed - [299]",
            Cause::MailRefused,
            "https://github.com/dart-mailer/mailer/issues/235",
        ),
        (
            "Yahoo",
            At::Text,
            550,
            "Request failed; Mailbox unavailable",
            Cause::MailRefused,
            "https://github.com/PHPMailer/PHPMailer/issues/2685",
        ),
        (
            "GMX",
            At::Sender,
            550,
            "Requested action not taken: mailbox unavailable Sender address is not allowed.",
            Cause::SenderRefused,
            "https://github.com/loganmarchione/docker-postfixrelay/issues/46",
        ),
        (
            "GMX",
            At::Recipient,
            550,
            "Requested action not taken: mailbox unavailable Failure sending mail. Try again later",
            Cause::TryLater,
            "https://github.com/jstedfast/MailKit/issues/968",
        ),
        (
            "GMX",
            At::Text,
            554,
            "Transaction failed Reject due to policy restrictions. For explanation visit https://postmaster.gmx.net/de/case",
            Cause::MailRefused,
            "https://github.com/hitobito/hitobito/issues/2671",
        ),
        (
            "Yandex",
            At::Sender,
            553,
            "5.7.1 Sender address rejected: not owned by auth user.",
            Cause::SenderRefused,
            "https://github.com/splitbrain/dokuwiki-plugin-smtp/issues/38",
        ),
    ];

    const SERVERS: &[Answer] = &[
        (
            "Postfix",
            At::Recipient,
            553,
            "5.7.1 <user1@example.com>: Sender address rejected: not owned by user user2@example.com",
            Cause::SenderRefused,
            "https://github.com/r-raymond/nixos-mailserver/issues/9",
        ),
        (
            "Postfix",
            At::Recipient,
            550,
            "5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
            Cause::RecipientRefused,
            "https://www.postfix.org/postconf.5.html#unknown_virtual_mailbox_reject_code",
        ),
        (
            "Postfix",
            At::Recipient,
            554,
            "5.7.1 <recipient@example.com>: Relay access denied",
            Cause::RecipientRefused,
            "https://github.com/postalserver/postal/issues/647",
        ),
        (
            "Postfix",
            At::Recipient,
            454,
            "4.7.1 <recipient@example.com>: Relay access denied",
            Cause::TryLater,
            "https://www.postfix.org/SMTPD_ACCESS_README.html",
        ),
        (
            "Postfix",
            At::Recipient,
            452,
            "4.5.3 Error: too many recipients",
            Cause::TryLater,
            "https://www.postfix.org/postconf.5.html#smtpd_recipient_limit",
        ),
        (
            "Postfix",
            At::Recipient,
            554,
            "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Cause::MailRefused,
            "https://www.postfix.org/postconf.5.html#reject_rbl_client",
        ),
        (
            "Postfix",
            At::Sender,
            552,
            "5.3.4 Message size exceeds fixed limit",
            Cause::MessageTooLarge,
            "https://www.postfix.org/postconf.5.html#message_size_limit",
        ),
        (
            "Postfix",
            At::Text,
            552,
            "5.3.4 Error: message file too big",
            Cause::MessageTooLarge,
            "https://www.postfix.org/postconf.5.html#message_size_limit",
        ),
        (
            "Postfix",
            At::Sender,
            452,
            "4.3.1 Insufficient system storage",
            Cause::TryLater,
            "https://www.postfix.org/postconf.5.html#queue_minfree",
        ),
        (
            "Postfix",
            At::Sender,
            530,
            "5.7.0 Must issue a STARTTLS command first",
            Cause::TlsNotOffered,
            "https://www.postfix.org/TLS_README.html",
        ),
        (
            "Postfix",
            At::Text,
            421,
            "4.7.0 mail.example.com Error: too many connections from 192.0.2.1",
            Cause::TooManyConnections,
            "https://www.postfix.org/TUNING_README.html",
        ),
        (
            "Postfix",
            At::Text,
            550,
            "5.1.1 <nobody@example.com>: User unknown",
            Cause::RecipientRefused,
            "https://www.postfix.org/SMTPD_PROXY_README.html",
        ),
        (
            "Exim",
            At::Recipient,
            550,
            "relay not permitted",
            Cause::RecipientRefused,
            "https://github.com/namshi/docker-smtp/issues/77",
        ),
        (
            "Exim",
            At::Recipient,
            550,
            "Unrouteable address",
            Cause::RecipientRefused,
            "https://github.com/maxking/docker-mailman/issues/341",
        ),
        (
            "Exim",
            At::Recipient,
            550,
            "Sender verify failed",
            Cause::SenderRefused,
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html",
        ),
        (
            "Exim",
            At::Sender,
            552,
            "Message size exceeds maximum permitted",
            Cause::MessageTooLarge,
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-message_processing.html",
        ),
        (
            "Exim",
            At::Recipient,
            451,
            "Temporary local problem - please try later",
            Cause::TryLater,
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html",
        ),
        (
            "Exim",
            At::Text,
            550,
            "Administrative prohibition",
            Cause::MailRefused,
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html",
        ),
    ];

    #[test]
    fn what_servers_say_is_told_apart() {
        for (server, at, code, text, expected, _) in PROVIDERS.iter().chain(SERVERS) {
            assert_eq!(refused(*code, text, *at), *expected, "{server} to {at:?}: {code} {text}");
        }
    }

    #[test]
    fn a_bare_code_means_what_it_was_said_to() {
        for (code, sender, recipient, text) in [
            (450, Cause::TryLater, Cause::TryLater, Cause::TryLater),
            (250, Cause::NotAMailServer, Cause::NotAMailServer, Cause::NotAMailServer),
            (550, Cause::SenderRefused, Cause::RecipientRefused, Cause::MailRefused),
            (553, Cause::SenderRefused, Cause::RecipientRefused, Cause::MailRefused),
            (554, Cause::MailRefused, Cause::RecipientRefused, Cause::MailRefused),
            (552, Cause::MessageTooLarge, Cause::RecipientRefused, Cause::MessageTooLarge),
        ] {
            let said = [At::Sender, At::Recipient, At::Text].map(|at| refused(code, "no", at));
            assert_eq!(said, [sender, recipient, text], "{code}");
        }
        assert_eq!(refused(552, "5.2.2 Your mailbox is over quota", At::Sender), Cause::OverQuota);
    }
}
