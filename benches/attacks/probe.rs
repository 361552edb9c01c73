//! The latencies of an honest client during an attack.

use std::fmt;
use std::time::{Duration, Instant};

use crate::server::Server;

/// The pause between two requests of the honest client.
const PAUSE: Duration = Duration::from_millis(20);
/// The timeout of the honest client.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sorted latencies.
pub struct Latencies {
    health: Vec<Duration>,
    export: Vec<Duration>,
    failed: usize,
    /// The CPU time of the server during the measurement, and the duration of the measurement.
    cpu: Duration,
    elapsed: Duration,
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let index = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(index).copied().unwrap_or(TIMEOUT)
}

impl Latencies {
    pub fn health_p99(&self) -> Duration {
        percentile(&self.health, 0.99)
    }

    pub fn export_p99(&self) -> Duration {
        percentile(&self.export, 0.99)
    }

    /// The CPU time of the honest client's requests, estimated from the measurement without an
    /// attack.
    pub fn cost(&self, quiet: &Self) -> Duration {
        let requests = quiet.export.len().max(1) as f64;
        quiet.cpu.mul_f64(self.export.len() as f64 / requests)
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(
            f,
            "/healthz p99 {:>7.1} ms  export p50 {:>7.1} p99 {:>7.1} ms  {} answers, {} failed, {:.1} s",
            ms(self.health_p99()),
            ms(percentile(&self.export, 0.5)),
            ms(self.export_p99()),
            self.export.len(),
            self.failed,
            self.elapsed.as_secs_f64(),
        )
    }
}

/// Measures the latencies of `/healthz` and of an export until `attack` ends, and returns them with
/// the attack's result.
pub async fn sample<T>(server: &Server, attack: impl Future<Output = T>) -> (Latencies, T) {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let health =
        tokio::spawn(ask(format!("http://{}/healthz", server.address), None, stopped.clone()));
    let path = "/api/v1/admin/movies/attack-7/export/cast-crew";
    let url = format!("http://{}{path}", server.address);
    let export = tokio::spawn(ask(url, Some(server.admin.clone()), stopped));
    let (start, cpu) = (Instant::now(), server.cpu());
    let result = attack.await;
    let (elapsed, cpu) = (start.elapsed(), server.cpu().saturating_sub(cpu));
    let _ = stop.send(true);
    let (health, slow) = health.await.expect("the probe ends");
    let (export, failed) = export.await.expect("the probe ends");
    (Latencies { health, export, failed: failed + slow, cpu, elapsed }, result)
}

/// Repeats a request until stopped. Returns the sorted latencies and the number of failures.
async fn ask(
    url: String,
    authorization: Option<String>,
    stopped: tokio::sync::watch::Receiver<bool>,
) -> (Vec<Duration>, usize) {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().expect("a client");
    let (mut latencies, mut failed) = (Vec::new(), 0);
    while !*stopped.borrow() {
        let mut request = client.get(&url);
        if let Some(value) = &authorization {
            request = request.header("authorization", value);
        }
        let start = Instant::now();
        let answer = async { request.send().await?.error_for_status()?.bytes().await };
        if answer.await.is_err() {
            failed += 1;
        }
        latencies.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    latencies.sort();
    (latencies, failed)
}
