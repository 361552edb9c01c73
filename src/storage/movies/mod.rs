//! Movies: their rows, and lists of them.

pub(super) mod listing;
pub(super) mod rows;
