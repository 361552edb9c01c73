//! What is known about a document before it is read.

use crate::document::categories::Category;
use crate::document::ids::MovieId;

/// What the caller already knows about an incoming file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    pub category: Option<Category>,
    pub movie: Option<&'a MovieId>,
}
