//! Locks: setting and lifting them. What a lock does to an import, the plan says.

use std::collections::{HashMap, HashSet};

use super::access::{CanDraft, CanPublish};
use super::{Catalog, CatalogError};
use crate::document::categories::Definition;
use crate::document::plan::locks::field_target;
use crate::document::problem::excerpt;
use crate::document::provenance::item_ids;
use crate::document::schema::definition::find;
use crate::document::text::snake_case;
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::{DocumentKey, EditorialLock, Transaction};

/// What is to be locked or unlocked in one document.
#[derive(Debug, Clone, Default)]
pub struct LockTargets {
    /// Names of fields at the top, as in a file or as in GraphQL.
    pub fields: Vec<String>,
    /// Ids of items.
    pub items: Vec<String>,
}

/// What came of locking or unlocking.
#[derive(Debug)]
pub struct LocksSet {
    /// What is locked in the document now, oldest first; nothing if there are problems.
    pub locks: Vec<EditorialLock>,
    /// If there are any, nothing was changed.
    pub problems: Vec<Problem>,
}

impl Catalog {
    /// What is locked in the documents of those movies, oldest first for each.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn locks(
        &self,
        _: &CanDraft,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, Vec<EditorialLock>>, CatalogError> {
        Ok(self.database.editorial_locks(movies).await?)
    }

    /// Locks or unlocks fields and items of a document. What is so already stays as it is.
    ///
    /// # Errors
    /// When storage fails. What is wrong with the targets is part of the answer.
    pub async fn set_locks(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        targets: &LockTargets,
        locked: bool,
    ) -> Result<LocksSet, CatalogError> {
        self.database
            .write(|transaction| async move {
                transaction.advisory_lock_movies(&[movie]).await?;
                self.set_locks_in(&transaction, permission, movie, category, targets, locked).await
            })
            .await
    }

    async fn set_locks_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        targets: &LockTargets,
        locked: bool,
    ) -> Result<LocksSet, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            let problem =
                Problem::new("", ProblemCode::NotFound, format!("there is no movie {movie}"));
            return Ok(LocksSet { locks: Vec::new(), problems: vec![problem] });
        }
        if targets.fields.is_empty() && targets.items.is_empty() {
            let problem =
                Problem::new("/fields", ProblemCode::Required, "name at least one field or item");
            return Ok(LocksSet { locks: Vec::new(), problems: vec![problem] });
        }
        let (mut found, mut problems) = fields(category.definition(), &targets.fields);
        let known = self.known_items(transaction, movie, category, targets).await?;
        for (index, id) in targets.items.iter().enumerate() {
            if known.contains(id.as_str()) {
                found.push(id.clone());
            } else {
                let shown = excerpt(id);
                let message = format!(
                    "there is no item {shown:?} in {category} of {movie}, published or draft"
                );
                problems.push(Problem::new(
                    format!("/items/{index}"),
                    ProblemCode::NotFound,
                    message,
                ));
            }
        }
        if !problems.is_empty() {
            return Ok(LocksSet { locks: Vec::new(), problems });
        }
        let mut seen = HashSet::new();
        found.retain(|target| seen.insert(target.clone()));
        if locked {
            let (by, now) = (&permission.author.name, self.clock.now());
            transaction.add_editorial_locks(movie, category, &found, by, now).await?;
        } else {
            transaction.remove_editorial_locks(movie, category, &found).await?;
        }
        let locks = transaction
            .editorial_locks(&[movie])
            .await?
            .remove(&(movie.clone(), category))
            .unwrap_or_default();
        Ok(LocksSet { locks, problems })
    }

    /// The items of a document that can be named: those it has, those its draft has, and those that are
    /// locked and have gone.
    async fn known_items(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        targets: &LockTargets,
    ) -> Result<HashSet<String>, CatalogError> {
        let mut known = HashSet::new();
        if targets.items.is_empty() {
            return Ok(known);
        }
        let published = transaction
            .documents(&[movie], &[category])
            .await?
            .into_iter()
            .map(|document| document.body);
        let drafts =
            transaction.drafts(&[movie], &[category]).await?.into_iter().map(|draft| draft.body);
        for body in published.chain(drafts) {
            let data: Object = serde_json::from_str(&body)?;
            known.extend(item_ids(category.definition(), &data).map(str::to_owned));
        }
        let locks = transaction
            .editorial_locks(&[movie])
            .await?
            .remove(&(movie.clone(), category))
            .unwrap_or_default();
        known.extend(
            locks.into_iter().map(|lock| lock.target).filter(|target| !target.starts_with('/')),
        );
        Ok(known)
    }
}

/// The targets that names of fields mean.
fn fields(definition: &Definition, names: &[String]) -> (Vec<String>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        // As a lock shows it is well, too.
        let field = find(definition.fields, &snake_case(name.strip_prefix('/').unwrap_or(name)));
        match field {
            Some(field) => found.push(field_target(field.name)),
            None => {
                let shown = excerpt(name);
                let allowed: Vec<_> = definition.fields.iter().map(|field| field.name).collect();
                let message = format!("found {shown:?}; allowed are {}", allowed.join(", "));
                problems.push(Problem::new(
                    format!("/fields/{index}"),
                    ProblemCode::Invalid,
                    message,
                ));
            }
        }
    }
    (found, problems)
}
