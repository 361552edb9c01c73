//! The fields of `Query` for accounts and the audit log.

use async_graphql::{Context, ID, Object};

use crate::graphql::error::{Restricted, restricted};
use crate::graphql::model::accounts::{self, User, UserConnection, UserFilter};
use crate::graphql::model::audit::{self, AuditEntryConnection, AuditFilter};
use crate::graphql::model::pages::PageArgs;

/// The fields of `Query` for accounts.
pub struct AccountQuery;

/// The fields of `Query` for accounts.
#[Object]
impl AccountQuery {
    /// The accounts, by email. Needs the role ADMIN; without it, null and a FORBIDDEN error.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the accounts. Default: all.")] filter: Option<UserFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<UserConnection> {
        let page = PageArgs { first, after, last, before };
        restricted(accounts::list(ctx, filter, page).await)
    }

    /// The account with this id. Null if there is none. Needs the role ADMIN; without it, null and
    /// a FORBIDDEN error.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id, for example user:user-4qx….")] id: ID,
    ) -> Restricted<User> {
        accounts::find(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The audit log: writes, and attempts that were refused, rejected or failed, newest first.
    /// Attempts that changed nothing appear in it about a second after they were answered. Needs
    /// the role ADMIN; without it, null and a FORBIDDEN error.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the entries. Default: all.")] filter: Option<AuditFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<AuditEntryConnection> {
        let page = PageArgs { first, after, last, before };
        restricted(audit::list(ctx, filter, page).await)
    }
}
