//! The real binary as a server process, which can be stopped or killed.

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use reelport::catalog::access::Role;

use super::app::{SECRET, token};
use super::client::Client;
use super::command::reelport;
use super::database::TestDatabase;

/// A server process, and what it has printed so far.
pub struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub printed: Vec<String>,
    pub client: Client,
}

impl Server {
    /// Starts the server and waits until it is ready.
    pub async fn start(command: Command) -> Self {
        let server = Self::launch(command).await;
        assert_eq!(server.client.get("/readyz").await.status, 200);
        server
    }

    /// Starts the server and waits until it listens.
    pub async fn launch(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = Vec::new();
        let address = loop {
            let Some(line) = lines.next_line().await.unwrap() else {
                let left = child.wait_with_output().await.unwrap();
                panic!("it ended: {printed:?} {}", String::from_utf8_lossy(&left.stderr));
            };
            let address =
                line.split_once("listens on http://").map(|(_, address)| address.parse().unwrap());
            printed.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        let client = Client::new(address);
        Self { child, lines, printed, client }
    }

    /// Starts a server on a test's database that accepts the tokens of the tests; its client is an
    /// admin.
    pub async fn on(database: &TestDatabase) -> Self {
        let mut command =
            reelport(database.folder.path(), &database.url, &["serve", "--listen", "127.0.0.1:0"]);
        command.env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
        let server = Self::start(command).await;
        let client = server.client.clone().with_token(token(Role::Admin, "admin@example.com"));
        Self { client, ..server }
    }

    /// Starts a server like [`on`](Self::on) whose jobs are continued by another one soon.
    pub async fn with_short_leases(database: &TestDatabase) -> Self {
        let mut command =
            reelport(database.folder.path(), &database.url, &["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap())
            .env("REELPORT_JOB_LEASE", "3");
        let server = Self::start(command).await;
        let client = server.client.clone().with_token(token(Role::Admin, "admin@example.com"));
        Self { client, ..server }
    }

    /// Starts a server on a test's database that logs to standard error from this level on.
    pub async fn logging(database: &TestDatabase, level: &str) -> Self {
        let mut command =
            reelport(database.folder.path(), &database.url, &["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap())
            .env("REELPORT_LOG", level);
        Self::start(command).await
    }

    /// Waits for the next line of output.
    pub async fn read_line(&mut self) {
        self.printed.push(self.lines.next_line().await.unwrap().unwrap());
    }

    /// Asks the server to stop, like a supervisor, and returns all of its output.
    pub async fn stop(mut self) -> Vec<String> {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.printed.push(line);
        }
        assert!(self.child.wait().await.unwrap().success());
        self.printed
    }

    /// Kills the server and returns its standard error.
    pub async fn end(mut self) -> String {
        self.child.start_kill().unwrap();
        let left = self.child.wait_with_output().await.unwrap();
        String::from_utf8_lossy(&left.stderr).into_owned()
    }

    /// Sends the server a signal, for example STOP or CONT.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Kills the server immediately (SIGKILL).
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
