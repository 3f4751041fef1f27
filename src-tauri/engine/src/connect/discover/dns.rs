//! SRV and MX records of a domain.

use super::{Claim, Dns, ServerSource, host, known};
use crate::connect::providers::Table;
use crate::model::{Endpoint, Security};
use futures::future::join4;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::{MX, SRV};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use std::cmp::Reverse;
use std::time::Duration;
use tokio::time::timeout;

/// A resolver for one discovery: the system's name servers change with the network, and when it is dropped
/// nothing of it goes on. `None`: nobody is to be asked.
pub(super) fn resolver(dns: &Dns, limit: Duration) -> Option<TokioResolver> {
    let mut builder = match dns {
        Dns::System => TokioResolver::builder_tokio()
            .inspect_err(|error| tracing::debug!("discovery goes on without DNS: {error}"))
            .ok()?,
        Dns::At(servers) => {
            let servers = servers.iter().map(|server| {
                let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                for way in &mut ways {
                    way.port = server.port();
                }
                NameServerConfig::new(server.ip(), true, ways.to_vec())
            });
            let config = ResolverConfig::from_name_servers(servers.collect());
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        Dns::Off => return None,
    };
    let options = builder.options_mut();
    // A lost packet is sent once more within the limit.
    options.timeout = limit / 2;
    options.attempts = 1;
    builder.build().ok()
}

async fn records(resolver: &TokioResolver, name: &str, kind: RecordType, limit: Duration) -> Vec<RData> {
    // With the final dot, so that no search domain is put behind it.
    let Ok(name) = Name::from_ascii(format!("{name}.")) else { return Vec::new() };
    match timeout(limit, resolver.lookup(name, kind)).await {
        Ok(Ok(lookup)) => lookup.answers().iter().map(|record| record.data.clone()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// What the domain's SRV records say (RFC 6186, section 3; RFC 8314, section 5.1).
pub(super) async fn srv(resolver: &TokioResolver, domain: &str, limit: Duration) -> Option<Claim> {
    let service = async |label: &str| {
        let name = format!("{label}._tcp.{domain}");
        let found = records(resolver, &name, RecordType::SRV, limit).await;
        found
            .into_iter()
            .filter_map(|data| if let RData::SRV(srv) = data { Some(srv) } else { None })
            .collect()
    };
    let all = join4(service("_imaps"), service("_imap"), service("_submissions"), service("_submission"));
    let (imaps, imap, submissions, submission) = all.await;
    from_services(imaps, imap, submissions, submission)
}

/// TLS from the first byte before STARTTLS. Without an incoming server there is no answer.
pub(super) fn from_services(
    imaps: Vec<SRV>,
    imap: Vec<SRV>,
    submissions: Vec<SRV>,
    submission: Vec<SRV>,
) -> Option<Claim> {
    Some(Claim {
        source: ServerSource::Srv,
        provider: None,
        incoming: best(imaps, Security::Tls).or_else(|| best(imap, Security::Starttls))?,
        outgoing: best(submissions, Security::Tls).or_else(|| best(submission, Security::Starttls)),
        username: None,
    })
}

/// The lowest priority, then the highest weight: an account has one server, so the weights are not thrown dice
/// for. A target of "." says that the service is not offered (RFC 2782).
fn best(mut records: Vec<SRV>, security: Security) -> Option<Endpoint> {
    records.sort_by_key(|srv| (srv.priority, Reverse(srv.weight), srv.target.to_ascii()));
    records.into_iter().filter(|srv| srv.port > 0).find_map(|srv| {
        // On these two ports TLS comes first (RFC 8314, section 3), under whichever name they are announced.
        let security = if matches!(srv.port, 993 | 465) { Security::Tls } else { security };
        Some(Endpoint { host: host::valid(&srv.target.to_ascii())?, port: srv.port, security })
    })
}

/// The provider to which the domain's mail is delivered.
pub(super) async fn mx(
    resolver: &TokioResolver,
    domain: &str,
    table: &Table,
    limit: Duration,
) -> Option<Claim> {
    let found = records(resolver, domain, RecordType::MX, limit).await;
    let found = found.into_iter().filter_map(|data| if let RData::MX(mx) = data { Some(mx) } else { None });
    from_exchanges(found, table)
}

/// The first exchange in the order of preference that the table knows: a filter may stand before it.
pub(super) fn from_exchanges(exchanges: impl Iterator<Item = MX>, table: &Table) -> Option<Claim> {
    let mut exchanges: Vec<MX> = exchanges.collect();
    exchanges.sort_by_key(|mx| mx.preference);
    exchanges.iter().find_map(|mx| known::behind(&host::valid(&mx.exchange.to_ascii())?, table))
}
