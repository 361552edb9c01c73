//! Reelport: export a movie's data by category, enrich it, and import it back without losing
//! anything.
//!
//! The map of the house:
//!
//! - [`document`]: the pure core. Seven documents, each defined once; reading, recognising items,
//!   merging, comparing.
//! - [`catalog`]: the application. Export, import, accounts; who may do what.
//! - [`storage`]: the only place that knows the database.
//! - [`graphql`], [`http`], [`cli`]: the edges. They decode, make one call, and encode.
//! - [`config`], [`app`]: what is configured, and how the parts are put together.

pub mod app;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod document;
pub mod graphql;
pub mod http;
pub mod storage;
