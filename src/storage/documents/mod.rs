//! Documents: the published ones and their superseded revisions, drafts and their contributions,
//! editorial locks, and projections.

pub(super) mod contribution_rows;
pub(super) mod contributions;
pub(super) mod drafts;
pub(super) mod editorial_locks;
pub(super) mod history;
pub(super) mod presence;
pub(super) mod projections;
pub(super) mod publish;
pub(super) mod published;
