//! Provenance: of each value of a published document, where it comes from, since when, and by whom.
//! Told by the history whenever someone asks.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::catalog::access::CanDraft;
use crate::catalog::{Catalog, CatalogError};
use crate::document::provenance::{Target, Walk};
use crate::document::{Category, Metadata, MovieId, Source};
use crate::storage::{ContributionEntry, StoredDocument};

/// States read at once.
const PAGE: u64 = 50;

/// Where a value comes from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The field at the top, or the item of a list.
    pub target: Target,
    pub source: Source,
    /// When it last really changed: of a draft, when it was contributed.
    pub updated_at: Option<DateTime<Utc>>,
    pub updated_by: Option<String>,
    /// The revision that published it.
    pub revision: i64,
}

impl Catalog {
    /// Where each value of a published document comes from, in the order of the document. Nothing of a
    /// category that was never written, or of a movie that is not there.
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
            // Reading and comparing whole documents is work for a thread of its own.
            walk = tokio::task::spawn_blocking(|| through(walk, states)).await??;
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

/// Goes back through some states, newest first.
fn through(mut walk: Walk, states: Vec<StoredDocument>) -> Result<Walk, CatalogError> {
    for state in states {
        walk.step(state.metadata.revision, serde_json::from_str(&state.body)?);
        if walk.is_done() {
            break;
        }
    }
    Ok(walk)
}

/// Of a revision that published a draft, the last contribution to that value.
fn contribution_to<'a>(
    contributions: &'a [ContributionEntry],
    target: &Target,
    revision: i64,
) -> Option<&'a Metadata> {
    let to_it = |entry: &&ContributionEntry| {
        entry.published_as == Some(revision) && entry.touched.contains(&target.name)
    };
    contributions.iter().rev().find(to_it).map(|entry| &entry.metadata)
}
