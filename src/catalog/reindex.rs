//! Rebuilds the projections from the published documents.

use super::access::CanPublish;
use super::audit::AuditOperation;
use super::{Catalog, CatalogError};
use crate::document::projection::{MovieFacts, Projection};
use crate::document::resolve::mentions::Mentions;
use crate::document::{MovieId, Object};
use crate::storage::{DocumentKey, ProjectionChange};

/// Documents per query.
const PAGE: u64 = 200;

impl Catalog {
    /// Rebuilds all projections and the lookup keys of names in one transaction. Readers see the
    /// old rows until it commits. Returns the number of documents read.
    ///
    /// # Errors
    /// When storage fails. Then nothing changes.
    pub async fn reindex(&self, permission: &CanPublish) -> Result<u64, CatalogError> {
        self.database
            .write(|transaction| async move {
                transaction.advisory_lock_all_movies().await?;
                transaction.advisory_lock_entities().await?;
                transaction.refold_names().await?;
                transaction.clear_projections().await?;
                let mut after: Option<DocumentKey> = None;
                let mut count = 0;
                loop {
                    let page = transaction.documents_after(after.as_ref(), PAGE).await?;
                    let Some(last) = page.last() else { break };
                    after = Some((last.movie.clone(), last.category));
                    let mut documents = Vec::with_capacity(page.len());
                    let mut mentions = Mentions::default();
                    for document in page {
                        let data: Object = serde_json::from_str(&document.body)?;
                        mentions.collect_names(document.category.definition().fields, &data);
                        documents.push((document.movie, document.category, data));
                    }
                    let directory = transaction.directory(&mentions).await?;
                    let mut changes = Vec::with_capacity(documents.len());
                    let mut facts: Vec<(MovieId, MovieFacts)> = Vec::new();
                    for (movie, category, data) in documents {
                        let projection = (category.definition().project)(&data, &directory);
                        facts.extend(projection.movie.clone().map(|facts| (movie.clone(), facts)));
                        changes.push(ProjectionChange {
                            movie,
                            before: Projection::default(),
                            after: projection,
                        });
                        count += 1;
                    }
                    transaction.update_projections(&changes).await?;
                    for (movie, facts) in &facts {
                        transaction.reindex_movie(movie, facts).await?;
                    }
                }
                transaction.rebuild_presence().await?;
                transaction.rebuild_search_index().await?;
                let entry = permission.author.actor.did(AuditOperation::Reindex);
                let entry = entry.detailed(format!("{count} documents"));
                self.record(&transaction, entry).await?;
                Ok::<_, CatalogError>(count)
            })
            .await
    }
}
