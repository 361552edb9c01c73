//! Which account belongs to a subject of a log-in provider, and the attempts that were completed.

use sea_orm_migration::prelude::*;

use crate::tables::{index, moment, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key: the subject of a deleted account is remembered, and stays refused.
        let identities =
            vec![text("issuer"), text("subject"), text("account_id"), moment("created_at")];
        manager.create_table(table("identities", identities, &["issuer", "subject"])).await?;
        manager.create_index(index("identities", &["account_id"])).await?;
        // SHA-256 of the state of an attempt, so that it is completed once.
        let used = vec![text("hash"), moment("expires_at")];
        manager.create_table(table("used_login_states", used, &["hash"])).await?;
        manager.create_index(index("used_login_states", &["expires_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["used_login_states", "identities"] {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}
