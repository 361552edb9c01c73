//! Loading the reference data: ceremonies, platforms and genres that every catalogue has.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, Statement, Value};
use serde::Serialize;

use crate::document::reference::{self, ReferenceEntity};
use crate::document::resolve::directory::Directory;
use crate::document::resolve::mentions::Mentions;
use crate::document::resolve::{Name, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::storage::tables::{entity, reference_version};
use crate::storage::{Backend, Database, StorageError, Transaction};

impl Database {
    /// Loads the reference data of this version if it is not loaded yet. Safe when several
    /// processes start at the same time.
    ///
    /// An entity that the catalogue has already, by id or by name, keeps its id and name, and gets
    /// the aliases and details of the reference data. A name that another entity has is not added.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load_reference(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        if reference_version::Entity::find_by_id(reference::version())
            .one(&self.reader)
            .await?
            .is_some()
        {
            return Ok(());
        }
        let backend = self.backend;
        self.write(|transaction| async move {
            transaction.advisory_lock_entities().await?;
            transaction.load_reference(backend, now).await
        })
        .await
    }
}

/// The rows to write, in the column order of [`INTO_ENTITIES`] and the other statements.
#[derive(Default)]
struct Rows<'a> {
    made: Vec<(&'static str, &'a str, &'a str, Option<&'a str>)>,
    detailed: Vec<(&'static str, &'a str, Option<&'a str>)>,
    names: Vec<(&'static str, &'a str, &'a str, &'a str)>,
    external_ids: Vec<(&'static str, &'a str, &'a str, &'a str)>,
}

const INTO_ENTITIES: &str = "INSERT INTO entities (kind, id, name, details, created_at) \
    SELECT item.value->>0, item.value->>1, item.value->>2, item.value->>3, $2";
const INTO_NAMES: &str = "INSERT INTO entity_names (kind, name_key, entity_id, name) \
    SELECT item.value->>0, item.value->>1, item.value->>2, item.value->>3";
const INTO_BLOCKS: &str = "INSERT INTO entity_blocks (block, entity_id) \
    SELECT CAST(item.value->>0 AS BIGINT), item.value->>1";
const INTO_EXTERNAL_IDS: &str = "INSERT INTO entity_external_ids (kind, source, value, entity_id) \
    SELECT item.value->>0, item.value->>1, item.value->>2, item.value->>3";

impl Transaction {
    async fn load_reference(
        &self,
        backend: Backend,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let version = reference::version();
        if reference_version::Entity::find_by_id(version).one(&self.connection).await?.is_some() {
            return Ok(());
        }
        let entities = reference::entities();
        // A new database has no entities, and most databases that tests open are new.
        let directory = match entity::Entity::find().one(&self.connection).await? {
            Some(_) => self.directory(&mentions(entities)).await?,
            None => Directory::default(),
        };
        let known = known_as(entities, &directory);
        let details: Vec<Option<String>> = entities.iter().map(details).collect();
        let rows = rows(entities, &details, &known, &directory);
        self.insert(backend, INTO_ENTITIES, &rows.made, &[now.into()]).await?;
        for (kind, id, details) in rows.detailed {
            entity::Entity::update_many()
                .set(entity::ActiveModel {
                    details: Set(details.map(str::to_owned)),
                    ..Default::default()
                })
                .filter(entity::Column::Kind.eq(kind))
                .filter(entity::Column::Id.eq(id))
                .exec(&self.connection)
                .await?;
        }
        self.insert(backend, INTO_NAMES, &rows.names, &[]).await?;
        self.insert(backend, INTO_BLOCKS, &blocks_of(&rows.names), &[]).await?;
        self.insert(backend, INTO_EXTERNAL_IDS, &rows.external_ids, &[]).await?;
        let loaded = reference_version::ActiveModel {
            version: Set(version.to_owned()),
            loaded_at: Set(now),
        };
        reference_version::Entity::insert(loaded).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// Inserts all rows with one statement. Its text does not depend on their number. Existing rows
    /// are not changed.
    async fn insert(
        &self,
        backend: Backend,
        into: &str,
        rows: &[impl Serialize],
        more: &[Value],
    ) -> Result<(), StorageError> {
        let (backend, list) = match backend {
            Backend::Sqlite => (sea_orm::DatabaseBackend::Sqlite, "json_each($1) AS item"),
            Backend::Postgres => (
                sea_orm::DatabaseBackend::Postgres,
                "jsonb_array_elements($1::jsonb) AS item(value)",
            ),
        };
        let rows = serde_json::to_string(rows).map_err(|error| StorageError::Corrupt {
            what: "reference data",
            key: reference::version().to_owned(),
            reason: error.to_string(),
        })?;
        // Without WHERE, SQLite parses ON as part of a join.
        let sql = format!("{into} FROM {list} WHERE true ON CONFLICT DO NOTHING");
        let values = std::iter::once(Value::from(rows)).chain(more.iter().cloned());
        self.connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        Ok(())
    }
}

/// The ids and names by which the reference entities may be in the catalogue already.
fn mentions(entities: &[ReferenceEntity]) -> Mentions {
    let mut mentions = Mentions::default();
    for entity in entities {
        let kind = entity.kind.as_str();
        mentions.add_id(entity.kind, entity.id.clone());
        for id in ids_elsewhere(entity) {
            mentions.add_id(entity.kind, id);
        }
        mentions.names.extend(entity.unambiguous_names().map(|(key, _)| (kind, key.to_owned())));
    }
    mentions
}

/// The external ids of a reference entity as documents write them, for example `tmdb-platform-8`.
fn ids_elsewhere(entity: &ReferenceEntity) -> impl Iterator<Item = String> {
    entity
        .external_ids
        .iter()
        .map(|(source, value)| format!("{source}-{}-{value}", entity.kind.as_str()))
}

fn details(entity: &ReferenceEntity) -> Option<String> {
    serde_json::to_string(&entity.details).ok().filter(|details| details != "{}")
}

fn rows<'a>(
    entities: &'a [ReferenceEntity],
    details: &'a [Option<String>],
    known: &'a HashMap<usize, String>,
    directory: &Directory,
) -> Rows<'a> {
    let mut rows = Rows::default();
    for (index, (reference, details)) in entities.iter().zip(details).enumerate() {
        let kind = reference.kind.as_str();
        let details = details.as_deref();
        let id = match known.get(&index) {
            Some(id) => {
                rows.detailed.push((kind, id, details));
                id
            }
            None => {
                rows.made.push((kind, &reference.id, &reference.name, details));
                &reference.id
            }
        };
        let free =
            |key: &str| directory.by_name(reference.kind, key).iter().all(|other| other == id);
        let names = reference.unambiguous_names().filter(|(key, _)| free(key));
        rows.names.extend(names.map(|(key, name)| (kind, key, id.as_str(), name)));
        let ids = reference.external_ids.iter();
        rows.external_ids.extend(
            ids.map(|(source, value)| (kind, source.as_str(), value.as_str(), id.as_str())),
        );
    }
    rows
}

/// The blocking keys of names.
fn blocks_of<'a>(names: &[(&'static str, &'a str, &'a str, &'a str)]) -> Vec<(i64, &'a str)> {
    let names = names
        .iter()
        .filter_map(|(kind, _, id, name)| Some((EntityKind::parse(kind)?, *id, Name::of(name))));
    names
        .flat_map(|(kind, id, name)| {
            blocking_keys::for_index(kind, &name).into_iter().map(move |block| (block, id))
        })
        .collect()
}

/// The reference entities that the catalogue has already, by index, with their ids in the
/// catalogue. An entity is found by its id or external id, else by its name if only one entity has
/// it, else by its first alias that only one entity has.
fn known_as(entities: &[ReferenceEntity], directory: &Directory) -> HashMap<usize, String> {
    let mut known: HashMap<usize, String> = HashMap::new();
    let mut taken: HashSet<(EntityKind, String)> = HashSet::new();
    let mut settle = |find: &dyn Fn(&ReferenceEntity) -> Option<String>| {
        for (index, reference) in entities.iter().enumerate() {
            if !known.contains_key(&index)
                && let Some(id) = find(reference)
                && taken.insert((reference.kind, id.clone()))
            {
                known.insert(index, id);
            }
        }
    };
    let by_id = |reference: &ReferenceEntity, id: &str| {
        directory.by_id(reference.kind, id).map(str::to_owned)
    };
    settle(&|reference| by_id(reference, &reference.id));
    settle(&|reference| ids_elsewhere(reference).find_map(|id| by_id(reference, &id)));
    let only = |reference: &ReferenceEntity, key: &str| match directory.by_name(reference.kind, key)
    {
        [only] => Some(only.clone()),
        _ => None,
    };
    settle(&|reference| {
        reference.unambiguous_names().take(1).find_map(|(key, _)| only(reference, key))
    });
    settle(&|reference| reference.unambiguous_names().find_map(|(key, _)| only(reference, key)));
    known
}
