//! Bundles, packed while they are sent: small documents together, larger ones one at a time are read
//! and packed, and only what is packed waits for the client. No thread and no connection to the
//! database is held meanwhile.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream::try_unfold;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::catalog::access::CanRead;
use crate::catalog::bulk::{ArchiveError, Packer};
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Category, MovieId};
use crate::http::answer::CHUNK;
use crate::http::budget::{Budget, Full, Room};
use crate::http::limits::Limits;
use crate::http::problem::ProblemDetails;

/// Most bytes of documents that are read and packed together.
const TOGETHER: u64 = 256 * 1024;

/// What limits the bundles of all clients together.
pub struct Bundles {
    slots: Arc<Semaphore>,
    /// Packing is work for the processor.
    packing: Arc<Semaphore>,
    memory: Budget,
    slot_wait: Duration,
    memory_wait: Duration,
}

/// A bundle that ends before its end.
#[derive(Debug, thiserror::Error)]
enum BundleError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Full(#[from] Full),
    #[error("the movie was deleted meanwhile")]
    Deleted,
    #[error("the server stops")]
    Stopping,
}

impl From<BundleError> for ProblemDetails {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Catalog(error) => error.into(),
            BundleError::Deleted => Self::not_found(error.to_string()),
            BundleError::Archive(_) | BundleError::Full(_) | BundleError::Stopping => {
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
            memory_wait: limits.answer_time,
        }
    }

    /// The place of one bundle among those that are sent at once.
    ///
    /// # Errors
    /// 503 when none becomes free in time.
    pub async fn slot(&self) -> Result<OwnedSemaphorePermit, ProblemDetails> {
        let slot = Arc::clone(&self.slots).acquire_owned();
        match tokio::time::timeout(self.slot_wait, slot).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(ProblemDetails::busy("as many bundles as the server allows are being sent")),
        }
    }

    /// The bundle of a movie that exists. What goes wrong later than with its first document ends the
    /// stream with an error, so that no client takes a part for the whole.
    ///
    /// # Errors
    /// When the first document cannot be read.
    pub async fn stream(
        &self,
        slot: OwnedSemaphorePermit,
        catalog: Arc<Catalog>,
        permission: CanRead,
        movie: MovieId,
    ) -> Result<Body, ProblemDetails> {
        let mut bundle = Bundle {
            _slot: slot,
            catalog,
            permission,
            movie,
            packing: Arc::clone(&self.packing),
            memory: self.memory.clone(),
            memory_wait: self.memory_wait,
            next: Vec::new(),
            categories: Category::ALL,
            packer: Some(Packer::default()),
            packed: Bytes::new(),
            room: Room::default(),
        };
        bundle.next = Box::pin(bundle.load_first()).await?;
        Ok(Body::from_stream(try_unfold(bundle, |bundle: Bundle| async {
            Box::pin(bundle.chunk()).await.inspect_err(|error| {
                tracing::warn!(%error, "a bundle was not sent to its end");
            })
        })))
    }
}

/// A bundle on its way.
struct Bundle {
    _slot: OwnedSemaphorePermit,
    catalog: Arc<Catalog>,
    permission: CanRead,
    movie: MovieId,
    packing: Arc<Semaphore>,
    memory: Budget,
    memory_wait: Duration,
    /// Documents that were read already.
    next: Vec<Export>,
    /// Those that were not.
    categories: &'static [Category],
    /// `None` when the archive is finished.
    packer: Option<Packer>,
    /// What is packed and not yet sent.
    packed: Bytes,
    /// What is taken of the memory for it.
    room: Room,
}

impl Bundle {
    /// The next bytes, and the bundle that is left; `None` at the end.
    async fn chunk(mut self) -> Result<Option<(Bytes, Self)>, BundleError> {
        while self.packed.is_empty() {
            let Some(packer) = self.packer.take() else { return Ok(None) };
            let mut exports = std::mem::take(&mut self.next);
            if exports.is_empty() {
                exports.extend(Box::pin(self.load()).await?);
            }
            Box::pin(self.pack(packer, exports)).await?;
        }
        let chunk = self.packed.split_to(self.packed.len().min(CHUNK));
        if self.packed.is_empty() {
            self.room = Room::default();
        }
        Ok(Some((chunk, self)))
    }

    /// All documents if they are small together, else the first.
    async fn load_first(&mut self) -> Result<Vec<Export>, BundleError> {
        if self.catalog.stored_bytes(&self.permission, &self.movie).await? > TOGETHER {
            return Ok(self.load().await?.into_iter().collect());
        }
        let categories = std::mem::take(&mut self.categories);
        Ok(self.catalog.exports(&self.permission, &[&self.movie], categories).await?)
    }

    /// The next document; `None` if there are no more.
    async fn load(&mut self) -> Result<Option<Export>, BundleError> {
        let Some((category, others)) = self.categories.split_first() else { return Ok(None) };
        self.categories = others;
        let export = self.catalog.export(&self.permission, &self.movie, *category).await?;
        export.map(Some).ok_or(BundleError::Deleted)
    }

    /// Packs documents, and behind the last of all what is at the end of the archive.
    async fn pack(&mut self, packer: Packer, exports: Vec<Export>) -> Result<(), BundleError> {
        let packing = Arc::clone(&self.packing).acquire_owned().await;
        let packing = packing.map_err(|_| BundleError::Stopping)?;
        let is_last = self.categories.is_empty();
        let work = tokio::task::spawn_blocking(move || -> Result<_, ArchiveError> {
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
            self.room = self.memory.take_within(packed.len(), self.memory_wait).await?;
        }
        (self.packed, self.packer) = (packed.into(), packer);
        Ok(())
    }
}
