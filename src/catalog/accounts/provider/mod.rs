//! Log-in through an OpenID Connect provider, by the authorization code flow with PKCE.
//!
//! [`begin_provider_login`](Accounts::begin_provider_login) sends the browser to the provider, with
//! a state, a nonce and a code challenge. What is needed to complete the attempt is in a signed
//! cookie of that browser.
//! [`complete_provider_login`](Accounts::complete_provider_login) exchanges the code that the
//! browser comes back with, verifies the ID token, and begins a session of the service's own.

mod attempt;
mod client;
mod config;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Instant;

use super::claims::Found;
pub use super::identities::IdentityRefused;
use super::identities::{AccountPolicy, ProvenIdentity, UsedAttempt};
use super::issuer_files::FileProblem;
use super::sessions::{LoggedIn, NewSession};
use super::throttle::TooManyAttempts;
use super::tokens::Purpose;
use super::{Accounts, account_target};
use crate::catalog::CatalogError;
use crate::catalog::audit::{Actor, AuditCredential, AuditOperation};
pub use attempt::ATTEMPT_LIFETIME;
use attempt::Attempt;
pub use client::Unreachable;
use client::{Client, ExchangeFailed};

/// The route that the provider sends browsers back to.
pub const CALLBACK_PATH: &str = "/api/v1/auth/oidc/callback";
/// The route that sends browsers to the provider.
pub const LOGIN_PATH: &str = "/api/v1/auth/oidc/login";

/// A log-in provider, as it is configured.
#[derive(Debug)]
pub struct Provider {
    client: Client,
    label: String,
    /// The address at which browsers reach the service, without a slash at its end.
    public_url: String,
    policy: AccountPolicy,
}

/// A log-in that began.
#[derive(Debug)]
pub struct BegunLogin {
    /// The address of the provider to which the browser goes.
    pub url: String,
    /// What the browser keeps until it comes back.
    pub attempt: String,
}

/// What the browser brings back from the provider (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Default, Clone)]
pub struct ProviderAnswer {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub issuer: Option<String>,
}

/// Why a log-in through the provider was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginFailure {
    /// No provider is configured.
    NotConfigured,
    /// The provider does not answer, or not as a provider.
    Unreachable,
    /// The browser has no attempt, or one that has expired.
    NoAttempt,
    /// The answer does not belong to the attempt of the browser.
    OtherAttempt,
    /// The attempt was completed before.
    Used,
    /// The answer is that of another provider.
    OtherIssuer,
    /// The person or the provider did not allow it.
    Denied,
    /// The provider reported another error.
    ReportedError,
    /// The answer has neither a code nor an error.
    NoCode,
    /// The provider does not accept the code: it was used, has expired, or was given to another
    /// client.
    CodeRefused,
    /// The ID token is not valid for this attempt.
    InvalidToken,
    TooManyAttempts(TooManyAttempts),
    /// The person is known, and gets no session.
    Identity(IdentityRefused),
}

/// A log-in that did not succeed, and where the person wanted to go.
#[derive(Debug)]
pub struct LoginFailed {
    pub failure: LoginFailure,
    /// Known as soon as the answer belongs to an attempt.
    pub return_to: Option<String>,
}

/// A log-in that succeeded.
#[derive(Debug)]
pub struct CompletedLogin {
    pub tokens: LoggedIn,
    /// Where the person wanted to go.
    pub return_to: String,
}

impl Provider {
    /// Reads the configuration, a JSON file. Paths in it are relative to its folder. `own` is the
    /// service's own issuer.
    ///
    /// # Errors
    /// When it cannot be read or a value in it is not allowed.
    pub fn read(path: &Path, own: &str) -> Result<Self, FileProblem> {
        config::read(path, own)
    }

    /// What the provider is called on pages.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The address of the route that begins a log-in.
    #[must_use]
    pub fn login_url(&self) -> String {
        format!("{}{LOGIN_PATH}", self.public_url)
    }

    /// Whether browsers reach the service over HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }

    /// The identity in verified claims. `None` if they have no usable subject.
    fn identity(
        &self,
        claims: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<ProvenIdentity> {
        let Found { subject, email, is_email_verified, role } = self.client.rules().read(claims)?;
        let is_verified = is_email_verified || self.policy.assumes_verified_email;
        let name = claims.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
        Some(ProvenIdentity {
            issuer: self.client.issuer().to_owned(),
            subject,
            verified_email: email.filter(|_| is_verified),
            name: name.trim().to_owned(),
            role,
        })
    }
}

impl ProviderAnswer {
    /// Reads the parameters of the address that the browser comes back to. Others are ignored. A
    /// parameter that is repeated counts as absent (RFC 6749 §3.1).
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let mut found: HashMap<String, Option<String>> = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = Some(value.into_owned());
            found.entry(name.into_owned()).and_modify(|known| *known = None).or_insert(value);
        }
        let mut take = |name: &str| found.remove(name).flatten();
        Self { state: take("state"), code: take("code"), error: take("error"), issuer: take("iss") }
    }
}

impl Accounts {
    /// The provider through which browsers log in, if one is configured.
    #[must_use]
    pub fn provider(&self) -> Option<&Provider> {
        self.provider.as_deref()
    }

    /// Begins a log-in that returns to this path of the service.
    ///
    /// # Errors
    /// When signing fails.
    pub async fn begin_provider_login(
        &self,
        return_to: &str,
    ) -> Result<Result<BegunLogin, LoginFailure>, CatalogError> {
        let Some(provider) = self.provider() else { return Ok(Err(LoginFailure::NotConfigured)) };
        let Ok(sent) = provider.client.authorization().await else {
            return Ok(Err(LoginFailure::Unreachable));
        };
        let attempt = Attempt {
            state: sent.state,
            nonce: sent.nonce,
            verifier: sent.verifier,
            return_to: return_to.to_owned(),
        };
        let expires_at = self.catalog.now() + ATTEMPT_LIFETIME;
        let attempt = self.tokens.sign_for(Purpose::LogIn, &attempt, expires_at)?;
        Ok(Ok(BegunLogin { url: sent.url, attempt }))
    }

    /// Completes a log-in with what the browser kept and what it brings back: verifies who it is,
    /// and begins a session.
    ///
    /// # Errors
    /// When storage or signing fails.
    pub async fn complete_provider_login(
        &self,
        kept: Option<&str>,
        answer: ProviderAnswer,
        actor: &Actor,
        client: &str,
    ) -> Result<Result<CompletedLogin, LoginFailed>, CatalogError> {
        let failed = |failure, return_to| Ok(Err(LoginFailed { failure, return_to }));
        let Some(provider) = self.provider() else {
            return failed(LoginFailure::NotConfigured, None);
        };
        let (address, now) = (actor.address(), self.catalog.now());
        let attempt = kept.map(|kept| self.tokens.verify_for::<Attempt>(Purpose::LogIn, kept, now));
        let Some(Ok(attempt)) = attempt else {
            return failed(LoginFailure::NoAttempt, None);
        };
        if !attempt.has_state(answer.state.as_deref()) {
            return failed(LoginFailure::OtherAttempt, None);
        }
        let return_to = attempt.return_to.clone();
        let checked = self.check_attempt(provider, &attempt, &answer, address).await?;
        let code = match checked {
            Ok(code) => code,
            Err(failure) => return failed(failure, Some(return_to)),
        };
        let exchange = provider.client.exchange(code, &attempt, now);
        let claims = match Box::pin(exchange).await {
            Ok(claims) => claims,
            Err(why) => {
                if why == ExchangeFailed::CodeRefused {
                    let failure = self.throttle.record_failure(None, address, Instant::now());
                    Box::pin(failure).await;
                }
                return failed(why.into(), Some(return_to));
            }
        };
        let Some(identity) = provider.identity(&claims) else {
            return failed(LoginFailure::InvalidToken, Some(return_to));
        };
        let used = UsedAttempt { hash: attempt.hash(), expires_at: now + ATTEMPT_LIFETIME };
        let account = self.account_of_identity(&identity, provider.policy, &used, actor);
        match Box::pin(account).await? {
            Ok(user) => {
                let account = (user.id.as_str(), user.email.as_str());
                let actor = actor.with_account(account, AuditCredential::Provider, None);
                let entry = actor.did(AuditOperation::Login).on(account_target(&user.id));
                let begin = NewSession { address, client, rehashed: None, entry: Some(entry) };
                let tokens = Box::pin(self.begin_session(user, begin)).await?;
                Ok(Ok(CompletedLogin { tokens, return_to }))
            }
            Err(refused) => failed(LoginFailure::Identity(refused), Some(return_to)),
        }
    }

    /// Checks all that is known before the provider is asked, and returns the code.
    async fn check_attempt(
        &self,
        provider: &Provider,
        attempt: &Attempt,
        answer: &ProviderAnswer,
        address: Option<IpAddr>,
    ) -> Result<Result<String, LoginFailure>, CatalogError> {
        if self.catalog.database.is_login_state_used(&attempt.hash()).await? {
            return Ok(Err(LoginFailure::Used));
        }
        let Ok(accepts) = provider.client.accepts_issuer(answer.issuer.as_deref()).await else {
            return Ok(Err(LoginFailure::Unreachable));
        };
        if !accepts {
            return Ok(Err(LoginFailure::OtherIssuer));
        }
        if let Some(error) = &answer.error {
            let shown: String = error.chars().take(80).collect();
            tracing::info!(error = ?shown, "a provider refused a log-in");
            return Ok(Err(match error.as_str() {
                "access_denied" => LoginFailure::Denied,
                _ => LoginFailure::ReportedError,
            }));
        }
        let Some(code) = answer.code.clone().filter(|code| !code.is_empty()) else {
            return Ok(Err(LoginFailure::NoCode));
        };
        let checked = self.throttle.check(None, address, Instant::now()).await?;
        Ok(checked.map(|()| code).map_err(LoginFailure::TooManyAttempts))
    }
}

impl From<ExchangeFailed> for LoginFailure {
    fn from(why: ExchangeFailed) -> Self {
        match why {
            ExchangeFailed::Unreachable => Self::Unreachable,
            ExchangeFailed::CodeRefused => Self::CodeRefused,
            ExchangeFailed::ReportedError => Self::ReportedError,
            ExchangeFailed::InvalidToken => Self::InvalidToken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_parameters_of_an_answer_count_as_absent() {
        let answer = ProviderAnswer::from_query("state=a&code=b%20c&iss=https%3A%2F%2Fx&session=1");
        assert_eq!(answer.state.as_deref(), Some("a"));
        assert_eq!(answer.code.as_deref(), Some("b c"));
        assert_eq!(answer.issuer.as_deref(), Some("https://x"));
        let answer = ProviderAnswer::from_query("state=a&state=b&code=1&state=a");
        assert_eq!((answer.state, answer.code.as_deref(), answer.error), (None, Some("1"), None));
    }
}
