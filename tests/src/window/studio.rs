//! What a story about sending begins with: both servers, a keychain, and a profile in which Nora's account, a client
//! and a project are there already.

use super::{Window, WindowOptions};
use crate::cli::{Cli, id};
use crate::keychain::Keychain;
use crate::pair::{ANNA, ANNA_NAME, Client, NORA, PASSWORD, Pair, PairOptions};
use crate::smtp_sink::{Sink, SinkOptions};
use crate::trouble::{Doing, Outcome};
use std::time::Duration;

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

/// The same with a server that does as it is told in the place of the outgoing one.
pub struct SinkStudio {
    /// The command line with the same profile.
    pub cli: Cli,
    /// Where mail is kept.
    pub pair: Pair,
    /// Where mail is sent to, and goes no further.
    pub sink: Sink,
    /// Where the passwords are.
    pub keychain: Keychain,
    /// The id of [`PROJECT`], which is Anna's.
    pub project: String,
}

impl SinkStudio {
    /// With Nora's account, Anna and her project. Nothing is counted yet of what connecting has asked of the sink.
    pub fn set(options: impl FnOnce(&Pair) -> SinkOptions) -> Outcome<Self> {
        let keychain = Keychain::start()?;
        let cli = Cli::fresh(&keychain)?;
        let pair = Pair::start()?;
        let sink = Sink::start(options(&pair))?;
        cli.connect_sending(&pair.dovecot, "nora", NORA, PASSWORD, sink.outgoing())?.done()?;
        let contact = id(&cli.done(&["contact", "add", "--name", ANNA_NAME, "--email", ANNA])?);
        let project = id(&cli.done(&["project", "add", "--title", PROJECT, "--contact", &contact])?);
        sink.forget();
        Ok(Self { cli, pair, sink, keychain, project })
    }

    /// Opens the app at the project.
    pub fn window(&self) -> Outcome<Window> {
        let window = Window::open(WindowOptions::app(self.cli.data_dir(), self.keychain.env())?)?;
        window.click("button", PROJECT)?;
        Ok(window)
    }

    /// How many messages of this subject the project holds.
    pub fn in_project(&self, subject: &str) -> Outcome<usize> {
        let all = self.cli.done(&["messages", "--project", &self.project])?;
        Ok(all.as_array().into_iter().flatten().filter(|mail| mail["subject"] == subject).count())
    }
}

impl Window {
    /// Begins a mail to Anna from her project, which is shown.
    pub fn begin_mail(&self, subject: &str) -> Outcome<()> {
        self.click_id("write")?;
        self.find("dialog", "New mail")?;
        self.until("Anna to be there", |window| Ok(!window.texts("[data-testid=chip]")?.is_empty()))?;
        self.fill("Subject", subject)?;
        self.click("textbox", "Text")?;
        self.type_text("For you.")
    }

    /// How the mail of this subject stands, while it is shown as outgoing.
    pub fn outgoing(&self, subject: &str) -> Outcome<Option<String>> {
        let script = "return [...document.querySelectorAll('[data-testid=outgoing]')]
            .find(e => e.innerText.includes(arguments[0]))?.dataset.state ?? null";
        Ok(self.script(script, &[subject.into()])?.as_str().map(str::to_owned))
    }

    /// Waits until the mail of this subject stands so: `draft`, `waiting`, `failed`, `uncertain`, …
    pub fn wait_for_outgoing(&self, subject: &str, wanted: &str) -> Outcome<()> {
        let mut last = None;
        let found =
            self.until_within(Duration::from_mins(1), &format!("“{subject}” to be {wanted}"), |window| {
                last = window.outgoing(subject)?;
                Ok(last.as_deref() == Some(wanted))
            });
        found.doing(&format!("it is {last:?}"))
    }
}
