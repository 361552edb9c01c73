//! Other issuers whose tokens are accepted: platforms that already know their users.
//!
//! Each is configured with its name (`iss`), its audience, its algorithms and its keys. The issuer
//! of a token chooses the configuration and nothing else: neither the algorithm nor the key nor an
//! address is ever taken from a token.

mod config;
mod key_formats;
mod keys;
mod remote;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::{Map, Value};

use super::claims::ClaimRules;
use super::issuer_files::FileProblem;
use super::tokens::InvalidToken;
use crate::catalog::access::{Credential, Principal};
use keys::Keys;

/// The issuers that are configured.
#[derive(Debug, Default)]
pub struct Issuers(Vec<Issuer>);

/// One issuer.
#[derive(Debug)]
struct Issuer {
    name: String,
    validation: Validation,
    keys: Keys,
    /// Allowed clock difference, in seconds.
    leeway: i64,
    claims: ClaimRules,
}

impl Issuers {
    /// Reads the configuration, a JSON list of issuers. Paths in it are relative to its folder.
    /// None of them has the name of the service's own issuer, `own`.
    ///
    /// # Errors
    /// When it cannot be read or a value in it is not allowed.
    pub fn read(path: &std::path::Path, own: &str) -> Result<Self, FileProblem> {
        Ok(Self(config::read(path, own)?))
    }

    /// Fetches the keys that are at an address, so that a wrong address is noticed at the start.
    pub async fn fetch_keys(&self) {
        for issuer in &self.0 {
            issuer.keys.fetch().await;
        }
    }

    /// Whether a subject, as [`Principal`] has it, is one of an issuer that is configured.
    pub(super) fn have(&self, subject: &str) -> bool {
        let is_of = |issuer: &Issuer| {
            subject.strip_prefix(&issuer.name).is_some_and(|rest| rest.starts_with('|'))
        };
        self.0.iter().any(is_of)
    }

    /// Verifies a token of one of these issuers. `None` if it is of none of them.
    pub(super) async fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Option<Result<Principal, InvalidToken>> {
        if self.0.is_empty() {
            return None;
        }
        let name = claimed_issuer(token)?;
        let issuer = self.0.iter().find(|issuer| issuer.name == name)?;
        Some(issuer.verify(token, now).await)
    }
}

/// The issuer that a token claims to be of, before anything is verified.
fn claimed_issuer(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(claims.get("iss")?.as_str()?.to_owned())
}

impl Issuer {
    async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, InvalidToken> {
        let header: Header =
            jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        // An extension that must be understood (RFC 7515 §4.1.11) is not.
        let is_allowed = |algorithm: &Algorithm| self.validation.algorithms.contains(algorithm);
        if header.crit.is_some() || !is_allowed(&header.alg) {
            return Err(InvalidToken::Malformed);
        }
        let family = header.alg.family();
        // The library refuses a validation with algorithms of several families.
        let mut validation = self.validation.clone();
        validation.algorithms = vec![header.alg];
        let mut verified = None;
        for key in self.keys.candidates(header.kid.as_deref()).await {
            if key.family() != family {
                continue;
            }
            let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
            if let Ok(decoded) = decoded {
                verified = Some(decoded.claims);
                break;
            }
        }
        let claims = verified.ok_or(InvalidToken::Malformed)?;
        let expires_at = self.check_times(&claims, now.timestamp())?;
        let found = self.claims.read(&claims).ok_or(InvalidToken::Malformed)?;
        Ok(Principal {
            // Subjects of different issuers may be equal, and equal to an account's id.
            subject: format!("{}|{}", self.name, found.subject),
            email: found.shown_email().to_owned(),
            role: found.role,
            source: None,
            credential: Credential::Foreign,
            expires_at,
            origin: Arc::default(),
        })
    }

    /// Checks that a token is valid at this time, and returns when it expires.
    fn check_times(
        &self,
        claims: &Map<String, Value>,
        now: i64,
    ) -> Result<Option<DateTime<Utc>>, InvalidToken> {
        #[allow(clippy::cast_possible_truncation, reason = "the fraction is dropped; it saturates")]
        let time = |name: &str| match claims.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_f64().map(|time| Some(time as i64)).ok_or(()),
        };
        let (Ok(Some(expires)), Ok(not_before), Ok(_)) = (time("exp"), time("nbf"), time("iat"))
        else {
            return Err(InvalidToken::Malformed);
        };
        if expires < now.saturating_sub(self.leeway) {
            return Err(InvalidToken::Expired);
        }
        if not_before.is_some_and(|start| start > now.saturating_add(self.leeway)) {
            return Err(InvalidToken::Malformed);
        }
        Ok(DateTime::from_timestamp(expires, 0))
    }
}
