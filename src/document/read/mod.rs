//! Reads a text into the typed document of one category.
//!
//! [`lenient`] finds and repairs the JSON in a text, [`envelope`] takes it apart, and [`parse`]
//! reads its `data` into the form of the category, checking every value and reporting every
//! problem.

mod arrangement;
mod beside_data;
mod by_category;
mod change_lists;
pub mod envelope;
mod envelope_keys;
mod expected;
pub mod lenient;
mod list_by_items;
pub mod markup;
pub mod parse;
pub mod repair_hint;
pub mod values;
mod without_envelope;
