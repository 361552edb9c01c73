//! The only place that knows SeaORM: connections, transactions, documents, entities, projections.
//!
//! `SQLite` has one writer connection, whose transactions begin IMMEDIATE, and a pool of readers.
//! `PostgreSQL` has one pool; a writing transaction locks the movies it writes to before it reads
//! them. (SERIALIZABLE was measured: on small tables it takes nearly every two writers for rivals.)
//! Either is tried again when the database says that another one came between. A transaction that
//! did not end cleanly costs its connection (`db/session.rs`).

mod answers;
mod candidates;
mod contributions;
mod db;
mod directory;
mod documents;
mod drafts;
mod entities;
mod error;
mod files;
mod history;
mod import_texts;
mod imports;
mod locks;
mod merged;
mod misspelled;
mod movies;
mod name_index;
mod names;
mod naming;
mod projections;
mod reference;
mod refold;
mod unavailable;
mod users;
mod values;
mod works;

pub use answers::Answer;
pub use contributions::{ContributionEntry, NewContribution, StoredContribution};
pub use db::{
    Backend, Database, Fault, Faults, NotReady, Step, Transaction, TransientError, sqlite_path,
    with_quiet_libraries,
};
pub use directory::Entity;
pub use documents::{DocumentKey, FORMAT, NewState, StoredDocument, StoredRevision};
pub use drafts::{DraftEntry, DraftFilter, DraftPage, DraftPlace, StoredDraft};
pub use error::StorageError;
pub use files::{make_private_folder, shared_mode};
pub use history::StateKey;
pub use import_texts::{SentText, TextLimits, size_of};
pub use imports::{ImportFilter, ImportPage, ImportRow, NewImport, NewKey, Remembered};
pub use locks::Lock;
pub use movies::{MovieFilter, MovieOrder, MoviePage, MovieRow, OrderBy, PageRequest};
pub use names::EntityPlace;
pub use projections::ProjectionChange;
pub use unavailable::Unavailability;
pub use users::UserRow;
pub use works::{CreditEntry, NominationEntry, WorkPlace, WorkTotals};
