//! What discovery asks, as values: a test replaces the whole network.

use crate::model::{Failure, Proxy};
use crate::net::{Terms, http_builder, http_failure};
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
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

/// What discovery asks, and how long.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Whom to ask for SRV and MX records.
    pub dns: Dns,
    /// Whom to believe besides the system's authorities, and the way out, for HTTPS and for probing.
    pub terms: Terms,
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
            places: None,
            probing: true,
            patience: Duration::from_secs(2),
            deadline: Duration::from_millis(4_800),
        }
    }

    /// The same, by another way out. A proxy carries no DNS: whoever set one does not want lookups of the domain
    /// to go past it, so nobody is asked for SRV and MX records then.
    pub fn through(proxy: &Proxy) -> Self {
        let dns = match proxy {
            Proxy::System | Proxy::None => Dns::System,
            Proxy::Socks5 { .. } | Proxy::Http { .. } => Dns::Off,
        };
        Self { dns, terms: Terms { proxy: proxy.clone(), ..Terms::default() }, ..Self::system() }
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
        built.inspect_err(|failure| tracing::debug!("discovery goes on without HTTPS: {failure}")).ok()
    }

    /// HTTPS alone, after redirects too; a certificate that the system's verifier refuses ends it. A host at a
    /// private address is let through: a company's mail server may well be in its own network, and what comes
    /// back is only ever read as an autoconfig file.
    fn client(&self) -> Result<Client, Failure> {
        let mut builder = http_builder(&self.terms.proxy, self.terms.ca_pem.as_deref())?
            .https_only(true)
            .redirect(Policy::limited(MOST_REDIRECTS))
            .pool_max_idle_per_host(0);
        if let Some(places) = &self.places {
            builder = builder.dns_resolver(Arc::new(Fixed(places.clone())));
        }
        builder.build().map_err(|error| http_failure(&error))
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
