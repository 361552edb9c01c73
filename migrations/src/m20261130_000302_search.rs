//! An index of the parts of titles and of people's names, for searches in catalogues of any size.
//!
//! Each text is indexed once by its grams: runs of one to three characters, as numbers that the
//! service computes in the same way for both databases. `SQLite` keeps them in a table of FTS5
//! without the texts and the positions, `PostgreSQL` in an array with a GIN index. The extension
//! `pg_trgm` is not used: the service may not be allowed to create it, it ignores characters that
//! the locale of the database does not know as letters, and it finds no text of one or two
//! characters. Texts that are no longer in use stay until the index is rebuilt: what is found is
//! always joined to the present titles and names.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::tables::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQLITE: &str = "
    CREATE TABLE search_entries (
        number integer PRIMARY KEY,
        list text NOT NULL,
        text text NOT NULL,
        UNIQUE (list, text)
    );
    CREATE VIRTUAL TABLE search_grams USING fts5(
        grams, content = '', detail = 'none', columnsize = 0, tokenize = 'ascii'
    );
    CREATE INDEX idx_movies_search_text ON movies (search_text)";

// A B-tree refuses long texts, so equal texts are found by a hash. Names are sorted by code point,
// as on SQLite.
const POSTGRES: &str = "
    CREATE TABLE search_entries (
        list text NOT NULL,
        text text NOT NULL,
        grams integer[] NOT NULL
    );
    CREATE UNIQUE INDEX idx_search_entries_text ON search_entries (list, md5(text));
    CREATE INDEX idx_search_entries_grams ON search_entries USING gin (grams)
        WITH (gin_pending_list_limit = 256);
    CREATE INDEX idx_movies_search_text ON movies USING hash (search_text);
    CREATE INDEX idx_entity_names_search ON entity_names (kind, name_key COLLATE \"C\", entity_id)";

const DROP_POSTGRES: &str = "DROP INDEX idx_entity_names_search";

const DROP: [&str; 3] = [
    "DROP TABLE search_entries",
    "DROP INDEX idx_movies_search_text",
    "DELETE FROM index_versions WHERE name = 'search'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        run(manager, "DROP TABLE search_grams", DROP_POSTGRES).await?;
        for sql in DROP {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
