//! The text of a name taken apart: the order in which it is spoken, its parts, and what is no part of it.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    /// Whether each letter stands for a name.
    pub(super) is_initials: bool,
}

/// What tells a father from his son.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    Senior,
    Junior,
    Third,
    Fourth,
    Fifth,
}

/// `The 83rd Annual Academy Awards` and `Academy Awards (2011)` → `Academy Awards`.
pub(super) fn without_edition(text: &str) -> String {
    let is_year = |word: &str| {
        let digits = word.trim_matches(['(', ')', '[', ']', ',']);
        digits.len() == 4 && digits.starts_with(['1', '2']) && digits.chars().all(|c| c.is_ascii_digit())
    };
    let is_ordinal = |word: &str| {
        let word = word.to_lowercase();
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending));
        digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
    };
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.last().is_some_and(|last| is_year(last)) {
        words.pop();
    }
    let has_the = words.first().is_some_and(|first| first.eq_ignore_ascii_case("the"));
    let start = usize::from(has_the);
    let edition = words[start..]
        .iter()
        .take_while(|word| is_year(word) || is_ordinal(word) || word.eq_ignore_ascii_case("annual"))
        .count();
    if edition > 0 {
        words.drain(..start + edition);
    }
    if words.is_empty() { text.to_owned() } else { words.join(" ") }
}

/// `Pitt, Brad` → `Brad Pitt`; `Downey, Robert, Jr.` → `Robert Downey Jr.`; a nickname in quotation marks or
/// brackets is left out.
pub(super) fn spoken_order(text: &str) -> String {
    let text = without_nickname(text);
    let mut pieces: Vec<&str> = text.split([',', '،', '、']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let suffix = if pieces.len() > 1 && suffix_of(pieces[pieces.len() - 1]).is_some() { pieces.pop() } else { None };
    let name = match pieces[..] {
        [surname, given] => format!("{given} {surname}"),
        _ => pieces.join(" "),
    };
    match suffix {
        Some(suffix) => format!("{name} {suffix}"),
        None => name,
    }
}

fn without_nickname(text: &str) -> String {
    const MARKS: [(char, char); 6] = [('"', '"'), ('“', '”'), ('‘', '’'), ('«', '»'), ('(', ')'), ('[', ']')];
    let mut rest = text.to_owned();
    for (open, close) in MARKS {
        if let Some(start) = rest.find(open)
            && let Some(length) = rest[start + open.len_utf8()..].find(close)
        {
            let end = start + open.len_utf8() + length + close.len_utf8();
            let left = format!("{} {}", &rest[..start], &rest[end..]);
            if left.split_whitespace().count() > 1 {
                rest = left;
            }
        }
    }
    rest
}

fn suffix_of(word: &str) -> Option<Suffix> {
    match word.trim_matches(['.', ',', ' ']).to_lowercase().as_str() {
        "sr" | "senior" => Some(Suffix::Senior),
        "jr" | "jnr" | "junior" | "ii" | "2nd" => Some(Suffix::Junior),
        "iii" | "3rd" => Some(Suffix::Third),
        "iv" | "4th" => Some(Suffix::Fourth),
        "5th" => Some(Suffix::Fifth),
        _ => None,
    }
}

/// What is spoken otherwise than its letters are transliterated one by one: the Russian х is an h and дж a j, and the
/// Greek μπ, ντ and γκ are b, d and g; the Japanese small tsu doubles a consonant.
fn as_spoken(word: &str) -> String {
    const SPOKEN: [(&str, &str); 15] = [
        ("ッ", ""),
        ("っ", ""),
        ("дж", "j"),
        ("Дж", "J"),
        ("ДЖ", "J"),
        ("х", "h"),
        ("Х", "H"),
        ("μπ", "b"),
        ("Μπ", "B"),
        ("ΜΠ", "B"),
        ("ντ", "d"),
        ("Ντ", "D"),
        ("ΝΤ", "D"),
        ("γκ", "g"),
        ("Γκ", "G"),
    ];
    if word.is_ascii() {
        return word.to_owned();
    }
    SPOKEN.iter().fold(word.to_owned(), |word, (written, spoken)| word.replace(written, spoken))
}

pub(super) fn parts_of(text: &str) -> (Vec<Part>, Option<Suffix>) {
    let mut words: Vec<String> = Vec::new();
    for word in text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '‐' | '‑' | '–' | '—' | '/' | '&' | '·' | '・' | '_'))
    {
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
    let is_shouted = !text.chars().any(char::is_lowercase);
    let mut parts: Vec<Part> = Vec::with_capacity(words.len());
    for word in &words {
        // `Disney+` is not `Disney`.
        let ascii = any_ascii::any_ascii(&as_spoken(word)).replace('+', "plus");
        let ascii: String = ascii.chars().filter(char::is_ascii_alphanumeric).collect();
        if ascii.is_empty() {
            continue;
        }
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        // `JJ Abrams`, but not `BO DEREK`.
        let is_run =
            !is_shouted && (2..=3).contains(&letters) && word.chars().all(char::is_uppercase) && word.is_ascii();
        let is_initials = (letters == 1 && word.chars().all(|c| c.is_uppercase() || c.is_lowercase())) || is_run;
        let text = ascii.to_ascii_lowercase();
        match parts.last_mut() {
            Some(last) if is_initials && last.is_initials => last.text.push_str(&text),
            _ => parts.push(Part { text, is_initials }),
        }
    }
    (parts, suffix)
}
