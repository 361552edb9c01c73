//! The fields of `Mutation`, each with one input and one payload. Each calls one function of the
//! catalogue.

mod accounts;
mod audited;
mod entities;
mod jobs;
mod tokens;

use async_graphql::{Context, ID, Object};

use super::context::ContextExt;
use super::error::ApiError;
use super::model::inputs::{
    CreateMovieInput, DeleteMovieInput, DiscardDraftInput, ImportCategoryInput,
    ImportDocumentInput, PublishDraftInput, RevertCategoryInput, UpdateDraftInput, import_options,
    is_dry_run,
};
use super::model::locks::{
    self, LockFieldsInput, LockFieldsPayload, UnlockFieldsInput, UnlockFieldsPayload,
};
use super::model::movies::movie_edge;
use super::model::payloads::{
    CreateMoviePayload, DeleteMoviePayload, DiscardDraftPayload, ImportCategoryPayload,
    ImportDocumentPayload, PublishDraftPayload, RevertCategoryPayload, Subject, UpdateDraftPayload,
};
use super::model::types::Movie;
use super::model::user_error::{InputKind, UserError};
use super::mutations::accounts::AccountMutation;
use super::mutations::audited::{Attempt, audited};
use super::mutations::entities::EntityMutation;
use super::mutations::jobs::JobMutation;
use super::mutations::tokens::TokenMutation;
use super::query::Query;
use crate::catalog::import::{ImportOptions, Outcome, SentDocument};
use crate::catalog::movies::CreatedMovie;
use crate::document::proposal::NullPolicy;
use crate::document::{CategoryInput, MovieId, Problem, ProblemCode, Stage};

pub use audited::operation_of;

/// The entry points for writing.
pub struct Mutation;

/// The advice for a missing movie, with the option as GraphQL writes it.
const CREATE_MOVIE: &str = "an ADMIN can create it with createMovie: true";

/// Inputs that name the movie by `id`.
const OWN_ID: InputKind = InputKind::Own { movie: "id" };

/// The error for an id that does not belong to a movie.
fn no_such_movie(id: &ID) -> Problem {
    let shown: String = id.chars().take(80).collect();
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {shown}"))
}

/// The entry points for writing.
#[Object]
impl Mutation {
    /// The mutations of accounts and sessions.
    #[graphql(flatten)]
    async fn accounts(&self) -> AccountMutation {
        AccountMutation
    }

    /// The mutations of personal access tokens.
    #[graphql(flatten)]
    async fn tokens(&self) -> TokenMutation {
        TokenMutation
    }

    /// The mutations of jobs.
    #[graphql(flatten)]
    async fn jobs(&self) -> JobMutation {
        JobMutation
    }

    /// Creates a movie with a title, which becomes revision 1 of its basic info. Needs the role
    /// ADMIN.
    async fn create_movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie.")] input: CreateMovieInput,
    ) -> async_graphql::Result<CreateMoviePayload> {
        let attempt = Attempt::on_movie(&input.id, None);
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish()?;
            let can_read = ctx.can_read()?;
            let created = ctx
                .catalog()
                .create_movie(&permission, &input.id, &input.title)
                .await
                .map_err(ApiError::from)?;
            match created {
                CreatedMovie::Created(id) => {
                    let mut found =
                        ctx.catalog().movies(&can_read, &[id]).await.map_err(ApiError::from)?;
                    let movie = found.pop();
                    Ok(CreateMoviePayload {
                        movie_edge: movie.clone().map(movie_edge),
                        movie: movie.map(Movie),
                        user_errors: Vec::new(),
                        query: Some(Query),
                    })
                }
                CreatedMovie::Refused(problems) => Ok(CreateMoviePayload {
                    movie: None,
                    movie_edge: None,
                    user_errors: UserError::all(problems, OWN_ID),
                    query: Some(Query),
                }),
            }
        })
        .await
    }

    /// Deletes a movie with all its documents, drafts and history. This cannot be undone. Needs the
    /// role ADMIN.
    async fn delete_movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie.")] input: DeleteMovieInput,
    ) -> async_graphql::Result<DeleteMoviePayload> {
        let attempt = Attempt::on_movie(&input.id, None);
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish()?;
            let deleted = match input.id.parse::<MovieId>() {
                Ok(id) => {
                    ctx.catalog().delete_movie(&permission, &id).await.map_err(ApiError::from)?
                }
                Err(_) => false,
            };
            if deleted {
                return Ok(DeleteMoviePayload {
                    deleted_movie_id: Some(input.id),
                    user_errors: Vec::new(),
                    query: Some(Query),
                });
            }
            Ok(DeleteMoviePayload {
                deleted_movie_id: None,
                user_errors: UserError::all(vec![no_such_movie(&input.id)], OWN_ID),
                query: Some(Query),
            })
        })
        .await
    }

    /// Imports typed data into one category. A field that is left out keeps its stored value; null
    /// clears it. Needs the role ADMIN; a dry run and an import into the draft need CONTRIBUTOR.
    async fn import_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the data and the options.")] input: ImportCategoryInput,
    ) -> async_graphql::Result<ImportCategoryPayload> {
        let attempt =
            Attempt::on_movie(&input.movie_id, None).dry_run(is_dry_run(input.options.as_ref()));
        audited(ctx, attempt, async move {
            let options = import_options(input.options, NullPolicy::Clear);
            let (outcome, subject) =
                import_typed(ctx, &input.movie_id, input.data, options).await?;
            Ok(ImportCategoryPayload::new(outcome.with_remedy(CREATE_MOVIE), subject))
        })
        .await
    }

    /// Imports the text of an exported file, or of a language model's answer. The category is read
    /// from the text. Needs the role ADMIN; a dry run and an import into the draft need
    /// CONTRIBUTOR.
    async fn import_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the text and the options.")] input: ImportDocumentInput,
    ) -> async_graphql::Result<ImportDocumentPayload> {
        let attempt = Attempt::on_movie(&input.movie_id, input.category)
            .dry_run(is_dry_run(input.options.as_ref()));
        audited(ctx, attempt, async move {
            let permission = ctx.can_import(import_options(input.options, NullPolicy::Keep))?;
            let Ok(movie) = input.movie_id.parse::<MovieId>() else {
                let (outcome, subject) = no_movie(&input.movie_id, InputKind::Document);
                return Ok(ImportDocumentPayload::new(outcome, subject, None));
            };
            let category = input.category;
            let incoming = SentDocument::Document { text: input.document.into(), category };
            let outcome = ctx
                .catalog()
                .import(&permission, &movie, incoming)
                .await
                .map_err(ApiError::from)?;
            let hint = outcome.repair_hint(&movie, category);
            let subject = Subject { movie: Some(movie), input: InputKind::Document };
            Ok(ImportDocumentPayload::new(outcome.with_remedy(CREATE_MOVIE), subject, hint))
        })
        .await
    }

    /// Imports typed data into a category's open draft. Without a draft: user error NO_DRAFT. Needs
    /// the role CONTRIBUTOR.
    async fn update_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the data and the options.")] input: UpdateDraftInput,
    ) -> async_graphql::Result<UpdateDraftPayload> {
        let attempt =
            Attempt::on_movie(&input.movie_id, None).dry_run(is_dry_run(input.options.as_ref()));
        audited(ctx, attempt, async move {
            let options = ImportOptions {
                target: Stage::Draft,
                needs_draft: true,
                create_movie: false,
                ..import_options(input.options, NullPolicy::Clear)
            };
            let (outcome, subject) =
                import_typed(ctx, &input.movie_id, input.data, options).await?;
            Ok(UpdateDraftPayload::new(outcome, subject))
        })
        .await
    }

    /// Publishes a category's draft: merges it into the published document as a new revision, and
    /// closes it. Needs the role ADMIN; a dry run needs CONTRIBUTOR.
    async fn publish_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft and the options.")] input: PublishDraftInput,
    ) -> async_graphql::Result<PublishDraftPayload> {
        let attempt =
            Attempt::on_movie(&input.movie_id, Some(input.category)).dry_run(input.dry_run);
        audited(ctx, attempt, async move {
            let options = input.options();
            let (permission, publish_permission) = (
                ctx.can_draft()?,
                if options.dry_run { None } else { Some(ctx.can_publish_in(input.category)?) },
            );
            let Ok(movie) = input.movie_id.parse::<MovieId>() else {
                let (outcome, subject) = no_movie(&input.movie_id, InputKind::Stored);
                return Ok(PublishDraftPayload::new(outcome, input.category, subject));
            };
            let outcome = match publish_permission {
                Some(permission) => {
                    ctx.catalog().publish_draft(&permission, &movie, input.category, &options).await
                }
                None => {
                    ctx.catalog()
                        .plan_publication(&permission, &movie, input.category, &options)
                        .await
                }
            };
            let subject = Subject { movie: Some(movie), input: InputKind::Stored };
            Ok(PublishDraftPayload::new(outcome.map_err(ApiError::from)?, input.category, subject))
        })
        .await
    }

    /// Discards a category's draft. The published document does not change. Needs the role ADMIN.
    async fn discard_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft.")] input: DiscardDraftInput,
    ) -> async_graphql::Result<DiscardDraftPayload> {
        let attempt = Attempt::on_movie(&input.movie_id, Some(input.category));
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish_in(input.category)?;
            let Ok(movie) = input.movie_id.parse::<MovieId>() else {
                let (outcome, subject) = no_movie(&input.movie_id, InputKind::Stored);
                return Ok(DiscardDraftPayload::new(outcome, input.category, subject));
            };
            let outcome = ctx
                .catalog()
                .discard_draft(&permission, &movie, input.category, input.reason.as_deref())
                .await;
            let subject = Subject { movie: Some(movie), input: InputKind::Stored };
            Ok(DiscardDraftPayload::new(outcome.map_err(ApiError::from)?, input.category, subject))
        })
        .await
    }

    /// Restores an earlier revision of a category, as a new revision. The history stays as it is.
    /// Needs the role ADMIN.
    async fn revert_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category, the revision and the options.")] input: RevertCategoryInput,
    ) -> async_graphql::Result<RevertCategoryPayload> {
        let attempt =
            Attempt::on_movie(&input.movie_id, Some(input.category)).dry_run(input.dry_run);
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish_in(input.category)?;
            let Ok(movie) = input.movie_id.parse::<MovieId>() else {
                let (outcome, subject) = no_movie(&input.movie_id, InputKind::Stored);
                return Ok(RevertCategoryPayload::new(outcome, subject));
            };
            let options = input.options();
            let outcome = ctx
                .catalog()
                .revert(&permission, &movie, input.category, input.revision, &options)
                .await;
            let subject = Subject { movie: Some(movie), input: InputKind::Stored };
            Ok(RevertCategoryPayload::new(outcome.map_err(ApiError::from)?, subject))
        })
        .await
    }

    /// Locks fields and list items: imports from TMDB and LLM_GENERATED no longer change them, and
    /// a manual edit needs overrideLocks. Targets that are already locked stay locked. Needs the
    /// role ADMIN.
    async fn lock_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category, and the fields and items to lock.")] input: LockFieldsInput,
    ) -> async_graphql::Result<LockFieldsPayload> {
        let attempt = Attempt::on_movie(&input.movie_id, Some(input.category));
        audited(ctx, attempt, async move { Ok(locks::lock(ctx, input).await?) }).await
    }

    /// The mutations of people, ceremonies, platforms and genres.
    #[graphql(flatten)]
    async fn entities(&self) -> EntityMutation {
        EntityMutation
    }

    /// Unlocks fields and list items. Targets that are not locked are ignored. Needs the role
    /// ADMIN.
    async fn unlock_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category, and the fields and items to unlock.")]
        input: UnlockFieldsInput,
    ) -> async_graphql::Result<UnlockFieldsPayload> {
        let attempt = Attempt::on_movie(&input.movie_id, Some(input.category));
        audited(ctx, attempt, async move { Ok(locks::unlock(ctx, input).await?) }).await
    }
}

/// The outcome for an id that does not belong to a movie.
fn no_movie(id: &ID, input: InputKind) -> (Outcome, Subject) {
    (Outcome::no_movie(no_such_movie(id)), Subject { movie: None, input })
}

async fn import_typed(
    ctx: &Context<'_>,
    movie: &ID,
    data: CategoryInput,
    options: ImportOptions,
) -> async_graphql::Result<(Outcome, Subject)> {
    let permission = ctx.can_import(options)?;
    let (category, data) = data.into_json().map_err(ApiError::from)?;
    let input = InputKind::Typed(category);
    let Ok(id) = movie.parse::<MovieId>() else { return Ok(no_movie(movie, input)) };
    let incoming = SentDocument::Typed { category, data };
    let outcome = ctx.catalog().import(&permission, &id, incoming).await.map_err(ApiError::from)?;
    Ok((outcome, Subject { movie: Some(id), input }))
}
