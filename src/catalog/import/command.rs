//! A request that changes documents: who makes it, which operation it is, and with which options.

use super::options::ImportOptions;
use crate::catalog::Catalog;
use crate::catalog::access::Author;
use crate::document::plan::policy::Operation;

/// A request that changes documents. The steps of an import are methods of it, in the modules of
/// their names.
#[derive(Clone, Copy)]
pub(in crate::catalog) struct ImportCommand<'a> {
    pub(in crate::catalog) catalog: &'a Catalog,
    pub(in crate::catalog) author: &'a Author,
    pub(in crate::catalog) operation: Operation,
    pub(in crate::catalog) options: &'a ImportOptions,
}
