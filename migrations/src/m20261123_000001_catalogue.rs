//! Movies, their documents and revisions, the entities that documents name, the projections, and
//! the accounts.

use sea_orm_migration::prelude::*;

use crate::tables::{
    big_integer, boolean, index, integer, moment, optional_text, sorted_text, table,
    table_of_movie, text,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 11] = [
    "users",
    "movie_genres",
    "offers",
    "nominations",
    "credits",
    "entity_external_ids",
    "entity_names",
    "entities",
    "revisions",
    "documents",
    "movies",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[allow(clippy::too_many_lines, reason = "a list of tables")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let state = || {
            vec![
                text("category"),
                integer("format"),
                big_integer("revision"),
                text("source"),
                moment("updated_at"),
                optional_text("updated_by"),
                text("body"),
            ]
        };
        let mut document = state();
        document.push(boolean("is_empty"));
        // 0 when the year is unknown: a number sorts and pages the same on both databases, and NULL
        // does not.
        let mut year = integer("year");
        year.default(0);
        let tables = [
            table(
                "movies",
                vec![
                    text("id"),
                    optional_text("title"),
                    optional_text("original_title"),
                    year,
                    optional_text("release_date"),
                    optional_text("status"),
                    sorted_text("title_key", backend),
                    sorted_text("search_text", backend),
                    moment("created_at"),
                    moment("updated_at"),
                ],
                &["id"],
            ),
            table_of_movie("documents", document, &["movie_id", "category"]),
            table_of_movie("revisions", state(), &["movie_id", "category", "revision"]),
            table(
                "entities",
                vec![text("kind"), text("id"), text("name"), moment("created_at")],
                &["kind", "id"],
            ),
            table(
                "entity_names",
                vec![text("kind"), text("name_key"), text("entity_id"), text("name")],
                &["kind", "name_key", "entity_id"],
            ),
            table(
                "entity_external_ids",
                vec![text("kind"), text("source"), text("value"), text("entity_id")],
                &["kind", "source", "value"],
            ),
            table_of_movie(
                "credits",
                vec![
                    text("id"),
                    text("person_id"),
                    text("list"),
                    optional_text("part"),
                    optional_text("department"),
                ],
                &["movie_id", "id"],
            ),
            table_of_movie(
                "nominations",
                vec![
                    text("id"),
                    text("ceremony_id"),
                    integer("year"),
                    text("category"),
                    optional_text("nominee_id"),
                    boolean("won"),
                ],
                &["movie_id", "id"],
            ),
            table_of_movie(
                "offers",
                vec![
                    text("id"),
                    text("platform_id"),
                    optional_text("region"),
                    text("offer_type"),
                    optional_text("quality"),
                ],
                &["movie_id", "id"],
            ),
            table_of_movie("movie_genres", vec![text("genre_id")], &["movie_id", "genre_id"]),
            table(
                "users",
                vec![
                    text("id"),
                    text("email"),
                    text("password_hash"),
                    text("role"),
                    moment("created_at"),
                    moment("updated_at"),
                ],
                &["id"],
            ),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let indexes = [
            index("movies", &["title_key", "id"]),
            index("movies", &["year", "id"]),
            index("movies", &["updated_at", "id"]),
            index("entity_names", &["kind", "entity_id"]),
            index("entity_external_ids", &["kind", "entity_id"]),
            index("credits", &["person_id"]),
            index("nominations", &["ceremony_id", "year"]),
            index("nominations", &["nominee_id"]),
            index("offers", &["platform_id", "region"]),
            index("movie_genres", &["genre_id"]),
            index("users", &["email"]).unique().to_owned(),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}
