//! Comparison forms of text, hashes, and detection of placeholder texts. Stored text itself is
//! never changed by this module.

pub mod folding;
pub mod grams;
pub(super) mod normalisation;
pub mod suggest;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::text::folding::{fold, is_ignorable};

/// The form in which texts are compared for equality: [`fold`]ed.
#[must_use]
pub fn comparable(text: &str) -> String {
    fold(text)
}

/// Quotes a text for a message, as a JSON string. Rust's `{:?}` would escape the combining vowel
/// signs of Indic scripts.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Maximum length of an indexed key, in bytes. `PostgreSQL` refuses index rows above 2,704 bytes.
const MAX_KEY: usize = 600;

/// The [`comparable`] form of a text, short enough for a database index: a very long text becomes
/// its start and a hash of the whole.
#[must_use]
pub fn index_key(text: &str) -> String {
    let mut key = comparable(text);
    if key.len() > MAX_KEY {
        let hash = Sha256::digest(&key);
        let mut end = MAX_KEY - 20;
        while !key.is_char_boundary(end) {
            end -= 1;
        }
        key.truncate(end);
        let _ =
            write!(key, "…{:016x}", u64::from_be_bytes(hash[..8].try_into().unwrap_or_default()));
    }
    key
}

/// The SHA-256 hash of `bytes`, in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Encodes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a text is empty, blank or "N/A", which templates and language models write for no value.
#[must_use]
pub fn is_blank_or_na(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c));
    text.is_empty() || text.eq_ignore_ascii_case("n/a")
}

/// The first words of texts in brackets that mark content as left out.
const ELISION_STARTS: [&str; 9] = [
    "rest",
    "remaining",
    "remainder",
    "unchanged",
    "omitted",
    "truncated",
    "same as",
    "as before",
    "existing",
];

/// Whether a text marks content as left out, as language models do: `"..."`, `"[…]"`,
/// `"... (12 more)"`, `"[rest unchanged]"`, `"etc."`.
#[must_use]
pub fn is_elision(text: &str) -> bool {
    let text = text.trim();
    let bracketed =
        text.strip_prefix(['[', '(', '<']).and_then(|text| text.strip_suffix([']', ')', '>']));
    let inner = bracketed.unwrap_or(text).trim();
    if !inner.starts_with("...") && !inner.starts_with('…') {
        if inner.len() > 80 {
            return false;
        }
        let words = inner.trim_end_matches(['.', '…']).to_lowercase();
        let words = words.strip_prefix("the ").unwrap_or(&words);
        return ["etc", "et cetera", "and so on"].contains(&words)
            || (bracketed.is_some()
                && ELISION_STARTS.iter().any(|start| words.starts_with(start)));
    }
    let rest = inner.trim_start_matches(['.', '…']).trim();
    rest.is_empty()
        || bracketed.is_some()
        || (rest.starts_with(['(', '[']) && rest.ends_with([')', ']']))
}

/// The first words of texts in a list that stand for items that were left out.
const LIST_ELISION_STARTS: &[&str] = &[
    "remaining ",
    "rest ",
    "the rest ",
    "other items",
    "other entries",
    "all other ",
    "all others",
    "others ",
    "existing ",
    "keep ",
    "same ",
    "see above",
    "unchanged",
    "no change",
    "as above",
    "as before",
];

/// Words of which such a text must contain one.
const LIST_ELISION_WORDS: &[&str] = &[
    "unchanged",
    "omitted",
    "as above",
    "as before",
    "see above",
    "same as",
    "same above",
    "existing",
    "as they are",
    "as is",
    "the same",
    "not shown",
    "truncated",
    "for brevity",
    "no change",
];

/// Whether a text in a list stands for items that were left out: "Remaining items omitted for
/// brevity.", "and 4 more items", "… and others", "<!-- rest -->".
#[must_use]
pub fn is_elision_in_list(text: &str) -> bool {
    let text = text.trim();
    if is_elision(text) {
        return true;
    }
    if text.len() > 80 {
        return false;
    }
    let comment = text.strip_prefix("<!--").and_then(|text| text.strip_suffix("-->"));
    let marks = |c: char| c.is_whitespace() || matches!(c, '.' | '…' | '(' | ')' | '[' | ']' | '+');
    let words = comment.unwrap_or(text).trim_matches(marks).to_lowercase();
    let begins = LIST_ELISION_STARTS.iter().any(|start| words.starts_with(start.trim_end()));
    if comment.is_some() && begins {
        return true;
    }
    let counts =
        words.strip_prefix("and ").or_else(|| words.strip_prefix("plus ")).unwrap_or(&words);
    let after_number = counts.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let is_counted = after_number.len() < counts.len()
        && ["more", "others", "other items", "additional"].iter().any(|word| {
            after_number.strip_prefix(word).is_some_and(|rest| rest.split_whitespace().count() <= 2)
        });
    let is_rest =
        ["and others", "and more", "and many more", "and so on"].contains(&words.as_str());
    is_counted || is_rest || (begins && LIST_ELISION_WORDS.iter().any(|word| words.contains(word)))
}

/// The letters and digits of a key in lower case. They are equal for `release_date`, `releaseDate`
/// and `Release Date`.
#[must_use]
pub fn key_letters(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Converts a key to `snake_case`: `releaseDate` becomes `release_date`.
#[must_use]
pub fn snake_case(key: &str) -> String {
    let mut result = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            if !result.is_empty() {
                result.push('_');
            }
            result.push(c.to_ascii_lowercase());
        } else if c == '-' || c == ' ' {
            result.push('_');
        } else {
            result.push(c);
        }
    }
    result
}

/// Converts a key to `camelCase`: `release_date` becomes `releaseDate`.
#[must_use]
pub fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let start = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &start.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_key_never_exceeds_the_maximum_length() {
        let long = "\u{FDFA}".repeat(500);
        assert!(index_key(&long).len() <= MAX_KEY);
        assert_ne!(index_key(&long), index_key(&format!("{long}x")));
        assert_eq!(index_key("Amélie"), "amelie");
    }

    #[test]
    fn a_text_grows_at_most_sixfold_when_it_is_normalised() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            for normalised in
                [comparable(&text), crate::document::text::normalisation::composed(&text)]
            {
                assert!(normalised.len() <= 6 * text.len(), "U+{:04X}", u32::from(c));
            }
        }
        assert_ne!(comparable("\u{FDFA}"), comparable("\u{FDFB}"));
        assert_eq!(comparable("\u{FDFA} É\u{FDFA}"), "\u{FDFA} e\u{FDFA}");
    }

    #[test]
    fn elision_marks_are_distinguished_from_text() {
        for mark in [
            "...",
            " … ",
            "[...]",
            "(…)",
            "....",
            "... (12 more)",
            "[... the rest is unchanged]",
            "etc.",
            "Etc",
            "and so on...",
            "[rest unchanged]",
            "(The rest as before.)",
            "<remaining items omitted>",
            "[same as above]",
        ] {
            assert!(is_elision(mark), "{mark}");
        }
        for text in [
            "",
            "..",
            "...and then it rained.",
            "...or not",
            "[...] and then it rained.",
            "Wait...",
            "(uncredited)",
            "The Rest of Us",
            "Unchanged",
            "Etcetera",
            "A (...)",
        ] {
            assert!(!is_elision(text), "{text}");
        }
    }

    #[test]
    fn elision_marks_in_lists_are_distinguished_from_items() {
        for text in [
            "Remaining items omitted for brevity.",
            "and 4 more items",
            "(other items as above)",
            "… and others",
            "keep existing items",
            "<!-- rest -->",
            "Same as before",
            "unchanged",
            "see above",
            "+ 12 more",
        ] {
            assert!(is_elision_in_list(text), "{text}");
        }
        for text in [
            "The script was unchanged.",
            "Other actors were considered.",
            "It took 4 more items than planned to fill the shelf.",
            "Keep Calm was the working title.",
            "Same Time, Next Year was shot next door.",
        ] {
            assert!(!is_elision_in_list(text), "{text}");
        }
    }

    #[test]
    fn a_key_is_recognised_in_every_case() {
        for key in ["releaseDate", "Release Date", "RELEASE_DATE", "release-date", "ReleaseDate"] {
            assert_eq!(key_letters(key), key_letters("release_date"), "{key}");
        }
        assert_ne!(key_letters("date"), key_letters("release_date"));
    }

    #[test]
    fn camel_case_is_read_as_snake_case() {
        assert_eq!(snake_case("mediaUrl"), "media_url");
        assert_eq!(snake_case("release-date"), "release_date");
        assert_eq!(snake_case("title"), "title");
    }
}
