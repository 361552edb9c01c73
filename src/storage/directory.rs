//! People, ceremonies, platforms and genres: who exists, under which ids and names.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use super::documents::ROWS_PER_STATEMENT;
use super::entities::{entity, entity_external_id, entity_name};
use super::merged::redirects;
use super::name_index::{NewName, write_names};
use super::{Database, StorageError, Transaction, candidates};
use crate::document::entity::{Directory, EntityKind, Mentions, NewEntity};
use crate::document::reference::Details;
use crate::document::text::index_key;

/// Most values in one IN list.
pub(super) const VALUES_PER_STATEMENT: usize = 5_000;

/// An entity with all that is known of it.
#[derive(Debug, Clone)]
pub struct Entity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
    /// Other names it goes by.
    pub aliases: Vec<String>,
    /// Its ids elsewhere: (source, value).
    pub external_ids: Vec<(String, String)>,
    /// What else is known of a ceremony or a platform.
    pub details: Details,
}

fn of_kind(set: &BTreeSet<(&'static str, String)>, kind: EntityKind) -> Vec<String> {
    set.iter().filter(|(of, _)| *of == kind.as_str()).map(|(_, value)| value.clone()).collect()
}

async fn look_up(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
) -> Result<Directory, StorageError> {
    let mut directory = Directory::default();
    // Whom an answer names may go by quite another name.
    let answered = candidates::remembered(connection, mentions, &mut directory).await?;
    for kind in EntityKind::ALL.iter().copied() {
        let mentioned =
            mentions.ids.keys().filter(|(of, _)| *of == kind.as_str()).map(|(_, id)| id);
        let answered = answered.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id);
        let ids: BTreeSet<String> = mentioned.chain(answered).cloned().collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let mut names = of_kind(&mentions.names, kind);
        names.extend(look_up_ids(connection, kind, &ids, mentions, &mut directory).await?);
        for names in names.chunks(VALUES_PER_STATEMENT) {
            let rows: Vec<(String, String)> = entity_name::Entity::find()
                .select_only()
                .columns([entity_name::Column::NameKey, entity_name::Column::EntityId])
                .filter(entity_name::Column::Kind.eq(kind.as_str()))
                .filter(entity_name::Column::NameKey.is_in(names.iter().map(String::as_str)))
                .into_tuple()
                .all(connection)
                .await?;
            for (name, id) in rows {
                directory.add_name(kind, name, id);
            }
        }
    }
    directory.sort_names();
    if !mentions.open.is_empty() {
        directory.expect_open_names();
    }
    candidates::look_up(connection, mentions, &mut directory).await?;
    Ok(directory)
}

/// Looks ids up. Answers with the names beside them that are not the entities' own.
async fn look_up_ids(
    connection: &impl ConnectionTrait,
    kind: EntityKind,
    ids: &[String],
    mentions: &Mentions,
    directory: &mut Directory,
) -> Result<Vec<String>, StorageError> {
    let mut others = Vec::new();
    for ids in ids.chunks(VALUES_PER_STATEMENT) {
        let known: Vec<(String, String)> = entity::Entity::find()
            .select_only()
            .columns([entity::Column::Id, entity::Column::Name])
            .filter(entity::Column::Kind.eq(kind.as_str()))
            .filter(entity::Column::Id.is_in(ids.iter().map(String::as_str)))
            .into_tuple()
            .all(connection)
            .await?;
        for (id, name) in known {
            let key = (kind.as_str(), id);
            let beside = mentions.ids.get(&key).into_iter().flatten();
            let own = index_key(&name);
            let (count, id) = (others.len(), key.1);
            others.extend(beside.filter(|beside| **beside != own).cloned());
            directory.add_id(kind, id.clone(), id.clone());
            if others.len() > count {
                directory.add_own_name(kind, id, name);
            }
        }
    }
    // The id of someone who was merged into another one leads there.
    let unknown: Vec<&str> =
        ids.iter().map(String::as_str).filter(|id| directory.by_id(kind, id).is_none()).collect();
    for unknown in unknown.chunks(VALUES_PER_STATEMENT) {
        for (given, id) in redirects(connection, kind, unknown).await? {
            directory.add_id(kind, given, id);
        }
    }
    // An id that is not an entity's own may still be the one it has elsewhere.
    let mut elsewhere: HashMap<String, HashMap<String, String>> = HashMap::new();
    for id in ids.iter().filter(|id| directory.by_id(kind, id).is_none()) {
        let entity = NewEntity { kind, id: id.clone(), name: String::new() };
        if let Some((source, value)) = entity.external_id() {
            elsewhere.entry(source.to_owned()).or_default().insert(value.to_owned(), id.clone());
        }
    }
    for (source, values) in elsewhere {
        let wanted: Vec<&String> = values.keys().collect();
        for wanted in wanted.chunks(VALUES_PER_STATEMENT) {
            let rows = entity_external_id::Entity::find()
                .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
                .filter(entity_external_id::Column::Source.eq(source.as_str()))
                .filter(
                    entity_external_id::Column::Value
                        .is_in(wanted.iter().map(|value| value.as_str())),
                )
                .all(connection)
                .await?;
            for row in rows {
                if let Some(given) = values.get(&row.value) {
                    directory.add_id(kind, given.clone(), row.entity_id);
                }
            }
        }
    }
    Ok(others)
}

impl Transaction {
    /// All entities that `mentions` may mean.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, mentions: &Mentions) -> Result<Directory, StorageError> {
        look_up(&self.connection, mentions).await
    }

    /// Adds names that entities go by.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_aliases(&self, names: &[NewEntity]) -> Result<(), StorageError> {
        let names: Vec<NewName<'_>> = names
            .iter()
            .map(|new| NewName { kind: new.kind, id: &new.id, name: &new.name })
            .collect();
        write_names(&self.connection, &names).await
    }

    /// Stores new entities, with their own name as one they go by.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_entities(
        &self,
        entities: &[NewEntity],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for entities in entities.chunks(ROWS_PER_STATEMENT) {
            let rows = entities.iter().map(|new| entity::ActiveModel {
                kind: Set(new.kind.as_str().to_owned()),
                id: Set(new.id.clone()),
                name: Set(new.name.clone()),
                created_at: Set(now),
                details: NotSet,
            });
            entity::Entity::insert_many(rows).exec_without_returning(&self.connection).await?;
            let names: Vec<NewName<'_>> = entities
                .iter()
                .map(|new| NewName { kind: new.kind, id: &new.id, name: &new.name })
                .collect();
            write_names(&self.connection, &names).await?;
            let rows: Vec<_> = entities
                .iter()
                .filter_map(|new| {
                    let (source, value) = new.external_id()?;
                    Some(entity_external_id::ActiveModel {
                        kind: Set(new.kind.as_str().to_owned()),
                        source: Set(source.to_owned()),
                        value: Set(value.to_owned()),
                        entity_id: Set(new.id.clone()),
                    })
                })
                .collect();
            if !rows.is_empty() {
                let same = OnConflict::new().do_nothing().to_owned();
                entity_external_id::Entity::insert_many(rows)
                    .on_conflict(same)
                    .exec_without_returning(&self.connection)
                    .await?;
            }
        }
        Ok(())
    }
}

impl Database {
    /// All entities that `mentions` may mean.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, mentions: &Mentions) -> Result<Directory, StorageError> {
        look_up(&self.reader, mentions).await
    }

    /// Entities of one kind by their ids, in no order; unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entities(
        &self,
        kind: EntityKind,
        ids: &[String],
    ) -> Result<Vec<Entity>, StorageError> {
        let mut found: HashMap<String, Entity> = HashMap::new();
        for ids in ids.chunks(VALUES_PER_STATEMENT) {
            let rows = entity::Entity::find()
                .filter(entity::Column::Kind.eq(kind.as_str()))
                .filter(entity::Column::Id.is_in(ids.iter().map(String::as_str)))
                .all(&self.reader)
                .await?;
            for row in rows {
                let details = row.details.map(|details| {
                    serde_json::from_str(&details).map_err(|error| StorageError::Corrupt {
                        what: "details of an entity",
                        key: row.id.clone(),
                        reason: error.to_string(),
                    })
                });
                let entity = Entity {
                    kind,
                    id: row.id.clone(),
                    name: row.name,
                    aliases: Vec::new(),
                    external_ids: Vec::new(),
                    details: details.transpose()?.unwrap_or_default(),
                };
                found.insert(row.id, entity);
            }
            let names = entity_name::Entity::find()
                .filter(entity_name::Column::Kind.eq(kind.as_str()))
                .filter(entity_name::Column::EntityId.is_in(ids.iter().map(String::as_str)))
                .all(&self.reader)
                .await?;
            for row in names {
                if let Some(entity) = found.get_mut(&row.entity_id)
                    && entity.name != row.name
                {
                    entity.aliases.push(row.name);
                }
            }
            let external = entity_external_id::Entity::find()
                .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
                .filter(entity_external_id::Column::EntityId.is_in(ids.iter().map(String::as_str)))
                .all(&self.reader)
                .await?;
            for row in external {
                if let Some(entity) = found.get_mut(&row.entity_id) {
                    entity.external_ids.push((row.source, row.value));
                }
            }
        }
        let mut found: Vec<Entity> = found.into_values().collect();
        for entity in &mut found {
            entity.aliases.sort();
            entity.external_ids.sort();
        }
        Ok(found)
    }
}
