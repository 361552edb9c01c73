//! Advisory locks of the database, which serialize writing transactions. They are unrelated to
//! editorial locks.
//!
//! On `PostgreSQL` each is released when its transaction ends. `SQLite` has a single writer and
//! needs none of them.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

use super::{Backend, Transaction};
use crate::document::MovieId;
use crate::storage::StorageError;

/// Serializes migrations. Held by a session, not by a transaction. All versions share it.
pub(super) const MIGRATION: i64 = 0x7265_656c_706f_7274;
/// Held in shared mode by a transaction that writes to some movies, exclusively by one that writes
/// to all of them.
const ALL_MOVIES: i64 = 0x7265_656c_0000_0001;
/// Held by a transaction that creates entities, so that two never create one for the same name.
const ENTITIES: i64 = 0x7265_656c_0000_0002;
/// Held by the one transaction that deletes the oldest import texts.
const IMPORT_TEXTS: i64 = 0x7265_656c_0000_0003;

/// The key of a movie's lock. The movie need not exist.
fn movie_key(movie: &MovieId) -> i64 {
    let hash = Sha256::digest(movie.as_str());
    i64::from_be_bytes(hash[..8].try_into().unwrap_or_default())
}

impl Transaction {
    /// Waits until no other transaction writes to these movies, and excludes others until this one
    /// ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advisory_lock_movies(&self, movies: &[&MovieId]) -> Result<(), StorageError> {
        if self.backend == Backend::Sqlite {
            return Ok(());
        }
        // Every transaction locks in the same order, so that no two wait for each other.
        let keys: BTreeSet<i64> = movies.iter().map(|movie| movie_key(movie)).collect();
        let keys: Vec<String> = keys.iter().map(i64::to_string).collect();
        self.advisory_lock(format!(
            "SELECT pg_advisory_xact_lock_shared({ALL_MOVIES}), \
             (SELECT count(pg_advisory_xact_lock(key)) FROM unnest('{{{}}}'::bigint[]) AS key)",
            keys.join(",")
        ))
        .await
    }

    /// Waits until no other transaction writes to any movie, and excludes others until this one
    /// ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advisory_lock_all_movies(&self) -> Result<(), StorageError> {
        match self.backend {
            Backend::Sqlite => Ok(()),
            Backend::Postgres => {
                self.advisory_lock(format!("SELECT pg_advisory_xact_lock({ALL_MOVIES})")).await
            }
        }
    }

    /// Waits until no other transaction creates entities, and excludes others until this one ends.
    /// Returns whether another one may have created entities since this transaction read them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advisory_lock_entities(&self) -> Result<bool, StorageError> {
        match self.backend {
            Backend::Sqlite => Ok(false),
            Backend::Postgres => {
                self.advisory_lock(format!("SELECT pg_advisory_xact_lock({ENTITIES})")).await?;
                Ok(true)
            }
        }
    }

    /// Takes the lock on deleting import texts if it is free. Returns whether this transaction
    /// holds it. Only for `PostgreSQL`.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::storage) async fn try_advisory_lock_import_texts(
        &self,
    ) -> Result<bool, StorageError> {
        let statement = Statement::from_sql_and_values(
            self.connection.get_database_backend(),
            "SELECT pg_try_advisory_xact_lock($1) AS held",
            [IMPORT_TEXTS.into()],
        );
        let row = self.connection.query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get("", "held")).transpose()?.unwrap_or(false))
    }

    /// Runs SQL of numbers only. It has no parameters, so that BEGIN can be sent with it.
    async fn advisory_lock(&self, sql: String) -> Result<(), StorageError> {
        Ok(self.connection.run_raw(sql).await?)
    }
}
