//! The sound of words, reduced to what different spellings and scripts have in common: the
//! consonants.

use rphonetic::DoubleMetaphone;

/// Longer than the code of any word.
const MAX_CODE_LENGTH: usize = 64;

/// A word without vowels and doubled letters, with letters that are often confused made equal.
pub(super) fn consonant_skeleton(text: &str) -> String {
    let mut consonant_skeleton = String::with_capacity(text.len());
    let mut letters = text.chars().enumerate().peekable();
    let mut before = ' ';
    while let Some((index, letter)) = letters.next() {
        let sound = match (before, letter, letters.peek()) {
            ('q', 'u', _) | (_, 'w', _) => 'v',
            (_, 'k' | 'q', _) => 'c',
            (_, 'z', _) => 's',
            // As in George and Angelina.
            (_, 'g', Some((_, 'e' | 'i' | 'y'))) | (_, 'j' | 'y', _) => 'i',
            _ => letter,
        };
        before = letter;
        let is_kept = index == 0 || !matches!(sound, 'a' | 'e' | 'i' | 'o' | 'u' | 'h');
        if is_kept && !consonant_skeleton.ends_with(sound) {
            consonant_skeleton.push(sound);
        }
    }
    consonant_skeleton
}

/// The codes of words by Double Metaphone (Lawrence Philips, 2000): Christopher and Kristofer are
/// both KRSTFR. Characters that are not ASCII letters are ignored.
pub(super) fn metaphone<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let encoder = DoubleMetaphone::new(Some(MAX_CODE_LENGTH));
    let code = |word: &str| {
        // The encoder accepts ASCII letters only.
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        encoder.double_metaphone(&letters).primary()
    };
    words.map(code).collect::<Vec<_>>().join(" ")
}

/// A Metaphone code without the differences between scripts, some of which write neither vowels nor
/// all consonants: l is r in Japanese, p is f in Korean, and h is read as g or kh in many.
pub(super) fn coarse_metaphone(code: &str) -> String {
    let mut rough = String::with_capacity(code.len());
    let mut before = ' ';
    // Zimmer is Циммер.
    for sound in code.replace("TS", "S").chars() {
        let sound = match sound {
            '0' => 'T',
            'J' | 'X' | 'H' => 'K',
            'L' => 'R',
            'F' => 'P',
            other => other,
        };
        if sound != before && !matches!(sound, 'A' | ' ') {
            rough.push(sound);
        }
        before = sound;
    }
    rough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_words_have_equal_codes() {
        assert_eq!(metaphone(["christopher"].into_iter()), metaphone(["kristofer"].into_iter()));
        assert_eq!(consonant_skeleton("micheal"), consonant_skeleton("michael"));
        assert_eq!(
            coarse_metaphone(&metaphone(["hanks"].into_iter())),
            coarse_metaphone(&metaphone(["chanks"].into_iter()))
        );
        assert_ne!(consonant_skeleton("norton"), consonant_skeleton("nolan"));
    }

    #[test]
    fn characters_other_than_letters_have_no_code() {
        for word in ["", "???", "陈静", "ñç", "ſ", "c陈h", "w陈", "2pac"] {
            assert!(metaphone([word].into_iter()).is_ascii(), "{word}");
        }
        assert_eq!(metaphone(["", "陈静"].into_iter()), " ");
    }
}
