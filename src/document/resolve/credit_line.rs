//! Parses credits that are written as one line of text: `Ida Berg as Big Mona`, `1. Ida Berg`,
//! `Directed by John McTiernan`.

use super::credit_notes::split_notes;

/// Separators between a name and a character.
const SEPARATORS: [&str; 7] = [" as ", " ... ", " … ", " – ", " — ", " - ", ": "];

/// Headings before a name that state the job, in lower case.
const HEADINGS: [&str; 16] = [
    "directed by ",
    "written by ",
    "screenplay by ",
    "story by ",
    "produced by ",
    "music by ",
    "edited by ",
    "cinematography by ",
    "starring ",
    "director: ",
    "writer: ",
    "producer: ",
    "composer: ",
    "actor: ",
    "actress: ",
    "cast: ",
];

/// The maximum number of digits of a line number.
const MAX_DIGITS: usize = 3;

/// Whether a text may contain more than a name.
#[must_use]
pub fn may_be_credit_line(text: &str) -> bool {
    SEPARATORS.iter().any(|between| text.contains(between)) || without_heading(text).is_some()
}

/// The line without its number and its heading; `None` if it has neither.
#[must_use]
pub fn without_heading(text: &str) -> Option<&str> {
    let line = without_number(text).unwrap_or(text);
    let heading = HEADINGS.iter().find(|heading| {
        line.get(..heading.len()).is_some_and(|start| start.eq_ignore_ascii_case(heading))
    });
    let name = heading.map_or(line, |heading| &line[heading.len()..]).trim();
    (name.len() < text.trim().len() && name.contains(char::is_alphabetic)).then_some(name)
}

fn without_number(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if !(1..=MAX_DIGITS).contains(&(text.len() - rest.len())) {
        return None;
    }
    rest.strip_prefix(['.', ')'])?.strip_prefix(' ')
}

/// The name and the character in a line; `None` if the line is a name alone, or a name with a note.
#[must_use]
pub fn name_and_character(text: &str) -> Option<(&str, &str)> {
    let found = SEPARATORS.iter().filter_map(|between| {
        let at = text.find(between)?;
        Some((at, at + between.len()))
    });
    let (end, start) = found.min()?;
    let (name, part) = (text[..end].trim(), text[start..].trim());
    let is_note = || {
        split_notes(text).is_some_and(|found| found.is_certain && found.name.len() <= name.len())
    };
    let is_split = !name.is_empty()
        && !part.is_empty()
        && !name.contains(['(', '[', '（', '［', '"', ','])
        && !is_note();
    is_split.then_some((name, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_into_name_and_character() {
        for (text, name, part) in [
            ("Ida Berg as Big Mona", "Ida Berg", "Big Mona"),
            ("Bo Quist - John Marsh", "Bo Quist", "John Marsh"),
            ("Ida Berg: Mona", "Ida Berg", "Mona"),
            ("Brad Pitt ... Jules (voice)", "Brad Pitt", "Jules (voice)"),
            ("Ada Quist – The Pilot - later", "Ada Quist", "The Pilot - later"),
        ] {
            assert_eq!(name_and_character(text), Some((name, part)), "{text}");
        }
        for text in [
            "Ada Quist",
            "Ada Quist - uncredited",
            "Ada Quist (credited as A. Quist)",
            "Jean-Luc Moor",
            "Ada Quist as ",
        ] {
            assert_eq!(name_and_character(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_headings_before_a_name_are_removed() {
        for (text, name) in [
            ("1. Ida Berg", "Ida Berg"),
            ("12) Ida Berg", "Ida Berg"),
            ("Directed by John McTiernan", "John McTiernan"),
            ("2. Written by Ada Quist", "Ada Quist"),
        ] {
            assert_eq!(without_heading(text), Some(name), "{text}");
        }
        for text in ["50 Cent", "Ida Berg", "1. 2", "1984. Ida Berg", "Directed by "] {
            assert_eq!(without_heading(text), None, "{text}");
        }
    }
}
