//! The audit log: who wrote what, from where and with which token, and which attempts were refused.
//!
//! A write that succeeds has its entry in its own transaction: both are stored, or neither.
//! Attempts that change nothing are collected and written in batches ([`Recorder`]); the edges
//! report them. Dry runs are not recorded, and neither is reading, unless it is refused.

mod entry;
mod reading;
mod recorder;
mod retention;
mod stored_actor;
mod vocabulary;
mod writing;

pub use entry::{Actor, AuditEntry, AuditTarget, RequestOrigin};
pub use recorder::Recorder;
pub use retention::{MAX_RETENTION_DAYS, MIN_RETENTION_DAYS, Retention};
pub(in crate::catalog) use stored_actor::StoredActor;
pub use vocabulary::{
    AuditCredential, AuditInterface, AuditOperation, AuditOutcome, AuditTargetKind,
};
