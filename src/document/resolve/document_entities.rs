//! The entities in the stored and the arriving document, as evidence for resolving a name.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::document::proposal::Proposal;
use crate::document::references::{ItemReference, item_references};
use crate::document::schema::definition::Object;
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;

/// The entities in the stored and the arriving document.
pub(super) struct DocumentEntities<'a> {
    /// The people credited on the movie: in the stored document, and with an id in the arriving
    /// one.
    pub(super) people: HashSet<&'a str>,
    /// For each candidate, the number of these people that they have worked with before.
    pub(super) collaborators: HashMap<String, usize>,
    /// The ids of the people that the stored document credits under a name, by the key of the name.
    /// Computed on first use.
    credited_as: OnceCell<HashMap<String, Vec<String>>>,
    /// The ids in the stored document. Computed on first use.
    stored_ids: OnceCell<HashSet<(&'static str, &'a str)>>,
    /// The departments in which the arriving document credits a name without an id, by the key of
    /// the name. Computed on first use.
    departments: OnceCell<HashMap<String, BTreeSet<String>>>,
}

impl<'a> DocumentEntities<'a> {
    pub(super) fn new(proposal: &Proposal<'a>) -> Self {
        let mut people: HashSet<&'a str> = proposal.credited.iter().map(String::as_str).collect();
        people.extend(
            person_references(proposal, proposal.current).filter_map(|reference| reference.id()),
        );
        let mut likely: HashSet<&str> = HashSet::new();
        let mut seen: HashSet<String> = HashSet::new();
        for reference in person_references(proposal, &proposal.arriving.data) {
            let kind = reference.kind();
            match reference.id() {
                Some(given) => people.extend(proposal.directory.by_id(kind, given)),
                // The other people of the movie are probably among the people with the names in the
                // document.
                None => {
                    let Some(name) = reference.name() else { continue };
                    let key = index_key(name);
                    if !seen.insert(key.clone()) {
                        continue;
                    }
                    let directory = proposal.directory;
                    let exact = directory.by_name(kind, &key).iter().map(String::as_str);
                    let same_name =
                        directory.evidence().candidates_with_same_name(kind, name, &key);
                    if !proposal.budget.charge(8 + exact.len() + 4 * same_name.len()) {
                        break;
                    }
                    likely.extend(exact.chain(same_name));
                }
            }
        }
        likely.extend(&people);
        let collaborators =
            proposal.directory.evidence().collaborators(&likely, proposal.movie.as_str());
        Self {
            people,
            credited_as: OnceCell::new(),
            stored_ids: OnceCell::new(),
            collaborators,
            departments: OnceCell::new(),
        }
    }

    /// The departments in which the arriving document credits a name without an id.
    pub(super) fn departments(
        &self,
        proposal: &Proposal<'_>,
        key: &str,
    ) -> Option<&BTreeSet<String>> {
        let of_names = self.departments.get_or_init(|| {
            let mut departments: HashMap<String, BTreeSet<String>> = HashMap::new();
            for reference in person_references(proposal, &proposal.arriving.data) {
                if let (None, Some(name)) = (reference.id(), reference.name()) {
                    let ItemReference { list, entity, object, .. } = reference;
                    departments
                        .entry(index_key(name))
                        .or_default()
                        .extend((entity.department)(list, object));
                }
            }
            departments
        });
        of_names.get(key)
    }

    /// Whether the stored document contains the id. Provisional ids do not count.
    pub(super) fn has_stored_id(
        &self,
        proposal: &Proposal<'a>,
        kind: EntityKind,
        id: &str,
    ) -> bool {
        let stored = self.stored_ids.get_or_init(|| {
            item_references(proposal.definition.fields, proposal.current)
                .filter_map(|reference| Some((reference.kind().as_str(), reference.id()?)))
                .collect()
        });
        stored.contains(&(kind.as_str(), id)) && !proposal.provisional_ids.contains(id)
    }

    /// The ids of the people that the stored document credits under a name, in any list, each once.
    pub(super) fn credited_as(&self, proposal: &Proposal<'a>, key: &str) -> &[String] {
        let by_name = self.credited_as.get_or_init(|| {
            let mut credited: HashMap<String, Vec<String>> = HashMap::new();
            let mut seen = HashSet::new();
            for reference in person_references(proposal, proposal.current) {
                if let (Some(id), Some(name)) = (reference.id(), reference.name()) {
                    let key = index_key(name);
                    if seen.insert((key.clone(), id)) {
                        credited.entry(key).or_default().push(id.to_owned());
                    }
                }
            }
            credited
        });
        by_name.get(key).map_or(&[], Vec::as_slice)
    }
}

/// The references to people in the items of a document.
fn person_references<'a>(
    proposal: &Proposal<'a>,
    data: &'a Object,
) -> impl Iterator<Item = ItemReference<'a>> + use<'a> {
    item_references(proposal.definition.fields, data)
        .filter(|reference| reference.kind() == EntityKind::Person)
}
