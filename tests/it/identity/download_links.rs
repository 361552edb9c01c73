//! Links to downloads: what they are good for, and what ends them.

use chrono::TimeDelta;
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::catalog::accounts::Accounts;
use reelport::catalog::accounts::tokens::{TokenConfig, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use super::revocation::{REVOCATIONS, Victim, revoke};
use super::{account, codes, create, done, issuers, log_in, run};
use crate::jobs::leases;
use crate::on_both_databases;
use crate::support::server::Server;
use crate::support::{Client, Reply, SECRET, TestApp, envelope};

const EXPORT: &str = "/api/v1/admin/movies/export";

/// The link of `catalogExportUrl` with these arguments.
async fn export_link(client: &Client, arguments: &str) -> String {
    let query = format!("{{ catalogExportUrl{arguments} }}");
    run(client, &query, json!({})).await.as_str().unwrap().to_owned()
}

async fn bundle_link(client: &Client, movie: &str) -> String {
    let query = "query($id: ID!) { movie(id: $id) { bundleUrl } }";
    let movie = run(client, query, json!({ "id": movie })).await;
    movie["bundleUrl"].as_str().unwrap().to_owned()
}

/// The link of a bulk export and the one of a bundle.
async fn links(client: &Client) -> [String; 2] {
    [export_link(client, "").await, bundle_link(client, "m").await]
}

#[track_caller]
fn assert_refused(reply: &Reply, part: &str) {
    assert_eq!((reply.status, reply.header("content-type")), (401, "application/problem+json"));
    assert!(reply.header("www-authenticate").starts_with("Bearer"), "{:?}", reply.headers);
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(part), "{detail}");
}

/// The documents of an export as lines, as `movie category`.
fn documents(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let shown = |line: &str| {
        let document: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| document[key].as_str().unwrap().to_owned();
        format!("{} {}", text("movie_id"), text("category"))
    };
    reply.text.lines().map(shown).collect()
}

/// 18,000 characters that a ZIP archive hardly compresses.
fn noise(seed: usize) -> String {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    let mut state = seed as u64 + 1;
    let next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(DIGITS[(state >> 58) as usize])
    };
    std::iter::repeat_with(next).take(18_000).collect()
}

on_both_databases! {
    async fn a_link_downloads_without_a_token(app: TestApp) {
        app.full_movie("m").await;
        let viewer = account(&app, "v@example.com", Role::Viewer).await.client(&app);
        for link in links(&viewer).await {
            let reply = app.anonymous().get(&link).await;
            assert_eq!((reply.status, reply.header("content-type")), (200, "application/zip"));
            assert!(reply.header("content-disposition").starts_with("attachment"));
            assert_eq!(reply.header("referrer-policy"), "no-referrer");
            assert_eq!(reply.header("cache-control"), "no-store");
            let (path, _) = link.split_once("link=").unwrap();
            let with_token = viewer.get(path.trim_end_matches(['?', '&'])).await;
            assert_eq!(with_token.status, 200, "{}", with_token.text);
            let entries = |reply: &Reply| {
                let bytes = std::io::Cursor::new(reply.bytes.clone());
                let archive = zip::ZipArchive::new(bytes).unwrap();
                archive.file_names().map(|name| name.unwrap().into_owned()).collect::<Vec<_>>()
            };
            assert_eq!(entries(&reply), entries(&with_token));
            assert!(entries(&reply).len() >= 7);
        }
    }

    async fn the_options_of_a_link_are_those_of_the_route(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.full_movie("b").await;
        app.movie("c").await;
        let draft = json!({ "items": [{ "text": "Ünï & code" }] });
        admin.draft(&envelope("c", "trivia", draft)).await;
        for (arguments, query) in [
            ("ids: [\"b\", \"a\"]", "ids=b,a"),
            ("ids: [\"b\"], categories: [TRIVIA, CAST_CREW]", "ids=b&categories=trivia,cast_crew"),
            ("filter: {missing: [AWARDS]}", "missing=awards"),
            ("filter: {present: [AWARDS], genres: [\"Drama\"]}", "present=awards&genres=Drama"),
            ("filter: {search: \"a movie&x=+%\"}", "search=a%20movie%26x%3D%2B%25"),
            ("filter: {search: \"a movie\"}", "search=a+movie"),
            ("filter: {yearFrom: 1990, yearTo: 1999, status: RELEASED}",
                "year_from=1990&year_to=1999&status=released"),
            ("filter: {hasDraft: [TRIVIA]}", "has_draft=trivia"),
            ("filter: {written: {categories: [TRIVIA], source: MANUAL,
                since: \"2020-01-01T00:00:00.5Z\", until: \"2099-01-01T00:00:00Z\"}}",
                "written_categories=trivia&written_source=manual\
                &written_since=2020-01-01T00:00:00.5Z&written_until=2099-01-01T00:00:00Z"),
            ("asOf: \"2099-01-01T00:00:00+02:00\"", "as_of=2098-12-31T22:00:00Z"),
            ("asOf: \"2001-01-01T00:00:00Z\"", "as_of=2001-01-01T00:00:00Z"),
        ] {
            let link = export_link(&admin, &format!("(format: NDJSON, {arguments})")).await;
            let found = documents(&app.anonymous().get(&link).await);
            let expected = admin.get(&format!("{EXPORT}?format=ndjson&{query}")).await;
            assert_eq!(found, documents(&expected), "{arguments}");
        }
        let gzip = export_link(&admin, "(format: NDJSON, compress: true)").await;
        let gzip = app.anonymous().get(&gzip).await;
        assert_eq!((gzip.status, gzip.header("content-type")), (200, "application/gzip"));
        let none = export_link(&admin, "(ids: [\"no\"])").await;
        assert_eq!(app.anonymous().get(&none).await.status, 404);
    }

    async fn what_ends_the_token_ends_the_link(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        app.movie("m").await;
        let replica = app.replica().await.address();
        for (number, revocation) in REVOCATIONS.into_iter().enumerate() {
            let victim = Victim::new(&app, replica, number).await;
            let links = links(&victim.on[0]).await;
            for link in &links {
                for address in [app.address, replica] {
                    let reply = Client::new(address).get(link).await;
                    assert_eq!(reply.status, 200, "{}", reply.text);
                }
            }
            revoke(&app, &admin, revocation, &victim).await;
            for link in &links {
                for address in [app.address, replica] {
                    assert_refused(&Client::new(address).get(link).await, "log in and get a new");
                }
            }
        }
    }

    async fn a_link_of_a_personal_token_ends_with_it(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        app.movie("m").await;
        let create_token = "mutation { createToken(input: {name: \"t\", role: CONTRIBUTOR}) {
            secret token { id } userErrors { code } } }";
        let update = "mutation($id: ID!) { updateUser(input: {id: $id, role: VIEWER}) {
            userErrors { code } } }";
        let revoke = "mutation($id: ID!) { revokeToken(input: {id: $id}) { userErrors { code } } }";
        for (number, end) in ["revoked", "demoted"].into_iter().enumerate() {
            let email = format!("v{number}@example.com");
            let id = create(&app, &email, Role::Contributor).await;
            let session = log_in(&app.anonymous(), &email).await.client(&app);
            let made = done(&session, create_token, json!({})).await;
            let bot = app.anonymous().with_token(made["secret"].as_str().unwrap());
            let links = links(&bot).await;
            for link in &links {
                assert_eq!(app.anonymous().get(link).await.status, 200, "{end}");
                assert!(!link.contains(made["secret"].as_str().unwrap()));
            }
            match end {
                "revoked" => {
                    let id = json!({ "id": made["token"]["id"] });
                    drop(done(&session, revoke, id).await);
                }
                _ => drop(done(&admin, update, json!({ "id": id })).await),
            }
            for link in &links {
                assert_refused(&app.anonymous().get(link).await, "has ended");
            }
        }
    }

    async fn a_download_by_a_link_is_cut_off_after_a_revocation(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        // More than the buffers of a connection, also if it is compressed.
        let items = |seed: usize| -> Vec<Value> {
            (0..200).map(|item| json!({ "text": noise(seed + item) })).collect()
        };
        let events: Vec<Value> = (0..200)
            .map(|event| json!({ "date": "1999", "title": format!("E{event}"),
                "description": noise(event) }))
            .collect();
        let mut documents: Vec<Value> = (0..4)
            .map(|movie| envelope(&format!("n{movie}"), "trivia", json!({ "items": items(movie) })))
            .collect();
        documents.push(envelope("m", "timeline", json!({ "events": events })));
        documents.push(envelope("m", "trivia", json!({ "items": items(1_000) })));
        app.seed(&documents).await;
        for number in 0..2 {
            let email = format!("v{number}@example.com");
            let id = create(&app, &email, Role::Viewer).await;
            let tokens = log_in(&app.anonymous(), &email).await;
            let client = tokens.client(&app);
            let link = match number {
                0 => export_link(&client, "(format: NDJSON)").await,
                _ => bundle_link(&client, "m").await,
            };
            let response = app.anonymous().request(Method::GET, &link).send().await;
            let mut response = response.unwrap();
            assert_eq!(response.status(), 200);
            response.chunk().await.unwrap().unwrap();
            let on = [tokens.client(&app), tokens.client(&app)];
            let victim = Victim { email, id, tokens, on };
            revoke(&app, &admin, "updateUser disabled", &victim).await;
            let mut rest = 0;
            let end = loop {
                match response.chunk().await {
                    Ok(Some(bytes)) => rest += bytes.len(),
                    end => break end,
                }
            };
            assert!(end.is_err(), "{link} ended as if it was complete, after {rest} bytes");
        }
    }
}

#[tokio::test]
async fn a_link_is_good_for_one_download_only() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    app.movie("n").await;
    let viewer = account(&app, "v@example.com", Role::Viewer).await.client(&app);
    let anonymous = app.anonymous();
    let [export, bundle] = links(&viewer).await;
    let signed = |link: &str| link.split_once("link=").unwrap().1.to_owned();
    let (for_export, for_bundle) = (signed(&export), signed(&bundle));
    let other = export_link(&viewer, "(ids: [\"m\"])").await;
    for changed in [
        format!("{EXPORT}?format=ndjson&link={for_export}"),
        format!("{EXPORT}?link={for_export}"),
        export.replace("format=zip", "format=ZIP"),
        format!("{export}&ids=m"),
        format!("{export}&link={for_export}"),
        other.replace("ids=m", "ids=n"),
        other.replace("ids=m", "ids=m,n"),
        format!("{EXPORT}?format=zip&link={for_bundle}"),
        format!("/api/v1/admin/movies/n/export/all?link={for_bundle}"),
        format!("/api/v1/admin/movies/%6D/export/all?link={for_bundle}"),
        format!("/api/v1/admin/movies/m/export/all?link={for_export}"),
        format!("{bundle}x"),
        bundle.replace("link=", "link=x"),
        "/api/v1/admin/movies/m/export/all?link=".to_owned(),
        format!("{EXPORT}?link=a.b.c"),
    ] {
        assert_refused(&anonymous.get(&changed).await, "was changed, or is not for this address");
    }
    // Each character of the signature counts.
    for position in [0, for_bundle.len() / 2, for_bundle.len() - 2] {
        let mut bytes = for_bundle.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        let path = format!("/api/v1/admin/movies/m/export/all?link={text}");
        assert_eq!(anonymous.get(&path).await.status, 401, "{position}");
    }
    // A download manager asks for the headers first.
    for path in [&bundle, &export] {
        let head = anonymous.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status(), 200, "{path}");
        assert!(head.headers().contains_key("content-disposition"), "{path}");
    }
    // Other methods and routes, also as a token.
    for (method, path) in [
        (Method::GET, "/api/v1/admin/movies/m/export/trivia"),
        (Method::GET, "/api/v1/admin/jobs"),
        (Method::POST, "/api/v1/admin/movies/import"),
        (Method::POST, "/api/v1/admin/movies/m/import/trivia"),
        (Method::DELETE, "/api/v1/admin/movies/m/draft/trivia"),
    ] {
        let path = format!("{path}?link={for_export}");
        let reply = anonymous.send(anonymous.request(method, &path).json(&json!({}))).await;
        assert_eq!(reply.status, 401, "{path}: {}", reply.text);
    }
    let graphql = format!("/graphql?query={{movies{{totalCount}}}}&link={for_export}");
    assert_eq!(codes(&anonymous.get(&graphql).await.json()), ["UNAUTHENTICATED"]);
    assert_eq!(super::status(&anonymous.clone().with_token(for_export)).await, 401);
    let access = log_in(&anonymous, "v@example.com").await.access;
    assert_eq!(anonymous.get(&format!("{EXPORT}?format=zip&link={access}")).await.status, 401);
    // A request proves its account once.
    let both = viewer.get(&bundle).await;
    assert_eq!((both.status, &both.json()["code"]), (400, &json!("BAD_USER_INPUT")));
    assert_eq!(anonymous.clone().with_token("a.b.c").get(&bundle).await.status, 401);
    assert_eq!(anonymous.get(&bundle).await.status, 200);
}

#[tokio::test]
async fn a_link_ends_after_five_minutes() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let session = account(&app, "v@example.com", Role::Viewer).await.client(&app);
    let first = links(&session).await;
    app.clock.forward(TimeDelta::seconds(290));
    let second = links(&session).await;
    for link in first.iter().chain(&second) {
        assert_eq!(app.anonymous().get(link).await.status, 200);
    }
    app.clock.forward(TimeDelta::seconds(15));
    for link in &first {
        assert_refused(&app.anonymous().get(link).await, "the link has expired");
    }
    for link in &second {
        assert_eq!(app.anonymous().get(link).await.status, 200);
    }
}

#[tokio::test]
async fn a_link_of_a_platform_ends_with_its_token() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let access_lifetime = std::time::Duration::from_mins(2);
    let config = TokenConfig { access_lifetime, ..TokenConfig::default() };
    let platform = Principal { credential: Credential::Issuer, ..leases::admin() };
    let token = Tokens::new(SECRET, config).access(&platform, chrono::Utc::now()).unwrap();
    let short = links(&app.anonymous().with_token(token)).await;
    let long = links(&app.admin()).await;
    let foreign = issuers::with_a_foreign_issuer(&app).await;
    let (client, expired) = (foreign(Role::Viewer, 1), foreign(Role::Viewer, 0));
    let elsewhere = Client::new(client.address());
    let of_issuer = links(&client).await;
    // The token is accepted within the leeway of its issuer; a link has none.
    assert_refused(&elsewhere.get(&links(&expired).await[0]).await, "the link has expired");
    for link in short.iter().chain(&long) {
        assert_eq!(app.anonymous().get(link).await.status, 200);
    }
    for link in &of_issuer {
        assert_eq!(elsewhere.get(link).await.status, 200);
        // A server without that issuer.
        assert_refused(&app.anonymous().get(link).await, "has ended");
    }
    app.clock.forward(TimeDelta::seconds(125));
    for link in &short {
        assert_refused(&app.anonymous().get(link).await, "the link has expired");
    }
    for link in &long {
        assert_eq!(app.anonymous().get(link).await.status, 200);
    }
    // An account that the platform names is known here.
    let id = create(&app, "a@example.com", Role::Viewer).await;
    let subject = id.trim_start_matches("user:").to_owned();
    let named = Principal { subject, role: Role::Viewer, ..leases::admin() };
    let client = app.anonymous().with_token(crate::support::token_of(&named));
    let link = bundle_link(&client, "m").await;
    assert_eq!(app.anonymous().get(&link).await.status, 200);
    app.app.accounts.set_password("a@example.com", "battery staple").await.unwrap().unwrap();
    assert_refused(&app.anonymous().get(&link).await, "has ended");
}

#[tokio::test]
async fn links_stay_valid_while_the_secret_is_replaced() {
    const NEW: &[u8] = b"another secret for tests, of 32 bytes and more";
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let old = account(&app, "v@example.com", Role::Viewer).await;
    let with_tokens = async |tokens: Tokens| {
        let accounts = Accounts::new(app.app.catalog.clone(), tokens);
        Client::new(app.with_settings(|app| app.accounts = accounts).await)
    };
    let new = || Tokens::new(NEW, TokenConfig::default());
    let both = with_tokens(new().with_previous_secret(SECRET)).await;
    let only_new = with_tokens(new()).await;
    let [before, _] = links(&old.client(&app)).await;
    let [after, _] = links(&both.clone().with_token(&old.access)).await;
    let statuses =
        async |link: &str| [both.get(link).await.status, only_new.get(link).await.status];
    assert_eq!(statuses(&before).await, [200, 401]);
    assert_eq!(statuses(&after).await, [200, 200]);
}

#[tokio::test]
async fn a_link_that_cannot_be_made_is_refused() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let refused = async |client: &Client, arguments: &str| {
        let reply =
            client.graphql(&format!("{{ catalogExportUrl({arguments}) }}"), json!({})).await;
        assert_eq!(reply["data"], Value::Null, "{reply}");
        let message = reply["errors"][0]["message"].as_str().unwrap();
        format!("{}: {message}", codes(&reply)[0])
    };
    let many: Vec<String> = (0..2_000).map(|number| format!("\"m{number}\"")).collect();
    for (arguments, expected) in [
        ("ids: []", "ids: found none"),
        ("categories: []", "categories: found none"),
        ("ids: [\"a/b\"]", "ids: "),
        ("filter: {missing: [TRIVIA]}, asOf: \"2026-01-01T00:00:00Z\"", "asOf and filter.missing"),
        ("filter: {genres: [\"a,b\"]}", "without a comma"),
        ("filter: {yearFrom: -1}", "the year -1"),
        (&format!("ids: [{}]", many.join(",")), "name fewer ids"),
    ] {
        let found = refused(&app.admin(), arguments).await;
        assert!(found.starts_with("BAD_USER_INPUT") && found.contains(expected), "{found}");
    }
    let viewer = app.viewer();
    for arguments in ["filter: {hasDraft: [TRIVIA]}", "asOf: \"2026-01-01T00:00:00Z\""] {
        assert!(refused(&viewer, arguments).await.starts_with("FORBIDDEN"));
    }
}

#[tokio::test]
async fn the_signature_of_a_link_is_not_logged() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let server = Server::logging(&app.database, "trace").await;
    let links = links(&app.admin()).await;
    let bundle = &links[1];
    assert_eq!(server.client.get(bundle).await.status, 200);
    for path in [format!("{bundle}&x=1"), bundle.replace("/m/", "/n/"), bundle.replace("all", "no")]
    {
        assert!(server.client.get(&path).await.status >= 400);
    }
    let log = server.end().await;
    assert!(log.contains("/export/all?link=..."), "{log}");
    let (_, signed) = bundle.split_once("link=").unwrap();
    let signature = signed.rsplit('.').next().unwrap();
    assert!(!log.contains(signature), "{log}");
}
