//! Finding entities by name, and changing their names.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Set, Statement,
};

use super::name_index::{NewName, delete_names, write_names};
use crate::document::MovieId;
use crate::document::ids::InvalidMovieId;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{comparable, index_key};
use crate::storage::movies::filter::escaped;
use crate::storage::search_index::MIN_INFIX_CHARS;
use crate::storage::tables::{entity, entity_name, movie_genre};
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// The position of an entity in a search result: how well its name matches, the name, and its id.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct EntityPosition {
    /// 0 if a whole name matches, 1 if the start of one matches, 2 if another part of one matches.
    pub fit: i32,
    pub name_key: String,
    pub id: String,
}

/// Returns each entity once, under its best name. The matching names are selected first, from the
/// index alone. Otherwise `SQLite` goes through all entities to group them, which took ten times as
/// long. It reads all names of the kind, so it is not used for people.
const FIND_ENTITIES: &str = "WITH fitting AS MATERIALIZED ( \
      SELECT entity_id, name_key, name FROM entity_names \
      WHERE kind = $1 AND name_key LIKE $4 ESCAPE '\\') \
    SELECT fit, name_key, id FROM ( \
      SELECT n.entity_id AS id, \
        MIN(CASE WHEN n.name_key = $2 THEN 0 \
          WHEN n.name_key LIKE $3 ESCAPE '\\' THEN 1 ELSE 2 END) AS fit, \
        COALESCE(MIN(CASE WHEN n.name = e.name THEN n.name_key END), MIN(n.name_key)) AS name_key \
      FROM fitting n JOIN entities e ON e.kind = $1 AND e.id = n.entity_id \
      GROUP BY n.entity_id) AS found ";
/// The page of [`FIND_ENTITIES`] after a position.
const FORWARD: &str = "\
    WHERE fit > $5 OR (fit = $5 AND (name_key > $6 OR (name_key = $6 AND id > $7))) \
    ORDER BY fit, name_key, id LIMIT $8";
/// The page of [`FIND_ENTITIES`] before a position, in reverse order.
const BACKWARD: &str = "\
    WHERE fit < $5 OR (fit = $5 AND (name_key < $6 OR (name_key = $6 AND id < $7))) \
    ORDER BY fit DESC, name_key DESC, id DESC LIMIT $8";
/// The number of entities that [`FIND_ENTITIES`] returns.
const COUNT_ENTITIES: &str = "SELECT COUNT(DISTINCT n.entity_id) AS number FROM entity_names n \
    JOIN entities e ON e.kind = $1 AND e.id = n.entity_id \
    WHERE n.kind = $1 AND n.name_key LIKE $2 ESCAPE '\\'";

/// The patterns of a search: of names that start with it, and of names that match it.
fn patterns(search: Option<&str>) -> (String, String) {
    let wanted = search.map(comparable).unwrap_or_default();
    let start = format!("{}%", escaped(&wanted));
    let is_infix = wanted.chars().count() >= MIN_INFIX_CHARS;
    let like = if is_infix { format!("%{start}") } else { start.clone() };
    (start, like)
}

impl Database {
    /// A page of the entities of a kind with a name that matches `search`, best first; without a
    /// search, all entities by name. Returns one more than the page holds if there are more, in the
    /// direction of reading.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_entities(
        &self,
        kind: EntityKind,
        search: Option<&str>,
        page: &PageRequest<EntityPosition>,
    ) -> Result<Vec<EntityPosition>, StorageError> {
        if let Some(search) = search.filter(|_| kind == EntityKind::Person) {
            return self.find_people(search, page).await;
        }
        let (start, like) = patterns(search);
        let whole = search.map(index_key).unwrap_or_default();
        let (fit, name_key, id) = match &page.from {
            Some(place) => (place.fit, place.name_key.as_str(), place.id.as_str()),
            // Before the first entity, or after the last one.
            None if page.backward => (i32::MAX, "", ""),
            None => (-1, "", ""),
        };
        let values: [sea_orm::Value; 8] = [
            kind.as_str().into(),
            whole.into(),
            start.into(),
            like.into(),
            fit.into(),
            name_key.into(),
            id.into(),
            i64::try_from(page.rows()).unwrap_or(i64::MAX).into(),
        ];
        let beyond = if page.backward { BACKWARD } else { FORWARD };
        self.query_rows(format!("{FIND_ENTITIES}{beyond}"), values.into()).await
    }

    /// The number of entities of a kind with a name that matches `search`; without a search, of all
    /// entities. Of people, at most [`MAX_COUNTED`](crate::storage::MAX_COUNTED) are counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_entities(
        &self,
        kind: EntityKind,
        search: Option<&str>,
    ) -> Result<u64, StorageError> {
        if let Some(search) = search.filter(|_| kind == EntityKind::Person) {
            return self.count_people(search).await;
        }
        let (_, like) = patterns(search);
        let values = [kind.as_str().into(), like.into()];
        let backend = self.reader.backend();
        self.read_count(Statement::from_sql_and_values(backend, COUNT_ENTITIES, values)).await
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
