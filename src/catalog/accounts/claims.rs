//! The claims of an issuer or a log-in provider that contain the subject, the address and the role.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::access::Role;

/// Maximum length of a subject or an email address, in characters.
const MAX_TEXT: usize = 255;
/// Maximum number of roles of a token that are looked at.
const MAX_ROLES: usize = 1_000;

/// Where a claim is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ClaimPath {
    /// The name of a claim; it may contain dots and slashes, as namespaced claims do.
    Name(String),
    /// A JSON Pointer (RFC 6901) into the claims.
    Pointer(String),
}

/// Where the claims are, as it is configured.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClaimNames {
    subject: Option<String>,
    email: Option<String>,
    role: Option<String>,
}

impl ClaimNames {
    /// Whether it is configured where the role is.
    pub(super) const fn has_role(&self) -> bool {
        self.role.is_some()
    }
}

/// How claims are read.
#[derive(Debug)]
pub(super) struct ClaimRules {
    subject: ClaimPath,
    email: ClaimPath,
    role: ClaimPath,
    /// Their roles and ours. Empty: the names are the same.
    roles: HashMap<String, Role>,
    /// The role of a token without a known role.
    default_role: Role,
}

/// What the claims say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) subject: String,
    /// The address; `None` if the issuer says that it was not verified.
    pub(super) email: Option<String>,
    /// Whether the issuer says that the address was verified.
    pub(super) is_email_verified: bool,
    pub(super) role: Role,
}

impl Found {
    /// What is shown instead of an address if there is none.
    pub(super) fn shown_email(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.subject)
    }
}

impl ClaimPath {
    /// A path as it is configured: a JSON Pointer if it begins with a slash, else a name.
    fn new(text: &str) -> Self {
        if text.starts_with('/') {
            Self::Pointer(text.to_owned())
        } else {
            Self::Name(text.to_owned())
        }
    }

    fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        match self {
            Self::Name(name) => claims.get(name),
            Self::Pointer(pointer) => {
                let (first, rest) = match pointer[1..].split_once('/') {
                    Some((first, rest)) => (first, format!("/{rest}")),
                    None => (&pointer[1..], String::new()),
                };
                let first = first.replace("~1", "/").replace("~0", "~");
                claims.get(&first)?.pointer(&rest)
            }
        }
    }
}

impl ClaimRules {
    /// The rules as they are configured: where the claims are, their roles and ours, and the role
    /// of a token without a known one.
    ///
    /// # Errors
    /// When there is no such role.
    pub(super) fn new(
        names: &ClaimNames,
        roles: &HashMap<String, String>,
        default_role: Option<&str>,
    ) -> Result<Self, String> {
        let role = |text: &str| {
            let allowed = Role::VALUES.join(", ");
            Role::parse(text).ok_or_else(|| format!("found the role {text:?}; allowed: {allowed}"))
        };
        let roles = roles.iter().map(|(name, text)| Ok((name.clone(), role(text)?)));
        Ok(Self {
            subject: ClaimPath::new(names.subject.as_deref().unwrap_or("sub")),
            email: ClaimPath::new(names.email.as_deref().unwrap_or("email")),
            role: ClaimPath::new(names.role.as_deref().unwrap_or("role")),
            roles: roles.collect::<Result<_, String>>()?,
            default_role: default_role.map_or(Ok(Role::User), role)?,
        })
    }

    /// Reads the claims. `None` if the subject is missing, or a text cannot be stored.
    pub(super) fn read(&self, claims: &Map<String, Value>) -> Option<Found> {
        let is_storable = |text: &String| {
            !text.is_empty() && !text.contains('\0') && text.chars().count() <= MAX_TEXT
        };
        let text = |path: &ClaimPath| {
            path.find(claims).and_then(Value::as_str).map(str::to_owned).filter(is_storable)
        };
        let subject = text(&self.subject)?;
        // An address that was not verified could be that of another person.
        let is_verified = match claims.get("email_verified") {
            Some(Value::Bool(is_verified)) => Some(*is_verified),
            // As some providers write it.
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let email = text(&self.email).filter(|_| is_verified != Some(false));
        let role = self.role.find(claims).map_or(self.default_role, |value| self.role_of(value));
        let is_email_verified = email.is_some() && is_verified == Some(true);
        Some(Found { subject, email, is_email_verified, role })
    }

    /// The highest of the roles that a claim names: a text, or a list of texts.
    fn role_of(&self, value: &Value) -> Role {
        let names: Vec<&str> = match value {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().take(MAX_ROLES).filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let known = |name: &str| {
            if self.roles.is_empty() { Role::parse(name) } else { self.roles.get(name).copied() }
        };
        let roles = names.into_iter().filter_map(known);
        roles.fold(
            self.default_role,
            |highest, role| {
                if role.includes(highest) { role } else { highest }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(role: &str, roles: &[(&str, Role)], claims: &Value) -> Option<Found> {
        let rules = ClaimRules {
            subject: ClaimPath::new("sub"),
            email: ClaimPath::new("email"),
            role: ClaimPath::new(role),
            roles: roles.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect(),
            default_role: Role::User,
        };
        rules.read(claims.as_object().unwrap())
    }

    #[test]
    fn the_highest_known_role_counts() {
        let roles = [("viewer", Role::Viewer), ("editor", Role::Contributor)];
        let role = |value: Value| {
            let claims = json!({ "sub": "1", "realm_access": { "roles": value } });
            read("/realm_access/roles", &roles, &claims).unwrap().role
        };
        assert_eq!(role(json!(["offline_access", "viewer", "editor"])), Role::Contributor);
        assert_eq!(role(json!(["editor", "viewer"])), Role::Contributor);
        assert_eq!(role(json!("viewer")), Role::Viewer);
        for unknown in [json!([]), json!(["ADMIN"]), json!(null), json!({ "viewer": 1 }), json!(7)]
        {
            assert_eq!(role(unknown.clone()), Role::User, "{unknown}");
        }
    }

    #[test]
    fn a_namespaced_claim_is_found_by_its_name() {
        let claims = json!({ "sub": "auth0|1", "https://example.com/roles": ["ADMIN"] });
        let found = read("https://example.com/roles", &[], &claims).unwrap();
        assert_eq!((found.subject.as_str(), found.role), ("auth0|1", Role::Admin));
        let pointed = read("/https:~1~1example.com~1roles/0", &[], &claims).unwrap();
        assert_eq!(pointed.role, Role::Admin);
    }

    #[test]
    fn without_a_verified_address_the_subject_is_shown() {
        let email = |claims: Value| {
            let found = read("role", &[], &claims).unwrap();
            let verified = [json!(true), json!("true")].contains(&claims["email_verified"]);
            assert_eq!(found.is_email_verified, verified);
            found.shown_email().to_owned()
        };
        assert_eq!(email(json!({ "sub": "1", "email": "a@b" })), "a@b");
        assert_eq!(email(json!({ "sub": "1", "email": "a@b", "email_verified": true })), "a@b");
        assert_eq!(email(json!({ "sub": "1", "email": "a@b", "email_verified": false })), "1");
        assert_eq!(email(json!({ "sub": "1", "email": "a@b", "email_verified": "true" })), "a@b");
        assert_eq!(email(json!({ "sub": "1", "email": "a@b", "email_verified": "false" })), "1");
        assert_eq!(email(json!({ "sub": "1", "email": "a@b", "email_verified": "yes" })), "a@b");
        assert_eq!(email(json!({ "sub": "1" })), "1");
        assert_eq!(email(json!({ "sub": "1", "email": "a\0b" })), "1");
        for bad in [json!({}), json!({ "sub": "" }), json!({ "sub": 7 }), json!({ "sub": "a\0" })] {
            assert_eq!(read("role", &[], &bad), None, "{bad}");
        }
    }
}
