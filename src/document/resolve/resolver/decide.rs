//! Decides which entity a name means: by a resolution, by the language beside the name, or by the
//! scores of its candidates. Creates the entity of a new name, and reports an ambiguous one.

use std::collections::BTreeSet;

use super::{EntityResolver, NameLocation, OpenName};
use crate::document::Stage;
use crate::document::json::text;
use crate::document::plan::report::Match;
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::resolve::candidate::{Candidate, MatchDecision, MatchReason};
use crate::document::resolve::decision::{decide, discount_introduced, shown_candidates};
use crate::document::resolve::features::{NameQuery, Presence, RoleMatch};
use crate::document::resolve::languages::{entity_in_language, is_excluded_by_language};
use crate::document::resolve::list_entities::ListEntities;
use crate::document::resolve::resolution::ResolutionAction;
use crate::document::resolve::score::{MAX_NAMESAKES, score_candidates};
use crate::document::schema::entities::EntityKind;
use crate::document::text::{comparable, index_key, quoted};

/// Work steps of a decision besides those of its candidates: parsing the name and computing its
/// blocking keys.
const STEPS_OF_DECISION: usize = 64;

impl EntityResolver<'_> {
    /// Decides which entity a name means. Records the decision and the used resolution, but creates
    /// no entity.
    pub(in crate::document) fn decide(
        &mut self,
        mention: &OpenName<'_>,
        list: &mut ListEntities<'_>,
        may_choose_in_order: bool,
    ) -> Match {
        let found = self.find(mention, list, may_choose_in_order);
        if found.decision == MatchDecision::Matched {
            self.decided.extend(found.entity.clone().map(|id| (index_key(mention.name), id)));
        }
        found
    }

    fn find(
        &mut self,
        mention: &OpenName<'_>,
        list: &mut ListEntities<'_>,
        may_choose_in_order: bool,
    ) -> Match {
        let OpenName { entity, name, object, location } = *mention;
        let key = index_key(name);
        let mut found = Match::new(location.path, name, entity.kind);
        if !self.proposal.budget.charge(STEPS_OF_DECISION) {
            // The caller stops when the budget is spent.
            return found;
        }
        if let Some((action, reason)) = self.resolution_of(entity, &key, location) {
            self.mark_used(location);
            found.reasons.push(reason);
            match action {
                ResolutionAction::CreateNew | ResolutionAction::Skip => return found,
                ResolutionAction::Entity(id) => {
                    if let Some(own) = self.own_id(entity.kind, &id) {
                        found.decision = MatchDecision::Matched;
                        found.entity = Some(own.clone());
                        self.remember(entity.kind, &key, location, Some(own));
                        return found;
                    }
                    // The entity of the resolution no longer exists.
                    found.reasons.clear();
                }
            }
        }
        let bound = entity_in_language(entity, object)
            .and_then(|bound| self.own_id(entity.kind, &bound.id));
        if let Some(id) = bound {
            found.decision = MatchDecision::Matched;
            found.reasons = vec![MatchReason::Alias, MatchReason::SameRegion];
            found.entity = Some(id);
            return found;
        }
        self.introduced.index_new_entities();
        let is_possible = |id: &&str| !is_excluded_by_language(entity, object, id);
        let some_of = |ids: &[String]| -> Vec<String> {
            let ids = ids.iter().map(String::as_str).filter(is_possible).take(MAX_NAMESAKES);
            ids.map(str::to_owned).collect()
        };
        let mut others = some_of(self.introduced.by_name(entity.kind, &key));
        others.extend(some_of(list.credited_as(entity, &key)));
        if entity.kind == EntityKind::Person {
            others.extend(some_of(self.document.credited_as(self.proposal, &key)));
        }
        // An entity that this document introduces makes a name ambiguous only if it has exactly
        // that name. With a similar name it is only shown.
        let (mut candidates, mut introduced): (Vec<Candidate>, Vec<Candidate>) =
            self.candidates(mention, list, &others).into_iter().partition(|candidate| {
                self.introduced.by_id(entity.kind, &candidate.id).is_none()
                    || candidate.has_exact_name()
            });
        discount_introduced(&mut introduced);
        let exact: Vec<&str> = candidates
            .iter()
            .filter(|candidate| candidate.has_exact_name())
            .map(|candidate| candidate.id.as_str())
            .collect();
        if may_choose_in_order
            && exact.len() > 1
            && let Some(id) = list.claim_first(entity, &key, &exact)
        {
            let first = candidates.iter().find(|candidate| candidate.id == id);
            found.score = first.map(|candidate| candidate.score);
            found.reasons = first.map(|candidate| candidate.reasons.clone()).unwrap_or_default();
            found.decision = MatchDecision::Matched;
            found.entity = Some(id);
            return found;
        }
        found.decision = decide(entity.kind, &mut candidates);
        match found.decision {
            MatchDecision::Matched => {
                if let Some(best) = candidates.into_iter().next() {
                    (found.score, found.reasons, found.entity) =
                        (Some(best.score), best.reasons, Some(best.id));
                }
            }
            _ => {
                let shown = candidates.into_iter().chain(introduced).collect();
                found.candidates = shown_candidates(entity.kind, shown);
            }
        }
        found
    }

    fn candidates(
        &self,
        mention: &OpenName<'_>,
        list: &ListEntities<'_>,
        others: &[String],
    ) -> Vec<Candidate> {
        let OpenName { entity, name, object, location } = *mention;
        let (key, nothing) = (index_key(name), BTreeSet::new());
        let traits = entity
            .traits
            .iter()
            .filter_map(|field| Some((*field, comparable(text(object, field)?))));
        let query = NameQuery {
            kind: entity.kind,
            given: name,
            movie: self.proposal.movie.as_str(),
            departments: self.document.departments(self.proposal, &key).unwrap_or(&nothing),
            traits: traits.collect(),
            collaborators: &self.document.collaborators,
            budget: self.proposal.budget,
        };
        let is_decided = |id: &str| self.decided.contains(&(key.clone(), id.to_owned()));
        let presence =
            |id: &str| {
                if list.has(entity, id) {
                    Presence::InList(location.item.map_or(RoleMatch::Unknown, |item| {
                        list.role_match(entity, id, item, object)
                    }))
                } else if self.document.people.contains(id)
                    || is_decided(id)
                    || self.introduced.by_id(entity.kind, id).is_some()
                {
                    Presence::OnMovie
                } else {
                    Presence::Absent
                }
            };
        let mut found = score_candidates(
            &query,
            self.proposal.directory,
            others,
            self.introduced.new_entities(),
            presence,
        );
        if !entity.creates {
            found.retain(|candidate| {
                self.proposal.credited.contains(&candidate.id) || list.has(entity, &candidate.id)
            });
        }
        found
    }

    /// Creates the entity of a new name, or takes the one that the draft has for it.
    pub(in crate::document) fn create(
        &mut self,
        kind: EntityKind,
        found: &mut Match,
        location: &NameLocation<'_>,
    ) -> String {
        // A name that a resolution settles in a draft gets a lasting id instead of the provisional
        // one.
        let is_settled =
            self.proposal.stage == Stage::Draft && found.reasons.contains(&MatchReason::Resolved);
        let id = match self.provisional_ids.get(location.path).filter(|_| !is_settled).cloned() {
            Some(id) => {
                self.introduce(kind, id.clone(), found.given.clone());
                id
            }
            None => self.introduce_named(kind, &found.given),
        };
        let key = index_key(&found.given);
        if found.reasons.contains(&MatchReason::Resolved) {
            self.remember(kind, &key, location, Some(id.clone()));
            // From now on the resolution also applies to the same name at other paths.
            let action = self.given.get_mut(&(kind, key.clone()));
            if let Some(action) =
                action.filter(|(action, _)| *action == ResolutionAction::CreateNew)
            {
                action.0 = ResolutionAction::Entity(id.clone());
            }
            self.created.insert((kind, key), id.clone());
        }
        found.entity = Some(id.clone());
        if !found.candidates.is_empty() && found.decision == MatchDecision::New {
            let message = format!(
                "{} was created as a new {}; it may be {}",
                quoted(&found.given),
                kind.as_str(),
                listed(&found.candidates)
            );
            self.diagnostics.warn(found.path.clone(), WarningCode::PossibleDuplicate, message);
        }
        id
    }

    /// Introduces an entity with a new id.
    fn introduce_named(&mut self, kind: EntityKind, name: &str) -> String {
        let id = self.new_ids.entity(kind.as_str());
        self.introduce(kind, id.clone(), name.to_owned());
        id
    }

    /// Reports an ambiguous name: as a problem if it `refuses` the document, else as a warning.
    pub(in crate::document) fn report_ambiguity(
        &mut self,
        found: &Match,
        id_field: &str,
        refuses: bool,
    ) {
        let message = format!(
            "{} may be {}; state which one by {id_field:?} or a resolution",
            quoted(&found.given),
            listed(&found.candidates)
        );
        if refuses {
            self.diagnostics.problem(found.path.clone(), ProblemCode::AmbiguousMatch, message);
        } else {
            self.diagnostics.warn(found.path.clone(), WarningCode::AmbiguousMatch, message);
        }
    }
}

/// Formats candidates: `Jo Lee (tmdb-person-11, 0.8) or Jo Lee (tmdb-person-12, 0.4)`.
fn listed(candidates: &[Candidate]) -> String {
    let shown = candidates
        .iter()
        .map(|candidate| format!("{} ({}, {})", candidate.name, candidate.id, candidate.score));
    shown.collect::<Vec<_>>().join(" or ")
}
