//! Resolutions that were given with a contribution to a draft. They are stored for good when the
//! draft is published.

use sea_orm_migration::prelude::*;

use crate::tables::text;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut answers = text("answers");
        answers.default("[]");
        manager
            .alter_table(
                Table::alter().table(Alias::new("contributions")).add_column(answers).to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let answers = Alias::new("answers");
        manager
            .alter_table(
                Table::alter().table(Alias::new("contributions")).drop_column(answers).to_owned(),
            )
            .await
    }
}
