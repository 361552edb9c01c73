//! Reports requests that were refused, rejected or failed to the audit log. Writes that succeeded
//! have their entry in their transaction.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::client_address::ClientAddress;
use super::request_id;
use super::{AppState, GRAPHQL};
use crate::catalog::access::Principal;
use crate::catalog::audit::{
    Actor, AuditInterface, AuditOperation, AuditOutcome, AuditTarget, RequestOrigin,
};
use crate::document::MovieId;
use crate::graphql::error;

/// The routes of the REST API that write, with their operation in the audit log.
const WRITES: &[(Method, &str, AuditOperation)] = &[
    (Method::POST, "/api/v1/auth/login", AuditOperation::Login),
    (Method::POST, "/api/v1/auth/refresh", AuditOperation::Refresh),
    (Method::POST, "/api/v1/auth/logout", AuditOperation::Logout),
    (Method::POST, "/api/v1/auth/password-link", AuditOperation::UsePasswordLink),
    (Method::POST, "/api/v1/auth/tokens", AuditOperation::CreateToken),
    (Method::DELETE, "/api/v1/auth/tokens/{id}", AuditOperation::RevokeToken),
    (Method::POST, "/api/v1/admin/users", AuditOperation::CreateUser),
    (Method::PATCH, "/api/v1/admin/users/{id}", AuditOperation::UpdateUser),
    (Method::DELETE, "/api/v1/admin/users/{id}", AuditOperation::DeleteUser),
    (Method::PUT, "/api/v1/admin/users/{id}/password", AuditOperation::SetPassword),
    (Method::POST, "/api/v1/admin/users/{id}/password-link", AuditOperation::CreatePasswordLink),
    (Method::POST, "/api/v1/admin/movies/import", AuditOperation::Import),
    (Method::POST, "/api/v1/admin/movies/{id}/import/{category}", AuditOperation::Import),
    (Method::POST, "/api/v1/admin/jobs/{id}/cancel", AuditOperation::CancelJob),
    (Method::POST, "/api/v1/admin/jobs/{id}/retry", AuditOperation::StartJob),
    (Method::POST, "/api/v1/admin/jobs/{id}/revert", AuditOperation::StartJob),
    (Method::POST, "/api/v1/admin/jobs/{id}/execute", AuditOperation::StartJob),
    (Method::POST, "/api/v1/admin/movies/{id}/publish/{category}", AuditOperation::PublishDraft),
    (Method::DELETE, "/api/v1/admin/movies/{id}/draft/{category}", AuditOperation::DiscardDraft),
];

/// How the paths of a movie's routes begin.
const MOVIE: &str = "/api/v1/admin/movies/{id}/";

/// The code of an error response, as an extension of the response.
#[derive(Debug, Clone, Copy)]
pub struct ErrorCode(pub &'static str);

/// The operation that a refused GraphQL request asked for, as an extension of the response.
#[derive(Debug, Clone, Copy)]
pub struct Attempted(pub AuditOperation);

/// Who makes a request: where it comes from, and its account once its token was verified.
#[derive(Debug, Clone, Default)]
pub struct Requester(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    origin: Arc<RequestOrigin>,
    principal: OnceLock<Principal>,
}

impl Requester {
    fn new(origin: RequestOrigin) -> Self {
        Self(Arc::new(Known { origin: Arc::new(origin), principal: OnceLock::new() }))
    }

    /// Where the request comes from.
    pub fn origin(&self) -> Arc<RequestOrigin> {
        Arc::clone(&self.0.origin)
    }

    /// The account of the request, with where it comes from.
    pub fn verified(&self, principal: Principal) -> Principal {
        let principal = Principal { origin: self.origin(), ..principal };
        let _ = self.0.principal.set(principal.clone());
        principal
    }

    /// Who makes the request, for the audit log.
    pub fn actor(&self) -> Actor {
        match self.0.principal.get() {
            Some(principal) => principal.actor(),
            None => Actor::anonymous(self.origin()),
        }
    }

    /// Records that a request by GraphQL was refused with this code.
    pub fn refused(&self, state: &AppState, operation: AuditOperation, code: &str) {
        if let Some(outcome) = error::refusal(code) {
            state.catalog.record_attempt(self.actor().did(operation).failed(outcome, code));
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Requester {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The operation of a route; reading, if it does not write.
fn operation_of(method: &Method, path: &str) -> AuditOperation {
    let known = WRITES.iter().find(|(of, route, _)| of == method && *route == path);
    known.map_or(AuditOperation::Read, |(_, _, operation)| *operation)
}

/// Whether the query says that nothing is written.
fn is_dry_run(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
        name == "dry_run" && (value.eq_ignore_ascii_case("true") || value == "1")
    })
}

/// The movie in a path. Other ids of a path may be secrets that were put there by mistake.
fn target(template: &str, path: &str) -> Option<AuditTarget> {
    if !template.starts_with(MOVIE) {
        return None;
    }
    let value = |wanted: &str| {
        let (_, text) = template.split('/').zip(path.split('/')).find(|(of, _)| *of == wanted)?;
        percent_decode_str(text).decode_utf8().ok()
    };
    let movie: MovieId = value("{id}")?.parse().ok()?;
    let category = value("{category}").and_then(|category| category.parse().ok());
    Some(AuditTarget::movie(&movie, category))
}

/// A request that may have to be recorded once its response is known.
pub struct Recordable {
    requester: Requester,
    path: MatchedPath,
    method: Method,
    uri: Uri,
}

impl Recordable {
    /// Adds the [`Requester`] to a request. `None` if the request has no route.
    pub fn of(parts: &mut Parts) -> Option<Self> {
        let path = parts.extensions.get::<MatchedPath>().cloned()?;
        let interface = match path.as_str() {
            GRAPHQL => AuditInterface::Graphql,
            _ => AuditInterface::Rest,
        };
        let address = parts.extensions.get::<ClientAddress>().map(|client| client.0);
        let request_id = request_id::of(&parts.extensions);
        let requester = Requester::new(RequestOrigin::new(interface, address, request_id));
        parts.extensions.insert(requester.clone());
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        Some(Self { requester, path, method, uri })
    }

    /// Records the request if it was refused, rejected or failed.
    pub fn record(self, state: &AppState, response: &Response) {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return;
        }
        let operation = match response.extensions().get::<Attempted>() {
            Some(Attempted(operation)) => *operation,
            None => operation_of(&self.method, self.path.as_str()),
        };
        // What GraphQL rejects or cannot do is reported for each mutation.
        let is_write = self.path.as_str() != GRAPHQL
            && operation != AuditOperation::Read
            && !is_dry_run(&self.uri);
        let outcome = match status {
            StatusCode::UNAUTHORIZED => AuditOutcome::Unauthenticated,
            StatusCode::FORBIDDEN => AuditOutcome::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => AuditOutcome::RateLimited,
            _ if !is_write => return,
            _ if status.is_client_error() => AuditOutcome::Rejected,
            StatusCode::INTERNAL_SERVER_ERROR => AuditOutcome::Failed,
            // The database takes no writes, or the server is at a limit.
            _ => return,
        };
        // An entry in a transaction that failed is not in the log.
        if self.requester.0.origin.recorded() == 0 || outcome == AuditOutcome::Failed {
            let code = response.extensions().get::<ErrorCode>();
            let code = code.map_or(outcome.as_str(), |ErrorCode(code)| code);
            let target = target(self.path.as_str(), self.uri.path());
            let entry = self.requester.actor().did(operation).on(target).failed(outcome, code);
            state.catalog.record_attempt(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::document::Category;
    use crate::http::openapi;

    #[test]
    fn every_route_that_writes_has_an_operation() {
        let document: serde_json::Value = serde_json::from_str(openapi::document()).unwrap();
        let mut routes = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
                routes.insert((method.to_uppercase(), path.clone()));
            }
        }
        let known: BTreeSet<(String, String)> = WRITES
            .iter()
            .map(|(method, path, _)| (method.to_string(), (*path).to_owned()))
            .collect();
        assert_eq!(routes, known, "add the new route to WRITES");
    }

    #[test]
    fn the_movie_of_a_path_is_the_target() {
        let found = |template, path| target(template, path).map(|target| format!("{target:?}"));
        let template = "/api/v1/admin/movies/{id}/import/{category}";
        let encoded = found(template, "/api/v1/admin/movies/tmdb%2D550/import/cast-crew");
        assert_eq!(encoded, found(template, "/api/v1/admin/movies/tmdb-550/import/cast-crew"));
        let movie: MovieId = "tmdb-550".parse().unwrap();
        let expected = AuditTarget::movie(&movie, Some(Category::CastCrew));
        assert_eq!(encoded, Some(format!("{expected:?}")));
        let users = "/api/v1/admin/users/{id}";
        assert_eq!(found(users, "/api/v1/admin/users/tmdb-550"), None);
        assert_eq!(found(template, "/api/v1/admin/movies/%ff/import/trivia"), None);
    }

    #[test]
    fn a_dry_run_is_recognised_as_the_routes_read_it() {
        for (uri, expected) in [
            ("/x?dry_run=true", true),
            ("/x?mode=merge&dry_run=TRUE", true),
            ("/x?dry_run=1", true),
            ("/x?dry_run=false", false),
            ("/x?dry_run", false),
            ("/x", false),
        ] {
            assert_eq!(is_dry_run(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
