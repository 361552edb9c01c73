//! Bare numbers as ids: the row of a list, or the id in another database.

use unicode_normalization::UnicodeNormalization;

/// The maximum number of digits of an id in another database.
const MAX_DIGITS: usize = 20;
/// The minimum number of digits of an IMDb id; shorter numbers are padded with zeros.
const IMDB_DIGITS: usize = 7;

/// The databases in which ids are numbers.
pub const NUMBERED_SOURCES: [&str; 7] =
    ["tmdb", "imdb", "tvdb", "tvmaze", "trakt", "letterboxd", "kinopoisk"];

/// The digits, without leading zeros, of an id that is a bare number: `287`, `#287`, `287.0`,
/// `0287`.
#[must_use]
pub fn bare_number(id: &str) -> Option<String> {
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let text: String = id.trim().nfkc().take(MAX_DIGITS + 4).collect();
    let digits = text.strip_prefix(['#', '+']).unwrap_or(&text);
    let digits = digits.strip_suffix(".0").or_else(|| digits.strip_suffix('.')).unwrap_or(digits);
    let is_number = (1..=MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| digits.trim_start_matches('0')).filter(|left| !left.is_empty());
    number.map(str::to_owned)
}

/// The values under which another database may have an id: for a bare number, the number itself and
/// the `IMDb` person with that number; for an `IMDb` id, the id itself.
#[must_use]
pub fn external_values(id: &str) -> Vec<String> {
    if let Some(number) = bare_number(id) {
        let padded = format!("{number:0>IMDB_DIGITS$}");
        return vec![format!("nm{padded}"), padded, number];
    }
    let is_imdb = id.strip_prefix("nm").is_some_and(|digits| {
        (IMDB_DIGITS..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_imdb { vec![id.to_owned()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_read_in_its_spellings() {
        for id in ["287", "#287", "287.0", "0287", "287.", "+287", "２８７", " 287 "] {
            assert_eq!(bare_number(id).as_deref(), Some("287"), "{id}");
        }
        for id in ["", "p-1", "tmdb-person-287", "1e3", "2.5", "nm0000093", "28 7", "-1", "0"] {
            assert_eq!(bare_number(id), None, "{id}");
        }
    }

    #[test]
    fn a_number_is_looked_up_as_each_database_writes_it() {
        assert_eq!(external_values("287"), ["nm0000287", "0000287", "287"]);
        assert_eq!(external_values("nm0000093"), ["nm0000093"]);
        assert!(external_values("tmdb-person-287").is_empty());
    }
}
