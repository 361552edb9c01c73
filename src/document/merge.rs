//! Merging what arrived into what is stored. MERGE changes and adds and never removes; REPLACE
//! acts on the keys present and removes what the file dropped since its base.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::category::Definition;
use super::definition::{EntityReference, Field, Item, Kind, Object, define_choice};
use super::entity::{Directory, EntityKind, NewEntity};
use super::ids::{IdSource, MovieId, entity_id, is_item_id_of, item_id};
use super::matching::claims;
use super::parse::Reading;
use super::problem::{Problem, ProblemCode, Warning, WarningCode, pointer_at};
use super::projection::Names;
use super::text::{comparable, index_key};

define_choice! {
    /// What an import may do to what is stored.
    pub enum ImportMode {
        /// Change and add; remove nothing but the items named in removeItems.
        Merge = "merge",
        /// For the keys present, also remove list items that the document dropped since its base
        /// revision, or, without a base, those that are not in it.
        Replace = "replace",
    }
}

define_choice! {
    /// What null means.
    pub enum NullPolicy {
        /// The value is removed.
        Clear = "clear",
        /// Nothing: the stored value stays.
        Keep = "keep",
    }
}

/// What is to be merged, and how.
pub struct Proposal<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    pub arriving: &'a Reading,
    pub current: &'a Object,
    /// The document that the file was made from, if it is known. REPLACE removes nothing that was
    /// added since.
    pub base: Option<&'a Object>,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub remove_items: &'a [String],
    /// The entities that `arriving` and `current` name, as far as they exist.
    pub directory: &'a Directory,
}

/// What came of it. With problems, nothing of it may be stored.
#[derive(Debug)]
pub struct Merged {
    pub data: Object,
    pub new_entities: Vec<NewEntity>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

/// Merges. Pure but for the ids that new items and entities get from `ids`.
#[must_use]
pub fn merge(proposal: &Proposal<'_>, ids: &dyn IdSource) -> Merged {
    let mut merger = Merger {
        proposal,
        ids,
        newcomers: Directory::default(),
        merged: Merged { data: Object::new(), new_entities: Vec::new(), problems: Vec::new(), warnings: Vec::new() },
        remove: proposal.remove_items.iter().map(String::as_str).collect(),
        removed: HashSet::new(),
        taken: item_ids(proposal.definition, proposal.current),
    };
    merger.announce_given_ids();
    let fields = proposal.definition.fields;
    let mut data = merger.object(fields, proposal.current, &proposal.arriving.data, "");
    merger.lists(fields, &mut data);
    merger.require(fields, &data);
    merger.report_unknown_removals();
    merger.merged.data = data;
    merger.merged
}

struct Merger<'a> {
    proposal: &'a Proposal<'a>,
    ids: &'a dyn IdSource,
    newcomers: Directory,
    merged: Merged,
    remove: HashSet<&'a str>,
    removed: HashSet<String>,
    /// The ids of items that are given away, in all lists: an id stands once in a document.
    taken: HashSet<String>,
}

fn array<'v>(object: &'v Object, key: &str) -> &'v [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn objects<'v>(object: &'v Object, key: &str) -> Vec<&'v Object> {
    array(object, key).iter().filter_map(Value::as_object).collect()
}

fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

fn item_ids(definition: &Definition, data: &Object) -> HashSet<String> {
    let mut ids = HashSet::new();
    for field in definition.fields {
        if let Kind::Items { item, .. } = &field.rule.kind {
            ids.extend(objects(data, field.name).into_iter().filter_map(|object| text(object, item.id)).map(str::to_owned));
        }
    }
    ids
}

/// Whether two values are the same to a reader: `8` and `8.0` are.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[allow(clippy::float_cmp, reason = "the same number, not a near one")]
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

impl Merger<'_> {
    fn warn(&mut self, path: String, code: WarningCode, message: String) {
        self.merged.warnings.push(Warning { path, code, message });
    }

    fn problem(&mut self, path: String, code: ProblemCode, message: String) {
        self.merged.problems.push(Problem { path, code, message });
    }

    /// Merges the fields that are no lists; lists follow in [`Self::lists`]. Keeps keys that this
    /// version does not know, at the end.
    fn object(&mut self, fields: &'static [Field], current: &Object, arriving: &Object, path: &str) -> Object {
        let mut result = Object::new();
        for field in fields {
            let stored = current.get(field.name).filter(|value| !value.is_null());
            if field.rule.kind.is_list() {
                result.insert(field.name.to_owned(), stored.cloned().unwrap_or_else(|| Value::Array(Vec::new())));
                continue;
            }
            let value = match (arriving.get(field.name), stored) {
                (Some(Value::Null), Some(_)) if self.proposal.nulls == NullPolicy::Clear => None,
                (Some(Value::Null), Some(kept)) => {
                    self.null_ignored(path, field.name);
                    Some(kept.clone())
                }
                (Some(sent), Some(kept)) if same(sent, kept) => Some(kept.clone()),
                (Some(Value::Null) | None, kept) => kept.cloned(),
                (Some(sent), _) => Some(sent.clone()),
            };
            if let Some(value) = value {
                result.insert(field.name.to_owned(), value);
            }
        }
        for (key, value) in current {
            if super::definition::find(fields, key).is_none() {
                result.insert(key.clone(), value.clone());
            }
        }
        result
    }

    fn null_ignored(&mut self, path: &str, name: &str) {
        let message = format!("null was read as \"not known\"; {name} was kept");
        self.warn(format!("{path}/{name}"), WarningCode::NullIgnored, message);
    }

    fn lists(&mut self, fields: &'static [Field], data: &mut Object) {
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
                let own = given.and_then(|given| self.proposal.directory.known(entity.kind, given, name));
                if let Some(own) = own.map(str::to_owned) {
                    object.insert(entity.id.to_owned(), Value::String(own));
                }
            }
            indices.push(index);
            arriving.push(object);
        }
        (indices, arriving)
    }

    fn is_removed_id(&self, item: &Item, object: &Object) -> bool {
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

    fn report_unknown_removals(&mut self) {
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
            sent.retain(|key, _| !stored.contains_key(key) || implied.is_empty() || !implied.contains(&format!("{path}/{key}")));
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
            (None, Some(given)) if is_item_id_of(given, movie, category) && !self.taken.contains(given) => given.clone(),
            (None, _) => item_id(self.ids.next(), movie, category),
        };
        if let Some(given) = given.filter(|given| *given != id) {
            let outcome = if stored.is_some() { "was recognised by its key" } else { "was added with an id of its own" };
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

    /// Decides who an item names. A name that differs from the stored one only by case, accents or
    /// spacing is the stored one.
    fn settle_entity(
        &mut self,
        entity: &'static EntityReference,
        stored: Option<&Object>,
        sent: &mut Object,
        path: &str,
        list: &mut Listed,
    ) -> Who {
        let stored_name = stored.and_then(|object| text(object, entity.name));
        let stored_id = stored.and_then(|object| text(object, entity.id));
        let name = text(sent, entity.name).map(str::to_owned);
        let renamed = name.as_ref().is_some_and(|name| {
            stored_name.is_none_or(|kept| comparable(name) != comparable(kept))
        });
        if let (Some(_), Some(kept), false) = (&name, stored_name, renamed) {
            sent.insert(entity.name.to_owned(), Value::String(kept.to_owned()));
        }
        match (text(sent, entity.id).map(str::to_owned), name) {
            (Some(given), name) => self.given_entity(entity, given, name.as_deref().or(stored_name), path),
            (None, Some(name)) if renamed => self.named_entity(entity, &name, stored_id, path, list),
            (None, _) => Who::AsStored,
        }
    }

    fn given_entity(&mut self, entity: &EntityReference, given: String, name: Option<&str>, path: &str) -> Who {
        let known = self.proposal.directory.by_id(entity.kind, &given);
        if let Some(own) = known.or_else(|| self.newcomers.by_id(entity.kind, &given)) {
            return Who::Is(own.to_owned());
        }
        if let Some(name) = name {
            self.create(entity.kind, given.clone(), name.to_owned());
            return Who::Is(given);
        }
        if self.is_refused(&format!("{path}/{}", entity.name)) {
            return Who::AsStored;
        }
        let kind = entity.kind.as_str();
        let message = format!("there is no {kind} of the id {given:?}; with {:?} beside it, one is made", entity.name);
        self.problem(format!("{path}/{}", entity.id), ProblemCode::NotFound, message);
        Who::AsStored
    }

    fn named_entity(
        &mut self,
        entity: &'static EntityReference,
        name: &str,
        stored_id: Option<&str>,
        path: &str,
        list: &mut Listed,
    ) -> Who {
        let key = index_key(name);
        let mut candidates = self.all_named(entity.kind, &key);
        for id in list.credited_as(entity, &key) {
            if !candidates.contains(&id) {
                candidates.push(id);
            }
        }
        if let Some(stored_id) = stored_id.filter(|id| candidates.iter().any(|candidate| candidate == id)) {
            return Who::Is(stored_id.to_owned());
        }
        match &candidates[..] {
            [] if entity.creates => Who::Is(self.create_named(entity.kind, name)),
            [] => Who::NotKnown,
            [only] => Who::Is(only.clone()),
            several => match list.first_of(entity, several) {
                Some(id) => Who::Is(id),
                None => {
                    self.ambiguous(entity, name, several, path);
                    Who::NotKnown
                }
            },
        }
    }

    fn ambiguous(&mut self, entity: &EntityReference, name: &str, candidates: &[String], path: &str) {
        let found = format!("{name:?} may be any of {}", candidates.join(", "));
        if entity.creates {
            // Whose id was refused has that problem already.
            if self.is_refused(&format!("{path}/{}", entity.id)) {
                return;
            }
            let message = format!("{found}; say which by {:?}", entity.id);
            self.problem(format!("{path}/{}", entity.name), ProblemCode::AmbiguousMatch, message);
        } else {
            let message = format!("{found}; the name was kept as text without {:?}", entity.id);
            self.warn(format!("{path}/{}", entity.name), WarningCode::AmbiguousMatch, message);
        }
    }

    fn all_named(&self, kind: EntityKind, key: &str) -> Vec<String> {
        let known = self.proposal.directory.by_name(kind, key);
        let new = self.newcomers.by_name(kind, key).iter().filter(|id| !known.contains(id));
        known.iter().chain(new).cloned().collect()
    }

    /// Ids that the document brings along are known before any of its names is looked up.
    fn announce_given_ids(&mut self) {
        let proposal = self.proposal;
        for field in proposal.definition.fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            for object in objects(&proposal.arriving.data, field.name) {
                if self.is_removed_id(item, object) {
                    continue;
                }
                for entity in item.entities {
                    if let (Some(id), Some(name)) = (text(object, entity.id), text(object, entity.name))
                        && proposal.directory.known(entity.kind, id, Some(name)).is_none()
                    {
                        self.create(entity.kind, id.to_owned(), name.to_owned());
                    }
                }
            }
        }
    }

    fn create(&mut self, kind: EntityKind, id: String, name: String) {
        if self.newcomers.by_id(kind, &id).is_none() {
            let entity = NewEntity { kind, id, name };
            self.newcomers.add(&entity);
            self.merged.new_entities.push(entity);
        }
    }

    fn create_named(&mut self, kind: EntityKind, name: &str) -> String {
        let id = entity_id(self.ids.next(), kind.as_str());
        self.create(kind, id.clone(), name.to_owned());
        id
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
        let places: HashMap<String, Vec<usize>> = stored.iter().enumerate().fold(HashMap::new(), |mut places, (index, value)| {
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
        let base: Option<HashSet<String>> =
            proposal.base.map(|base| array(base, name).iter().map(identity).collect());
        let dropped = |value: &Value| {
            proposal.mode == ImportMode::Replace && base.as_ref().is_none_or(|base| base.contains(&identity(value)))
        };
        let keep: Vec<bool> =
            stored.iter().enumerate().map(|(index, value)| !claimed.contains(&index) && !dropped(value)).collect();
        arrange(stored.to_vec(), &keep, placed)
    }

    fn require(&mut self, fields: &'static [Field], data: &Object) {
        if self.proposal.definition.is_empty(data) {
            return;
        }
        self.require_fields(fields, data, "");
    }

    fn require_of_item(&mut self, item: &'static Item, data: &Object, path: &str) {
        if self.is_refused(path) {
            return;
        }
        self.require_fields(item.fields, data, path);
        let there = |name: &&str| data.contains_key(*name) || self.is_refused(&format!("{path}/{name}"));
        if !item.any_of.is_empty() && !item.any_of.iter().any(there) {
            let message = format!("none of {} is there; at least one is required", item.any_of.join(", "));
            self.problem(path.to_owned(), ProblemCode::Required, message);
        }
    }

    fn require_fields(&mut self, fields: &'static [Field], data: &Object, path: &str) {
        for field in fields.iter().filter(|field| field.rule.required && !data.contains_key(field.name)) {
            let at = format!("{path}/{}", field.name);
            if !self.is_refused(&at) {
                self.problem(at, ProblemCode::Required, format!("{} is missing", field.name));
            }
        }
    }

    /// Whether what was sent there was refused, and so has its problem already.
    fn is_refused(&self, path: &str) -> bool {
        self.proposal.arriving.refused.contains(path)
    }
}

/// Who an item turned out to name.
enum Who {
    Is(String),
    AsStored,
    NotKnown,
}

/// Who is in a list already: they come first where a name fits several.
struct Listed {
    entries: Vec<ListedEntry>,
}

struct ListedEntry {
    /// The field that the name stands in, which tells the entities of an item apart.
    field: &'static str,
    id: String,
    credited_as: String,
    claimed: bool,
}

impl Listed {
    fn new(item: &'static Item, stored: &[&Object], claims: &[Option<usize>]) -> Self {
        let claimed: HashSet<usize> = claims.iter().flatten().copied().collect();
        let mut entries = Vec::new();
        for (index, object) in stored.iter().enumerate() {
            for entity in item.entities {
                if let Some(id) = text(object, entity.id) {
                    entries.push(ListedEntry {
                        field: entity.name,
                        id: id.to_owned(),
                        credited_as: text(object, entity.name).map(index_key).unwrap_or_default(),
                        claimed: claimed.contains(&index),
                    });
                }
            }
        }
        Self { entries }
    }

    fn credited_as(&self, entity: &EntityReference, key: &str) -> Vec<String> {
        let fitting = self.entries.iter().filter(|entry| entry.field == entity.name && entry.credited_as == key);
        fitting.map(|entry| entry.id.clone()).collect()
    }

    /// The first of the candidates in the list whose item nobody claimed yet; else the only one of
    /// them that is in the list at all.
    fn first_of(&mut self, entity: &EntityReference, candidates: &[String]) -> Option<String> {
        let fits = |entry: &ListedEntry| entry.field == entity.name && candidates.contains(&entry.id);
        if let Some(entry) = self.entries.iter_mut().find(|entry| !entry.claimed && fits(entry)) {
            entry.claimed = true;
            return Some(entry.id.clone());
        }
        let mut listed: Vec<&String> = self.entries.iter().filter(|entry| fits(entry)).map(|entry| &entry.id).collect();
        listed.dedup();
        match listed[..] {
            [only] => Some(only.clone()),
            _ => None,
        }
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
