//! A PostgreSQL server for a single test, which can be restarted.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A cluster in a temporary folder, on a port of 127.0.0.1. It stops when the value is dropped.
pub struct Cluster {
    folder: TempDir,
    tools: PathBuf,
    port: u16,
}

/// The folder of the server's programs.
fn tools() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    if let Some(folder) = found.pop() {
        return folder;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists())
        .expect("initdb is not installed; `make tools` installs it")
}

impl Cluster {
    /// Creates and starts a cluster. Its commits survive the end of the server, but not a crash of
    /// the machine.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The server's programs refuse to run as root.
        if is_root() {
            let made = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(made.unwrap().success());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder, tools: tools(), port };
        cluster.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        cluster.control("start", &[]);
        cluster
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops the server with a `mode` of `pg_ctl` (`fast`, `immediate`), and starts it again.
    pub fn restart(&self, mode: &str) {
        self.control("restart", &["-m", mode]);
    }

    fn control(&self, action: &str, more: &[&str]) {
        let folder = self.folder.path().display();
        let options = format!(
            "-h 127.0.0.1 -p {} -k {folder} -c fsync=off -c max_connections=200",
            self.port
        );
        let log = format!("{folder}/log");
        let start = ["-w", "-s", "-t", "60", "-o", &options, "-l", &log];
        let arguments = [&[action][..], &start, more].concat();
        self.run("pg_ctl", &arguments);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.command(program, arguments).status().unwrap().success(), "{program}");
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.tools.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.folder.path().join("data")).args(arguments);
        command.current_dir(self.folder.path()).stdout(std::process::Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("pg_ctl", &["-m", "immediate", "-s", "stop"]).status();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}
