//! The directory of the entities that documents mention: which ids and names exist.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::candidates;
use super::redirects::redirects;
use crate::document::resolve::directory::Directory;
use crate::document::resolve::given_ids::{NUMBERED_SOURCES, bare_number, external_values};
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::text::index_key;
use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::{entity, entity_external_id, entity_name};
use crate::storage::{Database, StorageError, Transaction};

fn values_of_kind(set: &BTreeSet<(&'static str, String)>, kind: EntityKind) -> Vec<String> {
    set.iter().filter(|(of, _)| *of == kind.as_str()).map(|(_, value)| value.clone()).collect()
}

async fn load_directory(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
) -> Result<Directory, StorageError> {
    let mut directory = Directory::default();
    // The entity of a stored resolution may have a quite different name.
    let answered = candidates::load_resolutions(connection, mentions, &mut directory).await?;
    for kind in EntityKind::ALL.iter().copied() {
        let mentioned =
            mentions.ids.keys().filter(|(of, _)| *of == kind.as_str()).map(|(_, id)| id);
        let answered = answered.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id);
        let ids: BTreeSet<String> = mentioned.chain(answered).cloned().collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let mut names = values_of_kind(&mentions.names, kind);
        names.extend(load_ids(connection, kind, &ids, mentions, &mut directory).await?);
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
    if !mentions.open_names.is_empty() {
        directory.expect_open_names();
    }
    candidates::load_candidates(connection, mentions, &mut directory).await?;
    Ok(directory)
}

/// Looks up ids in a constant number of statements. Returns the names given beside them that differ
/// from the entities' own names.
async fn load_ids(
    connection: &impl ConnectionTrait,
    kind: EntityKind,
    given: &[String],
    mentions: &Mentions,
    directory: &mut Directory,
) -> Result<Vec<String>, StorageError> {
    let numbers: Vec<(&String, String)> =
        given.iter().filter_map(|id| Some((id, bare_number(id)?))).collect();
    let spelled: BTreeSet<String> =
        given.iter().cloned().chain(numbers.iter().map(|(_, number)| number.clone())).collect();
    let ids: Vec<&str> = spelled.iter().map(String::as_str).collect();
    let mut others = Vec::new();
    // Entities to compare with the names that are given beside their ids.
    let mut compared: BTreeSet<String> = BTreeSet::new();
    for ids in ids.chunks(VALUES_PER_STATEMENT) {
        let known: Vec<(String, String)> = entity::Entity::find()
            .select_only()
            .columns([entity::Column::Id, entity::Column::Name])
            .filter(entity::Column::Kind.eq(kind.as_str()))
            .filter(entity::Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        for (id, name) in known {
            let own = index_key(&name);
            let beside = names_beside(mentions, kind, &id).filter(|beside| **beside != own);
            let count = others.len();
            others.extend(beside.cloned());
            if others.len() > count || bare_number(&id).is_some() {
                directory.known_ids_mut().add_name(kind, &id, &name);
                compared.insert(id.clone());
            }
            directory.add_id(kind, id.clone(), id);
        }
    }
    // The id of a merged entity leads to another one.
    let unknown: Vec<&str> =
        ids.iter().copied().filter(|id| directory.by_id(kind, id).is_none()).collect();
    for unknown in unknown.chunks(VALUES_PER_STATEMENT) {
        for (given, id) in redirects(connection, kind, unknown).await? {
            others.extend(names_beside(mentions, kind, &given).cloned());
            compared.insert(id.clone());
            directory.add_id(kind, given, id);
        }
    }
    for (given, number) in &numbers {
        if let Some(own) = directory.by_id(kind, number).filter(|_| *given != number) {
            let own = own.to_owned();
            directory.known_ids_mut().add_external_candidate(kind, given, &own);
        }
    }
    load_external_ids(connection, kind, given, mentions, directory, &mut compared).await?;
    // If an id is unknown, the name beside it may still lead to a person.
    if kind == EntityKind::Person {
        let unknown = given.iter().filter(|id| directory.by_id(kind, id).is_none());
        others.extend(unknown.flat_map(|id| names_beside(mentions, kind, id)).cloned());
    }
    let compared: Vec<String> = compared.into_iter().collect();
    for ids in compared.chunks(VALUES_PER_STATEMENT) {
        let rows: Vec<(String, String)> = entity_name::Entity::find()
            .select_only()
            .columns([entity_name::Column::EntityId, entity_name::Column::Name])
            .filter(entity_name::Column::Kind.eq(kind.as_str()))
            .filter(entity_name::Column::EntityId.is_in(ids.iter().map(String::as_str)))
            .order_by_asc(entity_name::Column::NameKey)
            .into_tuple()
            .all(connection)
            .await?;
        for (id, name) in rows {
            directory.known_ids_mut().add_name(kind, &id, &name);
        }
    }
    Ok(others)
}

/// The names given beside an id, in [`index_key`] form.
fn names_beside<'m>(
    mentions: &'m Mentions,
    kind: EntityKind,
    id: &str,
) -> impl Iterator<Item = &'m String> {
    mentions.ids.get(&(kind.as_str(), id.to_owned())).into_iter().flatten()
}

/// The most sources of external ids in one statement. Documents name one or two. A statement looks
/// up each of its values at each of its sources.
const SOURCES_PER_STATEMENT: usize = 50;

/// Finds entities by external ids.
async fn load_external_ids(
    connection: &impl ConnectionTrait,
    kind: EntityKind,
    given: &[String],
    mentions: &Mentions,
    directory: &mut Directory,
    compared: &mut BTreeSet<String>,
) -> Result<(), StorageError> {
    // `tmdb-person-287` is the id 287 at TMDB only. A bare number may be an id at any source.
    let mut exact: BTreeMap<String, HashMap<String, &String>> = BTreeMap::new();
    let mut bare: HashMap<String, Vec<&String>> = HashMap::new();
    for id in given {
        if directory.by_id(kind, id).is_none() {
            let entity = NewEntity { kind, id: id.clone(), name: String::new() };
            if let Some((source, value)) = entity.external_id() {
                exact.entry(source.to_owned()).or_default().insert(value.to_owned(), id);
            }
        }
        for value in external_values(id) {
            bare.entry(value).or_default().push(id);
        }
    }
    let numbers: Vec<&str> = bare.keys().map(String::as_str).collect();
    for row in external_id_rows(connection, kind, &NUMBERED_SOURCES, &numbers).await? {
        for given in bare.get(&row.value).into_iter().flatten() {
            directory.known_ids_mut().add_external_candidate(kind, given, &row.entity_id);
        }
        directory.add_id(kind, row.entity_id.clone(), row.entity_id.clone());
        compared.insert(row.entity_id);
    }
    let sources: Vec<&str> = exact.keys().map(String::as_str).collect();
    for sources in sources.chunks(SOURCES_PER_STATEMENT) {
        let of_sources = sources.iter().filter_map(|source| exact.get(*source));
        let values: BTreeSet<&str> =
            of_sources.flat_map(HashMap::keys).map(String::as_str).collect();
        let values: Vec<&str> = values.into_iter().collect();
        for row in external_id_rows(connection, kind, sources, &values).await? {
            let given = exact.get(&row.source).and_then(|values| values.get(&row.value));
            let Some(given) = given else { continue };
            if names_beside(mentions, kind, given).next().is_some() {
                compared.insert(row.entity_id.clone());
            }
            directory.add_id(kind, (*given).clone(), row.entity_id);
        }
    }
    Ok(())
}

/// The rows of these values at any of these sources.
async fn external_id_rows(
    connection: &impl ConnectionTrait,
    kind: EntityKind,
    sources: &[&str],
    values: &[&str],
) -> Result<Vec<entity_external_id::Model>, StorageError> {
    let mut found = Vec::new();
    for values in values.chunks(VALUES_PER_STATEMENT) {
        let rows = entity_external_id::Entity::find()
            .filter(entity_external_id::Column::Kind.eq(kind.as_str()))
            .filter(entity_external_id::Column::Source.is_in(sources.iter().copied()))
            .filter(entity_external_id::Column::Value.is_in(values.iter().copied()));
        found.extend(rows.all(connection).await?);
    }
    Ok(found)
}

impl Transaction {
    /// Loads all entities that `mentions` may refer to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, mentions: &Mentions) -> Result<Directory, StorageError> {
        load_directory(&self.connection, mentions).await
    }
}

impl Database {
    /// Loads all entities that `mentions` may refer to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, mentions: &Mentions) -> Result<Directory, StorageError> {
        load_directory(&self.reader, mentions).await
    }
}
