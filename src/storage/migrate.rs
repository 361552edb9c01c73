//! Bringing the database's schema up to date, one process at a time.

use std::fs::File;

use reelport_migrations::Migrator;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

use super::connection::sqlite_path;
use super::{Backend, Database, StorageError};

/// An arbitrary number that all versions share.
const ADVISORY_LOCK: i64 = 0x7265_656c_706f_7274;

impl Database {
    /// Applies the migrations that are missing, and computes search columns anew that were made by the
    /// rules of an earlier version. Safe when several processes start at once.
    ///
    /// # Errors
    /// When the lock cannot be had or a migration fails.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        match self.backend {
            Backend::Sqlite => {
                let path = format!("{}.migrate.lock", sqlite_path(&self.url).unwrap_or_default());
                let lock = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || {
                        let file =
                            File::options().create(true).truncate(false).write(true).open(&path)?;
                        file.lock()?;
                        Ok(file)
                    }
                });
                let locked = lock.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                let _lock: File = locked.map_err(|source| StorageError::Lock { path, source })?;
                Migrator::up(&self.writer, None).await?;
                self.refresh_search().await?;
            }
            Backend::Postgres => {
                // The lock belongs to a session, so this needs a connection of its own.
                let mut options = sea_orm::ConnectOptions::new(&*self.url);
                options.max_connections(1).sqlx_logging(false);
                let session = sea_orm::Database::connect(options).await?;
                session
                    .execute_unprepared(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))
                    .await?;
                let migrated = Migrator::up(&session, None).await.map_err(StorageError::from);
                let result = match migrated {
                    Ok(()) => self.refresh_search().await,
                    Err(error) => Err(error),
                };
                session.close().await?;
                result?;
            }
        }
        Ok(())
    }
}
