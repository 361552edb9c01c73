//! Items with their keys in the forms in which they are compared.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::PossibleEntities;
use super::content::{ContentHash, ContentHasher};
use super::index::LookupKey;
use crate::document::resolve::directory::Directory;
use crate::document::schema::definition::CanonicalSpelling;
use crate::document::schema::definition::{Item, KeyPart, Kind, Object, find};
use crate::document::spelling::canonical_spelling;
use crate::document::text::{comparable, index_key};

/// An item with its keys in the forms in which they are compared.
pub(super) struct ItemView<'a> {
    pub object: &'a Object,
    pub id: Option<&'a str>,
    /// The key fields as they are, without entities.
    pub exact_key: String,
    /// The key fields in comparable form.
    pub key: String,
    /// The key fields with the canonical spelling of a field; empty if no field has spellings.
    pub canonical_key: String,
    /// The field with several spellings, and its canonical spelling.
    pub canonical: Option<(&'static str, CanonicalSpelling)>,
    /// All fields that may be part of a key, in comparable form.
    pub parts: Vec<(KeyPart, Option<String>)>,
    /// The entities of the item, in the order of [`Item::entities`].
    pub entities: Vec<EntityKey<'a>>,
    /// Computed on first use.
    hashes: OnceCell<ContentHashes>,
}

/// The hashes of an item's content.
pub(super) struct ContentHashes {
    /// Of the exact key.
    pub exact_key: ContentHash,
    /// Of the key with canonical spellings.
    pub canonical_key: ContentHash,
    /// Of the fields: pairs of the name and the field, sorted.
    pub fields: Vec<(ContentHash, ContentHash)>,
}

/// An entity of an item: its id, its name, both or neither.
pub(super) struct EntityKey<'a> {
    pub id: Option<&'a str>,
    pub name: Option<String>,
    /// The ids of all entities with the name, if there is no id.
    pub known: &'a [String],
    /// For an arriving item, the number of the group of entities with the name, if there are many.
    pub group: Option<usize>,
    /// For a stored item, the numbers of the groups that contain the entity.
    pub groups: Vec<usize>,
}

/// Up to this number, entities with one name are looked up one by one; more are looked up as a
/// group.
pub(super) const MAX_INDIVIDUAL_LOOKUPS: usize = 8;

impl EntityKey<'_> {
    pub fn is_absent(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }

    /// The keys under which the entity of a stored item is indexed. An arriving entity is the same
    /// if any of its [`Self::lookup_keys`] is among them.
    pub fn index_keys(&self) -> Vec<LookupKey<'_>> {
        match (self.id, &self.name) {
            (Some(id), name) => {
                let groups = self.groups.iter().map(|group| LookupKey::Group(*group));
                let name = name.as_deref().map(LookupKey::Name);
                std::iter::once(LookupKey::Id(id)).chain(name).chain(groups).collect()
            }
            (None, Some(name)) => vec![LookupKey::NameWithoutId(name)],
            (None, None) => vec![LookupKey::NoEntity],
        }
    }

    /// As [`Self::lookup_keys`], by the credited name alone, because an alias may belong to another
    /// entity.
    pub fn lookup_keys_by_name(&self) -> Vec<LookupKey<'_>> {
        match (self.id, &self.name) {
            (None, Some(name)) => vec![LookupKey::NameWithoutId(name), LookupKey::Name(name)],
            _ => self.lookup_keys(),
        }
    }

    /// The keys under which the entity of an arriving item is looked up. Without an id it may be
    /// any entity that is stored under the name or has the name.
    pub fn lookup_keys(&self) -> Vec<LookupKey<'_>> {
        match (self.id, &self.name) {
            (Some(id), name) => std::iter::once(LookupKey::Id(id))
                .chain(name.as_deref().map(LookupKey::NameWithoutId))
                .collect(),
            (None, Some(name)) => {
                let known = match self.group {
                    Some(_) => &[][..],
                    None => self.known,
                };
                let known = known.iter().map(|id| LookupKey::Id(id));
                let group = self.group.map(LookupKey::Group);
                let names = [LookupKey::NameWithoutId(name), LookupKey::Name(name)];
                names.into_iter().chain(known).chain(group).collect()
            }
            (None, None) => vec![LookupKey::NoEntity],
        }
    }
}

fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// A key field in the form in which it is compared. Text is folded; other values, such as URLs and
/// codes, are compared without case.
fn compared(item: &Item, field: &str, value: &str) -> String {
    match find(item.fields, field).map(|field| &field.rule.kind) {
        Some(Kind::Text { .. }) => comparable(value),
        _ => value.to_lowercase(),
    }
}

/// A key field as text. Numbers are formatted; null counts as missing.
fn field_text<'o>(object: &'o Object, key: &str) -> Option<Cow<'o, str>> {
    match object.get(key)? {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

impl<'a> ItemView<'a> {
    /// Reads an item. For an arriving item, `lookup` provides the entities that its names may mean.
    pub fn of(
        item: &'static Item,
        object: &'a Object,
        lookup: Option<(&'a Directory, &'a PossibleEntities)>,
    ) -> Self {
        let directory = lookup.map(|(directory, _)| directory);
        let is_there = |part: &KeyPart| match part {
            KeyPart::Field(name) => object.get(*name).is_some_and(|value| !value.is_null()),
            KeyPart::Entity(_) => true,
        };
        let alternative = item.keys.iter().position(|parts| parts.first().is_some_and(is_there));
        let full = alternative.map_or(&[][..], |index| item.keys[index]);
        let before_full = item.keys.iter().take(alternative.unwrap_or_default());
        let start: usize = before_full.map(|parts| parts.len()).sum();
        let parts: Vec<(KeyPart, Option<String>)> = item
            .keys
            .iter()
            .flat_map(|parts| parts.iter())
            .map(|part| match part {
                KeyPart::Field(name) => {
                    (*part, field_text(object, name).map(|text| compared(item, name, &text)))
                }
                KeyPart::Entity(_) => (*part, None),
            })
            .collect();
        // Text never contains U+0000, so it can separate parts.
        let mut exact_key = match alternative {
            Some(alternative) => alternative.to_string(),
            None => String::new(),
        };
        let mut key = exact_key.clone();
        let mut canonical_key =
            item.spellings.as_ref().map(|_| exact_key.clone()).unwrap_or_default();
        let canonical = canonical_spelling(item, object, directory);
        let canonical =
            item.spellings.as_ref().and_then(|spellings| Some((spellings.field, canonical?)));
        for (part, (_, value)) in full.iter().zip(&parts[start..]) {
            let KeyPart::Field(name) = part else { continue };
            if item.spellings.is_some() {
                let canonical =
                    canonical.filter(|(field, _)| field == name).map(|(_, (_, text))| text);
                canonical_key.push('\0');
                match canonical {
                    Some(text) => canonical_key.push_str(&compared(item, name, text)),
                    None => canonical_key.push_str(value.as_deref().unwrap_or("\0")),
                }
            }
            exact_key.push('\0');
            key.push('\0');
            exact_key.push_str(field_text(object, name).as_deref().unwrap_or("\0"));
            key.push_str(value.as_deref().unwrap_or("\0"));
        }
        let entities = item.entities.iter().map(|entity| {
            let id = text(object, entity.id);
            let name = text(object, entity.name).map(index_key);
            let known = match (id, &name, lookup) {
                (None, Some(name), Some((directory, possible_entities))) => {
                    match possible_entities.get(&(entity.kind, name.clone())) {
                        Some(listed) => listed,
                        None => directory.by_name(entity.kind, name),
                    }
                }
                _ => &[],
            };
            EntityKey { id, name, known, group: None, groups: Vec::new() }
        });
        Self {
            object,
            id: text(object, item.id),
            exact_key,
            key,
            canonical_key,
            canonical,
            parts,
            entities: entities.collect(),
            hashes: OnceCell::new(),
        }
    }

    /// The hashes of the content. The hasher must be the same in all calls.
    pub fn hashes(&self, item: &Item, hasher: &ContentHasher) -> &ContentHashes {
        self.hashes.get_or_init(|| ContentHashes {
            exact_key: hasher.text(&self.exact_key),
            canonical_key: hasher.text(&self.canonical_key),
            fields: hasher.fields(item, self.object),
        })
    }

    /// The index keys of all entities together, in every combination.
    pub fn index_keys(&self) -> Vec<Vec<LookupKey<'_>>> {
        combinations(self.entities.iter().map(EntityKey::index_keys))
    }

    pub fn lookup_keys(&self) -> Vec<Vec<LookupKey<'_>>> {
        combinations(self.entities.iter().map(EntityKey::lookup_keys))
    }

    /// The `parts` that the item has, as bits.
    pub fn present(&self, parts: &[usize]) -> u32 {
        let is_there = |part: usize| match &self.parts[part] {
            (KeyPart::Field(_), value) => value.is_some(),
            (KeyPart::Entity(index), _) => !self.entities[*index].is_absent(),
        };
        parts.iter().filter(|part| is_there(**part)).fold(0, |bits, part| bits | (1 << part))
    }

    /// The keys of the parts in `bits`, in every combination; `keys` returns those of an entity.
    pub fn values<'v>(
        &'v self,
        bits: u32,
        keys: fn(&'v EntityKey<'a>) -> Vec<LookupKey<'v>>,
    ) -> Vec<Vec<LookupKey<'v>>> {
        let present = self.parts.iter().enumerate().filter(|(part, _)| bits & (1 << part) != 0);
        combinations(present.map(|(_, (kind, value))| match kind {
            KeyPart::Field(name) => {
                let canonical = self
                    .canonical
                    .filter(|(field, _)| field == name)
                    .map(|(_, canonical)| LookupKey::Canonical(canonical));
                std::iter::once(LookupKey::Text(value.as_deref().unwrap_or_default()))
                    .chain(canonical)
                    .collect()
            }
            KeyPart::Entity(index) => keys(&self.entities[*index]),
        }))
    }
}

fn combinations<'v>(each: impl Iterator<Item = Vec<LookupKey<'v>>>) -> Vec<Vec<LookupKey<'v>>> {
    each.fold(vec![Vec::new()], |starts, index_keys| {
        let longer = |start: &Vec<LookupKey<'v>>| {
            index_keys
                .iter()
                .map(|sign| start.iter().copied().chain([*sign]).collect())
                .collect::<Vec<_>>()
        };
        starts.iter().flat_map(longer).collect()
    })
}
