//! The import log: a row for each import, the texts that were sent, and idempotency keys.

mod compression;
pub(super) mod idempotency;
pub(super) mod log;
pub(super) mod texts;
