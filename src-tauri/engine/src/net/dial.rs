//! From a host name to a TCP connection.

use super::proxy::Hop;
use super::{Counters, Deadlines, Stage, Stream, Watch};
use crate::model::{Cause, Endpoint, Failure, Proxy, Security};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

/// The head start of one address over the next (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);
/// More addresses of one name are not tried.
const MOST_ADDRESSES: usize = 8;

/// Connects to the first address of the host that answers, or through the proxy. Plaintext is refused before
/// the dial unless the host is this machine, which is never reached through a proxy.
pub async fn dial(
    endpoint: &Endpoint,
    proxy: &Proxy,
    counters: &Arc<Counters>,
    deadlines: &Deadlines,
    watch: Watch<'_>,
) -> Result<Stream, Failure> {
    let loopback = is_loopback(&endpoint.host);
    if endpoint.security == Security::Plaintext && !loopback {
        let words = "Without encryption only a server on this machine is used.";
        return Err(Failure::said(Cause::TlsNotOffered, words));
    }
    let host = ascii_host(&endpoint.host).ok_or(Failure::of(Cause::HostNotFound))?;
    let hop = if loopback { None } else { Hop::towards(&host, endpoint.port, proxy)? };
    let stream = by(hop, &host, endpoint.port, counters, deadlines).await?;
    watch(Stage::Connected(stream.peer()));
    Ok(stream)
}

/// Through the proxy, or straight. The web proxy of an office often lets through the web alone, while mail goes
/// straight: so where the system's HTTP proxy refuses, it is passed by. A SOCKS proxy or one that the person set never is.
pub(super) async fn by(
    hop: Option<Hop>,
    host: &str,
    port: u16,
    counters: &Arc<Counters>,
    deadlines: &Deadlines,
) -> Result<Stream, Failure> {
    let refused = match hop {
        None => None,
        Some(hop) => match hop.through(host, port, counters, deadlines).await {
            Err(failure) if failure.cause == Cause::ProxyFailed && hop.is_the_systems_for_the_web() => {
                Some(failure)
            }
            other => return other,
        },
    };
    match (reach(host, port, deadlines.connect).await, refused) {
        (Ok((tcp, address)), _) => Ok(Stream::new(tcp, address, Arc::clone(counters), deadlines.idle)),
        (Err(_), Some(refused)) => Err(refused),
        (Err(failure), None) => Err(failure),
    }
}

/// TCP to the first address of the host that answers. Finding the name may take the deadline, and connecting
/// once more.
pub(super) async fn reach(
    host: &str,
    port: u16,
    deadline: Duration,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut addresses = resolve(host, port, deadline).await?;
    if is_loopback(host) {
        // Whatever a hosts file says: what is taken for this machine is this machine.
        addresses.retain(|address| address.ip().is_loopback());
    }
    if addresses.is_empty() {
        return Err(Failure::of(Cause::HostNotFound));
    }
    let attempts = first_to_answer(in_turns(addresses), deadline);
    match timeout(deadline, attempts).await {
        Ok(Ok(connected)) => Ok(connected),
        Ok(Err(errors)) => {
            let kinds: Vec<ErrorKind> = errors.iter().map(io::Error::kind).collect();
            let cause = cause_of(&kinds, has_route());
            let words = errors.last().map(ToString::to_string).unwrap_or_default();
            Err(Failure::said(cause, words))
        }
        Err(_) => Err(Failure::of(Cause::TimedOut)),
    }
}

/// Whether the host is this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(host: &str) -> bool {
    let bare = bare_host(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn bare_host(host: &str) -> &str {
    let host = host.trim();
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// The host as an IP address or an ASCII name, as DNS and certificates have it. `None`: it is neither.
pub(super) fn ascii_host(host: &str) -> Option<String> {
    let bare = bare_host(host);
    if bare.parse::<IpAddr>().is_ok() {
        return Some(bare.to_owned());
    }
    let name = idna::domain_to_ascii(bare).ok()?;
    let letters = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    (!name.is_empty() && name.len() <= 253 && name.bytes().all(letters)).then_some(name)
}

async fn resolve(host: &str, port: u16, deadline: Duration) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let top = host.rsplit('.').next().unwrap_or_default();
    if top.eq_ignore_ascii_case("invalid") {
        return Err(Failure::said(Cause::HostNotFound, "Names in .invalid never exist."));
    }
    match timeout(deadline, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => {
            // Offline, every name is unknown; those of documentation and tests always are (RFC 6761).
            let never = ["test", "example"].iter().any(|tld| top.eq_ignore_ascii_case(tld));
            let cause = if never || has_route() { Cause::HostNotFound } else { Cause::Offline };
            Err(Failure::said(cause, error.to_string()))
        }
        Err(_) => Err(Failure::of(if has_route() { Cause::TimedOut } else { Cause::Offline })),
    }
}

/// Both families by turns, the resolver's favourite first.
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let six_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == six_first);
    let mut turns = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let before = turns.len();
        turns.extend(first.next());
        turns.extend(second.next());
        if turns.len() == before {
            turns.truncate(MOST_ADDRESSES);
            return turns;
        }
    }
}

async fn first_to_answer(
    addresses: Vec<SocketAddr>,
    deadline: Duration,
) -> Result<(TcpStream, SocketAddr), Vec<io::Error>> {
    // One dead address must not use up the time of all.
    let each = if addresses.len() > 1 { deadline * 2 / 3 } else { deadline };
    let mut waiting = addresses.into_iter();
    let mut running = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            running.push(async move {
                match timeout(each, TcpStream::connect(address)).await {
                    Ok(Ok(tcp)) => Ok((tcp, address)),
                    Ok(Err(error)) => Err(error),
                    Err(_) => Err(io::Error::new(ErrorKind::TimedOut, format!("{address} does not answer"))),
                }
            });
        }
        tokio::select! {
            answer = running.next() => match answer {
                Some(Ok(connected)) => return Ok(connected),
                Some(Err(error)) => errors.push(error),
                None => return Err(errors),
            },
            () = sleep(STAGGER), if waiting.len() > 0 => {}
        }
    }
}

/// What the failures of all addresses mean together. A refusal says most: something is there.
pub(super) fn cause_of(kinds: &[ErrorKind], has_route: bool) -> Cause {
    let any = |wanted: &[ErrorKind]| kinds.iter().any(|kind| wanted.contains(kind));
    if any(&[ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::PermissionDenied]) {
        Cause::ConnectionRefused
    } else if any(&[ErrorKind::TimedOut]) || has_route {
        Cause::TimedOut
    } else {
        Cause::Offline
    }
}

/// Whether this machine has any way out. Nothing is sent: connecting a UDP socket only asks the routing table.
/// The addresses are those kept for documentation (RFC 5737, RFC 3849).
pub(super) fn has_route() -> bool {
    let way = |local: &str, far: &str| UdpSocket::bind(local).and_then(|socket| socket.connect(far)).is_ok();
    way("0.0.0.0:0", "198.51.100.1:993") || way("[::]:0", "[2001:db8::1]:993")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for here in ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in ["localhost.example.com", "imap.example.com", "10.0.0.1", "0.0.0.0", "::", ""] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn hosts_are_asked_for_in_ascii() {
        for (typed, asked) in [
            ("imap.example.com", Some("imap.example.com")),
            (" IMAP.example.com. ", Some("imap.example.com")),
            ("post.müller.example", Some("post.xn--mller-kva.example")),
            ("[::1]", Some("::1")),
            ("", None),
            ("imap example", None),
            ("a\r\nb", None),
        ] {
            assert_eq!(ascii_host(typed).as_deref(), asked, "{typed:?}");
        }
    }

    #[test]
    fn a_refusal_says_more_than_a_silence_and_offline_is_said_last() {
        use ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
        for (kinds, route, cause) in [
            (&[AddrNotAvailable, ConnectionRefused][..], true, Cause::ConnectionRefused),
            (&[ConnectionRefused, TimedOut], false, Cause::ConnectionRefused),
            (&[NetworkUnreachable, TimedOut], false, Cause::TimedOut),
            (&[NetworkUnreachable, HostUnreachable], true, Cause::TimedOut),
            (&[NetworkUnreachable], false, Cause::Offline),
        ] {
            assert_eq!(cause_of(kinds, route), cause, "{kinds:?}");
        }
    }

    #[test]
    fn both_families_take_turns() {
        let parse = |all: &[&str]| all.iter().map(|a| a.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = parse(&["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1"]);
        assert_eq!(in_turns(mixed), parse(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1"]));
    }
}
