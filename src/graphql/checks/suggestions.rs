//! Suggestions for misspelled names.

/// The maximum number of edits between a name and a suggestion.
const MAX_EDITS: usize = 3;
/// The maximum length of a name that gets a suggestion, in bytes.
const MAX_LENGTH: usize = 64;

/// The known name with the fewest edits (ignoring case), if they are few enough for a typing error.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let given = name.to_lowercase();
    let allowed = MAX_EDITS.min(given.len() / 2);
    let edits = |known: &str| strsim::damerau_levenshtein(&given, &known.to_lowercase());
    let near = known.filter(|known| known.len().abs_diff(given.len()) <= allowed);
    let near = near.map(|known| (edits(known), known)).filter(|(edits, _)| *edits <= allowed);
    near.min().map(|(_, known)| known)
}

/// A sentence that suggests the nearest known name, with a leading space; empty if there is none.
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map(|known| format!(" Did you mean \"{known}\"?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_few_edits_is_suggested() {
        let known = ["title", "originalTitle", "year", "id"];
        let nearest = |name| nearest(name, known.iter().copied());
        assert_eq!(nearest("titel"), Some("title"));
        assert_eq!(nearest("original_title"), Some("originalTitle"));
        assert_eq!(nearest("YEAR"), Some("year"));
        assert_eq!(nearest("budget"), None);
        assert_eq!(nearest("x"), None);
    }
}
