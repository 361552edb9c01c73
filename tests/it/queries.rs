//! The number of SQL statements of a response does not grow with the number of movies, credits or
//! items.
//!
//! One thread runs server and client, so that all loads of a request are queued before the first
//! one is sent.

use reelport::catalog::access::command_line;
use reelport::catalog::import::{ImportOptions, IncomingDocument};
use reelport::document::read::envelope::Expected;
use reelport::document::read::parse::ParseOptions;
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

/// A movie with `items` entries of its own in each list.
pub fn movie(id: &str, items: usize) -> Vec<Value> {
    let list = |item: &dyn Fn(usize) -> Value| (0..items).map(item).collect::<Vec<_>>();
    let of = |role: &str| {
        list(
            &|n| json!({ "id": format!("tmdb-person-{id}-{role}-{n}"), "name": format!("{role} {id} {n}"), "job": "Work" }),
        )
    };
    let cast = list(
        &|n| json!({ "name": format!("Actor {id} {n}"), "character": format!("Part {n}"), "order": n }),
    );
    let data = [
        (
            "basic_info",
            json!({ "title": format!("Movie {id}"), "genres": list(&|n| json!(format!("Genre {id} {n}"))) }),
        ),
        (
            "cast_crew",
            json!({ "directors": of("d"), "writers": of("w"), "producers": of("p"), "cast": cast, "crew": of("c") }),
        ),
        (
            "timeline",
            json!({ "events": list(&|n| json!({ "date": "1999", "title": format!("Event {n}") })) }),
        ),
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
    async fn a_page_of_movies_takes_a_constant_number_of_statements(app: TestApp) {
        let viewer = app.viewer();
        app.seed(&movie("a", 1)).await;
        let (few, reply) = app.count_queries(ask(&viewer, PAGE)).await;
        assert_eq!(
            reply["data"]["movies"]["nodes"][0]["castCrew"]["cast"].as_array().unwrap().len(),
            1
        );
        for id in ["b", "c", "d", "e"] {
            app.seed(&movie(id, 8)).await;
        }
        let (many, reply) = app.count_queries(ask(&viewer, PAGE)).await;
        let nodes = reply["data"]["movies"]["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), nodes[4]["castCrew"]["cast"].as_array().unwrap().len()), (5, 8));
        assert_eq!(nodes[4]["completeness"]["present"].as_array().unwrap().len(), 7);
        assert_eq!(many, few);
        // Page, total count, documents, completeness, and three statements for people.
        assert!(many <= 7, "{many}");
    }

    async fn a_typed_export_takes_a_constant_number_of_statements(app: TestApp) {
        app.seed(&[movie("short", 1), movie("long", 40)].concat()).await;
        let query = |id: &str| {
            format!(
            "{{ movieExport(movieId: \"{id}\", category: CAST_CREW) {{ document tokenCount metadata {{ revision }}
                data {{ ... on CastCrew {{ cast {{ person {{ name }} }} directors {{ person {{ name }} }} }} }} }} }}"
        )
        };
        let (short, _) = app.count_queries(ask(&app.viewer(), &query("short"))).await;
        let (long, reply) = app.count_queries(ask(&app.viewer(), &query("long"))).await;
        assert_eq!(reply["data"]["movieExport"]["data"]["cast"].as_array().unwrap().len(), 40);
        assert_eq!(long, short);
        assert!(long <= 4, "{long}");
    }

    async fn a_page_of_changes_takes_a_constant_number_of_statements(app: TestApp) {
        let query = "{ changes(last: 50) { totalCount nodes { kind cursor
            movie { title } movieExport { metadata { revision } } } } }";
        app.seed(&movie("a", 1)).await;
        let (few, _) = app.count_queries(ask(&app.viewer(), query)).await;
        for id in ["b", "c", "d", "e"] {
            app.seed(&movie(id, 2)).await;
        }
        let (many, reply) = app.count_queries(ask(&app.viewer(), query)).await;
        assert_eq!(reply["data"]["changes"]["nodes"].as_array().unwrap().len(), 5 * 8);
        assert_eq!(many, few);
        // Page, total count, movies, the movies of documents, and documents; on PostgreSQL the page
        // and the count first read up to where the feed is settled.
        assert!(many <= 7, "{many}");
    }

    async fn a_rest_export_takes_one_statement(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        for category in
            ["basic-info", "cast-crew", "timeline", "trivia", "awards", "media", "streaming"]
        {
            let (count, _) = app.count_queries(app.viewer().export("m", category)).await;
            assert_eq!(count, 1, "{category}");
        }
    }

    async fn a_bundle_reads_small_documents_together_and_large_ones_separately(app: TestApp) {
        app.seed(&[movie("small", 20), movie("large", 2_000)].concat()).await;
        for (id, statements) in [("small", 3), ("large", 9)] {
            let path = format!("/api/v1/admin/movies/{id}/export/all");
            let (count, reply) = app.count_queries(app.viewer().get(&path)).await;
            // The movie, the sizes of its documents, and the documents.
            assert_eq!((reply.status, count), (200, statements), "{id}");
        }
    }

    async fn an_import_takes_a_constant_number_of_statements(app: TestApp) {
        let admin = app.movie("k").await;
        for category in 0..7 {
            // The first import finds no similar names and needs fewer lookups. A large document is
            // also planned once before the write transaction.
            let file = movie("k", 1).swap_remove(category);
            admin.import_envelope("k", file["category"].as_str().unwrap(), "", &file).await;
            let mut counts = Vec::new();
            for items in [1, 3, 60] {
                let id = format!("m-{category}-{items}");
                app.movie(&id).await;
                let file = movie(&id, items).swap_remove(category);
                let name = file["category"].as_str().unwrap().to_owned();
                let import = admin.import_envelope(&id, &name, "", &file);
                let (count, reply) = app.count_queries(import).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                counts.push(count);
            }
            assert_eq!(counts[0], counts[1], "category {category}");
            // The planning reads run twice, and the text goes into a separate table.
            assert!(counts[2] <= 2 * counts[0] + 2, "category {category}: {counts:?}");
        }
    }

    async fn an_unchanged_import_writes_only_its_log_entries(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        let admin = app.admin();
        let file = admin.export("m", "timeline").await;
        let (count, reply) =
            app.count_queries(admin.import_envelope("m", "timeline", "", &file)).await;
        assert_eq!(reply.json()["status"], "unchanged");
        // One statement for document, movie and locks, one for the audit log, and one for the
        // import log; on PostgreSQL the advisory lock of the movie before them.
        let lock = u64::from(app.app.catalog.database().backend() == Backend::Postgres);
        assert_eq!(count, 3 + lock);
        // A change also writes the document with its superseded revision, and the time of the
        // movie's change.
        let mut edited = file.clone();
        edited["data"]["events"][0]["title"] = json!("Edited");
        let (count, reply) =
            app.count_queries(admin.import_envelope("m", "timeline", "", &edited)).await;
        assert_eq!((&reply.json()["status"], count), (&json!("published"), 5 + lock));
        // Locks are read if there are any.
        let id = &file["data"]["events"][1]["id"];
        let input = json!({ "movieId": "m", "category": "TIMELINE", "items": [id] });
        admin.graphql("mutation($input: LockFieldsInput!) { lockFields(input: $input) { locks { target } } }", json!({ "input": input })).await;
        let file = admin.export("m", "timeline").await;
        let (count, _) = app.count_queries(admin.import_envelope("m", "timeline", "", &file)).await;
        assert_eq!(count, 4 + lock);
    }

    async fn the_review_queue_takes_a_constant_number_of_statements(app: TestApp) {
        let queue = "{ drafts(first: 20) { totalCount nodes { id movie { title } contributions { touched } movieExport { document } } } }";
        let of_movies = "{ movies(first: 20) { nodes { drafts { movie { id } contributions { updatedBy } movieExport { document } }
            locks { target } } } }";
        let admin = app.admin();
        let mut counts = Vec::new();
        for (id, items) in [("a", 1), ("b", 8), ("c", 8)] {
            app.seed(&movie(id, items)).await;
            for file in movie(id, items) {
                let category = file["category"].as_str().unwrap();
                for text in ["One", "Two"] {
                    let mut data = file.clone();
                    data["data"]["items"] = json!([{ "text": text }]);
                    data["data"]["title"] = json!(text);
                    data["data"]["poster_url"] = json!(format!("https://x.example.org/{text}"));
                    let reply = admin.import_envelope(id, category, "?target=draft", &data).await;
                    assert_eq!(reply.status, 200, "{}", reply.text);
                }
            }
            let (of_queue, reply) = app.count_queries(ask(&admin, queue)).await;
            assert!(reply["data"]["drafts"]["totalCount"].as_u64().unwrap() >= 3);
            let (of_list, reply) = app.count_queries(ask(&admin, of_movies)).await;
            assert!(reply["data"]["movies"]["nodes"][0]["drafts"].as_array().unwrap().len() >= 3);
            counts.push((of_queue, of_list));
        }
        assert_eq!(counts, [counts[0]; 3]);
        // Page, total count, movies, contributions and drafts; for movies also their drafts and
        // locks.
        assert!(counts[0].0 <= 5 && counts[0].1 <= 6, "{counts:?}");
    }

    async fn the_history_takes_a_constant_number_of_statements(app: TestApp) {
        let admin = app.movie("m").await;
        let query = "{ movie(id: \"m\") { revisions(category: BASIC_INFO) { nodes { changes { path } movieExport { document } } } } }";
        let provenance =
            "{ movie(id: \"m\") { provenance(category: BASIC_INFO) { target source } } }";
        let (few, _) = app.count_queries(ask(&admin, query)).await;
        let (few_provenance, _) = app.count_queries(ask(&admin, provenance)).await;
        for number in 0..19 {
            admin.import("m", "basic_info", json!({ "tagline": format!("Line {number}") })).await;
        }
        let (many, reply) = app.count_queries(ask(&admin, query)).await;
        assert_eq!(reply["data"]["movie"]["revisions"]["nodes"].as_array().unwrap().len(), 20);
        let (many_provenance, _) = app.count_queries(ask(&admin, provenance)).await;
        // The movie, the two tables of revisions, and both again for the documents.
        assert!(few <= 5 && many <= few, "{few} {many}");
        let diff = "{ movie(id: \"m\") { revisionDiff(category: BASIC_INFO, fromRevision: 2, toRevision: 19) { changes { path } } } }";
        let (of_two, _) = app.count_queries(ask(&admin, diff)).await;
        assert_eq!(of_two, 3);
        // The movie, the two tables of revisions, and the contributions.
        assert!(
            few_provenance <= 4 && many_provenance == few_provenance,
            "{few_provenance} {many_provenance}"
        );
    }

    async fn a_page_of_log_entries_takes_a_constant_number_of_statements(app: TestApp) {
        let query = "{ imports(first: 19) { nodes { movie { title } document plan { changes { path } } userErrors { path } } } }";
        let admin = app.movie("a").await;
        let (few, _) = app.count_queries(ask(&admin, query)).await;
        for id in ["b", "c", "d"] {
            app.movie(id).await;
            for number in 0..5 {
                admin
                    .import(
                        id,
                        "trivia",
                        json!({ "items": [{ "text": format!("Fact {number}") }] }),
                    )
                    .await;
                admin.import(id, "media", json!({ "gallery": number })).await;
            }
        }
        let (many, reply) = app.count_queries(ask(&admin, query)).await;
        assert_eq!(reply["data"]["imports"]["nodes"].as_array().unwrap().len(), 19);
        // The page, the movies, the two tables of texts, and the two tables of revisions.
        assert!(few <= 6 && many <= few, "{few} {many}");
    }

    async fn a_rest_export_of_a_draft_takes_one_statement(app: TestApp) {
        app.seed(&movie("m", 20)).await;
        let admin = app.admin();
        let path = "/api/v1/admin/movies/m/export/trivia?stage=draft";
        let (none, reply) = app.count_queries(admin.get(path)).await;
        assert_eq!((reply.status, none), (200, 2));
        for file in movie("m", 21) {
            let category = file["category"].as_str().unwrap();
            assert_eq!(
                admin.import_envelope("m", category, "?target=draft", &file).await.status,
                200
            );
        }
        let (one, reply) = app.count_queries(admin.get(path)).await;
        assert_eq!((reply.status, one), (200, 1));
        let (all, reply) =
            app.count_queries(admin.get("/api/v1/admin/movies/m/draft-status")).await;
        assert_eq!((reply.json()["drafts"].as_array().unwrap().len(), all), (7, 2));
    }

    async fn locking_takes_a_constant_number_of_statements(app: TestApp) {
        app.seed(&movie("m", 40)).await;
        let admin = app.admin();
        let file = admin.export("m", "trivia").await;
        let ids: Vec<&Value> =
            file["data"]["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        let query = "mutation($items: [ID!]) { lockFields(input: {movieId: \"m\", category: TRIVIA, items: $items}) {
            locks { target } userErrors { path } } }";
        let mut counts = Vec::new();
        for items in [&ids[..1], &ids] {
            let (count, reply) =
                app.count_queries(admin.graphql(query, json!({ "items": items }))).await;
            assert_eq!(reply["data"]["lockFields"]["locks"].as_array().unwrap().len(), items.len());
            counts.push(count);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn superseded_bases_take_a_constant_number_of_statements(app: TestApp) {
        let item = |text: &str| json!({ "items": [{ "text": text }] });
        let movies: Vec<String> = (0..12).map(|number| format!("m{number}")).collect();
        let facts = |movie: &String| {
            envelope(movie, "basic_info", json!({ "title": format!("Movie {movie}") }))
        };
        app.seed(&movies.iter().map(facts).collect::<Vec<_>>()).await;
        for text in ["One.", "Two."] {
            let trivia = |movie: &String| envelope(movie, "trivia", item(text));
            app.seed(&movies.iter().map(trivia).collect::<Vec<_>>()).await;
        }
        let edited: Vec<IncomingDocument> = movies
            .iter()
            .map(|movie| {
                let mut file = envelope(movie, "trivia", item("Three."));
                file["metadata"] = json!({ "revision": 1 });
                let (text, options) = (file.to_string(), ParseOptions::default());
                IncomingDocument::read(text.as_bytes(), Expected::default(), options).unwrap()
            })
            .collect();
        let (catalog, (_, permission)) = (&app.app.catalog, command_line());
        let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
        let mut counts = Vec::new();
        for documents in [&edited[..2], &edited] {
            let planned = Box::pin(catalog.import_batch(&permission, documents, &options));
            let (count, outcomes) = app.count_queries(planned).await;
            for outcome in outcomes.unwrap() {
                let plan = outcome.plan.unwrap();
                assert_eq!((plan.changes.len(), plan.warnings), (1, vec![]));
            }
            counts.push(count);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn nodes_take_a_constant_number_of_statements(app: TestApp) {
        let admin = app.admin();
        let query = |movies: &[&str]| {
            let of = |movie: &&str| {
                let documents = ["trivia", "media"].map(|category| {
                    format!("export:{movie}:{category} export:{movie}:{category}:draft \
                        export:{movie}:{category}:1 draft:{movie}:{category} \
                        revision:{movie}:{category}:1")
                });
                format!("{movie} {} lock:{movie}:trivia:/items", documents.join(" "))
            };
            let ids: Vec<String> = movies.iter().map(of).collect();
            let ids = ids.join(" ");
            let ids: Vec<&str> = ids.split_whitespace().collect();
            let query = format!(
                "{{ nodes(ids: {}) {{ __typename id ... on Draft {{ contributions {{ source }} }}
                    ... on Revision {{ changes {{ path }} }} ... on Movie {{ title }}
                    ... on MovieExport {{ data {{ ... on Trivia {{ items {{ id }} }} }} }} }} }}",
                json!(ids)
            );
            (ids.len(), query)
        };
        let mut counts = Vec::new();
        let mut movies = Vec::new();
        for (id, items) in [("a", 1), ("b", 8), ("c", 8)] {
            app.seed(&movie(id, items)).await;
            let drafts = [
                ("trivia", json!({ "items": [{ "text": "Another." }] })),
                ("media", json!({ "poster_url": "https://x.example.org/p" })),
            ];
            for (category, data) in drafts {
                let file = envelope(id, category, data);
                let reply = admin.import_envelope(id, category, "?target=draft", &file).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
            }
            let lock = format!("mutation {{ lockFields(input: {{movieId: \"{id}\", category: TRIVIA,
                fields: [\"items\"]}}) {{ userErrors {{ message }} }} }}");
            ask(&admin, &lock).await;
            movies.push(id);
            let (length, query) = query(&movies);
            let (count, reply) = app.count_queries(ask(&admin, &query)).await;
            let nodes = reply["data"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.iter().filter(|node| node["id"].is_string()).count(), length);
            counts.push(count);
        }
        assert_eq!(counts, [counts[0]; 3]);
        // The movies, for a check and as nodes, exports, draft exports, drafts, contributions,
        // locks, and the two tables of revisions, again for the changes.
        assert!(counts[0] <= 11, "{counts:?}");
    }

    async fn entity_queries_take_a_constant_number_of_statements(app: TestApp) {
        let queries = [
            // The people and their data (4), their works (5), the movies of these works from up to
            // three loaders (3), and ceremonies (3).
            ("{ people(filter: {search: \"d \"}, first: 20) { nodes { id name aliases externalIds { value }
                totals { movies credits nominations wins } knownFor { title }
                filmography(first: 5) { nodes { list movie { title } } }
                nominations(first: 5) { nodes { ceremony { name } movie { title } } } } } }", "people", 15),
            ("{ ceremonies(first: 20) { nodes { name aliases movies(first: 2) { totalCount nodes { title } } } } }", "ceremonies", 7),
            ("{ platforms(first: 20) { nodes { name movies(first: 2) { totalCount nodes { title } } } } }", "platforms", 7),
            ("{ genres(first: 20) { nodes { name movies(first: 2) { totalCount nodes { title } } } } }", "genres", 8),
            ("{ duplicatePeople(first: 20) { nodes { score first { name } second { name totals { credits } } } } }", "duplicatePeople", 13),
        ];
        let viewer = app.with_role(reelport::catalog::access::Role::Contributor);
        let double = |movie: &str, id: &str| {
            envelope(
                movie,
                "cast_crew",
                json!({ "directors": [{ "id": id, "name": "Double Person" }] }),
            )
        };
        app.seed(&[movie("a", 1), vec![double("x", "d-1"), double("y", "d-2")]].concat()).await;
        app.seed(
            &[movie("b", 8), movie("c", 8), vec![double("b", "d-3"), double("z", "d-4")]].concat(),
        )
        .await;
        for (query, list, most) in queries {
            let (count, reply) = app.count_queries(ask(&viewer, query)).await;
            assert!(reply["data"][list]["nodes"].as_array().unwrap().len() > 5, "{reply}");
            assert!(count <= most, "{query}: {count}");
        }
    }
}
