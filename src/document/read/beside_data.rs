//! Detects content beside `data` in an envelope, which is not read.

use serde_json::Value;

use super::envelope_keys::is_non_content_key;
use super::parse::{field_by_name, has_name};
use super::without_envelope::has_no_values;
use crate::document::categories::Category;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, excerpt};
use crate::document::schema::definition::{Field, Kind, Object};
use crate::document::text::suggest::did_you_mean;
use crate::document::text::{key_letters, quoted};

/// Fields that are too common to identify a document.
const COMMON: [&str; 12] = [
    "id",
    "name",
    "title",
    "type",
    "kind",
    "url",
    "status",
    "notes",
    "language",
    "country",
    "category",
    "description",
];

/// Maximum number of keys that are reported.
const MAX_NAMED: usize = 20;
/// Maximum number of list elements that are inspected.
const MAX_LOOKED_AT: usize = 20;

/// Content found beside the data of an envelope.
pub(in crate::document) struct Unread {
    /// One message per key.
    messages: Vec<String>,
    /// Whether the data has no values while something beside it looks like the content.
    is_all: bool,
}

impl Unread {
    /// Collects lists and objects beside the data, and fields of the category that the data does
    /// not have.
    pub(in crate::document) fn beside(envelope: &Object, data: &Value, category: Category) -> Self {
        let found = || {
            let others = envelope.iter().filter(|(key, _)| !is_non_content_key(key));
            others.filter(|(key, value)| match value {
                Value::Array(list) => !list.is_empty(),
                Value::Object(object) => !object.is_empty(),
                Value::Null => false,
                value => is_field_beside(key, value, data, category),
            })
        };
        let is_all = has_no_values(Some(data))
            && found().any(|(key, value)| is_content(key, value, category));
        Self {
            messages: found().take(MAX_NAMED).map(|(key, _)| message_for(key, category)).collect(),
            is_all,
        }
    }

    /// The problems: with `strict`, one per key; otherwise one if nothing was read at all.
    pub(in crate::document) fn problems(&self, strict: bool) -> Vec<Problem> {
        let problem = |code| move |message: &String| Problem::new("", code, message.clone());
        if strict {
            return self.messages.iter().map(problem(ProblemCode::UnknownField)).collect();
        }
        let all = self.is_all.then(|| self.messages.join("; "));
        let message = all.map(|all| format!("nothing of the document was read: {all}"));
        message.iter().map(problem(ProblemCode::NothingRead)).collect()
    }

    /// One warning per key.
    pub(in crate::document) fn warnings(self) -> impl Iterator<Item = Warning> {
        let warning = |message| Warning::new("", WarningCode::UnknownField, message);
        self.messages.into_iter().map(warning)
    }
}

fn message_for(key: &str, category: Category) -> String {
    let names = || category.definition().fields.iter().map(|field| field.name);
    format!(
        "{} is beside \"data\" and was not read; put content into \"data\", with the fields {}{}",
        quoted(&excerpt(key)),
        names().collect::<Vec<_>>().join(", "),
        did_you_mean(key, names())
    )
}

/// Whether a key names a field of the category and its value is not also in the data.
fn is_field_beside(key: &str, value: &Value, data: &Value, category: Category) -> bool {
    let fields = category.definition().fields;
    let Some(field) = field_by_name(fields, key) else { return false };
    let data = data.as_object();
    let is_in_data = data
        .is_some_and(|data| data.iter().any(|(key, found)| has_name(field, key) && found == value));
    !is_in_data
}

fn is_content(key: &str, value: &Value, category: Category) -> bool {
    let letters = key_letters(key);
    let elements: Vec<&Value> = match value {
        Value::Object(_) => vec![value],
        Value::Array(list) => list.iter().take(MAX_LOOKED_AT).collect(),
        _ => return true,
    };
    let is_name = |of: &Category| {
        key_letters(of.as_str()) == letters || field_by_name(of.definition().fields, key).is_some()
    };
    Category::ALL.iter().any(is_name)
        || elements
            .into_iter()
            .filter_map(Value::as_object)
            .any(|object| has_field(object, category))
}

/// Whether an object has a distinctive field of the category's documents or of their items.
fn has_field(object: &Object, category: Category) -> bool {
    let is_distinctive = |field: &Field| {
        !COMMON.contains(&field.name) && object.keys().any(|key| has_name(field, key))
    };
    category.definition().fields.iter().any(|field| {
        is_distinctive(field)
            || match &field.rule.kind {
                Kind::Items { item, .. } => item.fields.iter().any(is_distinctive),
                _ => false,
            }
    })
}
