//! Mutations: one input and one payload each.

mod entities;

use async_graphql::{Context, ID, Object};

use super::context::ContextExt;
use super::error::ApiError;
use super::model::inputs::{
    CreateMovieInput, DeleteMovieInput, DiscardDraftInput, ImportCategoryInput,
    ImportDocumentInput, LoginInput, PublishDraftInput, RevertCategoryInput, UpdateDraftInput,
    options_of,
};
use super::model::locks::{
    self, LockFieldsInput, LockFieldsPayload, UnlockFieldsInput, UnlockFieldsPayload,
};
use super::model::payloads::{
    CreateMoviePayload, DeleteMoviePayload, DiscardDraftPayload, ImportCategoryPayload,
    ImportDocumentPayload, LoginPayload, PublishDraftPayload, RevertCategoryPayload,
    UpdateDraftPayload, user_errors,
};
use super::model::types::{Movie, User};
use super::mutations::entities::Mending;
use crate::catalog::accounts::LoginRefused;
use crate::catalog::import::{ImportOptions, Incoming, Outcome};
use crate::catalog::movies::CreatedMovie;
use crate::document::merge::NullPolicy;
use crate::document::{CategoryInput, MovieId, Problem, ProblemCode, Stage};

/// The entry points for writing.
pub struct Mutation;

/// What helps against there being no movie, as GraphQL writes it.
const CREATE_MOVIE: &str = "an ADMIN can create it with createMovie: true";

/// A movie of an id that no movie can have.
fn no_such_movie(id: &ID) -> Problem {
    let shown: String = id.chars().take(80).collect();
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {shown}"))
}

/// The entry points for writing.
#[Object]
impl Mutation {
    /// Exchanges an email and a password for an access token. Fails with UNAUTHENTICATED if either
    /// is wrong, and with RATE_LIMITED after too many failures.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Email and password.")] input: LoginInput,
    ) -> async_graphql::Result<LoginPayload> {
        let outcome = ctx
            .accounts()
            .login(&input.email, &input.password, ctx.address())
            .await
            .map_err(ApiError::from)?;
        let session = outcome.map_err(|refused| match refused {
            LoginRefused::WrongCredentials => {
                ApiError::Unauthenticated("the email or the password is wrong".to_owned())
            }
            LoginRefused::TooManyAttempts(refused) => ApiError::RateLimited(refused.retry_after),
        })?;
        Ok(LoginPayload {
            access_token: session.access_token,
            token_type: "Bearer".to_owned(),
            expires_in: i64::try_from(session.expires_in.as_secs()).unwrap_or(i64::MAX),
            refresh_token: session.refresh_token,
            viewer: User(session.principal),
            user_errors: Vec::new(),
        })
    }

    /// Creates a movie with a title: its basic info at revision 1. Needs the role ADMIN.
    async fn create_movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie.")] input: CreateMovieInput,
    ) -> async_graphql::Result<CreateMoviePayload> {
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
                Ok(CreateMoviePayload { movie: found.pop().map(Movie), user_errors: Vec::new() })
            }
            CreatedMovie::Refused(problems) => {
                Ok(CreateMoviePayload { movie: None, user_errors: user_errors(problems) })
            }
        }
    }

    /// Deletes a movie with all its documents and their history. Needs the role ADMIN. This cannot
    /// be undone.
    async fn delete_movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie.")] input: DeleteMovieInput,
    ) -> async_graphql::Result<DeleteMoviePayload> {
        let permission = ctx.can_publish()?;
        let deleted = match input.id.parse::<MovieId>() {
            Ok(id) => ctx.catalog().delete_movie(&permission, &id).await.map_err(ApiError::from)?,
            Err(_) => false,
        };
        if deleted {
            return Ok(DeleteMoviePayload {
                deleted_movie_id: Some(input.id),
                user_errors: Vec::new(),
            });
        }
        Ok(DeleteMoviePayload {
            deleted_movie_id: None,
            user_errors: user_errors(vec![no_such_movie(&input.id)]),
        })
    }

    /// Imports one category from typed input. A field that is left out is left as it is stored; null
    /// clears it. Needs the role ADMIN; a dry run and an import into the draft need CONTRIBUTOR.
    async fn import_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the data, and how to import it.")] input: ImportCategoryInput,
    ) -> async_graphql::Result<ImportCategoryPayload> {
        let options = options_of(input.options, NullPolicy::Clear);
        let outcome = import_typed(ctx, &input.movie_id, input.data, options).await?;
        Ok(outcome.with_remedy(CREATE_MOVIE).into())
    }

    /// Imports an exported file, or what a language model made of it: the category is found from the
    /// text. Needs the role ADMIN; a dry run and an import into the draft need CONTRIBUTOR.
    async fn import_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the text, and how to import it.")] input: ImportDocumentInput,
    ) -> async_graphql::Result<ImportDocumentPayload> {
        let permission = ctx.can_import(options_of(input.options, NullPolicy::Keep))?;
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            let outcome = Outcome::no_movie(no_such_movie(&input.movie_id));
            return Ok(ImportDocumentPayload::new(outcome, None));
        };
        let category = input.category;
        let incoming = Incoming::Document { text: input.document.into(), category };
        let outcome =
            ctx.catalog().import(&permission, &movie, incoming).await.map_err(ApiError::from)?;
        let hint = outcome.repair_hint(&movie, category);
        Ok(ImportDocumentPayload::new(outcome.with_remedy(CREATE_MOVIE), hint))
    }

    /// Edits the draft of a category, which must be there. Needs the role CONTRIBUTOR.
    async fn update_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the data, and how to import it.")] input: UpdateDraftInput,
    ) -> async_graphql::Result<UpdateDraftPayload> {
        let options = ImportOptions {
            target: Stage::Draft,
            needs_draft: true,
            create_movie: false,
            ..options_of(input.options, NullPolicy::Clear)
        };
        Ok(import_typed(ctx, &input.movie_id, input.data, options).await?.into())
    }

    /// Publishes the draft of a category: merges it into what is published by now. Needs the role ADMIN;
    /// a dry run needs CONTRIBUTOR.
    async fn publish_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft, and how to publish it.")] input: PublishDraftInput,
    ) -> async_graphql::Result<PublishDraftPayload> {
        let options = input.options();
        let (permission, leave) =
            (ctx.can_draft()?, if options.dry_run { None } else { Some(ctx.can_publish()?) });
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            return Ok(Outcome::no_movie(no_such_movie(&input.movie_id)).into());
        };
        let outcome = match leave {
            Some(permission) => {
                ctx.catalog().publish_draft(&permission, &movie, input.category, &options).await
            }
            None => {
                ctx.catalog().plan_publication(&permission, &movie, input.category, &options).await
            }
        };
        Ok(outcome.map_err(ApiError::from)?.into())
    }

    /// Discards the draft of a category. Needs the role ADMIN.
    async fn discard_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DiscardDraftInput,
    ) -> async_graphql::Result<DiscardDraftPayload> {
        let permission = ctx.can_publish()?;
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            return Ok(Outcome::no_movie(no_such_movie(&input.movie_id)).into());
        };
        let outcome = ctx.catalog().discard_draft(&permission, &movie, input.category).await;
        Ok(outcome.map_err(ApiError::from)?.into())
    }

    /// Brings back what a category said at an earlier revision, as a new revision: the past is never
    /// rewritten. Needs the role ADMIN.
    async fn revert_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which category, and which revision.")] input: RevertCategoryInput,
    ) -> async_graphql::Result<RevertCategoryPayload> {
        let permission = ctx.can_publish()?;
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            return Ok(Outcome::no_movie(no_such_movie(&input.movie_id)).into());
        };
        let options = input.options();
        let outcome = ctx
            .catalog()
            .revert(&permission, &movie, input.category, input.revision, &options)
            .await;
        Ok(outcome.map_err(ApiError::from)?.into())
    }

    /// Locks fields and list items, so that imports from TMDB and LLM_GENERATED leave them as they are and
    /// a person's own edit needs overrideLocks. What is locked already stays as it is. Needs the role
    /// ADMIN.
    async fn lock_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the category, and what to lock.")] input: LockFieldsInput,
    ) -> async_graphql::Result<LockFieldsPayload> {
        Ok(locks::lock(ctx, input).await?)
    }

    /// Names of people and things, and who is who.
    #[graphql(flatten)]
    async fn mending(&self) -> Mending {
        Mending
    }

    /// Unlocks fields and list items. What is not locked stays so. Needs the role ADMIN.
    async fn unlock_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the category, and what to unlock.")] input: UnlockFieldsInput,
    ) -> async_graphql::Result<UnlockFieldsPayload> {
        Ok(locks::unlock(ctx, input).await?)
    }
}

async fn import_typed(
    ctx: &Context<'_>,
    movie: &ID,
    data: CategoryInput,
    options: ImportOptions,
) -> async_graphql::Result<Outcome> {
    let permission = ctx.can_import(options)?;
    let (category, data) = data.into_json().map_err(ApiError::from)?;
    let Ok(id) = movie.parse::<MovieId>() else {
        return Ok(Outcome::no_movie(no_such_movie(movie)));
    };
    let incoming = Incoming::Typed { category, data };
    Ok(ctx.catalog().import(&permission, &id, incoming).await.map_err(ApiError::from)?)
}
