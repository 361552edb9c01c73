//! Movies: creation, deletion, queries by id, and the list.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump};
use crate::support::{Client, envelope, fixtures};

const CREATE: &str = "mutation($id: ID!, $title: String!) {
    createMovie(input: {id: $id, title: $title}) {
        movie { id title year basicInfo { title } exports { metadata { revision source updatedBy } } }
        userErrors { path code }
    }
}";
const DELETE: &str = "mutation($id: ID!) {
    deleteMovie(input: {id: $id}) { deletedMovieId userErrors { path code } }
}";

fn basic_info(id: &str, data: Value) -> Value {
    envelope(id, "basic_info", data)
}

/// The ids of a page, and its page info.
async fn page(client: &Client, arguments: &str) -> (Vec<String>, Value) {
    let query = format!(
        "{{ movies({arguments}) {{ edges {{ cursor node {{ id }} }} nodes {{ id }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let reply = client.graphql(&query, json!({})).await;
    let movies = &reply["data"]["movies"];
    let ids = |list: &Value, at: &str| -> Vec<String> {
        let list = list.as_array().unwrap_or_else(|| panic!("{arguments}: {reply}"));
        list.iter().map(|item| item.pointer(at).unwrap().as_str().unwrap().to_owned()).collect()
    };
    let found = ids(&movies["edges"], "/node/id");
    assert_eq!(ids(&movies["nodes"], "/id"), found);
    let cursors = ids(&movies["edges"], "/cursor");
    assert_eq!(movies["pageInfo"]["startCursor"].as_str(), cursors.first().map(String::as_str));
    assert_eq!(movies["pageInfo"]["endCursor"].as_str(), cursors.last().map(String::as_str));
    (found, movies["pageInfo"].clone())
}

/// The sorted ids of the movies that match a filter, compared with `totalCount`.
async fn found(client: &Client, filter: &str) -> Vec<String> {
    let reply = client
        .graphql(&format!("{{ movies(filter: {{{filter}}}) {{ totalCount }} }}"), json!({}))
        .await;
    let (mut ids, _) = page(client, &format!("filter: {{{filter}}}")).await;
    assert_eq!(reply["data"]["movies"]["totalCount"], ids.len(), "{filter}: {reply}");
    ids.sort();
    ids
}

fn code(reply: &Value) -> &str {
    reply["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

on_both_databases! {
    async fn a_created_movie_has_its_title_at_revision_1(app: TestApp) {
        let reply = app
            .admin()
            .graphql(CREATE, json!({ "id": "tmdb-550", "title": " Die Flut 🌊 " }))
            .await;
        let payload = &reply["data"]["createMovie"];
        assert_eq!(payload["userErrors"], json!([]), "{reply}");
        let movie = &payload["movie"];
        assert_eq!(
            (&movie["id"], &movie["title"], &movie["year"]),
            (&json!("tmdb-550"), &json!(" Die Flut 🌊 "), &json!(null))
        );
        assert_eq!(movie["basicInfo"]["title"], " Die Flut 🌊 ");
        let metadata = &movie["exports"][0]["metadata"];
        assert_eq!(
            *metadata,
            json!({ "revision": 1, "source": "MANUAL", "updatedBy": "admin@example.com" })
        );
        assert_eq!(movie["exports"][1]["metadata"]["revision"], 0);
    }

    async fn invalid_input_of_create_movie_is_a_user_error(app: TestApp) {
        let admin = app.movie("taken").await;
        let before = dump(&app.database.url, TABLES).await;
        let (long_id, long_title) = ("a".repeat(65), "x".repeat(301));
        for (id, title, path, code) in [
            ("taken", "T", "/id", "ALREADY_EXISTS"),
            ("", "T", "/id", "INVALID"),
            ("a/b", "T", "/id", "INVALID"),
            ("a..b", "T", "/id", "INVALID"),
            (long_id.as_str(), "T", "/id", "INVALID"),
            ("new", "", "/title", "REQUIRED"),
            ("new", " N/A ", "/title", "REQUIRED"),
            ("new", "[...]", "/title", "REQUIRED"),
            ("new", long_title.as_str(), "/title", "TOO_LONG"),
            ("new", "a\0b", "/title", "INVALID"),
        ] {
            let reply = app.admin().graphql(CREATE, json!({ "id": id, "title": title })).await;
            let expected = json!({ "movie": null, "userErrors": [{ "path": path, "code": code }] });
            assert_eq!(reply["data"]["createMovie"], expected, "{id} {title}");
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        let longest = "é".repeat(300);
        let reply = admin.graphql(CREATE, json!({ "id": "a".repeat(64), "title": longest })).await;
        assert_eq!(reply["data"]["createMovie"]["movie"]["title"], longest);
    }

    async fn deleting_a_movie_deletes_all_its_data(app: TestApp) {
        let admin = app.full_movie("m").await;
        app.movie("other").await;
        let reply = admin.graphql(DELETE, json!({ "id": "m" })).await;
        assert_eq!(
            reply["data"]["deleteMovie"],
            json!({ "deletedMovieId": "m", "userErrors": [] })
        );
        let gone = admin
            .graphql(
                "{ movie(id: \"m\") { id } movieExport(movieId: \"m\", category: TRIVIA) { id } }",
                json!({}),
            )
            .await;
        assert_eq!(gone, json!({ "data": { "movie": null, "movieExport": null } }));
        assert_eq!(page(&admin, "first: 10").await.0, ["other"]);
        let of_movies = [
            "movies",
            "documents",
            "revisions",
            "credits",
            "nominations",
            "offers",
            "movie_genres",
        ];
        for (table, rows) in dump(&app.database.url, &of_movies).await {
            assert!(rows.iter().all(|row| !row.contains("\"m\"")), "{table}: {rows:?}");
        }
    }

    async fn deleting_a_missing_movie_is_a_user_error(app: TestApp) {
        for id in ["no-such", "..", ""] {
            let reply = app.admin().graphql(DELETE, json!({ "id": id })).await;
            let expected = json!({ "deletedMovieId": null, "userErrors": [{ "path": "", "code": "NOT_FOUND" }] });
            assert_eq!(reply["data"]["deleteMovie"], expected, "{id}");
        }
    }

    async fn a_movie_has_its_list_fields_and_its_documents(app: TestApp) {
        app.full_movie("m").await;
        let query = "{ movie(id: \"m\") {
            id title originalTitle year releaseDate status bundleUrl createdAt updatedAt
            completeness { present missing }
            basicInfo { revenue status genres } castCrew { cast { id personId name character person { id name } } }
            timeline { events { date } } trivia { items { text } } awards { awards { ceremony result prestigeLevel } }
            media { gallery { kind } } streaming { streamingOptions { platform type quality } }
            exports { category fileName }
        } }";
        let reply = app.viewer().graphql(query, json!({})).await;
        assert_eq!(reply.get("errors"), None, "{reply}");
        let movie = &reply["data"]["movie"];
        assert_eq!(movie["title"], "The Long Tide");
        assert_eq!(movie["originalTitle"], "Die lange Flut");
        assert_eq!((&movie["year"], &movie["releaseDate"]), (&json!(1999), &json!("1999-10-15")));
        assert_eq!(movie["status"], "RELEASED");
        let bundle = movie["bundleUrl"].as_str().unwrap();
        assert!(bundle.starts_with("/api/v1/admin/movies/m/export/all?link="), "{bundle}");
        assert!(movie["createdAt"].as_str() <= movie["updatedAt"].as_str());
        assert_eq!(movie["completeness"]["present"].as_array().unwrap().len(), 7);
        assert_eq!(movie["completeness"]["missing"], json!([]));
        assert_eq!(movie["basicInfo"]["revenue"], 2_923_706_026_i64);
        let cast = movie["castCrew"]["cast"].as_array().unwrap();
        assert_eq!(cast[0]["person"], json!({ "id": "tmdb-person-3", "name": "Cleo Marsh" }));
        assert_eq!(cast[0]["personId"], cast[2]["personId"]);
        assert_ne!(cast[0]["id"], cast[2]["id"]);
        assert_eq!(movie["awards"]["awards"][0]["prestigeLevel"], "NATIONAL");
        let option = json!({ "platform": "Harbour+", "type": "SUBSCRIPTION", "quality": "UHD" });
        assert_eq!(movie["streaming"]["streamingOptions"][0], option);
        let categories: Vec<_> = movie["exports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|export| export["category"].clone())
            .collect();
        assert_eq!(
            json!(categories),
            json!([
                "BASIC_INFO",
                "CAST_CREW",
                "TIMELINE",
                "TRIVIA",
                "AWARDS",
                "MEDIA",
                "STREAMING"
            ])
        );
    }

    async fn absent_fields_are_null_and_absent_categories_are_missing(app: TestApp) {
        app.seed(&[envelope("m", "trivia", json!({ "items": [{ "text": "A fact." }] }))]).await;
        let query = "{ movie(id: \"m\") { title year status basicInfo { title } trivia { items { text question } } timeline { events { id } }
            completeness { present missing } } }";
        let reply = app.viewer().graphql(query, json!({})).await;
        assert_eq!(
            reply["data"]["movie"],
            json!({
                "title": null, "year": null, "status": null, "basicInfo": null, "timeline": null,
                "trivia": { "items": [{ "text": "A fact.", "question": null }] },
                "completeness": {
                    "present": ["TRIVIA"], "missing": ["BASIC_INFO", "CAST_CREW", "TIMELINE", "AWARDS", "MEDIA", "STREAMING"]
                }
            }),
            "{reply}"
        );
    }

    async fn a_category_without_items_is_missing_again(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "trivia", json!({ "items": [{ "text": "A fact." }] })).await;
        assert_eq!(
            admin.replace(&envelope("m", "trivia", json!({ "items": [] }))).await.status,
            200
        );
        let reply = admin
            .graphql(
                "{ movie(id: \"m\") { trivia { items { id } } completeness { present } } }",
                json!({}),
            )
            .await;
        assert_eq!(
            reply["data"]["movie"],
            json!({ "trivia": { "items": [] }, "completeness": { "present": ["BASIC_INFO"] } })
        );
        assert_eq!(found(&admin, "missing: [TRIVIA]").await, ["m"]);
    }

    async fn an_unknown_movie_id_is_null(app: TestApp) {
        for id in ["no-such", "", "..", "a b"] {
            let reply = app
                .viewer()
                .graphql("query($id: ID!) { movie(id: $id) { id } }", json!({ "id": id }))
                .await;
            assert_eq!(reply, json!({ "data": { "movie": null } }), "{id}");
        }
    }

    async fn the_movie_list_can_be_filtered(app: TestApp) {
        app.seed(&[
            basic_info("amelie", json!({ "title": "Amélie", "original_title": "Le Fabuleux Destin", "year": "2001", "genres": ["Comedy", "Romance"], "status": "released" })),
            basic_info("tide", json!({ "title": "The  Long Tide", "year": "1999", "genres": ["Drama", "Science Fiction"], "status": "released" })),
            basic_info("hundred", json!({ "title": "100% Wolf_Pack", "year": "2020", "genres": ["Comedy", "Drama"], "status": "in_production" })),
            basic_info("capek", json!({ "title": "ČAPEK \\ R.U.R.", "status": "planned" })),
            envelope("untitled", "trivia", json!({ "items": [{ "text": "A fact." }] })),
            envelope("tide", "timeline", fixtures::timeline()),
            envelope("tide", "trivia", fixtures::trivia()),
        ]).await;
        let viewer = app.viewer();
        for (filter, expected) in [
            ("", vec!["amelie", "capek", "hundred", "tide", "untitled"]),
            ("search: \"amelie\"", vec!["amelie"]),
            ("search: \"AMÉLIE\"", vec!["amelie"]),
            ("search: \"fabuleux  destin\"", vec!["amelie"]),
            ("search: \"capek\"", vec!["capek"]),
            ("search: \"long tide\"", vec!["tide"]),
            ("search: \"%\"", vec!["hundred"]),
            ("search: \"f_p\"", vec!["hundred"]),
            ("search: \"g_t\"", vec![]),
            ("search: \"\\\\\"", vec!["capek"]),
            ("search: \"  \"", vec!["amelie", "capek", "hundred", "tide", "untitled"]),
            ("search: \"no such\"", vec![]),
            ("yearFrom: 2001", vec!["amelie", "hundred"]),
            ("yearTo: 2001", vec!["amelie", "tide"]),
            ("yearFrom: 2000, yearTo: 2010", vec!["amelie"]),
            ("genres: [\"comedy\"]", vec!["amelie", "hundred"]),
            ("genres: [\"Drama\", \"COMEDY\"]", vec!["hundred"]),
            ("genres: [\"No Such Genre\"]", vec![]),
            ("genres: []", vec!["amelie", "capek", "hundred", "tide", "untitled"]),
            ("status: RELEASED", vec!["amelie", "tide"]),
            ("status: RUMORED", vec![]),
            ("present: [TRIVIA]", vec!["tide", "untitled"]),
            ("present: [TRIVIA, TIMELINE]", vec!["tide"]),
            ("missing: [BASIC_INFO]", vec!["untitled"]),
            ("missing: [TIMELINE, TRIVIA]", vec!["amelie", "capek", "hundred"]),
            (
                "present: [BASIC_INFO], missing: [TRIVIA], genres: [\"Drama\"], search: \"wolf\"",
                vec!["hundred"],
            ),
        ] {
            assert_eq!(found(&viewer, filter).await, expected, "{filter}");
        }
    }

    async fn the_movie_list_can_be_ordered(app: TestApp) {
        app.seed(&[
            basic_info("c", json!({ "title": "Éclair", "year": "2001" })),
            basic_info("a", json!({ "title": "zebra", "year": "1999" })),
            basic_info("b", json!({ "title": "Eclair", "year": "2001" })),
            basic_info("e", json!({ "title": "apple" })),
            envelope("d", "trivia", json!({ "items": [{ "text": "A fact." }] })),
        ])
        .await;
        let viewer = app.viewer();
        for (order, expected) in [
            ("first: 9", "d e b c a"),
            ("orderBy: {field: TITLE}", "d e b c a"),
            ("orderBy: {field: TITLE, direction: DESC}", "a c b e d"),
            ("orderBy: {field: YEAR, direction: ASC}", "d e a b c"),
            ("orderBy: {field: YEAR, direction: DESC}", "c b a e d"),
        ] {
            assert_eq!(page(&viewer, order).await.0.join(" "), expected, "{order}");
        }
        let admin = app.admin();
        for id in ["b", "d", "a"] {
            admin.import(id, "timeline", fixtures::timeline()).await;
        }
        admin.import("b", "timeline", fixtures::timeline()).await;
        let (updated, _) =
            page(&viewer, "orderBy: {field: UPDATED, direction: DESC}, first: 3").await;
        assert_eq!(updated, ["a", "d", "b"]);
    }

    async fn paging_shows_every_movie_once_in_both_directions(app: TestApp) {
        // Equal titles, equal years, missing titles and years, and titles that differ only in
        // accents.
        let titles = ["Same", "Same", "Sàme", "SAME", "Same", "Other", "another", "Ödön"];
        let mut seeds: Vec<Value> = titles
            .iter()
            .enumerate()
            .map(|(n, title)| {
                let year =
                    if n % 3 == 0 { Value::Null } else { json!(format!("{}", 2000 + n / 4)) };
                basic_info(&format!("m-{n}"), json!({ "title": title, "year": year }))
            })
            .collect();
        seeds.extend((0..3).map(|n| {
            envelope(
                &format!("untitled-{n}"),
                "trivia",
                json!({ "items": [{ "text": "A fact." }] }),
            )
        }));
        app.seed(&seeds).await;
        let viewer = app.viewer();
        for order in [
            "TITLE, direction: ASC",
            "TITLE, direction: DESC",
            "YEAR, direction: ASC",
            "YEAR, direction: DESC",
            "UPDATED, direction: ASC",
            "UPDATED, direction: DESC",
        ] {
            let order = format!("orderBy: {{field: {order}}}");
            let (whole, info) = page(&viewer, &format!("{order}, first: 100")).await;
            assert_eq!(
                (whole.len(), &info["hasNextPage"], &info["hasPreviousPage"]),
                (11, &json!(false), &json!(false))
            );
            for size in [1, 2, 5] {
                let (mut forward, mut cursor) = (Vec::new(), String::new());
                loop {
                    let (ids, info) =
                        page(&viewer, &format!("{order}, first: {size}{cursor}")).await;
                    assert_eq!(info["hasPreviousPage"], !forward.is_empty());
                    forward.extend(ids);
                    cursor = format!(", after: {}", info["endCursor"]);
                    if info["hasNextPage"] == false {
                        break;
                    }
                }
                assert_eq!(forward, whole, "{order} by {size}");
                let (mut backward, mut cursor) = (Vec::new(), String::new());
                loop {
                    let (ids, info) =
                        page(&viewer, &format!("{order}, last: {size}{cursor}")).await;
                    assert_eq!(info["hasNextPage"], !backward.is_empty());
                    backward.splice(0..0, ids);
                    cursor = format!(", before: {}", info["startCursor"]);
                    if info["hasPreviousPage"] == false {
                        break;
                    }
                }
                assert_eq!(backward, whole, "{order} by {size} from behind");
            }
        }
    }

    async fn paging_continues_while_movies_are_added_and_deleted(app: TestApp) {
        app.seed(&["b", "d", "f"].map(|id| basic_info(id, json!({ "title": id })))).await;
        let admin = app.admin();
        let (_, info) = page(&admin, "first: 2").await;
        app.seed(&[
            basic_info("a", json!({ "title": "a" })),
            basic_info("e", json!({ "title": "e" })),
        ])
        .await;
        admin.graphql(DELETE, json!({ "id": "d" })).await;
        assert_eq!(
            page(&admin, &format!("first: 9, after: {}", info["endCursor"])).await.0,
            ["e", "f"]
        );
    }

    async fn an_empty_list_has_no_cursors(app: TestApp) {
        let (ids, info) = page(&app.viewer(), "first: 5").await;
        assert_eq!(ids, [""; 0]);
        assert_eq!(
            info,
            json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null })
        );
    }

    async fn an_invalid_or_foreign_cursor_is_bad_input(app: TestApp) {
        // The title looks like a year, so that only the cursor itself names its order.
        app.seed(&["a", "b"].map(|id| basic_info(id, json!({ "title": "2012", "year": "1999" }))))
            .await;
        let viewer = app.viewer();
        let orders = ["TITLE", "YEAR", "UPDATED"];
        for given in orders {
            let (_, info) = page(&viewer, &format!("first: 1, orderBy: {{field: {given}}}")).await;
            for (asked, direction) in
                orders.iter().flat_map(|asked| [(asked, "after"), (asked, "before")])
            {
                let arguments =
                    format!("orderBy: {{field: {asked}}}, {direction}: {}", info["endCursor"]);
                let reply = viewer
                    .graphql(&format!("{{ movies({arguments}) {{ nodes {{ id }} }} }}"), json!({}))
                    .await;
                assert_eq!(
                    code(&reply),
                    if given == *asked { "none" } else { "BAD_USER_INPUT" },
                    "{given} {arguments}: {reply}"
                );
            }
        }
        for cursor in ["nonsense", "", "%%%", "bQo", "dGl0bGUKbQ"] {
            let reply = viewer
                .graphql(
                    &format!("{{ movies(after: \"{cursor}\") {{ nodes {{ id }} }} }}"),
                    json!({}),
                )
                .await;
            assert_eq!(code(&reply), "BAD_USER_INPUT", "{cursor}: {reply}");
        }
    }

    async fn an_invalid_page_size_is_bad_input(app: TestApp) {
        app.movie("m").await;
        let viewer = app.viewer();
        for arguments in [
            "first: 0",
            "first: -1",
            "first: 101",
            "last: 0",
            "last: 101",
            "first: 1, last: 1",
            "first: 1, before: \"bQo\"",
            "last: 1, after: \"bQo\"",
            "after: \"bQo\", before: \"bQo\"",
        ] {
            let reply = viewer
                .graphql(&format!("{{ movies({arguments}) {{ nodes {{ id }} }} }}"), json!({}))
                .await;
            assert_eq!(code(&reply), "BAD_USER_INPUT", "{arguments}: {reply}");
        }
        for arguments in
            ["first: 100", "last: 1", "first: null, after: null, filter: null, orderBy: null"]
        {
            assert_eq!(page(&viewer, arguments).await.0, ["m"], "{arguments}");
        }
    }

    async fn the_default_page_size_is_twenty(app: TestApp) {
        let seeds: Vec<_> = (0..21)
            .map(|n| basic_info(&format!("m-{n:02}"), json!({ "title": "A movie" })))
            .collect();
        app.seed(&seeds).await;
        let (ids, info) = page(&app.viewer(), "filter: {}").await;
        assert_eq!((ids.len(), &info["hasNextPage"]), (20, &json!(true)));
    }

    async fn the_movie_list_reflects_imports(app: TestApp) {
        let admin = app.movie("m").await;
        admin
            .import(
                "m",
                "basic_info",
                json!({ "title": "Renamed", "release_date": "2003-05-01", "genres": ["Drama"] }),
            )
            .await;
        assert_eq!(
            found(&admin, "search: \"renamed\", yearFrom: 2003, yearTo: 2003, genres: [\"drama\"]")
                .await,
            ["m"]
        );
        assert_eq!(found(&admin, "search: \"a movie\"").await, [""; 0]);
        let only_comedy = envelope("m", "basic_info", json!({ "genres": ["Comedy"] }));
        assert_eq!(admin.replace(&only_comedy).await.status, 200);
        assert_eq!(found(&admin, "genres: [\"drama\"]").await, [""; 0]);
        assert_eq!(found(&admin, "genres: [\"comedy\"]").await, ["m"]);
    }
}
