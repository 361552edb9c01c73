//! Parsing of query parameters.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::document::problem::excerpt;
use crate::document::resolve::Resolution;
use crate::document::text::suggest::did_you_mean;
use crate::http::problem::ProblemDetails;

/// One query parameter.
pub(super) struct Parameter<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// Parses the parameters of a query string, in order. `operation` names the operation in messages,
/// for example "an import".
///
/// # Errors
/// 400 for a name that is not in `known`, and for a repeated name that is not in `repeatable`: a
/// request with a mistake in its options must not be executed.
pub(super) fn parameters<'a>(
    query: &'a str,
    operation: &str,
    known: &[&str],
    repeatable: &[&str],
) -> Result<Vec<Parameter<'a>>, ProblemDetails> {
    let mut seen = HashSet::new();
    let mut parameters = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&&*name) {
            return Err(unknown(&name, operation, known));
        }
        if !seen.insert(name.clone()) && !repeatable.contains(&&*name) {
            return Err(ProblemDetails::bad_request(format!("{name} is given twice")));
        }
        parameters.push(Parameter { name, value });
    }
    Ok(parameters)
}

fn unknown(name: &str, operation: &str, known: &[&str]) -> ProblemDetails {
    let allowed = match known {
        [] => "there is none".to_owned(),
        [only] => format!("{only} is the only one"),
        several => format!("allowed are {}", several.join(", ")),
    };
    let suggestion = did_you_mean(name, known.iter().copied());
    let shown = excerpt(name);
    ProblemDetails::bad_request(format!(
        "{shown:?} is not a parameter of {operation}{suggestion}; {allowed}"
    ))
}

impl Parameter<'_> {
    pub(super) fn invalid(&self, allowed: &str) -> ProblemDetails {
        let shown = excerpt(&self.value);
        ProblemDetails::bad_request(format!("{}: found {shown:?}; allowed is {allowed}", self.name))
    }

    /// Parses one of a fixed list of values, in any case, with hyphens or underscores.
    pub(super) fn one_of<T>(
        &self,
        parse: fn(&str) -> Option<T>,
        values: &[&str],
    ) -> Result<T, ProblemDetails> {
        parse(&self.value).ok_or_else(|| {
            let suggestion = did_you_mean(&self.value, values.iter().copied());
            self.invalid(&format!("one of {}{suggestion}", values.join(", ")))
        })
    }

    pub(super) fn resolutions(&self) -> Result<Vec<Resolution>, ProblemDetails> {
        Resolution::read_list(&self.value)
            .map_err(|error| ProblemDetails::bad_request(format!("resolutions: {error}")))
    }

    /// Parses true or false in any case, or 1 or 0.
    pub(super) fn boolean(&self) -> Result<bool, ProblemDetails> {
        match self.value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.invalid("true or false, or 1 or 0")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_in_any_case_and_as_digits() {
        let read = |value: &'static str| {
            Parameter { name: "dry_run".into(), value: value.into() }.boolean().ok()
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
