//! Query parameters as they were given.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::document::problem::excerpt;
use crate::document::resolve::Resolution;
use crate::document::text::suggest::did_you_mean;
use crate::http::problem::ProblemDetails;

/// One parameter as it was given.
pub(super) struct Given<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// The parameters of a query, in order. A name that is not among `known` is refused, as is one that is
/// given twice and not among `repeatable`: a request that was meant to be something else must not be
/// carried out. `of` says what the parameters belong to: "an import".
pub(super) fn parameters<'a>(
    query: &'a str,
    of: &str,
    known: &[&str],
    repeatable: &[&str],
) -> Result<Vec<Given<'a>>, ProblemDetails> {
    let mut seen = HashSet::new();
    let mut given = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&&*name) {
            return Err(unknown(&name, of, known));
        }
        if !seen.insert(name.clone()) && !repeatable.contains(&&*name) {
            return Err(ProblemDetails::bad_request(format!("{name} is given twice")));
        }
        given.push(Given { name, value });
    }
    Ok(given)
}

fn unknown(name: &str, of: &str, known: &[&str]) -> ProblemDetails {
    let allowed = match known {
        [] => "there is none".to_owned(),
        [only] => format!("{only} is the only one"),
        several => format!("allowed are {}", several.join(", ")),
    };
    let suggestion = did_you_mean(name, known.iter().copied());
    let shown = excerpt(name);
    ProblemDetails::bad_request(format!(
        "{shown:?} is not a parameter of {of}{suggestion}; {allowed}"
    ))
}

impl Given<'_> {
    pub(super) fn refused(&self, allowed: &str) -> ProblemDetails {
        let shown = excerpt(&self.value);
        ProblemDetails::bad_request(format!("{}: found {shown:?}; allowed is {allowed}", self.name))
    }

    /// One of some values, in any case, with hyphens or underscores.
    pub(super) fn word<T>(
        &self,
        parse: fn(&str) -> Option<T>,
        values: &[&str],
    ) -> Result<T, ProblemDetails> {
        parse(&self.value).ok_or_else(|| {
            let suggestion = did_you_mean(&self.value, values.iter().copied());
            self.refused(&format!("one of {}{suggestion}", values.join(", ")))
        })
    }

    pub(super) fn resolutions(&self) -> Result<Vec<Resolution>, ProblemDetails> {
        Resolution::read_list(&self.value)
            .map_err(|error| ProblemDetails::bad_request(format!("resolutions: {error}")))
    }

    /// True or false in any case, or 1 or 0.
    pub(super) fn boolean(&self) -> Result<bool, ProblemDetails> {
        match self.value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.refused("true or false, or 1 or 0")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_in_any_case_and_as_digits() {
        let read = |value: &'static str| {
            Given { name: "dry_run".into(), value: value.into() }.boolean().ok()
        };
        for value in ["true", "True", "TRUE", "1", " true "] {
            assert_eq!(read(value), Some(true), "{value}");
        }
        for value in ["false", "False", "FALSE", "0"] {
            assert_eq!(read(value), Some(false), "{value}");
        }
        for value in ["", "2", "-1", "01", "truth", "null", "yes", "off", "ｔrue"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
