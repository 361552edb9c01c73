//! Connections that stay open end with their token, on every server.

use std::time::Duration;

use reelport::catalog::access::Role;
use serde_json::json;
use tokio::time::timeout;

use super::personal_tokens::make;
use super::revocation::{REVOCATIONS, Victim, revoke};
use super::{account, create, done, log_in};
use crate::on_both_databases;
use crate::support::events::Events;
use crate::support::websocket::{Received, Socket};
use crate::support::{Client, envelope};

const DRAFTS: &str = "subscription { drafts { movieId category } }";

/// An open draft makes an event on all servers.
async fn write_draft(client: &Client, text: &str) {
    let document = envelope("m", "trivia", json!({ "items": [{ "text": text }] }));
    let reply = client.import_envelope("m", "trivia", "?target=draft", &document).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Fails if the socket gets an event, or stays open for more than a few seconds.
async fn assert_ended(socket: &mut Socket, what: &str) {
    let ended = timeout(Duration::from_secs(5), socket.receive()).await;
    match ended.unwrap_or_else(|_| panic!("{what}: the connection is still open")) {
        Received::Closed(4403, reason) => {
            assert!(reason.contains("revoked"), "{what}: {reason}");
        }
        other => panic!("{what}: {other:?}"),
    }
}

on_both_databases! {
    async fn a_revocation_ends_open_connections_before_the_next_event(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let replica = app.replica().await.address();
        app.movie("m").await;
        for (number, revocation) in REVOCATIONS.into_iter().enumerate() {
            let victim = Victim::new(&app, replica, number).await;
            let mut sockets = Vec::new();
            for address in [app.address, replica] {
                let mut socket = Socket::initialised(address, &victim.tokens.access).await;
                socket.subscribe("1", DRAFTS, json!({})).await;
                sockets.push(socket);
            }
            let mut events = Events::open(&victim.on[1], DRAFTS, json!({})).await;
            write_draft(&admin, &format!("before {revocation}")).await;
            for socket in &mut sockets {
                assert_eq!(socket.next("1").await["data"]["drafts"]["movieId"], "m");
            }
            assert_eq!(events.next().await.unwrap().1["data"]["drafts"]["movieId"], "m");
            revoke(&app, &admin, revocation, &victim).await;
            // Odd ones: without an event, the connection ends too.
            if number % 2 == 0 {
                write_draft(&admin, &format!("after {revocation}")).await;
            }
            for socket in &mut sockets {
                assert_ended(socket, revocation).await;
            }
            let (_, result) = events.next().await.unwrap();
            let code = &result["errors"][0]["extensions"]["code"];
            assert_eq!(code, "UNAUTHENTICATED", "{revocation}: {result}");
            assert_eq!(events.next().await.unwrap().0, "complete");
        }
    }

    async fn a_script_that_loses_its_role_loses_its_connection(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let id = create(&app, "a@example.com", Role::Contributor).await;
        let client = log_in(&app.anonymous(), "a@example.com").await.client(&app);
        app.movie("m").await;
        let (secret, _) = make(&client, json!({ "name": "x", "role": "CONTRIBUTOR" })).await;
        let mut socket = Socket::initialised(app.address, &secret).await;
        socket.subscribe("1", DRAFTS, json!({})).await;
        write_draft(&admin, "before").await;
        socket.next("1").await;
        let update = "mutation($id: ID!) { updateUser(input: {id: $id, role: VIEWER}) {
            userErrors { code } } }";
        done(&admin, update, json!({ "id": id })).await;
        write_draft(&admin, "after").await;
        assert_ended(&mut socket, "another role").await;
        // The token is still accepted, with the new role.
        Socket::initialised(app.address, &secret).await;
    }
}
