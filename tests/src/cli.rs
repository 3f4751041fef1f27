//! Runs `hatstand-cli` as a person's script would: its arguments, its standard input, its exit code, its JSON.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::dovecot::Dovecot;
use crate::keychain::Keychain;
use crate::programs;
use crate::trouble::{Doing, Outcome, Trouble};

/// Exit codes of `hatstand-cli`.
pub mod exit {
    /// Done.
    pub const DONE: i32 = 0;
    /// Bad usage.
    pub const USAGE: i32 = 2;
    /// Bad input, or not found.
    pub const REFUSED: i32 = 3;
    /// An account needs reconnecting.
    pub const NEEDS_RECONNECTING: i32 = 4;
    /// An account's server cannot be reached.
    pub const UNREACHABLE: i32 = 5;
    /// Something on this machine, or one folder, stops it.
    pub const HELD_UP: i32 = 6;
    /// The app is open and syncing.
    pub const BUSY: i32 = 7;
}

/// `hatstand-cli` with one profile and one keychain.
pub struct Cli {
    program: PathBuf,
    data: PathBuf,
    env: Vec<(String, String)>,
    /// Kept while the profile is in use.
    #[expect(dead_code, reason = "its drop removes the folder")]
    folder: Option<tempfile::TempDir>,
}

/// An outgoing server on this machine, as an account is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its port.
    pub port: u16,
    /// `tls`, `starttls` or `plaintext`.
    pub security: &'static str,
}

/// What a run left: its exit code, and its value from standard output, or from standard error after a failure.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 when it died of a signal.
    pub code: i32,
    /// The JSON value; null when there was none.
    pub value: Value,
    /// Standard output as it came.
    pub stdout: Vec<u8>,
    /// Standard error as it came.
    pub stderr: Vec<u8>,
}

impl Run {
    /// The value, if the run was done; else a trouble with what it said.
    #[track_caller]
    pub fn done(self) -> Outcome<Value> {
        if self.code == exit::DONE {
            return Ok(self.value);
        }
        let said = String::from_utf8_lossy(&self.stderr).trim().to_owned();
        Err(Trouble::new(format!("hatstand-cli ended with {}: {said}", self.code)))
    }

    /// The cause's code of a failed run.
    pub fn cause(&self) -> &str {
        self.value["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Cli {
    /// With a fresh profile, in the keychain's folder, which goes also when we are killed.
    pub fn fresh(keychain: &Keychain) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("profile-").tempdir_in(keychain.dir())?;
        let cli = Self::at(&folder.path().join("data"), keychain.env())?;
        Ok(Self { folder: Some(folder), ..cli })
    }

    /// With the profile in `data` and variables for its environment.
    pub fn at(data: &Path, env: Vec<(String, String)>) -> Outcome<Self> {
        let program = programs::built("hatstand-cli", "HATSTAND_CLI")?;
        Ok(Self { program, data: data.to_owned(), env, folder: None })
    }

    /// With further variables in its environment, such as a [`Browser`](crate::browser::Browser)'s PATH or a proxy.
    #[must_use]
    pub fn with_env(mut self, more: &[(String, String)]) -> Self {
        self.env.extend_from_slice(more);
        self
    }

    /// The profile's folder.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The command, ready for arguments: profile and environment are set.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data-dir").arg(&self.data).envs(self.env.iter().cloned());
        // What a developer has set must not decide a test.
        command.env_remove("HATSTAND_DATA_DIR").env_remove("RUST_LOG");
        command
    }

    /// Runs it with `args`, `stdin` on its standard input.
    pub fn run(&self, args: &[&str], stdin: &str) -> Outcome<Output> {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .doing("starting hatstand-cli")?;
        if let Some(mut pipe) = child.stdin.take() {
            // One that refuses its arguments ends without reading.
            let _ = pipe.write_all(stdin.as_bytes());
        }
        Ok(child.wait_with_output()?)
    }

    /// Runs it with `--json`. Its exit code and value come back, whatever they are.
    pub fn json(&self, args: &[&str], stdin: &str) -> Outcome<Run> {
        let args: Vec<&str> = std::iter::once("--json").chain(args.iter().copied()).collect();
        let output = self.run(&args, stdin)?;
        let code = output.status.code().unwrap_or(-1);
        // `sync` answers its table also when it ends with an account's code.
        let value = last_value(&output.stdout).or_else(|| last_value(&output.stderr)).unwrap_or(Value::Null);
        Ok(Run { code, value, stdout: output.stdout, stderr: output.stderr })
    }

    /// As [`json`](Self::json), for what must be done; answers the value.
    #[track_caller]
    pub fn done(&self, args: &[&str]) -> Outcome<Value> {
        self.json(args, "")?.done().doing(&args.join(" "))
    }

    /// Connects a user of a server by IMAPS, without an outgoing server.
    pub fn connect(&self, server: &Dovecot, user: &str, email: &str, password: &str) -> Outcome<Run> {
        self.connect_with(server, user, email, password, &["--smtp-security", "none"])
    }

    /// Connects a user of a server by IMAPS, with an outgoing server on localhost that takes the same password and is
    /// vouched for by the same authority.
    pub fn connect_sending(
        &self,
        server: &Dovecot,
        user: &str,
        email: &str,
        password: &str,
        outgoing: Outgoing,
    ) -> Outcome<Run> {
        let port = outgoing.port.to_string();
        // An address of loopback: the app speaks in the clear to no other.
        let host = if outgoing.security == "plaintext" { "127.0.0.1" } else { "localhost" };
        let more = ["--smtp-host", host, "--smtp-port", &port, "--smtp-security", outgoing.security];
        self.connect_with(server, user, email, password, &more)
    }

    fn connect_with(
        &self,
        server: &Dovecot,
        user: &str,
        email: &str,
        password: &str,
        more: &[&str],
    ) -> Outcome<Run> {
        let (port, ca) = (server.imaps.to_string(), server.ca_file().display().to_string());
        let mut args = vec!["account", "connect", "--email", email, "--username", user];
        args.extend(["--imap-host", "localhost", "--imap-port", &port, "--imap-security", "tls"]);
        args.extend_from_slice(more);
        args.extend(["--ca-file", &ca, "--password-stdin"]);
        self.json(&args, &format!("{password}\n"))
    }

    /// One cycle; the objects of all accounts.
    pub fn sync(&self) -> Outcome<Vec<Value>> {
        self.done(&["sync"])?.as_array().cloned().doing("sync did not answer a list")
    }

    /// The original bytes of a message.
    pub fn raw(&self, id: &str) -> Outcome<Vec<u8>> {
        let output = self.run(&["message", "show", id, "--raw"], "")?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Trouble::new(format!("message show {id}: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }
}

/// An id out of a JSON object, as an argument.
pub fn id(value: &Value) -> String {
    match &value["id"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The JSON value of an output: the whole of it, else its last line (log lines may stand before).
fn last_value(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().or_else(|| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().rev().find_map(|line| serde_json::from_str(line).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_behind_log_lines() {
        assert_eq!(last_value(b"[1,\n2]"), Some(serde_json::json!([1, 2])));
        let logged = b"INFO dialing\n{\"error\":{\"code\":\"timed_out\"}}\n";
        assert_eq!(last_value(logged), Some(serde_json::json!({"error": {"code": "timed_out"}})));
        assert_eq!(last_value(b""), None);
    }
}
