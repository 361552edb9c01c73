//! Reads numbers, scores, prices, and whole amounts of money and time.

use serde_json::{Number, Value};

use super::marks::bare;
use super::money::{self, Sign};
use super::numbers::{has_two_readings, plain_number};
use super::{Implied, Read, Refusal, durations, refused, repaired, unchanged};
use crate::document::problem::ProblemCode;
use crate::document::schema::definition::Unit;
use crate::document::schema::scalars::whole_number;

const DECIMAL_ALLOWED: &str = "a decimal amount as text, \"3.99\"";

pub(super) fn decimal(value: Value) -> Result<Read, Refusal> {
    let sent = match &value {
        Value::String(text) if is_decimal(text) => return Ok(unchanged(value)),
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
        // Many countries use dollars, and ¥ is also the sign of the yuan.
        let certain = matches!(sign, Sign::Certain(_));
        let currency = sign.default_currency();
        if let (Some(note), false) = (&mut read.note, certain) {
            note.push_str("; unless another value states the currency, it is read as ");
            note.push_str(currency);
        }
        let value = Value::String(currency.to_owned());
        read.implied = Some(Implied { field: "currency", value, certain, sign });
    }
    Ok(read)
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(whole, 12) && digits(fraction, 6)
}

pub(super) fn integer(unit: Unit, value: Value, min: i64, max: i64) -> Result<Read, Refusal> {
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
    Ok(if from_text { repaired(read, &value) } else { unchanged(read) })
}

/// The number that a text states in that unit, or the code of the problem.
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

pub(super) fn number(value: Value, min: f64, max: f64) -> Result<Read, Refusal> {
    let allowed = format!("a number from {min} to {max}, written {}", (max * 8.3).round() / 10.0);
    let (number, from_text) = match &value {
        Value::Number(number) => (number.clone(), false),
        Value::String(text) => match score_in(text, max) {
            Some(number) => (number, true),
            None => return Err(refused(ProblemCode::TypeMismatch, &value, &allowed)),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, &allowed)),
    };
    if !number.as_f64().is_some_and(|float| (min..=max).contains(&float)) {
        return Err(refused(ProblemCode::OutOfRange, &value, &allowed));
    }
    let read = Value::Number(number);
    Ok(if from_text { repaired(read, &value) } else { unchanged(read) })
}

/// A score on a scale up to `max`: `8.3`, `8.3/10`, `66 out of 100`, and `79%` if `max` is 100.
fn score_in(text: &str, max: f64) -> Option<Number> {
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

/// The number in a text: `"139"`, `"1,299"`, `"-1"`, `"1e3"`.
fn number_in(text: &str) -> Option<Number> {
    let text = text.trim();
    let looks_like_one = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let plain = looks_like_one.then(|| serde_json::from_str(text).ok()).flatten();
    plain.or_else(|| serde_json::from_str(&plain_number(text)?).ok())
}
