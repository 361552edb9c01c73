//! Deciding who a name means: by an answer that was given, else by weighing whoever it may be.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::listed::Listed;
use super::{Merger, Proposal, text};
use crate::document::Stage;
use crate::document::entity::{EntityKind, Remembered, bound_to_language, is_of_another_language};
use crate::document::plan::{Match, Remember};
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::resolve::{
    self, Agreement, Answer, Candidate, MOST_OF_ONE_NAME, MatchDecision, MatchReason, Question,
    Resolution, Standing,
};
use crate::document::schema::definition::{EntityReference, Item, Kind, Object};
use crate::document::text::{comparable, index_key, quoted};

/// Steps of a decision, beside those of its candidates: the name is taken apart, and its blocking keys
/// are computed.
const STEPS_OF_DECISION: usize = 64;

/// The name that an answer is for.
#[derive(Clone)]
struct AnswerTo {
    of: (EntityKind, String),
    /// Where it stands.
    at: String,
}

/// The names of a document that an answer may be for, by the path of the answer.
fn names_by_path(proposal: &Proposal<'_>) -> HashMap<String, AnswerTo> {
    let mut known = HashMap::new();
    for field in proposal.definition.fields {
        let list =
            proposal.arriving.data.get(field.name).and_then(Value::as_array).into_iter().flatten();
        for (index, value) in list.enumerate() {
            let at = format!("/{}/{index}", field.name);
            match (&field.rule.kind, value) {
                (Kind::Names { entity, .. }, Value::String(name)) => {
                    known.insert(at.clone(), AnswerTo { of: (*entity, index_key(name)), at });
                }
                (Kind::Items { item, .. }, Value::Object(object)) => {
                    for entity in item.entities {
                        let Some(name) = text(object, entity.name) else { continue };
                        let to = AnswerTo {
                            of: (entity.kind, index_key(name)),
                            at: format!("{at}/{}", entity.name),
                        };
                        if item.entities.len() == 1 {
                            known.insert(at.clone(), to.clone());
                        }
                        known.insert(to.at.clone(), to);
                    }
                }
                _ => {}
            }
        }
    }
    known
}

/// Where a name stands.
pub(super) struct Place<'p> {
    /// What the items of the list are; names alone are none.
    pub(super) of: Option<&'static Item>,
    /// The item, as a JSON Pointer; of a list of names, the name.
    pub(super) item: &'p str,
    /// The name itself.
    pub(super) name: &'p str,
    /// Whether the item names nobody else.
    pub(super) is_alone: bool,
}

/// A name whose bearer is to be decided on.
pub(super) struct Mention<'m> {
    pub(super) entity: &'m EntityReference,
    pub(super) name: &'m str,
    /// The item that has it.
    pub(super) object: &'m Object,
    pub(super) place: &'m Place<'m>,
}

impl<'a> Merger<'a> {
    /// Every answer must be to a question. One that is given holds for the name wherever it stands, unless
    /// another is given there.
    pub(super) fn check_resolutions(&mut self) {
        let proposal = self.proposal;
        if proposal.resolutions.is_empty() {
            return;
        }
        let known = names_by_path(proposal);
        let mut answered: HashMap<String, &Resolution> = HashMap::new();
        for resolution in proposal.resolutions {
            let message = match resolution.answer {
                _ if !known.contains_key(&resolution.path) => {
                    "a resolution is for a name; there is none at its path"
                }
                None => {
                    "a resolution names an entity, or says that one is to be made, or that the name is to be left out: one of them"
                }
                Some(ref answer) => {
                    let AnswerTo { of, at } = known[&resolution.path].clone();
                    if answered
                        .insert(at, resolution)
                        .is_some_and(|other| other.answer != resolution.answer)
                    {
                        let message = "another resolution gives another answer to the same name";
                        self.problem(
                            resolution.path.clone(),
                            ProblemCode::Invalid,
                            message.to_owned(),
                        );
                        continue;
                    }
                    let taken = proposal.directory.by_name(of.0, &of.1);
                    if let (Answer::CreateNew, true, [owner, ..]) =
                        (answer, of.0.is_told_by_name(), taken)
                    {
                        let kind = of.0.as_str();
                        let message = format!(
                            "a name is one {kind}'s, and this is that of {owner}; name {owner}, or give the new one another name"
                        );
                        self.problem(resolution.path.clone(), ProblemCode::Invalid, message);
                        continue;
                    }
                    let own = resolution.entity().and_then(|id| self.own_id(of.0, id));
                    let is_anothers = of.0.stands_by_name()
                        && !taken.is_empty()
                        && own.as_ref().is_some_and(|own| !taken.contains(own));
                    if is_anothers {
                        let kind = of.0.as_str();
                        let message = format!(
                            "a {kind} stands by its name alone, and this is that of {}; send a name of the one that is meant",
                            taken.join(", ")
                        );
                        self.problem(resolution.path.clone(), ProblemCode::Invalid, message);
                        continue;
                    }
                    let unknown = resolution.entity().filter(|_| own.is_none());
                    if let Some(id) = unknown {
                        let kind = of.0.as_str();
                        let message = format!(
                            "the resolution names the {kind} {id:?}, who is not known here"
                        );
                        self.identities.resolutions.remove(resolution.path.as_str());
                        self.problem(resolution.path.clone(), ProblemCode::NotFound, message);
                        continue;
                    }
                    // What is left out here is left out here alone.
                    if *answer != Answer::Skip {
                        self.identities
                            .answers
                            .entry(of)
                            .or_insert_with(|| (answer.clone(), MatchReason::Resolved));
                    }
                    continue;
                }
            };
            let path: String = resolution.path.chars().take(200).collect();
            self.problem(path, ProblemCode::Invalid, message.to_owned());
        }
    }

    /// Tells of resolutions that nothing asked for, so that nobody takes them for carried out.
    pub(super) fn report_unused_resolutions(&mut self) {
        // Of what is refused, nothing is carried out.
        if self.merged.problems.iter().any(|problem| problem.code != ProblemCode::AmbiguousMatch) {
            return;
        }
        let mut unused: Vec<&Resolution> = self.identities.resolutions.values().copied().collect();
        unused.retain(|resolution| {
            let is_used = self.identities.used.contains(resolution.path.as_str());
            resolution.answer.is_some() && !is_used && !self.is_refused(&resolution.path)
        });
        unused.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        for resolution in unused {
            let message = "the resolution was not used: the name came with an id, or who it is was known already";
            self.warn(resolution.path.clone(), WarningCode::ResolutionUnused, message.to_owned());
        }
    }

    fn note_used(&mut self, place: &Place<'_>) {
        if let Some(resolution) = self.resolution(place) {
            self.identities.used.insert(resolution.path.as_str());
        }
    }

    /// The resolution that was given for a place.
    fn resolution(&self, place: &Place<'_>) -> Option<&'a Resolution> {
        let given = self.identities.resolutions.get(place.name);
        given
            .or_else(|| self.identities.resolutions.get(place.item).filter(|_| place.is_alone))
            .copied()
    }

    /// Whether a resolution says of this very place who it is, be it somebody new.
    pub(super) fn is_answered(&self, place: &Place<'_>) -> bool {
        self.resolution(place)
            .is_some_and(|resolution| !matches!(resolution.answer, None | Some(Answer::Skip)))
    }

    /// Whether a resolution says of this very place that it is somebody known.
    pub(super) fn is_said_of(&self, place: &Place<'_>) -> bool {
        self.resolution(place).is_some_and(|resolution| resolution.entity().is_some())
    }

    /// The answer that was given for a name, with this import or before.
    fn answer(
        &self,
        entity: &EntityReference,
        key: &str,
        place: &Place<'_>,
    ) -> Option<(Answer, MatchReason)> {
        let proposal = self.proposal;
        if let Some(answer) =
            self.resolution(place).and_then(|resolution| resolution.answer.clone())
        {
            // Whoever is new is one, however often it is said of the name.
            let made = self
                .identities
                .made
                .get(&(entity.kind, key.to_owned()))
                .filter(|_| answer == Answer::CreateNew);
            return Some((made.cloned().map_or(answer, Answer::Is), MatchReason::Resolved));
        }
        if let Some(answer) = self.identities.answers.get(&(entity.kind, key.to_owned())) {
            return Some(answer.clone());
        }
        let remembered =
            proposal.directory.remembered(proposal.movie.as_str(), entity.kind, key)?;
        let answer = match remembered {
            Remembered::Is(id) => Answer::Is(id.clone()),
            Remembered::Skip => Answer::Skip,
        };
        Some((answer, MatchReason::Remembered))
    }

    /// Whether the name at a place is to be left out, with all that has it.
    pub(super) fn is_left_out(
        &mut self,
        entity: &EntityReference,
        name: &str,
        place: &Place<'_>,
    ) -> bool {
        let key = index_key(name);
        let Some((Answer::Skip, reason)) = self.answer(entity, &key, place) else { return false };
        self.note_used(place);
        self.keep_answer(entity.kind, &key, place, None);
        let found = Match::new(place.name, name, entity.kind);
        self.merged.matches.push(Match {
            decision: MatchDecision::Skipped,
            reasons: vec![reason],
            ..found
        });
        true
    }

    fn keep_answer(
        &mut self,
        kind: EntityKind,
        key: &str,
        place: &Place<'_>,
        entity: Option<String>,
    ) {
        if let Some(everywhere) = self.resolution(place).map(|resolution| resolution.everywhere) {
            let name = (kind, key.to_owned(), everywhere);
            // Whoever else has the name stands there from now on and is known by that, so that it is what is left out
            // that must be remembered.
            if self.identities.left_out.contains(&name) {
                return;
            }
            if entity.is_none() {
                self.identities.left_out.insert(name);
            }
            self.merged.answers.push(Remember {
                kind,
                name_key: key.to_owned(),
                entity,
                everywhere,
            });
        }
    }

    /// Decides who a name means. Makes nobody: that is for whoever asks.
    pub(super) fn decide(
        &mut self,
        mention: &Mention<'_>,
        list: &mut Listed<'_>,
        may_choose_in_order: bool,
    ) -> Match {
        let found = self.weigh(mention, list, may_choose_in_order);
        if found.decision == MatchDecision::Matched {
            self.identities
                .decided
                .extend(found.entity.clone().map(|id| (index_key(mention.name), id)));
        }
        found
    }

    fn weigh(
        &mut self,
        mention: &Mention<'_>,
        list: &mut Listed<'_>,
        may_choose_in_order: bool,
    ) -> Match {
        let Mention { entity, name, object, place } = *mention;
        let key = index_key(name);
        let mut found = Match::new(place.name, name, entity.kind);
        if !self.proposal.budget.charge(STEPS_OF_DECISION) {
            return found;
        }
        if let Some((answer, reason)) = self.answer(entity, &key, place) {
            self.note_used(place);
            found.reasons.push(reason);
            match answer {
                Answer::CreateNew | Answer::Skip => return found,
                Answer::Is(id) => {
                    if let Some(own) = self.own_id(entity.kind, &id) {
                        found.decision = MatchDecision::Matched;
                        found.entity = Some(own.clone());
                        self.keep_answer(entity.kind, &key, place, Some(own));
                        return found;
                    }
                    // Whoever was meant before is gone.
                    found.reasons.clear();
                }
            }
        }
        let bound =
            bound_to_language(entity, object).and_then(|bound| self.own_id(entity.kind, &bound.id));
        if let Some(id) = bound {
            found.decision = MatchDecision::Matched;
            found.reasons = vec![MatchReason::Alias, MatchReason::SameRegion];
            found.entity = Some(id);
            return found;
        }
        self.newcomers.index_newcomers();
        let is_meant = |id: &&str| !is_of_another_language(entity, object, id);
        let some_of = |ids: &[String]| -> Vec<String> {
            let ids = ids.iter().map(String::as_str).filter(is_meant).take(MOST_OF_ONE_NAME);
            ids.map(str::to_owned).collect()
        };
        let mut others = some_of(self.newcomers.by_name(entity.kind, &key));
        others.extend(some_of(list.credited_as(entity, &key)));
        if entity.kind == EntityKind::Person {
            others.extend(some_of(self.identities.credited_as(self.proposal, &key)));
        }
        // Of those that this document brings along, whoever has its initials or nearly the name is worth telling of, and
        // no question.
        let (mut candidates, mut told_of): (Vec<Candidate>, Vec<Candidate>) =
            self.candidates(mention, list, &others).into_iter().partition(|candidate| {
                self.newcomers.by_id(entity.kind, &candidate.id).is_none()
                    || candidate.is_named_so()
            });
        resolve::told_of(&mut told_of);
        let named_so: Vec<&str> = candidates
            .iter()
            .filter(|candidate| candidate.is_named_so())
            .map(|candidate| candidate.id.as_str())
            .collect();
        if may_choose_in_order
            && named_so.len() > 1
            && let Some(id) = list.first_of(entity, &key, &named_so)
        {
            let first = candidates.iter().find(|candidate| candidate.id == id);
            found.score = first.map(|candidate| candidate.score);
            found.reasons = first.map(|candidate| candidate.reasons.clone()).unwrap_or_default();
            found.decision = MatchDecision::Matched;
            found.entity = Some(id);
            return found;
        }
        found.decision = resolve::decide(entity.kind, &mut candidates);
        match found.decision {
            MatchDecision::Matched => {
                if let Some(best) = candidates.into_iter().next() {
                    (found.score, found.reasons, found.entity) =
                        (Some(best.score), best.reasons, Some(best.id));
                }
            }
            _ => {
                let shown = candidates.into_iter().chain(told_of).collect();
                found.candidates = resolve::worth_showing(entity.kind, shown);
            }
        }
        found
    }

    fn candidates(
        &self,
        mention: &Mention<'_>,
        list: &Listed<'_>,
        others: &[String],
    ) -> Vec<Candidate> {
        let Mention { entity, name, object, place } = *mention;
        let (key, nothing) = (index_key(name), BTreeSet::new());
        let traits = entity
            .traits
            .iter()
            .filter_map(|field| Some((*field, comparable(text(object, field)?))));
        let question = Question {
            kind: entity.kind,
            given: name,
            movie: self.proposal.movie.as_str(),
            departments: self.identities.departments(self.proposal, &key).unwrap_or(&nothing),
            traits: traits.collect(),
            company: &self.identities.company,
            budget: self.proposal.budget,
        };
        let is_decided = |id: &str| self.identities.decided.contains(&(key.clone(), id.to_owned()));
        let standing = |id: &str| {
            if list.has(entity, id) {
                Standing::Listed(
                    place
                        .of
                        .map_or(Agreement::Unsaid, |item| list.agreement(entity, id, item, object)),
                )
            } else if self.identities.people.contains(id)
                || is_decided(id)
                || self.newcomers.by_id(entity.kind, id).is_some()
            {
                Standing::Credited
            } else {
                Standing::Unknown
            }
        };
        let mut found = resolve::candidates(
            &question,
            self.proposal.directory,
            others,
            self.newcomers.newcomers(),
            standing,
        );
        if !entity.creates {
            found.retain(|candidate| {
                self.proposal.credited.contains(&candidate.id) || list.has(entity, &candidate.id)
            });
        }
        found
    }

    /// The own id of an entity: known before, new with this document, or of one that stands there.
    pub(super) fn own_id(&self, kind: EntityKind, given: &str) -> Option<String> {
        let known = self.proposal.directory.by_id(kind, given);
        let known = known.or_else(|| self.newcomers.by_id(kind, given));
        known
            .or_else(|| self.identities.stands(self.proposal, kind, given).then_some(given))
            .map(str::to_owned)
    }

    /// Makes the entity of a new name, or takes the one that the draft made for it.
    pub(super) fn make(
        &mut self,
        kind: EntityKind,
        found: &mut Match,
        place: &Place<'_>,
    ) -> String {
        // Who stays in a draft is somebody new by then, and no longer a question.
        let is_settled =
            self.proposal.stage == Stage::Draft && found.reasons.contains(&MatchReason::Resolved);
        let id = match self.identities.provisional.get(place.name).filter(|_| !is_settled).cloned()
        {
            Some(id) => {
                self.create(kind, id.clone(), found.given.clone());
                id
            }
            None => self.create_named(kind, &found.given),
        };
        let key = index_key(&found.given);
        if found.reasons.contains(&MatchReason::Resolved) {
            self.keep_answer(kind, &key, place, Some(id.clone()));
            // Another answer to the same name holds for the places where nothing was said.
            let answer = self.identities.answers.get_mut(&(kind, key.clone()));
            if let Some(answer) = answer.filter(|(answer, _)| *answer == Answer::CreateNew) {
                answer.0 = Answer::Is(id.clone());
            }
            self.identities.made.insert((kind, key), id.clone());
        }
        found.entity = Some(id.clone());
        if !found.candidates.is_empty() && found.decision == MatchDecision::New {
            let message = format!(
                "{} was made anew; nearly the same name has {}",
                quoted(&found.given),
                listed(&found.candidates)
            );
            self.warn(found.path.clone(), WarningCode::PossibleDuplicate, message);
        }
        id
    }

    /// Asks who is meant, where it cannot be told.
    pub(super) fn ask(&mut self, found: &Match, id_field: &str, refuses: bool) {
        let message = format!(
            "{} may be {}; say which by {id_field:?} or a resolution",
            quoted(&found.given),
            listed(&found.candidates)
        );
        if refuses {
            self.problem(found.path.clone(), ProblemCode::AmbiguousMatch, message);
        } else {
            self.warn(found.path.clone(), WarningCode::AmbiguousMatch, message);
        }
    }
}

/// `Jo Lee (tmdb-person-11, 0.8) or Jo Lee (tmdb-person-12, 0.4)`.
fn listed(candidates: &[Candidate]) -> String {
    let shown = candidates
        .iter()
        .map(|candidate| format!("{} ({}, {})", candidate.name, candidate.id, candidate.score));
    shown.collect::<Vec<_>>().join(" or ")
}
