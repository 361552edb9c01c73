//! What was contributed to drafts: each a state that the draft was in, and whose it is.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::publish::moment;
use super::published::{DocumentKey, FORMAT, source};
use crate::document::entity::NewEntity;
use crate::document::plan::Remember;
use crate::document::text::folding::refold_key;
use crate::document::{Category, Metadata, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{contribution, draft};
use crate::storage::{Database, StorageError, Transaction};

/// A contribution to a draft, of one that is open or of one that was closed.
#[derive(Debug, Clone)]
pub struct StoredContribution {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the published revision that the draft was made from, `draft_revision` its own.
    pub metadata: Metadata,
    /// The state of the draft after it, as compact JSON.
    pub body: String,
    /// What it changed: `/field` of a field at the top, else the id of an item.
    pub touched: Vec<String>,
    /// Entities that it names and that publishing it would make.
    pub named: Vec<NewEntity>,
    /// Who names mean, as was said with it.
    pub answers: Vec<Remember>,
    /// The contribution that opened the draft.
    pub first_contribution: i64,
    /// The published revision that the draft became.
    pub published_as: Option<i64>,
}

/// A contribution as lists show it: without the state of the draft.
#[derive(Debug, Clone)]
pub struct ContributionEntry {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the published revision that the draft was made from, `draft_revision` its own.
    pub metadata: Metadata,
    /// What it changed: `/field` of a field at the top, else the id of an item.
    pub touched: Vec<String>,
    /// The published revision that the draft became.
    pub published_as: Option<i64>,
}

/// A contribution to be stored; the draft is opened by it or moves on to it.
#[derive(Debug, Clone)]
pub struct NewContribution {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the published revision that the draft is made from; `draft_revision` must be
    /// there, larger than all before it.
    pub metadata: Metadata,
    /// The state of the draft after it, as compact JSON.
    pub body: String,
    pub touched: Vec<String>,
    pub named: Vec<NewEntity>,
    /// Who names mean, as was said with it: remembered when the draft is published.
    pub answers: Vec<Remember>,
    /// The contribution that opened the draft: the `draft_revision` of this one if it does.
    pub first_contribution: i64,
}

/// The columns of a [`ContributionEntry`].
type EntryRow =
    (String, String, i64, i64, String, DateTime<Utc>, Option<String>, String, Option<i64>);

const ENTRY_COLUMNS: [contribution::Column; 9] = [
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

fn corrupt(movie: &str, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt {
        what: "contribution",
        key: movie.to_owned(),
        reason: reason.to_string(),
    }
}

fn read_key(movie: &str, category: &str) -> Result<DocumentKey, StorageError> {
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

/// Refuses what a newer version of the service wrote.
pub(in crate::storage) fn check_format(row: &contribution::Model) -> Result<(), StorageError> {
    if row.format <= FORMAT {
        return Ok(());
    }
    let (movie, category) = (row.movie_id.clone(), row.category.clone());
    Err(StorageError::NewerFormat { movie, category, found: row.format, known: FORMAT })
}

/// Its answers, under keys as they are folded by now.
fn read_resolutions(row: &contribution::Model) -> Result<Vec<Remember>, StorageError> {
    let mut answers: Vec<Remember> =
        serde_json::from_str(&row.answers).map_err(|error| corrupt(&row.movie_id, error))?;
    for answer in &mut answers {
        answer.name_key = refold_key(&answer.name_key);
    }
    Ok(answers)
}

fn stored(row: contribution::Model) -> Result<StoredContribution, StorageError> {
    check_format(&row)?;
    let (movie, category) = read_key(&row.movie_id, &row.category)?;
    Ok(StoredContribution {
        metadata: metadata_of(&row),
        touched: serde_json::from_str(&row.touched)
            .map_err(|error| corrupt(&row.movie_id, error))?,
        named: serde_json::from_str(&row.named).map_err(|error| corrupt(&row.movie_id, error))?,
        answers: read_resolutions(&row)?,
        movie,
        category,
        body: row.body,
        first_contribution: row.first_contribution,
        published_as: row.published_as,
    })
}

fn entry(row: EntryRow) -> Result<ContributionEntry, StorageError> {
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

fn of_document(movie: &MovieId, category: Category) -> Condition {
    Condition::all()
        .add(contribution::Column::MovieId.eq(movie.as_str()))
        .add(contribution::Column::Category.eq(category.as_str()))
}

async fn entries(
    connection: &impl ConnectionTrait,
    condition: Condition,
) -> Result<Vec<ContributionEntry>, StorageError> {
    let rows: Vec<EntryRow> = contribution::Entity::find()
        .select_only()
        .columns(ENTRY_COLUMNS)
        .filter(condition)
        .order_by_asc(contribution::Column::DraftRevision)
        .into_tuple()
        .all(connection)
        .await?;
    rows.into_iter().map(entry).collect()
}

impl Database {
    /// The contributions to the open drafts of those documents, oldest first for each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions_of(
        &self,
        drafts: &[DocumentKey],
    ) -> Result<Vec<ContributionEntry>, StorageError> {
        let wanted: HashSet<&DocumentKey> = drafts.iter().collect();
        let movies: HashSet<&str> = drafts.iter().map(|(movie, _)| movie.as_str()).collect();
        let movies: Vec<&str> = movies.into_iter().collect();
        let mut found = Vec::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let open = Condition::all()
                .add(contribution::Column::MovieId.is_in(movies.iter().copied()))
                .add(contribution::Column::Closed.eq(false));
            for entry in entries(&self.reader, open).await? {
                if wanted.contains(&(entry.movie.clone(), entry.category)) {
                    found.push(entry);
                }
            }
        }
        Ok(found)
    }

    /// The contributions that were published as those revisions of a document, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn published_contributions(
        &self,
        movie: &MovieId,
        category: Category,
        revisions: &[i64],
    ) -> Result<Vec<ContributionEntry>, StorageError> {
        let mut found = Vec::new();
        for revisions in revisions.chunks(ROWS_PER_STATEMENT) {
            let published = contribution::Column::PublishedAs.is_in(revisions.iter().copied());
            found.extend(entries(&self.reader, of_document(movie, category).add(published)).await?);
        }
        found.sort_by_key(|entry| entry.metadata.draft_revision);
        Ok(found)
    }
}

impl Transaction {
    /// The newest contribution that each of those documents ever had, also to a draft that was
    /// closed; documents without one are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_draft_revisions(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<HashMap<DocumentKey, i64>, StorageError> {
        let mut found = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, i64)> = contribution::Entity::find()
                .select_only()
                .columns([contribution::Column::MovieId, contribution::Column::Category])
                .expr(Expr::col(contribution::Column::DraftRevision).max())
                .filter(
                    contribution::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())),
                )
                .filter(
                    contribution::Column::Category
                        .is_in(categories.iter().map(|category| category.as_str())),
                )
                .group_by(contribution::Column::MovieId)
                .group_by(contribution::Column::Category)
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, last) in rows {
                found.insert(read_key(&movie, &category)?, last);
            }
        }
        Ok(found)
    }

    /// One contribution, to whichever draft of the document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contribution(
        &self,
        movie: &MovieId,
        category: Category,
        draft_revision: i64,
    ) -> Result<Option<StoredContribution>, StorageError> {
        let key = (movie.to_string(), category.as_str().to_owned(), draft_revision);
        let row = contribution::Entity::find_by_id(key).one(&self.connection).await?;
        row.map(stored).transpose()
    }

    /// All contributions to one draft, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions(
        &self,
        movie: &MovieId,
        category: Category,
        first_contribution: i64,
    ) -> Result<Vec<StoredContribution>, StorageError> {
        let rows = contribution::Entity::find()
            .filter(of_document(movie, category))
            .filter(contribution::Column::FirstContribution.eq(first_contribution))
            .order_by_asc(contribution::Column::DraftRevision)
            .all(&self.connection)
            .await?;
        rows.into_iter().map(stored).collect()
    }

    /// By document, the ids of whoever was named for the first time in a draft of it, open or closed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entities_named_in_drafts(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, HashSet<String>>, StorageError> {
        let mut found: HashMap<DocumentKey, HashSet<String>> = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, String)> = contribution::Entity::find()
                .select_only()
                .columns([
                    contribution::Column::MovieId,
                    contribution::Column::Category,
                    contribution::Column::Named,
                ])
                .filter(
                    contribution::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())),
                )
                .filter(contribution::Column::Named.ne("[]"))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, named) in rows {
                let named: Vec<NewEntity> =
                    serde_json::from_str(&named).map_err(|error| corrupt(&movie, error))?;
                let ids = named.into_iter().map(|entity| entity.id);
                found.entry(read_key(&movie, &category)?).or_default().extend(ids);
            }
        }
        Ok(found)
    }

    /// Stores contributions; the draft of each is opened, or moves on to it. Of one document, only
    /// one at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_contributions(
        &self,
        contributions: &[NewContribution],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for new in contributions.chunks(ROWS_PER_STATEMENT) {
            let rows = new.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            contribution::Entity::insert_many(rows)
                .exec_without_returning(&self.connection)
                .await?;
            let drafts = new.iter().map(|new| draft::ActiveModel {
                movie_id: Set(new.movie.to_string()),
                category: Set(new.category.as_str().to_owned()),
                draft_revision: Set(new.metadata.draft_revision.unwrap_or_default()),
                first_contribution: Set(new.first_contribution),
                base_revision: Set(new.metadata.revision),
                opened_at: Set(now),
                opened_by: Set(new.metadata.updated_by.clone().unwrap_or_default()),
                updated_at: Set(moment(&new.metadata)),
            });
            let moves_on = OnConflict::columns([draft::Column::MovieId, draft::Column::Category])
                .update_columns([
                    draft::Column::DraftRevision,
                    draft::Column::BaseRevision,
                    draft::Column::UpdatedAt,
                ])
                .to_owned();
            draft::Entity::insert_many(drafts)
                .on_conflict(moves_on)
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }

    /// Marks the contributions to the open draft of a document as closed.
    pub(in crate::storage) async fn close_contributions(
        &self,
        movie: &MovieId,
        category: Category,
        published_as: Option<i64>,
    ) -> Result<(), StorageError> {
        contribution::Entity::update_many()
            .col_expr(contribution::Column::Closed, Expr::value(true))
            .col_expr(contribution::Column::PublishedAs, Expr::value(published_as))
            .filter(of_document(movie, category))
            .filter(contribution::Column::Closed.eq(false))
            .exec(&self.connection)
            .await?;
        Ok(())
    }
}

fn row(new: &NewContribution) -> Result<contribution::ActiveModel, StorageError> {
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
        named: Set(json(serde_json::to_string(&new.named))?),
        answers: Set(json(serde_json::to_string(&new.answers))?),
        body: Set(new.body.clone()),
        published_as: Set(None),
        closed: Set(false),
    })
}
