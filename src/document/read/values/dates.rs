//! Reads dates in words and in other orders than year, month, day.
//!
//! Ambiguous dates are refused: `03/04/1999` may be in March or in April.

use super::marks::bare;
use super::months::{is_weekday, month};
use crate::document::schema::scalars::{is_date, is_partial_date};

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub date: String,
    /// Whether the text is less exact or contains more than that: "late 2008", or a range of dates.
    pub is_inexact: bool,
}

/// Words before a date that is not exact.
const ABOUT: &[&str] =
    &["c", "ca", "circa", "about", "around", "approx", "approximately", "approximate", "roughly"];
/// Words for a part of a year.
const YEAR_PARTS: &[&str] = &[
    "early",
    "mid",
    "middle",
    "late",
    "end",
    "beginning",
    "start",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "q1",
    "q2",
    "q3",
    "q4",
    "h1",
    "h2",
    "first",
    "second",
    "half",
    "quarter",
];
/// Words between the parts of a date.
const CONNECTORS: &[&str] = &["of", "the", "de", "den", "der", "le", "el", "du", "in", "on", "del"];
const CHRISTMAS: &[&str] = &["christmas", "xmas"];
/// Marks and words between the ends of a range.
const RANGES: &[&str] = &[" – ", " — ", "–", "—", " - ", " to ", " until ", " through ", "/", "-"];
/// Maximum length in bytes of a text that is read as a date.
const MAX_LENGTH: usize = 80;

/// The only date in a text; for a range of dates, its start.
#[must_use]
pub fn find(text: &str) -> Option<Found> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let text = bare(text).to_lowercase();
    let text = text.trim();
    let text = text.strip_suffix('?').unwrap_or(text);
    single(text).or_else(|| range(text))
}

fn exact(date: String) -> Found {
    Found { date, is_inexact: false }
}

/// `1960年6月16日` and `1960년 6월 16일`.
fn cjk_date(text: &str) -> Option<String> {
    if !text.contains(['年', '년']) {
        return None;
    }
    let spaced = text.replace(['年', '月', '년', '월'], " ").replace(['日', '일'], "");
    let parts: Vec<&str> = spaced.split_whitespace().collect();
    digits(&parts.join("-"))
}

fn single(text: &str) -> Option<Found> {
    let text = text.strip_suffix(':').unwrap_or(text);
    cjk_date(text)
        .or_else(|| digits(text))
        .map(exact)
        .or_else(|| decade(text))
        .or_else(|| words(text))
}

/// The start of a range, which may lack the year: `March – May 1928`.
fn range(text: &str) -> Option<Found> {
    RANGES.iter().find_map(|mark| {
        let (first, last) = text.split_once(mark)?;
        let (first, last) = (first.trim(), last.trim());
        let last_date = single(last).map(|found| found.date);
        // "2023-13" is not a range; "1930/31" is one.
        let is_short_year = *mark != "-"
            && last.len() == 2
            && last.bytes().all(|byte| byte.is_ascii_digit())
            && first.get(2..4).is_some_and(|start| start < last);
        let is_open = ["present", "now", "today"].contains(&last);
        if last_date.is_none() && !is_short_year && !is_open {
            return None;
        }
        let date = single(first).map(|found| found.date).filter(|date| date.len() >= 4);
        let date = date.or_else(|| {
            let year = last_date.as_ref()?.get(..4)?;
            single(&format!("{first} {year}")).map(|found| found.date)
        })?;
        Some(Found { date, is_inexact: true })
    })
}

/// `1950s`.
fn decade(text: &str) -> Option<Found> {
    let text = ABOUT
        .iter()
        .find_map(|word| text.strip_prefix(word)?.trim_start_matches('.').strip_prefix(' '))
        .unwrap_or(text);
    let mut words = text.split([' ', '-']).filter(|word| !word.is_empty());
    let last = words.next_back()?;
    let year = last.strip_suffix('s').map(|year| year.trim_end_matches(['\'', '’']))?;
    let is_decade = is_year(year) && year.ends_with('0');
    (is_decade && words.all(|word| YEAR_PARTS.contains(&word) || CONNECTORS.contains(&word)))
        .then(|| Found { date: year.to_owned(), is_inexact: true })
}

fn is_year(text: &str) -> bool {
    text.len() == 4
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && ("1800".."2200").contains(&text)
}

fn format_date(year: &str, month: u32, day: Option<u32>) -> Option<String> {
    let date = match day {
        Some(day) => format!("{year}-{month:02}-{day:02}"),
        None => format!("{year}-{month:02}"),
    };
    is_partial_date(&date).then_some(date)
}

/// Dates without words: `1999/10/15`, `1999-10-00`, `15.10.1999`, `25/12/2019`, `19991015`.
fn digits(text: &str) -> Option<String> {
    let text = day_of_time(text).unwrap_or(text);
    let text = text.strip_prefix('+').unwrap_or(text);
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let date = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
        return is_date(&date).then_some(date);
    }
    let mark = text.chars().find(|c| !c.is_ascii_digit());
    let Some(mark) = mark else { return is_year(text).then(|| text.to_owned()) };
    if !matches!(mark, '-' | '/' | '.') {
        return None;
    }
    let parts: Vec<&str> = text.split(mark).map(str::trim).collect();
    let number = |part: &str| {
        ((1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    match parts[..] {
        [year, month, day] if is_year(year) => match (number(month)?, number(day)?) {
            (0, 0) => Some(year.to_owned()),
            (month, 0) => format_date(year, month, None),
            (month, day) => format_date(year, month, Some(day)),
        },
        [year, month] if is_year(year) => match number(month)? {
            0 => Some(year.to_owned()),
            month => format_date(year, month, None),
        },
        [month, year] if is_year(year) => format_date(year, number(month)?, None),
        [first, second, year] if is_year(year) => {
            let (first, second) = (number(first)?, number(second)?);
            match mark {
                // With points, the day precedes the month.
                '.' => format_date(year, second, Some(first)),
                _ if first > 12 || first == second => format_date(year, second, Some(first)),
                _ if second > 12 => format_date(year, first, Some(second)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The date part of a date with a time.
fn day_of_time(text: &str) -> Option<&str> {
    let (day, time) = text.split_once(['t', 'T', ' '])?;
    (time.contains(':') && is_time(time)).then_some(day)
}

/// Whether a text consists of the characters of a time with an offset and begins with a digit.
pub fn is_time(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | 'z' | 'Z' | ' '))
}

/// Dates with a month in words, in any order, and years with a word for a part of them.
fn words(text: &str) -> Option<Found> {
    let mut found_month = None;
    let (mut year, mut day) = (None, None);
    let (mut is_inexact, mut has_part, mut has_month_word) = (false, false, false);
    for word in text.split(|c: char| c.is_whitespace() || c == ',') {
        let word = word.trim_matches(['.', '(', ')']);
        let word = word.strip_prefix('~').inspect(|_| is_inexact = true).unwrap_or(word);
        let word = word.strip_prefix("mid-").inspect(|_| has_part = true).unwrap_or(word);
        if word.is_empty() || is_weekday(word) || CONNECTORS.contains(&word) {
            continue;
        }
        if ABOUT.contains(&word) {
            is_inexact = true;
        } else if YEAR_PARTS.contains(&word) {
            has_part = true;
        } else if CHRISTMAS.contains(&word) && found_month.is_none() {
            found_month = Some(12);
            is_inexact = true;
        } else if let Some(number) = month(word) {
            if found_month.replace(number).is_some() {
                return None;
            }
            has_month_word = true;
        } else if is_year(word) {
            if year.replace(word).is_some() {
                return None;
            }
        } else if let Some(number) = day_number(word) {
            if day.replace(number).is_some() {
                return None;
            }
        } else if let Some(date) = digits(word).filter(|date| date.len() > 4)
            && text.split_whitespace().count() <= 2
        {
            return Some(Found { date, is_inexact: true });
        } else {
            return None;
        }
    }
    let year = year?;
    let date = match (found_month, day) {
        (Some(month), Some(day)) if has_month_word && !has_part => {
            format_date(year, month, Some(day))?
        }
        (_, Some(_)) => return None,
        (Some(month), None) => format_date(year, month, None)?,
        (None, None) => year.to_owned(),
    };
    Some(Found { date, is_inexact: is_inexact || has_part })
}

/// `15`, `15th`, `1er` and `1º`.
fn day_number(word: &str) -> Option<u32> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let is_ordinal = ["", "st", "nd", "rd", "th", "er", "º", "°", "."].contains(&&word[end..]);
    let number = word[..end].parse().ok().filter(|day| (1..=31).contains(day))?;
    is_ordinal.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unambiguous_dates_are_read() {
        for (text, date) in [
            ("15 Oct 1999", "1999-10-15"),
            ("October 15, 1999", "1999-10-15"),
            ("Oct. 15th, 1999", "1999-10-15"),
            ("28th July 2008", "2008-07-28"),
            ("the 3rd of May, 2001", "2001-05-03"),
            ("Friday, 15 October 1999", "1999-10-15"),
            ("1999 October 15", "1999-10-15"),
            ("July 21, 2023 (United States)", "2023-07-21"),
            ("15. Oktober 1999", "1999-10-15"),
            ("1er mars 1999", "1999-03-01"),
            ("15 de octubre de 1999", "1999-10-15"),
            ("1999/10/15", "1999-10-15"),
            ("1999.10.15", "1999-10-15"),
            ("1999-5-1", "1999-05-01"),
            ("19991015", "1999-10-15"),
            ("1960年6月16日", "1960-06-16"),
            ("1960년 6월 16일", "1960-06-16"),
            ("16 июня 1960", "1960-06-16"),
            ("08.09.2004", "2004-09-08"),
            ("25/12/2019", "2019-12-25"),
            ("12/25/2019", "2019-12-25"),
            ("05/05/2005", "2005-05-05"),
            ("+1999-10-15T00:00:00Z", "1999-10-15"),
            ("1999-10-15 20:15", "1999-10-15"),
            ("1954-04-26【1†source】", "1954-04-26"),
        ] {
            assert_eq!(find(text), Some(exact(date.to_owned())), "{text}");
        }
    }

    #[test]
    fn partial_dates_keep_their_known_parts() {
        for (text, date) in [
            ("1999-10-00", "1999-10"),
            ("1999-00-00", "1999"),
            ("December 2009", "2009-12"),
            ("Dec. 2009", "2009-12"),
            ("10/1999", "1999-10"),
            ("1999", "1999"),
        ] {
            assert_eq!(find(text), Some(exact(date.to_owned())), "{text}");
        }
    }

    #[test]
    fn inexact_dates_keep_the_certain_part_and_ranges_the_start() {
        for (text, date) in [
            ("Late 2008", "2008"),
            ("mid-2008", "2008"),
            ("Summer of 2008", "2008"),
            ("Q3 2008", "2008"),
            ("Christmas 2009", "2009-12"),
            ("early March 2008", "2008-03"),
            ("c. 1929-12", "1929-12"),
            ("ca. 1929", "1929"),
            ("~1929", "1929"),
            ("around 1929", "1929"),
            ("1950s", "1950"),
            ("the early 1950s", "1950"),
            ("1895–1904", "1895"),
            ("1895-1904", "1895"),
            ("1930/31", "1930"),
            ("1928-10-17/1928-11-23", "1928-10-17"),
            ("1928-10-17 to 1928-11-23", "1928-10-17"),
            ("March – May 1928", "1928-03"),
            ("October 17 – November 23, 1928", "1928-10-17"),
            ("2019–present", "2019"),
        ] {
            let found = Found { date: date.to_owned(), is_inexact: true };
            assert_eq!(find(text), Some(found), "{text}");
        }
    }

    #[test]
    fn ambiguous_and_invalid_dates_are_not_read() {
        for text in [
            "",
            "03/04/1999",
            "2023-13",
            "1/2/3",
            "15",
            "October 15",
            "October",
            "31 February 1999",
            "before 1950",
            "1999 or 2000",
            "99",
            "15 Oct 99",
            "soon",
            "44 BC",
            "0001-01-01",
            "October 15 November 1999",
            "late 15 October 1999",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
