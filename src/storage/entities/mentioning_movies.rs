//! The movies with documents that name a ceremony, a platform or a genre. Each query takes many
//! entities, so a list of entities needs no more statements than one entity.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, IdenStatic as _, Value};

use super::names::parse_movie_id;
use crate::document::MovieId;
use crate::document::schema::entities::EntityKind;
use crate::storage::db::statements::{ROWS_PER_STATEMENT, placeholders};
use crate::storage::{Database, MovieOrder, MoviePageRequest, StorageError};

#[derive(FromQueryResult)]
struct MentionRow {
    entity: String,
    movie_id: String,
}

#[derive(FromQueryResult)]
struct MovieCountRow {
    entity: String,
    movies: i64,
}

/// The table and the column of the projection that refers to entities of this kind.
const fn projection(kind: EntityKind) -> (&'static str, &'static str) {
    match kind {
        EntityKind::Person => ("credits", "person_id"),
        EntityKind::Ceremony => ("nominations", "ceremony_id"),
        EntityKind::Platform => ("offers", "platform_id"),
        EntityKind::Genre => ("movie_genres", "genre_id"),
    }
}

impl Database {
    /// For each entity, the movies that name it, after a position: (entity id, movie id), in the
    /// requested order, and one more than the page holds if there are more. `None` if the cursor
    /// does not fit the order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn movies_naming(
        &self,
        kind: EntityKind,
        entities: &[String],
        order: MovieOrder,
        page: &MoviePageRequest,
    ) -> Result<Option<Vec<(String, MovieId)>>, StorageError> {
        let (table, column) = projection(kind);
        let sorted = order.column();
        let sorted = sorted.as_str();
        let (direction, beyond) =
            if order.descending == page.backward { ("ASC", ">") } else { ("DESC", "<") };
        let mut found = Vec::new();
        for entities in entities.chunks(ROWS_PER_STATEMENT) {
            let mut values: Vec<Value> = entities.iter().map(|id| id.as_str().into()).collect();
            let (all, last) = (placeholders(values.len()), values.len() + 1);
            values.push(i64::try_from(page.rows()).unwrap_or(i64::MAX).into());
            let mut condition = String::new();
            if let Some((value, id)) = &page.from {
                let Some(bound) = order.parse_sort_value(value) else { return Ok(None) };
                let (bound_at, id_at) = (last + 1, last + 2);
                condition = format!(
                    "WHERE m.{sorted} {beyond} ${bound_at} OR \
                     (m.{sorted} = ${bound_at} AND m.id {beyond} ${id_at})"
                );
                values.extend([bound, id.as_str().into()]);
            }
            let sql = format!(
                "SELECT entity, movie_id FROM ( \
                   SELECT named.entity, named.movie_id, ROW_NUMBER() OVER (PARTITION BY \
                     named.entity ORDER BY m.{sorted} {direction}, m.id {direction}) AS place \
                   FROM ( \
                     SELECT DISTINCT {column} AS entity, movie_id FROM {table} \
                     WHERE {column} IN ({all})) AS named \
                   JOIN movies m ON m.id = named.movie_id {condition}) AS placed \
                 WHERE place <= ${last} ORDER BY entity, place"
            );
            for MentionRow { entity, movie_id } in self.query_rows(sql, values).await? {
                found.push((entity, parse_movie_id(&movie_id)?));
            }
        }
        Ok(Some(found))
    }

    /// The number of movies that name each of these entities. Entities without movies are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_movies_naming(
        &self,
        kind: EntityKind,
        entities: &[String],
    ) -> Result<HashMap<String, u64>, StorageError> {
        let (table, column) = projection(kind);
        let mut found = HashMap::new();
        for entities in entities.chunks(ROWS_PER_STATEMENT) {
            let values: Vec<Value> = entities.iter().map(|id| id.as_str().into()).collect();
            let all = placeholders(values.len());
            let sql = format!(
                "SELECT {column} AS entity, COUNT(DISTINCT movie_id) AS movies FROM {table} \
                 WHERE {column} IN ({all}) GROUP BY {column}"
            );
            for MovieCountRow { entity, movies } in self.query_rows(sql, values).await? {
                found.insert(entity, u64::try_from(movies).unwrap_or_default());
            }
        }
        Ok(found)
    }
}
