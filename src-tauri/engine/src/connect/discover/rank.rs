//! What several sources say together.

use super::{Claim, FoundServers, ServerSource, known};
use crate::connect::providers::Table;
use crate::model::Address;

/// The answers, the best first. Servers that two sources name are one answer, and the stronger source is said.
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
        if let Some(answer) = answers.iter_mut().find(|answer| same(answer, &claim)) {
            answer.outgoing = answer.outgoing.take().or(claim.outgoing);
            answer.username = answer.username.take().or(claim.username);
            continue;
        }
        let name = provider.as_deref().and_then(|id| table.get(id)).map(|provider| provider.name.as_str());
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

fn same(answer: &FoundServers, claim: &Claim) -> bool {
    let outgoing = match (&answer.outgoing, &claim.outgoing) {
        (Some(one), Some(other)) => one.host == other.host,
        _ => true,
    };
    answer.incoming == claim.incoming && outgoing
}

fn sentence(email: &Address, name: Option<&str>, claim: &Claim) -> String {
    let address = email.display();
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
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
