//! Data for resolving names: blocking keys, word frequencies, and resolutions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::tables::{big_integer, index, moment, optional_text, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["index_versions", "answers", "name_words", "entity_blocks"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut blocks = table(
            "entity_blocks",
            vec![big_integer("block"), text("entity_id")],
            &["block", "entity_id"],
        );
        if manager.get_database_backend() == DatabaseBackend::Sqlite {
            // The primary key covers the whole row: a separate tree for the rows would double what
            // is written.
            blocks.extra("WITHOUT ROWID");
        }
        let tables = [
            blocks,
            table("name_words", vec![text("word"), big_integer("people")], &["word"]),
            // The movie is empty where a resolution holds for all movies, so there is no foreign
            // key.
            table(
                "answers",
                vec![
                    text("movie_id"),
                    text("kind"),
                    text("name_key"),
                    optional_text("entity_id"),
                    moment("answered_at"),
                    text("answered_by"),
                ],
                &["movie_id", "kind", "name_key"],
            ),
            table("index_versions", vec![text("name"), text("version")], &["name"]),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        manager.create_index(index("answers", &["kind", "entity_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}
