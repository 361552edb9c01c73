//! Merging lists of names (genres): ordered sets. A name in another spelling is the same name.

use std::collections::VecDeque;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use serde_json::Value;

use super::DocumentMerger;
use super::order::{FileOrder, Sides, arrange};
use crate::document::json::array;
use crate::document::plan::report::{Match, NotRemoved};
use crate::document::problem::{WarningCode, pointer_at};
use crate::document::projection::EntityLookup as _;
use crate::document::proposal::ImportMode;
use crate::document::read::envelope::Stage;
use crate::document::resolve::candidate::MatchDecision;
use crate::document::resolve::list_entities::ListEntities;
use crate::document::resolve::resolver::{NameLocation, OpenName};
use crate::document::schema::definition::{EntityReference, Object};
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::text::{index_key, quoted};

/// The indices of equal names, in order.
#[derive(Default)]
struct Places {
    places: VecDeque<usize>,
}

impl Places {
    fn push(&mut self, place: usize) {
        self.places.push_back(place);
    }

    fn first_unclaimed(&mut self, claimed: &HashSet<usize>) -> Option<usize> {
        while self.places.front().is_some_and(|place| claimed.contains(place)) {
            self.places.pop_front();
        }
        self.places.front().copied()
    }
}

impl DocumentMerger<'_> {
    #[allow(clippy::too_many_lines, reason = "one walk over the items in their order")]
    /// Merges a list of names.
    pub(super) fn names(
        &mut self,
        kind: EntityKind,
        name: &'static str,
        sent: &[Value],
    ) -> Vec<Value> {
        let proposal = self.proposal;
        let path = format!("/{name}");
        let known_here: HashSet<String> =
            array(proposal.current, name).iter().filter_map(Value::as_str).map(index_key).collect();
        // The decisions on names that are new in the list; each may be another form of a stored
        // name.
        let mut decided: HashMap<usize, Match> = HashMap::new();
        for (index, given) in
            sent.iter().enumerate().filter_map(|(index, value)| Some((index, value.as_str()?)))
        {
            if !proposal.budget.charge(1) {
                return Vec::new();
            }
            if !known_here.contains(&index_key(given)) {
                decided.insert(index, self.decide_name(kind, given, &pointer_at(&path, index)));
            }
        }
        let identity = |value: &Value| {
            let name = value.as_str().unwrap_or_default();
            proposal.directory.id_by_name(kind, name).unwrap_or_else(|| index_key(name))
        };
        let stored = array(proposal.current, name);
        let base: Option<Vec<String>> =
            proposal.base.map(|base| array(base, name).iter().map(identity).collect());
        let known: HashSet<&String> = base.iter().flatten().collect();
        let mut claimed = HashSet::new();
        let mut claims: Vec<Option<usize>> = Vec::with_capacity(sent.len());
        // Equal names first, because one genre may be stored under two of its names.
        let mut spelled: HashMap<&str, Places> = HashMap::new();
        for (index, name) in stored.iter().enumerate() {
            spelled.entry(name.as_str().unwrap_or_default()).or_default().push(index);
        }
        for value in sent {
            let places = value.as_str().and_then(|name| spelled.get_mut(name));
            let found = places.and_then(|places| places.first_unclaimed(&claimed));
            claimed.extend(found);
            claims.push(found);
        }
        let mut places: HashMap<String, Places> = HashMap::new();
        for (index, value) in stored.iter().enumerate() {
            places.entry(identity(value)).or_default().push(index);
        }
        let mut placed = Vec::with_capacity(sent.len());
        let mut added: HashSet<&str> = HashSet::new();
        let identity_of = |index: usize, value: &Value| {
            let found = decided.get(&index).and_then(|found: &Match| found.entity.clone());
            found.unwrap_or_else(|| identity(value))
        };
        let file: Vec<String> =
            sent.iter().enumerate().map(|(index, value)| identity_of(index, value)).collect();
        let decisions: Vec<Option<Match>> =
            (0..sent.len()).map(|index| decided.get(&index).cloned()).collect();
        for (index, ((value, claim), decision)) in
            sent.iter().zip(claims).zip(decisions).enumerate()
        {
            let Some(given) = value.as_str() else { continue };
            let mut same = places.get_mut(&file[index]);
            let found = claim.or_else(|| same.as_mut()?.first_unclaimed(&claimed));
            claimed.extend(found);
            match found {
                Some(index) => placed.push((stored[index].clone(), Some(index))),
                None if same.is_some() || added.contains(file[index].as_str()) => {
                    let message = format!("{} is in the list already", quoted(given));
                    self.diagnostics.warn(
                        pointer_at(&path, index),
                        WarningCode::ValueRepaired,
                        message,
                    );
                }
                None if known.contains(&file[index]) => {
                    let message = format!(
                        "{} was removed since the document was exported, and stays removed",
                        quoted(given)
                    );
                    self.diagnostics.warn(
                        pointer_at(&path, index),
                        WarningCode::RemovedSince,
                        message,
                    );
                }
                None => {
                    if let Some(found) = decision
                        && self.take_name(kind, found)
                    {
                        added.insert(&file[index]);
                        placed.push((value.clone(), None));
                    }
                }
            }
        }
        let mut keep = Vec::with_capacity(stored.len());
        for (index, value) in stored.iter().enumerate() {
            let is_dropped = !claimed.contains(&index)
                && base.as_ref().is_none_or(|_| known.contains(&identity(value)));
            if is_dropped && base.is_some() && proposal.mode == ImportMode::Merge {
                let label = format!("{name}: {}", value.as_str().unwrap_or_default());
                self.not_removed.push(NotRemoved {
                    path: pointer_at(&path, index),
                    label,
                    id: None,
                });
            }
            let is_removed = is_dropped && proposal.mode == ImportMode::Replace;
            if is_removed {
                self.dropped.push(pointer_at(&path, index));
            }
            keep.push(!claimed.contains(&index) && !is_removed);
        }
        let stays = |(index, _): &(usize, &Value)| keep[*index] || claimed.contains(index);
        let current: Vec<String> =
            stored.iter().enumerate().filter(stays).map(|(_, value)| identity(value)).collect();
        let file: Vec<String> = file
            .into_iter()
            .zip(sent)
            .filter(|(_, value)| value.is_string())
            .map(|(id, _)| id)
            .collect();
        let sides = Sides { base: base.as_deref(), current: &current, file: &file };
        arrange(stored.to_vec(), &keep, placed, FileOrder::of(proposal.mode, &sides, false))
    }

    fn decide_name(&mut self, kind: EntityKind, given: &str, at: &str) -> Match {
        let location = NameLocation::in_list(at);
        let reference = EntityReference::by_name_only(kind);
        if let Some(skipped) = self.resolver.skipped(&reference, given, &location) {
            return skipped;
        }
        let object = Object::new();
        let name =
            OpenName { entity: &reference, name: given, object: &object, location: &location };
        self.resolver.decide(&name, &mut ListEntities::empty(), false)
    }

    /// Takes the entity of a name that is new in its list, or creates it. Returns whether the name
    /// is added.
    fn take_name(&mut self, kind: EntityKind, mut found: Match) -> bool {
        let at = found.path.clone();
        let location = NameLocation::in_list(&at);
        let is_taken = match found.decision {
            MatchDecision::New => {
                self.resolver.create(kind, &mut found, &location);
                true
            }
            MatchDecision::Matched => {
                // The name is stored without an id, so it must be a name of the entity.
                let key = index_key(&found.given);
                let is_unknown = self.proposal.directory.by_name(kind, &key).is_empty();
                if let Some(id) = found.entity.clone().filter(|_| is_unknown) {
                    let name = found.given.clone();
                    self.resolver.add_alias(NewEntity { kind, id, name });
                }
                true
            }
            MatchDecision::Skipped => false,
            MatchDecision::Ambiguous => {
                self.resolver.report_ambiguity(
                    &found,
                    "id",
                    self.proposal.stage == Stage::Published,
                );
                true
            }
        };
        self.resolver.report(found);
        is_taken
    }
}
