//! This program as a client of an issuer, and its token requests.

use super::Tokens;
use crate::model::{Cause, Failure, Proxy, Timestamp};
use crate::net::clean;
use crate::secrets::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::{BasicErrorResponse, BasicTokenType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenIntrospectionResponse,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A token request, whole.
const PATIENCE: Duration = Duration::from_secs(20);
/// An answer with tokens is a few kilobytes.
const MOST_BYTES: usize = 256 * 1024;

/// Who signs people in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issuer {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Its identifier (RFC 9207): an answer that names another is refused.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Where the person signs in.
    pub authorization_endpoint: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: String,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The loopback name it accepts: `127.0.0.1`, or `localhost` where nothing else can be registered.
    #[serde(default = "loopback")]
    pub redirect_host: String,
    /// The client id that the table brings along.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

fn loopback() -> String {
    "127.0.0.1".to_owned()
}

/// This program, as the issuer knows it.
#[derive(Clone, Debug)]
pub struct Client {
    /// With whom.
    pub issuer: Issuer,
    /// The id that the issuer gave.
    pub id: String,
    /// What some issuers call a secret of an installed app, though it can be none (RFC 8252, section 8.5).
    pub secret: Option<Secret>,
    /// The way to the issuer.
    pub proxy: Proxy,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IdToken {
    #[serde(default)]
    id_token: Option<String>,
}

impl oauth2::ExtraTokenFields for IdToken {}

type Answer = StandardTokenResponse<IdToken, BasicTokenType>;
type Configured = oauth2::Client<
    BasicErrorResponse,
    Answer,
    StandardTokenIntrospectionResponse<IdToken, BasicTokenType>,
    StandardRevocableToken,
    oauth2::basic::BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// An authorization request that was made up: where to send the person, and what only this program knows.
pub(super) struct Asked {
    pub(super) link: String,
    pub(super) state: CsrfToken,
    pub(super) verifier: PkceCodeVerifier,
}

/// The link holds the state.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

/// What an exchange brought.
pub(super) struct Got {
    pub(super) tokens: Tokens,
    /// The address of the ID token, a hint: whom the person signed in as.
    pub(super) signed_in_as: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("{0}")]
    Failed(Failure),
    #[error("the issuer answered with status {0}")]
    Busy(u16),
}

impl Client {
    fn configured(&self, redirect: Option<&str>) -> Result<Configured, Failure> {
        let wrong = |error: oauth2::url::ParseError| Failure::said(Cause::Unknown, error.to_string());
        let mut client = oauth2::Client::new(ClientId::new(self.id.clone()))
            .set_auth_uri(AuthUrl::new(self.issuer.authorization_endpoint.clone()).map_err(wrong)?)
            .set_token_uri(TokenUrl::new(self.issuer.token_endpoint.clone()).map_err(wrong)?)
            .set_auth_type(AuthType::RequestBody);
        if let Some(secret) = &self.secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        if let Some(redirect) = redirect {
            client = client.set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(wrong)?);
        }
        Ok(client)
    }

    /// Makes up an authorization request with PKCE (S256) and a state of its own.
    pub(super) fn ask(&self, redirect: &str, email: &str) -> Result<Asked, Failure> {
        let client = self.configured(Some(redirect))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(self.issuer.scopes.iter().cloned().map(Scope::new))
            .add_extra_param("login_hint", email)
            .set_pkce_challenge(challenge);
        for (name, value) in &self.issuer.parameters {
            request = request.add_extra_param(name, value);
        }
        let (link, state) = request.url();
        Ok(Asked { link: link.into(), state, verifier })
    }

    /// Exchanges a code for tokens.
    pub(super) async fn exchange(
        &self,
        redirect: &str,
        code: String,
        verifier: PkceCodeVerifier,
        now: Timestamp,
    ) -> Result<Got, Failure> {
        let client = self.configured(Some(redirect))?;
        let http = self.http().await?;
        let secret_code = code.clone();
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(verifier)
            .request_async(&|request| send(http.clone(), request))
            .await
            .map_err(|error| failure(&error, &[&secret_code]))?;
        Ok(got(&answer, None, now))
    }

    /// Gets the next tokens. An issuer that rotates refresh tokens sends another one; one that does not, none.
    pub(super) async fn refresh(&self, refresh: &Secret, now: Timestamp) -> Result<Tokens, Failure> {
        let client = self.configured(None)?;
        let http = self.http().await?;
        let answer = client
            .exchange_refresh_token(&RefreshToken::new(refresh.expose().to_owned()))
            .request_async(&|request| send(http.clone(), request))
            .await
            .map_err(|error| failure(&error, &[refresh.expose()]))?;
        Ok(got(&answer, Some(refresh), now).tokens)
    }

    async fn http(&self) -> Result<reqwest::Client, Failure> {
        let proxy = self.proxy.clone();
        // Reads the system's authorities from disk.
        tokio::task::spawn_blocking(move || crate::net::http_client(&proxy, None))
            .await
            .map_err(|error| Failure::said(Cause::Unknown, error.to_string()))?
    }
}

fn got(answer: &Answer, refresh: Option<&Secret>, now: Timestamp) -> Got {
    let lifetime = answer.expires_in().map(|lifetime| lifetime.as_secs());
    let next = answer.refresh_token().map(|token| token.secret().as_str());
    let next = next.or(refresh.map(Secret::expose));
    Got {
        tokens: Tokens::new(answer.access_token().secret(), next, lifetime, now),
        signed_in_as: answer.extra_fields().id_token.as_deref().and_then(address_of),
    }
}

/// The address of an ID token. It came straight from the issuer over TLS, so its signature says nothing more
/// (OpenID Connect Core, section 3.1.3.7); and it is used as a hint alone.
fn address_of(id_token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        email: Option<String>,
        preferred_username: Option<String>,
    }
    let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    claims.email.or(claims.preferred_username).filter(|address| address.contains('@'))
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let failed = |error: reqwest::Error| HttpError::Failed(crate::net::http_failure(&error));
    let (parts, body) = request.into_parts();
    let request =
        http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).timeout(PATIENCE);
    let mut answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(HttpError::Busy(status.as_u16()));
    }
    let mut whole = oauth2::http::Response::builder().status(status);
    if let Some(headers) = whole.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(HttpError::Busy(status.as_u16()));
        }
        body.extend_from_slice(&chunk);
    }
    whole.body(body).map_err(|_| HttpError::Busy(status.as_u16()))
}

/// `secrets` are what was sent: an issuer may say them back.
fn failure(error: &RequestTokenError<HttpError, BasicErrorResponse>, secrets: &[&str]) -> Failure {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let code = answer.error().to_string();
            let description = answer.error_description().map_or("", String::as_str);
            let words = clean(&format!("{code} {description}"), secrets);
            Failure::said(refused(&code, description), words)
        }
        // The issuers of the table have certificates that verify: another one is a portal's or a scanner's.
        RequestTokenError::Request(HttpError::Failed(failure)) if failure.cause.is_of_certificates() => {
            Failure { cause: Cause::StandsInBetween, ..failure.clone() }
        }
        RequestTokenError::Request(HttpError::Failed(failure)) => failure.clone(),
        RequestTokenError::Request(error @ HttpError::Busy(_)) => {
            Failure::said(Cause::TryLater, error.to_string())
        }
        // The answer itself is not told: it may hold a token.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Failure::said(Cause::TryLater, "The issuer's answer cannot be read.")
        }
    }
}

/// What an issuer's error means (RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core, section 3.1.2.6; Microsoft's
/// AADSTS numbers).
pub(super) fn refused(code: &str, description: &str) -> Cause {
    /// The organisation has to agree, or keeps this app out.
    const APPROVAL: &[&str] =
        &["AADSTS65001", "AADSTS90094", "AADSTS900941", "AADSTS7000112", "AADSTS50105", "AADSTS53003"];
    if APPROVAL.iter().any(|number| description.contains(number))
        || matches!(code, "consent_required" | "admin_policy_enforced" | "org_internal")
    {
        return Cause::ApprovalNeeded;
    }
    // Microsoft does not know the client id, most often because it was mistyped.
    if description.contains("AADSTS700016") || matches!(code, "invalid_client" | "unauthorized_client") {
        return Cause::ClientIdNeeded;
    }
    match code {
        "temporarily_unavailable" | "server_error" | "slow_down" => Cause::TryLater,
        _ => Cause::SignInExpired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_issuer_says_has_its_cause() {
        for (code, description, cause, _documented) in [
            (
                "invalid_grant",
                "Token has been expired or revoked.",
                Cause::SignInExpired,
                "developers.google.com/identity/protocols/oauth2#expiration",
            ),
            (
                "invalid_grant",
                "Bad Request",
                Cause::SignInExpired,
                "developers.google.com/identity/protocols/oauth2",
            ),
            (
                "invalid_grant",
                "AADSTS700082: The refresh token has expired due to inactivity.",
                Cause::SignInExpired,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "invalid_grant",
                "AADSTS50173: The provided grant has expired due to it being revoked",
                Cause::SignInExpired,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "invalid_grant",
                "AADSTS65001: The user or administrator has not consented to use the application",
                Cause::ApprovalNeeded,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "access_denied",
                "AADSTS90094: The grant requires admin permission.",
                Cause::ApprovalNeeded,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "interaction_required",
                "AADSTS50076: Due to a configuration change you must use multi-factor authentication",
                Cause::SignInExpired,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "unauthorized_client",
                "AADSTS700016: Application was not found in the directory",
                Cause::ClientIdNeeded,
                "learn.microsoft.com/entra/identity-platform/reference-error-codes",
            ),
            (
                "admin_policy_enforced",
                "",
                Cause::ApprovalNeeded,
                "developers.google.com/identity/protocols/oauth2/native-app#authorization-errors-admin-policy-enforced",
            ),
            ("consent_required", "", Cause::ApprovalNeeded, "OpenID Connect Core 3.1.2.6"),
            ("temporarily_unavailable", "", Cause::TryLater, "RFC 6749 4.1.2.1"),
            ("server_error", "", Cause::TryLater, "RFC 6749 4.1.2.1"),
            ("invalid_client", "", Cause::ClientIdNeeded, "RFC 6749 5.2"),
        ] {
            assert_eq!(refused(code, description), cause, "{code} {description}");
        }
    }

    #[test]
    fn the_request_asks_with_pkce_and_tells_no_secret() {
        let issuer: Issuer = serde_json::from_str(
            r#"{"id":"x","name":"X","authorization_endpoint":"https://id.example/auth","token_endpoint":"https://id.example/token",
            "scopes":["mail","email"],"parameters":{"access_type":"offline"}}"#,
        )
        .unwrap();
        let client = Client {
            issuer,
            id: "app".into(),
            secret: Some(Secret::new("geheim".into())),
            proxy: Proxy::None,
        };
        let asked = client.ask("http://127.0.0.1:5/callback", "nora@gmail.com").unwrap();
        let link = url::Url::parse(&asked.link).unwrap();
        let query: BTreeMap<_, _> = link.query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["redirect_uri"], "http://127.0.0.1:5/callback");
        assert_eq!(query["login_hint"], "nora@gmail.com");
        assert_eq!(query["access_type"], "offline");
        assert!(!asked.link.contains(asked.verifier.secret()) && !asked.link.contains("geheim"));
        assert!(asked.state.secret().len() >= 20);
    }

    #[test]
    fn whom_the_person_signed_in_as_is_read_from_the_id_token() {
        let token = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(address_of(&token(r#"{"email":"nora@x.example"}"#)).as_deref(), Some("nora@x.example"));
        assert_eq!(
            address_of(&token(r#"{"preferred_username":"nora@y.example"}"#)).as_deref(),
            Some("nora@y.example")
        );
        for bad in ["", "a.b", "e30.???.x", &token(r#"{"email":"nora"}"#), &token("[]")] {
            assert_eq!(address_of(bad), None);
        }
    }
}
