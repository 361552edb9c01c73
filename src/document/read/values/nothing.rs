//! Recognises texts that mean "no value", as templates, databases and language models write them.
//!
//! Which texts count depends on the field: "Unknown" is the title of a movie, but not the name of a
//! person.

use std::sync::LazyLock;

use crate::document::schema::definition::{Field, Kind, Wording};
use crate::document::text::folding::is_ignorable;
use crate::document::text::key_letters;

/// Maximum length in bytes of a text that is looked up. Longer texts are values.
const MAX_LENGTH: usize = 80;

/// Texts that mean "no value" in every field, in the form of [`key_letters`]: `N/A` is `na`.
const IN_EVERY_FIELD: &[&str] =
    &["na", "null", "undefined", "nan", "movietitle", "filmtitle", "titlehere", "titleofthemovie"];

/// Texts that mean "no value" in every field except titles, in the form of [`key_letters`].
pub const WORDS: &[&str] = &[
    "none",
    "nil",
    "unknown",
    "unk",
    "unspecified",
    "undisclosed",
    "unavailable",
    "unidentified",
    "unnamed",
    "tbd",
    "tba",
    "tbc",
    "tobedetermined",
    "tobeannounced",
    "tobeconfirmed",
    "todo",
    "notavailable",
    "notapplicable",
    "notfound",
    "notknown",
    "notspecified",
    "notprovided",
    "notset",
    "nodata",
    "noinformation",
    "noinformationavailable",
    "informationnotavailable",
    "informationunavailable",
    "missing",
    "empty",
    "blank",
    "placeholder",
    "string",
    "desconocido",
    "desconhecido",
    "inconnu",
    "unbekannt",
    "sconosciuto",
    "onbekend",
    "okänd",
    "bilinmiyor",
    "неизвестно",
    "невідомо",
    "未知",
    "不明",
];

/// In addition to [`WORDS`], texts that are not names of a person, ceremony, platform or genre.
const NO_NAMES: &[&str] = &[
    "various",
    "other",
    "others",
    "andothers",
    "etal",
    "several",
    "multiple",
    "tobecast",
    "tobefilled",
    "name",
    "fullname",
    "personname",
    "actorname",
    "actressname",
    "directorname",
    "unknownactor",
    "unknownactress",
    "unknownartist",
    "unknowndirector",
    "unknownperson",
    "unknownwriter",
    "notnominated",
    "noawards",
    "nonominations",
    "andmore",
    "andmanymore",
    "seeimdb",
    "uncredited",
    "namenotavailable",
    "namenotfound",
    "notlisted",
    "notcredited",
    "supportingcast",
    "additionalcast",
    "additionalcastmembers",
    "othercastmembers",
    "multipleactors",
    "variousactors",
    "ensemble",
    "ensemblecast",
    "leadactor",
    "leadactress",
    "supportingactor",
    "supportingactress",
    "nodirectorinformation",
    "notcurrentlystreaming",
    "notcurrentlyavailable",
    "notstreaming",
    "notavailableonanyplatform",
    "notavailableforstreaming",
    "streamingservice",
    "streamingplatform",
    "platform",
    "platformname",
    "अजञात",
    "غيرمعروف",
    "미상",
    "알수없음",
];

/// Words for the lack of a price.
const NO_PRICES: &[&str] =
    &["free", "included", "includedwithsubscription", "varies", "subscription"];

/// Beginnings of sentences in which a language model states that it has no value.
const REFUSALS: &[&str] = &[
    "as an ai",
    "as a language model",
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "i don't",
    "i do not",
    "i cannot",
    "i can't",
    "i could not",
    "i couldn't",
    "i was unable",
    "i'm unable",
    "i am unable",
    "unable to",
    "there is no",
];

/// What is lacking in a text such as "no … available".
const LACKING: &[&str] = &[
    "tagline",
    "overview",
    "description",
    "information",
    "data",
    "details",
    "plot",
    "explanation",
];

/// The subjects of such sentences.
const UNKNOWN_THINGS: &[&str] = &[
    "information",
    "language model",
    "verified",
    "reliable",
    "available",
    "official",
    "knowledge",
    "data about",
    "found",
    "known",
    "provided",
];

/// Maximum length in bytes of such a sentence.
const MAX_REFUSAL: usize = 200;

/// Beginnings of a text in brackets that asks for a value.
const REQUESTS: &[&str] = &[
    "insert",
    "enter",
    "add",
    "your",
    "fill",
    "placeholder",
    "todo",
    "tobe",
    "unknown",
    "not",
    "na",
    "actual",
    "provide",
    "please",
    "missing",
    "tbd",
    "tba",
    "none",
    "value",
    "url",
];

/// Hosts reserved for examples ([RFC 2606](https://www.rfc-editor.org/rfc/rfc2606)), and hosts of
/// placeholder images.
const HOSTS: &[&str] = &[
    "example.com",
    "placeholder.com",
    "placehold.co",
    "placehold.it",
    "localhost",
    "127.0.0.1",
    "todo",
];

/// Whether `text` means that the field has no value.
#[must_use]
pub fn is_nothing(field: &Field, text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c));
    if text.is_empty() {
        return true;
    }
    if matches!(field.rule.kind, Kind::Text { .. })
        && field.rule.wording == Wording::Text
        && is_refusal(text)
    {
        return true;
    }
    match &field.rule.kind {
        Kind::Url => return is_no_url(text),
        // "NA" is Namibia.
        Kind::Form { matches, .. } | Kind::Code { matches, .. } if matches(text) => return false,
        _ => {}
    }
    if text.len() > MAX_LENGTH {
        return false;
    }
    let wording = field.rule.wording;
    is_word(text, wording)
        || is_template(text, wording, field)
        || match &field.rule.kind {
            Kind::Date | Kind::PartialDate => is_no_date(text),
            Kind::Form { .. } | Kind::Code { .. } => is_masked(text),
            Kind::Decimal => NO_PRICES.contains(&key_letters(text).as_str()),
            _ => false,
        }
}

/// Whether `text` is not a name of a person, ceremony, platform or genre.
#[must_use]
pub fn is_no_name(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c));
    text.is_empty()
        || (text.len() <= MAX_LENGTH && (is_word(text, Wording::Name) || is_bracketed(text)))
}

/// For each first letter of a word in the tables, a bit set of the lengths of such words, in
/// letters.
static LENGTHS: LazyLock<[u64; 26]> = LazyLock::new(|| {
    let mut lengths = [0_u64; 26];
    for word in IN_EVERY_FIELD.iter().chain(WORDS).chain(NO_NAMES).filter(|word| word.is_ascii()) {
        if let Some(bits) =
            word.bytes().next().and_then(|first| lengths.get_mut(letter_index(first)))
        {
            *bits |= 1 << word.len().min(63);
        }
    }
    lengths
});

/// The index of a letter in the alphabet, from 0; 26 or more for any other byte.
fn letter_index(letter: u8) -> usize {
    usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'))
}

/// Whether a word in the tables has the same first letter and the same number of letters.
fn may_be_word(first: char, text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    let bits = u8::try_from(first).ok().and_then(|first| LENGTHS.get(letter_index(first)));
    bits.is_some_and(|bits| letters < 64 && bits & (1 << letters) != 0)
}

/// Matches `N/A`, `\N`, `(not found)`, `N/A (not nominated)` and dashes.
fn is_word(text: &str, wording: Wording) -> bool {
    let Some(first) = text.chars().find(|c| c.is_alphanumeric()) else {
        return is_only_marks(text, wording);
    };
    if text == r"\N" {
        return true;
    }
    // A quick test that excludes most texts.
    if text.is_ascii() && !text.ends_with(')') && !may_be_word(first, text) {
        return false;
    }
    // An explanation in brackets after the word adds no value.
    let head = match text.find(" (") {
        Some(at) if at > 0 && text.ends_with(')') => &text[..at],
        _ => text,
    };
    let letters = key_letters(head);
    let listed = |words: &[&str]| words.contains(&letters.as_str());
    if listed(IN_EVERY_FIELD) {
        // "Na" is a name of people, except in these forms.
        return letters != "na" || head.contains('/') || head == "NA";
    }
    match wording {
        Wording::Title => text.starts_with('(') && listed(WORDS),
        Wording::Text => listed(WORDS),
        Wording::Name => listed(WORDS) || listed(NO_NAMES),
    }
}

/// Matches "No tagline available", "As an AI language model, I …", and placeholder text.
fn is_refusal(text: &str) -> bool {
    if text.len() > MAX_REFUSAL {
        return text.starts_with("As an AI ") || text.starts_with("Lorem ipsum");
    }
    if !text.starts_with(['A', 'I', 'N', 'S', 'T', 'U', 'L', 'a', 'i', 'n', 's', 't', 'u', 'l']) {
        return false;
    }
    let lower = text.to_lowercase().replace('’', "'");
    lower.starts_with("lorem ipsum")
        || lower.starts_with("as an ai ")
        || (REFUSALS.iter().any(|start| lower.starts_with(start))
            && UNKNOWN_THINGS.iter().any(|thing| lower.contains(thing)))
        || lower.strip_prefix("no ").is_some_and(|rest| {
            let rest = rest.strip_prefix("official ").unwrap_or(rest);
            LACKING.iter().any(|thing| {
                rest.strip_prefix(thing).is_some_and(|rest| rest.split_whitespace().count() <= 3)
            })
        })
}

/// Whether a text consists of dashes or question marks only. A title may be `?`.
fn is_only_marks(text: &str, wording: Wording) -> bool {
    let is_dash = |c: char| matches!(c, '-' | '‐' | '‑' | '–' | '—' | '―' | '−' | '_');
    text.chars().all(is_dash) || (wording != Wording::Title && text.chars().all(|c| c == '?'))
}

/// The text inside a pair of brackets that encloses all of it.
fn bracketed(text: &str) -> Option<&str> {
    let pairs = [("{{", "}}"), ("${", "}"), ("{", "}"), ("<", ">"), ("[", "]"), ("%", "%")];
    pairs.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(open)?.strip_suffix(close)?.trim();
        (!inner.is_empty() && !inner.contains(['{', '}', '<', '>', '[', ']', '"'])).then_some(inner)
    })
}

fn is_bracketed(text: &str) -> bool {
    bracketed(text).is_some()
}

/// Matches a value to fill in: `<tagline>`, `[rating]`, `{{genre}}`, `[insert the title]`,
/// `YOUR_TITLE_HERE`.
fn is_template(text: &str, wording: Wording, field: &Field) -> bool {
    if let Some(inner) = bracketed(text) {
        let is_variable = text.starts_with("{{") || text.starts_with("${");
        return is_variable || wording == Wording::Name || {
            let letters = key_letters(inner);
            let names = std::iter::once(&field.name).chain(field.rule.aliases);
            REQUESTS.iter().any(|start| letters.starts_with(start))
                || names.map(|name| key_letters(name)).any(|name| letters.contains(&name))
        };
    }
    let is_constant = text.contains('_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'));
    is_constant
        && (text.ends_with("_HERE") || text.starts_with("YOUR_") || text.starts_with("INSERT_"))
}

/// Matches `0001-01-01`, `0000-00-00` and `YYYY-MM-DD`.
fn is_no_date(text: &str) -> bool {
    let is_year_zero = ["0000", "0001-01-01"].iter().any(|start| text.starts_with(start));
    let is_pattern = text.bytes().any(|byte| matches!(byte, b'Y' | b'y'))
        && text.bytes().all(|byte| {
            matches!(byte.to_ascii_uppercase(), b'Y' | b'M' | b'D' | b'-' | b'/' | b'.')
        });
    is_year_zero || is_pattern
}

/// Matches a form without a value: `ttXXXXXXX`, `tt0000000`, `YYYY`, `0000` and `XX`.
fn is_masked(text: &str) -> bool {
    let digits = text.strip_prefix("tt").unwrap_or(text);
    digits.len() >= 2
        && (digits.bytes().all(|byte| matches!(byte, b'X' | b'x'))
            || digits.bytes().all(|byte| byte == b'Y')
            || (digits.len() >= 4 && digits.bytes().all(|byte| byte == b'0')))
}

/// Whether a text is not a real URL: a word, a host reserved for examples, or a masked id.
fn is_no_url(text: &str) -> bool {
    let has_scheme = text.contains("://");
    if !has_scheme {
        let is_constant = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        return text.len() <= MAX_LENGTH
            && (is_word(text, Wording::Name)
                || (is_constant && text.contains('_'))
                || bracketed(text).is_some_and(|inner| !inner.contains(['.', '/'])));
    }
    let id = text.rsplit(['/', '=']).next().unwrap_or_default();
    let id = id.split(['.', '?', '&', '#']).next().unwrap_or_default();
    let is_constant = id.ends_with("_ID")
        || ["YOUR_", "INSERT_"].iter().any(|start| id.starts_with(start))
        || id.ends_with("_HERE");
    let is_masked = id.len() >= 4 && id.bytes().all(|byte| matches!(byte, b'X' | b'x'));
    let has_blank = ["...", "<", "{", "path_to_", "path/to/", "%3C", "%7B"];
    let lacks_a_part = is_constant
        || is_masked
        || text.ends_with("watch?v=")
        || has_blank.iter().any(|blank| text.contains(blank));
    // A quick test that avoids parsing most URLs.
    let lower = text.to_ascii_lowercase();
    let may_be_no_host = text.ends_with('/')
        || lower.contains("your")
        || HOSTS.iter().any(|host| lower.contains(host))
        || !text.is_ascii()
        || text.contains('%')
        || text
            .split("://")
            .nth(1)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !lacks_a_part && !may_be_no_host {
        return false;
    }
    let Ok(url) = url::Url::parse(text) else { return text.ends_with("://...") };
    let host = url.host_str().unwrap_or_default();
    let is_no_host = HOSTS.iter().any(|known| {
        host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }) || host.starts_with("your-")
        || host.starts_with("your.");
    // An image of The Movie Database without its file name.
    let lacks_its_name = host == "image.tmdb.org" && text.ends_with('/');
    lacks_a_part || is_no_host || lacks_its_name
}
