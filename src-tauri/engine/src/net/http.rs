//! HTTPS to others than mail servers (discovery, sign-in), on the terms of the mail servers: the system's
//! verifier, the same proxy, deadlines. Without cookies, without a referer, without following a redirect.

use super::{clean, dial, proxy, tls};
use crate::model::{Cause, Failure, Proxy};
use hyper_util::client::proxy::matcher::Matcher;
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio_rustls::rustls;
use url::Url;

/// From the name to a connection under TLS. A request may be given less ([`reqwest::RequestBuilder::timeout`]).
const CONNECT: Duration = Duration::from_secs(10);
/// From the request to the last byte of the answer.
const WHOLE: Duration = Duration::from_secs(30);

/// A client by these terms: 10 seconds for a connection, 30 for a whole request. `extra_ca_pem`: authorities that are believed beside the system's. Reads the
/// system's authorities from disk, so it is made once and off the runtime where time matters.
pub fn http_client(proxy: &Proxy, extra_ca_pem: Option<&str>) -> Result<reqwest::Client, Failure> {
    http_builder(proxy, extra_ca_pem)?.build().map_err(|error| http_failure(&error))
}

/// The same before it is built, for those who follow redirects by a policy of their own.
pub fn http_builder(proxy: &Proxy, extra_ca_pem: Option<&str>) -> Result<reqwest::ClientBuilder, Failure> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_rustls()
        .user_agent("Hatstand")
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .no_proxy();
    if let Some(pem) = extra_ca_pem {
        let words = "The certificate file holds no certificate.";
        let extra = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|all| !all.is_empty());
        let extra = extra.ok_or(Failure::said(Cause::CertificateUnknownIssuer, words))?;
        builder = builder.tls_certs_merge(extra);
    }
    Ok(match proxy {
        Proxy::None => builder,
        Proxy::System => {
            let matcher = Matcher::from_system();
            through(builder, move |target| proxy::of_the_system(&matcher, target))
        }
        Proxy::Socks5 { .. } | Proxy::Http { .. } => {
            let url = proxy::of_the_settings(proxy)?;
            through(builder, move |_| Some(url.clone()))
        }
    })
}

/// The same through what `way` answers for a URL; straight where it answers `None`, and to this machine.
fn through(
    builder: reqwest::ClientBuilder,
    way: impl Fn(&Url) -> Option<Url> + Send + Sync + 'static,
) -> reqwest::ClientBuilder {
    builder.proxy(reqwest::Proxy::custom(move |target| {
        let loopback = target.host_str().is_none_or(dial::is_loopback);
        if loopback { None } else { way(target) }
    }))
}

/// Why a request failed, as well as the chain of errors tells. The address that was asked for is not in it: it
/// may hold a mail address or a code. A status is no failure of this kind.
pub fn http_failure(error: &reqwest::Error) -> Failure {
    let chain = chain(error);
    let cause = chain.iter().find_map(|link| cause_of_link(*link)).unwrap_or_else(|| {
        let route = dial::has_route();
        if error.is_timeout() {
            Cause::TimedOut
        } else if error.is_dns() {
            if route { Cause::HostNotFound } else { Cause::Offline }
        } else if let Some(broken) = chain.iter().find_map(|link| link.downcast_ref::<io::Error>()) {
            dial::cause_of(&[broken.kind()], route)
        } else if chain.iter().any(|link| link.is::<hyper::Error>()) {
            // The connection ended in the middle of the answer, or before it.
            Cause::TimedOut
        } else {
            Cause::Unknown
        }
    });
    match chain.last() {
        Some(innermost) => Failure::said(cause, clean(&innermost.to_string(), &[])),
        None => Failure::of(cause),
    }
}

type Link<'a> = &'a (dyn Error + 'static);

/// The errors below the outermost, which would tell the URL.
fn chain(error: &reqwest::Error) -> Vec<Link<'_>> {
    let mut chain = Vec::new();
    let mut next = error.source();
    while let Some(link) = next {
        chain.push(link);
        // An I/O error that wraps another skips it in its `source`.
        let wrapped = link.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|inner| inner as Link<'_>).or_else(|| link.source());
    }
    chain.retain(|link| !link.is::<reqwest::Error>());
    chain
}

/// What one error of the chain says for certain. A proxy's errors have no public types, so their words count.
fn cause_of_link(link: Link<'_>) -> Option<Cause> {
    if let Some(tls) = link.downcast_ref::<rustls::Error>() {
        return Some(match tls {
            rustls::Error::InvalidCertificate(problem) => tls::certificate_cause(problem, false),
            _ => Cause::TlsNotOffered,
        });
    }
    if link.is::<rustls::pki_types::InvalidDnsNameError>() {
        return Some(Cause::HostNotFound);
    }
    let words = link.to_string();
    if let Some(said) = words.strip_prefix("SOCKS error: ") {
        return Some(match said {
            "connection refused" => Cause::ConnectionRefused,
            "host unreachable" | "network unreachable" | "ttl expired" => Cause::TimedOut,
            _ => Cause::ProxyFailed,
        });
    }
    words.starts_with("tunnel error: ").then_some(Cause::ProxyFailed)
}
