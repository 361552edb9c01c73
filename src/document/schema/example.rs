//! Examples of documents and values, for use in error messages and prompts.

use serde_json::{Value, json};

use super::definition::{Field, Item, Kind, Object, Unit};
use crate::document::categories::Category;
use crate::document::ids::MovieId;

/// An object with an example value for each field. For a choice, the value lists all words.
#[must_use]
pub fn object(fields: &'static [Field]) -> Object {
    let shown = |field: &'static Field| match &field.rule.kind {
        Kind::Choice { values, .. } => json!(values.join(" | ")),
        _ => value(field),
    };
    fields.iter().map(|field| (field.name.to_owned(), shown(field))).collect()
}

/// An example value for a field.
#[must_use]
pub fn value(field: &'static Field) -> Value {
    match &field.rule.kind {
        Kind::Text { .. } => json!("text"),
        Kind::Form { allowed, .. } | Kind::Code { allowed, .. } => {
            // `allowed` contains an example in quotation marks.
            json!(allowed.split('"').nth(1).unwrap_or("text"))
        }
        Kind::Decimal => json!("3.99"),
        Kind::Date => json!("1999-10-15"),
        Kind::PartialDate => json!("1999-10"),
        Kind::Url => json!("https://…"),
        Kind::Integer { min, .. } => match field.rule.unit {
            Unit::Minutes => json!(119),
            Unit::UsDollars => json!(63_000_000),
            Unit::None if *min > 1_000 => json!(1999),
            Unit::None => json!(min),
        },
        Kind::Number { max, .. } => json!((max * 8.3).round() / 10.0),
        Kind::Boolean => json!(false),
        Kind::Choice { values, .. } => json!(values.first()),
        Kind::Id => json!("as given, else left out"),
        Kind::Names { .. } => json!(["name"]),
        Kind::Items { item, .. } => json!([object(item.fields)]),
    }
}

/// The required fields of an item, with example values: `{"ceremony":"text","year":1999}`.
#[must_use]
pub fn required(item: &'static Item) -> Value {
    let is_needed =
        |field: &&Field| field.rule.required || item.any_of.first() == Some(&field.name);
    let needed = item.fields.iter().filter(is_needed);
    Value::Object(needed.map(|field| (field.name.to_owned(), value(field))).collect())
}

/// The shortest valid document of a category, in its envelope, with `…` for each value.
pub(in crate::document) fn example(category: Category, movie: Option<&MovieId>) -> String {
    let movie = movie.map_or("…", MovieId::as_str);
    format!(
        r#"{{"category": "{category}", "movie_id": "{movie}", "data": {}}}"#,
        data_example(category)
    )
}

/// The shortest valid data of a category, with `…` for each value.
pub(in crate::document) fn data_example(category: Category) -> String {
    let fields = category.definition().fields;
    let lists = fields.iter().find_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => Some((field, item)),
        _ => None,
    });
    match lists {
        Some((field, item)) => list_example(field, item),
        None => format!(r#"{{"{}": "…"}}"#, fields.first().map_or("", |field| field.name)),
    }
}

/// Data with one item in the given list, with `…` for each value.
pub(in crate::document) fn list_example(field: &Field, item: &Item) -> String {
    let required = item.fields.iter().filter(|field| field.rule.required).map(|field| field.name);
    let mut names: Vec<&str> = required.collect();
    if names.is_empty() {
        names.extend(item.any_of.first());
    }
    let members: Vec<String> = names.iter().map(|name| format!(r#""{name}": "…""#)).collect();
    format!(r#"{{"{}": [{{{}}}]}}"#, field.name, members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_the_shortest_document_that_could_be_stored() {
        assert_eq!(data_example(Category::BasicInfo), r#"{"title": "…"}"#);
        assert_eq!(data_example(Category::Trivia), r#"{"items": [{"text": "…"}]}"#);
        assert_eq!(
            example(Category::Timeline, None),
            r#"{"category": "timeline", "movie_id": "…", "#.to_owned()
                + r#""data": {"events": [{"date": "…", "title": "…"}]}}"#
        );
    }
}
