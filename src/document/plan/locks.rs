//! Editorial locks: values that automatic sources cannot change, and users only on purpose.
//!
//! Locks are applied to the result of a merge or a restoration, so that every kind of write obeys
//! them.

use ahash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;

use super::Skipped;
use super::diff::label_of;
use crate::document::categories::Definition;
use crate::document::items::{ListItem, items};
use crate::document::json::text;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, pointer_at, shown};
use crate::document::schema::definition::{Item, Kind, Object, find};
use crate::document::schema::scalars::Json;

/// How a lock affects a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockRule {
    /// The change is left out, because it comes from an automatic source.
    Skip,
    /// The change is refused: it comes from a user who did not override locks.
    Refuse,
    /// The change is made: it comes from a user who overrides locks.
    Override,
}

impl LockRule {
    /// The name of the rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Refuse => "refuse",
            Self::Override => "override",
        }
    }
}

/// The result of applying locks to a change.
#[derive(Debug, Default)]
pub struct AppliedLocks {
    /// The changed document, in which skipped changes are undone.
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

/// Adds to a set of lock targets the list of each item in it. For an item that is not in `data`,
/// all lists are added.
#[must_use]
pub fn with_containing_lists(
    definition: &Definition,
    data: &Object,
    targets: impl Iterator<Item = String>,
) -> HashSet<String> {
    let mut targets: HashSet<String> = targets.collect();
    let ids: Vec<String> =
        targets.iter().filter(|target| !target.starts_with('/')).cloned().collect();
    let places = Places::of(definition, data);
    for id in ids {
        match places.list_of(&id) {
            Some(list) => {
                targets.insert(field_target(list));
            }
            None => {
                let lists = definition
                    .fields
                    .iter()
                    .filter(|field| matches!(field.rule.kind, Kind::Items { .. }));
                targets.extend(lists.map(|field| field_target(field.name)));
            }
        }
    }
    targets
}

/// Applies `locks` to the change from `current` to `data`. Each lock is a target: the JSON Pointer
/// of a field (`/title`), or the id of a list item. `rule_of` returns the rule for a target.
#[must_use]
pub fn apply_locks(
    definition: &Definition,
    locks: &[String],
    rule_of: impl Fn(&str) -> LockRule,
    current: &Object,
    data: Object,
) -> AppliedLocks {
    let mut applied = AppliedLocks { data, ..AppliedLocks::default() };
    let mut places = None;
    for target in locks {
        let rule = rule_of(target);
        match target.strip_prefix('/') {
            Some(name) => applied.apply_to_field(definition, rule, current, name),
            None => {
                let (before, after) = places.get_or_insert_with(|| {
                    (Places::of(definition, current), Places::of(definition, &applied.data))
                });
                applied.apply_to_item(rule, current, target, before, after);
            }
        }
    }
    applied
}

/// A change of a locked value. A missing value is `None`.
struct LockedChange {
    /// JSON Pointer to the value.
    path: String,
    label: String,
    current: Option<Value>,
    imported: Option<Value>,
}

impl AppliedLocks {
    fn apply_to_field(
        &mut self,
        definition: &Definition,
        rule: LockRule,
        current: &Object,
        name: &str,
    ) {
        let (before, after) = (current.get(name), self.data.get(name));
        if before == after {
            return;
        }
        let path = field_target(name);
        let (before, after) = (before.cloned(), after.cloned());
        let (label, current) = (name.to_owned(), before.clone());
        if self.keeps_current(rule, LockedChange { path, label, current, imported: after }) {
            // Rebuilt, so that the restored field has its usual position.
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

    fn apply_to_item(
        &mut self,
        rule: LockRule,
        current: &Object,
        id: &str,
        places: &Places,
        places_after: &mut Places,
    ) {
        let Some(Place { item, label, list, index }) = places.find(current, id) else {
            return self.apply_to_removed_item(rule, id, places_after);
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
        let current = Some(before.clone());
        if self.keeps_current(rule, LockedChange { path, label, current, imported: after }) {
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

    /// Applies the lock of an item that is not in the current document: it may not be added again.
    fn apply_to_removed_item(&mut self, rule: LockRule, id: &str, places: &mut Places) {
        let Some(Place { item, label, list, index }) = places.find(&self.data, id) else {
            return;
        };
        let after = self.data[list][index].clone();
        let label =
            after.as_object().map_or_else(String::new, |after| label_of(item, label, after));
        let (path, imported) = (at(list, index), Some(after));
        if self.keeps_current(rule, LockedChange { path, label, current: None, imported })
            && let Some(items) = self.data.get_mut(list).and_then(Value::as_array_mut)
        {
            items.remove(index);
            places.moves += 1;
        }
    }

    /// Records the effect of a lock on a change. Returns whether the current value must be kept.
    fn keeps_current(&mut self, rule: LockRule, change: LockedChange) -> bool {
        let LockedChange { path, label, current, imported } = change;
        match rule {
            LockRule::Skip => {
                self.skipped.push(Skipped {
                    path,
                    code: ProblemCode::Locked,
                    label,
                    current: current.map(Json),
                    imported: imported.map(Json),
                });
                return true;
            }
            LockRule::Refuse => {
                let found = match &imported {
                    None => " and would be removed".to_owned(),
                    // The plan shows the details of items and lists.
                    Some(Value::Object(_) | Value::Array(_)) => String::new(),
                    Some(value) => format!("; found {}", shown(value)),
                };
                let message =
                    format!("{label} is locked{found}; to change it anyway, override locks");
                self.problems.push(Problem::new(path, ProblemCode::Locked, message));
            }
            LockRule::Override => {
                let message =
                    format!("{label} is locked, but was changed because locks are overridden");
                self.warnings.push(Warning::new(path, WarningCode::Locked, message));
            }
        }
        false
    }
}

fn at(list: &str, index: usize) -> String {
    pointer_at(&field_target(list), index)
}

/// The position of an item in a document.
#[derive(Clone, Copy)]
struct Place {
    item: &'static Item,
    label: &'static str,
    list: &'static str,
    index: usize,
}

/// The positions of the items of a document, by id.
struct Places {
    by_id: HashMap<String, Place>,
    /// The number of items that were inserted or removed since. Other items may have moved by up to
    /// this many positions.
    moves: usize,
}

impl Places {
    fn of(definition: &Definition, data: &Object) -> Self {
        let mut places = Self { by_id: HashMap::new(), moves: 0 };
        for ListItem { item, label, list, index, object } in items(definition.fields, data) {
            if let Some(id) = text(object, item.id) {
                let place = Place { item, label, list, index };
                places.by_id.entry(id.to_owned()).or_insert(place);
            }
        }
        places
    }

    /// The list that contains the item with this id.
    fn list_of(&self, id: &str) -> Option<&'static str> {
        self.by_id.get(id).map(|place| place.list)
    }

    /// The present position in `data` of the item with this id.
    fn find(&self, data: &Object, id: &str) -> Option<Place> {
        let Place { item, label, list, index: was_at } = *self.by_id.get(id)?;
        let items = data.get(list)?.as_array()?;
        let has_id = |index: &usize| {
            items
                .get(*index)
                .is_some_and(|value| value.get(item.id).and_then(Value::as_str) == Some(id))
        };
        let around = (0..=self.moves).flat_map(|by| [was_at.checked_sub(by), Some(was_at + by)]);
        let index = around.flatten().find(has_id)?;
        Some(Place { item, label, list, index })
    }
}
