//! A command that changes documents: its author, its operation and its options.

use super::options::ImportOptions;
use crate::catalog::Catalog;
use crate::catalog::access::Author;
use crate::catalog::audit::AuditOperation;
use crate::document::plan::policy::Operation;

/// A command that changes documents. The steps of an import are its methods; each is in the module
/// of the step.
#[derive(Clone, Copy)]
pub(in crate::catalog) struct ImportCommand<'a> {
    pub(in crate::catalog) catalog: &'a Catalog,
    pub(in crate::catalog) author: &'a Author,
    pub(in crate::catalog) operation: Operation,
    pub(in crate::catalog) options: &'a ImportOptions,
    /// As what the audit log records it; `None` if it is part of an operation that has an entry of
    /// its own.
    pub(in crate::catalog) audit: Option<AuditOperation>,
}
