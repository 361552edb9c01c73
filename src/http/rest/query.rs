//! Query parameters, deserialized into structs. The fields of a struct are the known parameters of
//! a route; messages about unknown, repeated and invalid parameters name what is allowed.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, Utc};
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::document::problem::excerpt;
use crate::document::resolve::Resolution;
use crate::document::text::suggest::did_you_mean;
use crate::http::problem::ProblemDetails;

/// Parses the parameters of a route. `operation` names the operation in messages, for example "an
/// import".
///
/// Only lists may be repeated; their items may also be separated by commas. Booleans and the values
/// of enums are read in any case.
///
/// # Errors
/// 400 for an unknown, repeated or invalid parameter: a request with a mistake in its options must
/// not be executed.
pub(super) fn parse<T: DeserializeOwned>(
    query: Option<&str>,
    operation: &str,
) -> Result<T, ProblemDetails> {
    let query = Query { text: query.unwrap_or_default(), operation };
    T::deserialize(query).map_err(|QueryError(detail)| ProblemDetails::bad_request(detail))
}

/// Rejects all query parameters, for a route that takes none.
///
/// # Errors
/// 400 for any parameter.
pub(super) fn reject_all(query: Option<&str>, operation: &str) -> Result<(), ProblemDetails> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoParameters {}

    parse(query, operation).map(|NoParameters {}| ())
}

/// Deserializes the parameter `resolutions`: a JSON list.
pub(super) fn resolutions<'de, D: Deserializer<'de>>(
    parameter: D,
) -> Result<Vec<Resolution>, D::Error> {
    let text = String::deserialize(parameter)?;
    Resolution::read_list(&text)
        .map_err(|error| serde::de::Error::custom(format!("resolutions: {error}")))
}

/// Deserializes a moment: a date and time with an offset (RFC 3339).
pub(super) fn moment<'de, D: Deserializer<'de>>(
    parameter: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = String::deserialize(parameter)?;
    let moment = DateTime::parse_from_rfc3339(&text).map_err(|_| {
        let found = excerpt(&text);
        serde::de::Error::custom(format!(
            "found the time {found:?}; allowed is a date and time with an offset, such as \
             2026-11-29T12:00:00Z"
        ))
    })?;
    Ok(Some(moment.to_utc()))
}

/// The page size of a list, from its parameter `first`.
///
/// # Errors
/// 400 if it is not a number from 1 to `max`.
pub(super) fn page_size(first: i64, max: u64) -> Result<u64, ProblemDetails> {
    u64::try_from(first).ok().filter(|size| (1..=max).contains(size)).ok_or_else(|| {
        ProblemDetails::bad_request(format!("first: found {first}; allowed is 1 to {max}"))
    })
}

/// Checks that both databases support a moment.
///
/// # Errors
/// 400 when its year is out of range.
pub(super) fn check_moment(name: &str, moment: DateTime<Utc>) -> Result<(), ProblemDetails> {
    if (1..=9999).contains(&moment.year()) {
        return Ok(());
    }
    Err(ProblemDetails::bad_request(format!("{name} must be in the years 1 to 9999")))
}

/// A message for the client: the parameter, what was found, and what is allowed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct QueryError(String);

impl serde::de::Error for QueryError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

fn unknown(name: &str, operation: &str, known: &[&str]) -> QueryError {
    let allowed = match known {
        [] => "there is none".to_owned(),
        [only] => format!("{only} is the only one"),
        several => format!("allowed are {}", several.join(", ")),
    };
    let suggestion = did_you_mean(name, known.iter().copied());
    let found = excerpt(name);
    QueryError(format!("{found:?} is not a parameter of {operation}{suggestion}; {allowed}"))
}

/// The query string of a request.
struct Query<'de> {
    text: &'de str,
    operation: &'de str,
}

impl<'de> Deserializer<'de> for Query<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let mut parameters: Vec<Parameter<'de>> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(self.text.as_bytes()) {
            let Some(name) = known.iter().copied().find(|known| *known == name) else {
                return Err(unknown(&name, self.operation, known));
            };
            match parameters.iter_mut().find(|parameter| parameter.name == name) {
                Some(parameter) => parameter.values.push(value),
                None => parameters.push(Parameter { name, values: vec![value] }),
            }
        }
        // Report a repeated parameter before an invalid value.
        parameters.sort_by_key(|parameter| parameter.values.len() == 1);
        let entries = parameters.into_iter().map(|parameter| (parameter.name, parameter));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// One parameter with all its values.
struct Parameter<'de> {
    name: &'static str,
    values: Vec<Cow<'de, str>>,
}

impl Parameter<'_> {
    fn single(&self) -> Result<&str, QueryError> {
        match self.values.as_slice() {
            [value] => Ok(value),
            _ => Err(QueryError(format!("{} is given twice", self.name))),
        }
    }

    fn invalid(&self, found: &str, allowed: &str) -> QueryError {
        let found = excerpt(found);
        QueryError(format!("{}: found {found:?}; allowed is {allowed}", self.name))
    }
}

impl IntoDeserializer<'_, QueryError> for Parameter<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Parameter<'_> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_str(self.single()?)
    }

    /// True or false in any case, or 1 or 0.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let text = self.single()?;
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => visitor.visit_bool(true),
            "false" | "0" => visitor.visit_bool(false),
            _ => Err(self.invalid(text, "true or false, or 1 or 0")),
        }
    }

    /// A count or a revision.
    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let text = self.single()?;
        match text.trim().parse() {
            Ok(number) if number >= 0 => visitor.visit_i64(number),
            _ => Err(self.invalid(text, "a whole number from 0")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    /// A list that is given must not be empty: an empty list of ids would otherwise select all
    /// movies.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let items = self.values.iter().flat_map(|value| value.split(','));
        let items: Vec<&str> = items.filter(|item| !item.trim().is_empty()).collect();
        if items.is_empty() {
            let allowed = "at least one value; leave the parameter out if there is none";
            return Err(self.invalid("", allowed));
        }
        visitor.visit_seq(SeqDeserializer::new(items.into_iter()))
    }

    /// One of the values, in any case, with hyphens, underscores or spaces.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        values: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let text = self.single()?;
        let normalize = |text: &str| text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let wanted = normalize(text);
        match values.iter().find(|value| normalize(value) == wanted) {
            Some(value) => visitor.visit_enum(StrDeserializer::new(value)),
            None => {
                let suggestion = did_you_mean(text, values.iter().copied());
                let allowed = format!("one of {}{suggestion}", values.join(", "));
                Err(self.invalid(text, &allowed))
            }
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> String {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(dead_code, reason = "only parsed")]
        struct Parameters {
            strict: bool,
            revision: Option<i64>,
            ids: Vec<String>,
        }
        match Parameters::deserialize(Query { text: query, operation: "a test" }) {
            Ok(parameters) => format!("{parameters:?}"),
            Err(QueryError(message)) => message,
        }
    }

    fn boolean(value: &str) -> Option<bool> {
        let parameter = Parameter { name: "dry_run", values: vec![value.into()] };
        bool::deserialize(parameter).ok()
    }

    #[test]
    fn booleans_are_read_in_any_case_and_as_digits() {
        for value in ["true", "True", "TRUE", "1", " true "] {
            assert_eq!(boolean(value), Some(true), "{value}");
        }
        for value in ["false", "False", "FALSE", "0"] {
            assert_eq!(boolean(value), Some(false), "{value}");
        }
        for value in ["", "2", "-1", "01", "truth", "null", "yes", "off", "ｔrue"] {
            assert_eq!(boolean(value), None, "{value}");
        }
    }

    #[test]
    fn only_lists_may_be_repeated() {
        assert_eq!(parsed("strict=x&revision=1&revision=2"), "revision is given twice");
        assert_eq!(
            parsed("ids=a,b&strict=1&ids=,c&revision=7"),
            "Parameters { strict: true, revision: Some(7), ids: [\"a\", \"b\", \"c\"] }"
        );
        for empty in ["ids=", "ids=,", "ids=%20&ids="] {
            assert_eq!(
                parsed(empty),
                "ids: found \"\"; allowed is at least one value; leave the parameter out if there \
                 is none"
            );
        }
        assert_eq!(
            parsed("revision=-1"),
            "revision: found \"-1\"; allowed is a whole number from 0"
        );
    }
}
