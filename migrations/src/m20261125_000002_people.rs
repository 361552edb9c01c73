//! Those who were merged into someone else, with what they were; and an index by which names are found
//! that differ in their spacing and punctuation alone.

use sea_orm_migration::prelude::*;

use crate::tables::{index, moment, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The letters of a name, as one word.
const LETTERS: &str = "CREATE INDEX idx_entity_names_letters ON entity_names \
     (kind, REPLACE(REPLACE(REPLACE(REPLACE(name_key, ' ', ''), '.', ''), '-', ''), '''', ''))";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let merged = table(
            "merged_entities",
            vec![
                text("kind"),
                text("id"),
                // Who they are by now, and whom they were merged into: another one, if that one was merged since.
                text("into_id"),
                text("via_id"),
                text("name"),
                moment("created_at"),
                moment("merged_at"),
                text("merged_by"),
                text("names"),
                text("external_ids"),
            ],
            &["kind", "id"],
        );
        manager.create_table(merged).await?;
        manager.create_index(index("merged_entities", &["kind", "into_id"])).await?;
        manager.get_connection().execute_unprepared(LETTERS).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX idx_entity_names_letters").await?;
        manager.drop_table(Table::drop().table(Alias::new("merged_entities")).to_owned()).await
    }
}
