//! Links to downloads, for browsers: they carry in a query parameter what a request with a bearer
//! token has in a header. A link is for one method (one for GET is for HEAD too), path and query,
//! is valid for five minutes, and is worth what the token is worth with which it was made: whatever
//! ends that token ends the link.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::tokens::{InvalidToken, Purpose, VerifiedToken};
use super::{Accounts, personal_tokens};
use crate::catalog::CatalogError;
use crate::catalog::access::{Credential, Principal, Role};

/// The query parameter that has the signed part of a link. It is the last one.
pub const LINK: &str = "link";
/// How long a link is valid.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// The signed part of a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadLink {
    /// The hash of the method, the path and the query.
    target: String,
    subject: String,
    /// The role for which it was made.
    role: Role,
    /// When it was made, in seconds since 1970.
    made_at: i64,
    credential: LinkCredential,
}

/// With what kind of token a link was made, and what tells whether that token was revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LinkCredential {
    Session { id: String, version: i64 },
    Account { version: i64 },
    Personal { id: String },
    Issuer,
    Foreign,
}

impl LinkCredential {
    fn of(credential: &Credential) -> Self {
        match credential {
            Credential::Session { id, version } => {
                Self::Session { id: id.clone(), version: *version }
            }
            Credential::Account { version } => Self::Account { version: *version },
            Credential::Personal { id, .. } => Self::Personal { id: id.clone() },
            Credential::Issuer => Self::Issuer,
            Credential::Foreign => Self::Foreign,
        }
    }

    /// Whether only its own expiry ends the token for certain.
    const fn is_of_an_issuer(&self) -> bool {
        matches!(self, Self::Issuer | Self::Foreign)
    }
}

/// Divides the path and query of a link into those of the download and the signed part. `None` if
/// there is none.
#[must_use]
pub fn split_link(path_and_query: &str) -> Option<(&str, &str)> {
    let (rest, last) = path_and_query.rsplit_once(['?', '&'])?;
    Some((rest, last.strip_prefix(LINK)?.strip_prefix('=')?))
}

/// The path and query without what a link signs, to show it, for example in a log.
#[must_use]
pub fn without_signature(path_and_query: &str) -> Option<String> {
    let starts = ['?', '&'].map(|before| format!("{before}{LINK}="));
    let found = starts.iter().filter_map(|start| Some(path_and_query.find(start)? + start.len()));
    Some(format!("{}...", &path_and_query[..found.min()?]))
}

/// The hash of what a link is for.
fn target(method: &str, path_and_query: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{method} {path_and_query}")))
}

impl Accounts {
    /// The link to a download: the path and query with which a request downloads it, and the signed
    /// part.
    ///
    /// # Errors
    /// When signing fails.
    pub fn link_to_download(
        &self,
        principal: &Principal,
        path_and_query: &str,
    ) -> Result<String, CatalogError> {
        let now = self.catalog.now();
        let credential = LinkCredential::of(&principal.credential);
        let ends = principal.expires_at.filter(|_| credential.is_of_an_issuer());
        let expires_at = ends.map_or(now + LIFETIME, |ends| ends.min(now + LIFETIME));
        let link = DownloadLink {
            target: target("GET", path_and_query),
            subject: principal.subject.clone(),
            role: principal.role,
            made_at: now.timestamp(),
            credential,
        };
        let signed = self.tokens.sign_for(Purpose::Download, &link, expires_at)?;
        let separator = if path_and_query.contains('?') { '&' } else { '?' };
        Ok(format!("{path_and_query}{separator}{LINK}={signed}"))
    }

    /// Verifies the signed part of a link that is used for this download.
    ///
    /// # Errors
    /// When it was not signed here or not for this download, or has expired.
    pub fn verify_link(
        &self,
        signed: &str,
        method: &str,
        path_and_query: &str,
    ) -> Result<DownloadLink, InvalidToken> {
        let now = self.catalog.now();
        let link: DownloadLink = self.tokens.verify_for(Purpose::Download, signed, now)?;
        if link.target == target(method, path_and_query) {
            Ok(link)
        } else {
            Err(InvalidToken::Malformed)
        }
    }

    /// The account of a verified link, with the rights that it has now.
    ///
    /// # Errors
    /// When storage fails. The inner error says that the token with which the link was made was
    /// revoked or has expired, or that the role of the account is another one now.
    pub async fn account_of_link(
        &self,
        link: &DownloadLink,
    ) -> Result<Result<Principal, InvalidToken>, CatalogError> {
        let subject = &link.subject;
        let principal = Principal {
            subject: subject.clone(),
            // Those of accounts that are known here are read from the database.
            email: subject.clone(),
            role: link.role,
            source: None,
            credential: Credential::Issuer,
            expires_at: None,
            origin: Arc::default(),
        };
        let (session, version) = match &link.credential {
            LinkCredential::Session { id, version } => (Some(id.clone()), Some(*version)),
            LinkCredential::Account { version } => (None, Some(*version)),
            LinkCredential::Issuer => (None, None),
            LinkCredential::Personal { id } => {
                let found = personal_tokens::authenticate_id(self, id).await?;
                return Ok(found.and_then(|principal| link.with_same_role(principal)));
            }
            LinkCredential::Foreign => {
                let principal = Principal { credential: Credential::Foreign, ..principal };
                let is_configured = self.issuers.have(subject);
                return Ok(is_configured.then_some(principal).ok_or(InvalidToken::Ended));
            }
        };
        // The token was valid when the link was made, so it was issued before.
        let issued_at = Some(link.made_at);
        let token = VerifiedToken { principal, session, version, issued_at };
        let found = self.standing_of(token).await?;
        Ok(found.and_then(|principal| link.with_same_role(principal)))
    }
}

impl DownloadLink {
    /// The account, unless its role is another one than when the link was made.
    fn with_same_role(&self, principal: Principal) -> Result<Principal, InvalidToken> {
        if principal.role == self.role { Ok(principal) } else { Err(InvalidToken::Ended) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_part_is_the_last_parameter() {
        assert_eq!(split_link("/a?link=x.y"), Some(("/a", "x.y")));
        assert_eq!(split_link("/a?b=c&link=x"), Some(("/a?b=c", "x")));
        assert_eq!(split_link("/a?b=c&link="), Some(("/a?b=c", "")));
        for text in ["/a", "/a?b=c", "/a?link=x&b=c", "/a?blink=x", "/link=x", "/a?b=link=x"] {
            assert_eq!(split_link(text), None, "{text}");
        }
    }

    #[test]
    fn no_signed_part_is_shown() {
        let shown = |text| without_signature(text).unwrap_or_default();
        assert_eq!(shown("/a?link=x.y"), "/a?link=...");
        assert_eq!(shown("/a?b=c&link=x"), "/a?b=c&link=...");
        assert_eq!(shown("/a?link=x&b=c&link=y"), "/a?link=...");
        assert_eq!(shown("/a?b=link=x"), "");
    }
}
