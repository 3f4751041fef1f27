//! TLS 1.2 and 1.3, judged by the system's verifier, and why it failed.

use super::certificate::Shown;
use super::issuer::same_issuer;
use super::stream::Wire;
use super::{Stage, Terms, Watch, clean, what_speaks};
use crate::model::{Cause, Certificate, Failure, Fingerprint, Timestamp};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsConnector, rustls};

/// Who vouched for a certificate that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voucher {
    /// The system's authorities, or a certificate that was handed over.
    Authority,
    /// The person, for this one certificate.
    Person,
}

/// What a verifier saw and found.
#[derive(Clone, Debug, Default)]
struct Seen {
    shown: Option<Shown>,
    /// `None`: refused, or not asked yet.
    voucher: Option<Voucher>,
}

/// The system's verifier, with the leaf kept in view: a refused certificate is shown to the user too.
#[derive(Debug)]
struct Observed {
    inner: Verifier,
    /// Certificates the user handed over. One that the server shows itself is trusted as it stands.
    handed_over: Vec<CertificateDer<'static>>,
    /// Certificates that the person accepted as they are.
    trusted: Vec<Fingerprint>,
    seen: Mutex<Seen>,
}

impl Observed {
    fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A server's own certificate that the user handed over vouches for itself. A verifier of chains refuses
    /// it (it is no authority, or an authority used as a server), so its time and names are checked here; that
    /// the server holds its key is proven by the handshake.
    fn stands_for_itself(
        &self,
        leaf: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Option<Result<ServerCertVerified, TlsError>> {
        if !self.handed_over.iter().any(|known| known.as_ref() == leaf.as_ref()) {
            return None;
        }
        let shown = Shown::parse(leaf)?;
        let now = Timestamp::from_seconds(i64::try_from(now.as_secs()).ok()?);
        if now > shown.facts.not_after {
            return Some(Err(CertificateError::Expired.into()));
        }
        if now < shown.not_before {
            return Some(Err(CertificateError::NotValidYet.into()));
        }
        let named = rustls::server::ParsedCertificate::try_from(leaf)
            .and_then(|parsed| rustls::client::verify_server_name(&parsed, name));
        Some(named.map(|()| ServerCertVerified::assertion()))
    }
}

impl ServerCertVerifier for Observed {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let judged = self
            .stands_for_itself(leaf, name, now)
            .unwrap_or_else(|| self.inner.verify_server_cert(leaf, intermediates, name, ocsp, now));
        let (judged, voucher) = match judged {
            Ok(verified) => (Ok(verified), Some(Voucher::Authority)),
            Err(_) if self.trusted.contains(&Fingerprint::of(leaf)) => {
                (Ok(ServerCertVerified::assertion()), Some(Voucher::Person))
            }
            Err(refused) => (Err(refused), None),
        };
        let shown = Shown::parse(leaf);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { shown, voucher };
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn observed(terms: &Terms, provider: &Arc<CryptoProvider>) -> Result<Observed, Failure> {
    let no_good = |words: String| Failure::said(Cause::CertificateUnknownIssuer, words);
    let handed_over = match &terms.ca_pem {
        None => Vec::new(),
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| no_good(format!("The certificate file cannot be read: {error}")))?,
    };
    if terms.ca_pem.is_some() && handed_over.is_empty() {
        return Err(no_good("The certificate file holds no certificate.".to_owned()));
    }
    let inner = if handed_over.is_empty() {
        Verifier::new(Arc::clone(provider))
    } else {
        Verifier::new_with_extra_roots(handed_over.clone(), Arc::clone(provider))
    };
    let inner = inner.map_err(|error| no_good(error.to_string()))?;
    Ok(Observed { inner, handed_over, trusted: terms.trusted.clone(), seen: Mutex::default() })
}

/// TLS, what its certificate says, and who vouched for it.
pub(super) struct Secured {
    pub(super) tls: TlsStream<Wire>,
    pub(super) certificate: Option<Certificate>,
    pub(super) voucher: Option<Voucher>,
}

pub(super) async fn handshake(
    wire: Wire,
    host: &str,
    terms: &Terms,
    deadline: Duration,
    after_starttls: bool,
    watch: Watch<'_>,
) -> Result<Secured, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Reads the system's authorities from disk.
    let (owned, builder) = (terms.clone(), Arc::clone(&provider));
    let verifier = tokio::task::spawn_blocking(move || observed(&owned, &builder))
        .await
        .map_err(|error| Failure::said(Cause::Unknown, error.to_string()))??;
    let verifier = Arc::new(verifier);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::said(Cause::Unknown, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::of(Cause::HostNotFound))?;
    let connector = TlsConnector::from(Arc::new(config));
    let result = timeout(deadline, connector.connect(name, wire).into_fallible()).await;
    let mut seen = verifier.seen();
    if let Some(shown) = &mut seen.shown {
        host.clone_into(&mut shown.facts.host);
        watch(Stage::CertificateShown(&shown.facts));
    }
    match result {
        Ok(Ok(tls)) => {
            let certificate = seen.shown.map(|shown| shown.facts);
            Ok(Secured { tls, certificate, voucher: seen.voucher })
        }
        Ok(Err((error, wire))) => Err(failure(&error, &seen, terms, &wire.first, after_starttls)),
        Err(_) => Err(Failure::said(Cause::TimedOut, "The server does not answer to TLS.")),
    }
}

fn failure(
    error: &std::io::Error,
    seen: &Seen,
    terms: &Terms,
    first: &[u8],
    after_starttls: bool,
) -> Failure {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) else {
        return match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                if first.is_empty() =>
            {
                Failure::said(Cause::ConnectionRefused, "The server closed the connection when TLS began.")
            }
            _ => super::failure_of(error),
        };
    };
    match tls {
        TlsError::InvalidCertificate(problem) => {
            let known = terms.known_issuer.as_deref();
            let (cause, words) = certificate_failure(problem, seen, known);
            let certificate = seen.shown.as_ref().map(|shown| Box::new(shown.facts.clone()));
            Failure { certificate, ..Failure::said(cause, clean(&words, &[])) }
        }
        TlsError::InvalidMessage(_) if after_starttls => {
            Failure::said(Cause::StandsInBetween, format!("What came after STARTTLS is not TLS: {tls}"))
        }
        TlsError::InvalidMessage(_) => match what_speaks(first) {
            // A mail server that greets in clear: the right machine, the wrong port.
            Some(kind @ ("an IMAP server" | "an SMTP or FTP server" | "a POP3 server")) => {
                Failure::said(Cause::TlsNotOffered, format!("{kind} answered without TLS."))
            }
            Some(kind) => Failure::said(Cause::NotAMailServer, format!("It speaks like {kind}.")),
            None => Failure::said(Cause::NotAMailServer, format!("What answered is not TLS: {tls}")),
        },
        _ => Failure::said(Cause::TlsNotOffered, format!("No secure connection could be agreed on: {tls}")),
    }
}

/// Why a certificate was refused, and in words. `known`: who vouched for this server when it verified last.
fn certificate_failure(problem: &CertificateError, seen: &Seen, known: Option<&str>) -> (Cause, String) {
    let tls = TlsError::InvalidCertificate(problem.clone());
    let Some(shown) = &seen.shown else {
        return (certificate_cause(problem, false), tls.to_string());
    };
    let facts = &shown.facts;
    if seen.voucher.is_some() && *problem == CertificateError::BadSignature {
        // The certificate is good, and whoever shows it does not hold its key.
        let words = "Whoever answers shows the server's certificate and does not hold its key";
        return (Cause::StandsInBetween, format!("{words}: a certificate {}", facts.in_words()));
    }
    if let Some(known) = known.filter(|known| !same_issuer(known, &facts.issuer)) {
        // First the issuers: the rest is the stranger's own text and may be long.
        let now = &facts.issuer;
        let issuers =
            format!("Now the certificate is issued by {now}; the last that verified was issued by {known}");
        return (
            Cause::StandsInBetween,
            format!("{issuers}. {tls}; shown was a certificate {}", facts.in_words()),
        );
    }
    let cause = certificate_cause(problem, shown.self_signed);
    (cause, format!("{tls}; shown was a certificate {}", facts.in_words()))
}

/// Which of the four certificate causes it is.
pub(super) fn certificate_cause(problem: &CertificateError, self_signed: bool) -> Cause {
    match problem {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Cause::CertificateExpired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Cause::CertificateWrongName
        }
        _ if self_signed => Cause::CertificateSelfSigned,
        _ => Cause::CertificateUnknownIssuer,
    }
}
