//! The languages that occur in the reference data, with their codes and other names.

use crate::document::text::comparable;

/// The ISO 639-1 code (ISO 639-2 if there is none) and the English name of each language.
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

/// Other English names, native names, and ISO 639-3 codes of Indian languages.
const SYNONYMS: &[(&str, &str)] = &[
    ("Bangla", "Bengali"),
    ("Oriya", "Odia"),
    ("Mandarin", "Chinese"),
    ("Tagalog", "Filipino"),
    ("Tamizh", "Tamil"),
    ("বাংলা", "Bengali"),
    ("ગુજરાતી", "Gujarati"),
    ("हिन्दी", "Hindi"),
    ("हिंदी", "Hindi"),
    ("ಕನ್ನಡ", "Kannada"),
    ("മലയാളം", "Malayalam"),
    ("मराठी", "Marathi"),
    ("ਪੰਜਾਬੀ", "Punjabi"),
    ("தமிழ்", "Tamil"),
    ("తెలుగు", "Telugu"),
    ("اردو", "Urdu"),
    ("asm", "Assamese"),
    ("ben", "Bengali"),
    ("guj", "Gujarati"),
    ("hin", "Hindi"),
    ("kan", "Kannada"),
    ("mal", "Malayalam"),
    ("mar", "Marathi"),
    ("ori", "Odia"),
    ("pan", "Punjabi"),
    ("tam", "Tamil"),
    ("tel", "Telugu"),
    ("urd", "Urdu"),
];

/// The English name of a language that is given by name or code, which may have a suffix: "Tamil
/// (India)", "Tamil language", `ta-IN` (BCP 47). `None` if the language is not in the list.
#[must_use]
pub fn language_name(text: &str) -> Option<&'static str> {
    let whole = comparable(text);
    let first = whole.split(['(', '-', '_', '/', ',']).next().unwrap_or_default().trim();
    let bare = first.strip_suffix(" language").unwrap_or(first);
    exact(&whole).or_else(|| exact(bare))
}

/// The English name of a language, given by a name or code without a suffix, in comparable form.
fn exact(text: &str) -> Option<&'static str> {
    let synonym = SYNONYMS.iter().find(|(name, _)| comparable(name) == text);
    let known = || LANGUAGES.iter().find(|(code, name)| *code == text || comparable(name) == text);
    synonym.or_else(known).map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_name_and_by_code() {
        for (given, expected) in [
            ("Tamil", Some("Tamil")),
            (" tamil ", Some("Tamil")),
            ("ta", Some("Tamil")),
            ("TA", Some("Tamil")),
            ("Bangla", Some("Bengali")),
            ("bn", Some("Bengali")),
            ("Tamil (India)", Some("Tamil")),
            ("Tamil language", Some("Tamil")),
            ("ta-IN", Some("Tamil")),
            ("tel", Some("Telugu")),
            ("தமிழ்", Some("Tamil")),
            ("മലയാളം", Some("Malayalam")),
            ("Klingon (Tamil)", None),
            ("Klingon", None),
            ("", None),
        ] {
            assert_eq!(language_name(given), expected, "{given}");
        }
    }
}
