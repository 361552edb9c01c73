//! Renames people, ceremonies, platforms and genres, and changes their aliases. Documents keep the
//! names as credited.

use std::collections::BTreeSet;

use serde_json::json;

use super::{is_possible_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::audit::{AuditOperation, AuditTarget};
use crate::catalog::{Catalog, CatalogError};
use crate::document::problem::shown;
use crate::document::references::listed_names;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{index_key, is_blank_or_na};
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::Transaction;

/// A change of the names of an entity.
#[derive(Debug, Clone, Default)]
pub struct EntityChange {
    /// The new name.
    pub name: Option<String>,
    /// Aliases to add.
    pub add_aliases: Vec<String>,
    /// Aliases to remove.
    pub remove_aliases: Vec<String>,
}

/// The outcome of changing an entity.
#[derive(Debug)]
pub struct EntityUpdateOutcome {
    /// The current id of the entity; `None` if there is no such entity.
    pub id: Option<String>,
    /// If not empty, nothing was changed.
    pub problems: Vec<Problem>,
}

/// Maximum length of a name in characters, as in a document.
const MAX_NAME: usize = 500;

/// Trims a name and checks its length and content.
///
/// # Errors
/// A problem at `path`.
pub(super) fn validate_name(path: &str, name: &str) -> Result<String, Problem> {
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

/// A change with valid names. Each name comes with its path in the request.
struct ValidatedChange {
    /// The new name.
    name: Option<String>,
    /// The new aliases, and the new name at the path `/name`.
    added: Vec<(String, String)>,
    /// The keys of the aliases to remove.
    removed: Vec<(String, String)>,
}

impl ValidatedChange {
    fn of(change: &EntityChange) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wanted = Self { name: None, added: Vec::new(), removed: Vec::new() };
        let mut keep =
            |path: String, name: &str, into: &mut Vec<(String, String)>| match validate_name(
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
    /// Renames an entity and changes its aliases. The old name becomes an alias. Documents do not
    /// change.
    ///
    /// # Errors
    /// When storage fails. Problems with the request are part of the outcome.
    pub async fn update_entity(
        &self,
        permission: &CanPublish,
        kind: EntityKind,
        id: &str,
        change: &EntityChange,
    ) -> Result<EntityUpdateOutcome, CatalogError> {
        self.database
            .write(|transaction| async move {
                // Documents identify a genre by name only, so none may be written meanwhile.
                if kind == EntityKind::Genre && !change.remove_aliases.is_empty() {
                    transaction.advisory_lock_all_movies().await?;
                }
                transaction.advisory_lock_entities().await?;
                let outcome = self.update_entity_in(&transaction, kind, id, change).await?;
                if let Some(id) = outcome.id.as_ref().filter(|_| outcome.problems.is_empty()) {
                    let entry = permission.author.actor.did(AuditOperation::UpdateEntity);
                    let entry = entry.on(AuditTarget::new(kind.into(), id));
                    self.record(&transaction, entry).await?;
                }
                Ok(outcome)
            })
            .await
    }

    async fn update_entity_in(
        &self,
        transaction: &Transaction,
        kind: EntityKind,
        id: &str,
        change: &EntityChange,
    ) -> Result<EntityUpdateOutcome, CatalogError> {
        let given = [id.to_owned()].into_iter().filter(|id| is_possible_id(id));
        let directory = transaction.directory(&mentions(kind, given)).await?;
        let Some(id) = directory.by_id(kind, id).map(str::to_owned) else {
            let message =
                format!("there is no {} with the id {}", kind.as_str(), shown(&json!(id)));
            return Ok(EntityUpdateOutcome {
                id: None,
                problems: vec![Problem::new("/id", ProblemCode::NotFound, message)],
            });
        };
        let refused = |problems| Ok(EntityUpdateOutcome { id: Some(id.clone()), problems });
        let wanted = match ValidatedChange::of(change) {
            Ok(wanted) => wanted,
            Err(problems) => return refused(problems),
        };
        let mut problems = name_conflicts(transaction, kind, &id, &wanted).await?;
        problems.extend(removal_problems(transaction, kind, &id, &wanted).await?);
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
        Ok(EntityUpdateOutcome { id: Some(id), problems })
    }
}

/// The added names that another entity already has. Two people may share a name; other kinds, which
/// are identified by name, may not.
async fn name_conflicts(
    transaction: &Transaction,
    kind: EntityKind,
    id: &str,
    wanted: &ValidatedChange,
) -> Result<Vec<Problem>, CatalogError> {
    if !kind.has_unique_names() || wanted.added.is_empty() {
        return Ok(Vec::new());
    }
    let mut mentions = Mentions::default();
    mentions.names.extend(wanted.added.iter().map(|(_, name)| (kind.as_str(), index_key(name))));
    let directory = transaction.directory(&mentions).await?;
    let problems = wanted.added.iter().filter_map(|(path, name)| {
        let other = directory.by_name(kind, &index_key(name)).iter().find(|other| *other != id)?;
        let message =
            format!("the {} {other} already has the name {}", kind.as_str(), shown(&json!(name)));
        Some(Problem::new(path, ProblemCode::AlreadyExists, message))
    });
    Ok(problems.collect())
}

/// The aliases that cannot be removed: unknown ones, the entity's own name, and names of a genre
/// that documents use.
async fn removal_problems(
    transaction: &Transaction,
    kind: EntityKind,
    id: &str,
    wanted: &ValidatedChange,
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
    let used = if kind == EntityKind::Genre {
        names_in_documents(transaction, id).await?
    } else {
        BTreeSet::new()
    };
    for (path, key) in &wanted.removed {
        let (code, message) = if names.iter().all(|(known, _)| known != key) {
            (ProblemCode::NotFound, "the entity does not have this alias".to_owned())
        } else if own.as_ref() == Some(key) {
            (ProblemCode::Invalid, "this is the name of the entity; rename it first".to_owned())
        } else if used.contains(key) {
            (ProblemCode::Invalid, "the basic info of some movies uses this name".to_owned())
        } else {
            continue;
        };
        problems.push(Problem::new(path, code, message));
    }
    Ok(problems)
}

/// Movies per query.
const PAGE: usize = 200;

/// The keys of the names that published documents use for a genre.
async fn names_in_documents(
    transaction: &Transaction,
    genre: &str,
) -> Result<BTreeSet<String>, CatalogError> {
    let movies = transaction.movies_of_genre(genre).await?;
    let movies: Vec<&MovieId> = movies.iter().collect();
    let mut used = BTreeSet::new();
    for movies in movies.chunks(PAGE) {
        for document in transaction.documents(movies, &[Category::BasicInfo]).await? {
            let data: Object = serde_json::from_str(&document.body)?;
            let names = listed_names(document.category.definition().fields, &data);
            used.extend(names.map(|(_, name)| index_key(name)));
        }
    }
    Ok(used)
}
