//! The payloads of mutations. The types of the plan in them are derived in the core.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::drafts::{Draft, DraftEdge};
use super::history::{Revision, RevisionEdge};
use super::movies::MovieEdge;
use super::types::{Movie, MovieExport, charge_lists};
use super::user_error::{HasUserErrors, InputKind, UserError, has_user_errors};
use crate::catalog::import::{ImportStatus, Outcome};
use crate::document::node_ids::NodeId;
use crate::document::plan::{ImportPlan, Report};
use crate::document::{Category, Metadata, MovieId};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::query::Query;

/// Charges the lists of a plan that the query selects.
///
/// # Errors
/// When the request's budget is exhausted.
pub fn charge_plan(ctx: &Context<'_>, plan: &ImportPlan) -> Result<(), ApiError> {
    let Report { changes, conflicts, not_removed, skipped, matches, warnings, .. } = &plan.report;
    let lengths = [
        ("changes", changes.len()),
        ("conflicts", conflicts.len()),
        ("not_removed", not_removed.len()),
        ("skipped", skipped.len()),
        ("matches", matches.len()),
        ("warnings", warnings.len()),
    ];
    charge_lists(ctx, &lengths)
}

/// The id of a record of the import log.
pub fn import_id(id: String) -> ID {
    ID(NodeId::Import(id).to_string())
}

/// What a mutation was about, for the objects in its payload.
pub struct Subject {
    /// `None` if the id that was sent is not one of a movie.
    pub movie: Option<MovieId>,
    pub input: InputKind,
}

/// The fields that the payloads of all imports share.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportResult {
    /// The document after the call, in the stage that the call wrote to. Null if the movie does not
    /// exist or the category of the document is unknown.
    movie_export: Option<MovieExport>,
    /// The outcome of the call.
    status: ImportStatus,
    #[graphql(skip)]
    movie: Option<MovieId>,
    #[graphql(skip)]
    category: Option<Category>,
    /// The metadata of the revision that the call published.
    #[graphql(skip)]
    published: Option<Metadata>,
    #[graphql(skip)]
    plan: Option<ImportPlan>,
    /// The top-level fields that changed, or in a dry run would change, in snake_case as in a file,
    /// for example release_date.
    updated_fields: Vec<String>,
    /// The id of the call's record in the import log; see Query.importRecord. Null for a dry run,
    /// which is not recorded.
    import_id: Option<ID>,
    /// What is wrong with the document or its target. If there are user errors, nothing was
    /// written.
    user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

#[ComplexObject]
impl ImportResult {
    /// The movie after the call. Null if it does not exist.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let movie = self.movie.as_ref()?;
        load_movie(ctx, movie).await.map_err(Into::into).transpose()
    }

    /// The category's open draft after the call. Null if there is none.
    async fn draft(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Draft>> {
        self.load_draft(ctx).await.map_err(Into::into).transpose()
    }

    /// The draft as an entry of Query.drafts, to add it to such a list. Null if there is none.
    async fn draft_edge(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<DraftEdge>> {
        let found = self.load_draft(ctx).await;
        found.map(|draft| draft.map(Draft::into_edge)).map_err(Into::into).transpose()
    }

    /// The revision that the call published, as an entry of Movie.revisions, to add it to such a
    /// list. Null if nothing was published.
    async fn revision_edge(&self) -> Option<RevisionEdge> {
        let (movie, category) = (self.movie.clone()?, self.category?);
        Some(Revision::new(movie, category, self.published.clone()?).into_edge())
    }

    /// The changes that were made, or in a dry run would be made. For a rejected import: the
    /// changes that it asked for, or none if the data is invalid. Null if the document could not be
    /// read or the movie does not exist.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<&ImportPlan>> {
        let plan = self.plan.as_ref()?;
        Some(charge_plan(ctx, plan).map(|()| plan).map_err(Into::into))
    }
}

impl ImportResult {
    fn new(outcome: Outcome, subject: Subject) -> Self {
        let updated_fields = outcome.updated_fields();
        let is_published = outcome.status == ImportStatus::Published;
        let metadata = outcome.export.as_ref().map(|export| export.metadata.clone());
        Self {
            category: outcome.export.as_ref().map(|export| export.category),
            published: metadata.filter(|_| is_published),
            movie_export: outcome.export.map(MovieExport::from),
            status: outcome.status,
            movie: subject.movie,
            plan: outcome.plan.map(Into::into),
            updated_fields,
            import_id: outcome.import_id.map(import_id),
            user_errors: UserError::all(outcome.problems, subject.input),
            query: Some(Query),
        }
    }

    async fn load_draft(&self, ctx: &Context<'_>) -> Result<Option<Draft>, ApiError> {
        let (Some(movie), Some(category)) = (self.movie.clone(), self.category) else {
            return Ok(None);
        };
        Draft::load(ctx, movie, category).await
    }
}

/// Loads a movie as it is after the call.
pub async fn load_movie(ctx: &Context<'_>, id: &MovieId) -> Result<Option<Movie>, ApiError> {
    Ok(ctx.loaders()?.works.movies.load_one(id.clone()).await?.map(Movie))
}

macro_rules! import_payload {
    ($(#[doc = $doc:literal])* $Name:ident) => {
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $Name {
            #[graphql(flatten)]
            result: ImportResult,
        }

        impl $Name {
            pub fn new(outcome: Outcome, subject: Subject) -> Self {
                Self { result: ImportResult::new(outcome, subject) }
            }
        }
    };
}

import_payload!(
    /// The result of importCategory.
    ImportCategoryPayload
);
/// The result of importDocument.
#[derive(SimpleObject)]
pub struct ImportDocumentPayload {
    #[graphql(flatten)]
    result: ImportResult,
    /// A text to send to the language model that wrote the document: what to correct, and the form
    /// to use. Null if there is nothing to correct.
    repair_hint: Option<String>,
}

impl ImportDocumentPayload {
    pub fn new(outcome: Outcome, subject: Subject, repair_hint: Option<String>) -> Self {
        Self { result: ImportResult::new(outcome, subject), repair_hint }
    }
}

/// The result of publishDraft.
#[derive(SimpleObject)]
pub struct PublishDraftPayload {
    #[graphql(flatten)]
    result: ImportResult,
    /// The id of the draft, which is closed. Null for a dry run, or if there are user errors.
    deleted_draft_id: Option<ID>,
}

impl PublishDraftPayload {
    pub fn new(outcome: Outcome, category: Category, subject: Subject) -> Self {
        let is_closed = outcome.problems.is_empty() && outcome.status != ImportStatus::Planned;
        let movie = subject.movie.as_ref().filter(|_| is_closed);
        let deleted_draft_id = movie.map(|movie| draft_id(movie, category));
        Self { result: ImportResult::new(outcome, subject), deleted_draft_id }
    }
}

fn draft_id(movie: &MovieId, category: Category) -> ID {
    ID(NodeId::Draft(movie.clone(), category).to_string())
}

import_payload!(
    /// The result of updateDraft.
    UpdateDraftPayload
);
import_payload!(
    /// The result of revertCategory.
    RevertCategoryPayload
);

/// The result of discardDraft.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DiscardDraftPayload {
    /// The published document. Null if the movie does not exist.
    movie_export: Option<MovieExport>,
    #[graphql(skip)]
    movie: Option<MovieId>,
    /// The id of the discarded draft. Null if there are user errors.
    deleted_draft_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was discarded.
    user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

#[ComplexObject]
impl DiscardDraftPayload {
    /// The movie after the call. Null if it does not exist.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let movie = self.movie.as_ref()?;
        load_movie(ctx, movie).await.map_err(Into::into).transpose()
    }
}

impl DiscardDraftPayload {
    pub fn new(outcome: Outcome, category: Category, subject: Subject) -> Self {
        let movie = subject.movie.as_ref().filter(|_| outcome.problems.is_empty());
        Self {
            deleted_draft_id: movie.map(|movie| draft_id(movie, category)),
            movie_export: outcome.export.map(MovieExport::from),
            movie: subject.movie,
            user_errors: UserError::all(outcome.problems, subject.input),
            query: Some(Query),
        }
    }
}

/// The result of createMovie.
#[derive(SimpleObject)]
pub struct CreateMoviePayload {
    /// The new movie. Null if there are user errors.
    pub movie: Option<Movie>,
    /// The new movie as an entry of Query.movies in the default order, to add it to such a list.
    /// Null if there are user errors.
    pub movie_edge: Option<MovieEdge>,
    /// What is wrong with the input. If there are user errors, nothing was created.
    pub user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    pub query: Option<Query>,
}

/// The result of deleteMovie.
#[derive(SimpleObject)]
pub struct DeleteMoviePayload {
    /// The id of the deleted movie. Null if there are user errors.
    pub deleted_movie_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was deleted.
    pub user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    pub query: Option<Query>,
}

has_user_errors!(CreateMoviePayload, DeleteMoviePayload, DiscardDraftPayload);

macro_rules! has_import_errors {
    ($($Payload:ident),+) => {
        $(
            impl HasUserErrors for $Payload {
                fn user_errors(&self) -> &[UserError] {
                    &self.result.user_errors
                }
            }
        )+
    };
}

has_import_errors!(
    ImportCategoryPayload,
    ImportDocumentPayload,
    PublishDraftPayload,
    UpdateDraftPayload,
    RevertCategoryPayload
);
