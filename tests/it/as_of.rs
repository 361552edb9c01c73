//! Exports of documents as they were at a moment.

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;

fn fact(text: &str) -> Value {
    json!({ "items": [{ "text": text }] })
}

fn moment(app: &TestApp) -> String {
    app.app.catalog.now().to_rfc3339().replace("+00:00", "Z")
}

/// A movie whose trivia changes twice, and moments: before it existed, before its trivia, and after
/// each change.
async fn history(app: &TestApp) -> Vec<String> {
    let step = || app.clock.forward(TimeDelta::hours(1));
    let mut moments = vec![moment(app)];
    step();
    let admin = app.movie("m").await;
    step();
    moments.push(moment(app));
    for text in ["one", "two"] {
        step();
        let mut file = admin.export("m", "trivia").await;
        file["data"] = fact(text);
        assert_eq!(admin.replace(&file).await.status, 200);
        step();
        moments.push(moment(app));
    }
    moments
}

on_both_databases! {
    async fn a_document_is_exported_as_it_was(app: TestApp) {
        let moments = history(&app).await;
        let contributor = app.with_role(Role::Contributor);
        let query = "query($at: DateTime) { movieExport(movieId: \"m\", category: TRIVIA, asOf: $at)
            { id document metadata { revision } } }";
        let mut seen = Vec::new();
        for at in &moments {
            let reply = contributor.graphql(query, json!({ "at": at })).await;
            assert_eq!(reply["errors"], Value::Null, "{reply}");
            let export = &reply["data"]["movieExport"];
            let path = format!("/api/v1/admin/movies/m/export/trivia?as_of={at}");
            let rest = contributor.get(&path).await;
            if export.is_null() {
                assert_eq!(rest.status, 404, "{}", rest.text);
                seen.push(Value::Null);
                continue;
            }
            assert_eq!(rest.json()["data"], export["document"]["data"]);
            assert_eq!(rest.json()["metadata"], export["document"]["metadata"]);
            seen.push(json!([
                export["metadata"]["revision"],
                export["document"]["data"]["items"][0]["text"],
            ]));
        }
        assert_eq!(seen, [Value::Null, json!([0, null]), json!([1, "one"]), json!([2, "two"])]);
        let now = contributor.graphql(query, json!({ "at": null })).await;
        assert_eq!(now["data"]["movieExport"]["metadata"]["revision"], 2);
    }

    async fn a_past_document_needs_the_role_contributor(app: TestApp) {
        let moments = history(&app).await;
        let query = format!(
            "{{ movieExport(movieId: \"m\", category: TRIVIA, asOf: \"{}\") {{ id }}
                movie(id: \"m\") {{ id }} }}",
            moments[2]
        );
        let reply = app.viewer().graphql(&query, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(reply["data"], json!({ "movieExport": null, "movie": { "id": "m" } }));
        let path = format!("/api/v1/admin/movies/m/export/trivia?as_of={}", moments[2]);
        assert_eq!(app.viewer().get(&path).await.status, 403);
        let admin = app.admin();
        for parameters in ["as_of=yesterday", "as_of=2026-11-29", "as_of=", "as_of=2026-11-29T12:00:00Z&stage=draft"] {
            let path = format!("/api/v1/admin/movies/m/export/trivia?{parameters}");
            let reply = admin.get(&path).await;
            assert_eq!(reply.status, 400, "{parameters}: {}", reply.text);
        }
        let query = "{ movieExport(movieId: \"m\", category: TRIVIA, stage: DRAFT, asOf: \"2026-11-29T12:00:00Z\") { id } }";
        let reply = admin.graphql(query, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
    }

    async fn the_command_line_exports_a_past_catalogue(app: TestApp) {
        let moments = history(&app).await;
        let mut seen = Vec::new();
        for at in &moments {
            for more in [&[][..], &["--ids", "m"], &["--category", "trivia"]] {
                let arguments = [&["export", "--as-of", at][..], more].concat();
                let printed = app.command(&arguments).await.ok().stdout;
                let lines = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                let exports: Vec<String> = lines
                    .map(|of| format!("{} {}", of["category"], of["metadata"]["revision"]).replace('"', ""))
                    .collect();
                seen.push(exports);
            }
        }
        let (info, both) = ("basic_info 1".to_owned(), |n| vec!["basic_info 1".to_owned(), format!("trivia {n}")]);
        let none: Vec<String> = Vec::new();
        assert_eq!(
            seen,
            [
                none.clone(), none.clone(), none.clone(),
                vec![info.clone()], vec![info], none,
                both(1), both(1), vec!["trivia 1".to_owned()],
                both(2), both(2), vec!["trivia 2".to_owned()],
            ]
        );
    }
}
