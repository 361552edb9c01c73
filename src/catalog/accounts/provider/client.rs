//! The client of the provider: where it sends browsers, and how it exchanges a code for verified
//! claims. The provider's metadata and keys are fetched when they are first needed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGrantType, CoreIdToken, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::http::header::AUTHORIZATION;
use openidconnect::{
    AccessToken, AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthorizationCode,
    ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::attempt::Attempt;
use crate::catalog::accounts::cached::Cached;
use crate::catalog::accounts::claims::ClaimRules;
use crate::catalog::accounts::outgoing::{Outgoing, RequestFailed, check_url};

/// How long to wait before the provider's metadata are fetched again.
const PAUSE: Duration = Duration::from_secs(5);
/// Maximum number of codes that are exchanged at once.
const MAX_EXCHANGES: usize = 16;

/// The configuration of the client.
#[derive(Debug)]
pub(super) struct ClientSettings {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    /// `None` for a public client.
    pub(super) client_secret: Option<ClientSecret>,
    pub(super) redirect_url: RedirectUrl,
    pub(super) scopes: Vec<Scope>,
    pub(super) algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// Allowed clock difference, in seconds.
    pub(super) leeway: i64,
    /// Whether claims that the ID token lacks are asked for at the UserInfo endpoint.
    pub(super) asks_userinfo: bool,
    pub(super) rules: ClaimRules,
}

/// A client of the provider.
#[derive(Debug)]
pub(super) struct Client {
    settings: ClientSettings,
    outgoing: Outgoing,
    metadata: Cached<Metadata>,
    exchanges: Semaphore,
}

/// What is sent to the provider with a browser.
pub(super) struct Authorization {
    pub(super) url: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// The provider cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

/// Why a code was not exchanged for claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeFailed {
    Unreachable,
    CodeRefused,
    ReportedError,
    InvalidToken,
}

/// The metadata of RFC 9207.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct IssuerMetadata {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for IssuerMetadata {}

type Metadata = ProviderMetadata<
    IssuerMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Endpoints = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Client {
    /// # Errors
    /// When no HTTP client can be made.
    pub(super) fn new(settings: ClientSettings) -> Result<Self, String> {
        let what = format!("the metadata of the log-in provider {}", settings.issuer.as_str());
        Ok(Self {
            settings,
            outgoing: Outgoing::new()?,
            metadata: Cached::new(what, PAUSE),
            exchanges: Semaphore::new(MAX_EXCHANGES),
        })
    }

    /// The issuer, as it is configured.
    pub(super) fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// How claims are read.
    pub(super) const fn rules(&self) -> &ClaimRules {
        &self.settings.rules
    }

    /// Where to send a browser, and what its answer has to match.
    pub(super) async fn authorization(&self) -> Result<Authorization, Unreachable> {
        let metadata = self.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let client = self.endpoints(&metadata);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.settings.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        Ok(Authorization {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Whether an answer with this issuer is one of the provider (RFC 9207 §2.4).
    pub(super) async fn accepts_issuer(&self, issuer: Option<&str>) -> Result<bool, Unreachable> {
        let metadata = self.metadata().await?;
        let must_have =
            metadata.additional_metadata().authorization_response_iss_parameter_supported;
        Ok(match issuer {
            Some(issuer) => issuer == self.issuer(),
            None => !must_have,
        })
    }

    /// Exchanges a code for the verified claims of its ID token.
    pub(super) async fn exchange(
        &self,
        code: String,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, ExchangeFailed> {
        let _permit = self.exchanges.acquire().await;
        let metadata = self.metadata().await.map_err(|Unreachable| ExchangeFailed::Unreachable)?;
        let response = self.request_token(&metadata, code, attempt).await?;
        let token = response.id_token().ok_or_else(|| invalid("there is no ID token"))?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let mut verified = self.verify(&metadata, token, &nonce, now);
        let unknown_key = SignatureVerificationError::NoMatchingKey;
        if verified == Err(ClaimsVerificationError::SignatureVerification(unknown_key))
            && self.metadata.refresh(self.discover()).await
        {
            // The provider has begun to use a new key.
            let metadata = self.metadata().await.map_err(|_| ExchangeFailed::Unreachable)?;
            verified = self.verify(&metadata, token, &nonce, now);
        }
        verified.map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(error) => invalid(error),
            other => invalid(other),
        })?;
        let mut claims = claims_of(token).ok_or_else(|| invalid("its claims cannot be read"))?;
        // The party that the token was issued to (OpenID Connect Core 1.0 §3.1.3.7).
        let party = claims.get("azp").and_then(Value::as_str);
        if party.is_some_and(|party| party != self.settings.client_id.as_str()) {
            return Err(invalid("it was issued to another client"));
        }
        if self.settings.asks_userinfo {
            let others = self.userinfo(&metadata, response.access_token()).await?;
            if others.get("sub").is_none() || others.get("sub") != claims.get("sub") {
                return Err(invalid("the user information is that of another subject"));
            }
            for (name, value) in others {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(claims)
    }

    async fn request_token(
        &self,
        metadata: &Metadata,
        code: String,
        attempt: &Attempt,
    ) -> Result<CoreTokenResponse, ExchangeFailed> {
        let client = self.endpoints(metadata);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| {
            tracing::warn!(%error, "the log-in provider has no token endpoint");
            ExchangeFailed::Unreachable
        })?;
        let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
        let response = request.set_pkce_verifier(verifier).request_async(&self.outgoing).await;
        response.map_err(|error| match error {
            RequestTokenError::ServerResponse(answer)
                if *answer.error() == CoreErrorResponseType::InvalidGrant =>
            {
                ExchangeFailed::CodeRefused
            }
            RequestTokenError::ServerResponse(answer) => {
                let error: String = answer.error().to_string().chars().take(80).collect();
                tracing::warn!(?error, "the log-in provider did not exchange a code");
                ExchangeFailed::ReportedError
            }
            RequestTokenError::Request(error) => {
                tracing::warn!(%error, "the log-in provider did not exchange a code");
                ExchangeFailed::Unreachable
            }
            // The body may have a token, so it is not logged.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                invalid("the answer of the token endpoint cannot be read")
            }
        })
    }

    fn verify(
        &self,
        metadata: &Metadata,
        token: &CoreIdToken,
        nonce: &Nonce,
        now: DateTime<Utc>,
    ) -> Result<(), ClaimsVerificationError> {
        let client = self.endpoints(metadata);
        let leeway = TimeDelta::seconds(self.settings.leeway);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(self.settings.algorithms.iter().cloned())
            .set_time_fn(move || now - leeway)
            .set_issue_time_verifier_fn(move |issued| {
                let is_past = issued <= now + leeway;
                is_past.then_some(()).ok_or_else(|| "issued in the future".to_owned())
            });
        token.claims(&verifier, nonce).map(drop)
    }

    async fn userinfo(
        &self,
        metadata: &Metadata,
        token: &AccessToken,
    ) -> Result<Map<String, Value>, ExchangeFailed> {
        let Some(endpoint) = metadata.userinfo_endpoint() else {
            return Err(invalid("the provider has no UserInfo endpoint"));
        };
        let request = openidconnect::http::Request::get(endpoint.as_str())
            .header(AUTHORIZATION, format!("Bearer {}", token.secret()))
            .body(Vec::new());
        let request = request.map_err(|_| invalid("the access token cannot be sent"))?;
        let answer = self.outgoing.call(request).await.map_err(|error| {
            tracing::warn!(%error, "the log-in provider sent no user information");
            ExchangeFailed::Unreachable
        })?;
        if !answer.status().is_success() {
            return Err(invalid(format!("UserInfo answers {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|_| invalid("UserInfo is not a JSON object"))
    }

    /// The provider's metadata and keys.
    async fn metadata(&self) -> Result<Arc<Metadata>, Unreachable> {
        self.metadata.get(self.discover()).await.ok_or(Unreachable)
    }

    fn discover(&self) -> BoxFuture<'_, Result<Metadata, String>> {
        Box::pin(async {
            let issuer = self.settings.issuer.clone();
            let found = Metadata::discover_async(issuer, &self.outgoing).await;
            let metadata = found.map_err(|error| with_causes(&error))?;
            // Browsers are sent there.
            check_url(metadata.authorization_endpoint().url())
                .map_err(|reason| format!("the authorization endpoint: {reason}"))?;
            Ok(metadata)
        })
    }

    fn endpoints(&self, metadata: &Metadata) -> Endpoints {
        let settings = &self.settings;
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            settings.client_id.clone(),
            settings.client_secret.clone(),
        );
        let methods = metadata.token_endpoint_auth_methods_supported();
        let has = |method| methods.is_some_and(|methods| methods.contains(&method));
        // Without a list, the client authenticates by HTTP Basic (OpenID Connect Discovery 1.0 §3).
        let in_body = has(CoreClientAuthMethod::ClientSecretPost)
            && !has(CoreClientAuthMethod::ClientSecretBasic);
        let auth_type = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        client.set_redirect_uri(settings.redirect_url.clone()).set_auth_type(auth_type)
    }
}

impl<'c> AsyncHttpClient<'c> for Outgoing {
    type Error = RequestFailed;
    type Future = BoxFuture<'c, Result<HttpResponse, RequestFailed>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.send(reqwest::Request::try_from(request)?).await?;
            let mut response = HttpResponse::new(answer.body);
            (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
            Ok(response)
        })
    }
}

/// Logs why an ID token is not valid. The reason contains no token.
fn invalid(reason: impl std::fmt::Display) -> ExchangeFailed {
    tracing::warn!(%reason, "an ID token of the log-in provider was refused");
    ExchangeFailed::InvalidToken
}

/// All claims of a token with a verified signature.
fn claims_of(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let token = token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// An error with what caused it, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
