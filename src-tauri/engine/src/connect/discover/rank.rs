//! What several sources say together.

use super::host::within;
use super::{Claim, FoundServers, ServerSource, known};
use crate::connect::providers::Table;
use crate::model::{Address, Endpoint};

impl FoundServers {
    /// Whether a secret may go to these servers before the person has seen their names. SRV records come from DNS
    /// without a signature, and a certificate only proves the name that they give: so such an answer counts for
    /// hosts of the mail's own domain alone (RFC 6186, section 6). The table is known beforehand, an autoconfig
    /// file comes over HTTPS, and an MX leads to a provider of the table.
    pub fn is_sure(&self, email: &Address) -> bool {
        std::iter::once(&self.incoming).chain(&self.outgoing).all(|server| sure(self.source, server, email))
    }
}

fn sure(source: ServerSource, server: &Endpoint, email: &Address) -> bool {
    match source {
        ServerSource::Table | ServerSource::Autoconfig | ServerSource::Mx => true,
        ServerSource::Srv | ServerSource::Probe => within(&server.host, email.domain()),
    }
}

/// The answers, the best first. Servers that two sources name are one answer, and the stronger source is said; but
/// where SRV records only repeat what the MX leads to, the MX, which makes them sure.
///
/// Mail lies where it is delivered. So when the MX is a provider of the table, servers that are not that
/// provider's come after it, whoever names them: a web host announces its own mail server for every domain.
pub(super) fn ranked(email: &Address, table: &Table, claims: Vec<Claim>) -> Vec<FoundServers> {
    let delivered_to =
        claims.iter().find(|claim| claim.source == ServerSource::Mx).and_then(|mx| mx.provider.clone());
    let preferred = delivered_to.as_deref();
    let mut claims: Vec<(Option<String>, Claim)> = claims
        .into_iter()
        .map(|claim| {
            let behind = || known::provider_of(&claim.incoming, claim.outgoing.as_ref(), preferred, table);
            let provider = claim.provider.clone().or_else(|| behind().map(str::to_owned));
            (provider, claim)
        })
        .collect();
    claims
        .sort_by_key(|(provider, claim)| (delivered_to.is_some() && *provider != delivered_to, claim.source));
    let mut answers: Vec<FoundServers> = Vec::new();
    for (provider, claim) in claims {
        let name = provider.as_deref().and_then(|id| table.get(id)).map(|provider| provider.name.as_str());
        if let Some(answer) = answers.iter_mut().find(|answer| same(answer, &claim, email)) {
            if answer.source == ServerSource::Srv && vouches(&claim, answer) {
                answer.source = claim.source;
                answer.sentence = sentence(email, name, &claim);
            }
            answer.outgoing = answer.outgoing.take().or(claim.outgoing);
            answer.username = answer.username.take().or(claim.username);
            continue;
        }
        answers.push(FoundServers {
            sentence: sentence(email, name, &claim),
            provider: provider.unwrap_or_else(|| "other".to_owned()),
            incoming: claim.incoming,
            outgoing: claim.outgoing,
            username: claim.username,
            source: claim.source,
        });
    }
    answers
}

/// An outgoing server that only the weaker source names is taken over when it is sure by itself: else it would pass
/// for the stronger source's.
fn same(answer: &FoundServers, claim: &Claim, email: &Address) -> bool {
    let outgoing = match (&answer.outgoing, &claim.outgoing) {
        (Some(one), Some(other)) => one.host == other.host,
        (None, Some(other)) => sure(claim.source, other, email),
        (_, None) => true,
    };
    answer.incoming == claim.incoming && outgoing
}

/// Whether the MX leads to every server of the answer, which is known to be the same.
fn vouches(mx: &Claim, answer: &FoundServers) -> bool {
    mx.source == ServerSource::Mx && (mx.outgoing.is_some() || answer.outgoing.is_none())
}

fn sentence(email: &Address, name: Option<&str>, claim: &Claim) -> String {
    let address = email.display();
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let unsure: Vec<&str> = std::iter::once(&claim.incoming)
        .chain(&claim.outgoing)
        .filter(|server| !sure(claim.source, server, email))
        .map(|server| server.host.as_str())
        .collect();
    match unsure[..] {
        [] => {}
        [one, other] if one != other => {
            return format!("The domain {domain} names {one} and {other} as its mail servers.");
        }
        [host, ..] => return format!("The domain {domain} names {host} as its mail server."),
    }
    match (claim.source, name) {
        (ServerSource::Table, Some(name)) => format!("{address} is at {name}."),
        (ServerSource::Autoconfig, Some(name)) => format!("{address} is at {name}: its website says so."),
        (ServerSource::Srv, Some(name)) => format!("{address} is at {name}: its domain says so."),
        (ServerSource::Mx, Some(name)) => format!("{address} is at {name}: its mail server says so."),
        (ServerSource::Autoconfig, None) => format!("The website of {domain} names these servers."),
        (ServerSource::Probe, _) => match &claim.outgoing {
            Some(outgoing) if outgoing.host != claim.incoming.host => {
                format!("Found by trying: {} and {} answer.", claim.incoming.host, outgoing.host)
            }
            _ => format!("Found by trying: {} answers.", claim.incoming.host),
        },
        (ServerSource::Srv | ServerSource::Table | ServerSource::Mx, None) => {
            format!("The domain {domain} names these servers.")
        }
    }
}
