//! The index of the parts of titles and of people's names: which texts contain another text. What
//! it finds must be compared: it may find texts that do not contain the other one.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Statement, Value};

use super::StorageError;
use super::db::statements::ROWS_PER_STATEMENT;
use crate::document::text::folding;
use crate::document::text::grams::{self, index_grams, search_grams};

/// A list of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum SearchList {
    /// The column `search_text` of movies.
    Titles,
    /// The keys of people's names.
    People,
}

#[derive(FromQueryResult)]
struct NewEntry {
    number: i64,
    text: String,
}

impl SearchList {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Titles => "movie",
            Self::People => "person",
        }
    }

    /// The lengths of the grams that are indexed. Shorter searches find only the start of people's
    /// names, and need no grams.
    const fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::Titles => 1..=3,
            Self::People => MIN_INFIX_CHARS..=MIN_INFIX_CHARS,
        }
    }

    /// The value to compare with the column of the index, for texts that may contain a folded text.
    pub(in crate::storage) fn matching(self, backend: DatabaseBackend, search: &str) -> Value {
        let grams = search_grams(self.as_str(), search, self.lengths());
        match backend {
            DatabaseBackend::Postgres => grams.into(),
            _ => tokens(grams).into(),
        }
    }
}

/// Shorter searches for people match only the start of a name, since nearly every name contains
/// them somewhere.
pub(in crate::storage) const MIN_INFIX_CHARS: usize = 3;

/// Grams as the words of a text.
fn tokens(grams: impl IntoIterator<Item = i32>) -> String {
    grams.into_iter().map(|gram| format!("{gram:08x}")).collect::<Vec<_>>().join(" ")
}

/// The version of the index: it also has to be rebuilt when texts are folded by other rules.
pub(in crate::storage) fn version() -> String {
    format!("{}.{}", grams::VERSION, folding::VERSION)
}

/// Adds texts that are not in the index yet.
pub(in crate::storage) async fn add_texts(
    connection: &impl ConnectionTrait,
    list: SearchList,
    texts: impl IntoIterator<Item = String>,
) -> Result<(), StorageError> {
    // Sorted, so that no two transactions wait for each other.
    let texts: BTreeSet<String> = texts.into_iter().filter(|text| text.trim() != "").collect();
    let texts: Vec<String> = texts.into_iter().collect();
    for texts in texts.chunks(ROWS_PER_STATEMENT) {
        match connection.get_database_backend() {
            DatabaseBackend::Postgres => add_to_postgres(connection, list, texts).await?,
            _ => add_to_sqlite(connection, list, texts).await?,
        }
    }
    Ok(())
}

/// `count` rows of placeholders.
fn rows(count: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places = (1..=columns).map(|column| format!("${}", row * columns + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

async fn add_to_postgres(
    connection: &impl ConnectionTrait,
    list: SearchList,
    texts: &[String],
) -> Result<(), StorageError> {
    let values = texts.iter().flat_map(|text| -> [Value; 3] {
        let grams: Vec<i32> =
            index_grams(list.as_str(), text, list.lengths()).into_iter().collect();
        [list.as_str().into(), text.as_str().into(), grams.into()]
    });
    let sql = format!(
        "INSERT INTO search_entries (list, text, grams) VALUES {} \
         ON CONFLICT (list, md5(text)) DO NOTHING",
        rows(texts.len(), 3)
    );
    let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values);
    connection.execute_raw(statement).await?;
    Ok(())
}

async fn add_to_sqlite(
    connection: &impl ConnectionTrait,
    list: SearchList,
    texts: &[String],
) -> Result<(), StorageError> {
    let values = texts
        .iter()
        .flat_map(|text| -> [Value; 2] { [list.as_str().into(), text.as_str().into()] });
    let sql = format!(
        "INSERT INTO search_entries (list, text) VALUES {} \
         ON CONFLICT (list, text) DO NOTHING RETURNING number, text",
        rows(texts.len(), 2)
    );
    let statement = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values);
    let mut added = NewEntry::find_by_statement(statement).all(connection).await?;
    if added.is_empty() {
        return Ok(());
    }
    added.sort_by_key(|entry| entry.number);
    let values = added.iter().flat_map(|entry| -> [Value; 2] {
        let grams = index_grams(list.as_str(), &entry.text, list.lengths());
        [entry.number.into(), tokens(grams).into()]
    });
    let sql = format!("INSERT INTO search_grams (rowid, grams) VALUES {}", rows(added.len(), 2));
    let statement = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values);
    connection.execute_raw(statement).await?;
    Ok(())
}

/// Removes all texts.
pub(in crate::storage) async fn clear(
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    connection.execute_unprepared("DELETE FROM search_entries").await?;
    if connection.get_database_backend() == DatabaseBackend::Sqlite {
        let clear = "INSERT INTO search_grams (search_grams) VALUES ('delete-all')";
        connection.execute_unprepared(clear).await?;
    }
    Ok(())
}
