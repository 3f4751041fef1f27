//! Proxies on loopback: SOCKS5 (RFC 1928, 1929) and HTTP CONNECT (RFC 9110, section 9.3.6).
//!
//! A proxy writes down where it was asked to go, by which words, and what it answered. Names are its own to look
//! up: a test gives it names that exist nowhere else, and so sees that the app has not looked them up itself.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;

use crate::programs::PAUSE;
use crate::trouble::{Outcome, Trouble};

const PATIENCE: Duration = Duration::from_secs(20);

/// What the proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SOCKS version 5, CONNECT alone.
    Socks5,
    /// HTTP/1.1, CONNECT alone.
    Http,
}

/// What the proxy did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Connected.
    Through,
    /// The proxy was told to refuse: SOCKS reply 2, HTTP 403.
    Refused,
    /// It could not connect: SOCKS reply 5, HTTP 502.
    NotReached,
    /// Name and password were missing or wrong: SOCKS `FF` or status 1, HTTP 407.
    NotAllowed,
}

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The host as it was asked for: a name, or an address; empty when it never came so far.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What became of it.
    pub answer: Answer,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    /// Names, in small letters, to ports on 127.0.0.1 that stand for whatever port is asked for.
    names: BTreeMap<String, u16>,
    refuses: bool,
    credentials: Option<(String, String)>,
    open: Vec<TcpStream>,
    over: bool,
}

/// A proxy that runs.
pub struct Proxy {
    kind: Kind,
    /// Its port on 127.0.0.1.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Starts a proxy that lets everybody through to loopback.
    pub fn start(kind: Kind) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let proxy = Self { kind, port: listener.local_addr()?.port(), state: Arc::default() };
        let state = Arc::clone(&proxy.state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if locked(&state).over {
                    return;
                }
                let state = Arc::clone(&state);
                // Whatever breaks off is the end of that connection alone.
                thread::spawn(move || serve(kind, stream, &state));
            }
        });
        Ok(proxy)
    }

    /// Its URL, such as `socks5h://127.0.0.1:1080` or `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        let scheme = if self.kind == Kind::Socks5 { "socks5h" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Makes `name` lead to a port on 127.0.0.1, whatever port is asked for.
    pub fn knows(&self, name: &str, port: u16) {
        locked(&self.state).names.insert(name.to_ascii_lowercase(), port);
    }

    /// Refuses everything from now on, or lets it through again. What is open stays open.
    pub fn set_refuses(&self, refuses: bool) {
        locked(&self.state).refuses = refuses;
    }

    /// Asks for a name and a password from now on.
    pub fn asks_for(&self, name: &str, password: &str) {
        locked(&self.state).credentials = Some((name.to_owned(), password.to_owned()));
    }

    /// Every request so far, in the order of the answers.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.state).asked.clone()
    }

    /// Waits until that many were asked for.
    pub fn wait_for_asked(&self, count: usize) -> Outcome<Vec<Asked>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = self.asked();
            if asked.len() >= count {
                return Ok(asked);
            }
            if Instant::now() > deadline {
                return Err(Trouble::new(format!(
                    "waited in vain for {count} requests; there are {asked:?}"
                )));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Cuts every connection that runs through it.
    pub fn cut(&self) {
        for stream in locked(&self.state).open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        locked(&self.state).over = true;
        self.cut();
        // Wakes the listener, which then closes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(kind: Kind, stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let end = stream.try_clone()?;
    locked(state).open.push(stream.try_clone()?);
    let served = match kind {
        Kind::Socks5 => socks(&mut reader, stream, state),
        Kind::Http => http(&mut reader, stream, state),
    };
    // The copy that `cut` needs would keep it open.
    end.shutdown(Shutdown::Both)?;
    served
}

/// Connects where it is asked to, and writes that down.
fn reach(state: &Mutex<State>, host: &str, port: u16) -> (Answer, Option<TcpStream>) {
    let (refuses, known) = {
        let state = locked(state);
        (state.refuses, state.names.get(&host.to_ascii_lowercase()).copied())
    };
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "::1");
    let target = known.or(loopback.then_some(port));
    let stream = target.filter(|_| !refuses).and_then(|port| {
        TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE).ok()
    });
    let answer = match stream {
        _ if refuses => Answer::Refused,
        Some(_) => Answer::Through,
        None => Answer::NotReached,
    };
    (answer, stream)
}

fn note(state: &Mutex<State>, host: &str, port: u16, answer: Answer) {
    locked(state).asked.push(Asked { host: host.to_owned(), port, answer });
}

fn socks(reader: &mut BufReader<TcpStream>, mut client: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let [version, count] = bytes(reader)?;
    if version != 5 {
        return Ok(());
    }
    let mut methods = vec![0; count.into()];
    reader.read_exact(&mut methods)?;
    let credentials = locked(state).credentials.clone();
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        note(state, "", 0, Answer::NotAllowed);
        return client.write_all(&[5, 0xff]);
    }
    client.write_all(&[5, method])?;
    if let Some((name, password)) = credentials {
        let [_] = bytes(reader)?;
        let given = (text(reader)?, text(reader)?);
        if given != (name, password) {
            note(state, "", 0, Answer::NotAllowed);
            return client.write_all(&[1, 1]);
        }
        client.write_all(&[1, 0])?;
    }
    let [_, command, _, kind] = bytes(reader)?;
    let host = match kind {
        1 => Ipv4Addr::from(bytes::<4>(reader)?).to_string(),
        3 => text(reader)?,
        4 => Ipv6Addr::from(bytes::<16>(reader)?).to_string(),
        _ => return client.write_all(&[5, 8, 0, 1, 0, 0, 0, 0, 0, 0]),
    };
    let port = u16::from_be_bytes(bytes(reader)?);
    if command != 1 {
        return client.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let (answer, server) = reach(state, &host, port);
    note(state, &host, port, answer);
    let code = match answer {
        Answer::Through => 0,
        Answer::Refused | Answer::NotAllowed => 2,
        Answer::NotReached => 5,
    };
    client.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0])?;
    relay(reader, client, server, state)
}

fn http(reader: &mut BufReader<TcpStream>, mut client: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let request = lines.first().map(String::as_str).unwrap_or_default();
    let mut words = request.split(' ');
    let target = words.next().filter(|method| *method == "CONNECT").and_then(|_| words.next());
    let target = target.and_then(|target| target.rsplit_once(':'));
    let Some((host, Ok(port))) = target.map(|(host, port)| (host, port.parse())) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let wanted = locked(state).credentials.clone().map(|(name, password)| {
        let coded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        format!("Basic {coded}")
    });
    let given = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned()));
    let (answer, server) = if wanted.is_some() && wanted != given {
        (Answer::NotAllowed, None)
    } else {
        reach(state, host, port)
    };
    note(state, host, port, answer);
    client.write_all(match answer {
        Answer::Through => b"HTTP/1.1 200 Connection established\r\n\r\n".as_slice(),
        Answer::Refused => b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        Answer::NotReached => b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        Answer::NotAllowed => {
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n"
        }
    })?;
    relay(reader, client, server, state)
}

/// Carries bytes both ways, and each side's end to the other.
fn relay(
    reader: &mut BufReader<TcpStream>,
    mut client: TcpStream,
    server: Option<TcpStream>,
    state: &Mutex<State>,
) -> io::Result<()> {
    let Some(mut server) = server else { return Ok(()) };
    locked(state).open.push(server.try_clone()?);
    let mut upstream = server.try_clone()?;
    let back = thread::spawn(move || {
        let _ = io::copy(&mut server, &mut client);
        let _ = client.shutdown(Shutdown::Write);
    });
    // The reader may hold bytes that came right behind the request.
    let _ = io::copy(reader, &mut upstream);
    let _ = upstream.shutdown(Shutdown::Write);
    let _ = back.join();
    Ok(())
}

fn bytes<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Text with its length before it, in one byte.
fn text(reader: &mut impl Read) -> io::Result<String> {
    let [length] = bytes(reader)?;
    let mut text = vec![0; length.into()];
    reader.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
