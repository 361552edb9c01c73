//! Mutations: one input and one payload each.

use async_graphql::{Context, ID, Object};

use super::context::ContextExt;
use super::error::ApiError;
use super::inputs::{
    CreateMovieInput, DeleteMovieInput, ImportCategoryInput, ImportDocumentInput, LoginInput, options_of,
};
use super::payloads::{
    CreateMoviePayload, DeleteMoviePayload, ImportCategoryPayload, ImportDocumentPayload, LoginPayload, user_errors,
};
use super::types::{Movie, User};
use crate::catalog::accounts::LoginRefused;
use crate::catalog::import::Incoming;
use crate::catalog::movies::CreatedMovie;
use crate::document::merge::NullPolicy;
use crate::document::{MovieId, Problem, ProblemCode};

/// The entry points for writing.
pub struct Mutation;

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
    #[graphql(complexity = 100)]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Email and password.")] input: LoginInput,
    ) -> async_graphql::Result<LoginPayload> {
        let outcome =
            ctx.accounts().login(&input.email, &input.password, ctx.address()).await.map_err(ApiError::from)?;
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
        let created = ctx.catalog().create_movie(&permission, &input.id, &input.title).await.map_err(ApiError::from)?;
        match created {
            CreatedMovie::Created(id) => {
                let mut found = ctx.catalog().movies(&can_read, &[id]).await.map_err(ApiError::from)?;
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
            return Ok(DeleteMoviePayload { deleted_movie_id: Some(input.id), user_errors: Vec::new() });
        }
        Ok(DeleteMoviePayload { deleted_movie_id: None, user_errors: user_errors(vec![no_such_movie(&input.id)]) })
    }

    /// Imports one category from typed input. Needs the role ADMIN. A field that is left out is left
    /// as it is stored; null clears it.
    async fn import_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the data, and how to import it.")] input: ImportCategoryInput,
    ) -> async_graphql::Result<ImportCategoryPayload> {
        let permission = ctx.can_publish()?;
        let (category, data) = input.data.into_json().map_err(ApiError::from)?;
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            return Ok(crate::catalog::import::Outcome::no_movie(no_such_movie(&input.movie_id)).into());
        };
        let options = options_of(input.options, NullPolicy::Clear);
        let incoming = Incoming::Typed { category, data };
        let outcome = ctx.catalog().import(&permission, &movie, incoming, &options).await.map_err(ApiError::from)?;
        Ok(outcome.into())
    }

    /// Imports an exported file: the category is found from the text. Needs the role ADMIN.
    async fn import_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie, the text, and how to import it.")] input: ImportDocumentInput,
    ) -> async_graphql::Result<ImportDocumentPayload> {
        let permission = ctx.can_publish()?;
        let Ok(movie) = input.movie_id.parse::<MovieId>() else {
            return Ok(crate::catalog::import::Outcome::no_movie(no_such_movie(&input.movie_id)).into());
        };
        let options = options_of(input.options, NullPolicy::Keep);
        let incoming = Incoming::Document { text: input.document.as_bytes(), category: input.category };
        let outcome = ctx.catalog().import(&permission, &movie, incoming, &options).await.map_err(ApiError::from)?;
        Ok(outcome.into())
    }
}
