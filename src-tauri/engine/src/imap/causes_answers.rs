//! What servers really say at sign-in, with where it is written: the table that the classification is made from.

use super::causes_standards::STANDARDS;
use crate::model::Cause;
use By::{Password, Refused, Token};

/// What was shown to the server.
#[derive(Clone, Copy)]
pub(super) enum By {
    Password,
    /// A token, answered by the tagged line at once.
    Token,
    /// A token, answered by this challenge first.
    Refused(&'static str),
}

/// Server, what it was shown, what it answered, what that means, and where the answer is documented.
pub(super) type Answer = (&'static str, By, &'static str, Cause, &'static str);

const GMAIL: &[Answer] = &[
    (
        "Gmail",
        Password,
        "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        Cause::WrongPassword,
        "https://github.com/andreiaugustin/gmail_extractor/issues/4",
    ),
    (
        "Gmail",
        Password,
        "NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
        Cause::AppPasswordNeeded,
        "https://github.com/imapsync/imapsync/issues/175",
    ),
    (
        "Gmail",
        Password,
        "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
        Cause::ImapOff,
        "mozilla-b2g/gaia, apps/email: the answers of Gmail that its tests know",
    ),
    (
        "Gmail",
        Token,
        "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)",
        Cause::ImapOff,
        "mozilla-b2g/gaia, apps/email: the answers of Gmail that its tests know (there to a password)",
    ),
    (
        "Gmail",
        Password,
        "NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
        Cause::PasswordSignInOff,
        "https://github.com/pmengal/MailSystem.NET/issues/17",
    ),
    (
        "Gmail",
        Token,
        "NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
        Cause::SignInExpired,
        "https://github.com/mailcow/mailcow-dockerized/issues/4277 (there to a password)",
    ),
    (
        "Gmail",
        Password,
        "NO [ALERT] Too many simultaneous connections. (Failure)",
        Cause::TooManyConnections,
        "https://github.com/zone-eu/wildduck/issues/35",
    ),
    (
        "Gmail",
        Token,
        "NO [OVERQUOTA] Account exceeded command or bandwidth limits.",
        Cause::TryLater,
        "https://github.com/ljmerza/ha-email-sensor/issues/16",
    ),
    (
        "Gmail",
        Refused(r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#),
        "NO SASL authentication failed",
        Cause::SignInExpired,
        "https://developers.google.com/workspace/gmail/imap/xoauth2-protocol",
    ),
];

const MICROSOFT: &[Answer] = &[
    (
        "Outlook.com",
        Password,
        "NO Basic authentication is disabled.",
        Cause::PasswordSignInOff,
        "https://github.com/holon-run/uxc/issues/445",
    ),
    (
        "Outlook.com",
        Password,
        "NO LOGIN failed.",
        Cause::WrongPassword,
        "https://github.com/satorijs/satori/issues/336",
    ),
    (
        "Outlook.com",
        Password,
        "NO LOGIN failed. Account is blocked. Login to your account via a web browser to verify your identity.",
        Cause::PasswordSignInOff,
        "https://github.com/mscdex/node-imap/issues/799",
    ),
    (
        "Outlook.com",
        Token,
        "NO AUTHENTICATE failed.",
        Cause::SignInExpired,
        "https://github.com/jstedfast/MailKit/issues/690",
    ),
    (
        "Microsoft 365",
        Token,
        "NO AUTHENTICATE failed.",
        Cause::SignInExpired,
        "https://github.com/MicrosoftDocs/office-developer-exchange-docs/issues/87",
    ),
    (
        "Microsoft 365",
        Password,
        "NO LOGIN failed.",
        Cause::WrongPassword,
        "https://github.com/imapsync/imapsync/issues/395",
    ),
    (
        "Microsoft 365",
        Token,
        "BAD User is authenticated but not connected.",
        Cause::ImapOff,
        "https://github.com/jstedfast/MailKit/issues/1494",
    ),
    (
        "Exchange",
        Password,
        "NO AUTHENTICATE failed.",
        Cause::WrongPassword,
        "https://github.com/jstedfast/MailKit/issues/483",
    ),
];

const OTHERS: &[Answer] = &[
    (
        "Yahoo",
        Password,
        "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials",
        Cause::WrongPassword,
        "https://github.com/Enough-Software/enough_mail/issues/245",
    ),
    (
        "Yahoo",
        Password,
        "NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials",
        Cause::WrongPassword,
        "https://github.com/postalsys/imapflow/issues/300",
    ),
    (
        "Yahoo",
        Password,
        "NO [AUTHENTICATIONFAILED] (#MBR1212) Incorrect username or password.",
        Cause::WrongPassword,
        "https://github.com/RainLoop/rainloop-webmail/issues/1354",
    ),
    (
        "Yahoo",
        Password,
        "NO Too many bad login attempts.",
        Cause::PerhapsBanned,
        "https://github.com/jstedfast/MailKit/issues/320",
    ),
    (
        "iCloud",
        Password,
        "NO [AUTHENTICATIONFAILED] Authentication failed",
        Cause::WrongPassword,
        "https://github.com/lefcha/imapfilter/issues/125",
    ),
    (
        "Fastmail",
        Password,
        "NO Incorrect username or password.",
        Cause::WrongPassword,
        "https://github.com/Foundry376/Mailspring/issues/2217",
    ),
    (
        "Fastmail",
        Password,
        "NO Sorry, you need to create an app password to use this service",
        Cause::AppPasswordNeeded,
        "https://docs.sheetjs.com/docs/demos/net/email/",
    ),
    (
        "Zoho",
        Password,
        "NO [AUTHENTICATIONFAILED] Invalid credentials(Failure)",
        Cause::WrongPassword,
        "https://github.com/Foundry376/Mailspring/issues/1334",
    ),
    (
        "Zoho",
        Password,
        "NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator (Failure)",
        Cause::ImapOff,
        "closeio/sync-engine, tests of inbox/auth/utils.py",
    ),
    (
        "GMX",
        Password,
        "NO authentication failed",
        Cause::WrongPassword,
        "https://github.com/imapsync/imapsync/issues/140 (imap.1und1.de, the same operator's servers)",
    ),
    (
        "Yandex",
        Password,
        "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials or IMAP is disabled sc=ebI8JB0ug4Y1_290737_53p",
        Cause::WrongPassword,
        "https://github.com/Foundry376/Mailspring/issues/904",
    ),
    (
        "QQ",
        Password,
        "NO Please using authorized code to login.",
        Cause::AppPasswordNeeded,
        "closeio/sync-engine, inbox/auth/utils.py",
    ),
    (
        "QQ",
        Password,
        "NO Login fail. Please using weixin token",
        Cause::AppPasswordNeeded,
        "closeio/sync-engine, inbox/auth/utils.py",
    ),
    (
        "Mailu",
        Password,
        "NO Temporary authentication failure (rate-limit)",
        Cause::PerhapsBanned,
        "https://github.com/Mailu/Mailu/issues/2283",
    ),
    (
        "Mailu",
        Password,
        "NO Authentication rate limit from one source exceeded",
        Cause::PerhapsBanned,
        "https://github.com/Mailu/Mailu/issues/1251",
    ),
];

const SOFTWARE: &[Answer] = &[
    (
        "Dovecot",
        Password,
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        Cause::WrongPassword,
        "Dovecot 2.3 and 2.4, seen; src/imap-login/imap-login-commands.c",
    ),
    (
        "Dovecot",
        Password,
        "NO [CONTACTADMIN] Login disabled for this user",
        Cause::MailboxGone,
        "Dovecot 2.3 and 2.4, seen",
    ),
    (
        "Dovecot",
        Password,
        "NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)",
        Cause::TooManyConnections,
        "Dovecot 2.3 and 2.4, seen",
    ),
    (
        "Dovecot",
        Password,
        "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=16)",
        Cause::TooManyConnections,
        "https://github.com/mscdex/node-imap/issues/606",
    ),
    (
        "Dovecot",
        Password,
        "NO [UNAVAILABLE] Temporary authentication failure.",
        Cause::TryLater,
        "Dovecot 2.3, seen",
    ),
    (
        "Dovecot",
        Password,
        "NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        Cause::TlsNotOffered,
        "Dovecot 2.3, seen; src/login-common/client-common-auth.c",
    ),
    (
        "Dovecot",
        Password,
        "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
        Cause::OverQuota,
        "Dovecot 2.3 and 2.4, seen",
    ),
    (
        "Dovecot",
        Password,
        "NO [REFERRAL imap://anna;AUTH=PLAIN@elsewhere.example/] Can't login.",
        Cause::MailboxGone,
        "Dovecot, imap_client_auth_result in src/imap-login/client-authenticate.c; RFC 2221, section 4.1",
    ),
    (
        "Dovecot",
        Refused(r#"{"status":"401","schemes":"bearer","scope":"mail"}"#),
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        Cause::SignInExpired,
        "Dovecot 2.3 and 2.4 with an oauth2 passdb, seen",
    ),
    (
        "Dovecot",
        Refused(r#"{"status":"500","schemes":"bearer","scope":"mail"}"#),
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        Cause::TryLater,
        "Dovecot 2.4 with an oauth2 passdb whose server is down, seen",
    ),
    (
        "Dovecot",
        Token,
        "NO [AUTHORIZATIONFAILED] Authorization failed",
        Cause::SignInExpired,
        "Dovecot, IMAP_AUTHZ_FAILED_MSG in src/imap-login/client-authenticate.c",
    ),
    (
        "Cyrus",
        Password,
        "NO Login failed: authentication failure",
        Cause::WrongPassword,
        "Cyrus IMAP, cmd_login in imap/imapd.c; Cyrus SASL, sasl_errstring",
    ),
    (
        "Cyrus",
        Password,
        "NO Login only available under a layer",
        Cause::TlsNotOffered,
        "Cyrus IMAP, cmd_login in imap/imapd.c",
    ),
    (
        "Cyrus",
        Password,
        "NO Authenticate only available under a layer",
        Cause::TlsNotOffered,
        "Cyrus IMAP, cmd_authenticate in imap/imapd.c",
    ),
    (
        "Cyrus",
        Password,
        "NO Login failed: passphrase expired, has to be reset",
        Cause::SignInExpired,
        "Cyrus SASL, sasl_errstring in lib/common.c",
    ),
    (
        "Cyrus",
        Password,
        "NO Login failed: account disabled",
        Cause::MailboxGone,
        "Cyrus SASL, sasl_errstring in lib/common.c",
    ),
    (
        "Cyrus",
        Password,
        "NO Login failed: remote authentication server unavailable",
        Cause::TryLater,
        "Cyrus SASL, sasl_errstring in lib/common.c",
    ),
    (
        "Cyrus",
        Token,
        "NO authentication failure",
        Cause::SignInExpired,
        "Cyrus IMAP, cmd_authenticate in imap/imapd.c; Cyrus SASL, sasl_errstring",
    ),
    ("Courier", Password, "NO Login failed.", Cause::WrongPassword, "Courier, imap/imaplogin.C"),
    ("Courier", Password, "NO STARTTLS required", Cause::TlsNotOffered, "Courier, imap/imaplogin.C"),
    (
        "Courier",
        Password,
        "* BYE Temporary problem, please try again later",
        Cause::TryLater,
        "Courier, imap/imaplogin.C",
    ),
];

/// The whole table.
pub(super) fn all() -> impl Iterator<Item = &'static Answer> {
    [GMAIL, MICROSOFT, OTHERS, SOFTWARE, STANDARDS].into_iter().flatten()
}
