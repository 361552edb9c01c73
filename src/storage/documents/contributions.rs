//! Contributions to drafts. Each row holds the whole draft after the contribution, and its author.

use ahash::{HashMap, HashMapExt as _, HashSet};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::contribution_rows::{
    ContributionEntry, ENTRY_COLUMNS, EntryRow, NewContribution, StoredContribution, corrupt,
    entry, read_key, row, stored,
};
use super::history::{STATES_PER_STATEMENT, StateKey};
use super::presence::Presence;
use super::publish::moment;
use super::published::DocumentKey;
use crate::document::schema::entities::NewEntity;
use crate::document::{Category, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{contribution, draft};
use crate::storage::{Database, StorageError, Transaction};

pub(in crate::storage) fn of_document(movie: &MovieId, category: Category) -> Condition {
    Condition::all()
        .add(contribution::Column::MovieId.eq(movie.as_str()))
        .add(contribution::Column::Category.eq(category.as_str()))
}

async fn entries(
    connection: &impl ConnectionTrait,
    condition: Condition,
) -> Result<Vec<ContributionEntry>, StorageError> {
    let rows: Vec<EntryRow> = contribution::Entity::find()
        .select_only()
        .columns(ENTRY_COLUMNS)
        .filter(condition)
        .order_by_asc(contribution::Column::DraftRevision)
        .into_tuple()
        .all(connection)
        .await?;
    rows.into_iter().map(entry).collect()
}

impl Database {
    /// The contributions to the open drafts of these documents, oldest first within each document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions_of(
        &self,
        drafts: &[DocumentKey],
    ) -> Result<Vec<ContributionEntry>, StorageError> {
        let wanted: HashSet<&DocumentKey> = drafts.iter().collect();
        let movies: HashSet<&str> = drafts.iter().map(|(movie, _)| movie.as_str()).collect();
        let movies: Vec<&str> = movies.into_iter().collect();
        let mut found = Vec::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let open = Condition::all()
                .add(contribution::Column::MovieId.is_in(movies.iter().copied()))
                .add(contribution::Column::Closed.eq(false));
            for entry in entries(&self.reader, open).await? {
                if wanted.contains(&(entry.movie.clone(), entry.category)) {
                    found.push(entry);
                }
            }
        }
        Ok(found)
    }

    /// The contributions that were published as these revisions of a document, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn published_contributions(
        &self,
        movie: &MovieId,
        category: Category,
        revisions: &[i64],
    ) -> Result<Vec<ContributionEntry>, StorageError> {
        let mut found = Vec::new();
        for revisions in revisions.chunks(ROWS_PER_STATEMENT) {
            let published = contribution::Column::PublishedAs.is_in(revisions.iter().copied());
            found.extend(entries(&self.reader, of_document(movie, category).add(published)).await?);
        }
        found.sort_by_key(|entry| entry.metadata.draft_revision);
        Ok(found)
    }
}

impl Transaction {
    /// The number of the newest contribution to each of these documents, whether its draft is open
    /// or closed. Documents without contributions are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_draft_revisions(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<HashMap<DocumentKey, i64>, StorageError> {
        let mut found = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, i64)> = contribution::Entity::find()
                .select_only()
                .columns([contribution::Column::MovieId, contribution::Column::Category])
                .expr(Expr::col(contribution::Column::DraftRevision).max())
                .filter(
                    contribution::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())),
                )
                .filter(
                    contribution::Column::Category
                        .is_in(categories.iter().map(|category| category.as_str())),
                )
                .group_by(contribution::Column::MovieId)
                .group_by(contribution::Column::Category)
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, last) in rows {
                found.insert(read_key(&movie, &category)?, last);
            }
        }
        Ok(found)
    }

    /// One contribution to any draft of the document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contribution(
        &self,
        movie: &MovieId,
        category: Category,
        draft_revision: i64,
    ) -> Result<Option<StoredContribution>, StorageError> {
        let key = (movie.to_string(), category.as_str().to_owned(), draft_revision);
        let row = contribution::Entity::find_by_id(key).one(&self.connection).await?;
        row.map(stored).transpose()
    }

    /// Contributions to any drafts, by document and number, in no particular order. Those that do
    /// not exist are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions_by_number(
        &self,
        keys: &[StateKey],
    ) -> Result<Vec<StoredContribution>, StorageError> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(STATES_PER_STATEMENT) {
            let any = keys.iter().fold(Condition::any(), |any, ((movie, category), number)| {
                let number = contribution::Column::DraftRevision.eq(*number);
                any.add(of_document(movie, *category).add(number))
            });
            for row in contribution::Entity::find().filter(any).all(&self.connection).await? {
                found.push(stored(row)?);
            }
        }
        Ok(found)
    }

    /// All contributions to one draft, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions(
        &self,
        movie: &MovieId,
        category: Category,
        first_contribution: i64,
    ) -> Result<Vec<StoredContribution>, StorageError> {
        let rows = contribution::Entity::find()
            .filter(of_document(movie, category))
            .filter(contribution::Column::FirstContribution.eq(first_contribution))
            .order_by_asc(contribution::Column::DraftRevision)
            .all(&self.connection)
            .await?;
        rows.into_iter().map(stored).collect()
    }

    /// For each document, the provisional ids of its drafts, open or closed: the ids of entities
    /// that a draft introduces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn provisional_ids(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, HashSet<String>>, StorageError> {
        let mut found: HashMap<DocumentKey, HashSet<String>> = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, String)> = contribution::Entity::find()
                .select_only()
                .columns([
                    contribution::Column::MovieId,
                    contribution::Column::Category,
                    contribution::Column::Named,
                ])
                .filter(
                    contribution::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())),
                )
                .filter(contribution::Column::Named.ne("[]"))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, named) in rows {
                let named: Vec<NewEntity> =
                    serde_json::from_str(&named).map_err(|error| corrupt(&movie, error))?;
                let ids = named.into_iter().map(|entity| entity.id);
                found.entry(read_key(&movie, &category)?).or_default().extend(ids);
            }
        }
        Ok(found)
    }

    /// Stores contributions, opens or updates the draft of each, and adds that to the change feed.
    /// There must be at most one contribution per document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_contributions(
        &self,
        contributions: &[NewContribution],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for new in contributions.chunks(ROWS_PER_STATEMENT) {
            let rows = new.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            contribution::Entity::insert_many(rows)
                .exec_without_returning(&self.connection)
                .await?;
            let drafts = new.iter().map(|new| draft::ActiveModel {
                movie_id: Set(new.movie.to_string()),
                category: Set(new.category.as_str().to_owned()),
                draft_revision: Set(new.metadata.draft_revision.unwrap_or_default()),
                first_contribution: Set(new.first_contribution),
                base_revision: Set(new.metadata.revision),
                opened_at: Set(now),
                opened_by: Set(new.metadata.updated_by.clone().unwrap_or_default()),
                updated_at: Set(moment(&new.metadata)),
                source: Set(new.metadata.source.as_str().to_owned()),
            });
            let moves_on = OnConflict::columns([draft::Column::MovieId, draft::Column::Category])
                .update_columns([
                    draft::Column::DraftRevision,
                    draft::Column::BaseRevision,
                    draft::Column::UpdatedAt,
                    draft::Column::Source,
                ])
                .to_owned();
            draft::Entity::insert_many(drafts)
                .on_conflict(moves_on)
                .exec_without_returning(&self.connection)
                .await?;
        }
        let opened = contributions
            .iter()
            .filter(|new| new.metadata.draft_revision == Some(new.first_contribution));
        let opened = opened.map(|new| (&new.movie, new.category, true));
        self.set_presence(Presence::Drafted, opened).await?;
        self.record_contributions(contributions, now).await
    }

    /// Closes the contributions to the open draft of a document.
    pub(in crate::storage) async fn close_contributions(
        &self,
        movie: &MovieId,
        category: Category,
        published_as: Option<i64>,
    ) -> Result<(), StorageError> {
        contribution::Entity::update_many()
            .col_expr(contribution::Column::Closed, Expr::value(true))
            .col_expr(contribution::Column::PublishedAs, Expr::value(published_as))
            .filter(of_document(movie, category))
            .filter(contribution::Column::Closed.eq(false))
            .exec(&self.connection)
            .await?;
        Ok(())
    }
}
