//! The attacked server: a process on a SQLite database with a generated catalogue.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The service under test.
const REELPORT: &str = env!("CARGO_BIN_EXE_reelport");
const SECRET: &str = "a secret for benchmarks, of 32 bytes and more";

/// The number of movies in the catalogue, and of credits per movie.
const MOVIES: usize = 400;
const CREDITS: usize = 120;

pub struct Server {
    child: Mutex<Child>,
    pid: u32,
    pub address: String,
    /// Values of the header `Authorization`.
    pub admin: String,
    pub viewer: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Server {
    /// Fills a database in `folder` and serves it.
    pub fn start(folder: &Path) -> Self {
        let url = format!("sqlite://{}", folder.join("attacks.db").display());
        run(&url, &["import", "-"], &catalogue());
        let mut serve = command(&url, &["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
        serve.env("REELPORT_ADMIN_PASSWORD", "for benchmarks only");
        let mut child = serve.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("http://").map(|(_, rest)| rest.trim().to_owned()))
            .expect("the server prints its address");
        std::thread::spawn(move || lines.for_each(drop));
        run(&url, &["user", "create", "--email", "v@example.org", "--role", "viewer"], "");
        let token = |email: &str| format!("Bearer {}", run(&url, &["token", "--email", email], ""));
        let (admin, viewer) = (token("admin@reelport.local"), token("v@example.org"));
        let pid = child.id();
        Self { child: Mutex::new(child), pid, address, admin, viewer }
    }

    /// The CPU time that the process has used (Linux).
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = [11, 12].iter().filter_map(|index| fields.get(*index)?.parse::<u64>().ok());
        // A tick is 10 ms on every common Linux.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// Resets the measurement of the peak memory (Linux).
    pub fn reset_peak_memory(&self) {
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.pid), "5");
    }

    /// The largest resident memory since the last reset, in MiB.
    pub fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid);
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    /// Asks the process to stop and returns whether it ended within `limit`.
    pub fn stop(&self, limit: Duration) -> bool {
        let _ = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status();
        let end = Instant::now() + limit;
        while Instant::now() < end {
            let mut child = self.child.lock().expect("no panic while it is held");
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                return true;
            }
            drop(child);
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(REELPORT);
    command.args(arguments).env("REELPORT_DATABASE_URL", url).env("REELPORT_JWT_SECRET", SECRET);
    command
}

/// Runs a command to its end and returns its output.
fn run(url: &str, arguments: &[&str], input: &str) -> String {
    let mut command = command(url, arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "reelport {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Movies that share their casts, as NDJSON.
fn catalogue() -> String {
    let mut lines = String::new();
    let mut add = |movie: &str, category: &str, data: Value| {
        let envelope = json!({ "category": category, "movie_id": movie, "data": data });
        let _ = writeln!(lines, "{envelope}");
    };
    for number in 0..MOVIES {
        let movie = format!("attack-{number}");
        add(&movie, "basic_info", json!({ "title": format!("Movie {number}"), "year": "2001" }));
        let cast: Vec<Value> = (0..CREDITS)
            .map(|place| {
                let person = (number * 7 + place * 13) % 3_000;
                json!({
                    "id": format!("attack-person-{person}"), "name": format!("Person {person}"),
                    "character": format!("Character {place}"), "order": place,
                })
            })
            .collect();
        add(&movie, "cast_crew", json!({ "cast": cast }));
    }
    // One movie with large documents, for slow readers.
    let items: Vec<Value> = (0..1_500)
        .map(|number| json!({ "text": format!("Fact {number}: {}", "long ".repeat(700)) }))
        .collect();
    add("attack-0", "trivia", json!({ "items": items }));
    lines
}
