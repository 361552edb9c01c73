//! How lists, searches, counts and imports grow with the catalogue: the same requests to services
//! with generated catalogues of several sizes, in turn, in one run. Quote the ratios.
//!
//! `BENCH_SIZES=3000,30000,300000` are the numbers of movies.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod catalogue;
#[path = "../service/load.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod load;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use load::{Job, post, run};
use serde_json::{Value, json};

const REELPORT: &str = env!("CARGO_BIN_EXE_reelport");
const SECRET: &str = "a secret for benchmarks, of 32 bytes and more";
/// Each request is measured this many times in each catalogue, in turn.
const ROUNDS: usize = 5;

struct Server {
    child: Child,
    address: String,
    authorization: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reelport(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(REELPORT)
        .args(arguments)
        .env("REELPORT_JWT_SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("reelport starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "reelport {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

impl Server {
    fn start(url: &str) -> Self {
        let mut command = Command::new(REELPORT);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", url, "--log", "warn"])
            .args(["--jwt-secret", SECRET])
            .env("REELPORT_ADMIN_PASSWORD", "for benchmarks only");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a server starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("its first line");
        let address = line.split("http://").nth(1).map(|rest| rest.trim().to_owned());
        std::thread::spawn(move || for _ in output.lines() {});
        let email = "admin@reelport.local";
        let token = reelport(&["token", "--database-url", url, "--email", email], "");
        Self {
            child,
            address: address.unwrap_or_else(|| panic!("no address in {line:?}")),
            authorization: format!("authorization: Bearer {}\r\n", token.trim()),
        }
    }
}

/// The requests, by name. `title` is a title and `person` a name that the catalogue has.
fn queries(title: &str, person: &str) -> Vec<(&'static str, String)> {
    let list = |arguments: &str| {
        format!(
            "{{ movies({arguments}) {{ totalCount nodes {{ id title completeness {{ present }} }} }} }}"
        )
    };
    let people = |search: &str| {
        format!("{{ people(filter: {{search: {search:?}}}) {{ totalCount nodes {{ id name }} }} }}")
    };
    let middle = URL_SAFE_NO_PAD.encode("title\n\nm");
    vec![
        ("movies, first page", list("first: 20")),
        ("movies, deep page", list(&format!("first: 20, after: {middle:?}"))),
        ("missing TRIVIA", list("filter: {missing: [TRIVIA]}")),
        ("missing TRIVIA, newest", list("filter: {missing: [TRIVIA]}, orderBy: {field: UPDATED, direction: DESC}")),
        ("hasDraft TRIVIA", list("filter: {hasDraft: [TRIVIA]}")),
        (
            "awards by a model",
            list("filter: {written: {categories: [AWARDS], source: LLM_GENERATED}}"),
        ),
        (
            "awards before 2025",
            list("filter: {written: {categories: [AWARDS], until: \"2025-01-01T00:00:00Z\"}}"),
        ),
        ("year and status", list("filter: {yearFrom: 1990, yearTo: 1999, status: PLANNED}")),
        ("title search, one title", list(&format!("filter: {{search: {title:?}}}"))),
        ("title search, a word", list("filter: {search: \"bado\"}")),
        ("title search, \"the\"", list("filter: {search: \"the\"}")),
        ("title search, 2 characters", list("filter: {search: \"zu\"}")),
        ("title search, nothing", list("filter: {search: \"qqxq\"}")),
        ("people search, one name", people(person)),
        ("people search, a part", people("adob")),
        ("people search, 2 characters", people("ba")),
        ("statistics", "{ catalogStatistics { movies published drafts { total } categories { published empty publishedBySource { count } } } }".to_owned()),
    ]
}

/// One import that changes one fact.
fn import(authorization: &str) -> Job {
    let authorization = authorization.to_owned();
    Job::each(move |number| {
        let mut items: Vec<Value> = (1..10)
            .map(|fact| json!({ "text": format!("Fact {fact}: {}", "z".repeat(140)) }))
            .collect();
        let time = format!("For the {number}th time.");
        items.push(json!({ "text": "A fact that changes.", "explanation": time }));
        let body = json!({
            "category": "trivia", "movie_id": "bench-import", "data": { "items": items },
        });
        let path = "/api/v1/admin/movies/bench-import/import/trivia";
        post(path, &authorization, &body.to_string())
    })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn on_database(name: &str, urls: &[(usize, String)]) {
    println!("\n== {name}");
    let mut servers = Vec::new();
    for (movies, url) in urls {
        let start = Instant::now();
        reelport(&["migrate", "--database-url", url], "");
        catalogue::fill(url, *movies).await;
        let filled = start.elapsed();
        let seed = json!({ "category": "basic_info", "movie_id": "bench-import", "data": { "title": "Import" } });
        reelport(&["import", "--database-url", url, "-"], &format!("{seed}\n"));
        catalogue::analyze(url).await;
        servers.push(Server::start(url));
        println!(
            "{movies} movies: filled in {filled:.0?}, opened in {:.0?}",
            start.elapsed().saturating_sub(filled)
        );
    }
    let time = Duration::from_secs_f64(
        std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0.5),
    );
    let mut names: Vec<(&str, Option<String>)> =
        queries(&catalogue::title(1_234), &catalogue::person(1_234))
            .into_iter()
            .map(|(name, query)| (name, Some(query)))
            .collect();
    names.push(("one import", None));
    println!("p50 in ms and CPU in µs for each size, and the ratios of the last size to the first");
    for (name, query) in names {
        let mut latencies = vec![Vec::new(); servers.len()];
        let mut cpu = vec![Vec::new(); servers.len()];
        for _ in 0..ROUNDS {
            for (place, server) in servers.iter().enumerate() {
                let job = match &query {
                    Some(query) => Job::same(post(
                        "/graphql",
                        &server.authorization,
                        &json!({ "query": query }).to_string(),
                    )),
                    None => import(&server.authorization),
                };
                let measure = run(&server.address, server.child.id(), vec![job], time).await;
                latencies[place].push(measure.percentile(0.5));
                cpu[place].push(measure.cpu_each().as_secs_f64() * 1e6);
            }
        }
        let latencies: Vec<f64> = latencies.into_iter().map(median).collect();
        let cpu: Vec<f64> = cpu.into_iter().map(median).collect();
        let figures: Vec<String> = latencies
            .iter()
            .zip(&cpu)
            .map(|(latency, cpu)| format!("{latency:>8.2} {cpu:>7.0}"))
            .collect();
        let ratio =
            |figures: &[f64]| figures.last().unwrap_or(&0.0) / figures.first().unwrap_or(&1.0);
        println!(
            "{name:<30} {}   {:>5.2} {:>5.2}",
            figures.join("  "),
            ratio(&latencies),
            ratio(&cpu)
        );
    }
}

#[tokio::main]
async fn main() {
    let sizes = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "3000,30000,300000".to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.parse().expect("a number")).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = |size: &usize| {
        (*size, format!("sqlite://{}", folder.path().join(format!("{size}.db")).display()))
    };
    on_database("SQLite", &sizes.iter().map(url).collect::<Vec<_>>()).await;
    let Ok(server) = std::env::var("REELPORT_TEST_POSTGRES_URL") else {
        println!("\nREELPORT_TEST_POSTGRES_URL is not set, so PostgreSQL is not measured");
        return;
    };
    let mut urls = Vec::new();
    for size in sizes {
        urls.push((size, catalogue::new_database(&server, size).await));
    }
    on_database("PostgreSQL", &urls).await;
}
