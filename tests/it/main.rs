//! Tests through the front door: a real server on a random port, a real database of its own for
//! each test, SQLite and PostgreSQL both, clients as a user would hold them.

mod catalogue;
mod concurrency;
mod import;
mod matching;
mod properties;
mod support;
