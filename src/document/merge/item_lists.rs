//! Merging a list of items: the names of its items are resolved, the items are aligned with the
//! stored ones, each pair is merged, and the list is put in order.

use ahash::{HashMap, HashSet};
use serde_json::Value;

use super::DocumentMerger;
use super::items::{ItemList, ItemMerger};
use super::list_states::ListStates;
use super::near_duplicates::{NearDuplicates, Repetitions};
use super::order::{self, FileOrder, arrange, gives_another_place};
use super::removed_items::{RemovedItems, repeats};
use crate::document::align::other_script::{ArrivingItems, align_other_script};
use crate::document::align::{Alignment, PossibleEntities, StoredItem, align};
use crate::document::json::{array, objects, text};
use crate::document::problem::{ProblemCode, WarningCode, pointer_at};
use crate::document::proposal::{ImportMode, NullPolicy};
use crate::document::read::parse::MAX_ITEMS;
use crate::document::resolve::list_entities::ListEntities;
use crate::document::resolve::resolver::{ItemContext, NameLocation};
use crate::document::schema::definition::{Field, Item, Kind, Object};
use crate::document::spelling::{adopt_spelling, adopt_typography};
use crate::document::text::index_key;

/// The arriving items of a list after their names were resolved.
#[derive(Default)]
struct ResolvedItems {
    /// The index of each item in the arriving list.
    indices: Vec<usize>,
    objects: Vec<Object>,
    /// The ids of items that a resolution leaves out. Their stored items are kept.
    left_out: HashSet<String>,
    /// The names in items without ids that a resolution leaves out.
    names_left_out: HashSet<Vec<Option<String>>>,
    /// The ids of draft items with waiting names that are now left out.
    withdrawn: HashSet<String>,
    /// The stored entities that a name may mean.
    possible_entities: PossibleEntities,
}

/// The ids of draft items with waiting names, by the position and the key of the name.
type WaitingItems = HashMap<(usize, Option<String>), Vec<String>>;

/// The keys of the names in an item.
fn names_of(item: &Item, object: &Object) -> Vec<Option<String>> {
    item.entities.iter().map(|entity| text(object, entity.name).map(index_key)).collect()
}

/// Steps for each item of a list, besides those of resolving its names.
const STEPS_OF_ITEM: usize = 16;

impl DocumentMerger<'_> {
    /// Merges the lists of a document into `data`.
    pub(super) fn lists(&mut self, fields: &'static [Field], data: &mut Object) {
        let proposal = self.proposal;
        for field in fields.iter().filter(|field| field.rule.kind.is_list()) {
            let path = format!("/{}", field.name);
            let empty = Vec::new();
            let sent = match proposal.arriving.data.get(field.name) {
                Some(Value::Array(sent)) => Some(sent),
                Some(Value::Null)
                    if proposal.mode == ImportMode::Replace
                        && proposal.nulls == NullPolicy::Clear =>
                {
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
                (Kind::Items { item, label }, sent) => {
                    let list = ItemList { item, name: field.name, label, path: path.clone() };
                    ItemListMerger::new(self, list).merge(sent)
                }
                (Kind::Names { entity, .. }, Some(sent)) => self.names(*entity, field.name, sent),
                _ => continue,
            };
            if merged.len() > MAX_ITEMS {
                let message = format!(
                    "there would be {} items; at most {MAX_ITEMS} are allowed",
                    merged.len()
                );
                self.diagnostics.problem(path, ProblemCode::TooLong, message);
            }
            data.insert(field.name.to_owned(), Value::Array(merged));
        }
    }

    /// Whether the import removes an item by its id.
    fn removes(&self, item: &Item, object: &Object) -> bool {
        text(object, item.id).is_some_and(|id| self.remove.contains(id))
    }
}

/// Merges one list of items.
pub(super) struct ItemListMerger<'m, 'a> {
    pub(super) document: &'m mut DocumentMerger<'a>,
    pub(super) list: ItemList,
    pub(super) stored: Vec<&'a Object>,
    pub(super) states: ListStates<'a>,
}

impl<'m, 'a> ItemListMerger<'m, 'a> {
    fn new(document: &'m mut DocumentMerger<'a>, list: ItemList) -> Self {
        let proposal = document.proposal;
        let stored = objects(proposal.current, list.name);
        let base = proposal.base.map(|base| objects(base, list.name));
        let states = ListStates::of(list.item, &stored, base);
        Self { document, list, stored, states }
    }

    /// The merged list. Empty if the budget was spent.
    fn merge(mut self, sent: Option<&Vec<Value>>) -> Vec<Value> {
        let Some(sent) = sent else { return self.without_removed() };
        let mut resolved = self.resolve(sent);
        let Some(alignment) = self.align(&mut resolved) else { return Vec::new() };
        let gives_places = self.adopt_stored_forms(&mut resolved, &alignment);
        let aligned = &alignment.claimed;
        let (indices, objects) =
            (std::mem::take(&mut resolved.indices), std::mem::take(&mut resolved.objects));
        let Some(placed) = self.merge_items(indices, objects, &alignment) else {
            return Vec::new();
        };
        let keep = self.kept(&resolved, aligned);
        let file: Vec<usize> = aligned.iter().flatten().copied().collect();
        // Items that are removed now do not count as moved; otherwise importing the same document
        // again would change the order.
        let claims: HashSet<usize> = file.iter().copied().collect();
        let current: Vec<usize> =
            (0..self.stored.len()).filter(|index| keep[*index] || claims.contains(index)).collect();
        let base = self.states.base_order.as_deref();
        let sides = order::Sides { base, current: &current, file: &file };
        let order = FileOrder::of(self.document.proposal.mode, &sides, gives_places);
        let stored = self.stored.iter().map(|object| Value::Object((*object).clone())).collect();
        arrange(stored, &keep, placed, order)
    }

    /// The stored list without the items that the import removes by their ids.
    fn without_removed(&mut self) -> Vec<Value> {
        let stored = self.stored.clone();
        let kept = stored
            .into_iter()
            .enumerate()
            .filter(|(index, object)| !self.decide_removal_by_id(*index, object));
        kept.map(|(_, object)| Value::Object(object.clone())).collect()
    }

    /// Resolves the names of the arriving items, as far as that is possible before alignment.
    fn resolve(&mut self, sent: &[Value]) -> ResolvedItems {
        let item = self.list.item;
        let mut entities = ListEntities::new(item, &self.stored, &[]);
        let mut resolved = ResolvedItems::default();
        let mut waiting: Option<WaitingItems> = None;
        let budget = self.document.proposal.budget;
        for index in self.document.split_credits.order(self.list.name, sent.len()) {
            if !budget.charge(STEPS_OF_ITEM) {
                break;
            }
            let Some(Value::Object(object)) = sent.get(index) else { continue };
            if self.document.removes(item, object) {
                continue;
            }
            let mut object = object.clone();
            let path = pointer_at(&self.list.path, index);
            self.open_waiting_names(&mut object, &path);
            if self.is_left_out(&object, &path) {
                match text(&object, item.id) {
                    Some(id) => resolved.left_out.insert(id.to_owned()),
                    None => resolved.names_left_out.insert(names_of(item, &object)),
                };
                let waiting = waiting.get_or_insert_with(|| self.waiting_items());
                for (position, name) in names_of(item, &object).into_iter().enumerate() {
                    let ids = waiting.get(&(position, name)).into_iter().flatten();
                    resolved.withdrawn.extend(ids.cloned());
                }
                continue;
            }
            for entity in item.entities {
                let given = text(&object, entity.id);
                let name = text(&object, entity.name);
                let resolver = &mut self.document.resolver;
                let own = given.and_then(|given| resolver.existing_id(entity.kind, given, name));
                if let Some(own) = own.map(str::to_owned) {
                    object.insert(entity.id.to_owned(), Value::String(own));
                }
                let came_with_id = text(&object, item.id).is_some();
                let context = ItemContext { item, path: &path, came_with_id };
                let possible_entities = &mut resolved.possible_entities;
                resolver.resolve_before_alignment(
                    entity,
                    &mut object,
                    &context,
                    &mut entities,
                    possible_entities,
                );
            }
            resolved.indices.push(index);
            resolved.objects.push(object);
        }
        resolved
    }

    /// Removes the provisional ids of waiting names in a draft, which are resolved like names
    /// without ids.
    fn open_waiting_names(&mut self, object: &mut Object, path: &str) {
        let (item, proposal) = (self.list.item, self.document.proposal);
        for entity in item.entities {
            let given = text(object, entity.id).filter(|id| proposal.provisional_ids.contains(*id));
            let Some(id) = given.map(str::to_owned) else { continue };
            let at = format!("{path}/{}", entity.name);
            let location = NameLocation::in_item(item, path, &at);
            let resolver = &mut self.document.resolver;
            if proposal.directory.by_id(entity.kind, &id).is_none()
                || resolver.is_resolved(&location)
            {
                object.remove(entity.id);
                resolver.set_provisional_id(at, id);
            }
        }
    }

    /// Whether a resolution leaves out the item.
    fn is_left_out(&mut self, object: &Object, path: &str) -> bool {
        let item = self.list.item;
        item.entities.iter().any(|entity| {
            let name = text(object, entity.name).filter(|_| text(object, entity.id).is_none());
            let Some(name) = name else { return false };
            let at = format!("{path}/{}", entity.name);
            let location = NameLocation::in_item(item, path, &at);
            let resolver = &mut self.document.resolver;
            let skipped = resolver.skipped(entity, name, &location);
            skipped.map(|skipped| resolver.report(skipped)).is_some()
        })
    }

    /// The stored draft items with waiting names.
    fn waiting_items(&self) -> WaitingItems {
        let (item, proposal) = (self.list.item, self.document.proposal);
        let mut waiting = WaitingItems::default();
        for object in &self.stored {
            let Some(id) = text(object, item.id) else { continue };
            for (position, entity) in item.entities.iter().enumerate() {
                if text(object, entity.id).is_some_and(|id| proposal.provisional_ids.contains(id)) {
                    let key = text(object, entity.name).map(index_key);
                    waiting.entry((position, key)).or_default().push(id.to_owned());
                }
            }
        }
        waiting
    }

    /// Aligns the arriving items with the stored ones; `None` if the budget is spent.
    fn align(&mut self, resolved: &mut ResolvedItems) -> Option<Alignment> {
        let (item, proposal) = (self.list.item, self.document.proposal);
        let (objects, possible_entities) = (&resolved.objects, &resolved.possible_entities);
        let (directory, budget) = (proposal.directory, proposal.budget);
        let mut alignment =
            align(item, &self.states.items, objects, directory, possible_entities, budget);
        if budget.is_stopped() {
            return None;
        }
        self.document.has_repetitions |= alignment.has_repetitions;
        let paths: Vec<String> =
            resolved.indices.iter().map(|index| pointer_at(&self.list.path, *index)).collect();
        let resolver = &self.document.resolver;
        let is_open = |index: usize, path: &str| {
            !resolver.is_resolved(&NameLocation::in_item(item, &paths[index], path))
        };
        let arriving = ArrivingItems { item, objects: &resolved.objects, paths: &paths };
        let found =
            align_other_script(&arriving, &self.stored, &alignment.claimed, budget, &is_open);
        for (path, candidate) in found.possible {
            self.document.resolver.add_other_script_candidate(path, candidate);
        }
        for aligned in found.aligned {
            alignment.claimed[aligned.arriving] = Some(aligned.stored);
            for entity in item.entities {
                if let Some(id) = self.stored[aligned.stored].get(entity.id) {
                    resolved.objects[aligned.arriving].insert(entity.id.to_owned(), id.clone());
                }
            }
            self.document.diagnostics.add(aligned.warning);
        }
        Some(alignment)
    }

    /// Adopts the stored spelling of values with the same meaning. Returns whether an item has
    /// another `order` value than its stored item.
    fn adopt_stored_forms(&self, resolved: &mut ResolvedItems, alignment: &Alignment) -> bool {
        let item = self.list.item;
        let mut gives_places = false;
        for (object, claim) in resolved.objects.iter_mut().zip(&alignment.claimed) {
            let stored = claim.map(|claim| self.states.items[claim]);
            let before = stored.and_then(|stored| stored.base.or(stored.current));
            gives_places |= before.is_some_and(|before| gives_another_place(item, before, object));
            let states = stored.into_iter().flat_map(|stored| [stored.current, stored.base]);
            for state in states.flatten() {
                adopt_spelling(item, state, object, self.document.proposal.directory);
                adopt_typography(item, state, object);
            }
        }
        gives_places
    }

    /// Merges each arriving item with the stored one that it is aligned with; `None` if the budget
    /// is spent.
    fn merge_items(
        &mut self,
        indices: Vec<usize>,
        objects: Vec<Object>,
        alignment: &Alignment,
    ) -> Option<Vec<(Value, Option<usize>)>> {
        let (item, proposal) = (self.list.item, self.document.proposal);
        let (claimed, budget) = (&alignment.claimed, proposal.budget);
        let stored = self.stored.clone();
        let mut near_duplicates = NearDuplicates::new(item, &stored);
        let mut repetitions = Repetitions::new(item, alignment.has_repetitions, proposal.id_trust);
        let mut entities = ListEntities::new(item, &stored, claimed);
        let absent = Object::new();
        // A repetition of an item that stays removed does not bring it back.
        let stay_removed = objects
            .iter()
            .zip(claimed)
            .filter_map(|(object, claim)| match self.states.items[(*claim)?] {
                StoredItem { current: None, base: Some(base), .. } => {
                    repeats(item, base, object, proposal.nulls).then_some(base)
                }
                _ => None,
            })
            .collect();
        let mut stay_removed = RemovedItems::new(item, proposal.nulls, stay_removed);
        let mut placed = Vec::with_capacity(objects.len());
        for ((index, object), claim) in indices.into_iter().zip(objects).zip(claimed) {
            let at = pointer_at(&self.list.path, index);
            let aligned = claim.map(|claim| self.states.items[claim]);
            if !budget.charge(STEPS_OF_ITEM) {
                return None;
            }
            if aligned.is_none() && stay_removed.has(&object, budget) {
                let message =
                    "this item was removed since the document was exported, and stays removed";
                self.document.diagnostics.warn(at, WarningCode::RemovedSince, message.to_owned());
                continue;
            }
            // A removal by id also holds for an item that arrives without its id.
            if aligned
                .and_then(|aligned| aligned.current)
                .is_some_and(|object| self.document.removes(item, object))
            {
                continue;
            }
            let aligned = match aligned {
                Some(StoredItem { current: None, base: Some(base), .. }) => {
                    if !self.decide_return(base, &object, &at) {
                        continue;
                    }
                    StoredItem { current: Some(base), ..StoredItem::default() }
                }
                // Both sides added the item: different values are conflicts.
                Some(aligned @ StoredItem { is_added: true, .. }) => {
                    StoredItem { base: Some(&absent), ..aligned }
                }
                Some(aligned) => aligned,
                None => StoredItem::default(),
            };
            let repeated = repetitions.first(&object, &at);
            let mut merger = ItemMerger { document: self.document, list: &self.list };
            let merged = merger.merge(aligned, object, &at, &mut entities);
            if aligned.current.is_none() {
                let warnings = [
                    near_duplicates.another_credit(&merged, &at),
                    near_duplicates.another_year(&merged, &at, proposal),
                    repeated.map(|first| Repetitions::warning(&first, &at)),
                ];
                for warning in warnings.into_iter().flatten() {
                    self.document.diagnostics.add(warning);
                }
            }
            placed.push((Value::Object(merged), claim.filter(|claim| *claim < stored.len())));
        }
        Some(placed)
    }

    /// For each stored item, whether it is kept although no arriving item is aligned with it.
    fn kept(&mut self, resolved: &ResolvedItems, aligned: &[Option<usize>]) -> Vec<bool> {
        let item = self.list.item;
        let claims: HashSet<usize> = aligned.iter().flatten().copied().collect();
        let stored = self.stored.clone();
        let mut keep = Vec::with_capacity(stored.len());
        for (index, object) in stored.into_iter().enumerate() {
            if self.document.removes(item, object) {
                keep.push(!self.decide_removal_by_id(index, object));
                continue;
            }
            let id = text(object, item.id);
            let is_left_out = id.is_some_and(|id| resolved.left_out.contains(id))
                || (!resolved.names_left_out.is_empty()
                    && resolved.names_left_out.contains(&names_of(item, object)));
            let is_withdrawn = id.is_some_and(|id| resolved.withdrawn.contains(id));
            let is_free = !claims.contains(&index) && !is_withdrawn;
            keep.push(is_free && (is_left_out || self.decide_stay(index, object)));
        }
        keep
    }
}
