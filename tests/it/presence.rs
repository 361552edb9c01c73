//! Which categories of a movie have data and drafts, and who wrote them when: filters of the list of
//! movies, and the numbers of `catalogStatistics`.

use chrono::{Duration, Utc};
use futures::future::join_all;
use reelport::catalog::access::Role;
use reelport::document::Source;
use reelport_migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, connect, dump, execute, rows};
use crate::support::fixtures;
use crate::support::{Client, envelope};

/// The ids of the movies that a filter selects, by their number and in pages.
async fn found(client: &Client, filter: &str) -> Vec<String> {
    let query = format!(
        "{{ movies(filter: {{{filter}}}) {{ totalCount nodes {{ id }} }} \
           last: movies(filter: {{{filter}}}, last: 1, orderBy: {{field: UPDATED}}) {{ nodes {{ id }} }} }}"
    );
    let reply = client.graphql(&query, json!({})).await;
    let list = &reply["data"]["movies"];
    let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("{filter}: {reply}"));
    let mut ids: Vec<String> =
        nodes.iter().map(|node| node["id"].as_str().unwrap().into()).collect();
    ids.sort();
    assert_eq!(list["totalCount"], ids.len(), "{filter}");
    assert_eq!(reply["data"]["last"]["nodes"].as_array().unwrap().len(), ids.len().min(1));
    ids
}

fn trivia(text: &str) -> Value {
    json!({ "items": [{ "text": text }] })
}

/// The moment in a filter.
fn hours_ago(hours: i64) -> String {
    (Utc::now() - Duration::hours(hours)).to_rfc3339()
}

on_both_databases! {
    async fn movies_are_found_by_their_drafts(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.movie("b").await;
        app.movie("c").await;
        admin.draft(&envelope("a", "trivia", trivia("Drafted."))).await;
        admin.draft(&envelope("b", "trivia", trivia("Drafted."))).await;
        admin.draft(&envelope("b", "timeline", fixtures::timeline())).await;
        for (filter, expected) in [
            ("hasDraft: [TRIVIA]", vec!["a", "b"]),
            ("hasDraft: [TRIVIA, TIMELINE, TRIVIA]", vec!["b"]),
            ("hasDraft: [AWARDS]", vec![]),
            ("hasDraft: []", vec!["a", "b", "c"]),
            ("hasDraft: [TRIVIA], present: [TRIVIA]", vec!["a"]),
            ("hasDraft: [TRIVIA], missing: [TRIVIA]", vec!["b"]),
        ] {
            assert_eq!(found(&admin, filter).await, expected, "{filter}");
        }
        let exported = async |client: &Client, query: &str| {
            let path = format!("/api/v1/admin/movies/export?format=ndjson&categories=basic_info&{query}");
            let reply = client.get(&path).await;
            (reply.status, reply.text.lines().filter(|line| !line.is_empty()).count())
        };
        assert_eq!(exported(&admin, "has_draft=trivia,timeline").await, (200, 1));
        assert_eq!(exported(&admin, "has_draft=trivia").await, (200, 2));
        assert_eq!(exported(&admin, "has_draft=no-such").await.0, 400);

        // Who may not read drafts cannot find out which there are.
        let viewer = app.viewer();
        let reply = viewer
            .graphql("{ movies(filter: {hasDraft: [TRIVIA]}) { totalCount } }", json!({}))
            .await;
        assert_eq!(reply["data"], Value::Null);
        assert_eq!(reply["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(exported(&viewer, "has_draft=trivia").await.0, 403);
        assert_eq!(exported(&viewer, "has_draft=").await, (400, 1));

        admin.mutate("publishDraft", json!({ "movieId": "b", "category": "TRIVIA" })).await;
        admin.mutate("discardDraft", json!({ "movieId": "b", "category": "TIMELINE" })).await;
        assert_eq!(found(&admin, "hasDraft: [TRIVIA]").await, ["a"]);
        assert_eq!(found(&admin, "hasDraft: [TIMELINE]").await, [""; 0]);
        assert_eq!(found(&admin, "present: [TRIVIA]").await, ["a", "b"]);
        app.assert_counts().await;
    }

    async fn movies_are_found_by_who_wrote_them_and_when(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.movie("b").await;
        app.movie("c").await;
        let model = app.agent(Role::Admin, Source::LlmGenerated);
        model.import("b", "trivia", trivia("By a model.")).await;
        model.import("c", "awards", fixtures::awards()).await;
        model.import("c", "trivia", trivia("By a model.")).await;
        // A document that was emptied was not written by anybody.
        admin.import("c", "media", fixtures::media()).await;
        let input = json!({ "movieId": "c", "category": "MEDIA", "revision": 0 });
        admin.mutate("revertCategory", input).await;
        let past = (Utc::now() - Duration::days(400)).to_rfc3339();
        execute(
            &app.database.url,
            &format!("UPDATE documents SET updated_at = '{past}' WHERE category = 'awards' AND movie_id = 'a'"),
        )
        .await;
        let (year, hour) = (hours_ago(365 * 24), hours_ago(1));
        for (filter, expected) in [
            ("written: {}".to_owned(), vec!["a", "b", "c"]),
            ("written: {source: LLM_GENERATED}".to_owned(), vec!["b", "c"]),
            ("written: {source: TMDB}".to_owned(), vec![]),
            ("written: {categories: [AWARDS], source: LLM_GENERATED}".to_owned(), vec!["c"]),
            ("written: {categories: [AWARDS, TRIVIA], source: LLM_GENERATED}".to_owned(), vec!["c"]),
            ("written: {categories: [MEDIA]}".to_owned(), vec!["a"]),
            (format!("written: {{categories: [AWARDS], until: \"{year}\"}}"), vec!["a"]),
            (format!("written: {{categories: [AWARDS], since: \"{year}\"}}"), vec!["c"]),
            (format!("written: {{until: \"{hour}\"}}"), vec!["a"]),
            (format!("written: {{since: \"{hour}\", until: \"{hour}\"}}"), vec![]),
            (format!("written: {{source: LLM_GENERATED, since: \"{hour}\"}}, missing: [AWARDS]"), vec!["b"]),
        ] {
            assert_eq!(found(&app.viewer(), &filter).await, expected, "{filter}");
        }
        let reply = admin
            .graphql(
                "{ movies(filter: {written: {since: \"+10000-01-01T00:00:00Z\"}}) { totalCount } }",
                json!({}),
            )
            .await;
        assert!(reply["errors"].is_array(), "{reply}");
        let exported = async |query: &str| {
            let path = format!("/api/v1/admin/movies/export?format=ndjson&categories=trivia&{query}");
            let reply = app.viewer().get(&path).await;
            let ids = reply.text.lines().map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["movie_id"].as_str().unwrap().to_owned()
            });
            (reply.status, if reply.status == 200 { ids.collect() } else { Vec::new() })
        };
        let all = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(exported("written_source=llm-generated").await, (200, all(&["b", "c"])));
        assert_eq!(
            exported("written_source=LLM_GENERATED&written_categories=awards,trivia").await,
            (200, all(&["c"]))
        );
        let until = year.replace('+', "%2B");
        assert_eq!(exported(&format!("written_until={until}")).await, (200, all(&["a"])));
        assert_eq!(exported("written_since=yesterday").await.0, 400);
        assert_eq!(exported("written_source=nobody").await.0, 400);
        app.assert_counts().await;
    }

    async fn statistics_show_drafts_to_contributors_only(app: TestApp) {
        app.assert_counts().await;
        let admin = app.full_movie("a").await;
        admin.draft(&envelope("a", "trivia", trivia("Drafted."))).await;
        let query = "{ catalogStatistics { movies published categories { published empty }
            drafts { total categories { total bySource { count } } } } }";
        let reply = app.viewer().graphql(query, json!({})).await;
        let found = &reply["data"]["catalogStatistics"];
        assert_eq!((&found["movies"], &found["published"]), (&json!(1), &json!(7)));
        assert_eq!((&found["drafts"], &found["categories"][3]["published"]), (&json!(null), &json!(1)));
        let errors = reply["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{reply}");
        assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN", "{reply}");
        assert_eq!(errors[0]["path"], json!(["catalogStatistics", "drafts"]));
        let reply = admin.graphql(query, json!({})).await;
        assert_eq!(reply["data"]["catalogStatistics"]["drafts"]["total"], 1, "{reply}");
        app.assert_counts().await;
    }

    async fn counts_survive_all_changes_at_once(app: TestApp) {
        const MOVIES: usize = 4;
        let clients = if app.database.url.starts_with("postgres") {
            vec![app.admin(), app.replica().await]
        } else {
            vec![app.admin()]
        };
        for number in 0..MOVIES {
            app.full_movie(&format!("m{number}")).await;
        }
        // Pseudo-random, the same in each run.
        let tasks = (0..24_usize).map(|task| {
            let client = clients[task % clients.len()].clone();
            let model = app.agent(Role::Admin, Source::LlmGenerated);
            tokio::spawn(async move {
                let mut state = task as u64 * 7_919 + 1;
                for round in 0..6 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let pick = |shift: u32, of: u64| usize::try_from(state >> shift).unwrap_or(0) % usize::try_from(of).unwrap();
                    let movie = format!("m{}", pick(33, MOVIES as u64));
                    let (category, data) = fixtures::all_categories().swap_remove(pick(36, 7));
                    let upper = category.to_uppercase();
                    let by = if pick(40, 2) == 0 { &client } else { &model };
                    let document = json!({ "movieId": movie, "category": upper });
                    match pick(44, 9) {
                        0 | 1 => {
                            by.import(&movie, category, data).await;
                        }
                        2 | 3 => {
                            let sent = envelope(&movie, category, data);
                            by.import_with(&sent, "?target=draft").await;
                        }
                        4 => {
                            by.try_mutate("publishDraft", document).await;
                        }
                        5 => {
                            by.try_mutate("discardDraft", document).await;
                        }
                        6 => {
                            let mut input = document;
                            input["revision"] = json!(0);
                            by.try_mutate("revertCategory", input).await;
                        }
                        7 => {
                            let data = trivia(&format!("Task {task}, round {round}."));
                            by.import(&movie, "trivia", data).await;
                        }
                        _ => {
                            let delete = "mutation($id: ID!) { deleteMovie(input: {id: $id}) { deletedMovieId } }";
                            by.graphql(delete, json!({ "id": movie })).await;
                            let sent = envelope(&movie, "basic_info", fixtures::basic_info());
                            by.import_with(&sent, "?create_movie=true").await;
                        }
                    }
                }
            })
        });
        for task in join_all(tasks.collect::<Vec<_>>()).await {
            task.unwrap();
        }
        app.assert_counts().await;
        let before = dump(&app.database.url, TABLES).await;
        app.command(&["reindex"]).await.ok();
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        app.assert_counts().await;
    }

    async fn damaged_sets_and_counts_are_rebuilt(app: TestApp) {
        let admin = app.full_movie("a").await;
        admin.draft(&envelope("a", "trivia", trivia("Drafted."))).await;
        let before = dump(&app.database.url, TABLES).await;
        for damage in [
            "UPDATE movies SET present = 5, drafted = 3",
            "DELETE FROM movie_counts",
            "UPDATE document_counts SET number = number + 7",
        ] {
            execute(&app.database.url, damage).await;
            app.command(&["reindex"]).await.ok();
            assert_eq!(dump(&app.database.url, TABLES).await, before, "{damage}");
            app.assert_counts().await;
        }
    }

    async fn an_earlier_database_is_brought_up_to_date(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.movie("b").await;
        let model = app.agent(Role::Admin, Source::LlmGenerated);
        model.draft(&envelope("b", "trivia", trivia("Drafted."))).await;
        admin.draft(&envelope("a", "trivia", trivia("Drafted."))).await;
        let input = json!({ "movieId": "a", "category": "MEDIA", "revision": 0 });
        admin.mutate("revertCategory", input).await;
        let expected = dump(&app.database.url, TABLES).await;

        let connection = connect(&app.database.url).await;
        let names: Vec<String> =
            Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        let first = names.iter().position(|name| name.ends_with("_presence")).unwrap();
        let steps = u32::try_from(names.len() - first).unwrap();
        Migrator::down(&connection, Some(steps)).await.unwrap();
        connection.close().await.unwrap();
        assert!(rows(&app.database.url, "movies").await[0].get("present").is_none());

        let reopened = app.replica().await;
        assert_eq!(dump(&app.database.url, TABLES).await, expected);
        app.assert_counts().await;
        assert_eq!(found(&reopened, "hasDraft: [TRIVIA]").await, ["a", "b"]);
        assert_eq!(found(&reopened, "missing: [MEDIA]").await, ["a", "b"]);
    }
}
