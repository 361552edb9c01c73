//! The form of a document as messages show it: the shortest document that could be stored.

use super::category::Category;
use super::definition::{Field, Item, Kind};
use super::ids::MovieId;

/// A document of that category in its envelope, with `…` for each value.
pub(super) fn example(category: Category, movie: Option<&MovieId>) -> String {
    let movie = movie.map_or("…", MovieId::as_str);
    format!(
        r#"{{"category": "{category}", "movie_id": "{movie}", "data": {}}}"#,
        data_example(category)
    )
}

/// The data of that category, with `…` for each value.
pub(super) fn data_example(category: Category) -> String {
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

/// Data with one item in that list, with `…` for each value.
pub(super) fn list_example(field: &Field, item: &Item) -> String {
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
            r#"{"category": "timeline", "movie_id": "…", "data": {"events": [{"date": "…", "title": "…"}]}}"#
        );
    }
}
