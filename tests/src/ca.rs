//! A private certificate authority, and server certificates of every kind that a client must tell apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use crate::trouble::{Doing, Outcome};

/// What is right or wrong with a server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// For localhost and 127.0.0.1, valid now, issued by the authority.
    #[default]
    Good,
    /// As `Good`, but its time ended in 2021.
    Expired,
    /// Issued by the authority, for `mail.elsewhere.example`.
    WrongName,
    /// For localhost, signed by its own key.
    SelfSigned,
}

/// A certificate and its key, PEM.
pub struct ServerCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key, PKCS #8.
    pub key: String,
}

/// An authority that lives as long as a test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// Makes a key and a root certificate for it.
    pub fn new() -> Outcome<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Hatstand test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The root certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes the root certificate to `ca.pem` in `dir`, and answers the file's path.
    pub fn write_pem(&self, dir: &Path) -> Outcome<PathBuf> {
        let path = dir.join("ca.pem");
        std::fs::write(&path, &self.pem).doing("writing the authority's certificate")?;
        Ok(path)
    }

    /// Issues a server certificate.
    pub fn issue(&self, kind: Certificate) -> Outcome<ServerCertificate> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Hatstand test server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        // Platform verifiers refuse certificates that are valid for decades.
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let year = i32::from(today.year());
        (params.not_before, params.not_after) = match kind {
            Certificate::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
            _ => (date_time_ymd(year - 1, 12, 1), date_time_ymd(year + 1, 2, 1)),
        };
        params.subject_alt_names = match kind {
            Certificate::WrongName => vec![SanType::DnsName("mail.elsewhere.example".try_into()?)],
            _ => vec![SanType::DnsName("localhost".try_into()?), SanType::IpAddress([127, 0, 0, 1].into())],
        };
        let key = KeyPair::generate()?;
        let certificate = match kind {
            Certificate::SelfSigned => params.self_signed(&key)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        Ok(ServerCertificate { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// A TLS client configuration that trusts this authority alone.
    pub fn client_config(&self) -> Outcome<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(
            CertificateDer::from_pem_slice(self.pem.as_bytes())
                .doing("reading the authority's certificate")?,
        )?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
