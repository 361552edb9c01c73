//! Connections, transactions, and what is known of the database's state.

mod advisory_locks;
mod connection;
mod database;
mod faults;
mod health;
mod migrate;
mod pool;
mod queue;
mod reader;
mod session;
mod transaction;

pub use database::{Backend, Database, sqlite_path, with_quiet_libraries};
pub use faults::{Fault, Faults, Step};
pub use health::NotReady;
pub use transaction::{Transaction, TransientError};
