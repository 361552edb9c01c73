//! The outcomes of the documents of jobs.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Order;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _, Set,
};

use super::vocabulary::JobOutcome;
use crate::document::Category;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::documents::contribution_rows::read_key;
use crate::storage::tables::job_outcome::{Column, Entity, Model};
use crate::storage::tables::{import, job_outcome};
use crate::storage::{Database, DocumentKey, PageRequest, StorageError, Transaction};

/// The outcome of one document of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOutcomeRow {
    /// The number of the document in the job, counted from 0.
    pub position: i64,
    /// The archive entry that the document is in.
    pub entry: Option<String>,
    /// The line in the file or the entry, counted from 1.
    pub line: Option<i64>,
    /// The index in a JSON list, counted from 0.
    pub index: Option<i64>,
    /// The movie; `None` if the document could not be read.
    pub movie: Option<String>,
    pub category: Option<Category>,
    pub outcome: JobOutcome,
    /// How many changes were made, or would be made.
    pub changes: i64,
    /// What is wrong with the document, as JSON.
    pub problems: String,
    /// How many problems are not in `problems`.
    pub omitted: i64,
    /// What was repaired or ignored, as JSON.
    pub warnings: String,
    /// How many warnings are not in `warnings`.
    pub omitted_warnings: i64,
    /// Whether the import of the document created its movie, or would create it.
    pub movie_created: bool,
    /// The entry of the import log.
    pub import_id: Option<String>,
}

/// A document that a job published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedByJob {
    /// The number of the document in the job, counted from 0.
    pub position: i64,
    pub key: DocumentKey,
    /// The revision as which it was published.
    pub revision: i64,
    pub published_at: DateTime<Utc>,
    /// Whether the document created its movie.
    pub movie_created: bool,
}

/// The columns of [`PublishedByJob`].
type PublishedColumns = (i64, String, String, i64, DateTime<Utc>, bool);

fn read_published(columns: PublishedColumns) -> Result<PublishedByJob, StorageError> {
    let (position, movie, category, revision, published_at, movie_created) = columns;
    let key = read_key(&movie, &category)?;
    Ok(PublishedByJob { position, key, revision, published_at, movie_created })
}

fn read(stored: Model) -> Result<JobOutcomeRow, StorageError> {
    let corrupt = |reason: String| StorageError::Corrupt {
        what: "outcome",
        key: format!("{} {}", stored.job_id, stored.position),
        reason,
    };
    let category = stored.category.as_deref().map(str::parse::<Category>).transpose();
    let outcome = JobOutcome::parse(&stored.outcome);
    Ok(JobOutcomeRow {
        category: category.map_err(|error| corrupt(error.to_string()))?,
        outcome: outcome.ok_or_else(|| corrupt(format!("the outcome {:?}", stored.outcome)))?,
        position: stored.position,
        entry: stored.entry,
        line: stored.line,
        index: stored.item_index,
        movie: stored.movie_id,
        changes: stored.changes,
        problems: stored.problems,
        omitted: stored.omitted,
        warnings: stored.warnings,
        omitted_warnings: stored.omitted_warnings,
        movie_created: stored.movie_created,
        import_id: stored.import_id,
    })
}

fn new_row(job: &str, row: &JobOutcomeRow) -> job_outcome::ActiveModel {
    job_outcome::ActiveModel {
        job_id: Set(job.to_owned()),
        position: Set(row.position),
        entry: Set(row.entry.clone()),
        line: Set(row.line),
        item_index: Set(row.index),
        movie_id: Set(row.movie.clone()),
        category: Set(row.category.map(|category| category.as_str().to_owned())),
        outcome: Set(row.outcome.as_str().to_owned()),
        changes: Set(row.changes),
        problems: Set(row.problems.clone()),
        omitted: Set(row.omitted),
        warnings: Set(row.warnings.clone()),
        omitted_warnings: Set(row.omitted_warnings),
        movie_created: Set(row.movie_created),
        import_id: Set(row.import_id.clone()),
    }
}

impl Database {
    /// A page of the outcomes of a job, in the order of its documents, and whether there are more
    /// in its direction. `outcomes` selects them, if it is given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_outcome_page(
        &self,
        job: &str,
        outcomes: Option<&[JobOutcome]>,
        page: &PageRequest<i64>,
    ) -> Result<(Vec<JobOutcomeRow>, bool), StorageError> {
        let beyond = page.from.map(|from| {
            if page.backward { Column::Position.lt(from) } else { Column::Position.gt(from) }
        });
        let outcomes = outcomes.map(|of| of.iter().map(|outcome| outcome.as_str()));
        let selected = Condition::all()
            .add(Column::JobId.eq(job))
            .add_option(outcomes.map(|of| Column::Outcome.is_in(of)))
            .add_option(beyond);
        let found = Entity::find()
            .filter(selected)
            .order_by(Column::Position, if page.backward { Order::Desc } else { Order::Asc })
            .limit(page.rows())
            .all(&self.reader)
            .await?;
        Ok(page.cut(found.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// The first documents that a job published, in their order, after the one with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_published_by(
        &self,
        job: &str,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<PublishedByJob>, StorageError> {
        let record =
            Entity::belongs_to(import::Entity).from(Column::ImportId).to(import::Column::Id).into();
        let found: Vec<PublishedColumns> = Entity::find()
            .select_only()
            .columns([Column::Position, Column::MovieId, Column::Category])
            .columns([import::Column::Revision, import::Column::CreatedAt])
            .column(Column::MovieCreated)
            .join(JoinType::InnerJoin, record)
            .filter(Column::JobId.eq(job))
            .filter(Column::Outcome.eq(JobOutcome::Published.as_str()))
            .filter(Column::Position.gt(after.unwrap_or(-1)))
            .order_by(Column::Position, Order::Asc)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        found.into_iter().map(read_published).collect()
    }

    /// The numbers of the documents of a job that ended in one of these ways, in ascending order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_positions(
        &self,
        job: &str,
        outcomes: &[JobOutcome],
    ) -> Result<Vec<i64>, StorageError> {
        let outcomes = outcomes.iter().map(|outcome| outcome.as_str());
        Ok(Entity::find()
            .select_only()
            .column(Column::Position)
            .filter(Column::JobId.eq(job))
            .filter(Column::Outcome.is_in(outcomes))
            .order_by(Column::Position, Order::Asc)
            .into_tuple()
            .all(&self.reader)
            .await?)
    }
}

impl Transaction {
    /// Stores outcomes of a job. A document of a job has only one outcome.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_job_outcomes(
        &self,
        job: &str,
        rows: &[JobOutcomeRow],
    ) -> Result<(), StorageError> {
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let insert = Entity::insert_many(rows.iter().map(|row| new_row(job, row)));
            self.connection.defer::<Entity>(rows.len(), insert.into_query()).await?;
        }
        Ok(())
    }
}
