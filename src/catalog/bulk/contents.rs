//! The documents of an export: which ones, in which revision, in which order. The list is read in
//! one snapshot of the database, and the documents are loaded afterwards, so that a client that
//! reads slowly holds no transaction open.

use std::collections::VecDeque;

use super::{PastMoment, Selection};
use crate::catalog::access::CanRead;
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Category, MovieId};
use crate::storage::{DocumentSize, StateKey, StoredDocument};

/// Movies per page while the list is read. A page takes two statements.
const PAGE: u64 = 1_000;
/// Maximum total size of the documents of several movies that are loaded together, in bytes. A
/// larger document is loaded alone.
const BATCH_BYTES: u64 = 1024 * 1024;
/// Maximum number of movies whose documents are loaded together.
const BATCH_MOVIES: usize = 100;

/// The documents of an export, as one snapshot of the database had them.
#[derive(Debug, Default)]
pub struct Contents {
    /// Pages of movies, each packed into one buffer; about 30 bytes for each movie.
    pages: VecDeque<Vec<u8>>,
    /// How many bytes of the first page were read.
    position: usize,
    /// A movie that was read and not yet taken.
    next: Option<MovieContents>,
    /// Documents of a large movie, which are loaded one at a time.
    large: VecDeque<(MovieId, DocumentSize)>,
    /// The number of all documents.
    count: u64,
}

/// The documents of one movie. A revision of 0 is the empty document of a category that was never
/// written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MovieContents {
    movie: MovieId,
    documents: Vec<DocumentSize>,
}

/// Documents that are loaded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch(Vec<MovieContents>);

impl MovieContents {
    fn bytes(&self) -> u64 {
        self.documents.iter().map(|document| document.bytes).sum()
    }

    /// Appends the packed form: the length of the id and the id; the number of documents; and for
    /// each the index of its category, its revision and its size as LEB128 numbers.
    fn pack(&self, page: &mut Vec<u8>) {
        let id = self.movie.as_str().as_bytes();
        push_number(page, id.len() as u64);
        page.extend_from_slice(id);
        push_number(page, self.documents.len() as u64);
        for document in &self.documents {
            let category = Category::ALL.iter().position(|other| *other == document.category);
            push_number(page, category.unwrap_or_default() as u64);
            push_number(page, u64::try_from(document.revision).unwrap_or_default());
            push_number(page, document.bytes);
        }
    }

    /// Reads the packed form at a position; `None` at the end of the page.
    fn unpack(page: &[u8], position: &mut usize) -> Option<Self> {
        let length = usize::try_from(read_number(page, position)?).ok()?;
        let id = page.get(*position..*position + length)?;
        *position += length;
        let movie = std::str::from_utf8(id).ok()?.parse().ok()?;
        let count = read_number(page, position)?;
        let documents = (0..count).map(|_| {
            let category = usize::try_from(read_number(page, position)?).ok()?;
            let category = *Category::ALL.get(category)?;
            let revision = i64::try_from(read_number(page, position)?).ok()?;
            let bytes = read_number(page, position)?;
            Some(DocumentSize { category, revision, bytes })
        });
        Some(Self { documents: documents.collect::<Option<_>>()?, movie })
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7F).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn read_number(bytes: &[u8], position: &mut usize) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*position)?;
        *position += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

impl Contents {
    fn push_page(&mut self, movies: &[MovieContents]) {
        let mut page = Vec::new();
        for movie in movies {
            movie.pack(&mut page);
            self.count += movie.documents.len() as u64;
        }
        page.shrink_to_fit();
        self.pages.push_back(page);
    }

    /// The number of all documents, also of those that were taken.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    fn next_movie(&mut self) -> Option<MovieContents> {
        if let Some(movie) = self.next.take() {
            return Some(movie);
        }
        loop {
            let page = self.pages.front()?;
            if let Some(movie) = MovieContents::unpack(page, &mut self.position) {
                return Some(movie);
            }
            self.pages.pop_front();
            self.position = 0;
        }
    }

    /// The next documents to load: those of several movies, or one large document.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        if let Some((movie, document)) = self.large.pop_front() {
            return Some(Batch(vec![MovieContents { movie, documents: vec![document] }]));
        }
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_MOVIES {
            let Some(movie) = self.next_movie() else { break };
            if bytes + movie.bytes() > BATCH_BYTES {
                if !batch.is_empty() {
                    self.next = Some(movie);
                    break;
                }
                let MovieContents { movie, documents } = movie;
                self.large.extend(documents.into_iter().map(|document| (movie.clone(), document)));
                return self.next_batch();
            }
            bytes += movie.bytes();
            batch.push(movie);
        }
        (!batch.is_empty()).then_some(Batch(batch))
    }
}

impl Catalog {
    /// Lists the documents of a selection, as one snapshot of the database has them. Movies are in
    /// the order of the selection, or else of their ids; the documents of a movie are in the order
    /// of the categories. Movies that do not exist are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub(super) async fn list_contents(
        &self,
        _: &CanRead,
        selection: &Selection,
    ) -> Result<Contents, CatalogError> {
        let Some(filter) = self.movie_filter(&selection.query).await? else {
            return Ok(Contents::default());
        };
        let categories = selection.loaded_categories();
        self.database
            .snapshot(|transaction| async move {
                let mut contents = Contents::default();
                let mut read = async |movies: &[MovieId]| {
                    let mut sizes = transaction.document_sizes(movies, &categories).await?;
                    let movies = movies.iter().map(|movie| {
                        let stored = sizes.remove(movie).unwrap_or_default();
                        MovieContents {
                            movie: movie.clone(),
                            documents: selection.documents_of(&stored),
                        }
                    });
                    let movies: Vec<_> =
                        movies.filter(|movie| !movie.documents.is_empty()).collect();
                    contents.push_page(&movies);
                    Ok::<_, CatalogError>(())
                };
                if let Some(movies) = &selection.movies {
                    for movies in movies.chunks(usize::try_from(PAGE).unwrap_or(1)) {
                        let existing = transaction.matching_movies(&filter, movies).await?;
                        let movies: Vec<_> = movies
                            .iter()
                            .filter(|movie| existing.contains(*movie))
                            .cloned()
                            .collect();
                        read(&movies).await?;
                    }
                    return Ok(contents);
                }
                let mut after: Option<MovieId> = None;
                loop {
                    let page = transaction.movie_ids_after(&filter, after.as_ref(), PAGE).await?;
                    let Some(last) = page.last() else { return Ok(contents) };
                    after = Some(last.clone());
                    read(&page).await?;
                }
            })
            .await
    }

    /// Loads the documents of a batch in the listed revisions, in the listed order. A document
    /// that was published again since it was listed is read from the history. A document of a movie
    /// that was deleted since then is left out. With `as_of`, the documents are those of that
    /// moment.
    ///
    /// # Errors
    /// When storage fails.
    pub(super) async fn load_batch(
        &self,
        _: &CanRead,
        batch: &Batch,
        as_of: Option<&PastMoment>,
    ) -> Result<Vec<Export>, CatalogError> {
        let now = self.clock.now();
        let movies: Vec<&MovieId> = batch.0.iter().map(|movie| &movie.movie).collect();
        let is_written = |document: &&DocumentSize| document.revision > 0;
        let mut categories: Vec<Category> = batch
            .0
            .iter()
            .flat_map(|movie| movie.documents.iter().filter(is_written))
            .map(|document| document.category)
            .collect();
        categories.sort_unstable();
        categories.dedup();
        let mut stored = std::collections::HashMap::new();
        if !categories.is_empty() {
            let mut documents = self.database.documents(&movies, &categories).await?;
            if let Some(moment) = as_of {
                documents = self.database.as_of(documents, moment.at).await?;
            }
            for document in documents {
                stored.insert((document.movie.clone(), document.category), document);
            }
        }
        let superseded: Vec<StateKey> =
            batch
                .0
                .iter()
                .flat_map(|movie| {
                    movie.documents.iter().filter(is_written).map(|document| {
                        ((movie.movie.clone(), document.category), document.revision)
                    })
                })
                .filter(|(key, revision)| {
                    let has_other = |found: &StoredDocument| found.metadata.revision != *revision;
                    as_of.is_none() && stored.get(key).is_none_or(has_other)
                })
                .collect();
        if !superseded.is_empty() {
            for (key, _) in &superseded {
                stored.remove(key);
            }
            for document in self.database.states(&superseded).await? {
                stored.insert((document.movie.clone(), document.category), document);
            }
        }
        let mut exports = Vec::new();
        for MovieContents { movie, documents } in &batch.0 {
            for document in documents {
                let found = stored.remove(&(movie.clone(), document.category));
                if document.revision == 0 || found.is_some() {
                    exports.push(Export::as_stored(found, movie, document.category, now));
                }
            }
        }
        Ok(exports)
    }
}

impl Selection {
    /// The categories whose documents are listed.
    fn loaded_categories(&self) -> Vec<Category> {
        let is_loaded =
            |category: &&Category| self.exports(**category) || self.templates().contains(category);
        Category::ALL.iter().filter(is_loaded).copied().collect()
    }

    fn exports(&self, category: Category) -> bool {
        match self.categories.as_slice() {
            // The empty documents of the missing categories are all that was asked for.
            [] => self.templates().is_empty(),
            categories => categories.contains(&category),
        }
    }

    /// The categories whose empty documents are exported.
    fn templates(&self) -> &[Category] {
        &self.query.filter.missing
    }

    /// The documents to export of a movie's stored documents.
    fn documents_of(&self, stored: &[DocumentSize]) -> Vec<DocumentSize> {
        let find = |category: Category| {
            let found = stored.iter().find(|document| document.category == category).copied();
            let empty = DocumentSize { category, revision: 0, bytes: 0 };
            if self.templates().contains(&category) {
                return Some(found.unwrap_or(empty));
            }
            found.filter(|_| self.exports(category))
        };
        Category::ALL.iter().filter_map(|category| find(*category)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movie(id: &str, documents: &[(Category, i64, u64)]) -> MovieContents {
        let documents = documents.iter().map(|&(category, revision, bytes)| DocumentSize {
            category,
            revision,
            bytes,
        });
        MovieContents { movie: id.parse().unwrap(), documents: documents.collect() }
    }

    fn taken(contents: &mut Contents) -> Vec<Vec<(String, usize)>> {
        let batches = std::iter::from_fn(|| contents.next_batch());
        let names = |movie: &MovieContents| (movie.movie.to_string(), movie.documents.len());
        batches.map(|Batch(movies)| movies.iter().map(names).collect()).collect()
    }

    #[test]
    fn packed_movies_are_unpacked_unchanged() {
        let movies = [
            movie("a", &[(Category::Trivia, 0, 0), (Category::Awards, i64::MAX, u64::MAX)]),
            movie("b", &[(Category::BasicInfo, 300, 70_000)]),
        ];
        let mut page = Vec::new();
        for movie in &movies {
            movie.pack(&mut page);
        }
        let mut position = 0;
        let read = std::iter::from_fn(|| MovieContents::unpack(&page, &mut position));
        assert_eq!(read.collect::<Vec<_>>(), movies);
        assert_eq!(position, page.len());
    }

    #[test]
    fn small_movies_are_batched_and_large_documents_are_loaded_alone() {
        let large = BATCH_BYTES + 1;
        let small = |id| movie(id, &[(Category::Trivia, 1, BATCH_BYTES / 2)]);
        let mut contents = Contents::default();
        contents.push_page(&[small("a"), small("b"), small("c")]);
        contents.push_page(&[]);
        let documents = [(Category::Trivia, 1, large), (Category::Media, 1, 5)];
        contents.push_page(&[movie("d", &documents), small("e")]);
        let name = |id: &str| (id.to_owned(), 1);
        assert_eq!(
            taken(&mut contents),
            [
                vec![name("a"), name("b")],
                vec![name("c")],
                vec![name("d")],
                vec![name("d")],
                vec![name("e")]
            ]
        );
    }
}
