//! Unescapes documents that are escaped as a whole: `{\"category\": …` from a log,
//! `{&quot;category&quot;: …` from a web page.

/// The unescaped document at the start of `rest`, and its length in the text.
pub(super) fn unescape(rest: &str) -> Option<(String, usize)> {
    let first = rest.strip_prefix('{')?.trim_start();
    let first = first.trim_start_matches("\\n").trim_start();
    if first.starts_with("\\\"") {
        let length = rest.rfind('}')? + 1;
        let text = rest[..length].replace("\r\n", "\\n").replace('\n', "\\n");
        let inner = serde_json::from_str::<String>(&format!("\"{text}\"")).ok()?;
        return Some((inner, length));
    }
    if ["&quot;", "&#34;", "&#x22;"].iter().any(|quote| first.starts_with(quote)) {
        let length = rest.rfind('}')? + 1;
        return Some((without_entities(&rest[..length]), length));
    }
    None
}

/// Replaces the HTML entities of quotation marks, angle brackets and ampersands.
fn without_entities(text: &str) -> String {
    let mut result = text.to_owned();
    for (entity, character) in [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        result = result.replace(entity, character);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_document_is_unescaped_once() {
        for (text, expected) in [
            (r#"{\"a\": \"b \\\"c\\\"\"} and"#, Some(r#"{"a": "b \"c\""}"#)),
            ("{\n  \\\"a\\\": 1\n}", Some("{\n  \"a\": 1\n}")),
            ("{&quot;a&quot;: &quot;b &amp;amp; c&quot;}", Some("{\"a\": \"b &amp; c\"}")),
            ("{\"a\": \"\\\"\"}", None),
            ("{a}", None),
        ] {
            assert_eq!(unescape(text).map(|(inner, _)| inner).as_deref(), expected, "{text}");
        }
    }
}
