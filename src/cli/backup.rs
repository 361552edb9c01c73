//! `reelport backup`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::files::Output;
use super::terminal::print_line;
use super::{CliError, must_exist};
use crate::app::open_for_backup;
use crate::config::DatabaseArgs;

/// Options of `backup`.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file to make; it must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn backup(
    database: &DatabaseArgs,
    args: &BackupArgs,
) -> Result<ExitCode, CliError> {
    must_exist(database)?;
    if database.folder().is_none() {
        return Err(CliError::Usage(
            "backup is for SQLite; a PostgreSQL database is backed up with pg_dump".to_owned(),
        ));
    }
    let shown = args.file.display();
    let unusable = |error| CliError::io(&shown.to_string(), &error);
    if std::fs::symlink_metadata(&args.file).is_ok() {
        return Err(CliError::Usage(format!("{shown} is there already; name a new file")));
    }
    let output = Output::at(&args.file);
    // Temporary files are readable by their owner alone from the start.
    let file = output.temporary().map_err(unusable)?.into_temp_path();
    let opened = open_for_backup(&database.database_url, database.connections()?).await?;
    let written = opened.back_up(&file).await;
    opened.close().await;
    written?;
    let synced = std::fs::File::open(&file).and_then(|file| file.sync_all());
    synced.map_err(unusable)?;
    file.persist_noclobber(output.path()).map_err(|error| unusable(error.error))?;
    print_line(&format!("the backup is written: {shown}"));
    Ok(ExitCode::SUCCESS)
}
