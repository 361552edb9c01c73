//! The application: every operation on the catalogue, one module per use case.
//!
//! Each operation takes a permission as a value ([`access`]), so an unguarded call does not
//! compile. The edges (GraphQL, REST, command line) decode a request, call one function here, and
//! encode its result.

pub mod access;
pub mod accounts;
pub mod audit;
pub(crate) mod background;
pub mod bulk;
pub mod changes;
mod client_network;
mod clock;
pub mod drafts;
pub mod entities;
mod error;
pub mod export;
pub mod history;
pub mod import;
pub mod import_log;
pub mod jobs;
pub mod locks;
pub mod movies;
mod reindex;
mod work;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use clock::{Clock, RandomIds, SystemClock};
pub use error::{CatalogError, UNSTORABLE_TEXT};

use crate::document::ids::IdSource;
use crate::storage::{Database, TextLimits};
pub use crate::storage::{NotReady, Unavailability};
use audit::Recorder;
use changes::Feed;
use import::{MAX_STORED, TextQuota};
use jobs::{JobFiles, JobQueue};
use work::Work;

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) work: Work,
    text_quota: Arc<TextQuota>,
    /// Maximum number of bytes of a stored document.
    max_stored: usize,
    feed: Arc<Feed>,
    recorder: Arc<Recorder>,
    jobs: Arc<JobQueue>,
}

impl Catalog {
    /// Creates a catalogue with the default limits of the import log's texts.
    #[must_use]
    pub fn new(database: Database, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        let text_quota = Arc::new(TextQuota::new(TextLimits::default()));
        let (work, feed, recorder) = (Work::default(), Arc::default(), Arc::default());
        let (max_stored, jobs) = (MAX_STORED, Arc::default());
        Self { database, clock, ids, work, text_quota, max_stored, feed, recorder, jobs }
    }

    /// Replaces the limits of the texts that the import log keeps.
    #[must_use]
    pub fn with_text_limits(self, limits: TextLimits) -> Self {
        Self { text_quota: Arc::new(TextQuota::new(limits)), ..self }
    }

    /// Replaces the maximum number of bytes of a stored document.
    #[must_use]
    pub fn with_max_stored(self, max_stored: usize) -> Self {
        Self { max_stored, ..self }
    }

    /// Replaces the folder of the files of jobs.
    #[must_use]
    pub fn with_job_files(self, files: JobFiles) -> Self {
        Self { jobs: Arc::new(JobQueue::new(files)), ..self }
    }

    /// The current time of the catalogue's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The database, for health checks and metrics.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }
}
