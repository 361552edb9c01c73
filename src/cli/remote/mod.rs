//! Commands that work on a server over HTTP, without access to its database.

mod client;
mod import;
mod upload;

use clap::Args;

pub(super) use client::RemoteError;
pub(super) use import::{RemoteImport, import};

/// The server that a command works on.
#[derive(Debug, Clone, Args)]
pub struct RemoteArgs {
    /// Import on this server, as jobs, instead of into a database; the address without /graphql,
    /// for example https://films.example.org
    #[arg(long, value_name = "URL", conflicts_with_all = [
        "movie", "category", "base_revision", "remove_items", "resolutions", "expected_plan",
        "skip_changes", "max_unpacked",
    ])]
    server: Option<String>,
    /// The token of an account with the role ADMIN on that server. A variable is better than an
    /// argument, which other users of the machine can see
    #[arg(
        long,
        env = "REELPORT_TOKEN",
        hide_env_values = true,
        requires = "server",
        value_name = "TOKEN"
    )]
    token: Option<String>,
}

impl RemoteArgs {
    /// Whether a server is given.
    pub(super) const fn is_given(&self) -> bool {
        self.server.is_some()
    }
}
