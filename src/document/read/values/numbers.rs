//! Reads numbers with grouped digits, in the notations of several countries.

/// Marks that group digits and never begin a fraction.
const GROUPING: [char; 7] = [' ', '\u{A0}', '\u{202F}', '\u{2009}', '\'', '’', '_'];

/// The number in plain digits: `1,299.00` → `1299.00`, `92.180.910` → `92180910`, `3,99` → `3.99`,
/// `63 000 000` → `63000000`, `1,49,000` → `149000`. `None` if the text is not a number, or its
/// digits are grouped in an unknown way.
#[must_use]
pub fn plain_number(text: &str) -> Option<String> {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || GROUPING.contains(&c);
    if !text.starts_with(|c: char| c.is_ascii_digit())
        || !text.ends_with(|c: char| c.is_ascii_digit())
        || !text.chars().all(is_part)
    {
        return None;
    }
    let count = |mark: char| text.matches(mark).count();
    let (points, commas) = (count('.'), count(','));
    let fraction_mark = match (points, commas) {
        (1, 0) => Some('.'),
        (0, 1) => text.rsplit(',').next().filter(|rest| rest.len() != 3).map(|_| ','),
        (_, 0) | (0, _) => None,
        (_, _) => {
            let last = if text.rfind('.') > text.rfind(',') { '.' } else { ',' };
            (count(last) == 1).then_some(last)
        }
    };
    if points > 0 && commas > 0 && fraction_mark.is_none() {
        return None;
    }
    let (whole, fraction) = match fraction_mark.and_then(|mark| text.rsplit_once(mark)) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let whole = without_groups(whole)?;
    match fraction {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("{whole}.{digits}"))
        }
        Some(_) => None,
        None => Some(whole),
    }
}

/// Removes the marks between groups of digits: groups of three, or Indian grouping.
fn without_groups(text: &str) -> Option<String> {
    let mut marks = text.chars().filter(|c| !c.is_ascii_digit());
    let Some(mark) = marks.next() else { return Some(text.to_owned()) };
    let is_space = |c: char| c != ',' && c != '.' && c != '\'' && c != '’' && c != '_';
    if !marks.all(|other| other == mark || (is_space(other) && is_space(mark))) {
        return None;
    }
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let (last, before) = groups.split_last()?;
    let (first, middle) = before.split_first()?;
    let all = |length: usize| middle.iter().all(|group| group.len() == length);
    let is_grouped = last.len() == 3
        && ((all(3) && (1..=3).contains(&first.len()))
            || (mark == ',' && all(2) && (1..=2).contains(&first.len())));
    is_grouped.then(|| groups.concat())
}

/// Whether a point in `text` may also group digits: `63.000`.
#[must_use]
pub fn has_two_readings(text: &str) -> bool {
    let mut parts = text.trim().split('.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    fraction.is_some_and(|fraction| fraction.len() == 3)
        && parts.next().is_none()
        && (1..=3).contains(&whole.len())
        && whole != "0"
        && !whole.contains(',')
}

/// The text before the digits, the digits, and the text after them.
#[must_use]
pub fn around_digits(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = text.split_at(start);
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || GROUPING.contains(&c);
    let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
    let digits = rest[..end].trim_end_matches(|c: char| !c.is_ascii_digit());
    Some((before.trim(), digits, rest[digits.len()..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_digits_are_one_number() {
        for (text, expected) in [
            ("139", Some("139")),
            ("1,299", Some("1299")),
            ("1,299.00", Some("1299.00")),
            ("1.299,00", Some("1299.00")),
            ("63,000,000", Some("63000000")),
            ("92.180.910", Some("92180910")),
            ("63 000 000", Some("63000000")),
            ("63\u{202F}000\u{A0}000", Some("63000000")),
            ("63'000'000", Some("63000000")),
            ("1,49,000", Some("149000")),
            ("3,99", Some("3.99")),
            ("13,5", Some("13.5")),
            ("8.3", Some("8.3")),
            ("1 2", None),
            ("1,2,3", None),
            ("1.2.3", None),
            ("1,299 000", None),
            ("1,29.00,00", None),
            ("", None),
            (",5", None),
            ("5.", None),
            ("1e5", None),
        ] {
            assert_eq!(plain_number(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_point_before_three_digits_has_two_readings() {
        assert!(has_two_readings("63.000"));
        for text in ["63.00", "0.125", "1.299.000", "1234.567", "63000"] {
            assert!(!has_two_readings(text), "{text}");
        }
    }

    #[test]
    fn digits_are_separated_from_the_text_around_them() {
        assert_eq!(around_digits("US$63,000,000."), Some(("US$", "63,000,000", ".")));
        assert_eq!(around_digits("63 000 000 dollars"), Some(("", "63 000 000", "dollars")));
        assert_eq!(around_digits("none"), None);
    }
}
