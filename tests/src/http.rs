//! HTTP/1.1 by hand, blocking, on loopback: what the person in the browser speaks, and the tests' own controls.
//!
//! One request a connection. It shares nothing with the HTTP of the app, and changes no feature of a library that
//! the app is built with.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use url::Url;

use crate::trouble::{Doing, Outcome, Trouble};

const DEADLINE: Duration = Duration::from_secs(30);
/// More than any page here has.
const LIMIT: u64 = 4 << 20;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in small letters, and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, its transfer coding undone.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, which is given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text, bytes that are no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Outcome<serde_json::Value> {
        serde_json::from_slice(&self.body).doing(&format!("reading the answer {}", self.text()))
    }
}

/// Asks for a page.
pub fn get(url: &Url, headers: &[(&str, &str)]) -> Outcome<Reply> {
    ask("GET", url, headers, None)
}

/// Sends a form.
pub fn post_form(url: &Url, headers: &[(&str, &str)], fields: &[(String, String)]) -> Outcome<Reply> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    ask("POST", url, headers, Some(("application/x-www-form-urlencoded", &body)))
}

/// One request and its answer. `body` is its type and its text.
pub fn ask(method: &str, url: &Url, headers: &[(&str, &str)], body: Option<(&str, &str)>) -> Outcome<Reply> {
    let host = url.host_str().doing(&format!("looking for the host in {url}"))?;
    if url.scheme() != "http" || !["127.0.0.1", "localhost"].contains(&host) {
        return Err(Trouble::new(format!("{url} is not on this machine")));
    }
    let port = url.port_or_known_default().doing("a URL without a port")?;
    // By number: `localhost` may be the other loopback first, where nobody listens.
    let mut stream =
        TcpStream::connect(("127.0.0.1", port)).doing(&format!("connecting to {host}:{port}"))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some((kind, text)) = body {
        let _ = write!(head, "Content-Type: {kind}\r\nContent-Length: {}\r\n", text.len());
    }
    let request = [head.as_str(), "\r\n", body.map_or("", |(_, text)| text)].concat();
    stream.write_all(request.as_bytes())?;
    answer(&mut BufReader::new(stream))
}

fn answer(reader: &mut impl BufRead) -> Outcome<Reply> {
    let first = line(reader)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.doing(&format!("reading the status line “{first}”"))?;
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').doing("a header without a colon")?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut reply = Reply { status, headers, body: Vec::new() };
    if reply.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        reply.body = chunks(reader)?;
    } else if let Some(length) = reply.header("content-length") {
        let length: usize = length.parse()?;
        reply.body = exactly(reader, length)?;
    } else {
        reader.take(LIMIT).read_to_end(&mut reply.body)?;
    }
    Ok(reply)
}

fn chunks(reader: &mut impl BufRead) -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(reader)?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend(exactly(reader, size)?);
        line(reader)?;
    }
}

fn exactly(reader: &mut impl BufRead, length: usize) -> Outcome<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn line(reader: &mut impl BufRead) -> Outcome<String> {
    let mut line = String::new();
    if reader.take(LIMIT).read_line(&mut line)? == 0 {
        return Err(Trouble::new("the server closed the connection without an answer"));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_in_each_of_their_forms() -> Outcome<()> {
        for (text, status, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes and more", 200, "yes"),
            (
                "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n3;x\r\n!!!\r\n0\r\n\r\n",
                503,
                "no!!!",
            ),
            ("HTTP/1.0 400 Bad\r\nX: y\r\n\r\nto the end", 400, "to the end"),
        ] {
            let reply = answer(&mut text.as_bytes())?;
            assert_eq!((reply.status, reply.text().as_str()), (status, body));
        }
        assert!(answer(&mut &b""[..]).is_err());
        Ok(())
    }
}
