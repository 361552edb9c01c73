//! Jobs: long work that outlives its request, and the outcome of each of its documents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::tables::{
    big_integer, boolean, index, moment, optional_big_integer, optional_text, sorted_key, table,
    text,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const JOBS: &str = "jobs";
const OUTCOMES: &str = "job_outcomes";

/// Indexes that table helpers cannot express, for both databases.
const INDEXES: [&str; 2] = [
    "CREATE INDEX idx_jobs_unfinished ON jobs (id) WHERE state IN ('queued', 'running')",
    "CREATE UNIQUE INDEX idx_jobs_account_idempotency_key ON jobs (account, idempotency_key)
        WHERE idempotency_key IS NOT NULL",
];

fn optional_moment(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.timestamp_with_time_zone();
    column
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut columns = vec![
            // Sorts by time.
            sorted_key("id", backend),
            text("kind"),
            text("state"),
            text("account"),
            text("author"),
            optional_text("source"),
            // The account with its token and where its request came from, as JSON.
            text("actor"),
            text("options"),
            // The name of the stored file, and its bytes.
            optional_text("file"),
            optional_big_integer("file_size"),
            // The bytes of the file that were read for the documents that are done.
            big_integer("file_position"),
            // The job whose failures this one tries again.
            optional_text("retry_of"),
            optional_text("idempotency_key"),
            optional_text("request_hash"),
            moment("created_at"),
            optional_moment("started_at"),
            optional_moment("finished_at"),
            boolean("is_cancel_requested"),
            optional_text("error"),
            optional_big_integer("total"),
            // The number of the next document.
            big_integer("position"),
        ];
        let counts = [
            "done",
            "published",
            "drafted",
            "unchanged",
            "planned",
            "conflict",
            "rejected",
            "skipped",
        ];
        columns.extend(counts.map(big_integer));
        columns.extend([
            optional_text("lease_owner"),
            big_integer("lease_epoch"),
            // Milliseconds since 1970 by the clock of the database; 0 if the job is free.
            big_integer("lease_until"),
            big_integer("attempts"),
            // Attempts in sequence that ended without a commit and without giving the lease back.
            big_integer("stalled"),
            // Documents before this number are imported one by one.
            big_integer("careful_until"),
        ]);
        manager.create_table(table(JOBS, columns, &["id"])).await?;
        let columns = vec![
            sorted_key("job_id", backend),
            big_integer("position"),
            optional_text("entry"),
            optional_big_integer("line"),
            optional_big_integer("item_index"),
            optional_text("movie_id"),
            optional_text("category"),
            text("outcome"),
            big_integer("changes"),
            text("problems"),
            big_integer("omitted"),
            optional_text("import_id"),
        ];
        manager.create_table(table(OUTCOMES, columns, &["job_id", "position"])).await?;
        manager.create_index(index(OUTCOMES, &["job_id", "outcome", "position"])).await?;
        for statement in INDEXES {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [OUTCOMES, JOBS] {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}
