//! Finds marks in a text that do not belong to it: citations, Markdown, HTML, invisible characters.
//!
//! Texts are stored as sent, since any mark may be intended. The cleaned text is shown in a
//! warning, and stored if the import asks for it.

mod characters;
mod citations;
mod html;
mod markdown;

use std::borrow::Cow;

pub use characters::control_character;
use characters::{is_invisible, without_invisible, without_latex_tabs};
use citations::{is_superscript, without_citations};
use html::{without_entities, without_tags};
use markdown::without_markdown;

/// A text without marks, and the kinds of marks that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    pub text: String,
    /// The kinds of marks, as listed in messages.
    pub found: Vec<&'static str>,
}

/// A kind of mark, and the function that removes it.
type Pass = (&'static str, fn(&str) -> Cow<'_, str>);

const PASSES: &[Pass] = &[
    ("citation marks", without_citations),
    ("HTML entities", without_entities),
    ("HTML", without_tags),
    ("Markdown", without_markdown),
    ("invisible characters", without_invisible),
    ("LaTeX commands that became tabs", without_latex_tabs),
];

/// The text without marks; `None` if it has none.
#[must_use]
pub fn cleaned(text: &str) -> Option<Cleaned> {
    if !text.chars().any(may_be_a_mark) {
        return None;
    }
    let mut result = Cow::Borrowed(text);
    let mut found = Vec::new();
    for (name, pass) in PASSES {
        let after = pass(&result);
        if after != result {
            found.push(*name);
            result = Cow::Owned(after.into_owned());
        }
    }
    if found.is_empty() {
        return None;
    }
    Some(Cleaned { text: result.trim().to_owned(), found })
}

fn may_be_a_mark(c: char) -> bool {
    matches!(c, '[' | '【' | '*' | '<' | '&' | '`' | '#' | '~' | '\t' | '\r')
        || is_superscript(c)
        || is_invisible(c)
}

/// A range of a text, and its replacement.
struct Part {
    begin: usize,
    end: usize,
    replacement: String,
}

/// Replaces parts of a text. `part` is called at each mark, with the position of the mark, the end
/// of the previous part, and whether no text remains before the mark. Each part is searched
/// within a bounded length, so the function takes time linear in the length of the text.
fn replace_parts(
    text: &str,
    is_mark: impl Fn(char) -> bool,
    mut part: impl FnMut(usize, usize, bool) -> Option<Part>,
) -> Cow<'_, str> {
    let mut result = String::new();
    let mut kept = 0;
    for (start, _) in text.char_indices().filter(|(_, c)| is_mark(*c)) {
        if start < kept {
            continue;
        }
        let is_first = result.is_empty() && start == kept;
        let Some(Part { begin, end, replacement }) = part(start, kept, is_first) else { continue };
        result.push_str(&text[kept..begin]);
        result.push_str(&replacement);
        kept = end;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(&text[kept..]);
    Cow::Owned(result)
}

/// The position of `close` in a text, if it is at most `most`.
fn find_within(text: &str, close: char, most: usize) -> Option<usize> {
    let end = text.floor_char_boundary(most + close.len_utf8());
    text[..end].find(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> Option<String> {
        cleaned(text).map(|cleaned| cleaned.text)
    }

    #[test]
    fn marks_are_found_and_removed() {
        for (text, expected) in [
            ("The end.【1†source】", "The end."),
            ("One【3†L1-L4】 and two.[2][3]", "One and two."),
            ("Golden Bear[1]", "Golden Bear"),
            ("Best Actress¹", "Best Actress"),
            ("98 :contentReference[oaicite:3]{index=3}", "98"),
            ("[cite_start]It rained.[cite: 4]", "It rained."),
            ("It rained [citation needed].", "It rained."),
            ("A **bold** word and *another*.", "A bold word and another."),
            ("See [the page](https://films.test/a).", "See the page."),
            ("## Plot\nIt rained.", "Plot\nIt rained."),
            ("<p>It <i>rained</i>.</p>", "It rained."),
            ("Tom &amp; Ida&#39;s", "Tom & Ida's"),
            ("zero\u{200B}width\u{FEFF}", "zerowidth"),
            ("it\u{92}s", "it’s"),
            ("one\r\ntwo", "one\ntwo"),
            ("It rained.\u{E200}cite\u{E202}turn0search1\u{E201}", "It rained."),
            ("It rained.[^1]", "It rained."),
            ("A ~~wet~~ dry day<|endoftext|>", "A wet dry day"),
            ("<co: 0>It rained.</co: 0>", "It rained."),
            ("at \textit{Trinity}", "at \\textit{Trinity}"),
        ] {
            assert_eq!(clean(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn text_that_looks_like_marks_is_kept() {
        for text in [
            "Alien³",
            "[REC]",
            "F*** Up #2",
            "2 * 3 * 4",
            "M*A*S*H",
            "Love & Pop; a film",
            "a < b and b > c",
            "<3",
            "[1] is the loneliest number",
            "100 m²",
            "The [redacted] file",
            "C# and F#",
            "می‌خواهم",
            "👩‍🚀",
            "a\tb\nc",
            "AT&T;",
        ] {
            assert_eq!(clean(text), None, "{text}");
        }
    }

    #[test]
    fn texts_with_many_unclosed_marks_are_read() {
        for unit in [
            "<",
            "[",
            "【",
            "&",
            "](http://a",
            "[a](http://a",
            "a¹ ",
            "¹",
            "**",
            "`",
            "*a",
            ":contentReference[oaicite:0]{",
            "\u{E200}",
        ] {
            let text = unit.repeat(200_000 / unit.len());
            let _ = cleaned(&text);
        }
    }

    #[test]
    fn control_characters_are_found_with_their_position() {
        assert_eq!(control_character("a\u{C}rac"), Some((1, '\u{C}')));
        assert_eq!(control_character("\u{1B}[0m"), Some((0, '\u{1B}')));
        assert_eq!(control_character("a\rb"), Some((1, '\r')));
        assert_eq!(control_character("a\r\nb\tc"), None);
    }
}
