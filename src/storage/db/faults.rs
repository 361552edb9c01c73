//! Fault injection for tests.

use std::fmt::Debug;

/// A step of a writing transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStep {
    Begin,
    /// A statement, numbered from 0 since the transaction began.
    Statement(u64),
    Commit,
    Rollback,
}

/// A fault at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step is not run, and fails with a lost connection.
    Lost,
    /// The step is run, and then fails with a lost connection.
    Unanswered,
    /// This SQL runs on the transaction's connection before the step, for example to make the
    /// database end the transaction or the connection.
    Before(&'static str),
    /// The step never finishes, so its task can only be cancelled.
    Hang,
}

/// Decides which faults happen.
pub trait Faults: Debug + Send + Sync {
    fn at(&self, step: TransactionStep) -> Option<Fault>;
}
