//! Who makes a request and from where, and the entries of the audit log about it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::vocabulary::{
    AuditCredential, AuditInterface, AuditOperation, AuditOutcome, AuditTargetKind,
};
use crate::document::{Category, MovieId};

/// Maximum length of a text in an entry, in characters. Subjects and emails of other issuers have
/// any length.
const MAX_TEXT: usize = 512;

/// Where a request comes from.
#[derive(Debug)]
pub struct RequestOrigin {
    pub interface: AuditInterface,
    /// The address of the client; `None` on the command line.
    pub address: Option<IpAddr>,
    /// The id of the request in the log; empty on the command line.
    pub request_id: String,
    /// How many entries of the audit log were written for it.
    recorded: AtomicU64,
}

impl RequestOrigin {
    #[must_use]
    pub fn new(interface: AuditInterface, address: Option<IpAddr>, request_id: String) -> Self {
        let address = address.map(|address| address.to_canonical());
        Self { interface, address, request_id, recorded: AtomicU64::new(0) }
    }

    /// How many entries were written for the request so far, also in transactions that failed
    /// afterwards.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Notes that the request has an entry. A repeated request has that of the first one.
    pub(in crate::catalog) fn note_recorded(&self) {
        self.recorded.fetch_add(1, Ordering::Relaxed);
    }
}

impl Default for RequestOrigin {
    /// The service itself.
    fn default() -> Self {
        Self::new(AuditInterface::Service, None, String::new())
    }
}

/// Who does something: an account with its credential, or nobody that is known, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    pub origin: Arc<RequestOrigin>,
    /// The id and the email of the account.
    account: Option<(String, String)>,
    credential: AuditCredential,
    credential_id: Option<String>,
}

impl Actor {
    /// A request without a valid token.
    #[must_use]
    pub fn anonymous(origin: Arc<RequestOrigin>) -> Self {
        Self { origin, account: None, credential: AuditCredential::None, credential_id: None }
    }

    /// The user of the command line, or the service itself.
    #[must_use]
    pub fn local(interface: AuditInterface) -> Self {
        Self::anonymous(Arc::new(RequestOrigin::new(interface, None, String::new())))
    }

    /// The same request, by an account with this credential.
    #[must_use]
    pub fn with_account(
        &self,
        (id, email): (&str, &str),
        credential: AuditCredential,
        credential_id: Option<&str>,
    ) -> Self {
        Self {
            origin: Arc::clone(&self.origin),
            account: Some((bounded(id), bounded(email))),
            credential,
            credential_id: credential_id.map(bounded),
        }
    }

    /// The same request by nobody that is known, who tried this credential.
    #[must_use]
    pub fn with_refused(&self, credential: AuditCredential) -> Self {
        Self { credential, ..Self::anonymous(Arc::clone(&self.origin)) }
    }

    /// The address of the client.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.origin.address
    }

    /// An entry about an operation that succeeded, to be completed.
    #[must_use]
    pub fn did(&self, operation: AuditOperation) -> AuditEntry {
        AuditEntry {
            actor: self.clone(),
            operation,
            target: None,
            outcome: AuditOutcome::Succeeded,
            code: None,
            detail: None,
            count: 1,
            import_id: None,
        }
    }
}

/// What an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTarget {
    pub kind: AuditTargetKind,
    pub id: String,
    /// The category, if it is a document of a movie.
    pub category: Option<Category>,
}

impl AuditTarget {
    #[must_use]
    pub fn new(kind: AuditTargetKind, id: &str) -> Self {
        Self { kind, id: bounded(id), category: None }
    }

    /// A movie, or its document of a category.
    #[must_use]
    pub fn movie(movie: &MovieId, category: Option<Category>) -> Self {
        Self { category, ..Self::new(AuditTargetKind::Movie, movie.as_str()) }
    }
}

/// An entry of the audit log that is not written yet. It has no secrets and no texts of documents.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub(super) actor: Actor,
    pub(super) operation: AuditOperation,
    pub(super) target: Option<AuditTarget>,
    pub(super) outcome: AuditOutcome,
    pub(super) code: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) count: i64,
    pub(super) import_id: Option<String>,
}

impl AuditEntry {
    /// Sets what the operation is about.
    #[must_use]
    pub fn on(self, target: impl Into<Option<AuditTarget>>) -> Self {
        Self { target: target.into(), ..self }
    }

    /// Sets another outcome than success, with the code of the error.
    #[must_use]
    pub fn failed(self, outcome: AuditOutcome, code: &str) -> Self {
        Self { outcome, code: Some(bounded(code)), ..self }
    }

    /// Sets what was changed, in a few words that are not from the request.
    #[must_use]
    pub fn detailed(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Sets how many documents the entry stands for.
    #[must_use]
    pub fn counting(self, count: usize) -> Self {
        Self { count: i64::try_from(count).unwrap_or(i64::MAX), ..self }
    }

    /// Sets the session that a log-in began.
    #[must_use]
    pub fn beginning_session(mut self, session: &str) -> Self {
        if matches!(self.actor.credential, AuditCredential::Password | AuditCredential::Provider) {
            self.actor.credential_id = Some(session.to_owned());
        }
        self
    }

    /// Sets the entry of the import log; of several, the first.
    #[must_use]
    pub fn imported_as(self, id: &str) -> Self {
        Self { import_id: Some(id.to_owned()), ..self }
    }
}

impl Actor {
    pub(super) fn account(&self) -> Option<&(String, String)> {
        self.account.as_ref()
    }

    pub(in crate::catalog) const fn credential(&self) -> AuditCredential {
        self.credential
    }

    pub(in crate::catalog) fn credential_id(&self) -> Option<&str> {
        self.credential_id.as_deref()
    }
}

/// A text without control characters, of bounded length.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_request_are_bounded() {
        let actor = Actor::local(AuditInterface::Rest);
        let long = "x".repeat(10_000);
        let actor = actor.with_account((&long, "a\0b\n"), AuditCredential::ForeignIssuer, None);
        let (id, email) = actor.account().unwrap();
        assert_eq!((id.len(), email.as_str()), (MAX_TEXT, "ab"));
        let target = AuditTarget::new(AuditTargetKind::User, &format!("\u{7}{long}"));
        assert_eq!(target.id.len(), MAX_TEXT);
    }
}
