//! Entries of the change feed as values, and the filter for them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::Set;

use crate::document::change::{ChangeKind, DraftEventKind};
use crate::document::{Category, MovieId, Source};
use crate::storage::StorageError;
use crate::storage::tables::change;

/// The position of an entry in the feed. Later entries have greater positions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPosition {
    /// The transaction that wrote the entry; 0 on `SQLite`.
    pub transaction: i64,
    /// The number of the entry, unique in the feed.
    pub number: i64,
}

/// What an entry of the feed reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// A published change.
    Change(ChangeKind),
    /// An event of a draft.
    Draft(DraftEventKind),
}

impl FeedKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Change(kind) => kind.as_str(),
            Self::Draft(kind) => kind.as_str(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let change = ChangeKind::ALL.iter().copied().find(|kind| kind.as_str() == text);
        let draft = || DraftEventKind::ALL.iter().copied().find(|kind| kind.as_str() == text);
        change.map(Self::Change).or_else(|| draft().map(Self::Draft))
    }
}

/// The author and the source of a contribution to a draft.
pub type Contributor = (String, Source);

/// An entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    pub position: FeedPosition,
    pub kind: FeedKind,
    pub movie: MovieId,
    /// `None` when a movie was created or deleted.
    pub category: Option<Category>,
    /// The revision that the change published.
    pub revision: Option<i64>,
    /// The number of the draft's last contribution.
    pub draft_revision: Option<i64>,
    pub source: Option<Source>,
    pub author: Option<String>,
    pub changed_at: DateTime<Utc>,
    /// All contributors of the draft, each once.
    pub contributors: Vec<Contributor>,
}

/// An entry to write. The database sets its position.
#[derive(Debug, Clone)]
pub(in crate::storage) struct NewEntry<'a> {
    pub kind: FeedKind,
    pub movie: &'a MovieId,
    pub category: Option<Category>,
    pub revision: Option<i64>,
    pub draft_revision: Option<i64>,
    pub source: Option<Source>,
    pub author: &'a str,
    pub changed_at: DateTime<Utc>,
    pub contributors: Vec<Contributor>,
}

/// Which entries to read. `None` and empty lists do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFilter {
    pub kinds: FeedKinds,
    pub movies: Vec<MovieId>,
    pub categories: Vec<Category>,
    pub sources: Vec<Source>,
    /// Entries from this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Entries from before this time.
    pub until: Option<DateTime<Utc>>,
    /// Of drafts: at least one contribution has this author.
    pub contributor: Option<String>,
    /// Of drafts: at least one contribution has this source. Together with `contributor`, one
    /// contribution must have both.
    pub contributed_source: Option<Source>,
}

/// Which kinds of entries to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FeedKinds {
    /// All entries.
    #[default]
    All,
    /// Published changes, of these kinds if any are given.
    Changes(Vec<ChangeKind>),
    /// Events of drafts.
    Drafts,
}

impl FeedKinds {
    fn includes(&self, kind: FeedKind) -> bool {
        match (self, kind) {
            (Self::All, _) | (Self::Drafts, FeedKind::Draft(_)) => true,
            (Self::Changes(kinds), FeedKind::Change(kind)) => {
                kinds.is_empty() || kinds.contains(&kind)
            }
            (Self::Changes(_), FeedKind::Draft(_)) | (Self::Drafts, FeedKind::Change(_)) => false,
        }
    }

    /// The kinds as they are stored; `None` for all.
    pub(super) fn stored(&self) -> Option<Vec<&'static str>> {
        match self {
            Self::All => None,
            Self::Drafts => Some(DraftEventKind::VALUES.to_vec()),
            Self::Changes(kinds) if kinds.is_empty() => Some(ChangeKind::VALUES.to_vec()),
            Self::Changes(kinds) => Some(kinds.iter().map(|kind| kind.as_str()).collect()),
        }
    }
}

impl FeedFilter {
    /// Whether an entry passes the filter.
    #[must_use]
    pub fn matches(&self, entry: &FeedEntry) -> bool {
        let any = |is_empty: bool, holds: bool| is_empty || holds;
        let is_one_of_sources =
            |source: Option<Source>| source.is_some_and(|source| self.sources.contains(&source));
        self.kinds.includes(entry.kind)
            && any(self.movies.is_empty(), self.movies.contains(&entry.movie))
            && any(
                self.categories.is_empty(),
                entry.category.is_some_and(|category| self.categories.contains(&category)),
            )
            && any(self.sources.is_empty(), is_one_of_sources(entry.source))
            && self.since.is_none_or(|since| entry.changed_at >= since)
            && self.until.is_none_or(|until| entry.changed_at < until)
            && self.matches_contributors(entry)
    }

    fn matches_contributors(&self, entry: &FeedEntry) -> bool {
        if self.contributor.is_none() && self.contributed_source.is_none() {
            return true;
        }
        entry.contributors.iter().any(|(author, source)| {
            self.contributor.as_ref().is_none_or(|wanted| wanted == author)
                && self.contributed_source.is_none_or(|wanted| wanted == *source)
        })
    }
}

/// The distinct contributors, in order.
pub(in crate::storage) fn distinct(
    contributors: impl IntoIterator<Item = Contributor>,
) -> Vec<Contributor> {
    let mut seen = HashSet::new();
    contributors.into_iter().filter(|contributor| seen.insert(contributor.clone())).collect()
}

fn corrupt(row: &change::Model, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt {
        what: "change",
        key: row.position.to_string(),
        reason: reason.to_string(),
    }
}

pub(super) fn entry(row: change::Model) -> Result<FeedEntry, StorageError> {
    let kind = FeedKind::parse(&row.kind)
        .ok_or_else(|| corrupt(&row, format!("found the kind {:?}", row.kind)))?;
    let category = row.category.as_deref().map(str::parse).transpose();
    let contributors = row.contributors.as_deref().map_or(Ok(Vec::new()), serde_json::from_str);
    Ok(FeedEntry {
        position: FeedPosition { transaction: row.transaction_id, number: row.position },
        kind,
        movie: row.movie_id.parse().map_err(|error| corrupt(&row, error))?,
        category: category.map_err(|error| corrupt(&row, error))?,
        revision: row.revision,
        draft_revision: row.draft_revision,
        source: row.source.as_deref().map(crate::storage::documents::published::source),
        changed_at: row.changed_at,
        contributors: contributors.map_err(|error| corrupt(&row, error))?,
        author: row.author,
    })
}

pub(super) fn new_row(new: &NewEntry<'_>) -> Result<change::ActiveModel, StorageError> {
    let contributors = (!new.contributors.is_empty())
        .then(|| serde_json::to_string(&new.contributors))
        .transpose();
    let contributors = contributors.map_err(|error| StorageError::Corrupt {
        what: "change",
        key: new.movie.to_string(),
        reason: error.to_string(),
    })?;
    Ok(change::ActiveModel {
        kind: Set(new.kind.as_str().to_owned()),
        movie_id: Set(new.movie.to_string()),
        category: Set(new.category.map(|category| category.as_str().to_owned())),
        revision: Set(new.revision),
        draft_revision: Set(new.draft_revision),
        source: Set(new.source.map(|source| source.as_str().to_owned())),
        author: Set(Some(new.author.to_owned())),
        changed_at: Set(new.changed_at),
        contributors: Set(contributors),
        ..Default::default()
    })
}
