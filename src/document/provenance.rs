//! Which state of a document each of its values comes from. Derived from the history; what is kept
//! is the history alone.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::categories::Definition;
use super::plan::diff::label_of;
use super::plan::locks::field_target;
use super::problem::pointer_at;
use super::schema::definition::{Item, Kind, Object};

/// A value whose origin is told: a field at the top, or an item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `/title`, the JSON Pointer of a field at the top; else the id of an item, which has no slash.
    pub name: String,
    /// JSON Pointer into the data.
    pub path: String,
    /// What it is, for a person: `Cast: Brad Pitt`.
    pub label: String,
}

/// The values of a document whose origin is told, in its order.
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

/// The ids of all items of a document.
pub fn item_ids<'a>(
    definition: &'static Definition,
    data: &'a Object,
) -> impl Iterator<Item = &'a str> {
    definition.fields.iter().flat_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => by_id(item, data.get(field.name)).map(|(id, _)| id).collect(),
        _ => Vec::new(),
    })
}

/// What differs between two states: fields at the top as `/field`, items by their ids. The order of
/// items is nobody's value.
#[must_use]
pub fn touched(definition: &Definition, before: &Object, after: &Object) -> BTreeSet<String> {
    let mut touched = BTreeSet::new();
    for field in definition.fields {
        let (old, new) = (before.get(field.name), after.get(field.name));
        if old == new {
            continue;
        }
        match &field.rule.kind {
            Kind::Items { item, .. } => touch_items(item, old, new, &mut touched),
            _ => {
                touched.insert(field_target(field.name));
            }
        }
    }
    touched
}

fn touch_items(
    item: &Item,
    old: Option<&Value>,
    new: Option<&Value>,
    touched: &mut BTreeSet<String>,
) {
    let mut old: HashMap<&str, &Value> = by_id(item, old).collect();
    for (id, object) in by_id(item, new) {
        if old.remove(id) != Some(object) {
            touched.insert(id.to_owned());
        }
    }
    // What is left is gone.
    touched.extend(old.into_keys().map(str::to_owned));
}

fn by_id<'a>(item: &Item, list: Option<&'a Value>) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|object| Some((id_of(item, object)?, object)))
}

fn id_of<'a>(item: &Item, object: &'a Value) -> Option<&'a str> {
    object.get(item.id).and_then(Value::as_str)
}

/// A walk from the newest state of a document back, until it is known of every value in which state it
/// last changed.
pub struct Walk {
    definition: &'static Definition,
    /// The state that was walked to last, with its number.
    newer: Option<(i64, Object)>,
    targets: Vec<Target>,
    /// Of each target the state that it comes from.
    origins: Vec<Option<i64>>,
}

impl Walk {
    #[must_use]
    pub const fn new(definition: &'static Definition) -> Self {
        Self { definition, newer: None, targets: Vec::new(), origins: Vec::new() }
    }

    /// Goes back to the next state; the first is the newest.
    pub fn step(&mut self, number: i64, data: Object) {
        match self.newer.take() {
            None => {
                self.targets = targets(self.definition, &data);
                self.origins = vec![None; self.targets.len()];
            }
            Some((newer, after)) => self.explain(newer, &data, &after),
        }
        self.newer = Some((number, data));
    }

    /// Whether older states have nothing to add.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.newer.is_some() && self.origins.iter().all(Option::is_some)
    }

    fn explain(&mut self, number: i64, before: &Object, after: &Object) {
        let touched = touched(self.definition, before, after);
        for (target, origin) in self.targets.iter().zip(&mut self.origins) {
            if origin.is_none() && touched.contains(&target.name) {
                *origin = Some(number);
            }
        }
    }

    /// Ends at the state that was walked to last, before which there was nothing: every value of the
    /// newest state, in its order, with the number of the state that it comes from.
    #[must_use]
    pub fn finish(mut self) -> Vec<(Target, i64)> {
        let Some((oldest, data)) = self.newer.take() else { return Vec::new() };
        self.explain(oldest, &self.definition.empty(), &data);
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
    fn what_differs_is_touched_and_order_is_not() {
        let definition = Category::Media.definition();
        let before = object(json!({ "poster_url": "a", "trailer_url": "t", "gallery": [
            { "id": "1", "url": "x" }, { "id": "2", "url": "y" }, { "id": "3", "url": "z" }] }));
        let after = object(json!({ "poster_url": "b", "trailer_url": "t", "gallery": [
            { "id": "4", "url": "v" }, { "id": "2", "url": "y" }, { "id": "1", "url": "w" }] }));
        assert_eq!(names(&touched(definition, &before, &after)), ["/poster_url", "1", "3", "4"]);
        assert_eq!(names(&touched(definition, &after, &after)), [""; 0]);
        let genres = |list: Value| object(json!({ "genres": list }));
        let definition = Category::BasicInfo.definition();
        assert_eq!(
            names(&touched(definition, &genres(json!(["a"])), &genres(json!(["a", "b"])))),
            ["/genres"]
        );
    }

    #[test]
    fn each_value_is_traced_to_the_state_that_made_it_what_it_is() {
        let definition = Category::Media.definition();
        let states = [
            (
                1,
                json!({ "poster_url": "a", "backdrop_url": "b", "gallery": [{ "id": "1", "url": "x" }] }),
            ),
            (
                2,
                json!({ "poster_url": "c", "backdrop_url": "b", "gallery": [{ "id": "1", "url": "x" }] }),
            ),
            (3, json!({ "poster_url": "a", "backdrop_url": "b", "gallery": [] })),
            (
                4,
                json!({ "poster_url": "a", "backdrop_url": "b", "gallery": [{ "id": "1", "url": "x" }] }),
            ),
        ];
        let mut walk = Walk::new(definition);
        for (number, state) in states.into_iter().rev() {
            assert!(!walk.is_done());
            walk.step(number, object(state));
        }
        let found = walk.finish();
        let found: Vec<_> = found
            .iter()
            .map(|(target, state)| (target.name.as_str(), target.path.as_str(), *state))
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
    fn a_walk_ends_when_all_is_explained() {
        let mut walk = Walk::new(Category::Trivia.definition());
        walk.step(7, object(json!({ "items": [{ "id": "1", "text": "x" }] })));
        assert!(!walk.is_done());
        walk.step(6, object(json!({ "items": [] })));
        assert!(walk.is_done());
        assert_eq!(walk.finish()[0].1, 7);
        assert_eq!(Walk::new(Category::Trivia.definition()).finish(), []);
    }
}
