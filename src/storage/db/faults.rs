//! Faults of the database, for tests: each step of a writing transaction asks what shall go wrong.

use std::fmt::Debug;

/// A step of a writing transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStep {
    Begin,
    /// The statement of that number since the transaction began, from 0.
    Statement(u64),
    Commit,
    Rollback,
}

/// What goes wrong at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step is not done, and fails as one does that the connection does not survive.
    Lost,
    /// The step is done, and then fails as one does that the connection does not survive.
    Unanswered,
    /// This SQL is run on the transaction's connection before the step: the database ends the
    /// transaction by itself, or the connection.
    Before(&'static str),
    /// The step never ends, so that its task can only be cancelled.
    Hang,
}

/// Says what goes wrong. Called for each step in the order in which they are made.
pub trait Faults: Debug + Send + Sync {
    fn at(&self, step: TransactionStep) -> Option<Fault>;
}
