//! Merged entities, kept so that a merge can be undone; and an index that finds names which differ
//! only in spacing and punctuation.

use sea_orm_migration::prelude::*;

use crate::tables::{index, moment, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The name without spacing and punctuation.
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
                // `into_id` is the entity that the id leads to now. `via_id` is the entity that
                // this one was merged into, even if that one has since been merged into another.
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
