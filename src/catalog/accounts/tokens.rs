//! Access tokens: JWT (RFC 7519), HS256. The algorithm is pinned here, never taken from a token.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::catalog::CatalogError;
use crate::catalog::access::{Principal, Role};
use crate::document::Source;

/// Fewest bytes of a secret: as many as the hash has (RFC 7518 §3.2).
pub const MIN_SECRET: usize = 32;

/// What tokens say and how long they hold.
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

/// Makes and verifies tokens.
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
    /// In refresh tokens: which password they were handed out for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// The token is malformed, expired, badly signed, or not for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    Expired,
    Malformed,
}

fn validation(config: &TokenConfig, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The times are compared with the injected clock; the library's own panics before 1970.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// How many seconds the clocks of two machines may differ.
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

    /// How long an access token holds.
    #[must_use]
    pub const fn access_lifetime(&self) -> Duration {
        self.config.access_lifetime
    }

    /// Makes an access token.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn access(
        &self,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        self.sign(principal, &self.config.audience, self.config.access_lifetime, None, now)
    }

    /// Makes a token that can be exchanged for a new access token, and for nothing else.
    ///
    /// # Errors
    /// When it cannot be signed.
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

    /// Who an access token speaks for.
    ///
    /// # Errors
    /// When it is not to be trusted.
    pub fn verify_access(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Principal, InvalidToken> {
        self.verify(token, &self.access, now).map(|(principal, _)| principal)
    }

    /// Who a refresh token speaks for, and the key it was made with.
    ///
    /// # Errors
    /// When it is not to be trusted.
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
        // What is in them is stored with each change and looked up.
        let is_text = |text: &str| !text.contains('\0');
        let is_valid_yet = nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY));
        if !is_valid_yet || !is_text(&sub) || !is_text(&email) {
            return Err(InvalidToken::Malformed);
        }
        Ok((Principal { subject: sub, email, role, source }, key))
    }
}

/// A refresh token is for another audience, so that it never passes as an access token.
fn refresh_audience(config: &TokenConfig) -> String {
    format!("{}/refresh", config.audience)
}
