//! The pure core: the document of one category of one movie, and all that is done to it.
//!
//! Each document is defined once, in the file of its name, as a table of fields with their rules.
//! Reading ([`parse`]), recognising items ([`matching`]), merging ([`merge`]), comparing
//! ([`diff`]) and the JSON Schema ([`json_schema`]) walk that table and know no category.
//! Nothing here knows a database, a clock or a network.

mod arranging;
pub mod awards;
mod bare;
pub mod basic_info;
pub mod budget;
pub mod cast_crew;
pub mod category;
mod changes;
pub mod credited;
pub mod definition;
pub mod diff;
pub mod entity;
pub mod envelope;
mod envelope_keys;
mod example;
pub mod folding;
pub mod given_ids;
pub mod ids;
pub mod json_schema;
mod keyed;
pub mod lenient;
pub mod locks;
pub mod markup;
pub mod matching;
pub mod media;
pub mod merge;
mod normalisation;
mod outside;
pub mod parse;
pub mod plan;
pub mod problem;
pub mod projection;
pub mod provenance;
pub mod readdress;
pub mod reference;
pub mod repair_hint;
mod rules;
pub mod scalars;
pub mod spelling;
pub mod streaming;
pub mod suggest;
pub mod text;
pub mod timeline;
pub mod trivia;
pub mod value;
pub mod who;

pub use category::{Category, CategoryData, CategoryInput, Definition};
pub use definition::Object;
pub use envelope::{Metadata, Source, Stage};
pub use ids::MovieId;
pub use problem::{Problem, ProblemCode, Warning, WarningCode};
