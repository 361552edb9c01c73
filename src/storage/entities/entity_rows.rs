//! Stored entities: reading them by id, and creating them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::name_index::{NewName, write_first_names, write_names};
use crate::document::reference::Details;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::storage::db::statements::{ROWS_PER_STATEMENT, VALUES_PER_STATEMENT};
use crate::storage::tables::{entity, entity_external_id, entity_name};
use crate::storage::{Database, StorageError, Transaction};

/// An entity with its names, external ids and details.
#[derive(Debug, Clone)]
pub struct Entity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its external ids: (source, value).
    pub external_ids: Vec<(String, String)>,
    /// Details of a ceremony or a platform.
    pub details: Details,
}

impl Database {
    /// Entities of one kind by id, in no particular order. Unknown ids are left out.
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

impl Transaction {
    /// Adds names to entities.
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

    /// Stores new entities with their names and external ids.
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
            write_first_names(&self.connection, &names).await?;
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
