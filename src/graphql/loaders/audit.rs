//! The loader of entries of the audit log.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::Catalog;
use crate::catalog::access::CanReadAuditLog;
use crate::graphql::budget::Budget;
use crate::storage::AuditRow;

/// The loader of one request. Needs the role ADMIN.
pub struct AuditLoader {
    pub entries: Batcher<AuditEntries>,
}

impl AuditLoader {
    pub fn new(catalog: &Arc<Catalog>, permission: CanReadAuditLog, budget: &Arc<Budget>) -> Self {
        let catalog = Arc::clone(catalog);
        Self { entries: Batcher::new(AuditEntries { catalog, permission }, budget) }
    }
}

/// Entries of the audit log by id.
pub struct AuditEntries {
    catalog: Arc<Catalog>,
    permission: CanReadAuditLog,
}

impl Load for AuditEntries {
    type Key = String;
    type Value = AuditRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, AuditRow>, LoadError> {
        let rows = self.catalog.audit_entries(&self.permission, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}
