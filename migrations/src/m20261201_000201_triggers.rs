//! Less work for each publication. With `PostgreSQL`, one trigger function instead of two runs for
//! each changed document, and documents are counted only when rows are inserted: a statement
//! trigger ran for each upsert. With `SQLite`, positions of the change feed are no longer numbered
//! with AUTOINCREMENT, which writes another table: rows of the feed are never deleted, so that the
//! numbers grow without it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::m20261125_000004_succession as succession;
use crate::m20261129_000201_changes::SQLITE_TRIGGERS;
use crate::tables::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQLITE: &str = "
    DROP TRIGGER documents_changes_insert;
    DROP TRIGGER documents_changes_update;
    CREATE TABLE changes_by_position (
        position integer PRIMARY KEY,
        transaction_id bigint NOT NULL DEFAULT 0,
        kind text NOT NULL,
        movie_id text NOT NULL,
        category text,
        revision bigint,
        draft_revision bigint,
        source text,
        author text,
        changed_at timestamp_with_timezone_text NOT NULL,
        contributors text
    );
    INSERT INTO changes_by_position SELECT position, transaction_id, kind, movie_id, category,
        revision, draft_revision, source, author, changed_at, contributors FROM changes
        ORDER BY position;
    DROP TABLE changes;
    ALTER TABLE changes_by_position RENAME TO changes;
    CREATE INDEX idx_changes_movie_id ON changes (movie_id, position)";

const POSTGRES: &str = "
    CREATE OR REPLACE FUNCTION documents_succession() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.revision <> OLD.revision + 1 THEN
            RAISE EXCEPTION 'not the successor of the newest revision' USING ERRCODE = '40001';
        END IF;
        WITH superseded AS (
            INSERT INTO revisions
                (movie_id, category, revision, format, source, updated_at, updated_by, body)
            VALUES (OLD.movie_id, OLD.category, OLD.revision, OLD.format, OLD.source,
                OLD.updated_at, OLD.updated_by, OLD.body)
        )
        INSERT INTO changes
            (transaction_id, kind, movie_id, category, revision, source, author, changed_at)
        SELECT base + pg_current_xact_id()::text::bigint, NEW.operation, NEW.movie_id,
            NEW.category, NEW.revision, NEW.source, NEW.updated_by, NEW.updated_at
        FROM change_feed;
        RETURN NULL;
    END $$;
    DROP TRIGGER documents_changes ON documents;
    CREATE TRIGGER documents_changes AFTER INSERT ON documents
        FOR EACH ROW EXECUTE FUNCTION documents_changes();

    -- Positions are unique as the identity gives them, and found by idx_changes_order.
    ALTER TABLE changes DROP CONSTRAINT changes_pkey;

    DROP TRIGGER documents_count_insert ON documents;
    CREATE OR REPLACE FUNCTION documents_count_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO document_counts VALUES ('published', NEW.category, NEW.source, 1);
        IF random() < 0.1 THEN
            PERFORM sum_counts();
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER documents_count_insert AFTER INSERT ON documents FOR EACH ROW
        WHEN (NOT NEW.is_empty)
        EXECUTE FUNCTION documents_count_new()";

/// Counting stays as it is: the numbers are the same.
const DROP_POSTGRES: &str = "
    DROP FUNCTION documents_succession() CASCADE;
    ALTER TABLE changes ADD PRIMARY KEY (position);
    DROP TRIGGER documents_changes ON documents;
    CREATE TRIGGER documents_changes AFTER INSERT OR UPDATE OF revision ON documents
        FOR EACH ROW EXECUTE FUNCTION documents_changes()";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// With `SQLite` too, since a table is replaced.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &format!("{SQLITE};{SQLITE_TRIGGERS}"), POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            let sql = format!("{DROP_POSTGRES};{}", succession::POSTGRES);
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
