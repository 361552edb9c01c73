//! Resolves the names of one document: the state of the resolver and its results.
//!
//! Names are resolved before their list is aligned, so that an item is found under another form of
//! its name. A name that stays open, because no stored item fits or several do, is resolved again
//! with its item: the stored item that was aligned with it is additional evidence.

mod decide;
mod items;
mod resolutions;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::candidate::{Candidate, MatchReason};
use super::document_entities::DocumentEntities;
use super::given_ids::StoredIds;
use super::resolution::{Resolution, ResolutionAction};
use crate::document::diagnostics::Diagnostics;
use crate::document::ids::NewIds;
use crate::document::plan::report::{Match, ResolutionToStore};
use crate::document::problem::WarningCode;
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::references::item_references;
use crate::document::resolve::directory::Directory;
use crate::document::schema::definition::{EntityReference, Item, Object};
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::text::{index_key, quoted};
pub(in crate::document) use items::{ItemContext, ResolvedEntity};

/// The location of a name in the arriving document.
pub(in crate::document) struct NameLocation<'p> {
    /// The definition of the item; `None` in a list of names.
    pub(in crate::document) item: Option<&'static Item>,
    /// JSON Pointer to the item; in a list of names, to the name.
    pub(in crate::document) item_path: &'p str,
    /// JSON Pointer to the name.
    pub(in crate::document) path: &'p str,
}

impl<'p> NameLocation<'p> {
    /// A name in an item.
    pub(in crate::document) const fn in_item(
        item: &'static Item,
        item_path: &'p str,
        path: &'p str,
    ) -> Self {
        Self { item: Some(item), item_path, path }
    }

    /// A name in a list of names.
    pub(in crate::document) const fn in_list(path: &'p str) -> Self {
        Self { item: None, item_path: path, path }
    }

    /// Whether the item names a single entity, so that a resolution for the item is one for the
    /// name.
    fn is_only_name(&self) -> bool {
        self.item.is_none_or(|item| item.entities.len() == 1)
    }
}

/// A name without an id.
pub(in crate::document) struct OpenName<'m> {
    pub(in crate::document) entity: &'m EntityReference,
    pub(in crate::document) name: &'m str,
    /// The item that contains it.
    pub(in crate::document) object: &'m Object,
    pub(in crate::document) location: &'m NameLocation<'m>,
}

/// The results of resolving the names of a document.
#[derive(Debug, Default)]
pub(in crate::document) struct Resolved {
    /// The decisions on names without ids.
    pub(in crate::document) matches: Vec<Match>,
    /// Entities to create.
    pub(in crate::document) new_entities: Vec<NewEntity>,
    /// Names to add to existing entities.
    pub(in crate::document) new_aliases: Vec<NewEntity>,
    /// Resolutions to remember.
    pub(in crate::document) answers: Vec<ResolutionToStore>,
    /// Number of names in a draft that wait for a resolution.
    pub(in crate::document) waiting: usize,
}

/// Resolves the names of one document.
pub(in crate::document) struct EntityResolver<'a> {
    proposal: &'a Proposal<'a>,
    diagnostics: &'a Diagnostics,
    new_ids: &'a NewIds<'a>,
    resolved: Resolved,
    /// The entities in the stored and the arriving document.
    document: DocumentEntities<'a>,
    /// Which ids and names occur together in the stored states.
    stored: StoredIds<'a>,
    /// The entities that this document introduces.
    introduced: Directory,
    /// Decisions before alignment, by the path of the name.
    early_decisions: HashMap<String, Match>,
    /// The provisional ids of a draft, by the path of the name.
    provisional_ids: HashMap<String, String>,
    /// By the path of a name, a stored candidate in another script.
    other_script_candidates: HashMap<String, Candidate>,
    /// Names of this document with the entities that they were matched with. Such a person counts
    /// as credited under that name: another form of it in the same document more probably means
    /// another person.
    decided: HashSet<(String, String)>,
    /// The resolutions by their paths, without those that name an unknown entity.
    resolutions: HashMap<&'a str, &'a Resolution>,
    /// The paths of resolutions that were used.
    used: HashSet<&'a str>,
    /// The resolutions of this import by kind and name, for the same name at other paths.
    given: HashMap<(EntityKind, String), (ResolutionAction, MatchReason)>,
    /// Names that a resolution of this import leaves out, and whether it applies to all movies.
    skipped: HashSet<(EntityKind, String, bool)>,
    /// Entities that were created because of a resolution.
    created: HashMap<(EntityKind, String), String>,
}

impl<'a> EntityResolver<'a> {
    pub(in crate::document) fn new(
        proposal: &'a Proposal<'a>,
        diagnostics: &'a Diagnostics,
        new_ids: &'a NewIds<'a>,
    ) -> Self {
        let resolutions = proposal.resolutions.iter();
        let resolutions = resolutions.map(|resolution| (resolution.path.as_str(), resolution));
        let mut resolver = Self {
            proposal,
            diagnostics,
            new_ids,
            resolved: Resolved::default(),
            document: DocumentEntities::new(proposal),
            stored: StoredIds::new(proposal),
            introduced: Directory::default(),
            early_decisions: HashMap::new(),
            provisional_ids: HashMap::new(),
            other_script_candidates: HashMap::new(),
            decided: HashSet::new(),
            resolutions: resolutions.collect(),
            used: HashSet::new(),
            given: HashMap::new(),
            skipped: HashSet::new(),
            created: HashMap::new(),
        };
        resolver.introduce_given_ids();
        resolver.check_resolutions();
        resolver
    }

    /// The results. Warns of resolutions that were not used.
    pub(in crate::document) fn finish(self) -> Resolved {
        self.report_unused_resolutions();
        self.resolved
    }

    /// Introduces the entities with unknown ids in the document, so that names anywhere in it may
    /// mean them.
    fn introduce_given_ids(&mut self) {
        let proposal = self.proposal;
        let removed: HashSet<&str> = proposal.remove_items.iter().map(String::as_str).collect();
        for reference in item_references(proposal.definition.fields, &proposal.arriving.data) {
            let (kind, entity) = (reference.kind(), reference.entity);
            if let (Some(id), Some(name)) = (reference.id(), reference.name())
                && !reference.item_id().is_some_and(|id| removed.contains(id))
                && !proposal.provisional_ids.contains(id)
                && proposal.directory.known(kind, id, Some(name)).is_none()
                && self.introduced.known(kind, id, Some(name)).is_none()
            {
                self.introduce(kind, id.to_owned(), name.to_owned());
                self.warn_of_namesake(entity, id, name, &reference.item_path());
            }
        }
    }

    /// Warns of an unknown id beside the name of an existing person, unless ids of the source are
    /// trusted.
    fn warn_of_namesake(&self, entity: &EntityReference, id: &str, name: &str, path: &str) {
        let proposal = self.proposal;
        if proposal.id_trust == IdTrust::Trusted || entity.kind != EntityKind::Person {
            return;
        }
        let known = proposal.directory.by_name(entity.kind, &index_key(name));
        if known.is_empty() {
            return;
        }
        let message = format!(
            "a new person was created with the id {}; {} is also the name of {}. If it is the same \
             person, send that id, or leave the id out",
            quoted(id),
            quoted(name),
            known[..known.len().min(super::MAX_CANDIDATES)].join(", ")
        );
        let at = format!("{path}/{}", entity.name);
        self.diagnostics.warn(at, WarningCode::PossibleDuplicate, message);
    }

    /// Introduces an entity with a given id.
    fn introduce(&mut self, kind: EntityKind, id: String, name: String) {
        if self.introduced.by_id(kind, &id).is_none() {
            let entity = NewEntity { kind, id, name };
            self.introduced.add(&entity);
            self.resolved.new_entities.push(entity);
        }
    }

    /// Whether the value at a path was refused while reading, which has been reported already.
    fn is_refused(&self, path: &str) -> bool {
        self.proposal.arriving.refused.contains(path)
    }

    /// The id of an entity that exists, is introduced by this document, or is stored in it.
    fn own_id(&self, kind: EntityKind, given: &str) -> Option<String> {
        let known = self.proposal.directory.by_id(kind, given);
        let known = known.or_else(|| self.introduced.by_id(kind, given));
        known
            .or_else(|| self.document.has_stored_id(self.proposal, kind, given).then_some(given))
            .map(str::to_owned)
    }

    /// The id of an entity that exists before this document, for an id in the document.
    pub(in crate::document) fn existing_id(
        &self,
        kind: EntityKind,
        given: &str,
        name: Option<&str>,
    ) -> Option<&'a str> {
        // An id that an item of this document introduces means the introduced entity.
        if self.introduced.by_id(kind, given).is_some() {
            return None;
        }
        self.proposal.directory.known(kind, given, name)
    }

    /// Records the provisional id of a name in a draft.
    pub(in crate::document) fn set_provisional_id(&mut self, path: String, id: String) {
        self.provisional_ids.insert(path, id);
    }

    /// Records a stored candidate with a name in another script.
    pub(in crate::document) fn add_other_script_candidate(
        &mut self,
        path: String,
        candidate: Candidate,
    ) {
        self.other_script_candidates.insert(path, candidate);
    }

    /// Discards the decision on the name of an item that keeps its stored entity.
    pub(in crate::document) fn discard_early_decision(&mut self, path: &str) {
        self.early_decisions.remove(path);
    }

    /// Adds a match to the report.
    pub(in crate::document) fn report(&mut self, found: Match) {
        self.resolved.matches.push(found);
    }

    /// Adds a name to an entity.
    pub(in crate::document) fn add_alias(&mut self, alias: NewEntity) {
        self.resolved.new_aliases.push(alias);
    }
}
