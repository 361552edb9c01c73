//! Sessions, personal access tokens, links that set a password, and the access epoch: a number that
//! triggers change whenever an account, a session or a token loses rights. Servers keep what they
//! know about accounts only as long as the number stays the same.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::tables::{
    big_integer, boolean, index, integer, moment, optional_text, sorted_key, table, text,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 5] =
    ["access_epoch", "deleted_accounts", "password_links", "personal_tokens", "sessions"];
const COLUMNS: [&str; 4] = ["name", "is_disabled", "version", "tokens_since"];

/// Table, events and columns whose change may take rights away.
const REVOCATIONS: [(&str, &str, &str); 6] = [
    ("users_changed", "UPDATE OF role, is_disabled, version", "users"),
    ("users_deleted", "DELETE", "users"),
    ("sessions_ended", "UPDATE OF ended_at", "sessions"),
    ("sessions_deleted", "DELETE", "sessions"),
    ("personal_tokens_revoked", "UPDATE OF revoked_at", "personal_tokens"),
    ("personal_tokens_deleted", "DELETE", "personal_tokens"),
];

fn optional_moment(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.timestamp_with_time_zone();
    column
}

/// A table whose rows are deleted with their account.
fn table_of_account(name: &str, mut columns: Vec<ColumnDef>, key: &str) -> TableCreateStatement {
    columns.push(text("account_id"));
    let mut table = table(name, columns, &[key]);
    table.foreign_key(
        ForeignKey::create()
            .from(Alias::new(name), Alias::new("account_id"))
            .to(Alias::new("users"), Alias::new("id"))
            .on_delete(ForeignKeyAction::Cascade),
    );
    table
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut name = text("name");
        name.default("");
        let mut is_disabled = boolean("is_disabled");
        is_disabled.default(false);
        // Part of each token; a token with another version is refused.
        let mut version = big_integer("version");
        version.default(1);
        // Tokens of other issuers that share the secret have no version; older ones are refused.
        for column in [name, is_disabled, version, optional_moment("tokens_since")] {
            let mut users = Table::alter();
            users.table(Alias::new("users")).add_column(column);
            manager.alter_table(users).await?;
        }
        let tables = [
            table_of_account(
                "sessions",
                vec![
                    sorted_key("id", backend),
                    // The number of the refresh token that is valid now.
                    big_integer("rotation"),
                    text("client"),
                    text("address"),
                    moment("created_at"),
                    moment("used_at"),
                    moment("expires_at"),
                    optional_moment("ended_at"),
                ],
                "id",
            ),
            table_of_account(
                "personal_tokens",
                vec![
                    sorted_key("id", backend),
                    text("name"),
                    // SHA-256 of the token.
                    text("hash"),
                    text("role"),
                    optional_text("source"),
                    // Separated by commas; null: all.
                    optional_text("categories"),
                    boolean("can_publish"),
                    moment("created_at"),
                    optional_moment("expires_at"),
                    optional_moment("used_at"),
                    optional_moment("revoked_at"),
                ],
                "id",
            ),
            table_of_account("password_links", vec![text("hash"), moment("expires_at")], "hash"),
            // Only the ids, so that tokens that name them are refused.
            table("deleted_accounts", vec![text("id"), moment("deleted_at")], &["id"]),
            table("access_epoch", vec![integer("id"), big_integer("value")], &["id"]),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in [
            index("sessions", &["account_id", "id"]),
            index("sessions", &["expires_at"]),
            index("personal_tokens", &["account_id", "id"]),
            index("personal_tokens", &["hash"]).unique().to_owned(),
            index("password_links", &["account_id"]),
        ] {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared("INSERT INTO access_epoch (id, value) VALUES (1, 1)").await?;
        if backend == DatabaseBackend::Postgres {
            let function = "CREATE FUNCTION next_access_epoch() RETURNS trigger \
                LANGUAGE plpgsql AS $$ BEGIN \
                    UPDATE access_epoch SET value = value + 1; \
                    RETURN NULL; \
                END $$";
            connection.execute_unprepared(function).await?;
        }
        for (name, event, table) in REVOCATIONS {
            let trigger = if backend == DatabaseBackend::Postgres {
                format!(
                    "CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH STATEMENT \
                     EXECUTE FUNCTION next_access_epoch()"
                )
            } else {
                format!(
                    "CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN \
                     UPDATE access_epoch SET value = value + 1; END"
                )
            };
            connection.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        if is_postgres {
            connection.execute_unprepared("DROP FUNCTION next_access_epoch() CASCADE").await?;
        }
        for (name, _, _) in REVOCATIONS.iter().filter(|_| !is_postgres) {
            connection.execute_unprepared(&format!("DROP TRIGGER {name}")).await?;
        }
        for name in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        for column in COLUMNS {
            let mut users = Table::alter();
            users.table(Alias::new("users")).drop_column(Alias::new(column));
            manager.alter_table(users).await?;
        }
        Ok(())
    }
}
