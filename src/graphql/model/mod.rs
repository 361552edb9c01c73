//! The types of the schema: objects, connections, inputs and payloads. The types of the seven
//! documents are defined with their fields, in `document/categories`.

pub(super) mod account_inputs;
pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod changes;
pub(super) mod download_links;
pub(super) mod drafts;
pub(super) mod entities;
pub(super) mod history;
pub(super) mod import_log;
pub(super) mod inputs;
pub(super) mod job_inputs;
pub(super) mod jobs;
pub(super) mod locks;
pub(super) mod movie_filter;
pub(super) mod movies;
pub(super) mod node;
pub(super) mod pages;
pub(super) mod payloads;
pub(super) mod people;
pub(super) mod statistics;
pub(super) mod totals;
pub mod types;
pub(super) mod user_error;
pub(super) mod whole_lists;
