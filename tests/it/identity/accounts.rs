//! Managing accounts: by an ADMIN, by oneself, and by a password link.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::{
    PASSWORD, Tokens, account, codes, create, done, log_in, refresh, refusals, run, status,
};
use crate::on_both_databases;
use crate::support::{Client, TestApp, database};

const CREATE: &str =
    "mutation($email: String!, $name: String! = \"\", $role: Role!, $password: String) {
    createUser(input: {email: $email, name: $name, role: $role, password: $password}) {
        user { id email name role isDisabled createdAt source tokens { totalCount } }
        userErrors { path code message } } }";
const UPDATE: &str = "mutation($id: ID!, $role: Role, $name: String, $disabled: Boolean) {
    updateUser(input: {id: $id, role: $role, name: $name, isDisabled: $disabled}) {
        user { name role isDisabled } userErrors { path code message } } }";
const SET_PASSWORD: &str = "mutation($id: ID!, $password: String!) {
    setPassword(input: {id: $id, password: $password}) { user { id } userErrors { path code } } }";
const CHANGE_PASSWORD: &str = "mutation($old: String!, $new: String!) {
    changePassword(input: {oldPassword: $old, newPassword: $new}) {
        accessToken refreshToken viewer { email } userErrors { path code } } }";
const DELETE: &str = "mutation($id: ID!) { deleteUser(input: {id: $id}) {
    deletedUserId userErrors { path code message } } }";
const LINK: &str = "mutation($id: ID!) { createPasswordLink(input: {id: $id}) {
    secret expiresAt userErrors { path code } } }";
const USE_LINK: &str = "mutation($secret: String!, $password: String!) {
    usePasswordLink(input: {secret: $secret, password: $password}) { userErrors { path code } } }";

fn refused(path: &str, code: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), code.to_owned())]
}

async fn login_status(client: &Client, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    client.post("/api/v1/auth/login", &body).await.status
}

on_both_databases! {
    async fn an_admin_creates_changes_and_deletes_accounts(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let new = json!({ "email": " New@Example.com ", "name": "A. Person", "role": "VIEWER", "password": PASSWORD });
        let created = done(&admin, CREATE, new.clone()).await["user"].clone();
        assert_eq!(
            (&created["email"], &created["name"], &created["role"], &created["source"]),
            (&json!("new@example.com"), &json!("A. Person"), &json!("VIEWER"), &Value::Null)
        );
        assert_eq!((&created["isDisabled"], &created["tokens"]["totalCount"]), (&json!(false), &json!(0)));
        let id = created["id"].clone();
        assert!(id.as_str().unwrap().starts_with("user:"), "{created}");
        assert_eq!(refusals(&admin, CREATE, new).await, refused("/email", "ALREADY_EXISTS"));
        for (change, path) in [
            (json!({ "email": "nobody" }), "/email"),
            (json!({ "password": "1234567" }), "/password"),
            (json!({ "password": "iloveyou1" }), "/password"),
            (json!({ "email": "ada.lovelace@example.com", "password": "Ada.Lovelace1" }), "/password"),
            (json!({ "name": "a\nb" }), "/name"),
            (json!({ "name": "x".repeat(101) }), "/name"),
        ] {
            let mut input = json!({ "email": "x@example.com", "role": "VIEWER", "password": PASSWORD });
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(refusals(&admin, CREATE, input).await, refused(path, "INVALID"), "{change}");
        }
        let changed = done(&admin, UPDATE, json!({ "id": id, "name": "B" })).await;
        assert_eq!(changed["user"], json!({ "name": "B", "role": "VIEWER", "isDisabled": false }));
        let changed = done(&admin, UPDATE, json!({ "id": id, "name": null, "role": null })).await;
        assert_eq!(changed["user"]["name"], "");
        let found = run(&admin, "query($id: ID!) { user(id: $id) { email } }", json!({ "id": id })).await;
        assert_eq!(found, json!({ "email": "new@example.com" }));
        let deleted = done(&admin, DELETE, json!({ "id": id })).await;
        assert_eq!(deleted["deletedUserId"], id);
        for query in [UPDATE, DELETE, SET_PASSWORD, LINK] {
            let variables = json!({ "id": id, "password": PASSWORD });
            assert_eq!(refusals(&admin, query, variables).await, refused("/id", "NOT_FOUND"), "{query}");
        }
        let found = run(&admin, "query($id: ID!) { user(id: $id) { email } }", json!({ "id": id })).await;
        assert_eq!(found, Value::Null);
    }

    async fn accounts_are_listed_in_pages(app: TestApp) {
        let admin = account(&app, "c@example.com", Role::Admin).await.client(&app);
        for email in ["d@example.com", "a@example.com", "e@example.com", "b@example.com"] {
            create(&app, email, Role::Viewer).await;
        }
        let page = "query($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter) {
            users(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
                totalCount nodes { email } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let list = async |arguments: Value| {
            let found = run(&admin, page, arguments).await;
            let nodes = found["nodes"].as_array().unwrap().iter();
            let names: String = nodes.map(|node| node["email"].as_str().unwrap()[..1].to_owned()).collect();
            (names, found["pageInfo"].clone(), found["totalCount"].clone())
        };
        let (names, info, total) = list(json!({ "first": 2 })).await;
        assert_eq!((names.as_str(), &info["hasNextPage"], &total), ("ab", &json!(true), &json!(5)));
        let (names, info, _) = list(json!({ "first": 3, "after": info["endCursor"] })).await;
        assert_eq!((names.as_str(), &info["hasNextPage"], &info["hasPreviousPage"]), ("cde", &json!(false), &json!(true)));
        let (names, info, _) = list(json!({ "last": 2, "before": info["startCursor"] })).await;
        assert_eq!((names.as_str(), &info["hasPreviousPage"]), ("ab", &json!(false)));
        let (names, _, total) = list(json!({ "filter": { "role": "VIEWER" }, "last": 3 })).await;
        assert_eq!((names.as_str(), total), ("bde", json!(4)));
        assert_eq!(list(json!({ "filter": { "isDisabled": true } })).await.0, "");
        for arguments in [
            json!({ "first": 0 }), json!({ "first": 101 }), json!({ "first": 1, "last": 1 }),
            json!({ "after": "x" }), json!({ "first": 1, "before": "x" }),
        ] {
            let reply = admin.graphql(page, arguments.clone()).await;
            assert_eq!(codes(&reply), ["BAD_USER_INPUT"], "{arguments}");
        }
        let (few, _) = app.count_queries(admin.graphql("{ users(first: 1) { nodes { sessions { totalCount } tokens { totalCount } } } }", json!({}))).await;
        let (many, _) = app.count_queries(admin.graphql("{ users(first: 5) { nodes { name sessions { totalCount } tokens { totalCount } } } }", json!({}))).await;
        assert_eq!((few, many), (3, 3));
    }

    async fn accounts_sessions_and_tokens_are_nodes_of_their_owner_and_of_admins(app: TestApp) {
        let owner = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        let make = "mutation { createToken(input: {name: \"x\", role: VIEWER}) { token { id } userErrors { code } } }";
        let token = done(&owner, make, json!({})).await["token"]["id"].clone();
        let query = "{ viewer { id sessions { nodes { id } } } }";
        let viewer = run(&owner, query, json!({})).await;
        let ids = [viewer["id"].clone(), viewer["sessions"]["nodes"][0]["id"].clone(), token];
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
        let found = async |client: &Client| run(client, nodes, json!({ "ids": ids })).await;
        let kinds = ["User", "Session", "PersonalAccessToken"];
        let all: Vec<Value> = ids.iter().zip(kinds).map(|(id, kind)| json!({ "__typename": kind, "id": id })).collect();
        let admin = account(&app, "b@example.com", Role::Admin).await.client(&app);
        for client in [&owner, &admin] {
            assert_eq!(found(client).await, json!(all));
        }
        let stranger = account(&app, "c@example.com", Role::Contributor).await.client(&app);
        assert_eq!(found(&stranger).await, json!([null, null, null]));
        let (one, _) = app.count_queries(run(&admin, nodes, json!({ "ids": [ids[1]] }))).await;
        let sessions = json!({ "ids": [ids[1], "session:no", "session:nor", "session:neither"] });
        let (several, _) = app.count_queries(run(&admin, nodes, sessions)).await;
        assert_eq!((one, several), (1, 1));
    }

    async fn only_an_admin_manages_accounts(app: TestApp) {
        let id = create(&app, "x@example.com", Role::Viewer).await;
        for role in [Role::User, Role::Viewer, Role::Contributor] {
            let client = app.with_role(role);
            for query in [CREATE, UPDATE, SET_PASSWORD, LINK, DELETE] {
                let variables = json!({ "id": id, "email": "y@example.com", "role": "ADMIN", "password": PASSWORD });
                let reply = client.graphql(query, variables).await;
                assert_eq!(codes(&reply), ["FORBIDDEN"], "{role:?} {query}: {reply}");
            }
            for query in ["{ users { totalCount } }", "{ user(id: \"x\") { id } }"] {
                let reply = client.graphql(query, json!({})).await;
                assert_eq!(codes(&reply), ["FORBIDDEN"], "{role:?} {query}: {reply}");
            }
        }
        assert_eq!(database::rows(&app.database.url, "users").await.len(), 1);
    }

    async fn the_last_admin_stays_one(app: TestApp) {
        let id = create(&app, "a@example.com", Role::Admin).await;
        let admin = log_in(&app.anonymous(), "a@example.com").await.client(&app);
        let expected = refused("/id", "CONFLICT");
        assert_eq!(refusals(&admin, DELETE, json!({ "id": id })).await, expected);
        assert_eq!(refusals(&admin, UPDATE, json!({ "id": id, "role": "CONTRIBUTOR" })).await, expected);
        assert_eq!(refusals(&admin, UPDATE, json!({ "id": id, "disabled": true })).await, expected);
        let ran = app.command(&["user", "disable", "--email", "a@example.com"]).await;
        assert!(ran.code == 2 && ran.stderr.contains("last ADMIN"), "{ran:?}");
        // A disabled ADMIN does not count.
        let other = create(&app, "b@example.com", Role::Admin).await;
        done(&admin, UPDATE, json!({ "id": other, "disabled": true })).await;
        assert_eq!(refusals(&admin, DELETE, json!({ "id": id })).await, expected);
        app.command(&["user", "enable", "--email", "b@example.com"]).await.ok();
        done(&admin, UPDATE, json!({ "id": id, "disabled": true })).await;
    }

    async fn of_two_admins_who_remove_each_other_at_once_one_stays(app: TestApp) {
        let mut pair = Vec::new();
        for email in ["a@example.com", "b@example.com"] {
            pair.push(create(&app, email, Role::Admin).await);
        }
        let replica = app.replica().await.address();
        for round in 0..6 {
            let on = [app.address, replica];
            let mut clients = Vec::new();
            for (number, email) in ["a@example.com", "b@example.com"].iter().enumerate() {
                let tokens = log_in(&Client::new(on[number]), email).await;
                clients.push(Client::new(on[number]).with_token(tokens.access));
            }
            let input = |id: &str| match round % 2 {
                0 => json!({ "id": id, "role": "VIEWER" }),
                _ => json!({ "id": id, "disabled": true }),
            };
            tokio::join!(
                clients[0].graphql(UPDATE, input(&pair[1])),
                clients[1].graphql(UPDATE, input(&pair[0])),
            );
            let rows = database::rows(&app.database.url, "users").await;
            let left = rows.iter().filter(|row| {
                row["role"] == "ADMIN" && (row["is_disabled"] == false || row["is_disabled"] == 0)
            });
            assert_eq!(left.count(), 1, "{rows:?}");
            for email in ["a@example.com", "b@example.com"] {
                app.command(&["user", "enable", "--email", email]).await.ok();
                app.command(&["user", "set-role", "--email", email, "--role", "ADMIN"]).await.ok();
            }
        }
    }

    async fn a_person_changes_the_own_password_with_the_old_one(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Viewer).await;
        let other = log_in(&app.anonymous(), "a@example.com").await;
        let client = tokens.client(&app);
        for (old, new, path) in [
            ("wrong password", "battery staple", "/oldPassword"),
            (PASSWORD, "short", "/newPassword"),
            (PASSWORD, "qwertyuiop", "/newPassword"),
        ] {
            let variables = json!({ "old": old, "new": new });
            assert_eq!(refusals(&client, CHANGE_PASSWORD, variables).await, refused(path, "INVALID"));
        }
        let variables = json!({ "old": PASSWORD, "new": "battery staple" });
        let payload = done(&client, CHANGE_PASSWORD, variables.clone()).await;
        let access = payload["accessToken"].as_str().unwrap();
        assert_eq!(status(&app.anonymous().with_token(access)).await, 200);
        let next = payload["refreshToken"].as_str().unwrap();
        assert_eq!(refresh(&app.anonymous(), next).await.status, 200);
        for old in [&tokens, &other] {
            assert_eq!(status(&old.client(&app)).await, 401);
            assert_eq!(refresh(&app.anonymous(), &old.refresh).await.status, 401);
        }
        assert_eq!(login_status(&app.anonymous(), "a@example.com", PASSWORD).await, 401);
        // A token of a platform is no log-in here.
        let refused_token = refusals(&app.viewer(), CHANGE_PASSWORD, variables).await;
        assert_eq!(refused_token, refused("", "INVALID"));
    }

    async fn a_password_link_sets_a_password_once(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let variables = json!({ "email": "a@example.com", "role": "VIEWER" });
        let id = done(&admin, CREATE, variables).await["user"]["id"].clone();
        for password in ["", PASSWORD] {
            assert_eq!(login_status(&app.anonymous(), "a@example.com", password).await, 401);
        }
        let link = async || done(&admin, LINK, json!({ "id": id })).await["secret"].as_str().unwrap().to_owned();
        let anonymous = app.anonymous();
        let use_link = async |secret: &str, password: &str| {
            refusals(&anonymous, USE_LINK, json!({ "secret": secret, "password": password })).await
        };
        let secret = link().await;
        assert_eq!(use_link(&secret, "iloveyou1").await, refused("/password", "INVALID"));
        assert_eq!(use_link(&secret, PASSWORD).await, []);
        assert_eq!(use_link(&secret, "battery staple").await, refused("/secret", "NOT_FOUND"));
        let session = log_in(&anonymous, "a@example.com").await;
        // A newer link replaces an older one; a new password ends sessions and links.
        let (old, new) = (link().await, link().await);
        assert_eq!(use_link(&old, "battery staple").await, refused("/secret", "NOT_FOUND"));
        let body = json!({ "secret": new, "password": "battery staple" });
        let (one, other) = tokio::join!(
            anonymous.post("/api/v1/auth/password-link", &body),
            anonymous.post("/api/v1/auth/password-link", &body),
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 404]);
        assert_eq!(status(&session.client(&app)).await, 401);
        assert_eq!(login_status(&anonymous, "a@example.com", "battery staple").await, 200);
        let expired = link().await;
        app.clock.forward(chrono::TimeDelta::hours(25));
        assert_eq!(use_link(&expired, PASSWORD).await, refused("/secret", "NOT_FOUND"));
        let rows = database::rows(&app.database.url, "password_links").await;
        assert!(rows.iter().all(|row| row["hash"] != json!(expired)), "{rows:?}");
    }

    async fn the_command_line_makes_a_password_link(app: TestApp) {
        create(&app, "a@example.com", Role::Viewer).await;
        let ran = app.command(&["user", "password-link", "--email", "a@example.com"]).await.ok();
        let secret = ran.stdout.lines().last().unwrap().strip_prefix("/set-password#").unwrap().to_owned();
        let body = json!({ "secret": secret, "password": "battery staple" });
        assert_eq!(app.anonymous().post("/api/v1/auth/password-link", &body).await.status, 204);
        assert_eq!(login_status(&app.anonymous(), "a@example.com", "battery staple").await, 200);
        let ran = app.command(&["user", "password-link", "--email", "no@example.com"]).await;
        assert!(ran.code == 2 && ran.stderr.contains("no account"), "{ran:?}");
        let page = app.anonymous().get("/set-password").await;
        assert!(page.text.contains("set-password.js") && page.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(app.anonymous().get("/set-password.js").await.status, 200);
    }

    async fn an_old_hash_is_replaced_at_the_next_login(app: TestApp) {
        create(&app, "a@example.com", Role::Viewer).await;
        let weaker = weaker_hash();
        database::execute(&app.database.url, &format!("UPDATE users SET password_hash = '{weaker}'")).await;
        assert_eq!(login_status(&app.anonymous(), "a@example.com", "wrong password").await, 401);
        assert_eq!(database::rows(&app.database.url, "users").await[0]["password_hash"], weaker.as_str());
        let tokens = log_in(&app.anonymous(), "a@example.com").await;
        let hash = database::rows(&app.database.url, "users").await[0]["password_hash"].clone();
        assert!(hash.as_str().unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(status(&tokens.client(&app)).await, 200);
        log_in(&app.anonymous(), "a@example.com").await;
        assert_eq!(database::rows(&app.database.url, "users").await[0]["password_hash"], hash);
    }
}

fn weaker_hash() -> String {
    use argon2::password_hash::SaltString;
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    let params = Params::new(8_192, 1, 1, None).unwrap();
    let salt = SaltString::from_b64("c29tZXNhbHRzb21lc2FsdA").unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password(PASSWORD.as_bytes(), &salt).unwrap().to_string()
}

#[tokio::test]
async fn changing_the_password_is_throttled_like_a_login() {
    let app = TestApp::sqlite().await;
    let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
    let guess = json!({ "old": "wrong password", "new": "battery staple" });
    for _ in 0..10 {
        assert_eq!(refusals(&client, CHANGE_PASSWORD, guess.clone()).await.len(), 1);
    }
    let variables = json!({ "old": PASSWORD, "new": "battery staple" });
    let reply = client.graphql(CHANGE_PASSWORD, variables).await;
    assert_eq!(codes(&reply), ["RATE_LIMITED"], "{reply}");
}

#[tokio::test]
async fn the_viewer_of_a_platform_token_has_no_stored_account() {
    let app = TestApp::sqlite().await;
    let query = "{ viewer { id name createdAt isDisabled source sessions { totalCount } tokens { totalCount } } }";
    let viewer = run(&app.viewer(), query, json!({})).await;
    let expected = json!({
        "id": "user:user-viewer@example.com", "name": "", "createdAt": null, "isDisabled": false,
        "source": null, "sessions": { "totalCount": 0 }, "tokens": { "totalCount": 0 }
    });
    assert_eq!(viewer, expected);
}

#[tokio::test]
async fn a_weak_password_on_the_command_line_is_set_with_a_warning() {
    let app = TestApp::sqlite().await;
    let arguments =
        ["user", "create", "--email", "a@example.com", "--role", "VIEWER", "--password", "-"];
    let ran = app.command_with(&arguments, b"iloveyou1").await.ok();
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("commonest"), "{ran:?}");
    assert_eq!(login_status(&app.anonymous(), "a@example.com", "iloveyou1").await, 200);
    let tokens = Tokens::of(
        &app.anonymous()
            .post(
                "/api/v1/auth/login",
                &json!({ "email": "a@example.com", "password": "iloveyou1" }),
            )
            .await,
    );
    assert_eq!(status(&tokens.client(&app)).await, 200);
}
