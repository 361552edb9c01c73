//! The kinds of entries in the change feed.

use super::plan::policy::Operation;
use super::schema::choice::define_choice;

define_choice! {
    /// What a change did. All but MOVIE_CREATED and MOVIE_DELETED made a new revision of one
    /// document.
    pub enum ChangeKind {
        /// A document was imported.
        Imported = "import",
        /// A draft was published.
        DraftPublished = "publish",
        /// An earlier revision was restored.
        Reverted = "revert",
        /// A document was rewritten because people whom it names were merged.
        PeopleMerged = "merge_people",
        /// A document was rewritten because a person whom it names was split.
        PersonSplit = "split_person",
        /// The movie was created. The changes of its documents follow.
        MovieCreated = "movie_created",
        /// The movie was deleted, with its documents, drafts and history.
        MovieDeleted = "movie_deleted",
    }
}

define_choice! {
    /// What happened to a draft.
    pub enum DraftEventKind {
        /// The first contribution opened the draft.
        Opened = "draft_opened",
        /// A further contribution changed the draft.
        Contributed = "draft_contributed",
        /// The draft was published and is closed.
        Published = "draft_published",
        /// The draft was discarded, or its movie was deleted.
        Discarded = "draft_discarded",
    }
}

impl ChangeKind {
    /// The kind of the revisions that an operation makes; `None` if it makes none.
    #[must_use]
    pub fn of(operation: Operation) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == operation.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_that_publishes_has_a_kind() {
        for operation in Operation::ALL.iter().copied() {
            let publishes = operation != Operation::Discard;
            assert_eq!(ChangeKind::of(operation).is_some(), publishes, "{operation:?}");
        }
    }

    #[test]
    fn no_text_is_both_a_change_and_an_event_of_a_draft() {
        assert!(ChangeKind::VALUES.iter().all(|kind| !DraftEventKind::VALUES.contains(kind)));
    }
}
