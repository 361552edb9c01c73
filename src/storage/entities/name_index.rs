//! Writing names of entities with their index: comparable keys, blocking keys, and word counts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::document::resolve::{Name, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;
use crate::storage::StorageError;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::search_index::{SearchList, add_texts};
use crate::storage::tables::{entity_block, entity_name, name_word};

/// A name of an entity.
pub(in crate::storage) struct NewName<'a> {
    pub(in crate::storage) kind: EntityKind,
    pub(in crate::storage) id: &'a str,
    pub(in crate::storage) name: &'a str,
}

/// The distinct words of a person's name, and "", under which all names are counted.
fn words_of(name: &Name) -> BTreeSet<&str> {
    name.words().chain([""]).collect()
}

/// Stores names. If the entity has the same name in another spelling, the spelling is replaced.
pub(in crate::storage) async fn write_names(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
) -> Result<(), StorageError> {
    for names in names.chunks(ROWS_PER_STATEMENT) {
        let mut words = WordCounts::default();
        words.add_names(names);
        words.subtract(&known_names(connection, names).await?);
        insert_names(connection, names, words).await?;
    }
    Ok(())
}

/// Stores the names of entities that have no names yet. No two of the names may be equal.
pub(in crate::storage) async fn write_first_names(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
) -> Result<(), StorageError> {
    for names in names.chunks(ROWS_PER_STATEMENT) {
        let mut words = WordCounts::default();
        words.add_names(names);
        insert_names(connection, names, words).await?;
    }
    Ok(())
}

/// Deletes the names that a condition selects. The blocking keys stay, since the other names of the
/// entity may share them; a candidate that they lead to is compared by its names.
pub(in crate::storage) async fn delete_names(
    connection: &impl ConnectionTrait,
    selected: Condition,
) -> Result<(), StorageError> {
    let rows = entity_name::Entity::find().filter(selected.clone()).all(connection).await?;
    entity_name::Entity::delete_many().filter(selected).exec(connection).await?;
    let mut words = WordCounts::default();
    words.subtract(&rows);
    words.store(connection).await
}

/// The stored names of people that equal some of these names, apart from their spelling.
async fn known_names(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
) -> Result<Vec<entity_name::Model>, StorageError> {
    let people = names.iter().filter(|new| new.kind == EntityKind::Person);
    let keys: HashSet<(String, &str)> = people.map(|new| (index_key(new.name), new.id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = entity_name::Entity::find()
        .filter(entity_name::Column::Kind.eq(EntityKind::Person.as_str()))
        .filter(entity_name::Column::NameKey.is_in(keys.iter().map(|(key, _)| key.as_str())))
        .filter(entity_name::Column::EntityId.is_in(keys.iter().map(|(_, id)| *id)))
        .all(connection)
        .await?;
    rows.retain(|row| keys.contains(&(row.name_key.clone(), row.entity_id.as_str())));
    Ok(rows)
}

async fn insert_names(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
    words: WordCounts,
) -> Result<(), StorageError> {
    let rows = names.iter().map(|new| entity_name::ActiveModel {
        kind: Set(new.kind.as_str().to_owned()),
        name_key: Set(index_key(new.name)),
        entity_id: Set(new.id.to_owned()),
        name: Set(new.name.to_owned()),
    });
    let key =
        [entity_name::Column::Kind, entity_name::Column::NameKey, entity_name::Column::EntityId];
    let respell = OnConflict::columns(key).update_column(entity_name::Column::Name).to_owned();
    entity_name::Entity::insert_many(rows)
        .on_conflict(respell)
        .exec_without_returning(connection)
        .await?;
    let people = names.iter().filter(|new| new.kind == EntityKind::Person);
    add_texts(connection, SearchList::People, people.map(|new| index_key(new.name))).await?;
    add_blocks(connection, names).await?;
    words.store(connection).await
}

/// Adds names to the index by blocking keys.
async fn add_blocks(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
) -> Result<(), StorageError> {
    let mut rows = BTreeSet::new();
    for new in names {
        let name = Name::of(new.name);
        let blocks = blocking_keys::for_index(new.kind, &name).into_iter();
        rows.extend(blocks.map(|block| (block, new.id)));
    }
    let rows: Vec<(i64, &str)> = rows.into_iter().collect();
    for rows in rows.chunks(4 * ROWS_PER_STATEMENT) {
        let models = rows.iter().map(|(block, id)| entity_block::ActiveModel {
            block: Set(*block),
            entity_id: Set((*id).to_owned()),
        });
        let same =
            OnConflict::columns([entity_block::Column::Block, entity_block::Column::EntityId])
                .do_nothing()
                .to_owned();
        entity_block::Entity::insert_many(models)
            .on_conflict(same)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Changes of the numbers of names of people with each word.
#[derive(Default)]
struct WordCounts(BTreeMap<String, i64>);

impl WordCounts {
    /// Counts names; a name of an entity that occurs twice only once.
    fn add_names(&mut self, names: &[NewName<'_>]) {
        let mut seen = HashSet::new();
        for new in names.iter().filter(|new| new.kind == EntityKind::Person) {
            if seen.insert((new.id, index_key(new.name))) {
                self.add(new.name, 1);
            }
        }
    }

    /// Subtracts the stored names of people.
    fn subtract(&mut self, rows: &[entity_name::Model]) {
        for row in rows.iter().filter(|row| row.kind == EntityKind::Person.as_str()) {
            self.add(&row.name, -1);
        }
    }

    fn add(&mut self, name: &str, number: i64) {
        for word in words_of(&Name::of(name)) {
            *self.0.entry(word.to_owned()).or_default() += number;
        }
    }

    async fn store(self, connection: &impl ConnectionTrait) -> Result<(), StorageError> {
        let changes: Vec<(String, i64)> =
            self.0.into_iter().filter(|(_, change)| *change != 0).collect();
        for changes in changes.chunks(4 * ROWS_PER_STATEMENT) {
            let models = changes.iter().map(|(word, change)| name_word::ActiveModel {
                word: Set(word.clone()),
                people: Set(*change),
            });
            let sum = Expr::col((name_word::Entity, name_word::Column::People))
                .add(Expr::cust("excluded.people"));
            let more = OnConflict::column(name_word::Column::Word)
                .value(name_word::Column::People, sum)
                .to_owned();
            name_word::Entity::insert_many(models)
                .on_conflict(more)
                .exec_without_returning(connection)
                .await?;
        }
        if changes.iter().any(|(_, change)| *change < 0) {
            name_word::Entity::delete_many()
                .filter(name_word::Column::People.lte(0))
                .exec(connection)
                .await?;
        }
        Ok(())
    }
}

/// Rebuilds the blocking keys and the word counts.
pub(in crate::storage) async fn rebuild(
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    entity_block::Entity::delete_many().exec(connection).await?;
    name_word::Entity::delete_many().exec(connection).await?;
    let mut after: Option<NamePosition> = None;
    loop {
        let page = page_of_names(connection, after.as_ref()).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(NamePosition::of(last));
        let names: Vec<NewName<'_>> = page
            .iter()
            .filter_map(|row| {
                Some(NewName {
                    kind: EntityKind::parse(&row.kind)?,
                    id: &row.entity_id,
                    name: &row.name,
                })
            })
            .collect();
        add_blocks(connection, &names).await?;
        let mut words = WordCounts::default();
        words.add_names(&names);
        words.store(connection).await?;
    }
}

/// A position in the order of all names.
pub(in crate::storage) struct NamePosition {
    kind: String,
    name_key: String,
    entity_id: String,
}

impl NamePosition {
    pub(in crate::storage) fn of(row: &entity_name::Model) -> Self {
        Self {
            kind: row.kind.clone(),
            name_key: row.name_key.clone(),
            entity_id: row.entity_id.clone(),
        }
    }
}

/// A page of all names after a position.
pub(in crate::storage) async fn page_of_names(
    connection: &impl ConnectionTrait,
    after: Option<&NamePosition>,
) -> Result<Vec<entity_name::Model>, StorageError> {
    let mut query = entity_name::Entity::find();
    if let Some(NamePosition { kind, name_key, entity_id }) = after {
        let place = Expr::tuple([
            Expr::col(entity_name::Column::Kind),
            Expr::col(entity_name::Column::NameKey),
            Expr::col(entity_name::Column::EntityId),
        ]);
        query = query.filter(place.gt(Expr::tuple([
            Expr::val(kind),
            Expr::val(name_key),
            Expr::val(entity_id),
        ])));
    }
    let query = query
        .order_by_asc(entity_name::Column::Kind)
        .order_by_asc(entity_name::Column::NameKey)
        .order_by_asc(entity_name::Column::EntityId);
    Ok(query.limit(ROWS_PER_STATEMENT as u64).all(connection).await?)
}
