//! Request and response bodies: size limits, compression, and the memory budget.

use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http_body_util::BodyExt as _;
use reelport::catalog::access::Role;
use reelport::http::Limits;
use reqwest::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::raw::{Raw, post};
use crate::support::{Client, Reply, TestApp, envelope, fixtures, token};
use crate::{on_both_databases, queries};

const MIB: usize = 1024 * 1024;
const MAX_BODY: usize = 16 * MIB;
const IMPORT: &str = "/api/v1/admin/movies/m/import/timeline";
const SHORT: Duration = Duration::from_millis(200);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn timeline() -> Vec<u8> {
    envelope("m", "timeline", fixtures::timeline()).to_string().into_bytes()
}

async fn post_coded(client: &Client, path: &str, coding: &str, body: Vec<u8>) -> Reply {
    let request = client
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .header("content-encoding", coding)
        .body(body);
    client.send(request).await
}

#[tokio::test]
async fn a_client_that_reads_after_sending_everything_gets_the_response() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let no_token = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
    };
    let as_text = post(IMPORT).replace("application/json", "text/plain");
    let missing = post("/api/v1/admin/movies/no-such/import/timeline");
    let unpacked = format!("{}content-encoding: br\r\n", post(IMPORT));
    for (head, status) in [
        (post(IMPORT), 413),
        (no_token(IMPORT), 401),
        (no_token("/api/v1/auth/login"), 413),
        (no_token("/graphql"), 413),
        (as_text, 415),
        (unpacked, 415),
        (post("/no/such/address"), 404),
        (missing, 404),
        (post("/healthz"), 405),
    ] {
        let body = vec![b' '; MAX_BODY + MIB];
        let mut connection = Raw::connect(app.address).await;
        connection.send(format!("{head}content-length: {}\r\n\r\n", body.len())).await;
        connection.send(&body).await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, status, "{head}: {answer:?}");
        // The connection serves another request.
        assert_eq!(connection.get("/healthz").await.status, 200, "{head}");
    }
}

#[tokio::test]
async fn a_refused_body_is_not_read_forever() {
    let app = TestApp::sqlite().await;
    let address = app.with_limits(|limits| limits.drain_bytes = MIB as u64).await;
    let mut connection = Raw::connect(address).await;
    let total = 256 * MIB;
    let head = format!("POST {IMPORT} HTTP/1.1\r\nhost: x\r\ncontent-length: {total}\r\n\r\n");
    connection.send(head).await;
    let chunk = vec![b' '; MIB];
    let mut sent = 0;
    while sent < total
        && tokio::io::AsyncWriteExt::write_all(&mut connection.stream, &chunk).await.is_ok()
    {
        sent += MIB;
    }
    assert!(sent < total, "all of it was read");
    connection.closed().await;

    // A body that stops halfway is not waited for.
    let address = app.with_limits(|limits| limits.drain_pause = SHORT).await;
    let mut connection = Raw::connect(address).await;
    connection
        .send(format!("POST {IMPORT} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx"))
        .await;
    assert_eq!(connection.answer().await.status, 401);
    connection.closed().await;
}

#[tokio::test]
async fn a_compressed_body_is_decompressed() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let plain = admin.post_text(IMPORT, timeline()).await;
    assert_eq!(plain.json()["status"], "published");
    let two_members = [gzip(&timeline()[..100]), gzip(&timeline()[100..])].concat();
    for (coding, body) in [
        ("gzip", gzip(&timeline())),
        ("GZip", gzip(&timeline())),
        ("x-gzip", gzip(&timeline())),
        ("gzip", two_members),
        ("deflate", zlib(&timeline())),
        ("identity", timeline()),
        ("identity, gzip", gzip(&timeline())),
        ("", timeline()),
    ] {
        let reply = post_coded(&admin, IMPORT, coding, body).await;
        assert_eq!(reply.status, 200, "{coding}: {}", reply.text);
        assert_eq!(reply.json()["status"], "unchanged", "{coding}");
    }
    let query = json!({ "query": "{ movie(id: \"m\") { id } }" }).to_string();
    let reply = post_coded(&admin, "/graphql", "gzip", gzip(query.as_bytes())).await;
    assert_eq!(reply.json(), json!({ "data": { "movie": { "id": "m" } } }));
    // Sent in chunks, as a stream.
    let packed = gzip(&timeline());
    let chunks: Vec<_> =
        packed.chunks(7).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let request = admin
        .request(Method::POST, IMPORT)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(chunks)));
    assert_eq!(admin.send(request).await.status, 200);
}

#[tokio::test]
async fn an_unknown_content_coding_is_named_in_the_error() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    for coding in ["br", "zstd", "compress", "gzip, gzip", "deflate, gzip", "no-such"] {
        for path in [IMPORT, "/graphql", "/api/v1/auth/login"] {
            let reply = post_coded(&admin, path, coding, gzip(&timeline())).await;
            assert_eq!(reply.status, 415, "{coding}: {}", reply.text);
            assert_eq!(reply.header("accept-encoding"), "gzip, deflate, identity");
            let detail = reply.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(&format!("found Content-Encoding: {coding};")), "{detail}");
        }
    }
    // The token is checked first.
    assert_eq!(post_coded(&app.anonymous(), IMPORT, "br", timeline()).await.status, 401);
}

#[tokio::test]
async fn a_body_that_does_not_match_its_content_coding_is_refused() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let whole = gzip(&timeline());
    let mut wrong_checksum = whole.clone();
    let last = wrong_checksum.len() - 6;
    wrong_checksum[last] ^= 1;
    let mut raw_deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    raw_deflate.write_all(&timeline()).unwrap();
    for (coding, body) in [
        ("gzip", timeline()),
        ("gzip", whole[..whole.len() / 2].to_vec()),
        ("gzip", wrong_checksum),
        ("gzip", [whole.as_slice(), b"and more"].concat()),
        ("deflate", raw_deflate.finish().unwrap()),
    ] {
        let reply = post_coded(&admin, IMPORT, coding, body).await;
        assert_eq!(reply.status, 400, "{coding}: {}", reply.text);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains(&format!("the body is not valid {coding}, or is incomplete")),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_after_decompression_is_413() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let bomb = gzip(&vec![b' '; 64 * MIB]);
    assert!(bomb.len() < MIB);
    for path in [IMPORT, "/graphql"] {
        let reply = post_coded(&admin, path, "gzip", bomb.clone()).await;
        assert_eq!(reply.status, 413, "{}", reply.text);
        assert_eq!(reply.json()["code"], "TOO_LARGE");
    }
    let small = gzip(&vec![b' '; 256 * 1024]);
    for path in ["/graphql", "/api/v1/auth/login"] {
        let reply = post_coded(&app.anonymous(), path, "gzip", small.clone()).await;
        assert_eq!(reply.status, 413, "{}", reply.text);
    }
    // The limit also holds for the compressed size.
    let empty = gzip(b"").repeat(2 * MAX_BODY / 3 / gzip(b"").len());
    let stored = [empty.as_slice(), empty.as_slice()].concat();
    assert!(stored.len() > MAX_BODY);
    let reply = post_coded(&admin, IMPORT, "gzip", stored).await;
    assert_eq!(reply.status, 413, "{}", reply.text);
    // A body of the maximum size is accepted.
    let mut exactly = timeline();
    exactly.resize(MAX_BODY, b' ');
    let reply = post_coded(&admin, IMPORT, "gzip", gzip(&exactly)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn request_bodies_share_a_memory_budget() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let address =
        app.with_limits(|limits| (limits.request_memory, limits.room_wait) = (MIB, SHORT)).await;
    let client = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    let padded = |length: usize| {
        let mut body = timeline();
        body.resize(length, b' ');
        body
    };
    let large = padded(900 * 1024);
    let mut first = Raw::connect(address).await;
    first.send(format!("{}content-length: {}\r\n\r\n", post(IMPORT), large.len())).await;
    first.send(&large[..1000]).await;
    // Its whole length is reserved: until it ends, no other large body is accepted.
    let refused = loop {
        let reply = client.post_text(IMPORT, padded(500 * 1024)).await;
        if reply.status == 503 {
            break reply;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (refused.header("retry-after"), &refused.json()["code"]),
        ("5", &json!("UNAVAILABLE"))
    );
    let packed = post_coded(&client, IMPORT, "gzip", gzip(&padded(500 * 1024))).await;
    assert_eq!(packed.status, 503, "{}", packed.text);
    assert_eq!(client.post_text(IMPORT, timeline()).await.status, 200);
    first.send(&large[1000..]).await;
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(client.post_text(IMPORT, padded(500 * 1024)).await.status, 200);
    // A body larger than the budget gets the whole budget.
    assert_eq!(client.post_text(IMPORT, padded(3 * MIB)).await.status, 200);
}

/// A document that does not compress well.
fn trivia(bytes: usize) -> Value {
    let text = |number: usize| -> String {
        let mut state = number as u64 + 1;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b"abcdefghijklmnopqrstuvwxyz012345"[(state >> 59) as usize])
        };
        (0..1000).map(|_| next()).collect()
    };
    json!({ "items": (0..bytes / 1000).map(|number| json!({ "text": text(number) })).collect::<Vec<_>>() })
}

/// Calls the application without a server, so that the test controls when responses are read.
async fn ask(app: &TestApp, limits: Limits, paths: &[&str]) -> Vec<axum::http::Response<Body>> {
    let mut limited = app.app.clone();
    limited.limits = limits;
    let router = limited.router();
    let mut answers = Vec::new();
    for path in paths {
        let request = axum::http::Request::get(*path)
            .header(
                "authorization",
                format!("Bearer {}", token(Role::Viewer, "viewer@example.com")),
            )
            .body(Body::empty())
            .unwrap();
        answers.push(router.clone().oneshot(request).await.unwrap());
    }
    answers
}

on_both_databases! {
    async fn a_bundle_is_read_from_the_database_while_it_is_sent(app: TestApp) {
        app.seed(&queries::movie("m", 2_000)).await;
        let bundle = "/api/v1/admin/movies/m/export/all";
        let (first, mut answers) = app.count_queries(ask(&app, Limits::default(), &[bundle])).await;
        let mut body = answers.pop().unwrap().into_body();
        let (begun, frame) = app.count_queries(body.frame()).await;
        assert!(frame.unwrap().is_ok());
        let (rest, ended) = app.count_queries(body.collect()).await;
        assert!(ended.is_ok());
        assert!(
            rest >= 6,
            "{first} statements before the answer, {begun} for its start, {rest} for the rest"
        );
    }

    async fn a_bundle_of_a_movie_deleted_meanwhile_is_visibly_incomplete(app: TestApp) {
        app.seed(&queries::movie("m", 2_000)).await;
        let admin = app.admin();
        let mut answers =
            ask(&app, Limits::default(), &["/api/v1/admin/movies/m/export/all"]).await;
        let mut body = answers.pop().unwrap().into_body();
        assert!(body.frame().await.unwrap().is_ok());
        let reply = admin
            .graphql("mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }", json!({}))
            .await;
        assert_eq!(reply["data"]["deleteMovie"]["deletedMovieId"], "m");
        assert!(body.collect().await.is_err());
    }
}

#[tokio::test]
async fn the_number_of_unread_bundles_is_limited() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    let bundle = "/api/v1/admin/movies/m/export/all";
    let limits = Limits { bundles: 1, room_wait: SHORT, ..Limits::default() };
    let mut limited = app.app.clone();
    limited.limits = limits;
    let router = limited.router();
    let get = || {
        let request = axum::http::Request::get(bundle)
            .header(
                "authorization",
                format!("Bearer {}", token(Role::Viewer, "viewer@example.com")),
            )
            .body(Body::empty())
            .unwrap();
        router.clone().oneshot(request)
    };
    let first = get().await.unwrap();
    let refused = get().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    drop(first);
    let second = get().await.unwrap();
    assert_eq!(second.status(), 200);
    assert!(second.into_body().collect().await.is_ok());
    assert_eq!(get().await.unwrap().status(), 200);
}

#[tokio::test]
async fn unread_responses_share_a_memory_budget() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let reply = admin.import("m", "trivia", trivia(200_000)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let path = "/api/v1/admin/movies/m/export/trivia";
    let limits = Limits { response_memory: 300 * 1024, room_wait: SHORT, ..Limits::default() };
    let mut answers = ask(&app, limits, &[path, path, "/healthz"]).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200, 503, 200]);
    assert_eq!(answers[1].headers()["retry-after"], "5");
    let first = answers.remove(0).into_body().collect().await.unwrap().to_bytes();
    let export: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(export["data"]["items"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn an_unread_bundle_is_dropped_for_the_next_client() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let reply = admin.import("m", "trivia", trivia(4_000_000)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let address = app
        .with_limits(|limits| {
            (limits.bundles, limits.write_time, limits.room_wait) = (1, SHORT, 50 * SHORT);
        })
        .await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut unread = socket.connect(address).await.unwrap();
    let token = token(Role::Viewer, "viewer@example.com");
    let head = format!(
        "GET /api/v1/admin/movies/m/export/all HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    tokio::io::AsyncWriteExt::write_all(&mut unread, head.as_bytes()).await.unwrap();
    unread.readable().await.unwrap();
    let viewer = Client::new(address).with_token(token);
    let reply = viewer.get("/api/v1/admin/movies/m/export/all").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(reply.bytes)).unwrap();
    assert_eq!(archive.len(), 7);
    assert!(archive.by_name("m/trivia.json").unwrap().size() > 4_000_000);
}
