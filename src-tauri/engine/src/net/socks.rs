//! SOCKS 5 (RFC 1928), with a user name and password where the proxy wants them (RFC 1929). The proxy resolves
//! names. Read to the byte: what follows the answer is the server's.

use super::what_speaks;
use crate::model::{Cause, Failure};
use futures::FutureExt;
use std::io;
use std::net::IpAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

const VERSION: u8 = 5;
const NO_SIGN_IN: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;

/// Asks the proxy for a connection to the host, an IP address or an ASCII name. Its end is `end` at the latest.
pub(super) async fn ask<T: AsyncRead + AsyncWrite + Unpin>(
    io: &mut T,
    host: &str,
    port: u16,
    sign_in: Option<&(String, String)>,
    end: Instant,
) -> Result<(), Failure> {
    let agreed = by(end, agree(io, sign_in)).await;
    agreed.unwrap_or_else(|| Err(failed("The proxy does not answer.")))?;
    let request = request(host, port).ok_or_else(|| failed("The server's name is too long for a proxy."))?;
    let connected = by(end, async {
        said(io.write_all(&request).await)?;
        reply(io).await
    });
    // The proxy speaks and the connection is not made: it is the server that does not answer.
    let silent = || Err(Failure::said(Cause::TimedOut, "The proxy has not reached the server in time."));
    connected.await.unwrap_or_else(silent)
}

async fn by<T>(end: Instant, answer: impl Future<Output = T>) -> Option<T> {
    timeout_at(end, answer).await.ok()
}

/// How to sign in, and the sign-in.
async fn agree<T: AsyncRead + AsyncWrite + Unpin>(
    io: &mut T,
    sign_in: Option<&(String, String)>,
) -> Result<(), Failure> {
    let offer: &[u8] =
        if sign_in.is_some() { &[VERSION, 2, NO_SIGN_IN, PASSWORD] } else { &[VERSION, 1, NO_SIGN_IN] };
    said(io.write_all(offer).await)?;
    let mut answer = [0; 2];
    said(io.read_exact(&mut answer).await)?;
    match (answer, sign_in) {
        ([VERSION, NO_SIGN_IN], _) => Ok(()),
        ([VERSION, PASSWORD], Some((user, password))) => {
            let credentials = credentials(user, password)
                .ok_or_else(|| failed("The proxy's user name or password is too long."))?;
            said(io.write_all(&credentials).await)?;
            said(io.read_exact(&mut answer).await)?;
            // The version of the sign-in is 1; some proxies answer 5.
            if answer[1] == 0 { Ok(()) } else { Err(failed("The proxy refuses the user name and password.")) }
        }
        ([VERSION, NONE_ACCEPTABLE | PASSWORD], None) => {
            Err(failed("The proxy wants a user name and password."))
        }
        ([VERSION, _], _) => Err(failed("The proxy wants a sign-in that Hatstand does not know.")),
        _ => Err(no_socks(io, answer)),
    }
}

fn credentials(user: &str, password: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![1];
    for part in [user, password] {
        bytes.push(u8::try_from(part.len()).ok()?);
        bytes.extend_from_slice(part.as_bytes());
    }
    Some(bytes)
}

fn request(host: &str, port: u16) -> Option<Vec<u8>> {
    let mut bytes = vec![VERSION, 1, 0];
    match host.parse() {
        Ok(IpAddr::V4(ip)) => {
            bytes.push(1);
            bytes.extend_from_slice(&ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            bytes.push(4);
            bytes.extend_from_slice(&ip.octets());
        }
        Err(_) => {
            bytes.extend_from_slice(&[3, u8::try_from(host.len()).ok()?]);
            bytes.extend_from_slice(host.as_bytes());
        }
    }
    bytes.extend_from_slice(&port.to_be_bytes());
    Some(bytes)
}

async fn reply<T: AsyncRead + Unpin>(io: &mut T) -> Result<(), Failure> {
    let mut head = [0; 2];
    said(io.read_exact(&mut head).await)?;
    if head[0] != VERSION {
        return Err(no_socks(io, head));
    }
    if let Some(failure) = refusal(head[1]) {
        return Err(failure);
    }
    // The address from which the proxy connects: of no use, and before the server's first byte.
    let mut kind = [0; 2];
    said(io.read_exact(&mut kind).await)?;
    let address = match kind[1] {
        1 => 4,
        4 => 16,
        3 => usize::from(said(io.read_u8().await)?),
        _ => return Err(failed("What the proxy answers is not SOCKS 5.")),
    };
    let mut bound = vec![0; address + 2];
    said(io.read_exact(&mut bound).await)?;
    Ok(())
}

/// What a reply's code means (RFC 1928, section 6). What the proxy says of the server is the server's own cause.
fn refusal(code: u8) -> Option<Failure> {
    let (cause, words) = match code {
        0 => return None,
        1 => (Cause::ProxyFailed, "general failure"),
        2 => (Cause::ProxyFailed, "its rules do not allow this connection"),
        3 => (Cause::TimedOut, "the network of the server cannot be reached"),
        4 => (Cause::TimedOut, "the server cannot be reached, or its name is unknown"),
        5 => (Cause::ConnectionRefused, "the server refuses the connection"),
        6 => (Cause::TimedOut, "the server is too far away"),
        7 => (Cause::ProxyFailed, "it makes no such connections"),
        8 => (Cause::ProxyFailed, "it does not take this kind of address"),
        _ => return Some(failed(&format!("The proxy says: error {code}"))),
    };
    Some(Failure::said(cause, format!("The proxy says: {words}")))
}

/// Whatever answers there, said as far as its first bytes tell.
fn no_socks<T: AsyncRead + Unpin>(io: &mut T, start: [u8; 2]) -> Failure {
    let mut first = start.to_vec();
    let mut more = [0; 14];
    // What has come by now is enough: it may never say more.
    if let Some(Ok(count)) = io.read(&mut more).now_or_never() {
        first.extend_from_slice(&more[..count]);
    }
    match what_speaks(&first) {
        Some(kind) => failed(&format!("What answers is no SOCKS proxy. It speaks like {kind}.")),
        None => failed("What answers is no SOCKS proxy."),
    }
}

fn said<T>(result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => failed("The proxy closed the connection."),
        _ => failed(&error.to_string()),
    })
}

fn failed(words: &str) -> Failure {
    Failure::said(Cause::ProxyFailed, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_the_host_or_its_address() {
        let named = request("mail.example", 993).unwrap();
        assert_eq!(named, [&[5, 1, 0, 3, 12][..], b"mail.example", &[3, 225]].concat());
        assert_eq!(request("192.0.2.7", 143).unwrap(), [5, 1, 0, 1, 192, 0, 2, 7, 0, 143]);
        let six = request("2001:db8::1", 143).unwrap();
        assert_eq!((six[3], six.len()), (4, 22));
        assert_eq!(request(&"a".repeat(256), 143), None);
    }

    #[test]
    fn what_the_proxy_says_of_the_server_is_the_servers_cause() {
        for (code, cause) in [
            (1, Cause::ProxyFailed),
            (2, Cause::ProxyFailed),
            (3, Cause::TimedOut),
            (4, Cause::TimedOut),
            (5, Cause::ConnectionRefused),
            (6, Cause::TimedOut),
            (7, Cause::ProxyFailed),
            (8, Cause::ProxyFailed),
            (0xf0, Cause::ProxyFailed),
        ] {
            assert_eq!(refusal(code).unwrap().cause, cause, "{code}");
        }
        assert_eq!(refusal(0), None);
    }
}
