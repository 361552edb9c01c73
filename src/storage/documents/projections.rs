//! Writing projections. Only the rows that differ are written.

use ahash::{HashMap, HashMapExt as _, HashSet};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QuerySelect, Set};

use crate::document::MovieId;
use crate::document::projection::{CreditRow, NominationRow, OfferRow, Projection};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{credit, movie_genre, nomination, offer};
use crate::storage::{StorageError, Transaction};

/// The projection of one document before and after a change.
#[derive(Debug)]
pub struct ProjectionChange {
    pub movie: MovieId,
    pub before: Projection,
    pub after: Projection,
}

/// The rows of one table to delete and to write.
struct Difference<T> {
    removed: Vec<(String, String)>,
    written: Vec<T>,
}

fn difference<R: PartialEq, T>(
    changes: &[ProjectionChange],
    rows: fn(&Projection) -> &[R],
    id: fn(&R) -> &str,
    model: fn(&MovieId, &R) -> T,
) -> Difference<T> {
    let mut removed = Vec::new();
    let mut written = Vec::new();
    for change in changes {
        let (before, after) = (rows(&change.before), rows(&change.after));
        let previous: HashMap<&str, &R> = before.iter().map(|row| (id(row), row)).collect();
        let kept: HashSet<&str> = after.iter().map(id).collect();
        let missing = before.iter().map(id).filter(|id| !kept.contains(id));
        removed.extend(missing.map(|id| (change.movie.to_string(), id.to_owned())));
        let changed =
            after.iter().filter(|row| previous.get(id(row)).is_none_or(|previous| previous != row));
        written.extend(changed.map(|row| model(&change.movie, row)));
    }
    Difference { removed, written }
}

macro_rules! apply {
    ($connection:expr, $entity:ident, $id:ident, $difference:expr) => {{
        let Difference { removed, written } = $difference;
        let mut by_movie: HashMap<String, Vec<String>> = HashMap::new();
        for (movie, id) in removed {
            by_movie.entry(movie).or_default().push(id);
        }
        for (movie, ids) in by_movie {
            for ids in ids.chunks(ROWS_PER_STATEMENT) {
                $entity::Entity::delete_many()
                    .filter($entity::Column::MovieId.eq(movie.as_str()))
                    .filter($entity::Column::$id.is_in(ids.iter().map(String::as_str)))
                    .exec($connection)
                    .await?;
            }
        }
        for rows in written.chunks(ROWS_PER_STATEMENT) {
            let replace = OnConflict::columns([$entity::Column::MovieId, $entity::Column::$id])
                .update_columns($entity::Column::iter())
                .to_owned();
            $entity::Entity::insert_many(rows.to_vec())
                .on_conflict(replace)
                .exec_without_returning($connection)
                .await?;
        }
    }};
}

impl Transaction {
    /// Writes the differences between the projections before and after.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_projections(
        &self,
        changes: &[ProjectionChange],
    ) -> Result<(), StorageError> {
        let connection = &self.connection;
        apply!(
            connection,
            credit,
            Id,
            difference(changes, |p| &p.credits, |row: &CreditRow| &row.id, credit_model)
        );
        apply!(
            connection,
            nomination,
            Id,
            difference(
                changes,
                |p| &p.nominations,
                |row: &NominationRow| &row.id,
                nomination_model
            )
        );
        apply!(
            connection,
            offer,
            Id,
            difference(changes, |p| &p.offers, |row: &OfferRow| &row.id, offer_model)
        );
        apply!(
            connection,
            movie_genre,
            GenreId,
            difference(
                changes,
                |p| &p.genres,
                |id: &String| id,
                |movie, id| genre_model(movie, id)
            )
        );
        Ok(())
    }

    /// The ids of the people who are credited in these movies, by movie.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credited_people(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<String, HashSet<String>>, StorageError> {
        let mut credited: HashMap<String, HashSet<String>> = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String)> = credit::Entity::find()
                .select_only()
                .columns([credit::Column::MovieId, credit::Column::PersonId])
                .filter(credit::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, person) in rows {
                credited.entry(movie).or_default().insert(person);
            }
        }
        Ok(credited)
    }

    /// Deletes all projections and clears the projected columns of movies, before they are rebuilt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_projections(&self) -> Result<(), StorageError> {
        for table in ["credits", "nominations", "offers", "movie_genres"] {
            self.connection.execute_unprepared(&format!("DELETE FROM {table}")).await?;
        }
        self.clear_movie_facts().await
    }
}

fn credit_model(movie: &MovieId, row: &CreditRow) -> credit::ActiveModel {
    credit::ActiveModel {
        movie_id: Set(movie.to_string()),
        id: Set(row.id.clone()),
        person_id: Set(row.person_id.clone()),
        list: Set(row.list.to_owned()),
        part: Set(row.part.clone()),
        department: Set(row.department.clone()),
    }
}

fn nomination_model(movie: &MovieId, row: &NominationRow) -> nomination::ActiveModel {
    nomination::ActiveModel {
        movie_id: Set(movie.to_string()),
        id: Set(row.id.clone()),
        ceremony_id: Set(row.ceremony_id.clone()),
        year: Set(row.year),
        category: Set(row.category.clone()),
        nominee_id: Set(row.nominee_id.clone()),
        won: Set(row.won),
    }
}

fn offer_model(movie: &MovieId, row: &OfferRow) -> offer::ActiveModel {
    offer::ActiveModel {
        movie_id: Set(movie.to_string()),
        id: Set(row.id.clone()),
        platform_id: Set(row.platform_id.clone()),
        region: Set(row.region.clone()),
        offer_type: Set(row.offer_type.clone()),
        quality: Set(row.quality.clone()),
    }
}

fn genre_model(movie: &MovieId, id: &str) -> movie_genre::ActiveModel {
    movie_genre::ActiveModel { movie_id: Set(movie.to_string()), genre_id: Set(id.to_owned()) }
}
