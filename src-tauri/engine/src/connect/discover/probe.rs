//! Trying the usual names, carefully: a handful of connections, each no further than the greeting, and never
//! with a credential. What counts is a mail server whose certificate is for the name that was tried.

use super::{Claim, ServerSource, Sources};
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::{Deadlines, Lines, Stream, dial, not_a_mail_server};
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
    let deadlines = Deadlines { connect: each, tls: each, greeting: each, idle: each };
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
        Protocol::Imap => {
            let line = lines.line().await?;
            // A server that says "signed in already" or "bye" is none that people have a password for.
            let greets = line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("* OK "));
            if greets { Ok(()) } else { Err(not_a_mail_server(line.as_bytes())) }
        }
        Protocol::Smtp => reply(lines, "220").await.map(|_| ()),
    }
}

/// As far as where TLS begins (RFC 9051, section 6.2.1; RFC 3207).
async fn starttls(protocol: Protocol, stream: Stream) -> Result<Stream, Failure> {
    let mut lines = Lines::new(stream);
    greeting(protocol, &mut lines).await?;
    match protocol {
        Protocol::Imap => {
            lines.send("P1 STARTTLS").await?;
            loop {
                let line = lines.line().await?;
                match line.strip_prefix("P1 ") {
                    Some(rest) if rest.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK")) => break,
                    Some(_) => return Err(Failure::of(Cause::TlsNotOffered)),
                    None if line.starts_with("* ") => {}
                    None => return Err(not_a_mail_server(line.as_bytes())),
                }
            }
        }
        Protocol::Smtp => {
            lines.send("EHLO [127.0.0.1]").await?;
            let hello = reply(&mut lines, "250").await?;
            if !hello.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
                return Err(Failure::of(Cause::TlsNotOffered));
            }
            lines.send("STARTTLS").await?;
            reply(&mut lines, "220").await?;
        }
    }
    lines.into_bare()
}

/// The texts of one reply (RFC 5321, section 4.2), which must have this code.
async fn reply(lines: &mut Lines, code: &str) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    while texts.len() < 100 {
        let line = lines.line().await?;
        let rest = line.strip_prefix(code).ok_or_else(|| not_a_mail_server(line.as_bytes()))?;
        texts.push(rest.get(1..).unwrap_or_default().trim().to_owned());
        if !rest.starts_with('-') {
            return Ok(texts);
        }
    }
    Err(Failure::said(Cause::NotAMailServer, "The server's answer does not end."))
}
