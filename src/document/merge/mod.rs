//! Merging what arrived into what is stored. MERGE changes and adds and never removes; REPLACE
//! acts on the keys present and removes what the file dropped since its base.
//!
//! Where the base is known, the state that the file was made from, it is a three-way merge: what one
//! side changed is taken, what both changed differently is a conflict ([`three_way`]).

mod deciding;
mod identities;
mod item_lists;
mod listed;
mod name_lists;
mod naming;
mod near_duplicates;
mod order;
mod other_script;
mod removed_items;
mod three_way;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::document::budget::WorkBudget;
use crate::document::categories::Definition;
use crate::document::entity::{Directory, NewEntity};
use crate::document::ids::{IdSource, MovieId};
use crate::document::plan::base::UnknownBase;
use crate::document::plan::locks::LockRule;
use crate::document::plan::{Conflict, Match, NotRemoved, Remember};
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode};
use crate::document::read::envelope::{Source, Stage};
use crate::document::read::parse::{MAX_LISTED, Reading};
use crate::document::resolve::credited_names::Following;
use crate::document::resolve::given_ids::{IdTrust, Stored};
use crate::document::resolve::{Candidate, Resolution};
use crate::document::schema::definition::{Field, Item, Kind, Object, define_choice};
use crate::document::schema::example;

define_choice! {
    /// Whether an import may remove list items.
    pub enum ImportMode {
        /// Change and add. Nothing is removed except the items listed in removeItems.
        Merge = "merge",
        /// Also remove the list items that the document no longer contains since its base revision.
        /// This affects only lists that are present in the document. If items would be removed, the
        /// base revision must be known (BASE_REQUIRED).
        Replace = "replace",
    }
}

define_choice! {
    /// What a null in the imported data does.
    pub enum NullPolicy {
        /// Clear the stored value.
        Clear = "clear",
        /// Keep the stored value.
        Keep = "keep",
    }
}

define_choice! {
    /// How to settle a value that both the document and the catalogue changed, differently, since
    /// the document was exported.
    pub enum ConflictPolicy {
        /// Reject the import with user errors CONFLICT; nothing is written.
        Fail = "fail",
        /// Keep the stored value.
        KeepCurrent = "keep_current",
        /// Take the value of the document.
        TakeImport = "take_import",
    }
}

/// What is to be merged, and how.
pub struct Proposal<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    /// Which state of the document it is merged into.
    pub stage: Stage,
    pub arriving: &'a Reading,
    pub current: &'a Object,
    /// The document that the file was made from, if it is known.
    pub base: Option<&'a Object>,
    /// Why `base` may not be the state that the file was made from.
    pub unknown_base: Option<&'a UnknownBase>,
    /// Where the values come from.
    pub source: Source,
    /// How far the ids of `arriving` are believed.
    pub id_trust: IdTrust,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    pub remove_items: &'a [String],
    /// What is locked: `/title`, or the id of an item.
    pub locks: &'a [String],
    pub lock_rule: LockRule,
    /// The entities that `arriving` and `current` name, as far as they exist.
    pub directory: &'a Directory,
    /// Who is credited on this movie: a nominee who is only a name may be one of them, and else is as
    /// likely a film, a song, or someone else of that name.
    pub credited: &'a HashSet<String>,
    /// Answers to the question who a name means.
    pub resolutions: &'a [Resolution],
    /// Ids of a draft that stand for a name alone: who it is, is not decided yet.
    pub stand_ins: &'a HashSet<String>,
    /// What planning may cost. When it is spent, merging ends early and its result is incomplete.
    pub budget: &'a WorkBudget<'a>,
}

impl Proposal<'_> {
    /// What a lock of that target does.
    #[must_use]
    pub fn lock_rule_of(&self, target: &str) -> LockRule {
        match self.lock_rule {
            // What people had a part in is never skipped.
            LockRule::Skip if self.arriving.personal.contains(target) => LockRule::Refuse,
            rule => rule,
        }
    }
}

/// What came of it. With problems, nothing of it may be stored.
#[derive(Debug, Default)]
pub struct Merged {
    pub data: Object,
    pub new_entities: Vec<NewEntity>,
    /// Names that entities go by from now on.
    pub new_aliases: Vec<NewEntity>,
    /// Answers to remember.
    pub answers: Vec<Remember>,
    /// What both sides changed.
    pub conflicts: Vec<Conflict>,
    pub not_removed: Vec<NotRemoved>,
    /// Paths, in the current data, of items and names that REPLACE removes because the document
    /// lacks them.
    pub dropped: Vec<String>,
    pub matches: Vec<Match>,
    /// Ids that were made up on the way, of items and entities.
    pub made_up: Vec<String>,
    /// How many names wait in a draft for somebody to say who they are.
    pub waiting: usize,
    /// Whether a list of the file repeats a key or an id.
    pub has_repetitions: bool,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

/// Merges. Pure but for the ids that new items and entities get from `ids`.
#[must_use]
pub fn merge(proposal: &Proposal<'_>, following: &Following, ids: &dyn IdSource) -> Merged {
    let mut merger = Merger {
        proposal,
        following,
        ids,
        newcomers: Directory::default(),
        merged: Merged::default(),
        remove: proposal.remove_items.iter().map(String::as_str).collect(),
        removed: HashSet::new(),
        locks: proposal.locks.iter().map(String::as_str).collect(),
        taken: item_ids(proposal.definition, proposal.current),
        identities: Identities::of(proposal),
        may_be: HashMap::new(),
        stored: Stored::new(proposal),
    };
    // Nor is the id of an item that was removed since the file was made another's.
    merger
        .taken
        .extend(proposal.base.map(|base| item_ids(proposal.definition, base)).unwrap_or_default());
    merger.announce_given_ids();
    merger.check_resolutions();
    let fields = proposal.definition.fields;
    let sides = Sides { current: proposal.current, base: proposal.base, of: None };
    let mut data = merger.object(fields, &sides, &proposal.arriving.data, "");
    merger.lists(fields, &mut data);
    merger.require(fields, &data);
    merger.report_unknown_removals();
    merger.report_unused_resolutions();
    merger.merged.data = data;
    merger.merged
}

use identities::Identities;
use three_way::Sides;

struct Merger<'a> {
    proposal: &'a Proposal<'a>,
    /// Which items of the file came of one text that names several people.
    following: &'a Following,
    ids: &'a dyn IdSource,
    newcomers: Directory,
    merged: Merged,
    remove: HashSet<&'a str>,
    removed: HashSet<String>,
    /// What is locked.
    locks: HashSet<&'a str>,
    /// The ids of items that are given away, in all lists: an id stands once in a document.
    taken: HashSet<String>,
    identities: Identities<'a>,
    /// By the path of a name, who stands in the list and may be meant by it.
    may_be: HashMap<String, Candidate>,
    /// Which ids and names stand together in the stored states.
    stored: Stored<'a>,
}

fn array<'v>(object: &'v Object, key: &str) -> &'v [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn objects<'v>(object: &'v Object, key: &str) -> Vec<&'v Object> {
    array(object, key).iter().filter_map(Value::as_object).collect()
}

fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
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

/// Whether two values are the same to a reader: `8` and `8.0` are.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[allow(clippy::float_cmp, reason = "the same number, not a near one")]
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

impl Merger<'_> {
    fn warn(&mut self, path: String, code: WarningCode, message: String) {
        if self.merged.warnings.len() < MAX_LISTED {
            self.merged.warnings.push(Warning { path, code, message });
        }
    }

    fn problem(&mut self, path: String, code: ProblemCode, message: String) {
        if self.merged.problems.len() < MAX_LISTED {
            self.merged.problems.push(Problem { path, code, message });
        }
    }

    /// Merges the fields that are no lists; lists follow in [`Self::lists`]. Keeps keys that this
    /// version does not know, at the end.
    fn object(
        &mut self,
        fields: &'static [Field],
        sides: &Sides<'_>,
        arriving: &Object,
        path: &str,
    ) -> Object {
        let current = sides.current;
        let mut result = Object::new();
        for field in fields {
            let stored = current.get(field.name).filter(|value| !value.is_null());
            if field.rule.kind.is_list() {
                result.insert(
                    field.name.to_owned(),
                    stored.cloned().unwrap_or_else(|| Value::Array(Vec::new())),
                );
                continue;
            }
            let wanted = match arriving.get(field.name) {
                Some(Value::Null) if self.proposal.nulls == NullPolicy::Clear => None,
                Some(Value::Null) => {
                    if stored.is_some() {
                        self.null_ignored(path, field.name);
                    }
                    stored
                }
                Some(sent) => Some(sent),
                None => stored,
            };
            let value = self.settle_value(field.name, wanted, stored, sides, path);
            if let Some(value) = value {
                result.insert(field.name.to_owned(), value.clone());
            }
        }
        for (key, value) in current {
            if crate::document::schema::definition::find(fields, key).is_none() {
                result.insert(key.clone(), value.clone());
            }
        }
        result
    }

    fn null_ignored(&mut self, path: &str, name: &str) {
        let message = format!("null was read as \"not known\"; {name} was kept");
        self.warn(format!("{path}/{name}"), WarningCode::NullIgnored, message);
    }

    fn require(&mut self, fields: &'static [Field], data: &Object) {
        if self.proposal.definition.is_empty(data) {
            return;
        }
        self.require_fields(fields, data, "");
    }

    fn require_of_item(&mut self, item: &'static Item, data: &Object, path: &str) {
        if self.is_refused(path) {
            return;
        }
        self.require_fields(item.fields, data, path);
        let there =
            |name: &&str| data.contains_key(*name) || self.is_refused(&format!("{path}/{name}"));
        if !item.any_of.is_empty() && !item.any_of.iter().any(there) {
            let message =
                format!("none of {} is there; at least one is required", item.any_of.join(", "));
            self.problem(path.to_owned(), ProblemCode::Required, message);
        }
    }

    fn require_fields(&mut self, fields: &'static [Field], data: &Object, path: &str) {
        for field in
            fields.iter().filter(|field| field.rule.required && !data.contains_key(field.name))
        {
            let at = format!("{path}/{}", field.name);
            if !self.is_refused(&at) {
                let (name, example) = (field.name, example::value(field));
                let message = format!("{name} is missing; write for example {name:?}: {example}");
                self.problem(at, ProblemCode::Required, message);
            }
        }
    }

    /// Whether what was sent there was refused, and so has its problem already.
    fn is_refused(&self, path: &str) -> bool {
        self.proposal.arriving.refused.contains(path)
    }
}
