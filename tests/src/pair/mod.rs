//! A Dovecot and a Postfix that belong together, and people with mailboxes there: Nora, who uses the app, and
//! clients, who really receive what she sends and really answer.

mod client;

use crate::cli::{Cli, Outgoing, id};
use crate::dovecot::{Dovecot, DovecotOptions};
use crate::postfix::{Postfix, PostfixOptions};
use crate::smtp::Smtp;
use crate::trouble::{Doing, Outcome};

pub use client::{Client, Part, Received, Writing};

/// The user. [`NORA_STUDIO`] is the same mailbox: the server looks at the part before the @ alone.
pub const NORA: &str = "nora@noralind.example";
/// Nora's other address.
pub const NORA_STUDIO: &str = "nora@noralind.studio";
/// A client.
pub const ANNA: &str = "anna@berg.example";
/// Anna's name.
pub const ANNA_NAME: &str = "Anna Berg";
/// Another address of Anna's, the same mailbox.
pub const ANNA_PRIVATE: &str = "anna@private.example";
/// Another client.
pub const TOM: &str = "tom@riedel.example";
/// Refused at RCPT with [`REFUSED_WORDS`].
pub const REFUSED: &str = "refused@berg.example";
/// What is said of [`REFUSED`].
pub const REFUSED_WORDS: &str = "550 5.1.1 Nobody here has that name";
/// Refused for now (450), until `pair.postfix.accept(GREYLISTED)`; then it is a mailbox like another.
pub const GREYLISTED: &str = "later@berg.example";
/// Accepted, and then undeliverable: a delivery report comes back at once.
pub const BOUNCED: &str = "gone@berg.example";
/// Everybody's password.
pub const PASSWORD: &str = "correct-horse";

/// What kind of pair to start.
#[derive(Default)]
pub struct PairOptions {
    /// Users beside nora, anna, tom and later.
    pub users: Vec<String>,
    /// The outgoing server.
    pub outgoing: PostfixOptions,
    /// Where tokens are asked about: [`Oidc::introspection_url`](crate::oidc::Oidc::introspection_url). Both servers
    /// then take XOAUTH2 and OAUTHBEARER too. Everybody then has a mailbox, so [`BOUNCED`] receives as well.
    pub introspection: Option<String>,
}

/// Both servers.
pub struct Pair {
    // Stopped first: it knows the other.
    /// The outgoing server.
    pub postfix: Postfix,
    /// The mailboxes.
    pub dovecot: Dovecot,
}

impl Pair {
    /// Starts both.
    pub fn start() -> Outcome<Self> {
        Self::with(PairOptions::default())
    }

    /// Starts both, as told.
    pub fn with(options: PairOptions) -> Outcome<Self> {
        let names = ["nora", "anna", "tom", "later"].into_iter().map(str::to_owned).chain(options.users);
        let dovecot = Dovecot::start(DovecotOptions {
            users: names.map(|name| (name, PASSWORD.to_owned())).collect(),
            introspection: options.introspection,
            sasl: true,
            ..DovecotOptions::default()
        })?;
        let postfix = Postfix::start(&dovecot, options.outgoing)?;
        postfix.refuse(REFUSED, REFUSED_WORDS);
        postfix.greylist(GREYLISTED, None);
        Ok(Self { postfix, dovecot })
    }

    /// Somebody with a mailbox here, by user name. Anna and Tom write from their addresses, others from
    /// `NAME@clients.example`.
    pub fn client(&self, user: &str) -> Outcome<Client<'_>> {
        self.dovecot.password(user)?;
        let (name, address) = match user {
            "nora" => ("Nora Lind", NORA.to_owned()),
            "anna" => (ANNA_NAME, ANNA.to_owned()),
            "tom" => ("Tom Riedel", TOM.to_owned()),
            "later" => ("Lea Later", GREYLISTED.to_owned()),
            other => (other, format!("{other}@clients.example")),
        };
        Ok(Client { pair: self, user: user.to_owned(), name: name.to_owned(), address })
    }

    /// A connection to the outgoing server's TLS port, signed in.
    pub fn signed_in(&self, user: &str) -> Outcome<Smtp> {
        let mut smtp = Smtp::tls(self.postfix.submissions, self.dovecot.authority().client_config()?)?;
        smtp.sign_in(user, self.dovecot.password(user)?)?.done()?;
        Ok(smtp)
    }

    /// How an account is told to send here: TLS from the first byte.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing { port: self.postfix.submissions, security: "tls" }
    }

    /// Connects a user's account by `hatstand-cli`, IMAP and SMTP in TLS under the rig's authority. Answers the
    /// account's id.
    pub fn connect(&self, cli: &Cli, user: &str) -> Outcome<String> {
        let address = self.client(user)?.address;
        let password = self.dovecot.password(user)?;
        let run = cli.connect_sending(&self.dovecot, user, &address, password, self.outgoing())?;
        Ok(id(&run.done().doing("connecting the account")?))
    }
}
