//! Citation marks of language models and encyclopedias.

use std::borrow::Cow;

use super::{Part, find_within, replace_parts};

pub(super) const fn is_superscript(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹')
}

/// Removes `【1†source】`, `[1]`, `[cite: 1]`, `:contentReference[oaicite:0]{index=0}`, and
/// superscript numbers after a word.
pub(super) fn without_citations(text: &str) -> Cow<'_, str> {
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
