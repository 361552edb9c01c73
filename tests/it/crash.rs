//! Killed at any moment: what was acknowledged is there and whole, nothing is half there, the next
//! start needs no help, and whoever got no answer may ask again.

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

/// How often each is killed; `REELPORT_CRASH_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("REELPORT_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Chance that can be had again: `REELPORT_CRASH_SEED` is what a failed test printed.
fn chance() -> StdRng {
    let seed = std::env::var("REELPORT_CRASH_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("REELPORT_CRASH_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// A request that is sent until it is answered.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    body: Value,
    key: String,
    /// What it adds; a publication adds nothing of its own.
    fact: Option<String>,
}

impl Asked {
    /// The `number`th request of a writer: imports, some of them into the draft, and publications of it.
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

    /// The answer; `None` if the server ended before it came.
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

/// What one writer had answered, and what it did not.
struct Written {
    answered: Vec<(Asked, Value)>,
    unanswered: Asked,
}

/// Sends one request after another until one is not answered.
async fn write(client: Client, round: usize, writer: usize, count: Arc<AtomicUsize>) -> Written {
    let mut answered = Vec::new();
    loop {
        let asked = Asked::new(round, writer, answered.len());
        match asked.send(&client).await {
            Some(answer) => {
                count.fetch_add(1, Ordering::Relaxed);
                answered.push((asked, answer));
            }
            None => return Written { answered, unanswered: asked },
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

/// Waits until that many requests of a round were answered, and for a moment more. A writer that has ended
/// before the server did has failed.
async fn wait_for(
    writers: &[JoinHandle<Written>],
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
    async fn whatever_was_acknowledged_outlives_a_killed_server(app: TestApp) {
        let mut chance = chance();
        app.movie("m").await;
        let mut known: Vec<String> = Vec::new();
        for round in 0..rounds() {
            let server = Server::on(&app.database).await;
            let count = Arc::new(AtomicUsize::new(0));
            let writers = (0..WRITERS).map(|writer| tokio::spawn(write(server.client.clone(), round, writer, Arc::clone(&count))));
            let writers: Vec<_> = writers.collect();
            wait_for(&writers, &count, chance.random_range(0..40), Duration::from_micros(chance.random_range(0..8_000))).await;
            server.kill().await;
            let written: Vec<Written> = join_all(writers).await.into_iter().map(Result::unwrap).collect();

            // The next start needs no help, and finds nothing half done.
            let server = Server::on(&app.database).await;
            app.assert_consistent().await;
            let both = [facts(&server.client, "published").await, facts(&server.client, "draft").await].concat();
            for (asked, answer) in written.iter().flat_map(|of_one| &of_one.answered) {
                known.extend(asked.fact.clone());
                assert!(asked.fact.as_ref().is_none_or(|fact| both.contains(fact)), "round {round}: {asked:?} is lost: {answer}");
                // It is known by its key, too.
                assert_eq!(asked.send(&server.client).await.as_ref(), Some(answer), "round {round}: {asked:?}");
            }
            // Of what was not answered nobody knows whether it was done; asked again, it is done once.
            for Written { unanswered, .. } in &written {
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
        // None was done twice: each request has one record.
        let imports = rows(&app.database.url, "imports").await;
        let unchanged = imports.iter().filter(|row| row["operation"] == "import" && row["status"] == "unchanged");
        assert_eq!(unchanged.count(), 0);
    }

    async fn a_killed_bulk_import_leaves_whole_documents_and_is_finished_by_the_next(app: TestApp) {
        const MOVIES: usize = 60;
        let mut chance = chance();
        let folder = app.database.folder.path();
        let mut whole = Duration::ZERO;
        for round in 0..=rounds() {
            let envelopes: Vec<Value> = (0..MOVIES)
                .flat_map(|movie| fixtures::all_categories().into_iter().map(move |(category, data)| {
                    envelope(&format!("movie-{round}-{movie}"), category, data)
                }))
                .collect();
            let lines: Vec<String> = envelopes.iter().map(|envelope| format!("{envelope}\n")).collect();
            let file = folder.join("catalogue.ndjson");
            std::fs::write(&file, lines.concat()).unwrap();
            let import = ["import", file.to_str().unwrap()];
            if round == 0 {
                // How long it takes if nobody kills it.
                let start = Instant::now();
                app.command(&import).await.ok();
                whole = start.elapsed();
                continue;
            }
            let mut child = reelport(folder, &app.database.url, &import).spawn().unwrap();
            tokio::time::sleep(whole.mul_f64(chance.random_range(0.1..1.0))).await;
            // It may have ended by itself.
            let _ = child.start_kill();
            child.wait().await.unwrap();
            app.command(&["migrate"]).await.ok();

            let there = rows(&app.database.url, "documents").await;
            let of_round = format!("movie-{round}-");
            let there: Vec<&Value> = there.iter().filter(|row| row["movie_id"].as_str().unwrap().starts_with(&of_round)).collect();
            for row in &there {
                let sent = fixtures::all_categories().into_iter().find(|(category, _)| row["category"] == *category).unwrap().1;
                let body: Value = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
                assert_eq!(fixtures::facts(&body), fixtures::facts(&sent), "{row}");
            }
            let (count, rest) = (there.len(), envelopes.len() - there.len());
            println!("round {round}: {count} of {} were in", envelopes.len());
            let Ran { stdout, .. } = app.command(&import).await.ok();
            assert!(stdout.starts_with(&format!("{rest} published, {count} unchanged, 0 failed")), "{count}: {stdout}");
        }
        let movies = rows(&app.database.url, "movies").await.len();
        assert_eq!(movies, MOVIES * (rounds() + 1));
        let people = rows(&app.database.url, "entities").await.iter().filter(|row| row["kind"] == "person").count();
        assert_eq!(people, 5);
    }
}
