//! A Postfix of our own: a real SMTP server with real queues and real delivery reports, on loopback, beside a
//! [`Dovecot`] that knows the passwords and takes the mail.
//!
//! Every domain is its own, so nothing leaves this machine. Postfix must be started by root: where the tests are not,
//! by sudo. It ends with the value, and with the whole process: a shell that belongs to root keeps it, and waits on a
//! pipe from us.

mod policy;
mod sign_in;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ca::Certificate;
use crate::dovecot::Dovecot;
use crate::ports::free_port;
use crate::programs::{self, PAUSE};
use crate::trouble::{Doing, Outcome, Trouble};
use crate::wire::dial;

use policy::Policy;
use sign_in::SignIns;

const MAIN: &str = include_str!("../../servers/postfix-main.cf");
const MASTER: &str = include_str!("../../servers/postfix-master.cf");
const KEEPER: &str = include_str!("../../servers/postfix.sh");
const PATIENCE: Duration = Duration::from_secs(30);

/// What kind of server to start.
#[derive(Clone, Copy, Debug)]
pub struct PostfixOptions {
    /// Bytes that a message may have, announced as SIZE (RFC 1870).
    pub size: u64,
    /// Whether SMTPUTF8 is offered (RFC 6531).
    pub smtputf8: bool,
    /// What is wrong with its certificate, which Dovecot's authority issues.
    pub certificate: Certificate,
}

impl Default for PostfixOptions {
    fn default() -> Self {
        Self { size: 40 * 1024 * 1024, smtputf8: true, certificate: Certificate::Good }
    }
}

/// A Postfix that runs.
pub struct Postfix {
    // Declared first, so stopped before the folder goes.
    keeper: Option<Keeper>,
    policy: Policy,
    sign_ins: SignIns,
    /// Submission: in the clear until STARTTLS, which it insists on before a sign-in.
    pub submission: u16,
    /// Submissions: TLS from the first byte.
    pub submissions: u16,
    /// In the clear, for the clients: sign-in is offered and not needed, and whoever connects is trusted.
    pub plain: u16,
    options: PostfixOptions,
    folder: tempfile::TempDir,
}

/// The shell of root.
struct Keeper {
    child: Child,
}

impl Keeper {
    fn start(dir: &Path) -> Outcome<Self> {
        let mut command = if rustix::process::geteuid().is_root() {
            Command::new("/bin/sh")
        } else {
            let sudo = programs::find("sudo").map_err(|_| Trouble::new(NEEDS_ROOT))?;
            let allowed = Command::new(&sudo).args(["-n", "true"]).stdin(Stdio::null()).output()?;
            if !allowed.status.success() {
                return Err(Trouble::new(NEEDS_ROOT));
            }
            let mut command = Command::new(sudo);
            command.args(["-n", "/bin/sh"]);
            command
        };
        let path = std::env::var("PATH").unwrap_or_default();
        let child = command
            .args(["-c", KEEPER, "postfix"])
            .arg(dir)
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("keeper"))?)
            // A group of its own: what interrupts us must not take it along.
            .process_group(0)
            .spawn()
            .doing("starting postfix")?;
        Ok(Self { child })
    }

    /// Stops the server and leaves its mail.
    fn stop(mut self) {
        if let Some(pipe) = &mut self.child.stdin {
            let _ = pipe.write_all(b"keep\n");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

const NEEDS_ROOT: &str = "Postfix must be started by root: run the tests as root, or as a user who may use sudo without a password";

impl Postfix {
    /// Starts a server whose users, passwords and mailboxes are those of `dovecot`, which must have been started with
    /// [`sasl`](crate::dovecot::DovecotOptions::sasl), and waits until it greets.
    pub fn start(dovecot: &Dovecot, options: PostfixOptions) -> Outcome<Self> {
        programs::find("postfix")?;
        let folder = tempfile::Builder::new().prefix("hatstand-smtp-").tempdir()?;
        // Its servers run as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let issued = dovecot.authority().issue(options.certificate)?;
        fs::write(folder.path().join("cert.pem"), issued.certificate)?;
        fs::write(folder.path().join("key.pem"), issued.key)?;
        let sasl = dovecot.sasl.doing("looking for where Dovecot answers Postfix (DovecotOptions::sasl)")?;
        let (policy, sign_ins) = (Policy::start()?, SignIns::start(sasl)?);
        let mut server =
            Self { keeper: None, policy, sign_ins, submission: 0, submissions: 0, plain: 0, options, folder };
        for attempt in 0.. {
            (server.submission, server.submissions, server.plain) =
                (free_port()?, free_port()?, free_port()?);
            server.write_configuration(dovecot)?;
            match server.start_again() {
                Ok(()) => break,
                // Between our look and its bind another process may have taken the port.
                Err(_) if attempt < 3 && server.log().contains("Address already in use") => {
                    fs::write(server.dir().join("maillog"), "")?;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(server)
    }

    fn write_configuration(&self, dovecot: &Dovecot) -> Outcome<()> {
        let dir = self.dir().to_str().doing("the temporary folder's name is no UTF-8")?;
        let main = MAIN
            .replace("@DIR@", dir)
            .replace("@LMTP@", &dovecot.lmtp.to_string())
            .replace("@SASL@", &self.sign_ins.port().to_string())
            .replace("@POLICY@", &self.policy.port().to_string())
            .replace("@SIZE@", &self.options.size.to_string())
            .replace("@UTF8@", if self.options.smtputf8 { "yes" } else { "no" });
        let master = MASTER
            .replace("@SUBMISSION@", &self.submission.to_string())
            .replace("@SUBMISSIONS@", &self.submissions.to_string())
            .replace("@PLAIN@", &self.plain.to_string());
        fs::write(self.dir().join("main.cf"), main)?;
        Ok(fs::write(self.dir().join("master.cf"), master)?)
    }

    /// The folder that holds everything of this server.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// What the server logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("maillog")).unwrap_or_default()
    }

    /// The process that leads its group of processes, while it runs.
    pub fn pid(&self) -> Outcome<u32> {
        let text = fs::read_to_string(self.dir().join("pid")).doing("reading its pid")?;
        text.trim().parse().doing("reading its pid")
    }

    /// Stops the server; its queues and its ports stay.
    pub fn stop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.stop();
        }
    }

    /// Starts it again on the same ports.
    pub fn start_again(&mut self) -> Outcome<()> {
        self.stop();
        let before = self.log().len();
        self.keeper = Some(Keeper::start(self.dir())?);
        let deadline = Instant::now() + PATIENCE;
        while ![self.plain, self.submission].into_iter().all(greets) {
            let failed = self.log().get(before..).is_some_and(|new| new.contains(" fatal: "));
            if failed || Instant::now() > deadline {
                self.stop();
                let said = ["keeper", "output"].map(|name| fs::read_to_string(self.dir().join(name)));
                let said = said.map(Result::unwrap_or_default).concat();
                return Err(Trouble::new(format!("postfix did not start: {said}{}", self.log())));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Refuses this recipient at RCPT from now on. `words` with their codes, as in `550 5.1.1 Nobody of that name`.
    pub fn refuse(&self, recipient: &str, words: &str) {
        self.policy.refuse(recipient, words, None);
    }

    /// Refuses this recipient for now (450) at the next `times`, or until [`accept`](Self::accept).
    pub fn greylist(&self, recipient: &str, times: Option<u32>) {
        self.policy.refuse(recipient, "450 4.2.0 Not yet, try again later", times);
    }

    /// Refuses this sender at MAIL from now on, with words as in `553 5.7.1 Not your address`.
    pub fn refuse_sender(&self, sender: &str, words: &str) {
        self.policy.refuse_sender(sender, words);
    }

    /// Refuses every sign-in (535) from now on, or no longer, though the mailbox's server takes the same password: what
    /// a wrong password for the outgoing server alone looks like.
    pub fn refuse_sign_ins(&self, on: bool) {
        self.sign_ins.refuse(on);
    }

    /// Takes back what was said about an address, as recipient and as sender.
    pub fn accept(&self, address: &str) {
        self.policy.accept(address);
    }

    /// How many times a message for this recipient was offered at RCPT.
    pub fn offered(&self, recipient: &str) -> usize {
        self.policy.offered(recipient)
    }
}

fn greets(port: u16) -> bool {
    let Ok(stream) = dial(port) else { return false };
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).is_ok() && line.starts_with("220 ") && {
        // Else its log tells of a lost connection.
        let _ = (&stream).write_all(b"QUIT\r\n");
        true
    }
}

#[cfg(test)]
mod tests;
