//! A server that breaks or falls silent at every step: it is uncertain exactly when the dot may have left.

use super::send_tests::{Heard, TEXT, envelope, sent_to, text};
use super::{Follow, Mail, NotSent};
use crate::model::{Cause, Failure};
use crate::net::Deadlines;
use crate::net::scripted::SHORT;
use std::future::pending;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet, yield_now};

/// Long enough for all that is answered, short enough to wait for silence.
const PATIENT: Duration = Duration::from_secs(2);
const DEADLINES: Deadlines = Deadlines { greeting: PATIENT, idle: PATIENT, after_mail: PATIENT, ..SHORT };

/// What a server does before it breaks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Says(&'static str),
    Hears(&'static str),
}

use Step::{Hears, Says};

/// A whole mail. The last step is its answer.
const STEPS: &[Step] = &[
    Says("220 hi\n"),
    Hears("EHLO"),
    Says("250-mail.example.com\n250 AUTH PLAIN\n"),
    Hears("AUTH"),
    Says("235 in\n"),
    Hears("MAIL"),
    Says("250 ok\n"),
    Hears("RCPT"),
    Says("250 ok\n"),
    Hears("RCPT"),
    Says("250 ok\n"),
    Hears("DATA"),
    Says("354 go on\n"),
    Hears("Subject: x"),
    Hears(""),
    Hears("..hidden"),
    Hears("last"),
    Hears("."),
    Says("250 2.0.0 taken\n"),
];
/// Up to the mail's first byte.
const BEFORE_TEXT: usize = 13;
/// Up to the dot.
const WITH_DOT: usize = 18;

#[derive(Clone, Copy, Debug)]
enum End {
    Breaks,
    FallsSilent,
    /// Does not even read any more.
    Stalls,
}

/// A server that does these steps, then `last` and the end; says by the channel when it has ended. Its handle
/// answers every line that it heard.
async fn server(
    steps: &'static [Step],
    last: &'static str,
    end: End,
) -> (u16, JoinHandle<Vec<String>>, oneshot::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, ended) = oneshot::channel();
    let task = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut io = BufReader::new(tcp);
        let mut heard = Vec::new();
        for step in steps.iter().chain(&[Says(last)]) {
            match step {
                Says(text) => io.write_all(text.replace('\n', "\r\n").as_bytes()).await.unwrap(),
                Hears(wanted) => {
                    let mut line = String::new();
                    io.read_line(&mut line).await.unwrap();
                    let line = line.trim_end().to_owned();
                    assert!(line.contains(wanted), "heard {line:?} instead of {wanted:?}");
                    heard.push(line);
                }
            }
        }
        match end {
            End::Breaks => drop(io),
            End::Stalls => pending().await,
            // Until the client has gone.
            End::FallsSilent => {
                let mut line = Vec::new();
                while io.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
                    heard.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                    line.clear();
                }
            }
        }
        let _ = tell.send(());
        heard
    });
    (port, task, ended)
}

/// How it ended, and whether the dot was allowed.
async fn outcome(steps: &'static [Step], last: &'static str, end: End) -> (Result<(), NotSent>, bool) {
    let (port, task, _) = server(steps, last, end).await;
    let mut heard = Heard::default();
    let to = envelope(&["a@x.example", "b@x.example"]);
    let result = sent_to(port, &to, text(TEXT), &DEADLINES, &mut heard).await;
    let lines = task.await.unwrap();
    if lines.iter().any(|line| line == ".") {
        assert!(heard.dot, "the dot left before it was allowed");
    }
    (result.map(drop), heard.dot)
}

#[tokio::test]
async fn it_is_uncertain_exactly_when_the_dot_may_have_left() {
    let mut all = JoinSet::new();
    for end in [End::Breaks, End::FallsSilent] {
        for steps in 0..STEPS.len() {
            all.spawn(async move { (steps, end, outcome(&STEPS[..steps], "", end).await) });
        }
    }
    while let Some(done) = all.join_next().await {
        let (steps, end, (result, dot)) = done.unwrap();
        match (steps, end, result) {
            (..BEFORE_TEXT, _, Err(NotSent::Refused { failure, .. })) => {
                assert!(failure.cause.retried() && !dot, "{steps} {end:?}: {failure:?}");
            }
            (WITH_DOT, _, Err(NotSent::Uncertain(failure))) => {
                assert!(dot);
                assert_eq!(failure.cause, Cause::TimedOut);
            }
            // It had read this far; the whole mail and its dot may have been on their way, or not.
            (BEFORE_TEXT..WITH_DOT, _, Err(NotSent::Uncertain(_))) => assert!(dot, "{steps} {end:?}"),
            (BEFORE_TEXT..WITH_DOT, End::Breaks, Err(NotSent::Refused { .. })) => {}
            (_, _, result) => panic!("after {steps} steps, {end:?}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn only_a_whole_and_clear_answer_to_the_dot_is_one() {
    for (answer, expected) in [
        ("250 2.0.0 taken\n", Some(Ok(()))),
        ("250-2.0.0 taken\n250 2.0.0 all of it\n", Some(Ok(()))),
        ("451 4.3.0 later\n", Some(Err(Cause::TryLater))),
        ("421 4.3.0 leaving\n", Some(Err(Cause::TryLater))),
        ("554 5.7.1 no\n", Some(Err(Cause::MailRefused))),
        ("2", None),
        ("250", None),
        ("250 2.0.0 tak", None),
        ("250-2.0.0 taken\n", None),
        ("250-2.0.0 taken\n25", None),
        ("554-5.7.1 no\n", None),
        ("554 5.7.1 n", None),
        ("354 go on\n", None),
        ("HTTP/1.1 400 Bad Request\n", None),
    ] {
        let (result, dot) = outcome(&STEPS[..WITH_DOT], answer, End::Breaks).await;
        assert!(dot);
        match (result, expected) {
            (Ok(()), Some(Ok(()))) | (Err(NotSent::Uncertain(_)), None) => {}
            (Err(NotSent::Refused { failure, .. }), Some(Err(cause))) => {
                assert_eq!(failure.cause, cause, "{answer:?}");
            }
            (result, _) => panic!("{answer:?}: {result:?}"),
        }
    }
    let (result, dot) = outcome(&STEPS[..WITH_DOT], "250-2.0.0 taken\n250 2.0", End::FallsSilent).await;
    assert!(matches!(result, Err(NotSent::Uncertain(_))) && dot, "{result:?}");
}

/// Allows the dot when the server has gone.
struct WaitsForTheEnd(Option<oneshot::Receiver<()>>);

impl Follow for WaitsForTheEnd {
    fn sent(&mut self, _: u64) {}

    fn limit(&mut self, _: u64) {}

    async fn before_dot(&mut self) -> Result<(), Failure> {
        self.0.take().unwrap().await.unwrap();
        // The runtime hears of the end before it comes back here.
        yield_now().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_server_that_leaves_before_the_dot_has_not_taken_the_mail() {
    let (port, task, ended) = server(&STEPS[..WITH_DOT - 1], "", End::Breaks).await;
    let to = envelope(&["a@x.example", "b@x.example"]);
    let result = sent_to(port, &to, text(TEXT), &DEADLINES, &mut WaitsForTheEnd(Some(ended))).await;
    assert!(
        matches!(&result, Err(NotSent::Refused { failure, .. }) if failure.cause == Cause::TimedOut),
        "{result:?}"
    );
    assert!(!task.await.unwrap().contains(&".".to_owned()));
}

/// Larger than what the sockets on both sides hold.
const LARGE: u64 = 48 << 20;

#[tokio::test]
async fn in_the_middle_of_a_large_mail_nothing_is_uncertain() {
    for (last, end) in [
        ("", End::Breaks),
        ("552 5.3.4 Error: message file too big\n", End::Breaks),
        ("", End::Stalls),
        ("552 5.3.4 Error: message file too big\n", End::Stalls),
    ] {
        let (port, task, _) = server(&STEPS[..BEFORE_TEXT], last, end).await;
        let mut heard = Heard::default();
        let mail = Mail { bytes: io::repeat(b'a').take(LARGE), size: LARGE, needs_utf8: false };
        let to = envelope(&["a@x.example", "b@x.example"]);
        let result = sent_to(port, &to, mail, &DEADLINES, &mut heard).await;
        let Err(NotSent::Refused { failure, recipients }) = result else { panic!("{result:?}") };
        match (last, end) {
            ("", _) => assert_eq!(failure.cause, Cause::TimedOut),
            (_, End::Stalls) => assert_eq!(failure.cause, Cause::MessageTooLarge),
            // What a server said before it reset the connection may be lost with it.
            _ => assert!(matches!(failure.cause, Cause::MessageTooLarge | Cause::TimedOut), "{failure:?}"),
        }
        assert_eq!(recipients, []);
        assert!(!heard.dot && heard.sent.iter().all(|sent| *sent < LARGE));
        task.abort();
    }
}

/// Counts how much of it was read.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: io::Read> io::Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buf)?;
        self.1.fetch_add(u64::try_from(length).unwrap(), Ordering::SeqCst);
        Ok(length)
    }
}

/// Looks how far reading is ahead of writing.
struct Compares {
    read: Arc<AtomicU64>,
    sent: u64,
    furthest: u64,
}

impl Follow for Compares {
    fn sent(&mut self, bytes: u64) {
        assert!(bytes > self.sent);
        self.sent = bytes;
        self.furthest = self.furthest.max(self.read.load(Ordering::SeqCst) - bytes);
    }

    fn limit(&mut self, _: u64) {}

    async fn before_dot(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::test]
async fn a_large_mail_is_read_only_a_little_ahead() {
    const SIZE: u64 = 20 << 20;
    let (port, task, _) = server(&STEPS[..BEFORE_TEXT], "", End::FallsSilent).await;
    let read = Arc::new(AtomicU64::new(0));
    let mail = Mail {
        bytes: Counted(io::repeat(b'a').take(SIZE), Arc::clone(&read)),
        size: SIZE,
        needs_utf8: false,
    };
    let mut compares = Compares { read, sent: 0, furthest: 0 };
    let to = envelope(&["a@x.example", "b@x.example"]);
    let result = sent_to(port, &to, mail, &DEADLINES, &mut compares).await;
    assert!(matches!(result, Err(NotSent::Uncertain(_))), "{result:?}");
    assert_eq!(compares.sent, SIZE);
    assert!(compares.furthest <= 256 * 1024, "{}", compares.furthest);
    assert_eq!(task.await.unwrap().last().map(String::as_str), Some("."));
}
