//! Answers to the question who a name means, given with an import.

use serde::{Deserialize, Serialize};

/// Who the name at a path means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// JSON Pointer into the imported data: of the name, or of an item that names one entity only.
    pub path: String,
    /// `None` if it was given in no way, or in several at once.
    pub answer: Option<Answer>,
    /// Whether the answer holds for this name on all movies from now on.
    pub everywhere: bool,
}

impl Resolution {
    /// A resolution as clients give it: in one of three ways.
    #[must_use]
    pub fn of(path: String, entity: Option<String>, create_new: bool, skip: bool, everywhere: bool) -> Self {
        let answer = match (entity, create_new, skip) {
            (Some(id), false, false) => Some(Answer::Is(id)),
            (None, true, false) => Some(Answer::CreateNew),
            (None, false, true) => Some(Answer::Skip),
            _ => None,
        };
        Self { path, answer, everywhere }
    }

    /// The id of the entity that it names.
    #[must_use]
    pub fn entity(&self) -> Option<&str> {
        match &self.answer {
            Some(Answer::Is(id)) => Some(id),
            _ => None,
        }
    }
}

/// Who a name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The entity of that id.
    Is(String),
    /// Somebody who is not known here.
    CreateNew,
    /// Nobody: what has the name is left out of the import.
    Skip,
}
