//! A tunnel through an HTTP proxy: CONNECT (RFC 9110, section 9.3.6). Read to the byte: what follows the
//! answer's blank line is the server's.

use super::{clean, what_speaks};
use crate::model::{Cause, Failure};
use futures::FutureExt;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Asks the proxy for a connection to the host, an IP address or an ASCII name. Its end is `end` at the latest.
/// `authorization`: the value of Proxy-Authorization.
pub(super) async fn ask<T: AsyncRead + AsyncWrite + Unpin>(
    io: &mut T,
    host: &str,
    port: u16,
    authorization: Option<&str>,
    end: Instant,
) -> Result<(), Failure> {
    let request = request(host, port, authorization);
    let answered = timeout_at(end, async {
        said(io.write_all(request.as_bytes()).await)?;
        said(io.flush().await)?;
        head(io).await
    });
    // Whether it is the proxy or the server behind it that is silent, nobody can tell.
    let silent = |_| Failure::said(Cause::TimedOut, "The proxy has not reached the server in time.");
    let head = answered.await.map_err(silent)??;
    judge(&head, authorization)
}

fn request(host: &str, port: u16, authorization: Option<&str>) -> String {
    let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = authorization {
        request.push_str("Proxy-Authorization: ");
        request.push_str(authorization);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request
}

/// The answer up to its blank line.
async fn head<T: AsyncRead + Unpin>(io: &mut T) -> Result<String, Failure> {
    const OPENING: &[u8] = b"HTTP/1.";
    let mut head = Vec::new();
    loop {
        let mut byte = [0];
        if said(io.read(&mut byte).await)? == 0 {
            return Err(failed("The proxy closed the connection."));
        }
        head.push(byte[0]);
        let opening = &head[..head.len().min(OPENING.len())];
        if !OPENING.starts_with(opening) {
            return Err(no_proxy(io, head));
        }
        if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") {
            return Ok(String::from_utf8_lossy(&head).into_owned());
        }
        if head.len() == LONGEST {
            return Err(failed("The proxy's answer has no end."));
        }
    }
}

/// What an answer means. What the proxy says of the server is the server's own cause.
fn judge(head: &str, authorization: Option<&str>) -> Result<(), Failure> {
    let line = head.lines().next().unwrap_or_default();
    let status = line.split(' ').nth(1).filter(|status| status.len() == 3);
    let Some(status) = status.and_then(|status| status.parse::<u16>().ok()) else {
        return Err(failed("What answers is no HTTP proxy."));
    };
    let cause = match status {
        200..=299 => return Ok(()),
        407 if authorization.is_some() => {
            return Err(failed("The proxy refuses the user name and password."));
        }
        407 => return Err(failed("The proxy wants a user name and password.")),
        502..=504 => match (of_the_server(head), status) {
            (Some(cause), _) => cause,
            (None, 502) => Cause::ConnectionRefused,
            (None, 504) => Cause::TimedOut,
            (None, _) => Cause::ProxyFailed,
        },
        _ => Cause::ProxyFailed,
    };
    // A proxy may echo what it was sent.
    let secrets: Vec<&str> = authorization.into_iter().flat_map(str::split_whitespace).skip(1).collect();
    Err(Failure::said(cause, clean(&format!("The proxy says: {line}"), &secrets)))
}

/// The server's own cause, where the proxy names it: Proxy-Status (RFC 9209, section 2.3) and Squid's own field.
fn of_the_server(head: &str) -> Option<Cause> {
    const ERRORS: &[(&str, &str, Cause)] = &[
        ("proxy-status", "error=dns_error", Cause::HostNotFound),
        ("proxy-status", "error=dns_timeout", Cause::TimedOut),
        ("proxy-status", "error=destination_not_found", Cause::HostNotFound),
        ("proxy-status", "error=destination_unavailable", Cause::TimedOut),
        ("proxy-status", "error=destination_ip_unroutable", Cause::TimedOut),
        ("proxy-status", "error=connection_timeout", Cause::TimedOut),
        ("proxy-status", "error=connection_refused", Cause::ConnectionRefused),
        ("proxy-status", "error=connection_terminated", Cause::ConnectionRefused),
        ("x-squid-error", "err_dns_fail", Cause::HostNotFound),
        ("x-squid-error", "err_connect_fail 110", Cause::TimedOut),
        ("x-squid-error", "err_connect_fail 111", Cause::ConnectionRefused),
    ];
    head.lines().skip(1).find_map(|line| {
        let line = line.to_ascii_lowercase();
        let (name, value) = line.split_once(':')?;
        let named = |(field, error, _): &&(&str, &str, Cause)| *field == name.trim() && value.contains(error);
        ERRORS.iter().find(named).map(|(_, _, cause)| *cause)
    })
}

/// Whatever answers there, said as far as its first bytes tell.
fn no_proxy<T: AsyncRead + Unpin>(io: &mut T, mut first: Vec<u8>) -> Failure {
    let mut more = [0; 15];
    // What has come by now is enough: it may never say more.
    if let Some(Ok(count)) = io.read(&mut more).now_or_never() {
        first.extend_from_slice(&more[..count]);
    }
    match what_speaks(&first).filter(|kind| *kind != "a web server") {
        Some(kind) => failed(&format!("What answers is no HTTP proxy. It speaks like {kind}.")),
        None => failed("What answers is no HTTP proxy."),
    }
}

fn said<T>(result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| failed(&error.to_string()))
}

fn failed(words: &str) -> Failure {
    Failure::said(Cause::ProxyFailed, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_host_and_port() {
        assert_eq!(
            request("mail.example", 993, None),
            "CONNECT mail.example:993 HTTP/1.1\r\nHost: mail.example:993\r\n\r\n"
        );
        let asked = request("2001:db8::1", 993, Some("Basic YTpi"));
        assert!(asked.starts_with("CONNECT [2001:db8::1]:993 HTTP/1.1\r\n"));
        assert!(asked.contains("\r\nProxy-Authorization: Basic YTpi\r\n"));
    }

    #[test]
    fn what_the_proxy_says_of_the_server_is_the_servers_cause() {
        for (head, cause) in [
            ("HTTP/1.1 403 Forbidden", Cause::ProxyFailed),
            ("HTTP/1.1 405 Method Not Allowed", Cause::ProxyFailed),
            ("HTTP/1.0 407 Proxy Authentication Required", Cause::ProxyFailed),
            ("HTTP/1.1 302 Found\r\nLocation: http://portal.example/", Cause::ProxyFailed),
            ("HTTP/1.1 500 Unable to connect", Cause::ProxyFailed),
            ("HTTP/1.1 502 Bad Gateway", Cause::ConnectionRefused),
            ("HTTP/1.1 503 Service Unavailable", Cause::ProxyFailed),
            ("HTTP/1.1 504 Gateway Timeout", Cause::TimedOut),
            ("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0", Cause::HostNotFound),
            (
                "HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111",
                Cause::ConnectionRefused,
            ),
            ("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 110", Cause::TimedOut),
            (
                "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: r34; error=dns_error; rcode=NXDOMAIN",
                Cause::HostNotFound,
            ),
            ("HTTP/1.1 504 Late\r\nproxy-status: r34; error=connection_timeout", Cause::TimedOut),
            ("HTTP/1.1 2000 OK", Cause::ProxyFailed),
            ("HTTP/1.1", Cause::ProxyFailed),
        ] {
            assert_eq!(judge(&format!("{head}\r\n\r\n"), None).unwrap_err().cause, cause, "{head}");
        }
        for head in ["HTTP/1.1 200 Connection established", "HTTP/1.0 200", "HTTP/1.1 204 "] {
            assert_eq!(judge(&format!("{head}\r\n\r\n"), None), Ok(()), "{head}");
        }
    }

    #[test]
    fn what_the_proxy_echoes_is_no_secret() {
        let failure = judge("HTTP/1.1 400 No c2VjcmV0 here\r\n\r\n", Some("Basic c2VjcmV0")).unwrap_err();
        assert_eq!(failure.server_said.as_deref(), Some("The proxy says: HTTP/1.1 400 No *** here"));
    }
}
