//! Publishes and discards drafts.

use std::sync::Arc;

use serde_json::Value;

use crate::catalog::access::{Author, CanDraft, CanPublish};
use crate::catalog::audit::AuditOperation;
use crate::catalog::export::Export;
use crate::catalog::import::{
    Content, ImportCommand, ImportOptions, ImportStatus, IncomingDocument, Operation, Outcome,
    Request, draft_not_found, movie_not_found,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::categories::Definition;
use crate::document::items::{ListItemMut, items_mut};
use crate::document::plan::locks::with_containing_lists;
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::read::envelope::SentMetadata;
use crate::document::read::parse::Reading;
use crate::document::resolve::Resolution;
use crate::document::schema::definition::{Field, Object};
use crate::document::{Category, MovieId, Problem, ProblemCode, Source, Stage};
use crate::storage::{DraftEnd, StoredContribution, StoredDraft, Transaction};

/// Options for publishing a draft and for reverting a document.
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    /// Whether to only plan: nothing is written.
    pub dry_run: bool,
    /// The digest of the expected plan. If the plan has another digest, the request is rejected.
    pub expected_plan: Option<String>,
    /// How to settle values that were changed differently in the draft and in the published
    /// document.
    pub on_conflict: Option<ConflictPolicy>,
    /// Resolutions of ambiguous names in the draft.
    pub resolutions: Vec<Resolution>,
    /// Whether locked values may change.
    pub override_locks: bool,
    /// Identifies a request that may be repeated: a repetition gets the outcome of the first.
    pub idempotency_key: Option<String>,
}

impl PublishOptions {
    /// The options of the import that carries out the request. A draft or a revision is complete,
    /// so values and items that it lacks are removed.
    pub(in crate::catalog) fn import_options(&self) -> ImportOptions {
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
    /// Publishes the draft of a document: merges it into the published document by a three-way
    /// merge, and closes it.
    ///
    /// # Errors
    /// If storage fails, or if planning exceeds the work budget. Problems and conflicts are part of
    /// the outcome.
    pub async fn publish_draft(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        self.publish(&permission.author, movie, category, &options.import_options()).await
    }

    /// Plans the publication of a draft. Nothing is written.
    ///
    /// # Errors
    /// If storage fails, or if planning exceeds the work budget. Problems and conflicts are part of
    /// the outcome.
    pub async fn plan_publication(
        &self,
        permission: &CanDraft,
        movie: &MovieId,
        category: Category,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        let options = ImportOptions { dry_run: true, ..options.import_options() };
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
        // The size of the draft is added when it is loaded.
        self.run_within_budget(0, move |catalog| {
            let (author, movie, options) = (author.clone(), movie.clone(), options.clone());
            async move {
                let operation = Operation::Publish;
                let command = ImportCommand {
                    catalog: &catalog,
                    author: &author,
                    operation,
                    options: &options,
                    audit: Some(AuditOperation::PublishDraft),
                };
                let request = Request::for_document(&movie, category);
                let (command, movie) = (&command, &movie);
                command
                    .run_once(&request, |transaction| async move {
                        command.publish_draft(&transaction, movie, category).await
                    })
                    .await
            }
        })
        .await
    }

    /// The outcome of a request for a draft that does not exist.
    async fn missing_draft_outcome(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
    ) -> Result<Outcome, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            return Ok(Outcome::no_movie(movie_not_found(movie)));
        }
        let stored = self.stored_document(transaction, movie, category, Stage::Published).await?;
        let export = Export::as_stored(stored, movie, category, self.clock.now());
        Ok(Outcome::rejected(vec![draft_not_found(movie, category)], None, Some(export)))
    }

    /// Discards the draft of a document. Its contributions are kept, and `reason` is in the import
    /// log and in the audit log. If there is no draft, the outcome is rejected.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn discard_draft(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        reason: Option<&str>,
    ) -> Result<Outcome, CatalogError> {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let invalid = reason.and_then(invalid_reason);
        let invalid = invalid.as_ref();
        let reason = reason.filter(|_| invalid.is_none()).map(str::to_owned);
        let options = ImportOptions { target: Stage::Draft, reason, ..ImportOptions::default() };
        let (author, operation) = (&permission.author, Operation::Discard);
        let audit = Some(AuditOperation::DiscardDraft);
        let command = ImportCommand { catalog: self, author, operation, options: &options, audit };
        let request = Request::for_document(movie, category);
        let (command, request) = (&command, &request);
        let discard = |transaction: Arc<Transaction>| async move {
            transaction.advisory_lock_movies(&[movie]).await?;
            if let Some(problem) = invalid
                && !transaction.drafts(&[movie], &[category]).await?.is_empty()
            {
                let outcome = Outcome::rejected(vec![problem.clone()], None, None);
                return command.log_without_plan(&transaction, request, outcome).await;
            }
            command.discard_draft(&transaction, movie, category).await
        };
        command.run_once(request, discard).await
    }
}

/// Maximum number of characters of the reason for discarding a draft.
const MAX_REASON: usize = 1000;

/// The problem with a reason that cannot be stored.
pub(in crate::catalog) fn invalid_reason(reason: &str) -> Option<Problem> {
    let length = reason.chars().count();
    if length > MAX_REASON {
        let message = format!("reason: found {length} characters; allowed are {MAX_REASON}");
        return Some(Problem::new("/reason", ProblemCode::TooLong, message));
    }
    let control = reason.chars().find(|char| char.is_control() && !matches!(char, '\n' | '\t'))?;
    let found = u32::from(control);
    let message = format!("reason: found the control character U+{found:04X}; remove it");
    Some(Problem::new("/reason", ProblemCode::Invalid, message))
}

impl ImportCommand<'_> {
    /// Discards the draft of a document. If there is none, the outcome is rejected. The movie must
    /// be locked.
    ///
    /// # Errors
    /// If storage fails.
    pub(in crate::catalog) async fn discard_draft(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
    ) -> Result<Outcome, CatalogError> {
        let Self { catalog, author, .. } = *self;
        let request = &Request::for_document(movie, category);
        let (end, now) = (DraftEnd::Discarded, catalog.clock.now());
        if !transaction.close_draft(movie, category, end, &author.name, now).await? {
            let outcome = catalog.missing_draft_outcome(transaction, movie, category).await?;
            return self.log_without_plan(transaction, request, outcome).await;
        }
        let stored =
            catalog.stored_document(transaction, movie, category, Stage::Published).await?;
        let outcome = Outcome {
            status: ImportStatus::Unchanged,
            export: Some(Export::as_stored(stored, movie, category, now)),
            plan: None,
            problems: Vec::new(),
            import_id: None,
            creates_movie: false,
        };
        self.log_without_plan(transaction, request, outcome).await
    }

    /// Publishes the draft of a document. If there is none, the outcome is rejected.
    ///
    /// # Errors
    /// If storage fails, or if planning exceeds the work budget.
    pub(in crate::catalog) async fn publish_draft(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
    ) -> Result<Outcome, CatalogError> {
        if !self.options.dry_run {
            transaction.advisory_lock_movies(&[movie]).await?;
        }
        let Some(draft) = transaction.drafts(&[movie], &[category]).await?.pop() else {
            let outcome = self.catalog.missing_draft_outcome(transaction, movie, category).await?;
            return self
                .log_without_plan(transaction, &Request::for_document(movie, category), outcome)
                .await;
        };
        let contributions =
            transaction.contributions(movie, category, draft.first_contribution).await?;
        // The source is manual only if every contribution is: no person may have read the others.
        let source = combined_source(&contributions).unwrap_or(draft.metadata.source);
        let options = ImportOptions { source: Some(source), ..self.options.clone() };
        self.catalog.work.admit(draft.body.len(), 0)?;
        let reading = draft_reading(category, &draft, &contributions)?;
        let metadata =
            SentMetadata { revision: Some(draft.metadata.revision), ..SentMetadata::default() };
        let content = Content::Merge(reading);
        let document = IncomingDocument::from_catalogue(movie.clone(), category, content, metadata);
        let command = ImportCommand { options: &options, ..*self };
        let outcome = command.import(transaction, &[document]).await?.remove(0);
        let revision = match outcome.status {
            ImportStatus::Published => {
                outcome.export.as_ref().map(|export| export.metadata.revision)
            }
            // The published document already has all values of the draft.
            ImportStatus::Unchanged => None,
            ImportStatus::Planned | ImportStatus::Drafted | ImportStatus::Rejected => {
                return Ok(outcome);
            }
        };
        let (end, now) = (DraftEnd::Published(revision), self.catalog.clock.now());
        transaction.close_draft(movie, category, end, &self.author.name, now).await?;
        Ok(outcome)
    }
}

/// The source of a draft with these contributions: manual only if all of them are manual. `None` if
/// there are none.
fn combined_source(contributions: &[StoredContribution]) -> Option<Source> {
    let mut sources = contributions.iter().rev().map(|contribution| contribution.metadata.source);
    let last = sources.next()?;
    Some(sources.chain([last]).find(|source| *source != Source::Manual).unwrap_or(last))
}

/// The draft as a complete document: missing values are null, so that they are removed from the
/// published document. Entities that are new in the draft have provisional ids, so that their names
/// are resolved again.
fn draft_reading(
    category: Category,
    draft: &StoredDraft,
    contributions: &[StoredContribution],
) -> Result<Reading, CatalogError> {
    let data = with_nulls(category.definition(), serde_json::from_str(&draft.body)?);
    let entities = contributions.iter().flat_map(|contribution| &contribution.provisional_entities);
    let provisional_ids = entities.map(|entity| entity.id.clone()).collect();
    let by_people =
        contributions.iter().filter(|contribution| contribution.metadata.source == Source::Manual);
    let touched = by_people.flat_map(|contribution| contribution.touched.iter().cloned());
    let personal = with_containing_lists(category.definition(), &data, touched);
    let resolutions = contributions
        .iter()
        .flat_map(|contribution| contribution.resolutions.iter().cloned())
        .collect();
    Ok(Reading { data, provisional_ids, resolutions, personal, ..Reading::default() })
}

/// Fills a document with null for each value that is missing.
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
    for ListItemMut { item, object, .. } in items_mut(definition.fields, &mut data) {
        // A missing entity id stays missing, because null would remove the entity.
        let identity: Vec<&str> =
            item.entities.iter().map(|entity| entity.id).chain([item.id]).collect();
        fill(item.fields, object, &identity);
    }
    data
}
