//! Strips citation marks and notes in brackets from around a value.

/// `text` without citation marks at its end: `【3†source】`, `[2]`, `[cite: 1, 2]`,
/// `:contentReference[oaicite:3]{index=3}` and superscript numbers.
#[must_use]
pub fn without_citations(text: &str) -> &str {
    let mut rest = text.trim();
    loop {
        let before = rest.len();
        rest = without_last_citation(rest).trim_end();
        if rest.len() == before {
            return rest;
        }
    }
}

fn without_last_citation(text: &str) -> &str {
    let cut = |open: &str, close: &str, is_mark: fn(&str) -> bool| {
        let inner_end = text.strip_suffix(close)?;
        let start = inner_end.rfind(open)?;
        is_mark(&inner_end[start + open.len()..]).then(|| &text[..start])
    };
    let is_number = |inner: &str| {
        !inner.is_empty()
            && inner.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'-'))
    };
    let is_named = |inner: &str| inner.starts_with("cite") || inner.starts_with("source");
    if text.ends_with('}')
        && let Some(start) = text.rfind(":contentReference[oaicite:")
    {
        return &text[..start];
    }
    cut("【", "】", |_| true)
        .or_else(|| cut("[", "]", is_number))
        .or_else(|| cut("[", "]", is_named))
        .unwrap_or_else(|| {
            text.trim_end_matches(['¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁰'])
        })
}

/// `text` without a note in brackets at its end: `July 21, 2023 (United States)`.
#[must_use]
pub fn without_note(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_suffix(')').or_else(|| text.strip_suffix(']')) else {
        return text;
    };
    let open = if text.ends_with(')') { '(' } else { '[' };
    match inner.rfind(open) {
        Some(at) if at > 0 && !text[..at].trim().is_empty() => text[..at].trim_end(),
        _ => text,
    }
}

/// `text` without citations and without a note, for a number, a date or a code.
#[must_use]
pub fn bare(text: &str) -> &str {
    without_citations(without_note(without_citations(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_and_notes_are_not_part_of_a_value() {
        for (sent, value) in [
            ("100%【3†source】", "100%"),
            ("98 (Metacritic) :contentReference[oaicite:3]{index=3}", "98"),
            ("1954[2][3]", "1954"),
            ("207 [cite: 1, 2]", "207"),
            ("1954¹", "1954"),
            ("July 21, 2023 (United States)", "July 21, 2023"),
            ("2020 (92nd)", "2020"),
            ("(1999)", "(1999)"),
            ("[7]", ""),
            ("", ""),
        ] {
            assert_eq!(bare(sent), value, "{sent}");
        }
    }
}
