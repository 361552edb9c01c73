//! Writing names of entities with their index: comparable keys, blocking keys, and word counts.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::document::resolve::{Name, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;
use crate::storage::StorageError;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
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
        let rows = names.iter().map(|new| entity_name::ActiveModel {
            kind: Set(new.kind.as_str().to_owned()),
            name_key: Set(index_key(new.name)),
            entity_id: Set(new.id.to_owned()),
            name: Set(new.name.to_owned()),
        });
        let key = [
            entity_name::Column::Kind,
            entity_name::Column::NameKey,
            entity_name::Column::EntityId,
        ];
        let respell = OnConflict::columns(key).update_column(entity_name::Column::Name).to_owned();
        entity_name::Entity::insert_many(rows)
            .on_conflict(respell)
            .exec_without_returning(connection)
            .await?;
        add_to_index(connection, names).await?;
    }
    Ok(())
}

pub(in crate::storage) async fn add_to_index(
    connection: &impl ConnectionTrait,
    names: &[NewName<'_>],
) -> Result<(), StorageError> {
    let mut rows = BTreeSet::new();
    let mut words: BTreeMap<String, i64> = BTreeMap::new();
    for new in names {
        let name = Name::of(new.name);
        rows.extend(
            blocking_keys::for_index(new.kind, &name).into_iter().map(|block| (block, new.id)),
        );
        if new.kind == EntityKind::Person {
            for word in words_of(&name) {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
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
    let words: Vec<(String, i64)> = words.into_iter().collect();
    for words in words.chunks(4 * ROWS_PER_STATEMENT) {
        let models = words.iter().map(|(word, people)| name_word::ActiveModel {
            word: Set(word.clone()),
            people: Set(*people),
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
    Ok(())
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
        add_to_index(connection, &names).await?;
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
