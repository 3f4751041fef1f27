//! Dialing and TLS against real sockets.

use super::scripted::{Authority, HASTY, SHORT, Scripted, Turn, say, self_signed};
use super::*;
use crate::model::{Cause, Endpoint, Failure, Security};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn endpoint(host: &str, port: u16) -> Endpoint {
    Endpoint { host: host.to_owned(), port, security: Security::Tls }
}

async fn connect(
    host: &str,
    port: u16,
    terms: &Terms,
    deadlines: &Deadlines,
    counters: &Arc<Counters>,
    watch: Watch<'_>,
) -> Result<Stream, Failure> {
    let endpoint = endpoint(host, port);
    let stream = dial(&endpoint, &terms.proxy, counters, deadlines, &mut *watch).await?;
    stream.secure(host, terms, deadlines, false, watch).await
}

fn trusting(authority: &Authority) -> Terms {
    Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() }
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_was_handed_over() {
    let authority = Authority::new("Studio CA");
    let turns = vec![Turn::Tls(authority.server(&["localhost", "127.0.0.1"], 2045)), say("hello\n")];
    let server = Scripted::plays(turns).await;
    let counters = Arc::new(Counters::default());
    let mut stages = Vec::new();
    let mut watch = |stage: Stage<'_>| stages.push(format!("{stage:?}").chars().take(8).collect::<String>());
    let mut stream = connect("localhost", server.port, &trusting(&authority), &SHORT, &counters, &mut watch)
        .await
        .unwrap();
    let mut hello = [0; 7];
    stream.read_exact(&mut hello).await.unwrap();
    stream.write_all(b"bye").await.unwrap();
    let facts = stream.certificate().unwrap();
    assert_eq!(facts.issuer, "Studio CA");
    assert_eq!(facts.subject_names, ["localhost", "127.0.0.1"]);
    assert_eq!(stages, ["Connecte", "Certific", "Secured"]);
    assert!(counters.bytes_in() > 500 && counters.bytes_out() > 100, "{counters:?}");
    assert!((2..=4).contains(&counters.round_trips()), "{counters:?}");
}

#[tokio::test]
async fn an_ip_address_is_a_name_too() {
    let authority = Authority::new("Studio CA");
    let server = Scripted::plays(vec![Turn::Tls(authority.server(&["127.0.0.1"], 2045))]).await;
    let terms = trusting(&authority);
    let stream = connect("127.0.0.1", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
    assert!(stream.unwrap().is_secure());
}

#[tokio::test]
async fn each_bad_certificate_has_its_cause() {
    let (authority, stranger) = (Authority::new("Studio CA"), Authority::new("Stranger"));
    let terms = trusting(&authority);
    for (config, cause) in [
        (authority.server(&["localhost"], 2021), Cause::CertificateExpired),
        (authority.server(&["mail.example.com"], 2045), Cause::CertificateWrongName),
        (stranger.server(&["localhost"], 2045), Cause::CertificateUnknownIssuer),
        (self_signed(&["localhost"], 2045, false).0, Cause::CertificateSelfSigned),
        (self_signed(&["localhost"], 2045, true).0, Cause::CertificateSelfSigned),
    ] {
        for terms in [&terms, &Terms::default()] {
            let server = Scripted::plays(vec![Turn::Tls(Arc::clone(&config)), Turn::Silence]).await;
            let mut issuers = Vec::new();
            let mut watch = |stage: Stage<'_>| {
                if let Stage::CertificateShown(facts) = stage {
                    issuers.push(facts.issuer.clone());
                }
            };
            let failed = connect("localhost", server.port, terms, &SHORT, &Arc::default(), &mut watch).await;
            let failure = failed.unwrap_err();
            if terms.ca_pem.is_some() {
                assert_eq!(failure.cause, cause, "{failure:?}");
            } else {
                let unknown = [Cause::CertificateUnknownIssuer, Cause::CertificateSelfSigned, cause];
                assert!(unknown.contains(&failure.cause), "{failure:?}");
            }
            assert_eq!(issuers.len(), 1, "the refused certificate is shown");
            assert!(failure.server_said.unwrap().contains("issued by"));
            assert_eq!(server.heard().await, "");
        }
    }
}

#[tokio::test]
async fn a_certificate_of_the_servers_own_is_trusted_when_it_was_handed_over() {
    for authority in [true, false] {
        let (config, pem) = self_signed(&["127.0.0.1"], 2045, authority);
        let server = Scripted::plays(vec![Turn::Tls(config)]).await;
        let terms = Terms { ca_pem: Some(pem), ..Terms::default() };
        let stream = connect("127.0.0.1", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
        assert!(stream.is_ok(), "{stream:?}");
    }
    for (names, until, cause) in [
        (["mail.example.com"], 2045, Cause::CertificateWrongName),
        (["127.0.0.1"], 2022, Cause::CertificateExpired),
    ] {
        let (config, pem) = self_signed(&names, until, true);
        let server = Scripted::plays(vec![Turn::Tls(config), Turn::Silence]).await;
        let terms = Terms { ca_pem: Some(pem), ..Terms::default() };
        let failed = connect("127.0.0.1", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
        assert_eq!(failed.unwrap_err().cause, cause);
    }
}

#[tokio::test]
async fn what_answers_without_tls_is_told_apart() {
    for (greeting, cause) in [
        ("* OK ready\n", Cause::TlsNotOffered),
        ("220 mail.example.com ESMTP\n", Cause::TlsNotOffered),
        ("SSH-2.0-OpenSSH_9.2p1\n", Cause::NotAMailServer),
        ("HTTP/1.1 400 Bad Request\n\n", Cause::NotAMailServer),
    ] {
        let server = Scripted::plays(vec![say(greeting), Turn::Silence]).await;
        let terms = Terms::default();
        let failed = connect("localhost", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
        assert_eq!(failed.unwrap_err().cause, cause, "{greeting}");
    }
}

#[tokio::test]
async fn silence_and_a_closed_door() {
    let terms = Terms::default();
    let server = Scripted::plays(vec![Turn::Silence]).await;
    let failed = connect("localhost", server.port, &terms, &HASTY, &Arc::default(), &mut |_| {}).await;
    assert_eq!(failed.unwrap_err().cause, Cause::TimedOut);

    let server = Scripted::plays(vec![]).await;
    let failed = connect("localhost", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
    assert_eq!(failed.unwrap_err().cause, Cause::ConnectionRefused);

    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let failed = connect("localhost", port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
    assert_eq!(failed.unwrap_err().cause, Cause::ConnectionRefused);

    let failed = connect("mail.nowhere.invalid", 993, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
    assert_eq!(failed.unwrap_err().cause, Cause::HostNotFound);
}

#[tokio::test]
async fn plaintext_goes_no_further_than_this_machine() {
    let endpoint = Endpoint { host: "mail.example.com".to_owned(), port: 143, security: Security::Plaintext };
    let mut stages = 0;
    let failed = dial(&endpoint, &Proxy::None, &Arc::default(), &SHORT, &mut |_| stages += 1).await;
    assert_eq!(failed.unwrap_err().cause, Cause::TlsNotOffered);
    assert_eq!(stages, 0);
}

#[tokio::test]
async fn a_file_without_a_certificate_is_said_to_be_one() {
    let authority = Authority::new("Studio CA");
    let server = Scripted::plays(vec![Turn::Tls(authority.server(&["localhost"], 2045))]).await;
    let terms = Terms { ca_pem: Some("no certificate".to_owned()), ..Terms::default() };
    let failed = connect("localhost", server.port, &terms, &SHORT, &Arc::default(), &mut |_| {}).await;
    let failure = failed.unwrap_err();
    assert_eq!(failure.cause, Cause::CertificateUnknownIssuer);
    assert_eq!(failure.server_said.as_deref(), Some("The certificate file holds no certificate."));
}
