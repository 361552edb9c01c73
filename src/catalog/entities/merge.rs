//! Merges people that are the same person.

use std::collections::BTreeSet;

use serde_json::json;

use super::redirect::{Rewrite, Rewritten, problems_of};
use super::{is_possible_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::audit::{AuditEntry, AuditOperation, AuditTarget, AuditTargetKind};
use crate::catalog::import::Operation;
use crate::catalog::{Catalog, CatalogError};
use crate::document::problem::shown;
use crate::document::references::ItemReference;
use crate::document::resolve::directory::Directory;
use crate::document::schema::entities::EntityKind;
use crate::document::{Problem, ProblemCode};
use crate::storage::{Transaction, TransientError as _};

/// Which people to merge.
#[derive(Debug, Clone, Default)]
pub struct MergeRequest {
    /// The person that target.
    pub id: String,
    /// The people that are merged into that person.
    pub others: Vec<String>,
    /// Whether to plan only, without writing.
    pub dry_run: bool,
    /// Whether locked items may change.
    pub override_locks: bool,
}

/// The outcome of merging people or splitting a person.
#[derive(Debug, Default)]
pub struct ReassignmentOutcome {
    /// The current id of the person that was merged into or split; `None` if an id is wrong.
    pub id: Option<String>,
    /// For a merge: the ids of the people who were merged. Empty if nothing was written.
    pub merged: Vec<String>,
    /// For a split: the person that the items were moved to. `None` if nothing was written.
    pub other: Option<String>,
    /// The documents with replaced ids, ordered by movie and category.
    pub documents: Vec<Rewritten>,
    /// If not empty, nothing was written.
    pub problems: Vec<Problem>,
}

impl ReassignmentOutcome {
    /// Adds to an entry of the audit log how many people and documents were changed.
    pub(super) fn describe(&self, entry: AuditEntry) -> AuditEntry {
        let first = self.documents.iter().find_map(|of| of.outcome.import_id.as_deref());
        let documents = format!("{} documents", self.documents.len());
        let entry = entry.detailed(match &self.other {
            Some(other) => format!("{documents}, to {other}"),
            None => format!("{documents}, from {}", self.merged.join(" ")),
        });
        match first {
            Some(first) => entry.imported_as(first),
            None => entry,
        }
    }

    pub(super) fn refused(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::default() }
    }
}

/// The problem that there is no person of that id.
pub(super) fn no_such_person(path: impl Into<String>, id: &str) -> Problem {
    let message = format!("there is no person with the id {}", shown(&json!(id)));
    Problem::new(path, ProblemCode::NotFound, message)
}

impl Catalog {
    /// Merges people. Every published document that names one of the others gets a new revision
    /// with the id of the person that stays. Their own ids become redirects. All in one
    /// transaction.
    ///
    /// # Errors
    /// When storage fails. Problems with the request or the documents are part of the outcome.
    pub async fn merge_people(
        &self,
        permission: &CanPublish,
        merge: &MergeRequest,
    ) -> Result<ReassignmentOutcome, CatalogError> {
        let run = |transaction: std::sync::Arc<Transaction>| async move {
            self.merge_people_in(&transaction, permission, merge).await
        };
        transient_as_conflict(if merge.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        })
    }

    async fn merge_people_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        merge: &MergeRequest,
    ) -> Result<ReassignmentOutcome, CatalogError> {
        if !merge.dry_run {
            // No document may start to name the others during the merge.
            transaction.advisory_lock_all_movies().await?;
            transaction.advisory_lock_entities().await?;
        }
        let ids = merge.others.iter().chain([&merge.id]).filter(|id| is_possible_id(id)).cloned();
        let directory = transaction.directory(&mentions(EntityKind::Person, ids)).await?;
        let (target, others) = match resolve_ids(merge, &directory) {
            Ok(ids) => ids,
            Err(problems) => return Ok(ReassignmentOutcome::refused(problems)),
        };
        let other_ids: Vec<&str> = others.iter().map(String::as_str).collect();
        let documents = transaction.documents_naming(&other_ids).await?;
        let new_id = |named: ItemReference<'_>| {
            let is_other = named.kind() == EntityKind::Person
                && named.id().is_some_and(|id| others.contains(id));
            is_other.then(|| target.clone())
        };
        let request = json!({ "merge_people": { "id": target, "other_ids": others } }).to_string();
        let mut rewrite = Rewrite {
            catalog: self,
            author: &permission.author,
            operation: Operation::MergePeople,
            dry_run: true,
            override_locks: merge.override_locks,
            request: &request,
        };
        let planned = rewrite.run(transaction, &documents, &new_id).await?;
        let problems = problems_of(&planned);
        let mut outcome = ReassignmentOutcome {
            id: Some(target.clone()),
            other: None,
            merged: Vec::new(),
            documents: planned,
            problems,
        };
        if merge.dry_run || !outcome.problems.is_empty() {
            return Ok(outcome);
        }
        let (by, now) = (&permission.author.name, self.clock.now());
        for id in &others {
            transaction.merge_entity(EntityKind::Person, id, &target, by, now).await?;
        }
        rewrite.dry_run = false;
        outcome.documents = rewrite.run(transaction, &documents, &new_id).await?;
        outcome.merged = others.into_iter().collect();
        let entry = permission.author.actor.did(AuditOperation::MergePeople);
        let entry = entry.on(AuditTarget::new(AuditTargetKind::Person, &target));
        self.record(transaction, outcome.describe(entry)).await?;
        Ok(outcome)
    }
}

/// The current ids of the person that stays and of the others.
fn resolve_ids(
    merge: &MergeRequest,
    directory: &Directory,
) -> Result<(String, BTreeSet<String>), Vec<Problem>> {
    let known = |id: &str| directory.by_id(EntityKind::Person, id).map(str::to_owned);
    let mut problems = Vec::new();
    let target = known(&merge.id);
    if target.is_none() {
        problems.push(no_such_person("/id", &merge.id));
    }
    if merge.others.is_empty() {
        problems.push(Problem::new(
            "/otherIds",
            ProblemCode::Required,
            "at least one person to merge is required",
        ));
    }
    let mut others = BTreeSet::new();
    for (index, id) in merge.others.iter().enumerate() {
        let path = format!("/otherIds/{index}");
        match known(id) {
            None => problems.push(no_such_person(path, id)),
            Some(other) if Some(&other) == target.as_ref() => {
                let message = if *id == other {
                    format!("{other} cannot be merged with the same person")
                } else {
                    format!("{id} is another id of {other}")
                };
                problems.push(Problem::new(path, ProblemCode::Invalid, message));
            }
            Some(other) => {
                others.insert(other);
            }
        }
    }
    match target {
        Some(target) if problems.is_empty() => Ok((target, others)),
        _ => Err(problems),
    }
}

/// Turns an error that persists after all retries, because of concurrent writes, into a problem
/// with the code `CONFLICT`.
pub(super) fn transient_as_conflict(
    result: Result<ReassignmentOutcome, CatalogError>,
) -> Result<ReassignmentOutcome, CatalogError> {
    match result {
        Err(error) if error.is_transient() => {
            let message = "concurrent writes keep changing the same documents; nothing was \
                           written, try again";
            Ok(ReassignmentOutcome::refused(vec![Problem::new("", ProblemCode::Conflict, message)]))
        }
        result => result,
    }
}
