//! Notes in the name of a credit: `(uncredited)`, `[verify]`, and the same name in another script,
//! `Wong Kar-wai (王家衛)`.

use super::split_names::is_full_name;
use crate::document::text::comparable;

/// A name and the notes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameWithNotes {
    /// The name without the notes.
    pub name: String,
    /// The notes as written, in their order.
    pub notes: Vec<String>,
    /// The same name in another script, if one of the notes is such a name.
    pub other_script: Option<String>,
    /// Whether none of the notes can be part of the name.
    pub is_certain: bool,
}

/// Known notes, in comparable form.
const NOTES: &[&str] = &[
    // The kind of appearance.
    "uncredited",
    "not credited",
    "credited",
    "credit only",
    "voice",
    "voice only",
    "voice role",
    "voice over",
    "voiceover",
    "voice-over",
    "singing voice",
    "speaking voice",
    "narrator",
    "narration",
    "cameo",
    "cameo appearance",
    "cameo role",
    "special appearance",
    "special appearances",
    "special guest",
    "special guest appearance",
    "friendly appearance",
    "guest",
    "guest appearance",
    "guest role",
    "guest star",
    "extended cameo",
    "archive",
    "archive footage",
    "archive sound",
    "archival footage",
    "deleted scene",
    "deleted scenes",
    "scenes deleted",
    "motion capture",
    "body double",
    "stunt double",
    "child artist",
    "posthumous",
    "posthumous release",
    "debut",
    "film debut",
    "dual role",
    "double role",
    // Remarks of editors.
    "verify",
    "to verify",
    "please verify",
    "to be verified",
    "needs verification",
    "unverified",
    "not verified",
    "unconfirmed",
    "to be confirmed",
    "confirm",
    "please confirm",
    "check",
    "please check",
    "check spelling",
    "check name",
    "spelling",
    "spelling?",
    "sic",
    "?",
    "??",
    "unsure",
    "uncertain",
    "not sure",
    "citation needed",
    "rumored",
    "rumoured",
    "added",
    "new",
    "corrected",
    "updated",
    // Occupations, which the list already states.
    "actor",
    "actress",
    "filmmaker",
    "director",
    "producer",
    "writer",
    "screenwriter",
    "composer",
    "singer",
    "cinematographer",
    "editor",
    // The same in other languages.
    "声",
    "声の出演",
    "特別出演",
    "友情出演",
    "特别出演",
    "客串",
    "목소리",
    "특별출연",
    "우정출연",
    "озвучка",
    "голос",
    "камео",
    "voix",
    "non credite",
    "no acreditado",
    "no acreditada",
    "stimme",
];

/// The beginnings of notes that give the name in the credits or another name.
const BEGINNINGS: &[&str] = &[
    "as ",
    "credited as ",
    "billed as ",
    "listed as ",
    "also known as ",
    "also credited as ",
    "aka ",
    "a.k.a. ",
    "a.k.a ",
    "a/k/a ",
    "nee ",
    "born ",
    "formerly ",
];

/// Jobs that are written after the names of writers and producers, in comparable form.
const JOBS: &[&str] = &[
    "story",
    "original story",
    "story by",
    "screenplay",
    "screen story",
    "screenplay by",
    "script",
    "dialogue",
    "dialogues",
    "additional dialogue",
    "novel",
    "original novel",
    "book",
    "play",
    "short story",
    "adaptation",
    "lyrics",
    "characters",
    "executive producer",
    "co-producer",
    "associate producer",
    "line producer",
];

const BRACKETS: [(char, char); 6] =
    [('(', ')'), ('[', ']'), ('（', '）'), ('［', '］'), ('【', '】'), ('〔', '〕')];
const DASHES: [&str; 4] = [" - ", " – ", " — ", ", "];

/// The maximum number of notes after a name.
const MAX_NOTES: usize = 4;
/// The maximum length of a name in characters; longer names are not examined.
const MAX_NAME_LENGTH: usize = 200;

/// Splits a name from the notes after it; `None` if there are none.
#[must_use]
pub fn split_notes(text: &str) -> Option<NameWithNotes> {
    if text.chars().nth(MAX_NAME_LENGTH).is_some() {
        return None;
    }
    let mut found = NameWithNotes {
        name: text.trim().to_owned(),
        notes: vec![],
        other_script: None,
        is_certain: true,
    };
    while found.notes.len() < MAX_NOTES {
        let Some((name, note, is_bracket)) = last_note(&found.name) else { break };
        let is_known = is_note(note) || job_of_note(note).is_some();
        let is_other_script = is_bracket && is_in_another_script(name, note);
        if !is_known && !is_other_script {
            // Only the last note may be unknown, and then the result is uncertain.
            if is_bracket && found.notes.is_empty() && may_be_note(name, note) {
                found.is_certain = false;
                let (name, note) = (name.to_owned(), note.to_owned());
                (found.name, found.notes) = (name, vec![note]);
            }
            break;
        }
        if is_other_script && !is_known {
            found.other_script = Some(note.to_owned());
        }
        let (name, note) = (name.to_owned(), note.to_owned());
        found.notes.insert(0, note);
        found.name = name;
    }
    (!found.notes.is_empty()).then_some(found)
}

/// The job that a note states, with capital initials; `None` if the note is not a job.
#[must_use]
pub fn job_of_note(note: &str) -> Option<String> {
    let note = note.trim();
    let key = comparable(note);
    if !is_in(JOBS, &key) {
        return None;
    }
    let words = note.split(' ').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// The name, its last note, and whether the note is in brackets. After a dash or a comma only known
/// notes count.
fn last_note(text: &str) -> Option<(&str, &str, bool)> {
    for (open, close) in BRACKETS {
        if let Some(rest) = text.strip_suffix(close)
            && let Some(start) = rest.rfind(open)
        {
            let (name, note) = (rest[..start].trim(), rest[start + open.len_utf8()..].trim());
            let is_complete = !name.is_empty() && !note.is_empty();
            return is_complete.then_some((name, note, true));
        }
    }
    for dash in DASHES {
        if let Some((name, note)) = text.rsplit_once(dash)
            && !name.trim().is_empty()
            && is_in(NOTES, &comparable(note))
        {
            return Some((name.trim(), note.trim(), false));
        }
    }
    None
}

/// Whether a table contains a text in comparable form. Entries in other scripts may have to be
/// brought into that form first.
fn is_in(table: &[&str], key: &str) -> bool {
    table.contains(&key)
        || (!key.is_ascii()
            && table.iter().any(|entry| !entry.is_ascii() && comparable(entry) == key))
}

/// Whether a text is a known note, or several separated by commas.
fn is_note(text: &str) -> bool {
    let key = comparable(text);
    let key = key.trim_matches(['*', ':', '.', '!', ' ']);
    let is_one = |key: &str| {
        let key = key.trim();
        is_in(NOTES, key) || BEGINNINGS.iter().any(|start| key.starts_with(start))
    };
    is_one(key) || key.split([',', ';']).all(is_one)
}

/// Whether an unknown text in brackets may be a note. A number distinguishes people of one name,
/// and a text after a single word may belong to the name.
fn may_be_note(name: &str, note: &str) -> bool {
    let is_number = note.chars().all(|c| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X'));
    !is_number && name.contains(' ')
}

/// Whether two texts are one name in two scripts.
fn is_in_another_script(name: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<Vec<char>>();
    let (own, others) = (letters(name), letters(other));
    let is_latin =
        |c: &char| c.is_ascii() || matches!(c, '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}');
    let (latin, foreign) = (own.iter().all(is_latin), others.iter().any(is_latin));
    let is_other = if latin { !foreign } else { !own.iter().any(is_latin) && is_full_name(other) };
    let has_digits = other.chars().any(|c| c.is_ascii_digit());
    own.len() > 1 && others.len() > 1 && is_other && !has_digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_split_from_a_name() {
        for (text, name, notes) in [
            ("Ada Quist (special appearance)", "Ada Quist", vec!["special appearance"]),
            ("Bo Renn [verify]", "Bo Renn", vec!["verify"]),
            ("Bo Renn (credited as B. Renn)", "Bo Renn", vec!["credited as B. Renn"]),
            ("Bo Renn (voice) (uncredited)", "Bo Renn", vec!["voice", "uncredited"]),
            ("Bo Renn (voice, uncredited)", "Bo Renn", vec!["voice, uncredited"]),
            ("石田海（声）", "石田海", vec!["声"]),
            ("Ada Quist - Special Appearance", "Ada Quist", vec!["Special Appearance"]),
            ("Ada Quist, uncredited", "Ada Quist", vec!["uncredited"]),
            ("Ada Quist (story)", "Ada Quist", vec!["story"]),
            ("Cher (voice)", "Cher", vec!["voice"]),
        ] {
            let found = split_notes(text).unwrap();
            assert!(found.is_certain && found.other_script.is_none(), "{text}");
            assert_eq!((found.name.as_str(), found.notes), (name, notes.map_to_owned()), "{text}");
        }
    }

    #[test]
    fn the_name_in_another_script_is_split_off() {
        for (text, name, other) in [
            ("Wang Hai (王海)", "Wang Hai", "王海"),
            ("王海 (Wang Hai)", "王海", "Wang Hai"),
            ("Olga Lis (Ольга Лис)", "Olga Lis", "Ольга Лис"),
        ] {
            let found = split_notes(text).unwrap();
            assert_eq!(
                (found.name.as_str(), found.other_script.as_deref(), found.is_certain),
                (name, Some(other), true),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_of_a_name_are_not_notes() {
        for text in [
            "Ada Quist",
            "Thora \"Bird\" Moor",
            "Thora (Bird) Moor",
            "Ada Quist (II)",
            "Ada Quist (2)",
            "Bhatti, Ace",
            "Quist, Jr.",
            "(uncredited)",
            "Jean-Luc Moor",
            "P!nk (band)",
        ] {
            assert_eq!(split_notes(text), None, "{text}");
        }
        assert!(!split_notes("Ada Quist (of Wismar)").unwrap().is_certain);
    }

    trait MapToOwned {
        fn map_to_owned(self) -> Vec<String>;
    }

    impl MapToOwned for Vec<&str> {
        fn map_to_owned(self) -> Vec<String> {
            self.into_iter().map(str::to_owned).collect()
        }
    }
}
