//! Reading one scalar value by its [`Rule`]: as it should be written, or as people, databases and
//! language models write it. What has two readings is refused with the form to write.

#![allow(clippy::needless_pass_by_value, reason = "all readers take the value; most give it back")]

mod dates;
mod durations;
mod marks;
mod money;
mod months;
mod nothing;
mod numbers;
mod urls;

use serde_json::{Number, Value};

use super::definition::{Kind, Rule, Unit};
use super::markup::control_character;
use super::problem::{ProblemCode, shown};
use super::scalars::{MAX_URL, is_date, is_partial_date, is_web_url, whole_number};
use super::text::key_letters;
use marks::{bare, without_note};
use money::Sign;
use numbers::{has_two_readings, plain_number};

pub use nothing::{WORDS as WORDS_FOR_NOTHING, is_no_name, is_nothing};
pub use urls::tmdb_image;

/// Longest id of an item or entity that is read.
const MAX_ID: usize = 128;

/// A value that could be read.
#[derive(Debug)]
pub struct Read {
    pub value: Value,
    /// What had to be done to read it.
    pub note: Option<String>,
    /// What it says of a sibling field.
    pub implied: Option<Implied>,
}

/// What a value says of a sibling: a price of its currency.
#[derive(Debug)]
pub struct Implied {
    pub field: &'static str,
    pub value: Value,
    /// Whether it can mean nothing else. `$` is the dollar of many countries, `₹` of one.
    pub certain: bool,
    /// Whether the sibling may have that value beside it.
    sign: Sign,
}

impl Implied {
    /// What is wrong with a sibling that has the value `stated`: `€3.99` is no price in dollars.
    #[must_use]
    pub fn contradiction(&self, stated: &Value) -> Option<String> {
        let stated = stated.as_str()?;
        (!self.sign.allows(stated)).then(|| {
            format!(
                "found an amount in {} beside the {} {stated:?}; write the amount alone, \"3.99\", \
                 and its currency",
                self.value, self.field
            )
        })
    }
}

type Refusal = (ProblemCode, String);

fn as_it_is(value: Value) -> Read {
    Read { value, note: None, implied: None }
}

fn repaired(value: Value, from: &Value) -> Read {
    let note = Some(format!("{} was read as {}", shown(from), shown(&value)));
    Read { value, note, implied: None }
}

fn refused(code: ProblemCode, found: &Value, allowed: &str) -> Refusal {
    (code, format!("found {}; allowed is {allowed}", shown(found)))
}

/// Reads `value` as the rule asks.
///
/// # Errors
/// The code and message of what is wrong with it.
pub fn read_scalar(rule: &Rule, value: Value) -> Result<Read, Refusal> {
    if let Value::String(text) = &value
        && text.contains('\0')
    {
        return Err((
            ProblemCode::Invalid,
            "found the character U+0000; any other is allowed".to_owned(),
        ));
    }
    match &rule.kind {
        Kind::Text { max } => text(rule, value, *max),
        Kind::Form { matches, allowed, .. } => form(value, *matches, allowed),
        Kind::Code { matches, allowed, synonyms, .. } => code(value, *matches, allowed, synonyms),
        Kind::Decimal => decimal(value),
        Kind::Date => date(value),
        Kind::PartialDate => partial_date(value),
        Kind::Url => url(value),
        Kind::Integer { min, max } => integer(rule.unit, value, *min, *max),
        Kind::Number { min, max } => number(value, *min, *max),
        Kind::Boolean => boolean(value),
        Kind::Choice { values, synonyms } => choice(value, values, synonyms),
        Kind::Id => id(value),
        Kind::Names { .. } | Kind::Items { .. } => {
            Err(refused(ProblemCode::TypeMismatch, &value, "a list"))
        }
    }
}

fn text(rule: &Rule, value: Value, max: usize) -> Result<Read, Refusal> {
    let read = match value {
        Value::String(_) => as_it_is(value),
        Value::Number(ref number) => repaired(Value::String(number.to_string()), &value),
        Value::Bool(truth) => repaired(Value::String(truth.to_string()), &value),
        Value::Array(ref parts) if rule.joined => match joined(parts) {
            Some(text) => repaired(Value::String(text), &value),
            None => return Err(refused(ProblemCode::TypeMismatch, &value, "text, \"A, B\"")),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, &other, "text")),
    };
    if let Some((at, found)) = read.value.as_str().and_then(control_character) {
        return Err((ProblemCode::Invalid, control_refused(at, found)));
    }
    let length = |text: &Value| text.as_str().map_or(0, |text| text.chars().count());
    let found = length(&read.value);
    if found <= max {
        return Ok(read);
    }
    // A short label with an explanation behind it: "R (for language)".
    let label = read.value.as_str().map(without_note).filter(|label| label.chars().count() <= max);
    if max <= 100
        && let Some(label) = label
    {
        return Ok(repaired(Value::String(label.to_owned()), &read.value));
    }
    Err((ProblemCode::TooLong, format!("found {found} characters; at most {max} are allowed")))
}

fn control_refused(at: usize, found: char) -> String {
    let command = match found {
        '\u{8}' => "; for LaTeX such as \\beta, write \\\\beta in JSON",
        '\u{C}' => "; for LaTeX such as \\frac, write \\\\frac in JSON",
        '\r' => "; for LaTeX such as \\rho, write \\\\rho in JSON",
        _ => "",
    };
    format!(
        "found the control character U+{:04X} at character {at}; of these, tab and line feed are \
         allowed{command}",
        u32::from(found)
    )
}

/// The names in a list of texts, or of objects with a name, as one text.
fn joined(parts: &[Value]) -> Option<String> {
    let name = |part: &Value| match part {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Object(object) => {
            let keys = ["english_name", "name"];
            let named = keys.iter().find_map(|key| object.get(*key)?.as_str());
            named.map(|name| name.trim().to_owned())
        }
        _ => None,
    };
    let names: Option<Vec<String>> = parts.iter().map(name).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(", "))
}

fn form(value: Value, matches: fn(&str) -> bool, allowed: &str) -> Result<Read, Refusal> {
    let candidate = match &value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => {
            whole_number(number).map_or_else(|| number.to_string(), |whole| whole.to_string())
        }
        other => return Err(refused(ProblemCode::TypeMismatch, other, allowed)),
    };
    if matches(&candidate) {
        return Ok(as_it_is(Value::String(candidate)));
    }
    // The one part of a longer text that has the form: of a URL, or of a date.
    let is_boundary = |c: char| !c.is_alphanumeric();
    let lower = bare(&candidate).to_ascii_lowercase();
    let mut parts = lower.split(is_boundary).filter(|part| matches(part));
    match (parts.next(), parts.next()) {
        (Some(part), None) if candidate.chars().count() <= 200 => {
            Ok(repaired(Value::String(part.to_owned()), &value))
        }
        _ => Err(refused(ProblemCode::Invalid, &value, allowed)),
    }
}

fn code(
    value: Value,
    matches: fn(&str) -> bool,
    allowed: &str,
    synonyms: &[(&str, &str)],
) -> Result<Read, Refusal> {
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, allowed));
    };
    if matches(text) {
        return Ok(as_it_is(value));
    }
    let upper = bare(text).to_ascii_uppercase();
    if matches(&upper) {
        return Ok(repaired(Value::String(upper), &value));
    }
    let letters = key_letters(text);
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

/// The ISO 3166-1 alpha-2 code of a country by its name or its three letters.
fn country_code(letters: &str) -> Option<&'static str> {
    let found = rust_iso3166::ALL.iter().find(|country| {
        key_letters(country.name) == letters || country.alpha3.eq_ignore_ascii_case(letters)
    });
    found.map(|country| country.alpha2)
}

const DECIMAL_ALLOWED: &str = "a decimal amount as text, \"3.99\"";

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(whole, 12) && digits(fraction, 6)
}

fn decimal(value: Value) -> Result<Read, Refusal> {
    let sent = match &value {
        Value::String(text) if is_decimal(text) => return Ok(as_it_is(value)),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => return Err(refused(ProblemCode::TypeMismatch, other, DECIMAL_ALLOWED)),
    };
    let found = money::find(&sent).filter(|money| is_decimal(&money.amount));
    let Some(money) = found else {
        return Err(refused(ProblemCode::Invalid, &value, DECIMAL_ALLOWED));
    };
    let mut read = repaired(Value::String(money.amount), &value);
    if let Some(sign) = money.currency {
        // Dollars are many countries', and ¥ is China's too.
        let certain = matches!(sign, Sign::Certain(_));
        let currency = sign.usual();
        if let (Some(note), false) = (&mut read.note, certain) {
            note.push_str("; where nothing else says the currency, it is taken to be ");
            note.push_str(currency);
        }
        let value = Value::String(currency.to_owned());
        read.implied = Some(Implied { field: "currency", value, certain, sign });
    }
    Ok(read)
}

/// The day of a date-time: `1999-10-15T00:00:00Z` → `1999-10-15`.
fn day_of(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let time = text.get(11..)?;
    let is_time = text[10..].starts_with(['T', 't', ' '])
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | 'Z' | 'z' | ' '));
    (is_date(day) && is_time).then_some(day)
}

fn date(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "a date written YYYY-MM-DD, \"1999-10-15\"";
    let text = match &value {
        Value::String(text) if is_date(text) => return Ok(as_it_is(value)),
        Value::String(text) => text,
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    if let Some(day) = day_of(text.trim()) {
        return Ok(as_it_is(Value::String(day.to_owned())));
    }
    let found = dates::find(text).filter(|found| !found.is_inexact && is_date(&found.date));
    match found {
        Some(found) => Ok(repaired(Value::String(found.date), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
    }
}

fn partial_date(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "a date written YYYY, YYYY-MM or YYYY-MM-DD";
    let found = match &value {
        Value::String(text) if is_partial_date(text) => return Ok(as_it_is(value)),
        Value::String(text) => match day_of(text.trim()) {
            Some(day) => Some((day.to_owned(), false)),
            None => dates::find(text).map(|found| (found.date, found.is_inexact)),
        },
        Value::Number(number) => {
            let year = whole_number(number).map(|year| year.to_string());
            year.filter(|year| is_partial_date(year)).map(|year| (year, false))
        }
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    let Some((date, is_inexact)) = found else {
        return Err(refused(ProblemCode::Invalid, &value, ALLOWED));
    };
    let mut read = repaired(Value::String(date), &value);
    if let (Some(note), true) = (&mut read.note, is_inexact) {
        note.push_str(", the part of it that is certain; of a range, its start");
    }
    Ok(read)
}

fn url(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "an absolute http(s) URL, \"https://…\"";
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, ALLOWED));
    };
    if is_web_url(text) && text.len() <= MAX_URL {
        return Ok(as_it_is(value));
    }
    let length = text.chars().count();
    if length > MAX_URL {
        return Err((
            ProblemCode::TooLong,
            format!("found {length} characters; at most {MAX_URL} are allowed"),
        ));
    }
    if is_web_url(text) {
        return Ok(as_it_is(value));
    }
    match urls::find(text) {
        Some(address) => Ok(repaired(Value::String(address), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
    }
}

/// The number that text writes: `"139"`, `"1,299"`, `"-1"`, `"1e3"`.
fn number_in(text: &str) -> Option<Number> {
    let text = text.trim();
    let looks_like_one = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let plain = looks_like_one.then(|| serde_json::from_str(text).ok()).flatten();
    plain.or_else(|| serde_json::from_str(&plain_number(text)?).ok())
}

fn integer(unit: Unit, value: Value, min: i64, max: i64) -> Result<Read, Refusal> {
    let allowed = match unit {
        Unit::None => {
            let example = if min > 1_000 { 1999 } else { min };
            format!("a whole number from {min} to {max}, written {example}")
        }
        Unit::Minutes => format!("whole minutes from {min} to {max}, written 119"),
        Unit::UsDollars => {
            format!("whole US dollars from {min} to {max}, written 63000000")
        }
    };
    let (number, from_text) = match &value {
        Value::Number(number) => (number.clone(), false),
        Value::String(text) => match integer_in(unit, text) {
            Ok(number) => (number, true),
            Err(code) => return Err(refused(code, &value, &allowed)),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, &allowed)),
    };
    let Some(whole) = whole_number(&number) else {
        let too_large = number.as_f64().is_some_and(|float| float.fract() == 0.0);
        let code = if too_large { ProblemCode::OutOfRange } else { ProblemCode::Invalid };
        return Err(refused(code, &value, &allowed));
    };
    if !(min..=max).contains(&whole) {
        return Err(refused(ProblemCode::OutOfRange, &value, &allowed));
    }
    let read = Value::Number(whole.into());
    Ok(if from_text { repaired(read, &value) } else { as_it_is(read) })
}

/// The number that a text writes in that unit, or the code of why it cannot be read.
fn integer_in(unit: Unit, text: &str) -> Result<Number, ProblemCode> {
    if has_two_readings(text) {
        return Err(ProblemCode::Invalid);
    }
    if let Some(number) = number_in(text) {
        return Ok(number);
    }
    let found = match unit {
        Unit::None => number_in(bare(text)),
        Unit::Minutes => {
            durations::minutes(bare(text)).map(Number::from).or_else(|| number_in(bare(text)))
        }
        Unit::UsDollars => {
            let money = money::find(text).filter(|_| !money::is_ambiguous(bare(text)));
            let Some(money) = money else { return Err(ProblemCode::TypeMismatch) };
            if money.currency.is_some_and(|sign| !sign.allows("USD")) {
                return Err(ProblemCode::Invalid);
            }
            number_in(&money.amount)
        }
    };
    found.ok_or(ProblemCode::TypeMismatch)
}

fn number(value: Value, min: f64, max: f64) -> Result<Read, Refusal> {
    let allowed = format!("a number from {min} to {max}, written {}", max * 0.83);
    let (number, from_text) = match &value {
        Value::Number(number) => (number.clone(), false),
        Value::String(text) => match scored(text, max) {
            Some(number) => (number, true),
            None => return Err(refused(ProblemCode::TypeMismatch, &value, &allowed)),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, &allowed)),
    };
    if !number.as_f64().is_some_and(|float| (min..=max).contains(&float)) {
        return Err(refused(ProblemCode::OutOfRange, &value, &allowed));
    }
    let read = Value::Number(number);
    Ok(if from_text { repaired(read, &value) } else { as_it_is(read) })
}

/// A score on a scale up to `max`: `8.3`, `8.3/10`, `66 out of 100`, `79%` where it goes to 100.
fn scored(text: &str, max: f64) -> Option<Number> {
    let text = bare(text);
    if let Some(number) = number_in(text) {
        return Some(number);
    }
    let lower = text.to_lowercase();
    let percent = ["%", "percent", "per cent", "prozent"];
    if let Some(score) = percent.iter().find_map(|sign| lower.strip_suffix(sign)) {
        return if (max - 100.0).abs() < f64::EPSILON { number_in(score) } else { None };
    }
    let (score, scale) = lower.split_once('/').or_else(|| lower.split_once(" out of "))?;
    let scale = number_in(scale)?.as_f64()?;
    if (scale - max).abs() < f64::EPSILON { number_in(score) } else { None }
}

fn boolean(value: Value) -> Result<Read, Refusal> {
    let meant = match &value {
        Value::Bool(_) => return Ok(as_it_is(value)),
        Value::Number(number) => match number.as_i64() {
            Some(1) => true,
            Some(0) => false,
            _ => return Err(refused(ProblemCode::TypeMismatch, &value, "true or false")),
        },
        Value::String(text) => match bare(text).to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => true,
            "false" | "no" | "n" | "0" => false,
            _ => return Err(refused(ProblemCode::TypeMismatch, &value, "true or false")),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, "true or false")),
    };
    Ok(repaired(Value::Bool(meant), &value))
}

fn choice(value: Value, values: &[&str], synonyms: &[(&str, &str)]) -> Result<Read, Refusal> {
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
        return Ok(if value.is_string() { as_it_is(read) } else { repaired(read, &value) });
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

/// Whether a text has the form of an id.
pub fn is_id(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control()) && text.chars().count() <= MAX_ID
}

fn id(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "an id: 1 to 128 characters without white space";
    let read = match &value {
        Value::String(_) => as_it_is(value),
        Value::Number(number) => repaired(Value::String(number.to_string()), &value),
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    if !read.value.as_str().is_some_and(is_id) {
        return Err(refused(ProblemCode::Invalid, &read.value, ALLOWED));
    }
    Ok(read)
}
