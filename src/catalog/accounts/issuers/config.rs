//! The configuration of other issuers: a JSON file with a list of them.

use std::collections::HashMap;
use std::path::Path;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use url::Url;

use super::Issuer;
use super::key_formats::{Key, parse_pem, parse_set};
use super::keys::Keys;
use super::remote::RemoteKeys;
use crate::catalog::accounts::claims::{ClaimNames, ClaimRules};
use crate::catalog::accounts::issuer_files::{FileProblem, OneOrMany, leeway, read_beside};
use crate::catalog::accounts::outgoing::check_url;
use crate::catalog::accounts::tokens::MIN_SECRET;

/// Maximum number of issuers.
const MAX_ISSUERS: usize = 20;
/// One issuer, as it is configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    issuer: String,
    audience: OneOrMany,
    algorithms: OneOrMany,
    secret_file: Option<String>,
    public_key_file: Option<String>,
    jwks_file: Option<String>,
    jwks_url: Option<String>,
    #[serde(default)]
    claims: ClaimNames,
    #[serde(default)]
    roles: HashMap<String, String>,
    default_role: Option<String>,
    leeway: Option<i64>,
}

/// Reads the file. `own` is the service's own issuer.
pub(super) fn read(path: &Path, own: &str) -> Result<Vec<Issuer>, FileProblem> {
    let place = path.display().to_string();
    let text = std::fs::read(path).map_err(|error| FileProblem::new(&*place, &error))?;
    let entries: Vec<Entry> =
        serde_json::from_slice(&text).map_err(|error| FileProblem::new(&*place, &error))?;
    if entries.len() > MAX_ISSUERS {
        return Err(FileProblem::new(place, &format!("at most {MAX_ISSUERS} issuers are allowed")));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut issuers: Vec<Issuer> = Vec::new();
    for entry in entries {
        let name = entry.issuer.clone();
        let place = format!("{place}: {name}");
        let issuer =
            entry.build(folder, own).map_err(|reason| FileProblem::new(&*place, &reason))?;
        if issuers.iter().any(|other| other.name == name) {
            return Err(FileProblem::new(place, &"there are two issuers of this name"));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

impl Entry {
    fn build(self, folder: &Path, own: &str) -> Result<Issuer, String> {
        if self.issuer.is_empty() || self.issuer == own {
            return Err("this name is that of the service itself, or empty".to_owned());
        }
        let algorithms = algorithms(&self.algorithms.into_list())?;
        let audience = self.audience.into_list();
        if audience.is_empty() || audience.iter().any(String::is_empty) {
            return Err(
                "audience: found nothing; without one, tokens for others would count".into()
            );
        }
        let mut validation = Validation::new(algorithms[0]);
        validation.algorithms.clone_from(&algorithms);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&audience);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Times are checked against the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let leeway = leeway(self.leeway)?;
        let claims = ClaimRules::new(&self.claims, &self.roles, self.default_role.as_deref())?;
        let read = |name: &str| read_beside(folder, name);
        let families: Vec<_> = algorithms.iter().map(|algorithm| algorithm.family()).collect();
        let is_hmac = algorithms[0] == Algorithm::HS256;
        let given = (&self.secret_file, &self.public_key_file, &self.jwks_file, &self.jwks_url);
        let keys = match given {
            (Some(file), None, None, None) if is_hmac => {
                let text = read(file)?;
                let secret = text.trim_ascii();
                if secret.len() < MIN_SECRET {
                    let found = secret.len();
                    return Err(format!("{file}: found {found} bytes; needed are {MIN_SECRET}"));
                }
                Keys::Fixed(vec![Key { id: None, key: DecodingKey::from_secret(secret) }])
            }
            (None, Some(file), None, None) if !is_hmac => {
                let key = parse_pem(&read(file)?, &families);
                Keys::Fixed(vec![key.map_err(|reason| format!("{file}: {reason}"))?])
            }
            (None, None, Some(file), None) if !is_hmac => {
                let keys = parse_set(&read(file)?);
                Keys::Fixed(keys.map_err(|reason| format!("{file}: {reason}"))?)
            }
            (None, None, None, Some(url)) if !is_hmac => {
                let parsed = Url::parse(url).map_err(|error| format!("jwks_url: {error}"))?;
                check_url(&parsed).map_err(|reason| format!("jwks_url: {reason}"))?;
                Keys::Remote(Box::new(RemoteKeys::new(url.clone())?))
            }
            _ => {
                return Err("give one of secret_file (for HS256), public_key_file, jwks_file and \
                            jwks_url (for the other algorithms)"
                    .to_owned());
            }
        };
        Ok(Issuer { name: self.issuer, validation, keys, leeway, claims })
    }
}

/// The algorithms: HS256 alone, or any of the asymmetric ones.
fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, String> {
    let parse = |name: &String| match name.as_str() {
        "HS256" => Ok(Algorithm::HS256),
        "RS256" => Ok(Algorithm::RS256),
        "ES256" => Ok(Algorithm::ES256),
        "EdDSA" => Ok(Algorithm::EdDSA),
        _ => Err(format!("found {name:?}; allowed are HS256, RS256, ES256 and EdDSA")),
    };
    let algorithms = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    // With both kinds, a public key could be taken for a secret.
    let is_mixed = algorithms.len() > 1 && algorithms.contains(&Algorithm::HS256);
    if algorithms.is_empty() || is_mixed {
        return Err("algorithms: allowed is HS256 alone, or some of RS256, ES256, EdDSA".to_owned());
    }
    Ok(algorithms)
}
