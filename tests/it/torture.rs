//! A long stress test: many writers, a server that is killed repeatedly, and a database that
//! restarts or a disk that fills up. Afterwards no acknowledged write is lost, duplicated or
//! incomplete. `scripts/torture` runs it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::Rng as _;
use reelport::catalog::access::Role;
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::command::reelport;
use crate::support::database::TestDatabase;
use crate::support::disk::Disk;
use crate::support::{Client, SECRET, TestApp, envelope, token};

fn setting(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The number of movies that the writers use.
const MOVIES: usize = 20;
/// The longest time for which a write or a start of the server is repeated.
const RETRY_LIMIT: Duration = Duration::from_mins(15);
/// The longest time that a server runs before it is killed.
const MAX_ROUND: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Counts {
    acknowledged: AtomicUsize,
    unanswered: AtomicUsize,
    unavailable: AtomicUsize,
    refused: AtomicUsize,
}

/// The facts of one writer.
#[derive(Default)]
struct WriterFacts {
    acknowledged: Vec<String>,
    /// Sent once or more without a response, and then abandoned.
    open: Vec<String>,
}

/// Sends one fact after another until `stop` is set.
async fn write(
    client: Client,
    writer: usize,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
) -> WriterFacts {
    let mut known = WriterFacts::default();
    let movie = format!("m-{}", writer % MOVIES);
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let fact = format!("Fact {writer}-{number}");
        let file = envelope(&movie, "trivia", json!({ "items": [{ "text": fact }] }));
        let path = format!("/api/v1/admin/movies/{movie}/import/trivia");
        let gives_up = rand::rng().random_bool(0.1);
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < RETRY_LIMIT, "{fact} is not answered");
            let request = client.request(reqwest::Method::POST, &path).json(&file);
            let request = request.header("Idempotency-Key", &fact).timeout(Duration::from_mins(1));
            let status = match request.send().await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    // An incomplete response does not count.
                    response.bytes().await.map(|body| (status, body)).ok()
                }
                Err(_) => None,
            };
            match status {
                Some((200, _)) => {
                    counts.acknowledged.fetch_add(1, Ordering::Relaxed);
                    known.acknowledged.push(fact);
                    break;
                }
                Some((503, _)) => counts.unavailable.fetch_add(1, Ordering::Relaxed),
                Some((status, body)) => {
                    println!("{status}: {}", String::from_utf8_lossy(&body));
                    counts.refused.fetch_add(1, Ordering::Relaxed)
                }
                None => counts.unanswered.fetch_add(1, Ordering::Relaxed),
            };
            if gives_up {
                known.open.push(fact);
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    known
}

/// Starts the server, repeatedly if it ends at once: it cannot start while the database is
/// unavailable.
async fn start(database: &TestDatabase, address: SocketAddr) -> tokio::process::Child {
    let listen = address.to_string();
    let client = Client::new(address);
    let begin = Instant::now();
    loop {
        assert!(begin.elapsed() < RETRY_LIMIT, "the server does not start");
        let mut command =
            reelport(database.folder.path(), &database.url, &["serve", "--listen", &listen]);
        command.env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            let alive = client.request(reqwest::Method::GET, "/healthz");
            if alive.timeout(Duration::from_secs(5)).send().await.is_ok() {
                return child;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A disturbance of the database that is repeated during the test.
trait Disturbance {
    fn cause(&self);
    fn name(&self) -> &'static str;
}

impl Disturbance for Cluster {
    fn cause(&self) {
        self.restart(if rand::rng().random() { "fast" } else { "immediate" });
    }

    fn name(&self) -> &'static str {
        "restarts of PostgreSQL"
    }
}

impl Disturbance for Disk {
    fn cause(&self) {
        self.fill();
        std::thread::sleep(Duration::from_millis(400));
        self.empty();
    }

    fn name(&self) -> &'static str {
        "times without space"
    }
}

async fn torture(database: TestDatabase, disturbance: Option<Box<dyn Disturbance + Send>>) {
    let (writers, kills) =
        (setting("REELPORT_TORTURE_WRITERS", 100), setting("REELPORT_TORTURE_KILLS", 25));
    let begin = Instant::now();
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    let mut server = start(&database, address).await;
    for movie in 0..MOVIES {
        let query =
            "mutation($id: ID!) { createMovie(input: {id: $id, title: \"A\"}) { movie { id } } }";
        client.graphql(query, json!({ "id": format!("m-{movie}") })).await;
    }
    let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            tokio::spawn(write(client.clone(), writer, Arc::clone(&stop), Arc::clone(&counts)))
        })
        .collect();
    let quiet = Arc::new(AtomicBool::new(false));
    let (name, troubles) = match disturbance {
        Some(disturbance) => {
            let quiet = Arc::clone(&quiet);
            let name = disturbance.name();
            let task = tokio::task::spawn_blocking(move || {
                let mut count = 0;
                while !quiet.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(
                        rand::rng().random_range(1_000..4_000),
                    ));
                    disturbance.cause();
                    count += 1;
                }
                (count, disturbance)
            });
            (name, Some(task))
        }
        None => ("troubles", None),
    };
    for _ in 0..kills {
        // Some requests must be answered, even on a slow machine.
        let before = counts.acknowledged.load(Ordering::Relaxed);
        let round = Instant::now();
        while counts.acknowledged.load(Ordering::Relaxed) < before + writers / 4
            && round.elapsed() < MAX_ROUND
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let moment = rand::rng().random_range(0..500);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill().await.unwrap();
        server = start(&database, address).await;
    }
    quiet.store(true, Ordering::Relaxed);
    let ended = match troubles {
        Some(task) => Some(task.await.unwrap()),
        None => None,
    };
    stop.store(true, Ordering::Relaxed);
    let known: Vec<WriterFacts> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();

    let mut stored: HashMap<String, usize> = HashMap::new();
    for movie in 0..MOVIES {
        let export = client.export(&format!("m-{movie}"), "trivia").await;
        for item in export["data"]["items"].as_array().unwrap_or(&Vec::new()) {
            *stored.entry(item["text"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    server.kill().await.unwrap();
    let twice = stored.values().filter(|count| **count > 1).count();
    let acknowledged: Vec<&String> = known.iter().flat_map(|known| &known.acknowledged).collect();
    let lost = acknowledged.iter().filter(|fact| !stored.contains_key(**fact)).count();
    let open: Vec<&String> = known.iter().flat_map(|known| &known.open).collect();
    let made = open.iter().filter(|fact| stored.contains_key(**fact)).count();
    let (app, whole) = (TestApp::on(database).await, Instant::now());
    app.assert_consistent().await;
    println!(
        "{writers} writers, {kills} kills, {} {name}, {} s: {} acknowledged, {lost} of them lost, \
         {twice} stored twice, 0 half there ({} s to check); {} given up without an answer, {made} of them \
         stored; {} times no answer, {} times 503, {} times another error",
        ended.as_ref().map_or(0, |(count, _)| *count),
        begin.elapsed().as_secs(),
        acknowledged.len(),
        whole.elapsed().as_secs(),
        open.len(),
        counts.unanswered.load(Ordering::Relaxed),
        counts.unavailable.load(Ordering::Relaxed),
        counts.refused.load(Ordering::Relaxed),
    );
    assert_eq!((lost, twice), (0, 0));
    assert_eq!(stored.len(), acknowledged.len() + made);
    assert_eq!(counts.refused.load(Ordering::Relaxed), 0);
    assert!(acknowledged.len() > writers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: scripts/torture runs it"]
async fn writes_survive_postgres_restarts() {
    let cluster = Cluster::start();
    let database = TestDatabase { url: cluster.url(), folder: tempfile::tempdir().unwrap() };
    torture(database, Some(Box::new(cluster))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: scripts/torture runs it"]
async fn writes_survive_a_full_disk_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::mount(folder.path(), "64m");
    if disk.is_none() {
        println!("a tmpfs cannot be mounted here: the disk does not fill");
    }
    let url = format!("sqlite://{}", folder.path().join("reelport.db").display());
    let database = TestDatabase { url, folder: tempfile::tempdir().unwrap() };
    let disturbance = disk.map(|disk| Box::new(disk) as Box<dyn Disturbance + Send>);
    torture(database, disturbance).await;
    drop(folder);
}
