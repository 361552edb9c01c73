//! Finding entities by their names, and giving them others.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Set, Statement,
};

use super::candidates::entities_in_blocks;
use super::name_index::{NewName, write_names};
use crate::document::MovieId;
use crate::document::entity::EntityKind;
use crate::document::ids::InvalidMovieId;
use crate::document::resolve::{Name, blocking_keys};
use crate::document::text::{comparable, index_key};
use crate::storage::tables::{entity, entity_name, movie_genre};
use crate::storage::{Database, StorageError, Transaction};

/// Where an entity stands in a list: how well its name fits, the name, and its id.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct EntityPosition {
    /// 0: a whole name; 1: the start of one; 2: a part of one.
    pub fit: i32,
    pub name_key: String,
    pub id: String,
}

/// Fewer characters than these are looked for at the start of names alone: nearly every name has them
/// somewhere.
const MIN_INFIX_CHARS: usize = 3;

/// Each once, by its best name; sorted, and cut off at a page. The names that fit are found first, in the
/// index alone: else `SQLite` would go through all entities to have them grouped, which was measured to take
/// ten times as long.
const FIND_ENTITIES: &str = "WITH fitting AS MATERIALIZED ( \
      SELECT entity_id, name_key, name FROM entity_names WHERE kind = $1 AND name_key LIKE $4 ESCAPE '\\') \
    SELECT fit, name_key, id FROM ( \
      SELECT n.entity_id AS id, \
             MIN(CASE WHEN n.name_key = $2 THEN 0 WHEN n.name_key LIKE $3 ESCAPE '\\' THEN 1 ELSE 2 END) AS fit, \
             COALESCE(MIN(CASE WHEN n.name = e.name THEN n.name_key END), MIN(n.name_key)) AS name_key \
      FROM fitting n JOIN entities e ON e.kind = $1 AND e.id = n.entity_id GROUP BY n.entity_id) AS found \
    WHERE fit > $5 OR (fit = $5 AND (name_key > $6 OR (name_key = $6 AND id > $7))) \
    ORDER BY fit, name_key, id LIMIT $8";

impl Database {
    /// A page of the entities of a kind that go by a name like that, best first; all, by name, without
    /// one. One more than `limit`, if there are more.
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

/// A name, and someone who goes by it.
#[derive(FromQueryResult)]
struct SharedNameRow {
    letters: String,
    entity_id: String,
}

/// As the index has it.
macro_rules! letters {
    ($table:literal) => {
        concat!(
            "REPLACE(REPLACE(REPLACE(REPLACE(",
            $table,
            "name_key, ' ', ''), '.', ''), '-', ''), '''', '')"
        )
    };
}

/// Names that several people go by, spacing and punctuation aside, with all of them.
const SHARED_NAMES: &str = concat!(
    "SELECT DISTINCT shared.letters, n.entity_id FROM entity_names n JOIN (SELECT ",
    letters!(""),
    " AS letters FROM entity_names WHERE kind = 'person' GROUP BY kind, ",
    letters!(""),
    " HAVING COUNT(DISTINCT entity_id) > 1 ORDER BY letters LIMIT $1) AS shared ON ",
    letters!("n."),
    " = shared.letters WHERE n.kind = 'person' ORDER BY shared.letters, n.entity_id"
);

/// What the id of someone who was made from a name begins with.
const DERIVED_ID_PREFIX: &str = "person-";

impl Database {
    /// People who share a name, spacing and punctuation aside: those of each name, in the order of the
    /// names, for so many names at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_sharing_a_name(
        &self,
        limit: u64,
    ) -> Result<Vec<Vec<String>>, StorageError> {
        let values = [i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let statement = Statement::from_sql_and_values(self.reader.backend(), SHARED_NAMES, values);
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for SharedNameRow { letters, entity_id } in
            SharedNameRow::find_by_statement(statement).all(&self.reader).await?
        {
            match groups.last_mut().filter(|(name, _)| *name == letters) {
                Some((_, people)) => people.push(entity_id),
                None => groups.push((letters, vec![entity_id])),
            }
        }
        Ok(groups.into_iter().map(|(_, people)| people).collect())
    }

    /// People who were made from a name alone, so many at most, each in a pair with every one whose name may be another
    /// form of theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_with_similar_names(
        &self,
        limit: u64,
    ) -> Result<Vec<[String; 2]>, StorageError> {
        let kind = EntityKind::Person;
        let derived: Vec<(String, String)> = entity_name::Entity::find()
            .select_only()
            .columns([entity_name::Column::EntityId, entity_name::Column::Name])
            .filter(entity_name::Column::Kind.eq(kind.as_str()))
            .filter(entity_name::Column::EntityId.starts_with(DERIVED_ID_PREFIX))
            .order_by_asc(entity_name::Column::EntityId)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut of_block: HashMap<i64, BTreeSet<&str>> = HashMap::new();
        for (id, name) in &derived {
            for block in blocking_keys::looked_up(kind, &Name::of(name)) {
                of_block.entry(block).or_default().insert(id);
            }
        }
        let mut pairs: BTreeSet<[String; 2]> = BTreeSet::new();
        for row in entities_in_blocks(&self.reader, of_block.keys().copied().collect()).await? {
            for id in
                of_block.get(&row.block).into_iter().flatten().filter(|id| **id != row.entity_id)
            {
                pairs.insert([(*id).to_owned(), row.entity_id.clone()]);
            }
        }
        Ok(pairs.into_iter().collect())
    }
}

impl Transaction {
    /// All names that an entity goes by: (the name's index key, the name).
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

    /// The own name of an entity; `None` if there is none of that id.
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

    /// Gives an entity another name of its own; the one before stays one that it goes by.
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

    /// Adds names that an entity goes by. One that it has in another spelling gets this one.
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

    /// Takes names from an entity, by their index keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_names(
        &self,
        kind: EntityKind,
        id: &str,
        keys: &[String],
    ) -> Result<(), StorageError> {
        entity_name::Entity::delete_many()
            .filter(entity_name::Column::Kind.eq(kind.as_str()))
            .filter(entity_name::Column::EntityId.eq(id))
            .filter(entity_name::Column::NameKey.is_in(keys.iter().map(String::as_str)))
            .exec(&self.connection)
            .await?;
        Ok(())
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

/// The id of a movie out of a projected row.
pub(in crate::storage) fn parse_movie_id(id: &str) -> Result<MovieId, StorageError> {
    id.parse().map_err(|error: InvalidMovieId| StorageError::Corrupt {
        what: "projection",
        key: id.to_owned(),
        reason: error.to_string(),
    })
}
