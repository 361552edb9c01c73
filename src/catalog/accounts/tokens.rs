//! Access and refresh tokens: JWT (RFC 7519) with HS256. The algorithm is fixed and never taken
//! from a token.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::catalog::CatalogError;
use crate::catalog::access::{Principal, Role};
use crate::document::Source;

/// Minimum length of a secret in bytes: the size of the hash (RFC 7518 §3.2).
pub const MIN_SECRET: usize = 32;

/// The issuer, audience and lifetimes of tokens.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    pub issuer: String,
    pub audience: String,
    pub access_lifetime: Duration,
    pub refresh_lifetime: Duration,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            issuer: "reelport".to_owned(),
            audience: "reelport".to_owned(),
            access_lifetime: Duration::from_hours(1),
            refresh_lifetime: Duration::from_hours(14 * 24),
        }
    }
}

/// Signs and verifies tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    access: Validation,
    refresh: Validation,
    config: TokenConfig,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    email: String,
    role: Role,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    /// In refresh tokens: the fingerprint of the password at the time of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Why a token is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    Expired,
    /// Malformed, wrongly signed, not valid yet, or for another issuer or audience.
    Malformed,
}

fn validation(config: &TokenConfig, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Times are checked against the injected clock; the library's own check panics before 1970.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// Allowed clock difference between machines, in seconds.
const LEEWAY: i64 = 5;

impl Tokens {
    #[must_use]
    pub fn new(secret: &[u8], config: TokenConfig) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            access: validation(&config, &config.audience),
            refresh: validation(&config, &refresh_audience(&config)),
            config,
        }
    }

    /// The lifetime of an access token.
    #[must_use]
    pub const fn access_lifetime(&self) -> Duration {
        self.config.access_lifetime
    }

    /// Issues an access token.
    ///
    /// # Errors
    /// When signing fails.
    pub fn access(
        &self,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        self.sign(principal, &self.config.audience, self.config.access_lifetime, None, now)
    }

    /// Issues a refresh token, which can only be exchanged for a new access token. `key` is
    /// returned by [`Self::verify_refresh`].
    ///
    /// # Errors
    /// When signing fails.
    pub fn refresh(
        &self,
        principal: &Principal,
        key: String,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        self.sign(
            principal,
            &refresh_audience(&self.config),
            self.config.refresh_lifetime,
            Some(key),
            now,
        )
    }

    fn sign(
        &self,
        principal: &Principal,
        audience: &str,
        lifetime: Duration,
        key: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        let claims = Claims {
            sub: principal.subject.clone(),
            email: principal.email.clone(),
            role: principal.role,
            iss: self.config.issuer.clone(),
            aud: audience.to_owned(),
            iat: now.timestamp(),
            exp: (now + lifetime).timestamp(),
            nbf: None,
            source: principal.source,
            key,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| CatalogError::Token(error.to_string()))
    }

    /// Verifies an access token and returns its account.
    ///
    /// # Errors
    /// When the token is invalid or expired.
    pub fn verify_access(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Principal, InvalidToken> {
        self.verify(token, &self.access, now).map(|(principal, _)| principal)
    }

    /// Verifies a refresh token and returns its account and key.
    ///
    /// # Errors
    /// When the token is invalid or expired.
    pub fn verify_refresh(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(Principal, String), InvalidToken> {
        let (principal, key) = self.verify(token, &self.refresh, now)?;
        Ok((principal, key.ok_or(InvalidToken::Malformed)?))
    }

    fn verify(
        &self,
        token: &str,
        validation: &Validation,
        now: DateTime<Utc>,
    ) -> Result<(Principal, Option<String>), InvalidToken> {
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, validation)
            .map_err(|_| InvalidToken::Malformed)?;
        let Claims { sub, email, role, source, key, exp, nbf, .. } = data.claims;
        let now = now.timestamp();
        if exp < now.saturating_sub(LEEWAY) {
            return Err(InvalidToken::Expired);
        }
        // Both claims are stored with each change, and databases cannot store U+0000.
        let is_storable = |text: &str| !text.contains('\0');
        let is_valid_yet = nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY));
        if !is_valid_yet || !is_storable(&sub) || !is_storable(&email) {
            return Err(InvalidToken::Malformed);
        }
        Ok((Principal { subject: sub, email, role, source }, key))
    }
}

/// The audience of refresh tokens, which differs so that none is accepted as an access token.
fn refresh_audience(config: &TokenConfig) -> String {
    format!("{}/refresh", config.audience)
}
