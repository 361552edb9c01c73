//! Merging lists: who claims which item, what goes, and in which order the rest stands.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::naming::{Listed, Who};
use super::{ImportMode, Merger, NullPolicy, array, objects, text};
use crate::document::definition::{Field, Item, Kind, Object};
use crate::document::entity::EntityKind;
use crate::document::ids::{is_item_id_of, item_id};
use crate::document::matching::claims;
use crate::document::parse::MAX_ITEMS;
use crate::document::problem::{ProblemCode, WarningCode, pointer_at};
use crate::document::projection::Names as _;
use crate::document::text::index_key;

impl Merger<'_> {
    pub(super) fn lists(&mut self, fields: &'static [Field], data: &mut Object) {
        let proposal = self.proposal;
        for field in fields.iter().filter(|field| field.rule.kind.is_list()) {
            let path = format!("/{}", field.name);
            let empty = Vec::new();
            let sent = match proposal.arriving.data.get(field.name) {
                Some(Value::Array(sent)) => Some(sent),
                Some(Value::Null) if proposal.mode == ImportMode::Replace && proposal.nulls == NullPolicy::Clear => {
                    Some(&empty)
                }
                Some(Value::Null) => {
                    if !array(proposal.current, field.name).is_empty() {
                        self.null_ignored("", field.name);
                    }
                    None
                }
                _ => None,
            };
            let merged = match (&field.rule.kind, sent) {
                (Kind::Items { item, .. }, sent) => self.items(item, field.name, &path, sent),
                (Kind::Names { entity, .. }, Some(sent)) => self.names(*entity, field.name, sent),
                _ => continue,
            };
            if merged.len() > MAX_ITEMS {
                let message = format!("there would be {} items; at most {MAX_ITEMS} are allowed", merged.len());
                self.problem(path, ProblemCode::TooLong, message);
            }
            data.insert(field.name.to_owned(), Value::Array(merged));
        }
    }

    fn items(&mut self, item: &'static Item, name: &str, path: &str, sent: Option<&Vec<Value>>) -> Vec<Value> {
        let proposal = self.proposal;
        let stored = objects(proposal.current, name);
        let Some(sent) = sent else {
            let kept = stored.iter().filter(|object| !self.is_removed(item, object));
            return kept.map(|object| Value::Object((*object).clone())).collect();
        };
        let (indices, arriving) = self.arriving_items(item, sent);
        let claimed = claims(item, &stored, &arriving, proposal.directory);
        let mut list = Listed::new(item, &stored, &claimed);
        let mut placed = Vec::with_capacity(arriving.len());
        for ((index, object), claim) in indices.into_iter().zip(arriving).zip(&claimed) {
            let at = pointer_at(path, index);
            let kept = claim.map(|index| stored[index]);
            // To be removed is said last, also of an item that the file brings without its id.
            if kept.is_some_and(|object| self.is_removed_id(item, object)) {
                continue;
            }
            let merged = self.item(item, kept, object, &at, &mut list);
            placed.push((Value::Object(merged), *claim));
        }
        let known_to_file = self.known_to_file(item, name);
        let dropped = |object: &Object| {
            proposal.mode == ImportMode::Replace
                && known_to_file.as_ref().is_none_or(|known| text(object, item.id).is_none_or(|id| known.contains(id)))
        };
        let claims: HashSet<usize> = claimed.iter().flatten().copied().collect();
        let keep: Vec<bool> = stored
            .iter()
            .enumerate()
            .map(|(index, object)| !claims.contains(&index) && !dropped(object) && !self.is_removed_id(item, object))
            .collect();
        for object in &stored {
            self.note_removed(item, object);
        }
        let stored = stored.into_iter().map(|object| Value::Object(object.clone())).collect();
        arrange(stored, &keep, placed)
    }

    /// The arriving items that take part, with their indices, under the entities' own ids.
    fn arriving_items(&mut self, item: &'static Item, sent: &[Value]) -> (Vec<usize>, Vec<Object>) {
        let mut indices = Vec::with_capacity(sent.len());
        let mut arriving = Vec::with_capacity(sent.len());
        for (index, object) in sent.iter().enumerate() {
            let Value::Object(object) = object else { continue };
            if text(object, item.id).is_some_and(|id| self.remove.contains(id)) {
                continue;
            }
            let mut object = object.clone();
            for entity in item.entities {
                let given = text(&object, entity.id);
                let name = text(&object, entity.name);
                // An id that another item of this document brings into the world is known too.
                let own = given
                    .filter(|given| self.newcomers.by_id(entity.kind, given).is_none())
                    .and_then(|given| self.proposal.directory.known(entity.kind, given, name));
                if let Some(own) = own.map(str::to_owned) {
                    object.insert(entity.id.to_owned(), Value::String(own));
                }
            }
            indices.push(index);
            arriving.push(object);
        }
        (indices, arriving)
    }

    pub(super) fn is_removed_id(&self, item: &Item, object: &Object) -> bool {
        text(object, item.id).is_some_and(|id| self.remove.contains(id))
    }

    fn note_removed(&mut self, item: &Item, object: &Object) {
        if let Some(id) = text(object, item.id).filter(|id| self.remove.contains(id)) {
            self.removed.insert(id.to_owned());
        }
    }

    fn is_removed(&mut self, item: &Item, object: &Object) -> bool {
        self.note_removed(item, object);
        self.is_removed_id(item, object)
    }

    /// The ids that the file's base had in this list; without a base, everything counts as known.
    fn known_to_file(&self, item: &Item, name: &str) -> Option<HashSet<&str>> {
        let base = self.proposal.base?;
        Some(objects(base, name).into_iter().filter_map(|object| text(object, item.id)).collect())
    }

    pub(super) fn report_unknown_removals(&mut self) {
        let unknown: Vec<_> =
            self.proposal.remove_items.iter().filter(|id| !self.removed.contains(*id)).cloned().collect();
        for id in unknown {
            let message = format!("removeItems names {id:?}, which is no item of this document");
            self.warn(String::new(), WarningCode::UnknownId, message);
        }
    }

    fn item(
        &mut self,
        item: &'static Item,
        stored: Option<&Object>,
        mut sent: Object,
        path: &str,
        list: &mut Listed,
    ) -> Object {
        // An item has its id whatever is said of it.
        if sent.get(item.id).is_some_and(Value::is_null) {
            sent.remove(item.id);
        }
        self.settle_id(item, stored, &mut sent, path);
        let mut unset = Vec::new();
        for entity in item.entities {
            match self.settle_entity(entity, stored, &mut sent, path, list) {
                Who::Is(id) => {
                    sent.insert(entity.id.to_owned(), Value::String(id));
                }
                Who::AsStored => {}
                Who::NotKnown => unset.push(entity.id),
            }
        }
        if stored.is_none() && self.proposal.arriving.bare.contains(path) {
            self.fill_bare(item, &mut sent, path);
        }
        if let Some(stored) = stored {
            let implied = &self.proposal.arriving.implied;
            sent.retain(|key, _| {
                !stored.contains_key(key) || implied.is_empty() || !implied.contains(&format!("{path}/{key}"))
            });
        }
        let none = Object::new();
        let mut merged = self.object(item.fields, stored.unwrap_or(&none), &sent, path);
        for id in unset {
            merged.remove(id);
        }
        self.require_of_item(item, &merged, path);
        merged
    }

    /// Gives a new item an id, and a claimed one the id it has.
    fn settle_id(&mut self, item: &Item, stored: Option<&Object>, sent: &mut Object, path: &str) {
        let (movie, category) = (self.proposal.movie, self.proposal.definition.category);
        let given = text(sent, item.id).map(str::to_owned);
        let own = stored.and_then(|object| text(object, item.id)).map(str::to_owned);
        let id = match (own, &given) {
            (Some(own), _) => own,
            (None, Some(given)) if is_item_id_of(given, movie, category) && !self.taken.contains(given) => {
                given.clone()
            }
            (None, _) => item_id(self.ids.next(), movie, category),
        };
        if let Some(given) = given.filter(|given| *given != id) {
            let outcome =
                if stored.is_some() { "was recognised by its key" } else { "was added with an id of its own" };
            let message = format!("{given:?} is not the id of this item; it {outcome}");
            self.warn(format!("{path}/{}", item.id), WarningCode::UnknownId, message);
        }
        self.taken.insert(id.clone());
        sent.insert(item.id.to_owned(), Value::String(id));
    }

    fn fill_bare(&mut self, item: &Item, sent: &mut Object, path: &str) {
        for (field, value) in item.bare_defaults {
            if !sent.contains_key(*field) {
                let message = format!("bare text does not say its {field}; {value:?} was taken");
                self.warn(format!("{path}/{field}"), WarningCode::ValueRepaired, message);
                sent.insert((*field).to_owned(), Value::String((*value).to_owned()));
            }
        }
    }

    /// Merges a list of names; the same name in another spelling is the same name.
    fn names(&mut self, kind: EntityKind, name: &str, sent: &[Value]) -> Vec<Value> {
        let proposal = self.proposal;
        let directory = proposal.directory;
        let identity = |value: &Value| {
            let name = value.as_str().unwrap_or_default();
            directory.entity(kind, name).unwrap_or_else(|| index_key(name))
        };
        let stored = array(proposal.current, name);
        let mut claimed = HashSet::new();
        let mut claims: Vec<Option<usize>> = Vec::with_capacity(sent.len());
        // The very name first: one genre may stand there under two of its names.
        for value in sent {
            let found = (0..stored.len()).find(|index| stored[*index] == *value && !claimed.contains(index));
            claimed.extend(found);
            claims.push(found);
        }
        let places: HashMap<String, Vec<usize>> =
            stored.iter().enumerate().fold(HashMap::new(), |mut places, (index, value)| {
                places.entry(identity(value)).or_insert_with(Vec::new).push(index);
                places
            });
        let mut placed = Vec::with_capacity(sent.len());
        for (value, claim) in sent.iter().zip(claims) {
            let same = places.get(&identity(value));
            let found = claim.or_else(|| same?.iter().copied().find(|index| !claimed.contains(index)));
            claimed.extend(found);
            match found {
                Some(index) => placed.push((stored[index].clone(), Some(index))),
                None if same.is_some() => {}
                None => {
                    let name = value.as_str().unwrap_or_default();
                    if self.all_named(kind, &index_key(name)).is_empty() {
                        self.create_named(kind, name);
                    }
                    placed.push((value.clone(), None));
                }
            }
        }
        let base: Option<HashSet<String>> = proposal.base.map(|base| array(base, name).iter().map(identity).collect());
        let dropped = |value: &Value| {
            proposal.mode == ImportMode::Replace && base.as_ref().is_none_or(|base| base.contains(&identity(value)))
        };
        let keep: Vec<bool> =
            stored.iter().enumerate().map(|(index, value)| !claimed.contains(&index) && !dropped(value)).collect();
        arrange(stored.to_vec(), &keep, placed)
    }
}

/// Puts a list in order: what the file has stands in the file's order; what only is stored stays
/// where it was; what is new follows what it follows in the file.
fn arrange(stored: Vec<Value>, keep: &[bool], placed: Vec<(Value, Option<usize>)>) -> Vec<Value> {
    let claimed: HashSet<usize> = placed.iter().filter_map(|(_, claim)| *claim).collect();
    if claimed.is_empty() {
        let kept = stored.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value);
        return kept.chain(placed.into_iter().map(|(value, _)| value)).collect();
    }
    let mut result = Vec::with_capacity(stored.len() + placed.len());
    let mut placed = placed.into_iter().peekable();
    for (index, value) in stored.into_iter().enumerate() {
        if claimed.contains(&index) {
            // Leading new items, the next claimed one, and the new ones behind it.
            while let Some((value, _)) = placed.next_if(|(_, claim)| claim.is_none()) {
                result.push(value);
            }
            result.extend(placed.next().map(|(value, _)| value));
            while let Some((value, _)) = placed.next_if(|(_, claim)| claim.is_none()) {
                result.push(value);
            }
        } else if keep[index] {
            result.push(value);
        }
    }
    result
}
