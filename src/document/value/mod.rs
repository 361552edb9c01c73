//! Reading one scalar value by its [`Kind`].

#![allow(clippy::needless_pass_by_value, reason = "all readers take the value; most give it back")]

use serde_json::{Number, Value};

use super::definition::Kind;
use super::problem::{ProblemCode, shown};
use super::scalars::{MAX_URL, is_date, is_partial_date, is_web_url, whole_number};

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

/// Reads `value` as `kind` asks.
///
/// # Errors
/// The code and message of what is wrong with it.
pub fn read_scalar(kind: &Kind, value: Value) -> Result<Read, Refusal> {
    if let Value::String(text) = &value
        && text.contains('\0')
    {
        return Err((
            ProblemCode::Invalid,
            "found the character U+0000; any other is allowed".to_owned(),
        ));
    }
    match kind {
        Kind::Text { max } => text(value, *max),
        Kind::Form { matches, allowed, .. } => form(value, *matches, allowed),
        Kind::Code { matches, allowed, synonyms, .. } => code(value, *matches, allowed, synonyms),
        Kind::Decimal => decimal(value),
        Kind::Date => date(value),
        Kind::PartialDate => partial_date(value),
        Kind::Url => url(value),
        Kind::Integer { min, max } => integer(value, *min, *max),
        Kind::Number { min, max } => number(value, *min, *max),
        Kind::Boolean => boolean(value),
        Kind::Choice { values, synonyms } => choice(value, values, synonyms),
        Kind::Id => id(value),
        Kind::Names { .. } | Kind::Items { .. } => {
            Err(refused(ProblemCode::TypeMismatch, &value, "a list"))
        }
    }
}

fn text(value: Value, max: usize) -> Result<Read, Refusal> {
    let read = match value {
        Value::String(_) => as_it_is(value),
        Value::Number(ref number) => repaired(Value::String(number.to_string()), &value),
        other => return Err(refused(ProblemCode::TypeMismatch, &other, "text")),
    };
    let length = read.value.as_str().map_or(0, |text| text.chars().count());
    if length > max {
        return Err((
            ProblemCode::TooLong,
            format!("found {length} characters; at most {max} are allowed"),
        ));
    }
    Ok(read)
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
        Ok(as_it_is(Value::String(candidate)))
    } else {
        Err(refused(ProblemCode::Invalid, &value, allowed))
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
    let upper = text.trim().to_ascii_uppercase();
    let meant =
        synonyms.iter().find(|(from, _)| *from == upper).map_or(upper.as_str(), |(_, to)| to);
    if matches(meant) {
        Ok(repaired(Value::String(meant.to_owned()), &value))
    } else {
        Err(refused(ProblemCode::Invalid, &value, allowed))
    }
}

const DECIMAL_ALLOWED: &str = "a decimal amount as text, \"3.99\"";

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(whole, 12) && digits(fraction, 6)
}

const CURRENCY_SIGNS: &[(&str, &str)] =
    &[("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("₹", "INR"), ("¥", "JPY"), ("₩", "KRW")];

fn decimal(value: Value) -> Result<Read, Refusal> {
    let sent = match &value {
        Value::String(text) if is_decimal(text) => return Ok(as_it_is(value)),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => return Err(refused(ProblemCode::TypeMismatch, other, DECIMAL_ALLOWED)),
    };
    let (amount, currency) = split_currency(&sent);
    let amount = without_thousands(amount);
    if !is_decimal(&amount) {
        return Err(refused(ProblemCode::Invalid, &value, DECIMAL_ALLOWED));
    }
    let mut read = repaired(Value::String(amount), &value);
    // Dollars are many countries', and ¥ is China's too.
    let certain = !sent.contains(['$', '¥']);
    if let (Some(currency), Some(note), false) = (&currency, &mut read.note, certain) {
        note.push_str("; where nothing else says the currency, it is taken to be ");
        note.push_str(currency);
    }
    read.implied = currency.map(|currency| Implied {
        field: "currency",
        value: Value::String(currency),
        certain,
    });
    Ok(read)
}

/// `$3.99` → (`3.99`, USD); `3.99 EUR` → (`3.99`, EUR).
fn split_currency(text: &str) -> (&str, Option<String>) {
    for (sign, currency) in CURRENCY_SIGNS {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (rest.trim(), Some((*currency).to_owned()));
        }
    }
    let is_code = |word: &str| word.len() == 3 && iso_currency::Currency::from_code(word).is_some();
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) if is_code(first) => (rest.trim(), Some(first.to_owned())),
        Some((first, rest)) if is_code(rest.trim()) => (first, Some(rest.trim().to_owned())),
        _ => (text, None),
    }
}

/// `1,299.00` → `1299.00`; only where each comma stands before three digits.
fn without_thousands(text: &str) -> String {
    let (whole, fraction) =
        text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(',');
    let grouped = groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && whole.contains(',')
        && groups.all(|group| group.len() == 3);
    if !grouped {
        return text.to_owned();
    }
    let whole = whole.replace(',', "");
    fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}"))
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
    const ALLOWED: &str = "a date written YYYY-MM-DD";
    match &value {
        Value::String(text) if is_date(text) => Ok(as_it_is(value)),
        Value::String(text) => match day_of(text.trim()) {
            Some(day) => Ok(as_it_is(Value::String(day.to_owned()))),
            None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
        },
        other => Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    }
}

fn partial_date(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "a date written YYYY, YYYY-MM or YYYY-MM-DD";
    let meant = match &value {
        Value::String(text) if is_partial_date(text) => return Ok(as_it_is(value)),
        Value::String(text) => day_of(text.trim()).map(str::to_owned),
        Value::Number(number) => {
            whole_number(number).map(|year| year.to_string()).filter(|year| is_partial_date(year))
        }
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    match meant {
        Some(meant) => Ok(repaired(Value::String(meant), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
    }
}

fn url(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "an absolute http(s) URL";
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, ALLOWED));
    };
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
    let trimmed = text.trim();
    if is_web_url(trimmed) {
        return Ok(repaired(Value::String(trimmed.to_owned()), &value));
    }
    Err(refused(ProblemCode::Invalid, &value, ALLOWED))
}

/// The number that text writes, `"139"` or `"1,299"`.
fn number_in(text: &str) -> Option<Number> {
    let text = without_thousands(text.trim());
    let looks_like_one = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    looks_like_one.then(|| serde_json::from_str(&text).ok()).flatten()
}

fn integer(value: Value, min: i64, max: i64) -> Result<Read, Refusal> {
    let allowed = format!("a whole number from {min} to {max}");
    let (number, from_text) = match &value {
        Value::Number(number) => (number.clone(), false),
        Value::String(text) => match number_in(text) {
            Some(number) => (number, true),
            None => return Err(refused(ProblemCode::TypeMismatch, &value, &allowed)),
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

fn number(value: Value, min: f64, max: f64) -> Result<Read, Refusal> {
    let allowed = format!("a number from {min} to {max}");
    let (number, from_text) = match &value {
        Value::Number(number) => (number.clone(), false),
        Value::String(text) => match number_in(text) {
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

fn boolean(value: Value) -> Result<Read, Refusal> {
    let meant = match &value {
        Value::Bool(_) => return Ok(as_it_is(value)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => return Err(refused(ProblemCode::TypeMismatch, &value, "true or false")),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, "true or false")),
    };
    Ok(repaired(Value::Bool(meant), &value))
}

fn choice(value: Value, values: &[&str], synonyms: &[(&str, &str)]) -> Result<Read, Refusal> {
    let allowed = || format!("one of {}", values.join(", "));
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, &allowed()));
    };
    let folded = |text: &str| {
        let words = text
            .split(|c: char| c.is_whitespace() || c == '_' || c == '-')
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_").to_lowercase()
    };
    let sent = folded(text);
    if let Some(found) = values.iter().find(|candidate| folded(candidate) == sent) {
        return Ok(as_it_is(Value::String((*found).to_owned())));
    }
    if let Some((_, meant)) = synonyms.iter().find(|(synonym, _)| folded(synonym) == sent) {
        return Ok(repaired(Value::String((*meant).to_owned()), &value));
    }
    Err(refused(ProblemCode::Invalid, &value, &allowed()))
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
