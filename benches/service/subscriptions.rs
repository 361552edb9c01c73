//! The cost of idle subscriptions: memory of the service, and exports beside them.
//! `BENCH_SUBSCRIPTIONS=N` measures only this.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::load::{Job, get, run};
use super::{CONNECTIONS, MOVIE, REELPORT, Server, authorization, reelport, seconds, seed};

/// Both servers are measured alternately this many times.
const ROUNDS: usize = 9;
/// The subscriptions of one account. The service allows 256 connections for each.
const PER_ACCOUNT: usize = 200;

/// The resident memory of a process, in bytes, from /proc (Linux).
fn memory_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// Opens a subscription and answers pings until the task is dropped.
async fn subscribe(address: String, token: String, tasks: &mut JoinSet<()>) {
    let mut request = format!("ws://{address}/graphql").into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.expect("a WebSocket");
    for message in [
        json!({ "type": "connection_init", "payload": { "Authorization": token } }),
        json!({ "type": "subscribe", "id": "1",
            "payload": { "query": "subscription { changes { kind movieId category } }" } }),
        json!({ "type": "ping" }),
    ] {
        socket.send(Message::text(message.to_string())).await.expect("the server reads");
    }
    loop {
        let message = socket.next().await.expect("an answer").expect("a message");
        let text = message.to_text().unwrap_or_default();
        assert!(!text.contains("error"), "{text}");
        if text.contains("pong") {
            break;
        }
    }
    tasks.spawn(async move { while socket.next().await.is_some() {} });
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Measures exports of a server without and of a server with `count` idle subscriptions.
pub async fn measure(count: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let urls = [url("without.db"), url("with.db")];
    for url in &urls {
        reelport(REELPORT, &["import", "--database-url", url, "-"], &seed());
    }
    let servers = [Server::reelport(REELPORT, &urls[0]), Server::reelport(REELPORT, &urls[1])];
    let auths = [authorization(REELPORT, &urls[0]), authorization(REELPORT, &urls[1])];
    let path = format!("/api/v1/admin/movies/{MOVIE}/export/cast-crew");
    let exports = async |side: usize, time: Duration| {
        let jobs = vec![Job::same(get(&path, &auths[side])); CONNECTIONS];
        run(&servers[side].address, servers[side].child.id(), jobs, time).await
    };
    // Memory of caches and buffers of exports is not that of subscriptions.
    for side in 0..servers.len() {
        exports(side, Duration::from_secs(1)).await;
    }
    let pid = servers[1].child.id();
    let before = memory_of(pid);
    let mut tasks = JoinSet::new();
    let mut token = String::new();
    for number in 0..count {
        if number % PER_ACCOUNT == 0 {
            let email = format!("{number}@example.com");
            let (database, account) = (["--database-url", &urls[1]], ["--email", &email]);
            let password = ["--role", "viewer", "--password", "for benchmarks"];
            let create = [&["user"][..], &database, &["create"], &account, &password].concat();
            reelport(REELPORT, &create, "");
            let made = reelport(REELPORT, &[&["token"][..], &database, &account].concat(), "");
            token = format!("Bearer {}", made.trim());
        }
        subscribe(servers[1].address.clone(), token.clone(), &mut tasks).await;
    }
    let after = memory_of(pid);
    let (mut rates, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (without, with) = (exports(0, seconds()).await, exports(1, seconds()).await);
        rates.push(with.rate() / without.rate());
        cpu.push(with.cpu_each().as_secs_f64() / without.cpu_each().as_secs_f64());
    }
    assert_eq!(tasks.len(), count);
    println!(
        "{count} idle subscriptions: {:.1} MiB, {:.1} KiB each",
        (after.saturating_sub(before)) as f64 / f64::from(1 << 20),
        (after.saturating_sub(before)) as f64 / 1024.0 / count as f64
    );
    println!(
        "  exports beside them, relative to without (medians of {ROUNDS}): rate {:.2}, CPU {:.2}",
        median(&mut rates),
        median(&mut cpu)
    );
}
