//! The text of a name taken apart: the order in which it is spoken, its parts, and what is no part of it.
//! Its quotation marks and dashes are [`straight`](crate::document::text::folding::straight) already.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    /// Whether each letter stands for a name.
    pub(super) is_initials: bool,
}

/// What tells a father from his son, or one of several of a name from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    Senior,
    Junior,
    Second,
    Third,
    Fourth,
    Fifth,
    /// Which of several of one name, as databases of films count them: (I), (II).
    Numbered(usize),
}

/// Whether it is a Roman numeral that an edition may have, of two digits at least: LXXXIII.
fn is_roman(word: &str) -> bool {
    /// What each digit of a number may be, its ones first.
    const DIGITS: [&[&str]; 3] = [
        &["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"],
        &["X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"],
        &["C"],
    ];
    let rest = DIGITS.iter().fold(word, |rest, digits| {
        let longest = digits
            .iter()
            .filter_map(|digit| rest.strip_suffix(digit))
            .min_by_key(|rest| rest.len());
        longest.unwrap_or(rest)
    });
    word.len() > 1 && rest.is_empty()
}

/// A year, `1996` or `(1996)`.
fn is_year(word: &str) -> bool {
    let digits = word.trim_matches(['(', ')', '[', ']', ',']);
    digits.len() == 4
        && digits.starts_with(['1', '2'])
        && digits.chars().all(|c| c.is_ascii_digit())
}

/// `12th`.
fn is_ordinal(word: &str) -> bool {
    let word = word.to_lowercase();
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending));
    digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// The names that a ceremony may be known by whose name is written with its edition, an article or in
/// the singular: `The 12th Annual Saturn Award (1996)` → `Saturn Award`, `Saturn Awards`, `The Saturn
/// Award`, `The Saturn Awards`. None of them is the name itself.
#[must_use]
pub fn forms_without_edition(text: &str) -> Vec<String> {
    if text.chars().nth(MAX_CEREMONY_LENGTH).is_some() {
        return Vec::new();
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    while let [_, .., last] = words[..] {
        let bare = last.trim_matches(['(', ')', '[', ']', ',']);
        let is_edition = is_year(last) || (bare.len() < last.len() && is_ordinal(bare));
        if !is_edition && last.chars().any(char::is_alphanumeric) {
            break;
        }
        words.pop();
    }
    let plain = without_edition(&words.join(" "));
    let plain = plain.trim_end_matches(',');
    let plain = match plain.split_once(' ') {
        Some((first, rest)) if first.eq_ignore_ascii_case("the") => rest,
        _ => plain,
    };
    let lower = plain.to_lowercase();
    let number = if lower.ends_with(" award") {
        Some(format!("{plain}s"))
    } else if lower.ends_with(" awards") {
        plain.get(..plain.len() - 1).map(str::to_owned)
    } else {
        None
    };
    let plain: Vec<String> = std::iter::once(plain.to_owned()).chain(number).collect();
    let with_article: Vec<String> = plain.iter().map(|form| format!("The {form}")).collect();
    plain.into_iter().chain(with_article).filter(|form| form != text).collect()
}

/// Most characters of the name of a ceremony that is looked at.
const MAX_CEREMONY_LENGTH: usize = 200;

/// `The 83rd Annual Academy Awards`, `LXXXIII Academy Awards` and `Academy Awards (2011)` → `Academy Awards`.
pub(super) fn without_edition(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.last().is_some_and(|last| is_year(last)) {
        words.pop();
    }
    let has_the = words.first().is_some_and(|first| first.eq_ignore_ascii_case("the"));
    let start = usize::from(has_the);
    let edition = words[start..]
        .iter()
        .take_while(|word| {
            is_year(word)
                || is_ordinal(word)
                || is_roman(word)
                || word.eq_ignore_ascii_case("annual")
        })
        .count();
    if edition > 0 {
        words.drain(..start + edition);
    }
    if words.is_empty() { text.to_owned() } else { words.join(" ") }
}

/// `Pitt, Brad` → `Brad Pitt`; `Downey, Robert, Jr.` → `Robert Downey Jr.`; a nickname in quotation marks or
/// brackets is left out.
pub(super) fn natural_order(text: &str) -> String {
    let text = without_nickname(text);
    let mut pieces: Vec<&str> =
        text.split([',', '،', '、']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    // After a surname alone comes the given name: "Bhatti, Ace", "Lemon, JR".
    let follows_a_name =
        |pieces: &[&str]| pieces.len() > 2 || pieces.first().is_some_and(|name| name.contains(' '));
    while pieces.len() > 1 && follows_a_name(&pieces) && is_society(pieces[pieces.len() - 1]) {
        pieces.pop();
    }
    let suffix = pieces.last().is_some_and(|last| suffix_of(last).is_some());
    let suffix =
        if suffix && pieces.len() > 1 && follows_a_name(&pieces) { pieces.pop() } else { None };
    let name = match pieces[..] {
        [surname, given] => format!("{given} {}", spelled_out(surname)),
        _ => pieces.join(" "),
    };
    match suffix {
        Some(suffix) => format!("{name} {suffix}"),
        None => name,
    }
}

/// `LEE` is a surname where it stands as one, and no initials.
fn spelled_out(surname: &str) -> String {
    let is_shouted = surname.chars().all(char::is_uppercase) && surname.chars().nth(1).is_some();
    if is_shouted { surname.to_lowercase() } else { surname.to_owned() }
}

/// `PITT Brad` → `Brad PITT`: in capitals is the surname, if the rest is not. Three letters without a vowel are initials.
pub(super) fn surname_last(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let is_in_capitals =
        |word: &str| word.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    let letters = first.chars().filter(|c| c.is_alphabetic()).count();
    let is_surname = is_in_capitals(first)
        && !first.contains('.')
        && (letters > 3 || (letters == 3 && first.contains(['A', 'E', 'I', 'O', 'U', 'Y'])));
    if is_surname && !rest.is_empty() && rest.iter().all(|word| !is_in_capitals(word)) {
        format!("{} {}", rest.join(" "), spelled_out(first))
    } else {
        name.to_owned()
    }
}

/// Symbols and emoji, and what joins them (Unicode's blocks of them; trade marks).
pub(super) const fn is_decoration(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FE0E}' | '\u{FE0F}' | '\u{200D}' | '®' | '©' | '™')
}

/// A character that is no letter, sign or mark of any script known here: not assigned, or for
/// private use (Unicode's general categories Cn and Co).
pub(super) fn is_unassigned(c: char) -> bool {
    let category = || c.general_category();
    !c.is_ascii() && matches!(category(), GeneralCategory::Unassigned | GeneralCategory::PrivateUse)
}

/// Whether what stands in brackets behind a name tells of the credit and not of the name.
fn is_note(text: &str) -> bool {
    const NOTES: [&str; 6] =
        ["uncredited", "voice", "archive footage", "archival footage", "credit only", "as "];
    let text = text.trim_matches(['(', ')', '[', ']']).to_lowercase();
    NOTES.iter().any(|note| text.starts_with(note))
}

fn without_nickname(text: &str) -> String {
    const MARKS: [(char, char); 3] = [('"', '"'), ('(', ')'), ('[', ']')];
    let mut rest = text.to_owned();
    for (open, close) in MARKS {
        if let Some(start) = rest.find(open)
            && let Some(length) = rest[start + open.len_utf8()..].find(close)
        {
            let end = start + open.len_utf8() + length + close.len_utf8();
            let left = format!("{} {}", &rest[..start], &rest[end..]);
            let is_name = left.split_whitespace().count() > 1
                || (is_note(&rest[start..end]) && !left.trim().is_empty());
            if is_name && suffix_of(&rest[start..end]).is_none() {
                rest = left;
            }
        }
    }
    without_quoted(&rest)
}

/// `Heinz 'Chip' Roemheld`, but not `Conan O'Brien`.
fn without_quoted(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let opens = words.iter().position(|word| word.len() > 1 && word.starts_with('\''));
    let closes = words.iter().rposition(|word| word.len() > 1 && word.ends_with('\''));
    match (opens, closes) {
        (Some(opens), Some(closes)) if opens <= closes && words.len() - (closes - opens) > 2 => {
            [&words[..opens], &words[closes + 1..]].concat().join(" ")
        }
        _ => text.to_owned(),
    }
}

/// Societies and degrees that stand behind a name in credits: American Society of Cinematographers, American
/// Cinema Editors, and the like.
pub(super) fn is_society(word: &str) -> bool {
    const SOCIETIES: [&str; 17] = [
        "asc", "bsc", "acs", "csc", "isc", "afc", "aic", "ace", "bfe", "cas", "mpse", "csa", "phd",
        "md", "obe", "cbe", "mbe",
    ];
    SOCIETIES.contains(&word.replace('.', "").to_lowercase().as_str())
}

/// What people are addressed by, before a given and a family name: Sir Ben Kingsley, but not Lady Gaga.
fn is_title(word: &str) -> bool {
    const TITLES: [&str; 11] =
        ["sir", "dame", "lord", "lady", "dr", "mr", "mrs", "ms", "miss", "prof", "professor"];
    TITLES.contains(&word.to_lowercase().as_str())
}

/// A Chinese character (Unicode's Han script, but for what no name has).
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

pub(super) fn suffix_of(word: &str) -> Option<Suffix> {
    match word.trim_matches(['.', ',', ' ']).to_lowercase().as_str() {
        "sr" | "senior" => Some(Suffix::Senior),
        "jr" | "jnr" | "junior" => Some(Suffix::Junior),
        "ii" | "2nd" => Some(Suffix::Second),
        "iii" | "3rd" => Some(Suffix::Third),
        "iv" | "4th" => Some(Suffix::Fourth),
        "5th" => Some(Suffix::Fifth),
        word => {
            const NUMBERS: [&str; 10] =
                ["(i)", "(ii)", "(iii)", "(iv)", "(v)", "(vi)", "(vii)", "(viii)", "(ix)", "(x)"];
            NUMBERS.iter().position(|number| *number == word).map(Suffix::Numbered)
        }
    }
}

/// What is spoken otherwise than its letters are transliterated one by one: the Russian х is an h and дж a j, and the
/// Greek μπ, ντ and γκ are b, d and g; the Japanese small tsu doubles a consonant, and
/// in Hindi a dot below makes another one.
fn respelled(word: &str) -> String {
    const RESPELLINGS: [(&str, &str); 30] = [
        ("ッ", ""),
        ("っ", ""),
        ("дж", "j"),
        ("Дж", "J"),
        ("ДЖ", "J"),
        ("х", "h"),
        ("Х", "H"),
        ("Уи", "Wi"),
        ("Уэ", "We"),
        ("Уо", "Wo"),
        ("श", "sh"),
        ("च", "ch"),
        ("ं", "n"),
        ("ड\u{93c}", "r"),
        ("ज\u{93c}", "z"),
        ("फ\u{93c}", "f"),
        ("ਸ\u{a3c}", "sh"),
        ("τζ", "j"),
        ("Τζ", "J"),
        ("μπ", "b"),
        ("Μπ", "B"),
        ("ΜΠ", "B"),
        ("ντ", "d"),
        ("Ντ", "D"),
        ("ΝΤ", "D"),
        ("ου", "ou"),
        ("Ου", "Ou"),
        ("ΟΥ", "OU"),
        ("γκ", "g"),
        ("Γκ", "G"),
    ];
    if word.is_ascii() {
        return word.to_owned();
    }
    RESPELLINGS
        .iter()
        .fold(word.to_owned(), |word, (written, spoken)| word.replace(written, spoken))
}

pub(super) fn parts_of(text: &str) -> (Vec<Part>, Option<Suffix>) {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '&' | '_')) {
        // `J.J.` is two initials, `St.` a word.
        let pieces = word.split('.').filter(|piece| !piece.is_empty());
        words.extend(pieces.map(str::to_owned));
    }
    let suffix = match words.last() {
        Some(last)
            if words.len() > 2
                || (words.len() == 2
                    && !matches!(suffix_of(last), Some(Suffix::Junior) if last.eq_ignore_ascii_case("junior"))) =>
        {
            suffix_of(last)
        }
        _ => None,
    };
    if suffix.is_some() {
        words.pop();
    }
    if words.len() > 2 && is_title(&words[0]) {
        words.remove(0);
    }
    let is_shouted = !text.chars().any(char::is_lowercase);
    let mut parts: Vec<Part> = Vec::with_capacity(words.len());
    for word in &words {
        // `Disney+` is not `Disney`.
        let ascii: String = if word.chars().any(is_han) {
            word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        } else {
            let ascii = any_ascii::any_ascii(&respelled(word)).replace('+', "plus");
            ascii.chars().filter(char::is_ascii_alphanumeric).collect()
        };
        if ascii.is_empty() {
            continue;
        }
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        // `JJ Abrams`, but not `BO DEREK`.
        let is_run = !is_shouted
            && (2..=3).contains(&letters)
            && word.chars().all(char::is_uppercase)
            && word.is_ascii();
        let is_initials =
            (letters == 1 && word.chars().all(|c| c.is_uppercase() || c.is_lowercase())) || is_run;
        let text = ascii.to_lowercase();
        match parts.last_mut() {
            Some(last) if is_initials && last.is_initials => last.text.push_str(&text),
            _ => parts.push(Part { text, is_initials }),
        }
    }
    (parts, suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceremony_has_forms_without_its_edition() {
        for text in [
            "12th Saturn Awards",
            "The Saturn Awards",
            "Saturn Awards (1996)",
            "Saturn Awards, 1996",
            "Saturn Awards - 1996",
            "Saturn Award (12th)",
            "Annual Saturn Awards",
            "The 12th Annual Saturn Award",
        ] {
            let forms = forms_without_edition(text);
            assert!(forms.iter().any(|form| form == "Saturn Awards"), "{text}: {forms:?}");
        }
        assert_eq!(forms_without_edition("Harbour Prize"), ["The Harbour Prize"]);
        assert!(forms_without_edition(&"a".repeat(201)).is_empty());
        for text in ["", "1996", "The", "The 1996"] {
            assert!(forms_without_edition(text).iter().all(|form| form.len() < 12), "{text}");
        }
    }
}
