//! Names of people, ceremonies, platforms and genres. What a document calls them stays as it was sent.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{may_be_an_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::{EntityKind, Mentions};
use crate::document::problem::shown;
use crate::document::text::{index_key, is_blank_or_na};
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::Transaction;

/// What is to change of an entity.
#[derive(Debug, Clone, Default)]
pub struct EntityChange {
    /// What it is called from now on.
    pub name: Option<String>,
    /// Names that it also goes by.
    pub add_aliases: Vec<String>,
    /// Names that it no longer goes by.
    pub remove_aliases: Vec<String>,
}

/// What came of changing an entity.
#[derive(Debug)]
pub struct EntityUpdated {
    /// The entity's own id; `None` if there is no such entity.
    pub id: Option<String>,
    /// If there are any, nothing was changed.
    pub problems: Vec<Problem>,
}

/// Longest name; a longer one could not stand in a document.
const MAX_NAME: usize = 500;

/// A name that can be one.
pub(super) fn fit_name(path: &str, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let length = name.chars().count();
    if length > MAX_NAME {
        let message = format!("found {length} characters; at most {MAX_NAME} are allowed");
        return Err(Problem::new(path, ProblemCode::TooLong, message));
    }
    if is_blank_or_na(name) || name.contains('\0') || index_key(name).is_empty() {
        let message = format!(
            "found {}; allowed is a name of 1 to {MAX_NAME} characters",
            shown(&json!(name))
        );
        return Err(Problem::new(path, ProblemCode::Invalid, message));
    }
    Ok(name.to_owned())
}

/// A change whose names can be ones.
struct Wanted {
    /// The new name of its own.
    name: Option<String>,
    /// Every name that is to be added, with where it was said.
    added: Vec<(String, String)>,
    /// The keys of names that are to go, with where it was said.
    removed: Vec<(String, String)>,
}

impl Wanted {
    fn of(change: &EntityChange) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wanted = Self { name: None, added: Vec::new(), removed: Vec::new() };
        let mut keep = |path: String, name: &str, into: &mut Vec<(String, String)>| match fit_name(
            &path, name,
        ) {
            Ok(name) => into.push((path, name)),
            Err(problem) => problems.push(problem),
        };
        for (index, alias) in change.add_aliases.iter().enumerate() {
            keep(format!("/addAliases/{index}"), alias, &mut wanted.added);
        }
        if let Some(name) = &change.name {
            keep("/name".to_owned(), name, &mut wanted.added);
            wanted.name = wanted
                .added
                .last()
                .filter(|(path, _)| path == "/name")
                .map(|(_, name)| name.clone());
        }
        for (index, alias) in change.remove_aliases.iter().enumerate() {
            wanted.removed.push((format!("/removeAliases/{index}"), index_key(alias)));
        }
        if problems.is_empty() { Ok(wanted) } else { Err(problems) }
    }
}

impl Catalog {
    /// Renames an entity, and changes what else it goes by. The name before stays one of its aliases.
    /// No document changes.
    ///
    /// # Errors
    /// When storage fails. What speaks against it is part of the answer.
    pub async fn update_entity(
        &self,
        _: &CanPublish,
        kind: EntityKind,
        id: &str,
        change: &EntityChange,
    ) -> Result<EntityUpdated, CatalogError> {
        self.database
            .write(|transaction| async move {
                // A genre is told by its names alone: nobody may write one that is about to go.
                if kind == EntityKind::Genre && !change.remove_aliases.is_empty() {
                    transaction.advisory_lock_all_movies().await?;
                }
                transaction.advisory_lock_entities().await?;
                self.update_entity_in(&transaction, kind, id, change).await
            })
            .await
    }

    async fn update_entity_in(
        &self,
        transaction: &Transaction,
        kind: EntityKind,
        id: &str,
        change: &EntityChange,
    ) -> Result<EntityUpdated, CatalogError> {
        let given = [id.to_owned()].into_iter().filter(|id| may_be_an_id(id));
        let directory = transaction.directory(&mentions(kind, given)).await?;
        let Some(id) = directory.by_id(kind, id).map(str::to_owned) else {
            let message = format!("there is no {} of the id {}", kind.as_str(), shown(&json!(id)));
            return Ok(EntityUpdated {
                id: None,
                problems: vec![Problem::new("/id", ProblemCode::NotFound, message)],
            });
        };
        let refused = |problems| Ok(EntityUpdated { id: Some(id.clone()), problems });
        let wanted = match Wanted::of(change) {
            Ok(wanted) => wanted,
            Err(problems) => return refused(problems),
        };
        let mut problems = taken(transaction, kind, &id, &wanted).await?;
        problems.extend(not_removable(transaction, kind, &id, &wanted).await?);
        if !problems.is_empty() {
            return refused(problems);
        }
        let removed: Vec<String> = wanted.removed.into_iter().map(|(_, key)| key).collect();
        if !removed.is_empty() {
            transaction.remove_names(kind, &id, &removed).await?;
        }
        let mut seen = BTreeSet::new();
        let known = transaction.names_of(kind, &id).await?;
        let is_new = |name: &&str| known.iter().all(|(key, _)| *key != index_key(name));
        let added =
            wanted.added.iter().filter(|(path, _)| path != "/name").map(|(_, name)| name.as_str());
        let added: Vec<&str> =
            added.filter(is_new).filter(|name| seen.insert(index_key(name))).collect();
        transaction.add_names(kind, &id, &added).await?;
        if let Some(name) = &wanted.name {
            transaction.rename_entity(kind, &id, name).await?;
        }
        Ok(EntityUpdated { id: Some(id), problems })
    }
}

/// The names that someone else has already, of kinds that are told by name. Two people may share one.
async fn taken(
    transaction: &Transaction,
    kind: EntityKind,
    id: &str,
    wanted: &Wanted,
) -> Result<Vec<Problem>, CatalogError> {
    if !kind.is_told_by_name() || wanted.added.is_empty() {
        return Ok(Vec::new());
    }
    let mut mentions = Mentions::default();
    mentions.names.extend(wanted.added.iter().map(|(_, name)| (kind.as_str(), index_key(name))));
    let directory = transaction.directory(&mentions).await?;
    let problems = wanted.added.iter().filter_map(|(path, name)| {
        let other = directory.by_name(kind, &index_key(name)).iter().find(|other| *other != id)?;
        let message =
            format!("the {} {other} goes by {} already", kind.as_str(), shown(&json!(name)));
        Some(Problem::new(path, ProblemCode::AlreadyExists, message))
    });
    Ok(problems.collect())
}

/// The aliases that cannot go: those it has not, its own name, and those that documents tell it by.
async fn not_removable(
    transaction: &Transaction,
    kind: EntityKind,
    id: &str,
    wanted: &Wanted,
) -> Result<Vec<Problem>, CatalogError> {
    if wanted.removed.is_empty() {
        return Ok(Vec::new());
    }
    let names = transaction.names_of(kind, id).await?;
    let own = match &wanted.name {
        Some(name) => Some(name.clone()),
        None => transaction.own_name(kind, id).await?,
    };
    let own = own.map(|name| index_key(&name));
    let mut problems = Vec::new();
    let said = if kind == EntityKind::Genre {
        names_said(transaction, id).await?
    } else {
        BTreeSet::new()
    };
    for (path, key) in &wanted.removed {
        let (code, message) = if names.iter().all(|(known, _)| known != key) {
            (ProblemCode::NotFound, "it does not go by this name".to_owned())
        } else if own.as_ref() == Some(key) {
            (ProblemCode::Invalid, "this is its own name; give it another one first".to_owned())
        } else if said.contains(key) {
            (ProblemCode::Invalid, "there are movies whose basic info says this name".to_owned())
        } else {
            continue;
        };
        problems.push(Problem::new(path, code, message));
    }
    Ok(problems)
}

/// Documents that are read at once.
const AT_ONCE: usize = 200;

/// The names by which published documents tell a genre.
async fn names_said(
    transaction: &Transaction,
    genre: &str,
) -> Result<BTreeSet<String>, CatalogError> {
    let movies = transaction.movies_of_genre(genre).await?;
    let movies: Vec<&MovieId> = movies.iter().collect();
    let mut said = BTreeSet::new();
    for movies in movies.chunks(AT_ONCE) {
        for document in transaction.documents(movies, &[Category::BasicInfo]).await? {
            let data: Object = serde_json::from_str(&document.body)?;
            let genres = data.get("genres").and_then(Value::as_array).into_iter().flatten();
            said.extend(genres.filter_map(Value::as_str).map(index_key));
        }
    }
    Ok(said)
}
