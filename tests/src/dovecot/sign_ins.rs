//! Who tried to sign in, by what, and with what success: as the server itself saw it.
//!
//! Dovecot writes every finished attempt into its log, some milliseconds after it has answered. All attempts go
//! through one process and one pipe, so when an attempt of our own shows in the log, everything before it does.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Dovecot, PATIENCE};
use crate::programs::PAUSE;
use crate::trouble::{Outcome, Trouble};

static FENCES: AtomicU32 = AtomicU32::new(0);
/// So long an answer is waited for before another question.
const FENCE_EVERY: Duration = Duration::from_secs(1);

/// One attempt to sign in over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The user as the server knows them: the part before the @, in small letters.
    pub user: String,
    /// `PLAIN` (LOGIN too), `XOAUTH2`, `OAUTHBEARER`.
    pub mechanism: String,
    /// Whether it was let in.
    pub accepted: bool,
}

/// A moment in the server's log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Dovecot {
    /// This moment: every attempt that was answered until now lies before it.
    pub fn mark(&self) -> Outcome<Mark> {
        self.settled_log().map(|log| Mark(log.len()))
    }

    /// Every attempt since the mark that was answered until now, in order. Only those over TLS: the rig itself signs
    /// in in the clear, to append mail and to look.
    pub fn sign_ins(&self, since: Mark) -> Outcome<Vec<SignIn>> {
        let log = self.settled_log()?;
        Ok(log.get(since.0..).unwrap_or_default().lines().filter_map(attempt).collect())
    }

    /// Waits until there are `count` attempts since the mark, and answers all of them.
    pub fn wait_for_sign_ins(&self, since: Mark, count: usize) -> Outcome<Vec<SignIn>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.sign_ins(since)?;
            if seen.len() >= count {
                return Ok(seen);
            }
            if Instant::now() > deadline {
                return Err(Trouble::new(format!("waited in vain for {count} sign-ins; there are {seen:?}")));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The log, once everything that happened until now stands in it.
    fn settled_log(&self) -> Outcome<String> {
        if self.process.is_none() {
            return Ok(self.log());
        }
        let deadline = Instant::now() + PATIENCE;
        let mut name = String::new();
        let mut asked: Option<Instant> = None;
        loop {
            // A server that began a moment ago may not log yet: then it is asked once more.
            if asked.is_none_or(|asked| asked.elapsed() > FENCE_EVERY) {
                name = format!("fence-{}", FENCES.fetch_add(1, Ordering::Relaxed));
                // It is refused, and that is what it is for.
                let _ = self.doveadm(&["auth", "test", &name, "x"]);
                asked = Some(Instant::now());
            }
            let log = fs::read(self.dir().join("dovecot.log"))?;
            let log = String::from_utf8_lossy(&log).into_owned();
            if fields(log.lines()).any(|it| it["user"] == name) {
                return Ok(log);
            }
            if Instant::now() > deadline {
                return Err(Trouble::new(format!("the server does not log its sign-ins: {log}")));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> impl Iterator<Item = Value> {
    lines.filter_map(|line| {
        let (_, event) = line.split_once("stats: Info: ")?;
        let mut event: Value = serde_json::from_str(event).ok()?;
        (event["event"] == "auth_request_finished").then(|| event["fields"].take())
    })
}

fn attempt(line: &str) -> Option<SignIn> {
    let fields = fields(std::iter::once(line)).next()?;
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    (text("service") == "imap" && text("transport").eq_ignore_ascii_case("tls")).then(|| SignIn {
        user: text("user"),
        mechanism: text("mechanism"),
        accepted: fields["success"] == "yes",
    })
}
