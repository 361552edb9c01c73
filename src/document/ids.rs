//! Ids: a movie's, given by the catalogue; an item's, made here.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::categories::Category;

/// Where made-up ids come from; injected, so that tests can fix them.
pub trait IdSource: Send + Sync {
    /// 64 bits that were not handed out before.
    fn next(&self) -> u64;
}

/// A movie's external id, the same in every interface: 1 to 64 characters of `A-Z a-z 0-9 . _ -`,
/// beginning with a letter or digit, never holding `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MovieId(String);

impl MovieId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a movie id may be, as ECMA-262.
pub const MOVIE_ID_PATTERN: &str = "^(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

/// The text is no movie id.
#[derive(Debug, thiserror::Error)]
#[error(
    "found {found:?}; a movie id is 1 to 64 characters of A-Z a-z 0-9 . _ -, begins with a letter or digit, and never holds \"..\""
)]
pub struct InvalidMovieId {
    found: String,
}

impl FromStr for MovieId {
    type Err = InvalidMovieId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let valid = (1..=64).contains(&text.len())
            && text.as_bytes()[0].is_ascii_alphanumeric()
            && text.bytes().all(allowed)
            && !text.contains("..");
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidMovieId { found: text.chars().take(80).collect() })
        }
    }
}

impl fmt::Display for MovieId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Crockford's base 32, lower case: no letter is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_LENGTH: usize = 12;
const CHECK_LENGTH: usize = 4;

fn base32(mut bits: u64, length: usize) -> String {
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        text.push(char::from(ALPHABET[(bits & 31) as usize]));
        bits >>= 5;
    }
    text
}

fn check(random_part: &str, movie: &MovieId, category: Category) -> String {
    let mut hash = Sha256::new();
    hash.update(movie.as_str());
    hash.update([0]);
    hash.update(category.as_str());
    hash.update([0]);
    hash.update(random_part);
    let hash = hash.finalize();
    base32(u64::from(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])), CHECK_LENGTH)
}

/// Makes an item's id. Its last characters check that it was made for this movie and category, so
/// that an id copied from another movie's file, or thought up, is never taken for one of its own.
#[must_use]
pub fn item_id(random: u64, movie: &MovieId, category: Category) -> String {
    let mut id = base32(random, RANDOM_LENGTH);
    let check = check(&id, movie, category);
    id.push_str(&check);
    id
}

/// Whether `id` was made by [`item_id`] for this movie and category, here or on another server.
#[must_use]
pub fn is_item_id_of(id: &str, movie: &MovieId, category: Category) -> bool {
    id.len() == RANDOM_LENGTH + CHECK_LENGTH
        && id.bytes().all(|byte| ALPHABET.contains(&byte))
        && check(&id[..RANDOM_LENGTH], movie, category) == id[RANDOM_LENGTH..]
}

/// Makes an id that sorts by the time it was made at, in microseconds since 1970.
#[must_use]
pub fn timed_id(microseconds: i64, random: u64) -> String {
    let time = u64::try_from(microseconds).unwrap_or_default();
    // 55 bits, most significant first, last until the year 3111.
    let digits =
        (0..11).rev().map(|digit| char::from(ALPHABET[((time >> (5 * digit)) & 31) as usize]));
    digits.collect::<String>() + &base32(random, 6)
}

/// Whether an id is one that was made here for an entity of that kind, as [`entity_id`] makes them.
#[must_use]
pub fn is_entity_id(id: &str, kind: &str) -> bool {
    let random = id.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    random.is_some_and(|random| {
        random.len() == RANDOM_LENGTH && random.bytes().all(|byte| ALPHABET.contains(&byte))
    })
}

/// Makes an entity's id, `person-4qx…`.
#[must_use]
pub fn entity_id(random: u64, kind: &str) -> String {
    format!("{kind}-{}", base32(random, RANDOM_LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movie_ids_are_safe_in_a_path() {
        let long = "a".repeat(64);
        for good in ["tmdb-550", "1", "a.b_c-d", long.as_str()] {
            assert!(good.parse::<MovieId>().is_ok(), "{good}");
        }
        let too_long = "a".repeat(65);
        for bad in ["", ".a", "-a", "a..b", "../x", "a/b", "a b", "é", "a\0", too_long.as_str()] {
            assert!(bad.parse::<MovieId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_item_id_belongs_to_its_movie_and_category_alone() {
        let (one, other) = ("tmdb-550".parse().unwrap(), "tmdb-551".parse().unwrap());
        let id = item_id(0x1234_5678_9abc_def0, &one, Category::Trivia);
        assert!(is_item_id_of(&id, &one, Category::Trivia));
        assert!(!is_item_id_of(&id, &other, Category::Trivia));
        assert!(!is_item_id_of(&id, &one, Category::Timeline));
        assert!(!is_item_id_of("évt-1", &one, Category::Trivia));
    }
}
