//! Drafts and the contributions to them, editorial locks, the import log, and idempotency keys.

use sea_orm_migration::prelude::*;

use crate::tables::{
    big_integer, boolean, index, integer, moment, optional_big_integer, optional_text, sorted_key,
    table, table_of_movie, text,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 5] = ["idempotency_keys", "imports", "locks", "contributions", "drafts"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[allow(clippy::too_many_lines, reason = "a list of tables")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut closed = boolean("closed");
        closed.default(false);
        let tables = [
            // The state of a draft is the state of its newest contribution, `draft_revision`.
            table_of_movie(
                "drafts",
                vec![
                    text("category"),
                    big_integer("draft_revision"),
                    big_integer("first_contribution"),
                    big_integer("base_revision"),
                    moment("opened_at"),
                    text("opened_by"),
                    moment("updated_at"),
                ],
                &["movie_id", "category"],
            ),
            // Contributions to closed drafts are kept: files were exported from them, and they name
            // the author of each value.
            table_of_movie(
                "contributions",
                vec![
                    text("category"),
                    big_integer("draft_revision"),
                    big_integer("first_contribution"),
                    big_integer("base_revision"),
                    integer("format"),
                    text("source"),
                    moment("updated_at"),
                    optional_text("updated_by"),
                    text("touched"),
                    text("named"),
                    text("body"),
                    optional_big_integer("published_as"),
                    closed,
                ],
                &["movie_id", "category", "draft_revision"],
            ),
            table_of_movie(
                "locks",
                vec![text("category"), text("target"), moment("locked_at"), text("locked_by")],
                &["movie_id", "category", "target"],
            ),
            // No foreign key: the import log outlives the movie.
            table(
                "imports",
                vec![
                    sorted_key("id", backend),
                    text("movie_id"),
                    optional_text("category"),
                    text("operation"),
                    text("stage"),
                    moment("created_at"),
                    text("author"),
                    text("account"),
                    optional_text("source"),
                    text("status"),
                    text("options"),
                    optional_text("document"),
                    optional_text("report"),
                    text("problems"),
                    optional_big_integer("revision"),
                    optional_big_integer("draft_revision"),
                ],
                &["id"],
            ),
            table(
                "idempotency_keys",
                vec![
                    text("account"),
                    text("operation"),
                    text("key"),
                    text("hash"),
                    text("import_id"),
                    moment("created_at"),
                ],
                &["account", "operation", "key"],
            ),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let indexes = [
            index("drafts", &["updated_at", "movie_id", "category"]),
            index("imports", &["movie_id", "id"]),
            index("imports", &["author", "id"]),
            index("imports", &["status", "id"]),
            index("idempotency_keys", &["created_at"]),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}
