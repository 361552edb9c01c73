//! Concurrent writers: no change is lost, mixed with another, or stored in part.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, execute, made_entities, rows};
use crate::support::server::Server;
use crate::support::{Client, TestApp, envelope};

/// A client of the server, and on `PostgreSQL` also one of a second server.
async fn servers(app: &TestApp) -> Vec<Client> {
    let mut clients = vec![app.admin()];
    if app.database.url.starts_with("postgres") {
        clients.push(app.replica().await);
    }
    clients
}

/// Runs `count` tasks at once, distributed over the clients.
async fn run_concurrently<T, R>(
    clients: &[Client],
    count: usize,
    work: impl Fn(Client, usize) -> R,
) -> Vec<T>
where
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks =
        (0..count).map(|index| tokio::spawn(work(clients[index % clients.len()].clone(), index)));
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// Server processes on the database: one on `SQLite`, two on `PostgreSQL`.
async fn processes(app: &TestApp) -> (Vec<Server>, Vec<Client>) {
    let mut servers = vec![Server::on(&app.database).await];
    if app.database.url.starts_with("postgres") {
        servers.push(Server::on(&app.database).await);
    }
    let clients = servers.iter().map(|server| server.client.clone()).collect();
    (servers, clients)
}

/// The numbers from 1 to `count`.
fn numbers_up_to(count: usize) -> Vec<i64> {
    (1..=i64::try_from(count).unwrap()).collect()
}

/// The texts of a trivia document's items.
fn facts(export: &Value) -> Vec<&str> {
    export["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["text"].as_str().unwrap())
        .collect()
}

on_both_databases! {
    async fn a_hundred_concurrent_writers_of_a_document_lose_nothing(app: TestApp) {
        const WRITERS: usize = 100;
        app.movie("tmdb-1").await;
        let (servers, clients) = processes(&app).await;
        let replies = run_concurrently(&clients, WRITERS, |client, index| async move {
            client
                .import(
                    "tmdb-1",
                    "trivia",
                    json!({ "items": [{ "text": format!("Fact {index}") }] }),
                )
                .await
        })
        .await;
        for reply in &replies {
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("published")),
                "{}",
                reply.text
            );
        }
        let mut acknowledged: Vec<i64> =
            replies.iter().map(|reply| reply.json()["revision"].as_i64().unwrap()).collect();
        acknowledged.sort_unstable();
        assert_eq!(acknowledged, numbers_up_to(WRITERS));

        let export = clients.last().unwrap().export("tmdb-1", "trivia").await;
        assert_eq!(export["metadata"]["revision"], WRITERS);
        let all = facts(&export);
        assert_eq!((all.len(), all.into_iter().collect::<HashSet<_>>().len()), (WRITERS, WRITERS));

        // The history has every superseded revision, each with one item more than the one before.
        let mut kept: Vec<(u64, usize)> = rows(&app.database.url, "revisions")
            .await
            .iter()
            .filter(|row| row["category"] == "trivia")
            .map(|row| {
                let body: Value = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
                (row["revision"].as_u64().unwrap(), body["items"].as_array().unwrap().len())
            })
            .collect();
        kept.sort_unstable();
        assert_eq!(
            kept,
            (1..WRITERS).map(|revision| (revision as u64, revision)).collect::<Vec<_>>()
        );
        for server in servers {
            server.stop().await;
        }
        app.assert_consistent().await;
    }

    async fn a_hundred_concurrent_writers_of_a_draft_lose_nothing(app: TestApp) {
        const WRITERS: usize = 100;
        let admin = app.movie("tmdb-1").await;
        assert_eq!(
            admin.import("tmdb-1", "trivia", json!({ "items": ["Published."] })).await.status,
            200
        );
        let (servers, clients) = processes(&app).await;
        let replies = run_concurrently(&clients, WRITERS, |client, index| async move {
            let file = envelope(
                "tmdb-1",
                "trivia",
                json!({ "items": [{ "text": format!("Fact {index}") }] }),
            );
            client.import_with(&file, "?target=draft").await
        })
        .await;
        let mut acknowledged = Vec::new();
        for reply in &replies {
            let body = reply.json();
            assert_eq!(
                (reply.status, &body["status"], &body["revision"]),
                (200, &json!("drafted"), &json!(1)),
                "{body}"
            );
            acknowledged.push(body["draft_revision"].as_i64().unwrap());
        }
        acknowledged.sort_unstable();
        assert_eq!(acknowledged, numbers_up_to(WRITERS));
        for server in servers {
            server.stop().await;
        }
        app.assert_consistent().await;

        assert_eq!(facts(&admin.export("tmdb-1", "trivia").await), ["Published."]);
        let reply = admin.post("/api/v1/admin/movies/tmdb-1/publish/trivia", &json!({})).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)), "{}", reply.text);
        let export = admin.export("tmdb-1", "trivia").await;
        assert_eq!(facts(&export).into_iter().collect::<HashSet<_>>().len(), WRITERS + 1);
    }

    async fn one_of_two_conflicting_writers_wins(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let (_servers, clients) = processes(&app).await;
        let mut base = admin.export("tmdb-1", "basic_info").await;
        for round in 0..10 {
            let file = base.clone();
            let replies = run_concurrently(&clients, 2, move |client, index| {
                let mut file = file.clone();
                file["data"]["title"] = json!(format!("Round {round}, by {index}"));
                async move { client.import_with(&file, "").await }
            })
            .await;
            let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
            let winner = statuses.iter().position(|status| *status == 200).unwrap();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "round {round}");
            let lost = &replies[1 - winner];
            assert_eq!(
                lost.errors(),
                [("/title".to_owned(), "CONFLICT".to_owned())],
                "{}",
                lost.text
            );
            let (before, revision) = (
                base["metadata"]["revision"].as_i64().unwrap(),
                replies[winner].json()["revision"].clone(),
            );
            assert_eq!(revision, before + 1, "round {round}");
            base = admin.export("tmdb-1", "basic_info").await;
            assert_eq!(
                (&base["data"]["title"], &base["metadata"]["revision"]),
                (&json!(format!("Round {round}, by {winner}")), &revision)
            );
        }
    }

    async fn concurrent_mixed_operations_keep_the_catalogue_consistent(app: TestApp) {
        const OPERATIONS: usize = 90;
        app.full_movie("tmdb-1").await;
        let (servers, clients) = processes(&app).await;
        let target = json!({ "movieId": "tmdb-1", "category": "BASIC_INFO" });
        let done = run_concurrently(&clients, OPERATIONS, |client, index| {
            let (mut input, file) = (target.clone(), move |key: &str| {
                envelope("tmdb-1", "basic_info", json!({ key: format!("Act {index}") }))
            });
            async move {
                match index % 9 {
                    0..=2 => client.import_document(&file("title"), json!({ "source": "MANUAL" })).await,
                    3 => client.import_document(&file("overview"), json!({ "source": "LLM_GENERATED" })).await,
                    4 => client.import_document(&file("tagline"), json!({ "target": "DRAFT" })).await,
                    5 => {
                        input["onConflict"] = json!("TAKE_IMPORT");
                        client.mutate("publishDraft", input).await
                    }
                    6 => {
                        input["revision"] = json!(2);
                        client.mutate("revertCategory", input).await
                    }
                    7 => {
                        let act = if index % 2 == 0 { "lockFields" } else { "unlockFields" };
                        let query = format!("mutation {{ {act}(input: {{ movieId: \"tmdb-1\", category: BASIC_INFO, fields: [\"overview\"] }}) {{ userErrors {{ code }} }} }}");
                        client.graphql(&query, json!({})).await["data"][act].clone()
                    }
                    _ => client.mutate("discardDraft", input).await,
                }
            }
        })
        .await;
        for server in servers {
            server.stop().await;
        }
        app.assert_consistent().await;

        // Every acknowledged publication is in the history with the document from the response.
        let mut history = rows(&app.database.url, "revisions").await;
        history.extend(rows(&app.database.url, "documents").await);
        history.retain(|row| row["category"] == "basic_info");
        let mut published = HashSet::new();
        for payload in &done {
            let refused = payload["userErrors"].as_array().unwrap_or_else(|| panic!("{payload}"));
            assert!(
                refused
                    .iter()
                    .all(|error| ["NO_DRAFT", "LOCKED"].contains(&error["code"].as_str().unwrap())),
                "{payload}"
            );
            if payload["status"] == "PUBLISHED" {
                let answered = &payload["movieExport"]["document"];
                let revision = &answered["metadata"]["revision"];
                let state = history.iter().find(|row| row["revision"] == *revision).unwrap();
                let body: Value = serde_json::from_str(state["body"].as_str().unwrap()).unwrap();
                assert_eq!(body, answered["data"], "{revision}");
                assert!(
                    published.insert(revision.as_i64().unwrap()),
                    "{revision} was acknowledged twice"
                );
            }
        }
        // Creating the movie made two more revisions.
        assert_eq!(history.len(), published.len() + 2);
        assert!(published.len() >= OPERATIONS / 3, "{published:?}");
    }

    async fn a_new_name_in_concurrent_imports_is_one_person(app: TestApp) {
        const MOVIES: usize = 16;
        for index in 0..MOVIES {
            app.movie(&format!("movie-{index}")).await;
        }
        let clients = servers(&app).await;
        let replies = run_concurrently(&clients, MOVIES, |client, index| async move {
            let movie = format!("movie-{index}");
            let cast = json!({ "cast": [{ "name": "Kim Moe" }], "crew": [{ "id": "tmdb-person-7", "name": "Lou Nye", "job": "Editor" }] });
            let awards = json!({ "awards": [{ "ceremony": "Dock Prize", "year": 2001, "category": "Best Film", "result": "winner" }] });
            [
                client.import(&movie, "cast_crew", cast).await,
                client.import(&movie, "awards", awards).await,
                client.import(&movie, "basic_info", json!({ "genres": ["Noir"] })).await,
            ]
        })
        .await;
        for reply in replies.iter().flatten() {
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        let mut made: Vec<(String, String)> = made_entities(&app.database.url)
            .await
            .iter()
            .map(|row| {
                (row["kind"].as_str().unwrap().to_owned(), row["name"].as_str().unwrap().to_owned())
            })
            .collect();
        made.sort();
        let expected = [
            ("ceremony", "Dock Prize"),
            ("genre", "Noir"),
            ("person", "Kim Moe"),
            ("person", "Lou Nye"),
        ];
        assert_eq!(made, expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
        let people: HashSet<String> = rows(&app.database.url, "credits")
            .await
            .iter()
            .map(|row| row["person_id"].to_string())
            .collect();
        assert_eq!(people.len(), 2);
        assert_eq!(rows(&app.database.url, "movie_genres").await.len(), MOVIES);
    }

    async fn concurrent_imports_are_not_mixed(app: TestApp) {
        app.movie("tmdb-1").await;
        let clients = servers(&app).await;
        for round in 0..5 {
            let replies = run_concurrently(&clients, 4, move |client, index| async move {
                let word = format!("{round}-{index}");
                client
                    .import(
                        "tmdb-1",
                        "basic_info",
                        json!({ "title": word, "tagline": word, "overview": word }),
                    )
                    .await
            })
            .await;
            assert!(replies.iter().all(|reply| reply.status == 200));
            let data = clients[0].export("tmdb-1", "basic_info").await["data"].clone();
            assert_eq!(
                (&data["title"], &data["title"]),
                (&data["tagline"], &data["overview"]),
                "round {round}"
            );
            let listed = rows(&app.database.url, "movies").await.remove(0);
            assert_eq!(listed["title"], data["title"], "round {round}");
        }
    }

    async fn a_refused_concurrent_import_stores_nothing(app: TestApp) {
        app.movie("tmdb-1").await;
        let clients = servers(&app).await;
        let replies = run_concurrently(&clients, 12, |client, index| async move {
            let name = format!("Person {index}");
            // Every third import lacks a job, after a credit with a new name.
            let second = if index % 3 == 0 {
                json!({ "name": name })
            } else {
                json!({ "name": name, "job": "Grip" })
            };
            let crew = json!([{ "name": format!("First {index}"), "job": "Editor" }, second]);
            client.import("tmdb-1", "cast_crew", json!({ "crew": crew })).await
        })
        .await;
        for (index, reply) in replies.iter().enumerate() {
            assert_eq!(reply.status, if index % 3 == 0 { 422 } else { 200 }, "{}", reply.text);
        }
        let names: HashSet<String> = made_entities(&app.database.url)
            .await
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        let expected = (0..12)
            .filter(|index| index % 3 != 0)
            .flat_map(|index| [format!("First {index}"), format!("Person {index}")]);
        assert_eq!(names, expected.collect());
        let export = clients[0].export("tmdb-1", "cast_crew").await;
        assert_eq!(
            (export["data"]["crew"].as_array().unwrap().len(), &export["metadata"]["revision"]),
            (16, &json!(8))
        );
        assert_eq!(rows(&app.database.url, "credits").await.len(), 16);
    }

    async fn an_import_that_fails_halfway_stores_nothing(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let is_postgres = app.database.url.starts_with("postgres");
        let before = dump(&app.database.url, TABLES).await;
        // The last table to be written fails, as on a full disk.
        execute(&app.database.url, if is_postgres {
            "CREATE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''disk full''; END' LANGUAGE plpgsql;
             CREATE TRIGGER broken BEFORE INSERT ON credits FOR EACH ROW EXECUTE FUNCTION broken()"
        } else {
            "CREATE TRIGGER broken BEFORE INSERT ON credits BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        })
        .await;
        let sent = json!({ "crew": [{ "name": "Somebody New", "job": "Grip" }] });
        let reply = admin.import("tmdb-1", "cast_crew", sent.clone()).await;
        assert_eq!(reply.status, 500, "{}", reply.text);
        assert!(!reply.text.contains("disk"), "{}", reply.text);
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        // Other imports still work, and so does the next attempt.
        assert_eq!(
            admin.import("tmdb-1", "trivia", json!({ "items": ["Still here."] })).await.status,
            200
        );
        execute(
            &app.database.url,
            if is_postgres { "DROP TRIGGER broken ON credits" } else { "DROP TRIGGER broken" },
        )
        .await;
        let reply = admin.import("tmdb-1", "cast_crew", sent).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)), "{}", reply.text);
    }
}

/// `SQLite` only: it has one writing connection, and another program can block it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_beyond_the_queue_are_refused_with_retry_after() {
    const QUEUE: usize = 256;
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    // A long write transaction of another program.
    let other = sea_orm::Database::connect(&app.database.url).await.unwrap();
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let writing = sea_orm::TransactionTrait::begin_with_options(&other, options).await.unwrap();
    let (sender, mut refused) = tokio::sync::mpsc::unbounded_channel();
    let tasks: Vec<_> = (0..QUEUE + 20)
        .map(|index| {
            let (admin, sender) = (admin.clone(), sender.clone());
            tokio::spawn(async move {
                let data = json!({ "items": [{ "text": format!("Fact {index}") }] });
                let reply = admin.import("m", "trivia", data).await;
                if reply.status == 503 {
                    let _ = sender.send(reply);
                    return 503;
                }
                reply.status
            })
        })
        .collect();
    for _ in 0..20 {
        let reply = refused.recv().await.unwrap();
        assert_eq!(
            (reply.header("retry-after"), &reply.json()["code"]),
            ("5", &json!("UNAVAILABLE"))
        );
    }
    let query = "mutation { createMovie(input: {id: \"n\", title: \"N\"}) { movie { id } } }";
    let reply = admin.graphql(query, json!({})).await;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{reply}");
    // Plans and exports do not wait for the writer.
    assert_eq!(admin.export("m", "trivia").await["data"], json!({ "items": [] }));
    writing.rollback().await.unwrap();
    // Exactly the acknowledged imports are stored, however many clients gave up.
    let statuses = join_all(tasks).await.into_iter().map(Result::unwrap);
    let published = statuses.filter(|status| *status == 200).count();
    assert!((1..=QUEUE).contains(&published), "{published} were published");
    let stored = admin.export("m", "trivia").await;
    assert_eq!(stored["data"]["items"].as_array().unwrap().len(), published);
}
