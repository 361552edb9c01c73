//! Ids that are claims and no facts: a language model writes an id that it remembers, or makes up,
//! as readily as one that it read.

use serde_json::Value;

use super::stored::Stored;
use super::{Mention, Verdict, goes_by, is_contradicted, known_elsewhere, may_be_one};
use crate::document::entity::bound_to_language;
use crate::document::ids::is_item_id_of;
use crate::document::problem::{Warning, WarningCode};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::resolve::Name;
use crate::document::schema::definition::{EntityReference, KeyPart, Object};
use crate::document::text::{comparable, quoted};

/// Most items of one id in one list whose texts are compared.
const MOST_ITEMS: usize = 20;

/// What becomes of an id that is no placeholder and no bare number.
pub(super) fn judge_claim(
    proposal: &Proposal<'_>,
    stored: &Stored<'_>,
    mention: &Mention<'_>,
) -> Verdict {
    let is_renaming = stored.is_renaming(mention);
    if proposal.id_trust == IdTrust::Given || (stored.says(mention) && !is_renaming) {
        return Verdict::Keep;
    }
    let Mention { entity, id, name: Some(name), .. } = *mention else { return Verdict::Keep };
    let trust = trust_in(proposal, mention);
    let directory = proposal.directory;
    // An id that this batch brings along is refused beside an unrelated name.
    if trust != IdTrust::Claimed && directory.known_ids().introduced(entity.kind, id).is_some() {
        return Verdict::Keep;
    }
    let Some(own) = directory.known(entity.kind, id, Some(name)) else {
        return match trust {
            IdTrust::Claimed if known_elsewhere(directory, mention).is_none() => unknown(mention),
            _ => Verdict::Keep,
        };
    };
    let kept = (trust == IdTrust::Given && !is_renaming)
        || is_its_name(proposal, stored, mention, own, name)
        || is_edited_here(stored, mention, own, name);
    if kept {
        return Verdict::Keep;
    }
    let names = directory.known_ids().names(entity.kind, own);
    let is_contradicted = trust == IdTrust::Claimed
        || is_renaming
        || names.iter().take(MOST_ITEMS).all(|known| is_contradicted(known, name));
    if !is_contradicted {
        return Verdict::Keep;
    }
    // The item's own id is that of a credit of the same person, and as doubtful as the person's id.
    let item = is_renaming && mention.item.entities.len() == 1;
    Verdict::Drop { warning: Some(of_another(mention, own, names)), item }
}

/// How far this id is believed. In a document that does not say where it comes from, an item's own
/// id tells: one that was made for this movie and category comes from an export, here or
/// elsewhere; one that was not was made up, and so may be the ids beside it.
fn trust_in(proposal: &Proposal<'_>, mention: &Mention<'_>) -> IdTrust {
    let own = mention.object.get(mention.item.id).and_then(Value::as_str);
    let category = proposal.definition.category;
    match (proposal.id_trust, own) {
        (IdTrust::Unsaid, Some(own)) if is_item_id_of(own, proposal.movie, category) => {
            IdTrust::Given
        }
        (IdTrust::Unsaid, Some(_)) => IdTrust::Claimed,
        (trust, _) => trust,
    }
}

/// Whether the name beside an id is a form of one of its entity's names.
fn is_its_name(
    proposal: &Proposal<'_>,
    stored: &Stored<'_>,
    mention: &Mention<'_>,
    own: &str,
    name: &str,
) -> bool {
    let (kind, directory) = (mention.entity.kind, proposal.directory);
    // Names are loaded where one beside the id is not the entity's own.
    directory.known_ids().names(kind, own).is_empty()
        || goes_by(directory, kind, own, name)
        || stored.names(kind, own).take(MOST_ITEMS).any(|known| may_be_one(kind, known, name))
        || bound_to_language(mention.entity, mention.object).is_some_and(|is| is.id == own)
}

/// Whether the id stands in that list already and the item is an edit of what stands there: of the
/// same part or of none, with a name that may be theirs; or in another script. Of an item that names
/// several, only its own id tells.
fn is_edited_here(stored: &Stored<'_>, mention: &Mention<'_>, own: &str, name: &str) -> bool {
    let EntityReference { kind, name: field, .. } = *mention.entity;
    if mention.item.entities.len() > 1 {
        return false;
    }
    let text = |object: &Object, key: &str| object.get(key).and_then(Value::as_str).map(comparable);
    let parts = || mention.item.keys.iter().flat_map(|parts| parts.iter());
    let says_the_same = |object: &Object| {
        parts().all(|part| match part {
            KeyPart::Field(field) => match (text(object, field), text(mention.object, field)) {
                (Some(known), Some(sent)) => known == sent,
                _ => true,
            },
            KeyPart::Entity(_) => true,
        })
    };
    let is_another_script = |object: &Object| {
        object.get(field).and_then(Value::as_str).is_some_and(|known| !is_comparable(known, name))
    };
    let may_be_theirs = |object: &Object| {
        object.get(field).and_then(Value::as_str).is_none_or(|known| !is_contradicted(known, name))
    };
    let mut standing = stored.items_of(kind, own, mention.list).take(MOST_ITEMS);
    standing
        .any(|object| (says_the_same(object) && may_be_theirs(object)) || is_another_script(object))
}

/// Whether two names are written in letters that can be compared.
fn is_comparable(one: &str, another: &str) -> bool {
    (one.is_ascii() && another.is_ascii())
        || Name::of(one).is_other_script() == Name::of(another).is_other_script()
}

fn unknown(mention: &Mention<'_>) -> Verdict {
    let (kind, name) = (mention.entity.kind.as_str(), mention.entity.name);
    let message = format!(
        "{} is the id of no {kind} that is known here; it was read as no id, and {name:?} tells \
         which {kind} is meant",
        quoted(mention.id)
    );
    let at = mention.path(mention.entity.id);
    Verdict::without(Some(Warning::new(at, WarningCode::UnknownId, message)))
}

fn of_another(mention: &Mention<'_>, own: &str, names: &[String]) -> Warning {
    let (kind, name) = (mention.entity.kind.as_str(), mention.name.unwrap_or_default());
    let message = format!(
        "the id {} is that of {}, and the name {} is no form of any of its names; it was read as \
         no id, and the name tells which {kind} is meant. If the id is right, send a name of it, or \
         a resolution for this {kind}",
        quoted(mention.id),
        quoted(names.first().map_or(own, String::as_str)),
        quoted(name),
    );
    let at = mention.path(mention.entity.name);
    Warning::new(at, WarningCode::NameOfAnother, message)
}
