//! Accounts, sessions and personal access tokens.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use super::pages::{Cursor, Page, PageArgs, connect};
use super::totals::Totals;
use super::whole_lists::newest_first;
use crate::catalog::access::{Principal, Role};
use crate::catalog::accounts::personal_tokens::categories_of;
use crate::catalog::accounts::role_of;
use crate::document::node_ids::{NodeId, without_prefix};
use crate::document::{Category, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{PersonalTokenRow, SessionRow, UserFilter as StoredFilter, UserRow};

/// A page of accounts.
pub type UserConnection = Page<User>;
/// A page of sessions.
pub type SessionConnection = Page<Session>;
/// A page of personal access tokens.
pub type PersonalAccessTokenConnection = Page<PersonalAccessToken>;

/// Selects the accounts to list. An account must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct UserFilter {
    /// The role.
    role: Option<Role>,
    /// Whether the account is disabled.
    is_disabled: Option<bool>,
}

const USERS: &str = "users";
const SESSIONS: &str = "sessions";
const TOKENS: &str = "tokens";

/// The own id in an id of the schema. Ids without the kind are taken as they are.
#[must_use]
pub fn own_id<'a>(kind: &str, id: &'a ID) -> &'a str {
    without_prefix(kind, &id.0)
}

/// Resolves `Query.users`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<UserFilter>,
    page: PageArgs,
) -> Result<UserConnection, ApiError> {
    let permission = ctx.can_manage_accounts()?;
    let page = page.request(|cursor| Cursor::read_key(USERS, cursor))?;
    let filter = filter.map_or_else(StoredFilter::default, |filter| StoredFilter {
        email: None,
        role: filter.role.map(|role| role.as_str().to_owned()),
        is_disabled: filter.is_disabled,
    });
    let (rows, has_more) = ctx.accounts().accounts(&permission, &filter, &page).await?;
    ctx.charge_objects(rows.len())?;
    let users =
        rows.into_iter().map(|row| (Cursor::new(USERS, &[&row.email]).0, User::of_row(row)));
    Ok(connect(&page, has_more, Totals::Users(filter), users))
}

/// Resolves `Query.user`.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<User>, ApiError> {
    let permission = ctx.can_manage_accounts()?;
    let found = ctx.accounts().account(&permission, own_id("user", id)).await?;
    Ok(found.map(User::of_row))
}

/// An account: that of the request's token, or one that an ADMIN looks at.
pub struct User {
    id: String,
    email: String,
    role: Role,
    source: Option<Source>,
    /// The session of the request, if this is its account.
    session: Option<String>,
    /// `None` if another issuer knows the account and this service does not.
    row: OnceCell<Option<UserRow>>,
}

impl User {
    /// The account of a request.
    pub fn of_principal(principal: &Principal) -> Self {
        Self {
            id: principal.subject.clone(),
            email: principal.email.clone(),
            role: principal.role,
            source: principal.source,
            session: principal.session().map(str::to_owned),
            row: OnceCell::new(),
        }
    }

    /// A stored account.
    pub fn of_row(row: UserRow) -> Self {
        Self {
            id: row.id.clone(),
            email: row.email.clone(),
            role: role_of(&row.role),
            source: None,
            session: None,
            row: OnceCell::new_with(Some(Some(row))),
        }
    }

    /// Loads an account that is not that of the request. `None` if there is none, or if the request
    /// may not manage accounts.
    pub async fn load(ctx: &Context<'_>, id: String) -> Result<Option<Self>, ApiError> {
        if ctx.can_manage_accounts().is_err() {
            return Ok(None);
        }
        Ok(ctx.account_loaders().users.load_one(id).await?.map(Self::of_row))
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Option<&UserRow>, ApiError> {
        let load = async || ctx.accounts().stored_account(&self.id).await;
        Ok(self.row.get_or_try_init(load).await?.as_ref())
    }
}

/// An account: that of the request's token, or one that an ADMIN looks at.
#[Object]
impl User {
    /// The account's id: user: and the subject (sub) of its tokens, for example user:user-4qx….
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::User(self.id.clone()).to_string())
    }

    /// The account's email address.
    async fn email(&self) -> &str {
        &self.email
    }

    /// What the person is called; empty if nothing was entered, or if only another issuer knows the
    /// account.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.row(ctx).await?.map_or("", |row| row.name.as_str()))
    }

    /// The account's role. Of the viewer: the role of the request's token, which may be lower.
    async fn role(&self) -> Role {
        self.role
    }

    /// The source of changes made with the request's token that name none. Null if it sets none,
    /// and for all accounts but the viewer.
    async fn source(&self) -> Option<Source> {
        self.source
    }

    /// Whether the account is disabled: nothing can be done with it until an ADMIN enables it.
    async fn is_disabled(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(self.row(ctx).await?.is_some_and(|row| row.is_disabled))
    }

    /// When the account was created. Null if only another issuer knows it.
    async fn created_at(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<DateTime<Utc>>> {
        match self.row(ctx).await {
            Ok(row) => row.map(|row| Ok(row.created_at)),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// The open sessions, the newest first: one for each log-in that was neither ended nor expired.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<SessionConnection> {
        let page = PageArgs { first, after, last, before };
        let page = page.request(|cursor| Cursor::read_key(SESSIONS, cursor))?;
        let rows = ctx.account_loaders().sessions.load_one(self.id.clone()).await;
        let rows = rows.map_err(ApiError::from)?.unwrap_or_default();
        let key = |row: &SessionRow| time_key(row.created_at, &row.id);
        let node = |row: SessionRow| {
            let is_current = self.session.as_ref() == Some(&row.id);
            Session { row, is_current }
        };
        let connection = newest_first(SESSIONS, rows, key, &page, node);
        ctx.charge_objects(connection.edges.len())?;
        Ok(connection)
    }

    /// The personal access tokens that were not revoked, the newest first.
    async fn tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<PersonalAccessTokenConnection> {
        let page = PageArgs { first, after, last, before };
        let page = page.request(|cursor| Cursor::read_key(TOKENS, cursor))?;
        let rows = ctx.account_loaders().tokens.load_one(self.id.clone()).await;
        let rows = rows.map_err(ApiError::from)?.unwrap_or_default();
        let key = |row: &PersonalTokenRow| time_key(row.created_at, &row.id);
        let connection = newest_first(TOKENS, rows, key, &page, PersonalAccessToken);
        ctx.charge_objects(connection.edges.len())?;
        Ok(connection)
    }
}

/// A key that sorts by time.
fn time_key(time: DateTime<Utc>, id: &str) -> String {
    format!("{:020} {id}", time.timestamp_micros())
}

/// A session: what a log-in began. It ends by logout, when its refresh token is used twice, or when
/// the password changes or the account is disabled or deleted.
pub struct Session {
    row: SessionRow,
    is_current: bool,
}

impl Session {
    /// Loads a session of the own account, or of any for an ADMIN.
    pub async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, ApiError> {
        let own = ctx.principal()?;
        let may_see_all = own.can_manage_accounts().is_ok();
        let found = ctx.account_loaders().sessions_by_id.load_one(id.to_owned()).await?;
        let found = found.filter(|row| may_see_all || row.account == own.subject);
        Ok(found.map(|row| Self { is_current: own.session() == Some(row.id.as_str()), row }))
    }
}

/// A session: what a log-in began. It ends by logout, when its refresh token is used twice, or when
/// the password changes or the account is disabled or deleted.
#[Object]
impl Session {
    /// The session's id, for example session:session-4qx….
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::Session(self.row.id.clone()).to_string())
    }

    /// What the client calls itself: the header User-Agent of the log-in; may be empty.
    async fn client(&self) -> &str {
        &self.row.client
    }

    /// The address that the log-in came from. Null if it is not known, as on the command line.
    async fn address(&self) -> Option<&str> {
        Some(self.row.address.as_str()).filter(|address| !address.is_empty())
    }

    /// When the log-in was.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When the refresh token was last exchanged; at first the time of the log-in.
    async fn last_refreshed_at(&self) -> DateTime<Utc> {
        self.row.used_at
    }

    /// When the session ends if its refresh token is not exchanged before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.row.expires_at
    }

    /// Whether the request's token belongs to this session.
    async fn is_current(&self) -> bool {
        self.is_current
    }
}

/// A personal access token, for a script or an agent. The token itself is shown only when it is
/// made.
pub struct PersonalAccessToken(pub PersonalTokenRow);

impl PersonalAccessToken {
    /// Loads a token of the own account, or of any for an ADMIN.
    pub async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, ApiError> {
        let own = ctx.principal()?;
        let may_see_all = own.can_manage_accounts().is_ok();
        let found = ctx.account_loaders().tokens_by_id.load_one(id.to_owned()).await?;
        Ok(found.filter(|row| may_see_all || row.account == own.subject).map(Self))
    }
}

/// A personal access token, for a script or an agent. The token itself is shown only when it is
/// made.
#[Object]
impl PersonalAccessToken {
    /// The token's id, for example token:token-4qx….
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::Token(self.0.id.clone()).to_string())
    }

    /// What its owner calls it, for example nightly export.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The role that it gives, at most the present role of its account.
    async fn role(&self) -> Role {
        role_of(&self.0.role)
    }

    /// The source of changes made with it that name none. Null if it sets none.
    async fn source(&self) -> Option<Source> {
        self.0.source.as_deref().and_then(Source::parse)
    }

    /// The categories that it may change; it reads all. All seven if it has no limit.
    async fn categories(&self) -> Vec<Category> {
        categories_of(&self.0).as_deref().unwrap_or(Category::ALL).to_vec()
    }

    /// Whether a token with the source LLM_GENERATED may publish. Other tokens may if their role
    /// does.
    async fn may_publish(&self) -> bool {
        self.0.can_publish
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it expires. Null: never.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was last used, to the minute. Null: not yet.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.used_at
    }
}
