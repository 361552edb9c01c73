//! The import log, the texts that imports sent, and idempotency keys.

mod compression;
pub(super) mod entry;
pub(super) mod idempotency;
pub(super) mod log;
pub(super) mod texts;
