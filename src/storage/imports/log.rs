//! The import log: one entry for each import, publication, reversion and discard, including refused
//! ones.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Order};
use sea_orm::{
    ColumnTrait, Condition, DerivePartialModel, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait as _, Set,
};

use super::entry::{ImportRow, NewImport};
use super::texts::{TextLimits, is_small};
use crate::document::ids::InvalidMovieId;
use crate::document::{Category, MovieId, Source, Stage};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::documents::published::source;
use crate::storage::tables::import;
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// Filters for the import log. `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct ImportFilter {
    pub movie: Option<MovieId>,
    pub category: Option<Category>,
    pub status: Option<String>,
    pub author: Option<String>,
    pub source: Option<Source>,
    pub operation: Option<String>,
    /// The earliest time, inclusive.
    pub since: Option<DateTime<Utc>>,
    /// The latest time, exclusive.
    pub until: Option<DateTime<Utc>>,
}

/// A page of the import log, newest first.
#[derive(Debug)]
pub struct ImportPage {
    pub records: Vec<ImportRow>,
    /// Whether there are older entries.
    pub has_more: bool,
}

/// The columns of an [`ImportRow`]: all but the document, which may have megabytes.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "import::Entity")]
struct ImportColumns {
    id: String,
    movie_id: String,
    category: Option<String>,
    operation: String,
    stage: String,
    created_at: DateTime<Utc>,
    author: String,
    account: String,
    source: Option<String>,
    status: String,
    options: String,
    report: Option<String>,
    problems: String,
    revision: Option<i64>,
    draft_revision: Option<i64>,
    text_hash: Option<String>,
    text_size: Option<i64>,
}

fn row(columns: ImportColumns) -> Result<ImportRow, StorageError> {
    let corrupt = |reason: String| StorageError::Corrupt {
        what: "import log entry",
        key: columns.id.clone(),
        reason,
    };
    let movie =
        columns.movie_id.parse().map_err(|error: InvalidMovieId| corrupt(error.to_string()))?;
    let category = columns.category.as_deref().map(str::parse::<Category>).transpose();
    let category = category.map_err(|error| corrupt(error.to_string()))?;
    let stage = Stage::ALL.iter().copied().find(|stage| stage.as_str() == columns.stage);
    let stage = stage.ok_or_else(|| corrupt(format!("found the stage {:?}", columns.stage)))?;
    Ok(ImportRow {
        id: columns.id,
        movie,
        category,
        operation: columns.operation,
        stage,
        created_at: columns.created_at,
        author: columns.author,
        account: columns.account,
        source: columns.source.as_deref().map(source),
        status: columns.status,
        options: columns.options,
        report: columns.report,
        problems: columns.problems,
        revision: columns.revision,
        draft_revision: columns.draft_revision,
        text_hash: columns.text_hash,
        text_size: columns.text_size,
    })
}

fn new_row(new: &NewImport) -> import::ActiveModel {
    let row = &new.row;
    import::ActiveModel {
        id: Set(row.id.clone()),
        movie_id: Set(row.movie.to_string()),
        category: Set(row.category.map(|category| category.as_str().to_owned())),
        operation: Set(row.operation.clone()),
        stage: Set(row.stage.as_str().to_owned()),
        created_at: Set(row.created_at),
        author: Set(row.author.clone()),
        account: Set(row.account.clone()),
        source: Set(row.source.map(|source| source.as_str().to_owned())),
        status: Set(row.status.clone()),
        options: Set(row.options.clone()),
        document: Set(new
            .document
            .as_ref()
            .filter(|sent| sent.is_kept && is_small(&sent.text))
            .map(|sent| sent.text.clone())),
        report: Set(row.report.clone()),
        problems: Set(row.problems.clone()),
        revision: Set(row.revision),
        draft_revision: Set(row.draft_revision),
        text_hash: Set(row.text_hash.clone()),
        text_size: Set(row.text_size),
    }
}

/// The status of most entries, which the index of status leaves out.
const MOST_FREQUENT_STATUS: &str = "published";

fn condition(filter: &ImportFilter) -> Condition {
    let is_other = filter.status.as_ref().is_some_and(|status| status != MOST_FREQUENT_STATUS);
    // In the words of the index, as both databases ask for to use it.
    let other = is_other.then(|| Expr::cust("status <> 'published'"));
    Condition::all()
        .add_option(other)
        .add_option(filter.movie.as_ref().map(|movie| import::Column::MovieId.eq(movie.as_str())))
        .add_option(filter.category.map(|category| import::Column::Category.eq(category.as_str())))
        .add_option(filter.status.as_ref().map(|status| import::Column::Status.eq(status)))
        .add_option(filter.author.as_ref().map(|author| import::Column::Author.eq(author)))
        .add_option(filter.source.map(|source| import::Column::Source.eq(source.as_str())))
        .add_option(
            filter.operation.as_ref().map(|operation| import::Column::Operation.eq(operation)),
        )
        .add_option(filter.since.map(|since| import::Column::CreatedAt.gte(since)))
        .add_option(filter.until.map(|until| import::Column::CreatedAt.lt(until)))
}

impl Database {
    /// The entries with these ids, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_records(&self, ids: &[String]) -> Result<Vec<ImportRow>, StorageError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows = import::Entity::find()
                .filter(import::Column::Id.is_in(ids.iter().map(String::as_str)))
                .into_partial_model::<ImportColumns>()
                .all(&self.reader)
                .await?;
            for columns in rows {
                found.push(row(columns)?);
            }
        }
        Ok(found)
    }

    /// The documents of these entries as they were sent, by the id of the entry. Entries without a
    /// stored document are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_documents(
        &self,
        ids: &[String],
    ) -> Result<HashMap<String, String>, StorageError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String)> = import::Entity::find()
                .select_only()
                .columns([import::Column::Id, import::Column::Document])
                .filter(import::Column::Id.is_in(ids.iter().map(String::as_str)))
                .filter(import::Column::Document.is_not_null())
                .into_tuple()
                .all(&self.reader)
                .await?;
            found.extend(rows);
            found.extend(self.texts_of(ids).await?);
        }
        Ok(found)
    }

    /// A page of the entries, newest first, starting before the entry with the id `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_page(
        &self,
        filter: &ImportFilter,
        page: &PageRequest<String>,
    ) -> Result<ImportPage, StorageError> {
        let id = import::Column::Id;
        let beyond = page
            .from
            .as_ref()
            .map(|from| if page.backward { id.gt(from.as_str()) } else { id.lt(from.as_str()) });
        let columns = import::Entity::find()
            .filter(condition(filter).add_option(beyond))
            .order_by(id, if page.backward { Order::Asc } else { Order::Desc })
            .limit(page.rows())
            .into_partial_model::<ImportColumns>()
            .all(&self.reader)
            .await?;
        let (records, has_more) = page.cut(columns.into_iter().map(row).collect::<Result<_, _>>()?);
        Ok(ImportPage { records, has_more })
    }

    /// The number of entries that match the filter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_imports(&self, filter: &ImportFilter) -> Result<u64, StorageError> {
        Ok(import::Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }
}

impl Transaction {
    /// Appends entries to the import log, with their texts as far as the limits allow. Returns how
    /// many bytes of texts were stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_imports(
        &self,
        records: &[NewImport],
        limits: TextLimits,
    ) -> Result<u64, StorageError> {
        let mut bytes = 0;
        for records in records.chunks(ROWS_PER_STATEMENT) {
            bytes += self.store_texts(records, limits).await?;
            let insert = import::Entity::insert_many(records.iter().map(new_row));
            self.connection.defer::<import::Entity>(records.len(), insert.into_query()).await?;
        }
        Ok(bytes)
    }

    /// The entry with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_record(&self, id: &str) -> Result<Option<ImportRow>, StorageError> {
        let found = import::Entity::find_by_id(id)
            .into_partial_model::<ImportColumns>()
            .one(&self.connection)
            .await?;
        found.map(row).transpose()
    }
}
