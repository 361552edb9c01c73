//! A trigger that stores the superseded revision whenever a document is published, and refuses a
//! revision that is not the successor of the current one. An import then needs one statement less,
//! and the old text is not sent to the database again.

use sea_orm_migration::prelude::*;

use crate::tables::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQLITE: &str = "
    CREATE TRIGGER documents_succession AFTER UPDATE OF revision ON documents BEGIN
        SELECT RAISE(ABORT, 'not the successor of the newest revision') \
            WHERE NEW.revision <> OLD.revision + 1;
        INSERT INTO revisions \
            (movie_id, category, revision, format, source, updated_at, updated_by, body)
        VALUES (OLD.movie_id, OLD.category, OLD.revision, OLD.format, OLD.source, OLD.updated_at, \
            OLD.updated_by, OLD.body);
    END";

// 40001 is serialization_failure: a transaction that wrote from an older revision is retried from
// the newest.
pub(crate) const POSTGRES: &str = "
    CREATE FUNCTION documents_succession() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.revision <> OLD.revision + 1 THEN
            RAISE EXCEPTION 'not the successor of the newest revision' USING ERRCODE = '40001';
        END IF;
        INSERT INTO revisions \
            (movie_id, category, revision, format, source, updated_at, updated_by, body)
        VALUES (OLD.movie_id, OLD.category, OLD.revision, OLD.format, OLD.source, OLD.updated_at, \
            OLD.updated_by, OLD.body);
        RETURN NULL;
    END $$;
    CREATE TRIGGER documents_succession AFTER UPDATE OF revision ON documents
        FOR EACH ROW EXECUTE FUNCTION documents_succession()";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = "DROP FUNCTION documents_succession() CASCADE";
        run(manager, "DROP TRIGGER documents_succession", postgres).await
    }
}
