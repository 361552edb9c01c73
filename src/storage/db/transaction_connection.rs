//! A connection with an open transaction.
//!
//! Only a transaction that ended cleanly returns its connection to the pool. After a failed commit
//! or rollback, a cancelled task or a panic, the connection is closed, since the state of its
//! transaction is unknown: sqlx counts open transactions, a failed rollback leaves that count too
//! high, and nothing that runs on such a connection later would be committed.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::Error;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
};
use tokio::sync::Mutex;

use super::connection::{CloseOnDrop, Connection, Fetch, StatementResult};
use super::faults::{Fault, Faults, TransactionStep};
use crate::storage::unavailable::Unavailability;
use crate::storage::values;

/// An open transaction. Dropping it rolls it back by closing the connection.
#[derive(Debug)]
pub(in crate::storage) struct TransactionConnection {
    state: Mutex<TransactionState>,
    backend: DatabaseBackend,
    queries: Arc<AtomicU64>,
    faults: Option<Arc<dyn Faults>>,
}

#[derive(Debug)]
struct TransactionState {
    connection: CloseOnDrop,
    /// Whether all statements so far succeeded. After a failure, the database may have ended the
    /// transaction, and the next statement would be committed at once.
    is_usable: bool,
    statements: u64,
}

/// Why a commit failed.
#[derive(Debug)]
pub(super) enum CommitError {
    /// Nothing was written.
    Refused(DbErr),
    /// The outcome is unknown.
    Unconfirmed(DbErr),
}

fn exec_error(error: Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The error of each statement after a failed one.
fn unusable() -> DbErr {
    DbErr::Custom("an earlier statement of the transaction failed".to_owned())
}

impl TransactionConnection {
    /// Begins a transaction with `sql`. It is never nested: `SQLite` refuses to begin inside a
    /// transaction, and a connection with an open transaction never returns to its pool.
    pub(super) async fn begin(
        connection: Connection,
        sql: &str,
        queries: Arc<AtomicU64>,
        faults: Option<Arc<dyn Faults>>,
    ) -> Result<Self, DbErr> {
        let backend = connection.backend();
        let mut state = TransactionState {
            connection: CloseOnDrop::new(connection),
            is_usable: true,
            statements: 0,
        };
        state
            .run_control(sql, TransactionStep::Begin, faults.as_deref())
            .await
            .map_err(exec_error)?;
        Ok(Self { state: Mutex::new(state), backend, queries, faults })
    }

    /// Commits the transaction.
    pub(super) async fn commit(self) -> Result<(), CommitError> {
        let mut state = self.state.into_inner();
        if !state.is_usable {
            return Err(CommitError::Refused(unusable()));
        }
        match state.run_control("COMMIT", TransactionStep::Commit, self.faults.as_deref()).await {
            Ok(()) => {
                state.connection.release();
                Ok(())
            }
            Err(error) => {
                let is_refused = is_refused(&error);
                let error = exec_error(error);
                Err(if is_refused {
                    CommitError::Refused(error)
                } else {
                    CommitError::Unconfirmed(error)
                })
            }
        }
    }

    /// Rolls back. If the rollback fails, the connection is closed.
    pub(super) async fn rollback(self) {
        let mut state = self.state.into_inner();
        match state.run_control("ROLLBACK", TransactionStep::Rollback, self.faults.as_deref()).await
        {
            Ok(()) => state.connection.release(),
            Err(error) => {
                tracing::debug!(error = %error, "a rollback failed; its connection is closed");
            }
        }
    }

    async fn run(&self, mut statement: Statement, fetch: Fetch) -> Result<StatementResult, DbErr> {
        values::handle_nul(&mut statement)?;
        self.queries.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock().await;
        let answer = state.run(&statement, fetch, self.faults.as_deref()).await?;
        Ok(answer)
    }
}

impl TransactionState {
    async fn run(
        &mut self,
        statement: &Statement,
        fetch: Fetch,
        faults: Option<&dyn Faults>,
    ) -> Result<StatementResult, DbErr> {
        if !self.is_usable {
            return Err(unusable());
        }
        // Not usable until the statement has succeeded, even if this future is dropped.
        self.is_usable = false;
        let step = TransactionStep::Statement(self.statements);
        self.statements += 1;
        let fault = self.fault_at(step, faults).await.map_err(exec_error)?;
        let connection = self.connection.get().ok_or_else(unusable)?;
        let answer = connection.run(statement, fetch).await.map_err(|error| match fetch {
            Fetch::RowCount => exec_error(error),
            _ => DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))),
        })?;
        if fault == Some(Fault::Unanswered) {
            return Err(exec_error(lost()));
        }
        self.is_usable = true;
        Ok(answer)
    }

    /// Runs BEGIN, COMMIT or ROLLBACK.
    async fn run_control(
        &mut self,
        sql: &str,
        step: TransactionStep,
        faults: Option<&dyn Faults>,
    ) -> Result<(), Error> {
        let fault = self.fault_at(step, faults).await?;
        let connection = self.connection.get().ok_or(Error::WorkerCrashed)?;
        connection.run_raw(sql).await?;
        if fault == Some(Fault::Unanswered) { Err(lost()) } else { Ok(()) }
    }

    /// Applies the fault that a test injected at this step.
    async fn fault_at(
        &mut self,
        step: TransactionStep,
        faults: Option<&dyn Faults>,
    ) -> Result<Option<Fault>, Error> {
        let fault = faults.and_then(|faults| faults.at(step));
        match fault {
            None | Some(Fault::Unanswered) => {}
            Some(Fault::Lost) => return Err(lost()),
            Some(Fault::Hang) => pending().await,
            Some(Fault::Before(sql)) => {
                let connection = self.connection.get().ok_or(Error::WorkerCrashed)?;
                connection.run_raw(sql).await?;
            }
        }
        Ok(fault)
    }
}

fn lost() -> Error {
    Error::Io(std::io::ErrorKind::ConnectionReset.into())
}

/// Whether the database reported that the commit failed. After any other error the outcome is
/// unknown.
fn is_refused(error: &Error) -> bool {
    let Error::Database(database) = error else { return false };
    !matches!(
        Unavailability::of(error),
        Some(Unavailability::Unreachable | Unavailability::Failing)
    ) && database.code().is_some()
}

#[async_trait::async_trait]
impl ConnectionTrait for TransactionConnection {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(statement, Fetch::RowCount).await?.executed()
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.backend, sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.run(statement, Fetch::FirstRow).await?.rows().pop())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(self.run(statement, Fetch::AllRows).await?.rows())
    }
}
