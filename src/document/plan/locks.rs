//! Locks: values that an automatic source must not change, and a person only on purpose.
//!
//! Held against the outcome of a merge, whatever led to it, so that no way of writing gets past.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Skipped;
use super::diff::label_of;
use crate::document::categories::Definition;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, pointer_at, shown};
use crate::document::schema::definition::{Item, Kind, Object, find};

/// What a lock does to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockRule {
    /// The change comes from an automatic source: it is left out.
    Skip,
    /// The change is a person's, who did not say that locks are to be overridden: it is refused.
    Refuse,
    /// The change is a person's, who did.
    Override,
}

impl LockRule {
    /// The rule as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Refuse => "refuse",
            Self::Override => "override",
        }
    }
}

/// What came of holding locks against a change.
#[derive(Debug, Default)]
pub struct Held {
    pub data: Object,
    pub skipped: Vec<Skipped>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

/// The lock target of a field of the document: its JSON Pointer.
#[must_use]
pub fn field_target(name: &str) -> String {
    format!("/{name}")
}

/// What was touched, with the list that each item of it stands in; of an item that is not there, any list.
#[must_use]
pub fn with_lists(
    definition: &Definition,
    data: &Object,
    touched: impl Iterator<Item = String>,
) -> HashSet<String> {
    let mut touched: HashSet<String> = touched.collect();
    let ids: Vec<String> =
        touched.iter().filter(|target| !target.starts_with('/')).cloned().collect();
    let places = Places::of(definition, data);
    for id in ids {
        match places.list_of(&id) {
            Some(list) => {
                touched.insert(field_target(list));
            }
            None => {
                let lists = definition
                    .fields
                    .iter()
                    .filter(|field| matches!(field.rule.kind, Kind::Items { .. }));
                touched.extend(lists.map(|field| field_target(field.name)));
            }
        }
    }
    touched
}

/// Holds `locks` against the change from `current` to `data`. A target is the JSON Pointer of a field
/// (`/title`), or the id of a list item; `rule_of` says what its lock does.
#[must_use]
pub fn hold(
    definition: &Definition,
    locks: &[String],
    rule_of: impl Fn(&str) -> LockRule,
    current: &Object,
    data: Object,
) -> Held {
    let mut held = Held { data, ..Held::default() };
    let mut places = None;
    for target in locks {
        let rule = rule_of(target);
        match target.strip_prefix('/') {
            Some(name) => held.field(definition, rule, current, name),
            None => {
                let (before, after) = places.get_or_insert_with(|| {
                    (Places::of(definition, current), Places::of(definition, &held.data))
                });
                held.item(rule, current, target, before, after);
            }
        }
    }
    held
}

impl Held {
    fn field(&mut self, definition: &Definition, rule: LockRule, current: &Object, name: &str) {
        let (before, after) = (current.get(name), self.data.get(name));
        if before == after {
            return;
        }
        let path = field_target(name);
        let (before, after) = (before.cloned(), after.cloned());
        if self.is_kept(rule, path, name.to_owned(), before.clone(), after) {
            // In its place among the fields, wherever that is.
            let mut restored = Object::new();
            let mut known: Vec<&str> = definition.fields.iter().map(|field| field.name).collect();
            known.extend(
                self.data
                    .keys()
                    .map(String::as_str)
                    .filter(|key| find(definition.fields, key).is_none()),
            );
            for key in known {
                let value = if key == name { before.as_ref() } else { self.data.get(key) };
                if let Some(value) = value {
                    restored.insert(key.to_owned(), value.clone());
                }
            }
            self.data = restored;
        }
    }

    fn item(
        &mut self,
        rule: LockRule,
        current: &Object,
        id: &str,
        places: &Places,
        places_after: &mut Places,
    ) {
        let Some(Place { item, label, list, index }) = places.find(current, id) else {
            return self.gone_item(rule, id, places_after);
        };
        let before = &current[list][index];
        let there = places_after.find(&self.data, id).map(|place| (place.list, place.index));
        let after = there.map(|(list, index)| self.data[list][index].clone());
        if after.as_ref() == Some(before) && there.is_some_and(|(now, _)| now == list) {
            return;
        }
        let label =
            before.as_object().map_or_else(String::new, |before| label_of(item, label, before));
        let path = there.map_or_else(|| at(list, index), |(list, index)| at(list, index));
        if self.is_kept(rule, path, label, Some(before.clone()), after) {
            match there {
                Some((now, index)) if now == list => self.data[list][index] = before.clone(),
                moved => {
                    places_after.moves += 2;
                    if let Some((now, index)) = moved
                        && let Some(items) = self.data.get_mut(now).and_then(Value::as_array_mut)
                    {
                        items.remove(index);
                    }
                    if let Some(items) = self.data.get_mut(list).and_then(Value::as_array_mut) {
                        items.insert(index.min(items.len()), before.clone());
                    }
                }
            }
        }
    }

    /// A locked item that was removed stays so.
    fn gone_item(&mut self, rule: LockRule, id: &str, places: &mut Places) {
        let Some(Place { item, label, list, index }) = places.find(&self.data, id) else {
            return;
        };
        let after = self.data[list][index].clone();
        let label =
            after.as_object().map_or_else(String::new, |after| label_of(item, label, after));
        if self.is_kept(rule, at(list, index), label, None, Some(after))
            && let Some(items) = self.data.get_mut(list).and_then(Value::as_array_mut)
        {
            items.remove(index);
            places.moves += 1;
        }
    }

    /// Says what the rule says; whether the value is to stay as it was.
    fn is_kept(
        &mut self,
        rule: LockRule,
        path: String,
        label: String,
        current: Option<Value>,
        imported: Option<Value>,
    ) -> bool {
        match rule {
            LockRule::Skip => {
                self.skipped.push(Skipped {
                    path,
                    code: ProblemCode::Locked,
                    label,
                    current,
                    imported,
                });
                return true;
            }
            LockRule::Refuse => {
                let found = match &imported {
                    None => " and would be removed".to_owned(),
                    // What an item would become, the plan shows.
                    Some(Value::Object(_) | Value::Array(_)) => String::new(),
                    Some(value) => format!("; found {}", shown(value)),
                };
                let message =
                    format!("{label} is locked{found}; to change it nevertheless, override locks");
                self.problems.push(Problem::new(path, ProblemCode::Locked, message));
            }
            LockRule::Override => {
                let message =
                    format!("{label} is locked and changed nevertheless, as locks are overridden");
                self.warnings.push(Warning::new(path, WarningCode::Locked, message));
            }
        }
        false
    }
}

fn at(list: &str, index: usize) -> String {
    pointer_at(&field_target(list), index)
}

struct Place {
    item: &'static Item,
    label: &'static str,
    list: &'static str,
    index: usize,
}

/// Where the items of a document stand, by their ids.
struct Places {
    fields: Vec<(&'static str, &'static str, &'static Item)>,
    by_id: HashMap<String, (usize, usize)>,
    /// How many items were put in or taken out since: by so many places others may stand elsewhere.
    moves: usize,
}

impl Places {
    fn of(definition: &Definition, data: &Object) -> Self {
        let mut places = Self { fields: Vec::new(), by_id: HashMap::new(), moves: 0 };
        for field in definition.fields {
            let Kind::Items { item, label } = &field.rule.kind else { continue };
            let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
            for (index, value) in list.enumerate() {
                if let Some(id) = value.get(item.id).and_then(Value::as_str) {
                    places.by_id.entry(id.to_owned()).or_insert((places.fields.len(), index));
                }
            }
            places.fields.push((field.name, label, item));
        }
        places
    }

    fn list_of(&self, id: &str) -> Option<&'static str> {
        self.by_id.get(id).map(|(field, _)| self.fields[*field].0)
    }

    /// Where the item of that id stands in `data` now.
    fn find(&self, data: &Object, id: &str) -> Option<Place> {
        let (field, was_at) = *self.by_id.get(id)?;
        let (list, label, item) = self.fields[field];
        let items = data.get(list)?.as_array()?;
        let is_it = |index: &usize| {
            items
                .get(*index)
                .is_some_and(|value| value.get(item.id).and_then(Value::as_str) == Some(id))
        };
        let around = (0..=self.moves).flat_map(|by| [was_at.checked_sub(by), Some(was_at + by)]);
        let index = around.flatten().find(is_it)?;
        Some(Place { item, label, list, index })
    }
}
