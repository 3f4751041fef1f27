//! What servers really say at AUTH, with where it is written, put through a whole connection: the table that the
//! classification is made from.

use super::verify;
use crate::model::{Cause, Endpoint, Security};
use crate::net::Terms;
use crate::net::scripted::{SHORT, Scripted, hear, say};
use crate::secrets::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::sync::Arc;

use By::{Door, Password, Refused, Token};

/// What was shown to the server.
#[derive(Clone, Copy)]
enum By {
    Password,
    /// A token, answered by the refusal at once.
    Token,
    /// A token, answered by this challenge first.
    Refused(&'static str),
    /// Nothing yet: it is the greeting.
    Door,
}

/// Server, what it was shown, what it answered, what that means, and where the answer is documented.
type Answer = (&'static str, By, &'static str, Cause, &'static str);

const GMAIL: &[Answer] = &[
    (
        "Gmail",
        Password,
        "535-5.7.8 Username and Password not accepted. Learn more at\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials y10sm11524926ejh.105 - gsmtp",
        Cause::WrongPassword,
        "https://github.com/PHPMailer/PHPMailer/issues/2328",
    ),
    (
        "Gmail",
        Password,
        "534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor 6a1803df08f44 - gsmtp",
        Cause::AppPasswordNeeded,
        "https://github.com/bberkay/openmail/issues/1",
    ),
    (
        "Gmail",
        Password,
        "534-5.7.9 Please log in with your web browser and then try again. Learn more at\n534 5.7.9  https://support.google.com/mail/?p=WebLoginRequired - gsmtp",
        Cause::PasswordSignInOff,
        "https://github.com/kootenpv/yagmail/issues/111",
    ),
    (
        "Gmail",
        Password,
        "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsbt-\n534-5.7.14 oxk1xidpoaostbBu24bi7IWN_wvO8> Please log in via your web browser and\n534-5.7.14 then try again.\n534 5.7.14 Learn more at https://support.google.com/mail/answer/78754 - gsmtp",
        Cause::PasswordSignInOff,
        "https://github.com/node-red/node-red-nodes/issues/284",
    ),
    (
        "Gmail",
        Password,
        "454 4.7.0 Too many login attempts, please try again later. 4-20020a056000154400b00203812ca383sm10857871wry.78 - gsmtp",
        Cause::PerhapsBanned,
        "https://github.com/nodemailer/nodemailer/issues/1388",
    ),
    (
        "Gmail",
        Password,
        "454 4.7.0 Cannot authenticate due to temporary system problem. Try again later. z33sm8723552wbd.1",
        Cause::TryLater,
        "https://gist.github.com/adhusson/425225",
    ),
    (
        "Gmail",
        Refused(r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#),
        "535-5.7.1 Username and Password not accepted. Learn more at\n535 5.7.1 http://support.google.com/mail/bin/answer.py?answer=14257 v9sm1396104paz.6",
        Cause::SignInExpired,
        "https://github.com/nodemailer/nodemailer/issues/114",
    ),
    (
        "Gmail",
        Token,
        "535-5.7.8 Username and Password not accepted. Learn more at\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials - gsmtp",
        Cause::SignInExpired,
        "https://github.com/jstedfast/MailKit/issues/1329",
    ),
    (
        "Gmail",
        Token,
        "501 5.5.2 Cannot Decode response f76sm30036326wmd.15 - gsmtp",
        Cause::Unknown,
        "https://github.com/PHPMailer/PHPMailer/issues/890",
    ),
];

const MICROSOFT: &[Answer] = &[
    (
        "Outlook.com",
        Password,
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [PN0PR01CA0024.INDPRD01.PROD.OUTLOOK.COM 2025-01-26T18:54:30.055Z 08DD3DD7D75D7743]",
        Cause::PasswordSignInOff,
        "https://github.com/nodemailer/nodemailer/issues/1714",
    ),
    (
        "Outlook.com",
        Token,
        "535 5.7.3 Authentication unsuccessful [LO4P123CA0207.GBRP123.PROD.OUTLOOK.COM 2024-10-10T21:50:33.251Z 08DCE9686F3D146F]",
        Cause::SignInExpired,
        "https://github.com/simonrob/email-oauth2-proxy/issues/297",
    ),
    (
        "Microsoft 365",
        Password,
        "535 5.7.3 Authentication unsuccessful [DB6P18901CA0015.EURP189.PROD.OUTLOOK.COM]",
        Cause::WrongPassword,
        "https://github.com/mageplaza/magento-2-smtp/issues/108",
    ),
    (
        "Microsoft 365",
        Password,
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [TY1PR01CA0183.jpnprd01.prod.outlook.com]",
        Cause::SendingOff,
        "https://github.com/nodemailer/nodemailer/issues/1484",
    ),
    (
        "Microsoft 365",
        Token,
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]",
        Cause::SendingOff,
        "https://github.com/simonrob/email-oauth2-proxy/issues/193",
    ),
    (
        "Microsoft 365",
        Password,
        "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator. [MN2PR07CA0004.namprd07.prod.outlook.com 2024-08-13T18:27:55.030Z 08DCBB430284475F]",
        Cause::ApprovalNeeded,
        "https://github.com/gophish/gophish/issues/3220 (there in Portuguese)",
    ),
    (
        "Microsoft 365",
        Password,
        "550 5.7.30 Basic authentication is not supported for Client Submission.",
        Cause::PasswordSignInOff,
        "https://techcommunity.microsoft.com/t5/exchange-team-blog/exchange-online-to-retire-basic-auth-for-client-submission-smtp/ba-p/4114750",
    ),
    (
        "Exchange",
        Password,
        "535 5.7.3 Authentication unsuccessful",
        Cause::WrongPassword,
        "https://github.com/gogs/gogs/issues/6458",
    ),
];

const OTHERS: &[Answer] = &[
    (
        "Yahoo",
        Password,
        "535 5.7.0 (#AUTH005) Too many bad auth attempts.",
        Cause::PerhapsBanned,
        "https://github.com/PHPMailer/PHPMailer/issues/2034",
    ),
    (
        "Yahoo",
        Password,
        "535 5.7.0 (#MBR1212) Incorrect username or password.",
        Cause::WrongPassword,
        "https://github.com/PHPMailer/PHPMailer/issues/1287",
    ),
    (
        "Zoho",
        Password,
        "535 Authentication Failed",
        Cause::WrongPassword,
        "https://github.com/nodemailer/nodemailer/issues/456",
    ),
    (
        "Zoho",
        Password,
        "530 Must issue a STARTTLS command first.",
        Cause::TlsNotOffered,
        "https://www.zoho.com/zeptomail/help/api/smtp-error-codes.html",
    ),
    (
        "GMX",
        Door,
        "554-gmx.net (mxgmx017) Nemesis ESMTP Service not available\n554-No SMTP service\n554 Bad DNS PTR resource record.",
        Cause::ConnectionRefused,
        "https://github.com/EDSM-NET/FrontEnd/issues/21",
    ),
    (
        "Postfix with Dovecot",
        Password,
        "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
        Cause::WrongPassword,
        "https://github.com/zulip/zulip/issues/30505; Postfix, src/smtpd/smtpd_sasl_glue.c",
    ),
    (
        "Postfix with Dovecot",
        Token,
        "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
        Cause::SignInExpired,
        "Postfix, src/smtpd/smtpd_sasl_glue.c",
    ),
    (
        "Postfix with Dovecot",
        Password,
        "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        Cause::TryLater,
        "Postfix, src/smtpd/smtpd_sasl_glue.c",
    ),
    (
        "Postfix with Cyrus",
        Password,
        "535 5.7.8 Error: authentication failed: passphrase expired, has to be reset",
        Cause::SignInExpired,
        "Postfix, src/smtpd/smtpd_sasl_glue.c; Cyrus SASL, sasl_errstring in lib/common.c",
    ),
    (
        "Postfix with Cyrus",
        Password,
        "535 5.7.8 Error: authentication failed: account disabled",
        Cause::MailboxGone,
        "Postfix, src/smtpd/smtpd_sasl_glue.c; Cyrus SASL, sasl_errstring in lib/common.c",
    ),
];

/// The codes themselves, and what nobody knows better.
const STANDARDS: &[Answer] = &[
    (
        "any",
        Password,
        "535 5.7.8 Authentication credentials invalid",
        Cause::WrongPassword,
        "RFC 4954, section 6",
    ),
    (
        "any",
        Token,
        "535 5.7.8 Authentication credentials invalid",
        Cause::SignInExpired,
        "RFC 4954, section 6",
    ),
    (
        "any",
        Password,
        "535 5.7.8 Too many failed logins: wrong credentials, try again later",
        Cause::WrongPassword,
        "RFC 4954, section 6: the code says that the password was refused",
    ),
    (
        "any",
        Token,
        "535 5.7.8 Too many connections, try again later",
        Cause::SignInExpired,
        "RFC 4954, section 6: the code says that the token was refused",
    ),
    (
        "any",
        Password,
        "421 4.7.0 Authentication failed, closing connection",
        Cause::WrongPassword,
        "RFC 5321, section 3.8, by words alone",
    ),
    (
        "any",
        Password,
        "421 4.7.0 Temporary authentication failure",
        Cause::TryLater,
        "RFC 5321, section 3.8, by words alone",
    ),
    ("any", Password, "432 4.7.12 A password transition is needed", Cause::TryLater, "RFC 4954, section 6"),
    ("any", Password, "454 4.7.0 Temporary authentication failure", Cause::TryLater, "RFC 4954, section 6"),
    ("any", Token, "454 4.7.0 Temporary authentication failure", Cause::TryLater, "RFC 4954, section 6"),
    (
        "any",
        Password,
        "534 5.7.9 Authentication mechanism is too weak",
        Cause::PasswordSignInOff,
        "RFC 4954, section 6",
    ),
    (
        "any",
        Token,
        "500 5.5.6 Authentication Exchange line is too long",
        Cause::Unknown,
        "RFC 4954, section 6",
    ),
    ("any", Password, "530 5.7.0 Authentication required", Cause::TlsNotOffered, "RFC 4954, section 6"),
    (
        "any",
        Password,
        "538 5.7.11 Encryption required for requested authentication mechanism",
        Cause::TlsNotOffered,
        "RFC 4954, section 6",
    ),
    ("any", Password, "525 5.7.13 User Account Disabled", Cause::MailboxGone, "RFC 5248 and its registry"),
    (
        "any",
        Password,
        "503 5.5.1 Error: authentication not enabled",
        Cause::SendingOff,
        "Postfix, src/smtpd/smtpd_sasl_proto.c",
    ),
    (
        "any",
        Refused(r#"{"status":"invalid_token","schemes":"bearer mac"}"#),
        "535 5.7.1",
        Cause::SignInExpired,
        "RFC 7628, section 4.3",
    ),
    (
        "any",
        Password,
        "421 4.7.0 Too many concurrent connections",
        Cause::TooManyConnections,
        "RFC 5321, section 3.8",
    ),
    ("any", Password, "421 4.3.2 Service shutting down", Cause::TryLater, "RFC 5321, section 3.8"),
    ("any", Door, "421 4.7.0 Too many connections", Cause::TooManyConnections, "RFC 5321, section 3.1"),
    ("any", Door, "421 4.3.2 Service shutting down", Cause::TryLater, "RFC 5321, section 3.1"),
    ("any", Door, "554 5.7.1 Blocked", Cause::ConnectionRefused, "RFC 5321, section 3.1"),
    ("any", Password, "554", Cause::Unknown, "RFC 5321, section 4.2"),
];

fn all() -> impl Iterator<Item = &'static Answer> {
    [GMAIL, MICROSOFT, OTHERS, STANDARDS].into_iter().flatten()
}

#[tokio::test]
async fn each_answer_to_a_sign_in_has_its_cause() {
    for &(server, by, answer, cause, documented) in all() {
        let mut turns = Vec::new();
        if !matches!(by, Door) {
            let offer = "250-mail.example.com\n250 AUTH PLAIN XOAUTH2\n";
            turns.extend([say("220 mail.example.com ESMTP\n"), hear("EHLO"), say(offer), hear("AUTH ")]);
        }
        if let Refused(json) = by {
            turns.extend([say(&format!("334 {}\n", STANDARD.encode(json))), hear("")]);
        }
        turns.push(say(&format!("{answer}\n")));
        let credentials = match by {
            Password | Door => Credentials::Password(Secret::new("geheim".to_owned())),
            Token | Refused(_) => Credentials::Bearer(Secret::new("ya29.token".to_owned())),
        };
        let scripted = Scripted::plays(turns).await;
        let security = Security::Plaintext;
        let endpoint = Endpoint { host: "localhost".to_owned(), port: scripted.port, security };
        let result = verify(&endpoint, &Terms::default(), "anna", &credentials, Arc::default(), &SHORT).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.cause, cause, "{server}: {answer} ({documented})");
        let said = failure.server_said.unwrap();
        assert!(said.starts_with(&answer[..3]), "{server}: {said}");
    }
}

#[test]
fn the_table_is_whole_and_says_where_it_is_from() {
    for &(server, _, answer, _, documented) in all() {
        let named = documented.starts_with("https://") || documented.contains(' ');
        assert!(named, "{server}: {answer}");
    }
    let servers: HashSet<&str> = all().map(|answer| answer.0).collect();
    for server in [
        "Gmail",
        "Outlook.com",
        "Microsoft 365",
        "Yahoo",
        "Zoho",
        "GMX",
        "Postfix with Dovecot",
        "Postfix with Cyrus",
        "Exchange",
    ] {
        assert!(servers.contains(server), "{server}");
    }
    let causes: HashSet<Cause> = all().map(|answer| answer.3).collect();
    for cause in [
        Cause::WrongPassword,
        Cause::AppPasswordNeeded,
        Cause::PasswordSignInOff,
        Cause::SignInExpired,
        Cause::ApprovalNeeded,
        Cause::MailboxGone,
        Cause::SendingOff,
        Cause::TooManyConnections,
        Cause::PerhapsBanned,
        Cause::TryLater,
        Cause::TlsNotOffered,
        Cause::ConnectionRefused,
        Cause::Unknown,
    ] {
        assert!(causes.contains(&cause), "no server is known to say {cause:?}");
    }
}
