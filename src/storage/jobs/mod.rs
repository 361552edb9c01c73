//! Jobs: their rows and leases, the outcomes of their documents, and their files.

pub mod files;
pub mod lease;
pub mod outcomes;
pub mod retention;
pub mod rows;
pub mod vocabulary;
