//! Sets and removes editorial locks. `document::plan::locks` applies them to a plan.

use std::collections::{HashMap, HashSet};

use super::access::{CanDraft, CanPublish};
use super::audit::{AuditOperation, AuditTarget};
use super::import::movie_not_found;
use super::{Catalog, CatalogError};
use crate::document::categories::Definition;
use crate::document::plan::locks::field_target;
use crate::document::problem::excerpt;
use crate::document::provenance::item_ids;
use crate::document::schema::definition::find;
use crate::document::text::snake_case;
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::{DocumentKey, EditorialLock, Transaction};

/// The fields and items of one document to lock or unlock.
#[derive(Debug, Clone, Default)]
pub struct LockTargets {
    /// Names of top-level fields, spelled as in a file (`release_date`) or as in GraphQL
    /// (`releaseDate`).
    pub fields: Vec<String>,
    /// Ids of items.
    pub items: Vec<String>,
}

/// The outcome of locking or unlocking.
#[derive(Debug)]
pub struct LockOutcome {
    /// The locks of the document after the change, oldest first; empty if there are problems.
    pub locks: Vec<EditorialLock>,
    /// If not empty, nothing was changed.
    pub problems: Vec<Problem>,
}

impl Catalog {
    /// The locks in the documents of these movies, by document, oldest first.
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

    /// Locks or unlocks fields and items of a document. Locking a locked target changes nothing,
    /// and neither does unlocking an unlocked one.
    ///
    /// # Errors
    /// When storage fails. Problems with the targets are part of the outcome.
    pub async fn set_locks(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        targets: &LockTargets,
        locked: bool,
    ) -> Result<LockOutcome, CatalogError> {
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
    ) -> Result<LockOutcome, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            return Ok(LockOutcome { locks: Vec::new(), problems: vec![movie_not_found(movie)] });
        }
        if targets.fields.is_empty() && targets.items.is_empty() {
            let problem = Problem::new(
                "/fields",
                ProblemCode::Required,
                "at least one field or item is required",
            );
            return Ok(LockOutcome { locks: Vec::new(), problems: vec![problem] });
        }
        let (mut found, mut problems) = field_targets(category.definition(), &targets.fields);
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
            return Ok(LockOutcome { locks: Vec::new(), problems });
        }
        let mut seen = HashSet::new();
        found.retain(|target| seen.insert(target.clone()));
        if locked {
            let (by, now) = (&permission.author.name, self.clock.now());
            transaction.add_editorial_locks(movie, category, &found, by, now).await?;
        } else {
            transaction.remove_editorial_locks(movie, category, &found).await?;
        }
        let operation =
            if locked { AuditOperation::LockFields } else { AuditOperation::UnlockFields };
        let entry = permission.author.actor.did(operation);
        let entry = entry.on(AuditTarget::movie(movie, Some(category)));
        let entry = entry.detailed(format!("{} fields or items", found.len()));
        self.record(transaction, entry).await?;
        let locks = transaction
            .editorial_locks(&[movie])
            .await?
            .remove(&(movie.clone(), category))
            .unwrap_or_default();
        Ok(LockOutcome { locks, problems })
    }

    /// The ids of the items that can be locked or unlocked: those of the published document and of
    /// the draft, and locked items that no longer exist.
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

/// The lock targets of field names, and a problem for each unknown name.
fn field_targets(definition: &Definition, names: &[String]) -> (Vec<String>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        // The form in which a lock shows its target, `/release_date`, is accepted too.
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
