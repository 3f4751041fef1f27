//! Through proxies, with real sockets: a proxy of the test's own that knows one name.

use super::proxy::Hop;
use super::scripted::{Authority, SHORT, Scripted, Turn, say};
use super::*;
use crate::model::{Cause, Endpoint, Failure, Security};
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A name that no resolver has; the proxy does.
pub(super) const NAME: &str = "mail.example";

/// For tests of silence.
const HASTY: Deadlines = Deadlines { connect: Duration::from_secs(1), ..SHORT };

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Socks5,
    Http,
}

pub(super) const BOTH: [Kind; 2] = [Kind::Socks5, Kind::Http];

impl Kind {
    pub(super) fn at(self, port: u16) -> Terms {
        let host = "127.0.0.1".to_owned();
        let proxy = match self {
            Self::Socks5 => Proxy::Socks5 { host, port },
            Self::Http => Proxy::Http { host, port },
        };
        Terms { proxy, ..Terms::default() }
    }
}

/// A proxy that takes one connection, on which it knows [`NAME`] alone.
pub(super) struct Relay {
    pub(super) port: u16,
    task: JoinHandle<String>,
}

impl Relay {
    /// To a server on this machine. With a `sign_in` (user, password) for those alone who know it. A `greeting`
    /// of the server is sent on in one piece with the proxy's own answer.
    pub(super) async fn to(
        kind: Kind,
        server: u16,
        sign_in: Option<(&'static str, &'static str)>,
        greeting: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let target = match kind {
                Kind::Socks5 => asked_in_socks(&mut client, sign_in).await,
                Kind::Http => asked_in_http(&mut client, sign_in).await,
            };
            let Some(target) = target else { return "nothing".to_owned() };
            let (good, unknown): (&[u8], &[u8]) = match kind {
                Kind::Socks5 => (b"\x05\0\0\x03\x04here\x10\x20", b"\x05\x04\0\x01\0\0\0\0\0\0"),
                Kind::Http => (
                    b"HTTP/1.1 200 Connection established\r\nVia: 1.1 relay\r\n\r\n",
                    b"HTTP/1.1 502 Bad Gateway\r\nProxy-Status: relay; error=dns_error\r\n\r\n",
                ),
            };
            if !target.starts_with(&format!("{NAME}:")) {
                client.write_all(unknown).await.unwrap();
                return target;
            }
            let mut upstream = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            let mut answer = good.to_vec();
            if greeting {
                upstream.read_buf(&mut answer).await.unwrap();
            }
            client.write_all(&answer).await.unwrap();
            // Either side may simply go.
            let _ = copy_bidirectional(&mut client, &mut upstream).await;
            target
        });
        Self { port, task }
    }

    /// What it was asked for, host and port.
    pub(super) async fn asked(self) -> String {
        self.task.await.unwrap()
    }
}

async fn asked_in_socks(client: &mut TcpStream, sign_in: Option<(&str, &str)>) -> Option<String> {
    assert_eq!(client.read_u8().await.unwrap(), 5);
    let count = client.read_u8().await.unwrap();
    let methods = counted(client, count).await;
    if let Some((user, password)) = sign_in {
        if !methods.contains(&2) {
            client.write_all(&[5, 0xff]).await.unwrap();
            return None;
        }
        client.write_all(&[5, 2]).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 1);
        let count = client.read_u8().await.unwrap();
        let heard_user = counted(client, count).await;
        let count = client.read_u8().await.unwrap();
        let heard_password = counted(client, count).await;
        let right = heard_user == user.as_bytes() && heard_password == password.as_bytes();
        client.write_all(&[1, u8::from(!right)]).await.unwrap();
        if !right {
            return None;
        }
    } else {
        assert!(methods.contains(&0));
        client.write_all(&[5, 0]).await.unwrap();
    }
    assert_eq!(counted(client, 4).await, [5, 1, 0, 3], "a name, not an address of ours");
    let count = client.read_u8().await.unwrap();
    let name = String::from_utf8(counted(client, count).await).unwrap();
    Some(format!("{name}:{}", client.read_u16().await.unwrap()))
}

async fn counted(client: &mut TcpStream, count: u8) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(count)];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

async fn asked_in_http(client: &mut TcpStream, sign_in: Option<(&str, &str)>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    if let Some((user, password)) = sign_in {
        use base64::Engine as _;
        let right = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        if !head.contains(&format!("Proxy-Authorization: Basic {right}\r\n")) {
            // An unkind one: it says back what it heard.
            let echoed = head.lines().nth(2).unwrap_or_default();
            let answer = format!("HTTP/1.1 407 {echoed}\r\n\r\n");
            client.write_all(answer.as_bytes()).await.unwrap();
            return None;
        }
    }
    let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
    assert!(head.contains(&format!("\r\nHost: {target}\r\n")));
    Some(target.to_owned())
}

fn endpoint(host: &str, security: Security) -> Endpoint {
    Endpoint { host: host.to_owned(), port: 993, security }
}

async fn dialed(host: &str, terms: &Terms, deadlines: &Deadlines) -> Result<Stream, Failure> {
    dial(&endpoint(host, Security::Tls), &terms.proxy, &Arc::default(), deadlines, &mut |_| {}).await
}

/// What comes of a proxy that says these bytes, whatever it hears, and then keeps silent or closes.
async fn told(kind: Kind, says: &[u8], then: Option<Turn>, deadlines: &Deadlines) -> Failure {
    let mut turns = vec![Turn::Say(says.to_vec())];
    turns.extend(then);
    let proxy = Scripted::plays(turns).await;
    let mut stages = 0;
    let terms = kind.at(proxy.port);
    let endpoint = endpoint(NAME, Security::Tls);
    let failed = dial(&endpoint, &terms.proxy, &Arc::default(), deadlines, &mut |_| stages += 1).await;
    assert_eq!(stages, 0, "no server was found");
    let failure = failed.unwrap_err();
    let words = failure.server_said.as_deref().unwrap();
    assert!(words.ends_with(&format!("(proxy 127.0.0.1, port {})", proxy.port)), "{words}");
    failure
}

#[tokio::test]
async fn a_name_that_only_the_proxy_knows_is_reached_through_it() {
    let authority = Authority::new("Studio CA");
    for kind in BOTH {
        let turns = vec![Turn::Tls(authority.server(&[NAME], 2045)), say("* OK ready\n"), Turn::Hear("a1")];
        let server = Scripted::plays(turns).await;
        let proxy = Relay::to(kind, server.port, None, false).await;
        let terms = Terms { ca_pem: Some(authority.pem.clone()), ..kind.at(proxy.port) };
        let counters = Arc::new(Counters::default());
        let mut stages = Vec::new();
        let mut watch = |stage: Stage<'_>| stages.push(format!("{stage:?}"));
        let endpoint = endpoint(NAME, Security::Tls);
        let stream = dial(&endpoint, &terms.proxy, &counters, &SHORT, &mut watch).await.unwrap();
        assert_eq!(stream.peer().port(), proxy.port);
        let mut stream = stream.secure(NAME, &terms, &SHORT, false, &mut watch).await.unwrap();
        assert_eq!(stages[0], format!("Connected(127.0.0.1:{})", proxy.port));
        assert_eq!(stages[2], "Secured");
        let mut greeting = [0; 12];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(b"a1 LOGOUT\r\n").await.unwrap();
        assert_eq!(stream.certificate().unwrap().host, NAME);
        assert!(counters.bytes_in() > 500 && counters.round_trips() >= 3, "{counters:?}");
        drop(stream);
        assert_eq!(server.heard().await, "a1 LOGOUT\n");
        assert_eq!(proxy.asked().await, "mail.example:993");
    }
}

#[tokio::test]
async fn a_greeting_right_behind_the_proxys_answer_is_not_lost() {
    for kind in BOTH {
        let server = Scripted::plays(vec![say("* OK ready\n"), Turn::Silence]).await;
        let proxy = Relay::to(kind, server.port, None, true).await;
        let terms = kind.at(proxy.port);
        let endpoint = endpoint(NAME, Security::Starttls);
        let dialed = dial(&endpoint, &terms.proxy, &Arc::default(), &SHORT, &mut |_| {}).await;
        assert_eq!(Lines::new(dialed.unwrap()).line().await.unwrap(), "* OK ready");
    }
}

#[tokio::test]
async fn what_answers_behind_the_proxy_is_told_apart_as_ever() {
    for kind in BOTH {
        for (greeting, cause) in
            [("* OK ready\n", Cause::TlsNotOffered), ("SSH-2.0-OpenSSH_9.2p1\n", Cause::NotAMailServer)]
        {
            let server = Scripted::plays(vec![say(greeting), Turn::Silence]).await;
            let proxy = Relay::to(kind, server.port, None, true).await;
            let terms = kind.at(proxy.port);
            let stream = dialed(NAME, &terms, &SHORT).await.unwrap();
            let failed = stream.secure(NAME, &terms, &SHORT, false, &mut |_| {}).await;
            assert_eq!(failed.unwrap_err().cause, cause, "{greeting}");
        }
        let stranger = Authority::new("Studio CA").server(&["other.example"], 2045);
        let server = Scripted::plays(vec![Turn::Tls(stranger), Turn::Silence]).await;
        let proxy = Relay::to(kind, server.port, None, false).await;
        let terms = Terms { known_issuer: Some("Old CA".to_owned()), ..kind.at(proxy.port) };
        let stream = dialed(NAME, &terms, &SHORT).await.unwrap();
        let failure = stream.secure(NAME, &terms, &SHORT, false, &mut |_| {}).await.unwrap_err();
        assert_eq!(failure.cause, Cause::StandsInBetween);
        assert_eq!(failure.certificate.unwrap().subject_names, ["other.example"]);
    }
}

#[tokio::test]
async fn a_name_that_the_proxy_does_not_know() {
    for (kind, cause) in [(Kind::Socks5, Cause::TimedOut), (Kind::Http, Cause::HostNotFound)] {
        let proxy = Relay::to(kind, 1, None, false).await;
        let failed = dialed("post.müller.example", &kind.at(proxy.port), &SHORT).await;
        assert_eq!(failed.unwrap_err().cause, cause);
        assert_eq!(proxy.asked().await, "post.xn--mller-kva.example:993");
    }
}

#[tokio::test]
async fn a_server_on_this_machine_is_reached_straight() {
    let authority = Authority::new("Studio CA");
    for kind in BOTH {
        for host in ["localhost", "127.0.0.1"] {
            let server = Scripted::plays(vec![Turn::Tls(authority.server(&[host], 2045))]).await;
            let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
            let terms = Terms { ca_pem: Some(authority.pem.clone()), ..kind.at(nobody) };
            let endpoint = Endpoint { port: server.port, ..endpoint(host, Security::Tls) };
            let stream = dial(&endpoint, &terms.proxy, &Arc::default(), &SHORT, &mut |_| {}).await.unwrap();
            assert_eq!(stream.peer().port(), server.port);
            assert!(stream.secure(host, &terms, &SHORT, false, &mut |_| {}).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for proxy in [
        Proxy::Socks5 { host: "localhost".to_owned(), port: nobody },
        Proxy::Http { host: "localhost".to_owned(), port: nobody },
        Proxy::Socks5 { host: "proxy.nowhere.invalid".to_owned(), port: 1080 },
        Proxy::Http { host: "no name".to_owned(), port: 3128 },
    ] {
        let terms = Terms { proxy, ..Terms::default() };
        let failure = dialed(NAME, &terms, &SHORT).await.unwrap_err();
        assert_eq!(failure.cause, Cause::ProxyFailed, "{failure:?}");
        assert!(failure.server_said.is_some_and(|words| words.contains("proxy")));
    }
}

#[tokio::test]
async fn what_a_proxy_refuses_has_its_cause() {
    for (says, cause) in [
        (&b"\x05\xff"[..], Cause::ProxyFailed),
        (b"\x05\x02", Cause::ProxyFailed),
        (b"\x05\x01", Cause::ProxyFailed),
        (b"\x05\0\x05\x01", Cause::ProxyFailed),
        (b"\x05\0\x05\x02\0\x01\0\0\0\0\0\0", Cause::ProxyFailed),
        (b"\x05\0\x05\x04\0\x01\0\0\0\0\0\0", Cause::TimedOut),
        (b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0", Cause::ConnectionRefused),
        (b"\x05\0\x05\0\0\x09", Cause::ProxyFailed),
        (b"\x05\0\x04\0", Cause::ProxyFailed),
        (b"\x04\0", Cause::ProxyFailed),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", Cause::ProxyFailed),
        (b"\x07", Cause::ProxyFailed),
        (b"", Cause::ProxyFailed),
    ] {
        assert_eq!(told(Kind::Socks5, says, None, &SHORT).await.cause, cause, "{says:?}");
    }
    let endless = [b"HTTP/1.1 200 OK\r\nX: ", &vec![b'x'; 20_000][..]].concat();
    for (says, cause) in [
        (&b"HTTP/1.1 403 Forbidden\r\n\r\n"[..], Cause::ProxyFailed),
        (b"HTTP/1.1 407 Who are you\r\n\r\n", Cause::ProxyFailed),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Cause::ConnectionRefused),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", Cause::TimedOut),
        (b"HTTP/1.1 200 OK\r\n", Cause::ProxyFailed),
        (b"HTTP/2 200\r\n\r\n", Cause::ProxyFailed),
        (b"\x05\xff", Cause::ProxyFailed),
        (b"220 mail.example ESMTP\r\n", Cause::ProxyFailed),
        (b"", Cause::ProxyFailed),
        (&endless, Cause::ProxyFailed),
    ] {
        let failure = told(Kind::Http, says, None, &SHORT).await;
        assert_eq!(failure.cause, cause, "{:?}", String::from_utf8_lossy(&says[..says.len().min(60)]));
    }
}

#[tokio::test]
async fn garbage_is_answered_at_once_and_silence_ends() {
    let cases = [
        // Nothing more comes, and the deadlines are long: what was said is enough.
        (Kind::Socks5, &b"\x07\x07"[..], SHORT, Cause::ProxyFailed),
        (Kind::Http, b"\x07", SHORT, Cause::ProxyFailed),
        (Kind::Socks5, b"", HASTY, Cause::ProxyFailed),
        // The proxy speaks: it is the server that it waits for.
        (Kind::Socks5, b"\x05\0", HASTY, Cause::TimedOut),
        (Kind::Socks5, b"\x05\0\x05\0\0\x01\x7f", HASTY, Cause::TimedOut),
        (Kind::Http, b"", HASTY, Cause::TimedOut),
        (Kind::Http, b"HTTP/1.1 200 OK\r\n", HASTY, Cause::TimedOut),
    ];
    let all = cases.map(|(kind, says, deadlines, cause)| async move {
        let failure = told(kind, says, Some(Turn::Silence), &deadlines).await;
        assert_eq!(failure.cause, cause, "{kind:?} {says:?} {failure:?}");
        let late = failure.server_said.unwrap().contains("in time");
        assert_eq!(late, cause == Cause::TimedOut, "{kind:?} {says:?}");
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn the_systems_proxy_is_signed_in_to_and_its_password_is_never_told() {
    for (kind, scheme) in [(Kind::Socks5, "socks5h"), (Kind::Http, "http")] {
        for (typed, right) in [("anna:s3cret%40", true), ("anna:wr0ng", false)] {
            let server = Scripted::plays(vec![say("* OK ready\n"), Turn::Silence]).await;
            let proxy = Relay::to(kind, server.port, Some(("anna", "s3cret@")), true).await;
            let set = format!("{scheme}://{typed}@127.0.0.1:{}", proxy.port);
            let hop = Hop::of_the_system(&Matcher::builder().all(set).build(), NAME, 143).unwrap().unwrap();
            match hop.through(NAME, 143, &Arc::default(), &SHORT).await {
                Ok(stream) => {
                    assert!(right);
                    assert_eq!(Lines::new(stream).line().await.unwrap(), "* OK ready");
                }
                Err(failure) => {
                    assert!(!right);
                    assert_eq!(failure.cause, Cause::ProxyFailed);
                    let told = format!("{failure:?}");
                    assert!(told.contains("refuses the user name and password"), "{told}");
                    // "anna:wr0ng" in base64 begins so.
                    assert!(!told.contains("wr0ng") && !told.contains("YW5uYTp3"), "{told}");
                }
            }
        }
        let proxy = Relay::to(kind, 1, Some(("anna", "s3cret@")), false).await;
        let failure = dialed(NAME, &kind.at(proxy.port), &SHORT).await.unwrap_err();
        assert_eq!(failure.cause, Cause::ProxyFailed);
        assert!(failure.server_said.unwrap().contains("wants a user name and password"));
    }
}

/// An office's web proxy that lets no mail through is passed by; one that the person set, or a SOCKS proxy, never is.
#[tokio::test]
async fn a_web_proxy_of_the_system_that_refuses_mail_is_passed_by() {
    let refusing = |kind: Kind| async move {
        let says: &[u8] = match kind {
            Kind::Http => b"HTTP/1.1 403 Forbidden\r\n\r\n",
            Kind::Socks5 => b"\x05\xff",
        };
        Scripted::plays(vec![Turn::Say(says.to_vec())]).await.port
    };
    for (kind, scheme, of_the_system, passed_by) in [
        (Kind::Http, "http", true, true),
        (Kind::Socks5, "socks5", true, false),
        (Kind::Http, "http", false, false),
    ] {
        let port = refusing(kind).await;
        let server = Scripted::plays(vec![say("* OK ready\n")]).await;
        let hop = if of_the_system {
            let matcher = Matcher::builder().all(format!("{scheme}://127.0.0.1:{port}")).build();
            Hop::of_the_system(&matcher, "127.0.0.1", server.port)
        } else {
            Hop::towards("127.0.0.1", server.port, &kind.at(port).proxy)
        };
        let went = super::dial::by(hop.unwrap(), "127.0.0.1", server.port, &Arc::default(), &SHORT).await;
        match went {
            Ok(stream) => assert!(passed_by && stream.peer().port() == server.port, "{scheme}"),
            Err(failure) => assert!(!passed_by && failure.cause == Cause::ProxyFailed, "{scheme}"),
        }
    }
}
