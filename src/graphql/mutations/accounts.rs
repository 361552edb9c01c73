//! The mutations of accounts and sessions.

use async_graphql::{Context, ID, MaybeUndefined, Object};

use crate::catalog::access::Credential;
use crate::catalog::accounts::AccountProblem;
use crate::catalog::accounts::management::{AccountChange, AccountKey, NewAccount, NewPassword};
use crate::catalog::accounts::own::{OwnPassword, PasswordNotChanged};
use crate::catalog::accounts::password_links::LinkRefused;
use crate::catalog::accounts::sessions::{
    INVALID_REFRESH_TOKEN, LoggedIn, LoginRefused, WRONG_CREDENTIALS,
};
use crate::catalog::accounts::throttle::LoginQuota;
use crate::document::node_ids::NodeId;
use crate::document::{Problem, ProblemCode};
use crate::graphql::client::{CookieChange, RefreshCookie, UNPROTECTED_COOKIE};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::account_inputs::{
    ChangePasswordInput, ChangePasswordPayload, CreatePasswordLinkInput, CreatePasswordLinkPayload,
    CreateUserInput, CreateUserPayload, DeleteUserInput, DeleteUserPayload, LoginInput,
    LoginPayload, LogoutEverywhereInput, LogoutEverywherePayload, LogoutInput, LogoutPayload,
    RefreshInput, RefreshPayload, SetPasswordInput, SetPasswordPayload, UpdateUserInput,
    UpdateUserPayload, UsePasswordLinkInput, UsePasswordLinkPayload,
};
use crate::graphql::model::accounts::{User, own_id};
use crate::graphql::model::user_error::{InputKind, UserError};
use crate::graphql::mutations::audited::{Attempt, audited};
use crate::storage::EndedSessions;

/// The mutations of accounts and sessions.
pub struct AccountMutation;

/// Puts the refresh token into the cookie if that is asked for, and returns it otherwise.
fn deliver(ctx: &Context<'_>, logged_in: &mut LoggedIn, with_cookie: bool) -> Option<String> {
    let token = logged_in.refresh_token.take()?;
    if !with_cookie {
        return Some(token);
    }
    ctx.client().change_cookie(CookieChange::Set(token, logged_in.refresh_expires_in));
    None
}

/// The user errors of a payload with one problem of the input.
pub(super) fn errors(problem: Problem) -> Vec<UserError> {
    UserError::all(vec![problem], InputKind::Own { movie: "id" })
}

/// The object of a payload, or its user errors.
fn one_of<T>(result: Result<T, Problem>) -> (Option<T>, Vec<UserError>) {
    match result {
        Ok(object) => (Some(object), Vec::new()),
        Err(problem) => (None, errors(problem)),
    }
}

fn seconds(logged_in: &LoggedIn) -> i64 {
    i64::try_from(logged_in.expires_in.as_secs()).unwrap_or(i64::MAX)
}

/// The mutations of accounts and sessions.
#[Object]
impl AccountMutation {
    /// Exchanges an email address and a password for the tokens of a new session. A wrong email or
    /// password is a top-level error UNAUTHENTICATED; after too many failures, RATE_LIMITED.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The credentials.")] input: LoginInput,
    ) -> async_graphql::Result<LoginPayload> {
        audited(ctx, Attempt::default(), async move {
            let (actor, client) = (ctx.actor(), &ctx.client().name);
            let login = ctx.accounts().login(&input.email, &input.password, &actor, client);
            let outcome = Box::pin(login).await.map_err(ApiError::from)?;
            // The login is done: if the quotas cannot be read, only the headers are missing.
            if let Ok(quotas) =
                Box::pin(ctx.accounts().login_quotas(&input.email, actor.address())).await
            {
                let (policy, left) = LoginQuota::header_values(&quotas);
                ctx.insert_http_header("ratelimit-policy", policy);
                ctx.insert_http_header("ratelimit", left);
            }
            if let Err(LoginRefused::TooManyAttempts(refused)) = &outcome {
                ctx.insert_http_header(
                    "retry-after",
                    refused.retry_after.as_secs().max(1).to_string(),
                );
            }
            let mut logged_in = outcome.map_err(|refused| match refused {
                LoginRefused::WrongCredentials => {
                    ApiError::Unauthenticated(WRONG_CREDENTIALS.to_owned())
                }
                LoginRefused::TooManyAttempts(refused) => {
                    ApiError::RateLimited(refused.retry_after)
                }
            })?;
            Ok(LoginPayload {
                refresh_token: deliver(ctx, &mut logged_in, input.cookie),
                expires_in: seconds(&logged_in),
                access_token: logged_in.access_token,
                token_type: "Bearer".to_owned(),
                viewer: User::of_principal(&logged_in.principal),
                user_errors: Vec::new(),
            })
        })
        .await
    }

    /// Exchanges a refresh token for new tokens, with the account's current role. Needs no access
    /// token. Each refresh token is valid once: if it is used again, its session ends. A token that
    /// is not valid is a top-level error UNAUTHENTICATED.
    async fn refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: RefreshInput,
    ) -> async_graphql::Result<RefreshPayload> {
        audited(ctx, Attempt::default(), async move {
            let (token, from_cookie) = match (input.refresh_token, &ctx.client().refresh_cookie) {
                (Some(token), _) => (token, false),
                (None, RefreshCookie::Token(token)) => (token.clone(), true),
                (None, RefreshCookie::Unprotected) => {
                    return Err(ApiError::Unauthenticated(UNPROTECTED_COOKIE.to_owned()).into());
                }
                (None, RefreshCookie::Absent) => {
                    let message = "there is no refresh token; log in first";
                    return Err(ApiError::Unauthenticated(message.to_owned()).into());
                }
            };
            let refreshed = Box::pin(ctx.accounts().refresh(&token, &ctx.actor()))
                .await
                .map_err(ApiError::from)?;
            let invalid = || ApiError::Unauthenticated(INVALID_REFRESH_TOKEN.to_owned());
            let mut logged_in = refreshed.ok_or_else(invalid)?;
            Ok(RefreshPayload {
                refresh_token: deliver(ctx, &mut logged_in, from_cookie),
                expires_in: seconds(&logged_in),
                access_token: logged_in.access_token,
                token_type: "Bearer".to_owned(),
                viewer: User::of_principal(&logged_in.principal),
                user_errors: Vec::new(),
            })
        })
        .await
    }

    /// Ends the session of the request, or another one of the same account. When this is answered,
    /// no server accepts its tokens.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: LogoutInput,
    ) -> async_graphql::Result<LogoutPayload> {
        audited(ctx, Attempt::default(), async move {
            let principal = ctx.principal()?;
            let current = principal.session();
            let given = input.session_id.as_ref().map(|id| own_id("session", id));
            let refused = |path: &str, code, message: &str| LogoutPayload {
                ended_session_id: None,
                user_errors: errors(Problem::new(path, code, message)),
            };
            let Some(session) = given.or(current) else {
                let message = "the token of this request has no session";
                return Ok(refused("", ProblemCode::Invalid, message));
            };
            // A script's token cannot end the sessions of a person.
            if matches!(principal.credential, Credential::Personal { .. }) {
                let message = "a personal access token cannot end sessions";
                return Ok(refused("", ProblemCode::Invalid, message));
            }
            let (actor, account) = (ctx.actor(), &principal.subject);
            let ended = Box::pin(ctx.accounts().end_session(&actor, account, session)).await;
            if !ended.map_err(ApiError::from)? {
                let message = "the account has no such session";
                return Ok(refused("/sessionId", ProblemCode::NotFound, message));
            }
            if current == Some(session) && ctx.client().refresh_cookie != RefreshCookie::Absent {
                ctx.client().change_cookie(CookieChange::Clear);
            }
            let ended_session_id = Some(ID(NodeId::Session(session.to_owned()).to_string()));
            Ok(LogoutPayload { ended_session_id, user_errors: Vec::new() })
        })
        .await
    }

    /// Ends all sessions of the own account. When this is answered, no server accepts their tokens.
    async fn logout_everywhere(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What else ends.")] input: LogoutEverywhereInput,
    ) -> async_graphql::Result<LogoutEverywherePayload> {
        audited(ctx, Attempt::default(), async move {
            let principal = ctx.principal()?;
            if matches!(principal.credential, Credential::Personal { .. }) {
                let message = "a personal access token cannot end sessions";
                let user_errors = errors(Problem::new("", ProblemCode::Invalid, message));
                return Ok(LogoutEverywherePayload {
                    viewer: None,
                    ended_sessions: 0,
                    user_errors,
                });
            }
            let which = match principal.session() {
                Some(session) if input.keep_current => EndedSessions::Others(session),
                _ => EndedSessions::All,
            };
            let ended =
                Box::pin(ctx.accounts().logout_everywhere(principal, which, input.revoke_tokens))
                    .await;
            let ended_sessions = ended.map_err(ApiError::from)?;
            if !input.keep_current && ctx.client().refresh_cookie != RefreshCookie::Absent {
                ctx.client().change_cookie(CookieChange::Clear);
            }
            let viewer = Some(User::of_principal(principal));
            Ok(LogoutEverywherePayload { viewer, ended_sessions, user_errors: Vec::new() })
        })
        .await
    }

    /// Changes the password of the own account, which needs the old one. All its sessions end, and
    /// a new one begins. After too many wrong passwords: RATE_LIMITED.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: ChangePasswordInput,
    ) -> async_graphql::Result<ChangePasswordPayload> {
        audited(ctx, Attempt::default(), async move {
            let principal = ctx.principal()?;
            let change = OwnPassword {
                old: &input.old_password,
                new: &input.new_password,
                revokes_tokens: input.revoke_tokens,
            };
            let client = &ctx.client().name;
            let changed = Box::pin(ctx.accounts().change_password(principal, change, client)).await;
            let problem = match changed.map_err(ApiError::from)? {
                Ok(mut logged_in) => {
                    return Ok(ChangePasswordPayload {
                        refresh_token: deliver(ctx, &mut logged_in, input.cookie),
                        expires_in: seconds(&logged_in),
                        access_token: Some(logged_in.access_token),
                        token_type: "Bearer".to_owned(),
                        viewer: Some(User::of_principal(&logged_in.principal)),
                        user_errors: Vec::new(),
                    });
                }
                Err(PasswordNotChanged::TooManyAttempts(refused)) => {
                    return Err(ApiError::RateLimited(refused.retry_after).into());
                }
                Err(PasswordNotChanged::NoAccount) => {
                    let message = "the token of this request belongs to no log-in here";
                    Problem::new("", ProblemCode::Invalid, message)
                }
                Err(PasswordNotChanged::WrongPassword) => {
                    Problem::new("/oldPassword", ProblemCode::Invalid, "the password is wrong")
                }
                Err(PasswordNotChanged::Problem(problem)) => problem.at("/newPassword"),
            };
            Ok(ChangePasswordPayload {
                access_token: None,
                token_type: "Bearer".to_owned(),
                expires_in: 0,
                refresh_token: None,
                viewer: None,
                user_errors: errors(problem),
            })
        })
        .await
    }

    /// Creates an account. Needs the role ADMIN.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreateUserInput,
    ) -> async_graphql::Result<CreateUserPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_accounts()?;
            let new = NewAccount {
                email: &input.email,
                name: &input.name,
                role: input.role,
                password: input.password.as_deref(),
            };
            let created = Box::pin(ctx.accounts().create_account(&permission, new)).await;
            let created = created.map_err(ApiError::from)?;
            let problem = |problem: AccountProblem| problem.at("/password");
            let (user, user_errors) = one_of(created.map(User::of_row).map_err(problem));
            Ok(CreateUserPayload { user, user_errors })
        })
        .await
    }

    /// Changes the role or the name of an account, or disables or enables it. If the role changes
    /// or the account is disabled, no server accepts its access tokens when this is answered; the
    /// sessions of a disabled account end. The last ADMIN can neither get another role nor be
    /// disabled. Needs the role ADMIN.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account and its changes.")] input: UpdateUserInput,
    ) -> async_graphql::Result<UpdateUserPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_accounts()?;
            let change = AccountChange {
                role: input.role.take(),
                // Null clears a name.
                name: match input.name {
                    MaybeUndefined::Undefined => None,
                    MaybeUndefined::Null => Some(String::new()),
                    MaybeUndefined::Value(name) => Some(name),
                },
                is_disabled: input.is_disabled.take(),
            };
            let key = AccountKey::Id(own_id("user", &input.id));
            let changed = Box::pin(ctx.accounts().change_account(&permission, key, change)).await;
            let problem = |problem: AccountProblem| problem.at("");
            let changed = changed.map_err(ApiError::from)?;
            let (user, user_errors) = one_of(changed.map(User::of_row).map_err(problem));
            Ok(UpdateUserPayload { user, user_errors })
        })
        .await
    }

    /// Sets the password of an account, and ends its sessions. Needs the role ADMIN.
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account and its password.")] input: SetPasswordInput,
    ) -> async_graphql::Result<SetPasswordPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_accounts()?;
            let key = AccountKey::Id(own_id("user", &input.id));
            let new =
                NewPassword { password: &input.password, revokes_tokens: input.revoke_tokens };
            let set = Box::pin(ctx.accounts().set_account_password(&permission, key, new)).await;
            let problem = |problem: AccountProblem| problem.at("/password");
            let set = set.map_err(ApiError::from)?;
            let (user, user_errors) = one_of(set.map(User::of_row).map_err(problem));
            Ok(SetPasswordPayload { user, user_errors })
        })
        .await
    }

    /// Makes a link by which a person sets the password of an account once, within 24 hours.
    /// Earlier links of the account are no longer valid. Needs the role ADMIN.
    async fn create_password_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreatePasswordLinkInput,
    ) -> async_graphql::Result<CreatePasswordLinkPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_accounts()?;
            let key = AccountKey::Id(own_id("user", &input.id));
            let made = Box::pin(ctx.accounts().create_password_link(&permission, key)).await;
            Ok(match made.map_err(ApiError::from)? {
                Ok(link) => CreatePasswordLinkPayload {
                    secret: Some(link.secret),
                    expires_at: Some(link.expires_at),
                    user_errors: Vec::new(),
                },
                Err(problem) => CreatePasswordLinkPayload {
                    secret: None,
                    expires_at: None,
                    user_errors: errors(problem.at("")),
                },
            })
        })
        .await
    }

    /// Sets the password of the account that a link was made for, and ends its sessions. The link
    /// is then used up. Needs no token.
    async fn use_password_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link and the password.")] input: UsePasswordLinkInput,
    ) -> async_graphql::Result<UsePasswordLinkPayload> {
        audited(ctx, Attempt::default(), async move {
            let set = Box::pin(ctx.accounts().set_password_by_link(
                &input.secret,
                &input.password,
                &ctx.actor(),
            ))
            .await;
            let user_errors = match set.map_err(ApiError::from)? {
                Ok(()) => Vec::new(),
                Err(LinkRefused::Unknown) => {
                    let message = "there is no such link, or it was used or has expired";
                    errors(Problem::new("/secret", ProblemCode::NotFound, message))
                }
                Err(LinkRefused::Problem(problem)) => errors(problem.at("/password")),
            };
            Ok(UsePasswordLinkPayload { user_errors })
        })
        .await
    }

    /// Deletes an account with its sessions and personal access tokens. When this is answered, no
    /// server accepts them. The last ADMIN cannot be deleted. Needs the role ADMIN.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: DeleteUserInput,
    ) -> async_graphql::Result<DeleteUserPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_accounts()?;
            let key = AccountKey::Id(own_id("user", &input.id));
            let deleted = Box::pin(ctx.accounts().delete_account(&permission, key)).await;
            Ok(match deleted.map_err(ApiError::from)? {
                Ok(user) => DeleteUserPayload {
                    deleted_user_id: Some(ID(NodeId::User(user.id).to_string())),
                    user_errors: Vec::new(),
                },
                Err(problem) => {
                    DeleteUserPayload { deleted_user_id: None, user_errors: errors(problem.at("")) }
                }
            })
        })
        .await
    }
}
