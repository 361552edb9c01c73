//! Finds an id that is used for two unrelated names, in a document or in the documents of a batch.

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::stored_ids::StoredIds;
use super::{GivenId, Verdict, is_named_like, may_be_same_entity};
use crate::document::problem::{Problem, ProblemCode};
use crate::document::proposal::Proposal;
use crate::document::resolve::languages::entity_in_language;
use crate::document::text::{index_key, quoted};

/// The maximum number of different names of one id that are compared.
const MAX_NAMES: usize = 20;

/// Finds ids that are used for two unrelated names. If a resolution decides on the name, the id is
/// dropped instead, so that the resolution applies.
pub(super) fn contradictions<'p>(
    proposal: &Proposal<'p>,
    stored: &StoredIds<'p>,
    given_ids: &[GivenId<'_>],
    verdicts: &mut [Verdict],
) -> Vec<Problem> {
    let with_several_names = with_several_names(proposal, given_ids, verdicts);
    if with_several_names.is_empty() {
        return Vec::new();
    }
    let search = Search { proposal, stored };
    let mut ids: HashMap<(&str, &str), IdUses<'_>> = HashMap::new();
    let mut problems = Vec::new();
    for (given, verdict) in given_ids.iter().zip(verdicts) {
        let key = (given.reference.kind().as_str(), given.id);
        let (Verdict::Keep, true, Some(name)) =
            (&*verdict, with_several_names.contains(&key), given.name)
        else {
            continue;
        };
        let beside = ids.entry(key).or_default();
        if !beside.keys.insert(index_key(name)) {
            continue;
        }
        match search.contradicts(given, name, beside) {
            None => beside.names.push((name, given)),
            Some(_) if search.has_resolution(given) => *verdict = Verdict::without(None),
            Some((other, place)) => {
                let at = given.reference.name_path();
                let message = format!(
                    "the id {} is used for two unrelated names, {} ({place}) and {} ({at}); give \
                     each its own id, or leave out the id where it does not belong",
                    quoted(given.id),
                    quoted(&other),
                    quoted(name)
                );
                problems.push(Problem::new(at, ProblemCode::AmbiguousMatch, message));
            }
        }
    }
    problems
}

/// The ids that are used for more than one spelling of a name.
fn with_several_names<'m>(
    proposal: &Proposal<'_>,
    given_ids: &'m [GivenId<'_>],
    verdicts: &[Verdict],
) -> HashSet<(&'static str, &'m str)> {
    let known = proposal.directory.known_ids();
    let mut names: HashMap<(&'static str, &str), &str> = HashMap::new();
    let mut with_several_names = HashSet::new();
    for (given, verdict) in given_ids.iter().zip(verdicts) {
        let (Verdict::Keep, Some(name)) = (verdict, given.name) else { continue };
        let (kind, id) = (given.reference.kind(), given.id);
        let first = *names.entry((kind.as_str(), id)).or_insert(name);
        if first != name || known.introduced(kind, id).is_some() {
            with_several_names.insert((kind.as_str(), id));
        }
    }
    with_several_names
}

/// The names that one id was used for so far.
#[derive(Default)]
struct IdUses<'m> {
    keys: HashSet<String>,
    names: Vec<(&'m str, &'m GivenId<'m>)>,
}

struct Search<'a, 'p> {
    proposal: &'a Proposal<'p>,
    stored: &'a StoredIds<'p>,
}

impl Search<'_, '_> {
    /// The unrelated name that the id was used for before, and its path.
    fn contradicts(
        &self,
        given: &GivenId<'_>,
        name: &str,
        beside: &IdUses<'_>,
    ) -> Option<(String, String)> {
        let kind = given.reference.kind();
        let compared = &beside.names[..beside.names.len().min(MAX_NAMES)];
        if compared.iter().any(|(other, _)| may_be_same_entity(kind, other, name)) {
            return None;
        }
        let is_known = self.is_known_as(given, name);
        if let Some((other, place)) = beside.names.first() {
            let is_one = is_known && self.is_known_as(place, other);
            return (!is_one).then(|| ((*other).to_owned(), place.reference.name_path()));
        }
        let before = self.proposal.directory.known_ids().introduced(kind, given.id)?;
        let is_one = is_known || may_be_same_entity(kind, &before.name, name);
        (!is_one).then(|| (before.name.clone(), before.place.clone()))
    }

    /// Whether a name is known as a name of the entity, or the stored document credits it to the
    /// entity.
    fn is_known_as(&self, given: &GivenId<'_>, name: &str) -> bool {
        let (kind, directory) = (given.reference.kind(), self.proposal.directory);
        let own = directory.known(kind, given.id, Some(name)).unwrap_or(given.id);
        is_named_like(directory, kind, own, name)
            || self.stored.names(kind, own).any(|known| may_be_same_entity(kind, known, name))
            || entity_in_language(given.reference.entity, given.reference.object)
                .is_some_and(|is| is.id == own)
    }

    /// Whether there is a resolution for the name.
    fn has_resolution(&self, given: &GivenId<'_>) -> bool {
        let is_only_name = given.reference.is_only_one_of_item();
        let (name, item) = (given.reference.name_path(), given.reference.item_path());
        self.proposal.resolutions.iter().any(|resolution| {
            resolution.action.is_some()
                && (resolution.path == name || (is_only_name && resolution.path == item))
        })
    }
}
