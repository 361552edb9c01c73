//! Who an item names: by the id it gives, by what is stored, or by name. Several of one name are
//! never guessed between.

use std::collections::HashSet;

use serde_json::Value;

use super::{Merger, NullPolicy, objects, text};
use crate::document::definition::{EntityReference, Item, Kind, Object};
use crate::document::entity::{EntityKind, NewEntity};
use crate::document::ids::entity_id;
use crate::document::plan::{Match, MatchDecision};
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::text::{comparable, index_key};

impl Merger<'_> {
    /// Decides who an item names. A name that differs from the stored one only by case, accents or
    /// spacing is the stored one.
    pub(super) fn settle_entity(
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
        let renamed =
            name.as_ref().is_some_and(|name| stored_name.is_none_or(|kept| comparable(name) != comparable(kept)));
        if let (Some(_), Some(kept), false) = (&name, stored_name, renamed) {
            sent.insert(entity.name.to_owned(), Value::String(kept.to_owned()));
        }
        // Who is named by a name cannot be unnamed; a nominee is a name first.
        if entity.creates && sent.get(entity.id).is_some_and(Value::is_null) {
            sent.remove(entity.id);
        }
        let name_cleared =
            self.proposal.nulls == NullPolicy::Clear && sent.get(entity.name).is_some_and(Value::is_null);
        if name_cleared && !entity.creates && text(sent, entity.id).is_none() {
            return Who::NotKnown;
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
            let same_name = self.newcomers.known(entity.kind, &given, Some(name)).map(str::to_owned);
            return Who::Is(same_name.unwrap_or_else(|| {
                self.create(entity.kind, given.clone(), name.to_owned());
                given
            }));
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
        if !entity.creates {
            candidates.retain(|id| self.proposal.credited.contains(id));
        }
        let (decision, found) = match &candidates[..] {
            [] if entity.creates => (MatchDecision::New, Some(self.create_named(entity.kind, name))),
            // A name that is nobody's here: a film or a song, as it may be.
            [] => return Who::NotKnown,
            [only] => (MatchDecision::Matched, Some(only.clone())),
            several => match list.first_of(entity, several) {
                Some(id) => (MatchDecision::Matched, Some(id)),
                None => {
                    self.ambiguous(entity, name, several, path);
                    (MatchDecision::Ambiguous, None)
                }
            },
        };
        let path = format!("{path}/{}", entity.name);
        let candidates = if found.is_none() { candidates } else { Vec::new() };
        let (given, kind) = (name.to_owned(), entity.kind);
        self.merged.matches.push(Match { path, given, kind, decision, entity: found.clone(), candidates });
        found.map_or(Who::NotKnown, Who::Is)
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

    pub(super) fn all_named(&self, kind: EntityKind, key: &str) -> Vec<String> {
        let known = self.proposal.directory.by_name(kind, key);
        let new = self.newcomers.by_name(kind, key).iter().filter(|id| !known.contains(id));
        known.iter().chain(new).cloned().collect()
    }

    /// Ids that the document brings along are known before any of its names is looked up.
    pub(super) fn announce_given_ids(&mut self) {
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
                        && self.newcomers.known(entity.kind, id, Some(name)).is_none()
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

    pub(super) fn create_named(&mut self, kind: EntityKind, name: &str) -> String {
        let id = entity_id(self.ids.next(), kind.as_str());
        self.merged.made_up.push(id.clone());
        self.create(kind, id.clone(), name.to_owned());
        id
    }
}

/// Who an item turned out to name.
pub(super) enum Who {
    Is(String),
    AsStored,
    NotKnown,
}

/// Who is in a list already: they come first where a name fits several.
pub(super) struct Listed {
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
    pub(super) fn new(item: &'static Item, stored: &[&Object], claims: &[Option<usize>]) -> Self {
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
