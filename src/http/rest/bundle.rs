//! ZIP bundles of all documents of a movie, compressed while they are sent. Small documents are
//! read and compressed together, larger ones one at a time. While the client reads, only compressed
//! data is kept in memory, and no thread or database connection is held.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream::try_unfold;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::catalog::CatalogError;
use crate::catalog::access::CanRead;
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::{ArchiveError, Packer};
use crate::catalog::export::Export;
use crate::document::{Category, MovieId};
use crate::http::AppState;
use crate::http::bearer::TokenError;
use crate::http::budget::{Budget, Exhausted, Reservation};
use crate::http::limits::Limits;
use crate::http::problem::ProblemDetails;
use crate::http::response::CHUNK;
use crate::http::session::Session;

/// Maximum total size of documents that are read and compressed together.
const MAX_BATCH: u64 = 256 * 1024;

/// The limits shared by all bundles.
pub struct Bundles {
    slots: Arc<Semaphore>,
    /// One permit per processor, since compression is bound by the CPU.
    packing: Arc<Semaphore>,
    memory: Budget,
    slot_wait: Duration,
    memory_wait: Duration,
}

/// Why a bundle could not be sent completely.
#[derive(Debug, thiserror::Error)]
enum BundleError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    #[error("the movie was deleted during the export")]
    Deleted,
    #[error("the server is stopping")]
    Stopping,
    #[error("{}", .0.detail())]
    Revoked(TokenError),
}

impl From<BundleError> for ProblemDetails {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Catalog(error) => error.into(),
            BundleError::Revoked(error) => error.into(),
            BundleError::Deleted => Self::not_found(error.to_string()),
            BundleError::Archive(_) | BundleError::Exhausted(_) | BundleError::Stopping => {
                Self::busy(error)
            }
        }
    }
}

impl Bundles {
    pub fn new(limits: &Limits, memory: Budget) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            slots: Arc::new(Semaphore::new(limits.bundles)),
            packing: Arc::new(Semaphore::new(processors)),
            memory,
            slot_wait: limits.room_wait,
            memory_wait: limits.response_time,
        }
    }

    /// Takes a slot for a bundle; the number of bundles sent at the same time is limited.
    ///
    /// # Errors
    /// 503 when no slot becomes free in time.
    pub async fn slot(&self) -> Result<OwnedSemaphorePermit, ProblemDetails> {
        let slot = Arc::clone(&self.slots).acquire_owned();
        match tokio::time::timeout(self.slot_wait, slot).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(ProblemDetails::busy("the server has reached its limit of bundles")),
        }
    }

    /// Streams the bundle of an existing movie, until the account loses its rights. An error after
    /// the first document aborts the stream, so that a client never takes an incomplete bundle for
    /// a complete one.
    ///
    /// # Errors
    /// When the first document cannot be read.
    pub async fn stream(
        &self,
        slot: OwnedSemaphorePermit,
        state: AppState,
        (session, permission): (Session, CanRead),
        movie: MovieId,
    ) -> Result<Body, ProblemDetails> {
        let mut bundle = Bundle {
            _slot: slot,
            state,
            session,
            permission,
            movie,
            packing: Arc::clone(&self.packing),
            memory: self.memory.clone(),
            memory_wait: self.memory_wait,
            next: Vec::new(),
            categories: Category::ALL,
            packer: Some(Packer::default()),
            packed: Bytes::new(),
            reservation: Reservation::default(),
        };
        bundle.next = Box::pin(bundle.load_first()).await?;
        Ok(Body::from_stream(try_unfold(bundle, |bundle: Bundle| async {
            Box::pin(bundle.next_chunk()).await.inspect_err(|error| {
                tracing::warn!(%error, "a bundle was not sent completely");
            })
        })))
    }
}

/// The state of a bundle being sent.
struct Bundle {
    _slot: OwnedSemaphorePermit,
    state: AppState,
    session: Session,
    permission: CanRead,
    movie: MovieId,
    packing: Arc<Semaphore>,
    memory: Budget,
    memory_wait: Duration,
    /// Documents that were read and are not yet compressed.
    next: Vec<Export>,
    /// Categories that are not yet read.
    categories: &'static [Category],
    /// `None` when the archive is finished.
    packer: Option<Packer>,
    /// Compressed data that is not yet sent.
    packed: Bytes,
    /// Its reserved memory.
    reservation: Reservation,
}

impl Bundle {
    /// The next bytes and the remaining bundle; `None` at the end.
    async fn next_chunk(mut self) -> Result<Option<(Bytes, Self)>, BundleError> {
        if let Some(error) = self.session.revocation(&self.state).await? {
            return Err(BundleError::Revoked(error));
        }
        while self.packed.is_empty() {
            let Some(packer) = self.packer.take() else { return Ok(None) };
            let mut exports = std::mem::take(&mut self.next);
            if exports.is_empty() {
                exports.extend(Box::pin(self.load_next()).await?);
            }
            Box::pin(self.pack(packer, exports)).await?;
        }
        let chunk = self.packed.split_to(self.packed.len().min(CHUNK));
        if self.packed.is_empty() {
            self.reservation = Reservation::default();
        }
        Ok(Some((chunk, self)))
    }

    /// Reads all documents if their total size is small, otherwise the first.
    async fn load_first(&mut self) -> Result<Vec<Export>, BundleError> {
        if self.state.catalog.stored_bytes(&self.permission, &self.movie).await? > MAX_BATCH {
            return Ok(self.load_next().await?.into_iter().collect());
        }
        let categories = std::mem::take(&mut self.categories);
        Ok(self.state.catalog.exports(&self.permission, &[&self.movie], categories).await?)
    }

    /// Reads the next document; `None` if there are no more.
    async fn load_next(&mut self) -> Result<Option<Export>, BundleError> {
        let Some((category, others)) = self.categories.split_first() else { return Ok(None) };
        self.categories = others;
        // As many large documents are read at once as are compressed, so that other exports do not
        // wait for a database connection.
        let reading = self.packing.acquire().await;
        let _reading = reading.map_err(|_| BundleError::Stopping)?;
        let export = self.state.catalog.export(&self.permission, &self.movie, *category).await?;
        export.map(Some).ok_or(BundleError::Deleted)
    }

    /// Compresses documents; after the last one also the end of the archive.
    async fn pack(&mut self, packer: Packer, exports: Vec<Export>) -> Result<(), BundleError> {
        let packing = Arc::clone(&self.packing).acquire_owned().await;
        let packing = packing.map_err(|_| BundleError::Stopping)?;
        let is_last = self.categories.is_empty();
        let work = spawn_background(move || -> Result<_, ArchiveError> {
            let _packing = packing;
            let mut packer = packer;
            let mut packed = Vec::new();
            for export in &exports {
                packed.extend(packer.add(export)?);
            }
            if !is_last {
                return Ok((packed, Some(packer)));
            }
            packed.extend(packer.finish()?);
            Ok((packed, None))
        });
        let (packed, packer) = work.await.map_err(CatalogError::from)??;
        if packed.len() > CHUNK {
            self.reservation = self.memory.reserve_within(packed.len(), self.memory_wait).await?;
        }
        (self.packed, self.packer) = (packed.into(), packer);
        Ok(())
    }
}
