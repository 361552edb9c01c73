//! Counts of movies and documents, which triggers keep (see the migrations). A count may have
//! several rows, and is their sum.

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, Statement};

use super::presence::PresenceFilter;
use crate::document::{Category, CategorySet, Source, Stage};
use crate::storage::tables::movie;
use crate::storage::{Database, StorageError};

const COUNT_MOVIES: &str = "SELECT present, drafted, CAST(SUM(number) AS bigint) AS number \
    FROM movie_counts GROUP BY present, drafted HAVING SUM(number) > 0";

/// One statement, so that all counts are of one moment.
const COUNT_ALL: &str = "SELECT '' AS stage, '' AS category, '' AS source, \
      CAST(SUM(number) AS bigint) AS number FROM movie_counts HAVING SUM(number) > 0 \
    UNION ALL SELECT stage, category, source, CAST(SUM(number) AS bigint) FROM document_counts \
      GROUP BY stage, category, source HAVING SUM(number) > 0";

/// The number of movies with each pair of sets of categories.
#[derive(Debug)]
pub(super) struct PresenceCounts(Vec<PresenceRow>);

#[derive(Debug, FromQueryResult)]
struct PresenceRow {
    present: i32,
    drafted: i32,
    number: i64,
}

#[derive(FromQueryResult)]
struct CountRow {
    stage: String,
    category: String,
    source: String,
    number: i64,
}

/// The number of documents of a category at a stage that a source wrote last. Documents without
/// data are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentCount {
    pub stage: Stage,
    pub category: Category,
    pub source: Source,
    pub number: u64,
}

/// What the catalogue contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueCounts {
    pub movies: u64,
    /// Combinations without documents are left out.
    pub documents: Vec<DocumentCount>,
}

impl PresenceCounts {
    pub(super) async fn read(connection: &impl ConnectionTrait) -> Result<Self, StorageError> {
        let statement =
            Statement::from_string(connection.get_database_backend(), COUNT_MOVIES.to_owned());
        Ok(Self(PresenceRow::find_by_statement(statement).all(connection).await?))
    }

    fn matching(&self, filter: PresenceFilter) -> impl Iterator<Item = &PresenceRow> {
        self.0.iter().filter(move |row| {
            let set = CategorySet::from_bits;
            filter.matches(set(row.present), set(row.drafted))
        })
    }

    /// The number of movies that match.
    pub(super) fn total(&self, filter: PresenceFilter) -> u64 {
        self.matching(filter).map(|row| u64::try_from(row.number).unwrap_or_default()).sum()
    }

    /// The ids of the movies that match, from the index of the two sets.
    pub(super) fn movies(&self, filter: PresenceFilter) -> SelectStatement {
        let distinct = |set: fn(&PresenceRow) -> i32| {
            let mut sets: Vec<i32> = self.matching(filter).map(set).collect();
            sets.sort_unstable();
            sets.dedup();
            sets
        };
        Query::select()
            .column(movie::Column::Id)
            .from(movie::Entity)
            .and_where(movie::Column::Present.is_in(distinct(|row| row.present)))
            .and_where(movie::Column::Drafted.is_in(distinct(|row| row.drafted)))
            .to_owned()
    }
}

impl Database {
    /// The numbers of movies and documents.
    ///
    /// # Errors
    /// When the database fails, or a row is not valid.
    pub async fn catalogue_counts(&self) -> Result<CatalogueCounts, StorageError> {
        let mut counts = CatalogueCounts::default();
        for row in self.query_rows::<CountRow>(COUNT_ALL.to_owned(), Vec::new()).await? {
            let number = u64::try_from(row.number).unwrap_or_default();
            if row.stage.is_empty() {
                counts.movies = number;
                continue;
            }
            let corrupt = |reason: String| StorageError::Corrupt {
                what: "count of documents",
                key: format!("{}/{}/{}", row.stage, row.category, row.source),
                reason,
            };
            counts.documents.push(DocumentCount {
                stage: Stage::parse(&row.stage).ok_or_else(|| corrupt("unknown stage".into()))?,
                category: row.category.parse().map_err(|error| corrupt(format!("{error}")))?,
                source: crate::storage::documents::published::source(&row.source),
                number,
            });
        }
        Ok(counts)
    }
}
