//! Recomputing stored search columns after the rules that produce them have changed: the folding of
//! texts, the index of names, the numbers of categories in sets, and the index of parts of texts.
//!
//! The table `index_versions` holds the version of the rules that a database was indexed with. The
//! work is done in pages in one transaction; if it is interrupted, it starts again.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::db::statements::ROWS_PER_STATEMENT;
use super::entities::name_index::{self, NamePosition};
use super::entities::redirects::refold_former_names;
use super::movies::rows::{search_text, title_key};
use super::search_index::{self, SearchList, add_texts};
use super::tables::{answer, entity, entity_name, index_version, merged_entity, movie};
use super::{Database, StorageError, Transaction};
use crate::document::CategorySet;
use crate::document::resolve::blocking_keys;
use crate::document::schema::entities::EntityKind;
use crate::document::text::folding::{self, refold_key};
use crate::document::text::index_key;

const FOLDING: &str = "folding";
const NAMES: &str = "names";
const PRESENCE: &str = "presence";
const SEARCH: &str = "search";

/// The indexes with the versions of the rules that build them.
fn current() -> [(&'static str, String); 4] {
    [
        (FOLDING, folding::VERSION.to_string()),
        (NAMES, blocking_keys::VERSION.to_string()),
        (PRESENCE, CategorySet::numbering()),
        (SEARCH, search_index::version()),
    ]
}

/// The indexes that were not built by the rules of this version.
async fn outdated(connection: &impl ConnectionTrait) -> Result<Vec<&'static str>, StorageError> {
    let versions = index_version::Entity::find().all(connection).await?;
    let is_current = |name: &str, version: &str| {
        versions.iter().any(|row| row.name == name && row.version == version)
    };
    let outdated = current().into_iter().filter(|(name, version)| !is_current(name, version));
    Ok(outdated.map(|(name, _)| name).collect())
}

impl Database {
    /// Recomputes what was built by other rules. Otherwise writes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn refresh_search_columns(&self) -> Result<(), StorageError> {
        if outdated(&self.reader).await?.is_empty() {
            return Ok(());
        }
        self.write(|transaction| async move {
            transaction.advisory_lock_all_movies().await?;
            transaction.advisory_lock_entities().await?;
            let outdated = outdated(&transaction.connection).await?;
            if outdated.contains(&FOLDING) {
                transaction.refold_movies().await?;
                transaction.refold_names().await?;
            }
            if outdated.contains(&NAMES) {
                name_index::rebuild(&transaction.connection).await?;
            }
            if outdated.contains(&PRESENCE) {
                transaction.rebuild_presence().await?;
            }
            if outdated.contains(&SEARCH) || outdated.contains(&FOLDING) {
                transaction.rebuild_search_index().await?;
            }
            for (name, version) in current().into_iter().filter(|(name, _)| outdated.contains(name))
            {
                transaction.record_index_version(name, version).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await
    }
}

impl Transaction {
    async fn record_index_version(&self, name: &str, version: String) -> Result<(), StorageError> {
        let made = index_version::ActiveModel { name: Set(name.to_owned()), version: Set(version) };
        let replace = OnConflict::column(index_version::Column::Name)
            .update_column(index_version::Column::Version)
            .to_owned();
        index_version::Entity::insert(made)
            .on_conflict(replace)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// Recomputes the search texts and sort keys of movies.
    async fn refold_movies(&self) -> Result<(), StorageError> {
        let mut after = String::new();
        loop {
            let page = movie::Entity::find()
                .filter(movie::Column::Id.gt(after.as_str()))
                .order_by_asc(movie::Column::Id)
                .limit(ROWS_PER_STATEMENT as u64)
                .all(&self.connection)
                .await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in page {
                let title = row.title.as_deref();
                let search = search_text(title, row.original_title.as_deref());
                let key = title_key(title);
                if (&search, &key) != (&row.search_text, &row.title_key) {
                    movie::Entity::update_many()
                        .col_expr(movie::Column::SearchText, Expr::value(search))
                        .col_expr(movie::Column::TitleKey, Expr::value(key))
                        .filter(movie::Column::Id.eq(row.id))
                        .exec(&self.connection)
                        .await?;
                }
            }
        }
    }

    /// Rebuilds the index of the parts of titles and of people's names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_search_index(&self) -> Result<(), StorageError> {
        let connection = &self.connection;
        search_index::clear(connection).await?;
        let mut after = String::new();
        loop {
            let page: Vec<(String, String)> = movie::Entity::find()
                .select_only()
                .columns([movie::Column::Id, movie::Column::SearchText])
                .filter(movie::Column::Id.gt(after.as_str()))
                .order_by_asc(movie::Column::Id)
                .limit(ROWS_PER_STATEMENT as u64)
                .into_tuple()
                .all(connection)
                .await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            let texts = page.into_iter().map(|(_, text)| text);
            add_texts(connection, SearchList::Titles, texts).await?;
        }
        let mut after: Option<NamePosition> = None;
        loop {
            let page = name_index::page_of_names(connection, after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(NamePosition::of(last));
            let people = page.into_iter().filter(|row| row.kind == EntityKind::Person.as_str());
            add_texts(connection, SearchList::People, people.map(|row| row.name_key)).await?;
        }
    }

    /// Recomputes the keys of all names: of entities, of merged entities and of resolutions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refold_names(&self) -> Result<(), StorageError> {
        self.refold_entity_names().await?;
        self.refold_merged_entities().await?;
        self.refold_resolutions().await
    }

    /// A row moves to another position when its key changes, and may be read again there. It is
    /// then up to date.
    async fn refold_entity_names(&self) -> Result<(), StorageError> {
        let mut after: Option<NamePosition> = None;
        loop {
            let page = name_index::page_of_names(&self.connection, after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(NamePosition::of(last));
            let changed: Vec<entity_name::Model> =
                page.into_iter().filter(|row| index_key(&row.name) != row.name_key).collect();
            if !changed.is_empty() {
                self.rekey_names(changed).await?;
            }
        }
    }

    /// Writes the new keys of names. If two names of one entity now have the same key, its primary
    /// name is kept, else the name that had the key before.
    async fn rekey_names(&self, changed: Vec<entity_name::Model>) -> Result<(), StorageError> {
        let ids: HashSet<&str> = changed.iter().map(|row| row.entity_id.as_str()).collect();
        let own: Vec<(String, String, String)> = entity::Entity::find()
            .select_only()
            .columns([entity::Column::Kind, entity::Column::Id, entity::Column::Name])
            .filter(entity::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.connection)
            .await?;
        let mut own: HashSet<(String, String, String)> = own.into_iter().collect();
        let mut gone = Condition::any();
        for row in &changed {
            gone = gone.add(
                Condition::all()
                    .add(entity_name::Column::Kind.eq(row.kind.as_str()))
                    .add(entity_name::Column::NameKey.eq(row.name_key.as_str()))
                    .add(entity_name::Column::EntityId.eq(row.entity_id.as_str())),
            );
        }
        entity_name::Entity::delete_many().filter(gone).exec(&self.connection).await?;
        let key = [
            entity_name::Column::Kind,
            entity_name::Column::NameKey,
            entity_name::Column::EntityId,
        ];
        let keep = OnConflict::columns(key).do_nothing().to_owned();
        let take = OnConflict::columns(key).update_column(entity_name::Column::Name).to_owned();
        let (own, others): (Vec<_>, Vec<_>) = changed.into_iter().partition(|row| {
            own.remove(&(row.kind.clone(), row.entity_id.clone(), row.name.clone()))
        });
        for (rows, on_conflict) in [(own, take), (others, keep)] {
            if rows.is_empty() {
                continue;
            }
            let rows = rows.into_iter().map(|row| entity_name::ActiveModel {
                name_key: Set(index_key(&row.name)),
                kind: Set(row.kind),
                entity_id: Set(row.entity_id),
                name: Set(row.name),
            });
            entity_name::Entity::insert_many(rows)
                .on_conflict(on_conflict)
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }

    async fn refold_merged_entities(&self) -> Result<(), StorageError> {
        let mut after: Option<(String, String)> = None;
        loop {
            let mut query = merged_entity::Entity::find();
            if let Some((kind, id)) = &after {
                let later = Condition::any().add(merged_entity::Column::Kind.gt(kind)).add(
                    Condition::all()
                        .add(merged_entity::Column::Kind.eq(kind))
                        .add(merged_entity::Column::Id.gt(id)),
                );
                query = query.filter(later);
            }
            let page = query
                .order_by_asc(merged_entity::Column::Kind)
                .order_by_asc(merged_entity::Column::Id)
                .limit(ROWS_PER_STATEMENT as u64)
                .all(&self.connection)
                .await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.kind.clone(), last.id.clone()));
            for row in page {
                let names = refold_former_names(&row)?;
                if names != row.names {
                    merged_entity::Entity::update_many()
                        .col_expr(merged_entity::Column::Names, Expr::value(names))
                        .filter(merged_entity::Column::Kind.eq(row.kind))
                        .filter(merged_entity::Column::Id.eq(row.id))
                        .exec(&self.connection)
                        .await?;
                }
            }
        }
    }

    /// If two resolutions now have the same key, the latest is kept.
    async fn refold_resolutions(&self) -> Result<(), StorageError> {
        let mut after: Option<(String, String, String)> = None;
        loop {
            let mut query = answer::Entity::find();
            if let Some((movie, kind, key)) = &after {
                let of_movie = Condition::all().add(answer::Column::MovieId.eq(movie));
                let of_kind = of_movie.clone().add(answer::Column::Kind.eq(kind));
                let later = Condition::any()
                    .add(answer::Column::MovieId.gt(movie))
                    .add(of_movie.add(answer::Column::Kind.gt(kind)))
                    .add(of_kind.add(answer::Column::NameKey.gt(key)));
                query = query.filter(later);
            }
            let page = query
                .order_by_asc(answer::Column::MovieId)
                .order_by_asc(answer::Column::Kind)
                .order_by_asc(answer::Column::NameKey)
                .limit(ROWS_PER_STATEMENT as u64)
                .all(&self.connection)
                .await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.movie_id.clone(), last.kind.clone(), last.name_key.clone()));
            for row in page {
                let key = refold_key(&row.name_key);
                if key != row.name_key {
                    self.rekey_resolution(row, key).await?;
                }
            }
        }
    }

    async fn rekey_resolution(&self, row: answer::Model, key: String) -> Result<(), StorageError> {
        let primary_key = |key: &str| (row.movie_id.clone(), row.kind.clone(), key.to_owned());
        answer::Entity::delete_by_id(primary_key(&row.name_key)).exec(&self.connection).await?;
        let existing = answer::Entity::find_by_id(primary_key(&key)).one(&self.connection).await?;
        if existing.as_ref().is_some_and(|existing| existing.answered_at >= row.answered_at) {
            return Ok(());
        }
        answer::Entity::delete_by_id(primary_key(&key)).exec(&self.connection).await?;
        let moved = answer::ActiveModel {
            movie_id: Set(row.movie_id),
            kind: Set(row.kind),
            name_key: Set(key),
            entity_id: Set(row.entity_id),
            answered_at: Set(row.answered_at),
            answered_by: Set(row.answered_by),
        };
        answer::Entity::insert(moved).exec_without_returning(&self.connection).await?;
        Ok(())
    }
}
