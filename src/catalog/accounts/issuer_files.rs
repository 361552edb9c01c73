//! What the configuration files of issuers and of the log-in provider have in common.

use std::path::Path;

use serde::Deserialize;

/// Allowed clock difference if none is configured, and the most that can be, in seconds.
const LEEWAY: i64 = 60;
const MAX_LEEWAY: i64 = 600;

/// What is wrong with a configuration file. It never contains a secret.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct FileProblem {
    place: String,
    reason: String,
}

impl FileProblem {
    pub(super) fn new(place: impl Into<String>, reason: &impl ToString) -> Self {
        Self { place: place.into(), reason: reason.to_string() }
    }
}

/// A text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(list) => list,
        }
    }
}

/// The allowed clock difference, in seconds.
pub(super) fn leeway(configured: Option<i64>) -> Result<i64, String> {
    let leeway = configured.unwrap_or(LEEWAY);
    if (0..=MAX_LEEWAY).contains(&leeway) {
        Ok(leeway)
    } else {
        Err(format!("leeway: found {leeway}; allowed is 0 to {MAX_LEEWAY} seconds"))
    }
}

/// Reads a file that the configuration names. Its path is relative to the folder of the
/// configuration.
pub(super) fn read_beside(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    std::fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))
}
