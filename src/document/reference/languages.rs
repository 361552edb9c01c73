//! The languages that the reference data names, and their codes.

use crate::document::text::comparable;

/// ISO 639-1 (639-2 where there is none) and the English name.
const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("as", "Assamese"),
    ("bho", "Bhojpuri"),
    ("bn", "Bengali"),
    ("ca", "Catalan"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("en", "English"),
    ("es", "Spanish"),
    ("eu", "Basque"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("is", "Icelandic"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("kn", "Kannada"),
    ("ko", "Korean"),
    ("ml", "Malayalam"),
    ("mr", "Marathi"),
    ("nl", "Dutch"),
    ("no", "Norwegian"),
    ("or", "Odia"),
    ("pa", "Punjabi"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("sv", "Swedish"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("th", "Thai"),
    ("tl", "Filipino"),
    ("tr", "Turkish"),
    ("ur", "Urdu"),
    ("yue", "Cantonese"),
    ("zh", "Chinese"),
];

/// Other English names.
const SYNONYMS: &[(&str, &str)] =
    &[("Bangla", "Bengali"), ("Oriya", "Odia"), ("Mandarin", "Chinese"), ("Tagalog", "Filipino")];

/// The English name of a language that is given by a name or a code; `None` if it is not known here.
#[must_use]
pub fn language_name(text: &str) -> Option<&'static str> {
    let text = comparable(text);
    let synonym = SYNONYMS.iter().find(|(name, _)| comparable(name) == text).map(|(_, language)| *language);
    let known = || LANGUAGES.iter().find(|(code, name)| *code == text || comparable(name) == text);
    synonym.or_else(|| known().map(|(_, name)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_name_and_by_code() {
        for (given, expected) in [
            ("Tamil", Some("Tamil")),
            (" tamil ", Some("Tamil")),
            ("ta", Some("Tamil")),
            ("TA", Some("Tamil")),
            ("Bangla", Some("Bengali")),
            ("bn", Some("Bengali")),
            ("Klingon", None),
            ("", None),
        ] {
            assert_eq!(language_name(given), expected, "{given}");
        }
    }
}
