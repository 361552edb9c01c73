//! Suggestions for misspelled names, for "did you mean" in messages.

use super::key_letters;

/// Maximum length, in bytes, of a name for which a suggestion is searched. Longer texts are
/// unlikely to be misspelled names, and the comparison takes quadratic time.
const MAX_LENGTH: usize = 64;

/// The known name that is most similar to `word`, or `None` if none is similar enough.
///
/// Case, hyphens, underscores and spaces are ignored. A name is similar enough if at most one third
/// of the letters of the longer name have to be inserted, removed, replaced, or swapped with their
/// neighbour. Of several equally similar names, the first is returned.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let given = key_letters(word);
    if given.is_empty() {
        return None;
    }
    let length = given.chars().count();
    known
        .into_iter()
        .filter_map(|name| {
            let letters = key_letters(name);
            let edits = strsim::osa_distance(&given, &letters);
            (edits * 3 <= length.max(letters.chars().count())).then_some((edits, name))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// A suffix for a message, such as `; did you mean "dry_run"?`. Empty if no known name is similar.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["dry_run", "mode", "target", "expected_plan", "email"];

    #[test]
    fn a_misspelled_name_has_a_suggestion() {
        for (word, expected) in [
            ("dryRun", "dry_run"),
            ("dry-run", "dry_run"),
            ("dryrnu", "dry_run"),
            ("mod", "mode"),
            ("tagret", "target"),
            ("expected_plans", "expected_plan"),
            ("e-mail", "email"),
        ] {
            assert_eq!(nearest(word, KNOWN), Some(expected), "{word}");
        }
    }

    #[test]
    fn an_unrelated_name_has_none() {
        let long = "m".repeat(10_000);
        for word in ["", "_", "colour", "x", "model_name", &long] {
            assert_eq!(nearest(word, KNOWN), None, "{word}");
        }
    }

    #[test]
    fn a_suggestion_is_the_end_of_a_message() {
        assert_eq!(did_you_mean("dryrun", KNOWN), "; did you mean \"dry_run\"?");
        assert_eq!(did_you_mean("colour", KNOWN), "");
    }
}
