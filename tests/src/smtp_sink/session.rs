//! One connection of the sink.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Act, Message, Shared, SinkTls, Step};

trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

struct Session<'a> {
    shared: &'a Shared,
    socket: TcpStream,
    stream: Box<dyn Duplex>,
    buffer: Vec<u8>,
    tls: bool,
    user: Option<String>,
    envelope: Option<Envelope>,
}

#[derive(Default)]
struct Envelope {
    from: String,
    parameters: String,
    utf8: bool,
    to: Vec<String>,
}

/// Serves until one of both hangs up. A connection that breaks is what some tests are about, and no trouble.
pub(super) fn serve(socket: TcpStream, shared: &Shared) {
    let Ok(mut session) = Session::begin(socket, shared) else { return };
    let _ = session.run();
    let _ = session.socket.shutdown(Shutdown::Both);
}

fn cut() -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, "cut as told")
}

fn encrypted(socket: &TcpStream, config: &Arc<ServerConfig>) -> io::Result<Box<dyn Duplex>> {
    let server = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(server, socket.try_clone()?)))
}

impl<'a> Session<'a> {
    fn begin(socket: TcpStream, shared: &'a Shared) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let implicit = matches!(shared.options.tls, Some(SinkTls::Implicit(_)));
        let stream: Box<dyn Duplex> = match &shared.tls {
            Some(config) if implicit => encrypted(&socket, config)?,
            _ => Box::new(socket.try_clone()?),
        };
        shared.lock().connections.push(socket.try_clone()?);
        Ok(Self { shared, socket, stream, buffer: Vec::new(), tls: implicit, user: None, envelope: None })
    }

    fn run(&mut self) -> io::Result<()> {
        self.answer(Step::Greeting, "220 sink.rig.example ESMTP")?;
        loop {
            let line = self.line()?;
            let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
            let shown = if verb == "AUTH" {
                line.split(' ').take(2).collect::<Vec<_>>().join(" ")
            } else {
                line.clone()
            };
            self.shared.lock().commands.push(shown);
            match verb.as_str() {
                "EHLO" | "HELO" => {
                    let offers = self.offers();
                    self.answer(Step::Ehlo, &offers)?;
                }
                "STARTTLS" => self.starttls()?,
                "AUTH" => self.auth(&line)?,
                "MAIL" => self.mail(&line)?,
                "RCPT" => self.rcpt(&line)?,
                "DATA" => self.data()?,
                "RSET" => {
                    self.envelope = None;
                    self.say("250 2.0.0 Ok")?;
                }
                "NOOP" => self.say("250 2.0.0 Ok")?,
                "QUIT" => return self.say("221 2.0.0 Bye"),
                _ => self.say("500 5.5.2 Not a command")?,
            }
        }
    }

    fn offers(&self) -> String {
        let options = &self.shared.options;
        let mut offers = vec!["sink.rig.example".to_owned(), "8BITMIME".to_owned()];
        offers.extend(options.size.map(|size| format!("SIZE {size}")));
        offers.extend(options.smtputf8.then(|| "SMTPUTF8".to_owned()));
        offers.extend((self.shared.tls.is_some() && !self.tls).then(|| "STARTTLS".to_owned()));
        offers.extend(options.auth.then(|| "AUTH PLAIN LOGIN XOAUTH2".to_owned()));
        offers.push("ENHANCEDSTATUSCODES".to_owned());
        let last = offers.len() - 1;
        let lines = offers.iter().enumerate();
        lines
            .map(|(n, line)| format!("250{}{line}", if n < last { "-" } else { " " }))
            .collect::<Vec<_>>()
            .join("\r\n")
    }

    fn starttls(&mut self) -> io::Result<()> {
        let Some(config) = self.shared.tls.as_ref().filter(|_| !self.tls) else {
            return self.say("502 5.5.1 Not offered");
        };
        self.say("220 2.0.0 Go ahead")?;
        self.stream = encrypted(&self.socket, config)?;
        // What came in the clear behind the command is nothing that was said in TLS (RFC 3207, section 6).
        self.buffer.clear();
        (self.tls, self.user, self.envelope) = (true, None, None);
        Ok(())
    }

    fn auth(&mut self, line: &str) -> io::Result<()> {
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or_default().to_uppercase();
        let initial = words.next().map(str::to_owned);
        let (user, password) = match mechanism.as_str() {
            "PLAIN" => {
                let text = self.given(initial, "")?;
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => (self.given(initial, "Username:")?, self.given(None, "Password:")?),
            "XOAUTH2" => {
                let text = self.given(initial, "")?;
                let of = |name: &str| {
                    text.split('\x01').find_map(|part| part.strip_prefix(name)).unwrap_or_default()
                };
                (of("user=").to_owned(), of("auth=Bearer ").to_owned())
            }
            _ => return self.say("504 5.5.4 No such mechanism"),
        };
        if !self.shared.options.auth {
            return self.say("502 5.5.1 Not offered");
        }
        let right = self.shared.options.password.as_ref().is_none_or(|wanted| *wanted == password);
        if self.reach(Step::Auth)? {
            return Ok(());
        }
        if !right {
            return self.say("535 5.7.8 Authentication credentials invalid");
        }
        self.user = Some(user);
        self.say("235 2.7.0 Welcome")
    }

    /// What came with the command, or is asked for now.
    fn given(&mut self, initial: Option<String>, question: &str) -> io::Result<String> {
        let coded = if let Some(coded) = initial {
            coded
        } else {
            self.say(format!("334 {}", STANDARD.encode(question)).trim_end())?;
            self.line()?
        };
        let bytes = STANDARD.decode(coded.trim()).unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn mail(&mut self, line: &str) -> io::Result<()> {
        if self.reach(Step::Mail)? {
            return Ok(());
        }
        let options = &self.shared.options;
        let Some((from, parameters)) = path(line, "MAIL FROM:") else {
            return self.say("501 5.5.4 Not a path");
        };
        let has = |name: &str| parameters.split(' ').find_map(|word| strip(word, name));
        let announced = has("SIZE=").and_then(|size| size.parse::<u64>().ok());
        let utf8 = has("SMTPUTF8").is_some();
        if options.auth && self.user.is_none() {
            return self.say("530 5.7.0 Sign in first");
        }
        if utf8 && !options.smtputf8 {
            return self.say("555 5.5.4 SMTPUTF8 is not offered");
        }
        if !utf8 && !from.is_ascii() {
            return self.say("553 5.6.7 Not without SMTPUTF8");
        }
        if options.size.zip(announced).is_some_and(|(most, size)| size > most) {
            return self.say("552 5.3.4 Message size exceeds fixed limit");
        }
        let (from, parameters) = (from.to_owned(), parameters.to_owned());
        self.envelope = Some(Envelope { from, parameters, utf8, to: Vec::new() });
        self.say("250 2.1.0 Ok")
    }

    fn rcpt(&mut self, line: &str) -> io::Result<()> {
        if self.reach(Step::Rcpt)? {
            return Ok(());
        }
        let Some((to, _)) = path(line, "RCPT TO:").filter(|(to, _)| !to.is_empty()) else {
            return self.say("501 5.5.4 Not a path");
        };
        let refused = self.shared.lock().refused.get(&to.to_lowercase()).cloned();
        if let Some(words) = refused {
            return self.say(&words);
        }
        let answer = match &mut self.envelope {
            None => "503 5.5.1 MAIL first",
            Some(envelope) if !envelope.utf8 && !to.is_ascii() => "553 5.6.7 Not without SMTPUTF8",
            Some(envelope) => {
                envelope.to.push(to.to_owned());
                "250 2.1.5 Ok"
            }
        };
        self.say(answer)
    }

    fn data(&mut self) -> io::Result<()> {
        if self.reach(Step::Data)? {
            return Ok(());
        }
        let Some(envelope) = self.envelope.take().filter(|envelope| !envelope.to.is_empty()) else {
            return self.say("503 5.5.1 RCPT first");
        };
        self.say("354 End with a dot")?;
        let raw = self.body()?;
        if self.reach(Step::Dot)? {
            return Ok(());
        }
        let (bytes, bare) = undoubled(&raw);
        if self.shared.options.size.is_some_and(|most| bytes.len() as u64 > most) {
            return self.say("552 5.3.4 Message size exceeds fixed limit");
        }
        let Envelope { from, parameters, to, .. } = envelope;
        let message = Message { from, parameters, to, bytes, bare, user: self.user.clone(), tls: self.tls };
        let taken = self.shared.options.taken.as_ref();
        let trouble = taken.and_then(|act| act(&message).err());
        let mut state = self.shared.lock();
        state.troubles.extend(trouble.map(|trouble| trouble.to_string()));
        state.messages.push(message);
        drop(state);
        self.shared.changed.notify_all();
        self.answer(Step::Answer, "250 2.0.0 Ok, taken")
    }

    /// Everything up to the final dot, which is left out.
    fn body(&mut self) -> io::Result<Vec<u8>> {
        let mut passed = 0;
        let mut searched = 0;
        loop {
            let end = if self.buffer.starts_with(b".\r\n") {
                Some(0)
            } else {
                let tail = &self.buffer[searched..];
                tail.windows(5).position(|five| five == b"\r\n.\r\n").map(|at| searched + at + 2)
            };
            let come = end.unwrap_or(self.buffer.len());
            while let Some(step) = self.due(passed, come) {
                if let Step::Body(count) = step {
                    passed = count;
                }
                if self.reach(step)? {
                    return Err(cut());
                }
            }
            if let Some(end) = end {
                let rest = self.buffer.split_off(end);
                let body = std::mem::replace(&mut self.buffer, rest);
                self.buffer.drain(..3);
                return Ok(body);
            }
            searched = self.buffer.len().saturating_sub(4);
            self.fill()?;
        }
    }

    /// The next place in the message at which something is to be done, beyond `passed` and up to `come` bytes.
    fn due(&self, passed: usize, come: usize) -> Option<Step> {
        let state = self.shared.lock();
        let steps = state.acts.iter().chain(&state.always).map(|(step, _)| *step);
        steps.filter(|step| matches!(step, Step::Body(count) if *count > passed && *count <= come)).min()
    }

    fn answer(&mut self, step: Step, words: &str) -> io::Result<()> {
        if self.reach(step)? { Ok(()) } else { self.say(words) }
    }

    /// Does what is to be done at this step. True when something was said instead of the answer.
    fn reach(&mut self, step: Step) -> io::Result<bool> {
        let mut state = self.shared.lock();
        *state.reached.entry(step).or_default() += 1;
        let next = state.acts.iter().position(|(known, _)| *known == step);
        let act = match next.and_then(|at| state.acts.remove(at)) {
            Some((_, act)) => Some(act),
            None => state.always.iter().find(|(known, _)| *known == step).map(|(_, act)| act.clone()),
        };
        self.shared.changed.notify_all();
        match act {
            None => Ok(false),
            Some(Act::Cut) => Err(cut()),
            Some(Act::Hold) => {
                let (releases, cuts) = (state.releases, state.cuts);
                while state.releases == releases && state.cuts == cuts && !state.closed {
                    state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                // Who dies while it holds has not gone on.
                if state.cuts == cuts { Ok(false) } else { Err(cut()) }
            }
            Some(Act::Say(words)) => {
                drop(state);
                self.say(words)?;
                if words.starts_with("421") { Err(cut()) } else { Ok(true) }
            }
        }
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        self.stream.write_all(format!("{words}\r\n").as_bytes())?;
        self.stream.flush()
    }

    /// A command. A lone LF ends it too, as with many servers: so what was smuggled in shows as a command.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16_384];
        let count = self.stream.read(&mut chunk)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(())
    }
}

/// The path in brackets behind a command, and its parameters.
fn path<'l>(line: &'l str, command: &str) -> Option<(&'l str, &'l str)> {
    let rest = strip(line, command)?.trim_start().strip_prefix('<')?;
    // The last bracket before the parameters: a quoted local part may hold one.
    let close = rest.rfind('>')?;
    Some((&rest[..close], rest[close + 1..].trim()))
}

/// As `strip_prefix`, whatever the case.
fn strip<'l>(text: &'l str, prefix: &str) -> Option<&'l str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The message without its transparency (RFC 5321, section 4.5.2), and whether a CR or LF stood alone.
fn undoubled(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut bare = false;
    let mut before = [b'\r', b'\n'];
    for (at, byte) in raw.iter().enumerate() {
        bare |= *byte == b'\n' && before[1] != b'\r';
        bare |= *byte == b'\r' && raw.get(at + 1) != Some(&b'\n');
        if !(*byte == b'.' && before == [b'\r', b'\n']) {
            bytes.push(*byte);
        }
        before = [before[1], *byte];
    }
    (bytes, bare)
}
