//! Exports and imports compared with another build of the service. `BENCH_BEFORE=PATH` names the
//! other binary.

use std::time::Duration;

use super::load::{Job, Measure, get, post, run};
use super::{
    CONNECTIONS, MOVIE, REELPORT, Server, TYPED, authorization, graphql, imports, reelport,
    seconds, seed, yardsticks,
};

/// Both builds are measured alternately this many times, so that load on the machine affects both.
const ROUNDS: usize = 7;

/// What is compared.
const ROWS: [&str; 3] = ["(a) GraphQL typed", "(b) REST export", "(d) import"];

/// The requests of a row.
fn jobs(row: usize, auth: &str) -> Vec<Job> {
    let export = format!("/api/v1/admin/movies/{MOVIE}/export/cast-crew");
    match row {
        0 => vec![Job::same(post("/graphql", auth, &graphql(TYPED))); CONNECTIONS],
        1 => vec![Job::same(get(&export, auth)); CONNECTIONS],
        _ => imports(auth),
    }
}

/// One build of the service with a database of its own.
struct Side {
    binary: String,
    url: String,
    rates: [Vec<f64>; ROWS.len()],
    cpu: [Vec<f64>; ROWS.len()],
}

impl Side {
    fn new(binary: &str, url: String) -> Self {
        reelport(binary, &["import", "--database-url", &url, "-"], &seed());
        Self { binary: binary.to_owned(), url, rates: Default::default(), cpu: Default::default() }
    }

    async fn measure(&mut self, row: usize, time: Duration) {
        let server = Server::reelport(&self.binary, &self.url);
        let auth = authorization(&self.binary, &self.url);
        let measure: Measure =
            run(&server.address, server.child.id(), jobs(row, &auth), time).await;
        self.rates[row].push(measure.rate());
        self.cpu[row].push(measure.cpu_each().as_secs_f64() * 1e6);
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The median of the ratios of the rounds: external load affects both builds of a round.
fn ratio(over: &[f64], under: &[f64]) -> f64 {
    let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
    median(&ratios)
}

async fn on_database(name: &str, before: String, now: String, binary: &str) {
    let (mut before, mut now) = (Side::new(binary, before), Side::new(REELPORT, now));
    for _ in 0..ROUNDS {
        for row in 0..ROWS.len() {
            before.measure(row, seconds()).await;
            now.measure(row, seconds()).await;
        }
    }
    println!("\n== {name}, medians of {ROUNDS}");
    for (row, name) in ROWS.iter().enumerate() {
        for (build, side) in [("before", &before), ("now", &now)] {
            println!(
                "{name:<20} {build:<8} {:>8.0}/s {:>6.0} µs CPU each",
                median(&side.rates[row]),
                median(&side.cpu[row])
            );
        }
        println!(
            "  relative to before: rate {:.2}, CPU of the service {:.2}",
            ratio(&now.rates[row], &before.rates[row]),
            ratio(&now.cpu[row], &before.cpu[row])
        );
    }
}

/// Compares both builds on each available database.
pub async fn compare(binary: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    on_database("SQLite", file("before.db"), file("now.db"), binary).await;
    if let Ok(server) = std::env::var("REELPORT_TEST_POSTGRES_URL") {
        let before = yardsticks::new_database(&server, "before").await;
        let now = yardsticks::new_database(&server, "now").await;
        on_database("PostgreSQL", before, now, binary).await;
    }
}
