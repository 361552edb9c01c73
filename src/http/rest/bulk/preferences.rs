//! The preferences of a client about how its request is handled (RFC 7240).

use axum::http::HeaderMap;

/// The preferences that a bulk import knows; others are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `handling=strict`: stop at the first document that is not imported (§4.4).
    pub handling_strict: bool,
    /// `respond-async`: answer at once, and do the work as a job (§4.1).
    pub respond_async: bool,
}

impl Preferences {
    /// The preferences in the `Prefer` headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split([',', ';'])) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("handling") {
                preferences.handling_strict |= value.eq_ignore_ascii_case("strict");
            }
            preferences.respond_async |= name.eq_ignore_ascii_case("respond-async");
        }
        preferences
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn preferences_are_read_from_all_headers() {
        let read = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            let prefer = axum::http::HeaderName::from_static("prefer");
            Preferences::of(&values.map(|value| (prefer.clone(), value)).collect())
        };
        let both = Preferences { handling_strict: true, respond_async: true };
        assert_eq!(read(&["respond-async, handling=strict"]), both);
        assert_eq!(read(&["handling=\"Strict\"; x=1", "wait=100, Respond-Async"]), both);
        assert_eq!(read(&["handling=lenient, respond-asynchronously"]), Preferences::default());
    }
}
