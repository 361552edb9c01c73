//! Finds marks that separate the answer of a language model from its reasoning, the prompt, other
//! turns of a conversation, and blocks in other forms than JSON.
//!
//! Only marks outside of the documents count: texts in a document may mention them.

use super::foreign::Form;

/// A mark in a text.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

/// The meaning of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reasoning begins.
    ReasoningBegins,
    /// Reasoning ends. Without a beginning, everything before the mark is reasoning.
    ReasoningEnds,
    /// A turn of the model begins: the answer, if a document follows.
    Answer,
    /// A turn of a user, the system or a tool begins.
    Prompt,
    /// The text between `at` and `end` is in a form other than JSON.
    Other(Form),
}

/// Names of tags around reasoning.
const REASONING: [&str; 12] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reason",
    "reflection",
    "analysis",
    "scratchpad",
    "antthinking",
    "seed:think",
    "internal_monologue",
];
/// Names of tags around the answer.
const ANSWER: [&str; 4] = ["answer", "final_answer", "final", "final-answer"];
/// Maximum length of a tag in bytes.
const MAX_TAG: usize = 80;
/// Tokens that end a channel of the harmony format.
const CHANNEL_ENDS: [&str; 5] = ["<|end|>", "<|start|>", "<|channel|>", "<|return|>", "<|call|>"];

/// The marks of a text, in order.
pub(super) fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut passed = 0;
    // The harmony format without its special tokens.
    if text.trim_start().starts_with("analysis")
        && let Some(at) = text.find("assistantfinal")
    {
        let end = at + "assistantfinal".len();
        marks.push(Mark { at, end, kind: Kind::ReasoningEnds });
        passed = end;
    }
    for (at, found) in text.match_indices(['<', '[', '◁', '`', '~']) {
        if at < passed {
            continue;
        }
        let rest = &text[at..];
        let mark = match found {
            "`" | "~" => other_block(text, at),
            "<" if rest.starts_with("<|") => token(text, at),
            _ => tag(text, at),
        };
        if let Some(mark) = mark {
            passed = mark.end;
            marks.push(mark);
        }
    }
    marks
}

/// The first bytes of a text, at most `most`.
fn prefix(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Whether only other marks precede `at` on its line.
fn begins_line(text: &str, at: usize) -> bool {
    let before = &text[text.floor_char_boundary(at.saturating_sub(MAX_TAG))..at];
    let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
    line.is_empty() || line.ends_with(['>', ']', '▷'])
}

/// A tag in angle or square brackets: `<think>`, `</think>`, `[/INST]`.
fn tag(text: &str, at: usize) -> Option<Mark> {
    let rest = prefix(&text[at..], MAX_TAG);
    let mut chars = rest.chars();
    let close = match chars.next()? {
        '<' => '>',
        '[' => ']',
        _ => '▷',
    };
    let (inner, _) = chars.as_str().split_once(close)?;
    let end = at + (rest.len() - chars.as_str().len()) + inner.len() + close.len_utf8();
    let inner = inner.trim().to_ascii_lowercase();
    let (name, is_closing) = match inner.strip_prefix('/') {
        Some(name) => (name.trim(), true),
        None => (inner.split_whitespace().next().unwrap_or_default(), false),
    };
    // In back-quotes a tag is only mentioned.
    if text[..at].ends_with('`') {
        return None;
    }
    let kind = match (close, name, is_closing) {
        (']', "inst", false) => Kind::Prompt,
        (']', "inst", true) => Kind::Answer,
        (']', "think", true) => Kind::ReasoningEnds,
        (']', "think", false) if begins_line(text, at) => Kind::ReasoningBegins,
        ('>' | '▷', name, true) if REASONING.contains(&name) => Kind::ReasoningEnds,
        ('>' | '▷', name, false) if REASONING.contains(&name) && begins_line(text, at) => {
            Kind::ReasoningBegins
        }
        ('>', name, false) if ANSWER.contains(&name) && begins_line(text, at) => Kind::Answer,
        ('>', "start_of_turn", false) => return turn(text, at, end),
        _ => return None,
    };
    Some(Mark { at, end, kind })
}

/// The start of a turn, by the role that follows a mark.
fn turn(text: &str, at: usize, end: usize) -> Option<Mark> {
    let rest = prefix(&text[end..], MAX_TAG);
    let letters = rest.trim_start();
    let role: String = letters.chars().take_while(char::is_ascii_alphabetic).collect();
    let end = end + (rest.len() - letters.len()) + role.len();
    let kind = match role.as_str() {
        "assistant" | "model" => Kind::Answer,
        "user" | "system" | "developer" | "tool" => Kind::Prompt,
        _ => return None,
    };
    Some(Mark { at, end, kind })
}

/// A special token: `<|channel|>analysis<|message|>`, `<|im_start|>assistant`.
fn token(text: &str, at: usize) -> Option<Mark> {
    let rest = prefix(&text[at..], MAX_TAG);
    let (inner, _) = rest.get(2..)?.split_once("|>")?;
    let end = at + inner.len() + 4;
    let kind = match inner.trim().to_ascii_lowercase().as_str() {
        "channel" => {
            let name = text[end..].trim_start();
            if !name.starts_with("analysis") {
                return Some(Mark { at, end, kind: Kind::Answer });
            }
            // The channel is reasoning up to the next special token.
            let mut from = end;
            while let Some(next) = text[from..].find("<|") {
                let token = from + next;
                if CHANNEL_ENDS.iter().any(|end| text[token..].starts_with(end)) {
                    return Some(Mark { at, end: token, kind: Kind::Other(Form::Reasoning) });
                }
                from = token + 2;
            }
            Kind::ReasoningBegins
        }
        "im_start" | "start_header_id" | "start" => return turn(text, at, end),
        "assistant" | "start_response" => Kind::Answer,
        "user" | "system" => Kind::Prompt,
        "begin_of_thought" | "start_thinking" => Kind::ReasoningBegins,
        "end_of_thought" | "end_thinking" => Kind::ReasoningEnds,
        _ => return None,
    };
    Some(Mark { at, end, kind })
}

/// A fenced block with the language tag of another form than JSON.
fn other_block(text: &str, at: usize) -> Option<Mark> {
    let rest = &text[at..];
    let is_fence = rest.starts_with("```") || rest.starts_with("~~~");
    if !is_fence || !super::around::begins_line(text, at) {
        return None;
    }
    let fence = &rest[..3];
    let (first, body) = rest.split_once('\n')?;
    let form = Form::of_language(first.trim_start_matches(['`', '~']).trim())?;
    let mut end = at + first.len() + 1;
    for line in body.split_inclusive('\n') {
        end += line.len();
        if line.trim_start().starts_with(fence) {
            break;
        }
    }
    Some(Mark { at, end, kind: Kind::Other(form) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, &str)> {
        marks(text).into_iter().map(|mark| (mark.kind, &text[mark.at..mark.end])).collect()
    }

    #[test]
    fn marks_of_reasoning_and_turns_are_found() {
        use Kind::{Answer, Other, Prompt, ReasoningBegins, ReasoningEnds};
        for (text, expected) in [
            (
                "<think>\nso\n</think>",
                vec![(ReasoningBegins, "<think>"), (ReasoningEnds, "</think>")],
            ),
            ("so</THINKING> {}", vec![(ReasoningEnds, "</THINKING>")]),
            ("[THINK]so[/THINK]", vec![(ReasoningBegins, "[THINK]"), (ReasoningEnds, "[/THINK]")]),
            ("◁think▷so◁/think▷", vec![(ReasoningBegins, "◁think▷"), (ReasoningEnds, "◁/think▷")]),
            ("[INST] a [/INST] b", vec![(Prompt, "[INST]"), (Answer, "[/INST]")]),
            (
                "<|channel|>analysis<|message|>so<|end|>\
                 <|start|>assistant<|channel|>final<|message|>{}",
                vec![
                    (Other(Form::Reasoning), "<|channel|>analysis<|message|>so"),
                    (Answer, "<|start|>assistant"),
                    (Answer, "<|channel|>"),
                ],
            ),
            ("analysisso it isassistantfinal{}", vec![(ReasoningEnds, "assistantfinal")]),
            (
                "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb",
                vec![(Prompt, "<|im_start|>user"), (Answer, "<|im_start|>assistant")],
            ),
            ("```diff\n- a\n+ b\n```\n", vec![(Other(Form::Diff), "```diff\n- a\n+ b\n```\n")]),
            ("```json\n{}\n```", vec![]),
            // Mentioned in a sentence only.
            ("I write <think> at times, and `</think>` too.", vec![]),
            ("a < b and [1] and <b>bold</b>", vec![]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
