//! Log-in of browsers through an OpenID Connect provider: to the provider and back, and what pages
//! need to know to offer it.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::catalog::Unavailability;
use crate::catalog::accounts::provider::{
    ATTEMPT_LIFETIME, CompletedLogin, IdentityRefused, LoginFailed, LoginFailure, Provider,
    ProviderAnswer,
};
use crate::catalog::audit::AuditOperation;
use crate::graphql::client::CookieChange;
use crate::http::audit::{Attempted, Requester};
use crate::http::bearer::client_name;
use crate::http::openapi::ServerErrors;
use crate::http::problem::ProblemDetails;
use crate::http::response::STATIC_PAGE_POLICY;
use crate::http::{AppState, return_path, session_cookie};

/// The cookie of an attempt, over plain HTTP and over HTTPS.
const NAME: &str = "reelport_log_in";
const HOST_NAME: &str = "__Host-reelport_log_in";

const PAGE: &str = include_str!("oidc/failed.html");

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(login_methods))
        .routes(routes!(oidc_login))
        .routes(routes!(oidc_callback))
}

/// How people can log in.
#[derive(Serialize, ToSchema)]
pub struct LoginMethods {
    /// Whether they can log in with an email and a password.
    password: bool,
    /// The providers through which they can log in.
    providers: Vec<LoginProvider>,
}

/// A provider through which people can log in.
#[derive(Serialize, ToSchema)]
pub struct LoginProvider {
    /// What the provider is called.
    label: String,
    /// Where the browser goes to log in. Append `?return_to=` and the path to come back to.
    login_url: String,
}

/// Returns how people can log in, for pages with a log-in form.
#[utoipa::path(
    get, path = "/api/v1/auth/methods", tag = "accounts",
    responses((status = 200, description = "The methods.", body = LoginMethods), ServerErrors)
)]
async fn login_methods(State(state): State<AppState>) -> Json<LoginMethods> {
    let providers = state.accounts.provider().into_iter().map(|provider| LoginProvider {
        label: provider.label().to_owned(),
        login_url: provider.login_url(),
    });
    Json(LoginMethods { password: true, providers: providers.collect() })
}

/// Sends the browser to the log-in provider. It comes back to `/api/v1/auth/oidc/callback`, and
/// goes on to `return_to`.
#[utoipa::path(
    get, path = "/api/v1/auth/oidc/login", tag = "accounts",
    params((
        "return_to" = Option<String>, Query,
        description = "The path of this service to go to after the log-in, which begins with one \
                       slash. Default: /.",
        example = "/graphiql"
    )),
    responses(
        (
            status = 303, description = "To the provider.",
            headers(
                ("Location" = String, description = "The address of the provider."),
                ("Set-Cookie" = String, description = "What the browser keeps until it is back."),
            )
        ),
        (
            status = 400,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "`return_to` is not a path of this service. As HTML for browsers."
        ),
        (
            status = 404,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "No provider is configured."
        ),
        (
            status = 500,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "A failure of the service. The detail has only the request id."
        ),
        (
            status = 503,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            headers(("Retry-After" = u64, description = "After how many seconds to try again.")),
            description = "The provider does not answer, or the service is at one of its limits."
        ),
    )
)]
async fn oidc_login(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let asked = pairs.find(|(name, _)| name == "return_to").map(|(_, value)| value);
    let Some(return_to) = return_path::parse(asked.as_deref().unwrap_or("/")) else {
        let detail = "return_to: allowed is a path of this service, which begins with one slash";
        return Failed::new(ProblemDetails::bad_request(detail), None).response(&headers);
    };
    match Box::pin(state.accounts.begin_provider_login(&return_to)).await {
        Ok(Ok(begun)) => {
            let age = ATTEMPT_LIFETIME.as_secs();
            redirect(&begun.url, [attempt_cookie(&state, &begun.attempt, age)])
        }
        Ok(Err(failure)) => Failed::new(problem(failure), Some(return_to)).response(&headers),
        Err(error) => Failed::new(error.into(), Some(return_to)).response(&headers),
    }
}

/// Completes a log-in through the provider, which sends the browser here: sets the cookie with the
/// refresh token, as a log-in with `cookie: true` does, and goes on to `return_to`. A page there
/// gets an access token from `/api/v1/auth/refresh`.
#[utoipa::path(
    get, path = "/api/v1/auth/oidc/callback", tag = "accounts",
    params(
        ("state" = Option<String>, Query, description = "The state of the attempt."),
        ("code" = Option<String>, Query, description = "The code of the provider."),
        ("error" = Option<String>, Query, description = "The error of the provider."),
        ("iss" = Option<String>, Query, description = "The issuer of the answer (RFC 9207)."),
    ),
    responses(
        (
            status = 303, description = "To the path that the log-in was begun with.",
            headers(
                ("Location" = String, description = "That path."),
                ("Set-Cookie" = String, description = "The refresh token."),
            )
        ),
        (
            status = 400,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "The answer belongs to no attempt of this browser, or to one that has \
                           expired or was completed, or the provider does not accept its code. As \
                           HTML for browsers."
        ),
        (
            status = 403,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "The log-in was cancelled or not allowed, or there is no account."
        ),
        (
            status = 404,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "No provider is configured."
        ),
        (
            status = 429,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            headers(("Retry-After" = u64, description = "After how many seconds to try again.")),
            description = "Too many failed attempts."
        ),
        (
            status = 500,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "A failure of the service. The detail has only the request id."
        ),
        (
            status = 502,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            description = "The provider reports an error, or its ID token is not valid."
        ),
        (
            status = 503,
            content((ProblemDetails = "application/problem+json"), (String = "text/html")),
            headers(("Retry-After" = u64, description = "After how many seconds to try again.")),
            description = "The provider or the database does not answer, or the service is at one \
                           of its limits."
        ),
    )
)]
async fn oidc_callback(
    State(state): State<AppState>,
    requester: Requester,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    // Over HTTPS only the name that other hosts of the domain cannot set a cookie of.
    let name = if is_https(&state) { HOST_NAME } else { NAME };
    let kept = session_cookie::cookie(&headers, name);
    let answer = ProviderAnswer::from_query(&query.unwrap_or_default());
    let (actor, client) = (requester.actor(), client_name(&headers));
    let login = state.accounts.complete_provider_login(kept, answer, &actor, &client);
    let failed = match Box::pin(login).await {
        Ok(Ok(completed)) => match logged_in(&state, completed) {
            Ok(response) => return response,
            Err(failed) => failed,
        },
        Ok(Err(LoginFailed { failure, return_to })) => Failed::new(problem(failure), return_to),
        Err(error) => Failed::new(error.into(), None),
    };
    let belongs_to_attempt = failed.return_to.is_some();
    let mut response = failed.response(&headers);
    response.extensions_mut().insert(Attempted(AuditOperation::Login));
    // An answer that belongs to no attempt may be another site's, and must not end one.
    if belongs_to_attempt && let Some(cookie) = attempt_cookie(&state, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn logged_in(state: &AppState, completed: CompletedLogin) -> Result<Response, Failed> {
    let CompletedLogin { tokens, return_to } = completed;
    let Some(token) = tokens.refresh_token else {
        // Without a session, the browser could keep nothing.
        let problem = ProblemDetails::unavailable(
            Unavailability::ReadOnly,
            "the database takes no writes, so that no session can begin",
        );
        return Err(Failed::new(problem, Some(return_to)));
    };
    let change = CookieChange::Set(token, tokens.refresh_expires_in);
    let session = session_cookie::set_cookie_over(&change, is_https(state));
    Ok(redirect(&return_to, [session, attempt_cookie(state, "", 0)]))
}

/// 303, so that the browser goes on by GET.
fn redirect<const N: usize>(to: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether browsers reach the service over HTTPS.
fn is_https(state: &AppState) -> bool {
    state.accounts.provider().is_some_and(Provider::is_https)
}

/// The value of `Set-Cookie` for an attempt. Lax, since the browser comes back from another site.
fn attempt_cookie(state: &AppState, attempt: &str, age: u64) -> Option<HeaderValue> {
    let (name, secure) = if is_https(state) { (HOST_NAME, "; Secure") } else { (NAME, "") };
    let text = format!("{name}={attempt}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// A refusal, and where the person wanted to go.
struct Failed {
    problem: ProblemDetails,
    return_to: Option<String>,
}

impl Failed {
    const fn new(problem: ProblemDetails, return_to: Option<String>) -> Self {
        Self { problem, return_to }
    }

    /// A page for browsers, problem details for others. Nothing of the request is in the page but
    /// `return_to`, which was checked.
    fn response(self, headers: &HeaderMap) -> Response {
        let accepts_html = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("text/html"))
        };
        if !headers.get_all(header::ACCEPT).iter().any(accepts_html) {
            return self.problem.into_response();
        }
        let again = match &self.return_to {
            Some(path) => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                format!("login?{}", query.append_pair("return_to", path).finish())
            }
            None => "login".to_owned(),
        };
        let detail = self.problem.detail().to_owned();
        let page = PAGE.replace("{detail}", &escape(&detail)).replace("{again}", &escape(&again));
        let mut response = self.problem.into_response();
        *response.body_mut() = page.into();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_SECURITY_POLICY, STATIC_PAGE_POLICY);
        response
    }
}

/// A text within HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// How a failure is answered.
fn problem(failure: LoginFailure) -> ProblemDetails {
    let refused = |detail: &str| ProblemDetails::bad_request(detail);
    let forbidden = |detail: &str| ProblemDetails::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail);
    let gateway =
        |detail: &str| ProblemDetails::new(StatusCode::BAD_GATEWAY, "PROVIDER_ERROR", detail);
    match failure {
        LoginFailure::NotConfigured => {
            ProblemDetails::not_found("log-in through a provider is not configured")
        }
        LoginFailure::Unreachable => ProblemDetails::busy("the log-in provider does not answer"),
        LoginFailure::NoAttempt => refused(
            "this browser has no log-in to complete, or it took longer than ten minutes; try again",
        ),
        LoginFailure::OtherAttempt => refused(
            "this answer belongs to another log-in than the one that this browser began last; try \
             again",
        ),
        LoginFailure::Used | LoginFailure::Identity(IdentityRefused::Used) => {
            refused("this log-in was completed before; try again")
        }
        LoginFailure::OtherIssuer => {
            refused("this answer does not come from the configured provider; try again")
        }
        LoginFailure::Denied => forbidden("the log-in was cancelled, or the provider refused it"),
        LoginFailure::ReportedError => {
            gateway("the provider reported an error; the service's log has its name")
        }
        LoginFailure::NoCode => refused("the provider sent no code; try again"),
        LoginFailure::CodeRefused => refused(
            "the provider no longer accepts the code of this log-in: it was used or has expired; \
             try again",
        ),
        LoginFailure::InvalidToken => gateway(
            "what the provider says about the person could not be verified; the service's log has \
             the reason",
        ),
        LoginFailure::TooManyAttempts(refused) => ProblemDetails::rate_limited(refused.retry_after),
        LoginFailure::Identity(why) => forbidden(match why {
            IdentityRefused::Used => "this log-in was completed before; try again",
            IdentityRefused::Disabled => "the account is disabled; an ADMIN can enable it",
            IdentityRefused::Deleted => {
                "the account was deleted; an ADMIN can allow a new one (reelport user unlink)"
            }
            IdentityRefused::NoAccount => {
                "there is no account for this person, and none is created at a log-in; ask an ADMIN"
            }
            IdentityRefused::NoVerifiedEmail => {
                "an account needs a verified email address, and the provider told none"
            }
            IdentityRefused::EmailTaken => {
                "there is an account with this email address that is not linked to the provider; \
                 log in with its password, or ask an ADMIN"
            }
        }),
    }
}
