//! Which provider of the table stands behind a host.

use super::host::within;
use super::{Claim, ServerSource};
use crate::connect::providers::{self, Provider};
use crate::model::Endpoint;
use serde::Deserialize;
use std::sync::LazyLock;

/// Mail exchangers of one provider.
#[derive(Debug, Deserialize)]
pub(super) struct Exchanger {
    /// Hosts under this name.
    pub(super) suffix: String,
    /// Id in the provider table.
    pub(super) provider: String,
    /// The host to read from, where it is not that of the table.
    incoming: Option<String>,
    /// The host to send through, where it is not that of the table.
    outgoing: Option<String>,
}

pub(super) static EXCHANGERS: LazyLock<Vec<Exchanger>> = LazyLock::new(|| {
    // A test reads the table; what is bundled can always be read.
    serde_json::from_str(include_str!("mx.json")).unwrap_or_default()
});

/// The servers of the provider whose mail exchanger this is.
pub(super) fn behind(exchange: &str) -> Option<Claim> {
    let fitting = EXCHANGERS.iter().filter(|row| within(exchange, &row.suffix));
    let row = fitting.max_by_key(|row| row.suffix.len())?;
    let provider = providers::get(&row.provider)?;
    let renamed = |endpoint: &Endpoint, host: Option<&String>| Endpoint {
        host: host.unwrap_or(&endpoint.host).clone(),
        ..endpoint.clone()
    };
    Some(Claim {
        source: ServerSource::Mx,
        provider: Some(&provider.id),
        incoming: renamed(provider.incoming.as_ref()?, row.incoming.as_ref()),
        outgoing: provider.outgoing.as_ref().map(|outgoing| renamed(outgoing, row.outgoing.as_ref())),
        username: None,
    })
}

/// The provider of these servers. `preferred` is asked first: some share a server. Among the others, one
/// without domains of its own: an address at such a domain would have been known by it.
pub(super) fn provider_of(
    incoming: &Endpoint,
    outgoing: Option<&Endpoint>,
    preferred: Option<&str>,
) -> Option<&'static str> {
    let host = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.host.clone());
    let reads_from = |provider: &&Provider| host(&provider.incoming).as_ref() == Some(&incoming.host);
    let sends_elsewhere = |provider: &Provider| {
        outgoing.is_some_and(|outgoing| host(&provider.outgoing).as_ref() != Some(&outgoing.host))
    };
    if let Some(provider) = preferred.and_then(providers::get).filter(reads_from) {
        return Some(&provider.id);
    }
    let exact = providers::all()
        .iter()
        .filter(reads_from)
        .min_by_key(|provider| (sends_elsewhere(provider), provider.domains.len()));
    let under = |provider: &&Provider| provider.domains.iter().any(|domain| within(&incoming.host, domain));
    exact.or_else(|| providers::all().iter().find(under)).map(|provider| provider.id.as_str())
}
