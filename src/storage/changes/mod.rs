//! The change feed: published changes and events of drafts, in one order.

pub mod entry;
pub mod pages;
pub mod record;
