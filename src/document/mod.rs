//! The pure core: documents, each holding one category of one movie, and all operations on them.
//!
//! Each category is defined once, as a table of fields with their rules ([`categories`]). Reading
//! ([`read`]), resolving names ([`resolve`]), aligning items ([`align`]), merging ([`merge`]),
//! planning ([`plan`]) and the JSON Schema ([`schema`]) work on that table, without code for any
//! single category. Nothing here uses a database, a clock or the network.

pub mod align;
pub mod budget;
pub mod categories;
pub mod category_set;
pub mod change;
mod diagnostics;
pub mod ids;
pub mod items;
mod json;
pub mod merge;
pub mod node_ids;
pub mod options;
pub mod plan;
pub mod problem;
pub mod projection;
pub mod proposal;
pub mod provenance;
pub mod read;
pub mod reference;
pub mod references;
pub mod resolve;
pub mod schema;
pub mod spelling;
pub mod text;

pub use categories::{Category, CategoryData, CategoryInput, Definition};
pub use category_set::CategorySet;
pub use ids::MovieId;
pub use problem::{Problem, ProblemCode, Warning, WarningCode};
pub use read::envelope::{Metadata, Source, Stage};
pub use schema::definition::Object;
