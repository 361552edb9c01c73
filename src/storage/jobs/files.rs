//! The files of jobs, in a folder that all servers of a database share.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{Error, GetResultPayload, MultipartUpload, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use crate::document::text::hexadecimal;
use crate::storage::files::{create_private_folder, make_private};

/// How many bytes are written at once.
const PART: usize = 8 * 1024 * 1024;
/// How old a file without a job must be before it is removed.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// The files of jobs. The folder is created when the first file is stored.
#[derive(Debug)]
pub struct JobFiles {
    folder: PathBuf,
    store: OnceLock<LocalFileSystem>,
}

/// A failure of the folder of files.
#[derive(Debug, thiserror::Error)]
pub enum JobFileError {
    #[error("the file is missing")]
    Missing,
    #[error("the folder {folder} cannot be used: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error("the folder of files: {0}")]
    Store(Error),
}

impl From<Error> for JobFileError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::Missing,
            error => Self::Store(error),
        }
    }
}

/// Why a file was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError<E> {
    /// The bytes could not be received.
    #[error("the file was not received completely: {0}")]
    Received(E),
    #[error(transparent)]
    Stored(#[from] JobFileError),
}

/// A file that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub hash: String,
}

/// The content of a stored file.
pub enum FileContent {
    File(std::fs::File),
    Stream(BoxStream<'static, std::io::Result<Bytes>>),
}

impl JobFiles {
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, store: OnceLock::new() }
    }

    fn store(&self) -> Result<&LocalFileSystem, JobFileError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        create_private_folder(&self.folder).map_err(|source| JobFileError::Folder {
            folder: self.folder.display().to_string(),
            source,
        })?;
        let store = LocalFileSystem::new_with_prefix(&self.folder)?.with_fsync(true);
        Ok(self.store.get_or_init(|| store))
    }

    /// Stores a file under a new name. It can be read only when it is complete: if `bytes` fails,
    /// or the future is dropped, nothing is left.
    ///
    /// # Errors
    /// When the bytes cannot be received, or the folder fails.
    pub async fn receive<E>(
        &self,
        name: String,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<StoredFile, ReceiveError<E>> {
        let store = self.store()?;
        let mut upload =
            store.put_multipart(&Name::from(name.as_str())).await.map_err(JobFileError::from)?;
        let mut bytes = std::pin::pin!(bytes);
        let (mut hasher, mut size, mut part) = (Sha256::new(), 0_u64, Vec::new());
        while let Some(received) = bytes.next().await {
            let received = match received {
                Ok(received) => received,
                Err(error) => {
                    abort(upload.as_mut()).await;
                    return Err(ReceiveError::Received(error));
                }
            };
            hasher.update(&received);
            size += received.len() as u64;
            part.extend_from_slice(&received);
            if part.len() >= PART {
                put(upload.as_mut(), std::mem::take(&mut part)).await?;
            }
        }
        put(upload.as_mut(), part).await?;
        upload.complete().await.map_err(JobFileError::from)?;
        make_private(&self.folder.join(&name)).map_err(|source| JobFileError::Folder {
            folder: self.folder.display().to_string(),
            source,
        })?;
        let hash = hexadecimal(&hasher.finalize());
        Ok(StoredFile { name, size, hash })
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When it is missing, or the folder fails.
    pub async fn open(&self, name: &str) -> Result<FileContent, JobFileError> {
        let found = self.store()?.get(&Name::from(name)).await?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => FileContent::File(file),
            GetResultPayload::Stream(stream) => FileContent::Stream(
                stream.map(|bytes| bytes.map_err(std::io::Error::other)).boxed(),
            ),
        })
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// When the folder fails.
    pub async fn exists(&self, name: &str) -> Result<bool, JobFileError> {
        match self.store()?.head(&Name::from(name)).await.map_err(JobFileError::from) {
            Ok(_) => Ok(true),
            Err(JobFileError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a file. That it is missing is no error.
    ///
    /// # Errors
    /// When the folder fails.
    pub async fn remove(&self, name: &str) -> Result<(), JobFileError> {
        match self.store()?.delete(&Name::from(name)).await.map_err(JobFileError::from) {
            Ok(()) | Err(JobFileError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes files that are not in `used` and are a day old: of uploads that a killed server did
    /// not finish. Returns how many.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn remove_orphans(&self, used: &[String], now: SystemTime) -> std::io::Result<usize> {
        let folder = match std::fs::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut removed = 0;
        for entry in folder {
            let entry = entry?;
            let (name, metadata) = (entry.file_name(), entry.metadata()?);
            let is_used = used.iter().any(|used| name.to_str() == Some(used));
            let age = now.duration_since(metadata.modified()?).unwrap_or_default();
            if metadata.is_file() && !is_used && age > ORPHAN_AGE && is_own(&name) {
                std::fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// How the names of files begin.
pub const PREFIX: &str = "job-file-";

/// Whether a file has a name of a job's file, or of an unfinished upload.
fn is_own(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX))
}

async fn put(upload: &mut dyn MultipartUpload, part: Vec<u8>) -> Result<(), JobFileError> {
    if part.is_empty() {
        return Ok(());
    }
    Ok(upload.put_part(PutPayload::from(part)).await?)
}

async fn abort(upload: &mut dyn MultipartUpload) {
    if let Err(error) = upload.abort().await {
        tracing::debug!(%error, "the part of a file that was received is not removed yet");
    }
}
