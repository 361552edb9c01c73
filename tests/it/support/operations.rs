//! Operations on documents over GraphQL and REST, with their complete results.

use serde_json::{Map, Value, json};

use super::client::{Client, Reply};

/// The fields of every payload of a document mutation.
const RESULT: &str = "status updatedFields importId userErrors { path code message }
    plan { digest changes { path op label before after } conflicts { path label base current imported }
        notRemoved { path label itemId } skipped { path code label current imported }
        matches { path given kind decision entityId candidates { id: entityId } } warnings { path code message }
        counts { added updated removed conflicts notRemoved skipped newEntities warnings } }
    movieExport { document metadata { revision } }";

impl Client {
    /// Runs a document mutation and returns the whole response.
    pub async fn try_mutate(&self, mutation: &str, input: Value) -> Value {
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let result = if mutation == "discardDraft" {
            "userErrors { path code message } movieExport { document }"
        } else {
            RESULT
        };
        let query =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {result} }} }}");
        self.graphql(&query, json!({ "input": input })).await
    }

    /// Runs a document mutation and returns its payload.
    #[track_caller]
    pub fn mutate(&self, mutation: &str, input: Value) -> impl Future<Output = Value> {
        let at = std::panic::Location::caller();
        async move {
            let mut reply = self.try_mutate(mutation, input).await;
            assert!(reply["errors"].is_null(), "{at}: {reply}");
            reply["data"][mutation].take()
        }
    }

    /// Runs `importDocument` with an envelope.
    #[track_caller]
    pub fn import_document(&self, envelope: &Value, options: Value) -> impl Future<Output = Value> {
        let input = json!({ "movieId": envelope["movie_id"], "document": envelope.to_string(), "options": options });
        self.mutate("importDocument", input)
    }

    /// Runs `importCategory` with data in file form.
    #[track_caller]
    pub fn import_category(
        &self,
        movie: &str,
        category: &str,
        data: &Value,
        options: Value,
    ) -> impl Future<Output = Value> {
        self.mutate(
            "importCategory",
            json!({ "movieId": movie, "data": typed(category, data), "options": options }),
        )
    }

    /// Imports an envelope over REST, with options as a query string.
    pub async fn import_with(&self, envelope: &Value, options: &str) -> Reply {
        let (movie, category) =
            (envelope["movie_id"].as_str().unwrap(), envelope["category"].as_str().unwrap());
        self.import_envelope(movie, category, options, envelope).await
    }

    /// Imports an envelope into the draft and returns the draft's export.
    #[track_caller]
    pub fn draft(&self, envelope: &Value) -> impl Future<Output = Value> {
        let at = std::panic::Location::caller();
        let imported = self.import_document(envelope, json!({ "target": "DRAFT" }));
        async move {
            let mut payload = imported.await;
            assert_eq!(payload["status"], "DRAFTED", "{at}: {payload}");
            payload["movieExport"]["document"].take()
        }
    }
}

/// `(path, code)` of each entry.
pub fn pairs(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.as_array()
        .into_iter()
        .flatten()
        .map(|entry| (text(&entry["path"]), text(&entry["code"])))
        .collect()
}

/// The codes of a payload's user errors.
pub fn codes(payload: &Value) -> Vec<String> {
    pairs(&payload["userErrors"]).into_iter().map(|(_, code)| code).collect()
}

/// Data in file form as a `CategoryInput`.
pub fn typed(category: &str, data: &Value) -> Value {
    json!({ camel(category): input(category, data, 0) })
}

fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

fn input(category: &str, value: &Value, depth: usize) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| input(category, item, depth + 1)).collect())
        }
        Value::Object(object) => {
            let entry = |(key, value): (&String, &Value)| {
                let name = match (category, depth, key.as_str()) {
                    ("cast_crew", 1.., "id") => "personId".to_owned(),
                    ("cast_crew", 1.., "credit_id") => "id".to_owned(),
                    _ => camel(key),
                };
                let is_choice = matches!(
                    (category, key.as_str()),
                    ("basic_info", "status")
                        | ("awards", "result" | "prestige_level")
                        | ("media", "kind")
                        | ("streaming", "type" | "quality")
                );
                let value = match value.as_str().filter(|_| is_choice) {
                    Some("4K") => json!("UHD"),
                    Some(word) => json!(word.to_uppercase()),
                    None => input(category, value, depth),
                };
                (name, value)
            };
            Value::Object(object.iter().map(entry).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The value with generated ids that do not occur in `known` replaced by their order of appearance.
pub fn masked(value: &Value, known: &str) -> Value {
    replace_ids(value, known, &mut Vec::new())
}

fn replace_ids(value: &Value, known: &str, seen: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) if is_generated_id(text) && !known.contains(text.as_str()) => {
            let place = seen.iter().position(|id| id == text).unwrap_or_else(|| {
                seen.push(text.clone());
                seen.len() - 1
            });
            json!(format!("new:{place}"))
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| replace_ids(item, known, seen)).collect())
        }
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, value)| (key.clone(), replace_ids(value, known, seen)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Whether the text has the form of a generated item or entity id.
fn is_generated_id(text: &str) -> bool {
    let (random, length) = match text.split_once('-') {
        Some(("person" | "ceremony" | "platform" | "genre", random)) => (random, 12),
        _ => (text, 16),
    };
    random.len() == length
        && random.bytes().all(|byte| {
            byte.is_ascii_digit() || (byte.is_ascii_lowercase() && !b"ilou".contains(&byte))
        })
}
