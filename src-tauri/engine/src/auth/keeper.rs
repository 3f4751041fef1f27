//! Secrets of accounts: read, renewed, stored, forgotten.

use super::{Client, Issuer, Tokens};
use crate::model::{Account, Cause, Failure, Refusal, SignIn, Timestamp};
use crate::secrets::{
    Credentials, Kind, Prompt, Secret, SecretStore, SecretsError, client_entry_name, entry_name, long,
};
use crate::store::{Store, StoreError, meta};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What the keychain keeps for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A password or app password.
    Password(Secret),
    /// Tokens of a browser sign-in.
    Tokens(Tokens),
}

impl Held {
    /// Which entry it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Password(_) => Kind::Password,
            Self::Tokens(_) => Kind::Tokens,
        }
    }

    /// What to sign in with now.
    pub fn credentials(&self) -> Credentials {
        match self {
            Self::Password(password) => Credentials::Password(password.clone()),
            Self::Tokens(tokens) => Credentials::Bearer(tokens.access.clone()),
        }
    }
}

/// One account's turn at the issuer. It holds tokens that were got and could not be stored yet: an issuer that rotates
/// refresh tokens takes the old one no more.
type Turn = Arc<tokio::sync::Mutex<Option<Tokens>>>;

/// The secrets of one profile.
pub struct Auth {
    store: Store,
    secrets: Arc<dyn SecretStore>,
    issuers: Vec<Issuer>,
    now: fn() -> Timestamp,
    turns: Mutex<HashMap<String, Turn>>,
}

impl Auth {
    /// Over a profile's database and this computer's keychain.
    pub fn new(
        store: Store,
        secrets: Arc<dyn SecretStore>,
        issuers: Vec<Issuer>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self { store, secrets, issuers, now, turns: Mutex::default() }
    }

    /// Runs `work` over the keychain, off the runtime: it may wait for a person.
    async fn keychain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecretStore) -> Result<T, SecretsError> + Send + 'static,
    ) -> Result<T, SecretsError> {
        let secrets = Arc::clone(&self.secrets);
        tokio::task::spawn_blocking(move || work(secrets.as_ref()))
            .await
            .unwrap_or_else(|error| Err(SecretsError::Refused(error.to_string())))
    }

    async fn profile(&self) -> Result<String, Failure> {
        self.store.write(|tx| meta::profile_uuid(tx)).await.map_err(|error| error.failure())
    }

    fn turn(&self, uuid: &str) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(uuid.to_owned()).or_default())
    }

    /// What the account signs in with. Tokens that are about to expire are renewed first, one renewal at a time.
    pub async fn credentials(
        self: &Arc<Self>,
        account: &Account,
        prompt: Prompt,
    ) -> Result<Credentials, Failure> {
        let SignIn::Browser { issuer } = &account.sign_in else {
            let user = entry_name(&self.profile().await?, &account.uuid, Kind::Password);
            let secret = self.keychain(move |store| store.get(&user, prompt)).await?;
            self.forget_stale().await;
            return Ok(Credentials::Password(secret));
        };
        let credentials = self.to_the_end(issuer, &account.uuid, None, prompt).await?;
        self.forget_stale().await;
        Ok(credentials)
    }

    /// After a server refused an access token that had not expired: another one, got with the refresh token. `None`
    /// for passwords, which are never tried twice.
    pub async fn after_refusal(
        self: &Arc<Self>,
        account: &Account,
        refused: &Credentials,
        prompt: Prompt,
    ) -> Result<Option<Credentials>, Failure> {
        let (SignIn::Browser { issuer }, Credentials::Bearer(refused)) = (&account.sign_in, refused) else {
            return Ok(None);
        };
        self.to_the_end(issuer, &account.uuid, Some(refused.clone()), prompt).await.map(Some)
    }

    /// An access token that is good, and not the one that was refused. It runs as a task of its own: an issuer that
    /// rotates has taken the old refresh token when its answer is on the way, so a caller that is cancelled then must
    /// not keep the new one from being stored.
    async fn to_the_end(
        self: &Arc<Self>,
        issuer: &str,
        uuid: &str,
        refused: Option<Secret>,
        prompt: Prompt,
    ) -> Result<Credentials, Failure> {
        let (this, issuer, uuid) = (Arc::clone(self), issuer.to_owned(), uuid.to_owned());
        let task = tokio::spawn(async move {
            let mut unstored = this.turn(&uuid).lock_owned().await;
            let tokens = this.tokens(&uuid, prompt, &mut unstored).await?;
            // Somebody else may have renewed it in the meantime.
            let good = match refused {
                Some(refused) => tokens.access != refused,
                None => !tokens.is_due((this.now)()),
            };
            let tokens = if good {
                tokens
            } else {
                this.renew(&issuer, &uuid, &tokens, prompt, &mut unstored).await?
            };
            Ok(Credentials::Bearer(tokens.access))
        });
        task.await.unwrap_or_else(|error| Err(Failure::said(Cause::Unknown, error.to_string())))
    }

    /// The stored tokens; those that could not be stored before are stored now.
    async fn tokens(
        &self,
        uuid: &str,
        prompt: Prompt,
        unstored: &mut Option<Tokens>,
    ) -> Result<Tokens, Failure> {
        if let Some(tokens) = unstored.clone() {
            self.store_held(uuid, Held::Tokens(tokens.clone()), prompt).await?;
            *unstored = None;
            return Ok(tokens);
        }
        let user = entry_name(&self.profile().await?, uuid, Kind::Tokens);
        let secret = self.keychain(move |store| long::get(store, &user, prompt)).await?;
        Tokens::from_secret(&secret).ok_or(Failure::of(Cause::KeychainNoEntry))
    }

    /// Gets the next tokens and stores them before anybody uses them.
    async fn renew(
        &self,
        issuer: &str,
        uuid: &str,
        old: &Tokens,
        prompt: Prompt,
        unstored: &mut Option<Tokens>,
    ) -> Result<Tokens, Failure> {
        let Some(refresh) = &old.refresh else {
            return Err(Failure::said(Cause::SignInExpired, "The issuer gave no way to renew this sign-in."));
        };
        let client = self.client(issuer, prompt).await?;
        let renewed = client.refresh(refresh, (self.now)()).await?;
        *unstored = Some(renewed.clone());
        self.store_held(uuid, Held::Tokens(renewed.clone()), prompt).await?;
        *unstored = None;
        Ok(renewed)
    }

    /// Whether this program can sign in through an issuer: it has a client id there.
    pub async fn is_ready(&self, issuer: &str) -> bool {
        let Some(found) = self.issuers.iter().find(|known| known.id == issuer) else { return false };
        let typed = self.store.read(meta::client_ids).await.unwrap_or_default();
        typed.contains_key(issuer) || built_in(issuer).is_some() || found.client_id.is_some()
    }

    /// This program as a client of an issuer. The id that was typed goes before the build's, the build's before the
    /// table's.
    pub async fn client(&self, issuer: &str, prompt: Prompt) -> Result<Client, Failure> {
        let missing = || Failure::of(Cause::ClientIdNeeded);
        let issuer = self.issuers.iter().find(|known| known.id == issuer).ok_or_else(missing)?.clone();
        let (mut typed, proxy) = self
            .store
            .read(|db| Ok((meta::client_ids(db)?, meta::proxy(db)?)))
            .await
            .map_err(|error| error.failure())?;
        if let Some(id) = typed.remove(&issuer.id) {
            let user = client_entry_name(&self.profile().await?, &issuer.id);
            let secret = match self.keychain(move |store| store.get(&user, prompt)).await {
                Ok(secret) => Some(secret),
                Err(SecretsError::NoEntry) => None,
                Err(error) => return Err(error.into()),
            };
            return Ok(Client { issuer, id, secret, proxy });
        }
        if let Some((id, secret)) = built_in(&issuer.id) {
            let secret = secret.map(|secret| Secret::new(secret.to_owned()));
            return Ok(Client { issuer, id: id.to_owned(), secret, proxy });
        }
        let id = issuer.client_id.clone().ok_or_else(missing)?;
        Ok(Client { issuer, id, secret: None, proxy })
    }

    /// Stores the client id that a person typed for an issuer, and its secret in the keychain. Without a secret, that of
    /// the same id is kept; without an id, both are forgotten.
    pub async fn set_client(
        &self,
        issuer: &str,
        id: Option<String>,
        secret: Option<Secret>,
    ) -> Result<(), Refusal> {
        if !self.issuers.iter().any(|known| known.id == issuer) {
            return Err(Refusal::not_found("issuer"));
        }
        let user = client_entry_name(&self.profile().await.map_err(Refusal::from)?, issuer);
        let before = self.store.read(meta::client_ids).await.map_err(StoreError::refusal)?;
        // The secret of another id is of no use.
        let forgets = id.is_none() || before.get(issuer) != id.as_ref();
        self.keychain(move |store| match secret {
            Some(secret) => store.set(&user, &secret, Prompt::Allowed),
            None if forgets => store.delete(&user, Prompt::Allowed),
            None => Ok(()),
        })
        .await
        .map_err(Failure::from)?;
        let issuer = issuer.to_owned();
        self.store
            .write(move |tx| meta::set_client_id(tx, &issuer, id.as_deref()))
            .await
            .map_err(StoreError::refusal)
    }

    /// Where an id comes from, for Settings: what was typed, whether the build has one, whether a secret is stored.
    pub async fn client_facts(&self, issuer: &str) -> (Option<String>, bool, bool) {
        let typed = self.store.read(meta::client_ids).await.unwrap_or_default().remove(issuer);
        let has_secret = match self.profile().await {
            Ok(profile) if typed.is_some() => {
                let user = client_entry_name(&profile, issuer);
                self.keychain(move |store| store.get(&user, Prompt::Never)).await.is_ok()
            }
            _ => false,
        };
        let bundled = self.issuers.iter().any(|known| known.id == issuer && known.client_id.is_some());
        (typed, bundled || built_in(issuer).is_some(), has_secret)
    }

    /// Stores what an account signs in with, over what was there of its kind.
    pub async fn keep(&self, uuid: &str, held: Held, prompt: Prompt) -> Result<(), Failure> {
        let turn = self.turn(uuid);
        let mut unstored = turn.lock().await;
        self.store_held(uuid, held, prompt).await?;
        // What could not be stored before is older than this.
        *unstored = None;
        Ok(())
    }

    async fn store_held(&self, uuid: &str, held: Held, prompt: Prompt) -> Result<(), Failure> {
        let user = entry_name(&self.profile().await?, uuid, held.kind());
        self.keychain(move |store| match held {
            Held::Password(secret) => store.set(&user, &secret, prompt),
            Held::Tokens(tokens) => long::set(store, &user, &tokens.to_secret(), prompt),
        })
        .await
        .map_err(Failure::from)
    }

    /// Removes the entry of the other kind, once the account signs in by this one.
    pub async fn drop_other(&self, uuid: &str, kind: Kind) {
        let Ok(profile) = self.profile().await else { return };
        for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
            let user = entry_name(&profile, uuid, other);
            // Left behind, it is removed with the account.
            let _ = self.keychain(move |store| long::delete(store, &user, Prompt::Never)).await;
        }
    }

    /// Removes every entry of an account. What is out of reach is remembered, and removed when the keychain is back.
    pub async fn forget(&self, uuid: &str) -> Result<(), Refusal> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).remove(uuid);
        let profile = self.profile().await.map_err(Refusal::from)?;
        for kind in Kind::ALL {
            let user = entry_name(&profile, uuid, kind);
            let entry = user.clone();
            match self.keychain(move |store| long::delete(store, &entry, Prompt::Allowed)).await {
                Ok(()) => {}
                Err(SecretsError::Absent(_)) => {
                    let stale = self.store.write(move |tx| meta::set_stale_secret(tx, &user, true));
                    stale.await.map_err(StoreError::refusal)?;
                }
                Err(error) => return Err(Failure::from(error).into()),
            }
        }
        Ok(())
    }

    /// The keychain answers: entries of deleted accounts that were out of reach then are removed now. What fails is
    /// tried again next time.
    async fn forget_stale(&self) {
        for user in self.store.read(meta::stale_secrets).await.unwrap_or_default() {
            let entry = user.clone();
            if self.keychain(move |store| long::delete(store, &entry, Prompt::Never)).await.is_ok() {
                let _ = self.store.write(move |tx| meta::set_stale_secret(tx, &user, false)).await;
            }
        }
    }

    /// Lets the keychain ask the person to unlock it, for this account's entry.
    pub async fn unlock(&self, account: &Account) -> Result<(), Failure> {
        let kind = if account.sign_in == SignIn::Password { Kind::Password } else { Kind::Tokens };
        let user = entry_name(&self.profile().await?, &account.uuid, kind);
        match self.keychain(move |store| store.get(&user, Prompt::Allowed)).await {
            // Open, whatever it holds.
            Ok(_) | Err(SecretsError::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The client id, and what the issuer calls its secret, that this program was built with.
fn built_in(issuer: &str) -> Option<(&'static str, Option<&'static str>)> {
    let id = match issuer {
        "google" => option_env!("HATSTAND_GOOGLE_CLIENT_ID"),
        "microsoft" => option_env!("HATSTAND_MICROSOFT_CLIENT_ID"),
        _ => None,
    };
    let secret = if issuer == "google" { option_env!("HATSTAND_GOOGLE_CLIENT_SECRET") } else { None };
    id.filter(|id| !id.is_empty()).map(|id| (id, secret.filter(|secret| !secret.is_empty())))
}
