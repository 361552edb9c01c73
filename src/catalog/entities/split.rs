//! Splits a person that is two people: moves some credits and nominations to another person.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use super::merge::{ReassignmentOutcome, no_such_person, transient_as_conflict};
use super::redirect::{Rewrite, problems_of};
use super::rename::validate_name;
use super::{is_possible_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::audit::{AuditOperation, AuditTarget, AuditTargetKind};
use crate::catalog::import::Operation;
use crate::catalog::{Catalog, CatalogError};
use crate::document::ids::entity_id;
use crate::document::problem::shown;
use crate::document::references::ItemReference;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{DocumentKey, Transaction};

/// Which credits and nominations of a person to move to another person.
#[derive(Debug, Clone, Default)]
pub struct SplitRequest {
    /// The person to split.
    pub id: String,
    /// Ids of credits.
    pub credits: Vec<String>,
    /// Ids of nominations.
    pub nominations: Vec<String>,
    /// Ids of movies; every credit and nomination of the person there is moved.
    pub movies: Vec<String>,
    /// The person that the items are moved to; `None` creates a person.
    pub to: Option<String>,
    /// The name of the person to create; `None` takes the name of the person that is split.
    pub name: Option<String>,
    /// Whether to plan only, without writing.
    pub dry_run: bool,
    /// Whether locked items may change.
    pub override_locks: bool,
}

/// The items to move, and the documents that have them.
struct SelectedItems {
    items: HashSet<String>,
    documents: BTreeSet<DocumentKey>,
}

/// The person that the items are moved to.
enum Receiver {
    /// An existing person.
    Existing(String),
    /// A person that was merged into the person to split, and is restored.
    Redirected(String),
    /// A person to create.
    New(NewEntity),
}

impl Catalog {
    /// Moves credits and nominations of a person to another person. Every published document that
    /// has them gets a new revision. All in one transaction.
    ///
    /// # Errors
    /// When storage fails. Problems with the request or the documents are part of the outcome.
    pub async fn split_person(
        &self,
        permission: &CanPublish,
        split: &SplitRequest,
    ) -> Result<ReassignmentOutcome, CatalogError> {
        let run = |transaction: std::sync::Arc<Transaction>| async move {
            self.split_person_in(&transaction, permission, split).await
        };
        transient_as_conflict(if split.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        })
    }

    async fn split_person_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        split: &SplitRequest,
    ) -> Result<ReassignmentOutcome, CatalogError> {
        if !split.dry_run {
            transaction.advisory_lock_all_movies().await?;
            transaction.advisory_lock_entities().await?;
        }
        let ids = [Some(&split.id), split.to.as_ref()]
            .into_iter()
            .flatten()
            .filter(|id| is_possible_id(id))
            .cloned();
        let directory = transaction.directory(&mentions(EntityKind::Person, ids)).await?;
        let Some(person) = directory.by_id(EntityKind::Person, &split.id).map(str::to_owned) else {
            return Ok(ReassignmentOutcome::refused(vec![no_such_person("/id", &split.id)]));
        };
        let (selected, mut problems) = select_items(transaction, split, &person).await?;
        let to = split.to.as_deref().map(|to| (to, directory.by_id(EntityKind::Person, to)));
        let receiver = match self.receiver(transaction, split, &person, to).await? {
            Ok(receiver) if problems.is_empty() => receiver,
            Ok(_) => return Ok(ReassignmentOutcome::refused(problems)),
            Err(problem) => {
                problems.push(problem);
                return Ok(ReassignmentOutcome::refused(problems));
            }
        };
        let to = match &receiver {
            Receiver::Existing(id) | Receiver::Redirected(id) => id.clone(),
            Receiver::New(entity) => entity.id.clone(),
        };
        let new_id = |named: ItemReference<'_>| {
            let is_selected = named.kind() == EntityKind::Person
                && named.id() == Some(person.as_str())
                && named.item_id().is_some_and(|item| selected.items.contains(item));
            is_selected.then(|| to.clone())
        };
        let request =
            json!({ "split_person": { "id": person, "to": to, "items": selected.items } })
                .to_string();
        let mut rewrite = Rewrite {
            catalog: self,
            author: &permission.author,
            operation: Operation::SplitPerson,
            dry_run: true,
            override_locks: split.override_locks,
            request: &request,
        };
        let documents: Vec<DocumentKey> = selected.documents.iter().cloned().collect();
        let planned = rewrite.run(transaction, &documents, &new_id).await?;
        let problems = problems_of(&planned);
        let mut outcome = ReassignmentOutcome {
            id: Some(person.clone()),
            other: None,
            merged: Vec::new(),
            documents: planned,
            problems,
        };
        if split.dry_run || !outcome.problems.is_empty() {
            return Ok(outcome);
        }
        match &receiver {
            Receiver::Existing(_) => {}
            Receiver::Redirected(id) => {
                transaction.restore_merged_entity(EntityKind::Person, id).await?;
            }
            Receiver::New(entity) => {
                transaction.create_entities(std::slice::from_ref(entity), self.clock.now()).await?;
            }
        }
        rewrite.dry_run = false;
        outcome.documents = rewrite.run(transaction, &documents, &new_id).await?;
        outcome.other = Some(to.clone());
        let entry = permission.author.actor.did(AuditOperation::SplitPerson);
        let entry = entry.on(AuditTarget::new(AuditTargetKind::Person, &person));
        self.record(transaction, outcome.describe(entry)).await?;
        Ok(outcome)
    }

    /// Finds the person that the items are moved to. `to` is the id in the request with the current
    /// id of its person, if there is one.
    async fn receiver(
        &self,
        transaction: &Transaction,
        split: &SplitRequest,
        person: &str,
        to: Option<(&str, Option<&str>)>,
    ) -> Result<Result<Receiver, Problem>, CatalogError> {
        let Some((given, current)) = to else {
            return self.new_receiver(transaction, split, person).await;
        };
        if split.name.is_some() {
            let message = "a name is allowed only without toId, for a person to be created";
            return Ok(Err(Problem::new("/name", ProblemCode::Invalid, message)));
        }
        Ok(match current {
            None => Err(no_such_person("/toId", given)),
            Some(own) if own != person => Ok(Receiver::Existing(own.to_owned())),
            Some(_)
                if !transaction
                    .entity_redirects(EntityKind::Person, &[given])
                    .await?
                    .is_empty() =>
            {
                Ok(Receiver::Redirected(given.to_owned()))
            }
            Some(_) => {
                let message = format!("{given} is the person to split");
                Err(Problem::new("/toId", ProblemCode::Invalid, message))
            }
        })
    }

    async fn new_receiver(
        &self,
        transaction: &Transaction,
        split: &SplitRequest,
        person: &str,
    ) -> Result<Result<Receiver, Problem>, CatalogError> {
        let name = match &split.name {
            Some(name) => match validate_name("/name", name) {
                Ok(name) => name,
                Err(problem) => return Ok(Err(problem)),
            },
            None => transaction.own_name(EntityKind::Person, person).await?.unwrap_or_default(),
        };
        let kind = EntityKind::Person;
        Ok(Ok(Receiver::New(NewEntity {
            kind,
            id: entity_id(self.ids.next(), kind.as_str()),
            name,
        })))
    }
}

/// The items that the request selects, and a problem for each id that the person does not have.
async fn select_items(
    transaction: &Transaction,
    split: &SplitRequest,
    person: &str,
) -> Result<(SelectedItems, Vec<Problem>), CatalogError> {
    let credits = transaction.credit_ids(person).await?;
    let nominations = transaction.nomination_ids(person).await?;
    let mut selected = SelectedItems { items: HashSet::new(), documents: BTreeSet::new() };
    let mut problems = Vec::new();
    let not_found = |path: String, what: &str, id: &str| {
        let message = format!("{person} has no {what} {}", shown(&json!(id)));
        Problem::new(path, ProblemCode::NotFound, message)
    };
    let named = [
        ("creditIds", "credit", &split.credits, &credits, Category::CastCrew),
        ("nominationIds", "nomination", &split.nominations, &nominations, Category::Awards),
    ];
    for (field, what, ids, theirs, category) in named {
        for (index, id) in ids.iter().enumerate() {
            let before = selected.items.len();
            for (movie, id) in theirs.iter().filter(|(_, own)| own == id) {
                selected.add(movie, category, id);
            }
            if selected.items.len() == before && !selected.items.contains(id) {
                problems.push(not_found(format!("/{field}/{index}"), what, id));
            }
        }
    }
    for (index, wanted) in split.movies.iter().enumerate() {
        let mut has_any = false;
        for (theirs, category) in [(&credits, Category::CastCrew), (&nominations, Category::Awards)]
        {
            for (movie, id) in theirs.iter().filter(|(movie, _)| movie.as_str() == wanted) {
                has_any = true;
                selected.add(movie, category, id);
            }
        }
        if !has_any {
            problems.push(not_found(
                format!("/movieIds/{index}"),
                "credit or nomination in",
                wanted,
            ));
        }
    }
    if selected.items.is_empty() && problems.is_empty() {
        let message = "at least one credit, nomination or movie is required";
        problems.push(Problem::new("/creditIds", ProblemCode::Required, message));
    }
    Ok((selected, problems))
}

impl SelectedItems {
    fn add(&mut self, movie: &MovieId, category: Category, item: &str) {
        self.items.insert(item.to_owned());
        self.documents.insert((movie.clone(), category));
    }
}
