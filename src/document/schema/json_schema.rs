//! The JSON Schema (draft 2020-12) of a category's file, generated from its table of fields.

use serde_json::{Value, json};

use super::definition::{Field, Kind, Object};
use super::scalars::MAX_URL;
use crate::document::categories::{Category, Definition};
use crate::document::ids::MOVIE_ID_PATTERN;
use crate::document::read::envelope::Source;
use crate::document::read::parse::MAX_ITEMS;

/// The JSON Schema of an envelope that contains a document of this category.
#[must_use]
pub fn json_schema(category: Category) -> Value {
    let Definition { fields, .. } = category.definition();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("/api/v1/schemas/{}", category.slug()),
        "title": format!("Reelport {category}"),
        "description": "One category of one movie. An import may omit any key of data; \
                        omitted keys keep their stored values.",
        "type": "object",
        "required": ["category", "movie_id", "data"],
        "properties": {
            "category": { "const": category.as_str() },
            "movie_id": { "type": "string", "pattern": MOVIE_ID_PATTERN },
            "version": { "type": "string", "pattern": "^1(\\.[0-9]+)*$" },
            "exported_at": { "type": "string", "format": "date-time" },
            "data": object_schema(fields),
            "metadata": {
                "type": "object",
                "properties": {
                    "source": { "enum": Source::VALUES },
                    "last_updated": { "type": ["string", "null"], "format": "date-time" },
                    "updated_by": { "type": ["string", "null"] },
                    "revision": { "type": "integer", "minimum": 0 },
                },
            },
        },
    })
}

fn object_schema(fields: &'static [Field]) -> Value {
    let properties: Object =
        fields.iter().map(|field| (field.name.to_owned(), field_schema(field))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn field_schema(field: &Field) -> Value {
    let mut schema = match &field.rule.kind {
        Kind::Text { max } => json!({ "type": "string", "minLength": 1, "maxLength": max }),
        Kind::Form { pattern, .. } | Kind::Code { pattern, .. } => {
            json!({ "type": "string", "pattern": pattern })
        }
        Kind::Decimal => json!({ "type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,6})?$" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::PartialDate => {
            json!({ "type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$" })
        }
        Kind::Url => {
            json!({
                "type": "string",
                "format": "uri",
                "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://",
                "maxLength": MAX_URL,
            })
        }
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Number { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Choice { values, .. } => json!({ "enum": values }),
        Kind::Id => json!({ "type": "string", "minLength": 1, "maxLength": 128 }),
        Kind::Names { max_length, .. } => json!({
            "type": "array",
            "maxItems": MAX_ITEMS,
            "items": { "type": "string", "minLength": 1, "maxLength": max_length },
        }),
        Kind::Items { item, .. } => {
            let mut items = object_schema(item.fields);
            let required: Vec<_> = item
                .fields
                .iter()
                .filter(|field| field.rule.required)
                .map(|field| field.name)
                .collect();
            if !required.is_empty() {
                items["required"] = json!(required);
            }
            if !item.any_of.is_empty() {
                items["anyOf"] =
                    item.any_of.iter().map(|name| json!({ "required": [name] })).collect();
            }
            json!({ "type": "array", "maxItems": MAX_ITEMS, "items": items })
        }
    };
    if !field.rule.required {
        allow_null(&mut schema);
    }
    schema["description"] = json!(field.description.trim());
    schema
}

fn allow_null(schema: &mut Value) {
    if let Some(of_type @ Value::String(_)) = schema.get("type").cloned() {
        schema["type"] = json!([of_type, "null"]);
    } else if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
}
