//! A table for the texts of imports: compressed, and each text of a document only once. Older
//! entries of the import log keep their text in the column `document`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::tables::{
    big_integer, index, optional_big_integer, optional_text, sorted_key, table, text,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut body = ColumnDef::new(Alias::new("body"));
        body.binary().not_null();
        // No foreign key: an entry of the import log and its text outlive the movie.
        let texts = table(
            "import_texts",
            vec![
                text("movie_id"),
                // Empty if the category is unknown.
                text("category"),
                // SHA-256 of the text.
                text("hash"),
                // The newest import that sent this text.
                sorted_key("last_import", backend),
                // Bytes of the text, and bytes of its compressed form.
                big_integer("size"),
                big_integer("stored"),
                body,
            ],
            &["movie_id", "category", "hash"],
        );
        manager.create_table(texts).await?;
        manager.create_index(index("import_texts", &["last_import", "stored"])).await?;
        if backend == DatabaseBackend::Postgres {
            // The body is compressed already.
            let external = "ALTER TABLE import_texts ALTER COLUMN body SET STORAGE EXTERNAL";
            manager.get_connection().execute_unprepared(external).await?;
        }
        for column in [optional_text("text_hash"), optional_big_integer("text_size")] {
            let mut imports = Table::alter();
            imports.table(Alias::new("imports")).add_column(column);
            manager.alter_table(imports).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["text_hash", "text_size"] {
            let mut imports = Table::alter();
            imports.table(Alias::new("imports")).drop_column(Alias::new(column));
            manager.alter_table(imports).await?;
        }
        manager.drop_table(Table::drop().table(Alias::new("import_texts")).to_owned()).await
    }
}
