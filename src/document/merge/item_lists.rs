//! Merging lists of items: who claims which item, what goes, and what becomes of each.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::deciding::Place;
use super::listed::Listed;
use super::naming::{Naming, Who};
use super::near_duplicates::{Nearly, Repetitions};
use super::order::{self, FileOrder, arrange, gives_another_place};
use super::removed_items::{Removed, repeats};
use super::three_way::Sides;
use super::{ImportMode, Merger, NullPolicy, array, objects, text};
use crate::document::align::{Claims, Known, Meant, claims};
use crate::document::entity::EntityKind;
use crate::document::ids::{is_item_id_of, item_id};
use crate::document::plan::diff::label_of;
use crate::document::plan::{Conflict, NotRemoved};
use crate::document::problem::{ProblemCode, WarningCode, excerpt, pointer_at};
use crate::document::read::parse::MAX_ITEMS;
use crate::document::resolve::given_ids::{IdTrust, is_contradicted};
use crate::document::schema::definition::{EntityReference, Field, Item, KeyPart, Kind, Object};
use crate::document::spelling::{adopt_spelling, adopt_typography};
use crate::document::text::{index_key, quoted};

/// A list of items in the document.
pub(super) struct ItemList {
    pub(super) item: &'static Item,
    /// The field it stands in.
    name: &'static str,
    /// What it is called in labels.
    label: &'static str,
    pub(super) path: String,
}

/// The items of a list as they stand, and as they were when the file was made.
struct States<'v> {
    /// First those that stand, in their order; then those that were removed since.
    known: Vec<Known<'v>>,
    /// Those of the base, in its order, as indices of `known`; `None` if the base is not known.
    base_order: Option<Vec<usize>>,
}

impl<'v> States<'v> {
    fn of(item: &Item, stored: &[&'v Object], base: Option<Vec<&'v Object>>) -> Self {
        let mut known: Vec<Known<'v>> = stored
            .iter()
            .map(|object| {
                let is_added = base.is_some();
                Known { current: Some(*object), base: None, is_added, base_place: None }
            })
            .collect();
        let Some(base) = base else { return Self { known, base_order: None } };
        let places: HashMap<&str, usize> = stored
            .iter()
            .enumerate()
            .filter_map(|(index, object)| Some((text(object, item.id)?, index)))
            .collect();
        let mut base_order = Vec::with_capacity(base.len());
        for object in base {
            let place = text(object, item.id).and_then(|id| places.get(id).copied());
            let place = place.unwrap_or_else(|| {
                known.push(Known { current: None, base: None, is_added: false, base_place: None });
                known.len() - 1
            });
            (known[place].base, known[place].is_added) = (Some(object), false);
            known[place].base_place = Some(base_order.len());
            base_order.push(place);
        }
        Self { known, base_order: Some(base_order) }
    }
}

/// The items of the file that take part, under the entities' own ids.
#[derive(Default)]
struct Arriving {
    /// Where in the file's list each stands.
    indices: Vec<usize>,
    objects: Vec<Object>,
    /// The ids of items that an answer leaves out: what is stored of them stays.
    left_out: HashSet<String>,
    /// Whom the items name that an answer leaves out and that came without their ids.
    names_left_out: HashSet<Vec<Option<String>>>,
    /// The ids of items of a draft whose names waited, and are left out by now.
    withdrawn: HashSet<String>,
    meant: Meant,
}

/// The ids of items of a draft in which names wait, once they were looked up.
type Waiting = Option<HashMap<(usize, Option<String>), Vec<String>>>;

/// Whom an item names, each by a key.
fn names_of(item: &Item, object: &Object) -> Vec<Option<String>> {
    item.entities.iter().map(|entity| text(object, entity.name).map(index_key)).collect()
}

/// Steps that each item of a list is charged with, beside what is charged for deciding on its names.
const STEPS_OF_ITEM: usize = 16;

/// How many credits each entity has in a list; counted when it is first asked.
#[derive(Default)]
struct Credits(Option<HashMap<String, usize>>);

impl Credits {
    fn of(&mut self, stored: &[&Object], entity: &EntityReference, id: &str) -> usize {
        let counts = self.0.get_or_insert_with(|| {
            let mut counts = HashMap::new();
            for id in stored.iter().filter_map(|object| text(object, entity.id)) {
                *counts.entry(id.to_owned()).or_default() += 1;
            }
            counts
        });
        counts.get(id).copied().unwrap_or_default()
    }
}

impl Merger<'_> {
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
                (Kind::Items { item, label }, sent) => self
                    .items(&ItemList { item, name: field.name, label, path: path.clone() }, sent),
                (Kind::Names { entity, .. }, Some(sent)) => self.names(*entity, field.name, sent),
                _ => continue,
            };
            if merged.len() > MAX_ITEMS {
                let message = format!(
                    "there would be {} items; at most {MAX_ITEMS} are allowed",
                    merged.len()
                );
                self.problem(path, ProblemCode::TooLong, message);
            }
            data.insert(field.name.to_owned(), Value::Array(merged));
        }
    }

    #[allow(clippy::too_many_lines, reason = "one walk over the items in their order")]
    fn items(&mut self, list: &ItemList, sent: Option<&Vec<Value>>) -> Vec<Value> {
        let proposal = self.proposal;
        let item = list.item;
        let stored = objects(proposal.current, list.name);
        let Some(sent) = sent else {
            let states =
                States::of(item, &stored, proposal.base.map(|base| objects(base, list.name)));
            let kept = stored
                .iter()
                .enumerate()
                .filter(|(index, object)| !self.leaves(list, *index, object, &states));
            return kept.map(|(_, object)| Value::Object((*object).clone())).collect();
        };
        let Arriving { indices, objects: mut arriving, left_out, names_left_out, withdrawn, meant } =
            self.arriving_items(list, sent, &stored);
        let states = States::of(item, &stored, proposal.base.map(|base| objects(base, list.name)));
        let budget = proposal.budget;
        let Claims { mut claimed, has_repetitions } =
            claims(item, &states.known, &arriving, proposal.directory, &meant, budget);
        if budget.is_stopped() {
            return Vec::new();
        }
        self.merged.has_repetitions |= has_repetitions;
        self.claim_transcribed(list, &stored, &indices, &mut arriving, &mut claimed);
        let mut nearly = Nearly::new(item, &stored);
        let mut repetitions = Repetitions::new(item, has_repetitions, proposal.id_trust);
        let mut listed = Listed::new(item, &stored, &claimed);
        let absent = Object::new();
        let mut placed = Vec::with_capacity(arriving.len());
        let mut gives_places = false;
        for (object, claim) in arriving.iter_mut().zip(&claimed) {
            let known = claim.map(|claim| states.known[claim]);
            let before = known.and_then(|known| known.base.or(known.current));
            gives_places |= before.is_some_and(|before| gives_another_place(item, before, object));
            for state in known.into_iter().flat_map(|known| [known.current, known.base]).flatten() {
                adopt_spelling(item, state, object, proposal.directory);
                adopt_typography(item, state, object);
            }
        }
        // What stays removed is not brought back by saying it twice.
        let stay_removed = arriving
            .iter()
            .zip(&claimed)
            .filter_map(|(object, claim)| match states.known[(*claim)?] {
                Known { current: None, base: Some(base), .. } => {
                    repeats(item, base, object, proposal.nulls).then_some(base)
                }
                _ => None,
            })
            .collect();
        let mut stay_removed = Removed::new(item, proposal.nulls, stay_removed);
        let mut credits = Credits::default();
        for ((index, object), claim) in indices.into_iter().zip(arriving).zip(&claimed) {
            let at = pointer_at(&list.path, index);
            let known = claim.map(|claim| states.known[claim]);
            if !budget.charge(STEPS_OF_ITEM) {
                return Vec::new();
            }
            if known.is_none() && stay_removed.has(&object, budget) {
                let message =
                    "what it repeats was removed since the document was made, and stays removed";
                self.warn(at, WarningCode::RemovedSince, message.to_owned());
                continue;
            }
            // To be removed is said last, also of an item that the file brings without its id.
            if known
                .and_then(|known| known.current)
                .is_some_and(|object| self.is_removed_id(item, object))
            {
                continue;
            }
            let known = match known {
                Some(Known { current: None, base: Some(base), .. }) => {
                    if !self.comes_back(list, base, &object, &at) {
                        continue;
                    }
                    Known { current: Some(base), base: None, is_added: false, base_place: None }
                }
                // Both sides added it: what they say of it differently is a conflict.
                Some(known @ Known { is_added: true, .. }) => {
                    Known { base: Some(&absent), ..known }
                }
                Some(known) => known,
                None => Known { current: None, base: None, is_added: false, base_place: None },
            };
            let is_new = known.current.is_none();
            let repeated = repetitions.repeated(&object, &at);
            let merged = self.item(list, known, object, &at, &mut listed);
            if is_new {
                self.warn_of_another_credit(item, &merged, &stored, &mut credits, &at);
                self.warn_of_nearly_the_same(&mut nearly, &merged, &at);
                self.warn_of_repetition(repeated, &at);
            }
            placed.push((Value::Object(merged), claim.filter(|claim| *claim < stored.len())));
        }
        let claims: HashSet<usize> = claimed.iter().flatten().copied().collect();
        let mut keep = Vec::with_capacity(stored.len());
        for (index, object) in stored.iter().enumerate() {
            if self.is_removed_id(item, object) {
                keep.push(!self.leaves(list, index, object, &states));
                continue;
            }
            let is_left = !claims.contains(&index);
            let is_passed_over = text(object, item.id).is_some_and(|id| left_out.contains(id))
                || (!names_left_out.is_empty() && names_left_out.contains(&names_of(item, object)));
            let is_left = is_left && text(object, item.id).is_none_or(|id| !withdrawn.contains(id));
            keep.push(is_left && (is_passed_over || self.stays(list, index, object, &states)));
        }
        let file: Vec<usize> = claimed.iter().flatten().copied().collect();
        // What goes now has moved nothing: else the same file would find another order the next time.
        let current: Vec<usize> =
            (0..stored.len()).filter(|index| keep[*index] || claims.contains(index)).collect();
        let sides =
            order::Sides { base: states.base_order.as_deref(), current: &current, file: &file };
        let order = FileOrder::of(proposal.mode, &sides, gives_places);
        let stored = stored.into_iter().map(|object| Value::Object(object.clone())).collect();
        arrange(stored, &keep, placed, order)
    }

    /// A credit that does not say as what, of someone who stands in the list already: which of theirs was meant,
    /// or whether it is one more, nobody can tell.
    fn warn_of_another_credit(
        &mut self,
        item: &Item,
        new: &Object,
        stored: &[&Object],
        credits: &mut Credits,
        path: &str,
    ) {
        let says_as_what = item.keys.iter().flat_map(|parts| parts.iter()).any(|part| match part {
            KeyPart::Field(name) => new.get(*name).is_some_and(|value| !value.is_null()),
            KeyPart::Entity(_) => false,
        });
        let Some(entity) = item.entities.first().filter(|_| item.entity_alone && !says_as_what)
        else {
            return;
        };
        let theirs = text(new, entity.id).map_or(0, |id| credits.of(stored, entity, id));
        if theirs > 0 {
            let theirs =
                if theirs == 1 { "a credit".to_owned() } else { format!("{theirs} credits") };
            let name = text(new, entity.name).unwrap_or_default();
            let message = format!(
                "{:?} has {theirs} in this list already, and this one says neither its id nor what it is for; it was \
                 added as one more",
                excerpt(name)
            );
            self.warn(path.to_owned(), WarningCode::PossibleDuplicate, message);
        }
    }

    /// Whether an item of the file that was removed since the file was made is to be there again.
    fn comes_back(&mut self, list: &ItemList, base: &Object, sent: &Object, path: &str) -> bool {
        if repeats(list.item, base, sent, self.proposal.nulls) {
            let label = label_of(list.item, list.label, base);
            let message =
                format!("{label} was removed since the document was made, and stays removed");
            self.warn(path.to_owned(), WarningCode::RemovedSince, message);
            return false;
        }
        let conflict = Conflict {
            path: path.to_owned(),
            label: label_of(list.item, list.label, base),
            base: Some(Value::Object(base.clone())),
            current: None,
            imported: Some(Value::Object(sent.clone())),
        };
        self.conflict(text(base, list.item.id).unwrap_or_default(), conflict)
    }

    /// Whether a stored item that the file lacks stays. MERGE keeps it; REPLACE takes away what the
    /// file dropped since its base, or, without a base, whatever is not in the file.
    fn stays(
        &mut self,
        list: &ItemList,
        index: usize,
        object: &Object,
        states: &States<'_>,
    ) -> bool {
        let replace = self.proposal.mode == ImportMode::Replace;
        let path = pointer_at(&list.path, index);
        if states.base_order.is_none() {
            if replace {
                self.merged.dropped.push(path);
            }
            return !replace;
        }
        let Some(base) = states.known[index].base else { return true };
        if !replace {
            let label = label_of(list.item, list.label, object);
            self.merged.not_removed.push(NotRemoved {
                path,
                label,
                id: text(object, list.item.id).map(str::to_owned),
            });
            return true;
        }
        let is_removed = self.removal_wins(list, index, object, Some(base));
        if is_removed {
            self.merged.dropped.push(path);
        }
        !is_removed
    }

    /// Whether a stored item goes because its removal is asked for by its id.
    fn leaves(
        &mut self,
        list: &ItemList,
        index: usize,
        object: &Object,
        states: &States<'_>,
    ) -> bool {
        let Some(id) = text(object, list.item.id).filter(|id| self.remove.contains(id)) else {
            return false;
        };
        self.removed.insert(id.to_owned());
        self.removal_wins(list, index, object, states.known[index].base)
    }

    /// Whether an item may be removed: one that others changed since the document was made is a conflict.
    fn removal_wins(
        &mut self,
        list: &ItemList,
        index: usize,
        object: &Object,
        base: Option<&Object>,
    ) -> bool {
        let Some(base) = base.filter(|base| *base != object) else { return true };
        let target = text(object, list.item.id).unwrap_or_default();
        let path = pointer_at(&list.path, index);
        let label = label_of(list.item, list.label, object);
        let (base, current) =
            (Some(Value::Object(base.clone())), Some(Value::Object(object.clone())));
        self.conflict(target, Conflict { path, label, base, current, imported: None })
    }

    fn arriving_items(&mut self, list: &ItemList, sent: &[Value], stored: &[&Object]) -> Arriving {
        let item = list.item;
        let mut listed = Listed::new(item, stored, &[]);
        let mut arriving = Arriving::default();
        let mut waiting = Waiting::default();
        for index in self.following.order(list.name, sent.len()) {
            if !self.proposal.budget.charge(STEPS_OF_ITEM) {
                break;
            }
            let Some(Value::Object(object)) = sent.get(index) else { continue };
            if text(object, item.id).is_some_and(|id| self.remove.contains(id)) {
                continue;
            }
            let mut object = object.clone();
            let path = pointer_at(&list.path, index);
            // A name that waits in a draft is asked as if it came without an id.
            for entity in item.entities {
                let given = text(&object, entity.id)
                    .filter(|given| self.proposal.stand_ins.contains(*given));
                let Some(id) = given.map(str::to_owned) else { continue };
                let at = format!("{path}/{}", entity.name);
                let place = Place {
                    of: Some(item),
                    item: &path,
                    name: &at,
                    is_alone: item.entities.len() == 1,
                };
                if self.proposal.directory.by_id(entity.kind, &id).is_none()
                    || self.is_answered(&place)
                {
                    object.remove(entity.id);
                    self.identities.provisional.insert(at, id);
                }
            }
            if self.is_item_left_out(item, &object, &path) {
                match text(&object, item.id) {
                    Some(id) => arriving.left_out.insert(id.to_owned()),
                    None => arriving.names_left_out.insert(names_of(item, &object)),
                };
                let waiting = waiting.get_or_insert_with(|| self.waiting(item, stored));
                for (place, name) in names_of(item, &object).into_iter().enumerate() {
                    let ids = waiting.get(&(place, name)).into_iter().flatten();
                    arriving.withdrawn.extend(ids.cloned());
                }
                continue;
            }
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
                let came_with_id = text(&object, item.id).is_some();
                let naming = Naming { item, path: &path, came_with_id };
                self.presume(entity, &mut object, &naming, &mut listed, &mut arriving.meant);
            }
            arriving.indices.push(index);
            arriving.objects.push(object);
        }
        arriving
    }

    /// Whether an answer says that the item is to be left out.
    fn is_item_left_out(&mut self, item: &'static Item, object: &Object, path: &str) -> bool {
        item.entities.iter().any(|entity| {
            let Some(name) =
                text(object, entity.name).filter(|_| text(object, entity.id).is_none())
            else {
                return false;
            };
            let at = format!("{path}/{}", entity.name);
            let place =
                Place { of: Some(item), item: path, name: &at, is_alone: item.entities.len() == 1 };
            self.is_left_out(entity, name, &place)
        })
    }

    /// The ids of items of the draft in which a name waits, by its place and key.
    fn waiting(
        &self,
        item: &Item,
        stored: &[&Object],
    ) -> HashMap<(usize, Option<String>), Vec<String>> {
        let mut waiting: HashMap<_, Vec<String>> = HashMap::new();
        for known in stored {
            let Some(id) = text(known, item.id) else { continue };
            for (place, entity) in item.entities.iter().enumerate() {
                if text(known, entity.id).is_some_and(|id| self.proposal.stand_ins.contains(id)) {
                    let key = text(known, entity.name).map(index_key);
                    waiting.entry((place, key)).or_default().push(id.to_owned());
                }
            }
        }
        waiting
    }

    pub(super) fn is_removed_id(&self, item: &Item, object: &Object) -> bool {
        text(object, item.id).is_some_and(|id| self.remove.contains(id))
    }

    pub(super) fn report_unknown_removals(&mut self) {
        let unknown: Vec<_> = self
            .proposal
            .remove_items
            .iter()
            .filter(|id| !self.removed.contains(*id))
            .cloned()
            .collect();
        for id in unknown {
            let message = format!("removeItems names {id:?}, which is no item of this document");
            self.warn(String::new(), WarningCode::UnknownId, message);
        }
    }

    fn item(
        &mut self,
        list: &ItemList,
        known: Known<'_>,
        mut sent: Object,
        path: &str,
        listed: &mut Listed<'_>,
    ) -> Object {
        let (item, stored) = (list.item, known.current);
        let none = Object::new();
        let sides = Sides {
            current: stored.unwrap_or(&none),
            base: known.base,
            of: Some((item, list.label)),
        };
        // An item has its id whatever is said of it.
        if sent.get(item.id).is_some_and(Value::is_null) {
            sent.remove(item.id);
        }
        let came_with_id = text(&sent, item.id).is_some();
        self.settle_id(item, stored, &mut sent, path);
        let naming = Naming { item, path, came_with_id };
        let mut unset = Vec::new();
        let mut settled: Option<Object> = None;
        for entity in item.entities {
            if self.settle_identity(entity, &sides, &mut sent, path) {
                // Asked and answered: of its name and id nobody asks again.
                let base = settled.get_or_insert_with(|| known.base.cloned().unwrap_or_default());
                for key in [entity.name, entity.id] {
                    base.insert(
                        key.to_owned(),
                        sides.current.get(key).cloned().unwrap_or(Value::Null),
                    );
                }
            }
            match self.settle_entity(entity, stored, &mut sent, &naming, listed) {
                Who::Is(id) => {
                    if let Some(stored) = stored.filter(|_| came_with_id) {
                        self.warn_of_another_person(entity, item, stored, &sent, &id, path);
                    }
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
                !stored.contains_key(key)
                    || implied.is_empty()
                    || !implied.contains(&format!("{path}/{key}"))
            });
        }
        let sides = Sides { base: settled.as_ref().or(known.base), ..sides };
        let mut merged = self.object(item.fields, &sides, &sent, path);
        for id in unset {
            merged.remove(id);
        }
        self.require_of_item(item, &merged, path);
        merged
    }

    /// Warns where the id of a stored credit stands beside an unrelated name: whose credit it was, nobody
    /// may have meant to change.
    fn warn_of_another_person(
        &mut self,
        entity: &EntityReference,
        item: &Item,
        stored: &Object,
        sent: &Object,
        who: &str,
        path: &str,
    ) {
        let is_asked = self.proposal.id_trust != IdTrust::Given
            && entity.creates
            && entity.kind == EntityKind::Person;
        let (Some(known), Some(name)) = (text(stored, entity.name), text(sent, entity.name)) else {
            return;
        };
        if !is_asked || text(stored, entity.id) == Some(who) || !is_contradicted(known, name) {
            return;
        }
        let message = format!(
            "the item with the {} {} was that of {}, and is that of {} now. If one more was meant, \
             leave the {} out",
            item.id,
            quoted(text(stored, item.id).unwrap_or_default()),
            quoted(known),
            quoted(name),
            item.id
        );
        self.warn(format!("{path}/{}", entity.name), WarningCode::NameOfAnother, message);
    }

    /// Gives a new item an id, and a claimed one the id it has.
    fn settle_id(&mut self, item: &Item, stored: Option<&Object>, sent: &mut Object, path: &str) {
        let (movie, category) = (self.proposal.movie, self.proposal.definition.category);
        let given = text(sent, item.id).map(str::to_owned);
        let own = stored.and_then(|object| text(object, item.id)).map(str::to_owned);
        let id = match (own, &given) {
            (Some(own), _) => own,
            (None, Some(given))
                if is_item_id_of(given, movie, category) && !self.taken.contains(given) =>
            {
                given.clone()
            }
            (None, _) => {
                let id = item_id(self.ids.next(), movie, category);
                self.merged.made_up.push(id.clone());
                id
            }
        };
        if let Some(given) = given.filter(|given| *given != id) {
            let outcome = if stored.is_some() {
                "was recognised by its key"
            } else {
                "was added with an id of its own"
            };
            let message = format!("{given:?} is not the id of this item; it {outcome}");
            self.warn(format!("{path}/{}", item.id), WarningCode::UnknownId, message);
            // A repetition further down does not get it either: the next time it would be that one's.
            self.taken.insert(given);
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
}
