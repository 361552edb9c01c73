//! Recognises what language models and their services put around a document: tool calls, messages,
//! complete responses of the large providers, and JSON in a string.

use serde_json::Value;

use crate::document::read::envelope_keys::is_envelope;
use crate::document::schema::definition::Object;

/// What a wrapper carries.
#[derive(Debug)]
pub(super) enum Payload<'v> {
    /// A text that may contain documents.
    Text(&'v str),
    /// A value that is not a text.
    Value(&'v Value),
}

/// Maximum nesting of wrappers.
const MAX_DEPTH: usize = 24;

/// Keys of responses, messages and calls that hold nested responses, messages or calls.
const STRUCTURE_KEYS: [&str; 19] = [
    "candidates",
    "choices",
    "content",
    "delta",
    "function",
    "functionCall",
    "function_call",
    "generations",
    "message",
    "messages",
    "output",
    "params",
    "parts",
    "response",
    "result",
    "toolCalls",
    "toolUse",
    "tool_calls",
    "variables",
];
/// Keys of responses, messages and calls that hold the output of the model.
const OUTPUT_KEYS: [&str; 17] = [
    "answer",
    "args",
    "arguments",
    "body",
    "completion",
    "data",
    "document",
    "generated_text",
    "input",
    "inputs",
    "json",
    "output_text",
    "parameters",
    "structuredContent",
    "text",
    "tool_input",
    "value",
];
/// Types of messages and of their parts.
const PART_TYPES: [&str; 8] = [
    "custom_tool_call",
    "function",
    "function_call",
    "message",
    "output_text",
    "text",
    "tool_call",
    "tool_use",
];

/// Roles of messages that do not come from the model.
const OTHER_ROLES: [&str; 7] =
    ["user", "system", "developer", "tool", "function", "human", "ipython"];
/// Types of parts that are not an answer.
const NON_ANSWER_TYPES: [&str; 6] =
    ["thinking", "redacted_thinking", "reasoning", "tool_result", "image", "reasoning_text"];

/// The payloads of a value, if it is a wrapper.
pub(super) fn payloads(value: &Value) -> Option<Vec<Payload<'_>>> {
    if !is_wrapper(value) {
        return None;
    }
    let mut found = Vec::new();
    collect(value, 0, &mut found);
    Some(found)
}

fn is_wrapper(value: &Value) -> bool {
    match value {
        Value::Object(object) => is_wrapper_object(object),
        Value::Array(list) => {
            let is_wrapper_part = |value: &Value| value.as_object().is_some_and(is_wrapper_object);
            // Reasoning may accompany the answer.
            list.iter().any(is_wrapper_part)
                && list.iter().all(|value| is_wrapper_part(value) || is_non_answer_part(value))
        }
        _ => false,
    }
}

/// Whether a value is part of a message and not an answer.
fn is_non_answer_part(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str).is_some_and(|kind| NON_ANSWER_TYPES.contains(&kind))
}

/// Whether an object has the form of a response, a message or a call.
fn is_wrapper_object(object: &Object) -> bool {
    if object.contains_key("category") && object.contains_key("movie_id") {
        return object.get("document").is_some_and(may_hold_document);
    }
    if let Some(data) = object.get("data") {
        // The response of a service around a document or another wrapper.
        return data.as_object().is_some_and(|data| {
            object
                .keys()
                .all(|key| ["data", "status", "code", "ok", "success"].contains(&key.as_str()))
                && (is_envelope_with_data(data) || is_wrapper_object(data))
        });
    }
    let is_text = |key: &str| object.get(key).is_some_and(Value::is_string);
    let is_list = |key: &str| object.get(key).is_some_and(Value::is_array);
    let is_object = |key: &str| object.get(key).is_some_and(Value::is_object);
    let has_document = |key: &str| object.get(key).is_some_and(may_hold_document);
    let is_named =
        is_text("name") || is_text("tool") || is_text("tool_name") || is_text("recipient_name");
    let is_call = ["arguments", "parameters", "args", "input"];
    let is_alone = object.len() == 1;
    is_list("choices")
        || is_list("candidates")
        || is_list("messages")
        || is_list("tool_calls")
        || is_list("toolCalls")
        || is_list("generations")
        || is_object("message")
        || is_object("function")
        || is_object("function_call")
        || is_object("functionCall")
        || is_object("toolUse")
        || is_object("structuredContent")
        || (object.contains_key("role")
            && (is_list("content") || is_text("content") || is_list("parts")))
        || (object.contains_key("from") && is_text("value"))
        || (object
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| PART_TYPES.contains(&kind))
            && ["text", "input", "arguments", "content"].iter().any(|key| has_document(key)))
        || (is_list("output")
            && (object.contains_key("model")
                || object.contains_key("usage")
                || object["output"].get(0).is_some_and(|part| part.get("type").is_some())
                || is_alone))
        || (is_named && is_call.iter().any(|key| has_document(key)))
        || (object.contains_key("method") && is_object("params"))
        || ["generated_text", "output_text", "document", "variables", "completion"]
            .iter()
            .any(|key| has_document(key))
        || (has_document("response") && (is_alone || object.contains_key("model")))
        || (is_alone
            && [
                "answer",
                "arguments",
                "body",
                "content",
                "input",
                "json",
                "output",
                "parameters",
                "result",
            ]
            .iter()
            .any(|key| has_document(key)))
}

/// Whether a value may hold a document.
fn may_hold_document(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(['{', '[']),
        Value::Object(object) => !object.is_empty(),
        Value::Array(list) => list.iter().any(may_hold_document),
        _ => false,
    }
}

fn is_envelope_with_data(object: &Object) -> bool {
    object.contains_key("data") && is_envelope(object)
}

fn collect<'v>(value: &'v Value, depth: usize, found: &mut Vec<Payload<'v>>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::String(text) => found.push(Payload::Text(text)),
        Value::Array(list) => {
            // In a conversation, only the last message of the model counts.
            if list.iter().any(|part| role_of(part).is_some()) {
                if let Some(last) = list.iter().rfind(|part| !is_not_model_answer(part)) {
                    collect(last, depth + 1, found);
                }
            } else {
                for part in list {
                    collect(part, depth + 1, found);
                }
            }
        }
        Value::Object(object) if !is_not_model_answer(value) => {
            if is_envelope_with_data(object) {
                found.push(Payload::Value(value));
                return;
            }
            for (key, value) in object {
                if OUTPUT_KEYS.contains(&key.as_str()) {
                    collect_output(value, depth, found);
                } else if STRUCTURE_KEYS.contains(&key.as_str()) {
                    collect_structure(value, depth, found);
                }
            }
        }
        _ => {}
    }
}

/// Collects payloads under a key that holds the output of the model.
fn collect_output<'v>(value: &'v Value, depth: usize, found: &mut Vec<Payload<'v>>) {
    match value {
        Value::String(text) => found.push(Payload::Text(text)),
        Value::Object(object) if is_wrapper_object(object) && !is_envelope_with_data(object) => {
            collect(value, depth + 1, found);
        }
        Value::Object(object) if !object.is_empty() => found.push(Payload::Value(value)),
        Value::Array(list) if !list.is_empty() => found.push(Payload::Value(value)),
        _ => {}
    }
}

/// Collects payloads under a structural key: nested wrappers, or the document itself.
fn collect_structure<'v>(value: &'v Value, depth: usize, found: &mut Vec<Payload<'v>>) {
    let before = found.len();
    collect(value, depth + 1, found);
    let is_document = value.as_object().is_some_and(|object| {
        let is_known = |key: &String| {
            OUTPUT_KEYS.contains(&key.as_str()) || STRUCTURE_KEYS.contains(&key.as_str())
        };
        !object.is_empty() && !object.keys().any(is_known)
    });
    if found.len() == before && is_document && !is_not_model_answer(value) {
        found.push(Payload::Value(value));
    }
}

fn role_of(value: &Value) -> Option<&str> {
    let object = value.as_object()?;
    object.get("role").or_else(|| object.get("from")).and_then(Value::as_str)
}

/// Whether a message or part of one is not an answer of the model.
fn is_not_model_answer(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let is_reasoning = object
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| NON_ANSWER_TYPES.contains(&kind))
        || object.get("thought").and_then(Value::as_bool).unwrap_or_default();
    is_reasoning || role_of(value).is_some_and(|role| OTHER_ROLES.contains(&role))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The payloads of a value, as JSON.
    fn carried(value: &Value) -> Option<Vec<Value>> {
        let payloads = payloads(value)?.into_iter().map(|payload| match payload {
            Payload::Text(text) => json!(text),
            Payload::Value(value) => value.clone(),
        });
        Some(payloads.collect())
    }

    #[test]
    fn responses_of_large_providers_are_unwrapped() {
        let text = "{\"items\": []}";
        let items = json!({ "items": [] });
        for (wrapper, expected) in [
            (
                json!({ "choices": [{ "index": 0, "message": { "role": "assistant",
                    "content": text } }] }),
                json!([text]),
            ),
            (
                json!({ "choices": [{ "message": { "role": "assistant", "content": null,
                    "reasoning_content": "{}",
                    "tool_calls": [{ "type": "function", "function": { "name": "f",
                        "arguments": text } }] } }] }),
                json!([text]),
            ),
            (
                json!({ "output": [{ "type": "reasoning", "content": [{ "type": "reasoning_text",
                    "text": "{}" }] },
                    { "type": "message", "role": "assistant", "content": [{ "type": "output_text",
                        "text": text }] }], "model": "m" }),
                json!([text]),
            ),
            (
                json!({ "type": "message", "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "{}" }, { "type": "text", "text": "So:" },
                    { "type": "tool_use", "name": "f", "input": items }] }),
                json!(["So:", items]),
            ),
            (
                json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": "{}",
                    "thought": true }, { "text": text }] } }] }),
                json!([text]),
            ),
            (
                json!({ "candidates": [{ "content": { "parts": [{ "functionCall": { "name": "f",
                    "args": items } }] } }] }),
                json!([items]),
            ),
            (
                json!({ "model": "m", "message": { "role": "assistant", "content": text,
                    "thinking": "{}" }, "done": true }),
                json!([text]),
            ),
            (json!({ "model": "m", "response": text, "done": true }), json!([text])),
            (
                json!({ "output": { "message": { "role": "assistant", "content": [{
                    "text": text }] } } }),
                json!([text]),
            ),
            (json!([{ "generated_text": text }]), json!([text])),
            (
                json!([{ "role": "user", "content": "{}" }, { "role": "assistant",
                    "content": text }]),
                json!([text]),
            ),
            (
                json!({ "messages": [{ "role": "assistant", "content": text }, { "role": "user",
                    "content": "{}" }] }),
                json!([text]),
            ),
            (json!({ "name": "f", "arguments": items }), json!([items])),
            (json!({ "tool": "f", "parameters": items }), json!([items])),
            (
                json!({ "name": "f", "arguments": { "movie_id": "m", "document": text } }),
                json!([text]),
            ),
            (
                json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "f",
                    "arguments": items } }),
                json!([items]),
            ),
            (json!({ "result": items }), json!([items])),
            (
                json!({ "query": "mutation", "variables": { "input": { "movieId": "m",
                    "document": text } } }),
                json!([text]),
            ),
        ] {
            assert_eq!(carried(&wrapper).map(Value::Array), Some(expected), "{wrapper}");
        }
    }

    #[test]
    fn documents_and_their_parts_are_not_wrappers() {
        for value in [
            json!({ "category": "trivia", "movie_id": "m", "data": { "items": [] } }),
            json!({ "data": { "items": [] } }),
            json!({ "items": [{ "text": "[1] {2}" }] }),
            json!({ "type": "fact", "text": "A list [of two]." }),
            json!([{ "text": "A list [of two]." }, { "text": "B" }]),
            json!({ "name": "Ada Quist", "character": "Iris", "role": "lead" }),
            json!({ "ceremony": "A", "year": 1999, "category": "B", "result": "winner" }),
            json!({ "url": "https://example.org/a.jpg", "type": "poster", "caption": "[A]" }),
            json!({ "title": "A", "overview": "{B}", "status": "released" }),
            json!({ "added": [{ "title": "A" }] }),
            json!([]),
            json!({}),
            json!("{}"),
        ] {
            assert_eq!(carried(&value), None, "{value}");
        }
    }
}
