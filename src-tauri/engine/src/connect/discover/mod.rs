//! From an address to its mail servers. The provider table answers at once; else the domain's autoconfig file,
//! its SRV records (RFC 6186, RFC 8314) and its MX are asked at the same time, and only when they say nothing
//! the usual names are tried. No source ever sees a credential.

mod autoconfig;
mod config;
mod dns;
mod host;
mod known;
mod probe;
mod rank;
mod sources;
#[cfg(test)]
mod tests;

pub use sources::{Dns, Sources};

use crate::connect::providers::Table;
use crate::model::{Address, Endpoint, Proxy};
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::FuturesUnordered;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

/// Where an answer comes from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ServerSource {
    /// The provider table knows the domain.
    Table,
    /// The domain's autoconfig file, fetched over HTTPS.
    Autoconfig,
    /// The domain's SRV records.
    Srv,
    /// The domain's mail is delivered to a provider of the table.
    Mx,
    /// A usual name answered like a mail server, with a certificate that verifies.
    Probe,
}

/// One answer: servers with which to try to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FoundServers {
    /// Id in the provider table; `other` when the table does not know these servers.
    pub provider: String,
    /// Where mail is read.
    pub incoming: Endpoint,
    /// Where mail is sent, if that was found.
    pub outgoing: Option<Endpoint>,
    /// The user name, where the source names one. `None`: as the provider's entry says, else the address.
    pub username: Option<String>,
    /// The strongest source that names these servers.
    pub source: ServerSource,
    /// Where the answer comes from, in a sentence for people.
    pub sentence: String,
}

/// What one source says, before it is ranked. Hosts are valid and in lower case, ports are not 0, and the
/// connection is always encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    source: ServerSource,
    /// Known beforehand where the source names a provider rather than servers.
    provider: Option<String>,
    incoming: Endpoint,
    outgoing: Option<Endpoint>,
    username: Option<String>,
}

/// Claims in the order of their sources, whichever answered first.
type Heard = BTreeMap<u8, Claim>;

/// The servers of an address, as this profile asks: by its provider table, through its proxy.
pub async fn found(email: &Address, table: &Table, proxy: &Proxy) -> Vec<FoundServers> {
    discover(email, table, &Sources::through(proxy)).await
}

/// The servers of an address, the best answer first. Ends within [`Sources::deadline`] whatever hangs; with
/// nothing found the list is empty. Dropping the future ends every lookup and connection that it began.
pub async fn discover(email: &Address, table: &Table, sources: &Sources) -> Vec<FoundServers> {
    if let Some(claim) = from_table(email, table) {
        return rank::ranked(email, table, vec![claim]);
    }
    // A domain literal and `localhost` have nobody to ask.
    let Some(domain) = host::valid(email.domain()) else { return Vec::new() };
    let mut heard = Heard::new();
    // What has been heard when the time is over is the answer.
    let _ = timeout(sources.deadline, ask(email, &domain, table, sources, &mut heard)).await;
    rank::ranked(email, table, heard.into_values().collect())
}

fn from_table(email: &Address, table: &Table) -> Option<Claim> {
    let provider = table.get(table.of_address(email)).filter(|provider| provider.id != "other")?;
    Some(Claim {
        source: ServerSource::Table,
        provider: Some(provider.id.clone()),
        incoming: provider.incoming.clone()?,
        outgoing: provider.outgoing.clone(),
        username: None,
    })
}

/// Asks all that know, and tries the usual names when they have nothing to say.
async fn ask(email: &Address, domain: &str, table: &Table, sources: &Sources, heard: &mut Heard) {
    let client = OnceCell::new();
    let resolver = dns::resolver(&sources.dns, sources.lookup());
    let mut asked: FuturesUnordered<BoxFuture<'_, (u8, Option<Claim>)>> = FuturesUnordered::new();
    for (turn, url) in (0..).zip(autoconfig::places(email, domain)) {
        let client = &client;
        let fetched = async move {
            let client = client.get_or_init(|| sources.http_client()).await.as_ref()?;
            autoconfig::claim(client, url, email).await
        };
        asked.push(fetched.map(move |claim| (turn, claim)).boxed());
    }
    if let Some(resolver) = &resolver {
        let limit = sources.lookup();
        asked.push(dns::srv(resolver, domain, limit).map(|claim| (2, claim)).boxed());
        asked.push(dns::mx(resolver, domain, table, limit).map(|claim| (3, claim)).boxed());
    }
    let patience = sleep(sources.patience);
    tokio::pin!(patience);
    loop {
        tokio::select! {
            answer = asked.next() => match answer {
                Some((turn, claim)) => heard.extend(claim.map(|claim| (turn, claim))),
                None => break,
            },
            () = &mut patience => break,
        }
    }
    if !heard.is_empty() {
        return;
    }
    let probing = probe::probe(domain, sources).map(|claim| (4, claim));
    asked.push(probing.boxed());
    while let Some((turn, claim)) = asked.next().await {
        if let Some(claim) = claim {
            heard.insert(turn, claim);
            return;
        }
    }
}
