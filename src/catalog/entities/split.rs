//! Splitting a person who are two: some of the credits become someone else's.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use super::merge::{Mended, nobody, settled};
use super::redirect::{Rewrite, problems_of};
use super::rename::fit_name;
use super::{may_be_an_id, mentions};
use crate::catalog::access::CanPublish;
use crate::catalog::import::Operation;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::{EntityKind, NewEntity};
use crate::document::ids::entity_id;
use crate::document::problem::shown;
use crate::document::references::Reference;
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{DocumentKey, Transaction};

/// Which of a person's credits and nominations are someone else's.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// The person.
    pub id: String,
    /// Ids of credits.
    pub credits: Vec<String>,
    /// Ids of nominations.
    pub nominations: Vec<String>,
    /// Movies, with every credit and nomination there.
    pub movies: Vec<String>,
    /// Whose they are; `None`: someone's who is new here.
    pub to: Option<String>,
    /// What someone new is called.
    pub name: Option<String>,
    /// Whether to plan only: nothing is written.
    pub dry_run: bool,
    /// Whether items that are locked may change.
    pub override_locks: bool,
}

/// What is to become someone else's.
struct Chosen {
    items: HashSet<String>,
    documents: BTreeSet<DocumentKey>,
}

/// Whose it is to become.
enum Whose {
    /// Someone who is there.
    Known(String),
    /// Someone who had been merged into the person.
    Merged(String),
    New(NewEntity),
}

impl Catalog {
    /// Gives some of a person's credits and nominations to someone else: every published document that
    /// has them becomes a new revision. All of it in one transaction, or nothing.
    ///
    /// # Errors
    /// When storage fails. What speaks against it is part of the answer.
    pub async fn split_person(
        &self,
        permission: &CanPublish,
        split: &Split,
    ) -> Result<Mended, CatalogError> {
        let run = |transaction: std::sync::Arc<Transaction>| async move {
            self.split_person_in(&transaction, permission, split).await
        };
        settled(if split.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        })
    }

    async fn split_person_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        split: &Split,
    ) -> Result<Mended, CatalogError> {
        if !split.dry_run {
            transaction.advisory_lock_all_movies().await?;
            transaction.advisory_lock_entities().await?;
        }
        let ids = [Some(&split.id), split.to.as_ref()]
            .into_iter()
            .flatten()
            .filter(|id| may_be_an_id(id))
            .cloned();
        let directory = transaction.directory(&mentions(EntityKind::Person, ids)).await?;
        let Some(person) = directory.by_id(EntityKind::Person, &split.id).map(str::to_owned) else {
            return Ok(Mended::refused(vec![nobody("/id", &split.id)]));
        };
        let (chosen, mut problems) = chosen(transaction, split, &person).await?;
        let to = split.to.as_deref().map(|to| (to, directory.by_id(EntityKind::Person, to)));
        let whose = match self.whose(transaction, split, &person, to).await? {
            Ok(whose) if problems.is_empty() => whose,
            Ok(_) => return Ok(Mended::refused(problems)),
            Err(problem) => {
                problems.push(problem);
                return Ok(Mended::refused(problems));
            }
        };
        let to = match &whose {
            Whose::Known(id) | Whose::Merged(id) => id.clone(),
            Whose::New(entity) => entity.id.clone(),
        };
        let other = |named: Reference<'_>| {
            let is_theirs = named.kind == EntityKind::Person
                && named.id == person
                && chosen.items.contains(named.item);
            is_theirs.then(|| to.clone())
        };
        let request = json!({ "split_person": { "id": person, "to": to, "items": chosen.items } })
            .to_string();
        let mut rewrite = Rewrite {
            catalog: self,
            author: &permission.author,
            operation: Operation::SplitPerson,
            dry_run: true,
            override_locks: split.override_locks,
            request: &request,
        };
        let documents: Vec<DocumentKey> = chosen.documents.iter().cloned().collect();
        let planned = rewrite.run(transaction, &documents, &other).await?;
        let problems = problems_of(&planned);
        let mut mended =
            Mended { id: Some(person.clone()), other: None, documents: planned, problems };
        if split.dry_run || !mended.problems.is_empty() {
            return Ok(mended);
        }
        match &whose {
            Whose::Known(_) => {}
            Whose::Merged(id) => {
                transaction.restore_merged_entity(EntityKind::Person, id).await?;
            }
            Whose::New(entity) => {
                transaction.create_entities(std::slice::from_ref(entity), self.clock.now()).await?;
            }
        }
        rewrite.dry_run = false;
        mended.documents = rewrite.run(transaction, &documents, &other).await?;
        mended.other = Some(to.clone());
        Ok(mended)
    }

    async fn whose(
        &self,
        transaction: &Transaction,
        split: &Split,
        person: &str,
        to: Option<(&str, Option<&str>)>,
    ) -> Result<Result<Whose, Problem>, CatalogError> {
        let Some((given, known)) = to else {
            return self.someone_new(transaction, split, person).await;
        };
        if split.name.is_some() {
            let message = "a name is for someone new; whoever toId names has one";
            return Ok(Err(Problem::new("/name", ProblemCode::Invalid, message)));
        }
        Ok(match known {
            None => Err(nobody("/toId", given)),
            Some(own) if own != person => Ok(Whose::Known(own.to_owned())),
            Some(_)
                if !transaction
                    .entity_redirects(EntityKind::Person, &[given])
                    .await?
                    .is_empty() =>
            {
                Ok(Whose::Merged(given.to_owned()))
            }
            Some(_) => {
                let message = format!("{person} has them already");
                Err(Problem::new("/toId", ProblemCode::Invalid, message))
            }
        })
    }

    async fn someone_new(
        &self,
        transaction: &Transaction,
        split: &Split,
        person: &str,
    ) -> Result<Result<Whose, Problem>, CatalogError> {
        let name = match &split.name {
            Some(name) => match fit_name("/name", name) {
                Ok(name) => name,
                Err(problem) => return Ok(Err(problem)),
            },
            None => transaction.own_name(EntityKind::Person, person).await?.unwrap_or_default(),
        };
        let kind = EntityKind::Person;
        Ok(Ok(Whose::New(NewEntity { kind, id: entity_id(self.ids.next(), kind.as_str()), name })))
    }
}

/// What of the person's is meant, and what was named that is not theirs.
async fn chosen(
    transaction: &Transaction,
    split: &Split,
    person: &str,
) -> Result<(Chosen, Vec<Problem>), CatalogError> {
    let credits = transaction.credit_ids(person).await?;
    let nominations = transaction.nomination_ids(person).await?;
    let mut chosen = Chosen { items: HashSet::new(), documents: BTreeSet::new() };
    let mut problems = Vec::new();
    let not_theirs = |path: String, what: &str, id: &str| {
        let message = format!("{person} has no {what} {}", shown(&json!(id)));
        Problem::new(path, ProblemCode::NotFound, message)
    };
    let named = [
        ("creditIds", "credit", &split.credits, &credits, Category::CastCrew),
        ("nominationIds", "nomination", &split.nominations, &nominations, Category::Awards),
    ];
    for (field, what, ids, theirs, category) in named {
        for (index, id) in ids.iter().enumerate() {
            let before = chosen.items.len();
            for (movie, id) in theirs.iter().filter(|(_, own)| own == id) {
                chosen.add(movie, category, id);
            }
            if chosen.items.len() == before && !chosen.items.contains(id) {
                problems.push(not_theirs(format!("/{field}/{index}"), what, id));
            }
        }
    }
    for (index, wanted) in split.movies.iter().enumerate() {
        let mut is_there = false;
        for (theirs, category) in [(&credits, Category::CastCrew), (&nominations, Category::Awards)]
        {
            for (movie, id) in theirs.iter().filter(|(movie, _)| movie.as_str() == wanted) {
                is_there = true;
                chosen.add(movie, category, id);
            }
        }
        if !is_there {
            problems.push(not_theirs(
                format!("/movieIds/{index}"),
                "credit or nomination in",
                wanted,
            ));
        }
    }
    if chosen.items.is_empty() && problems.is_empty() {
        let message = "name at least one credit, nomination or movie";
        problems.push(Problem::new("/creditIds", ProblemCode::Required, message));
    }
    Ok((chosen, problems))
}

impl Chosen {
    fn add(&mut self, movie: &MovieId, category: Category, item: &str) {
        self.items.insert(item.to_owned());
        self.documents.insert((movie.clone(), category));
    }
}
