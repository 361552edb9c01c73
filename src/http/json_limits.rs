//! Limits on JSON texts, checked in one pass before any value is built.
//!
//! A tree of values takes many times the memory of its text (`[[],[],…`), so a limit on bytes
//! alone does not limit memory.

/// How much a JSON text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Most values: objects, arrays, strings, numbers, booleans and nulls; keys are not counted.
    pub nodes: usize,
    /// Deepest nesting of objects and arrays.
    pub depth: usize,
}

/// The text holds more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonTooLarge {
    #[error("the body holds more than {allowed} JSON values")]
    Nodes { allowed: usize },
    #[error("the body nests objects and arrays more than {allowed} deep")]
    Depth { allowed: usize },
}

/// Counts the values of a JSON text without building them: linear in its length, without
/// allocation. Exact to within the number of empty objects and arrays, each of which counts twice.
///
/// A text that is not JSON is counted up to where it stops being JSON and may pass; the parser
/// refuses it at that place.
///
/// # Errors
/// When the text holds more values, or nests deeper, than is allowed.
pub fn check(text: &[u8], limits: JsonLimits) -> Result<(), JsonTooLarge> {
    let (mut nodes, mut depth, mut at) = (1_usize, 0_usize, 0_usize);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(text, at),
            b'{' | b'[' => {
                nodes += 1;
                depth += 1;
                if depth > limits.depth {
                    return Err(JsonTooLarge::Depth { allowed: limits.depth });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => nodes += 1,
            _ => {}
        }
        if nodes > limits.nodes {
            return Err(JsonTooLarge::Nodes { allowed: limits.nodes });
        }
    }
    Ok(())
}

/// The place after the closing quotation mark of the string that starts at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: JsonLimits = JsonLimits { nodes: 10, depth: 3 };

    #[test]
    fn values_are_counted_and_not_what_strings_hold() {
        assert_eq!(
            check(br#"{"a": "[[[[[[,,,,,,,,,,,,", "b\"": [1, 2, "\\"], "c": null}"#, LIMITS),
            Ok(())
        );
        let nodes = Err(JsonTooLarge::Nodes { allowed: 10 });
        assert_eq!(check(b"[1,2,3,4,5,6,7,8,9,10]", LIMITS), nodes);
        assert_eq!(check(b"[[],[],[],[],[],[]]", LIMITS), nodes);
    }

    #[test]
    fn nesting_is_limited() {
        assert_eq!(check(b"[[[]],[[]]]", LIMITS), Ok(()));
        assert_eq!(check(b"[[[[]]]]", LIMITS), Err(JsonTooLarge::Depth { allowed: 3 }));
    }

    #[test]
    fn a_text_that_is_not_json_ends_the_count() {
        for text in [&b""[..], b"\"", b"\"\\", b"]]]}}}", b"nonsense"] {
            assert_eq!(check(text, LIMITS), Ok(()));
        }
    }
}
