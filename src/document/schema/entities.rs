//! The entities that a document references or introduces.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::{Field, Kind, Object};
pub use super::entity_kind::EntityKind;

/// An entity that a plan creates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
}

impl NewEntity {
    /// The entities with an id and a name in the items of a document.
    pub fn referenced_in<'v>(
        fields: &'static [Field],
        data: &'v Object,
    ) -> impl Iterator<Item = Self> + 'v {
        let text = |object: &'v Value, key: &str| {
            object.get(key).and_then(Value::as_str).map(str::to_owned)
        };
        let items = fields.iter().filter_map(|field| match &field.rule.kind {
            Kind::Items { item, .. } => {
                Some((*item, data.get(field.name).and_then(Value::as_array)?))
            }
            _ => None,
        });
        items.flat_map(move |(item, list)| {
            list.iter().flat_map(move |object| {
                item.entities.iter().filter_map(move |entity| {
                    Some(Self {
                        kind: entity.kind,
                        id: text(object, entity.id)?,
                        name: text(object, entity.name)?,
                    })
                })
            })
        })
    }

    /// The source and the external id in an id of the form `tmdb-person-287`.
    #[must_use]
    pub fn external_id(&self) -> Option<(&str, &str)> {
        let (source, rest) = self.id.split_once('-')?;
        let value = rest.strip_prefix(self.kind.as_str())?.strip_prefix('-')?;
        (!source.is_empty() && !value.is_empty()).then_some((source, value))
    }
}
