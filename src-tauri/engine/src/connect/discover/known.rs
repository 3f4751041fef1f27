//! Which provider of the table stands behind a host.

use super::host::within;
use super::{Claim, ServerSource};
use crate::connect::providers::{Provider, Table};
use crate::model::Endpoint;

/// The servers of the provider whose mail exchanger this is.
pub(super) fn behind(exchange: &str, table: &Table) -> Option<Claim> {
    let all =
        table.all().iter().flat_map(|provider| provider.exchangers.iter().map(move |row| (provider, row)));
    let fitting = all.filter(|(_, row)| within(exchange, &row.suffix));
    // Of two that say the same, the last: a row of one's own.
    let (provider, row) = fitting.max_by_key(|(_, row)| row.suffix.len())?;
    let renamed = |endpoint: &Endpoint, host: Option<&String>| Endpoint {
        host: host.unwrap_or(&endpoint.host).clone(),
        ..endpoint.clone()
    };
    Some(Claim {
        source: ServerSource::Mx,
        provider: Some(provider.id.clone()),
        incoming: renamed(provider.incoming.as_ref()?, row.incoming.as_ref()),
        outgoing: provider.outgoing.as_ref().map(|outgoing| renamed(outgoing, row.outgoing.as_ref())),
        username: None,
    })
}

/// The provider of these servers. `preferred` is asked first: some share a server. Among the others, one
/// without domains of its own: an address at such a domain would have been known by it.
pub(super) fn provider_of<'t>(
    incoming: &Endpoint,
    outgoing: Option<&Endpoint>,
    preferred: Option<&str>,
    table: &'t Table,
) -> Option<&'t str> {
    let host = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.host.clone());
    let reads_from = |provider: &&Provider| host(&provider.incoming).as_ref() == Some(&incoming.host);
    let sends_elsewhere = |provider: &Provider| {
        outgoing.is_some_and(|outgoing| host(&provider.outgoing).as_ref() != Some(&outgoing.host))
    };
    if let Some(provider) = preferred.and_then(|id| table.get(id)).filter(reads_from) {
        return Some(&provider.id);
    }
    // A row of one's own comes before a bundled one that fits as well.
    let providers = || table.all().iter().rev().filter(|provider| provider.id != "other");
    let exact = providers()
        .filter(reads_from)
        .min_by_key(|provider| (sends_elsewhere(provider), provider.domains.len()));
    let under = |provider: &&Provider| provider.domains.iter().any(|domain| within(&incoming.host, domain));
    exact.or_else(|| providers().find(under)).map(|provider| provider.id.as_str())
}
