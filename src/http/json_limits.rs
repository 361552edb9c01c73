//! Limits on JSON texts, checked in one pass before parsing. Parsed values take many times the
//! memory of their text (`[[],[],…`), so a limit on bytes alone does not limit memory.

/// The limits of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Maximum number of values: objects, arrays, strings, numbers, booleans and nulls, without
    /// keys.
    pub nodes: usize,
    /// Maximum nesting depth of objects and arrays.
    pub depth: usize,
}

/// The text exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonTooLarge {
    #[error("the body holds more than {allowed} JSON values")]
    Nodes { allowed: usize },
    #[error("the body nests objects and arrays more than {allowed} deep")]
    Depth { allowed: usize },
}

/// Counts the values of a JSON text without parsing it, in linear time and without allocation.
/// Empty objects and arrays count twice.
///
/// Invalid JSON may pass; the parser rejects it later.
///
/// # Errors
/// When the text has more values, or is nested deeper, than allowed.
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

/// The index after the closing quotation mark of the string with content starting at `at`.
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
    fn values_are_counted_but_not_the_contents_of_strings() {
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
    fn invalid_json_passes() {
        for text in [&b""[..], b"\"", b"\"\\", b"]]]}}}", b"nonsense"] {
            assert_eq!(check(text, LIMITS), Ok(()));
        }
    }
}
