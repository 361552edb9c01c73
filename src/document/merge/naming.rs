//! Who an item names: by the id it gives, by what is stored, or by name. Several of one name are
//! never guessed between.

use std::sync::Arc;

use serde_json::Value;

use super::deciding::{Mention, Place};
use super::listed::Listed;
use super::{Merger, NullPolicy, array, text};
use crate::document::Stage;
use crate::document::align::Meant;
use crate::document::entity::{EntityKind, NewEntity, bound_to_language, is_of_another_language};
use crate::document::ids::entity_id;
use crate::document::plan::Match;
use crate::document::problem::{ProblemCode, WarningCode, pointer_at};
use crate::document::resolve::given_ids::{IdTrust, may_be_one};
use crate::document::resolve::{
    Candidate, MAX_CANDIDATES, MatchDecision, MatchReason, Name, Relation,
};
use crate::document::schema::definition::{EntityReference, Item, Kind, Object};
use crate::document::text::{comparable, index_key, quoted};

/// Steps of comparing a name with others that have words of it.
const STEPS_OF_WORDS: usize = 32;

/// An item that names somebody.
pub(super) struct Naming<'n> {
    pub(super) item: &'static Item,
    pub(super) path: &'n str,
    /// Whether the item came with its own id, so that what it says is an edit.
    pub(super) came_with_id: bool,
}

impl Merger<'_> {
    /// Decides who an item names. A name that differs from the stored one only by case, accents or
    /// spacing is the stored one.
    pub(super) fn settle_entity(
        &mut self,
        entity: &'static EntityReference,
        stored: Option<&Object>,
        sent: &mut Object,
        naming: &Naming<'_>,
        list: &mut Listed<'_>,
    ) -> Who {
        let path = naming.path;
        let stored_name = stored.and_then(|object| text(object, entity.name));
        let stored_id = stored.and_then(|object| text(object, entity.id));
        let name = text(sent, entity.name).map(str::to_owned);
        // An item that is known by who it is says nothing new with another of their names.
        let directory = self.proposal.directory;
        let is_theirs = |name: &str| {
            !naming.came_with_id
                && stored_id.is_some_and(|id| {
                    directory.has_name(entity.kind, &index_key(name), id)
                        || directory.without_edition(entity.kind, name).iter().any(|own| own == id)
                        || is_edition_of(entity.kind, name, stored_name.unwrap_or_default())
                })
        };
        let is_kept = |name: &str, kept: &str| naming.is_same_name(name, kept) || is_theirs(name);
        let renamed =
            name.as_ref().is_some_and(|name| stored_name.is_none_or(|kept| !is_kept(name, kept)));
        if let (Some(_), Some(kept), false) = (&name, stored_name, renamed) {
            sent.insert(entity.name.to_owned(), Value::String(kept.to_owned()));
        }
        // Who is named by a name cannot be unnamed; a nominee is a name first.
        if entity.creates && sent.get(entity.id).is_some_and(Value::is_null) {
            sent.remove(entity.id);
        }
        let name_cleared = self.proposal.nulls == NullPolicy::Clear
            && sent.get(entity.name).is_some_and(Value::is_null);
        if name_cleared && !entity.creates && text(sent, entity.id).is_none() {
            return Who::NotKnown;
        }
        if let Some(found) = self.identities.presumed.remove(&format!("{path}/{}", entity.name)) {
            let id = found.entity.clone();
            if id.as_deref() != stored_id {
                self.merged.matches.push(found);
            }
            return id.map_or(Who::AsStored, Who::Is);
        }
        match (text(sent, entity.id).map(str::to_owned), name) {
            (Some(given), name) => {
                let is_bound =
                    bound_to_language(entity, sent).is_some_and(|bound| bound.id == given);
                let is_news = !is_bound && (renamed || stored_id != Some(given.as_str()));
                self.given_entity(entity, given, name.as_deref().or(stored_name), path, is_news)
            }
            (None, Some(name)) if renamed => {
                self.named_entity(entity, &name, stored_id, sent, naming, list)
            }
            (None, _) => Who::AsStored,
        }
    }

    fn given_entity(
        &mut self,
        entity: &EntityReference,
        given: String,
        name: Option<&str>,
        path: &str,
        is_news: bool,
    ) -> Who {
        if let Some(own) = self.own_id(entity.kind, &given) {
            if let Some(name) = name.filter(|_| is_news) {
                self.check_name(entity, &own, name, path);
            }
            return Who::Is(own);
        }
        if let Some(name) = name {
            let same_name =
                self.newcomers.known(entity.kind, &given, Some(name)).map(str::to_owned);
            return Who::Is(same_name.unwrap_or_else(|| {
                self.create(entity.kind, given.clone(), name.to_owned());
                given
            }));
        }
        if self.is_refused(&format!("{path}/{}", entity.name)) {
            return Who::AsStored;
        }
        let kind = entity.kind.as_str();
        let message = format!(
            "there is no {kind} of the id {given:?}; with {:?} beside it, one is made",
            entity.name
        );
        self.problem(format!("{path}/{}", entity.id), ProblemCode::NotFound, message);
        Who::AsStored
    }

    /// Warns of an id beside a name that is no form of any name of its entity. A name that the
    /// stored document credits it under is one of its names.
    fn check_name(&mut self, entity: &EntityReference, own: &str, name: &str, path: &str) {
        let (kind, directory) = (entity.kind, self.proposal.directory);
        let names = directory.known_ids().names(kind, own);
        let Some(own_name) = names.first() else { return };
        let key = index_key(name);
        let others = directory.by_name(kind, &key);
        let is_own = directory.has_name(kind, &key, own)
            || names.iter().any(|known| may_be_one(kind, known, name))
            || self.stored.names(kind, own).any(|known| may_be_one(kind, known, name));
        if is_own {
            return;
        }
        let found = if others.is_empty() {
            "no form of any of its names".to_owned()
        } else {
            format!("that of {}", others[..others.len().min(MAX_CANDIDATES)].join(", "))
        };
        let message = format!(
            "the id {} is that of {}, and the name {} is {found}; the id was taken, and nothing \
             was renamed",
            quoted(own),
            quoted(own_name),
            quoted(name),
        );
        self.warn(format!("{path}/{}", entity.name), WarningCode::NameOfAnother, message);
    }

    fn named_entity(
        &mut self,
        entity: &'static EntityReference,
        name: &str,
        stored_id: Option<&str>,
        sent: &Object,
        naming: &Naming<'_>,
        list: &mut Listed<'_>,
    ) -> Who {
        let at = format!("{}/{}", naming.path, entity.name);
        let place = Place {
            of: Some(naming.item),
            item: naming.path,
            name: &at,
            is_alone: naming.item.entities.len() == 1,
        };
        let key = index_key(name);
        // Another of their names, of whoever is credited there.
        let is_stored = |id: &&str| {
            self.proposal.directory.has_name(entity.kind, &key, id)
                || self.newcomers.has_name(entity.kind, &key, id)
                || list.is_credited_as(entity, id, &key)
        };
        if let Some(stored_id) = stored_id.filter(is_stored) {
            return Who::Is(stored_id.to_owned());
        }
        let mut found =
            self.decide(&Mention { entity, name, object: sent, place: &place }, list, true);
        // Who stands there in another script, at the same place or with the same part, may be meant.
        if let Some(standing) = self.may_be.remove(&at)
            && found.decision == MatchDecision::New
            && found.reasons.is_empty()
        {
            found.decision = MatchDecision::Ambiguous;
            found.candidates.insert(0, standing);
        }
        if found.decision == MatchDecision::New
            && found.reasons.is_empty()
            && found.candidates.is_empty()
            && entity.creates
            && entity.kind == EntityKind::Person
        {
            let near = list.with_more_or_fewer_words(entity, name);
            let near = near.filter(|_| self.proposal.budget.charge(STEPS_OF_WORDS));
            let reasons = vec![MatchReason::ListedHere];
            found.candidates.extend(near.map(|(id, name)| Candidate::standing(id, name, reasons)));
        }
        self.warn_of_another_script(entity, &found, list);
        let who = match found.decision {
            MatchDecision::New
                if entity.creates || found.reasons.contains(&MatchReason::Resolved) =>
            {
                Who::Is(self.make(entity.kind, &mut found, &place))
            }
            // A name that is nobody's here: a film or a song, as it may be.
            MatchDecision::New => return Who::NotKnown,
            MatchDecision::Matched => found.entity.clone().map_or(Who::NotKnown, Who::Is),
            MatchDecision::Ambiguous | MatchDecision::Skipped => {
                // Whose id was refused has that problem already.
                if entity.creates && self.is_refused(&format!("{}/{}", naming.path, entity.id)) {
                    return Who::NotKnown;
                }
                self.asked(entity, &found, &place)
            }
        };
        self.merged.matches.push(found);
        who
    }

    /// Warns of a new person in a list that has none in that script: whoever is meant may stand there, and
    /// neither the part nor the place told so.
    fn warn_of_another_script(
        &mut self,
        entity: &EntityReference,
        found: &Match,
        list: &Listed<'_>,
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
            "{} was made anew; all names that stand in this list are in Latin letters, and one of \
             them may be meant. If so, send its id, or the character or job and the order of the \
             credit, or a resolution",
            quoted(&found.given)
        );
        self.warn(found.path.clone(), WarningCode::PossibleDuplicate, message);
    }

    /// In a draft a question waits: a name of its own stands for whoever it is.
    fn asked(&mut self, entity: &'static EntityReference, found: &Match, place: &Place<'_>) -> Who {
        let waits = self.proposal.stage == Stage::Draft;
        self.ask(found, entity.id, entity.creates && !waits);
        if entity.creates && waits {
            let id = self.identities.provisional.get(place.name).cloned();
            let id = id.unwrap_or_else(|| entity_id(self.ids.next(), entity.kind.as_str()));
            self.merged.waiting += 1;
            self.merged.made_up.push(id.clone());
            self.merged.new_entities.push(NewEntity {
                kind: entity.kind,
                id: id.clone(),
                name: found.given.clone(),
            });
            return Who::Is(id);
        }
        Who::NotKnown
    }

    /// Decides, before items are recognised, whom the names mean that are new to the document: whoever it
    /// is may be stored there under another form of the name.
    pub(super) fn presume(
        &mut self,
        entity: &'static EntityReference,
        object: &mut Object,
        naming: &Naming<'_>,
        list: &mut Listed<'_>,
        meant: &mut Meant,
    ) {
        let Some(name) = text(object, entity.name).map(str::to_owned) else { return };
        let at = format!("{}/{}", naming.path, entity.name);
        let place = Place {
            of: Some(naming.item),
            item: naming.path,
            name: &at,
            is_alone: naming.item.entities.len() == 1,
        };
        if text(object, entity.id).is_some() {
            return;
        }
        let key = index_key(&name);
        // The answer to a question that waits in the draft is for the item that waits.
        let waits = |id: &String| self.proposal.stand_ins.contains(id);
        if !self.proposal.stand_ins.is_empty()
            && self.is_answered(&place)
            && list.credited_as(entity, &key).iter().any(waits)
        {
            let mut found =
                self.decide(&Mention { entity, name: &name, object, place: &place }, list, false);
            if found.decision == MatchDecision::New {
                self.make(entity.kind, &mut found, &place);
            }
            self.identities.presumed.insert(at, found);
            return;
        }
        if !self.is_said_of(&place) {
            // A nominee who stands there as text stays text: a file that says what is stored changes nothing.
            if list.has_text(entity, &key) {
                return;
            }
            // Whoever stands there under the name is meant.
            let credited = list.credited_as(entity, &key);
            let mut fitting =
                credited.iter().filter(|id| !is_of_another_language(entity, object, id));
            if let Some(first) = fitting.next() {
                // Where the list has others of that name in another language, or them under another name as well, the
                // name alone does not tell.
                let is_one = fitting.next().is_none();
                let is_told =
                    credited.len() == 1 && !list.is_credited_otherwise(entity, first, &key);
                if is_one && !is_told {
                    object.insert(entity.id.to_owned(), Value::String((*first).clone()));
                }
                return;
            }
            // Of several of the name who stand there, the rest of the item tells which.
            if let Some(standing) = list.of_the_name(entity, &name)
                && standing.len() > 1
            {
                meant.insert((entity.kind, key), Arc::clone(standing));
                return;
            }
        }
        let standing = list.of_the_name(entity, &name).cloned();
        let found =
            self.decide(&Mention { entity, name: &name, object, place: &place }, list, false);
        match (found.decision, &found.entity, standing) {
            (MatchDecision::Matched, Some(id), _) => {
                object.insert(entity.id.to_owned(), Value::String(id.clone()));
                self.identities.presumed.insert(at, found);
            }
            (MatchDecision::Ambiguous, _, Some(standing)) => {
                meant.insert((entity.kind, key), standing);
            }
            _ => {}
        }
    }

    /// Ids that the document brings along are known before any of its names is looked up.
    pub(super) fn announce_given_ids(&mut self) {
        let proposal = self.proposal;
        for field in proposal.definition.fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            for (index, value) in array(&proposal.arriving.data, field.name).iter().enumerate() {
                let Some(object) = value.as_object() else { continue };
                if self.is_removed_id(item, object) {
                    continue;
                }
                for entity in item.entities {
                    if let (Some(id), Some(name)) =
                        (text(object, entity.id), text(object, entity.name))
                        && !proposal.stand_ins.contains(id)
                        && proposal.directory.known(entity.kind, id, Some(name)).is_none()
                        && self.newcomers.known(entity.kind, id, Some(name)).is_none()
                    {
                        self.create(entity.kind, id.to_owned(), name.to_owned());
                        let at = pointer_at(&format!("/{}", field.name), index);
                        self.warn_of_namesake(entity, id, name, &at);
                    }
                }
            }
        }
    }

    /// Warns of an id that nobody has here, beside a name that somebody has, where nobody said that the
    /// ids of the document are right.
    fn warn_of_namesake(&mut self, entity: &EntityReference, id: &str, name: &str, path: &str) {
        let proposal = self.proposal;
        if proposal.id_trust == IdTrust::Given || entity.kind != EntityKind::Person {
            return;
        }
        let known = proposal.directory.by_name(entity.kind, &index_key(name));
        if known.is_empty() {
            return;
        }
        let message = format!(
            "a new person was made with the id {}; {} is the name of {} too. If that person is meant, \
             send that id, or leave the id out",
            quoted(id),
            quoted(name),
            known[..known.len().min(MAX_CANDIDATES)].join(", ")
        );
        self.warn(format!("{path}/{}", entity.name), WarningCode::PossibleDuplicate, message);
    }

    pub(super) fn create(&mut self, kind: EntityKind, id: String, name: String) {
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

/// Whether two names are those of one ceremony in different years, or one of them says no year.
fn is_edition_of(kind: EntityKind, name: &str, stored: &str) -> bool {
    kind == EntityKind::Ceremony
        && Name::of_kind(kind, name)
            .relation(&Name::of_kind(kind, stored))
            .is_some_and(Relation::is_the_name)
}

impl Naming<'_> {
    /// Whether a name that came is the stored one: but for case, accents and spacing; where the item is known
    /// by who it is, also but for its form.
    fn is_same_name(&self, name: &str, stored: &str) -> bool {
        comparable(name) == comparable(stored)
            || (!self.came_with_id && {
                let (name, stored) = (Name::of(name), Name::of(stored));
                // Whoever turns out to be meant by less of the name keeps the whole of it.
                name.relation(&stored).is_some_and(Relation::is_another_form)
                    || name.leaves_out(&stored)
            })
    }
}

/// Who an item turned out to name.
pub(super) enum Who {
    Is(String),
    AsStored,
    NotKnown,
}
