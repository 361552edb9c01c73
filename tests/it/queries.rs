//! How many statements an answer costs: never more for more movies, credits or items.
//!
//! One thread runs server and client, so that all of a request's loads are asked for before the
//! first is sent.

use reelport::storage::Backend;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, envelope};

macro_rules! on_both_databases_with_one_thread {
    ($( async fn $name:ident($app:ident: TestApp) $body:block )*) => {
        $(
            mod $name {
                use super::*;

                async fn body($app: TestApp) $body

                #[tokio::test]
                async fn sqlite() {
                    body(TestApp::sqlite().await).await;
                }

                #[tokio::test]
                async fn postgres() {
                    body(TestApp::postgres().await).await;
                }
            }
        )*
    };
}

/// A movie whose lists all have `items` entries of their own.
fn movie(id: &str, items: usize) -> Vec<Value> {
    let list = |item: &dyn Fn(usize) -> Value| (0..items).map(item).collect::<Vec<_>>();
    let of = |role: &str| {
        list(
            &|n| json!({ "id": format!("tmdb-person-{id}-{role}-{n}"), "name": format!("{role} {id} {n}"), "job": "Work" }),
        )
    };
    let cast = list(&|n| json!({ "name": format!("Actor {id} {n}"), "character": format!("Part {n}"), "order": n }));
    let data = [
        (
            "basic_info",
            json!({ "title": format!("Movie {id}"), "genres": list(&|n| json!(format!("Genre {id} {n}"))) }),
        ),
        (
            "cast_crew",
            json!({ "directors": of("d"), "writers": of("w"), "producers": of("p"), "cast": cast, "crew": of("c") }),
        ),
        ("timeline", json!({ "events": list(&|n| json!({ "date": "1999", "title": format!("Event {n}") })) })),
        ("trivia", json!({ "items": list(&|n| json!({ "text": format!("Fact {n}") })) })),
        (
            "awards",
            json!({ "awards": list(&|n| json!({
            "ceremony": format!("Ceremony {id} {n}"), "year": 1999, "category": "Best", "nominee": format!("d {id} {n}"), "result": "winner"
        })) }),
        ),
        (
            "media",
            json!({ "gallery": list(&|n| json!({ "url": format!("https://x.example.org/{n}"), "kind": "still" })) }),
        ),
        (
            "streaming",
            json!({ "streaming_options": list(&|n| json!({ "platform": format!("Platform {id} {n}"), "type": "free" })) }),
        ),
    ];
    data.into_iter().map(|(category, data)| envelope(id, category, data)).collect()
}

async fn ask(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{reply}");
    reply
}

const PAGE: &str = "{ movies(first: 20) { totalCount nodes {
    id title completeness { present missing }
    basicInfo { title genres }
    castCrew { directors { name person { name aliases externalIds { value } } } writers { person { id } }
               producers { person { id } } cast { person { id } } crew { person { id } } }
    timeline { events { title } } trivia { items { text } } awards { awards { ceremony } }
    media { gallery { url } } streaming { streamingOptions { platform } }
} } }";

on_both_databases_with_one_thread! {
    async fn a_page_of_movies_with_all_of_them_costs_the_same_however_much_it_holds(app: TestApp) {
        let viewer = app.viewer();
        app.seed(&movie("a", 1)).await;
        let (few, reply) = app.count_queries(ask(&viewer, PAGE)).await;
        assert_eq!(reply["data"]["movies"]["nodes"][0]["castCrew"]["cast"].as_array().unwrap().len(), 1);
        for id in ["b", "c", "d", "e"] {
            app.seed(&movie(id, 8)).await;
        }
        let (many, reply) = app.count_queries(ask(&viewer, PAGE)).await;
        let nodes = reply["data"]["movies"]["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), nodes[4]["castCrew"]["cast"].as_array().unwrap().len()), (5, 8));
        assert_eq!(nodes[4]["completeness"]["present"].as_array().unwrap().len(), 7);
        assert_eq!(many, few);
        // The page, its total, the documents, what is present, and three for people.
        assert!(many <= 7, "{many}");
    }

    async fn a_typed_export_costs_the_same_however_long_it_is(app: TestApp) {
        app.seed(&[movie("short", 1), movie("long", 40)].concat()).await;
        let query = |id: &str| format!(
            "{{ movieExport(movieId: \"{id}\", category: CAST_CREW) {{ document tokenCount metadata {{ revision }}
                data {{ ... on CastCrew {{ cast {{ person {{ name }} }} directors {{ person {{ name }} }} }} }} }} }}"
        );
        let (short, _) = app.count_queries(ask(&app.viewer(), &query("short"))).await;
        let (long, reply) = app.count_queries(ask(&app.viewer(), &query("long"))).await;
        assert_eq!(reply["data"]["movieExport"]["data"]["cast"].as_array().unwrap().len(), 40);
        assert_eq!(long, short);
        assert!(long <= 4, "{long}");
    }

    async fn an_export_over_rest_is_one_statement(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        for category in ["basic-info", "cast-crew", "timeline", "trivia", "awards", "media", "streaming"] {
            let (count, _) = app.count_queries(app.viewer().export("m", category)).await;
            assert_eq!(count, 1, "{category}");
        }
    }

    async fn a_bundle_is_one_statement(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        let (count, reply) = app.count_queries(app.viewer().get("/api/v1/admin/movies/m/export/all")).await;
        assert_eq!((reply.status, count), (200, 1));
    }

    async fn an_import_costs_the_same_however_much_it_brings(app: TestApp) {
        let admin = app.movie("m").await;
        app.movie("n").await;
        for category in 0..7 {
            let mut counts = Vec::new();
            for (id, items) in [("m", 1), ("n", 60)] {
                let file = movie(id, items).swap_remove(category);
                let name = file["category"].as_str().unwrap().to_owned();
                let (count, reply) = app.count_queries(admin.import_envelope(id, &name, "", &file)).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                counts.push(count);
            }
            assert_eq!(counts[0], counts[1], "category {category}");
        }
    }

    async fn an_import_that_changes_nothing_writes_nothing(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        let admin = app.admin();
        let file = admin.export("m", "timeline").await;
        let (count, reply) = app.count_queries(admin.import_envelope("m", "timeline", "", &file)).await;
        assert_eq!(reply.json()["status"], "unchanged");
        // The document, which tells that its movie is there; on PostgreSQL its lock before.
        let lock = u64::from(app.app.catalog.database().backend() == Backend::Postgres);
        assert_eq!(count, 1 + lock);
    }
}
