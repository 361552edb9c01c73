//! Subscriptions over WebSocket (graphql-transport-ws) and server-sent events.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use reelport::http::{AllowedOrigins, SubscriptionLimits};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::on_both_databases;
use crate::support::events::Events;
use crate::support::websocket::{Received, Socket};
use crate::support::{Client, TestApp, envelope, token};

const CHANGES: &str = "subscription($after: String, $filter: ChangeFilter) {
    changes(after: $after, filter: $filter) { cursor kind movieId category revision } }";
const DRAFTS: &str = "subscription($filter: DraftFilter) { drafts(filter: $filter) {
    kind movieId category draftRevision publishedRevision source updatedBy draft { draftRevision } } }";

fn admin() -> String {
    token(Role::Admin, "admin@example.com")
}

fn fact(text: &str) -> Value {
    json!({ "items": [{ "text": text }] })
}

async fn import(client: &Client, movie: &str, text: &str) {
    let reply = client.import(movie, "trivia", fact(text)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// `kind movie revision` of a change.
fn summary(result: &Value) -> String {
    let change = &result["data"]["changes"];
    assert!(change.is_object(), "{result}");
    format!("{} {} {}", change["kind"], change["movieId"], change["revision"]).replace('"', "")
}

/// A server with other limits on subscriptions, and its address.
async fn limited(app: &TestApp, change: impl FnOnce(&mut SubscriptionLimits)) -> SocketAddr {
    app.with_limits(|limits| change(&mut limits.subscriptions)).await
}

/// The code with which the server closes after `messages`.
async fn closed_after(address: SocketAddr, messages: &[Value]) -> u16 {
    let mut socket = Socket::open(address).await;
    for message in messages {
        socket.send(message).await;
    }
    loop {
        match socket.receive().await {
            Received::Message(_) => {}
            other => return other.code(),
        }
    }
}

fn init() -> Value {
    json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", admin()) } })
}

fn subscribe(id: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": CHANGES } })
}

on_both_databases! {
    async fn changes_arrive_as_they_are_committed(app: TestApp) {
        let client = app.movie("m").await;
        let mut socket = Socket::initialised(app.address, &admin()).await;
        socket.subscribe("all", CHANGES, json!({})).await;
        socket.ping().await;
        import(&client, "m", "one").await;
        assert_eq!(summary(&socket.next("all").await), "IMPORTED m 1");
        import(&client, "m", "two").await;
        let second = socket.next("all").await;
        assert_eq!(summary(&second), "IMPORTED m 2");

        // A second operation with a filter, from the start of the feed.
        let start = app.admin().graphql("{ changes(first: 1) { nodes { cursor } } }", json!({})).await;
        let start = &start["data"]["changes"]["nodes"][0]["cursor"];
        let filter = json!({ "categories": ["TRIVIA"] });
        let variables = json!({ "after": start, "filter": filter });
        socket.subscribe("trivia", CHANGES, variables).await;
        assert_eq!(summary(&socket.next("trivia").await), "IMPORTED m 1");
        assert_eq!(summary(&socket.next("trivia").await), "IMPORTED m 2");
        socket.send(&json!({ "type": "complete", "id": "all" })).await;
        socket.ping().await;
        import(&client, "m", "three").await;
        assert_eq!(summary(&socket.next("trivia").await), "IMPORTED m 3");
        // The id of a completed operation may be used again.
        let after = &second["data"]["changes"]["cursor"];
        socket.subscribe("all", CHANGES, json!({ "after": after })).await;
        assert_eq!(summary(&socket.next("all").await), "IMPORTED m 3");
    }

    async fn a_change_of_another_server_arrives(app: TestApp) {
        app.movie("m").await;
        let mut socket = Socket::initialised(app.address, &admin()).await;
        socket.subscribe("1", CHANGES, json!({})).await;
        socket.ping().await;
        import(&app.replica().await, "m", "one").await;
        assert_eq!(summary(&socket.next("1").await), "IMPORTED m 1");
        // A command is another process.
        app.seed(&[envelope("m", "trivia", fact("two"))]).await;
        assert_eq!(summary(&socket.next("1").await), "IMPORTED m 2");
    }

    /// Writers on two servers; subscribers that are cut off again and again and continue from their
    /// last cursor.
    async fn a_resumed_subscription_misses_nothing_and_repeats_nothing(app: TestApp) {
        const WRITES: usize = 60;
        let servers = [app.movie("m").await, app.replica().await];
        app.movie("n").await;
        let start = app.admin().graphql("{ changes(last: 1) { nodes { cursor } } }", json!({})).await;
        let start = start["data"]["changes"]["nodes"][0]["cursor"].clone();
        let subscribers: Vec<_> = (1..4).map(|step: usize| {
            let (addresses, start) = (servers.clone().map(|of| of.address()), start.clone());
            tokio::spawn(async move {
                let (mut seen, mut after) = (Vec::new(), start);
                for round in 0.. {
                    let address = addresses[round % addresses.len()];
                    let mut socket = Socket::initialised(address, &admin()).await;
                    socket.subscribe("1", CHANGES, json!({ "after": after })).await;
                    for _ in 0..step * 7 {
                        let result = socket.next("1").await;
                        after = result["data"]["changes"]["cursor"].clone();
                        seen.push(after.clone());
                        if seen.len() == WRITES {
                            return seen;
                        }
                    }
                }
                seen
            })
        }).collect();
        let writers = (0..WRITES).map(|number| {
            let client = servers[number % 2].clone();
            let movie = ["m", "n"][number / 2 % 2];
            tokio::spawn(async move { import(&client, movie, &format!("fact {number}")).await })
        });
        for written in futures::future::join_all(writers).await {
            written.unwrap();
        }
        let query = "query($after: String) { changes(after: $after, first: 100) { nodes { cursor } } }";
        let feed = app.admin().graphql(query, json!({ "after": start })).await;
        let feed = feed["data"]["changes"]["nodes"].as_array().unwrap().iter();
        let feed: Vec<Value> = feed.map(|node| node["cursor"].clone()).collect();
        assert_eq!(feed.len(), WRITES);
        for seen in futures::future::join_all(subscribers).await {
            assert_eq!(seen.unwrap(), feed);
        }
    }

    async fn events_of_drafts_arrive(app: TestApp) {
        let client = app.movie("m").await;
        let contributor = app.with_role(Role::Contributor);
        let mut socket = Socket::initialised(app.address, &admin()).await;
        socket.subscribe("all", DRAFTS, json!({})).await;
        let of_contributor = json!({ "filter": { "author": "contributor@example.com" } });
        socket.subscribe("theirs", DRAFTS, of_contributor).await;
        socket.subscribe("other", DRAFTS, json!({ "filter": { "category": "MEDIA" } })).await;
        socket.ping().await;
        let file = |text: &str| envelope("m", "trivia", fact(text));
        let document = json!({ "movieId": "m", "category": "TRIVIA" });
        let mut seen = Vec::new();
        let mut all = async |socket: &mut Socket, is_theirs: bool| {
            // The two operations may answer in either order.
            let mut results = Vec::new();
            for _ in 0..if is_theirs { 2 } else { 1 } {
                let message = socket.receive().await.message();
                assert_eq!(message["type"], "next", "{message}");
                results.push((message["id"].clone(), message["payload"]["data"]["drafts"].clone()));
            }
            assert!(results.iter().any(|(id, _)| id == "all"), "{results:?}");
            assert!(results.iter().all(|(_, event)| *event == results[0].1), "{results:?}");
            let event = results.remove(0).1;
            assert_eq!((&event["movieId"], &event["category"]), (&json!("m"), &json!("TRIVIA")));
            seen.push(json!([event["kind"], event["draftRevision"], event["publishedRevision"],
                event["updatedBy"], !event["draft"].is_null()]));
        };
        client.draft(&file("one")).await;
        all(&mut socket, false).await;
        contributor.draft(&file("two")).await;
        all(&mut socket, true).await;
        client.mutate("publishDraft", document.clone()).await;
        all(&mut socket, true).await;
        client.draft(&file("three")).await;
        all(&mut socket, false).await;
        client.mutate("discardDraft", document).await;
        all(&mut socket, false).await;
        client.draft(&file("four")).await;
        all(&mut socket, false).await;
        let deletion = "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { message } } }";
        client.graphql(deletion, json!({})).await;
        all(&mut socket, false).await;
        let (admin, other) = ("admin@example.com", "contributor@example.com");
        assert_eq!(
            seen,
            [
                json!(["OPENED", 1, null, admin, true]),
                json!(["CONTRIBUTED", 2, null, other, true]),
                json!(["PUBLISHED", 2, 1, admin, false]),
                json!(["OPENED", 3, null, admin, true]),
                json!(["DISCARDED", 3, null, admin, false]),
                json!(["OPENED", 4, null, admin, true]),
                json!(["DISCARDED", 4, null, admin, false]),
            ]
        );
    }
}

#[tokio::test]
async fn a_violation_of_the_protocol_closes_with_its_code() {
    let app = TestApp::sqlite().await;
    let address = app.address;
    let bad_token =
        json!({ "type": "connection_init", "payload": { "Authorization": "Bearer x" } });
    let basic = json!({ "type": "connection_init", "payload": { "Authorization": "Basic eDp5" } });
    for (messages, code) in [
        (&[subscribe("1")][..], 4401),
        (&[json!({ "type": "connection_init" })], 4401),
        (&[bad_token], 4403),
        (&[basic], 4403),
        (&[init(), init()], 4429),
        (&[init(), subscribe("1"), subscribe("1")], 4409),
        (&[init(), json!({ "type": "start", "id": "1", "payload": {} })], 4400),
        (&[init(), json!({ "type": "subscribe", "payload": { "query": CHANGES } })], 4400),
        (&[init(), json!([])], 4400),
    ] {
        assert_eq!(closed_after(address, messages).await, code, "{messages:?}");
    }
    let mut socket = Socket::initialised(address, &admin()).await;
    socket.send_frame(Message::binary(b"{}".to_vec())).await;
    assert_eq!(socket.receive().await.code(), 4400);
    let mut socket = Socket::initialised(address, &admin()).await;
    socket.send_frame(Message::text("x".repeat(65 * 1024))).await;
    assert_eq!(socket.receive().await.code(), 1009);
    let mut socket = Socket::try_open(address, &[]).await.unwrap();
    assert_eq!(socket.receive().await.code(), 4406);
}

#[tokio::test]
async fn a_token_is_taken_from_the_header_or_from_connection_init() {
    let app = TestApp::sqlite().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let header = format!("Bearer {}", admin());
    let mut socket =
        Socket::try_open(app.address, &[protocol, ("authorization", &header)]).await.unwrap();
    socket.send(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.receive().await.message(), json!({ "type": "connection_ack" }));
    let invalid = Socket::try_open(app.address, &[protocol, ("authorization", "Bearer x")]).await;
    assert_eq!(invalid.err(), Some(401));
}

#[tokio::test]
async fn connections_end_by_time() {
    let app = TestApp::sqlite().await;
    let short = Duration::from_millis(50);
    let address = limited(&app, |limits| limits.init_time = short).await;
    let mut socket = Socket::open(address).await;
    assert_eq!(socket.receive().await.code(), 4408);
    let address = limited(&app, |limits| limits.silence = short).await;
    let mut socket = Socket::initialised(address, &admin()).await;
    assert_eq!(socket.receive().await.code(), 3008);
    // A client that answers pings stays.
    let address = limited(&app, |limits| {
        limits.silence = Duration::from_secs(2);
        limits.ping_interval = Duration::from_millis(200);
        limits.token_interval = Duration::from_millis(50);
    })
    .await;
    let mut socket = Socket::initialised(address, &admin()).await;
    socket.subscribe("1", CHANGES, json!({})).await;
    let silent = tokio::time::timeout(Duration::from_secs(3), socket.receive()).await;
    assert!(silent.is_err(), "{silent:?}");
    // The tokens of the tests are valid for 30 days.
    app.clock.forward(TimeDelta::days(31));
    assert_eq!(
        socket.receive().await,
        Received::Closed(4403, "the token has expired; log in again".to_owned())
    );
}

#[tokio::test]
async fn limits_keep_connections_and_operations_few() {
    let app = TestApp::sqlite().await;
    let address = limited(&app, |limits| {
        limits.per_account = 1;
        limits.operations = 2;
        limits.sockets = 3;
    })
    .await;
    let mut first = Socket::initialised(address, &admin()).await;
    assert_eq!(closed_after(address, &[init()]).await, 1013);
    let other = token(Role::Viewer, "other@example.com");
    let _other = Socket::initialised(address, &other).await;
    let _third = Socket::open(address).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    assert_eq!(Socket::try_open(address, &[protocol]).await.err(), Some(503));
    for id in ["1", "2", "3"] {
        first.send(&subscribe(id)).await;
    }
    let refused = first.receive().await.message();
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("3")), "{refused}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{refused}");
    first.send(&json!({ "type": "complete", "id": "1" })).await;
    first.send(&subscribe("3")).await;
    first.ping().await;
}

#[tokio::test]
async fn an_operation_that_cannot_be_started_gets_an_error() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::initialised(app.address, &token(Role::Viewer, "v@example.com")).await;
    for (query, code) in [
        ("{ movies { nodes { id } } }", "BAD_USER_INPUT"),
        ("mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }", "BAD_USER_INPUT"),
        ("subscription { changes { kind", "GRAPHQL_PARSE_FAILED"),
        ("subscription { changes { knd } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: changes { kind } b: changes { kind } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { ...f } fragment f on Subscription { changes { kind } drafts { kind } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { changes(filter: {kinds: [X]}) { kind } }", "BAD_USER_INPUT"),
        (
            "subscription { changes { movie { provenance(category: TRIVIA) { label }
                b: provenance(category: AWARDS) { label } c: provenance(category: MEDIA) { label } }
                movieExport { data { ... on CastCrew { cast { person { filmography(first: 100) {
                nodes { movie { title castCrew { cast { name } } } } } } } } } } } }",
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        socket.subscribe("x", query, json!({})).await;
        let refused = socket.receive().await.message();
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("x")), "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], code, "{query}: {refused}");
    }
    // What only a resolver sees comes as a result, and ends the operation.
    for (query, variables, code) in [
        (DRAFTS, json!({}), "FORBIDDEN"),
        (CHANGES, json!({ "after": "x" }), "BAD_USER_INPUT"),
        (CHANGES, json!({ "filter": { "movieIds": ["a/b"] } }), "BAD_USER_INPUT"),
    ] {
        socket.subscribe("x", query, variables).await;
        let result = socket.next("x").await;
        assert_eq!(result["errors"][0]["extensions"]["code"], code, "{result}");
        let end = socket.receive().await.message();
        assert_eq!(end, json!({ "id": "x", "type": "complete" }));
    }
    socket.ping().await;
}

#[tokio::test]
async fn pages_of_other_origins_need_to_be_allowed() {
    let app = TestApp::sqlite().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let open = async |address: SocketAddr, origin: &str| {
        Socket::try_open(address, &[protocol, ("origin", origin)]).await.err()
    };
    let own = format!("http://{}", app.address);
    assert_eq!(open(app.address, &own).await, None);
    for origin in ["https://app.example.com", "null", "http://localhost:1"] {
        assert_eq!(open(app.address, origin).await, Some(403), "{origin}");
    }
    let origins = |text: &str| AllowedOrigins::parse(text).unwrap();
    let address =
        app.with_settings(|app| app.allowed_origins = origins("https://app.example.com")).await;
    assert_eq!(open(address, "https://app.example.com").await, None);
    assert_eq!(open(address, "https://app.example.com.evil.example").await, Some(403));
    let address = app.with_settings(|app| app.allowed_origins = origins("*")).await;
    assert_eq!(open(address, "https://any.example.com").await, None);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_subscriptions() {
    let app = TestApp::sqlite().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(app.app.clone().serve(listener, async { drop(stopped.await) }));
    let mut socket = Socket::initialised(address, &admin()).await;
    socket.subscribe("1", CHANGES, json!({})).await;
    socket.ping().await;
    let client = Client::new(address).with_token(admin());
    let mut stream = Events::open(&client, CHANGES, json!({})).await;
    stop.send(()).unwrap();
    assert_eq!(socket.receive().await.code(), 1001);
    // Without `complete`, so that clients connect again.
    assert_eq!(stream.next().await, None);
    drop((socket, stream));
    tokio::time::timeout(Duration::from_secs(30), serving).await.unwrap().unwrap();
}

/// A client that does not read is cut off, so that it does not hold memory for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_dropped() {
    let app = TestApp::sqlite().await;
    let client = app.movie("m").await;
    let items: Vec<_> =
        (0..2_000).map(|n| json!({ "text": format!("{n} {}", "x".repeat(400)) })).collect();
    let reply = client.import("m", "trivia", json!({ "items": items })).await;
    assert_eq!(reply.status, 200);
    for number in 0..100 {
        let text = json!({ "tagline": format!("{number}") });
        assert_eq!(client.import("m", "basic-info", text).await.status, 200);
    }
    let address = limited(&app, |limits| {
        limits.send_time = Duration::from_millis(200);
        limits.per_account = 1;
    })
    .await;
    let start = client.graphql("{ changes(first: 1) { nodes { cursor } } }", json!({})).await;
    let start = &start["data"]["changes"]["nodes"][0]["cursor"];
    let query = "subscription($after: String) { changes(after: $after) {
        movie { trivia { items { text } } } } }";
    let mut socket = Socket::initialised(address, &admin()).await;
    socket.subscribe("1", query, json!({ "after": start })).await;
    // The account has one place, which is free again when the connection is dropped.
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        let mut second = Socket::open(address).await;
        second.init(&admin()).await;
        if second.receive().await == Received::Message(json!({ "type": "connection_ack" })) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the connection is not dropped");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut received = 0;
    while let Received::Message(_) = socket.receive().await {
        received += 1;
    }
    assert!(received < 100, "{received}");
}

on_both_databases! {
    async fn subscriptions_run_over_server_sent_events(app: TestApp) {
        let client = app.movie("m").await;
        let mut events = Events::open(&client, CHANGES, json!({})).await;
        import(&client, "m", "one").await;
        let (name, result) = events.next().await.unwrap();
        assert_eq!((name.as_str(), summary(&result).as_str()), ("next", "IMPORTED m 1"));
        let after = &result["data"]["changes"]["cursor"];
        import(&client, "m", "two").await;
        // By GET, from a cursor.
        let parameters = [("query", CHANGES), ("variables", &json!({ "after": after }).to_string())];
        let request = client.request(Method::GET, "/graphql").query(&parameters);
        let request = request.header("accept", "text/event-stream");
        let mut events = Events::of(request.send().await.unwrap());
        assert_eq!(summary(&events.next().await.unwrap().1), "IMPORTED m 2");
    }
}

#[tokio::test]
async fn an_event_stream_ends_with_complete_or_an_error() {
    let app = TestApp::sqlite().await;
    let viewer = app.viewer();
    let complete = Some(("complete".to_owned(), Value::Null));
    for (client, query, code) in [
        (&viewer, "subscription { changes { knd } }", "GRAPHQL_VALIDATION_FAILED"),
        (&viewer, "subscription {", "GRAPHQL_PARSE_FAILED"),
        (&viewer, DRAFTS, "FORBIDDEN"),
        (&app.anonymous(), CHANGES, "UNAUTHENTICATED"),
    ] {
        let mut events = Events::open(client, query, json!({})).await;
        let (name, result) = events.next().await.unwrap();
        assert_eq!(name, "next");
        assert_eq!(result["errors"][0]["extensions"]["code"], code, "{query}: {result}");
        assert_eq!(events.next().await, complete);
        assert_eq!(events.next().await, None);
    }
    // Queries and mutations have one result.
    let mut events = Events::open(&viewer, "{ viewer { role } }", json!({})).await;
    assert_eq!(
        events.next().await.unwrap().1,
        json!({ "data": { "viewer": { "role": "VIEWER" } } })
    );
    assert_eq!(events.next().await, complete);
    let mutation =
        [("query", "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }")];
    let request = viewer.request(Method::GET, "/graphql").query(&mutation);
    let reply = viewer.send(request.header("accept", "text/event-stream")).await;
    assert_eq!(reply.status, 405);
    // Without the header, a subscription is refused with what it needs.
    let reply = viewer.graphql(CHANGES, json!({})).await;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let message = reply["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("text/event-stream") && message.contains("WebSocket"), "{message}");
    // As urql sends it: the preferred type for results, and events for subscriptions.
    let accept = "application/graphql-response+json, application/json, text/event-stream";
    let post = |query: &str| {
        let request = viewer.request(Method::POST, "/graphql").header("accept", accept);
        request.json(&json!({ "query": query }))
    };
    let reply = viewer.send(post("{ viewer { role } }")).await;
    assert!(reply.header("content-type").starts_with("application/graphql-response+json"));
    Events::of(post(CHANGES).send().await.unwrap());
    let invalid = viewer.clone().with_token("x");
    let request = invalid.request(Method::POST, "/graphql").header("accept", "text/event-stream");
    let reply = invalid.send(request.json(&json!({ "query": CHANGES }))).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
}

#[tokio::test]
async fn an_event_stream_ends_with_its_token_and_within_its_limits() {
    let app = TestApp::sqlite().await;
    let address = limited(&app, |limits| {
        limits.token_interval = Duration::from_millis(50);
        limits.streams = 1;
    })
    .await;
    let client = Client::new(address).with_token(admin());
    let mut events = Events::open(&client, CHANGES, json!({})).await;
    let request = client.request(Method::POST, "/graphql").header("accept", "text/event-stream");
    let reply = client.send(request.json(&json!({ "query": CHANGES }))).await;
    assert_eq!(reply.status, 503, "{}", reply.text);
    app.clock.forward(TimeDelta::days(31));
    let (_, result) = events.next().await.unwrap();
    assert_eq!(result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{result}");
    assert_eq!(events.next().await.unwrap().0, "complete");
    assert_eq!(events.next().await, None);
}
