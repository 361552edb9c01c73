//! Provenance: finds the revision in which each value of a document was last changed.
//!
//! It is computed from the stored revisions and is not stored itself.

use std::collections::BTreeSet;

use ahash::HashMap;
use serde_json::Value;

use super::categories::Definition;
use super::plan::diff::label_of;
use super::plan::locks::field_target;
use super::problem::pointer_at;
use super::schema::definition::{Item, Kind, Object};

/// A value with its own provenance: a top-level field, or an item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The JSON Pointer of a top-level field (`/title`), or the id of an item, which has no slash.
    pub name: String,
    /// JSON Pointer into the data.
    pub path: String,
    /// A label for display: `Cast: Brad Pitt`.
    pub label: String,
}

/// The values of a document that have their own provenance, in document order.
#[must_use]
pub fn targets(definition: &Definition, data: &Object) -> Vec<Target> {
    let mut targets = Vec::new();
    for field in definition.fields {
        let path = field_target(field.name);
        match (&field.rule.kind, data.get(field.name)) {
            (Kind::Items { item, label }, Some(Value::Array(list))) => {
                for (index, object) in list.iter().enumerate() {
                    if let (Some(id), Some(object)) = (id_of(item, object), object.as_object()) {
                        let label = label_of(item, label, object);
                        targets.push(Target {
                            name: id.to_owned(),
                            path: pointer_at(&path, index),
                            label,
                        });
                    }
                }
            }
            (Kind::Items { .. }, _) | (_, None | Some(Value::Null)) => {}
            (_, Some(Value::Array(list))) if list.is_empty() => {}
            (_, Some(_)) => {
                targets.push(Target { name: path.clone(), path, label: field.name.to_owned() });
            }
        }
    }
    targets
}

/// The ids of all items in a document.
pub fn item_ids<'a>(
    definition: &'static Definition,
    data: &'a Object,
) -> impl Iterator<Item = &'a str> {
    definition.fields.iter().flat_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => by_id(item, data.get(field.name)).map(|(id, _)| id).collect(),
        _ => Vec::new(),
    })
}

/// The values that differ between two revisions: top-level fields as `/field`, items as their ids.
/// The order of items is not compared.
#[must_use]
pub fn changed_targets(
    definition: &Definition,
    before: &Object,
    after: &Object,
) -> BTreeSet<String> {
    let mut changed = BTreeSet::new();
    for field in definition.fields {
        let (old, new) = (before.get(field.name), after.get(field.name));
        if old == new {
            continue;
        }
        match &field.rule.kind {
            Kind::Items { item, .. } => add_changed_items(item, old, new, &mut changed),
            _ => {
                changed.insert(field_target(field.name));
            }
        }
    }
    changed
}

fn add_changed_items(
    item: &Item,
    old: Option<&Value>,
    new: Option<&Value>,
    changed: &mut BTreeSet<String>,
) {
    let mut old: HashMap<&str, &Value> = by_id(item, old).collect();
    for (id, object) in by_id(item, new) {
        if old.remove(id) != Some(object) {
            changed.insert(id.to_owned());
        }
    }
    // The items that are left were removed.
    changed.extend(old.into_keys().map(str::to_owned));
}

fn by_id<'a>(item: &Item, list: Option<&'a Value>) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|object| Some((id_of(item, object)?, object)))
}

fn id_of<'a>(item: &Item, object: &'a Value) -> Option<&'a str> {
    object.get(item.id).and_then(Value::as_str)
}

/// Goes back through the revisions of a document, from the newest, until the revision in which each
/// value last changed is known.
pub struct Walk {
    definition: &'static Definition,
    /// The number and the data of the last revision that was visited.
    newer: Option<(i64, Object)>,
    targets: Vec<Target>,
    /// For each target, the revision in which it last changed.
    origins: Vec<Option<i64>>,
}

impl Walk {
    #[must_use]
    pub const fn new(definition: &'static Definition) -> Self {
        Self { definition, newer: None, targets: Vec::new(), origins: Vec::new() }
    }

    /// Visits the next older revision. The first call passes the newest one.
    pub fn step(&mut self, number: i64, data: Object) {
        match self.newer.take() {
            None => {
                self.targets = targets(self.definition, &data);
                self.origins = vec![None; self.targets.len()];
            }
            Some((newer, after)) => self.record_origins(newer, &data, &after),
        }
        self.newer = Some((number, data));
    }

    /// Whether the origin of every value is known, so that older revisions are not needed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.newer.is_some() && self.origins.iter().all(Option::is_some)
    }

    fn record_origins(&mut self, number: i64, before: &Object, after: &Object) {
        let changed = changed_targets(self.definition, before, after);
        for (target, origin) in self.targets.iter().zip(&mut self.origins) {
            if origin.is_none() && changed.contains(&target.name) {
                *origin = Some(number);
            }
        }
    }

    /// Every value of the newest revision, in document order, with the number of the revision in
    /// which it last changed. Values of unknown origin are attributed to the last revision that
    /// was visited.
    #[must_use]
    pub fn finish(mut self) -> Vec<(Target, i64)> {
        let Some((oldest, data)) = self.newer.take() else { return Vec::new() };
        self.record_origins(oldest, &self.definition.empty(), &data);
        let origins = self.origins.into_iter().map(|origin| origin.unwrap_or(oldest));
        self.targets.into_iter().zip(origins).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Category;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn names(of: &BTreeSet<String>) -> Vec<&str> {
        of.iter().map(String::as_str).collect()
    }

    #[test]
    fn changed_values_are_found_and_order_is_ignored() {
        let definition = Category::Media.definition();
        let before = object(json!({ "poster_url": "a", "trailer_url": "t", "gallery": [
            { "id": "1", "url": "x" }, { "id": "2", "url": "y" }, { "id": "3", "url": "z" }] }));
        let after = object(json!({ "poster_url": "b", "trailer_url": "t", "gallery": [
            { "id": "4", "url": "v" }, { "id": "2", "url": "y" }, { "id": "1", "url": "w" }] }));
        assert_eq!(
            names(&changed_targets(definition, &before, &after)),
            ["/poster_url", "1", "3", "4"]
        );
        assert_eq!(names(&changed_targets(definition, &after, &after)), [""; 0]);
        let genres = |list: Value| object(json!({ "genres": list }));
        let definition = Category::BasicInfo.definition();
        assert_eq!(
            names(&changed_targets(definition, &genres(json!(["a"])), &genres(json!(["a", "b"])))),
            ["/genres"]
        );
    }

    #[test]
    fn each_value_is_traced_to_the_revision_that_last_changed_it() {
        let definition = Category::Media.definition();
        let gallery = json!([{ "id": "1", "url": "x" }]);
        let revisions = [
            (1, json!({ "poster_url": "a", "backdrop_url": "b", "gallery": gallery })),
            (2, json!({ "poster_url": "c", "backdrop_url": "b", "gallery": gallery })),
            (3, json!({ "poster_url": "a", "backdrop_url": "b", "gallery": [] })),
            (4, json!({ "poster_url": "a", "backdrop_url": "b", "gallery": gallery })),
        ];
        let mut walk = Walk::new(definition);
        for (number, data) in revisions.into_iter().rev() {
            assert!(!walk.is_done());
            walk.step(number, object(data));
        }
        let found = walk.finish();
        let found: Vec<_> = found
            .iter()
            .map(|(target, revision)| (target.name.as_str(), target.path.as_str(), *revision))
            .collect();
        assert_eq!(
            found,
            [
                ("/poster_url", "/poster_url", 3),
                ("/backdrop_url", "/backdrop_url", 1),
                ("1", "/gallery/0", 4)
            ]
        );
    }

    #[test]
    fn a_walk_is_done_when_all_origins_are_known() {
        let mut walk = Walk::new(Category::Trivia.definition());
        walk.step(7, object(json!({ "items": [{ "id": "1", "text": "x" }] })));
        assert!(!walk.is_done());
        walk.step(6, object(json!({ "items": [] })));
        assert!(walk.is_done());
        assert_eq!(walk.finish()[0].1, 7);
        assert_eq!(Walk::new(Category::Trivia.definition()).finish(), []);
    }
}
