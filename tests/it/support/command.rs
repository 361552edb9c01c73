//! Runs the real binary as a user would.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::TestApp;

/// The result of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Asserts that the command succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// A command in `folder` with no environment variables except that of the database.
pub fn reelport(folder: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reelport"));
    command
        .args(arguments)
        .env_clear()
        .env("REELPORT_DATABASE_URL", database)
        .env("REELPORT_LOG", "error")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the command to its end with `input` as standard input.
pub async fn run(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writing = async {
        // A command that does not read its input has closed it.
        let _ = stdin.write_all(input).await;
        drop(stdin);
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), writing);
    let output = output.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

impl TestApp {
    /// Runs a command on the server's database.
    pub async fn command(&self, arguments: &[&str]) -> Ran {
        self.command_with(arguments, b"").await
    }

    /// Runs a command on the server's database, with standard input.
    pub async fn command_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        run(reelport(self.database.folder.path(), &self.database.url, arguments), input).await
    }

    /// Imports envelopes like an admin with a file; missing movies are created.
    pub async fn seed(&self, envelopes: &[Value]) {
        let lines: Vec<String> = envelopes.iter().map(|envelope| format!("{envelope}\n")).collect();
        self.command_with(&["import", "-"], lines.concat().as_bytes()).await.ok();
    }
}
