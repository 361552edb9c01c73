//! A load generator: keep-alive connections that each send the next request after the response. It
//! has a small HTTP/1.1 reader of its own, so that it needs little CPU.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// The requests of one connection.
#[derive(Clone)]
pub enum Job {
    Same(Arc<Vec<u8>>),
    Each(Make),
}

impl Job {
    pub fn same(request: Vec<u8>) -> Self {
        Self::Same(Arc::new(request))
    }

    pub fn each(make: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Each(Arc::new(make))
    }
}

pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n").into_bytes()
}

pub fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

/// The result of a measurement.
pub struct Measure {
    latencies: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
    bytes: u64,
}

impl Measure {
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The CPU time of the server for each request.
    pub fn cpu_each(&self) -> Duration {
        self.cpu.div_f64(self.latencies.len().max(1) as f64)
    }

    /// A percentile of the latencies, in milliseconds.
    pub fn percentile(&self, part: f64) -> f64 {
        let index = ((self.latencies.len() as f64 - 1.0) * part) as usize;
        self.latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }

    pub fn row(&self, name: &str) -> String {
        let count = self.latencies.len().max(1);
        format!(
            "{name:<32} {:>8.0}/s   p50 {:>6.2} ms   p99 {:>6.2} ms   {:>6.0} µs CPU each   {:>6} bytes",
            self.rate(),
            self.percentile(0.5),
            self.percentile(0.99),
            self.cpu_each().as_secs_f64() * 1e6,
            self.bytes / count as u64,
        )
    }
}

/// The CPU time that a process has used, from /proc (Linux).
fn cpu_of(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 =
        [11, 12].iter().filter_map(|index| fields.get(*index)?.parse::<u64>().ok()).sum();
    // A tick is 10 ms on every common Linux.
    Duration::from_millis(ticks * 10)
}

/// Warms up briefly and then measures.
pub async fn run(address: &str, pid: u32, jobs: Vec<Job>, time: Duration) -> Measure {
    drive(address, &jobs, 0, Duration::from_millis(500)).await;
    let cpu = cpu_of(pid);
    let start = Instant::now();
    let (mut latencies, bytes) = drive(address, &jobs, 1_000_000, time).await;
    let elapsed = start.elapsed();
    let cpu = cpu_of(pid).saturating_sub(cpu);
    latencies.sort();
    Measure { latencies, elapsed, cpu, bytes }
}

async fn drive(address: &str, jobs: &[Job], first: u64, time: Duration) -> (Vec<Duration>, u64) {
    let end = Instant::now() + time;
    let connections = jobs.iter().cloned().map(|job| {
        let address = address.to_owned();
        tokio::spawn(async move { connection(&address, job, first, end).await })
    });
    let connections: Vec<_> = connections.collect();
    let (mut latencies, mut bytes) = (Vec::new(), 0);
    for connection in connections {
        let (times, size) = connection.await.expect("a connection ends well");
        latencies.extend(times);
        bytes += size;
    }
    (latencies, bytes)
}

async fn connection(address: &str, job: Job, first: u64, end: Instant) -> (Vec<Duration>, u64) {
    let mut stream = TcpStream::connect(address).await.expect("the server answers");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let mut buffer = Vec::with_capacity(256 * 1024);
    let (mut latencies, mut bytes, mut number) = (Vec::new(), 0, first);
    while Instant::now() < end {
        let start;
        match &job {
            Job::Same(request) => {
                start = Instant::now();
                stream.write_all(request).await.expect("the server reads");
            }
            Job::Each(make) => {
                let request = make(number);
                start = Instant::now();
                stream.write_all(&request).await.expect("the server reads");
            }
        }
        number += 1;
        bytes += answer(&mut stream, &mut buffer).await as u64;
        latencies.push(start.elapsed());
    }
    (latencies, bytes)
}

/// Reads one response and returns the length of its body. Any status but 200 ends the benchmark.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    let head = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end + 4;
        }
        read(stream, buffer).await;
    };
    let headers = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    match length {
        Some(length) => {
            while buffer.len() < head + length {
                read(stream, buffer).await;
            }
        }
        None => {
            while !buffer.ends_with(b"0\r\n\r\n") {
                read(stream, buffer).await;
            }
        }
    }
    let body = String::from_utf8_lossy(&buffer[head..buffer.len().min(head + 300)]);
    assert!(
        headers.starts_with("http/1.1 200") && !body.contains("\"errors\":[{"),
        "{headers}{body}"
    );
    buffer.len() - head
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    let read = stream.read_buf(buffer).await.expect("the server answers");
    assert!(read > 0, "the server closed the connection");
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
