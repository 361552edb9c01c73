//! The configuration of the log-in provider: a JSON file.

use std::collections::HashMap;
use std::path::Path;

use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl, Scope};
use serde::Deserialize;
use url::Url;

use super::client::{Client, ClientSettings};
use super::{AccountPolicy, CALLBACK_PATH, Provider};
use crate::catalog::accounts::claims::{ClaimNames, ClaimRules};
use crate::catalog::accounts::issuer_files::{FileProblem, OneOrMany, leeway, read_beside};
use crate::catalog::accounts::outgoing::check_url;

/// Maximum length of a label, in characters.
const MAX_LABEL: usize = 50;
/// Maximum length of a client id, a secret or a scope, in bytes.
const MAX_TEXT: usize = 1_024;
/// Maximum number of scopes.
const MAX_SCOPES: usize = 20;

/// The provider, as it is configured.
#[derive(Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "independent options of the configuration")]
#[serde(deny_unknown_fields)]
struct Entry {
    issuer: String,
    client_id: String,
    client_secret_file: Option<String>,
    public_url: String,
    label: Option<String>,
    scopes: Option<Vec<String>>,
    algorithms: Option<OneOrMany>,
    claims: Option<ClaimNames>,
    roles: Option<HashMap<String, String>>,
    default_role: Option<String>,
    #[serde(default)]
    create_accounts: bool,
    #[serde(default)]
    link_verified_email: bool,
    #[serde(default)]
    assume_verified_email: bool,
    #[serde(default)]
    userinfo: bool,
    leeway: Option<i64>,
}

/// Reads the file. `own` is the service's own issuer.
pub(super) fn read(path: &Path, own: &str) -> Result<Provider, FileProblem> {
    let place = path.display().to_string();
    let text = std::fs::read(path).map_err(|error| FileProblem::new(&*place, &error))?;
    let entry: Entry =
        serde_json::from_slice(&text).map_err(|error| FileProblem::new(&*place, &error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    entry.build(folder, own).map_err(|reason| FileProblem::new(place, &reason))
}

impl Entry {
    fn build(self, folder: &Path, own: &str) -> Result<Provider, String> {
        if self.issuer == own {
            return Err("issuer: this name is that of the service itself".to_owned());
        }
        let issuer = base_url("issuer", &self.issuer)?;
        let public_url = base_url("public_url", &self.public_url)?;
        let public_url = public_url.as_str().trim_end_matches('/').to_owned();
        let label = self.label.unwrap_or_else(|| issuer.host_str().unwrap_or_default().to_owned());
        let length = label.chars().count();
        if !(1..=MAX_LABEL).contains(&length) || label.chars().any(char::is_control) {
            return Err(format!("label: allowed are 1 to {MAX_LABEL} characters on one line"));
        }
        // Without a mapping, roles are given here.
        let sets_role =
            self.claims.as_ref().is_some_and(ClaimNames::has_role) || self.roles.is_some();
        let (names, roles) = (self.claims.unwrap_or_default(), self.roles.unwrap_or_default());
        let secret = self.client_secret_file.as_deref().map(|file| secret(folder, file));
        let settings = ClientSettings {
            // The text as it is configured: the claim `iss` is compared with it.
            issuer: IssuerUrl::new(self.issuer).map_err(|error| format!("issuer: {error}"))?,
            client_id: ClientId::new(visible("client_id", self.client_id)?),
            client_secret: secret.transpose()?,
            redirect_url: RedirectUrl::new(format!("{public_url}{CALLBACK_PATH}"))
                .map_err(|error| format!("public_url: {error}"))?,
            scopes: scopes(self.scopes)?,
            algorithms: algorithms(self.algorithms)?,
            leeway: leeway(self.leeway)?,
            asks_userinfo: self.userinfo,
            rules: ClaimRules::new(&names, &roles, self.default_role.as_deref())?,
        };
        let policy = AccountPolicy {
            creates_accounts: self.create_accounts,
            links_verified_email: self.link_verified_email,
            assumes_verified_email: self.assume_verified_email,
            sets_role,
        };
        Ok(Provider { client: Client::new(settings)?, label, public_url, policy })
    }
}

/// An address to which paths are appended.
fn base_url(field: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{field}: {error}"))?;
    check_url(&url).map_err(|reason| format!("{field}: {reason}"))?;
    let has_more = url.query().is_some() || url.fragment().is_some();
    if has_more || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{field}: allowed is an address without user, ? and #"));
    }
    Ok(url)
}

fn visible(field: &str, text: String) -> Result<String, String> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_visible && (1..=MAX_TEXT).contains(&text.len()) {
        Ok(text)
    } else {
        Err(format!("{field}: allowed are 1 to {MAX_TEXT} visible ASCII characters"))
    }
}

/// The secret of the client, without the spaces around it.
fn secret(folder: &Path, file: &str) -> Result<ClientSecret, String> {
    let text = String::from_utf8(read_beside(folder, file)?).unwrap_or_default();
    let text = text.trim();
    // The characters of RFC 6749, appendix A.2.
    let is_printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if is_printable && (1..=MAX_TEXT).contains(&text.len()) {
        Ok(ClientSecret::new(text.to_owned()))
    } else {
        Err(format!("{file}: allowed are 1 to {MAX_TEXT} printable ASCII characters on one line"))
    }
}

/// The scopes besides `openid`, which is always asked for.
fn scopes(configured: Option<Vec<String>>) -> Result<Vec<Scope>, String> {
    let scopes = configured.unwrap_or_else(|| vec!["profile".to_owned(), "email".to_owned()]);
    if scopes.len() > MAX_SCOPES {
        return Err(format!("scopes: allowed are at most {MAX_SCOPES}"));
    }
    let others = scopes.into_iter().filter(|scope| scope != "openid");
    others.map(|scope| visible("scopes", scope).map(Scope::new)).collect()
}

/// The algorithms with which ID tokens may be signed.
fn algorithms(configured: Option<OneOrMany>) -> Result<Vec<CoreJwsSigningAlgorithm>, String> {
    // What all providers support (OpenID Connect Discovery 1.0 §3).
    let Some(names) = configured.map(OneOrMany::into_list) else {
        return Ok(vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256]);
    };
    let parse = |name: &String| match name.as_str() {
        "RS256" => Ok(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        "ES256" => Ok(CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        "EdDSA" => Ok(CoreJwsSigningAlgorithm::EdDsa),
        _ => Err(format!("algorithms: found {name:?}; allowed are RS256, ES256 and EdDSA")),
    };
    let algorithms = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    if algorithms.is_empty() {
        return Err("algorithms: found nothing; allowed are RS256, ES256 and EdDSA".to_owned());
    }
    Ok(algorithms)
}
