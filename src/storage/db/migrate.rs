//! Applying migrations, one process at a time.

use std::fs::File;
use std::path::Path;

use reelport_migrations::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;

use super::advisory_locks::MIGRATION;
use super::{Backend, Database, sqlite_path};
use crate::storage::StorageError;
use crate::storage::files::open_private;

impl Database {
    /// Applies the missing migrations, and recomputes search columns that an earlier version
    /// computed by other rules. Safe when several processes start at the same time.
    ///
    /// # Errors
    /// When the migration lock cannot be taken or a migration fails.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.apply_migrations().await?;
        self.raise_feed_base().await
    }

    async fn apply_migrations(&self) -> Result<(), StorageError> {
        // A database that is up to date may be read-only.
        if self.is_migrated().await? {
            return self.refresh_search_columns().await;
        }
        match self.backend {
            Backend::Sqlite => {
                let path = format!("{}.migrate.lock", sqlite_path(&self.url).unwrap_or_default());
                let lock = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || {
                        let file = open_private(Path::new(&path))?;
                        file.lock()?;
                        Ok(file)
                    }
                });
                let locked = lock.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                let _lock: File =
                    locked.map_err(|source| StorageError::MigrationLock { path, source })?;
                let session = self.writer.sea_orm_session().await?;
                let migrated = Migrator::up(&session, None).await;
                session.close().await?;
                migrated?;
                self.refresh_search_columns().await?;
            }
            Backend::Postgres => {
                // The lock belongs to a database session.
                let session = self.writer.sea_orm_session().await?;
                session
                    .execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION})"))
                    .await?;
                let migrated = Migrator::up(&session, None).await.map_err(StorageError::from);
                let result = match migrated {
                    Ok(()) => self.refresh_search_columns().await,
                    Err(error) => Err(error),
                };
                session.close().await?;
                result?;
            }
        }
        Ok(())
    }

    /// Raises the base of the change feed if it has entries of transactions that this cluster has
    /// not reached, because the database was restored from another one. New entries then come after
    /// the restored ones, and cursors stay valid.
    async fn raise_feed_base(&self) -> Result<(), StorageError> {
        const NEXT: &str = "base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        const LAST: &str = "(SELECT max(transaction_id) FROM changes)";
        if self.backend == Backend::Sqlite {
            return Ok(());
        }
        let backend = self.reader.backend();
        let sql = format!("SELECT 1 FROM change_feed WHERE {NEXT} <= {LAST}");
        let found = self.reader.query_one_raw(Statement::from_string(backend, sql)).await?;
        if found.is_none() || self.is_read_only {
            return Ok(());
        }
        self.write(|transaction| async move {
            transaction.advisory_lock_all_movies().await?;
            let sql = format!("UPDATE change_feed SET base = {LAST} WHERE {NEXT} <= {LAST}");
            transaction.connection.execute_raw(Statement::from_string(backend, sql)).await?;
            Ok::<_, StorageError>(())
        })
        .await
    }

    /// Whether exactly the migrations of this version are applied.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_migrated(&self) -> Result<bool, StorageError> {
        let backend = self.reader.backend();
        let sql = "SELECT version FROM seaql_migrations ORDER BY version";
        let rows = match self.reader.query_all_raw(Statement::from_string(backend, sql)).await {
            Ok(rows) => rows,
            Err(error) if StorageError::from(error.clone()).unavailability().is_some() => {
                return Err(error.into());
            }
            // The table does not exist yet.
            Err(_) => return Ok(false),
        };
        let applied = rows.iter().map(|row| row.try_get::<String>("", "version"));
        let applied: Vec<String> = applied.collect::<Result<_, _>>()?;
        let mut known: Vec<String> =
            Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        known.sort();
        Ok(applied == known)
    }
}
