//! The entities that a document references or introduces.

use serde::{Deserialize, Serialize};

pub use super::entity_kind::EntityKind;

/// An entity that a plan creates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
}

impl NewEntity {
    /// The source and the external id in an id of the form `tmdb-person-287`.
    #[must_use]
    pub fn external_id(&self) -> Option<(&str, &str)> {
        let (source, rest) = self.id.split_once('-')?;
        let value = rest.strip_prefix(self.kind.as_str())?.strip_prefix('-')?;
        (!source.is_empty() && !value.is_empty()).then_some((source, value))
    }
}
