//! Lists, creates and deletes movies.

use serde_json::json;

use super::access::{CanDraft, CanPublish, CanRead};
use super::audit::{AuditOperation, AuditTarget};
use super::import::{ImportCommand, ImportOptions, IncomingDocument, Operation, refused_movie_id};
use super::{Catalog, CatalogError};
use crate::document::projection::EntityLookup;
use crate::document::read::parse::ParseOptions;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{index_key, is_blank_or_na, is_elision};
use crate::document::{Category, MovieId, Problem, ProblemCode};
pub use crate::storage::{CatalogueCounts, DocumentCount, MovieFilter, Written};
use crate::storage::{Entity, MovieOrder, MoviePage, MoviePageRequest, MovieRow};

/// A filter as sent by a client, with genres by name.
#[derive(Debug, Clone, Default)]
pub struct MovieQuery {
    pub filter: MovieFilter,
    pub genre_names: Vec<String>,
    drafted: Vec<Category>,
}

impl MovieQuery {
    /// A query without conditions on drafts.
    #[must_use]
    pub const fn new(filter: MovieFilter, genre_names: Vec<String>) -> Self {
        Self { filter, genre_names, drafted: Vec::new() }
    }

    /// Selects the movies with an open draft of each of these categories.
    #[must_use]
    pub fn with_drafts(self, _: &CanDraft, drafted: Vec<Category>) -> Self {
        Self { drafted, ..self }
    }

    /// The categories of which a movie must have an open draft.
    #[must_use]
    pub fn drafted(&self) -> &[Category] {
        &self.drafted
    }
}

impl Catalog {
    /// Movies by id, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn movies(
        &self,
        _: &CanRead,
        ids: &[MovieId],
    ) -> Result<Vec<MovieRow>, CatalogError> {
        Ok(self.database.movies(ids).await?)
    }

    /// Whether the movie exists.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn movie_exists(&self, _: &CanRead, movie: &MovieId) -> Result<bool, CatalogError> {
        Ok(self.database.movie_exists(movie).await?)
    }

    /// A page of the movies that match; `None` if the cursor belongs to another order.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list_movies(
        &self,
        _: &CanRead,
        query: &MovieQuery,
        order: MovieOrder,
        page: &MoviePageRequest,
    ) -> Result<Option<MoviePage>, CatalogError> {
        match self.movie_filter(query).await? {
            Some(filter) => Ok(self.database.list_movies(&filter, order, page).await?),
            None => Ok(Some(MoviePage { movies: Vec::new(), has_more: false })),
        }
    }

    /// The number of movies that match. Without the conditions on categories, at most
    /// [`MAX_COUNTED`](crate::storage::MAX_COUNTED) are counted if there are other conditions.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_movies(&self, _: &CanRead, query: &MovieQuery) -> Result<u64, CatalogError> {
        match self.movie_filter(query).await? {
            Some(filter) => Ok(self.database.count_movies(&filter).await?),
            None => Ok(0),
        }
    }

    /// The numbers of movies, and of documents with data and open drafts by category and source.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn catalogue_counts(&self, _: &CanRead) -> Result<CatalogueCounts, CatalogError> {
        Ok(self.database.catalogue_counts().await?)
    }

    /// The filter with genre names resolved to ids; `None` if a genre is unknown, so that nothing
    /// matches.
    pub(super) async fn movie_filter(
        &self,
        query: &MovieQuery,
    ) -> Result<Option<MovieFilter>, CatalogError> {
        let mut filter = query.filter.clone();
        filter.has_draft.clone_from(&query.drafted);
        if query.genre_names.is_empty() {
            return Ok(Some(filter));
        }
        let mut mentions = Mentions::default();
        mentions.names.extend(
            query.genre_names.iter().map(|name| (EntityKind::Genre.as_str(), index_key(name))),
        );
        let directory = self.database.directory(&mentions).await?;
        for name in &query.genre_names {
            match directory.id_by_name(EntityKind::Genre, name) {
                Some(id) => filter.genres.push(id),
                None => return Ok(None),
            }
        }
        Ok(Some(filter))
    }

    /// Entities of a kind by id, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn entities(
        &self,
        _: &CanRead,
        kind: EntityKind,
        ids: &[String],
    ) -> Result<Vec<Entity>, CatalogError> {
        Ok(self.database.entities(kind, ids).await?)
    }

    /// Creates a movie with a title, which is published as revision 1 of its basic info.
    ///
    /// # Errors
    /// When storage fails. Problems with the input are part of the outcome.
    pub async fn create_movie(
        &self,
        permission: &CanPublish,
        id: &str,
        title: &str,
    ) -> Result<CreatedMovie, CatalogError> {
        let movie: MovieId = match id.parse() {
            Ok(movie) => movie,
            Err(error) => {
                return Ok(CreatedMovie::Refused(vec![Problem::new(
                    "/id",
                    ProblemCode::Invalid,
                    error.to_string(),
                )]));
            }
        };
        if let Some(problem) = refused_movie_id(&movie) {
            let problem = Problem::new("/id", problem.code, problem.message);
            return Ok(CreatedMovie::Refused(vec![problem]));
        }
        // A title such as "N/A" is read as no value, which would create a movie without a title.
        if is_blank_or_na(title) || is_elision(title) {
            let message = format!("found {title:?}; allowed is a title of 1 to 300 characters");
            return Ok(CreatedMovie::Refused(vec![Problem::new(
                "/title",
                ProblemCode::Required,
                message,
            )]));
        }
        let document = IncomingDocument::typed(
            movie.clone(),
            Category::BasicInfo,
            json!({ "title": title }),
            ParseOptions::default(),
        );
        let documents = [document];
        let options = ImportOptions { create_movie: true, ..ImportOptions::default() };
        let (author, operation) = (&permission.author, Operation::Import);
        let command =
            ImportCommand { catalog: self, author, operation, options: &options, audit: None };
        let outcome = self
            .database
            .write(|transaction| {
                let (movie, documents, command) = (&movie, &documents, &command);
                async move {
                    transaction.advisory_lock_movies(&[movie]).await?;
                    if !transaction.existing_movies(&[movie]).await?.is_empty() {
                        return Ok(None);
                    }
                    let outcomes = command.import(&transaction, documents).await?;
                    let outcome = outcomes.into_iter().next();
                    if let Some(outcome) = &outcome {
                        let entry = author.actor.did(AuditOperation::CreateMovie);
                        let target = AuditTarget::movie(movie, None);
                        self.record(&transaction, outcome.complete(entry.on(target))).await?;
                    }
                    Ok::<_, CatalogError>(outcome)
                }
            })
            .await?;
        let Some(outcome) = outcome else {
            let message = format!("the movie {movie} already exists");
            return Ok(CreatedMovie::Refused(vec![Problem::new(
                "/id",
                ProblemCode::AlreadyExists,
                message,
            )]));
        };
        if !outcome.problems.is_empty() {
            return Ok(CreatedMovie::Refused(outcome.problems));
        }
        Ok(CreatedMovie::Created(movie))
    }

    /// Deletes a movie with its documents and their history. Returns whether it existed.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete_movie(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
    ) -> Result<bool, CatalogError> {
        let (author, now) = (permission.author.name.as_str(), self.clock.now());
        self.database
            .write(|transaction| async move {
                transaction.advisory_lock_movies(&[movie]).await?;
                let is_deleted = transaction.delete_movie(movie, author, now).await?;
                if is_deleted {
                    let entry = permission.author.actor.did(AuditOperation::DeleteMovie);
                    let entry = entry.on(AuditTarget::movie(movie, None));
                    self.record(&transaction, entry).await?;
                }
                Ok::<_, CatalogError>(is_deleted)
            })
            .await
    }
}

/// The outcome of creating a movie.
#[derive(Debug)]
pub enum CreatedMovie {
    Created(MovieId),
    Refused(Vec<Problem>),
}
