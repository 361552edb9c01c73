//! HTML tags and entities, and the tokens of language models that look like tags.

use std::borrow::Cow;

use super::{Part, find_within, replace_parts};

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

pub(super) fn without_tags(text: &str) -> Cow<'_, str> {
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

pub(super) fn without_entities(text: &str) -> Cow<'_, str> {
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
