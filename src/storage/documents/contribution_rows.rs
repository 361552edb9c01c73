//! Contributions to drafts as values, and their conversion from and to rows.

use chrono::{DateTime, Utc};
use sea_orm::Set;

use super::publish::moment;
use super::published::{DocumentKey, FORMAT, source};
use crate::document::plan::ResolutionToStore;
use crate::document::schema::entities::NewEntity;
use crate::document::text::folding::refold_key;
use crate::document::{Category, Metadata, MovieId};
use crate::storage::StorageError;
use crate::storage::tables::contribution;

/// A contribution to a draft that is open or closed.
#[derive(Debug, Clone)]
pub struct StoredContribution {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the base revision of the draft; `draft_revision` is the number of the
    /// contribution.
    pub metadata: Metadata,
    /// The draft after this contribution, as compact JSON.
    pub body: String,
    /// What it changed: `/field` for a field at the top level, else the id of an item.
    pub touched: Vec<String>,
    /// Entities that it introduces, with provisional ids: their names are resolved again when the
    /// draft is published.
    pub provisional_entities: Vec<NewEntity>,
    /// The resolutions that were given with it.
    pub resolutions: Vec<ResolutionToStore>,
    /// The number of the contribution that opened the draft.
    pub first_contribution: i64,
    /// The revision as which the draft was published.
    pub published_as: Option<i64>,
}

/// A contribution in a list, without the document.
#[derive(Debug, Clone)]
pub struct ContributionEntry {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the base revision of the draft; `draft_revision` is the number of the
    /// contribution.
    pub metadata: Metadata,
    /// What it changed: `/field` for a field at the top level, else the id of an item.
    pub touched: Vec<String>,
    /// The revision as which the draft was published.
    pub published_as: Option<i64>,
}

/// A contribution to store. It opens the draft of the document, or becomes its newest contribution.
#[derive(Debug, Clone)]
pub struct NewContribution {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the base revision of the draft; `draft_revision` must be present, and larger
    /// than that of every earlier contribution to the document.
    pub metadata: Metadata,
    /// The draft after this contribution, as compact JSON.
    pub body: String,
    pub touched: Vec<String>,
    /// Entities that it introduces, with provisional ids.
    pub provisional_entities: Vec<NewEntity>,
    /// The resolutions that were given with it. They are stored for good when the draft is
    /// published.
    pub resolutions: Vec<ResolutionToStore>,
    /// The number of the contribution that opened the draft: its own `draft_revision` if it opens
    /// it.
    pub first_contribution: i64,
}

/// The columns of a [`ContributionEntry`].
pub(super) type EntryRow =
    (String, String, i64, i64, String, DateTime<Utc>, Option<String>, String, Option<i64>);

pub(super) const ENTRY_COLUMNS: [contribution::Column; 9] = [
    contribution::Column::MovieId,
    contribution::Column::Category,
    contribution::Column::DraftRevision,
    contribution::Column::BaseRevision,
    contribution::Column::Source,
    contribution::Column::UpdatedAt,
    contribution::Column::UpdatedBy,
    contribution::Column::Touched,
    contribution::Column::PublishedAs,
];

pub(super) fn corrupt(movie: &str, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt {
        what: "contribution",
        key: movie.to_owned(),
        reason: reason.to_string(),
    }
}

pub(in crate::storage) fn read_key(
    movie: &str,
    category: &str,
) -> Result<DocumentKey, StorageError> {
    Ok((
        movie.parse().map_err(|error| corrupt(movie, error))?,
        category.parse().map_err(|error| corrupt(movie, error))?,
    ))
}

pub(in crate::storage) fn metadata_of(row: &contribution::Model) -> Metadata {
    Metadata {
        revision: row.base_revision,
        draft_revision: Some(row.draft_revision),
        source: source(&row.source),
        last_updated: Some(row.updated_at),
        updated_by: row.updated_by.clone(),
    }
}

/// Refuses a row that a newer version of the service wrote.
pub(in crate::storage) fn check_format(row: &contribution::Model) -> Result<(), StorageError> {
    if row.format <= FORMAT {
        return Ok(());
    }
    let (movie, category) = (row.movie_id.clone(), row.category.clone());
    Err(StorageError::NewerFormat { movie, category, found: row.format, known: FORMAT })
}

/// The resolutions of a contribution, with their keys folded by the current rules.
fn read_resolutions(row: &contribution::Model) -> Result<Vec<ResolutionToStore>, StorageError> {
    let mut resolutions: Vec<ResolutionToStore> =
        serde_json::from_str(&row.answers).map_err(|error| corrupt(&row.movie_id, error))?;
    for resolution in &mut resolutions {
        resolution.name_key = refold_key(&resolution.name_key);
    }
    Ok(resolutions)
}

pub(super) fn stored(row: contribution::Model) -> Result<StoredContribution, StorageError> {
    check_format(&row)?;
    let (movie, category) = read_key(&row.movie_id, &row.category)?;
    Ok(StoredContribution {
        metadata: metadata_of(&row),
        touched: serde_json::from_str(&row.touched)
            .map_err(|error| corrupt(&row.movie_id, error))?,
        provisional_entities: serde_json::from_str(&row.named)
            .map_err(|error| corrupt(&row.movie_id, error))?,
        resolutions: read_resolutions(&row)?,
        movie,
        category,
        body: row.body,
        first_contribution: row.first_contribution,
        published_as: row.published_as,
    })
}

pub(super) fn entry(row: EntryRow) -> Result<ContributionEntry, StorageError> {
    let (
        movie_id,
        category,
        draft_revision,
        base,
        from,
        updated_at,
        updated_by,
        touched,
        published_as,
    ) = row;
    let (movie, category) = read_key(&movie_id, &category)?;
    Ok(ContributionEntry {
        movie,
        category,
        metadata: Metadata {
            revision: base,
            draft_revision: Some(draft_revision),
            source: source(&from),
            last_updated: Some(updated_at),
            updated_by,
        },
        touched: serde_json::from_str(&touched).map_err(|error| corrupt(&movie_id, error))?,
        published_as,
    })
}

pub(super) fn row(new: &NewContribution) -> Result<contribution::ActiveModel, StorageError> {
    let json =
        |text: serde_json::Result<String>| text.map_err(|error| corrupt(new.movie.as_str(), error));
    Ok(contribution::ActiveModel {
        movie_id: Set(new.movie.to_string()),
        category: Set(new.category.as_str().to_owned()),
        draft_revision: Set(new.metadata.draft_revision.unwrap_or_default()),
        first_contribution: Set(new.first_contribution),
        base_revision: Set(new.metadata.revision),
        format: Set(FORMAT),
        source: Set(new.metadata.source.as_str().to_owned()),
        updated_at: Set(moment(&new.metadata)),
        updated_by: Set(new.metadata.updated_by.clone()),
        touched: Set(json(serde_json::to_string(&new.touched))?),
        named: Set(json(serde_json::to_string(&new.provisional_entities))?),
        answers: Set(json(serde_json::to_string(&new.resolutions))?),
        body: Set(new.body.clone()),
        published_as: Set(None),
        closed: Set(false),
    })
}
