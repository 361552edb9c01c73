//! Counters of failed logins, so that all replicas have the same limits.

use sea_orm_migration::prelude::*;

use crate::tables::{big_integer, index, moment, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The key is a hash: what was typed as an email may be a password.
        let columns = vec![text("key"), moment("since"), big_integer("count")];
        manager.create_table(table("login_failures", columns, &["key"])).await?;
        manager.create_index(index("login_failures", &["since"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("login_failures")).to_owned()).await
    }
}
