//! Connections, pools, transactions, advisory locks and the health of the database.

mod advisory_locks;
mod connection;
mod connector;
mod database;
pub(super) mod deferred;
mod faults;
mod health;
mod migrate;
mod notices;
mod pool;
mod queue;
mod read_pool;
pub(super) mod statements;
mod transaction;
mod transaction_connection;

pub use database::{Backend, Database, sqlite_path, with_quiet_libraries};
pub use faults::{Fault, Faults, TransactionStep};
pub use health::NotReady;
pub use notices::{Commits, Notices};
pub use transaction::{Transaction, TransientError};
