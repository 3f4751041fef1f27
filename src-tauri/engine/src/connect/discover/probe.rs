//! Trying the usual names, carefully: a handful of connections, each no further than the greeting, and never
//! with a credential. What counts is a mail server whose certificate is for the name that was tried.

use super::{Claim, ServerSource, Sources};
use crate::imap;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::{Deadlines, Lines, Stream, dial};
use crate::smtp;
use futures::future::{join, join_all};
use std::sync::Arc;
use tokio::time::timeout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Imap,
    Smtp,
}

impl Protocol {
    /// The likelier name first.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Imap => ["imap", "mail"],
            Self::Smtp => ["smtp", "mail"],
        }
    }

    /// TLS from the first byte, and STARTTLS only where that is all there is.
    const fn ways(self) -> [(u16, Security); 2] {
        match self {
            Self::Imap => [(993, Security::Tls), (143, Security::Starttls)],
            Self::Smtp => [(465, Security::Tls), (587, Security::Starttls)],
        }
    }
}

/// The servers that answer under the usual names of a domain. `None`: no IMAP server does.
pub(super) async fn probe(domain: &str, sources: &Sources) -> Option<Claim> {
    if !sources.probing {
        return None;
    }
    let both = join(first(Protocol::Imap, domain, sources), first(Protocol::Smtp, domain, sources));
    let (incoming, outgoing) = both.await;
    Some(Claim { source: ServerSource::Probe, provider: None, incoming: incoming?, outgoing, username: None })
}

async fn first(protocol: Protocol, domain: &str, sources: &Sources) -> Option<Endpoint> {
    for (port, security) in protocol.ways() {
        let tries = protocol.names().map(|name| async move {
            let endpoint = Endpoint { host: format!("{name}.{domain}"), port, security };
            let answered = timeout(sources.probe(), answers(protocol, &endpoint, sources)).await;
            match answered {
                Ok(Ok(())) => Some(endpoint),
                Ok(Err(failure)) => {
                    tracing::debug!("no mail server at {}:{port}: {failure}", endpoint.host);
                    None
                }
                Err(_) => None,
            }
        });
        let found = join_all(tries).await.into_iter().flatten().next();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether a mail server greets there, under TLS.
async fn answers(protocol: Protocol, endpoint: &Endpoint, sources: &Sources) -> Result<(), Failure> {
    let each = sources.probe();
    let deadlines = Deadlines { connect: each, tls: each, greeting: each, idle: each, after_mail: each };
    let place = match &sources.places {
        None => endpoint.clone(),
        Some(places) => match places.get(&(endpoint.host.clone(), endpoint.port)) {
            Some(at) => Endpoint { host: at.ip().to_string(), port: at.port(), security: endpoint.security },
            None => return Err(Failure::of(Cause::HostNotFound)),
        },
    };
    let stream = dial(&place, &sources.terms.proxy, &Arc::default(), &deadlines, &mut |_| {}).await?;
    let after_starttls = endpoint.security == Security::Starttls;
    let stream = if after_starttls { starttls(protocol, stream).await? } else { stream };
    let secured =
        stream.secure(&endpoint.host, &sources.terms, &deadlines, after_starttls, &mut |_| {}).await?;
    let mut lines = Lines::new(secured);
    if !after_starttls {
        greeting(protocol, &mut lines).await?;
    }
    // Polite, so that the server's log shows no broken connection. Its answer is not waited for.
    let goodbye = match protocol {
        Protocol::Imap => "P9 LOGOUT",
        Protocol::Smtp => "QUIT",
    };
    let _ = lines.send(goodbye).await;
    Ok(())
}

async fn greeting(protocol: Protocol, lines: &mut Lines) -> Result<(), Failure> {
    match protocol {
        Protocol::Imap => imap::greeting(lines).await.map(drop),
        Protocol::Smtp => smtp::greeting(lines).await,
    }
}

/// As far as where TLS begins.
async fn starttls(protocol: Protocol, stream: Stream) -> Result<Stream, Failure> {
    match protocol {
        Protocol::Imap => imap::starttls(stream).await,
        Protocol::Smtp => {
            let mut lines = Lines::new(stream);
            smtp::greeting(&mut lines).await?;
            smtp::starttls(&mut lines).await?;
            lines.into_bare()
        }
    }
}
