//! The mutations of personal access tokens.

use async_graphql::{Context, ID, Object};

use super::accounts::errors;
use super::audited::{Attempt, audited};
use crate::catalog::accounts::personal_tokens::{
    CreatedToken, DEFAULT_DAYS, Expiry, NewToken, TokenOwner, TokenProblem,
};
use crate::document::node_ids::NodeId;
use crate::document::{Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::account_inputs::{
    CreateTokenInput, CreateTokenPayload, RevokeTokenInput, RevokeTokenPayload,
};
use crate::graphql::model::accounts::{PersonalAccessToken, own_id};

/// The mutations of personal access tokens.
pub struct TokenMutation;

fn token_error(problem: &TokenProblem) -> Problem {
    let (path, code) = match problem {
        TokenProblem::NoAccount => ("", ProblemCode::Invalid),
        TokenProblem::Name => ("/name", ProblemCode::Invalid),
        TokenProblem::Role(..) => ("/role", ProblemCode::OutOfRange),
        TokenProblem::Days(_) => ("/expiresInDays", ProblemCode::OutOfRange),
        TokenProblem::NoCategories => ("/categories", ProblemCode::Required),
        TokenProblem::TooMany => ("", ProblemCode::TooLong),
    };
    Problem::new(path, code, problem.to_string())
}

/// The mutations of personal access tokens.
#[Object]
impl TokenMutation {
    /// Makes a personal access token for the own account. Needs the token of a log-in: a personal
    /// access token cannot make others.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: CreateTokenInput,
    ) -> async_graphql::Result<CreateTokenPayload> {
        audited(ctx, Attempt::default(), async move {
            let principal = ctx.principal()?;
            let refused = |problem| CreateTokenPayload {
                secret: None,
                token: None,
                user_errors: errors(problem),
            };
            let expiry = match (input.expires_in_days, input.never_expires) {
                (Some(_), true) => {
                    let message = "neverExpires and expiresInDays cannot be given together";
                    return Ok(refused(Problem::new(
                        "/neverExpires",
                        ProblemCode::Invalid,
                        message,
                    )));
                }
                (None, true) => Expiry::Never,
                (days, false) => Expiry::Days(days.unwrap_or(DEFAULT_DAYS)),
            };
            let new = NewToken {
                name: input.name,
                role: input.role,
                source: input.source,
                categories: input.categories,
                can_publish: input.may_publish,
                expiry,
            };
            let created = Box::pin(ctx.accounts().create_own_token(principal, new)).await;
            Ok(match created.map_err(ApiError::from)? {
                Ok(CreatedToken { text, row }) => CreateTokenPayload {
                    secret: Some(text),
                    token: Some(PersonalAccessToken(row)),
                    user_errors: Vec::new(),
                },
                Err(problem) => refused(token_error(&problem)),
            })
        })
        .await
    }

    /// Revokes a personal access token of the own account; an ADMIN may revoke any account's. When
    /// this is answered, no server accepts it.
    async fn revoke_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: RevokeTokenInput,
    ) -> async_graphql::Result<RevokeTokenPayload> {
        audited(ctx, Attempt::default(), async move {
            let principal = ctx.principal()?;
            let permission = principal.can_manage_accounts();
            let owner = match &permission {
                Ok(permission) => TokenOwner::Anyone(permission),
                Err(_) => TokenOwner::Account(&principal.subject),
            };
            let id = own_id("token", &input.id);
            let revoked = Box::pin(ctx.accounts().revoke_token(&ctx.actor(), owner, id))
                .await
                .map_err(ApiError::from)?;
            if revoked {
                let revoked_token_id = Some(ID(NodeId::Token(id.to_owned()).to_string()));
                return Ok(RevokeTokenPayload { revoked_token_id, user_errors: Vec::new() });
            }
            let problem = Problem::new("/id", ProblemCode::NotFound, "there is no such token");
            Ok(RevokeTokenPayload { revoked_token_id: None, user_errors: errors(problem) })
        })
        .await
    }
}
