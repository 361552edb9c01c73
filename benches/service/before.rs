//! The cost of imports compared with another build of the service. `BENCH_BEFORE=PATH` names the
//! other binary.

use std::time::Duration;

use super::load::run;
use super::{REELPORT, Server, authorization, imports, reelport, seconds, seed, yardsticks};

/// Both builds are measured alternately this many times, so that load on the machine affects both.
const ROUNDS: usize = 7;

/// One build of the service with a database of its own.
struct Side {
    binary: String,
    url: String,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Side {
    fn new(binary: &str, url: String) -> Self {
        reelport(binary, &["import", "--database-url", &url, "-"], &seed());
        Self { binary: binary.to_owned(), url, rates: Vec::new(), cpu: Vec::new() }
    }

    async fn measure(&mut self, time: Duration) {
        let server = Server::reelport(&self.binary, &self.url);
        let auth = authorization(&self.binary, &self.url);
        let measure = run(&server.address, server.child.id(), imports(&auth), time).await;
        self.rates.push(measure.rate());
        self.cpu.push(measure.cpu_each().as_secs_f64() * 1e6);
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

async fn on_database(name: &str, before: String, now: String, binary: &str) {
    let (mut before, mut now) = (Side::new(binary, before), Side::new(REELPORT, now));
    for _ in 0..ROUNDS {
        before.measure(seconds()).await;
        now.measure(seconds()).await;
    }
    println!("\n== {name}, medians of {ROUNDS}");
    for (name, side) in [("before", &before), ("now", &now)] {
        println!(
            "(d) import {name:<8} {:>8.0}/s {:>6.0} µs CPU each",
            median(&side.rates),
            median(&side.cpu)
        );
    }
    // Ratios within a round: external load affects both builds of a round.
    let ratios: Vec<f64> =
        before.rates.iter().zip(&now.rates).map(|(before, now)| before / now).collect();
    println!("  time of an import, relative to before (target 1.5): {:.2}", median(&ratios));
    println!(
        "  CPU of the service, relative to before: {:.2}",
        median(&now.cpu) / median(&before.cpu)
    );
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
