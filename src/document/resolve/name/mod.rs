//! Parses names and compares them.
//!
//! One name is written in many ways: with other case, accents and spacing; `Jr.` and `Junior`;
//! `Pitt, Brad`; `J.J.` and `J. J.`; in another script; with initials for given names; with or
//! without a middle name.

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

/// How two names relate, closest first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    /// Equal except for case, accents and spacing.
    Same,
    /// The same letters in another form: with other punctuation, as "Pitt, Brad", or in another
    /// script.
    SameLetters,
    /// The same parts in another order without a comma: "Wong Kar-wai", but also Campbell Scott and
    /// Scott Campbell.
    OtherOrder,
    /// In another script, with the same consonants; the Jaro similarity of the letters.
    SameSound(f64),
    /// In another script, with similar consonants; the Jaro similarity of the letters.
    SimilarSound(f64),
    /// One name has a middle name more.
    MiddleName,
    /// Only one name has a suffix.
    Suffix,
    /// One name has initials for given names.
    Initials,
    /// Different in few letters; the Jaro-Winkler similarity.
    Near(f64),
}

impl Relation {
    /// Whether the names are the same, in any script.
    #[must_use]
    pub const fn is_same_name(self) -> bool {
        matches!(self, Self::Same | Self::SameLetters)
    }

    /// Whether the names have the same parts, in any order. That is enough for a name that is
    /// already in the list.
    #[must_use]
    pub const fn is_same_name_in_any_order(self) -> bool {
        self.is_same_name() || matches!(self, Self::OtherOrder)
    }
}

/// The minimum Jaro-Winkler similarity of [`Relation::Near`].
const MIN_NEAR_SIMILARITY: f64 = 0.92;
/// The maximum edit distance of [`Relation::Near`].
const MAX_EDITS: usize = 2;
/// The factor on the similarity of names that end in other vowels.
const OTHER_ENDING_FACTOR: f64 = 0.5;
/// The number of letters of the surname in a misspelling key: with a given name they select few
/// people.
const KEY_LETTERS: usize = 2;
/// Too many names share a sound of fewer consonants.
const MIN_SOUND_LENGTH: usize = 4;
/// The minimum length of names of [`Relation::Near`]; shorter ones differ too easily.
const MIN_NEAR_LENGTH: usize = 6;
/// Longer names are only compared for equality, because the time of a comparison grows with the
/// square of the length.
const MAX_NEAR_LENGTH: usize = 64;
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

    /// The vowels at the ends of the parts.
    fn endings(&self) -> Vec<Option<char>> {
        let ending = |part: &Part| match part.text.chars().last() {
            Some('y') => Some('i'),
            // Often silent.
            Some('e') => None,
            last => last.filter(|last| matches!(last, 'a' | 'i' | 'o' | 'u')),
        };
        self.parts.iter().map(ending).collect()
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

    /// The Jaro similarity to another name that [relates](Self::relation) to this one; `None` for
    /// unrelated names. Names in Latin letters are compared in full only if most of their letters
    /// are the same.
    #[must_use]
    pub fn similarity(&self, other: &str) -> Option<f64> {
        let letters: String = comparable(other).chars().filter(|c| c.is_alphanumeric()).collect();
        if !self.is_other_script
            && letters.is_ascii()
            && (letters.len().max(self.letters.len()) > MAX_NEAR_LENGTH
                || strsim::jaro_winkler(&self.letters, &letters) < MIN_NEAR_SIMILARITY)
        {
            return None;
        }
        let other = Self::of(other);
        self.relation(&other).map(|_| strsim::jaro(&self.letters, &other.letters))
    }

    /// The romanised reading of a name in Chinese characters.
    pub(super) fn reading(&self) -> Option<&str> {
        self.reading.as_deref()
    }

    /// Whether this name is a shorter form of another one: without a middle name or suffix, or with
    /// initials.
    #[must_use]
    pub fn is_shorter_form_of(&self, other: &Self) -> bool {
        let is_part = matches!(
            self.relation(other),
            Some(Relation::Initials | Relation::MiddleName | Relation::Suffix)
        );
        is_part
            && self.letters.len() <= other.letters.len()
            && (self.suffix.is_none() || other.suffix.is_some())
    }

    /// Whether this name contains all words of another name, which has two at least: the other one
    /// may be shortened, or this one extended by marriage.
    #[must_use]
    pub fn has_all_words_of(&self, other: &Self) -> bool {
        let has = |part: &Part| self.parts.iter().any(|own| own.text == part.text);
        let is_other_suffix =
            self.suffix.is_some() && other.suffix.is_some() && self.suffix != other.suffix;
        self.has_letters
            && other.has_letters
            && other.parts.len() > 1
            && !is_other_suffix
            && other.parts.iter().all(has)
    }

    /// Whether this name certainly belongs to another person: both names are in one script, have no
    /// word in common and are not forms of one name.
    #[must_use]
    pub fn is_unrelated_to(&self, other: &Self) -> bool {
        let is_comparable = |name: &Self| name.has_letters && name.words().next().is_some();
        if self.script() != other.script() || !is_comparable(self) || !is_comparable(other) {
            return false;
        }
        let is_shared = if self.reading.is_some() {
            self.letters.chars().any(|c| other.letters.contains(c))
        } else {
            self.words().any(|word| other.words().any(|another| another == word))
        };
        !is_shared && self.relation(other).is_none()
    }

    /// A number for the script: 0 for Latin, else the Unicode block of the first letter,
    /// approximately.
    fn script(&self) -> u32 {
        if self.reading.is_some() {
            return u32::from('一');
        }
        if !self.is_other_script {
            return 0;
        }
        let first = self.comparable.chars().find(|c| c.is_alphabetic() && !c.is_ascii());
        match first.unwrap_or_default() {
            '\u{AC00}'..='\u{D7AF}' => u32::from('가'),
            first => u32::from(first) >> 8,
        }
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

    /// The number of work steps for comparing this name with another one.
    #[must_use]
    pub(super) fn comparison_steps(&self) -> usize {
        let letters = self.letters.len();
        2 + if letters <= MAX_NEAR_LENGTH { letters * letters / 128 } else { letters / 16 }
    }

    /// How this name relates to another one; `None` if they are different names.
    #[must_use]
    pub fn relation(&self, other: &Self) -> Option<Relation> {
        if self.comparable == other.comparable {
            return Some(Relation::Same);
        }
        match (self.suffix, other.suffix) {
            (Some(one), Some(another)) if one != another => return None,
            (Some(_), None) | (None, Some(_)) => {
                return self.relation_of_parts(other).map(|found| match found {
                    // The suffix comes second to a difference in spelling.
                    Relation::Near(_) | Relation::SameSound(_) | Relation::SimilarSound(_) => found,
                    _ => Relation::Suffix,
                });
            }
            _ => {}
        }
        self.relation_of_parts(other)
    }

    fn relation_of_parts(&self, other: &Self) -> Option<Relation> {
        if !self.has_letters || !other.has_letters {
            return None;
        }
        match (&self.reading, &other.reading) {
            (Some(_), Some(_)) => {
                return (self.letters == other.letters).then_some(Relation::SameLetters);
            }
            // Different names may have the same reading, so the similarity is 0.
            (Some(read), None) => {
                return (*read == other.letters).then_some(Relation::SameSound(0.0));
            }
            (None, Some(read)) => {
                return (*read == self.letters).then_some(Relation::SameSound(0.0));
            }
            (None, None) => {}
        }
        // Al is not A. L.
        let is_same_kind =
            self.initials() == other.initials() || self.parts.len() == other.parts.len();
        if self.letters == other.letters && is_same_kind {
            return Some(Relation::SameLetters);
        }
        if self.sorted == other.sorted {
            return Some(Relation::OtherOrder);
        }
        let is_near_in_length = self.letters.len().max(other.letters.len()) <= MAX_NEAR_LENGTH;
        if self.is_other_script != other.is_other_script {
            return is_near_in_length.then(|| self.relation_of_sounds(other)).flatten();
        }
        if self.parts.len() > 1 && other.parts.len() > 1 {
            if self.is_without_middle_of(other) || other.is_without_middle_of(self) {
                return Some(Relation::MiddleName);
            }
            if self.last().text == other.last().text && self.is_initialled(other) {
                return Some(Relation::Initials);
            }
        }
        // Another number or initial is not a misspelling.
        let distinguishing = |name: &Self| -> Vec<String> {
            let is_distinguishing =
                |part: &&Part| part.is_initials || part.text.contains(|c: char| c.is_ascii_digit());
            name.parts.iter().filter(is_distinguishing).map(|part| part.text.clone()).collect()
        };
        if distinguishing(self) != distinguishing(other) {
            return None;
        }
        let (one, another) = (self.letters.as_str(), other.letters.as_str());
        let is_far = one.len().abs_diff(another.len()) > MAX_EDITS;
        if is_far || !is_near_in_length || one.len().min(another.len()) < MIN_NEAR_LENGTH {
            return None;
        }
        let similarity = strsim::jaro_winkler(one, another);
        // Doubled letters lower the similarity although the consonants are the same: Jenifer
        // Aniston.
        if similarity < MIN_NEAR_SIMILARITY && self.sounds().skeleton != other.sounds().skeleton {
            return None;
        }
        let similarity = similarity.max(MIN_NEAR_SIMILARITY);
        let edits = strsim::osa_distance(one, another);
        // Another surname is not a misspelling, even if the other letters are similar.
        (edits <= MAX_EDITS && self.has_near_ends(other)).then_some(Relation::Near(similarity))
    }

    /// How this name relates to a name in another script.
    fn relation_of_sounds(&self, other: &Self) -> Option<Relation> {
        let (sounds, others) = (self.sounds(), other.sounds());
        if sounds.skeleton.len() < MIN_SOUND_LENGTH {
            return None;
        }
        let similarity = || strsim::jaro(&self.letters, &other.letters);
        if sounds.skeleton == others.skeleton || sounds.metaphone == others.metaphone {
            // Валерий is not Valeria, although they are similar.
            let ending_factor =
                if self.endings() == other.endings() { 1.0 } else { OTHER_ENDING_FACTOR };
            return Some(Relation::SameSound(ending_factor * similarity()));
        }
        let rough = self.rough_sound();
        (rough.is_some() && rough == other.rough_sound())
            .then(|| Relation::SimilarSound(similarity()))
    }

    /// Whether the first parts and the last parts are similar.
    fn has_near_ends(&self, other: &Self) -> bool {
        let alike = |one: &Part, another: &Part| {
            let sounds_so = || {
                let words = [one, another].map(|part| part.text.as_str());
                consonant_skeleton(words[0]) == consonant_skeleton(words[1])
                    || metaphone([words[0]].into_iter()) == metaphone([words[1]].into_iter())
            };
            let edits = strsim::osa_distance(&one.text, &another.text);
            edits <= 1 + usize::from(one.text.len() > 7) || (edits == 2 && sounds_so())
        };
        alike(self.first(), other.first()) && alike(self.last(), other.last())
    }

    /// Whether this is the other name without one or more middle names.
    fn is_without_middle_of(&self, other: &Self) -> bool {
        if self.first() != other.first()
            || self.last() != other.last()
            || self.parts.len() >= other.parts.len()
        {
            return false;
        }
        let mut middle = other.parts[1..other.parts.len() - 1].iter();
        let mut own = self.parts[1..self.parts.len() - 1].iter();
        own.all(|part| {
            middle.any(|candidate| abbreviates(part, candidate) || abbreviates(candidate, part))
        })
    }

    /// Whether the given names of both are equal or the initials of each other, with at least one
    /// initial.
    fn is_initialled(&self, other: &Self) -> bool {
        let given = |name: &Self| {
            let parts = name.parts[..name.parts.len() - 1].iter();
            parts
                .flat_map(|part| {
                    if part.is_initials {
                        part.text.chars().map(String::from).collect()
                    } else {
                        vec![part.text.clone()]
                    }
                })
                .collect::<Vec<_>>()
        };
        let (one, another) = (given(self), given(other));
        let abbreviates = |one: &str, another: &str| one.len() == 1 && another.starts_with(one);
        let pairs = one.iter().zip(&another);
        // A name with the second given name in full rarely has an initial for the first: S. Scott
        // Bullock is not Sandra.
        let writes_more_out = |one: &[String], another: &[String]| {
            one.iter().skip(another.len()).any(|name| name.len() > 1)
                && one.iter().zip(another).any(|(a, b)| a != b && abbreviates(a, b))
        };
        pairs.clone().all(|(a, b)| a == b || abbreviates(a, b) || abbreviates(b, a))
            && pairs.clone().any(|(a, b)| a != b || a.len() == 1)
            && !writes_more_out(&one, &another)
            && !writes_more_out(&another, &one)
    }
}

/// All parts in alphabetical order, separated by spaces.
fn sorted(parts: &[Part]) -> String {
    let mut parts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    parts.sort_unstable();
    parts.join(" ")
}

fn abbreviates(initial: &Part, name: &Part) -> bool {
    initial.text == name.text
        || (initial.is_initials && initial.text.len() == 1 && name.text.starts_with(&initial.text))
}

#[cfg(test)]
mod tests;
