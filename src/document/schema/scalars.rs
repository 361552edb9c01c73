//! Custom scalars: dates, URLs, large integers and JSON, as GraphQL types with their validation.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// The largest integer that every JSON implementation represents exactly (2^53 - 1, RFC 8259).
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// Maximum length of a URL, in characters.
pub const MAX_URL: usize = 2048;

/// A calendar date in the format `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);

/// A year, a month or a day: `1998`, `1998-06` or `1998-06-08`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartialDate(pub String);

/// An absolute `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebUrl(pub String);

/// An integer that may exceed 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BigInt(pub i64);

/// Any JSON value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

/// Whether `text` is an existing day in the format `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    text.len() == 10 && has_date_shape(text) && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Whether `text` is an existing year, month or day in the format `YYYY`, `YYYY-MM` or
/// `YYYY-MM-DD`.
#[must_use]
pub fn is_partial_date(text: &str) -> bool {
    match text.len() {
        4 => has_date_shape(text),
        7 => has_date_shape(text) && is_date(&format!("{text}-01")),
        _ => is_date(text),
    }
}

fn has_date_shape(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}

/// Whether `text` is an absolute http(s) URL. Its length is not checked.
#[must_use]
pub fn is_web_url(text: &str) -> bool {
    let scheme_ok = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    scheme_ok
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && url::Url::parse(text).is_ok_and(|url| url.has_host())
}

fn is_storable_url(text: &str) -> bool {
    text.chars().count() <= MAX_URL && is_web_url(text)
}

fn invalid_value<T: async_graphql::InputType>(found: &Value, allowed: &str) -> InputValueError<T> {
    InputValueError::custom(format!("found {found}; allowed is {allowed}"))
}

macro_rules! text_scalar {
    ($(#[$doc:meta])* $type:ident, $name:literal, $spec:literal, $check:expr, $allowed:literal) => {
        $(#[$doc])*
        #[Scalar(name = $name, specified_by_url = $spec)]
        impl ScalarType for $type {
            fn parse(value: Value) -> InputValueResult<Self> {
                match &value {
                    Value::String(text) if $check(text.as_str()) => Ok(Self(text.clone())),
                    _ => Err(invalid_value(&value, Self::ALLOWED)),
                }
            }

            // Called during validation, where the path of the value is known.
            fn is_valid(value: &Value) -> bool {
                Self::parse(value.clone()).is_ok()
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }

        impl $type {
            const NAME: &str = $name;
            const ALLOWED: &str = $allowed;
        }
    };
}

text_scalar!(
    /// A calendar date in the format `YYYY-MM-DD`, for example `1999-10-15`.
    Date, "Date", "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    is_date, "a date written YYYY-MM-DD"
);
text_scalar!(
    /// A year, a month or a day: `1998`, `1998-06` or `1998-06-08`.
    PartialDate, "PartialDate", "https://www.w3.org/TR/NOTE-datetime",
    is_partial_date, "a date written YYYY, YYYY-MM or YYYY-MM-DD"
);
text_scalar!(
    /// An absolute http or https URL of at most 2,048 characters.
    WebUrl, "URL", "https://url.spec.whatwg.org/",
    is_storable_url,
    "an absolute http(s) URL of at most 2,048 characters"
);

/// An integer that may exceed 32 bits: a JSON number from -(2^53 - 1) to 2^53 - 1.
#[Scalar(name = "BigInt", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let whole = match &value {
            Value::Number(number) => whole_number(number),
            _ => None,
        };
        whole
            .filter(|n| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(n))
            .map(Self)
            .ok_or_else(|| invalid_value(&value, Self::ALLOWED))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

impl BigInt {
    const NAME: &str = "BigInt";
    const ALLOWED: &str = "a whole number of at most 2^53 - 1";
}

/// A description of the values that the scalar with this GraphQL name allows; `None` if the scalar
/// is not defined in this file.
#[must_use]
pub fn allowed(scalar: &str) -> Option<&'static str> {
    let all = [
        (Date::NAME, Date::ALLOWED),
        (PartialDate::NAME, PartialDate::ALLOWED),
        (WebUrl::NAME, WebUrl::ALLOWED),
        (BigInt::NAME, BigInt::ALLOWED),
    ];
    all.into_iter().find(|(name, _)| *name == scalar).map(|(_, allowed)| allowed)
}

/// Whether the scalar with this GraphQL name accepts `text`. True for scalars that are not defined
/// in this file.
#[must_use]
pub fn accepts_text(scalar: &str, text: &str) -> bool {
    match scalar {
        Date::NAME => is_date(text),
        PartialDate::NAME => is_partial_date(text),
        WebUrl::NAME => is_storable_url(text),
        BigInt::NAME => false,
        _ => true,
    }
}

/// Whether the scalar with this GraphQL name accepts `number`. True for scalars that are not
/// defined in this file.
#[must_use]
pub fn accepts_number(scalar: &str, number: &serde_json::Number) -> bool {
    match scalar {
        Date::NAME | PartialDate::NAME | WebUrl::NAME => false,
        BigInt::NAME => BigInt::parse(Value::Number(number.clone())).is_ok(),
        _ => true,
    }
}

/// Any JSON value: an object, a list, a string, a number, true, false or null.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}

impl std::ops::Deref for Json {
    type Target = serde_json::Value;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Null is not included: optional values have it beside this schema.
impl PartialSchema for Json {
    fn schema() -> RefOr<Schema> {
        let types = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean];
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter(types))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some(
                "A JSON value: an object, a list, a string, a number, true or false.",
            ))
            .into()
    }
}

impl ToSchema for Json {}

/// The value of `number` if it is an integer in any notation: `3000000000`, `3e9` or
/// `3000000000.0`.
#[must_use]
pub fn whole_number(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64()?;
    let exact = float.fract() == 0.0 && float.abs() < 9.1e15;
    #[allow(clippy::cast_possible_truncation, reason = "`exact` limits the magnitude")]
    exact.then_some(float as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_existing_days() {
        for good in ["1998", "1998-06", "1998-06-08", "2000-02-29"] {
            assert!(is_partial_date(good), "{good}");
        }
        for bad in [
            "",
            "98",
            "1998-13",
            "1998-6",
            "1999-02-29",
            "1998-06-08T00:00",
            "1998/06/08",
            "１９９８",
        ] {
            assert!(!is_partial_date(bad), "{bad}");
        }
    }

    #[test]
    fn urls_are_absolute_and_use_http() {
        for good in ["https://example.org/a?b=c", "HTTP://example.org"] {
            assert!(is_web_url(good), "{good}");
        }
        for bad in [
            "ftp://example.org",
            "javascript:alert(1)",
            "example.org",
            "https://",
            "https://a b",
            "/x",
        ] {
            assert!(!is_web_url(bad), "{bad}");
        }
    }

    #[test]
    fn integers_are_read_in_every_notation() {
        for (text, whole) in [
            ("3000000000", Some(3_000_000_000)),
            ("3e9", Some(3_000_000_000)),
            ("1.5", None),
            ("1e300", None),
        ] {
            assert_eq!(whole_number(&serde_json::from_str(text).unwrap()), whole, "{text}");
        }
    }
}
