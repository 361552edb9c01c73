//! Fewer index rows for each import. Most entries of both logs are of imports that published, so an
//! index on that operation and that status finds half of a log; the indexes leave these entries
//! out. With `SQLite`, the rows of the audit log are in the index of their key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::m20261130_000101_audit_log as audit_log;
use crate::tables::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [&str; 4] = [
    "DROP INDEX idx_imports_status_id",
    "CREATE INDEX idx_imports_other_status_id ON imports (status, id)
        WHERE status <> 'published'",
    "DROP INDEX IF EXISTS idx_audit_entries_operation_id",
    "CREATE INDEX idx_audit_entries_other_operation_id ON audit_entries (operation, id)
        WHERE operation <> 'IMPORT'",
];

const TARGET: [&str; 3] = ["target_id", "target_kind", "id"];

/// A table cannot be changed to one without row ids.
const SQLITE: [&str; 4] = [
    "CREATE TABLE audit_entries_by_key (
        id text NOT NULL PRIMARY KEY,
        at timestamp_with_timezone_text NOT NULL,
        account text,
        email text,
        credential text NOT NULL,
        credential_id text,
        interface text NOT NULL,
        address text,
        request_id text,
        operation text NOT NULL,
        target_kind text,
        target_id text,
        category text,
        outcome text NOT NULL,
        code text,
        detail text,
        count integer NOT NULL,
        import_id text
    ) WITHOUT ROWID",
    "INSERT INTO audit_entries_by_key SELECT id, at, account, email, credential, credential_id,
        interface, address, request_id, operation, target_kind, target_id, category, outcome, code,
        detail, count, import_id FROM audit_entries ORDER BY id",
    "DROP TABLE audit_entries",
    "ALTER TABLE audit_entries_by_key RENAME TO audit_entries",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// With `SQLite` too, since a table is replaced.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DatabaseBackend::Sqlite {
            for statement in SQLITE {
                connection.execute_unprepared(statement).await?;
            }
            // What was dropped with the table, apart from the index that is replaced.
            for columns in [&["account", "id"][..], &["address", "id"], &TARGET] {
                manager.create_index(index("audit_entries", columns)).await?;
            }
            for statement in audit_log::SQLITE {
                connection.execute_unprepared(statement).await?;
            }
        }
        for statement in INDEXES {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("imports", "status"), ("audit_entries", "operation")] {
            let statement = format!("DROP INDEX idx_{table}_other_{column}_id");
            manager.get_connection().execute_unprepared(&statement).await?;
            manager.create_index(index(table, &[column, "id"])).await?;
        }
        Ok(())
    }
}
