//! Documents: what is published, drafts and contributions to them, superseded revisions, editorial
//! locks, and the projections that are kept beside each published document.

pub(super) mod contribution_rows;
mod contributions;
pub(super) mod drafts;
pub(super) mod editorial_locks;
pub(super) mod history;
pub(super) mod projections;
pub(super) mod publish;
pub(super) mod published;
