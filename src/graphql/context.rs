//! The data of one request that resolvers use: the user, the catalogue, the budget and the loaders.

use std::sync::{Arc, OnceLock};

use async_graphql::Context;
use tokio::sync::Notify;

use super::budget::{Budget, fields_below};
use super::client::Client;
use super::error::ApiError;
use super::loaders::Loaders;
use super::loaders::accounts::AccountLoaders;
use super::loaders::audit::AuditLoader;
use super::loaders::drafts::DraftLoaders;
use super::loaders::jobs::JobLoader;
use crate::catalog::Catalog;
use crate::catalog::access::{
    CanDraft, CanImport, CanManageAccounts, CanManageJobs, CanPublish, CanRead, CanReadAuditLog,
    Principal,
};
use crate::catalog::accounts::Accounts;
use crate::catalog::audit::{Actor, RequestOrigin};
use crate::catalog::import::ImportOptions;
use crate::document::Category;

/// The data of one request: the user, where it comes from, and the loaders with their caches.
pub struct RequestContext {
    principal: Option<Principal>,
    origin: Arc<RequestOrigin>,
    client: Arc<Client>,
    catalog: Arc<Catalog>,
    accounts: Arc<Accounts>,
    budget: Arc<Budget>,
    started: Arc<Notify>,
    // In boxes: most requests use few of them, and an idle subscription none.
    loaders: OnceLock<Box<Loaders>>,
    draft_loaders: OnceLock<Box<DraftLoaders>>,
    account_loaders: OnceLock<Box<AccountLoaders>>,
    audit_loader: OnceLock<Box<AuditLoader>>,
    job_loader: OnceLock<Box<JobLoader>>,
}

impl RequestContext {
    #[must_use]
    pub fn new(
        principal: Option<Principal>,
        origin: Arc<RequestOrigin>,
        catalog: Arc<Catalog>,
        accounts: Arc<Accounts>,
        budget: Arc<Budget>,
    ) -> Self {
        Self {
            principal,
            origin,
            client: Arc::default(),
            catalog,
            accounts,
            budget,
            started: Arc::default(),
            loaders: OnceLock::new(),
            draft_loaders: OnceLock::new(),
            account_loaders: OnceLock::new(),
            audit_loader: OnceLock::new(),
            job_loader: OnceLock::new(),
        }
    }

    /// Where the request comes from.
    #[must_use]
    pub fn origin(&self) -> Arc<RequestOrigin> {
        Arc::clone(&self.origin)
    }

    /// Notified when a subscription has begun: it misses no event from then on.
    #[must_use]
    pub fn started(&self) -> Arc<Notify> {
        Arc::clone(&self.started)
    }

    /// Sets the client that sent the request.
    #[must_use]
    pub fn with_client(self, client: Arc<Client>) -> Self {
        Self { client, ..self }
    }
}

/// Shorthands for resolvers: access to the request's data and its permissions.
pub trait ContextExt {
    fn request(&self) -> &RequestContext;

    fn catalog(&self) -> &Catalog {
        &self.request().catalog
    }

    fn accounts(&self) -> &Accounts {
        &self.request().accounts
    }

    /// Who makes the request and from where, for the audit log.
    fn actor(&self) -> Actor {
        match self.viewer() {
            Some(principal) => principal.actor(),
            None => Actor::anonymous(Arc::clone(&self.request().origin)),
        }
    }

    fn client(&self) -> &Client {
        &self.request().client
    }

    fn budget(&self) -> &Budget {
        &self.request().budget
    }

    /// The budget, for a stream that outlives the call of its resolver.
    fn shared_budget(&self) -> Arc<Budget> {
        Arc::clone(&self.request().budget)
    }

    /// Charges the objects that the current field returns to the budget, each with the number of
    /// fields that the query selects on it.
    ///
    /// # Errors
    /// When the request's budget is exhausted.
    fn charge_objects(&self, objects: usize) -> Result<(), ApiError>;

    fn viewer(&self) -> Option<&Principal> {
        self.request().principal.as_ref()
    }

    fn principal(&self) -> Result<&Principal, ApiError> {
        self.viewer().ok_or_else(|| {
            ApiError::Unauthenticated("this needs a bearer token; log in first".to_owned())
        })
    }

    fn can_read(&self) -> Result<CanRead, ApiError> {
        Ok(self.principal()?.can_read()?)
    }

    fn can_draft(&self) -> Result<CanDraft, ApiError> {
        Ok(self.principal()?.can_draft()?)
    }

    fn can_import(&self, options: ImportOptions) -> Result<CanImport, ApiError> {
        Ok(self.principal()?.can_import(options)?)
    }

    fn can_publish(&self) -> Result<CanPublish, ApiError> {
        Ok(self.principal()?.can_publish()?)
    }

    fn can_publish_in(&self, category: Category) -> Result<CanPublish, ApiError> {
        Ok(self.principal()?.can_publish_in(category)?)
    }

    /// Permission to read the audit log.
    fn can_read_audit_log(&self) -> Result<CanReadAuditLog, ApiError> {
        Ok(self.principal()?.can_read_audit_log()?)
    }

    /// Permission to start, read and cancel jobs.
    fn can_manage_jobs(&self) -> Result<CanManageJobs, ApiError> {
        Ok(self.principal()?.can_manage_jobs()?)
    }

    /// Permission to read and change accounts.
    fn can_manage_accounts(&self) -> Result<CanManageAccounts, ApiError> {
        Ok(self.principal()?.can_manage_accounts()?)
    }

    /// The request's loaders of sessions and tokens. What may be asked for is decided by the object
    /// that they belong to.
    fn account_loaders(&self) -> &AccountLoaders {
        let request = self.request();
        request
            .account_loaders
            .get_or_init(|| Box::new(AccountLoaders::new(&request.accounts, &request.budget)))
    }

    /// The request's loader of the audit log. Needs the role ADMIN.
    fn audit_loader(&self) -> Result<&AuditLoader, ApiError> {
        let permission = self.can_read_audit_log()?;
        let request = self.request();
        Ok(request.audit_loader.get_or_init(|| {
            Box::new(AuditLoader::new(&request.catalog, permission, &request.budget))
        }))
    }

    /// The request's loader of jobs. Needs the role ADMIN.
    fn job_loader(&self) -> Result<&JobLoader, ApiError> {
        let permission = self.can_manage_jobs()?;
        let request = self.request();
        Ok(request.job_loader.get_or_init(|| {
            Box::new(JobLoader::new(&request.catalog, permission, &request.budget))
        }))
    }

    /// The request's loaders. Needs the role VIEWER.
    fn loaders(&self) -> Result<&Loaders, ApiError> {
        let permission = self.can_read()?;
        let request = self.request();
        Ok(request
            .loaders
            .get_or_init(|| Box::new(Loaders::new(&request.catalog, permission, &request.budget))))
    }

    /// The request's loaders of drafts and history. Needs the role CONTRIBUTOR.
    fn draft_loaders(&self) -> Result<&DraftLoaders, ApiError> {
        let permission = self.can_draft()?;
        let request = self.request();
        Ok(request.draft_loaders.get_or_init(|| {
            Box::new(DraftLoaders::new(&request.catalog, permission, &request.budget))
        }))
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> &RequestContext {
        self.data_unchecked::<RequestContext>()
    }

    fn charge_objects(&self, objects: usize) -> Result<(), ApiError> {
        if objects > 0 {
            self.budget().spend(objects.saturating_mul(fields_below(self)))?;
        }
        Ok(())
    }
}
