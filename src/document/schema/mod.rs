//! How a document is defined: fields, items, rules and scalars, and what is derived from them.

pub mod definition;
pub mod example;
pub mod json_schema;
pub mod rules;
pub mod scalars;
