//! The texts that imports sent: compressed, each text of a document once, within limits.
//!
//! Entries of the import log are kept for good. Their texts are kept within a limit for each
//! document and one for all ([`TextLimits`]): the texts that were sent least recently are deleted
//! first. An entry keeps the size and the SHA-256 of a text that was deleted.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait as _, DatabaseBackend, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Set, Statement, Value,
};
use std::collections::{BTreeMap, HashMap};

use super::compression::{compress, decompress};
use super::entry::NewImport;
use crate::storage::db::statements::placeholders;
use crate::storage::tables::import_text;
use crate::storage::{Database, StorageError, Transaction};

/// Limits on the stored texts of imports, in bytes after compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// For the texts of one document.
    pub of_document: u64,
    /// For all texts.
    pub of_all: u64,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self { of_document: 8 << 20, of_all: 4 << 30 }
    }
}

/// The approximate size of a row without its text, so that many short texts count too.
const ROW_OVERHEAD: u64 = 256;
/// Texts of this size or larger are compressed on a blocking thread.
const LARGE_TEXT: usize = 64 * 1024;
/// Rows that are read at once to find the oldest texts.
const ROWS_PER_PAGE: u64 = 1_000;
/// The most pages of texts that one transaction deletes.
const MAX_PAGES: usize = 20;

/// The size to which texts are reduced when they exceed `limit`. It leaves room, so that not every
/// import deletes texts.
const fn target_size(limit: u64) -> u64 {
    limit - limit / 8
}

fn corrupt(id: &str, error: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt {
        what: "text of an import",
        key: id.to_owned(),
        reason: error.to_string(),
    }
}

async fn compressed(id: &str, text: &str) -> Result<Vec<u8>, StorageError> {
    if text.len() < LARGE_TEXT {
        return compress(text).map_err(|error| corrupt(id, error));
    }
    let text = text.to_owned();
    let compressed = tokio::task::spawn_blocking(move || compress(&text)).await;
    compressed.map_err(|error| corrupt(id, error))?.map_err(|error| corrupt(id, error))
}

#[derive(FromQueryResult)]
struct StoredText {
    id: String,
    size: i64,
    body: Vec<u8>,
}

#[derive(FromQueryResult)]
struct DocumentOverLimit {
    movie_id: String,
    category: String,
}

#[derive(FromQueryResult)]
struct TotalRow {
    total: i64,
}

/// The texts of entries of the import log, by the id of the entry.
const SELECT_TEXTS: &str = "SELECT i.id, t.size, t.body FROM imports i JOIN import_texts t \
    ON t.movie_id = i.movie_id AND t.category = COALESCE(i.category, '') AND t.hash = i.text_hash \
    WHERE i.id IN";

impl Database {
    /// The stored texts of these entries, by the id of the entry.
    pub(in crate::storage) async fn texts_of(
        &self,
        ids: &[String],
    ) -> Result<HashMap<String, String>, StorageError> {
        let values: Vec<Value> = ids.iter().map(|id| id.as_str().into()).collect();
        let sql = format!("{SELECT_TEXTS} ({})", placeholders(values.len()));
        let mut texts = HashMap::new();
        for StoredText { id, size, body } in self.query_rows(sql, values).await? {
            let text = decompress(&body, size).map_err(|error| corrupt(&id, error))?;
            texts.insert(id, text);
        }
        Ok(texts)
    }
}

/// A shorter text is stored in the import log itself: compressing it would save little, and take
/// one more statement for each import.
const SMALL_TEXT: usize = 8 * 1024;

/// Whether a text is stored in the import log itself. A text with U+0000 is not, because only the
/// compressed form can hold it.
pub(in crate::storage) fn is_small(text: &str) -> bool {
    text.len() < SMALL_TEXT && !text.contains('\0')
}

/// The size of a text in bytes, as columns hold it.
pub fn byte_size(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The document of an import, as the columns hold it: (movie id, category).
fn document_of(new: &NewImport) -> (String, String) {
    let category = new.row.category.map(|category| category.as_str().to_owned());
    (new.row.movie.to_string(), category.unwrap_or_default())
}

impl Transaction {
    /// Stores the texts of imports, and deletes the oldest texts of the same documents beyond the
    /// limit. Returns how many bytes were stored.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::storage) async fn store_texts(
        &self,
        records: &[NewImport],
        limits: TextLimits,
    ) -> Result<u64, StorageError> {
        let mut rows = BTreeMap::new();
        let mut bytes = 0;
        for new in records {
            let sent = new.document.as_ref().filter(|sent| sent.is_kept && !is_small(&sent.text));
            let Some((sent, hash)) = sent.zip(new.row.text_hash.clone()) else { continue };
            let (movie_id, category) = document_of(new);
            let body = compressed(&new.row.id, &sent.text).await?;
            bytes += body.len() as u64 + ROW_OVERHEAD;
            let row = import_text::ActiveModel {
                movie_id: Set(movie_id.clone()),
                category: Set(category.clone()),
                hash: Set(hash.clone()),
                last_import: Set(new.row.id.clone()),
                size: Set(byte_size(&sent.text)),
                stored: Set(i64::try_from(body.len()).unwrap_or(i64::MAX)),
                body: Set(body),
            };
            rows.insert((movie_id, category, hash), row);
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let documents: Vec<Value> = rows.keys().map(|(movie, ..)| movie.as_str().into()).collect();
        let again = OnConflict::columns([
            import_text::Column::MovieId,
            import_text::Column::Category,
            import_text::Column::Hash,
        ])
        .update_column(import_text::Column::LastImport)
        .to_owned();
        import_text::Entity::insert_many(rows.into_values())
            .on_conflict(again)
            .exec_without_returning(&self.connection)
            .await?;
        for DocumentOverLimit { movie_id, category } in
            self.documents_over_limit(documents, limits.of_document).await?
        {
            self.drop_oldest_of(&movie_id, &category, limits.of_document).await?;
        }
        Ok(bytes)
    }

    /// The documents of these movies with texts that exceed the limit.
    async fn documents_over_limit(
        &self,
        mut movies: Vec<Value>,
        limit: u64,
    ) -> Result<Vec<DocumentOverLimit>, StorageError> {
        movies.dedup();
        let (all, last) = (placeholders(movies.len()), movies.len() + 1);
        movies.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT movie_id, category FROM import_texts WHERE movie_id IN ({all}) \
             GROUP BY movie_id, category HAVING SUM(stored + {ROW_OVERHEAD}) > ${last}"
        );
        let backend = self.connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, movies);
        Ok(DocumentOverLimit::find_by_statement(statement).all(&self.connection).await?)
    }

    async fn drop_oldest_of(
        &self,
        movie: &str,
        category: &str,
        limit: u64,
    ) -> Result<(), StorageError> {
        let of_document = || {
            import_text::Entity::find()
                .filter(import_text::Column::MovieId.eq(movie))
                .filter(import_text::Column::Category.eq(category))
        };
        let newest: Vec<(String, i64)> = of_document()
            .select_only()
            .columns([import_text::Column::LastImport, import_text::Column::Stored])
            .order_by_desc(import_text::Column::LastImport)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let mut left = target_size(limit);
        // The newest text is kept, whatever its size.
        let kept = newest.iter().enumerate().take_while(|(place, (_, stored))| {
            let bytes = stored.unsigned_abs() + ROW_OVERHEAD;
            let fits = bytes <= left || *place == 0;
            left = left.saturating_sub(bytes);
            fits
        });
        let Some(oldest_kept) = kept.last().map(|(_, (import, _))| import.clone()) else {
            return Ok(());
        };
        import_text::Entity::delete_many()
            .filter(import_text::Column::MovieId.eq(movie))
            .filter(import_text::Column::Category.eq(category))
            .filter(import_text::Column::LastImport.lt(oldest_kept))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes the oldest texts if all texts together exceed `limit`. Returns whether the rest is
    /// within the limit; if not, call it again in a new transaction. If another transaction is
    /// deleting texts already, does nothing and returns `true`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_oldest_texts(&self, limit: u64) -> Result<bool, StorageError> {
        let backend = self.connection.get_database_backend();
        if backend == DatabaseBackend::Postgres && !self.try_advisory_lock_import_texts().await? {
            return Ok(true);
        }
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(stored + {ROW_OVERHEAD}), 0) AS BIGINT) AS total FROM \
            import_texts"
        );
        let total = TotalRow::find_by_statement(Statement::from_string(backend, sql));
        let total = total.one(&self.connection).await?.map_or(0, |row| row.total.unsigned_abs());
        if total <= limit {
            return Ok(true);
        }
        let mut excess = total.saturating_sub(target_size(limit));
        for _ in 0..MAX_PAGES {
            let oldest: Vec<(String, i64)> = import_text::Entity::find()
                .select_only()
                .columns([import_text::Column::LastImport, import_text::Column::Stored])
                .order_by_asc(import_text::Column::LastImport)
                .limit(ROWS_PER_PAGE)
                .into_tuple()
                .all(&self.connection)
                .await?;
            let mut last = None;
            for (import, stored) in oldest {
                if excess == 0 {
                    break;
                }
                excess = excess.saturating_sub(stored.unsigned_abs() + ROW_OVERHEAD);
                last = Some(import);
            }
            let Some(last) = last else { break };
            import_text::Entity::delete_many()
                .filter(import_text::Column::LastImport.lte(last))
                .exec(&self.connection)
                .await?;
        }
        Ok(excess == 0)
    }
}
