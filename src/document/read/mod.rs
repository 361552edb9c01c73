//! From text to the typed document of one category.
//!
//! [`lenient`] finds JSON in a text and repairs it, [`envelope`] takes it apart, and [`parse`] reads
//! its `data` into the form of its category: every value checked, every problem reported.

mod arrangement;
mod beside_data;
mod by_category;
mod change_lists;
pub mod envelope;
mod envelope_keys;
pub mod lenient;
pub mod markup;
pub mod parse;
pub mod repair_hint;
pub mod values;
mod without_envelope;
