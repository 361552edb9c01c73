//! How a word sounds, as far as another spelling or another script leaves it: its consonants.

use rphonetic::DoubleMetaphone;

/// Longer than a word is.
const LONGEST_CODE: usize = 64;

/// What is left of a word when vowels, doubled letters and what is often misspelled are taken away.
pub(super) fn bones(text: &str) -> String {
    let mut bones = String::with_capacity(text.len());
    let mut letters = text.chars().enumerate().peekable();
    let mut before = ' ';
    while let Some((index, letter)) = letters.next() {
        let sound = match (before, letter, letters.peek()) {
            ('q', 'u', _) | (_, 'w', _) => 'v',
            (_, 'k' | 'q', _) => 'c',
            (_, 'z', _) => 's',
            // George, Angelina.
            (_, 'g', Some((_, 'e' | 'i' | 'y'))) | (_, 'j' | 'y', _) => 'i',
            _ => letter,
        };
        before = letter;
        let is_bone = index == 0 || !matches!(sound, 'a' | 'e' | 'i' | 'o' | 'u' | 'h');
        if is_bone && !bones.ends_with(sound) {
            bones.push(sound);
        }
    }
    bones
}

/// The code of words by Double Metaphone (Lawrence Philips, 2000): Christopher and Kristofer are KRSTFR. Of what is
/// no Latin letter, nothing is spoken.
pub(super) fn spoken<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let encoder = DoubleMetaphone::new(Some(LONGEST_CODE));
    let code = |word: &str| {
        // The encoder takes nothing else.
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        encoder.double_metaphone(&letters).primary()
    };
    words.map(code).collect::<Vec<_>>().join(" ")
}

/// What is left of such a code when a script that writes neither vowels nor all consonants stands between two
/// names: l is r in Japanese, p is f in Korean, and h is read as g or kh in many.
pub(super) fn roughly(code: &str) -> String {
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
    fn words_sound_alike_in_other_spellings() {
        assert_eq!(spoken(["christopher"].into_iter()), spoken(["kristofer"].into_iter()));
        assert_eq!(bones("micheal"), bones("michael"));
        assert_eq!(
            roughly(&spoken(["hanks"].into_iter())),
            roughly(&spoken(["chanks"].into_iter()))
        );
        assert_ne!(bones("norton"), bones("nolan"));
    }

    #[test]
    fn what_is_no_letter_is_not_spoken() {
        for word in ["", "???", "陈静", "ñç", "ſ", "c陈h", "w陈", "2pac"] {
            assert!(spoken([word].into_iter()).is_ascii(), "{word}");
        }
        assert_eq!(spoken(["", "陈静"].into_iter()), " ");
    }
}
