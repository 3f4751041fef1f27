//! Thousands of mails at a raw sink: whatever an envelope and a mail are made of, one message arrives for each,
//! for the right recipients, and nothing besides.

use super::send_tests::{Heard, sent_to};
use super::{Mail, NotSent, Receipt};
use crate::model::{Address, Cause, Envelope};
use crate::net::scripted::SHORT;
use std::io::Cursor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// SplitMix64: the same mails each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(super) fn one<'o, T: ?Sized>(&mut self, of: &[&'o T]) -> &'o T {
        of[self.below(of.len())]
    }
}

/// What one connection said: every command, and the mail as it came, its dots undone. What breaks the protocol
/// panics, and so does a byte after QUIT.
#[derive(Debug, Default)]
struct Session {
    commands: Vec<String>,
    messages: Vec<Vec<u8>>,
}

/// Reads to CRLF. The sink knows no other line end, and lets none pass.
async fn line(tcp: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = buffer.iter().position(|b| matches!(b, b'\r' | b'\n')) {
            if at + 1 < buffer.len() {
                assert_eq!(&buffer[at..at + 2], b"\r\n", "a bare line end in {:?}", buffer.escape_ascii());
                let line = buffer[..at].to_vec();
                buffer.drain(..at + 2);
                return Some(line);
            }
            assert_eq!(buffer[at], b'\r', "a bare line end");
        }
        if tcp.read_buf(buffer).await.unwrap_or(0) == 0 {
            assert!(buffer.is_empty(), "half a line: {:?}", buffer.escape_ascii());
            return None;
        }
    }
}

async fn sink(listener: &TcpListener, utf8: bool) -> Session {
    let (mut tcp, _) = listener.accept().await.unwrap();
    let (mut buffer, mut session) = (Vec::new(), Session::default());
    let offer = if utf8 { "250-8BITMIME\r\n250 SMTPUTF8\r\n" } else { "250 8BITMIME\r\n" };
    let mut answer = "220 sink\r\n".to_owned();
    loop {
        tcp.write_all(answer.as_bytes()).await.unwrap();
        let Some(command) = line(&mut tcp, &mut buffer).await else { return session };
        let command = String::from_utf8(command).unwrap();
        let quit = command == "QUIT";
        answer = match command.split([' ', ':']).next().unwrap() {
            "EHLO" => format!("250-sink\r\n{offer}"),
            "MAIL" | "RCPT" => "250 ok\r\n".to_owned(),
            "DATA" => {
                tcp.write_all(b"354 go on\r\n").await.unwrap();
                session.messages.push(message(&mut tcp, &mut buffer).await);
                "250 taken\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => panic!("{command:?}"),
        };
        session.commands.push(command);
        if quit {
            assert_eq!(line(&mut tcp, &mut buffer).await, None, "something after QUIT");
            return session;
        }
    }
}

async fn message(tcp: &mut TcpStream, buffer: &mut Vec<u8>) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = line(tcp, buffer).await.expect("the mail ends");
        if line == b"." {
            return whole;
        }
        whole.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        whole.extend_from_slice(b"\r\n");
    }
}

/// Takes the address out of `WORD:<…>`, and what follows it. As a server reads it, not as it was written.
fn unpath(command: &str) -> (Address, &str) {
    let path = command.split_once(":<").unwrap().1;
    let (mut local, mut quoted, mut letters) = (String::new(), false, path.char_indices());
    let domain_at = loop {
        let (at, letter) = letters.next().unwrap();
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => local.push(letters.next().unwrap().1),
            '@' if !quoted => break at + 1,
            _ => {
                assert!(quoted || !" <>()[]:;,\\".contains(letter), "{command:?}");
                local.push(letter);
            }
        }
    };
    let (domain, parameters) = path[domain_at..].split_once('>').unwrap();
    (Address::from_parts(&local, domain).unwrap(), parameters)
}

fn local_part(dice: &mut Dice) -> String {
    const GOOD: &[&str] = &["anna", "b.c", "d+tag", "käthe", "用户", "o'neil", "x_y-z"];
    const BAD: &[&str] = &[
        " ",
        "\"",
        "\\",
        "<",
        ">",
        "@",
        ",",
        ":",
        "..",
        ".",
        "\u{a0}",
        "a>",
        "b> SIZE=1",
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\r\nRCPT TO:<c@x.example>\r\n",
        "\r\n.\r\n",
        "\u{202e}",
        "😀",
    ];
    let mut local = dice.one(GOOD).to_owned();
    if dice.below(4) == 0 {
        for _ in 0..=dice.below(2) {
            local.push_str(dice.one(BAD));
            local.push_str(dice.one(GOOD));
        }
    }
    if dice.below(50) == 0 {
        local = local.repeat(200);
    }
    local
}

fn any_address(dice: &mut Dice) -> Address {
    const DOMAINS: &[&str] =
        &["studio.example", "müller.example", "例え.example", "[192.0.2.1]", "a-b.co.example"];
    let local = local_part(dice);
    Address::from_parts(&local, dice.one(DOMAINS)).unwrap()
}

pub(super) fn any_envelope(dice: &mut Dice) -> Envelope {
    let from = any_address(dice);
    Envelope { from, to: (0..=dice.below(3)).map(|_| any_address(dice)).collect() }
}

/// Whether an address can stand on the wire at all.
pub(super) fn can_be_sent(address: &Address) -> bool {
    !address.local().chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' '))
        && address.as_str().len() < 300
}

/// Bytes of which the worst mails are made.
fn any_bytes(dice: &mut Dice) -> Vec<u8> {
    const PIECES: &[&[u8]] = &[
        b"Subject: hello\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b".",
        b"..",
        b".\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\0",
        b"text",
        b"QUIT\r\n",
        b"MAIL FROM:<e@x.example>\r\n",
        b"RCPT TO:<e@x.example>\r\n",
        b"DATA\r\n",
        "grüße 😀".as_bytes(),
        b"\xff\xfe",
    ];
    let mut bytes = Vec::new();
    for _ in 0..dice.below(40) {
        bytes.extend_from_slice(dice.one(PIECES));
        if dice.below(60) == 0 {
            bytes.resize(bytes.len() + 1000 + dice.below(80_000), b'x');
        }
    }
    bytes
}

/// What must arrive: the same lines, each with a whole end.
fn whole_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| b"\r\n".contains(b)).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        rest = &rest[end..];
        rest = rest.strip_prefix(b"\r\n").or(rest.get(1..)).unwrap_or_default();
    }
    out
}

pub(super) struct Sinks([(TcpListener, u16, bool); 2]);

impl Sinks {
    pub(super) async fn open() -> Self {
        let [one, two] = [TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await];
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let (one, two) = (one.unwrap(), two.unwrap());
        let ports = (port(&one), port(&two));
        Self([(one, ports.0, false), (two, ports.1, true)])
    }

    /// Sends one mail to one of them, and looks at everything that arrived. Whether it was one to send.
    pub(super) async fn check(
        &self,
        dice: &mut Dice,
        envelope: &Envelope,
        mail: &[u8],
        needs_utf8: bool,
    ) -> bool {
        let (listener, port, utf8) = &self.0[dice.below(2)];
        let size = u64::try_from(mail.len()).unwrap();
        let given = Mail { bytes: Cursor::new(mail.to_vec()), size, needs_utf8 };
        let mut heard = Heard::default();
        if !envelope.to.iter().chain([&envelope.from]).all(can_be_sent) {
            // Refused before a server is even looked for: nothing listens on port 1.
            let result = sent_to(1, envelope, given, &SHORT, &mut heard).await;
            let cause = refused(&result);
            assert!(matches!(cause, Cause::SenderRefused | Cause::RecipientRefused), "{cause:?}");
            return false;
        }
        let (result, session) =
            tokio::join!(sent_to(*port, envelope, given, &SHORT, &mut heard), sink(listener, *utf8));
        let addresses = || envelope.to.iter().chain([&envelope.from]);
        let needs_utf8 = needs_utf8 || addresses().any(|address| !address.local().is_ascii());
        if needs_utf8 && !utf8 {
            assert_eq!(refused(&result), Cause::Utf8NotOffered);
            assert_eq!(session.commands, ["EHLO [127.0.0.1]", "QUIT"]);
            assert_eq!(session.messages, [] as [Vec<u8>; 0]);
            return false;
        }
        assert_eq!(result.unwrap().accepted, envelope.to);
        let commands = &session.commands;
        assert_eq!(commands.len(), envelope.to.len() + 4, "{commands:?}");
        let (from, parameters) = unpath(&commands[1]);
        assert_eq!(from, envelope.from);
        assert_eq!(parameters, if needs_utf8 { " BODY=8BITMIME SMTPUTF8" } else { "" });
        for (command, address) in commands[2..].iter().zip(&envelope.to) {
            assert!(command.starts_with("RCPT TO:<"), "{command:?}");
            assert_eq!(unpath(command), (address.clone(), ""));
        }
        assert_eq!(commands[commands.len() - 2..], ["DATA", "QUIT"]);
        assert!(heard.dot && heard.sent.last().copied().unwrap_or(0) == size);
        assert_eq!(session.messages.len(), 1);
        let (arrived, expected) = (&session.messages[0], whole_lines(mail));
        assert!(*arrived == expected, "{:?}\n{:?}", arrived.escape_ascii(), mail.escape_ascii());
        true
    }
}

fn refused(result: &Result<Receipt, NotSent>) -> Cause {
    match result {
        Err(NotSent::Refused { failure, .. }) => failure.cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_of_any_bytes_arrive_as_one_message_each() {
    let workers = (0..4_u64).map(|seed| {
        tokio::spawn(async move {
            let (mut dice, sinks) = (Dice(seed), Sinks::open().await);
            let mut arrived = 0;
            for _ in 0..1000 {
                let (envelope, bytes) = (any_envelope(&mut dice), any_bytes(&mut dice));
                let header = dice.below(8) == 0;
                arrived += usize::from(sinks.check(&mut dice, &envelope, &bytes, header).await);
            }
            arrived
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut arrived = 0;
    for worker in workers {
        arrived += worker.await.unwrap();
    }
    // The others were refused, each with its reason.
    assert!((1000..3000).contains(&arrived), "{arrived}");
}
