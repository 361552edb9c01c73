//! Loading the reference data: ceremonies, platforms and genres that every catalogue knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use super::documents::ROWS_PER_STATEMENT;
use super::entities::{entity, entity_external_id, entity_name, reference_version};
use super::{Database, StorageError, Transaction};
use crate::document::entity::{Directory, EntityKind, Mentions};
use crate::document::reference::{self, ReferenceEntity};
use crate::document::text::index_key;

impl Database {
    /// Loads the reference data of this version, if it was not loaded yet. Safe when several
    /// processes start at once.
    ///
    /// An entity that the catalogue has already, by id or by one of its names, keeps its id and its
    /// name, and is given the aliases and the details. A name that someone else goes by stays theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load_reference(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        if reference_version::Entity::find_by_id(reference::version()).one(&self.reader).await?.is_some() {
            return Ok(());
        }
        self.write(|transaction| async move {
            transaction.lock_entities().await?;
            transaction.load_reference(now).await
        })
        .await
    }
}

/// What is to be written.
#[derive(Default)]
struct Rows {
    made: Vec<entity::ActiveModel>,
    detailed: Vec<entity::ActiveModel>,
    names: Vec<entity_name::ActiveModel>,
    external_ids: Vec<entity_external_id::ActiveModel>,
}

impl Transaction {
    async fn load_reference(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        let version = reference::version();
        if reference_version::Entity::find_by_id(version).one(&self.connection).await?.is_some() {
            return Ok(());
        }
        let entities = reference::entities();
        let directory = self.directory(&mentions(entities)).await?;
        let rows = rows(entities, &directory, now);
        let same = || OnConflict::new().do_nothing().to_owned();
        for rows in rows.made.chunks(ROWS_PER_STATEMENT) {
            let rows = rows.iter().cloned();
            entity::Entity::insert_many(rows).exec_without_returning(&self.connection).await?;
        }
        for row in rows.detailed {
            row.update(&self.connection).await?;
        }
        for rows in rows.names.chunks(ROWS_PER_STATEMENT) {
            let rows = rows.iter().cloned();
            entity_name::Entity::insert_many(rows).on_conflict(same()).exec_without_returning(&self.connection).await?;
        }
        for rows in rows.external_ids.chunks(ROWS_PER_STATEMENT) {
            let rows = rows.iter().cloned();
            entity_external_id::Entity::insert_many(rows)
                .on_conflict(same())
                .exec_without_returning(&self.connection)
                .await?;
        }
        let loaded = reference_version::ActiveModel { version: Set(version.to_owned()), loaded_at: Set(now) };
        reference_version::Entity::insert(loaded).exec_without_returning(&self.connection).await?;
        Ok(())
    }
}

/// The ids and names under which any of them may be known already.
fn mentions(entities: &[ReferenceEntity]) -> Mentions {
    let mut mentions = Mentions::default();
    for entity in entities {
        let kind = entity.kind.as_str();
        mentions.ids.insert((kind, entity.id.clone()));
        for (source, value) in &entity.external_ids {
            mentions.ids.insert((kind, external(source, kind, value)));
        }
        let aliases = entity.aliases.iter().map(|alias| alias.name.as_str());
        mentions.names.extend(aliases.chain([entity.name.as_str()]).map(|name| (kind, index_key(name))));
    }
    mentions
}

/// The id that stands for one of elsewhere: `tmdb-platform-8`.
fn external(source: &str, kind: &str, value: &str) -> String {
    format!("{source}-{kind}-{value}")
}

fn rows(entities: &'static [ReferenceEntity], directory: &Directory, now: DateTime<Utc>) -> Rows {
    let known = known_as(entities, directory);
    let mut rows = Rows::default();
    for (index, reference) in entities.iter().enumerate() {
        let kind = reference.kind.as_str().to_owned();
        let id = known.get(&index).unwrap_or(&reference.id).clone();
        let details = Set(serde_json::to_string(&reference.details).ok().filter(|details| details != "{}"));
        let row = entity::ActiveModel { kind: Set(kind.clone()), id: Set(id.clone()), details, ..Default::default() };
        if known.contains_key(&index) {
            rows.detailed.push(entity::ActiveModel { name: NotSet, created_at: NotSet, ..row });
        } else {
            rows.made.push(entity::ActiveModel { name: Set(reference.name.clone()), created_at: Set(now), ..row });
        }
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for name in std::iter::once(reference.name.as_str()).chain(reference.unambiguous_aliases()) {
            names.entry(index_key(name)).or_insert(name);
        }
        for (name_key, name) in names {
            if directory.by_name(reference.kind, &name_key).iter().all(|other| *other == id) {
                rows.names.push(entity_name::ActiveModel {
                    kind: Set(kind.clone()),
                    name_key: Set(name_key),
                    entity_id: Set(id.clone()),
                    name: Set(name.to_owned()),
                });
            }
        }
        for (source, value) in &reference.external_ids {
            rows.external_ids.push(entity_external_id::ActiveModel {
                kind: Set(kind.clone()),
                source: Set(source.clone()),
                value: Set(value.clone()),
                entity_id: Set(id.clone()),
            });
        }
    }
    rows
}

/// Which of them the catalogue has already, and under which id: the one with its id, else the only
/// one of its name, else the only one of the first alias that anybody has.
fn known_as(entities: &'static [ReferenceEntity], directory: &Directory) -> HashMap<usize, String> {
    let mut known: HashMap<usize, String> = HashMap::new();
    let mut taken: HashSet<(EntityKind, String)> = HashSet::new();
    let mut settle = |find: &dyn Fn(&'static ReferenceEntity) -> Option<String>| {
        for (index, reference) in entities.iter().enumerate() {
            if !known.contains_key(&index)
                && let Some(id) = find(reference)
                && taken.insert((reference.kind, id.clone()))
            {
                known.insert(index, id);
            }
        }
    };
    settle(&|reference| directory.by_id(reference.kind, &reference.id).map(str::to_owned));
    settle(&|reference| {
        let kind = reference.kind;
        let ids = reference.external_ids.iter().map(|(source, value)| external(source, kind.as_str(), value));
        let found: BTreeSet<&str> = ids.filter_map(|id| directory.by_id(kind, &id)).collect();
        found.first().map(|id| (*id).to_owned())
    });
    let only = |reference: &ReferenceEntity, name: &str| match directory.by_name(reference.kind, &index_key(name)) {
        [only] => Some(only.clone()),
        _ => None,
    };
    settle(&|reference| only(reference, &reference.name));
    settle(&|reference| reference.unambiguous_aliases().find_map(|alias| only(reference, alias)));
    known
}
