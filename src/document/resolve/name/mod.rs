//! Parses names. How two names relate is in [`relation`].
//!
//! One name is written in many ways: with other case, accents and spacing; `Jr.` and `Junior`;
//! `Pitt, Brad`; `J.J.` and `J. J.`; in another script; with initials for given names; with or
//! without a middle name.

mod relation;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use super::parts::{
    Part, Suffix, is_decoration, is_han, is_unassigned, natural_order, parts_of, surname_last,
    without_edition,
};
use super::phonetics::{coarse_metaphone, consonant_skeleton, metaphone};
use crate::document::schema::entities::EntityKind;
use crate::document::text::folding::{is_ignorable, straight};
use crate::document::text::normalisation::composed;
use crate::document::text::{comparable, index_key};
pub use relation::Relation;

/// A parsed name. Its parts are lower-case ASCII letters and digits. Chinese characters are kept,
/// because many names have the same reading.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name in the form of [`comparable`].
    comparable: String,
    /// The parts in natural order. Adjacent initials are one part.
    parts: Vec<Part>,
    suffix: Option<Suffix>,
    /// Whether the name has enough letters to be compared by its parts. Otherwise only
    /// [`comparable`] counts: for a name of symbols, or with characters of no known script.
    has_letters: bool,
    /// Whether the name has symbols or characters of no known script, which few names have.
    has_symbols: bool,
    /// Whether the name is not in Latin letters.
    is_other_script: bool,
    /// The romanised reading of a name with Chinese characters: both 李明 and 黎明 read `liming`.
    reading: Option<String>,
    /// The letters of all parts.
    letters: String,
    /// All parts in alphabetical order, separated by spaces.
    sorted: String,
    /// The sound of the name; computed on first use.
    sounds: OnceLock<Sounds>,
}

/// The sound of a name.
#[derive(Debug, Clone)]
struct Sounds {
    /// The consonant skeletons of all parts.
    skeleton: String,
    /// The Metaphone codes of all parts.
    metaphone: String,
}

/// The number of letters of the surname in a misspelling key: with a given name they select few
/// people.
const KEY_LETTERS: usize = 2;
/// Too many names share a sound of fewer consonants.
const MIN_SOUND_LENGTH: usize = 4;
/// The maximum length in characters and in words of a name that is split into parts. Longer names
/// are compared as a whole.
const MAX_NAME_LENGTH: usize = 200;
const MAX_PARTS: usize = 32;
/// The maximum number of letters after transliteration, which may lengthen a name.
const MAX_LETTERS: usize = 400;

impl Name {
    /// Parses a name.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::in_order(text, natural_order)
    }

    fn in_order(given: &str, order: impl Fn(&str) -> String) -> Self {
        // Full-width letters and typographic quotation marks are equal to plain ones: Ｍａｒｉｅ,
        // “Chip”.
        let typed: String = given.chars().filter(|c| !is_ignorable(*c)).map(straight).collect();
        let text: String = composed(&typed).chars().map(straight).collect();
        if text.chars().nth(MAX_NAME_LENGTH).is_some() {
            return Self::whole(given);
        }
        // Decorations are not part of a name.
        let undecorated: String = text.chars().filter(|c| !is_decoration(*c)).collect();
        let is_opaque = undecorated.chars().any(is_unassigned);
        let has_symbols = is_opaque || undecorated.len() < text.len();
        let text = if undecorated.contains(char::is_alphabetic) { undecorated } else { text };
        let (mut parts, suffix) = parts_of(&order(&text));
        if parts.is_empty() {
            // A name of symbols alone is still a name.
            parts.push(Part { text: text.to_lowercase(), is_initials: false });
        }
        let letters: String = parts.iter().map(|part| part.text.as_str()).collect();
        if parts.len() > MAX_PARTS || letters.len() > MAX_LETTERS {
            return Self::whole(given);
        }
        // A single letter counts as one, whatever its transliteration: ǅ.
        let has_letters =
            given.chars().filter(|c| c.is_alphabetic()).nth(1).is_some() && !is_opaque;
        let is_latin = |c: char| {
            c.is_ascii() || matches!(c, '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}')
        };
        let is_other_script = text.chars().any(|c| c.is_alphabetic() && !is_latin(c));
        let reading = text.chars().any(is_han).then(|| {
            let read = any_ascii::any_ascii(&text).to_ascii_lowercase();
            read.chars().filter(char::is_ascii_alphanumeric).collect()
        });
        let sorted = sorted(&parts);
        Self {
            comparable: comparable(given),
            parts,
            suffix,
            has_letters,
            has_symbols,
            is_other_script,
            reading,
            letters,
            sorted,
            sounds: OnceLock::new(),
        }
    }

    /// A name that is too long to be split: it equals another name or is unlike it.
    fn whole(text: &str) -> Self {
        let key = index_key(text);
        Self {
            comparable: comparable(text),
            parts: vec![Part { text: key.clone(), is_initials: false }],
            suffix: None,
            has_letters: false,
            has_symbols: false,
            is_other_script: false,
            reading: None,
            letters: key.clone(),
            sorted: key,
            sounds: OnceLock::new(),
        }
    }

    /// Parses the name of an entity of a kind. The name of a ceremony is read without its edition:
    /// "The 83rd Annual Academy Awards", "Academy Awards (2011)". For a person, a surname in
    /// capitals is moved to the end: "PITT Brad", but not "HBO Max".
    #[must_use]
    pub fn of_kind(kind: EntityKind, text: &str) -> Self {
        match kind {
            EntityKind::Ceremony => Self::of(&without_edition(text)),
            EntityKind::Person => Self::in_order(text, |text| surname_last(&natural_order(text))),
            _ => Self::of(text),
        }
    }

    /// The words of the name, without initials.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter(|part| !part.is_initials).map(|part| part.text.as_str())
    }

    /// Whether the name is a single word, or initials alone.
    #[must_use]
    pub fn is_one_word(&self) -> bool {
        self.parts.len() == 1 || self.words().next().is_none()
    }

    /// The number of initials.
    #[must_use]
    pub fn initials(&self) -> usize {
        self.parts.iter().filter(|part| part.is_initials).map(|part| part.text.len()).sum()
    }

    /// Whether the first given name is an initial.
    #[must_use]
    pub fn is_abbreviated(&self) -> bool {
        self.parts.len() > 1 && self.parts[0].is_initials
    }

    /// Whether the name has symbols or characters of no known script.
    #[must_use]
    pub const fn has_symbols(&self) -> bool {
        self.has_symbols
    }

    /// The normalised name, which is equal for names that differ in case, accents, punctuation or
    /// script only.
    #[must_use]
    pub fn normalised(&self) -> String {
        if !self.has_letters {
            return self.comparable.clone();
        }
        match self.suffix {
            Some(suffix) => format!("{} {suffix:?}", self.letters),
            None => self.letters.clone(),
        }
    }

    /// All parts in alphabetical order, separated by spaces.
    #[must_use]
    pub(super) fn sorted(&self) -> &str {
        &self.sorted
    }

    /// The first and the last part in alphabetical order, separated by a space.
    #[must_use]
    pub(super) fn ends(&self) -> String {
        let (first, last) = (&self.first().text, &self.last().text);
        if self.parts.len() == 1 || first <= last {
            format!("{first} {last}")
        } else {
            format!("{last} {first}")
        }
    }

    /// The first and the last part.
    pub(super) fn outer_words(&self) -> impl Iterator<Item = &str> {
        [self.first(), self.last()].into_iter().map(|part| part.text.as_str())
    }

    /// The surname with the first letter of the given name.
    #[must_use]
    pub(super) fn abbreviated(&self) -> String {
        format!("{} {}", self.last().text, self.first().text.chars().next().unwrap_or_default())
    }

    /// The consonant skeletons of the first and the last part, in alphabetical order.
    #[must_use]
    pub(super) fn skeleton(&self) -> String {
        let (first, last) =
            (consonant_skeleton(&self.first().text), consonant_skeleton(&self.last().text));
        if first <= last { format!("{first} {last}") } else { format!("{last} {first}") }
    }

    fn sounds(&self) -> &Sounds {
        self.sounds.get_or_init(|| Sounds {
            skeleton: self.parts.iter().map(|part| consonant_skeleton(&part.text)).collect(),
            metaphone: metaphone(self.parts.iter().map(|part| part.text.as_str())),
        })
    }

    /// The coarse sound of the name, which is similar in all scripts. `None` if it is too short to
    /// be specific, or is in Chinese characters.
    #[must_use]
    pub(super) fn rough_sound(&self) -> Option<String> {
        let is_comparable = self.has_letters && self.reading.is_none();
        is_comparable
            .then(|| coarse_metaphone(&self.sounds().metaphone))
            .filter(|sound| sound.len() >= MIN_SOUND_LENGTH)
    }

    /// Whether the name is not in Latin letters.
    #[must_use]
    pub const fn is_other_script(&self) -> bool {
        self.is_other_script
    }

    /// Whether [`for_second_lookup`](super::blocking_keys::for_second_lookup) may find more
    /// candidates: names with a misspelled word, or in another script.
    #[must_use]
    pub fn has_second_lookup(&self) -> bool {
        self.has_letters && !self.is_abbreviated() && (self.is_other_script || !self.is_one_word())
    }

    /// What a name has in common with names in which one word is misspelled: the other word, and
    /// the start or end of this one. Each with its kind.
    pub(super) fn misspelling_keys(&self) -> Vec<(&'static str, String)> {
        let (given, family) = (&self.first().text, &self.last().text);
        let begins = family.get(..KEY_LETTERS);
        let ends = family.len().checked_sub(KEY_LETTERS).and_then(|end| family.get(end..));
        let mut shared = vec![("first letter", self.abbreviated())];
        if self.parts.len() > 1 && !self.is_abbreviated() {
            shared.extend(begins.map(|begins| ("start", format!("{given} {begins}"))));
            shared.extend(ends.map(|ends| ("end of family name", format!("{given} {ends}"))));
            shared.extend(
                given.chars().last().map(|last| ("end of given name", format!("{family} {last}"))),
            );
        }
        shared
    }

    /// The romanised reading of a name in Chinese characters.
    pub(super) fn reading(&self) -> Option<&str> {
        self.reading.as_deref()
    }

    fn first(&self) -> &Part {
        &self.parts[0]
    }

    fn last(&self) -> &Part {
        &self.parts[self.parts.len() - 1]
    }

    pub(super) fn letters(&self) -> &str {
        &self.letters
    }
}

/// All parts in alphabetical order, separated by spaces.
fn sorted(parts: &[Part]) -> String {
    let mut parts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    parts.sort_unstable();
    parts.join(" ")
}
