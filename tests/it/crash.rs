//! Processes killed at random moments: acknowledged writes are stored, nothing is stored in part,
//! the next start needs no repair, and an unanswered request can be repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::on_both_databases;
use crate::support::command::{Ran, reelport};
use crate::support::database::rows;
use crate::support::server::Server;
use crate::support::{Client, envelope, fixtures};

const WRITERS: usize = 6;

/// The number of kills per test; `REELPORT_CRASH_ROUNDS` overrides it.
fn rounds() -> usize {
    std::env::var("REELPORT_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// A reproducible random generator: `REELPORT_CRASH_SEED` is the seed that a failed test printed.
fn random() -> StdRng {
    let seed = std::env::var("REELPORT_CRASH_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("REELPORT_CRASH_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// A request that can be repeated until it is answered.
#[derive(Debug, Clone)]
struct RepeatableRequest {
    path: String,
    body: Value,
    key: String,
    /// The text that the request adds; `None` for a publication.
    fact: Option<String>,
}

impl RepeatableRequest {
    /// The `number`th request of a writer: imports, some of them into the draft, and publications.
    fn new(round: usize, writer: usize, number: usize) -> Self {
        let key = format!("{round}-{writer}-{number}");
        let fact = format!("Fact {key}");
        let file = envelope("m", "trivia", json!({ "items": [{ "text": fact }] }));
        let (path, body, fact) = match (writer, number % 3) {
            (0, 2) => ("publish/trivia", json!({}), None),
            (0 | 1, _) => ("import/trivia?target=draft", file, Some(fact)),
            _ => ("import/trivia", file, Some(fact)),
        };
        Self { path: format!("/api/v1/admin/movies/m/{path}"), body, key, fact }
    }

    /// The response; `None` if the server ended before it was complete.
    async fn send(&self, client: &Client) -> Option<Value> {
        let request = client.request(reqwest::Method::POST, &self.path).json(&self.body);
        let response = request.header("Idempotency-Key", &self.key).send().await.ok()?;
        let status = response.status();
        let answer: Value = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        let is_expected = status.is_success() || answer["code"] == "NO_DRAFT";
        assert!(is_expected, "{self:?}: {answer}");
        Some(answer)
    }
}

/// The answered requests of one writer, and the one without an answer.
struct WriterResult {
    answered: Vec<(RepeatableRequest, Value)>,
    unanswered: RepeatableRequest,
}

/// Sends one request after another until one is not answered.
async fn write(
    client: Client,
    round: usize,
    writer: usize,
    count: Arc<AtomicUsize>,
) -> WriterResult {
    let mut answered = Vec::new();
    loop {
        let request = RepeatableRequest::new(round, writer, answered.len());
        match request.send(&client).await {
            Some(answer) => {
                count.fetch_add(1, Ordering::Relaxed);
                answered.push((request, answer));
            }
            None => return WriterResult { answered, unanswered: request },
        }
    }
}

/// The texts of all items of a trivia document, published or of the draft.
async fn facts(client: &Client, stage: &str) -> Vec<String> {
    let reply = client.get(&format!("/api/v1/admin/movies/m/export/trivia?stage={stage}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let export = reply.json();
    let items = export["data"]["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

/// Waits until that many requests of a round were answered, and then for `moment`. A writer that
/// ends before the server does has failed.
async fn wait_for(
    writers: &[JoinHandle<WriterResult>],
    count: &AtomicUsize,
    answers: usize,
    moment: Duration,
) {
    while count.load(Ordering::Relaxed) < answers && !writers.iter().any(JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(moment).await;
}

on_both_databases! {
    async fn acknowledged_writes_survive_a_killed_server(app: TestApp) {
        let mut random = random();
        app.movie("m").await;
        let mut known: Vec<String> = Vec::new();
        for round in 0..rounds() {
            let server = Server::on(&app.database).await;
            let count = Arc::new(AtomicUsize::new(0));
            let writers = (0..WRITERS).map(|writer| {
                tokio::spawn(write(server.client.clone(), round, writer, Arc::clone(&count)))
            });
            let writers: Vec<_> = writers.collect();
            wait_for(
                &writers,
                &count,
                random.random_range(0..40),
                Duration::from_micros(random.random_range(0..8_000)),
            )
            .await;
            server.kill().await;
            let written: Vec<WriterResult> =
                join_all(writers).await.into_iter().map(Result::unwrap).collect();

            // The next start needs no repair and finds no incomplete writes.
            let server = Server::on(&app.database).await;
            app.assert_consistent().await;
            let both =
                [facts(&server.client, "published").await, facts(&server.client, "draft").await]
                    .concat();
            for (request, answer) in written.iter().flat_map(|of_one| &of_one.answered) {
                known.extend(request.fact.clone());
                assert!(
                    request.fact.as_ref().is_none_or(|fact| both.contains(fact)),
                    "round {round}: {request:?} is lost: {answer}"
                );
                // The request is also known by its idempotency key.
                assert_eq!(
                    request.send(&server.client).await.as_ref(),
                    Some(answer),
                    "round {round}: {request:?}"
                );
            }
            // An unanswered request may or may not be stored; repeated, it is stored once.
            for WriterResult { unanswered, .. } in &written {
                let first = unanswered.send(&server.client).await.unwrap();
                assert_eq!(unanswered.send(&server.client).await, Some(first), "round {round}");
                known.extend(unanswered.fact.clone());
            }
            server.stop().await;
        }
        let admin = app.admin();
        admin.post("/api/v1/admin/movies/m/publish/trivia", &json!({})).await;
        app.assert_consistent().await;
        let mut all = facts(&admin, "published").await;
        all.sort();
        known.sort();
        assert_eq!(all, known);
        // Each request was logged exactly once.
        let imports = rows(&app.database.url, "imports").await;
        let unchanged = imports
            .iter()
            .filter(|row| row["operation"] == "import" && row["status"] == "unchanged");
        assert_eq!(unchanged.count(), 0);
    }

    async fn a_killed_bulk_import_stores_complete_documents_and_can_be_repeated(app: TestApp) {
        const MOVIES: usize = 60;
        let mut random = random();
        let folder = app.database.folder.path();
        let mut whole = Duration::ZERO;
        for round in 0..=rounds() {
            let envelopes: Vec<Value> = (0..MOVIES)
                .flat_map(|movie| {
                    fixtures::all_categories().into_iter().map(move |(category, data)| {
                        envelope(&format!("movie-{round}-{movie}"), category, data)
                    })
                })
                .collect();
            let lines: Vec<String> =
                envelopes.iter().map(|envelope| format!("{envelope}\n")).collect();
            let file = folder.join("catalogue.ndjson");
            std::fs::write(&file, lines.concat()).unwrap();
            let import = ["import", file.to_str().unwrap()];
            if round == 0 {
                // The time of an import without a kill.
                let start = Instant::now();
                app.command(&import).await.ok();
                whole = start.elapsed();
                continue;
            }
            let mut child = reelport(folder, &app.database.url, &import).spawn().unwrap();
            tokio::time::sleep(whole.mul_f64(random.random_range(0.1..1.0))).await;
            // The import may have ended before the kill.
            let _ = child.start_kill();
            child.wait().await.unwrap();
            app.command(&["migrate"]).await.ok();

            let there = rows(&app.database.url, "documents").await;
            let of_round = format!("movie-{round}-");
            let there: Vec<&Value> = there
                .iter()
                .filter(|row| row["movie_id"].as_str().unwrap().starts_with(&of_round))
                .collect();
            for row in &there {
                let sent = fixtures::all_categories()
                    .into_iter()
                    .find(|(category, _)| row["category"] == *category)
                    .unwrap()
                    .1;
                let body: Value = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
                assert_eq!(fixtures::facts(&body), fixtures::facts(&sent), "{row}");
            }
            let (count, rest) = (there.len(), envelopes.len() - there.len());
            println!("round {round}: {count} of {} were in", envelopes.len());
            let Ran { stdout, .. } = app.command(&import).await.ok();
            assert!(
                stdout.starts_with(&format!("{rest} published, {count} unchanged, 0 failed")),
                "{count}: {stdout}"
            );
        }
        let movies = rows(&app.database.url, "movies").await.len();
        assert_eq!(movies, MOVIES * (rounds() + 1));
        let people = rows(&app.database.url, "entities")
            .await
            .iter()
            .filter(|row| row["kind"] == "person")
            .count();
        assert_eq!(people, 5);
    }
}
