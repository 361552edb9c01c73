//! Finding entities by name, and changing their names.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Set, Statement,
};

use super::name_index::{NewName, delete_names, write_names};
use crate::document::MovieId;
use crate::document::ids::InvalidMovieId;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{comparable, index_key};
use crate::storage::tables::{entity, entity_name, movie_genre};
use crate::storage::{Database, StorageError, Transaction};

/// The position of an entity in a search result: how well its name matches, the name, and its id.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct EntityPosition {
    /// 0 if a whole name matches, 1 if the start of one matches, 2 if another part of one matches.
    pub fit: i32,
    pub name_key: String,
    pub id: String,
}

/// Shorter searches match only the start of a name, since nearly every name contains them
/// somewhere.
const MIN_INFIX_CHARS: usize = 3;

/// Returns each entity once, under its best name, sorted and limited to a page. The matching names
/// are selected first, from the index alone. Otherwise `SQLite` goes through all entities to group
/// them, which took ten times as long.
const FIND_ENTITIES: &str = "WITH fitting AS MATERIALIZED ( \
      SELECT entity_id, name_key, name FROM entity_names \
      WHERE kind = $1 AND name_key LIKE $4 ESCAPE '\\') \
    SELECT fit, name_key, id FROM ( \
      SELECT n.entity_id AS id, \
        MIN(CASE WHEN n.name_key = $2 THEN 0 \
          WHEN n.name_key LIKE $3 ESCAPE '\\' THEN 1 ELSE 2 END) AS fit, \
        COALESCE(MIN(CASE WHEN n.name = e.name THEN n.name_key END), MIN(n.name_key)) AS name_key \
      FROM fitting n JOIN entities e ON e.kind = $1 AND e.id = n.entity_id \
      GROUP BY n.entity_id) AS found \
    WHERE fit > $5 OR (fit = $5 AND (name_key > $6 OR (name_key = $6 AND id > $7))) \
    ORDER BY fit, name_key, id LIMIT $8";

impl Database {
    /// A page of the entities of a kind with a name that matches `search`, best first; without a
    /// search, all entities by name. Returns one more than `limit` if there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_entities(
        &self,
        kind: EntityKind,
        search: Option<&str>,
        after: Option<&EntityPosition>,
        limit: u64,
    ) -> Result<Vec<EntityPosition>, StorageError> {
        let wanted = search.map(comparable).unwrap_or_default();
        let escaped = wanted.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let start = format!("{escaped}%");
        let is_infix = wanted.chars().count() >= MIN_INFIX_CHARS;
        let like = if is_infix { format!("%{start}") } else { start.clone() };
        let whole = search.map(index_key).unwrap_or_default();
        let (fit, name_key, id) =
            after.map_or((-1, "", ""), |place| (place.fit, &place.name_key, &place.id));
        let values: [sea_orm::Value; 8] = [
            kind.as_str().into(),
            whole.into(),
            start.into(),
            like.into(),
            fit.into(),
            name_key.into(),
            id.into(),
            i64::try_from(limit + 1).unwrap_or(i64::MAX).into(),
        ];
        let statement =
            Statement::from_sql_and_values(self.reader.backend(), FIND_ENTITIES, values);
        Ok(EntityPosition::find_by_statement(statement).all(&self.reader).await?)
    }
}

impl Transaction {
    /// All names of an entity: (index key, name).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn names_of(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let rows = entity_name::Entity::find()
            .filter(entity_name::Column::Kind.eq(kind.as_str()))
            .filter(entity_name::Column::EntityId.eq(id))
            .all(&self.connection)
            .await?;
        Ok(rows.into_iter().map(|row| (row.name_key, row.name)).collect())
    }

    /// The primary name of an entity; `None` if there is no such entity.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own_name(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Result<Option<String>, StorageError> {
        let key = (kind.as_str().to_owned(), id.to_owned());
        Ok(entity::Entity::find_by_id(key).one(&self.connection).await?.map(|row| row.name))
    }

    /// Changes the primary name of an entity. Its former name becomes an alias.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rename_entity(
        &self,
        kind: EntityKind,
        id: &str,
        name: &str,
    ) -> Result<(), StorageError> {
        entity::Entity::update_many()
            .set(entity::ActiveModel { name: Set(name.to_owned()), ..Default::default() })
            .filter(entity::Column::Kind.eq(kind.as_str()))
            .filter(entity::Column::Id.eq(id))
            .exec(&self.connection)
            .await?;
        self.add_names(kind, id, &[name]).await
    }

    /// Adds names to an entity. If it has the same name in another spelling, the spelling is
    /// replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_names(
        &self,
        kind: EntityKind,
        id: &str,
        names: &[&str],
    ) -> Result<(), StorageError> {
        let names: Vec<NewName<'_>> = names.iter().map(|name| NewName { kind, id, name }).collect();
        write_names(&self.connection, &names).await
    }

    /// Removes names from an entity, by their index keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_names(
        &self,
        kind: EntityKind,
        id: &str,
        keys: &[String],
    ) -> Result<(), StorageError> {
        let selected = Condition::all()
            .add(entity_name::Column::Kind.eq(kind.as_str()))
            .add(entity_name::Column::EntityId.eq(id))
            .add(entity_name::Column::NameKey.is_in(keys.iter().map(String::as_str)));
        delete_names(&self.connection, selected).await
    }

    /// The movies of a genre.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn movies_of_genre(&self, genre: &str) -> Result<Vec<MovieId>, StorageError> {
        let movies: Vec<String> = movie_genre::Entity::find()
            .select_only()
            .column(movie_genre::Column::MovieId)
            .filter(movie_genre::Column::GenreId.eq(genre))
            .into_tuple()
            .all(&self.connection)
            .await?;
        movies.into_iter().map(|movie| parse_movie_id(&movie)).collect()
    }
}

/// Parses the movie id of a projected row.
pub(in crate::storage) fn parse_movie_id(id: &str) -> Result<MovieId, StorageError> {
    id.parse().map_err(|error: InvalidMovieId| StorageError::Corrupt {
        what: "projection",
        key: id.to_owned(),
        reason: error.to_string(),
    })
}
