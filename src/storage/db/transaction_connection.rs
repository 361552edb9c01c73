//! A transaction of one connection.
//!
//! Only a transaction that ended cleanly gives its connection back to the pool. Any other (a failed
//! commit or rollback, a cancelled task, a panic) costs the connection, since what the database
//! made of the transaction is not known then: the libraries keep a count of open transactions that
//! a failed rollback leaves too high, and what runs on such a connection later is never committed.

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

/// An open transaction. Rolled back by closing the connection, unless it was ended before.
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
    /// Whether each statement so far ended well. After one that did not, the database may have
    /// ended the transaction, and what is run next would be committed at once.
    is_usable: bool,
    statements: u64,
}

/// Why a transaction was not committed.
#[derive(Debug)]
pub(super) enum CommitError {
    /// Nothing of it was written.
    Refused(DbErr),
    /// It may have been written or not.
    Unconfirmed(DbErr),
}

fn exec_error(error: Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The error of a statement after one that failed.
fn unusable() -> DbErr {
    DbErr::Custom("an earlier statement of the transaction failed".to_owned())
}

impl TransactionConnection {
    /// Begins a transaction with `sql`. It is the outermost one: `SQLite` refuses to begin within
    /// a transaction, and a connection on which one was left open is in no pool.
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

    /// Commits.
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

    /// Rolls back; by closing the connection if it does not do so itself.
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
        // Until it has ended well, also if it is cancelled.
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

    /// Runs what begins or ends the transaction.
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

    /// Lets go wrong what a test asked for.
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

/// Whether the database said that it did not commit. Anything else that goes wrong leaves open
/// whether it did.
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
