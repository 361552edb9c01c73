//! The storage, the only part that uses SeaORM: connections and transactions, and one module for
//! each of documents, entities, imports, jobs, movies and accounts.
//!
//! `SQLite` has one connection for writing and a pool for reading. Writing transactions begin with
//! BEGIN IMMEDIATE. `PostgreSQL` has one pool; a writing transaction takes advisory locks on its
//! movies before it reads them. (SERIALIZABLE was measured: on small tables nearly every two
//! writers conflict.) A transaction that conflicts with another one is retried.

mod accounts;
mod audit;
mod changes;
mod db;
mod documents;
mod entities;
mod error;
mod files;
mod imports;
mod jobs;
mod login_failures;
mod movies;
mod page;
mod search_columns;
mod search_index;
mod tables;
mod unavailable;
mod values;

pub use accounts::personal_tokens::PersonalTokenRow;
pub use accounts::sessions::{EndedSessions, SessionRow};
pub use accounts::standing::{AccountStanding, SubjectStanding, TokenStanding};
pub use accounts::users::{UserChange, UserFilter, UserRow};
pub use audit::{AuditFilter, AuditRow};
pub use changes::entry::{FeedEntry, FeedFilter, FeedKind, FeedKinds, FeedPosition};
pub use changes::pages::FeedPage;
pub use changes::record::DraftEnd;
pub use db::{
    Backend, Commits, Database, Fault, Faults, NotReady, Notices, Transaction, TransactionStep,
    TransientError, sqlite_path, with_quiet_libraries,
};
pub use documents::contribution_rows::{ContributionEntry, NewContribution, StoredContribution};
pub use documents::drafts::{DraftEntry, DraftFilter, DraftPage, DraftPosition, StoredDraft};
pub use documents::editorial_locks::EditorialLock;
pub use documents::history::StateKey;
pub use documents::projections::ProjectionChange;
pub use documents::publish::NewState;
pub use documents::published::{DocumentKey, DocumentSize, FORMAT, StoredDocument, StoredRevision};
pub use entities::credits::{CreditEntry, NominationEntry, WorkPosition, WorkTotals};
pub use entities::entity_rows::Entity;
pub use entities::names::EntityPosition;
pub use entities::stored_resolutions::StoredResolution;
pub use error::StorageError;
pub use files::{create_private_folder, mode_if_shared};
pub use imports::entry::{ImportRow, NewImport, SentText};
pub use imports::idempotency::{NewIdempotencyKey, UsedIdempotencyKey};
pub use imports::log::{ImportFilter, ImportPage};
pub use imports::texts::{TextLimits, byte_size};
pub use jobs::files::{
    FileContent, JobFileError, JobFiles, PREFIX as JOB_FILE_PREFIX, ReceiveError, StoredFile,
};
pub use jobs::lease::{JobEnd, JobProgress, Lease, LeaseState};
pub use jobs::outcomes::{JobOutcomeRow, PublishedByJob};
pub use jobs::rows::{JobCounts, JobFilter, JobRow, NewJob};
pub use jobs::vocabulary::{JobKind, JobOutcome, JobState};
pub use login_failures::LoginFailures;
pub use movies::counts::{CatalogueCounts, DocumentCount};
pub use movies::filter::{MovieFilter, Written};
pub use movies::listing::{MAX_COUNTED, MovieOrder, MoviePage, MoviePageRequest, OrderBy};
pub use movies::rows::MovieRow;
pub use page::PageRequest;
pub use unavailable::Unavailability;
