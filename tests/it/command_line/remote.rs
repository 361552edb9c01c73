//! `reelport import --server`: files are imported as jobs of a server, over HTTP alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use reelport::catalog::access::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::{Place, ndjson, one_line, zipped};
use crate::on_both_databases;
use crate::support::command::{Ran, run};
use crate::support::{TestApp, envelope, token};

const ADMIN: &str = "admin@example.com";

fn trivia(movie: &str, text: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": text }] }))
}

impl Place {
    /// A command that imports on a server with the token of an admin.
    fn remote(&self, server: SocketAddr, arguments: &[&str]) -> Command {
        let server = format!("http://{server}");
        let mut command = self.command(&[&["import", "--server", &server], arguments].concat());
        command.env("REELPORT_TOKEN", token(Role::Admin, ADMIN));
        command
    }

    /// Asserts that the command used no database of its own.
    fn assert_no_database(&self) {
        assert!(!std::path::Path::new(&self.path("reelport.db")).exists());
    }
}

async fn jobs(app: &TestApp) -> Vec<Value> {
    let query = "{ jobs(first: 20) { nodes {
        fileName skippedEntryCount skippedEntries state counts { published rejected } } } }";
    let reply = app.admin().graphql(query, json!({})).await;
    reply["data"]["jobs"]["nodes"].as_array().unwrap_or_else(|| panic!("{reply}")).clone()
}

/// A proxy that closes connections instead of passing on the first answers that start like one of
/// `lost`.
async fn losing_answers(server: SocketAddr, lost: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let server = TcpStream::connect(server).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let sending = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                });
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
                    let is_lost = lost
                        .get(next.load(Ordering::SeqCst))
                        .is_some_and(|start| buffer[..count].starts_with(start.as_bytes()));
                    if is_lost {
                        next.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    if to_client.write_all(&buffer[..count]).await.is_err() {
                        break;
                    }
                }
                sending.abort();
            });
        }
    });
    address
}

fn stopped(ran: &Ran) -> &str {
    assert_eq!(ran.code, 2, "{ran:?}");
    one_line(ran)
}

on_both_databases! {
    async fn files_become_jobs_of_a_server(app: TestApp) {
        let place = Place::new();
        let unread = r#"{"movie_id": "e", "category": "trivia", "data": {"items": 5}}"#;
        let lines = [ndjson(&[trivia("a", "A"), trivia("b", "B")]), format!("{unread}\n").into()];
        let lines = place.write("lines.ndjson", lines.concat());
        let entries = [
            ("c/trivia.json", trivia("c", "C").to_string().into_bytes()),
            ("notes.txt", b"no document".to_vec()),
        ];
        let archive = place.write("all.zip", zipped(&entries));
        let command = place.remote(
            app.address,
            &["--errors", "errors.ndjson", &lines, &archive, "-"],
        );
        let ran = run(command, &ndjson(&[trivia("d", "D"), trivia("a", "A")])).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stdout.starts_with(
                "4 published, 1 unchanged, 1 failed, 1 skipped, 4 movies created, in "
            ),
            "{ran:?}"
        );
        assert!(ran.stdout.contains("created: a, b, c, d"), "{ran:?}");
        assert!(ran.stdout.contains(&format!("skipped: {archive}:notes.txt")), "{ran:?}");
        assert!(ran.stderr.starts_with(&format!("{lines}:3: e trivia: ")), "{ran:?}");
        let log = std::fs::read_to_string(place.path("errors.ndjson")).unwrap();
        let failure: Value = serde_json::from_str(log.trim()).unwrap();
        assert_eq!(failure["place"], format!("{lines}:3"));
        assert_eq!(failure["errors"][0]["path"], "/items");
        place.assert_no_database();

        let found = jobs(&app).await;
        let names: Vec<_> = found.iter().map(|job| job["fileName"].as_str().unwrap()).collect();
        assert_eq!(names, ["standard input", "all.zip", "lines.ndjson"]);
        assert_eq!(found[1]["skippedEntryCount"], 1);
        assert_eq!(found[1]["skippedEntries"], json!(["notes.txt"]));
        let movies = app.admin().graphql("{ movies { totalCount } }", json!({})).await;
        assert_eq!(movies["data"]["movies"]["totalCount"], 4);
    }

    async fn a_dry_run_on_a_server_says_what_would_change(app: TestApp) {
        app.seed(&[trivia("a", "A")]).await;
        let place = Place::new();
        let documents = [trivia("a", "A"), trivia("a", "B"), trivia("b", "B"), trivia("b", "C")];
        let file = place.write("all.ndjson", ndjson(&documents));
        let ran = run(place.remote(app.address, &["--dry-run", &file]), b"").await.ok();
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(
            lines[..3],
            [
                format!("{file}:2: a trivia: 1 change"),
                format!("{file}:3: b trivia: 1 change; creates movie b"),
                format!("{file}:4: b trivia: 1 change"),
            ]
        );
        let summary = "3 planned, 1 unchanged (a dry run: nothing was written), 0 failed, \
                       1 movie to create, in ";
        assert!(lines[3].starts_with(summary), "{ran:?}");
        let movies = app.admin().graphql("{ movies { totalCount } }", json!({})).await;
        assert_eq!(movies["data"]["movies"]["totalCount"], 1);
    }

    async fn warnings_of_imported_documents_are_shown(app: TestApp) {
        let place = Place::new();
        let mut document = trivia("a", "A");
        document["data"]["mood"] = json!("happy");
        let file = place.write("a.json", document.to_string());
        let ran = run(place.remote(app.address, &[&file]), b"").await.ok();
        assert!(ran.stdout.starts_with("1 published, 0 unchanged, 0 failed, 1 warning"), "{ran:?}");
        assert!(
            one_line(&ran).starts_with(&format!("{file}:1: a trivia: warning: /mood: ")),
            "{ran:?}"
        );
    }

    async fn a_lost_answer_starts_no_second_job(app: TestApp) {
        let place = Place::new();
        let file = place.write("a.ndjson", ndjson(&[trivia("a", "A"), trivia("b", "B")]));
        // The answers to the check, to the upload, and to a question about the job.
        let lost = &["HTTP/1.1 200", "HTTP/1.1 202", "HTTP/1.1 200"];
        let proxy = losing_answers(app.address, lost).await;
        let ran = run(place.remote(proxy, &[&file]), b"").await.ok();
        assert!(ran.stdout.starts_with("2 published, 0 unchanged, 0 failed"), "{ran:?}");
        assert_eq!(ran.stderr.matches("trying again").count(), 3, "{ran:?}");
        assert_eq!(jobs(&app).await.len(), 1);
    }

    async fn what_a_server_refuses_is_one_line_with_status_2(app: TestApp) {
        let place = Place::new();
        let file = place.write("a.json", trivia("a", "A").to_string());
        let with_token = async |token: &str| {
            let mut command = place.remote(app.address, &[&file]);
            run({ command.env("REELPORT_TOKEN", token); command }, b"").await
        };
        let ran = with_token("nonsense").await;
        assert!(stopped(&ran).contains("401"), "{ran:?}");
        assert!(!ran.stderr.contains("nonsense"));
        let ran = with_token(&token(Role::Contributor, "c@example.com")).await;
        assert!(stopped(&ran).contains("403") && ran.stderr.contains("ADMIN"), "{ran:?}");
        let ran = with_token("").await;
        assert!(stopped(&ran).contains("REELPORT_TOKEN"), "{ran:?}");
        let empty = place.write("empty.json", "");
        let ran = run(place.remote(app.address, &[&empty]), b"").await;
        assert!(stopped(&ran).contains("the file is empty"), "{ran:?}");
        assert_eq!(jobs(&app).await.len(), 0);
        place.assert_no_database();
    }
}

#[tokio::test]
async fn options_and_addresses_that_do_not_apply_are_refused() {
    let place = Place::new();
    let file = place.write("a.json", "{}");
    let run_with = async |arguments: &[&str]| {
        let mut command = place.command(&[&["import", &file], arguments].concat());
        command.env("REELPORT_TOKEN", "a.b.c");
        let ran = run(command, b"").await;
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.stderr
    };
    for address in ["films.example.org", "ftp://films.example.org", "http://u:p@films.example.org"]
    {
        let message = run_with(&["--server", address]).await;
        assert!(message.contains("allowed is an address such as https://"), "{message}");
    }
    let server = ["--server", "http://127.0.0.1:1"];
    for other in [&["--base-revision", "1"][..], &["--movie", "a", "--category", "trivia"]] {
        let message = run_with(&[&server[..], other].concat()).await;
        assert!(message.contains("cannot be used with"), "{message}");
    }
    place.assert_no_database();
}

#[tokio::test]
async fn another_service_is_recognised() {
    let place = Place::new();
    let file = place.write("a.json", trivia("a", "A").to_string());
    let other = serve(Router::new().fallback(|| async { (StatusCode::NOT_FOUND, "no such page") }));
    let ran = run(place.remote(other.await, &[&file]), b"").await;
    assert!(stopped(&ran).contains("is not an address of Reelport"), "{ran:?}");
    assert!(ran.stderr.contains("404") && ran.stderr.contains("no such page"), "{ran:?}");
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn an_interrupted_command_says_that_the_job_goes_on() {
    let queued = || async {
        let counts = json!({
            "published": 0, "drafted": 0, "unchanged": 0, "planned": 0, "conflict": 0,
            "rejected": 0, "skipped": 0,
        });
        Json(json!({
            "id": "j1", "state": "queued", "done": 0, "counts": counts, "file_size": 1,
            "file_position": 0, "error": null,
        }))
    };
    let is_followed = Arc::new(tokio::sync::Notify::new());
    let followed = Arc::clone(&is_followed);
    let router = Router::new()
        .route("/api/v1/admin/jobs", get(|| async { Json(json!({})) }))
        .route(
            "/api/v1/admin/movies/import",
            post(move || async move { (StatusCode::ACCEPTED, queued().await) }),
        )
        .route(
            "/api/v1/admin/jobs/j1",
            get(move || {
                followed.notify_one();
                queued()
            }),
        );
    let server = serve(router).await;
    let place = Place::new();
    let file = place.write("a.json", trivia("a", "A").to_string());
    let child = place.remote(server, &[&file]).spawn().unwrap();
    tokio::time::timeout(Duration::from_mins(1), is_followed.notified()).await.unwrap();
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    let goes_on =
        format!("the job goes on at the server: see http://{server}/api/v1/admin/jobs/j1");
    assert!(message.contains(&goes_on), "{message}");
}
