//! Markdown: links, emphasis, code and headings.

use std::borrow::Cow;

use super::{Part, find_within, replace_parts};

/// Replaces links with their text, and removes the marks of emphasis, code and headings.
pub(super) fn without_markdown(text: &str) -> Cow<'_, str> {
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
