//! The words of jobs: kinds, states and outcomes.

use crate::document::schema::choice::define_choice;

define_choice! {
    /// What a job does.
    pub enum JobKind {
        /// Imports the documents of a file.
        Import = "import",
        /// Publishes drafts.
        PublishDrafts = "publish_drafts",
        /// Discards drafts.
        DiscardDrafts = "discard_drafts",
        /// Brings the documents that another job published back to what they were before.
        Revert = "revert",
        /// Writes many documents to a file, which can be downloaded.
        Export = "export",
    }
}

define_choice! {
    /// How far a job is.
    pub enum JobState {
        /// It waits for a server to take it.
        Queued = "queued",
        /// A server works on it, or did so until it ended and will be replaced.
        Running = "running",
        /// Each document was attempted. The counts say how many of them were not imported.
        Completed = "completed",
        /// It was canceled. Documents that were not attempted are skipped.
        Canceled = "canceled",
        /// It cannot go on. The error says why.
        Failed = "failed",
    }
}

impl JobState {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Completed | Self::Canceled | Self::Failed => true,
        }
    }
}

define_choice! {
    /// How one document of a job ended.
    pub enum JobOutcome {
        /// It was published as a new revision.
        Published = "published",
        /// It was added to a draft, which waits for review.
        Drafted = "drafted",
        /// The stored document already has these values.
        Unchanged = "unchanged",
        /// A dry run: it would be imported.
        Planned = "planned",
        /// It was not imported because of a conflict with the stored state.
        Conflict = "conflict",
        /// It was not imported because of other errors.
        Rejected = "rejected",
        /// It was not attempted, because the job was canceled; or it is a draft that does more than
        /// the job is allowed to publish.
        Skipped = "skipped",
        /// The draft was discarded.
        Discarded = "discarded",
    }
}

impl JobOutcome {
    /// The outcomes of documents that were not imported.
    pub const NOT_IMPORTED: [Self; 3] = [Self::Conflict, Self::Rejected, Self::Skipped];
}
