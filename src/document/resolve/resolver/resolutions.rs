//! Applies resolutions: of this import, or remembered from an earlier one.

use ahash::{HashMap, HashMapExt as _};

use super::{EntityResolver, NameLocation};
use crate::document::plan::report::{Match, ResolutionToStore};
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::proposal::Proposal;
use crate::document::references::{Reference, references};
use crate::document::resolve::candidate::{MatchDecision, MatchReason};
use crate::document::resolve::directory::EarlierResolution;
use crate::document::resolve::resolution::{Resolution, ResolutionAction};
use crate::document::schema::definition::EntityReference;
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;

/// The name that a resolution applies to.
#[derive(Clone)]
struct NameTarget {
    of: (EntityKind, String),
    /// JSON Pointer to the name.
    at: String,
}

/// The names of a document, by the paths at which a resolution may address them.
fn names_by_path(proposal: &Proposal<'_>) -> HashMap<String, NameTarget> {
    let mut known = HashMap::new();
    for reference in references(proposal.definition.fields, &proposal.arriving.data) {
        let Some(name) = reference.name() else { continue };
        let at = reference.name_path();
        let target = NameTarget { of: (reference.kind(), index_key(name)), at: at.clone() };
        let is_only_one = match &reference {
            Reference::InItem(reference) => reference.is_only_one_of_item(),
            Reference::InList { .. } => false,
        };
        if is_only_one {
            known.insert(reference.item_path(), target.clone());
        }
        known.insert(at, target);
    }
    known
}

impl<'a> EntityResolver<'a> {
    /// Checks that every resolution addresses a name. A resolution applies to the same name in the
    /// whole document, unless that has its own resolution.
    pub(super) fn check_resolutions(&mut self) {
        let proposal = self.proposal;
        if proposal.resolutions.is_empty() {
            return;
        }
        let known = names_by_path(proposal);
        let mut answered: HashMap<String, &Resolution> = HashMap::new();
        for resolution in proposal.resolutions {
            let message = match resolution.action {
                _ if !known.contains_key(&resolution.path) => {
                    "there is no name at the path of this resolution"
                }
                None => {
                    "a resolution must name an entity, create a new one, or leave the name out: \
                     exactly one of these"
                }
                Some(ref answer) => {
                    let NameTarget { of, at } = known[&resolution.path].clone();
                    if answered
                        .insert(at, resolution)
                        .is_some_and(|other| other.action != resolution.action)
                    {
                        let message = "another resolution decides differently on the same name";
                        self.diagnostics.problem(
                            resolution.path.clone(),
                            ProblemCode::Invalid,
                            message.to_owned(),
                        );
                        continue;
                    }
                    let taken = proposal.directory.by_name(of.0, &of.1);
                    if let (ResolutionAction::CreateNew, true, [owner, ..]) =
                        (answer, of.0.has_unique_names(), taken)
                    {
                        let kind = of.0.as_str();
                        let message = format!(
                            "the {kind} {owner} already has this name; resolve the name to \
                             {owner}, or give the new {kind} another name"
                        );
                        self.diagnostics.problem(
                            resolution.path.clone(),
                            ProblemCode::Invalid,
                            message,
                        );
                        continue;
                    }
                    let own = resolution.entity().and_then(|id| self.own_id(of.0, id));
                    let is_name_of_another = of.0.is_referenced_by_name()
                        && !taken.is_empty()
                        && own.as_ref().is_some_and(|own| !taken.contains(own));
                    if is_name_of_another {
                        let kind = of.0.as_str();
                        let message = format!(
                            "a {kind} is stored by its name alone, and this is the name of {}; \
                             send a name of the right {kind}",
                            taken.join(", ")
                        );
                        self.diagnostics.problem(
                            resolution.path.clone(),
                            ProblemCode::Invalid,
                            message,
                        );
                        continue;
                    }
                    let unknown = resolution.entity().filter(|_| own.is_none());
                    if let Some(id) = unknown {
                        let kind = of.0.as_str();
                        let message =
                            format!("the resolution names the {kind} {id:?}, which does not exist");
                        self.resolutions.remove(resolution.path.as_str());
                        self.diagnostics.problem(
                            resolution.path.clone(),
                            ProblemCode::NotFound,
                            message,
                        );
                        continue;
                    }
                    // Leaving out applies to this path only.
                    if *answer != ResolutionAction::Skip {
                        self.given
                            .entry(of)
                            .or_insert_with(|| (answer.clone(), MatchReason::Resolved));
                    }
                    continue;
                }
            };
            let path: String = resolution.path.chars().take(200).collect();
            self.diagnostics.problem(path, ProblemCode::Invalid, message.to_owned());
        }
    }

    /// Warns of resolutions that were not used.
    pub(super) fn report_unused_resolutions(&self) {
        // In a refused document, no resolution is used.
        if self.diagnostics.has_problem(|problem| problem.code != ProblemCode::AmbiguousMatch) {
            return;
        }
        let mut unused: Vec<&Resolution> = self.resolutions.values().copied().collect();
        unused.retain(|resolution| {
            let is_used = self.used.contains(resolution.path.as_str());
            resolution.action.is_some() && !is_used && !self.is_refused(&resolution.path)
        });
        unused.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        for resolution in unused {
            let message = "the resolution was not used: the name came with an id, or was resolved \
                           already";
            self.diagnostics.warn(
                resolution.path.clone(),
                WarningCode::ResolutionUnused,
                message.to_owned(),
            );
        }
    }

    pub(super) fn mark_used(&mut self, location: &NameLocation<'_>) {
        if let Some(resolution) = self.resolution(location) {
            self.used.insert(resolution.path.as_str());
        }
    }

    /// The resolution for a name.
    fn resolution(&self, location: &NameLocation<'_>) -> Option<&'a Resolution> {
        let given = self.resolutions.get(location.path);
        given
            .or_else(|| {
                self.resolutions.get(location.item_path).filter(|_| location.is_only_name())
            })
            .copied()
    }

    /// Whether a resolution states which entity this name means, or that it is a new one.
    pub(in crate::document) fn is_resolved(&self, location: &NameLocation<'_>) -> bool {
        self.resolution(location).is_some_and(|resolution| {
            !matches!(resolution.action, None | Some(ResolutionAction::Skip))
        })
    }

    /// Whether a resolution states that this name means an existing entity.
    pub(in crate::document) fn is_resolved_to_existing(&self, location: &NameLocation<'_>) -> bool {
        self.resolution(location).is_some_and(|resolution| resolution.entity().is_some())
    }

    /// What to do with a name, by a resolution of this import or by a remembered one.
    pub(super) fn resolution_of(
        &self,
        entity: &EntityReference,
        key: &str,
        location: &NameLocation<'_>,
    ) -> Option<(ResolutionAction, MatchReason)> {
        let proposal = self.proposal;
        if let Some(answer) =
            self.resolution(location).and_then(|resolution| resolution.action.clone())
        {
            // A new entity is created once for all resolutions of the same name.
            let created = self
                .created
                .get(&(entity.kind, key.to_owned()))
                .filter(|_| answer == ResolutionAction::CreateNew);
            return Some((
                created.cloned().map_or(answer, ResolutionAction::Entity),
                MatchReason::Resolved,
            ));
        }
        if let Some(answer) = self.given.get(&(entity.kind, key.to_owned())) {
            return Some(answer.clone());
        }
        let remembered =
            proposal.directory.resolution(proposal.movie.as_str(), entity.kind, key)?;
        let answer = match remembered {
            EarlierResolution::Entity(id) => ResolutionAction::Entity(id.clone()),
            EarlierResolution::Skip => ResolutionAction::Skip,
        };
        Some((answer, MatchReason::Remembered))
    }

    /// The decision to leave out a name and the item that contains it, if a resolution says so.
    pub(in crate::document) fn skipped(
        &mut self,
        entity: &EntityReference,
        name: &str,
        location: &NameLocation<'_>,
    ) -> Option<Match> {
        let key = index_key(name);
        let Some((ResolutionAction::Skip, reason)) = self.resolution_of(entity, &key, location)
        else {
            return None;
        };
        self.mark_used(location);
        self.remember(entity.kind, &key, location, None);
        let found = Match::new(location.path, name, entity.kind);
        Some(Match { decision: MatchDecision::Skipped, reasons: vec![reason], ..found })
    }

    /// Remembers the resolution for a name, if there is one, with the import.
    pub(super) fn remember(
        &mut self,
        kind: EntityKind,
        key: &str,
        location: &NameLocation<'_>,
        entity: Option<String>,
    ) {
        if let Some(everywhere) = self.resolution(location).map(|resolution| resolution.everywhere)
        {
            let name = (kind, key.to_owned(), everywhere);
            // Another entity with the name is stored by this import and found by its name later, so
            // the omission has to be remembered.
            if self.skipped.contains(&name) {
                return;
            }
            if entity.is_none() {
                self.skipped.insert(name);
            }
            self.resolved.answers.push(ResolutionToStore {
                kind,
                name_key: key.to_owned(),
                entity,
                everywhere,
            });
        }
    }
}
