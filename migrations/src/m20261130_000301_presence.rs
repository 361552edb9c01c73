//! Which categories of a movie have data and which have a draft, on the movie's row; who wrote each
//! document last and when, in an index; and counts of movies and documents.
//!
//! The columns `movies.present` and `movies.drafted` are sets of categories as numbers. The service
//! computes them when it opens the database, because it knows the number of each category. The
//! counts are written by triggers, so that no writer can omit them.
//!
//! On `PostgreSQL`, two transactions must not wait for each other because both change one count. So
//! a count is the sum of several rows: a transaction adds rows with its changes. Once in a while,
//! one transaction replaces the rows of each count by their sum.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [&str; 8] = [
    "ALTER TABLE movies ADD COLUMN present integer NOT NULL DEFAULT 0",
    "ALTER TABLE movies ADD COLUMN drafted integer NOT NULL DEFAULT 0",
    "ALTER TABLE drafts ADD COLUMN source text NOT NULL DEFAULT 'manual'",
    "UPDATE drafts SET source = head.source FROM contributions AS head \
        WHERE head.movie_id = drafts.movie_id AND head.category = drafts.category \
        AND head.draft_revision = drafts.draft_revision",
    "CREATE INDEX idx_movies_present ON movies (present, drafted, id)",
    "CREATE INDEX idx_movies_status ON movies (status, id)",
    "CREATE INDEX idx_documents_written \
        ON documents (category, is_empty, source, updated_at, movie_id)",
    "CREATE INDEX idx_movie_genres_genre_id_movie_id ON movie_genres (genre_id, movie_id)",
];

const SQLITE: &str = "
    DROP INDEX idx_movie_genres_genre_id;
    CREATE TABLE movie_counts (
        present integer NOT NULL,
        drafted integer NOT NULL,
        number bigint NOT NULL,
        PRIMARY KEY (present, drafted)
    ) WITHOUT ROWID;
    CREATE TABLE document_counts (
        stage text NOT NULL,
        category text NOT NULL,
        source text NOT NULL,
        number bigint NOT NULL,
        PRIMARY KEY (stage, category, source)
    ) WITHOUT ROWID;

    CREATE TRIGGER movies_count_insert AFTER INSERT ON movies BEGIN
        INSERT INTO movie_counts VALUES (NEW.present, NEW.drafted, 1)
        ON CONFLICT (present, drafted) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER movies_count_update AFTER UPDATE OF present, drafted ON movies
    WHEN OLD.present <> NEW.present OR OLD.drafted <> NEW.drafted BEGIN
        UPDATE movie_counts SET number = number - 1
        WHERE present = OLD.present AND drafted = OLD.drafted;
        INSERT INTO movie_counts VALUES (NEW.present, NEW.drafted, 1)
        ON CONFLICT (present, drafted) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER movies_count_delete AFTER DELETE ON movies BEGIN
        UPDATE movie_counts SET number = number - 1
        WHERE present = OLD.present AND drafted = OLD.drafted;
    END;

    CREATE TRIGGER documents_count_insert AFTER INSERT ON documents WHEN NOT NEW.is_empty BEGIN
        INSERT INTO document_counts VALUES ('published', NEW.category, NEW.source, 1)
        ON CONFLICT (stage, category, source) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER documents_count_update AFTER UPDATE OF source, is_empty ON documents
    WHEN OLD.source <> NEW.source OR OLD.is_empty <> NEW.is_empty BEGIN
        UPDATE document_counts SET number = number - 1
        WHERE stage = 'published' AND category = OLD.category AND source = OLD.source
            AND NOT OLD.is_empty;
        INSERT INTO document_counts
            SELECT 'published', NEW.category, NEW.source, 1 WHERE NOT NEW.is_empty
        ON CONFLICT (stage, category, source) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER documents_count_delete AFTER DELETE ON documents WHEN NOT OLD.is_empty BEGIN
        UPDATE document_counts SET number = number - 1
        WHERE stage = 'published' AND category = OLD.category AND source = OLD.source;
    END;

    CREATE TRIGGER drafts_count_insert AFTER INSERT ON drafts BEGIN
        INSERT INTO document_counts VALUES ('draft', NEW.category, NEW.source, 1)
        ON CONFLICT (stage, category, source) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER drafts_count_update AFTER UPDATE OF source ON drafts
    WHEN OLD.source <> NEW.source BEGIN
        UPDATE document_counts SET number = number - 1
        WHERE stage = 'draft' AND category = OLD.category AND source = OLD.source;
        INSERT INTO document_counts VALUES ('draft', NEW.category, NEW.source, 1)
        ON CONFLICT (stage, category, source) DO UPDATE SET number = number + 1;
    END;
    CREATE TRIGGER drafts_count_delete AFTER DELETE ON drafts BEGIN
        UPDATE document_counts SET number = number - 1
        WHERE stage = 'draft' AND category = OLD.category AND source = OLD.source;
    END";

const POSTGRES: &str = "
    DROP INDEX idx_movie_genres_genre_id;
    CREATE TABLE movie_counts (
        present integer NOT NULL,
        drafted integer NOT NULL,
        number bigint NOT NULL
    );
    CREATE TABLE document_counts (
        stage text NOT NULL,
        category text NOT NULL,
        source text NOT NULL,
        number bigint NOT NULL
    );

    CREATE FUNCTION sum_counts() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        IF random() > 0.02 OR NOT pg_try_advisory_xact_lock(1919247724, 1) THEN
            RETURN;
        END IF;
        WITH added AS (DELETE FROM movie_counts RETURNING present, drafted, number)
            INSERT INTO movie_counts SELECT present, drafted, SUM(number) FROM added
            GROUP BY present, drafted HAVING SUM(number) <> 0;
        WITH added AS (DELETE FROM document_counts RETURNING stage, category, source, number)
            INSERT INTO document_counts SELECT stage, category, source, SUM(number) FROM added
            GROUP BY stage, category, source HAVING SUM(number) <> 0;
    END $$;

    CREATE FUNCTION movies_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO movie_counts VALUES (OLD.present, OLD.drafted, -1);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO movie_counts VALUES (NEW.present, NEW.drafted, 1);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER movies_count AFTER INSERT OR DELETE ON movies
        FOR EACH ROW EXECUTE FUNCTION movies_count();
    CREATE TRIGGER movies_count_update AFTER UPDATE OF present, drafted ON movies FOR EACH ROW
        WHEN (OLD.present <> NEW.present OR OLD.drafted <> NEW.drafted)
        EXECUTE FUNCTION movies_count();

    CREATE FUNCTION documents_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' AND NOT OLD.is_empty THEN
            INSERT INTO document_counts
                VALUES ('published', OLD.category, OLD.source, -1);
        END IF;
        IF TG_OP <> 'DELETE' AND NOT NEW.is_empty THEN
            INSERT INTO document_counts
                VALUES ('published', NEW.category, NEW.source, 1);
        END IF;
        RETURN NULL;
    END $$;
    CREATE FUNCTION documents_count_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO document_counts SELECT 'published', category, source, COUNT(*)
            FROM new_documents WHERE NOT is_empty GROUP BY category, source;
        PERFORM sum_counts();
        RETURN NULL;
    END $$;
    CREATE TRIGGER documents_count_insert AFTER INSERT ON documents
        REFERENCING NEW TABLE AS new_documents
        FOR EACH STATEMENT EXECUTE FUNCTION documents_count_new();
    CREATE TRIGGER documents_count_update AFTER UPDATE OF source, is_empty ON documents
        FOR EACH ROW
        WHEN (OLD.source <> NEW.source OR OLD.is_empty <> NEW.is_empty)
        EXECUTE FUNCTION documents_count();
    CREATE TRIGGER documents_count_delete AFTER DELETE ON documents
        FOR EACH ROW EXECUTE FUNCTION documents_count();

    CREATE FUNCTION drafts_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO document_counts
                VALUES ('draft', OLD.category, OLD.source, -1);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO document_counts
                VALUES ('draft', NEW.category, NEW.source, 1);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER drafts_count AFTER INSERT OR DELETE ON drafts
        FOR EACH ROW EXECUTE FUNCTION drafts_count();
    CREATE FUNCTION drafts_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM sum_counts();
        RETURN NULL;
    END $$;
    CREATE TRIGGER drafts_counted AFTER INSERT OR DELETE ON drafts
        FOR EACH STATEMENT EXECUTE FUNCTION drafts_counted();
    CREATE TRIGGER drafts_count_update AFTER UPDATE OF source ON drafts FOR EACH ROW
        WHEN (OLD.source <> NEW.source)
        EXECUTE FUNCTION drafts_count()";

/// Counts what was stored before. The sets of categories are empty until the service computes them.
const COUNT: [&str; 3] = [
    "INSERT INTO movie_counts (present, drafted, number) \
        SELECT present, drafted, COUNT(*) FROM movies GROUP BY present, drafted",
    "INSERT INTO document_counts (stage, category, source, number) \
        SELECT 'published', category, source, COUNT(*) FROM documents WHERE is_empty = FALSE \
        GROUP BY category, source",
    "INSERT INTO document_counts (stage, category, source, number) \
        SELECT 'draft', category, source, COUNT(*) FROM drafts GROUP BY category, source",
];

const DROP_SQLITE: &str = "
    DROP TRIGGER movies_count_insert;
    DROP TRIGGER movies_count_update;
    DROP TRIGGER movies_count_delete;
    DROP TRIGGER documents_count_insert;
    DROP TRIGGER documents_count_update;
    DROP TRIGGER documents_count_delete;
    DROP TRIGGER drafts_count_insert;
    DROP TRIGGER drafts_count_update;
    DROP TRIGGER drafts_count_delete";

const DROP_POSTGRES: &str = "
    DROP FUNCTION movies_count() CASCADE;
    DROP FUNCTION documents_count() CASCADE;
    DROP FUNCTION documents_count_new() CASCADE;
    DROP FUNCTION drafts_count() CASCADE;
    DROP FUNCTION drafts_counted() CASCADE;
    DROP FUNCTION sum_counts()";

const DROP: [&str; 11] = [
    "DELETE FROM index_versions WHERE name = 'presence'",
    "DROP TABLE movie_counts",
    "DROP TABLE document_counts",
    "DROP INDEX idx_movies_present",
    "DROP INDEX idx_movies_status",
    "DROP INDEX idx_documents_written",
    "DROP INDEX idx_movie_genres_genre_id_movie_id",
    "CREATE INDEX idx_movie_genres_genre_id ON movie_genres (genre_id)",
    "ALTER TABLE movies DROP COLUMN present",
    "ALTER TABLE movies DROP COLUMN drafted",
    "ALTER TABLE drafts DROP COLUMN source",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for sql in COLUMNS {
            connection.execute_unprepared(sql).await?;
        }
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        connection.execute_unprepared(sql).await?;
        for sql in COUNT {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => DROP_POSTGRES,
            _ => DROP_SQLITE,
        };
        connection.execute_unprepared(sql).await?;
        for sql in DROP {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
