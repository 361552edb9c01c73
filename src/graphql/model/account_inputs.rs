//! The inputs and payloads of mutations of accounts, sessions and tokens.

use async_graphql::{ComplexObject, ID, InputObject, MaybeUndefined, SimpleObject};
use chrono::{DateTime, Utc};

use super::accounts::{PersonalAccessToken, User};
use super::user_error::{UserError, has_user_errors};
use crate::catalog::access::Role;
use crate::document::{Category, Source};
use crate::graphql::query::Query;

/// The credentials of an account.
#[derive(InputObject)]
pub struct LoginInput {
    /// The account's email address.
    pub email: String,
    /// The account's password.
    #[graphql(secret)]
    pub password: String,
    /// Whether the refresh token is put into a cookie that scripts cannot read (HttpOnly,
    /// SameSite=Strict) instead of the payload, for pages of this origin.
    #[graphql(default = false)]
    pub cookie: bool,
}

/// The refresh token to exchange.
#[derive(InputObject)]
pub struct RefreshInput {
    /// The refresh token. Default: that of the cookie; the request then needs the header
    /// X-CSRF-Protection: 1.
    #[graphql(secret)]
    pub refresh_token: Option<String>,
}

/// The session to end.
#[derive(InputObject)]
pub struct LogoutInput {
    /// Another session of the same account, for example session:session-4qx…. Default: the session
    /// of the request's token.
    pub session_id: Option<ID>,
}

/// Which credentials of the own account end.
#[derive(InputObject)]
pub struct LogoutEverywhereInput {
    /// Whether the session of the request goes on.
    #[graphql(default = false)]
    pub keep_current: bool,
    /// Whether the personal access tokens are revoked too.
    #[graphql(default = false)]
    pub revoke_tokens: bool,
}

/// A new password for the own account.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password so far.
    #[graphql(secret)]
    pub old_password: String,
    /// The new password: 8 to 1024 characters of any kind, and not one of the commonest.
    #[graphql(secret)]
    pub new_password: String,
    /// Whether the personal access tokens are revoked too.
    #[graphql(default = false)]
    pub revoke_tokens: bool,
    /// Whether the refresh token of the new session is put into a cookie; see LoginInput.
    #[graphql(default = false)]
    pub cookie: bool,
}

/// The account to create.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The email address, which no other account may have. Case is ignored.
    pub email: String,
    /// What the person is called, at most 100 characters.
    #[graphql(default)]
    pub name: String,
    /// The role.
    pub role: Role,
    /// The password: 8 to 1024 characters of any kind, and not one of the commonest. Without one,
    /// no log-in succeeds until a password is set, for example by createPasswordLink.
    #[graphql(secret)]
    pub password: Option<String>,
}

/// Changes of an account. What is left out is kept.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// The account's id, for example user:user-4qx….
    pub id: ID,
    /// The role.
    pub role: MaybeUndefined<Role>,
    /// What the person is called, at most 100 characters.
    pub name: MaybeUndefined<String>,
    /// Whether the account is disabled.
    pub is_disabled: MaybeUndefined<bool>,
}

/// A new password for an account.
#[derive(InputObject)]
pub struct SetPasswordInput {
    /// The account's id, for example user:user-4qx….
    pub id: ID,
    /// The password: 8 to 1024 characters of any kind, and not one of the commonest.
    #[graphql(secret)]
    pub password: String,
    /// Whether the account's personal access tokens are revoked too.
    #[graphql(default = false)]
    pub revoke_tokens: bool,
}

/// The account to make a link for.
#[derive(InputObject)]
pub struct CreatePasswordLinkInput {
    /// The account's id, for example user:user-4qx….
    pub id: ID,
}

/// The link and the password that it sets.
#[derive(InputObject)]
pub struct UsePasswordLinkInput {
    /// The secret of the link.
    #[graphql(secret)]
    pub secret: String,
    /// The password: 8 to 1024 characters of any kind, and not one of the commonest.
    #[graphql(secret)]
    pub password: String,
}

/// The account to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// The account's id, for example user:user-4qx….
    pub id: ID,
}

/// The token to make for the own account.
#[derive(InputObject)]
pub struct CreateTokenInput {
    /// What the token is called, 1 to 100 characters, for example nightly export.
    pub name: String,
    /// The role that it gives: the own role or a role below it.
    pub role: Role,
    /// The source of changes made with it that name none. For a language model's token:
    /// LLM_GENERATED.
    pub source: Option<Source>,
    /// The only categories that it may change; it reads all. Default: all. A token with a limit
    /// cannot change accounts, people or whole movies.
    pub categories: Option<Vec<Category>>,
    /// Whether a token with the source LLM_GENERATED may publish. Without it, such a token has at
    /// most the role CONTRIBUTOR. Other tokens need no permission beyond their role.
    #[graphql(default = false)]
    pub may_publish: bool,
    /// After how many days it expires: 1 to 3650. Default: 90.
    pub expires_in_days: Option<i64>,
    /// Whether it never expires. Not together with expiresInDays.
    #[graphql(default = false)]
    pub never_expires: bool,
}

/// The token to revoke.
#[derive(InputObject)]
pub struct RevokeTokenInput {
    /// The token's id, for example token:token-4qx…. An ADMIN may revoke any account's.
    pub id: ID,
}

/// The result of login.
#[derive(SimpleObject)]
pub struct LoginPayload {
    /// The access token. Send it in the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token is valid, in seconds.
    pub expires_in: i64,
    /// The refresh token. Exchange it by refresh for new tokens; each is valid once. Null if it is
    /// in a cookie, or if the database is read-only.
    pub refresh_token: Option<String>,
    /// The account that logged in.
    pub viewer: User,
    /// Always empty: a failed login is a top-level error, UNAUTHENTICATED or RATE_LIMITED.
    pub user_errors: Vec<UserError>,
}

/// The result of refresh.
#[derive(SimpleObject)]
pub struct RefreshPayload {
    /// The access token. Send it in the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token is valid, in seconds.
    pub expires_in: i64,
    /// The next refresh token. Null if it is in a cookie.
    pub refresh_token: Option<String>,
    /// The account of the session.
    pub viewer: User,
    /// Always empty: a token that is not valid is a top-level error, UNAUTHENTICATED.
    pub user_errors: Vec<UserError>,
}

/// The result of changePassword: the tokens of a new session.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ChangePasswordPayload {
    /// The access token. Send it in the header `Authorization: Bearer …`. Null if there are user
    /// errors.
    pub access_token: Option<String>,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token is valid, in seconds; 0 if there are user errors.
    pub expires_in: i64,
    /// The refresh token. Null if it is in a cookie, if the database is read-only, or if there are
    /// user errors.
    pub refresh_token: Option<String>,
    /// The account of the session. Null if there are user errors.
    pub viewer: Option<User>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of logout.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LogoutPayload {
    /// The id of the session that ended. Null if there are user errors.
    pub ended_session_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of logoutEverywhere.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LogoutEverywherePayload {
    /// The account, with the sessions and tokens that are left.
    pub viewer: Option<User>,
    /// How many sessions ended.
    pub ended_sessions: u64,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of createUser.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CreateUserPayload {
    /// The account after the call. Null if there are user errors.
    pub user: Option<User>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of updateUser.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct UpdateUserPayload {
    /// The account after the call. Null if there are user errors.
    pub user: Option<User>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of setPassword.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SetPasswordPayload {
    /// The account after the call. Null if there are user errors.
    pub user: Option<User>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of createPasswordLink.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CreatePasswordLinkPayload {
    /// The secret, shown only here. Give the person the address of this service with /set-password#
    /// and the secret, or call usePasswordLink with it. Null if there are user errors.
    pub secret: Option<String>,
    /// When the link expires. Null if there are user errors.
    pub expires_at: Option<DateTime<Utc>>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of usePasswordLink.
#[derive(SimpleObject)]
pub struct UsePasswordLinkPayload {
    /// What is wrong with the link or the password. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of deleteUser.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DeleteUserPayload {
    /// The id of the deleted account. Null if there are user errors.
    pub deleted_user_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was deleted.
    pub user_errors: Vec<UserError>,
}

/// The result of createToken.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CreateTokenPayload {
    /// The token to send in the header `Authorization: Bearer …`. It is shown only here. Null if
    /// there are user errors.
    pub secret: Option<String>,
    /// What is stored of it. Null if there are user errors.
    pub token: Option<PersonalAccessToken>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The result of revokeToken.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RevokeTokenPayload {
    /// The id of the revoked token. Null if there are user errors.
    pub revoked_token_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Completes payloads, and adds the field `query`. The requests of the others have no token, so
/// they could not read anything.
macro_rules! leads_to_query {
    ($($Payload:ident),*) => {
        $(
            #[ComplexObject]
            impl $Payload {
                /// The entry points for reading: what they answer includes what the call changed.
                async fn query(&self) -> Option<Query> {
                    Some(Query)
                }
            }

            has_user_errors!($Payload);
        )*
    };
}

leads_to_query!(
    ChangePasswordPayload,
    LogoutPayload,
    LogoutEverywherePayload,
    CreateUserPayload,
    UpdateUserPayload,
    SetPasswordPayload,
    CreatePasswordLinkPayload,
    DeleteUserPayload,
    CreateTokenPayload,
    RevokeTokenPayload
);

has_user_errors!(LoginPayload, RefreshPayload, UsePasswordLinkPayload);
