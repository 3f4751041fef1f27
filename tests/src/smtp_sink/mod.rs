//! An SMTP server that does at each step of the dialogue what a test has told it: wait, hang up, or say something
//! else. It keeps every message that it takes, as it came.
//!
//! Real sockets and threads, and no queue: what it takes is delivered nowhere.

mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::ca::ServerCertificate;
use crate::cli::Outgoing;
use crate::dovecot::Dovecot;
use crate::oracle::header;
use crate::trouble::{Outcome, Trouble};
use crate::wire::Wire;

const PATIENCE: Duration = Duration::from_mins(1);

/// A step of the dialogue, reached when the client has done its part and before the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The connection is there, in TLS where that comes first.
    Greeting,
    /// EHLO or HELO.
    Ehlo,
    /// AUTH, with all that belongs to it.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT; once for each recipient.
    Rcpt,
    /// DATA.
    Data,
    /// So many bytes of the message have come. It is only noticed where something is to be done [`at`](Sink::at) it.
    Body(usize),
    /// The final dot has come. The message is not taken yet: a server that dies here has lost it.
    Dot,
    /// The message is taken, and nobody has been told. A server that dies here delivers it.
    Answer,
}

/// What the server does at a step instead of going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Says nothing until [`release`](Sink::release), then goes on.
    Hold,
    /// Closes the connection.
    Cut,
    /// Answers this instead, as in `451 4.3.0 Out of order`, and does nothing else. After 421, and in the middle of a
    /// message, it then closes the connection.
    Say(&'static str),
}

/// Where TLS begins.
pub enum SinkTls {
    /// After STARTTLS.
    Starttls(ServerCertificate),
    /// With the first byte.
    Implicit(ServerCertificate),
}

type Taken = Box<dyn Fn(&Message) -> Outcome<()> + Send + Sync>;

/// What kind of server to start.
pub struct SinkOptions {
    /// The most bytes of a message, announced as SIZE and insisted on. `None`: SIZE is not offered.
    pub size: Option<u64>,
    /// Whether SMTPUTF8 is offered, and insisted on for addresses that need it (RFC 6531).
    pub smtputf8: bool,
    /// Whether AUTH PLAIN, LOGIN and XOAUTH2 are offered, and a sign-in is insisted on.
    pub auth: bool,
    /// The password that a sign-in needs. `None`: any will do.
    pub password: Option<String>,
    /// Without it the server speaks in the clear.
    pub tls: Option<SinkTls>,
    /// Done with each message once it is taken, before [`Step::Answer`]: [`saving_sent`](Self::saving_sent).
    pub taken: Option<Taken>,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self { size: None, smtputf8: true, auth: true, password: None, tls: None, taken: None }
    }
}

impl SinkOptions {
    /// A provider that puts a copy of what is sent into the Sent folder by itself, as Gmail does.
    #[must_use]
    pub fn saving_sent(mut self, server: &Dovecot, user: &str) -> Self {
        let (imap, user) = (server.imap, user.to_owned());
        let password = server.password(&user).unwrap_or_default().to_owned();
        self.taken = Some(Box::new(move |message| {
            let mut wire = Wire::plain(imap)?;
            wire.login(&user, &password)?;
            wire.append("Sent", "\\Seen", None, &message.bytes)
        }));
        self
    }
}

/// A message that the server took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The path of MAIL FROM, without its brackets.
    pub from: String,
    /// The parameters behind it, as they came: `SIZE=200 SMTPUTF8`.
    pub parameters: String,
    /// The paths of the accepted recipients, in their order.
    pub to: Vec<String>,
    /// The bytes as they came, dots undoubled, without the final dot.
    pub bytes: Vec<u8>,
    /// Whether it held a CR or LF that belonged to no CRLF.
    pub bare: bool,
    /// Who had signed in.
    pub user: Option<String>,
    /// Whether it came through TLS.
    pub tls: bool,
}

impl Message {
    /// The first field of this name, folds undone, white space around it cut off.
    pub fn header(&self, name: &str) -> Option<String> {
        let fields = header::fields(&self.bytes);
        let found = fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(&value).trim().to_owned())
    }
}

/// Everything that threads share.
#[derive(Default)]
struct State {
    acts: VecDeque<(Step, Act)>,
    always: Vec<(Step, Act)>,
    refused: BTreeMap<String, String>,
    reached: BTreeMap<Step, usize>,
    waited: BTreeMap<Step, usize>,
    /// Grows with each release.
    releases: u64,
    /// Times that every connection was cut.
    cuts: u64,
    messages: Vec<Message>,
    commands: Vec<String>,
    troubles: Vec<String>,
    connections: Vec<TcpStream>,
    closed: bool,
}

struct Shared {
    options: SinkOptions,
    tls: Option<Arc<ServerConfig>>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that runs.
pub struct Sink {
    /// Its port on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

impl Sink {
    /// Starts it.
    pub fn start(mut options: SinkOptions) -> Outcome<Self> {
        let tls = match &options.tls {
            Some(SinkTls::Starttls(certificate) | SinkTls::Implicit(certificate)) => {
                Some(server(certificate)?)
            }
            None => None,
        };
        if options.password.is_some() {
            options.auth = true;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { options, tls, state: Mutex::default(), changed: Condvar::default() });
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if theirs.lock().closed {
                    return;
                }
                let Ok(stream) = stream else { return };
                let shared = Arc::clone(&theirs);
                std::thread::spawn(move || session::serve(stream, &shared));
            }
        });
        Ok(Self { port, shared })
    }

    /// How an account is told to send here.
    pub fn outgoing(&self) -> Outgoing {
        let security = match self.shared.options.tls {
            None => "plaintext",
            Some(SinkTls::Starttls(_)) => "starttls",
            Some(SinkTls::Implicit(_)) => "tls",
        };
        Outgoing { port: self.port, security }
    }

    /// Does this the next time that the step is reached. Said several times, it is done one after another.
    pub fn at(&self, step: Step, act: Act) {
        self.shared.lock().acts.push_back((step, act));
    }

    /// Does this whenever the step is reached.
    pub fn always(&self, step: Step, act: Act) {
        self.shared.lock().always.push((step, act));
    }

    /// Refuses this recipient, with words as in `550 5.1.1 Nobody of that name`.
    pub fn refuse(&self, recipient: &str, words: &str) {
        self.shared.lock().refused.insert(recipient.to_lowercase(), words.to_owned());
    }

    /// Behaves well from now on. What is held stays so until [`release`](Self::release).
    pub fn behave(&self) {
        let mut state = self.shared.lock();
        state.acts.clear();
        state.always.clear();
        state.refused.clear();
    }

    /// Goes on wherever it holds.
    pub fn release(&self) {
        self.shared.lock().releases += 1;
        self.shared.changed.notify_all();
    }

    /// Closes every connection, as a server that dies: what it holds goes no further.
    pub fn cut(&self) {
        let mut state = self.shared.lock();
        for stream in state.connections.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        state.cuts += 1;
        self.shared.changed.notify_all();
    }

    /// Waits until the step is reached once more than was waited for already.
    pub fn wait_for(&self, step: Step) -> Outcome<()> {
        let next = self.shared.lock().waited.get(&step).copied().unwrap_or_default() + 1;
        self.until(&format!("{step:?}"), |state| {
            state.reached.get(&step).is_some_and(|count| *count >= next)
        })?;
        self.shared.lock().waited.insert(step, next);
        Ok(())
    }

    /// Waits until so many messages are taken; answers them.
    pub fn wait_for_messages(&self, count: usize) -> Outcome<Vec<Message>> {
        self.until(&format!("{count} messages"), |state| state.messages.len() >= count)?;
        Ok(self.messages())
    }

    fn until(&self, what: &str, done: impl Fn(&State) -> bool) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while !done(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seen = format!("{:?}; {:?}; {:?}", state.reached, state.commands, state.troubles);
                return Err(Trouble::new(format!("the sink waited in vain for {what}; there was {seen}")));
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// How often the step was reached.
    pub fn reached(&self, step: Step) -> usize {
        self.shared.lock().reached.get(&step).copied().unwrap_or_default()
    }

    /// The messages that were taken, in their order.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.lock().messages.clone()
    }

    /// How many messages with this Message-ID were taken. The brackets may be left out.
    pub fn count(&self, message_id: &str) -> usize {
        let bare = |id: &str| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let wanted = bare(message_id);
        let messages = &self.shared.lock().messages;
        messages.iter().filter_map(|it| it.header("message-id")).filter(|id| bare(id) == wanted).count()
    }

    /// Every command line that came, of AUTH without what it carried.
    pub fn commands(&self) -> Vec<String> {
        self.shared.lock().commands.clone()
    }

    /// What went wrong inside, such as with the copy in Sent.
    pub fn troubles(&self) -> Vec<String> {
        self.shared.lock().troubles.clone()
    }

    /// Forgets steps, commands and messages, for example those of a check before.
    pub fn forget(&self) {
        let mut state = self.shared.lock();
        state.reached.clear();
        state.waited.clear();
        state.commands.clear();
        state.messages.clear();
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.cut();
        // Wakes the listener.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn server(certificate: &ServerCertificate) -> Outcome<Arc<ServerConfig>> {
    let chain = vec![CertificateDer::from_pem_slice(certificate.certificate.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes())?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}
