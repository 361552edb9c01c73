//! Reads the audit log.

use crate::catalog::access::CanReadAuditLog;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{AuditFilter, AuditRow, PageRequest};

impl Catalog {
    /// A page of the audit log, newest first, and whether there are more entries in its direction.
    /// A position is the id of an entry.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn audit_log(
        &self,
        _: &CanReadAuditLog,
        filter: &AuditFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<AuditRow>, bool), CatalogError> {
        Ok(self.database.audit_page(filter, page).await?)
    }

    /// The number of entries that match.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_audit_entries(
        &self,
        _: &CanReadAuditLog,
        filter: &AuditFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.database.count_audit_entries(filter).await?)
    }

    /// The entries with these ids, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn audit_entries(
        &self,
        _: &CanReadAuditLog,
        ids: &[String],
    ) -> Result<Vec<AuditRow>, CatalogError> {
        Ok(self.database.audit_entries(ids).await?)
    }
}
