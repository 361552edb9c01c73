//! A table for probe writes, which test whether writes work.

use sea_orm_migration::prelude::*;

use crate::tables::{integer, table};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut filler = ColumnDef::new(Alias::new("filler"));
        filler.blob().not_null();
        manager.create_table(table("storage_probe", vec![integer("id"), filler], &["id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("storage_probe")).to_owned()).await
    }
}
