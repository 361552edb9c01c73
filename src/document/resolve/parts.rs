//! Splits the text of a name into parts and puts them in their natural order, without nicknames,
//! titles and editions. Quotation marks and dashes must be in their
//! [`straight`](crate::document::text::folding::straight) forms.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    /// Whether each letter is the initial of a name.
    pub(super) is_initials: bool,
}

/// A suffix that distinguishes a father from his son, or several people with one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    Senior,
    Junior,
    Second,
    Third,
    Fourth,
    Fifth,
    /// The number that film databases add to equal names: (I), (II).
    Numbered(usize),
}

/// Whether a word is a Roman numeral of two letters at least, as in editions: LXXXIII.
fn is_roman(word: &str) -> bool {
    /// The values of each digit, ones first.
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

/// Whether a word is a year, `1996` or `(1996)`.
fn is_year(word: &str) -> bool {
    let digits = word.trim_matches(['(', ')', '[', ']', ',']);
    digits.len() == 4
        && digits.starts_with(['1', '2'])
        && digits.chars().all(|c| c.is_ascii_digit())
}

/// Whether a word is an ordinal number, `12th`.
fn is_ordinal(word: &str) -> bool {
    let word = word.to_lowercase();
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending));
    digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// Other names of a ceremony: without the edition, with and without the article, in the singular
/// and plural. `The 12th Annual Saturn Award (1996)` → `Saturn Award`, `Saturn Awards`, `The Saturn
/// Award`, `The Saturn Awards`. The text itself is not among them.
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

/// The maximum length of a ceremony's name in characters; longer names are not examined.
const MAX_CEREMONY_LENGTH: usize = 200;

/// The name of a ceremony without its edition: `The 83rd Annual Academy Awards`, `LXXXIII Academy
/// Awards` and `Academy Awards (2011)` → `Academy Awards`.
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

/// `Pitt, Brad` → `Brad Pitt`; `Downey, Robert, Jr.` → `Robert Downey Jr.`. Nicknames in quotation
/// marks or brackets are removed.
pub(super) fn natural_order(text: &str) -> String {
    let text = without_nickname(text);
    let mut pieces: Vec<&str> =
        text.split([',', '،', '、']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    // A single surname is followed by the given name, even if that looks like a society or a
    // suffix: "Bhatti, Ace", "Lemon, JR".
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

/// A surname in capitals, such as `LEE`, must not be read as initials.
fn spelled_out(surname: &str) -> String {
    let is_shouted = surname.chars().all(char::is_uppercase) && surname.chars().nth(1).is_some();
    if is_shouted { surname.to_lowercase() } else { surname.to_owned() }
}

/// `PITT Brad` → `Brad PITT`: a first word in capitals is the surname if the other words are not in
/// capitals. Three letters without a vowel are initials.
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

/// Whether a character is a symbol, an emoji or a joiner of these (by Unicode blocks), or a trade
/// mark sign.
pub(super) const fn is_decoration(c: char) -> bool {
    matches!(
        c,
        '\u{2190}'..='\u{2BFF}'
            | '\u{1F000}'..='\u{1FAFF}'
            | '\u{FE0E}'
            | '\u{FE0F}'
            | '\u{200D}'
            | '®'
            | '©'
            | '™'
    )
}

/// Whether a character belongs to no script: unassigned or for private use (Unicode's general
/// categories Cn and Co).
pub(super) fn is_unassigned(c: char) -> bool {
    let category = || c.general_category();
    !c.is_ascii() && matches!(category(), GeneralCategory::Unassigned | GeneralCategory::PrivateUse)
}

/// Whether a text in brackets after a name is a note on the credit and not part of the name.
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

/// Removes a nickname in single quotation marks: `Heinz 'Chip' Roemheld`, but not `Conan O'Brien`.
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

/// Whether a word is a society or degree after a name: American Society of Cinematographers,
/// American Cinema Editors, and the like.
pub(super) fn is_society(word: &str) -> bool {
    const SOCIETIES: [&str; 17] = [
        "asc", "bsc", "acs", "csc", "isc", "afc", "aic", "ace", "bfe", "cas", "mpse", "csa", "phd",
        "md", "obe", "cbe", "mbe",
    ];
    SOCIETIES.contains(&word.replace('.', "").to_lowercase().as_str())
}

/// Whether a word is a title before a given name and a surname: Sir Ben Kingsley, but not Lady
/// Gaga.
fn is_title(word: &str) -> bool {
    const TITLES: [&str; 11] =
        ["sir", "dame", "lord", "lady", "dr", "mr", "mrs", "ms", "miss", "prof", "professor"];
    TITLES.contains(&word.to_lowercase().as_str())
}

/// Whether a character is Chinese (Unicode's Han script, except for what no name contains).
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

/// Respells letters that are not pronounced like their transliterations: in Russian, х is h and
/// дж is j; in Greek, μπ, ντ and γκ are b, d and g; the Japanese small tsu doubles a consonant, and
/// in Hindi a dot below makes another consonant.
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
        // `J.J.` is two initials, `St.` is a word.
        let pieces = word.split('.').filter(|piece| !piece.is_empty());
        words.extend(pieces.map(str::to_owned));
    }
    // Junior may be a surname.
    let is_surname = |last: &str| last.eq_ignore_ascii_case("junior");
    let suffix = match words.last() {
        Some(last) if words.len() > 2 || (words.len() == 2 && !is_surname(last)) => suffix_of(last),
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
