//! Reads durations in common notations, as whole minutes.

use super::numbers::plain_number;

const HOURS: &[&str] = &[
    "h",
    "hr",
    "hrs",
    "hour",
    "hours",
    "std",
    "stunde",
    "stunden",
    "heure",
    "heures",
    "hora",
    "horas",
    "ora",
    "घंटे",
    "घंटा",
    "час",
    "часа",
    "часов",
    "时",
    "小时",
    "時間",
    "시간",
    "ore",
];
const MINUTES: &[&str] = &[
    "m",
    "min",
    "mins",
    "minute",
    "minutes",
    "minuten",
    "minuto",
    "minutos",
    "minuti",
    "मिनट",
    "минут",
    "минута",
    "минуты",
    "мин",
    "分",
    "分钟",
    "分鐘",
    "분",
    "دقيقة",
    "mn",
    "'",
    "′",
];

/// The minutes of `119 min`, `1h 59m`, `2 hours and 19 minutes`, `1.5 hours`, `PT1H59M`
/// (ISO 8601) and `1:59` (hours and minutes).
#[must_use]
pub fn minutes(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches(['~', '≈']).trim().trim_end_matches('.');
    let text = text.to_lowercase();
    clock(&text).or_else(|| words(text.strip_prefix("pt").unwrap_or(&text)))
}

/// `1:59` and `01:59:00`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let digits = |part: &str, length: std::ops::RangeInclusive<usize>| {
        (length.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())
            .flatten()
    };
    let hours = digits(parts.next()?, 1..=2)?;
    let minutes = digits(parts.next()?, 2..=2).filter(|minutes| *minutes < 60)?;
    let seconds = parts.next().map_or(Some(0), |part| digits(part, 2..=2))?;
    (seconds < 60 && parts.next().is_none()).then_some(hours * 60 + minutes)
}

/// Numbers with units, hours before minutes.
fn words(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let (mut hours, mut minutes) = (None, None);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let end = end.unwrap_or(rest.len());
        let number: f64 = plain_number(rest[..end].trim_end_matches(['.', ',']))?.parse().ok()?;
        let after = rest[end..].trim_start();
        let length =
            after.find(|c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ','));
        let (unit, after) = after.split_at(length.unwrap_or(after.len()));
        let is_unit = |units: &[&str]| units.contains(&unit);
        if is_unit(HOURS) && hours.is_none() && minutes.is_none() {
            hours = Some(number);
        } else if (is_unit(MINUTES) || (unit.is_empty() && hours.is_some() && after.is_empty()))
            && minutes.is_none()
        {
            minutes = Some(number);
        } else {
            return None;
        }
        let after = after.trim_start_matches(['.', ',', ' ']);
        rest = after.strip_prefix("and ").or_else(|| after.strip_prefix("und ")).unwrap_or(after);
        rest = rest.trim_start();
    }
    let total = hours.unwrap_or(0.0) * 60.0 + minutes.unwrap_or(0.0);
    let is_whole = (0.0..1e9).contains(&total) && total.fract() == 0.0;
    #[allow(clippy::cast_possible_truncation, reason = "the line above keeps it in range")]
    is_whole.then_some(total as i64).filter(|_| hours.is_some() || minutes.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_minutes() {
        for (text, expected) in [
            ("119 min", Some(119)),
            ("119 mins.", Some(119)),
            ("119min", Some(119)),
            ("119'", Some(119)),
            ("1h 59m", Some(119)),
            ("1h59m", Some(119)),
            ("2 hr 19 min", Some(139)),
            ("2 hrs, 19 mins", Some(139)),
            ("2 hours and 19 minutes", Some(139)),
            ("2 hours", Some(120)),
            ("1.5 hours", Some(90)),
            ("1,5 Stunden", Some(90)),
            ("156 Minuten", Some(156)),
            ("PT119M", Some(119)),
            ("PT1H59M", Some(119)),
            ("1:59", Some(119)),
            ("01:59:00", Some(119)),
            ("1h59", Some(119)),
            ("109分", Some(109)),
            ("1時間49分", Some(109)),
            ("~119 min", Some(119)),
            ("1:99", None),
            ("119", None),
            ("119 km", None),
            ("90-120 min", None),
            ("about 2 hours", None),
            ("", None),
            ("min", None),
            ("1.25 min", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }
}
