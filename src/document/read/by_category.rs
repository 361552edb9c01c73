//! Selects the data of one category from an object that holds several, each under its name.

use serde_json::Value;

use super::without_envelope::{category_by_name, envelope_missing, has_field};
use crate::document::categories::Category;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, excerpt};
use crate::document::schema::definition::Object;
use crate::document::text::quoted;

/// Replaces `data` with the data of the requested category, if `data` holds categories under their
/// names. Returns the category, or `None` if `data` was left unchanged.
///
/// # Errors
/// The object holds only other categories, or several and none was requested.
pub(in crate::document) fn select_category(
    data: &mut Object,
    asked: Option<Category>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Category>, Problem> {
    let keyed = categories_in(data);
    let objects = keyed.iter().filter(|(key, _)| data[key.as_str()].is_object()).count();
    // "awards" and "trivia" are also names of lists.
    if keyed.is_empty() || (objects == 0 && keyed.len() < 2) {
        return Ok(None);
    }
    if let (Some(asked), [(key, category)]) = (asked, &keyed[..])
        && *category == asked
        && is_list_in_groups(data, key, asked)
    {
        return Ok(None);
    }
    let has_asked = keyed.iter().any(|(_, category)| Some(*category) == asked);
    if !has_asked && asked.is_some_and(|asked| has_field(data, asked.definition())) {
        return Ok(None);
    }
    let names = keyed.iter().map(|(_, category)| category.as_str()).collect::<Vec<_>>().join(", ");
    let chosen = match asked {
        Some(asked) => keyed.iter().find(|(_, category)| *category == asked),
        None => keyed.first().filter(|_| keyed.len() == 1),
    };
    let Some((key, category)) = chosen else {
        let message = match asked {
            Some(asked) => format!("found the data of {names}; {asked} was asked for"),
            None => format!("found the data of {names}; send one category at a time"),
        };
        return Err(Problem::new("", ProblemCode::CategoryMismatch, message));
    };
    let inner = match data.remove(key.as_str()) {
        Some(Value::Object(mut inner)) => match inner.remove("data") {
            Some(Value::Object(data)) => data,
            Some(other) => {
                inner.insert("data".to_owned(), other);
                inner
            }
            None => inner,
        },
        Some(list) => Object::from_iter([(key.clone(), list)]),
        None => Object::new(),
    };
    let message = format!("the value of {} was read as the data of {category}", quoted(key));
    warnings.push(envelope_missing(message));
    for (other, _) in keyed.iter().filter(|(_, other)| other != category) {
        data.remove(other.as_str());
        let message = format!(
            "{} belongs to another category and was not read; import it separately",
            quoted(&excerpt(other))
        );
        warnings.push(Warning::new("", WarningCode::UnknownField, message));
    }
    let beside = std::mem::replace(data, inner);
    for (key, value) in beside {
        if !data.contains_key(&key) {
            data.insert(key, value);
        }
    }
    Ok(Some(*category))
}

/// Whether the key is also the name of the category's list and its value holds items in groups.
fn is_list_in_groups(data: &Object, key: &str, category: Category) -> bool {
    let definition = category.definition();
    let inner = data[key].as_object();
    has_field(data, definition)
        && inner.is_some_and(|inner| !inner.contains_key("data") && !has_field(inner, definition))
}

/// The keys that name a category and have a value that is not empty.
fn categories_in(object: &Object) -> Vec<(String, Category)> {
    let holds = |value: &Value| {
        value.as_object().is_some_and(|object| !object.is_empty())
            || value.as_array().is_some_and(|list| !list.is_empty())
    };
    let found = object.iter().filter(|(_, value)| holds(value));
    found.filter_map(|(key, _)| Some((key.clone(), category_by_name(key)?))).collect()
}
