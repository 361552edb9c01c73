//! What the catalogue contains, in numbers.

use async_graphql::{Context, Object, SimpleObject};

use crate::catalog::movies::{CatalogueCounts, DocumentCount};
use crate::document::{Category, Source, Stage};
use crate::graphql::context::ContextExt;
use crate::graphql::error::{ApiError, Restricted, restricted};

/// The numbers of movies and documents in the catalogue.
pub struct CatalogStatistics(CatalogueCounts);

/// The numbers of documents of one category.
pub struct CategoryStatistics {
    category: Category,
    movies: u64,
    counts: Vec<DocumentCount>,
}

/// The numbers of open drafts.
#[derive(SimpleObject)]
pub struct DraftStatistics {
    /// The number of open drafts.
    total: u64,
    /// The numbers of each category, in the order of the enum Category.
    categories: Vec<CategoryDrafts>,
}

/// The numbers of open drafts of one category.
#[derive(SimpleObject)]
pub struct CategoryDrafts {
    /// The category.
    category: Category,
    /// The number of open drafts.
    total: u64,
    /// The open drafts by the source of their newest contribution.
    by_source: Vec<SourceCount>,
}

/// The number of documents that a source changed last.
#[derive(SimpleObject)]
pub struct SourceCount {
    /// The source.
    source: Source,
    /// The number of documents.
    count: u64,
}

/// Reads the numbers.
///
/// # Errors
/// When the role does not allow reading, or storage fails.
pub async fn statistics(ctx: &Context<'_>) -> Result<CatalogStatistics, ApiError> {
    let permission = ctx.can_read()?;
    Ok(CatalogStatistics(ctx.catalog().catalogue_counts(&permission).await?))
}

fn total(counts: &[DocumentCount], stage: Stage) -> u64 {
    counts.iter().filter(|count| count.stage == stage).map(|count| count.number).sum()
}

/// The numbers of movies and documents in the catalogue.
#[Object]
impl CatalogStatistics {
    /// The number of movies.
    async fn movies(&self) -> u64 {
        self.0.movies
    }

    /// The number of published documents with data.
    async fn published(&self) -> u64 {
        total(&self.0.documents, Stage::Published)
    }

    /// The numbers of open drafts. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN
    /// error.
    async fn drafts(&self, ctx: &Context<'_>) -> Restricted<DraftStatistics> {
        restricted(ctx.can_draft().map(|_| self.draft_statistics()))
    }

    /// The numbers of each category, in the order of the enum Category.
    async fn categories(&self) -> Vec<CategoryStatistics> {
        self.by_category().collect()
    }
}

impl CatalogStatistics {
    fn by_category(&self) -> impl Iterator<Item = CategoryStatistics> {
        Category::ALL.iter().map(|category| {
            let counts = self.0.documents.iter().filter(|count| count.category == *category);
            let (movies, counts) = (self.0.movies, counts.copied().collect());
            CategoryStatistics { category: *category, movies, counts }
        })
    }

    fn draft_statistics(&self) -> DraftStatistics {
        let categories = self.by_category().map(|of| CategoryDrafts {
            category: of.category,
            total: total(&of.counts, Stage::Draft),
            by_source: of.by_source(Stage::Draft),
        });
        DraftStatistics {
            total: total(&self.0.documents, Stage::Draft),
            categories: categories.collect(),
        }
    }
}

impl CategoryStatistics {
    fn by_source(&self, stage: Stage) -> Vec<SourceCount> {
        let of = |source: Source| {
            let counts = self.counts.iter().filter(|count| count.source == source);
            let count = counts.filter(|count| count.stage == stage).map(|count| count.number).sum();
            SourceCount { source, count }
        };
        Source::ALL.iter().copied().map(of).collect()
    }
}

/// The numbers of documents of one category.
#[Object]
impl CategoryStatistics {
    /// The category.
    async fn category(&self) -> Category {
        self.category
    }

    /// The number of movies with data in this category.
    async fn published(&self) -> u64 {
        total(&self.counts, Stage::Published)
    }

    /// The number of movies without data in this category.
    async fn empty(&self) -> u64 {
        self.movies.saturating_sub(total(&self.counts, Stage::Published))
    }

    /// The published documents with data by the source of their last change.
    async fn published_by_source(&self) -> Vec<SourceCount> {
        self.by_source(Stage::Published)
    }
}
