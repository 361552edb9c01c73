//! Hostile requests to a server process, while exports and `/healthz` are measured.
//!
//! `make attacks` runs it. For each attack it prints the latencies of exports and `/healthz` next
//! to those without an attack, the CPU time of the server for each hostile request, its peak
//! memory, and the statuses of the responses. Every attack is limited in requests and in time. The
//! exit status is 1 if an export or `/healthz` was slower than [`SLOWDOWN`] times its p99 without
//! an attack (and slower than [`NOTICEABLE`]), or if the server did not stop when it was asked to.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod hostile;
mod probe;
mod server;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use probe::{Latencies, sample};
use server::Server;

/// The largest allowed factor between latencies with and without an attack.
const SLOWDOWN: f64 = 10.0;
/// Latencies below this are always accepted.
const NOTICEABLE: Duration = Duration::from_millis(100);
/// The duration of the measurement without an attack.
const QUIET: Duration = Duration::from_secs(5);
/// The maximum duration of one attack.
const LONGEST: Duration = Duration::from_secs(8);
/// The time in which a server must stop: its grace period and a margin.
const STOPS_WITHIN: Duration = Duration::from_secs(13);

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    let quiet = sample(&server, tokio::time::sleep(QUIET)).await.0;
    println!("{:<44} {quiet}", "without an attack");
    let mut failures = Vec::new();
    for attack in hostile::all(&server) {
        server.reset_peak_memory();
        let cpu = server.cpu();
        let (latencies, answers) = sample(&server, attack.run(&server.address, LONGEST)).await;
        let cpu = server.cpu().saturating_sub(cpu).saturating_sub(latencies.cost(&quiet));
        println!("{:<44} {latencies}", attack.name);
        println!(
            "    {:>4} requests  {:>8.1} ms CPU each  {:>5} MiB at the peak  {}",
            answers.sent,
            cpu.as_secs_f64() * 1e3 / f64::from(answers.sent.max(1)),
            server.peak_memory(),
            answers.summary(),
        );
        for (name, slow) in too_slow(&quiet, &latencies) {
            failures.push(format!("{}: {name} {slow:?} at the 99th percentile", attack.name));
        }
    }
    let busy = tokio::spawn({
        let address = server.address.clone();
        let attack = hostile::most_expensive(&server);
        async move { attack.run(&address, LONGEST).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    let has_stopped = server.stop(STOPS_WITHIN);
    println!("SIGTERM under attack: ended after {:.1} s", start.elapsed().as_secs_f64());
    if !has_stopped {
        failures.push("the server did not stop".to_owned());
    }
    busy.abort();
    for failure in &failures {
        println!("FAILED {failure}");
    }
    ExitCode::from(u8::from(!failures.is_empty()))
}

fn too_slow(quiet: &Latencies, now: &Latencies) -> Vec<(&'static str, Duration)> {
    let pairs = [
        ("/healthz", quiet.health_p99(), now.health_p99()),
        ("export", quiet.export_p99(), now.export_p99()),
    ];
    let limit = |before: Duration| before.mul_f64(SLOWDOWN).max(NOTICEABLE);
    let slow = pairs.into_iter().filter(|(_, before, now)| *now > limit(*before));
    slow.map(|(name, _, now)| (name, now)).collect()
}
