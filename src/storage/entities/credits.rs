//! Credits and nominations of people, from the projections. Each query takes many people, so a list
//! of people needs no more statements than one person.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value};

use super::names::parse_movie_id;
use crate::document::{Category, MovieId};
use crate::storage::db::statements::{ROWS_PER_STATEMENT, placeholders};
use crate::storage::documents::published::DocumentKey;
use crate::storage::tables::{credit, nomination};
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// The position of an entry in the works of a person. They are sorted newest first, and those
/// without a year last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkPosition {
    /// 0 if unknown.
    pub year: i32,
    pub movie: String,
    pub id: String,
}

/// A credit of a person.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct CreditEntry {
    pub person: String,
    pub movie_id: String,
    /// The year of the movie; 0 if unknown.
    pub year: i32,
    pub id: String,
    /// `directors`, `writers`, `producers`, `cast` or `crew`.
    pub list: String,
    /// The character or the job.
    pub part: Option<String>,
    pub department: Option<String>,
}

/// A nomination of a person.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct NominationEntry {
    pub person: String,
    pub movie_id: String,
    /// The year of the nomination.
    pub year: i32,
    pub id: String,
    pub ceremony_id: String,
    pub category: String,
    pub won: bool,
}

impl CreditEntry {
    #[must_use]
    pub fn position(&self) -> WorkPosition {
        WorkPosition { year: self.year, movie: self.movie_id.clone(), id: self.id.clone() }
    }
}

impl NominationEntry {
    #[must_use]
    pub fn position(&self) -> WorkPosition {
        WorkPosition { year: self.year, movie: self.movie_id.clone(), id: self.id.clone() }
    }
}

/// Totals of the works of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkTotals {
    pub movies: i64,
    pub credits: i64,
    pub nominations: i64,
    pub wins: i64,
}

#[derive(FromQueryResult)]
struct CountsRow {
    person: String,
    total: i64,
    subset: i64,
}

#[derive(FromQueryResult)]
struct KnownForRow {
    person: String,
    movie_id: String,
}

const CREDITS: &str = "c.person_id AS person, c.movie_id, m.year, c.id, c.list, c.part, \
    c.department, m.year AS sorted_by, c.person_id AS of_person \
    FROM credits c JOIN movies m ON m.id = c.movie_id WHERE c.person_id";
const NOMINATIONS: &str = "c.nominee_id AS person, c.movie_id, c.year, c.id, c.ceremony_id, \
    c.category, c.won, c.year AS sorted_by, c.nominee_id AS of_person \
    FROM nominations c WHERE c.nominee_id";

/// The SQL and the parameters for a page of the entries of each person, with one entry more.
fn page_sql(
    select: &str,
    people: &[String],
    page: &PageRequest<WorkPosition>,
) -> (String, Vec<Value>) {
    let (older, later, down, up) =
        if page.backward { (">", "<", "ASC", "DESC") } else { ("<", ">", "DESC", "ASC") };
    let mut values: Vec<Value> = people.iter().map(|id| id.as_str().into()).collect();
    let all = placeholders(values.len());
    let next = values.len() + 1;
    values.push(i64::try_from(page.rows()).unwrap_or(i64::MAX).into());
    let mut beyond = String::new();
    if let Some(WorkPosition { year, movie, id }) = &page.from {
        let (y, m, i) = (next + 1, next + 2, next + 3);
        beyond = format!(
            "WHERE sorted_by {older} ${y} OR (sorted_by = ${y} AND \
             (movie_id {later} ${m} OR (movie_id = ${m} AND id {later} ${i})))"
        );
        values.extend([(*year).into(), movie.as_str().into(), id.as_str().into()]);
    }
    let sql = format!(
        "SELECT * FROM ( \
           SELECT works.*, ROW_NUMBER() OVER ( \
             PARTITION BY of_person ORDER BY sorted_by {down}, movie_id {up}, id {up}) AS place \
           FROM (SELECT {select} IN ({all})) AS works {beyond}) AS placed \
         WHERE place <= ${next} ORDER BY person, place"
    );
    (sql, values)
}

impl Database {
    /// The credits of these people, newest first for each: a page of each, in the direction of
    /// reading, with one entry more if there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credits_of(
        &self,
        people: &[String],
        page: &PageRequest<WorkPosition>,
    ) -> Result<Vec<CreditEntry>, StorageError> {
        let mut found = Vec::new();
        for people in people.chunks(ROWS_PER_STATEMENT) {
            let (sql, values) = page_sql(CREDITS, people, page);
            found.extend(self.query_rows(sql, values).await?);
        }
        Ok(found)
    }

    /// The nominations of these people, newest first for each: a page of each, in the direction of
    /// reading, with one entry more if there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nominations_of(
        &self,
        people: &[String],
        page: &PageRequest<WorkPosition>,
    ) -> Result<Vec<NominationEntry>, StorageError> {
        let mut found = Vec::new();
        for people in people.chunks(ROWS_PER_STATEMENT) {
            let (sql, values) = page_sql(NOMINATIONS, people, page);
            found.extend(self.query_rows(sql, values).await?);
        }
        Ok(found)
    }

    /// The totals of these people. People without credits and nominations are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn work_totals(
        &self,
        people: &[String],
    ) -> Result<HashMap<String, WorkTotals>, StorageError> {
        let mut found: HashMap<String, WorkTotals> = HashMap::new();
        for people in people.chunks(ROWS_PER_STATEMENT) {
            let values = || people.iter().map(|id| id.as_str().into()).collect::<Vec<Value>>();
            let all = placeholders(people.len());
            let credits = format!(
                "SELECT person_id AS person, COUNT(*) AS total, COUNT(DISTINCT movie_id) AS subset \
                 FROM credits WHERE person_id IN ({all}) GROUP BY person_id"
            );
            for CountsRow { person, total, subset } in self.query_rows(credits, values()).await? {
                let totals = found.entry(person).or_default();
                (totals.credits, totals.movies) = (total, subset);
            }
            let nominations = format!(
                "SELECT nominee_id AS person, COUNT(*) AS total, \
                   COUNT(CASE WHEN won THEN 1 END) AS subset \
                 FROM nominations WHERE nominee_id IN ({all}) GROUP BY nominee_id"
            );
            for CountsRow { person, total, subset } in
                self.query_rows(nominations, values()).await?
            {
                let totals = found.entry(person).or_default();
                (totals.nominations, totals.wins) = (total, subset);
            }
        }
        Ok(found)
    }

    /// Up to `limit` movies that each of these people is known for, best first. Movies that a
    /// person directed or acted in come before those they wrote or produced, then movies with more
    /// nominations come first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_for(
        &self,
        people: &[String],
        limit: u64,
    ) -> Result<Vec<(String, MovieId)>, StorageError> {
        let mut found = Vec::new();
        for people in people.chunks(ROWS_PER_STATEMENT) {
            let mut values: Vec<Value> = people.iter().map(|id| id.as_str().into()).collect();
            values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
            let (all, last) = (placeholders(people.len()), values.len());
            let sql = format!(
                "SELECT person, movie_id FROM ( \
                   SELECT person, movie_id, ROW_NUMBER() OVER (PARTITION BY person ORDER BY part, \
                     (SELECT COUNT(*) FROM nominations n WHERE n.movie_id = works.movie_id) DESC, \
                     year DESC, movie_id) AS place \
                   FROM ( \
                     SELECT c.person_id AS person, c.movie_id, m.year, \
                       MIN(CASE WHEN c.list IN ('directors', 'cast') THEN 0 \
                         WHEN c.list IN ('writers', 'producers') THEN 1 ELSE 2 END) AS part \
                     FROM credits c JOIN movies m ON m.id = c.movie_id \
                     WHERE c.person_id IN ({all}) \
                     GROUP BY c.person_id, c.movie_id, m.year) AS works) AS placed \
                 WHERE place <= ${last} ORDER BY person, place"
            );
            for KnownForRow { person, movie_id } in self.query_rows(sql, values).await? {
                found.push((person, parse_movie_id(&movie_id)?));
            }
        }
        Ok(found)
    }
}

impl Transaction {
    /// The published documents that name any of these people, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_naming(
        &self,
        people: &[&str],
    ) -> Result<Vec<DocumentKey>, StorageError> {
        let mut found = BTreeSet::new();
        for people in people.chunks(ROWS_PER_STATEMENT) {
            let credited: Vec<String> = credit::Entity::find()
                .select_only()
                .column(credit::Column::MovieId)
                .distinct()
                .filter(credit::Column::PersonId.is_in(people.iter().copied()))
                .into_tuple()
                .all(&self.connection)
                .await?;
            let nominated: Vec<String> = nomination::Entity::find()
                .select_only()
                .column(nomination::Column::MovieId)
                .distinct()
                .filter(nomination::Column::NomineeId.is_in(people.iter().copied()))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movies, category) in
                [(credited, Category::CastCrew), (nominated, Category::Awards)]
            {
                for movie in movies {
                    found.insert((parse_movie_id(&movie)?, category));
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The credits of a person: (movie, credit id).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credit_ids(&self, person: &str) -> Result<Vec<(MovieId, String)>, StorageError> {
        let rows: Vec<(String, String)> = credit::Entity::find()
            .select_only()
            .columns([credit::Column::MovieId, credit::Column::Id])
            .filter(credit::Column::PersonId.eq(person))
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter().map(|(movie, id)| Ok((parse_movie_id(&movie)?, id))).collect()
    }

    /// The nominations of a person: (movie, id of the nomination).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nomination_ids(
        &self,
        person: &str,
    ) -> Result<Vec<(MovieId, String)>, StorageError> {
        let rows: Vec<(String, String)> = nomination::Entity::find()
            .select_only()
            .columns([nomination::Column::MovieId, nomination::Column::Id])
            .filter(nomination::Column::NomineeId.eq(person))
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter().map(|(movie, id)| Ok((parse_movie_id(&movie)?, id))).collect()
    }
}
