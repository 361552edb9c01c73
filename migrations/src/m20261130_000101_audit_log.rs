//! The audit log: one row for each write and each refused attempt. Triggers refuse to change rows,
//! and to delete those of the last 30 days, so that no statement of the service can do so by
//! mistake.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::tables::{big_integer, index, moment, optional_text, sorted_key, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "audit_entries";

/// The index and the triggers that table helpers cannot express.
pub(crate) const SQLITE: [&str; 3] = [
    "CREATE INDEX idx_audit_entries_outcome_id ON audit_entries (outcome, id)
        WHERE outcome <> 'SUCCEEDED'",
    "CREATE TRIGGER audit_entries_update BEFORE UPDATE ON audit_entries BEGIN
        SELECT RAISE(ABORT, 'entries of the audit log are not changed');
    END",
    "CREATE TRIGGER audit_entries_delete BEFORE DELETE ON audit_entries
        WHEN julianday(OLD.at) > julianday('now', '-30 days') BEGIN
        SELECT RAISE(ABORT, 'entries of the audit log are kept for 30 days or longer');
    END",
];

const POSTGRES: [&str; 6] = [
    "CREATE INDEX idx_audit_entries_outcome_id ON audit_entries (outcome, id)
        WHERE outcome <> 'SUCCEEDED'",
    "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'entries of the audit log are neither changed nor truncated';
    END $$",
    "CREATE FUNCTION audit_entries_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF OLD.at > now() - interval '30 days' THEN
            RAISE EXCEPTION 'entries of the audit log are kept for 30 days or longer';
        END IF;
        RETURN OLD;
    END $$",
    "CREATE TRIGGER audit_entries_update BEFORE UPDATE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
    "CREATE TRIGGER audit_entries_truncate BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()",
    "CREATE TRIGGER audit_entries_delete BEFORE DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_entries_keep()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let columns = vec![
            // Sorts by time.
            sorted_key("id", backend),
            moment("at"),
            // Null if the request had no valid token.
            optional_text("account"),
            optional_text("email"),
            text("credential"),
            optional_text("credential_id"),
            text("interface"),
            optional_text("address"),
            optional_text("request_id"),
            text("operation"),
            optional_text("target_kind"),
            optional_text("target_id"),
            optional_text("category"),
            text("outcome"),
            optional_text("code"),
            optional_text("detail"),
            // How many attempts or documents the row stands for.
            big_integer("count"),
            // The entry of the import log; of several, the first.
            optional_text("import_id"),
        ];
        manager.create_table(table(TABLE, columns, &["id"])).await?;
        for columns in [["account", "id"], ["operation", "id"], ["address", "id"]] {
            manager.create_index(index(TABLE, &columns)).await?;
        }
        manager.create_index(index(TABLE, &["target_id", "target_kind", "id"])).await?;
        let statements: &[&str] = match backend {
            DatabaseBackend::Postgres => &POSTGRES,
            _ => &SQLITE,
        };
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new(TABLE)).to_owned()).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            for function in ["audit_entries_refuse", "audit_entries_keep"] {
                let statement = format!("DROP FUNCTION {function}()");
                manager.get_connection().execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}
