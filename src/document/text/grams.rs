//! The grams of texts: the short runs of characters by which texts are found that contain another
//! text. A text contains another one only if it has all grams of it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The version of the grams. Must be increased whenever the grams of any text change. Indexes of
/// another version are rebuilt.
pub const VERSION: u32 = 1;

/// The most grams of a search. More hardly find fewer texts.
const MAX_SEARCH_GRAMS: usize = 16;

/// The number of a gram. Different grams may have the same number, so what is found must be
/// compared. The name of the index is part of it, so that the grams of several indexes can be kept
/// in one.
fn number(index: &str, gram: &[char]) -> i32 {
    // FNV-1a
    let mut hash: u32 = 0x811c_9dc5;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    index.bytes().for_each(&mut add);
    add(0);
    for c in gram {
        c.encode_utf8(&mut [0; 4]).bytes().for_each(&mut add);
    }
    hash.cast_signed()
}

fn grams(index: &str, chars: &[char], length: usize) -> Vec<i32> {
    let windows = chars.windows(length).filter(|gram| !gram.contains(&'\n'));
    windows.map(|gram| number(index, gram)).collect()
}

/// All grams of a folded text of these lengths. Grams do not reach across lines.
#[must_use]
pub fn index_grams(index: &str, text: &str, lengths: RangeInclusive<usize>) -> BTreeSet<i32> {
    let chars: Vec<char> = text.chars().collect();
    lengths.flat_map(|length| grams(index, &chars, length)).collect()
}

/// The grams that every text has which contains this folded text. Empty if the text is shorter than
/// every gram.
#[must_use]
pub fn search_grams(index: &str, text: &str, lengths: RangeInclusive<usize>) -> Vec<i32> {
    let chars: Vec<char> = text.chars().collect();
    let length = chars.len().min(*lengths.end());
    if !lengths.contains(&length) {
        return Vec::new();
    }
    let mut all = grams(index, &chars, length);
    let step = all.len().div_ceil(MAX_SEARCH_GRAMS).max(1);
    all = all.into_iter().step_by(step).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENGTHS: RangeInclusive<usize> = 1..=3;

    fn finds(text: &str, search: &str) -> bool {
        let (grams, wanted) = (index_grams("a", text, LENGTHS), search_grams("a", search, LENGTHS));
        !wanted.is_empty() && wanted.iter().all(|gram| grams.contains(gram))
    }

    #[test]
    fn texts_are_found_by_what_they_contain() {
        for search in ["s", "se", "sev", "seven", "r", "ies", "七", "七人", "七人の侍"] {
            assert!(finds("seven series\n七人の侍", search), "{search}");
        }
        for search in ["x", "sx", "sevn", "seven samurai", "人七"] {
            assert!(!finds("seven series\n七人の侍", search), "{search}");
        }
        assert_eq!(search_grams("a", "", LENGTHS), [0; 0]);
        assert_eq!(search_grams("a", "ab", 3..=3), [0; 0]);
        assert_ne!(search_grams("a", "abc", LENGTHS), search_grams("b", "abc", LENGTHS));
        assert!(search_grams("a", &"abcdefghijk".repeat(40), LENGTHS).len() <= MAX_SEARCH_GRAMS);
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_each_of_its_parts(
            text in "[a-c é七]{1,60}", start in 0..60_usize, length in 1..60_usize,
        ) {
            let part: String = text.chars().skip(start).take(length).collect();
            prop_assert!(part.is_empty() || finds(&text, &part), "{part:?}");
        }
    }

    #[test]
    fn a_change_of_the_grams_requires_a_new_version() {
        assert_eq!((VERSION, search_grams("movie", "the", LENGTHS)), (1, vec![1_649_792_500]));
    }
}
