//! Splits texts with several names: `A B, C D`, `A B & C D`, `A B / C D`.

use super::parts::{is_han, is_society, suffix_of};

/// The maximum number of names in one text.
const MAX_NAMES: usize = 20;
/// The maximum length of a text in bytes; longer texts are not examined.
const MAX_TEXT_LENGTH: usize = 1_000;
/// The maximum number of words in a person's name.
const MAX_WORDS: usize = 5;

/// Separators between names.
const SEPARATORS: [&str; 10] =
    [" & ", " / ", " and ", " und ", " et ", " y ", ";", ",", "、", "，"];
/// Separators that are never part of a name.
const STRONG_SEPARATORS: [&str; 4] = [" & ", " / ", " and ", ";"];

/// Lower-case words in names.
const PARTICLES: [&str; 24] = [
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "des", "la", "le", "van", "von",
    "der", "den", "ter", "ten", "bin", "ibn", "al", "el", "ben", "af",
];

/// Words in the names of companies and bands.
const COMPANY_WORDS: [&str; 28] = [
    "pictures",
    "picture",
    "films",
    "film",
    "studio",
    "studios",
    "productions",
    "production",
    "entertainment",
    "company",
    "media",
    "group",
    "orchestra",
    "philharmonic",
    "symphony",
    "ensemble",
    "choir",
    "chorus",
    "quartet",
    "band",
    "brothers",
    "sisters",
    "inc",
    "ltd",
    "llc",
    "effects",
    "vfx",
    "records",
];

/// The names of several people in one text, if each looks like a full name. `None` if the text is,
/// or may be, a single name.
#[must_use]
pub fn split_names(text: &str) -> Option<Vec<&str>> {
    if text.len() > MAX_TEXT_LENGTH {
        return None;
    }
    let names = parts(text);
    let is_several = (2..=MAX_NAMES).contains(&names.len());
    (is_several && names.iter().all(|name| is_full_name(name))).then_some(names)
}

/// Whether a text seems to name several people, with names that cannot be separated: `Ada & Bo
/// Quist`.
#[must_use]
pub fn may_be_several_names(text: &str) -> bool {
    text.len() <= MAX_TEXT_LENGTH
        && STRONG_SEPARATORS.iter().any(|separator| text.contains(separator))
        && {
            let names = parts(text);
            names.len() > 1
                && names.iter().all(|name| name.starts_with(char::is_uppercase))
                && names.iter().any(|name| is_full_name(name))
        }
}

/// The parts of a text with several jobs, `Editor / Production Design`; fewer than two if it is one
/// job.
#[must_use]
pub fn split_jobs(text: &str) -> Vec<&str> {
    let parts =
        text.split(" / ").flat_map(|part| part.split(';')).flat_map(|part| part.split(", "));
    let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_job = |part: &&str| part.starts_with(char::is_uppercase) && !part.contains(['(', ')']);
    if text.len() <= MAX_TEXT_LENGTH && parts.iter().all(is_job) { parts } else { Vec::new() }
}

fn parts(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in SEPARATORS {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    // A comma may precede "and".
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether a text looks like the full name of one person, with a given name and a surname at least.
#[must_use]
pub fn is_full_name(text: &str) -> bool {
    // "Ada Quist (voice)" is a full name as well.
    let name = text.split(['(', '[', '（']).next().unwrap_or_default().trim();
    if !name.is_empty() && name.chars().all(|c| is_east_asian(c) || c == '・') {
        return (2..=12).contains(&name.chars().count());
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    if !(2..=MAX_WORDS).contains(&words.len()) {
        return false;
    }
    let is_letter = |c: char| c.is_alphabetic() || is_mark(c) || "-.'’‘\"".contains(c);
    let is_word = |word: &&str| {
        let begins = word.trim_start_matches(['\'', '"', '’', '‘']);
        let is_name = begins.chars().next().is_some_and(|first| !first.is_lowercase());
        word.chars().all(is_letter) && (is_name || PARTICLES.contains(word))
    };
    let is_company = |word: &&str| COMPANY_WORDS.contains(&word.to_lowercase().trim_matches('.'));
    words.iter().all(is_word)
        && !words[0].chars().next().is_some_and(char::is_lowercase)
        && !words.iter().any(is_company)
        && !is_society(words[0])
        && suffix_of(words[0]).is_none()
}

/// A letter of a script that separates names without spaces.
const fn is_east_asian(c: char) -> bool {
    is_han(c) || matches!(c, '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7AF}' | '々')
}

/// A combining mark: a vowel sign or an accent.
fn is_mark(c: char) -> bool {
    use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
    c.general_category_group() == GeneralCategoryGroup::Mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_full_names_are_split() {
        for (text, names) in [
            (
                "Ada Quist, Bo Renn, Cleo Marsh-Vale",
                vec!["Ada Quist", "Bo Renn", "Cleo Marsh-Vale"],
            ),
            ("Ada Quist & Bo Renn", vec!["Ada Quist", "Bo Renn"]),
            ("Ada Quist / Bo Renn", vec!["Ada Quist", "Bo Renn"]),
            ("Ada Quist and Bo Renn", vec!["Ada Quist", "Bo Renn"]),
            ("Ada Quist, Bo Renn, and Eli Stone", vec!["Ada Quist", "Bo Renn", "Eli Stone"]),
            ("Ada de Quist; J. R. Renn", vec!["Ada de Quist", "J. R. Renn"]),
            ("石田海、小林空", vec!["石田海", "小林空"]),
        ] {
            assert_eq!(split_names(text), Some(names), "{text}");
        }
    }

    #[test]
    fn one_name_stays_one() {
        for text in [
            "Ada Quist",
            "Quist, Ada",
            "Bo Renn, Jr.",
            "Bo Renn, ASC",
            "Ada & Bo Quist",
            "Ada and the Harbour",
            "Quist and Sons",
            "Bo Renn, Harbour Films Inc",
            "Earth, Wind & Fire",
            "Bo Renn, who sang",
            "トム・モア",
            "Ada Quist/Bo Renn",
        ] {
            assert_eq!(split_names(text), None, "{text}");
        }
        assert!(may_be_several_names("Ada & Bo Quist"));
        for text in ["Quist, Ada", "Ada Quist", "Quist and Sons", "Ada and the Harbour"] {
            assert!(!may_be_several_names(text), "{text}");
        }
    }

    #[test]
    fn several_jobs_are_split() {
        assert_eq!(split_jobs("Editor / Production Design / Costume Design").len(), 3);
        for job in ["Editor", "Hair & Makeup", "Art Director (second unit)", "Stunts/Utility"] {
            assert!(split_jobs(job).len() < 2, "{job}");
        }
    }
}
