//! The domain's autoconfig file, fetched over HTTPS.

use super::config::{MOST_BYTES, parse};
use super::{Claim, ServerSource};
use crate::model::Address;
use reqwest::{Client, Url};

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// No such host, no connection, a certificate or a redirect that is refused.
    // The address of the person is in the URL, so the error goes without it.
    #[error("{0}")]
    Http(#[source] reqwest::Error),
    /// Any status but 200.
    #[error("status {0}")]
    Status(u16),
    /// Longer than an autoconfig file can be.
    #[error("longer than {MOST_BYTES} bytes")]
    TooLong,
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

/// Where a domain keeps its file, the likelier place first. Only the host that is there for this alone is told
/// the address.
pub(super) fn places(email: &Address, domain: &str) -> Vec<Url> {
    let own = Url::parse(&format!("https://autoconfig.{domain}/mail/config-v1.1.xml")).map(|mut url| {
        url.query_pairs_mut().append_pair("emailaddress", email.as_str());
        url
    });
    let well_known = Url::parse(&format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"));
    own.into_iter().chain(well_known).collect()
}

/// What the file says. Nearly all domains have none, so why not is only for the log.
pub(super) async fn claim(client: &Client, url: Url, email: &Address) -> Option<Claim> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let file = fetch(client, url)
        .await
        .inspect_err(|error| tracing::debug!("no autoconfig file at {host}: {error}"))
        .ok()?;
    let config = parse(&file, email)
        .inspect_err(|error| tracing::debug!("the autoconfig file at {host} says nothing: {error}"))
        .ok()?;
    Some(Claim {
        source: ServerSource::Autoconfig,
        provider: None,
        incoming: config.incoming,
        outgoing: config.outgoing,
        username: config.username,
    })
}

/// The body, of whatever content type: web servers know nothing of `.xml` here and there.
pub(super) async fn fetch(client: &Client, url: Url) -> Result<Vec<u8>, FetchError> {
    let mut response = client.get(url).send().await?;
    if response.status().as_u16() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
