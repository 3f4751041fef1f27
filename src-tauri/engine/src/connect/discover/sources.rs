//! What discovery asks, as values: a test replaces the whole network.

use crate::model::Proxy;
use crate::net::Terms;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const MOST_REDIRECTS: usize = 5;

/// Whom to ask for SRV and MX records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dns {
    /// The system's name servers as they are configured when discovery runs. When that cannot be read,
    /// discovery goes on without DNS.
    System,
    /// These name servers.
    At(Vec<SocketAddr>),
    /// Nobody.
    Off,
}

/// How HTTPS goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpProxy {
    /// Through the system's proxy, if it has one.
    System,
    /// Directly.
    Direct,
    /// Through this one: `http://host:port` (CONNECT) or `socks5h://host:port`. It resolves the names.
    At(reqwest::Url),
}

/// What discovery asks, and how long.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Whom to ask for SRV and MX records.
    pub dns: Dns,
    /// Whom to believe besides the system's authorities, for HTTPS and for probing.
    pub terms: Terms,
    /// How HTTPS goes out.
    pub proxy: HttpProxy,
    /// Where hosts and ports are to be found: no other exists then, for HTTPS (port 443) and for probing.
    /// `None`: the system resolves names.
    pub places: Option<HashMap<(String, u16), SocketAddr>>,
    /// Whether the usual names are tried when nobody answers.
    pub probing: bool,
    /// After this, what was heard is enough, and when nothing was heard the usual names are tried.
    pub patience: Duration,
    /// The end, whatever hangs.
    pub deadline: Duration,
}

impl Sources {
    /// The system's DNS, authorities and proxy; under 5 s in all.
    pub fn system() -> Self {
        Self {
            dns: Dns::System,
            terms: Terms::default(),
            proxy: HttpProxy::System,
            places: None,
            probing: true,
            patience: Duration::from_secs(2),
            deadline: Duration::from_millis(4_800),
        }
    }

    /// The same, by another way out.
    pub fn through(proxy: &Proxy) -> Self {
        let at = |scheme: &str, host: &str, port: u16| {
            reqwest::Url::parse(&format!("{scheme}://{host}:{port}")).map_or(HttpProxy::Direct, HttpProxy::At)
        };
        let http = match proxy {
            Proxy::System => HttpProxy::System,
            Proxy::None => HttpProxy::Direct,
            Proxy::Socks5 { host, port } => at("socks5h", host, *port),
            Proxy::Http { host, port } => at("http", host, *port),
        };
        let terms = Terms { proxy: proxy.clone(), ..Terms::default() };
        Self { proxy: http, terms, ..Self::system() }
    }

    /// How long one DNS lookup may take: over before patience is, so that half an answer still counts.
    pub(super) fn lookup(&self) -> Duration {
        self.patience * 3 / 4
    }

    /// How long one probe may take. Two follow each other before the end.
    pub(super) fn probe(&self) -> Duration {
        self.deadline.saturating_sub(self.patience) * 9 / 20
    }

    /// The client for autoconfig files. `None`: TLS cannot be set up here, so HTTPS is left out.
    pub(super) async fn http_client(&self) -> Option<Client> {
        let sources = self.clone();
        // Reads the system's authorities from disk.
        let built = tokio::task::spawn_blocking(move || sources.client()).await.ok()?;
        built.inspect_err(|error| tracing::debug!("discovery goes on without HTTPS: {error}")).ok()
    }

    /// HTTPS alone, after redirects too; a certificate that the system's verifier refuses ends it. A host at a
    /// private address is let through: a company's mail server may well be in its own network, and what comes
    /// back is only ever read as an autoconfig file.
    fn client(&self) -> reqwest::Result<Client> {
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(Policy::limited(MOST_REDIRECTS))
            .referer(false)
            .user_agent("Hatstand")
            .pool_max_idle_per_host(0);
        if let Some(pem) = &self.terms.ca_pem {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem.as_bytes())?);
        }
        builder = match &self.proxy {
            HttpProxy::System => builder,
            HttpProxy::Direct => builder.no_proxy(),
            HttpProxy::At(proxy) => builder.no_proxy().proxy(reqwest::Proxy::all(proxy.clone())?),
        };
        if let Some(places) = &self.places {
            builder = builder.dns_resolver(Arc::new(Fixed(places.clone())));
        }
        builder.build()
    }
}

/// Names that are where they are said to be, and no others.
struct Fixed(HashMap<(String, u16), SocketAddr>);

impl Resolve for Fixed {
    fn resolve(&self, name: Name) -> Resolving {
        let place = self.0.get(&(name.as_str().to_owned(), 443)).copied();
        let found = place.ok_or_else(|| "no such host".into());
        Box::pin(async move { found.map(|place| Box::new(std::iter::once(place)) as Addrs) })
    }
}
