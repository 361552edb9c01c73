//! Details of entities, and the versions of the reference data that were loaded.

use sea_orm_migration::prelude::*;

use crate::tables::{moment, optional_text, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut entities = Table::alter();
        entities.table(Alias::new("entities")).add_column(optional_text("details"));
        manager.alter_table(entities).await?;
        // Every version that was ever loaded, so that an older process that starts next to a newer
        // one has nothing to load.
        manager
            .create_table(table(
                "reference_versions",
                vec![text("version"), moment("loaded_at")],
                &["version"],
            ))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Alias::new("reference_versions")).to_owned())
            .await?;
        let mut entities = Table::alter();
        entities.table(Alias::new("entities")).drop_column(Alias::new("details"));
        manager.alter_table(entities).await
    }
}
