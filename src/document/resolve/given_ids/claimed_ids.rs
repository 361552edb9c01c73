//! Ids that may be made up: a language model writes an id from memory, or an invented one, as
//! readily as one that it read.

use serde_json::Value;

use super::stored_ids::StoredIds;
use super::{
    GivenId, Verdict, entity_of_external_id, is_named_like, is_unrelated_name, may_be_same_entity,
};
use crate::document::ids::is_item_id_of;
use crate::document::problem::{Warning, WarningCode};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::resolve::Name;
use crate::document::resolve::languages::entity_in_language;
use crate::document::schema::definition::{EntityReference, KeyPart, Object};
use crate::document::text::{comparable, quoted};

/// The maximum number of items with one id in a list that are compared.
const MAX_ITEMS: usize = 20;

/// The verdict on an id that is neither a placeholder nor a bare number.
pub(super) fn check_claimed_id(
    proposal: &Proposal<'_>,
    stored: &StoredIds<'_>,
    given: &GivenId<'_>,
) -> Verdict {
    let is_renaming = stored.is_renaming(given);
    if proposal.id_trust == IdTrust::Trusted || (stored.has(given) && !is_renaming) {
        return Verdict::Keep;
    }
    let GivenId { reference, id, name: Some(name) } = *given else { return Verdict::Keep };
    let kind = reference.kind();
    let trust = trust_of(proposal, given);
    let directory = proposal.directory;
    // An unrelated name beside an id of this batch is refused as a contradiction.
    if trust != IdTrust::Claimed && directory.known_ids().introduced(kind, id).is_some() {
        return Verdict::Keep;
    }
    let Some(own) = directory.known(kind, id, Some(name)) else {
        return match trust {
            IdTrust::Claimed if entity_of_external_id(directory, given).is_none() => {
                unknown_id(given)
            }
            _ => Verdict::Keep,
        };
    };
    let kept = (trust == IdTrust::Trusted && !is_renaming)
        || is_its_name(proposal, stored, given, own, name)
        || is_edited_here(stored, given, own, name);
    if kept {
        return Verdict::Keep;
    }
    let names = directory.known_ids().names(kind, own);
    let is_unrelated_name = trust == IdTrust::Claimed
        || is_renaming
        || names.iter().take(MAX_ITEMS).all(|known| is_unrelated_name(known, name));
    if !is_unrelated_name {
        return Verdict::Keep;
    }
    // The item's own id belongs to a credit of the same person, and is as doubtful as the person's
    // id.
    let item = is_renaming && given.reference.is_only_one_of_item();
    Verdict::Drop { warning: Some(name_of_another(given, own, names)), item }
}

/// How far an id is trusted. If the source is unknown, the item's own id decides: an id that was
/// made for this movie and category comes from an export of some installation; any other id was
/// made up, and so may be the entity ids in the item.
fn trust_of(proposal: &Proposal<'_>, given: &GivenId<'_>) -> IdTrust {
    let own = given.reference.item_id();
    let category = proposal.definition.category;
    match (proposal.id_trust, own) {
        (IdTrust::Unspecified, Some(own)) if is_item_id_of(own, proposal.movie, category) => {
            IdTrust::Trusted
        }
        (IdTrust::Unspecified, Some(_)) => IdTrust::Claimed,
        (trust, _) => trust,
    }
}

/// Whether the name beside an id is a form of one of its entity's names.
fn is_its_name(
    proposal: &Proposal<'_>,
    stored: &StoredIds<'_>,
    given: &GivenId<'_>,
    own: &str,
    name: &str,
) -> bool {
    let (kind, directory) = (given.reference.kind(), proposal.directory);
    // Names are loaded only if a name beside the id is not the entity's primary name.
    directory.known_ids().names(kind, own).is_empty()
        || is_named_like(directory, kind, own, name)
        || stored
            .names(kind, own)
            .take(MAX_ITEMS)
            .any(|known| may_be_same_entity(kind, known, name))
        || entity_in_language(given.reference.entity, given.reference.object)
            .is_some_and(|is| is.id == own)
}

/// Whether the item edits a stored item of the list with the same id: either the job or character
/// is the same or missing and the name may belong to the entity, or the name is in another script.
/// For items with several entities only the item's own id counts.
fn is_edited_here(stored: &StoredIds<'_>, given: &GivenId<'_>, own: &str, name: &str) -> bool {
    let EntityReference { kind, name: field, .. } = *given.reference.entity;
    if !given.reference.is_only_one_of_item() {
        return false;
    }
    let text = |object: &Object, key: &str| object.get(key).and_then(Value::as_str).map(comparable);
    let parts = || given.reference.item.keys.iter().flat_map(|parts| parts.iter());
    let has_same_part = |object: &Object| {
        parts().all(|part| match part {
            KeyPart::Field(field) => {
                match (text(object, field), text(given.reference.object, field)) {
                    (Some(known), Some(sent)) => known == sent,
                    _ => true,
                }
            }
            KeyPart::Entity(_) => true,
        })
    };
    let is_another_script = |object: &Object| {
        object.get(field).and_then(Value::as_str).is_some_and(|known| !is_comparable(known, name))
    };
    let may_be_its_name = |object: &Object| {
        object
            .get(field)
            .and_then(Value::as_str)
            .is_none_or(|known| !is_unrelated_name(known, name))
    };
    let mut items = stored.items_of(kind, own, given.reference.list).take(MAX_ITEMS);
    items.any(|object| {
        (has_same_part(object) && may_be_its_name(object)) || is_another_script(object)
    })
}

/// Whether two names are written in scripts that can be compared.
fn is_comparable(one: &str, another: &str) -> bool {
    (one.is_ascii() && another.is_ascii())
        || Name::of(one).is_other_script() == Name::of(another).is_other_script()
}

fn unknown_id(given: &GivenId<'_>) -> Verdict {
    let (kind, name) = (given.reference.kind().as_str(), given.reference.entity.name);
    let message = format!(
        "there is no {kind} with the id {}; the id was ignored and the {kind} is looked up by \
         {name:?}",
        quoted(given.id)
    );
    let at = given.reference.id_path();
    Verdict::without(Some(Warning::new(at, WarningCode::UnknownId, message)))
}

fn name_of_another(given: &GivenId<'_>, own: &str, names: &[String]) -> Warning {
    let (kind, name) = (given.reference.kind().as_str(), given.name.unwrap_or_default());
    let message = format!(
        "the id {} belongs to {}, and the name {} is not a form of any of its names; the id was \
         ignored and the {kind} is looked up by name. If the id is right, send one of its names, \
         or a resolution for this {kind}",
        quoted(given.id),
        quoted(names.first().map_or(own, String::as_str)),
        quoted(name),
    );
    let at = given.reference.name_path();
    Warning::new(at, WarningCode::NameOfAnother, message)
}
