//! A Dovecot of our own: real IMAP, IMAPS and LMTP, on its own ports, from its own folder, without rights.
//!
//! It is stopped when the value is dropped, and by its [`Leash`] when the whole process dies. Any number run side
//! by side. Version 2.3 and 2.4 want different configurations; `dovecot --version` chooses.

mod behind;
mod configuration;
mod sign_ins;
mod snapshot;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::ca::{Authority, Certificate};
use crate::leash::Leash;
use crate::maildir::{MaildirWriter, Owner};
use crate::ports::free_port;
use crate::programs::{self, PAUSE};
use crate::trouble::{Doing, Outcome, Trouble};
use crate::wire::Wire;

pub use behind::Stored;
pub use sign_ins::{Mark, SignIn};
pub use snapshot::Snapshot;

/// How long a start, a stop or a changed password may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What kind of server to start.
pub struct DovecotOptions {
    /// User names, the part before the @, with their passwords.
    pub users: Vec<(String, String)>,
    /// Users whose sign-in is refused with `[CONTACTADMIN]`, whatever the password.
    pub disabled: Vec<String>,
    /// What is wrong with its certificate.
    pub certificate: Certificate,
    /// Kilobytes that each user may store; over it APPEND answers `[OVERQUOTA]`.
    pub quota: Option<u32>,
    /// Connections that one user may have from one address.
    pub connections: u32,
    /// Where it asks about a token, for sign-in by XOAUTH2 and OAUTHBEARER:
    /// [`Oidc::introspection_url`](crate::oidc::Oidc::introspection_url). Without it there are passwords alone.
    pub introspection: Option<String>,
    /// Whether an SMTP server may ask it who signs in, at [`Dovecot::sasl`]; then it also takes deliveries for users
    /// who sign in by token alone.
    pub sasl: bool,
}

impl Default for DovecotOptions {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            disabled: Vec::new(),
            certificate: Certificate::Good,
            quota: None,
            connections: 50,
            introspection: None,
            sasl: false,
        }
    }
}

impl DovecotOptions {
    /// A good server with one user.
    pub fn with_user(name: &str, password: &str) -> Self {
        Self { users: vec![(name.to_owned(), password.to_owned())], ..Self::default() }
    }
}

/// A Dovecot that runs.
pub struct Dovecot {
    // Declared first, so stopped before the folder goes.
    process: Option<Running>,
    options: DovecotOptions,
    authority: Authority,
    /// IMAP in the clear, STARTTLS offered.
    pub imap: u16,
    /// IMAP in TLS from the first byte.
    pub imaps: u16,
    /// LMTP, for deliveries.
    pub lmtp: u16,
    /// Where an SMTP server asks who signs in, when the options say so.
    pub sasl: Option<u16>,
    owner: Owner,
    passwd_mtime: SystemTime,
    folder: tempfile::TempDir,
}

struct Running {
    child: Child,
    _leash: Leash,
}

impl Drop for Running {
    fn drop(&mut self) {
        // To the whole group: the master alone takes a second and may leave children behind.
        programs::stop_group(&mut self.child, PATIENCE);
    }
}

impl Dovecot {
    /// Starts a server and waits until it greets.
    pub fn start(options: DovecotOptions) -> Outcome<Self> {
        let authority = Authority::new()?;
        let owner = Owner::of_servers()?;
        let folder = tempfile::Builder::new().prefix("hatstand-imap-").tempdir()?;
        // The server's user must get through; what is secret in here is a test's.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        if folder.path().join("run").as_os_str().len() > 80 {
            return Err(Trouble::new(format!(
                "the temporary folder's path {} is too long for Dovecot's sockets; set TMPDIR to a shorter one",
                folder.path().display()
            )));
        }
        let mut server = Self {
            process: None,
            authority,
            imap: free_port()?,
            imaps: free_port()?,
            lmtp: free_port()?,
            sasl: if options.sasl { Some(free_port()?) } else { None },
            owner,
            passwd_mtime: SystemTime::now(),
            folder,
            options,
        };
        fs::create_dir(server.dir().join("mail"))?;
        server.owner.own(&server.dir().join("mail"))?;
        server.owner.own(server.dir())?;
        server.set_certificate(server.options.certificate)?;
        server.authority.write_pem(server.dir())?;
        server.write_passwd()?;
        for attempt in 0.. {
            server.write_configuration()?;
            match server.start_again() {
                Ok(()) => break,
                // Between our look and Dovecot's bind another process may have taken the port.
                Err(_) if attempt < 3 && server.log().contains("Address already in use") => {
                    (server.imap, server.imaps, server.lmtp) = (free_port()?, free_port()?, free_port()?);
                    server.sasl = server.sasl.map(|_| free_port()).transpose()?;
                    fs::remove_file(server.dir().join("dovecot.log"))?;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(server)
    }

    /// The folder that holds everything of this server.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The authority's certificate, PEM: what `--ca-file` wants.
    pub fn ca_file(&self) -> PathBuf {
        self.dir().join("ca.pem")
    }

    /// The authority itself.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What the server logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("dovecot.log")).unwrap_or_default()
    }

    /// Stops the server; its mail and its ports stay.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same ports.
    pub fn start_again(&mut self) -> Outcome<()> {
        self.stop();
        // A stale socket of the last run makes the first greeting wait five seconds.
        let run = self.dir().join("run");
        if run.exists() {
            fs::remove_dir_all(&run)?;
        }
        let output = fs::File::create(self.dir().join("output"))?;
        let child = Command::new(programs::find("dovecot")?)
            .arg("-F")
            .arg("-c")
            .arg(self.dir().join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .doing("starting dovecot")?;
        let leash = Leash::tie(child.id(), Some(self.dir()))?;
        self.process = Some(Running { child, _leash: leash });
        self.wait_for_greeting()
    }

    /// Changes what is right or wrong with the certificate; a running server is restarted on the same ports.
    pub fn replace_certificate(&mut self, kind: Certificate) -> Outcome<()> {
        self.set_certificate(kind)?;
        if self.process.is_some() { self.start_again() } else { Ok(()) }
    }

    /// Gives a user another password, or adds the user, and waits until the server knows.
    pub fn set_password(&mut self, user: &str, password: &str) -> Outcome<()> {
        self.options.users.retain(|(name, _)| name != user);
        self.options.users.push((user.to_owned(), password.to_owned()));
        self.write_passwd()?;
        // Dovecot looks at the file once a second.
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.doveadm(&["auth", "test", user, password]).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Trouble::new(format!("the server does not take the new password of {user}")));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The password of a user.
    pub fn password(&self, user: &str) -> Outcome<&str> {
        let known = self.options.users.iter().find(|(name, _)| name == user);
        known.map(|(_, password)| password.as_str()).doing(&format!("looking for the user {user}"))
    }

    /// Runs `doveadm` on this server; answers what it wrote.
    pub fn doveadm(&self, args: &[&str]) -> Outcome<String> {
        self.doveadm_bytes(args).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn doveadm_bytes(&self, args: &[&str]) -> Outcome<Vec<u8>> {
        let output = Command::new(programs::find("doveadm")?)
            .arg("-c")
            .arg(self.dir().join("dovecot.conf"))
            .args(args)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Trouble::new(format!(
            "doveadm {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )))
    }

    /// A connection in the clear, signed in as `user`.
    pub fn wire(&self, user: &str) -> Outcome<Wire> {
        let mut wire = Wire::plain(self.imap)?;
        wire.login(user, self.password(user)?)?;
        Ok(wire)
    }

    /// Writes into a user's mailbox without the server, for mailboxes of many messages.
    pub fn maildir(&self, user: &str) -> Outcome<MaildirWriter> {
        MaildirWriter::new(&self.dir().join("mail").join(user), self.owner.clone())
    }

    fn set_certificate(&self, kind: Certificate) -> Outcome<()> {
        let issued = self.authority.issue(kind)?;
        fs::write(self.dir().join("cert.pem"), issued.certificate)?;
        fs::write(self.dir().join("key.pem"), issued.key)?;
        self.owner.own(&self.dir().join("key.pem"))
    }

    fn write_passwd(&mut self) -> Outcome<()> {
        let mut text = String::new();
        for (user, password) in &self.options.users {
            let suffix = if self.options.disabled.contains(user) { "::::::nologin=y" } else { "" };
            let _ = writeln!(text, "{user}:{{PLAIN}}{password}{suffix}");
        }
        let fresh = self.dir().join("passwd.new");
        fs::write(&fresh, text)?;
        // It compares whole seconds and sizes only, so two changes within a second need different times.
        self.passwd_mtime += Duration::from_secs(2);
        fs::File::options().append(true).open(&fresh)?.set_modified(self.passwd_mtime)?;
        self.owner.own(&fresh)?;
        fs::rename(fresh, self.dir().join("passwd"))?;
        Ok(())
    }

    fn wait_for_greeting(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if Wire::plain(self.imap).is_ok_and(|wire| wire.greeting.contains("[CAPABILITY")) {
                return Ok(());
            }
            let ended = match &mut self.process {
                Some(running) => running.child.try_wait()?.is_some(),
                None => true,
            };
            if ended || Instant::now() > deadline {
                self.stop();
                let output = fs::read_to_string(self.dir().join("output")).unwrap_or_default();
                return Err(Trouble::new(format!("dovecot did not start: {output}{}", self.log())));
            }
            std::thread::sleep(PAUSE);
        }
    }
}
