//! Names that mean another entity in another language, as the names of some ceremonies do.

use serde_json::Value;

use crate::document::reference::{self, ReferenceEntity};
use crate::document::schema::definition::{EntityReference, Object};

/// The entity that the name of an item means in the item's language, if it means another one, or
/// none, without a language.
#[must_use]
pub fn entity_in_language(
    entity: &EntityReference,
    object: &Object,
) -> Option<&'static ReferenceEntity> {
    let (name, language) = name_and_language(entity, object)?;
    let bound = reference::by_name(entity.kind, name, Some(language))?;
    let is_bound = reference::by_name(entity.kind, name, None).is_none_or(|any| any.id != bound.id);
    is_bound.then_some(bound)
}

/// Whether the name of an item cannot mean an entity that has this name, because in the item's
/// language it is the name of another one.
#[must_use]
pub fn is_excluded_by_language(entity: &EntityReference, object: &Object, id: &str) -> bool {
    let Some((name, language)) = name_and_language(entity, object) else { return false };
    let bound = reference::by_name(entity.kind, name, Some(language));
    bound.is_some_and(|bound| bound.id != id) && reference::has_name(entity.kind, id, name)
}

/// The name and the language of an item, if the language distinguishes entities with one name.
fn name_and_language<'v>(
    entity: &EntityReference,
    object: &'v Object,
) -> Option<(&'v str, &'v str)> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let language = entity.traits.iter().find(|field| **field == "language")?;
    Some((text(entity.name)?, text(language)?))
}
