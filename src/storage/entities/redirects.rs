//! Entities that were merged into another one. An id is that of an entity or that of a merged one, never
//! both: a merged one has no row of its own, no name and no external id, so that nothing finds it but its
//! id, which leads to who it is by now. What it was is kept beside, so that it can come back.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set,
};
use serde::{Deserialize, Serialize};

use super::name_index::{NewName, write_names};
use crate::document::entity::EntityKind;
use crate::document::text::index_key;
use crate::storage::tables::{entity, entity_external_id, entity_name, merged_entity};
use crate::storage::{StorageError, Transaction};

/// A name that a merged entity had of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FormerName {
    key: String,
    name: String,
    /// Whether the one it was merged into goes by it for this reason alone.
    lent: bool,
}

/// A merged entity, as it was.
#[derive(Debug, Clone)]
struct Merged {
    id: String,
    /// Who it is by now.
    into: String,
    /// Whom it was merged into, be it that that one was merged since.
    via: String,
    name: String,
    created_at: DateTime<Utc>,
    /// When it was merged, and by whom.
    since: DateTime<Utc>,
    by: String,
    names: Vec<FormerName>,
    external_ids: Vec<(String, String)>,
}

impl Merged {
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
            since: row.merged_at,
            by: row.merged_by,
        })
    }

    fn row(&self, kind: EntityKind) -> merged_entity::ActiveModel {
        // Lists of text can be written as JSON.
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
            merged_at: Set(self.since),
            merged_by: Set(self.by.clone()),
            names: json(serde_json::to_string(&self.names)),
            external_ids: json(serde_json::to_string(&self.external_ids)),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| name.key == key)
    }

    /// Lends its names to someone who goes by those `taken` already.
    fn lend(&mut self, taken: &mut HashSet<String>) {
        for name in &mut self.names {
            name.lent = taken.insert(name.key.clone());
        }
    }

    fn lent(&self) -> impl Iterator<Item = &FormerName> {
        self.names.iter().filter(|name| name.lent)
    }
}

/// The names of a merged entity as they are stored, with keys that are folded anew. Of names that
/// have the same key by now, the first stays.
pub(in crate::storage) fn refold_names(row: &merged_entity::Model) -> Result<String, StorageError> {
    let mut merged = Merged::read(row.clone())?;
    let mut kept: Vec<FormerName> = Vec::with_capacity(merged.names.len());
    for mut name in std::mem::take(&mut merged.names) {
        name.key = index_key(&name.name);
        match kept.iter_mut().find(|other| other.key == name.key) {
            Some(other) => other.lent |= name.lent,
            None => kept.push(name),
        }
    }
    serde_json::to_string(&kept).map_err(|error| StorageError::Corrupt {
        what: "merged entity",
        key: row.id.clone(),
        reason: error.to_string(),
    })
}

/// Who merged entities are by now: (the id, whose it is).
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
    /// Which of those ids are of merged entities, each with who it is by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merged(
        &self,
        kind: EntityKind,
        ids: &[&str],
    ) -> Result<Vec<(String, String)>, StorageError> {
        redirects(&self.connection, kind, ids).await
    }

    /// Merges an entity into another one: its names and external ids go over, its id leads there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merge_entity(
        &self,
        kind: EntityKind,
        goes: &str,
        stays: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let key = (kind.as_str().to_owned(), goes.to_owned());
        let Some(row) = entity::Entity::find_by_id(key.clone()).one(&self.connection).await? else {
            return Ok(());
        };
        // Those who were merged into it before come along.
        let mut along = self.household(kind, goes).await?;
        let lent: HashSet<&str> =
            along.iter().flat_map(Merged::lent).map(|name| name.key.as_str()).collect();
        let names = self.former_names(kind, goes).await?;
        let names = names.into_iter().filter(|name| !lent.contains(name.key.as_str())).collect();
        let external_ids = self.external_ids(kind, goes).await?;
        let of_others: HashSet<&(String, String)> =
            along.iter().flat_map(|other| &other.external_ids).collect();
        let external_ids = external_ids.into_iter().filter(|id| !of_others.contains(id)).collect();
        let mut merged = Merged {
            id: row.id,
            into: stays.to_owned(),
            via: stays.to_owned(),
            name: row.name,
            created_at: row.created_at,
            since: now,
            by: by.to_owned(),
            names,
            external_ids,
        };
        let mut taken =
            self.former_names(kind, stays).await?.into_iter().map(|name| name.key).collect();
        merged.lend(&mut taken);
        for other in &mut along {
            stays.clone_into(&mut other.into);
            other.lend(&mut taken);
        }
        entity_name::Entity::delete_many()
            .filter(names_of(kind, goes))
            .exec(&self.connection)
            .await?;
        entity_external_id::Entity::update_many()
            .set(entity_external_id::ActiveModel {
                entity_id: Set(stays.to_owned()),
                ..Default::default()
            })
            .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
            .filter(entity_external_id::Column::EntityId.eq(goes))
            .exec(&self.connection)
            .await?;
        entity::Entity::delete_by_id(key).exec(&self.connection).await?;
        along.push(merged);
        let lent: Vec<&FormerName> = along.iter().flat_map(Merged::lent).collect();
        self.name(kind, stays, &lent).await?;
        self.keep_merged(kind, &along).await
    }

    /// Brings a merged entity back as it was, with those who had been merged into it before. Whether it
    /// was a merged one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bring_back(&self, kind: EntityKind, id: &str) -> Result<bool, StorageError> {
        let key = (kind.as_str().to_owned(), id.to_owned());
        let Some(row) =
            merged_entity::Entity::find_by_id(key.clone()).one(&self.connection).await?
        else {
            return Ok(false);
        };
        let merged = Merged::read(row)?;
        let from = merged.into.clone();
        let (mut along, mut staying) = (Vec::new(), self.household(kind, &from).await?);
        staying.retain(|other| other.id != id);
        let mut leaving = vec![id.to_owned()];
        while let Some(via) = leaving.pop() {
            let (following, rest): (Vec<_>, Vec<_>) =
                staying.into_iter().partition(|other| other.via == via);
            leaving.extend(following.iter().map(|other| other.id.clone()));
            along.extend(following);
            staying = rest;
        }
        self.take_names_back(kind, &from, &merged, &along, &mut staying).await?;
        for (source, value) in
            merged.external_ids.iter().chain(along.iter().flat_map(|other| &other.external_ids))
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
        for other in &mut along {
            id.clone_into(&mut other.into);
            other.lend(&mut taken);
        }
        let names: Vec<&FormerName> =
            merged.names.iter().chain(along.iter().flat_map(Merged::lent)).collect();
        merged_entity::Entity::delete_by_id(key).exec(&self.connection).await?;
        let back = entity::ActiveModel {
            kind: Set(kind.as_str().to_owned()),
            id: Set(id.to_owned()),
            name: Set(merged.name.clone()),
            created_at: Set(merged.created_at),
            details: Set(None),
        };
        entity::Entity::insert(back).exec_without_returning(&self.connection).await?;
        self.name(kind, id, &names).await?;
        along.extend(staying);
        self.keep_merged(kind, &along).await?;
        Ok(true)
    }

    /// Takes from `from` the names that only those who leave had lent it.
    async fn take_names_back(
        &self,
        kind: EntityKind,
        from: &str,
        merged: &Merged,
        along: &[Merged],
        staying: &mut [Merged],
    ) -> Result<(), StorageError> {
        let key = (kind.as_str().to_owned(), from.to_owned());
        let own = entity::Entity::find_by_id(key)
            .one(&self.connection)
            .await?
            .map(|row| index_key(&row.name));
        let mut gone = Vec::new();
        for name in merged.lent().chain(along.iter().flat_map(Merged::lent)) {
            if let Some(other) = staying.iter_mut().find(|other| other.has(&name.key)) {
                for kept in other.names.iter_mut().filter(|kept| kept.key == name.key) {
                    kept.lent = true;
                }
            } else if own.as_ref() != Some(&name.key) {
                gone.push(name.key.as_str());
            }
        }
        if !gone.is_empty() {
            let gone = names_of(kind, from).add(entity_name::Column::NameKey.is_in(gone));
            entity_name::Entity::delete_many().filter(gone).exec(&self.connection).await?;
        }
        Ok(())
    }

    /// All that were merged into someone, by now.
    async fn household(&self, kind: EntityKind, into: &str) -> Result<Vec<Merged>, StorageError> {
        let rows = merged_entity::Entity::find()
            .filter(merged_entity::Column::Kind.eq(kind.as_str()))
            .filter(merged_entity::Column::IntoId.eq(into))
            .all(&self.connection)
            .await?;
        rows.into_iter().map(Merged::read).collect()
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
            .map(|row| FormerName { key: row.name_key, name: row.name, lent: false })
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

    async fn name(
        &self,
        kind: EntityKind,
        id: &str,
        names: &[&FormerName],
    ) -> Result<(), StorageError> {
        let names: Vec<NewName<'_>> =
            names.iter().map(|name| NewName { kind, id, name: &name.name }).collect();
        write_names(&self.connection, &names).await
    }

    async fn keep_merged(&self, kind: EntityKind, merged: &[Merged]) -> Result<(), StorageError> {
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
