//! Merging an arriving document into the stored one. MERGE changes and adds and never removes;
//! REPLACE acts on the keys present and removes what the document dropped since its base.
//!
//! Where the base is known, the state that the document was made from, it is a three-way merge: a
//! change of one side is taken, different changes of both sides are a conflict ([`three_way`]).
//!
//! Each list is merged in three steps ([`item_lists`]): its names are resolved, its items are
//! aligned with the stored ones, and each pair is merged ([`items`]).

mod fields;
mod item_lists;
mod items;
mod list_states;
mod name_lists;
mod near_duplicates;
mod order;
mod removal;
mod removed_items;
mod three_way;

use ahash::{HashSet, HashSetExt as _};

use super::categories::Definition;
use super::diagnostics::Diagnostics;
use super::ids::{IdSource, NewIds};
use super::json::{objects, text};
use super::plan::report::{Conflict, NotRemoved};
use super::problem::{Problem, Warning, WarningCode};
use super::proposal::Proposal;
use super::resolve::credited_names::SplitCredits;
use super::resolve::resolver::{EntityResolver, Resolved};
use super::schema::definition::{Kind, Object};
use three_way::Sides;

/// A merged document. With problems, it must not be stored.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) data: Object,
    /// What resolving its names found out.
    pub(super) resolved: Resolved,
    /// Values that both sides changed.
    pub(super) conflicts: Vec<Conflict>,
    pub(super) not_removed: Vec<NotRemoved>,
    /// Paths, in the stored data, of items and names that REPLACE removes because the document
    /// lacks them.
    pub(super) dropped: Vec<String>,
    /// Generated ids of items and entities, in the order in which they were generated.
    pub(super) generated_ids: Vec<String>,
    /// Whether a list of the document repeats a key or an id.
    pub(super) has_repetitions: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

/// Merges a proposal. Pure but for the ids that new items and entities get from `ids`.
#[must_use]
pub(super) fn merge(
    proposal: &Proposal<'_>,
    split_credits: &SplitCredits,
    ids: &dyn IdSource,
) -> Merged {
    let (diagnostics, new_ids) = (Diagnostics::default(), NewIds::new(ids));
    let merged = {
        let mut merger = DocumentMerger::new(proposal, split_credits, &diagnostics, &new_ids);
        let fields = proposal.definition.fields;
        let sides = Sides { current: proposal.current, base: proposal.base, of: None };
        let mut data = merger.object(fields, &sides, &proposal.arriving.data, "");
        merger.lists(fields, &mut data);
        merger.require(fields, &data);
        merger.report_unknown_removals();
        merger.finish(data)
    };
    let (warnings, problems) = diagnostics.into_parts();
    Merged { generated_ids: new_ids.into_generated_ids(), warnings, problems, ..merged }
}

/// Merges one document: its fields, then its lists in their order.
struct DocumentMerger<'a> {
    proposal: &'a Proposal<'a>,
    /// Which items of the document came from one text that names several people.
    split_credits: &'a SplitCredits,
    diagnostics: &'a Diagnostics,
    new_ids: &'a NewIds<'a>,
    resolver: EntityResolver<'a>,
    /// The ids of items to remove, and those of them that were found.
    remove: HashSet<&'a str>,
    removed: HashSet<String>,
    /// The targets of editorial locks.
    locks: HashSet<&'a str>,
    /// The ids of all items, in all lists: an id is unique in a document.
    taken: HashSet<String>,
    conflicts: Vec<Conflict>,
    not_removed: Vec<NotRemoved>,
    dropped: Vec<String>,
    has_repetitions: bool,
}

impl<'a> DocumentMerger<'a> {
    fn new(
        proposal: &'a Proposal<'a>,
        split_credits: &'a SplitCredits,
        diagnostics: &'a Diagnostics,
        new_ids: &'a NewIds<'a>,
    ) -> Self {
        // The id of an item that was removed since the base is not given to another item.
        let mut taken = item_ids(proposal.definition, proposal.current);
        taken
            .extend(proposal.base.into_iter().flat_map(|base| item_ids(proposal.definition, base)));
        Self {
            proposal,
            split_credits,
            diagnostics,
            new_ids,
            resolver: EntityResolver::new(proposal, diagnostics, new_ids),
            remove: proposal.remove_items.iter().map(String::as_str).collect(),
            removed: HashSet::new(),
            locks: proposal.locks.iter().map(String::as_str).collect(),
            taken,
            conflicts: Vec::new(),
            not_removed: Vec::new(),
            dropped: Vec::new(),
            has_repetitions: false,
        }
    }

    fn finish(self, data: Object) -> Merged {
        Merged {
            data,
            resolved: self.resolver.finish(),
            conflicts: self.conflicts,
            not_removed: self.not_removed,
            dropped: self.dropped,
            has_repetitions: self.has_repetitions,
            ..Merged::default()
        }
    }

    /// Warns of ids in `remove_items` that are no items of the document.
    fn report_unknown_removals(&self) {
        let remove_items = self.proposal.remove_items.iter();
        for id in remove_items.filter(|id| !self.removed.contains(*id)) {
            let message = format!("removeItems names {id:?}, which is no item of this document");
            self.diagnostics.warn(String::new(), WarningCode::UnknownId, message);
        }
    }
}

fn item_ids(definition: &Definition, data: &Object) -> HashSet<String> {
    let mut ids = HashSet::new();
    for field in definition.fields {
        if let Kind::Items { item, .. } = &field.rule.kind {
            ids.extend(
                objects(data, field.name)
                    .into_iter()
                    .filter_map(|object| text(object, item.id))
                    .map(str::to_owned),
            );
        }
    }
    ids
}
