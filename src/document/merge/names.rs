//! Merging lists of names (genres): sets in an order. The same name in another spelling is the same
//! name.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::order::{arrange, file_order_wins};
use super::{ImportMode, Merger, array};
use crate::document::entity::EntityKind;
use crate::document::plan::{Match, MatchDecision, NotRemoved};
use crate::document::problem::{WarningCode, pointer_at};
use crate::document::projection::Names as _;
use crate::document::text::index_key;

impl Merger<'_> {
    pub(super) fn names(&mut self, kind: EntityKind, name: &str, sent: &[Value]) -> Vec<Value> {
        let proposal = self.proposal;
        let path = format!("/{name}");
        let identity = |value: &Value| {
            let name = value.as_str().unwrap_or_default();
            proposal.directory.entity(kind, name).unwrap_or_else(|| index_key(name))
        };
        let stored = array(proposal.current, name);
        let base: Option<Vec<String>> = proposal.base.map(|base| array(base, name).iter().map(identity).collect());
        let known: HashSet<&String> = base.iter().flatten().collect();
        let mut claimed = HashSet::new();
        let mut claims: Vec<Option<usize>> = Vec::with_capacity(sent.len());
        // The very name first: one genre may stand there under two of its names.
        for value in sent {
            let found = (0..stored.len()).find(|index| stored[*index] == *value && !claimed.contains(index));
            claimed.extend(found);
            claims.push(found);
        }
        let places: HashMap<String, Vec<usize>> =
            stored.iter().enumerate().fold(HashMap::new(), |mut places, (index, value)| {
                places.entry(identity(value)).or_insert_with(Vec::new).push(index);
                places
            });
        let mut placed = Vec::with_capacity(sent.len());
        for (index, (value, claim)) in sent.iter().zip(claims).enumerate() {
            let Some(given) = value.as_str() else { continue };
            let same = places.get(&identity(value));
            let found = claim.or_else(|| same?.iter().copied().find(|index| !claimed.contains(index)));
            claimed.extend(found);
            match found {
                Some(index) => placed.push((stored[index].clone(), Some(index))),
                None if same.is_some() => {}
                None if known.contains(&identity(value)) => {
                    let message = format!("{given:?} was removed since the document was made, and stays removed");
                    self.warn(pointer_at(&path, index), WarningCode::RemovedSince, message);
                }
                None => {
                    self.name_entity(kind, given, pointer_at(&path, index));
                    placed.push((value.clone(), None));
                }
            }
        }
        let mut keep = Vec::with_capacity(stored.len());
        for (index, value) in stored.iter().enumerate() {
            let is_dropped =
                !claimed.contains(&index) && base.as_ref().is_none_or(|_| known.contains(&identity(value)));
            if is_dropped && base.is_some() && proposal.mode == ImportMode::Merge {
                let label = format!("{name}: {}", value.as_str().unwrap_or_default());
                self.merged.not_removed.push(NotRemoved { path: pointer_at(&path, index), label, id: None });
            }
            let is_removed = is_dropped && proposal.mode == ImportMode::Replace;
            keep.push(!claimed.contains(&index) && !is_removed);
        }
        let current: Vec<String> = stored.iter().map(identity).collect();
        let file: Vec<String> = sent.iter().filter(|value| value.is_string()).map(identity).collect();
        arrange(stored.to_vec(), &keep, placed, file_order_wins(base.as_deref(), &current, &file))
    }

    /// Finds or makes the entity of a name that is new in its list.
    fn name_entity(&mut self, kind: EntityKind, given: &str, path: String) {
        let found = self.all_named(kind, &index_key(given));
        let (decision, entity) = match &found[..] {
            [] => (MatchDecision::New, Some(self.create_named(kind, given))),
            [only] => (MatchDecision::Matched, Some(only.clone())),
            _ => (MatchDecision::Ambiguous, None),
        };
        let candidates = if entity.is_none() { found } else { Vec::new() };
        self.merged.matches.push(Match { path, given: given.to_owned(), kind, decision, entity, candidates });
    }
}
