//! Merging people who are one.

use std::collections::BTreeSet;

use serde_json::json;

use super::redirect::{Rewrite, Rewritten, problems_of};
use super::{may_be_an_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::import::Operation;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::{Directory, EntityKind};
use crate::document::problem::shown;
use crate::document::references::Reference;
use crate::document::{Problem, ProblemCode};
use crate::storage::{Transaction, TransientError as _};

/// Who is to be merged into whom.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    /// Who stays.
    pub id: String,
    /// Who they are as well.
    pub others: Vec<String>,
    /// Whether to plan only: nothing is written.
    pub dry_run: bool,
    /// Whether items that are locked may change.
    pub override_locks: bool,
}

/// What came of mending people.
#[derive(Debug, Default)]
pub struct Mended {
    /// Whoever was mended, by the id they have; `None` if there are problems with the ids.
    pub id: Option<String>,
    /// Of a split, whoever has the credits now.
    pub other: Option<String>,
    /// The documents that named someone by another id, in order.
    pub documents: Vec<Rewritten>,
    /// If there are any, nothing was written.
    pub problems: Vec<Problem>,
}

impl Mended {
    pub(super) fn refused(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::default() }
    }
}

/// There is no person of that id.
pub(super) fn nobody(path: impl Into<String>, id: &str) -> Problem {
    let message = format!("there is no person of the id {}", shown(&json!(id)));
    Problem::new(path, ProblemCode::NotFound, message)
}

impl Catalog {
    /// Merges people who are one: every published document that names one of the others names the one
    /// who stays, as a new revision. All of it in one transaction, or nothing.
    ///
    /// # Errors
    /// When storage fails. What speaks against it is part of the answer.
    pub async fn merge_people(
        &self,
        permission: &CanPublish,
        merge: &Merge,
    ) -> Result<Mended, CatalogError> {
        let run = |transaction: std::sync::Arc<Transaction>| async move {
            self.merge_people_in(&transaction, permission, merge).await
        };
        settled(if merge.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        })
    }

    async fn merge_people_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        merge: &Merge,
    ) -> Result<Mended, CatalogError> {
        if !merge.dry_run {
            // Nobody may begin to name the others while they go.
            transaction.advisory_lock_all_movies().await?;
            transaction.advisory_lock_entities().await?;
        }
        let ids = merge.others.iter().chain([&merge.id]).filter(|id| may_be_an_id(id)).cloned();
        let directory = transaction.directory(&mentions(EntityKind::Person, ids)).await?;
        let (stays, others) = match who(merge, &directory) {
            Ok(who) => who,
            Err(problems) => return Ok(Mended::refused(problems)),
        };
        let going: Vec<&str> = others.iter().map(String::as_str).collect();
        let documents = transaction.documents_naming(&going).await?;
        let other = |named: Reference<'_>| {
            (named.kind == EntityKind::Person && others.contains(named.id)).then(|| stays.clone())
        };
        let request = json!({ "merge_people": { "id": stays, "other_ids": others } }).to_string();
        let mut rewrite = Rewrite {
            catalog: self,
            author: &permission.author,
            operation: Operation::MergePeople,
            dry_run: true,
            override_locks: merge.override_locks,
            request: &request,
        };
        let planned = rewrite.run(transaction, &documents, &other).await?;
        let problems = problems_of(&planned);
        let mut mended =
            Mended { id: Some(stays.clone()), other: None, documents: planned, problems };
        if merge.dry_run || !mended.problems.is_empty() {
            return Ok(mended);
        }
        let (by, now) = (&permission.author.name, self.clock.now());
        for id in &others {
            transaction.merge_entity(EntityKind::Person, id, &stays, by, now).await?;
        }
        rewrite.dry_run = false;
        mended.documents = rewrite.run(transaction, &documents, &other).await?;
        Ok(mended)
    }
}

/// Who stays, and who goes.
fn who(merge: &Merge, directory: &Directory) -> Result<(String, BTreeSet<String>), Vec<Problem>> {
    let known = |id: &str| directory.by_id(EntityKind::Person, id).map(str::to_owned);
    let mut problems = Vec::new();
    let stays = known(&merge.id);
    if stays.is_none() {
        problems.push(nobody("/id", &merge.id));
    }
    if merge.others.is_empty() {
        problems.push(Problem::new(
            "/otherIds",
            ProblemCode::Required,
            "name at least one person to merge",
        ));
    }
    let mut others = BTreeSet::new();
    for (index, id) in merge.others.iter().enumerate() {
        let path = format!("/otherIds/{index}");
        match known(id) {
            None => problems.push(nobody(path, id)),
            Some(other) if Some(&other) == stays.as_ref() => {
                let message = if *id == other {
                    format!("{other} cannot be merged with themselves")
                } else {
                    format!("{id} is {other} already")
                };
                problems.push(Problem::new(path, ProblemCode::Invalid, message));
            }
            Some(other) => {
                others.insert(other);
            }
        }
    }
    match stays {
        Some(stays) if problems.is_empty() => Ok((stays, others)),
        _ => Err(problems),
    }
}

/// What was tried again and again, with someone else first each time, is an answer and no fault.
pub(super) fn settled(done: Result<Mended, CatalogError>) -> Result<Mended, CatalogError> {
    match done {
        Err(error) if error.is_transient() => {
            let message = "others keep changing the same; nothing was written, try again";
            Ok(Mended::refused(vec![Problem::new("", ProblemCode::Conflict, message)]))
        }
        done => done,
    }
}
