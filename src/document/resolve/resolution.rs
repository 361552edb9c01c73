//! Resolutions: the answers of a person to ambiguous names, sent with an import.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// States which entity the name at a path means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// JSON Pointer into the imported data, to the name or to an item with a single entity.
    pub path: String,
    /// `None` if no action was given, or more than one; such a resolution is reported as invalid.
    #[serde(rename = "answer")]
    pub action: Option<ResolutionAction>,
    /// Whether the resolution applies to this name on all movies from now on.
    pub everywhere: bool,
}

impl Resolution {
    /// A resolution as clients send it: with exactly one of three actions.
    #[must_use]
    pub fn of(
        path: String,
        entity: Option<String>,
        create_new: bool,
        skip: bool,
        everywhere: bool,
    ) -> Self {
        let action = match (entity, create_new, skip) {
            (Some(id), false, false) => Some(ResolutionAction::Entity(id)),
            (None, true, false) => Some(ResolutionAction::CreateNew),
            (None, false, true) => Some(ResolutionAction::Skip),
            _ => None,
        };
        Self { path, action, everywhere }
    }

    /// Parses a JSON list of resolutions: `{"path", "entity_id" | "create_new" | "skip",
    /// "everywhere"}`.
    ///
    /// # Errors
    /// A message with the value that was found and the form that is allowed.
    pub fn read_list(text: &str) -> Result<Vec<Self>, String> {
        let allowed = |found: &str| {
            format!(
                "{found}; allowed is a JSON list of {{\"path\", \"entity_id\" | \"create_new\" | \
                 \"skip\", \"everywhere\"}}"
            )
        };
        let values: Vec<Value> = match serde_json::from_str(text) {
            Ok(Value::Array(values)) => values,
            Ok(Value::Object(_)) => return Err(allowed("found an object")),
            Ok(other) => return Err(allowed(&format!("found {other}"))),
            Err(error) => return Err(allowed(&format!("found invalid JSON: {error}"))),
        };
        let sent: Vec<Sent> = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                serde_json::from_value(value)
                    .map_err(|error| allowed(&format!("/{index}: {error}")))
            })
            .collect::<Result<_, String>>()?;
        let read = |sent: Sent| {
            Self::of(sent.path, sent.entity_id, sent.create_new, sent.skip, sent.everywhere)
        };
        Ok(sent.into_iter().map(read).collect())
    }

    /// The id of the entity that the resolution states.
    #[must_use]
    pub fn entity(&self) -> Option<&str> {
        match &self.action {
            Some(ResolutionAction::Entity(id)) => Some(id),
            _ => None,
        }
    }
}

/// A resolution as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a resolution")]
struct Sent {
    path: String,
    entity_id: Option<String>,
    #[serde(default)]
    create_new: bool,
    #[serde(default)]
    skip: bool,
    #[serde(default)]
    everywhere: bool,
}

/// What to do with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionAction {
    /// It means the entity with this id.
    #[serde(rename = "is")]
    Entity(String),
    /// It means an entity that does not exist yet.
    CreateNew,
    /// Leave out the name and the item that contains it.
    Skip,
}
