//! Connection limits: slow clients, idle connections, too many connections, and shutdown.

use std::process::Stdio;
use std::time::Duration;

use reelport::catalog::access::Role;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::command::reelport;
use crate::support::raw::{Raw, post};
use crate::support::server::Server;
use crate::support::{Client, SECRET, TestApp, envelope, fixtures, token};

const IMPORT: &str = "/api/v1/admin/movies/m/import/timeline";
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(10);

#[tokio::test]
async fn a_slowly_sent_header_section_is_cut_off() {
    let app = TestApp::sqlite().await;
    let address = app.with_limits(|limits| limits.head_time = SHORT).await;
    let mut silent = Raw::connect(address).await;
    let mut slow = Raw::connect(address).await;
    slow.send("GET /healthz HTTP/1.1\r\nx-slow: ").await;
    let mut trickled = 0;
    while !slow.is_closed() {
        trickled += 1;
        assert!(trickled < 5_000, "it may go on sending");
        // Writing to a closed connection fails.
        let _ = slow.stream.try_write(b"x");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(silent.closed().await, 0);
}

#[tokio::test]
async fn an_idle_connection_is_kept_open_for_a_limited_time() {
    let app = TestApp::sqlite().await;
    let address =
        app.with_limits(|limits| (limits.idle_time, limits.head_time) = (SHORT, LONG)).await;
    let mut connection = Raw::connect(address).await;
    for _ in 0..3 {
        assert_eq!(connection.get("/healthz").await.status, 200);
    }
    assert_eq!(connection.closed().await, 0);

    let address =
        app.with_limits(|limits| (limits.idle_time, limits.head_time) = (LONG, SHORT)).await;
    let mut connection = Raw::connect(address).await;
    assert_eq!(connection.get("/healthz").await.status, 200);
    tokio::time::sleep(3 * SHORT).await;
    assert_eq!(connection.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_slowly_sent_body_is_408() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let stalls = app.with_limits(|limits| limits.body_time = SHORT).await;
    let trickles =
        app.with_limits(|limits| (limits.body_time, limits.body_rate) = (2 * SHORT, 1 << 30)).await;
    for (address, trickle) in [(stalls, false), (trickles, true)] {
        let mut connection = Raw::connect(address).await;
        connection.send(format!("{}content-length: 100000\r\n\r\n{{", post(IMPORT))).await;
        for _ in 0..if trickle { 60 } else { 0 } {
            // Writing to a closed connection fails.
            let _ = connection.stream.try_write(b" ");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let answer = connection.answer().await;
        assert_eq!(answer.status, 408, "{answer:?}");
        assert!(answer.body.contains("\"code\":\"REQUEST_TIMEOUT\""), "{answer:?}");
        assert!(answer.head.contains("connection: close"), "{answer:?}");
        connection.closed().await;
    }
}

#[tokio::test]
async fn the_time_for_sending_does_not_count_as_response_time() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let address = app.with_limits(|limits| limits.response_time = Duration::from_secs(2)).await;
    let body = envelope("m", "timeline", fixtures::timeline()).to_string();
    let mut connection = Raw::connect(address).await;
    connection.send(format!("{}content-length: {}\r\n\r\n", post(IMPORT), body.len() + 5)).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        connection.send(" ").await;
    }
    connection.send(&body).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let app = TestApp::sqlite().await;
    let address = app.with_limits(|limits| limits.write_time = SHORT).await;
    let mut connection = Raw::connect(address).await;
    let length = connection.get("/openapi.json").await.body.len();
    let request = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let requests = 1_000;
    connection.send(request.repeat(requests)).await;
    // The server goes on sending; only writing to a closed connection fails.
    let mut sent = 0;
    while connection.stream.try_write(b"\r\n").is_ok() {
        sent += 1;
        assert!(sent < 6_000, "the connection is kept");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let taken = connection.closed().await;
    assert!(taken < length * requests, "all {taken} bytes were sent");
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    drop(admin);
    let address = app.with_limits(|limits| limits.connections = 8).await;
    let mut idle = Vec::new();
    for number in 0..40 {
        let mut connection = Raw::connect(address).await;
        match number % 3 {
            0 => connection.send("GET /healthz HT").await,
            1 => assert_eq!(connection.get("/healthz").await.status, 200),
            _ => {}
        }
        idle.push(connection);
    }
    let mut newest = Raw::connect(address).await;
    assert_eq!(newest.get("/readyz").await.status, 200);
    let client = Client::new(address).with_token(token(Role::Viewer, "viewer@example.com"));
    assert_eq!(client.export("m", "timeline").await["movie_id"], "m");
    // The oldest idle connection was closed first.
    idle[0].closed().await;
    let closed = idle.iter().filter(|connection| connection.is_closed()).count();
    assert!((30..=40).contains(&closed), "{closed} of 40 were closed");
    assert_eq!(newest.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn only_health_is_served_at_the_limit_of_busy_connections() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let address = app.with_limits(|limits| limits.connections = 2).await;
    let body = envelope("m", "timeline", fixtures::timeline()).to_string();
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut connection = Raw::connect(address).await;
        connection
            .send(format!(
                "{}expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
                post(IMPORT),
                body.len()
            ))
            .await;
        // The server reads the body, so the request is in progress.
        assert_eq!(connection.answer().await.status, 100);
        busy.push(connection);
    }
    for _ in 0..50 {
        let answer = Raw::connect(address).await.get("/healthz").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    }
    let mut refused = Raw::connect(address).await;
    let answer = refused.get("/readyz").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: 5") && answer.head.contains("connection: close"));
    assert!(answer.body.contains("\"code\":\"UNAVAILABLE\""), "{answer:?}");
    refused.closed().await;
    for mut connection in busy {
        connection.send(&body).await;
        assert_eq!(connection.answer().await.status, 200);
    }
    let mut served = Raw::connect(address).await;
    assert_eq!(served.get("/readyz").await.status, 200);
}

/// The server as a process with at most 128 open files.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_beyond_the_descriptor_limit_do_not_block_clients() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let folder = app.database.folder.path();
    let binary = env!("CARGO_BIN_EXE_reelport");
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -n 128 && exec \"$0\" serve --listen 127.0.0.1:0", binary])
        .env_clear()
        .env("REELPORT_DATABASE_URL", &app.database.url)
        .env("REELPORT_LOG", "error")
        .env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let server = Server::start(command).await;
    let address = server.client.address();
    let mut idle = Vec::new();
    for _ in 0..240 {
        idle.push(Raw::connect(address).await);
    }
    for _ in 0..5 {
        assert_eq!(Raw::connect(address).await.get("/healthz").await.status, 200);
    }
    let admin = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    let reply = admin.import("m", "timeline", fixtures::timeline()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    server.stop().await;
}

#[tokio::test]
async fn a_stopping_server_ends_open_requests_and_stops() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut limited = app.app.clone();
    limited.limits.grace = 10 * SHORT;
    let serving = tokio::spawn(limited.serve(listener, async { drop(stopped.await) }));

    let body = envelope("m", "timeline", fixtures::timeline()).to_string();
    let head =
        format!("{}expect: 100-continue\r\ncontent-length: {}\r\n\r\n", post(IMPORT), body.len());
    let (mut ends, mut stalls) = (Raw::connect(address).await, Raw::connect(address).await);
    for connection in [&mut ends, &mut stalls] {
        connection.send(&head).await;
        assert_eq!(connection.answer().await.status, 100);
    }
    let mut silent = Raw::connect(address).await;
    let mut idle = Raw::connect(address).await;
    assert_eq!(idle.get("/healthz").await.status, 200);
    let mut half = Raw::connect(address).await;
    half.send("GET /healthz HT").await;

    stop.send(()).unwrap();
    for connection in [&mut silent, &mut idle, &mut half] {
        connection.closed().await;
    }
    ends.send(&body).await;
    let answer = ends.answer().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // A client that never completes its request does not keep the server alive.
    serving.await.unwrap();
    stalls.closed().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_a_process_in_which_a_request_hangs() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let mut command = reelport(
        app.database.folder.path(),
        &app.database.url,
        &["serve", "--listen", "127.0.0.1:0", "--shutdown-grace", "1"],
    );
    command.env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
    let server = Server::start(command).await;
    let mut hangs = Raw::connect(server.client.address()).await;
    hangs.send(format!("{}content-length: 1000\r\n\r\n", post(IMPORT))).await;
    server.stop().await;
    hangs.closed().await;
}

#[tokio::test]
async fn invalid_limits_are_refused_at_the_start() {
    let app = TestApp::sqlite().await;
    for (option, value) in [
        ("--max-connections", "0"),
        ("--max-connections", "many"),
        ("--max-connections", "100000000"),
        ("--request-memory", "1"),
        ("--shutdown-grace", "-1"),
    ] {
        let argument = format!("{option}={value}");
        let ran = app.command(&["serve", "--listen", "127.0.0.1:0", &argument]).await;
        assert_eq!(ran.code, 2, "{argument}: {ran:?}");
        assert!(ran.stderr.contains("allowed is a number from"), "{argument}: {ran:?}");
    }
}
