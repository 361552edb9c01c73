//! Who is in a list already: they come first where a name fits several.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::text;
use crate::document::definition::{EntityReference, Item, KeyPart, Object};
use crate::document::text::{comparable, index_key};
use crate::document::who::{Agreement, Name};

pub(super) struct Listed {
    entries: Vec<Entry>,
    /// The names that stand in the list without an id, with their fields.
    text_alone: HashSet<(&'static str, String)>,
    /// By field and name in whatever form, whoever is credited so.
    by_form: OnceCell<HashMap<(&'static str, String), Vec<String>>>,
}

struct Entry {
    /// The field that the name stands in, which tells the entities of an item apart.
    field: &'static str,
    id: String,
    credited_as: String,
    /// What the item has of its key besides names: the job, the character.
    says: Vec<(&'static str, String)>,
    claimed: bool,
}

/// The texts of a key that are no names.
fn key_texts<'o>(
    item: &'static Item,
    object: &'o Object,
) -> impl Iterator<Item = (&'static str, &'o str)> {
    item.keys.iter().flat_map(|parts| parts.iter()).filter_map(|part| match part {
        KeyPart::Field(field) => Some((*field, text(object, field)?)),
        KeyPart::Entity(_) => None,
    })
}

/// Of one category of one year there are several nominees: it tells none of them.
fn is_of_nominees(item: &Item) -> bool {
    item.entities.len() > 1
}

impl Listed {
    /// Of a list without items.
    pub(super) fn empty() -> Self {
        Self { entries: Vec::new(), text_alone: HashSet::new(), by_form: OnceCell::new() }
    }

    pub(super) fn new(item: &'static Item, stored: &[&Object], claims: &[Option<usize>]) -> Self {
        let claimed: HashSet<usize> = claims.iter().flatten().copied().collect();
        let (mut entries, mut text_alone) = (Vec::new(), HashSet::new());
        for (index, object) in stored.iter().enumerate() {
            for entity in item.entities {
                if let Some(id) = text(object, entity.id) {
                    entries.push(Entry {
                        field: entity.name,
                        id: id.to_owned(),
                        credited_as: text(object, entity.name).map(index_key).unwrap_or_default(),
                        says: key_texts(item, object)
                            .map(|(field, value)| (field, value.to_owned()))
                            .collect(),
                        claimed: claimed.contains(&index),
                    });
                } else if let Some(name) = text(object, entity.name) {
                    text_alone.insert((entity.name, index_key(name)));
                }
            }
        }
        Self { entries, text_alone, by_form: OnceCell::new() }
    }

    /// Those of the list who are credited under that name.
    pub(super) fn credited_as(&self, entity: &EntityReference, key: &str) -> Vec<String> {
        let fitting = self
            .entries
            .iter()
            .filter(|entry| entry.field == entity.name && entry.credited_as == key);
        fitting.map(|entry| entry.id.clone()).collect()
    }

    /// Whether that name stands in the list as text, without an id.
    pub(super) fn has_text(&self, entity: &EntityReference, key: &str) -> bool {
        self.text_alone.contains(&(entity.name, key.to_owned()))
    }

    /// Whether somebody of the list is credited there under another name as well.
    pub(super) fn is_credited_otherwise(
        &self,
        entity: &EntityReference,
        id: &str,
        key: &str,
    ) -> bool {
        let is_theirs = |entry: &&Entry| entry.field == entity.name && entry.id == id;
        self.entries.iter().filter(is_theirs).any(|entry| entry.credited_as != key)
    }

    /// All of the list who are credited under a form of that name.
    pub(super) fn of_the_name(&self, entity: &EntityReference, name: &str) -> &[String] {
        let by_form = self.by_form.get_or_init(|| {
            let mut by_form: HashMap<(&'static str, String), Vec<String>> = HashMap::new();
            for entry in &self.entries {
                let ids =
                    by_form.entry((entry.field, Name::of(&entry.credited_as).form())).or_default();
                if !ids.contains(&entry.id) {
                    ids.push(entry.id.clone());
                }
            }
            by_form
        });
        by_form.get(&(entity.name, Name::of(name).form())).map_or(&[], Vec::as_slice)
    }

    pub(super) fn has(&self, entity: &EntityReference, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.field == entity.name && entry.id == id)
    }

    /// Whether an item has the job or the character of one that somebody stands in the list with.
    pub(super) fn agreement(
        &self,
        entity: &EntityReference,
        id: &str,
        item: &Item,
        object: &Object,
    ) -> Agreement {
        let mut found = Agreement::Unsaid;
        for entry in
            self.entries.iter().filter(|entry| entry.field == entity.name && entry.id == id)
        {
            let both =
                entry.says.iter().filter_map(|(field, known)| Some((known, text(object, field)?)));
            let same: Vec<bool> =
                both.map(|(known, sent)| comparable(known) == comparable(sent)).collect();
            match same[..] {
                [] => {}
                _ if same.iter().all(|same| *same) && !is_of_nominees(item) => {
                    return Agreement::Same;
                }
                _ => found = Agreement::Other,
            }
        }
        found
    }

    /// The first of the candidates in the list whose item nobody claimed yet; else the only one of
    /// them that is in the list at all.
    pub(super) fn first_of(
        &mut self,
        entity: &EntityReference,
        candidates: &[&str],
    ) -> Option<String> {
        let fits =
            |entry: &Entry| entry.field == entity.name && candidates.contains(&entry.id.as_str());
        if let Some(entry) = self.entries.iter_mut().find(|entry| !entry.claimed && fits(entry)) {
            entry.claimed = true;
            return Some(entry.id.clone());
        }
        let mut listed: Vec<&String> =
            self.entries.iter().filter(|entry| fits(entry)).map(|entry| &entry.id).collect();
        listed.dedup();
        match listed[..] {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}
