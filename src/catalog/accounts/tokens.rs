//! Access and refresh tokens: JWT (RFC 7519) with HS256. The algorithm is fixed and never taken
//! from a token.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::known_tokens::KnownTokens;
use crate::catalog::CatalogError;
use crate::catalog::access::{Credential, Principal, Role};
use crate::document::Source;

/// Minimum length of a secret in bytes: the size of the hash (RFC 7518 §3.2).
pub const MIN_SECRET: usize = 32;

/// The issuer and the audience of tokens if none are configured.
pub const DEFAULT_NAME: &str = "reelport";
/// Maximum length of an issuer or an audience, in bytes.
pub const MAX_NAME: usize = 255;
/// What is appended to the audience for tokens that are not access tokens, so that none of them is
/// accepted as one.
const REFRESH: &str = "/refresh";
const ATTEMPT: &str = "/log-in";
const DOWNLOAD: &str = "/download";

/// The issuer, audience and lifetimes of tokens.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The claim `iss`; one that [`is_issuer`] accepts.
    pub issuer: String,
    /// The claim `aud` of access tokens; one that [`is_audience`] accepts.
    pub audience: String,
    pub access_lifetime: Duration,
    pub refresh_lifetime: Duration,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            issuer: DEFAULT_NAME.to_owned(),
            audience: DEFAULT_NAME.to_owned(),
            access_lifetime: Duration::from_hours(1),
            refresh_lifetime: Duration::from_hours(14 * 24),
        }
    }
}

/// Whether a text can be the issuer of tokens: 1 to 255 visible ASCII characters, as in a name or
/// an address.
#[must_use]
pub fn is_issuer(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text can be the audience of access tokens: as for the issuer, and not the audience of
/// the other tokens of a service with the same secret.
#[must_use]
pub fn is_audience(text: &str) -> bool {
    is_issuer(text) && ![REFRESH, ATTEMPT, DOWNLOAD].iter().any(|other| text.ends_with(other))
}

/// Signs and verifies tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    /// The key that signs, and before a rotation is over also the previous one.
    decoding: Vec<DecodingKey>,
    access: Validation,
    refresh: Validation,
    config: TokenConfig,
    /// The access tokens that were verified.
    known: KnownTokens<Claims>,
}

/// The claims of a token that is issued here.
#[derive(Debug, Serialize)]
struct IssuedClaims<'a> {
    sub: &'a str,
    email: &'a str,
    role: Role,
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    /// The version of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    ver: Option<i64>,
    /// In refresh tokens: the number of the token in its session.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
}

/// The claims of a token that is verified. Issuer and audience are checked by the library.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    email: String,
    role: Role,
    exp: NumericDate,
    iat: Option<NumericDate>,
    nbf: Option<NumericDate>,
    source: Option<Source>,
    sid: Option<String>,
    ver: Option<i64>,
    seq: Option<i64>,
}

/// A time in a token (RFC 7519 §2), in seconds, which may have a fraction.
#[derive(Debug, Clone, Copy, Deserialize)]
struct NumericDate(f64);

impl NumericDate {
    #[allow(clippy::cast_possible_truncation, reason = "the fraction is dropped; it saturates")]
    const fn seconds(self) -> i64 {
        self.0 as i64
    }
}

/// What contents are signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What a browser keeps of an attempt to log in through a provider.
    LogIn,
    /// What the link to a download says.
    Download,
}

impl Purpose {
    /// The audience of contents with this purpose.
    fn audience(self, config: &TokenConfig) -> String {
        let suffix = match self {
            Self::LogIn => ATTEMPT,
            Self::Download => DOWNLOAD,
        };
        format!("{}{suffix}", config.audience)
    }
}

/// Contents that are signed for one purpose.
#[derive(Serialize, Deserialize)]
struct SignedClaims<T> {
    iss: String,
    aud: String,
    exp: i64,
    contents: T,
}

/// The content of a valid access token.
#[derive(Debug, Clone)]
pub struct VerifiedToken {
    pub principal: Principal,
    /// The session that it belongs to.
    pub session: Option<String>,
    /// The version that its account had.
    pub version: Option<i64>,
    /// When it was issued, in seconds since 1970.
    pub issued_at: Option<i64>,
}

/// The content of a valid refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub session: String,
    /// The number of the token in its session.
    pub number: i64,
}

/// Why a token is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    Expired,
    /// Malformed, wrongly signed, not valid yet, or for another issuer or audience.
    Malformed,
    /// Revoked, of a session that has ended, or issued before its account was changed.
    Ended,
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
pub const LEEWAY: i64 = 5;

impl Tokens {
    #[must_use]
    pub fn new(secret: &[u8], config: TokenConfig) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: vec![DecodingKey::from_secret(secret)],
            access: validation(&config, &config.audience),
            refresh: validation(&config, &refresh_audience(&config)),
            config,
            known: KnownTokens::default(),
        }
    }

    /// Also accepts tokens that were signed with the previous secret.
    #[must_use]
    pub fn with_previous_secret(mut self, secret: &[u8]) -> Self {
        self.decoding.push(DecodingKey::from_secret(secret));
        self
    }

    /// The lifetime of an access token.
    #[must_use]
    pub const fn access_lifetime(&self) -> Duration {
        self.config.access_lifetime
    }

    /// How long a session lasts after its refresh token was last exchanged.
    #[must_use]
    pub const fn refresh_lifetime(&self) -> Duration {
        self.config.refresh_lifetime
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

    /// Issues the refresh token with this number, which can only be exchanged for new tokens.
    ///
    /// # Errors
    /// When signing fails.
    pub fn refresh(
        &self,
        principal: &Principal,
        number: i64,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        let audience = refresh_audience(&self.config);
        self.sign(principal, &audience, self.config.refresh_lifetime, Some(number), now)
    }

    fn sign(
        &self,
        principal: &Principal,
        audience: &str,
        lifetime: Duration,
        seq: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        let (sid, ver) = match &principal.credential {
            Credential::Session { id, version } => (Some(id.as_str()), Some(*version)),
            Credential::Account { version } => (None, Some(*version)),
            Credential::Issuer | Credential::Foreign | Credential::Personal { .. } => (None, None),
        };
        let claims = IssuedClaims {
            sub: &principal.subject,
            email: &principal.email,
            role: principal.role,
            iss: &self.config.issuer,
            aud: audience,
            iat: now.timestamp(),
            exp: (now + lifetime).timestamp(),
            source: principal.source,
            sid,
            ver,
            seq,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| CatalogError::Token(error.to_string()))
    }

    /// Verifies an access token.
    ///
    /// # Errors
    /// When the token is invalid or expired.
    pub fn verify_access(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<VerifiedToken, InvalidToken> {
        let claims = self.known.get(token, || self.decode(token, &self.access))?;
        check_times(&claims, now)?;
        let principal = Principal {
            subject: claims.sub.clone(),
            email: claims.email.clone(),
            role: claims.role,
            source: claims.source,
            credential: Credential::Issuer,
            expires_at: DateTime::from_timestamp(claims.exp.seconds(), 0),
            origin: Arc::default(),
        };
        Ok(VerifiedToken {
            principal,
            session: claims.sid.clone(),
            version: claims.ver,
            issued_at: claims.iat.map(NumericDate::seconds),
        })
    }

    /// Verifies a refresh token.
    ///
    /// # Errors
    /// When the token is invalid or expired.
    pub fn verify_refresh(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<RefreshToken, InvalidToken> {
        let claims = self.decode(token, &self.refresh)?;
        check_times(&claims, now)?;
        match (claims.sid, claims.seq) {
            (Some(session), Some(number)) => Ok(RefreshToken { session, number }),
            _ => Err(InvalidToken::Malformed),
        }
    }

    /// Signs contents for one purpose until a time. They are signed, not encrypted, and are accepted
    /// for nothing else.
    ///
    /// # Errors
    /// When signing fails.
    pub(super) fn sign_for<T: Serialize>(
        &self,
        purpose: Purpose,
        contents: &T,
        expires_at: DateTime<Utc>,
    ) -> Result<String, CatalogError> {
        let claims = SignedClaims {
            iss: self.config.issuer.clone(),
            aud: purpose.audience(&self.config),
            exp: expires_at.timestamp(),
            contents,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| CatalogError::Token(error.to_string()))
    }

    /// What was signed by [`sign_for`](Self::sign_for) for this purpose.
    ///
    /// # Errors
    /// When it was not, or has expired.
    pub(super) fn verify_for<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<T, InvalidToken> {
        let mut expected = validation(&self.config, &purpose.audience(&self.config));
        expected.set_required_spec_claims(&["exp", "iss", "aud"]);
        let found = self
            .decoding
            .iter()
            .find_map(|key| jsonwebtoken::decode::<SignedClaims<T>>(text, key, &expected).ok());
        let claims = found.ok_or(InvalidToken::Malformed)?.claims;
        if claims.exp > now.timestamp() { Ok(claims.contents) } else { Err(InvalidToken::Expired) }
    }

    /// The claims of a token with a valid signature, issuer and audience, at whatever time.
    fn decode(&self, token: &str, validation: &Validation) -> Result<Claims, InvalidToken> {
        let claims = self
            .decoding
            .iter()
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, key, validation).ok());
        let claims = claims.ok_or(InvalidToken::Malformed)?.claims;
        // These claims are stored or looked up, and databases cannot store U+0000.
        let texts = [Some(&claims.sub), Some(&claims.email), claims.sid.as_ref()];
        let is_storable = texts.iter().flatten().all(|text| !text.contains('\0'));
        if is_storable { Ok(claims) } else { Err(InvalidToken::Malformed) }
    }
}

/// Checks that a token is valid at this time.
fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), InvalidToken> {
    let now = now.timestamp();
    if claims.exp.seconds() < now.saturating_sub(LEEWAY) {
        return Err(InvalidToken::Expired);
    }
    let is_valid_yet = claims.nbf.is_none_or(|nbf| nbf.seconds() <= now.saturating_add(LEEWAY));
    if is_valid_yet { Ok(()) } else { Err(InvalidToken::Malformed) }
}

/// The audience of refresh tokens, which differs so that none is accepted as an access token.
fn refresh_audience(config: &TokenConfig) -> String {
    format!("{}{REFRESH}", config.audience)
}
