//! The audit log: its entries, its filter, and the field of `Query` that reads it.

use std::net::IpAddr;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};

use super::pages::{Cursor, Page, PageArgs, connect, validate_text, validate_time};
use super::payloads::import_id;
use super::totals::Totals;
use crate::catalog::CatalogError;
use crate::catalog::audit::{
    AuditCredential, AuditInterface, AuditOperation, AuditOutcome, AuditTargetKind,
};
use crate::document::Category;
use crate::document::node_ids::{NodeId, entity_node_id, without_prefix};
use crate::document::schema::entities::EntityKind;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{AuditFilter as StoredFilter, AuditRow};

/// Selects entries of the audit log. An entry must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct AuditFilter {
    /// The account that made the attempt, for example user:user-4qx…. For failed log-ins to an
    /// account, use targetId.
    account_id: Option<ID>,
    /// One of these operations.
    #[graphql(validator(max_items = 50))]
    operations: Option<Vec<AuditOperation>>,
    /// One of these outcomes.
    #[graphql(validator(max_items = 10))]
    outcomes: Option<Vec<AuditOutcome>>,
    /// The interface by which the request came.
    via: Option<AuditInterface>,
    /// The address of the client, for example 192.0.2.7.
    address: Option<String>,
    /// What the attempt was about: the id of a movie, a person, a ceremony, a platform, a genre, an
    /// account, a session, a token or a job; or of a draft or an export, for one document of its
    /// movie.
    /// Documents that were imported together with others are found in Query.imports.
    target_id: Option<ID>,
    /// Only entries from this time on (inclusive).
    since: Option<DateTime<Utc>>,
    /// Only entries before this time (exclusive).
    until: Option<DateTime<Utc>>,
}

/// A page of the audit log, newest first.
pub type AuditEntryConnection = Page<AuditEntry>;

const LIST: &str = "audit";

/// The kind and the id of a target, and its category; `None` if no entry has such a target.
fn read_target(id: &ID) -> Option<(AuditTargetKind, String, Option<Category>)> {
    Some(match id.parse().ok()? {
        NodeId::Movie(movie) => (AuditTargetKind::Movie, movie.to_string(), None),
        NodeId::Export(movie, category, _)
        | NodeId::Draft(movie, category)
        | NodeId::Revision(movie, category, _) => {
            (AuditTargetKind::Movie, movie.to_string(), Some(category))
        }
        NodeId::Entity(kind, id) => (kind.into(), id, None),
        NodeId::User(id) => (AuditTargetKind::User, id, None),
        NodeId::Session(id) => (AuditTargetKind::Session, id, None),
        NodeId::Token(id) => (AuditTargetKind::Token, id, None),
        NodeId::Job(id) => (AuditTargetKind::Job, id, None),
        NodeId::Import(_) | NodeId::Lock(..) | NodeId::AuditEntry(_) => return None,
    })
}

/// Converts and validates a filter; `None` if no entry can match it.
fn audit_filter(filter: Option<AuditFilter>) -> Result<Option<StoredFilter>, ApiError> {
    let Some(filter) = filter else { return Ok(Some(StoredFilter::default())) };
    let address = filter.address.map(|text| {
        let address = text.trim().parse::<IpAddr>();
        let address = address.map(|address| address.to_canonical().to_string());
        address.map_err(|_| ApiError::BadInput("filter: address must be an IP address".to_owned()))
    });
    let account = filter.account_id.map(|id| without_prefix("user", &id).to_owned());
    let mut read = StoredFilter {
        account: validate_text("accountId", account)?,
        operations: filter.operations.map(|of| of.iter().map(|of| of.as_str().into()).collect()),
        outcomes: filter.outcomes.map(|of| of.iter().map(|of| of.as_str().into()).collect()),
        interface: filter.via.map(|interface| interface.as_str().to_owned()),
        address: address.transpose()?,
        target: None,
        category: None,
        since: validate_time("since", filter.since)?,
        until: validate_time("until", filter.until)?,
    };
    if let Some(id) = filter.target_id {
        let Some((kind, id, category)) = read_target(&id) else { return Ok(None) };
        let id = validate_text("targetId", Some(id))?;
        read.target = id.map(|id| (kind.as_str().to_owned(), id));
        read.category = category;
    }
    Ok(Some(read))
}

/// Resolves `Query.auditLog`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<AuditFilter>,
    page: PageArgs,
) -> Result<AuditEntryConnection, ApiError> {
    let permission = ctx.can_read_audit_log()?;
    let page = page.request(|cursor| Cursor::read_key(LIST, cursor))?;
    let Some(filter) = audit_filter(filter)? else {
        return Ok(connect(&page, false, Totals::Known(0), []));
    };
    let (rows, has_more) = ctx.catalog().audit_log(&permission, &filter, &page).await?;
    ctx.charge_objects(rows.len())?;
    let entries = rows.into_iter().map(|row| (Cursor::new(LIST, &[&row.id]).0, AuditEntry(row)));
    Ok(connect(&page, has_more, Totals::AuditEntries(Box::new(filter)), entries))
}

/// An entry of the audit log.
pub struct AuditEntry(AuditRow);

impl AuditEntry {
    /// Loads an entry.
    ///
    /// # Errors
    /// When the role does not allow reading the audit log, or storage fails.
    pub async fn load(ctx: &Context<'_>, id: String) -> Result<Option<Self>, ApiError> {
        Ok(ctx.audit_loader()?.entries.load_one(id).await?.map(Self))
    }

    /// A stored word as a value of its enum. A word of a newer version cannot be read.
    fn word<T>(&self, text: &str, parse: fn(&str) -> Option<T>) -> async_graphql::Result<T> {
        Ok(parse(text).ok_or_else(|| {
            let unknown = format!("the audit entry {} has the unknown value {text}", self.0.id);
            ApiError::Internal(CatalogError::Changed(unknown))
        })?)
    }
}

/// An entry of the audit log: a write, or an attempt that was refused, rejected or failed. Entries
/// are never changed. They have no secrets and no texts of documents. Dry runs are not recorded,
/// and reading only if it was refused.
#[Object]
impl AuditEntry {
    /// The entry's id, for example audit:0c7q8m2kx1vd4r6hs. Later entries have larger ids.
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::AuditEntry(self.0.id.clone()).to_string())
    }

    /// When the attempt was made.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The id of the account that made the attempt, which may have been deleted since. Null without
    /// a valid token or right credentials, and on the command line.
    async fn account_id(&self) -> Option<ID> {
        self.0.account.clone().map(|id| ID(NodeId::User(id).to_string()))
    }

    /// The email of that account at that time. Null if accountId is null.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// By what the request proved its account.
    async fn credential(&self) -> async_graphql::Result<AuditCredential> {
        self.word(&self.0.credential, AuditCredential::parse)
    }

    /// The session or the personal access token; of a log-in, the session that it began. Null for
    /// other credentials.
    async fn credential_id(&self) -> Option<ID> {
        let id = self.0.credential_id.clone()?;
        let node = if self.0.credential == AuditCredential::PersonalToken.as_str() {
            NodeId::Token(id)
        } else {
            NodeId::Session(id)
        };
        Some(ID(node.to_string()))
    }

    /// By which interface the request came.
    async fn via(&self) -> async_graphql::Result<AuditInterface> {
        self.word(&self.0.interface, AuditInterface::parse)
    }

    /// The address of the client. Null on the command line, and for attempts from very many
    /// addresses that are counted together.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The id of the request, as in the response header x-request-id and in the log. Null if there
    /// was no request.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What was attempted.
    async fn operation(&self) -> async_graphql::Result<AuditOperation> {
        self.word(&self.0.operation, AuditOperation::parse)
    }

    /// The kind of what the attempt was about. Null if targetId is null.
    async fn target_kind(&self) -> Option<async_graphql::Result<AuditTargetKind>> {
        let (kind, _) = self.0.target.as_ref()?;
        Some(self.word(kind, AuditTargetKind::parse))
    }

    /// The id of what the attempt was about, which may have been deleted since. Of a log-in: the
    /// account. Null if it is not known, if nothing has such an id, or for several documents.
    async fn target_id(&self) -> Option<ID> {
        let (kind, id) = self.0.target.clone()?;
        let entity = |kind| entity_node_id(kind, &id);
        Some(ID(match AuditTargetKind::parse(&kind) {
            Some(AuditTargetKind::Movie) | None => id,
            Some(AuditTargetKind::Person) => entity(EntityKind::Person),
            Some(AuditTargetKind::Ceremony) => entity(EntityKind::Ceremony),
            Some(AuditTargetKind::Platform) => entity(EntityKind::Platform),
            Some(AuditTargetKind::Genre) => entity(EntityKind::Genre),
            Some(AuditTargetKind::User) => NodeId::User(id).to_string(),
            Some(AuditTargetKind::Session) => NodeId::Session(id).to_string(),
            Some(AuditTargetKind::Token) => NodeId::Token(id).to_string(),
            Some(AuditTargetKind::Job) => NodeId::Job(id).to_string(),
        }))
    }

    /// The category, if the attempt was about one document of a movie.
    async fn category(&self) -> Option<Category> {
        self.0.category
    }

    /// How the attempt ended.
    async fn outcome(&self) -> async_graphql::Result<AuditOutcome> {
        self.word(&self.0.outcome, AuditOutcome::parse)
    }

    /// The code of the error, for example NOT_FOUND. Null if there was none.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What was changed, in a few words, for example role VIEWER to ADMIN. Null if the operation
    /// says it all.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// How many attempts, or documents of an import, the entry stands for; mostly 1. After many
    /// refused attempts from an address within a minute, the others have one entry together.
    async fn count(&self) -> i64 {
        self.0.count
    }

    /// The id of the record in the import log; of several documents, that of the first. Null if
    /// there is none.
    async fn import_id(&self) -> Option<ID> {
        self.0.import_id.clone().map(import_id)
    }
}
