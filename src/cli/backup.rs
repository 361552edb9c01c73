//! `reelport backup`: copies a SQLite database into a new file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::files::Output;
use super::terminal::print_line;
use super::{CliError, require_database};
use crate::app::open_for_backup;
use crate::config::DatabaseArgs;

/// Options of `backup`.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file to create; it must not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn backup(
    database: &DatabaseArgs,
    args: &BackupArgs,
) -> Result<ExitCode, CliError> {
    require_database(database)?;
    if database.folder().is_none() {
        return Err(CliError::Usage(
            "backup is for SQLite; a PostgreSQL database is backed up with pg_dump".to_owned(),
        ));
    }
    let shown = args.file.display();
    let io_error = |error| CliError::io(&shown.to_string(), &error);
    if std::fs::symlink_metadata(&args.file).is_ok() {
        return Err(CliError::Usage(format!("{shown} already exists; name a new file")));
    }
    let output = Output::at(&args.file);
    // Temporary files are created with permissions for their owner only.
    let file = output.temporary().map_err(io_error)?.into_temp_path();
    let opened = open_for_backup(&database.database_url, database.connections()?).await?;
    let written = opened.back_up(&file).await;
    opened.close().await;
    written?;
    let synced = std::fs::File::open(&file).and_then(|file| file.sync_all());
    synced.map_err(io_error)?;
    file.persist_noclobber(output.path()).map_err(|error| io_error(error.error))?;
    print_line(&format!("the backup is written: {shown}"));
    Ok(ExitCode::SUCCESS)
}
