//! Roles and permissions. A permission is a value that only a sufficient role can obtain.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::audit::{Actor, AuditCredential, AuditInterface, RequestOrigin};
use super::import::options::ImportOptions;
use crate::document::schema::choice::define_choice;
use crate::document::{Category, Source, Stage};

define_choice! {
    /// The role of an account. Each role may do everything that the roles before it may do.
    pub enum Role {
        /// Has an account on the platform, but no permissions in this service.
        User = "USER",
        /// May read and export.
        Viewer = "VIEWER",
        /// May also plan imports and import to drafts.
        Contributor = "CONTRIBUTOR",
        /// May also change what is published.
        Admin = "ADMIN",
    }
}

impl Role {
    /// Whether the role may do everything that `other` may do.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        self as u8 >= other as u8
    }

    /// The lower of two roles.
    #[must_use]
    pub const fn limited_to(self, other: Self) -> Self {
        if self.includes(other) { other } else { self }
    }
}

/// The account that makes a request, from a verified token.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The token's `sub`.
    pub subject: String,
    pub email: String,
    pub role: Role,
    /// The source of changes made with this token that name none, if the token sets one.
    pub source: Option<Source>,
    /// The kind of token, and what limits it beyond the role.
    pub credential: Credential,
    /// When its token expires, if that is a JSON Web Token.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where the request comes from.
    pub origin: Arc<RequestOrigin>,
}

/// What a request proves its account with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Credential {
    /// A token without a session, of a platform that has the secret of this service.
    #[default]
    Issuer,
    /// A token of another issuer that is configured.
    Foreign,
    /// An access token of an account without a session, because the database was read-only.
    Account {
        /// The version of the account that the token is valid for.
        version: i64,
    },
    /// An access token of a session.
    Session {
        id: String,
        /// The version of the account that the token is valid for.
        version: i64,
    },
    /// A personal access token.
    Personal {
        id: String,
        /// The only categories that it may change. `None`: all.
        categories: Option<Arc<[Category]>>,
    },
}

/// Why the operation is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("the role {} does not allow this; {} does", .role.as_str(), .needed.as_str())]
    Role { role: Role, needed: Role },
    #[error("the token may change only some categories, and {} is not one of them", .0.as_str())]
    Category(Category),
    #[error("the token may change only some categories, so it cannot do this")]
    LimitedToken,
}

/// Permission to read movies, export, and download bundles.
#[derive(Debug, Clone, Copy)]
pub struct CanRead(());

/// Permission to change what is published, and to create and delete.
#[derive(Debug, Clone)]
pub struct CanPublish {
    /// The author of the change.
    pub author: Author,
}

/// Permission to plan imports, to import to drafts, and to read drafts and history.
#[derive(Debug, Clone)]
pub struct CanDraft {
    /// The author of the contribution.
    pub author: Author,
}

/// Permission to read and change accounts.
#[derive(Debug, Clone)]
pub struct CanManageAccounts {
    /// Who makes the change.
    pub actor: Actor,
    /// The name of that account, for the log.
    pub name: String,
    /// Whether common passwords may be set: on the command line, which has the database anyway.
    pub(super) is_operator: bool,
}

/// Permission to start, read and cancel jobs.
#[derive(Debug, Clone)]
pub struct CanManageJobs {
    /// The author of what a job changes.
    pub author: Author,
}

/// Permission to import with certain options.
#[derive(Debug, Clone)]
pub struct CanImport {
    /// The author of the change.
    pub author: Author,
    pub(super) options: ImportOptions,
    /// The only categories that may be changed. `None`: all.
    categories: Option<Arc<[Category]>>,
}

/// The author of a change.
#[derive(Debug, Clone)]
pub struct Author {
    /// The account id: the `sub` claim of its tokens.
    pub account: String,
    /// Shown as `updated_by`.
    pub name: String,
    /// The source of changes by this author that name none, if the token sets one.
    pub source: Option<Source>,
    /// The account with its token and where its request comes from, for the audit log.
    pub actor: Actor,
}

/// Permission to read the audit log.
#[derive(Debug, Clone, Copy)]
pub struct CanReadAuditLog(());

impl Principal {
    /// Who makes the request, for the audit log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let (kind, id) = match &self.credential {
            Credential::Issuer => (AuditCredential::Issuer, None),
            Credential::Foreign => (AuditCredential::ForeignIssuer, None),
            Credential::Account { .. } => (AuditCredential::Account, None),
            Credential::Session { id, .. } => (AuditCredential::Session, Some(id.as_str())),
            Credential::Personal { id, .. } => (AuditCredential::PersonalToken, Some(id.as_str())),
        };
        let anonymous = Actor::anonymous(Arc::clone(&self.origin));
        anonymous.with_account((&self.subject, &self.email), kind, id)
    }

    fn require(&self, needed: Role) -> Result<(), Forbidden> {
        if self.role.includes(needed) {
            Ok(())
        } else {
            Err(Forbidden::Role { role: self.role, needed })
        }
    }

    /// The session of the request's token, if it has one.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        match &self.credential {
            Credential::Session { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Whether the request's token is that of a log-in here, not that of a script or of another
    /// issuer.
    #[must_use]
    pub const fn is_logged_in(&self) -> bool {
        matches!(self.credential, Credential::Session { .. } | Credential::Account { .. })
    }

    /// The only categories that the request may change. `None`: all.
    const fn categories(&self) -> Option<&Arc<[Category]>> {
        match &self.credential {
            Credential::Personal { categories, .. } => categories.as_ref(),
            Credential::Issuer
            | Credential::Foreign
            | Credential::Account { .. }
            | Credential::Session { .. } => None,
        }
    }

    fn require_no_limit(&self) -> Result<(), Forbidden> {
        if self.categories().is_some() { Err(Forbidden::LimitedToken) } else { Ok(()) }
    }

    /// Permission to read.
    ///
    /// # Errors
    /// When the role is below VIEWER.
    pub fn can_read(&self) -> Result<CanRead, Forbidden> {
        self.require(Role::Viewer).map(|()| CanRead(()))
    }

    /// Permission to plan and to draft.
    ///
    /// # Errors
    /// When the role is below CONTRIBUTOR.
    pub fn can_draft(&self) -> Result<CanDraft, Forbidden> {
        self.require(Role::Contributor)?;
        Ok(CanDraft { author: self.author() })
    }

    /// Permission to publish all categories, and to create and delete.
    ///
    /// # Errors
    /// When the role is below ADMIN, or the token is limited to some categories.
    pub fn can_publish(&self) -> Result<CanPublish, Forbidden> {
        self.require(Role::Admin)?;
        self.require_no_limit()?;
        Ok(CanPublish { author: self.author() })
    }

    /// Permission to publish documents of this category.
    ///
    /// # Errors
    /// When the role is below ADMIN, or the token is limited to other categories.
    pub fn can_publish_in(&self, category: Category) -> Result<CanPublish, Forbidden> {
        self.require(Role::Admin)?;
        require_category(self.categories(), category)?;
        Ok(CanPublish { author: self.author() })
    }

    /// Permission to start, read and cancel jobs.
    ///
    /// # Errors
    /// When the role is below ADMIN, or the token is limited to some categories.
    pub fn can_manage_jobs(&self) -> Result<CanManageJobs, Forbidden> {
        self.require(Role::Admin)?;
        self.require_no_limit()?;
        Ok(CanManageJobs { author: self.author() })
    }

    /// Permission to read and change accounts.
    ///
    /// # Errors
    /// When the role is below ADMIN.
    pub fn can_manage_accounts(&self) -> Result<CanManageAccounts, Forbidden> {
        self.require(Role::Admin)?;
        self.require_no_limit()?;
        let (actor, name) = (self.actor(), self.email.clone());
        Ok(CanManageAccounts { actor, name, is_operator: false })
    }

    /// Permission to read the audit log.
    ///
    /// # Errors
    /// When the role is below ADMIN, or the token is limited to some categories.
    pub fn can_read_audit_log(&self) -> Result<CanReadAuditLog, Forbidden> {
        self.require(Role::Admin)?;
        self.require_no_limit()?;
        Ok(CanReadAuditLog(()))
    }

    /// Permission to import with these options. Planning and drafting need CONTRIBUTOR; publishing
    /// and creating a movie need ADMIN.
    ///
    /// # Errors
    /// When the role is below the one that the options need.
    pub fn can_import(&self, options: ImportOptions) -> Result<CanImport, Forbidden> {
        let changes_published = options.target == Stage::Published || options.create_movie;
        let needed =
            if changes_published && !options.dry_run { Role::Admin } else { Role::Contributor };
        self.require(needed)?;
        if options.create_movie && !options.dry_run {
            self.require_no_limit()?;
        }
        Ok(CanImport { author: self.author(), options, categories: self.categories().cloned() })
    }

    fn author(&self) -> Author {
        Author {
            account: self.subject.clone(),
            name: self.email.clone(),
            source: self.source,
            actor: self.actor(),
        }
    }
}

fn require_category(
    categories: Option<&Arc<[Category]>>,
    category: Category,
) -> Result<(), Forbidden> {
    match categories {
        Some(categories) if !categories.contains(&category) => Err(Forbidden::Category(category)),
        _ => Ok(()),
    }
}

impl CanImport {
    /// Checks that documents of this category may be changed.
    ///
    /// # Errors
    /// When the token is limited to other categories.
    pub(super) fn require_category(&self, category: Category) -> Result<(), Forbidden> {
        if self.options.dry_run {
            return Ok(());
        }
        require_category(self.categories.as_ref(), category)
    }
}

impl CanPublish {
    /// The permission to publish includes the permission to draft.
    #[must_use]
    pub fn can_draft(&self) -> CanDraft {
        CanDraft { author: self.author.clone() }
    }
}

impl CanManageJobs {
    /// The permission to manage jobs includes the permission to draft.
    #[must_use]
    pub fn can_draft(&self) -> CanDraft {
        CanDraft { author: self.author.clone() }
    }
}

impl CanDraft {
    /// The permission to draft includes the permission to read.
    #[must_use]
    pub const fn can_read(&self) -> CanRead {
        CanRead(())
    }
}

/// The name of the user of the command line, and of the service itself, in logs.
const OPERATOR: &str = "command line";

/// The permission of the command line to read and change accounts.
#[must_use]
pub fn command_line_accounts() -> CanManageAccounts {
    operator_accounts(AuditInterface::CommandLine)
}

/// The permissions of the command line: all, because its user has direct access to the database.
#[must_use]
pub fn command_line() -> (CanRead, CanPublish) {
    operator(AuditInterface::CommandLine)
}

/// The permission of the command line to read the audit log.
#[must_use]
pub const fn command_line_audit_log() -> CanReadAuditLog {
    CanReadAuditLog(())
}

/// The permission of the service itself to create the first account.
#[must_use]
pub fn service_accounts() -> CanManageAccounts {
    operator_accounts(AuditInterface::Service)
}

/// The permissions of the service itself to load its demo catalogue.
#[must_use]
pub fn service() -> (CanRead, CanPublish) {
    operator(AuditInterface::Service)
}

fn operator_accounts(interface: AuditInterface) -> CanManageAccounts {
    let actor = Actor::local(interface);
    CanManageAccounts { actor, name: OPERATOR.to_owned(), is_operator: true }
}

fn operator(interface: AuditInterface) -> (CanRead, CanPublish) {
    let author = Author {
        account: OPERATOR.to_owned(),
        name: OPERATOR.to_owned(),
        source: None,
        actor: Actor::local(interface),
    };
    (CanRead(()), CanPublish { author })
}
