//! The client of a request, as far as log-ins need it: what it calls itself, and the refresh token
//! in its cookie.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The refresh token in the cookie of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RefreshCookie {
    #[default]
    Absent,
    /// There is one, but a page of another origin may have sent the request.
    Unprotected,
    Token(String),
}

/// Why the refresh token of an [`Unprotected`](RefreshCookie::Unprotected) cookie is not used.
pub const UNPROTECTED_COOKIE: &str = "to use the refresh token of the cookie, a page of this \
    origin sends the header X-CSRF-Protection: 1";

/// A change of the cookie, to be sent with the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CookieChange {
    /// The token, and how long the browser keeps it.
    Set(String, Duration),
    Clear,
}

/// The client of a request.
#[derive(Debug, Default)]
pub struct Client {
    /// What it calls itself (`User-Agent`); may be empty.
    pub name: String,
    pub refresh_cookie: RefreshCookie,
    change: Mutex<Option<CookieChange>>,
}

impl Client {
    #[must_use]
    pub fn new(name: String, refresh_cookie: RefreshCookie) -> Self {
        Self { name, refresh_cookie, change: Mutex::default() }
    }

    /// Changes the cookie when the response is sent.
    pub fn change_cookie(&self, change: CookieChange) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    /// The change to send.
    #[must_use]
    pub fn cookie_change(&self) -> Option<CookieChange> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
