use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use super::{Answer, Asked, Kind, Proxy};
use crate::trouble::Outcome;

/// A server that says everything back, for one connection after the other.
fn echo() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut said = Vec::new();
            let _ = stream.read_to_end(&mut said).and_then(|_| stream.write_all(&said));
        }
    });
    Ok(port)
}

/// Says all of it, and reads to the end.
fn talk(proxy: &Proxy, said: &[u8]) -> Outcome<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port))?;
    stream.set_read_timeout(Some(super::PATIENCE))?;
    stream.write_all(said)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    // A proxy that refuses may close before it has read all.
    let _ = stream.read_to_end(&mut answer);
    Ok(answer)
}

fn socks(methods: &[u8], signed: &[u8], host: &str, port: u16, said: &str) -> Vec<u8> {
    let mut bytes = vec![5, u8::try_from(methods.len()).unwrap()];
    bytes.extend_from_slice(methods);
    bytes.extend_from_slice(signed);
    bytes.extend_from_slice(&[5, 1, 0, 3, u8::try_from(host.len()).unwrap()]);
    bytes.extend_from_slice(host.as_bytes());
    bytes.extend_from_slice(&port.to_be_bytes());
    bytes.extend_from_slice(said.as_bytes());
    bytes
}

fn connect(host: &str, port: u16, more: &str, said: &str) -> String {
    format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n{said}")
}

fn asked(host: &str, port: u16, answer: Answer) -> Asked {
    Asked { host: host.to_owned(), port, answer }
}

#[test]
fn socks_leads_to_names_that_only_it_knows_or_refuses() -> Outcome<()> {
    let (proxy, echo) = (Proxy::start(Kind::Socks5)?, echo()?);
    proxy.knows("imap.nowhere.example", echo);
    let answer = talk(&proxy, &socks(&[0], &[], "IMAP.nowhere.example", 993, "hello"))?;
    assert_eq!(answer, b"\x05\0\x05\0\0\x01\0\0\0\0\0\0hello");
    let answer = talk(&proxy, &socks(&[2, 0], &[], "elsewhere.example", 993, ""))?;
    assert_eq!(answer[2..4], [5, 5]);
    proxy.set_refuses(true);
    let answer = talk(&proxy, &socks(&[0], &[], "localhost", echo, ""))?;
    assert_eq!(answer[2..4], [5, 2]);
    let all = [
        asked("IMAP.nowhere.example", 993, Answer::Through),
        asked("elsewhere.example", 993, Answer::NotReached),
        asked("localhost", echo, Answer::Refused),
    ];
    assert_eq!(proxy.wait_for_asked(3)?, all);

    proxy.set_refuses(false);
    proxy.asks_for("nora", "pw");
    assert_eq!(talk(&proxy, &socks(&[0], &[], "localhost", echo, ""))?, [5, 0xff]);
    assert_eq!(talk(&proxy, &socks(&[0, 2], b"\x01\x04nora\x02no", "localhost", echo, ""))?, [5, 2, 1, 1]);
    let answer = talk(&proxy, &socks(&[2], b"\x01\x04nora\x02pw", "localhost", echo, "hi"))?;
    assert!(answer.starts_with(&[5, 2, 1, 0, 5, 0]) && answer.ends_with(b"hi"), "{answer:?}");
    Ok(())
}

#[test]
fn http_connect_leads_there_or_refuses() -> Outcome<()> {
    let (proxy, echo) = (Proxy::start(Kind::Http)?, echo()?);
    proxy.knows("imap.nowhere.example", echo);
    let say = |request: String| -> Outcome<String> {
        Ok(String::from_utf8_lossy(&talk(&proxy, request.as_bytes())?).into_owned())
    };
    let said = say(connect("imap.nowhere.example", 993, "", "hello"));
    assert_eq!(said?, "HTTP/1.1 200 Connection established\r\n\r\nhello");
    let said = say(connect("elsewhere.example", 993, "", ""));
    assert!(said?.starts_with("HTTP/1.1 502 "));
    let said = say("GET http://localhost/ HTTP/1.1\r\n\r\n".to_owned());
    assert!(said?.starts_with("HTTP/1.1 405 "));
    proxy.asks_for("nora", "pw");
    let said = say(connect("localhost", echo, "", ""));
    assert!(said?.starts_with("HTTP/1.1 407 "));
    let said = say(connect("localhost", echo, "Proxy-Authorization: Basic bm9yYTpwdw==\r\n", "hi"));
    assert!(said?.ends_with("\r\n\r\nhi"));
    let answers: Vec<Answer> = proxy.asked().iter().map(|it| it.answer).collect();
    assert_eq!(answers, [Answer::Through, Answer::NotReached, Answer::NotAllowed, Answer::Through]);
    Ok(())
}

#[test]
fn what_runs_through_it_can_be_cut_and_ends_with_it() -> Outcome<()> {
    let (proxy, echo) = (Proxy::start(Kind::Http)?, echo()?);
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port))?;
    stream.write_all(connect("localhost", echo, "", "").as_bytes())?;
    proxy.wait_for_asked(1)?;
    proxy.cut();
    // Without the cut this would wait for ever: the echo waits for our end.
    stream.set_read_timeout(Some(super::PATIENCE))?;
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest).err().map(|error| error.kind());
    assert!(ended.is_none_or(|kind| kind == std::io::ErrorKind::ConnectionReset), "{ended:?}");

    let port = proxy.port;
    drop(proxy);
    let deadline = std::time::Instant::now() + super::PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(std::time::Instant::now() < deadline, "the proxy should be gone");
        std::thread::sleep(crate::programs::PAUSE);
    }
    Ok(())
}
