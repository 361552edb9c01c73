//! A connection with an open transaction.
//!
//! Only a transaction that ended cleanly returns its connection to the pool: after a commit, or
//! after a rollback, also if that follows a commit that the database refused. After a commit with
//! an unknown outcome, a failed rollback, a cancelled task or a panic, the connection is closed,
//! since the state of its transaction is unknown: sqlx counts open transactions, a failed rollback
//! leaves that count too high, and nothing that runs on such a connection later would be committed.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::Error;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, ExecResult, QueryResult, Statement,
};
use tokio::sync::Mutex;

use super::connection::{CloseOnDrop, Connection, Fetch, StatementResult};
use super::deferred::{DeferredWrites, Write};
use super::faults::{Fault, Faults, TransactionStep};
use crate::storage::error::{exec_error, query_error};
use crate::storage::unavailable::Unavailability;
use crate::storage::values;

/// An open transaction. Dropping it rolls it back by closing the connection.
///
/// Each message costs more than most statements: with `SQLite` it is handed over to another thread
/// and back, with `PostgreSQL` there is a round trip. So BEGIN is sent with the first statement
/// where the protocol allows it, and with `SQLite` COMMIT is sent with the deferred writes.
#[derive(Debug)]
pub(in crate::storage) struct TransactionConnection {
    state: Mutex<TransactionState>,
    backend: DatabaseBackend,
}

#[derive(Debug)]
struct TransactionState {
    connection: CloseOnDrop,
    /// What begins the transaction, until it is sent.
    begin: Option<&'static str>,
    /// Whether all statements so far succeeded. After a failure, the database may have ended the
    /// transaction, and the next statement would be committed at once.
    is_usable: bool,
    statements: u64,
    deferred: DeferredWrites,
    /// Counts all statements.
    queries: Arc<AtomicU64>,
    faults: Option<Arc<dyn Faults>>,
}

/// Why a commit failed.
#[derive(Debug)]
pub(super) enum CommitError {
    /// Nothing was written.
    Refused(DbErr),
    /// The outcome is unknown.
    Unconfirmed(DbErr),
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        let is_refused = is_refused(&error);
        let error = exec_error(error);
        if is_refused { Self::Refused(error) } else { Self::Unconfirmed(error) }
    }
}

/// The error of each statement after a failed one.
fn unusable() -> DbErr {
    DbErr::Custom("an earlier statement of the transaction failed".to_owned())
}

impl TransactionConnection {
    /// A transaction that begins with `sql` before its first statement. It is never nested:
    /// `SQLite` refuses to begin inside a transaction, and a connection with an open transaction
    /// never returns to its pool.
    pub(super) async fn new(
        connection: Connection,
        sql: &'static str,
        queries: Arc<AtomicU64>,
        faults: Option<Arc<dyn Faults>>,
    ) -> Result<Self, DbErr> {
        let backend = connection.backend();
        let mut state = TransactionState {
            connection: CloseOnDrop::new(connection),
            begin: Some(sql),
            is_usable: true,
            statements: 0,
            deferred: DeferredWrites::default(),
            queries,
            faults,
        };
        if let Some(fault) = state.planned(TransactionStep::Begin) {
            state.begin = None;
            state.run_control(sql, Some(fault)).await.map_err(exec_error)?;
        }
        Ok(Self { state: Mutex::new(state), backend })
    }

    /// Begins the transaction now, if it has not begun.
    pub(super) async fn begin(&self) -> Result<(), DbErr> {
        self.state.lock().await.begin().await
    }

    /// Runs a statement without parameters, and drops its result.
    pub(super) async fn run_raw(&self, sql: String) -> Result<(), DbErr> {
        let mut state = self.state.lock().await;
        state.queries.fetch_add(1, Ordering::Relaxed);
        state.run_deferred().await?;
        state.run_raw(sql).await
    }

    /// Runs a statement together with later ones: before the next other statement, or before the
    /// commit. Its errors are theirs. A statement with several rows runs at once, since statements
    /// with different numbers of rows are prepared each on its own.
    pub(in crate::storage) async fn defer<E: EntityTrait>(
        &self,
        rows: usize,
        write: impl Into<Write>,
    ) -> Result<(), DbErr> {
        let (table, mut state) = (E::default().table_name(), self.state.lock().await);
        if state.deferred.has(table) {
            state.run_deferred().await?;
        }
        state.deferred.push(table, write.into());
        if rows > 1 { state.run_deferred().await } else { Ok(()) }
    }

    /// Commits the transaction. If the database refuses it or a deferred write, the transaction is
    /// rolled back.
    pub(super) async fn commit(mut self) -> Result<(), CommitError> {
        let committed = self.state.get_mut().commit().await;
        if let Err(CommitError::Refused(_)) = committed {
            self.rollback().await;
        }
        committed
    }

    /// Rolls back. If the rollback fails, the connection is closed.
    pub(super) async fn rollback(self) {
        let mut state = self.state.into_inner();
        let fault = state.planned(TransactionStep::Rollback);
        if state.begin.is_some() && fault.is_none() {
            state.connection.release();
            return;
        }
        match state.run_control("ROLLBACK", fault).await {
            Ok(()) => state.connection.release(),
            Err(error) => {
                tracing::debug!(error = %error, "a rollback failed; its connection is closed");
            }
        }
    }

    async fn run(&self, mut statement: Statement, fetch: Fetch) -> Result<StatementResult, DbErr> {
        values::handle_nul(&mut statement)?;
        let mut state = self.state.lock().await;
        state.queries.fetch_add(1, Ordering::Relaxed);
        state.run_deferred().await?;
        state.run(statement, fetch).await
    }
}

impl TransactionState {
    /// The fault that a test has planned for a step.
    fn planned(&self, step: TransactionStep) -> Option<Fault> {
        self.faults.as_ref().and_then(|faults| faults.at(step))
    }

    /// Takes the deferred writes as one statement.
    fn take_deferred(&mut self) -> Result<Option<Statement>, DbErr> {
        let backend = self.connection.get().ok_or_else(unusable)?.backend();
        let Some((mut statement, count)) = self.deferred.take(backend) else { return Ok(None) };
        if let Err(error) = values::handle_nul(&mut statement) {
            self.is_usable = false;
            return Err(error);
        }
        self.queries.fetch_add(count, Ordering::Relaxed);
        Ok(Some(statement))
    }

    async fn run_deferred(&mut self) -> Result<(), DbErr> {
        match self.take_deferred()? {
            Some(statement) => self.run(statement, Fetch::RowCount).await.map(drop),
            None => Ok(()),
        }
    }

    /// The fault that a test has planned for the next statement.
    fn planned_for_statement(&mut self) -> Option<Fault> {
        let fault = self.planned(TransactionStep::Statement(self.statements));
        self.statements += 1;
        fault
    }

    async fn run(&mut self, statement: Statement, fetch: Fetch) -> Result<StatementResult, DbErr> {
        let fault = self.planned_for_statement();
        self.run_with(statement, fetch, fault).await
    }

    async fn run_with(
        &mut self,
        mut statement: Statement,
        fetch: Fetch,
        fault: Option<Fault>,
    ) -> Result<StatementResult, DbErr> {
        if !self.is_usable {
            return Err(unusable());
        }
        // Not usable until the statement has succeeded, even if this future is dropped.
        self.is_usable = false;
        // A prepared statement of `PostgreSQL` has only one command. With `SQLite`, the number of
        // changed rows would include that of the statement before BEGIN.
        let is_script = statement.db_backend == DatabaseBackend::Sqlite
            && !matches!(fetch, Fetch::RowCount)
            && fault.is_none();
        if is_script {
            statement.sql = self.after_begin(statement.sql);
        } else {
            self.begin().await?;
        }
        self.apply(fault).await.map_err(exec_error)?;
        let connection = self.connection.get().ok_or_else(unusable)?;
        let answer = connection.run(statement, fetch).await.map_err(|error| match fetch {
            Fetch::RowCount => exec_error(error),
            _ => query_error(error),
        })?;
        if fault == Some(Fault::Unanswered) {
            return Err(exec_error(lost()));
        }
        self.is_usable = true;
        Ok(answer)
    }

    async fn run_raw(&mut self, mut sql: String) -> Result<(), DbErr> {
        let fault = self.planned_for_statement();
        if !self.is_usable {
            return Err(unusable());
        }
        self.is_usable = false;
        if fault.is_some() {
            self.begin().await?;
        } else {
            sql = self.after_begin(sql);
        }
        self.run_control(&sql, fault).await.map_err(query_error)?;
        self.is_usable = true;
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), DbErr> {
        match self.begin.take() {
            Some(begin) => self.run_control(begin, None).await.map_err(exec_error),
            None => Ok(()),
        }
    }

    /// A statement with what must be sent before it, if the transaction has not begun.
    fn after_begin(&mut self, sql: String) -> String {
        match self.begin.take() {
            Some(begin) => format!("{begin}; {sql}"),
            None => sql,
        }
    }

    /// Runs the deferred writes and commits. Releases the connection if that succeeds.
    async fn commit(&mut self) -> Result<(), CommitError> {
        let deferred = self.take_deferred().map_err(CommitError::Refused)?;
        if !self.is_usable {
            return Err(CommitError::Refused(unusable()));
        }
        let statement_fault = deferred.as_ref().and_then(|_| self.planned_for_statement());
        let fault = self.planned(TransactionStep::Commit);
        match deferred {
            Some(statement)
                if statement.db_backend == DatabaseBackend::Sqlite
                    && statement_fault.is_none()
                    && fault.is_none() =>
            {
                self.run_and_commit(statement).await?;
            }
            None if self.begin.is_some() && fault.is_none() => {}
            deferred => {
                if let Some(statement) = deferred {
                    let run = self.run_with(statement, Fetch::RowCount, statement_fault).await;
                    run.map_err(CommitError::Refused)?;
                }
                self.begin().await.map_err(CommitError::Refused)?;
                self.run_control("COMMIT", fault).await?;
            }
        }
        self.connection.release();
        Ok(())
    }

    /// Runs the deferred writes and COMMIT in one script.
    async fn run_and_commit(&mut self, mut statement: Statement) -> Result<(), Error> {
        statement.sql = self.after_begin(format!("{}; COMMIT", statement.sql));
        self.is_usable = false;
        let connection = self.connection.get().ok_or(Error::WorkerCrashed)?;
        connection.run(statement, Fetch::RowCount).await.map(drop)
    }

    /// Runs SQL without parameters, with the fault that a test has planned for it.
    async fn run_control(&mut self, sql: &str, fault: Option<Fault>) -> Result<(), Error> {
        self.apply(fault).await?;
        let connection = self.connection.get().ok_or(Error::WorkerCrashed)?;
        connection.run_raw(sql).await?;
        if fault == Some(Fault::Unanswered) { Err(lost()) } else { Ok(()) }
    }

    /// Applies a planned fault before its step.
    async fn apply(&mut self, fault: Option<Fault>) -> Result<(), Error> {
        match fault {
            None | Some(Fault::Unanswered) => Ok(()),
            Some(Fault::Lost) => Err(lost()),
            Some(Fault::Hang) => pending().await,
            Some(Fault::Before(sql)) => {
                let connection = self.connection.get().ok_or(Error::WorkerCrashed)?;
                connection.run_raw(sql).await.map(drop)
            }
        }
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
