//! Limits on the text of a query, checked before it is parsed.
//!
//! One pass over the text, linear in its length. The parser itself backtracks: for each unclosed
//! block string it reads to the end of the text, and it recurses for each bracket.

use async_graphql::{Pos, ServerError};

use super::Limits;
use crate::graphql::error::{PARSE_FAILED, set_code, too_complex};

/// Maximum length of a name, in bytes.
const MAX_NAME: usize = 200;

/// Checks the number of tokens and the nesting of a query.
///
/// # Errors
/// When there are too many tokens, brackets nest too deeply, a name is too long (all
/// `QUERY_TOO_COMPLEX`), or a string is not closed (`GRAPHQL_PARSE_FAILED`).
pub fn check(text: &str, limits: &Limits) -> Result<(), ServerError> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut depth) = (0_usize, 0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += prefix_length(&bytes[at..], |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'"' => at = end_of_string(text, at)?,
            b'.' => at += prefix_length(&bytes[at..], |byte| byte == b'.').min(3),
            b'{' | b'[' | b'(' => {
                at += 1;
                depth += 1;
                if depth > limits.nesting {
                    let message =
                        format!("the query nests brackets more than {} deep", limits.nesting);
                    return Err(too_complex(message, depth, limits.nesting));
                }
            }
            b'}' | b']' | b')' => {
                at += 1;
                depth = depth.saturating_sub(1);
            }
            b'-' | b'0'..=b'9' => {
                at += 1;
                at += prefix_length(&bytes[at..], |byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')
                });
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                at += prefix_length(&bytes[at..], |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_'
                });
                let length = at - start;
                if length > MAX_NAME {
                    let message =
                        format!("a name has {length} characters; at most {MAX_NAME} are allowed");
                    return Err(with_location(too_complex(message, length, MAX_NAME), text, start));
                }
            }
            _ => at += 1,
        }
        tokens += 1;
        if tokens > limits.tokens {
            let message =
                format!("the query has more than {} tokens; send data as variables", limits.tokens);
            return Err(too_complex(message, tokens, limits.tokens));
        }
    }
    Ok(())
}

/// The number of bytes at the start of `bytes` that match.
fn prefix_length(bytes: &[u8], matches_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !matches_kind(*byte)).unwrap_or(bytes.len())
}

/// The byte position after the string or block string that starts at `start`.
fn end_of_string(text: &str, start: usize) -> Result<usize, ServerError> {
    let bytes = text.as_bytes();
    let is_block = bytes[start..].starts_with(b"\"\"\"");
    let mut at = start + if is_block { 3 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if is_block && bytes[at + 1..].starts_with(b"\"\"\"") => at += 4,
            b'"' if is_block && bytes[at..].starts_with(b"\"\"\"") => return Ok(at + 3),
            b'\\' if !is_block => at += 2,
            b'"' if !is_block => return Ok(at + 1),
            b'\n' | b'\r' if !is_block => break,
            _ => at += 1,
        }
    }
    let mut failed = ServerError::new("the query is not GraphQL: a string is not closed", None);
    set_code(&mut failed, PARSE_FAILED);
    Err(with_location(failed, text, start))
}

/// Adds the line and column of a byte position to an error.
fn with_location(mut error: ServerError, text: &str, at: usize) -> ServerError {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    error.locations = vec![Pos {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }];
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::error::{QUERY_TOO_COMPLEX, code_of};

    fn code(text: &str) -> Option<String> {
        let limits = Limits { tokens: 12, nesting: 3, ..Limits::default() };
        check(text, &limits).err().and_then(|error| code_of(&error).map(str::to_owned))
    }

    #[test]
    fn tokens_are_counted_without_comments_and_commas() {
        assert_eq!(code("query A($a: Int = -1.5e+3) { b }"), Some(QUERY_TOO_COMPLEX.to_owned()));
        assert_eq!(code("{ a,,,,,,,,,,,,, # b c d e f g h i j k l m n\n ... on C { d } }"), None);
        assert_eq!(code(r#"{ a(b: "c d e f g h i j k l m n { [ (") }"#), None);
    }

    #[test]
    fn nesting_and_names_are_limited() {
        assert_eq!(code("{ a { b { c } } }"), None);
        assert_eq!(code("{ a { b { c(d: 1) } } }"), Some(QUERY_TOO_COMPLEX.to_owned()));
        let name = "n".repeat(MAX_NAME + 1);
        assert_eq!(code(&format!("{{ {name} }}")), Some(QUERY_TOO_COMPLEX.to_owned()));
    }

    #[test]
    fn unclosed_strings_are_rejected() {
        for text in ["{ a(b: \"c) }", "{ a(b: \"c\n\") }", "{ a(b: \"\"\"c\") }", "\"\\"] {
            assert_eq!(code(text), Some(PARSE_FAILED.to_owned()), "{text}");
        }
        for text in
            ["{ a(b: \"\") }", "{ a(b: \"\"\"c\\\"\"\"d\n\"\"\") }", "\"\\\\\"", "\"\u{e9}\""]
        {
            assert_eq!(code(text), None, "{text}");
        }
    }
}
