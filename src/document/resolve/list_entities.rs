//! An index of the entities in the stored items of a list: a candidate from the same list is
//! preferred. The indexes are built on first use, because a list may contain an entity or a name
//! thousands of times.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::features::RoleMatch;
use super::name::Name;
use crate::document::json::text;
use crate::document::schema::definition::{EntityReference, Item, KeyPart, Object};
use crate::document::text::{comparable, index_key};

/// The ids of entities, by field and by normalised credited name.
type ByForm = HashMap<(&'static str, String), Arc<[String]>>;

/// The indices of entries, by field and by a word of the credited name.
type ByWord = HashMap<(&'static str, String), Vec<usize>>;

/// The maximum number of entries that are compared for each word.
const MAX_ENTRIES_PER_WORD: usize = 8;

pub(in crate::document) struct ListEntities<'o> {
    stored: Vec<Stored<'o>>,
    index: OnceCell<Index<'o>>,
    by_form: OnceCell<ByForm>,
    by_word: OnceCell<ByWord>,
    /// Whether the list has names and all of them are in Latin letters.
    is_latin: OnceCell<bool>,
    /// The key texts of an entity's items, by the field of its name and its id.
    key_texts_of: RefCell<HashMap<(&'static str, String), KeyTexts>>,
}

/// A stored item.
struct Stored<'o> {
    item: &'static Item,
    object: &'o Object,
    is_claimed: bool,
}

/// The entries of a list. An entry is an entity with an id in an item.
#[derive(Default)]
struct Index<'o> {
    entries: Vec<Entry<'o>>,
    /// By the field of the name, which identifies the entity within an item.
    fields: HashMap<&'static str, FieldIndex<'o>>,
}

struct Entry<'o> {
    field: &'static str,
    id: &'o str,
    credited_as: Rc<str>,
    object: &'o Object,
    is_claimed: bool,
}

/// The names and ids in one field of the items.
#[derive(Default)]
struct FieldIndex<'o> {
    by_id: HashMap<&'o str, EntityEntries>,
    by_name: HashMap<Rc<str>, NameEntries>,
    /// Names without ids, as [`index_key`].
    names_without_id: HashSet<String>,
}

/// The entries of one entity.
struct EntityEntries {
    positions: Positions,
    credited_as: Rc<str>,
    /// Other names under which it is credited.
    other_names: HashSet<Rc<str>>,
}

/// The entries of one name.
#[derive(Default)]
struct NameEntries {
    positions: Positions,
    /// The ids, each once, in order.
    ids: Vec<String>,
}

/// The indices of entries, in order.
#[derive(Default)]
struct Positions {
    positions: Vec<usize>,
    /// The number of leading entries that are known to be claimed.
    claimed: usize,
}

/// The texts in the key of an entity's items besides names, in comparable form: the job, the
/// character.
#[derive(Default)]
struct KeyTexts {
    /// By the fields that an item has.
    by_shape: HashMap<Fields, Vec<Texts>>,
    /// For items with the fields of the first part, their texts in the fields of the second part.
    compared: HashMap<(Fields, Fields), HashSet<Vec<String>>>,
}

type Fields = Vec<&'static str>;
type Texts = Vec<(&'static str, String)>;

/// The texts in the key of an item that are not names, in comparable form.
fn key_texts(item: &'static Item, object: &Object) -> Texts {
    let parts = item.keys.iter().flat_map(|parts| parts.iter());
    let texts = parts.filter_map(|part| match part {
        KeyPart::Field(field) => Some((*field, comparable(text(object, field)?))),
        KeyPart::Entity(_) => None,
    });
    texts.collect()
}

fn fields_of(texts: &[(&'static str, String)]) -> Fields {
    texts.iter().map(|(field, _)| *field).collect()
}

/// The texts in the given fields.
fn texts_in(texts: &[(&'static str, String)], fields: &[&'static str]) -> Vec<String> {
    let texts = texts.iter().filter(|(field, _)| fields.contains(field));
    texts.map(|(_, text)| text.clone()).collect()
}

/// Whether an item names several entities, as a nomination does: its other fields do not identify
/// any of them.
fn has_several_entities(item: &Item) -> bool {
    item.entities.len() > 1
}

impl Positions {
    fn first_unclaimed(&mut self, entries: &[Entry<'_>]) -> Option<usize> {
        while self.positions.get(self.claimed).is_some_and(|position| entries[*position].is_claimed)
        {
            self.claimed += 1;
        }
        self.positions.get(self.claimed).copied()
    }
}

impl<'o> Index<'o> {
    fn of(stored: &[Stored<'o>]) -> Self {
        let mut index = Self::default();
        for Stored { item, object, is_claimed } in stored {
            for entity in item.entities {
                let name = text(object, entity.name).map(index_key);
                if let Some(id) = text(object, entity.id) {
                    let credited_as = name.unwrap_or_default().into();
                    let (field, is_claimed) = (entity.name, *is_claimed);
                    index.add(Entry { field, id, credited_as, object, is_claimed });
                } else if let Some(name) = name {
                    index.fields.entry(entity.name).or_default().names_without_id.insert(name);
                }
            }
        }
        index
    }

    fn add(&mut self, entry: Entry<'o>) {
        let position = self.entries.len();
        let field_index = self.fields.entry(entry.field).or_default();
        let name = &entry.credited_as;
        let mut is_new_name = false;
        let of_entity = field_index.by_id.entry(entry.id).or_insert_with(|| {
            is_new_name = true;
            let (positions, credited_as) = (Positions::default(), Rc::clone(name));
            EntityEntries { positions, credited_as, other_names: HashSet::new() }
        });
        of_entity.positions.positions.push(position);
        if of_entity.credited_as != *name {
            is_new_name = of_entity.other_names.insert(Rc::clone(name));
        }
        let of_name = field_index.by_name.entry(Rc::clone(name)).or_default();
        of_name.positions.positions.push(position);
        if is_new_name {
            of_name.ids.push(entry.id.to_owned());
        }
        self.entries.push(entry);
    }
}

impl<'o> ListEntities<'o> {
    /// The index of an empty list.
    pub(in crate::document) fn empty() -> Self {
        Self {
            stored: Vec::new(),
            index: OnceCell::new(),
            by_form: OnceCell::new(),
            by_word: OnceCell::new(),
            is_latin: OnceCell::new(),
            key_texts_of: RefCell::default(),
        }
    }

    pub(in crate::document) fn new(
        item: &'static Item,
        stored: &[&'o Object],
        claims: &[Option<usize>],
    ) -> Self {
        let claimed: HashSet<usize> = claims.iter().flatten().copied().collect();
        let stored = stored.iter().enumerate().map(|(index, object)| {
            let is_claimed = claimed.contains(&index);
            Stored { item, object, is_claimed }
        });
        Self { stored: stored.collect(), ..Self::empty() }
    }

    fn index(&self) -> &Index<'o> {
        self.index.get_or_init(|| Index::of(&self.stored))
    }

    fn field_index(&self, entity: &EntityReference) -> Option<&FieldIndex<'o>> {
        self.index().fields.get(entity.name)
    }

    fn of_entity(&self, entity: &EntityReference, id: &str) -> Option<&EntityEntries> {
        self.field_index(entity)?.by_id.get(id)
    }

    /// The ids of the entities that the list credits under a name, each once, in order.
    pub(in crate::document) fn credited_as(
        &self,
        entity: &EntityReference,
        key: &str,
    ) -> &[String] {
        let of_name = self.field_index(entity).and_then(|field_index| field_index.by_name.get(key));
        of_name.map_or(&[], |of_name| &of_name.ids)
    }

    /// Whether the list credits an entity under a name.
    pub(in crate::document) fn is_credited_as(
        &self,
        entity: &EntityReference,
        id: &str,
        key: &str,
    ) -> bool {
        self.of_entity(entity, id)
            .is_some_and(|of| *of.credited_as == *key || of.other_names.contains(key))
    }

    /// Whether the list contains a name without an id.
    pub(in crate::document) fn has_name_without_id(
        &self,
        entity: &EntityReference,
        key: &str,
    ) -> bool {
        self.field_index(entity)
            .is_some_and(|field_index| field_index.names_without_id.contains(key))
    }

    /// Whether the list credits an entity under another name as well.
    pub(in crate::document) fn has_other_credited_name(
        &self,
        entity: &EntityReference,
        id: &str,
        key: &str,
    ) -> bool {
        self.of_entity(entity, id)
            .is_some_and(|of| *of.credited_as != *key || !of.other_names.is_empty())
    }

    /// The ids of the entities that the list credits under any form of a name; `None` if there is
    /// none.
    pub(in crate::document) fn with_same_name(
        &self,
        entity: &EntityReference,
        name: &str,
    ) -> Option<&Arc<[String]>> {
        let by_form = self.by_form.get_or_init(|| {
            let mut forms: HashMap<&str, String> = HashMap::new();
            let mut seen = HashSet::new();
            let mut by_form: HashMap<(&'static str, String), Vec<String>> = HashMap::new();
            for Entry { field, id, credited_as, .. } in &self.index().entries {
                let form =
                    forms.entry(credited_as).or_insert_with(|| Name::of(credited_as).normalised());
                if seen.insert((*field, form.clone(), *id)) {
                    by_form.entry((*field, form.clone())).or_default().push((*id).to_owned());
                }
            }
            by_form.into_iter().map(|(form, ids)| (form, ids.into())).collect()
        });
        by_form.get(&(entity.name, Name::of(name).normalised()))
    }

    /// Whether the list has names and all of them are in Latin letters. False for items that name
    /// several entities.
    pub(in crate::document) fn is_in_latin_letters(&self, entity: &EntityReference) -> bool {
        *self.is_latin.get_or_init(|| {
            let is_latin = |name: &str| name.is_ascii() || !Name::of(name).is_other_script();
            let names = self.stored.iter().filter_map(|known| text(known.object, entity.name));
            let mut names = names.peekable();
            let has_single_entities =
                self.stored.iter().all(|known| known.item.entities.len() == 1);
            has_single_entities && names.peek().is_some() && names.all(is_latin)
        })
    }

    /// An entity of the list with a name that has all words of this name, or the other way round,
    /// as a shortened or extended name has. Returns its id and its credited name.
    pub(in crate::document) fn with_shorter_or_longer_name(
        &self,
        entity: &EntityReference,
        name: &str,
    ) -> Option<(&'o str, &'o str)> {
        let entries = &self.index().entries;
        let by_word = self.by_word.get_or_init(|| {
            let mut by_word = ByWord::new();
            for (position, Entry { field, credited_as, .. }) in entries.iter().enumerate() {
                for word in Name::of(credited_as).words() {
                    let positions = by_word.entry((*field, word.to_owned())).or_default();
                    if positions.len() < MAX_ENTRIES_PER_WORD {
                        positions.push(position);
                    }
                }
            }
            by_word
        });
        let given = Name::of(name);
        let near = given.words().filter_map(|word| by_word.get(&(entity.name, word.to_owned())));
        let found = near.flatten().map(|position| &entries[*position]).find(|entry| {
            let other = Name::of(&entry.credited_as);
            given.has_all_words_of(&other) || other.has_all_words_of(&given)
        })?;
        Some((found.id, text(found.object, entity.name).unwrap_or(found.id)))
    }

    pub(in crate::document) fn has(&self, entity: &EntityReference, id: &str) -> bool {
        self.of_entity(entity, id).is_some()
    }

    /// Compares an item's job or character with those of the items in which the list contains an
    /// entity.
    pub(in crate::document) fn role_match(
        &self,
        entity: &EntityReference,
        id: &str,
        item: &'static Item,
        object: &Object,
    ) -> RoleMatch {
        let Some(of_entity) = self.of_entity(entity, id) else { return RoleMatch::Unknown };
        let mut key_texts_of = self.key_texts_of.borrow_mut();
        let key_texts_of = key_texts_of.entry((entity.name, id.to_owned())).or_insert_with(|| {
            let mut key_texts_of = KeyTexts::default();
            for position in &of_entity.positions.positions {
                let texts = key_texts(item, self.index().entries[*position].object);
                key_texts_of.by_shape.entry(fields_of(&texts)).or_default().push(texts);
            }
            key_texts_of
        });
        let sent = key_texts(item, object);
        let mut found = RoleMatch::Unknown;
        for (shape, items) in &key_texts_of.by_shape {
            let common: Fields =
                fields_of(&sent).into_iter().filter(|field| shape.contains(field)).collect();
            if common.is_empty() {
                continue;
            }
            found = RoleMatch::Different;
            if has_several_entities(item) {
                continue;
            }
            let compared = key_texts_of.compared.entry((shape.clone(), common.clone()));
            let compared = compared
                .or_insert_with(|| items.iter().map(|texts| texts_in(texts, &common)).collect());
            if compared.contains(&texts_in(&sent, &common)) {
                return RoleMatch::Same;
            }
        }
        found
    }

    /// Claims the first entry of a candidate that no item has claimed yet. If there is none,
    /// returns the only candidate that the list contains at all. All entities that are credited
    /// under the name `key` are candidates.
    pub(in crate::document) fn claim_first(
        &mut self,
        entity: &EntityReference,
        key: &str,
        candidates: &[&str],
    ) -> Option<String> {
        self.index();
        let Index { entries, fields } = self.index.get_mut()?;
        let field_index = fields.get_mut(entity.name)?;
        let of_name = field_index.by_name.get_mut(key);
        let mut first = of_name.and_then(|of| of.positions.first_unclaimed(entries));
        for id in candidates {
            let of_entity = field_index.by_id.get_mut(*id);
            let position = of_entity.and_then(|of| of.positions.first_unclaimed(entries));
            first = [first, position].into_iter().flatten().min();
        }
        if let Some(position) = first {
            entries[position].is_claimed = true;
            return Some(entries[position].id.to_owned());
        }
        let mut listed = candidates.iter().filter(|id| field_index.by_id.contains_key(**id));
        match (listed.next(), listed.next()) {
            (Some(only), None) => Some((*only).to_owned()),
            _ => None,
        }
    }
}
