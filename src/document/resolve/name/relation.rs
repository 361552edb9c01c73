//! How two names relate: whether they are the same, forms of one name, or different names.

use super::{MIN_SOUND_LENGTH, Name, Part};
use crate::document::resolve::phonetics::{consonant_skeleton, metaphone};
use crate::document::text::comparable;

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
    /// Only one name has a middle name, or more of them.
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
/// The minimum length of names of [`Relation::Near`]; shorter ones differ too easily.
const MIN_NEAR_LENGTH: usize = 6;
/// Longer names are only compared for equality, because the time of a comparison grows with the
/// square of the length.
const MAX_NEAR_LENGTH: usize = 64;

impl Name {
    /// The number of work steps for comparing this name with another one.
    #[must_use]
    pub(in crate::document::resolve) fn comparison_steps(&self) -> usize {
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
}

/// Whether a part is another one, or its initial.
fn abbreviates(initial: &Part, name: &Part) -> bool {
    initial.text == name.text
        || (initial.is_initials && initial.text.len() == 1 && name.text.starts_with(&initial.text))
}
