//! Publishes and discards drafts.

use serde_json::Value;

use crate::catalog::access::{Author, CanDraft, CanPublish};
use crate::catalog::import::pipeline::Batch;
use crate::catalog::import::{
    Act, Content, ImportOptions, ImportStatus, Operation, Outcome, Record, no_draft, no_such_movie,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::categories::Definition;
use crate::document::merge::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::plan::locks::with_lists;
use crate::document::read::envelope::SentMetadata;
use crate::document::read::parse::Reading;
use crate::document::resolve::Resolution;
use crate::document::schema::definition::{Field, Item, Kind, Object};
use crate::document::{Category, MovieId, Source, Stage};
use crate::storage::{StoredContribution, StoredDraft, Transaction};

/// Options to publish a draft or to revert to a revision.
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    /// Whether to plan only, without writing.
    pub dry_run: bool,
    /// The digest of the expected plan. If the plan differs, the request is refused.
    pub expected_plan: Option<String>,
    /// How to resolve conflicts: values that changed both in the draft and in the published
    /// document.
    pub on_conflict: Option<ConflictPolicy>,
    /// Resolutions of the ambiguous names of the draft.
    pub resolutions: Vec<Resolution>,
    /// Whether locked fields and items may change.
    pub override_locks: bool,
    /// A repeated request with the same key gets the result of the first one.
    pub idempotency_key: Option<String>,
}

impl PublishOptions {
    /// The options as import options. The draft or revision replaces the whole document, so what it
    /// lacks is removed.
    pub(in crate::catalog) fn as_import(&self) -> ImportOptions {
        ImportOptions {
            mode: ImportMode::Replace,
            nulls: NullPolicy::Clear,
            dry_run: self.dry_run,
            expected_plan: self.expected_plan.clone(),
            on_conflict: self.on_conflict.unwrap_or(ConflictPolicy::Fail),
            resolutions: self.resolutions.clone(),
            override_locks: self.override_locks,
            idempotency_key: self.idempotency_key.clone(),
            ..ImportOptions::default()
        }
    }
}

impl Catalog {
    /// Publishes the draft of a document: merges it three-way into the current published document.
    ///
    /// # Errors
    /// When storage fails. Problems and conflicts are part of the outcome.
    pub async fn publish_draft(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        self.publish(&permission.author, movie, category, &options.as_import()).await
    }

    /// Plans the publication of a draft. Nothing is written.
    ///
    /// # Errors
    /// When storage fails. Problems and conflicts are part of the outcome.
    pub async fn plan_publication(
        &self,
        permission: &CanDraft,
        movie: &MovieId,
        category: Category,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        let options = ImportOptions { dry_run: true, ..options.as_import() };
        self.publish(&permission.author, movie, category, &options).await
    }

    async fn publish(
        &self,
        author: &Author,
        movie: &MovieId,
        category: Category,
        options: &ImportOptions,
    ) -> Result<Outcome, CatalogError> {
        let (author, movie, options) = (author.clone(), movie.clone(), options.clone());
        // The size of the draft is known only after loading it; `publish_in` checks it.
        self.run_within_budget(0, move |catalog| {
            let (author, movie, options) = (author.clone(), movie.clone(), options.clone());
            async move {
                let act = Act::new(&catalog, &author, &options, Operation::Publish)
                    .about(&movie, Some(category), None)
                    .once(&(&movie, category));
                let (catalog, author, movie, options) = (&catalog, &author, &movie, &options);
                act.run(|transaction| async move {
                    catalog.publish_in(&transaction, author, movie, category, options).await
                })
                .await
            }
        })
        .await
    }

    async fn publish_in(
        &self,
        transaction: &Transaction,
        author: &Author,
        movie: &MovieId,
        category: Category,
        options: &ImportOptions,
    ) -> Result<Outcome, CatalogError> {
        if !options.dry_run {
            transaction.lock_movies(&[movie]).await?;
        }
        let Some(draft) = transaction.drafts(&[movie], &[category]).await?.pop() else {
            let outcome = self.no_draft(transaction, movie, category).await?;
            let batch = Batch {
                catalog: self,
                author,
                options,
                operation: Operation::Publish,
                create_movies: false,
            };
            return batch.refuse(transaction, movie, category, outcome).await;
        };
        let contributions =
            transaction.contributions(movie, category, draft.first_contribution).await?;
        let source = source_of(&contributions).unwrap_or(draft.metadata.source);
        let options = ImportOptions { source: Some(source), ..options.clone() };
        self.work.admit(draft.body.len(), 0)?;
        let reading = reading_of(category, &draft, &contributions)?;
        let metadata =
            SentMetadata { revision: Some(draft.metadata.revision), ..SentMetadata::default() };
        let content = Content::Merge(reading);
        let record = Record::of_catalogue(movie.clone(), category, content, metadata);
        let batch = Batch {
            catalog: self,
            author,
            options: &options,
            operation: Operation::Publish,
            create_movies: false,
        };
        let outcome = batch.run(transaction, &[record]).await?.remove(0);
        match outcome.status {
            ImportStatus::Published => {
                let revision = outcome.export.as_ref().map(|export| export.metadata.revision);
                transaction.close_draft(movie, category, revision).await?;
            }
            // The published document already equals the draft.
            ImportStatus::Unchanged => {
                transaction.close_draft(movie, category, None).await?;
            }
            ImportStatus::Planned | ImportStatus::Drafted | ImportStatus::Rejected => {}
        }
        Ok(outcome)
    }

    async fn no_draft(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
    ) -> Result<Outcome, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            return Ok(Outcome::no_movie(no_such_movie(movie)));
        }
        let stored = self.stored(transaction, movie, category, Stage::Published).await?;
        let export =
            crate::catalog::export::Export::as_stored(stored, movie, category, self.clock.now());
        Ok(Outcome::rejected(vec![no_draft(movie, category)], None, Some(export)))
    }

    /// Discards the draft of a document. Its contributions stay in the history.
    ///
    /// # Errors
    /// When storage fails. A missing draft is a problem in the outcome.
    pub async fn discard_draft(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
    ) -> Result<Outcome, CatalogError> {
        let options = ImportOptions { target: Stage::Draft, ..ImportOptions::default() };
        let author = &permission.author;
        let act = Act::new(self, author, &options, Operation::Discard);
        let options = &options;
        act.run(|transaction| async move {
            transaction.lock_movies(&[movie]).await?;
            let batch = Batch {
                catalog: self,
                author,
                options,
                operation: Operation::Discard,
                create_movies: false,
            };
            if !transaction.close_draft(movie, category, None).await? {
                let outcome = self.no_draft(&transaction, movie, category).await?;
                return batch.refuse(&transaction, movie, category, outcome).await;
            }
            let now = self.clock.now();
            let stored = self.stored(&transaction, movie, category, Stage::Published).await?;
            let export = crate::catalog::export::Export::as_stored(stored, movie, category, now);
            let mut outcome = Outcome {
                status: ImportStatus::Unchanged,
                export: Some(export),
                plan: None,
                problems: Vec::new(),
                import_id: None,
            };
            batch
                .record_unplanned(&transaction, movie, Some(category), None, &mut outcome, now)
                .await?;
            Ok(outcome)
        })
        .await
    }
}

/// The source of a draft: manual only if all contributions are, because otherwise it is unknown
/// whether a person checked the rest; else the latest source that is not manual.
fn source_of(contributions: &[StoredContribution]) -> Option<Source> {
    let mut sources = contributions.iter().rev().map(|contribution| contribution.metadata.source);
    let last = sources.next()?;
    Some(sources.chain([last]).find(|source| *source != Source::Manual).unwrap_or(last))
}

/// The draft as a complete document, with null for each missing value. Entities that are new in the
/// draft are provisional, so their names are resolved again.
fn reading_of(
    category: Category,
    draft: &StoredDraft,
    contributions: &[StoredContribution],
) -> Result<Reading, CatalogError> {
    let data = with_nulls(category.definition(), serde_json::from_str(&draft.body)?);
    let named = contributions.iter().flat_map(|contribution| &contribution.named);
    let provisional = named.map(|entity| entity.id.clone()).collect();
    let manual =
        contributions.iter().filter(|contribution| contribution.metadata.source == Source::Manual);
    let touched = manual.flat_map(|contribution| contribution.touched.iter().cloned());
    let personal = with_lists(category.definition(), &data, touched);
    let answers = contributions
        .iter()
        .flat_map(|contribution| contribution.answers.iter().cloned())
        .collect();
    Ok(Reading { data, provisional, answers, personal, ..Reading::default() })
}

fn items_mut<'v>(
    definition: &'static Definition,
    data: &'v mut Object,
) -> impl Iterator<Item = (&'static Item, &'v mut Object)> {
    data.iter_mut().flat_map(|(key, value)| {
        let item =
            definition.fields.iter().find(|field| field.name == key).and_then(|field| match &field
                .rule
                .kind
            {
                Kind::Items { item, .. } => Some(*item),
                _ => None,
            });
        let list = value.as_array_mut().map(|list| list.iter_mut()).into_iter().flatten();
        list.filter_map(move |value| Some((item?, value.as_object_mut()?)))
    })
}

/// Adds null for each missing value of the document.
fn with_nulls(definition: &'static Definition, mut data: Object) -> Object {
    let fill = |fields: &'static [Field], object: &mut Object, skip: &[&str]| {
        for field in
            fields.iter().filter(|field| !field.rule.kind.is_list() && !skip.contains(&field.name))
        {
            if !object.contains_key(field.name) {
                object.insert(field.name.to_owned(), Value::Null);
            }
        }
    };
    fill(definition.fields, &mut data, &[]);
    for (item, object) in items_mut(definition, &mut data) {
        // A missing entity id means that the name is to be resolved; null would mean no entity.
        let id_fields: Vec<&str> =
            item.entities.iter().map(|entity| entity.id).chain([item.id]).collect();
        fill(item.fields, object, &id_fields);
    }
    data
}
