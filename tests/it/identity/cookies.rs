//! The refresh token in a cookie, for pages of this origin.

use reelport::catalog::access::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{PASSWORD, create, status};
use crate::support::{Client, Reply, TestApp};

const LOGIN: &str = "mutation($password: String!) {
    login(input: {email: \"a@example.com\", password: $password, cookie: true}) {
        accessToken refreshToken userErrors { code } } }";
const REFRESH: &str = "mutation { refresh(input: {}) { accessToken refreshToken } }";

fn cookie(reply: &Reply) -> String {
    let header = reply.header("set-cookie");
    let (pair, attributes) =
        header.split_once("; ").unwrap_or_else(|| panic!("{:?}", reply.headers));
    assert!(
        attributes.starts_with("Path=/; Max-Age=")
            && attributes.ends_with("; HttpOnly; SameSite=Strict"),
        "{header}"
    );
    pair.to_owned()
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn rest(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = client.request(Method::POST, path).json(&json!({}));
    client.send(with(request, headers)).await
}

async fn graphql(client: &Client, query: &str, headers: &[(&str, &str)]) -> Reply {
    let body = json!({ "query": query, "variables": { "password": PASSWORD } });
    client.send(with(client.request(Method::POST, "/graphql").json(&body), headers)).await
}

const CSRF: (&str, &str) = ("x-csrf-protection", "1");

#[tokio::test]
async fn a_browser_keeps_its_session_in_a_cookie_over_rest() {
    let app = TestApp::sqlite().await;
    create(&app, "a@example.com", Role::Viewer).await;
    let client = app.anonymous();
    let body = json!({ "email": "a@example.com", "password": PASSWORD, "cookie": true });
    let login = client.post("/api/v1/auth/login", &body).await;
    assert_eq!(login.json()["refresh_token"], Value::Null);
    let first = cookie(&login);
    for wrong in [json!("yes"), json!(1)] {
        let mut body = body.clone();
        body["cookie"] = wrong;
        assert_eq!(client.post("/api/v1/auth/login", &body).await.status, 422);
    }

    let path = "/api/v1/auth/refresh";
    let cross_site = [("cookie", first.as_str()), CSRF, ("sec-fetch-site", "cross-site")];
    for headers in [&cross_site[..1], &cross_site] {
        let refused = rest(&client, path, headers).await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (403, json!("FORBIDDEN")));
        assert_eq!(refused.header("set-cookie"), "");
    }
    let refreshed = rest(&client, path, &cross_site[..2]).await;
    assert_eq!((refreshed.status, &refreshed.json()["refresh_token"]), (200, &Value::Null));
    let second = cookie(&refreshed);
    assert_ne!(first, second);
    let access = refreshed.json()["access_token"].as_str().unwrap().to_owned();
    let own = client.clone().with_token(access);
    assert_eq!(status(&own).await, 200);

    let headers = [("cookie", second.as_str()), CSRF];
    assert_eq!(rest(&client, "/api/v1/auth/logout", &headers[..1]).await.status, 403);
    assert_eq!(status(&own).await, 200);
    let logout = rest(&client, "/api/v1/auth/logout", &headers).await;
    assert_eq!((logout.status, cookie(&logout)), (204, "reelport_refresh=".to_owned()));
    assert_eq!(status(&own).await, 401);
    assert_eq!(rest(&client, path, &headers).await.status, 401);
    assert_eq!(rest(&client, path, &[]).await.status, 422);
}

#[tokio::test]
async fn a_browser_keeps_its_session_in_a_cookie_over_graphql() {
    let app = TestApp::sqlite().await;
    create(&app, "a@example.com", Role::Viewer).await;
    let client = app.anonymous();
    let login = graphql(&client, LOGIN, &[]).await;
    assert_eq!(login.json()["data"]["login"]["refreshToken"], Value::Null, "{}", login.text);
    let first = cookie(&login);
    let unprotected = graphql(&client, REFRESH, &[("cookie", &first)]).await;
    assert_eq!(unprotected.json()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(unprotected.text.contains("X-CSRF-Protection"), "{}", unprotected.text);
    let refreshed = graphql(&client, REFRESH, &[("cookie", &first), CSRF]).await;
    let payload = refreshed.json()["data"]["refresh"].clone();
    assert_eq!(payload["refreshToken"], Value::Null, "{}", refreshed.text);
    let second = cookie(&refreshed);
    let own = client.clone().with_token(payload["accessToken"].as_str().unwrap());
    let logout = "mutation { logout(input: {}) { endedSessionId userErrors { code } } }";
    let logout = graphql(&own, logout, &[("cookie", &second), CSRF]).await;
    assert_eq!(cookie(&logout), "reelport_refresh=");
    let again = graphql(&client, REFRESH, &[("cookie", &second), CSRF]).await;
    assert_eq!(again.json()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    // Without being asked for it, no cookie is set.
    let body = json!({ "email": "a@example.com", "password": PASSWORD });
    assert_eq!(client.post("/api/v1/auth/login", &body).await.header("set-cookie"), "");
}
