//! Movies: their rows, lists of them, and counts.

pub(super) mod counts;
pub(super) mod filter;
pub(super) mod listing;
mod presence;
pub(super) mod rows;
