//! Checks which of the ids beside names in a document identify entities.
//!
//! Ids are trusted with four exceptions. A [placeholder] is not an id. A bare [number](number)
//! counts only if an entity has it, here or in another database, and the name beside it is a form
//! of that entity's name, because row numbers look the same. Ids that a language model wrote are
//! [claims](claimed_ids). And one id that is used for two unrelated names is refused. What a
//! document repeats from the stored one is never questioned.

mod claimed_ids;
mod contradictions;
pub mod known_ids;
mod number;
pub mod placeholder;
mod stored_ids;

use serde_json::Value;

use super::Name;
use crate::document::problem::{Warning, WarningCode};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::read::parse::{MAX_LISTED, Reading};
use crate::document::references::{ItemReference, item_references};
use crate::document::resolve::directory::Directory;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{index_key, quoted};

use claimed_ids::check_claimed_id;
use contradictions::contradictions;
pub use known_ids::{Introduced, KnownIds};
pub use number::{NUMBERED_SOURCES, bare_number, external_values};
pub use placeholder::is_placeholder;
pub(in crate::document) use stored_ids::StoredIds;

/// Whether an id may not identify an entity, so that the name beside it has to be looked up as
/// well.
#[must_use]
pub fn is_questionable(id: &str) -> bool {
    is_placeholder(id) || bare_number(id).is_some()
}

/// Whether two names may be names of one entity: one is a form of the other or, for people, has all
/// its words.
#[must_use]
pub fn may_be_same_entity(kind: EntityKind, a: &str, b: &str) -> bool {
    if index_key(a) == index_key(b) {
        return true;
    }
    let (a, b) = (Name::of_kind(kind, a), Name::of_kind(kind, b));
    let is_part = || a.has_all_words_of(&b) || b.has_all_words_of(&a);
    a.relation(&b).is_some() || (kind == EntityKind::Person && is_part())
}

/// Whether two names certainly belong to different entities: they are in one script, have no word
/// in common and are not forms of one name.
#[must_use]
pub fn is_unrelated_name(known: &str, name: &str) -> bool {
    if index_key(known) == index_key(name) {
        return false;
    }
    let (known, name) = (Name::of(known), Name::of(name));
    known.is_unrelated_to(&name)
}

/// A reference with an id.
struct GivenId<'p> {
    reference: ItemReference<'p>,
    id: &'p str,
    name: Option<&'p str>,
}

/// The result of checking an id.
enum Verdict {
    Keep,
    /// Replace it by the id of the entity that it means.
    Replace(String),
    /// Remove it, as it does not identify an entity.
    Drop {
        warning: Option<Warning>,
        /// Whether to remove the item's own id too.
        item: bool,
    },
}

impl Verdict {
    /// Removes the id and keeps the item's own id.
    const fn without(warning: Option<Warning>) -> Self {
        Self::Drop { warning, item: false }
    }
}

/// Checks the ids of an arriving document: removes those that do not identify entities, with
/// warnings, and refuses an id that is used for two unrelated names. `None` if nothing changes.
#[must_use]
pub fn check(proposal: &Proposal<'_>) -> Option<Reading> {
    let stored = StoredIds::new(proposal);
    let given_ids = collect_given_ids(proposal);
    let mut verdicts: Vec<Verdict> =
        given_ids.iter().map(|given| judge(proposal, &stored, given)).collect();
    let problems = contradictions(proposal, &stored, &given_ids, &mut verdicts);
    if problems.is_empty() && verdicts.iter().all(|verdict| matches!(verdict, Verdict::Keep)) {
        return None;
    }
    let mut reading = proposal.arriving.clone();
    for (given, verdict) in given_ids.iter().zip(verdicts) {
        let list = reading.data.get_mut(given.reference.list).and_then(Value::as_array_mut);
        let object = list.and_then(|list| list.get_mut(given.reference.index));
        let Some(object) = object.and_then(Value::as_object_mut) else { continue };
        match verdict {
            Verdict::Keep => {}
            Verdict::Replace(id) => {
                object.insert(given.reference.entity.id.to_owned(), Value::String(id));
            }
            Verdict::Drop { warning, item } => {
                object.remove(given.reference.entity.id);
                if item {
                    object.remove(given.reference.item.id);
                }
                let room = MAX_LISTED.saturating_sub(reading.warnings.len());
                reading.warnings.extend(warning.into_iter().take(room));
            }
        }
    }
    reading.problems.extend(problems);
    Some(reading)
}

/// All entity ids in the items of the arriving document, except for items that are removed.
fn collect_given_ids<'p>(proposal: &Proposal<'p>) -> Vec<GivenId<'p>> {
    let is_removed = |reference: &ItemReference<'_>| {
        reference.item_id().is_some_and(|id| proposal.remove_items.iter().any(|gone| gone == id))
    };
    item_references(proposal.definition.fields, &proposal.arriving.data)
        .filter_map(|reference| {
            let id = reference.id().filter(|id| !proposal.provisional_ids.contains(*id))?;
            let given = GivenId { reference, id, name: reference.name() };
            (!is_removed(&reference)).then_some(given)
        })
        .collect()
}

fn judge(proposal: &Proposal<'_>, stored: &StoredIds<'_>, given: &GivenId<'_>) -> Verdict {
    let GivenId { reference, id, .. } = *given;
    let (kind, directory) = (reference.kind(), proposal.directory);
    let is_number = bare_number(id).is_some();
    let is_placeholder = !is_number && is_placeholder(id);
    if !is_number && !is_placeholder {
        // The id may be an external id of an entity that has another id here.
        let is_known = directory.known(kind, id, given.name).is_some();
        let own = (!is_known).then(|| entity_of_external_id(directory, given)).flatten();
        return own.map_or_else(|| check_claimed_id(proposal, stored, given), Verdict::Replace);
    }
    let is_trusted = proposal.id_trust == IdTrust::Trusted;
    if stored.has(given) && (is_trusted || !stored.is_renaming(given)) {
        return Verdict::Keep;
    }
    let at = reference.id_path();
    if is_placeholder {
        let message = format!("{} is a placeholder and was ignored", quoted(id));
        return Verdict::without(Some(Warning::new(at, WarningCode::ValueRepaired, message)));
    }
    match entity_of_external_id(directory, given) {
        Some(own) if own == id => Verdict::Keep,
        Some(own) => Verdict::Replace(own),
        None => {
            let (kind, name) = (kind.as_str(), reference.entity.name);
            let message = format!(
                "{} is a bare number, and no {kind} with this id has the name beside it; the id \
                 was ignored and the {kind} is looked up by {name:?}",
                quoted(id)
            );
            Verdict::without(Some(Warning::new(at, WarningCode::UnknownId, message)))
        }
    }
}

/// The only entity that has the id, as its own or as an external id, and the name beside it.
fn entity_of_external_id(directory: &Directory, given: &GivenId<'_>) -> Option<String> {
    let (kind, name) = (given.reference.kind(), given.name?);
    let fits = |id: &&str| is_named_like(directory, kind, id, name);
    if let Some(own) = directory.by_id(kind, given.id).filter(fits) {
        return Some(own.to_owned());
    }
    let elsewhere = directory.known_ids().external_candidates(kind, given.id);
    let mut fitting = elsewhere.into_iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none()).map(str::to_owned)
}

/// Whether a name is a form of one of an entity's names.
fn is_named_like(directory: &Directory, kind: EntityKind, id: &str, name: &str) -> bool {
    directory.by_name(kind, &index_key(name)).iter().any(|named| named == id)
        || directory
            .known_ids()
            .names(kind, id)
            .iter()
            .any(|known| may_be_same_entity(kind, known, name))
}
