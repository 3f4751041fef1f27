//! Settings > Advanced: client ids for browser sign-in, and the proxy. And the provider table with what they mean for it.

use super::typed::may_be_host;
use super::{Engine, Topic};
use crate::connect::providers::Provider;
use crate::model::{Proxy, Refusal};
use crate::secrets::Secret;
use crate::store::meta;
use serde::{Deserialize, Serialize};

/// This program as a client of an issuer, as far as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct IssuerClient {
    /// Id of the issuer.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The client id that was typed.
    pub client_id: Option<String>,
    /// This build brings one along.
    pub from_build: bool,
    /// The keychain holds what the issuer calls the client's secret.
    pub has_secret: bool,
}

/// What is set under Advanced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Advanced {
    /// One row an issuer.
    pub clients: Vec<IssuerClient>,
    /// The proxy.
    pub proxy: Proxy,
}

impl Engine {
    /// The provider table, with what is ready here.
    pub async fn providers(&self) -> Vec<Provider> {
        let mut providers = self.table().all().to_vec();
        for provider in &mut providers {
            if let Some(issuer) = &provider.issuer {
                provider.browser_ready = self.auth().is_ready(issuer).await;
            }
        }
        providers
    }

    /// The address of a provider's own page, by its id.
    pub fn page(&self, id: &str) -> Option<String> {
        self.table().page_url(id).map(str::to_owned)
    }

    /// What is set under Advanced.
    pub async fn advanced(&self) -> Result<Advanced, Refusal> {
        let mut clients = Vec::new();
        for issuer in self.table().issuers() {
            let (client_id, from_build, has_secret) = self.auth().client_facts(&issuer.id).await;
            let (id, name) = (issuer.id.clone(), issuer.name.clone());
            clients.push(IssuerClient { id, name, client_id, from_build, has_secret });
        }
        Ok(Advanced { clients, proxy: self.read(meta::proxy).await? })
    }

    /// Stores a client id, and its secret in the keychain; without an id both are forgotten.
    pub async fn set_client(
        &self,
        issuer: &str,
        id: Option<String>,
        secret: Option<Secret>,
    ) -> Result<(), Refusal> {
        let id = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        if id
            .as_ref()
            .is_some_and(|id| id.len() > 300 || id.contains(|c: char| c.is_whitespace() || c.is_control()))
        {
            return Err(Refusal::about("client_id", "bad_client_id", "A client id has no spaces in it."));
        }
        let secret = secret.filter(|secret| !secret.expose().trim().is_empty());
        self.auth().set_client(issuer, id, secret).await?;
        self.tell(Topic::Settings);
        Ok(())
    }

    /// Sets the proxy; what failed is tried again through it.
    pub async fn set_proxy(&self, proxy: Proxy) -> Result<(), Refusal> {
        if let Proxy::Socks5 { host, port } | Proxy::Http { host, port } = &proxy {
            if !may_be_host(host) {
                return Err(Refusal::about(
                    "host",
                    "bad_proxy",
                    "Type the proxy’s name, like proxy.example.com.",
                ));
            }
            if *port == 0 {
                return Err(Refusal::about("port", "bad_proxy", "Type the proxy’s port, like 1080."));
            }
        }
        self.write(move |tx| meta::set_proxy(tx, &proxy)).await?;
        self.tell(Topic::Settings);
        self.sync_now(None).await
    }
}
