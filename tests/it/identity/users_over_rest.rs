//! Accounts over the REST API, for scripts.

use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, account, log_in, refresh, status};
use crate::on_both_databases;
use crate::support::{Client, Reply};

const USERS: &str = "/api/v1/admin/users";

async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Reply {
    client.send(client.request(method, path).json(body)).await
}

/// The status, the code and the path of the first problem.
fn refusal(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (reply.status, text(&body["code"]), text(&body["errors"][0]["path"]))
}

on_both_databases! {
    async fn a_script_manages_accounts(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let new = json!({ "email": " New@Example.com ", "role": "CONTRIBUTOR", "name": "New",
            "password": PASSWORD });
        let created = admin.post(USERS, &new).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let user = created.json();
        let path = created.header("location").to_owned();
        assert_eq!(path, format!("{USERS}/{}", user["id"].as_str().unwrap()));
        assert_eq!(
            (&user["email"], &user["role"], &user["name"], &user["is_disabled"]),
            (&json!("new@example.com"), &json!("CONTRIBUTOR"), &json!("New"), &json!(false))
        );
        assert_eq!(admin.get(&path).await.json(), user);
        let with_prefix = format!("{USERS}/user:{}", user["id"].as_str().unwrap());
        assert_eq!(admin.get(&with_prefix).await.json(), user);

        let tokens = log_in(&app.anonymous(), "new@example.com").await;
        let changed = send(&admin, Method::PATCH, &path, &json!({ "role": "VIEWER" })).await;
        assert_eq!((changed.status, &changed.json()["role"]), (200, &json!("VIEWER")));
        assert_eq!(changed.json()["name"], "New");
        assert_eq!(status(&tokens.client(&app)).await, 401);

        let body = json!({ "password": "battery staple" });
        let set = send(&admin, Method::PUT, &format!("{path}/password"), &body).await;
        assert_eq!((set.status, set.text.as_str()), (204, ""));
        assert_eq!(refresh(&app.anonymous(), &tokens.refresh).await.status, 401);

        let link = admin.post(&format!("{path}/password-link"), &json!({})).await;
        assert_eq!(link.status, 201, "{}", link.text);
        let used = json!({ "secret": link.json()["secret"], "password": PASSWORD });
        assert_eq!(app.anonymous().post("/api/v1/auth/password-link", &used).await.status, 204);
        let tokens = log_in(&app.anonymous(), "new@example.com").await;

        let deleted = send(&admin, Method::DELETE, &path, &json!({})).await;
        assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
        assert_eq!(status(&tokens.client(&app)).await, 401);
        assert_eq!(admin.get(&path).await.status, 404);
    }

    async fn accounts_are_listed_in_pages(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        for number in 0..5 {
            let new = json!({ "email": format!("{number}@example.com"), "role": "VIEWER" });
            assert_eq!(admin.post(USERS, &new).await.status, 201);
        }
        let mut path = format!("{USERS}?first=2");
        let mut emails = Vec::new();
        loop {
            let page = admin.get(&path).await.json();
            emails.extend(page["users"].as_array().unwrap().iter().map(|user| user["email"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{USERS}?first=2&after={next}");
        }
        assert_eq!(
            json!(emails),
            json!(["0@example.com", "1@example.com", "2@example.com", "3@example.com",
                "4@example.com", "admin@example.com"])
        );
        let count = async |query: &str| {
            admin.get(&format!("{USERS}?{query}")).await.json()["users"].as_array().unwrap().len()
        };
        assert_eq!(count("role=viewer").await, 5);
        assert_eq!(count("role=ADMIN&is_disabled=true").await, 0);
        assert_eq!(count("email=3@Example.com").await, 1);
        assert_eq!(count("email=3@example.com&role=ADMIN").await, 0);
        assert_eq!(count("email=no@example.com").await, 0);
        for query in ["first=0", "first=101", "role=boss", "is_disabled=maybe", "name=x"] {
            let reply = admin.get(&format!("{USERS}?{query}")).await;
            assert_eq!(refusal(&reply).0, 400, "{query}: {}", reply.text);
        }
    }

    async fn an_unknown_field_changes_nothing(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let new = json!({ "email": "new@example.com", "role": "VIEWER", "password": PASSWORD });
        let created = admin.post(USERS, &new).await;
        let path = created.header("location").to_owned();
        let password = format!("{path}/password");
        let tokens = "/api/v1/auth/tokens".to_owned();
        let user = json!({ "email": "b@example.com", "role": "VIEWER", "isDisabled": true });
        let unlimited = json!({ "name": "x", "role": "ADMIN", "category": ["trivia"] });
        let long = json!({ "name": "x", "role": "ADMIN", "expiresInDays": 1 });
        for (method, path, body) in [
            (Method::POST, USERS.to_owned(), user),
            (Method::PATCH, path.clone(), json!({ "isDisabled": true })),
            (Method::PATCH, path.clone(), json!({ "roles": "ADMIN" })),
            (Method::PUT, password, json!({ "password": PASSWORD, "revokeTokens": true })),
            (Method::POST, tokens.clone(), unlimited),
            (Method::POST, tokens.clone(), long),
        ] {
            let reply = send(&admin, method, &path, &body).await;
            assert_eq!(reply.status, 422, "{path}: {}", reply.text);
            assert!(reply.text.contains("unknown field"), "{path}: {}", reply.text);
        }
        assert_eq!(admin.get(&path).await.json(), created.json());
        assert_eq!(admin.get(USERS).await.json()["users"].as_array().map(Vec::len), Some(2));
        assert_eq!(admin.get(&tokens).await.json(), json!([]));
    }

    async fn wrong_input_changes_nothing_and_says_where(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let new = json!({ "email": "a@example.com", "role": "VIEWER" });
        let created = admin.post(USERS, &new).await.json();
        for (body, expected) in [
            (json!({ "role": "VIEWER" }), (422, "/email")),
            (json!({ "email": "b@example.com" }), (422, "/role")),
            (json!({ "email": "b@example.com", "role": "BOSS" }), (422, "/role")),
            (json!({ "email": "b", "role": "VIEWER" }), (422, "/email")),
            (json!({ "email": "b@example.com", "role": "VIEWER", "name": 1 }), (422, "/name")),
            (json!({ "email": "b@example.com", "role": "VIEWER", "password": "12345678" }),
                (422, "/password")),
            (json!({ "email": "A@example.com", "role": "VIEWER" }), (409, "/email")),
            (json!([]), (422, "")),
        ] {
            let reply = admin.post(USERS, &body).await;
            let (status, _, path) = refusal(&reply);
            assert_eq!((status, path.as_str()), expected, "{body}: {}", reply.text);
            assert!(!reply.text.contains("12345678"), "{}", reply.text);
        }
        let own = format!("{USERS}?role=admin");
        let id = admin.get(&own).await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        for (method, path, body, expected) in [
            (Method::PATCH, format!("{USERS}/{id}"), json!({ "role": "VIEWER" }), 409),
            (Method::PATCH, format!("{USERS}/{id}"), json!({ "is_disabled": true }), 409),
            (Method::DELETE, format!("{USERS}/{id}"), json!({}), 409),
            (Method::PATCH, format!("{USERS}/{id}"), json!({ "is_disabled": "yes" }), 422),
            (Method::PATCH, format!("{USERS}/{id}"), json!({ "name": "a\nb" }), 422),
            (Method::PUT, format!("{USERS}/{id}/password"), json!({}), 422),
            (Method::PUT, format!("{USERS}/{id}/password"), json!({ "password": "short" }), 422),
            // What does not exist comes before what is wrong with the input.
            (Method::PATCH, format!("{USERS}/no"), json!({ "is_disabled": "yes" }), 404),
            (Method::PUT, format!("{USERS}/no/password"), json!({}), 404),
            (Method::POST, format!("{USERS}/no/password-link"), json!({}), 404),
            (Method::DELETE, format!("{USERS}/no"), json!({}), 404),
        ] {
            let reply = send(&admin, method.clone(), &path, &body).await;
            assert_eq!(reply.status, expected, "{method} {path} {body}: {}", reply.text);
        }
        let after = admin.get(USERS).await.json();
        assert_eq!(after["users"].as_array().unwrap().len(), 2, "{after}");
        assert_eq!(after["users"][0], created);
        assert_eq!(after["users"][1]["role"], "ADMIN");
    }
}
