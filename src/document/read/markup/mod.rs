//! Finds marks in a text that do not belong to it: citations, Markdown, HTML, invisible characters.
//!
//! Texts are stored as sent, since any mark may be intended. The cleaned text is shown in a
//! warning, and stored if the import asks for it.

use std::borrow::Cow;

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

/// The first control character other than a tab, a line feed or CR LF, with its character index.
#[must_use]
pub fn control_character(text: &str) -> Option<(usize, char)> {
    let is_control = |byte: &u8| *byte < 0x20 || *byte == 0x7F;
    if !text.as_bytes().iter().any(|byte| is_control(byte) && !matches!(byte, b'\t' | b'\n')) {
        return None;
    }
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        let is_allowed = match c {
            '\t' | '\n' => true,
            '\r' => chars.peek().is_some_and(|(_, next)| *next == '\n'),
            c => !(c < ' ' || c == '\u{7F}'),
        };
        if !is_allowed {
            return Some((at, c));
        }
    }
    None
}

const fn is_superscript(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹')
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

/// Removes `【1†source】`, `[1]`, `[cite: 1]`, `:contentReference[oaicite:0]{index=0}`, and
/// superscript numbers after a word.
fn without_citations(text: &str) -> Cow<'_, str> {
    // "Alien³" is a title: a superscript after a single word belongs to it.
    let second_word = text.split_whitespace().nth(1).map(|word| {
        // Both point into the same text.
        word.as_ptr().addr() - text.as_ptr().addr()
    });
    let is_mark = |c: char| matches!(c, '[' | '【') || (is_superscript(c) && c != '⁰');
    replace_parts(text, is_mark, |start, kept, _| {
        let in_a_sentence = second_word.is_some_and(|second| second < start);
        let (begin, end) = citation(text, start, in_a_sentence)?;
        let begin = kept + text[kept..begin].trim_end_matches(' ').len();
        Some(Part { begin, end, replacement: String::new() })
    })
}

/// The text before some citations: `:contentReference[oaicite:0]{index=0}`.
const REFERENCE: &str = ":contentReference";

/// The start and the end of the citation at `start`.
fn citation(text: &str, start: usize, in_a_sentence: bool) -> Option<(usize, usize)> {
    let rest = &text[start..];
    if let Some(inner) = rest.strip_prefix('【') {
        let length = find_within(inner, '】', 60)?;
        return Some((start, start + '【'.len_utf8() + length + '】'.len_utf8()));
    }
    if let Some(inner) = rest.strip_prefix('[') {
        let length = find_within(inner, ']', 60)?;
        let end = start + length + 2;
        let mark = &inner[..length];
        if mark.starts_with("oaicite:") && text[..start].ends_with(REFERENCE) {
            let index = text[end..].strip_prefix('{');
            let index = index.and_then(|index| find_within(index, '}', 60));
            return Some((start - REFERENCE.len(), end + index.map_or(0, |length| length + 2)));
        }
        let is_number = !mark.is_empty()
            && mark.len() <= 12
            && mark.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'-'))
            && mark.split([',', '-']).all(|number| (1..=3).contains(&number.trim().len()));
        let is_footnote = mark.strip_prefix('^').is_some_and(|mark| {
            !mark.is_empty() && mark.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let is_named = is_footnote
            || ["cite", "citation", "source"].iter().any(|word| {
                mark.strip_prefix(word)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
            });
        // After a word or the end of a sentence, and not the text of a link.
        let follows = text[..start].chars().next_back().is_some_and(|c| !c.is_whitespace());
        let is_link = text[end..].starts_with('(');
        return (((is_number && follows) || is_named) && !is_link).then_some((start, end));
    }
    if text[..start].ends_with(is_superscript) {
        return None;
    }
    let end = rest.find(|c: char| !is_superscript(c)).map_or(text.len(), |length| start + length);
    let word = text[..start].rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let ends = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    let follows_mark = text[..start].ends_with(['.', ',', '”', '"']);
    (ends && ((in_a_sentence && word.chars().nth(4).is_some()) || follows_mark))
        .then_some((start, end))
}

const TAGS: &[&str] = &[
    "a",
    "b",
    "i",
    "u",
    "s",
    "p",
    "br",
    "em",
    "strong",
    "span",
    "div",
    "sup",
    "sub",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "img",
    "font",
    "small",
    "q",
    "blockquote",
    "code",
    "hr",
];

fn without_tags(text: &str) -> Cow<'_, str> {
    replace_parts(
        text,
        |c| c == '<',
        |begin, _, is_first| {
            let inner = &text[begin + 1..];
            let length = find_within(inner, '>', 500)?;
            let end = begin + length + 2;
            if inner.starts_with(char::is_whitespace) {
                return None;
            }
            let is_token = inner.starts_with('|') && inner[..length].ends_with('|');
            let is_co = inner[..length].trim_start_matches('/').starts_with("co:")
                || inner[..length] == *"/co";
            if is_token || is_co {
                return Some(Part { begin, end, replacement: String::new() });
            }
            let tag = inner[..length].trim_start_matches('/').trim_end_matches('/').trim();
            let name = tag.split(char::is_whitespace).next().unwrap_or_default();
            let name = name.to_ascii_lowercase();
            if !TAGS.contains(&name.as_str()) {
                return None;
            }
            let ends_a_line = matches!(name.as_str(), "br" | "p" | "li" | "div") && !is_first;
            let replacement = if ends_a_line { "\n".to_owned() } else { String::new() };
            Some(Part { begin, end, replacement })
        },
    )
}

const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{A0}"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("auml", "ä"),
    ("szlig", "ß"),
    ("ccedil", "ç"),
    ("ntilde", "ñ"),
];

fn without_entities(text: &str) -> Cow<'_, str> {
    replace_parts(
        text,
        |c| c == '&',
        |begin, _, _| {
            let inner = &text[begin + 1..];
            let length = find_within(inner, ';', 10).filter(|length| *length > 0)?;
            let replacement = entity(&inner[..length])?;
            Some(Part { begin, end: begin + length + 2, replacement })
        },
    )
}

fn entity(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        };
        let replacement = code.and_then(char::from_u32).filter(|c| !c.is_control());
        return replacement.map(String::from);
    }
    ENTITIES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, replacement)| (*replacement).to_owned())
}

/// Replaces links with their text, and removes the marks of emphasis, code and headings.
fn without_markdown(text: &str) -> Cow<'_, str> {
    let links = without_links(text);
    let emphasis = ["**", "*", "~~", "`"];
    let plain = emphasis.iter().fold(links, |text, mark| match without_pairs(&text, mark) {
        Some(changed) => Cow::Owned(changed),
        None => text,
    });
    let is_heading = |line: &str| {
        let rest = line.trim_start_matches('#');
        rest.len() < line.len() && line.len() - rest.len() <= 6 && rest.starts_with(' ')
    };
    if !plain.lines().any(is_heading) {
        return plain;
    }
    let lines = plain.lines().map(|line| {
        if is_heading(line) { line.trim_start_matches('#').trim_start() } else { line }
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

fn without_links(text: &str) -> Cow<'_, str> {
    let mut last_open = None;
    replace_parts(
        text,
        |c| matches!(c, '[' | ']'),
        |at, kept, _| {
            if text[at..].starts_with('[') {
                last_open = Some(at);
                return None;
            }
            let address = text[at..].strip_prefix("](")?;
            let length = find_within(address, ')', 2_048)?;
            let open = last_open.filter(|open| *open >= kept)?;
            if !["http://", "https://"].iter().any(|scheme| address.starts_with(scheme)) {
                return None;
            }
            let begin = kept + text[kept..open].trim_end_matches('!').len();
            Some(Part {
                begin,
                end: at + 2 + length + 1,
                replacement: text[open + 1..at].to_owned(),
            })
        },
    )
}

/// Removes pairs of `mark` around words; `None` if there are none.
fn without_pairs(text: &str, mark: &str) -> Option<String> {
    if !text.contains(mark) {
        return None;
    }
    let sign = mark.chars().next()?;
    let is_open = |start: usize| {
        let before = text[..start].chars().next_back();
        let after = text[start + mark.len()..].chars().next();
        before.is_none_or(|c| c != sign && !c.is_alphanumeric())
            && after.is_some_and(|c| c != sign && !c.is_whitespace())
    };
    let is_close = |start: usize| {
        let before = text[..start].chars().next_back();
        let after = text[start + mark.len()..].chars().next();
        before.is_some_and(|c| c != sign && !c.is_whitespace())
            && after.is_none_or(|c| c != sign && !c.is_alphanumeric())
    };
    let mut result = String::new();
    let mut kept = 0;
    let mut open = None;
    for (start, _) in text.match_indices(mark) {
        match open {
            Some(begin) if is_close(start) => {
                result.push_str(&text[kept..begin]);
                result.push_str(&text[begin + mark.len()..start]);
                kept = start + mark.len();
                open = None;
            }
            None if is_open(start) => open = Some(start),
            _ => {}
        }
    }
    (kept > 0).then(|| {
        result.push_str(&text[kept..]);
        result
    })
}

/// Zero-width characters that no script needs, bidirectional controls, C1 controls, private-use
/// characters and tags.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' | '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

fn without_invisible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    // Private-use characters may enclose a citation: `cite` and its number.
    let mut within = false;
    let text: String = text
        .chars()
        .filter(|c| match c {
            '\u{E200}' => {
                within = true;
                false
            }
            '\u{E201}' => {
                within = false;
                false
            }
            _ => !within,
        })
        .collect();
    // Windows-1252 has letters and punctuation in the range of the C1 controls.
    let shown = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => {
            let decoded = encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next();
            decoded.filter(|c| !c.is_control())
        }
        _ => (!is_invisible(c) && c != '\r').then_some(c),
    };
    Cow::Owned(text.chars().filter_map(shown).collect())
}

/// The rest of LaTeX commands that begin with `\t`, after `\t` was read as a tab.
const AFTER_TAB: &[&str] = &["extit{", "extbf{", "ext{", "exttt{", "imes", "heta", "an(", "au "];

fn without_latex_tabs(text: &str) -> Cow<'_, str> {
    let is_command = |at: usize| AFTER_TAB.iter().any(|rest| text[at + 1..].starts_with(rest));
    if !text.match_indices('\t').any(|(at, _)| is_command(at)) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if c == '\t' && is_command(at) { result.push_str("\\t") } else { result.push(c) }
    }
    Cow::Owned(result)
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
