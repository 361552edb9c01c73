//! The service under load, compared with yardsticks in the same run: requests per second, latency,
//! and CPU time of the server process per request.
//!
//! `make bench` runs it on SQLite and PostgreSQL. Every server is a separate process; the load
//! comes from this process, over keep-alive connections on 127.0.0.1. Quote ratios, not single
//! figures.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod before;
mod load;
mod subscriptions;
mod yardsticks;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use load::{Job, Measure, get, post, run};
use serde_json::{Value, json};

/// The service under test.
const REELPORT: &str = env!("CARGO_BIN_EXE_reelport");
const SECRET: &str = "a secret for benchmarks, of 32 bytes and more";
const CONNECTIONS: usize = 32;
const MOVIE: &str = "bench-1";
const CREDITS: usize = 60;
/// The number of movies that imports write to, one for each connection.
const IMPORT_MOVIES: usize = CONNECTIONS;

fn seconds() -> Duration {
    let text = std::env::var("BENCH_SECONDS").unwrap_or_default();
    Duration::from_secs_f64(text.parse().unwrap_or(3.0))
}

/// A server process that ends when the value is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a process that prints its address in the first line of its output.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a server starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("its first line");
        let address = line.split("http://").nth(1).map(|rest| rest.trim().to_owned());
        // The pipe must be read, or the server would block.
        std::thread::spawn(move || for _ in output.lines() {});
        Self { address: address.unwrap_or_else(|| panic!("no address in {line:?}")), child }
    }

    fn reelport(binary: &str, url: &str) -> Self {
        let mut command = Command::new(binary);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database-url",
            url,
            "--jwt-secret",
            SECRET,
            "--log",
            "warn",
        ]);
        command.env("REELPORT_ADMIN_PASSWORD", "for benchmarks only");
        Self::start(&mut command)
    }

    fn yardstick(name: &str, url: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        Self::start(command.args(["yardstick", name, url]))
    }
}

fn cast_crew(credits: usize) -> Value {
    let cast: Vec<Value> = (0..credits)
        .map(|number| {
            json!({
                "id": format!("bench-person-{number}"), "name": format!("Person Number {number}"),
                "character": format!("Character Number {number}"), "order": number,
            })
        })
        .collect();
    json!({ "cast": cast })
}

fn envelope(movie: &str, category: &str, data: &Value) -> Value {
    json!({ "category": category, "movie_id": movie, "data": data })
}

/// The catalogue of the benchmarks: one movie with 60 credits and all other data, and one movie for
/// each importing connection.
fn seed() -> String {
    let mut lines = String::new();
    let mut add = |movie: &str, category: &str, data: Value| {
        lines.push_str(&envelope(movie, category, &data).to_string());
        lines.push('\n');
    };
    add(
        MOVIE,
        "basic_info",
        json!({ "title": "Bench", "year": "2001", "genres": ["Drama"], "overview": "x".repeat(400) }),
    );
    add(MOVIE, "cast_crew", cast_crew(CREDITS));
    let events: Vec<Value> = (0..8)
        .map(|n| json!({ "date": format!("200{n}"), "title": format!("Event {n}"), "description": "y".repeat(120) }))
        .collect();
    add(MOVIE, "timeline", json!({ "events": events }));
    let items: Vec<Value> =
        (0..10).map(|n| json!({ "text": format!("Fact {n}: {}", "z".repeat(140)) })).collect();
    add(MOVIE, "trivia", json!({ "items": items }));
    let awards: Vec<Value> = (0..8).map(|n| json!({ "ceremony": "Bench Awards", "year": 2001, "category": format!("Category {n}"), "result": "nominee" })).collect();
    add(MOVIE, "awards", json!({ "awards": awards }));
    let gallery: Vec<Value> = (0..4)
        .map(|n| json!({ "url": format!("https://images.example.org/{n}.jpg"), "kind": "still" }))
        .collect();
    add(
        MOVIE,
        "media",
        json!({ "poster_url": "https://images.example.org/p.jpg", "gallery": gallery }),
    );
    let options: Vec<Value> = ["US", "GB", "DE", "FR"]
        .iter()
        .map(|region| json!({ "platform": "Bench+", "region": region, "type": "subscription" }))
        .collect();
    add(MOVIE, "streaming", json!({ "streaming_options": options }));
    for number in 0..IMPORT_MOVIES {
        let movie = format!("import-{number}");
        add(&movie, "basic_info", json!({ "title": movie }));
        let items: Vec<Value> = (0..10)
            .map(|n| json!({ "text": format!("Fact {n} of {number}: {}", "z".repeat(140)) }))
            .collect();
        add(&movie, "trivia", json!({ "items": items }));
    }
    lines
}

fn reelport(binary: &str, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .env("REELPORT_JWT_SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("reelport starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "reelport {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

const TYPED: &str = "query($id: ID!) { movieExport(movieId: $id, category: CAST_CREW) { category version exportedAt \
    metadata { source revision lastUpdated updatedBy } \
    data { ... on CastCrew { cast { id personId name character order image } } } } }";
const DOCUMENT: &str =
    "query($id: ID!) { movieExport(movieId: $id, category: CAST_CREW) { document } }";

fn graphql(query: &str) -> String {
    json!({ "query": query, "variables": { "id": MOVIE } }).to_string()
}

/// The authorization header of the admin that the server created.
fn authorization(binary: &str, url: &str) -> String {
    let token =
        reelport(binary, &["token", "--database-url", url, "--email", "admin@reelport.local"], "");
    format!("authorization: Bearer {}\r\n", token.trim())
}

/// The imports of each connection, into a movie of its own. Each request changes one fact, so that
/// each import is written.
fn imports(auth: &str) -> Vec<Job> {
    let imports = (0..CONNECTIONS).map(|connection| {
        let (auth, movie) = (auth.to_owned(), format!("import-{connection}"));
        let path = format!("/api/v1/admin/movies/{movie}/import/trivia");
        Job::each(move |number| {
            let mut items: Vec<Value> =
                (1..10).map(|n| json!({ "text": format!("Fact {n} of {connection}: {}", "z".repeat(140)) })).collect();
            items.push(json!({ "text": "A fact that changes.", "explanation": format!("For the {number}th time.") }));
            post(&path, &auth, &envelope(&movie, "trivia", &json!({ "items": items })).to_string())
        })
    });
    imports.collect()
}

struct Report {
    rows: Vec<(String, Measure)>,
}

impl Report {
    fn add(&mut self, name: &str, measure: Measure) {
        println!("{}", measure.row(name));
        self.rows.push((name.to_owned(), measure));
    }

    fn ratio(&self, what: &str, name: &str, base: &str) {
        let rate = |name: &str| {
            self.rows.iter().find(|(known, _)| known == name).map(|(_, measure)| measure.rate())
        };
        if let (Some(a), Some(b)) = (rate(name), rate(base)) {
            println!("  {what}: {:.2}", a / b);
        }
    }
}

async fn on_database(name: &str, url: &str, catalogue: Option<&str>) {
    println!("\n== {name}");
    reelport(REELPORT, &["import", "--database-url", url, "-"], &seed());
    let mut report = Report { rows: Vec::new() };
    let time = seconds();
    let rest = format!("/api/v1/admin/movies/{MOVIE}/export/cast-crew");
    {
        let server = Server::reelport(REELPORT, url);
        let auth = authorization(REELPORT, url);
        let jobs = |job: Job| vec![job; CONNECTIONS];
        let address = &server.address;
        let pid = server.child.id();
        report.add(
            "(a) GraphQL typed",
            run(address, pid, jobs(Job::same(post("/graphql", &auth, &graphql(TYPED)))), time)
                .await,
        );
        report.add(
            "(a) GraphQL document",
            run(address, pid, jobs(Job::same(post("/graphql", &auth, &graphql(DOCUMENT)))), time)
                .await,
        );
        report.add(
            "(b) REST export",
            run(address, pid, jobs(Job::same(get(&rest, &auth))), time).await,
        );
        let bundle = format!("/api/v1/admin/movies/{MOVIE}/export/all");
        report
            .add("(c) bundle", run(address, pid, jobs(Job::same(get(&bundle, &auth))), time).await);
        report.add("(d) import", run(address, pid, imports(&auth), time).await);
    }
    for yardstick in ["schema from memory", "bytes from memory", "one-row read"] {
        let server = Server::yardstick(yardstick, url);
        let request = if yardstick == "schema from memory" {
            post("/graphql", "", &graphql(TYPED))
        } else {
            get(&rest, "")
        };
        let measure =
            run(&server.address, server.child.id(), vec![Job::same(request); CONNECTIONS], time)
                .await;
        report.add(&format!("yardstick: {yardstick}"), measure);
    }
    report.ratio(
        "(a) typed, of the same schema from memory (target 0.5)",
        "(a) GraphQL typed",
        "yardstick: schema from memory",
    );
    report.ratio(
        "(b) REST export, of a bare one-row read (target 1)",
        "(b) REST export",
        "yardstick: one-row read",
    );
    report.ratio(
        "(b) REST export, of the bytes from memory (hoped for 0.5)",
        "(b) REST export",
        "yardstick: bytes from memory",
    );
    if let Some(catalogue) = catalogue {
        import_catalogue(url, catalogue);
    }
}

/// (e) Import of a whole catalogue with the command line.
fn import_catalogue(url: &str, catalogue: &str) {
    let start = Instant::now();
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M %U %S", REELPORT, "import", "--database-url", url, catalogue]);
    let output = command.output().expect("time and reelport start");
    let wall = start.elapsed().as_secs_f64();
    let (said, measured) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let published: f64 =
        said.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
    let figures: Vec<f64> = measured
        .lines()
        .last()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|f| f.parse().ok())
        .collect();
    if let [memory, user, system] = figures[..] {
        println!(
            "(e) reelport import: {published} documents in {wall:.1} s, {:.0}/s, {:.0} MB at the peak, {:.1} s of CPU",
            published / wall,
            memory / 1024.0,
            user + system
        );
    } else {
        println!("(e) reelport import: {said}{measured}");
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [kind, name, url] = &arguments[..]
        && kind == "yardstick"
    {
        return yardsticks::serve(name, url, MOVIE).await;
    }
    if let Ok(binary) = std::env::var("BENCH_BEFORE") {
        return before::compare(&binary).await;
    }
    if let Some(count) = std::env::var("BENCH_SUBSCRIPTIONS").ok().and_then(|n| n.parse().ok()) {
        return subscriptions::measure(count).await;
    }
    let catalogue = std::env::var("BENCH_CATALOGUE").ok();
    println!("{CONNECTIONS} connections, {:?} each, {CREDITS} credits", seconds());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sqlite = format!("sqlite://{}", folder.path().join("bench.db").display());
    on_database("SQLite", &sqlite, catalogue.as_deref()).await;
    match std::env::var("REELPORT_TEST_POSTGRES_URL") {
        Ok(server) => {
            let url = yardsticks::new_database(&server, "now").await;
            on_database("PostgreSQL", &url, catalogue.as_deref()).await;
        }
        Err(_) => {
            println!(
                "\nREELPORT_TEST_POSTGRES_URL is not set, so PostgreSQL is not measured; `make bench` sets it"
            );
        }
    }
}
