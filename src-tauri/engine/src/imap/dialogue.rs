//! The command loop above async-imap: one command, every answer up to its own tagged line, its status looked
//! at. An end before that is a failure, whatever came until then.

use super::command::Command;
use super::guard::{Guard, GuardError};
use super::{Capabilities, causes};
use crate::model::{Cause, Failure};
use crate::net::{Stream, clean, failure_of, hung_up, read_ahead, unreadable};
use imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status};
use std::convert::Infallible;
use std::io::{self, Read};
use tokio::io::AsyncWriteExt;

/// The most that one command may be answered: UIDs found, messages fetched.
const MOST_ANSWERS: usize = 20_000_000;
/// A folder weighs so much more: nobody has 20,000.
const FOLDER: usize = 1000;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Ok,
    No,
    Bad,
}

/// The tagged line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) ending: Ending,
    /// The response code's first word in capitals (RFC 5530).
    pub(super) code: Option<String>,
    /// The whole text, the code included, fit to be shown.
    pub(super) text: String,
    /// Capabilities, where the code was that.
    pub(super) capabilities: Option<Capabilities>,
}

impl Reply {
    pub(super) fn is_ok(&self) -> bool {
        self.ending == Ending::Ok
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Adds words of the server that came before the tagged line. Secrets are taken out.
    pub(super) fn add_words(&mut self, words: &str, secrets: &[String]) {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        self.text = clean(&format!("{} {words}", self.text), &secrets);
    }

    /// As it is shown under "Details".
    pub(super) fn words(&self) -> String {
        let ending = match self.ending {
            Ending::Ok => "OK",
            Ending::No => "NO",
            Ending::Bad => "BAD",
        };
        format!("{ending} {}", self.text)
    }
}

/// What was heard next.
pub(super) enum Heard<T> {
    /// What was taken from an untagged answer.
    Data(T),
    /// The server waits for more of the command; with its text (a challenge, in AUTHENTICATE).
    GoOn(String),
    /// The command's own end.
    Done(Reply),
}

/// How far the sign-in is. What breaks the protocol is no mail server before it, something unexpected after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Stranger,
    /// The secret is on its way, or was looked at: a server that leaves now may have refused it.
    SigningIn {
        /// It is a token.
        bearer: bool,
    },
    SignedIn,
}

/// A connection that commands are run on, one at a time.
#[derive(Debug)]
pub(super) struct Dialogue {
    client: async_imap::Client<Guard<Stream>>,
    tags: u32,
    /// The command whose tagged line has not been read.
    running: Option<String>,
    /// A command is being written. When it stays so, the line on the wire has no end.
    writing: bool,
    secrets: Vec<String>,
    /// How much the running command was answered.
    answers: usize,
    /// Anything was heard at all.
    heard: bool,
    bye: Option<String>,
    over: Option<Failure>,
    pub(super) phase: Phase,
}

impl Dialogue {
    pub(super) fn new(stream: Stream, greeting_due: bool) -> Self {
        Self {
            client: async_imap::Client::new(Guard::new(stream, greeting_due)),
            tags: 0,
            running: None,
            writing: false,
            secrets: Vec::new(),
            answers: 0,
            heard: !greeting_due,
            bye: None,
            over: None,
            phase: Phase::Stranger,
        }
    }

    pub(super) fn guard(&self) -> &Guard<Stream> {
        self.client.get_ref()
    }

    pub(super) fn guard_mut(&mut self) -> &mut Guard<Stream> {
        self.client.get_mut()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Says more closely why it is over.
    pub(super) fn is_over_for(&mut self, failure: &Failure) {
        if self.over.is_some() {
            self.over = Some(failure.clone());
        }
    }

    /// Sends a command. One that was left in the middle is read to its end first: a server may answer the two
    /// by turns, and nothing tells whose an answer is.
    pub(super) async fn start(&mut self, command: &Command) -> Result<Option<Reply>, Failure> {
        while self.running.is_some() {
            self.next(|_| None::<Infallible>).await?;
        }
        self.secrets.clone_from(&command.secrets);
        let tag = self.next_tag();
        let mut early = None;
        self.answers = 0;
        self.begin()?;
        for (n, piece) in command.pieces(&tag).iter().enumerate() {
            if n > 0 {
                early = self.go_on().await?;
                if early.is_some() {
                    break;
                }
            }
            self.running = Some(tag.clone());
            self.write(piece).await?;
        }
        self.writing = false;
        Ok(early)
    }

    /// Sends a command that ends with a literal, and the literal once the server waits for it (RFC 9051, section
    /// 4.3); untagged answers may come before. A command that ends without that is answered with its end, and
    /// nothing of the literal has left. Left in the middle, the connection is of no more use.
    pub(super) async fn start_with(
        &mut self,
        mut command: Command,
        size: u64,
        literal: impl Read + Send + 'static,
    ) -> Result<Option<Reply>, Failure> {
        command.words(&format!(" {{{size}}}"));
        let mut early = self.start(&command).await?;
        if early.is_none() {
            early = self.go_on().await?;
        }
        if early.is_none() {
            self.writing = true;
            let (mut pieces, mut left) = (read_ahead(literal), size);
            while let Some(piece) = pieces.recv().await {
                let piece = piece.map_err(|error| unreadable(&error.to_string()))?;
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                // What would be too much is not begun: the server waits in vain, and stores nothing.
                left = left.checked_sub(length).ok_or_else(|| unreadable("It is longer than it was."))?;
                self.write(&piece).await?;
            }
            if left > 0 {
                return Err(unreadable("It is not as long as it was."));
            }
            self.write(b"\r\n").await?;
            self.writing = false;
        }
        Ok(early)
    }

    /// Sends a command whose answer does not matter and cannot be taken for another's.
    pub(super) async fn mention(&mut self, command: &Command) -> Result<(), Failure> {
        let tag = self.next_tag();
        self.begin()?;
        self.write(&command.pieces(&tag).concat()).await?;
        self.writing = false;
        Ok(())
    }

    /// A command begins. One whose writing was given up before has left half a line on the wire.
    fn begin(&mut self) -> Result<(), Failure> {
        if self.writing {
            self.over.get_or_insert(Failure::of(Cause::Cancelled));
        }
        self.writing = true;
        self.over.clone().map_or(Ok(()), Err)
    }

    fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("H{}", self.tags)
    }

    /// Waits for `+`; the command may end instead.
    async fn go_on(&mut self) -> Result<Option<Reply>, Failure> {
        match self.next(|_| None::<Infallible>).await? {
            Heard::GoOn(_) => Ok(None),
            Heard::Done(reply) => Ok(Some(reply)),
            Heard::Data(never) => match never {},
        }
    }

    /// Writes past async-imap, which would log it, and in one piece, which it would not.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let guard = self.client.get_mut();
        let written = async {
            guard.write_all(bytes).await?;
            guard.flush().await
        };
        match written.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.broke(&error)),
        }
    }

    /// The next answer to the running command of which `take` makes something; others are passed over.
    pub(super) async fn next<T>(
        &mut self,
        mut take: impl FnMut(&Response<'_>) -> Option<T>,
    ) -> Result<Heard<T>, Failure> {
        if let Some(over) = &self.over {
            return Err(over.clone());
        }
        loop {
            let response = match self.client.read_response().await {
                Ok(Some(response)) => response,
                Ok(None) => return Err(self.ended()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.ended()),
                Err(error) => return Err(self.broke(&error)),
            };
            self.heard = true;
            match response.parsed() {
                Response::Done { tag, status, outcome } => {
                    if Some(&tag.0) == self.running.as_ref() {
                        self.running = None;
                        return Ok(Heard::Done(self.reply(status, outcome)));
                    }
                }
                Response::Data { status: Status::Bye, outcome } => {
                    self.bye = Some(self.text(outcome));
                    // After a command its end may still come (LOGOUT). As a greeting it is all there is.
                    if self.running.is_none() {
                        return Err(self.ended());
                    }
                }
                Response::Continue(outcome) => {
                    let text = outcome.information.as_deref().unwrap_or_default();
                    return Ok(Heard::GoOn(text.to_owned()));
                }
                data => {
                    self.answers += weight(data);
                    if self.answers > MOST_ANSWERS {
                        let endless = Failure::said(Cause::Unknown, "The server's answers do not end.");
                        return Err(self.over.insert(endless).clone());
                    }
                    if let Some(taken) = take(data) {
                        return Ok(Heard::Data(taken));
                    }
                }
            }
        }
    }

    /// Runs a command to its end, showing every untagged answer.
    pub(super) async fn run(
        &mut self,
        command: &Command,
        mut each: impl FnMut(&Response<'_>),
    ) -> Result<Reply, Failure> {
        if let Some(early) = self.start(command).await? {
            return Ok(early);
        }
        let mut show = |response: &Response<'_>| {
            each(response);
            None::<Infallible>
        };
        loop {
            match self.next(&mut show).await? {
                Heard::GoOn(_) => {}
                Heard::Done(reply) => return Ok(reply),
                Heard::Data(never) => match never {},
            }
        }
    }

    /// The end of the running command, whatever comes before it.
    pub(super) async fn end(&mut self) -> Result<Reply, Failure> {
        loop {
            match self.next(|_| None::<Infallible>).await? {
                Heard::GoOn(_) => {}
                Heard::Done(reply) => return Ok(reply),
                Heard::Data(never) => match never {},
            }
        }
    }

    fn reply(&self, status: &Status, outcome: &Outcome<'_>) -> Reply {
        let ending = match status {
            Status::Ok => Ending::Ok,
            Status::No => Ending::No,
            Status::Bad | Status::Bye | Status::PreAuth => Ending::Bad,
        };
        let capabilities = match &outcome.code {
            Some(ResponseCode::Capabilities(list)) => Some(Capabilities::of(list)),
            _ => None,
        };
        let text = self.text(outcome);
        Reply { ending, code: code_of(&text), text, capabilities }
    }

    /// The text of a status line, with a code that imap-proto took apart put back.
    fn text(&self, outcome: &Outcome<'_>) -> String {
        let code = match &outcome.code {
            None => "",
            Some(ResponseCode::Alert) => "[ALERT] ",
            Some(ResponseCode::BadCharset(_)) => "[BADCHARSET] ",
            Some(ResponseCode::Capabilities(_)) => "[CAPABILITY] ",
            Some(ResponseCode::TryCreate) => "[TRYCREATE] ",
            Some(ResponseCode::ReadOnly) => "[READ-ONLY] ",
            Some(_) => "[CODE] ",
        };
        let text = format!("{code}{}", outcome.information.as_deref().unwrap_or_default());
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        clean(&text, &secrets)
    }

    fn ended(&mut self) -> Failure {
        let failure = match (&self.bye, self.phase) {
            (Some(bye), Phase::SigningIn { bearer }) => {
                Failure::said(causes::bye_at_sign_in(bye, bearer), format!("BYE {bye}"))
            }
            (Some(bye), _) => Failure::said(causes::bye(bye), format!("BYE {bye}")),
            (None, _) if !self.heard => {
                Failure::said(Cause::ConnectionRefused, "The server closed the connection without a word.")
            }
            (None, phase) => {
                let words = "The server closed the connection before its answer was complete.";
                Failure::said(cause_of_loss(phase), words)
            }
        };
        self.over = Some(failure.clone());
        failure
    }

    fn broke(&mut self, error: &io::Error) -> Failure {
        if self.bye.is_some() || (!self.heard && error.kind() == io::ErrorKind::ConnectionReset) {
            return self.ended();
        }
        let guard = error.get_ref().and_then(|inner| inner.downcast_ref::<GuardError>());
        let failure = match guard {
            Some(guard) => {
                let signed_in = self.phase == Phase::SignedIn;
                let cause = if signed_in { Cause::Unknown } else { Cause::NotAMailServer };
                Failure::said(cause, guard.to_string())
            }
            None if hung_up(error) => Failure { cause: cause_of_loss(self.phase), ..failure_of(error) },
            None => failure_of(error),
        };
        self.over = Some(failure.clone());
        failure
    }
}

/// What a connection that was closed means. It may be all that the server has to say to a secret that it refused,
/// which is not to be sent again within a minute.
const fn cause_of_loss(phase: Phase) -> Cause {
    match phase {
        Phase::SigningIn { .. } => Cause::TryLater,
        Phase::Stranger | Phase::SignedIn => Cause::TimedOut,
    }
}

fn weight(data: &Response<'_>) -> usize {
    match data {
        Response::MailboxData(MailboxDatum::Search(uids)) => 1 + uids.len(),
        Response::MailboxData(MailboxDatum::List(_) | MailboxDatum::Status { .. }) => FOLDER,
        _ => 1,
    }
}

/// The first word of `[CODE …]` at the beginning of a status text.
pub(super) fn code_of(text: &str) -> Option<String> {
    let inside = text.strip_prefix('[')?.split(']').next()?;
    inside.split(' ').next().filter(|word| !word.is_empty()).map(str::to_ascii_uppercase)
}
