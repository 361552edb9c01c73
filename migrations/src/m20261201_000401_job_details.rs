//! More of jobs: the name of the file, archive entries that are not documents, warnings, created
//! movies, and discarded drafts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// For both databases. `skipped_entries` and `warnings` are JSON lists.
const COLUMNS: [&str; 7] = [
    "ALTER TABLE jobs ADD COLUMN file_name text",
    "ALTER TABLE jobs ADD COLUMN skipped_entries text NOT NULL DEFAULT '[]'",
    "ALTER TABLE jobs ADD COLUMN skipped_entry_count bigint NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN discarded bigint NOT NULL DEFAULT 0",
    "ALTER TABLE job_outcomes ADD COLUMN warnings text NOT NULL DEFAULT '[]'",
    "ALTER TABLE job_outcomes ADD COLUMN omitted_warnings bigint NOT NULL DEFAULT 0",
    "ALTER TABLE job_outcomes ADD COLUMN movie_created boolean NOT NULL DEFAULT FALSE",
];

const DROP: [&str; 7] = [
    "ALTER TABLE jobs DROP COLUMN file_name",
    "ALTER TABLE jobs DROP COLUMN skipped_entries",
    "ALTER TABLE jobs DROP COLUMN skipped_entry_count",
    "ALTER TABLE jobs DROP COLUMN discarded",
    "ALTER TABLE job_outcomes DROP COLUMN warnings",
    "ALTER TABLE job_outcomes DROP COLUMN omitted_warnings",
    "ALTER TABLE job_outcomes DROP COLUMN movie_created",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in COLUMNS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in DROP {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
