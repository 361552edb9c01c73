//! Merged entities and their redirects. An id belongs to an entity or to a merged entity, never to
//! both. A merged entity has no row in the tables of entities, names and external ids: only its id
//! is left, which leads to the entity that it is now part of. Its former state is stored, so that a
//! merge can be undone.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set,
};
use serde::{Deserialize, Serialize};

use super::name_index::{NewName, delete_names, write_names};
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;
use crate::storage::tables::{entity, entity_external_id, entity_name, merged_entity};
use crate::storage::{StorageError, Transaction};

/// A name that a merged entity had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FormerName {
    key: String,
    name: String,
    /// Whether the entity that it was merged into has the name only because of the merge.
    #[serde(rename = "lent")]
    is_transferred: bool,
}

/// A merged entity and its former state.
#[derive(Debug, Clone)]
struct MergedEntity {
    id: String,
    /// The entity that it is part of now.
    into: String,
    /// The entity that it was merged into, which may have been merged itself since.
    via: String,
    name: String,
    created_at: DateTime<Utc>,
    merged_at: DateTime<Utc>,
    by: String,
    names: Vec<FormerName>,
    external_ids: Vec<(String, String)>,
}

impl MergedEntity {
    fn read(row: merged_entity::Model) -> Result<Self, StorageError> {
        let corrupt = |error: serde_json::Error| StorageError::Corrupt {
            what: "merged entity",
            key: row.id.clone(),
            reason: error.to_string(),
        };
        Ok(Self {
            names: serde_json::from_str(&row.names).map_err(corrupt)?,
            external_ids: serde_json::from_str(&row.external_ids).map_err(corrupt)?,
            id: row.id,
            into: row.into_id,
            via: row.via_id,
            name: row.name,
            created_at: row.created_at,
            merged_at: row.merged_at,
            by: row.merged_by,
        })
    }

    fn row(&self, kind: EntityKind) -> merged_entity::ActiveModel {
        // Lists of texts always serialize.
        let json = |value: Result<String, serde_json::Error>| {
            Set(value.unwrap_or_else(|_| "[]".to_owned()))
        };
        merged_entity::ActiveModel {
            kind: Set(kind.as_str().to_owned()),
            id: Set(self.id.clone()),
            into_id: Set(self.into.clone()),
            via_id: Set(self.via.clone()),
            name: Set(self.name.clone()),
            created_at: Set(self.created_at),
            merged_at: Set(self.merged_at),
            merged_by: Set(self.by.clone()),
            names: json(serde_json::to_string(&self.names)),
            external_ids: json(serde_json::to_string(&self.external_ids)),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| name.key == key)
    }

    /// Marks the names that a merge transfers: those that are not in `taken`. Adds them to `taken`.
    fn mark_transferred_names(&mut self, taken: &mut HashSet<String>) {
        for name in &mut self.names {
            name.is_transferred = taken.insert(name.key.clone());
        }
    }

    fn transferred(&self) -> impl Iterator<Item = &FormerName> {
        self.names.iter().filter(|name| name.is_transferred)
    }
}

/// The stored names of a merged entity, as JSON, with their keys folded by the current rules. Of
/// names with the same key, the first is kept.
pub(in crate::storage) fn refold_former_names(
    row: &merged_entity::Model,
) -> Result<String, StorageError> {
    let mut merged = MergedEntity::read(row.clone())?;
    let mut kept: Vec<FormerName> = Vec::with_capacity(merged.names.len());
    for mut name in std::mem::take(&mut merged.names) {
        name.key = index_key(&name.name);
        match kept.iter_mut().find(|other| other.key == name.key) {
            Some(other) => other.is_transferred |= name.is_transferred,
            None => kept.push(name),
        }
    }
    serde_json::to_string(&kept).map_err(|error| StorageError::Corrupt {
        what: "merged entity",
        key: row.id.clone(),
        reason: error.to_string(),
    })
}

/// The entities that merged ids lead to: (merged id, id of the entity).
pub(in crate::storage) async fn redirects(
    connection: &impl ConnectionTrait,
    kind: EntityKind,
    ids: &[&str],
) -> Result<Vec<(String, String)>, StorageError> {
    let found = merged_entity::Entity::find()
        .select_only()
        .columns([merged_entity::Column::Id, merged_entity::Column::IntoId])
        .filter(merged_entity::Column::Kind.eq(kind.as_str()))
        .filter(merged_entity::Column::Id.is_in(ids.iter().copied()));
    Ok(found.into_tuple().all(connection).await?)
}

impl Transaction {
    /// The merged entities among these ids: (merged id, id of the entity that it leads to).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entity_redirects(
        &self,
        kind: EntityKind,
        ids: &[&str],
    ) -> Result<Vec<(String, String)>, StorageError> {
        redirects(&self.connection, kind, ids).await
    }

    /// Merges the entity `from` into `into`, which receives its names and external ids. The id of
    /// `from` becomes a redirect. Does nothing if there is no entity `from`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merge_entity(
        &self,
        kind: EntityKind,
        from: &str,
        into: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let key = (kind.as_str().to_owned(), from.to_owned());
        let Some(row) = entity::Entity::find_by_id(key.clone()).one(&self.connection).await? else {
            return Ok(());
        };
        // The entities that were merged into it earlier move with it.
        let mut earlier = self.merged_into(kind, from).await?;
        let transferred: HashSet<&str> = earlier
            .iter()
            .flat_map(MergedEntity::transferred)
            .map(|name| name.key.as_str())
            .collect();
        let names = self.former_names(kind, from).await?;
        let names =
            names.into_iter().filter(|name| !transferred.contains(name.key.as_str())).collect();
        let external_ids = self.external_ids(kind, from).await?;
        let of_others: HashSet<&(String, String)> =
            earlier.iter().flat_map(|other| &other.external_ids).collect();
        let external_ids = external_ids.into_iter().filter(|id| !of_others.contains(id)).collect();
        let mut merged = MergedEntity {
            id: row.id,
            into: into.to_owned(),
            via: into.to_owned(),
            name: row.name,
            created_at: row.created_at,
            merged_at: now,
            by: by.to_owned(),
            names,
            external_ids,
        };
        let mut taken =
            self.former_names(kind, into).await?.into_iter().map(|name| name.key).collect();
        merged.mark_transferred_names(&mut taken);
        for other in &mut earlier {
            into.clone_into(&mut other.into);
            other.mark_transferred_names(&mut taken);
        }
        delete_names(&self.connection, names_of(kind, from)).await?;
        entity_external_id::Entity::update_many()
            .set(entity_external_id::ActiveModel {
                entity_id: Set(into.to_owned()),
                ..Default::default()
            })
            .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
            .filter(entity_external_id::Column::EntityId.eq(from))
            .exec(&self.connection)
            .await?;
        entity::Entity::delete_by_id(key).exec(&self.connection).await?;
        earlier.push(merged);
        let transferred: Vec<&FormerName> =
            earlier.iter().flat_map(MergedEntity::transferred).collect();
        self.add_former_names(kind, into, &transferred).await?;
        self.store_merged_entities(kind, &earlier).await
    }

    /// Undoes a merge: restores the entity, and moves those that were merged into it before back to
    /// it. Returns whether `id` was a merged entity.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restore_merged_entity(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Result<bool, StorageError> {
        let key = (kind.as_str().to_owned(), id.to_owned());
        let Some(row) =
            merged_entity::Entity::find_by_id(key.clone()).one(&self.connection).await?
        else {
            return Ok(false);
        };
        let merged = MergedEntity::read(row)?;
        let from = merged.into.clone();
        let (mut earlier, mut staying) = (Vec::new(), self.merged_into(kind, &from).await?);
        staying.retain(|other| other.id != id);
        let mut leaving = vec![id.to_owned()];
        while let Some(via) = leaving.pop() {
            let (following, rest): (Vec<_>, Vec<_>) =
                staying.into_iter().partition(|other| other.via == via);
            leaving.extend(following.iter().map(|other| other.id.clone()));
            earlier.extend(following);
            staying = rest;
        }
        self.remove_transferred_names(kind, &from, &merged, &earlier, &mut staying).await?;
        for (source, value) in
            merged.external_ids.iter().chain(earlier.iter().flat_map(|other| &other.external_ids))
        {
            entity_external_id::Entity::update_many()
                .set(entity_external_id::ActiveModel {
                    entity_id: Set(id.to_owned()),
                    ..Default::default()
                })
                .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
                .filter(entity_external_id::Column::Source.eq(source.as_str()))
                .filter(entity_external_id::Column::Value.eq(value.as_str()))
                .filter(entity_external_id::Column::EntityId.eq(from.as_str()))
                .exec(&self.connection)
                .await?;
        }
        let mut taken = merged.names.iter().map(|name| name.key.clone()).collect();
        for other in &mut earlier {
            id.clone_into(&mut other.into);
            other.mark_transferred_names(&mut taken);
        }
        let names: Vec<&FormerName> =
            merged.names.iter().chain(earlier.iter().flat_map(MergedEntity::transferred)).collect();
        merged_entity::Entity::delete_by_id(key).exec(&self.connection).await?;
        let back = entity::ActiveModel {
            kind: Set(kind.as_str().to_owned()),
            id: Set(id.to_owned()),
            name: Set(merged.name.clone()),
            created_at: Set(merged.created_at),
            // Only people are merged, and they have no details.
            details: Set(None),
        };
        entity::Entity::insert(back).exec_without_returning(&self.connection).await?;
        self.add_former_names(kind, id, &names).await?;
        earlier.extend(staying);
        self.store_merged_entities(kind, &earlier).await?;
        Ok(true)
    }

    /// Removes from `from` the names that it received only from the entities that leave it.
    async fn remove_transferred_names(
        &self,
        kind: EntityKind,
        from: &str,
        merged: &MergedEntity,
        earlier: &[MergedEntity],
        staying: &mut [MergedEntity],
    ) -> Result<(), StorageError> {
        let key = (kind.as_str().to_owned(), from.to_owned());
        let own = entity::Entity::find_by_id(key)
            .one(&self.connection)
            .await?
            .map(|row| index_key(&row.name));
        let mut gone = Vec::new();
        for name in merged.transferred().chain(earlier.iter().flat_map(MergedEntity::transferred)) {
            if let Some(other) = staying.iter_mut().find(|other| other.has(&name.key)) {
                for kept in other.names.iter_mut().filter(|kept| kept.key == name.key) {
                    kept.is_transferred = true;
                }
            } else if own.as_ref() != Some(&name.key) {
                gone.push(name.key.as_str());
            }
        }
        if !gone.is_empty() {
            let gone = names_of(kind, from).add(entity_name::Column::NameKey.is_in(gone));
            delete_names(&self.connection, gone).await?;
        }
        Ok(())
    }

    /// All entities that are part of this one now.
    async fn merged_into(
        &self,
        kind: EntityKind,
        into: &str,
    ) -> Result<Vec<MergedEntity>, StorageError> {
        let rows = merged_entity::Entity::find()
            .filter(merged_entity::Column::Kind.eq(kind.as_str()))
            .filter(merged_entity::Column::IntoId.eq(into))
            .all(&self.connection)
            .await?;
        rows.into_iter().map(MergedEntity::read).collect()
    }

    async fn former_names(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Result<Vec<FormerName>, StorageError> {
        let rows =
            entity_name::Entity::find().filter(names_of(kind, id)).all(&self.connection).await?;
        Ok(rows
            .into_iter()
            .map(|row| FormerName { key: row.name_key, name: row.name, is_transferred: false })
            .collect())
    }

    async fn external_ids(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let rows = entity_external_id::Entity::find()
            .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
            .filter(entity_external_id::Column::EntityId.eq(id))
            .all(&self.connection)
            .await?;
        Ok(rows.into_iter().map(|row| (row.source, row.value)).collect())
    }

    async fn add_former_names(
        &self,
        kind: EntityKind,
        id: &str,
        names: &[&FormerName],
    ) -> Result<(), StorageError> {
        let names: Vec<NewName<'_>> =
            names.iter().map(|name| NewName { kind, id, name: &name.name }).collect();
        write_names(&self.connection, &names).await
    }

    async fn store_merged_entities(
        &self,
        kind: EntityKind,
        merged: &[MergedEntity],
    ) -> Result<(), StorageError> {
        if merged.is_empty() {
            return Ok(());
        }
        let replace = OnConflict::columns([merged_entity::Column::Kind, merged_entity::Column::Id])
            .update_columns([merged_entity::Column::IntoId, merged_entity::Column::Names])
            .to_owned();
        merged_entity::Entity::insert_many(merged.iter().map(|other| other.row(kind)))
            .on_conflict(replace)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }
}

fn names_of(kind: EntityKind, id: &str) -> Condition {
    Condition::all()
        .add(entity_name::Column::Kind.eq(kind.as_str()))
        .add(entity_name::Column::EntityId.eq(id))
}
