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

/// Other English names, what languages are called in themselves, and ISO 639-3 of Indian ones.
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

/// The English name of a language that is given by a name or a code, also with more beside it: "Tamil (India)",
/// "Tamil language", `ta-IN` (BCP 47); `None` if it is not known here.
#[must_use]
pub fn language_name(text: &str) -> Option<&'static str> {
    let whole = comparable(text);
    let first = whole.split(['(', '-', '_', '/', ',']).next().unwrap_or_default().trim();
    let bare = first.strip_suffix(" language").unwrap_or(first);
    exact(&whole).or_else(|| exact(bare))
}

/// The same, of nothing but a name or a code in comparable form.
fn exact(text: &str) -> Option<&'static str> {
    let synonym = SYNONYMS.iter().find(|(name, _)| comparable(name) == text);
    let known = || LANGUAGES.iter().find(|(code, name)| *code == text || comparable(name) == text);
    synonym.or_else(known).map(|(_, language)| *language)
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
