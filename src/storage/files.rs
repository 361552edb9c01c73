//! Files and folders that only their owner can access.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a folder and its missing parents, accessible only to the owner. The mode of an existing
/// folder is not changed.
///
/// # Errors
/// When the folder cannot be created.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    if path.as_os_str().is_empty() { Ok(()) } else { builder.create(path) }
}

/// Opens a file for writing. A missing file is created, accessible only to the owner. The mode of
/// an existing file is not changed.
///
/// # Errors
/// When the file can be neither opened nor created.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a file accessible only to the owner.
///
/// # Errors
/// When its mode cannot be changed.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// The mode of a file, for example `0644`, if other accounts of this machine can access it.
#[must_use]
pub fn mode_if_shared(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| format!("{mode:04o}"))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
