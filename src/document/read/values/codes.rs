//! Reads texts of a fixed form, codes of published lists, and choices.

use serde_json::Value;

use super::marks::bare;
use super::money::{self, Sign};
use super::{Read, Refusal, refused, repaired, unchanged};
use crate::document::problem::ProblemCode;
use crate::document::schema::scalars::whole_number;
use crate::document::text::key_letters;

pub(super) fn form(
    value: Value,
    matches: fn(&str) -> bool,
    allowed: &str,
) -> Result<Read, Refusal> {
    let candidate = match &value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => {
            whole_number(number).map_or_else(|| number.to_string(), |whole| whole.to_string())
        }
        other => return Err(refused(ProblemCode::TypeMismatch, other, allowed)),
    };
    if matches(&candidate) {
        return Ok(unchanged(Value::String(candidate)));
    }
    // Finds the one part of a longer text that has the form, as in a URL or a date.
    let is_boundary = |c: char| !c.is_alphanumeric();
    let mut lower = bare(&candidate).to_ascii_lowercase();
    // An IMDb title number without its letters.
    if lower.len() >= 7 && lower.bytes().all(|byte| byte.is_ascii_digit()) {
        lower.insert_str(0, "tt");
    }
    let mut parts = lower.split(is_boundary).filter(|part| matches(part));
    match (parts.next(), parts.next()) {
        (Some(part), None) if candidate.chars().count() <= 200 => {
            Ok(repaired(Value::String(part.to_owned()), &value))
        }
        _ => Err(refused(ProblemCode::Invalid, &value, allowed)),
    }
}

pub(super) fn code(
    value: Value,
    matches: fn(&str) -> bool,
    allowed: &str,
    synonyms: &[(&str, &str)],
) -> Result<Read, Refusal> {
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, allowed));
    };
    if matches(text) {
        return Ok(unchanged(value));
    }
    let upper = bare(text).to_ascii_uppercase();
    if matches(&upper) {
        return Ok(repaired(Value::String(upper), &value));
    }
    // Without a note: "USA (only)".
    let letters = key_letters(bare(text));
    let synonym = synonyms.iter().find(|(from, _)| key_letters(from) == letters);
    let meant = synonym.map(|(_, to)| *to).or_else(|| country_code(&letters)).or_else(|| {
        let Some(Sign::Certain(code)) = money::currency(text) else { return None };
        Some(code)
    });
    match meant.filter(|meant| matches(meant)) {
        Some(meant) => Ok(repaired(Value::String(meant.to_owned()), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, allowed)),
    }
}

/// The ISO 3166-1 alpha-2 code of a country, by its name or its alpha-3 code.
fn country_code(letters: &str) -> Option<&'static str> {
    let found = rust_iso3166::ALL.iter().find(|country| {
        key_letters(country.name) == letters || country.alpha3.eq_ignore_ascii_case(letters)
    });
    found.map(|country| country.alpha2)
}

pub(super) fn choice(
    value: Value,
    values: &[&str],
    synonyms: &[(&str, &str)],
) -> Result<Read, Refusal> {
    let allowed = || format!("one of {}", values.join(", "));
    let sent = match &value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        other => return Err(refused(ProblemCode::TypeMismatch, other, &allowed())),
    };
    let folded = |text: &str| {
        let words = text
            .split(|c: char| c.is_whitespace() || c == '_' || c == '-')
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_").to_lowercase()
    };
    let wanted = folded(&sent);
    if let Some(found) = values.iter().find(|candidate| folded(candidate) == wanted) {
        let read = Value::String((*found).to_owned());
        return Ok(if value.is_string() { unchanged(read) } else { repaired(read, &value) });
    }
    // Without marks and without a note: "Won 🏆", "Winner (shared)".
    [sent.as_str(), bare(&sent)]
        .into_iter()
        .map(key_letters)
        .filter(|letters| !letters.is_empty())
        .find_map(|letters| {
            let synonym = synonyms.iter().find(|(synonym, _)| key_letters(synonym) == letters);
            let named = || values.iter().find(|value| key_letters(value) == letters);
            synonym.map(|(_, meant)| *meant).or_else(|| named().copied())
        })
        .map(|meant| repaired(Value::String(meant.to_owned()), &value))
        .ok_or_else(|| {
            let code =
                if value.is_string() { ProblemCode::Invalid } else { ProblemCode::TypeMismatch };
            refused(code, &value, &allowed())
        })
}
