//! The definition of documents: fields, items, rules and scalars, and the JSON Schema and examples
//! that are generated from them.

pub mod choice;
pub mod definition;
pub mod entities;
pub mod entity_kind;
pub mod example;
pub mod json_schema;
pub mod required;
pub mod rules;
pub mod scalars;
