//! Whom to believe: certificates that a person trusts, and strangers in a known server's place.

use super::scripted::{Authority, SHORT, Scripted, Turn, say, self_signed, without_the_key};
use super::*;
use crate::model::{Cause, Endpoint, Failure, Security};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio_rustls::rustls::ServerConfig;

const GREETING: &str = "* OK ready\n";

/// One connection to a server that shows this certificate; what it heard, when it is refused, too.
async fn meet(config: &Arc<ServerConfig>, terms: &Terms) -> Result<Stream, (Failure, String)> {
    let turns = vec![Turn::Tls(Arc::clone(config)), say(GREETING), Turn::Silence];
    let server = Scripted::plays(turns).await;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Tls };
    let stream = dial(&endpoint, &terms.proxy, &Arc::default(), &SHORT, &mut |_| {}).await.unwrap();
    match stream.secure("localhost", terms, &SHORT, false, &mut |_| {}).await {
        Ok(mut stream) => {
            let mut greeting = [0; 12];
            stream.read_exact(&mut greeting).await.unwrap();
            Ok(stream)
        }
        Err(failure) => Err((failure, server.heard().await)),
    }
}

async fn refused(config: &Arc<ServerConfig>, terms: &Terms) -> Failure {
    let (failure, heard) = meet(config, terms).await.unwrap_err();
    assert_eq!(heard, "", "nothing was sent to whom nobody trusts");
    failure
}

fn bad_certificates(authority: &Authority) -> Vec<(Arc<ServerConfig>, Cause)> {
    vec![
        (authority.server(&["localhost"], 2021), Cause::CertificateExpired),
        (authority.server(&["mail.example.com"], 2045), Cause::CertificateWrongName),
        (Authority::new("Stranger").server(&["localhost"], 2045), Cause::CertificateUnknownIssuer),
        (self_signed(&["localhost"], 2045, false).0, Cause::CertificateSelfSigned),
        (self_signed(&["mail.example.com"], 2021, true).0, Cause::CertificateExpired),
    ]
}

fn trusting(authority: &Authority) -> Terms {
    Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() }
}

#[tokio::test]
async fn what_the_person_was_shown_and_trusts_is_accepted_whatever_is_wrong_with_it() {
    let authority = Authority::new("Studio CA");
    for (config, _) in bad_certificates(&authority) {
        for known_issuer in [None, Some("Another CA".to_owned())] {
            let mut terms = Terms { known_issuer, ..trusting(&authority) };
            let shown = refused(&config, &terms).await.certificate.unwrap();
            assert_eq!(shown.host, "localhost");
            terms.trusted = vec![shown.fingerprint];
            let stream = meet(&config, &terms).await.unwrap();
            assert!(stream.is_secure());
            assert_eq!(stream.certificate(), Some(&*shown));
            assert_eq!(stream.verified_issuer(), None, "nobody but the person vouches for it");
        }
    }
}

#[tokio::test]
async fn trust_is_for_that_one_certificate() {
    let (before, _) = self_signed(&["localhost"], 2045, false);
    let (after, _) = self_signed(&["localhost"], 2045, false);
    let shown = refused(&before, &Terms::default()).await.certificate.unwrap();
    let terms = Terms { trusted: vec![shown.fingerprint], ..Terms::default() };
    let failure = refused(&after, &terms).await;
    assert_eq!(failure.cause, Cause::CertificateSelfSigned);
    assert_ne!(failure.certificate.unwrap().fingerprint, shown.fingerprint);
}

#[tokio::test]
async fn a_trusted_certificate_in_the_hands_of_another_is_worth_nothing() {
    let (stolen, certificate) = without_the_key(&["localhost"]);
    let terms = Terms { trusted: vec![Fingerprint::of(&certificate)], ..Terms::default() };
    let failure = refused(&stolen, &terms).await;
    assert_eq!(failure.cause, Cause::StandsInBetween);
    assert!(failure.server_said.unwrap().contains("does not hold its key"));
    assert_eq!(failure.certificate.unwrap().fingerprint, terms.trusted[0]);
}

#[tokio::test]
async fn the_issuer_is_learned_from_a_certificate_that_verifies() {
    let (old, new) = (Authority::new("Old CA"), Authority::of("R11", "New Trust"));
    let config = new.server(&["localhost"], 2045);
    let known_issuer = Some("Old CA".to_owned());
    for known_issuer in [None, known_issuer] {
        let mut terms = Terms { known_issuer, ..trusting(&new) };
        let stream = meet(&config, &terms).await.unwrap();
        assert_eq!(stream.verified_issuer(), Some("R11 (New Trust)"), "a new one that verifies is accepted");
        // A leftover of the time when it did not verify.
        terms.trusted = vec![stream.certificate().unwrap().fingerprint];
        assert_eq!(meet(&config, &terms).await.unwrap().verified_issuer(), Some("R11 (New Trust)"));
    }
    let failure = refused(&old.server(&["localhost"], 2045), &trusting(&new)).await;
    assert_eq!(failure.cause, Cause::CertificateUnknownIssuer);
}

#[tokio::test]
async fn a_stranger_in_a_known_servers_place_stands_in_between() {
    let authority = Authority::new("Studio CA");
    for (config, ordinary) in bad_certificates(&authority) {
        let mut terms =
            Terms { known_issuer: Some("R10 (Let's Encrypt)".to_owned()), ..trusting(&authority) };
        let failure = refused(&config, &terms).await;
        assert_eq!(failure.cause, Cause::StandsInBetween, "outranks {ordinary:?}");
        let shown = failure.certificate.unwrap();
        let words = failure.server_said.unwrap();
        assert!(words.contains("R10 (Let's Encrypt)"), "{words}");
        assert!(words.contains(&format!("issued by {}", shown.issuer)), "{words}");

        terms.known_issuer = Some(shown.issuer.clone());
        let failure = refused(&config, &terms).await;
        assert_eq!((failure.cause, failure.certificate), (ordinary, Some(shown)), "by its usual issuer");
    }
}

#[tokio::test]
async fn another_intermediate_of_the_same_organisation_is_no_stranger() {
    let renewed = Authority::of("R11", "Studio Trust GmbH").server(&["localhost"], 2021);
    let known_issuer = Some("R10 (Studio Trust)".to_owned());
    let failure = refused(&renewed, &Terms { known_issuer, ..Terms::default() }).await;
    assert_ne!(failure.cause, Cause::StandsInBetween);
    assert!(failure.certificate.is_some());
}
