//! Files that are sent to a server.

use std::fs::File;
use std::io::{self, Seek as _};

use futures::TryStreamExt as _;
use indicatif::ProgressBar;
use reqwest::Body;
use tokio_util::io::ReaderStream;

use super::RemoteError;
use crate::catalog::bulk::ByteSource;
use crate::cli::inputs::Input;

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// A file that can be sent several times.
pub(super) struct Upload {
    pub(super) name: String,
    file: File,
    /// In bytes.
    pub(super) size: u64,
}

impl Upload {
    /// Prepares an input. What cannot be read twice, such as a pipe, is copied to a temporary file.
    ///
    /// # Errors
    /// When the input cannot be read, or the temporary file cannot be written.
    pub(super) fn prepare(input: Input) -> Result<Self, RemoteError> {
        let name = input.name;
        let failed = |source| RemoteError::Io { what: name.clone(), source };
        let file = match input.source {
            ByteSource::File(file) => file,
            ByteSource::Stream(mut stream) => {
                let mut file = tempfile::tempfile().map_err(failed)?;
                io::copy(&mut stream, &mut file).map_err(failed)?;
                file
            }
        };
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { name, file, size })
    }

    /// The file as the body of a request. `bar` shows how much of it was sent.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn body(&self, bar: &ProgressBar) -> Result<Body, RemoteError> {
        let open = || {
            let mut file = self.file.try_clone()?;
            file.rewind()?;
            Ok(file)
        };
        let file = open().map_err(|source| RemoteError::Io { what: self.name.clone(), source })?;
        let bar = bar.clone();
        bar.set_position(0);
        let bytes = ReaderStream::with_capacity(tokio::fs::File::from_std(file), CHUNK);
        Ok(Body::wrap_stream(bytes.inspect_ok(move |bytes| bar.inc(bytes.len() as u64))))
    }
}
