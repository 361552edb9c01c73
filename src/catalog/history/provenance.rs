//! The provenance of each value of a published document: its source, time, author and revision.
//! Computed from the history on request; nothing is stored for it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::catalog::access::CanDraft;
use crate::catalog::background::spawn_background;
use crate::catalog::{Catalog, CatalogError};
use crate::document::provenance::{Target, Walk};
use crate::document::{Category, Metadata, MovieId, Source};
use crate::storage::{ContributionEntry, StoredDocument};

/// Revisions per query.
const PAGE: u64 = 50;

/// The origin of a value.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The top-level field or the list item.
    pub target: Target,
    pub source: Source,
    /// When the value last changed. For a value from a draft: when it was contributed.
    pub updated_at: Option<DateTime<Utc>>,
    pub updated_by: Option<String>,
    /// The revision that published the value.
    pub revision: i64,
}

impl Catalog {
    /// The provenance of each value of a published document, in document order. Empty if the
    /// category was never written or the movie does not exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn provenance(
        &self,
        _: &CanDraft,
        movie: &MovieId,
        category: Category,
    ) -> Result<Vec<Provenance>, CatalogError> {
        let mut walk = Walk::new(category.definition());
        let mut published: Vec<Metadata> = Vec::new();
        let mut before = None;
        loop {
            let states = self.database.revisions(movie, category, before, PAGE).await?;
            let is_last = (states.len() as u64) < PAGE;
            before = states.last().map(|state| state.metadata.revision);
            published.extend(states.iter().map(|state| state.metadata.clone()));
            // Comparing whole documents is CPU work.
            walk = spawn_background(|| step_back(walk, states)).await??;
            if is_last || walk.is_done() {
                break;
            }
        }
        let origins = walk.finish();
        let revisions: BTreeSet<i64> = origins.iter().map(|(_, revision)| *revision).collect();
        let revisions: Vec<i64> = revisions.into_iter().collect();
        let contributions =
            self.database.published_contributions(movie, category, &revisions).await?;
        let provenance = origins.into_iter().filter_map(|(target, revision)| {
            let state = published.iter().find(|metadata| metadata.revision == revision)?;
            let metadata = contribution_to(&contributions, &target, revision).unwrap_or(state);
            Some(Provenance {
                target,
                source: metadata.source,
                updated_at: metadata.last_updated,
                updated_by: metadata.updated_by.clone(),
                revision,
            })
        });
        Ok(provenance.collect())
    }
}

/// Continues the walk through older revisions, which must be sorted newest first.
fn step_back(mut walk: Walk, states: Vec<StoredDocument>) -> Result<Walk, CatalogError> {
    for state in states {
        walk.step(state.metadata.revision, serde_json::from_str(&state.body)?);
        if walk.is_done() {
            break;
        }
    }
    Ok(walk)
}

/// The last contribution to a value in the draft that a revision published; `None` if there is
/// none.
fn contribution_to<'a>(
    contributions: &'a [ContributionEntry],
    target: &Target,
    revision: i64,
) -> Option<&'a Metadata> {
    let is_to_target = |entry: &&ContributionEntry| {
        entry.published_as == Some(revision) && entry.touched.contains(&target.name)
    };
    contributions.iter().rev().find(is_to_target).map(|entry| &entry.metadata)
}
