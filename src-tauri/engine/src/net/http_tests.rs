//! The client of discovery and sign-in, against real sockets.

use super::proxy_tests::{BOTH, Kind, NAME, Relay};
use super::scripted::{Authority, Scripted, Turn, hear, say, self_signed};
use super::*;
use crate::model::{Cause, Failure};
use reqwest::dns::{Name, Resolve, Resolving};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

const ANSWER: &str = "HTTP/1.1 200 OK\nContent-Length: 2\nSet-Cookie: a=b\nConnection: close\n\nhi";

fn page(config: &Arc<ServerConfig>, answer: &str) -> Vec<Turn> {
    vec![Turn::Tls(Arc::clone(config)), hear("GET "), say(answer)]
}

/// A resolver that knows no name.
struct Nameless;

impl Resolve for Nameless {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

async fn failure(client: &reqwest::Client, url: &str) -> Failure {
    let failure = http_failure(&client.get(url).send().await.unwrap_err());
    let told = format!("{failure:?}");
    assert!(!told.contains("anna"), "the address may hold what nobody else should read: {told}");
    failure
}

#[tokio::test]
async fn a_page_is_fetched_and_nothing_told_that_was_not_asked() {
    let authority = Authority::new("Studio CA");
    let config = authority.server(&["localhost"], 2045);
    let client = http_client(&Proxy::System, Some(&authority.pem)).unwrap();
    for _ in 0..2 {
        let server = Scripted::plays(page(&config, ANSWER)).await;
        let url = format!("https://localhost:{}/mail", server.port);
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "hi");
        let heard = server.heard().await.to_lowercase();
        assert!(heard.starts_with("get /mail http/1.1\n"));
        assert!(heard.contains("user-agent: hatstand\n"), "{heard}");
        assert!(!heard.contains("cookie") && !heard.contains("referer"), "{heard}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let authority = Authority::new("Studio CA");
    let config = authority.server(&["localhost"], 2045);
    let elsewhere =
        "HTTP/1.1 302 Found\nLocation: http://localhost:1/\nContent-Length: 0\nConnection: close\n\n";
    let server = Scripted::plays(page(&config, elsewhere)).await;
    let client = http_client(&Proxy::None, Some(&authority.pem)).unwrap();
    let answer = client.get(format!("https://localhost:{}/", server.port)).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302);
}

#[tokio::test]
async fn each_bad_certificate_has_its_cause() {
    let authority = Authority::new("Studio CA");
    let client = http_client(&Proxy::None, Some(&authority.pem)).unwrap();
    for (config, cause) in [
        (authority.server(&["localhost"], 2021), Cause::CertificateExpired),
        (authority.server(&["other.example"], 2045), Cause::CertificateWrongName),
        (Authority::new("Stranger").server(&["localhost"], 2045), Cause::CertificateUnknownIssuer),
        (self_signed(&["localhost"], 2045, true).0, Cause::CertificateUnknownIssuer),
    ] {
        let server = Scripted::plays(vec![Turn::Tls(config), Turn::Silence]).await;
        let url = format!("https://localhost:{}/?anna", server.port);
        assert_eq!(failure(&client, &url).await.cause, cause);
        assert_eq!(server.heard().await, "");
    }
    let failed = http_client(&Proxy::None, Some("no certificate")).unwrap_err();
    assert_eq!(failed.cause, Cause::CertificateUnknownIssuer);
}

#[tokio::test]
async fn what_does_not_answer_is_told_apart() {
    let authority = Authority::new("Studio CA");
    let config = authority.server(&["localhost"], 2045);
    let builder = || http_builder(&Proxy::None, Some(&authority.pem)).unwrap();
    let client = builder().build().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = failure(&client, &format!("https://localhost:{nobody}/?anna")).await;
    assert_eq!(refused.cause, Cause::ConnectionRefused);

    let nameless = builder().dns_resolver(Arc::new(Nameless)).build().unwrap();
    let unknown = failure(&nameless, "https://mail.example/?anna").await;
    let cause = if dial::has_route() { Cause::HostNotFound } else { Cause::Offline };
    assert_eq!(unknown.cause, cause);
    assert_eq!(unknown.server_said.as_deref(), Some("no such name"));

    let longer_than_a_label = format!("https://{}.example/?anna", "a".repeat(64));
    assert_eq!(failure(&client, &longer_than_a_label).await.cause, Cause::HostNotFound);

    let plain = Scripted::plays(vec![say("* OK ready\n"), Turn::Silence]).await;
    let plain = failure(&client, &format!("https://localhost:{}/?anna", plain.port)).await;
    assert_eq!(plain.cause, Cause::TlsNotOffered);

    let ends = Scripted::plays(vec![Turn::Tls(Arc::clone(&config)), hear("GET ")]).await;
    let ended = failure(&client, &format!("https://localhost:{}/?anna", ends.port)).await;
    assert_eq!(ended.cause, Cause::TimedOut);

    let hasty = builder().timeout(Duration::from_millis(300)).build().unwrap();
    let silent = Scripted::plays(vec![Turn::Tls(config), Turn::Silence]).await;
    let silent = failure(&hasty, &format!("https://localhost:{}/?anna", silent.port)).await;
    assert_eq!(silent.cause, Cause::TimedOut);
}

#[tokio::test]
async fn the_proxy_of_the_mail_is_the_proxy_of_the_web() {
    let authority = Authority::new("Studio CA");
    let config = authority.server(&[NAME], 2045);
    for kind in BOTH {
        let server = Scripted::plays(page(&config, ANSWER)).await;
        let proxy = Relay::to(kind, server.port, None, false).await;
        let client = http_client(&kind.at(proxy.port).proxy, Some(&authority.pem)).unwrap();
        let answer = client.get(format!("https://{NAME}/")).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "hi");
        drop(client);
        assert_eq!(proxy.asked().await, "mail.example:443");

        // This machine is not asked for through it.
        let local = authority.server(&["localhost"], 2045);
        let server = Scripted::plays(page(&local, ANSWER)).await;
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let client = http_client(&kind.at(nobody).proxy, Some(&authority.pem)).unwrap();
        assert!(client.get(format!("https://localhost:{}/", server.port)).send().await.is_ok());
        // Nobody is there for the others.
        let failure = failure(&client, &format!("https://{NAME}/?anna")).await;
        assert_eq!(failure.cause, Cause::ProxyFailed, "{failure:?}");
    }
}

#[tokio::test]
async fn what_a_proxy_refuses_has_its_cause() {
    for (kind, says, cause) in [
        (Kind::Socks5, &b"\x05\xff"[..], Cause::ProxyFailed),
        (Kind::Socks5, b"\x05\0\x05\x01\0\x01\0\0\0\0\0\0", Cause::ProxyFailed),
        (Kind::Socks5, b"\x05\0\x05\x02\0\x01\0\0\0\0\0\0", Cause::ProxyFailed),
        (Kind::Socks5, b"\x05\0\x05\x03\0\x01\0\0\0\0\0\0", Cause::TimedOut),
        (Kind::Socks5, b"\x05\0\x05\x04\0\x01\0\0\0\0\0\0", Cause::TimedOut),
        (Kind::Socks5, b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0", Cause::ConnectionRefused),
        (Kind::Socks5, b"SSH-2.0-OpenSSH_9.2p1\r\n", Cause::ProxyFailed),
        (Kind::Http, b"HTTP/1.1 403 Forbidden\r\n\r\n", Cause::ProxyFailed),
        (Kind::Http, b"HTTP/1.1 407 Who are you\r\n\r\n", Cause::ProxyFailed),
        (Kind::Http, b"* OK ready\r\n", Cause::ProxyFailed),
        (Kind::Http, b"", Cause::ProxyFailed),
    ] {
        let proxy = Scripted::plays(vec![Turn::Say(says.to_vec())]).await;
        let client = http_client(&kind.at(proxy.port).proxy, None).unwrap();
        let failure = failure(&client, &format!("https://{NAME}/?anna")).await;
        assert_eq!(failure.cause, cause, "{says:?} {failure:?}");
    }
}
