//! Resolves the entities of an item: by the id in the item, by the stored item, or by name.

use std::sync::Arc;

use serde_json::Value;

use super::{EntityResolver, NameLocation, OpenName};
use crate::document::Stage;
use crate::document::align::PossibleEntities;
use crate::document::json::text;
use crate::document::plan::report::Match;
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::proposal::NullPolicy;
use crate::document::resolve::candidate::{Candidate, MAX_CANDIDATES, MatchDecision, MatchReason};
use crate::document::resolve::given_ids::may_be_same_entity;
use crate::document::resolve::languages::{entity_in_language, is_excluded_by_language};
use crate::document::resolve::list_entities::ListEntities;
use crate::document::resolve::name::{Name, Relation};
use crate::document::schema::definition::{EntityReference, Item, Object};
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::text::{comparable, index_key, quoted};

/// Work steps of comparing a name with names that share words with it.
const STEPS_OF_WORDS: usize = 32;

/// An item with entities to resolve.
pub(in crate::document) struct ItemContext<'n> {
    pub(in crate::document) item: &'static Item,
    pub(in crate::document) path: &'n str,
    /// Whether the item came with its own id, so that its values are edits.
    pub(in crate::document) came_with_id: bool,
}

impl EntityResolver<'_> {
    /// Resolves an entity of an item that was aligned with a stored one, or is new. A name that
    /// differs from the stored one in case, accents or spacing only is the stored name.
    pub(in crate::document) fn resolve_aligned(
        &mut self,
        entity: &'static EntityReference,
        stored: Option<&Object>,
        sent: &mut Object,
        context: &ItemContext<'_>,
        list: &mut ListEntities<'_>,
    ) -> ResolvedEntity {
        let path = context.path;
        let stored_name = stored.and_then(|object| text(object, entity.name));
        let stored_id = stored.and_then(|object| text(object, entity.id));
        let name = text(sent, entity.name).map(str::to_owned);
        // If the item was aligned by its entity, another name of the entity changes nothing.
        let directory = self.proposal.directory;
        let is_name_of_stored = |name: &str| {
            !context.came_with_id
                && stored_id.is_some_and(|id| {
                    directory.has_name(entity.kind, &index_key(name), id)
                        || directory
                            .by_name_without_edition(entity.kind, name)
                            .iter()
                            .any(|own| own == id)
                        || is_edition_of(entity.kind, name, stored_name.unwrap_or_default())
                })
        };
        let is_kept =
            |name: &str, kept: &str| context.is_same_name(name, kept) || is_name_of_stored(name);
        let renamed =
            name.as_ref().is_some_and(|name| stored_name.is_none_or(|kept| !is_kept(name, kept)));
        if let (Some(_), Some(kept), false) = (&name, stored_name, renamed) {
            sent.insert(entity.name.to_owned(), Value::String(kept.to_owned()));
        }
        // A required entity cannot be removed; a nominee may be a name without an entity.
        if entity.creates && sent.get(entity.id).is_some_and(Value::is_null) {
            sent.remove(entity.id);
        }
        let name_cleared = self.proposal.nulls == NullPolicy::Clear
            && sent.get(entity.name).is_some_and(Value::is_null);
        if name_cleared && !entity.creates && text(sent, entity.id).is_none() {
            return ResolvedEntity::Unknown;
        }
        if let Some(found) = self.early_decisions.remove(&format!("{path}/{}", entity.name)) {
            let id = found.entity.clone();
            if id.as_deref() != stored_id {
                self.resolved.matches.push(found);
            }
            return id.map_or(ResolvedEntity::AsStored, ResolvedEntity::Id);
        }
        match (text(sent, entity.id).map(str::to_owned), name) {
            (Some(given), name) => {
                let is_bound =
                    entity_in_language(entity, sent).is_some_and(|bound| bound.id == given);
                let is_new = !is_bound && (renamed || stored_id != Some(given.as_str()));
                self.given_entity(entity, given, name.as_deref().or(stored_name), path, is_new)
            }
            (None, Some(name)) if renamed => {
                let at = format!("{path}/{}", entity.name);
                let location = NameLocation::in_item(context.item, path, &at);
                let open = OpenName { entity, name: &name, object: sent, location: &location };
                self.named_entity(&open, stored_id, list)
            }
            (None, _) => ResolvedEntity::AsStored,
        }
    }

    fn given_entity(
        &mut self,
        entity: &EntityReference,
        given: String,
        name: Option<&str>,
        path: &str,
        is_new: bool,
    ) -> ResolvedEntity {
        if let Some(own) = self.own_id(entity.kind, &given) {
            if let Some(name) = name.filter(|_| is_new) {
                self.check_name(entity, &own, name, path);
            }
            return ResolvedEntity::Id(own);
        }
        if let Some(name) = name {
            let same_name =
                self.introduced.known(entity.kind, &given, Some(name)).map(str::to_owned);
            return ResolvedEntity::Id(same_name.unwrap_or_else(|| {
                self.introduce(entity.kind, given.clone(), name.to_owned());
                given
            }));
        }
        if self.is_refused(&format!("{path}/{}", entity.name)) {
            return ResolvedEntity::AsStored;
        }
        let kind = entity.kind.as_str();
        let message = format!(
            "there is no {kind} with the id {given:?}; send {:?} beside it to create one",
            entity.name
        );
        self.diagnostics.problem(format!("{path}/{}", entity.id), ProblemCode::NotFound, message);
        ResolvedEntity::AsStored
    }

    /// Warns of an id beside a name that is not a form of any of the entity's names. The names
    /// under which the stored document credits the entity count as its names.
    fn check_name(&mut self, entity: &EntityReference, own: &str, name: &str, path: &str) {
        let (kind, directory) = (entity.kind, self.proposal.directory);
        let names = directory.known_ids().names(kind, own);
        let Some(own_name) = names.first() else { return };
        let key = index_key(name);
        let others = directory.by_name(kind, &key);
        let is_own = directory.has_name(kind, &key, own)
            || names.iter().any(|known| may_be_same_entity(kind, known, name))
            || self.stored.names(kind, own).any(|known| may_be_same_entity(kind, known, name));
        if is_own {
            return;
        }
        let found = if others.is_empty() {
            "not a form of any of its names".to_owned()
        } else {
            format!("the name of {}", others[..others.len().min(MAX_CANDIDATES)].join(", "))
        };
        let message = format!(
            "the id {} belongs to {}, and the name {} is {found}; the id was used, and nothing was \
             renamed",
            quoted(own),
            quoted(own_name),
            quoted(name),
        );
        self.diagnostics.warn(
            format!("{path}/{}", entity.name),
            WarningCode::NameOfAnother,
            message,
        );
    }

    fn named_entity(
        &mut self,
        open: &OpenName<'_>,
        stored_id: Option<&str>,
        list: &mut ListEntities<'_>,
    ) -> ResolvedEntity {
        let OpenName { entity, name, location, .. } = *open;
        let key = index_key(name);
        // The name is another name of the stored entity.
        let is_stored = |id: &&str| {
            self.proposal.directory.has_name(entity.kind, &key, id)
                || self.introduced.has_name(entity.kind, &key, id)
                || list.is_credited_as(entity, id, &key)
        };
        if let Some(stored_id) = stored_id.filter(is_stored) {
            return ResolvedEntity::Id(stored_id.to_owned());
        }
        let mut found = self.decide(open, list, true);
        // A stored person with a name in another script and the same order or part is a candidate.
        if let Some(stored_here) = self.other_script_candidates.remove(location.path)
            && found.decision == MatchDecision::New
            && found.reasons.is_empty()
        {
            found.decision = MatchDecision::Ambiguous;
            found.candidates.insert(0, stored_here);
        }
        if found.decision == MatchDecision::New
            && found.reasons.is_empty()
            && found.candidates.is_empty()
            && entity.creates
            && entity.kind == EntityKind::Person
        {
            let near = list.with_shorter_or_longer_name(entity, name);
            let near = near.filter(|_| self.proposal.budget.charge(STEPS_OF_WORDS));
            let reasons = vec![MatchReason::ListedHere];
            found.candidates.extend(near.map(|(id, name)| Candidate::unscored(id, name, reasons)));
        }
        self.warn_of_another_script(entity, &found, list);
        let resolved = match found.decision {
            MatchDecision::New
                if entity.creates || found.reasons.contains(&MatchReason::Resolved) =>
            {
                ResolvedEntity::Id(self.create(entity.kind, &mut found, location))
            }
            // A name without an entity: a nominee may be a film or a song.
            MatchDecision::New => return ResolvedEntity::Unknown,
            MatchDecision::Matched => {
                found.entity.clone().map_or(ResolvedEntity::Unknown, ResolvedEntity::Id)
            }
            MatchDecision::Ambiguous | MatchDecision::Skipped => {
                // A refused id has been reported already.
                if entity.creates
                    && self.is_refused(&format!("{}/{}", location.item_path, entity.id))
                {
                    return ResolvedEntity::Unknown;
                }
                self.wait_for_resolution(entity, &found, location)
            }
        };
        self.resolved.matches.push(found);
        resolved
    }

    /// Warns of a new person with a name in another script than all stored names of the list: the
    /// person may be stored there in Latin letters, with another part and order.
    fn warn_of_another_script(
        &mut self,
        entity: &EntityReference,
        found: &Match,
        list: &ListEntities<'_>,
    ) {
        let is_new = found.decision == MatchDecision::New
            && found.reasons.is_empty()
            && found.candidates.is_empty();
        if !is_new
            || !entity.creates
            || entity.kind != EntityKind::Person
            || found.given.is_ascii()
            || !Name::of(&found.given).is_other_script()
            || !list.is_in_latin_letters(entity)
        {
            return;
        }
        let message = format!(
            "{} was created as a new person; all stored names of this list are in Latin letters, \
             and one of them may be the same person. If so, send the id, or the character or job \
             and the order of the credit, or a resolution",
            quoted(&found.given)
        );
        self.diagnostics.warn(found.path.clone(), WarningCode::PossibleDuplicate, message);
    }

    /// Reports an ambiguous name. In a draft the name gets a provisional id and waits for a
    /// resolution.
    fn wait_for_resolution(
        &mut self,
        entity: &EntityReference,
        found: &Match,
        location: &NameLocation<'_>,
    ) -> ResolvedEntity {
        let waits = self.proposal.stage == Stage::Draft;
        self.report_ambiguity(found, entity.id, entity.creates && !waits);
        if entity.creates && waits {
            let id = self.provisional_ids.get(location.path).cloned();
            let id = match id {
                Some(id) => self.new_ids.record(id),
                None => self.new_ids.entity(entity.kind.as_str()),
            };
            self.resolved.waiting += 1;
            self.resolved.new_entities.push(NewEntity {
                kind: entity.kind,
                id: id.clone(),
                name: found.given.clone(),
            });
            return ResolvedEntity::Id(id);
        }
        ResolvedEntity::Unknown
    }

    /// Resolves an entity of an item before its list is aligned: the entity may be stored there
    /// under another form of the name. A certain result is set in `object`. If several stored
    /// entities are possible, they are added to `possible_entities`.
    pub(in crate::document) fn resolve_before_alignment(
        &mut self,
        entity: &'static EntityReference,
        object: &mut Object,
        context: &ItemContext<'_>,
        list: &mut ListEntities<'_>,
        possible_entities: &mut PossibleEntities,
    ) {
        let Some(name) = text(object, entity.name).map(str::to_owned) else { return };
        let at = format!("{}/{}", context.path, entity.name);
        let location = NameLocation::in_item(context.item, context.path, &at);
        if text(object, entity.id).is_some() {
            return;
        }
        let key = index_key(&name);
        // A resolution for a waiting name of the draft applies to the stored item.
        let waits = |id: &String| self.proposal.provisional_ids.contains(id);
        if !self.proposal.provisional_ids.is_empty()
            && self.is_resolved(&location)
            && list.credited_as(entity, &key).iter().any(waits)
        {
            let mut found = self.decide(
                &OpenName { entity, name: &name, object, location: &location },
                list,
                false,
            );
            if found.decision == MatchDecision::New {
                self.create(entity.kind, &mut found, &location);
            }
            self.early_decisions.insert(at, found);
            return;
        }
        if !self.is_resolved_to_existing(&location) {
            // A stored nominee without an entity stays as it is, so that repeating the stored
            // document changes nothing.
            if list.has_name_without_id(entity, &key) {
                return;
            }
            // The name means the entity that is stored under it.
            let credited = list.credited_as(entity, &key);
            let mut fitting =
                credited.iter().filter(|id| !is_excluded_by_language(entity, object, id));
            if let Some(first) = fitting.next() {
                // The id is needed for alignment if the list contains another entity with the name,
                // in another language, or the same entity under another name.
                let is_one = fitting.next().is_none();
                let is_identified =
                    credited.len() == 1 && !list.has_other_credited_name(entity, first, &key);
                if is_one && !is_identified {
                    object.insert(entity.id.to_owned(), Value::String((*first).clone()));
                }
                return;
            }
            // If several stored entities have the name, alignment chooses by the other fields of
            // the item.
            if let Some(stored_here) = list.with_same_name(entity, &name)
                && stored_here.len() > 1
            {
                possible_entities.insert((entity.kind, key), Arc::clone(stored_here));
                return;
            }
        }
        let stored_here = list.with_same_name(entity, &name).cloned();
        let found = self.decide(
            &OpenName { entity, name: &name, object, location: &location },
            list,
            false,
        );
        match (found.decision, &found.entity, stored_here) {
            (MatchDecision::Matched, Some(id), _) => {
                object.insert(entity.id.to_owned(), Value::String(id.clone()));
                self.early_decisions.insert(at, found);
            }
            (MatchDecision::Ambiguous, _, Some(stored_here)) => {
                possible_entities.insert((entity.kind, key), stored_here);
            }
            _ => {}
        }
    }
}

/// Whether two names are names of one ceremony with different editions, or without one.
fn is_edition_of(kind: EntityKind, name: &str, stored: &str) -> bool {
    kind == EntityKind::Ceremony
        && Name::of_kind(kind, name)
            .relation(&Name::of_kind(kind, stored))
            .is_some_and(Relation::is_same_name)
}

impl ItemContext<'_> {
    /// Whether a name equals the stored one except for case, accents and spacing. If the item was
    /// aligned by its entity, other forms of the name count as equal too.
    fn is_same_name(&self, name: &str, stored: &str) -> bool {
        comparable(name) == comparable(stored)
            || (!self.came_with_id && {
                let (name, stored) = (Name::of(name), Name::of(stored));
                // A shorter form of the name does not replace the full name.
                name.relation(&stored).is_some_and(Relation::is_same_name_in_any_order)
                    || name.is_shorter_form_of(&stored)
            })
    }
}

/// The result for an entity of an item.
pub(in crate::document) enum ResolvedEntity {
    Id(String),
    AsStored,
    Unknown,
}
