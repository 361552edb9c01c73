//! Writing entries that the trigger `documents_changes` does not write: movies that are created or
//! deleted, and events of drafts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entry::{Contributor, FeedKind, NewEntry, distinct, new_row};
use crate::document::change::{ChangeKind, DraftEventKind};
use crate::document::{Category, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::documents::contributions::of_document;
use crate::storage::documents::history::STATES_PER_STATEMENT;
use crate::storage::documents::published::source;
use crate::storage::tables::{change, contribution};
use crate::storage::{NewContribution, StorageError, Transaction};

/// A contribution to an open draft: movie, category, number, author, source.
type ContributionRow = (String, String, i64, Option<String>, String);

/// How a draft was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftEnd {
    /// It was published as this revision; `None` if the published document had its values already.
    Published(Option<i64>),
    Discarded,
}

/// The contributions to an open draft.
#[derive(Debug, Clone, Default)]
struct OpenDraft {
    /// The number of the last contribution.
    draft_revision: i64,
    contributors: Vec<Contributor>,
}

impl Transaction {
    async fn record(&self, entries: &[NewEntry<'_>]) -> Result<(), StorageError> {
        for entries in entries.chunks(ROWS_PER_STATEMENT) {
            let rows = entries.iter().map(new_row).collect::<Result<Vec<_>, _>>()?;
            change::Entity::insert_many(rows).exec_without_returning(&self.connection).await?;
        }
        Ok(())
    }

    /// Records that movies were created or deleted.
    pub(in crate::storage) async fn record_movies(
        &self,
        kind: ChangeKind,
        movies: &[&MovieId],
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let entries = movies.iter().map(|movie| NewEntry {
            kind: FeedKind::Change(kind),
            movie,
            category: None,
            revision: None,
            draft_revision: None,
            source: None,
            author,
            changed_at: now,
            contributors: Vec::new(),
        });
        self.record(&entries.collect::<Vec<_>>()).await
    }

    /// Records contributions that were just stored.
    pub(in crate::storage) async fn record_contributions(
        &self,
        contributions: &[NewContribution],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let documents: Vec<_> =
            contributions.iter().map(|new| (&new.movie, new.category)).collect();
        let mut open = self.open_drafts(&documents).await?;
        let entries = contributions.iter().map(|new| {
            let draft_revision = new.metadata.draft_revision.unwrap_or_default();
            let key = (new.movie.to_string(), new.category.as_str().to_owned());
            NewEntry {
                kind: FeedKind::Draft(if new.first_contribution == draft_revision {
                    DraftEventKind::Opened
                } else {
                    DraftEventKind::Contributed
                }),
                movie: &new.movie,
                category: Some(new.category),
                revision: None,
                draft_revision: Some(draft_revision),
                source: Some(new.metadata.source),
                author: new.metadata.updated_by.as_deref().unwrap_or_default(),
                changed_at: new.metadata.last_updated.unwrap_or(now),
                contributors: open.remove(&key).unwrap_or_default().contributors,
            }
        });
        self.record(&entries.collect::<Vec<_>>()).await
    }

    /// Records that open drafts are about to be closed.
    pub(in crate::storage) async fn record_draft_ends(
        &self,
        documents: &[(&MovieId, Category)],
        end: DraftEnd,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut open = self.open_drafts(documents).await?;
        let (kind, revision) = match end {
            DraftEnd::Published(revision) => (DraftEventKind::Published, revision),
            DraftEnd::Discarded => (DraftEventKind::Discarded, None),
        };
        let entries = documents.iter().filter_map(|(movie, category)| {
            let key = (movie.to_string(), category.as_str().to_owned());
            let OpenDraft { draft_revision, contributors } = open.remove(&key)?;
            Some(NewEntry {
                kind: FeedKind::Draft(kind),
                movie,
                category: Some(*category),
                revision,
                draft_revision: Some(draft_revision),
                source: contributors.last().map(|(_, source)| *source),
                author,
                changed_at: now,
                contributors,
            })
        });
        self.record(&entries.collect::<Vec<_>>()).await
    }

    /// The contributions to the open drafts of these documents, by movie and category.
    async fn open_drafts(
        &self,
        documents: &[(&MovieId, Category)],
    ) -> Result<HashMap<(String, String), OpenDraft>, StorageError> {
        let mut found: HashMap<_, OpenDraft> = HashMap::new();
        for documents in documents.chunks(STATES_PER_STATEMENT) {
            let of_documents = documents.iter().fold(Condition::any(), |any, (movie, category)| {
                any.add(of_document(movie, *category))
            });
            let rows: Vec<ContributionRow> = contribution::Entity::find()
                .select_only()
                .columns([
                    contribution::Column::MovieId,
                    contribution::Column::Category,
                    contribution::Column::DraftRevision,
                    contribution::Column::UpdatedBy,
                    contribution::Column::Source,
                ])
                .filter(of_documents)
                .filter(contribution::Column::Closed.eq(false))
                .order_by_asc(contribution::Column::DraftRevision)
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, draft_revision, author, from) in rows {
                let draft = found.entry((movie, category)).or_default();
                draft.draft_revision = draft_revision;
                draft.contributors.push((author.unwrap_or_default(), source(&from)));
            }
        }
        for draft in found.values_mut() {
            // The last contributor stays last.
            draft.contributors.reverse();
            draft.contributors = distinct(std::mem::take(&mut draft.contributors));
            draft.contributors.reverse();
        }
        Ok(found)
    }
}
