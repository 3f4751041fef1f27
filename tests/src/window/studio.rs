//! What a story about sending begins with: both servers, a keychain, and a profile in which Nora's account, a client
//! and a project are there already.

use super::{Window, WindowOptions};
use crate::cli::{Cli, id};
use crate::keychain::Keychain;
use crate::pair::{ANNA, ANNA_NAME, Client, Pair, PairOptions};
use crate::trouble::Outcome;

/// The project that is there already, Anna's.
pub const PROJECT: &str = "Berg wedding";

/// A freelancer's studio on an ordinary day.
pub struct Studio {
    /// The command line with the same profile.
    pub cli: Cli,
    /// Where mail is sent and kept.
    pub pair: Pair,
    /// Where the passwords are.
    pub keychain: Keychain,
    /// The id of Nora's account, which receives and sends.
    pub account: String,
    /// The ids of the contact [`ANNA_NAME`] and of the project [`PROJECT`], where they are wanted.
    pub berg: Option<Berg>,
}

/// Anna and her project.
#[derive(Clone, Debug)]
pub struct Berg {
    /// The contact's id.
    pub contact: String,
    /// The project's id.
    pub project: String,
}

impl Studio {
    /// With Nora's account, Anna and her project, and the app's window.
    pub fn open() -> Outcome<(Self, Window)> {
        let studio = Self::with_berg()?;
        let window = studio.window()?;
        Ok((studio, window))
    }

    /// With Nora's account, Anna and her project.
    pub fn with_berg() -> Outcome<Self> {
        let mut studio = Self::set(PairOptions::default())?;
        let contact = ["contact", "add", "--name", ANNA_NAME, "--email", ANNA];
        let contact = id(&studio.cli.done(&contact)?);
        let project = ["project", "add", "--title", PROJECT, "--contact", &contact];
        let project = id(&studio.cli.done(&project)?);
        studio.berg = Some(Berg { contact, project });
        Ok(studio)
    }

    /// With Nora's account alone, on servers of choice.
    pub fn set(options: PairOptions) -> Outcome<Self> {
        let keychain = Keychain::start()?;
        let cli = Cli::fresh(&keychain)?;
        let pair = Pair::with(options)?;
        let account = pair.connect(&cli, "nora")?;
        Ok(Self { cli, pair, keychain, account, berg: None })
    }

    /// Somebody with a mailbox: [`Pair::client`].
    pub fn client(&self, user: &str) -> Outcome<Client<'_>> {
        self.pair.client(user)
    }

    /// Opens the app; also again, after it was closed or killed.
    pub fn window(&self) -> Outcome<Window> {
        self.window_with(&[])
    }

    /// Opens the app with further variables in its environment.
    pub fn window_with(&self, more: &[(String, String)]) -> Outcome<Window> {
        let mut env = self.keychain.env();
        // Where rustls-native-certs looks first.
        env.push(("SSL_CERT_FILE".to_owned(), self.pair.dovecot.ca_file().display().to_string()));
        env.extend_from_slice(more);
        Window::open(WindowOptions::app(self.cli.data_dir(), env)?)
    }
}
