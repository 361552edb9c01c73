//! Reelport: export a movie's data by category, enrich it, and import it back without losing
//! anything.
//!
//! Modules:
//!
//! - [`document`]: the core, without I/O. Defines the seven documents; reads, aligns, merges and
//!   compares them.
//! - [`catalog`]: the application. Export, import, accounts and permissions.
//! - [`storage`]: database access. No other module uses the database library.
//! - [`graphql`], [`http`], [`cli`]: the edges. They decode a request, call the application once,
//!   and encode the result.
//! - [`config`], [`app`]: the configuration, and the construction of the service.

pub mod app;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod document;
pub mod graphql;
pub mod http;
pub mod storage;
