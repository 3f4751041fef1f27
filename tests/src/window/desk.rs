//! What a story in the window begins with: a mail server, a keychain and an empty profile.

use jiff::Timestamp;

use super::{Window, WindowOptions};
use crate::cli::Cli;
use crate::dovecot::{Dovecot, DovecotOptions};
use crate::keychain::Keychain;
use crate::mailgen::{Charset, MessageBuilder, Transfer};
use crate::trouble::Outcome;

/// A freelancer's desk on the first day.
pub struct Desk {
    /// The command line with the same profile.
    pub cli: Cli,
    /// Where the mailboxes are.
    pub server: Dovecot,
    /// Where the passwords are.
    pub keychain: Keychain,
}

impl Desk {
    /// With these users on the server, name and password.
    pub fn set(users: &[(&str, &str)]) -> Outcome<Self> {
        let users =
            users.iter().map(|(name, password)| ((*name).to_owned(), (*password).to_owned())).collect();
        Self::beside(DovecotOptions { users, ..DovecotOptions::default() })
    }

    /// With a server of choice.
    pub fn beside(options: DovecotOptions) -> Outcome<Self> {
        let keychain = Keychain::start()?;
        Ok(Self { cli: Cli::fresh(&keychain)?, server: Dovecot::start(options)?, keychain })
    }

    /// Opens the app, on a computer that trusts the server's authority as it does a public one.
    pub fn window(&self) -> Outcome<Window> {
        self.window_with(&[])
    }

    /// Opens the app with further variables in its environment.
    pub fn window_with(&self, more: &[(String, String)]) -> Outcome<Window> {
        let mut env = self.keychain.env();
        // Where rustls-native-certs looks first.
        env.push(("SSL_CERT_FILE".to_owned(), self.server.ca_file().display().to_string()));
        env.extend_from_slice(more);
        Window::open(WindowOptions::app(self.cli.data_dir(), env)?)
    }

    /// A plain mail of this moment arrives on the server.
    pub fn deliver(&self, user: &str, from: (&str, &str), subject: &str, text: &str) -> Outcome<()> {
        let mail = letter(from, user, subject).text(text, Charset::Utf8, Transfer::QuotedPrintable);
        self.server.deliver_lmtp(user, &mail.build())
    }

    /// The same by APPEND: where tokens sign in, Dovecot cannot look a person up for a delivery.
    pub fn put(&self, user: &str, from: (&str, &str), subject: &str, text: &str) -> Outcome<()> {
        let mail = letter(from, user, subject).text(text, Charset::Utf8, Transfer::QuotedPrintable);
        self.server.append(user, "INBOX", &mail.build(), None)
    }
}

/// The head of a mail of this moment, from a name and an address.
pub fn letter(from: (&str, &str), user: &str, subject: &str) -> MessageBuilder {
    let now = Timestamp::now();
    MessageBuilder::new()
        .person("From", from.0, from.1, Charset::Utf8)
        .header("To", format!("{user}@noralind.example"))
        .text_header("Subject", subject, Charset::Utf8)
        .date(now, 1)
        .header("Message-ID", format!("<{}.{}@mail.example>", now.as_nanosecond(), from.1.replace('@', ".")))
}
