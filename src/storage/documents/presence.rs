//! The sets of categories on the row of each movie: those that have data, and those that have an
//! open draft.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::document::{Category, CategorySet, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::movie;
use crate::storage::{StorageError, Transaction};

/// One of the two sets of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Presence {
    /// The categories that have data.
    Published,
    /// The categories that have an open draft.
    Drafted,
}

impl Presence {
    const fn column(self) -> movie::Column {
        match self {
            Self::Published => movie::Column::Present,
            Self::Drafted => movie::Column::Drafted,
        }
    }
}

/// A subquery for the set of a movie, from the rows of a table.
fn set_of(table: &str, condition: &str) -> String {
    let bit = |category: &Category| {
        format!("WHEN '{category}' THEN {}", CategorySet::of(*category).bits())
    };
    let bits = Category::ALL.iter().map(bit).collect::<Vec<_>>().join(" ");
    format!(
        "CAST(COALESCE((SELECT SUM(CASE category {bits} ELSE 0 END) FROM {table} \
         WHERE {table}.movie_id = movies.id{condition}), 0) AS integer)"
    )
}

impl Transaction {
    /// Adds categories of movies to one of their sets, or removes them. Of each document, the last
    /// change counts.
    pub(in crate::storage) async fn set_presence(
        &self,
        presence: Presence,
        changes: impl IntoIterator<Item = (&MovieId, Category, bool)>,
    ) -> Result<(), StorageError> {
        let mut of_movie: HashMap<&MovieId, BTreeMap<Category, bool>> = HashMap::new();
        for (movie, category, is_in) in changes {
            of_movie.entry(movie).or_default().insert(category, is_in);
        }
        // Movies with the same change are changed by one statement.
        let mut movies: BTreeMap<(i32, i32), Vec<&str>> = BTreeMap::new();
        for (movie, categories) in of_movie {
            let set = |wanted: bool| {
                let some = categories.iter().filter(|(_, is_in)| **is_in == wanted);
                some.map(|(category, _)| *category).collect::<CategorySet>().bits()
            };
            movies.entry((set(true), set(false))).or_default().push(movie.as_str());
        }
        let column = presence.column();
        for ((added, removed), movies) in movies {
            for movies in movies.chunks(ROWS_PER_STATEMENT) {
                movie::Entity::update_many()
                    .col_expr(column, Expr::col(column).bit_and(!removed).bit_or(added))
                    .filter(movie::Column::Id.is_in(movies.iter().copied()))
                    .exec(&self.connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// Recomputes both sets of all movies, and the counts of movies and documents. Writes only the
    /// rows that differ.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_presence(&self) -> Result<(), StorageError> {
        let (present, drafted) =
            (set_of("documents", " AND documents.is_empty = FALSE"), set_of("drafts", ""));
        let statements = [
            format!(
                "UPDATE movies SET present = found.present, drafted = found.drafted FROM ( \
                   SELECT id, {present} AS present, {drafted} AS drafted FROM movies) AS found \
                 WHERE found.id = movies.id AND \
                   (found.present <> movies.present OR found.drafted <> movies.drafted)"
            ),
            "DELETE FROM movie_counts".to_owned(),
            "DELETE FROM document_counts".to_owned(),
            "INSERT INTO movie_counts (present, drafted, number) \
             SELECT present, drafted, COUNT(*) FROM movies GROUP BY present, drafted"
                .to_owned(),
            "INSERT INTO document_counts (stage, category, source, number) \
             SELECT 'published', category, source, COUNT(*) FROM documents \
             WHERE is_empty = FALSE GROUP BY category, source"
                .to_owned(),
            "INSERT INTO document_counts (stage, category, source, number) \
             SELECT 'draft', category, source, COUNT(*) FROM drafts GROUP BY category, source"
                .to_owned(),
        ];
        for statement in statements {
            self.connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
