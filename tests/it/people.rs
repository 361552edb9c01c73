//! People, ceremonies, platforms and genres: queries, renames, merges and splits.

use std::collections::BTreeSet;

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, dump_all, execute, made_entities, rows};
use crate::support::operations::{codes, pairs};
use crate::support::{Client, TestApp, envelope};

/// Three movies: two credit the director Ada Quist by one id, the third by another id.
async fn three_movies(app: &TestApp) -> Client {
    let ada = |id: &str| json!({ "id": id, "name": "Ada Quist" });
    let basic = |movie: &str, title: &str, year: &str, genre: &str| {
        envelope(movie, "basic_info", json!({ "title": title, "year": year, "genres": [genre] }))
    };
    let cast = |name: &str, character: &str| json!({ "id": format!("tmdb-person-{name}"), "name": name, "character": character });
    app.seed(&[
        basic("one", "First Tide", "1999", "Drama"),
        basic("two", "Second Tide", "2004", "Dockside"),
        basic("three", "Third Tide", "2010", "Drama"),
        envelope("one", "cast_crew", json!({ "directors": [ada("tmdb-person-1")], "cast": [cast("Bo", "Captain")] })),
        envelope("two", "cast_crew", json!({ "directors": [ada("tmdb-person-1")], "writers": [ada("tmdb-person-1")] })),
        envelope(
            "three",
            "cast_crew",
            json!({
                "directors": [{ "id": "tmdb-person-2", "name": "Ada M. Quist" }],
                "cast": [{ "id": "tmdb-person-2", "name": "A. Quist", "character": "Herself" }, cast("Cy", "Cook")]
            }),
        ),
        envelope(
            "two",
            "awards",
            json!({ "awards": [
            { "ceremony": "Harbour Film Awards", "year": 2005, "category": "Best Director", "nominee": "Ada Quist",
              "nominee_id": "tmdb-person-1", "result": "winner" },
            { "ceremony": "Harbour Film Awards", "year": 2004, "category": "Best Film", "result": "nominee" }
        ] }),
        ),
        envelope(
            "three",
            "awards",
            json!({ "awards": [
            { "ceremony": "Dock Prize", "year": 2011, "category": "Best Director", "nominee": "Ada M. Quist",
              "nominee_id": "tmdb-person-2", "result": "nominee" }
        ] }),
        ),
        envelope(
            "one",
            "streaming",
            json!({ "streaming_options": [{ "platform": "Harbour+", "region": "DE", "type": "free" }] }),
        ),
    ])
    .await;
    app.admin()
}

async fn answer(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"].clone()
}

/// Runs a mutation of an entity and returns its payload.
async fn mutate(client: &Client, mutation: &str, fields: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ {fields} userErrors {{ path code message }} }} }}"
    );
    let reply = client.graphql(&query, json!({ "input": input })).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"]["done"].clone()
}

const ENTITY_CHANGES: &str = "person { id name aliases } documents { movieId category revision importId changes { path op before after } warnings { code } }";

async fn merge(client: &Client, input: Value) -> Value {
    mutate(client, "mergePeople", ENTITY_CHANGES, input).await
}

/// Merges people and asserts that there are no errors.
async fn merge_without_errors(client: &Client, id: &str, others: &[&str]) -> Value {
    let payload = merge(client, json!({ "id": id, "otherIds": others })).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload
}

async fn split(client: &Client, input: Value) -> Value {
    mutate(client, "splitPerson", &format!("other {{ id name }} {ENTITY_CHANGES}"), input).await
}

async fn person(client: &Client, id: &str) -> Value {
    let query = format!(
        "{{ person(id: \"{id}\") {{ id name aliases externalIds {{ value }} totals {{ movies credits nominations wins }}
            knownFor {{ title }} filmography {{ nodes {{ id: creditId list character job movie {{ id }} }} }}
            nominations {{ nodes {{ id: nominationId year category result ceremony {{ name }} movie {{ id }} }} }} }} }}"
    );
    answer(client, &query).await["person"].clone()
}

/// A person's credits as `movie list`.
fn credits(person: &Value) -> Vec<String> {
    let nodes = person["filmography"]["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| {
            format!("{} {}", node["movie"]["id"].as_str().unwrap(), node["list"].as_str().unwrap())
        })
        .collect()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|entry| entry[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

async fn ids(client: &Client, search: &str) -> Vec<String> {
    let data =
        answer(client, &format!("{{ people(search: {}) {{ nodes {{ id }} }} }}", json!(search)))
            .await;
    texts(&data["people"]["nodes"], "id")
}

/// The rows of the entity tables, without times.
async fn entity_rows(app: &TestApp) -> Vec<(String, Vec<String>)> {
    dump(&app.database.url, &["entities", "entity_names", "entity_external_ids", "merged_entities"])
        .await
}

/// Asserts that `reindex` changes nothing.
async fn assert_can_be_rebuilt(app: &TestApp) {
    let before = dump(&app.database.url, TABLES).await;
    app.command(&["reindex"]).await.ok();
    assert_eq!(dump(&app.database.url, TABLES).await, before);
}

async fn revert(client: &Client, movie: &str, category: &str, revision: i64) -> Value {
    let payload = client
        .mutate(
            "revertCategory",
            json!({ "movieId": movie, "category": category, "revision": revision }),
        )
        .await;
    assert_eq!(payload["status"], "PUBLISHED", "{payload}");
    payload
}

on_both_databases! {
    async fn a_person_has_credits_nominations_and_totals(app: TestApp) {
        three_movies(&app).await;
        let viewer = app.viewer();
        let ada = person(&viewer, "tmdb-person-1").await;
        assert_eq!(
            (&ada["name"], &ada["externalIds"]),
            (&json!("Ada Quist"), &json!([{ "value": "1" }]))
        );
        assert_eq!(credits(&ada)[2], "one DIRECTORS");
        let mut newest = credits(&ada)[..2].to_vec();
        newest.sort();
        assert_eq!(newest, ["two DIRECTORS", "two WRITERS"]);
        assert_eq!(
            ada["totals"],
            json!({ "movies": 2, "credits": 3, "nominations": 1, "wins": 1 })
        );
        assert_eq!(ada["knownFor"], json!([{ "title": "Second Tide" }, { "title": "First Tide" }]));
        let nomination = &ada["nominations"]["nodes"][0];
        assert_eq!((&nomination["year"], &nomination["result"]), (&json!(2005), &json!("WINNER")));
        assert_eq!(
            (&nomination["ceremony"]["name"], &nomination["movie"]["id"]),
            (&json!("Harbour Film Awards"), &json!("two"))
        );
        let other = person(&viewer, "tmdb-person-2").await;
        let parts: Vec<_> = other["filmography"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| {
                (node["list"].as_str().unwrap(), node["character"].as_str(), node["job"].as_str())
            })
            .collect();
        assert!(
            parts.contains(&("CAST", Some("Herself"), None))
                && parts.contains(&("DIRECTORS", None, None)),
            "{parts:?}"
        );
        for unknown in ["nobody", "", "tmdb-person-99", "a\u{0}b"] {
            let reply = viewer
                .graphql("query($id: ID!) { person(id: $id) { id } }", json!({ "id": unknown }))
                .await;
            assert_eq!(reply, json!({ "data": { "person": null } }), "{unknown:?}");
        }
    }

    async fn a_filmography_is_paged(app: TestApp) {
        three_movies(&app).await;
        let viewer = app.viewer();
        let mut found = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = "query($after: String) { person(id: \"tmdb-person-1\") { filmography(first: 1, after: $after) {
                nodes { id: creditId } pageInfo { endCursor hasNextPage } } } }";
            let reply = viewer.graphql(query, json!({ "after": after })).await;
            let page = &reply["data"]["person"]["filmography"];
            found.extend(texts(&page["nodes"], "id"));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let all = texts(&person(&viewer, "tmdb-person-1").await["filmography"]["nodes"], "id");
        assert_eq!((found.len(), found), (3, all));
        for (arguments, allowed) in [
            ("first: 0", "first is 1 to 100"),
            ("first: 101", "first is 1 to 100"),
            ("after: \"x\"", "the cursor"),
        ] {
            let query = format!(
                "{{ person(id: \"tmdb-person-1\") {{ filmography({arguments}) {{ nodes {{ creditId }} }} }} }}"
            );
            let reply = viewer.graphql(&query, json!({})).await;
            assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
            assert!(reply["errors"][0]["message"].as_str().unwrap().contains(allowed), "{reply}");
        }
    }

    async fn people_search_lists_the_best_matches_first(app: TestApp) {
        let names = [
            "Zoë Kravitz",
            "Zoe Kravitz Junior",
            "Mia Zoe",
            "Lee Zoekler",
            "Li",
            "Liv Ullmann",
            "Al Li",
            "100% Ray_B",
        ];
        let crew: Vec<Value> = names.iter().enumerate()
            .map(|(number, name)| json!({ "id": format!("tmdb-person-{number}"), "name": name, "job": "Grip" })).collect();
        app.seed(&[envelope("m", "cast_crew", json!({ "crew": crew }))]).await;
        let viewer = app.viewer();
        let found = |search: &'static str| {
            let viewer = viewer.clone();
            async move {
                let ids = ids(&viewer, search).await;
                ids.iter()
                    .map(|id| names[id["tmdb-person-".len()..].parse::<usize>().unwrap()])
                    .collect::<Vec<_>>()
            }
        };
        for (search, expected) in [
            ("zoe  KRAVITZ", &["Zoë Kravitz", "Zoe Kravitz Junior"][..]),
            ("ZOÉ", &["Zoë Kravitz", "Zoe Kravitz Junior", "Lee Zoekler", "Mia Zoe"]),
            // Short terms match only the start of a name.
            ("li", &["Li", "Liv Ullmann"]),
            ("0% r", &["100% Ray_B"]),
            ("ray_b", &["100% Ray_B"]),
            ("ray%b", &[]),
            ("  ", &[]),
            ("nobody", &[]),
        ] {
            assert_eq!(found(search).await, expected, "{search:?}");
        }
        let admin = app.admin();
        let payload = mutate(
            &admin,
            "updatePerson",
            "person { id }",
            json!({ "id": "tmdb-person-5", "addAliases": ["Zoe"] }),
        )
        .await;
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(found("zoe").await[0], "Liv Ullmann");
        // Paging shows each person exactly once.
        let (mut paged, mut after) = (Vec::new(), Value::Null);
        for _ in 0..5 {
            let query = "query($after: String) { people(search: \"zoe\", first: 1, after: $after) {
                edges { cursor node { id } } pageInfo { hasNextPage } } }";
            let reply = viewer.graphql(query, json!({ "after": after })).await;
            let page = &reply["data"]["people"];
            paged.push(page["edges"][0]["node"]["id"].as_str().unwrap().to_owned());
            after = page["edges"][0]["cursor"].clone();
            assert_eq!(page["pageInfo"]["hasNextPage"], paged.len() < 5, "{reply}");
        }
        assert_eq!(paged, ids(&viewer, "zoe").await);
        let long = "x".repeat(501);
        let reply = viewer
            .graphql(
                "query($search: String!) { people(search: $search) { nodes { id } } }",
                json!({ "search": long }),
            )
            .await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
    }

    async fn ceremonies_platforms_and_genres_are_listed_with_their_movies(app: TestApp) {
        three_movies(&app).await;
        let query = "{ ceremonies(search: \"harbour\") { nodes { id name movies { totalCount nodes { id } } } }
            platforms(search: \"harbour\") { nodes { id name movies { nodes { id } } } }
            genres(search: \"dra\") { nodes { id name movies(orderBy: {field: YEAR, direction: DESC}, first: 1) {
                totalCount nodes { id } pageInfo { hasNextPage } } } } }";
        let data = answer(&app.viewer(), query).await;
        assert_eq!(texts(&data["ceremonies"]["nodes"], "name"), ["Harbour Film Awards"]);
        assert_eq!(
            data["ceremonies"]["nodes"][0]["movies"],
            json!({ "totalCount": 1, "nodes": [{ "id": "two" }] })
        );
        assert_eq!(data["platforms"]["nodes"][0]["movies"]["nodes"], json!([{ "id": "one" }]));
        assert_eq!(
            data["genres"]["nodes"][0]["movies"],
            json!({ "totalCount": 2, "nodes": [{ "id": "three" }], "pageInfo": { "hasNextPage": true } })
        );
        for (kind, list) in
            [("ceremony", "ceremonies"), ("platform", "platforms"), ("genre", "genres")]
        {
            let id = &data[list]["nodes"][0]["id"];
            let one = answer(
                &app.viewer(),
                &format!("{{ {kind}(id: {id}) {{ name aliases externalIds {{ value }} }} }}"),
            )
            .await;
            assert_eq!(one[kind]["name"], data[list]["nodes"][0]["name"]);
            let none =
                answer(&app.viewer(), &format!("{{ {kind}(id: \"none\") {{ name }} }}")).await;
            assert_eq!(none[kind], Value::Null);
        }
    }

    async fn a_rename_changes_no_document_and_keeps_the_old_name(app: TestApp) {
        let admin = three_movies(&app).await;
        let documents = ["documents", "revisions", "credits", "nominations", "movies", "imports"];
        let before = dump(&app.database.url, &documents).await;
        let update = |input: Value| {
            let admin = admin.clone();
            async move { mutate(&admin, "updatePerson", "person { name aliases }", input).await }
        };
        let payload = update(json!({ "id": "tmdb-person-1", "name": "Ada Quist-Bergh", "addAliases": ["A. Q.", "a. q."] })).await;
        assert_eq!(
            payload["person"],
            json!({ "name": "Ada Quist-Bergh", "aliases": ["A. Q.", "Ada Quist"] }),
            "{payload}"
        );
        // Another spelling of the same name does not become an alias.
        let payload = update(json!({ "id": "tmdb-person-1", "name": "ADA QUIST", "removeAliases": ["a. q.", "Ada Quist-Bergh"] })).await;
        assert_eq!(payload["person"], json!({ "name": "ADA QUIST", "aliases": [] }), "{payload}");
        // Two people may share a name.
        let payload = update(json!({ "id": "tmdb-person-2", "addAliases": ["Ada Quist"] })).await;
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(dump(&app.database.url, &documents).await, before);
        let refused = [
            (json!({ "id": "nobody", "name": "X" }), vec![("/id", "NOT_FOUND")]),
            (
                json!({ "id": "tmdb-person-1", "name": " ", "addAliases": ["N/A", "x".repeat(501)] }),
                vec![
                    ("/addAliases/0", "INVALID"),
                    ("/addAliases/1", "TOO_LONG"),
                    ("/name", "INVALID"),
                ],
            ),
            (
                json!({ "id": "tmdb-person-1", "removeAliases": ["Nobody", "ada quist"] }),
                vec![("/removeAliases/0", "NOT_FOUND"), ("/removeAliases/1", "INVALID")],
            ),
        ];
        let people = entity_rows(&app).await;
        for (input, expected) in refused {
            let payload = update(input).await;
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(path, code)| (path.to_owned(), code.to_owned()))
                .collect();
            assert_eq!(pairs(&payload["userErrors"]), expected, "{payload}");
        }
        assert_eq!(entity_rows(&app).await, people);
        let export = admin.export("one", "cast_crew").await;
        assert_eq!(export["data"]["directors"][0]["name"], "Ada Quist");
    }

    async fn ceremonies_platforms_and_genres_cannot_share_a_name(app: TestApp) {
        let admin = three_movies(&app).await;
        let lists = answer(&admin, "{ dock: ceremonies(search: \"dock\") { nodes { id } } harbour: ceremonies(search: \"harbour\") { nodes { id } }
            genres(search: \"dock\") { nodes { id name } } platforms(search: \"harbour\") { nodes { id } } }").await;
        let (dock, harbour) =
            (&lists["dock"]["nodes"][0]["id"], &lists["harbour"]["nodes"][0]["id"]);
        let taken = mutate(
            &admin,
            "updateCeremony",
            "ceremony { id }",
            json!({ "id": dock, "addAliases": ["Docks", "harbour  FILM awards"] }),
        )
        .await;
        assert_eq!(
            pairs(&taken["userErrors"]),
            [("/addAliases/1".to_owned(), "ALREADY_EXISTS".to_owned())]
        );
        let taken = mutate(
            &admin,
            "updateCeremony",
            "ceremony { id }",
            json!({ "id": dock, "name": "Harbour Film Awards" }),
        )
        .await;
        assert_eq!(
            pairs(&taken["userErrors"]),
            [("/name".to_owned(), "ALREADY_EXISTS".to_owned())]
        );
        let payload = mutate(
            &admin,
            "updateCeremony",
            "ceremony { name aliases }",
            json!({ "id": harbour, "name": "The Harbours" }),
        )
        .await;
        assert_eq!(
            payload["ceremony"],
            json!({ "name": "The Harbours", "aliases": ["Harbour Film Awards"] })
        );
        // An import by either name finds the entity.
        for name in ["the harbours", "Harbour Film Awards"] {
            let awards = json!({ "awards": [{ "ceremony": name, "year": 1999, "category": name, "result": "winner" }] });
            assert_eq!(admin.import("one", "awards", awards).await.status, 200);
        }
        assert_eq!(
            made_entities(&app.database.url)
                .await
                .iter()
                .filter(|row| row["kind"] == "ceremony")
                .count(),
            2
        );
        let platform = &lists["platforms"]["nodes"][0]["id"];
        let payload = mutate(
            &admin,
            "updatePlatform",
            "platform { aliases }",
            json!({ "id": platform, "addAliases": ["Harbour Plus"] }),
        )
        .await;
        assert_eq!(payload["platform"]["aliases"], json!(["Harbour Plus"]));
        // Documents refer to a genre by name only, so names in use cannot be removed.
        let genre = &lists["genres"]["nodes"][0];
        assert_eq!(genre["name"], "Dockside");
        let payload = mutate(
            &admin,
            "updateGenre",
            "genre { name aliases }",
            json!({ "id": genre["id"], "name": "Dock Drama", "addAliases": ["DD"] }),
        )
        .await;
        assert_eq!(
            payload["genre"],
            json!({ "name": "Dock Drama", "aliases": ["DD", "Dockside"] })
        );
        let payload = mutate(
            &admin,
            "updateGenre",
            "genre { id }",
            json!({ "id": genre["id"], "removeAliases": ["DD", "dockside"] }),
        )
        .await;
        assert_eq!(
            pairs(&payload["userErrors"]),
            [("/removeAliases/1".to_owned(), "INVALID".to_owned())]
        );
        let payload = mutate(
            &admin,
            "updateGenre",
            "genre { aliases }",
            json!({ "id": genre["id"], "removeAliases": ["DD"] }),
        )
        .await;
        assert_eq!(payload["genre"]["aliases"], json!(["Dockside"]));
        assert_can_be_rebuilt(&app).await;
    }

    async fn merging_people_rewrites_their_documents_to_one_id(app: TestApp) {
        let admin = three_movies(&app).await;
        let before = admin.export("three", "cast_crew").await;
        let payload = merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        assert_eq!(
            payload["person"],
            json!({ "id": "tmdb-person-1", "name": "Ada Quist", "aliases": ["Ada M. Quist"] })
        );
        let documents = payload["documents"].as_array().unwrap();
        let named: Vec<_> =
            documents.iter().map(|of| (&of["movieId"], &of["category"], &of["revision"])).collect();
        assert_eq!(
            named,
            [
                (&json!("three"), &json!("CAST_CREW"), &json!(2)),
                (&json!("three"), &json!("AWARDS"), &json!(2))
            ]
        );
        assert_eq!(
            documents[1]["changes"],
            json!([
                { "path": "/awards/0/nominee_id", "op": "UPDATE", "before": "tmdb-person-2", "after": "tmdb-person-1" }
            ])
        );
        // Names stay as credited, and nothing else changes.
        let after = admin.export("three", "cast_crew").await;
        let text = before["data"].to_string().replace("tmdb-person-2", "tmdb-person-1");
        assert_eq!(after["data"].to_string(), text);
        assert_eq!(
            (&after["metadata"]["source"], &after["metadata"]["updated_by"]),
            (&json!("manual"), &json!("admin@example.com"))
        );
        // Both ids and both names lead to the same person.
        for id in ["tmdb-person-1", "tmdb-person-2"] {
            let ada = person(&app.viewer(), id).await;
            assert_eq!((&ada["id"], credits(&ada).len()), (&json!("tmdb-person-1"), 5));
            assert_eq!(texts(&ada["externalIds"], "value"), ["1", "2"]);
            assert_eq!(
                ada["totals"],
                json!({ "movies": 3, "credits": 5, "nominations": 2, "wins": 1 })
            );
        }
        assert_eq!(ids(&app.viewer(), "ada m. quist").await, ["tmdb-person-1"]);
        // The merge appears in the import log, the revisions and the provenance.
        let logged = answer(&admin, "{ imports(filter: {operation: MERGE_PEOPLE}) { nodes { id operation status author document plan { changes { path } } } }
            movie(id: \"three\") { revisions(category: AWARDS, first: 1) { nodes { source updatedBy changes { path } } }
                provenance(category: AWARDS) { source updatedBy revision } } }").await;
        let records = logged["imports"]["nodes"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0]["status"], "PUBLISHED");
        assert!(records[0]["document"].as_str().unwrap().contains("tmdb-person-2"), "{logged}");
        let mut of_records = texts(&logged["imports"]["nodes"], "id");
        let mut of_payload = texts(&payload["documents"], "importId");
        of_records.sort();
        of_payload.sort();
        assert_eq!(of_records, of_payload);
        assert_eq!(
            logged["movie"]["revisions"]["nodes"][0],
            json!({
                "source": "MANUAL", "updatedBy": "admin@example.com", "changes": [{ "path": "/awards/0/nominee_id" }]
            })
        );
        assert_eq!(
            logged["movie"]["provenance"][0],
            json!({ "source": "MANUAL", "updatedBy": "admin@example.com", "revision": 2 })
        );
        assert_can_be_rebuilt(&app).await;
    }

    async fn a_merge_or_split_does_what_its_dry_run_reported(app: TestApp) {
        let admin = three_movies(&app).await;
        let credit = person(&admin, "tmdb-person-1").await["filmography"]["nodes"][0]["id"].clone();
        let plan = |payload: &Value| {
            let documents = payload["documents"].as_array().unwrap().iter();
            documents
                .map(|of| (of["movieId"].clone(), of["category"].clone(), of["changes"].clone()))
                .collect::<Vec<_>>()
        };
        let before = dump_all(&app.database.url).await;
        let mut input =
            json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-2"], "dryRun": true });
        let planned = merge(&admin, input.clone()).await;
        let mut division = json!({ "id": "tmdb-person-1", "creditIds": [credit], "toId": "tmdb-person-2", "dryRun": true });
        let divided = split(&admin, division.clone()).await;
        assert_eq!((&planned["userErrors"], &divided["userErrors"]), (&json!([]), &json!([])));
        assert_eq!(
            (&divided["other"], &planned["documents"][0]["importId"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(dump_all(&app.database.url).await, before);
        division["dryRun"] = json!(false);
        let done = split(&admin, division).await;
        assert_eq!((plan(&done), plan(&done).len()), (plan(&divided), 1));
        input["dryRun"] = json!(false);
        let done = merge(&admin, input).await;
        // The merge now also rewrites the document that the split changed.
        assert_eq!((plan(&planned).len(), plan(&done).len()), (2, 3));
        assert_eq!(plan(&done)[..2], plan(&planned)[..]);
    }

    async fn a_file_with_a_merged_id_updates_the_remaining_person(app: TestApp) {
        let admin = three_movies(&app).await;
        let file = admin.export("three", "cast_crew").await;
        merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        let people = rows(&app.database.url, "entities").await.len();
        // Four variants: as exported, without metadata, without credit ids, and by name alone.
        let mut bare = file.clone();
        bare.as_object_mut().unwrap().remove("metadata");
        let mut by_key = bare.clone();
        for list in ["directors", "cast"] {
            for item in by_key["data"][list].as_array_mut().unwrap() {
                item.as_object_mut().unwrap().remove("credit_id");
            }
        }
        let mut by_name = by_key.clone();
        for item in by_name["data"]["directors"].as_array_mut().unwrap() {
            item.as_object_mut().unwrap().remove("id");
        }
        for (what, file) in
            [("file", &file), ("bare", &bare), ("by key", &by_key), ("by name", &by_name)]
        {
            for options in ["", "?mode=replace&base_revision=1", "?on_conflict=take_import"] {
                let reply = admin.import_with(file, options).await.json();
                assert_eq!(reply["status"], "unchanged", "{what} {options}: {reply}");
            }
        }
        // A file with one new value changes only that value.
        let mut enriched = file.clone();
        enriched["data"]["cast"][0]["character"] = json!("The Narrator");
        let reply = admin.import_with(&enriched, "").await.json();
        assert_eq!(reply["plan"]["changes"].as_array().unwrap().len(), 1, "{reply}");
        // On another movie, the old id and the old name also mean the same person.
        for director in [
            json!({ "id": "tmdb-person-2", "name": "Ada M. Quist" }),
            json!({ "name": "Ada M. Quist" }),
        ] {
            let reply =
                admin.import("one", "cast_crew", json!({ "directors": [director] })).await.json();
            assert!(
                ["published", "unchanged"].contains(&reply["status"].as_str().unwrap()),
                "{reply}"
            );
        }
        let export = admin.export("one", "cast_crew").await;
        assert!(
            texts(&export["data"]["directors"], "id").iter().all(|id| id == "tmdb-person-1"),
            "{export}"
        );
        assert_eq!(rows(&app.database.url, "entities").await.len(), people);
    }

    async fn an_open_draft_with_a_merged_id_publishes_to_the_remaining_person(app: TestApp) {
        let admin = three_movies(&app).await;
        let mut file = admin.export("three", "cast_crew").await;
        file["data"]["directors"][0]["job"] = json!("Director");
        file["data"]["directors"][0]["name"] = json!("Ada Mona Quist");
        admin.draft(&file).await;
        merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        // The draft keeps the old id, which resolves to the remaining person.
        let query = "{ movieExport(movieId: \"three\", category: CAST_CREW, stage: DRAFT) {
            data { ... on CastCrew { directors { personId person { id } } } } } }";
        let shown = answer(&admin, query).await["movieExport"]["data"]["directors"].clone();
        assert_eq!(
            shown,
            json!([{ "personId": "tmdb-person-2", "person": { "id": "tmdb-person-1" } }])
        );
        // A later contribution without credit ids is aligned with the stored item.
        let cast = json!({ "cast": [{ "name": "A. Quist", "id": "tmdb-person-1", "character": "Herself" }] });
        let payload = admin
            .import_document(&envelope("three", "cast_crew", cast), json!({ "target": "DRAFT" }))
            .await;
        assert_eq!(payload["plan"]["counts"]["added"], 0, "{payload}");
        let payload = admin
            .mutate("publishDraft", json!({ "movieId": "three", "category": "CAST_CREW" }))
            .await;
        assert_eq!(payload["status"], "PUBLISHED", "{payload}");
        let export = admin.export("three", "cast_crew").await;
        assert_eq!(export["data"]["directors"][0]["job"], "Director");
        assert_eq!(export["data"]["directors"][0]["name"], "Ada Mona Quist");
        assert!(!export.to_string().contains("tmdb-person-2"), "{export}");
        assert_eq!(export["data"]["cast"].as_array().unwrap().len(), 2);
        assert_eq!(person(&admin, "tmdb-person-2").await["id"], "tmdb-person-1");
    }

    async fn reverting_a_merged_document_restores_its_people(app: TestApp) {
        let admin = three_movies(&app).await;
        let before = (admin.export("three", "cast_crew").await, entity_rows(&app).await);
        let other = person(&admin, "tmdb-person-2").await;
        merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        revert(&admin, "three", "CAST_CREW", 1).await;
        assert_eq!(admin.export("three", "cast_crew").await["data"], before.0["data"]);
        assert_eq!(entity_rows(&app).await, before.1);
        // A person has what the documents name: the nomination stays with the other person.
        let back = person(&admin, "tmdb-person-2").await;
        assert_eq!(
            (&back["id"], &back["filmography"]),
            (&json!("tmdb-person-2"), &other["filmography"])
        );
        assert_eq!((&back["name"], &back["aliases"]), (&other["name"], &other["aliases"]));
        assert_eq!(back["nominations"]["nodes"], json!([]));
        assert_eq!(person(&admin, "tmdb-person-1").await["totals"]["nominations"], 2);
        assert_can_be_rebuilt(&app).await;
        revert(&admin, "three", "AWARDS", 1).await;
        assert_eq!(person(&admin, "tmdb-person-2").await, other);
        // The same merge in the opposite direction.
        let payload = merge_without_errors(&admin, "tmdb-person-2", &["tmdb-person-1"]).await;
        assert_eq!(payload["documents"].as_array().unwrap().len(), 3);
        assert_eq!(person(&admin, "tmdb-person-1").await["id"], "tmdb-person-2");
        assert_can_be_rebuilt(&app).await;
    }

    async fn chained_merges_can_be_reverted_step_by_step(app: TestApp) {
        let crew: Vec<Value> = ["A", "B", "C", "D"].iter()
            .map(|name| json!({ "id": format!("tmdb-person-{name}"), "name": format!("Person {name}"), "job": *name })).collect();
        app.seed(&[envelope("m", "cast_crew", json!({ "crew": crew }))]).await;
        let admin = app.admin();
        let before = (entity_rows(&app).await, admin.export("m", "cast_crew").await);
        merge_without_errors(&admin, "tmdb-person-B", &["tmdb-person-A"]).await;
        merge_without_errors(&admin, "tmdb-person-C", &["tmdb-person-B"]).await;
        // A name that came from a merged person belongs to that person.
        let payload = mutate(
            &admin,
            "updatePerson",
            "person { id }",
            json!({ "id": "tmdb-person-D", "addAliases": ["Person A"] }),
        )
        .await;
        assert_eq!(payload["userErrors"], json!([]));
        merge_without_errors(&admin, "tmdb-person-A", &["tmdb-person-D"]).await;
        for id in ["A", "B", "C", "D"] {
            let found = person(&admin, &format!("tmdb-person-{id}")).await;
            assert_eq!(
                (&found["id"], &found["aliases"]),
                (&json!("tmdb-person-C"), &json!(["Person A", "Person B", "Person D"]))
            );
            assert_eq!(found["totals"]["credits"], 4);
        }
        assert_eq!(made_entities(&app.database.url).await.len(), 1);
        // Revision 2 had A merged into B: A's name goes with B, and D keeps its alias.
        revert(&admin, "m", "CAST_CREW", 2).await;
        let b = person(&admin, "tmdb-person-A").await;
        assert_eq!(
            (&b["id"], &b["aliases"], credits(&b).len()),
            (&json!("tmdb-person-B"), &json!(["Person A"]), 2)
        );
        let c = person(&admin, "tmdb-person-C").await;
        assert_eq!((&c["aliases"], &c["externalIds"]), (&json!([]), &json!([{ "value": "C" }])));
        assert_eq!(person(&admin, "tmdb-person-D").await["aliases"], json!(["Person A"]));
        // Revision 1 had four people.
        revert(&admin, "m", "CAST_CREW", 1).await;
        mutate(
            &admin,
            "updatePerson",
            "person { id }",
            json!({ "id": "tmdb-person-D", "removeAliases": ["Person A"] }),
        )
        .await;
        assert_eq!(entity_rows(&app).await, before.0);
        assert_eq!(admin.export("m", "cast_crew").await["data"], before.1["data"]);
        // A person split off leaves the names that another merged person also has.
        mutate(
            &admin,
            "updatePerson",
            "person { id }",
            json!({ "id": "tmdb-person-B", "addAliases": ["Person A"] }),
        )
        .await;
        merge_without_errors(&admin, "tmdb-person-C", &["tmdb-person-A", "tmdb-person-B"]).await;
        split(&admin, json!({ "id": "tmdb-person-C", "movieIds": ["m"], "toId": "tmdb-person-A" }))
            .await;
        assert_eq!(
            person(&admin, "tmdb-person-C").await["aliases"],
            json!(["Person A", "Person B"])
        );
        assert_eq!(person(&admin, "tmdb-person-A").await["name"], "Person A");
        assert_can_be_rebuilt(&app).await;
    }

    async fn an_invalid_merge_or_split_changes_nothing(app: TestApp) {
        let admin = three_movies(&app).await;
        merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        let before = dump_all(&app.database.url).await;
        for (id, others, expected) in [
            ("nobody", vec!["tmdb-person-1"], vec![("/id", "NOT_FOUND")]),
            (
                "tmdb-person-1",
                vec!["tmdb-person-Bo", "nobody", "a\u{0}b"],
                vec![("/otherIds/1", "NOT_FOUND"), ("/otherIds/2", "NOT_FOUND")],
            ),
            ("tmdb-person-1", vec!["tmdb-person-1"], vec![("/otherIds/0", "INVALID")]),
            ("tmdb-person-1", vec!["tmdb-person-2"], vec![("/otherIds/0", "INVALID")]),
            (
                "tmdb-person-2",
                vec!["tmdb-person-Bo", "tmdb-person-1"],
                vec![("/otherIds/1", "INVALID")],
            ),
        ] {
            let payload = merge(&admin, json!({ "id": id, "otherIds": others })).await;
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(path, code)| (path.to_owned(), code.to_owned()))
                .collect();
            assert_eq!(pairs(&payload["userErrors"]), expected, "{payload}");
            assert_eq!(payload["documents"], json!([]));
        }
        for (input, expected) in [
            (json!({ "id": "nobody", "movieIds": ["one"] }), vec![("/id", "NOT_FOUND")]),
            (json!({ "id": "tmdb-person-1" }), vec![("/creditIds", "REQUIRED")]),
            (
                json!({ "id": "tmdb-person-1", "creditIds": ["x"], "nominationIds": ["y"], "movieIds": ["one", "z"] }),
                vec![
                    ("/creditIds/0", "NOT_FOUND"),
                    ("/nominationIds/0", "NOT_FOUND"),
                    ("/movieIds/1", "NOT_FOUND"),
                ],
            ),
            (
                json!({ "id": "tmdb-person-1", "movieIds": ["one"], "toId": "nobody" }),
                vec![("/toId", "NOT_FOUND")],
            ),
            (
                json!({ "id": "tmdb-person-1", "movieIds": ["one"], "toId": "tmdb-person-1" }),
                vec![("/toId", "INVALID")],
            ),
            (
                json!({ "id": "tmdb-person-1", "movieIds": ["one"], "toId": "tmdb-person-2", "name": "X" }),
                vec![("/name", "INVALID")],
            ),
            (
                json!({ "id": "tmdb-person-1", "movieIds": ["one"], "name": "" }),
                vec![("/name", "INVALID")],
            ),
        ] {
            let payload = split(&admin, input).await;
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(path, code)| (path.to_owned(), code.to_owned()))
                .collect();
            assert_eq!(pairs(&payload["userErrors"]), expected, "{payload}");
        }
        assert_eq!(dump_all(&app.database.url).await, before);
    }

    async fn a_locked_credit_blocks_a_merge_unless_overridden(app: TestApp) {
        let admin = three_movies(&app).await;
        let item =
            admin.export("three", "cast_crew").await["data"]["directors"][0]["credit_id"].clone();
        let lock = "mutation($items: [ID!]) { lockFields(input: {movieId: \"three\", category: CAST_CREW, items: $items}) { userErrors { path } } }";
        admin.graphql(lock, json!({ "items": [item] })).await;
        let before = dump_all(&app.database.url).await;
        // The merge of an agent is not an import: it does not skip the locked credit.
        for client in
            [admin.clone(), app.agent(Role::Admin, reelport::document::Source::LlmGenerated)]
        {
            for dry_run in [true, false] {
                let payload = merge(&client, json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-2"], "dryRun": dry_run })).await;
                assert_eq!(
                    pairs(&payload["userErrors"]),
                    [("/directors/0".to_owned(), "LOCKED".to_owned())],
                    "{payload}"
                );
                assert!(
                    payload["userErrors"][0]["message"]
                        .as_str()
                        .unwrap()
                        .starts_with("cast_crew of three: "),
                    "{payload}"
                );
                assert_eq!(payload["documents"].as_array().unwrap().len(), 2);
                let payload = split(
                    &client,
                    json!({ "id": "tmdb-person-2", "movieIds": ["three"], "dryRun": dry_run }),
                )
                .await;
                assert_eq!(codes(&payload), ["LOCKED"], "{payload}");
            }
        }
        assert_eq!(dump_all(&app.database.url).await, before);
        let payload = merge(
            &admin,
            json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-2"], "overrideLocks": true }),
        )
        .await;
        assert_eq!(
            (&payload["userErrors"], &payload["documents"][0]["warnings"]),
            (&json!([]), &json!([{ "code": "LOCKED" }])),
            "{payload}"
        );
        assert_eq!(payload["documents"][1]["warnings"], json!([]));
        let payload = split(&admin, json!({ "id": "tmdb-person-1", "movieIds": ["three"], "toId": "tmdb-person-2", "overrideLocks": true })).await;
        assert_eq!(payload["userErrors"], json!([]));
    }

    async fn merging_people_keeps_all_their_credits_on_one_movie(app: TestApp) {
        let part = |id: &str| json!({ "id": id, "name": "Ada Quist", "character": "Captain" });
        app.seed(&[envelope("m", "cast_crew", json!({ "cast": [part("tmdb-person-1"), part("tmdb-person-2"), part("tmdb-person-1")] }))]).await;
        let admin = app.admin();
        let before = admin.export("m", "cast_crew").await;
        merge_without_errors(&admin, "tmdb-person-2", &["tmdb-person-1"]).await;
        let after = admin.export("m", "cast_crew").await;
        assert_eq!(
            texts(&after["data"]["cast"], "credit_id"),
            texts(&before["data"]["cast"], "credit_id")
        );
        assert_eq!(
            person(&admin, "tmdb-person-1").await["totals"],
            json!({ "movies": 1, "credits": 3, "nominations": 0, "wins": 0 })
        );
        // The files exported before and after the merge both change nothing.
        for file in [&before, &after] {
            assert_eq!(admin.import_with(file, "").await.json()["status"], "unchanged");
        }
        assert_can_be_rebuilt(&app).await;
    }

    async fn a_split_moves_credits_and_nominations_to_a_new_person(app: TestApp) {
        let admin = three_movies(&app).await;
        let ada = person(&admin, "tmdb-person-1").await;
        let (credit, nomination) =
            (&ada["filmography"]["nodes"][0]["id"], &ada["nominations"]["nodes"][0]["id"]);
        let payload = split(&admin, json!({ "id": "tmdb-person-1", "creditIds": [credit], "nominationIds": [nomination], "name": "Ada Quist II" })).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let new = payload["other"]["id"].as_str().unwrap();
        assert_eq!(payload["other"]["name"], "Ada Quist II");
        assert_eq!(texts(&payload["documents"], "category"), ["CAST_CREW", "AWARDS"]);
        let theirs = person(&admin, new).await;
        assert_eq!(
            (
                texts(&theirs["filmography"]["nodes"], "id"),
                texts(&theirs["nominations"]["nodes"], "id")
            ),
            (
                vec![credit.as_str().unwrap().to_owned()],
                vec![nomination.as_str().unwrap().to_owned()]
            )
        );
        assert_eq!(
            person(&admin, "tmdb-person-1").await["totals"],
            json!({ "movies": 2, "credits": 2, "nominations": 0, "wins": 0 })
        );
        // Names stay as credited, and the import log lists the split.
        assert_eq!(
            admin.export("two", "awards").await["data"]["awards"][0]["nominee"],
            "Ada Quist"
        );
        let records = answer(
            &admin,
            "{ imports(filter: {operation: SPLIT_PERSON}) { nodes { status document } } }",
        )
        .await;
        assert_eq!(texts(&records["imports"]["nodes"], "status"), ["PUBLISHED", "PUBLISHED"]);
        assert_can_be_rebuilt(&app).await;
        // Without a given name, the new person has the same name.
        let payload = split(&admin, json!({ "id": "tmdb-person-1", "movieIds": ["one"] })).await;
        assert_eq!(payload["other"]["name"], "Ada Quist");
        let made = payload["other"]["id"].as_str().unwrap().to_owned();
        // A merge undoes the split, and a second split restores the merged person.
        merge_without_errors(&admin, "tmdb-person-1", &[&made]).await;
        let payload =
            split(&admin, json!({ "id": "tmdb-person-1", "movieIds": ["one"], "toId": made }))
                .await;
        assert_eq!((&payload["other"]["id"], &payload["userErrors"]), (&json!(made), &json!([])));
        assert_eq!(credits(&person(&admin, &made).await), ["one DIRECTORS"]);
        assert_can_be_rebuilt(&app).await;
    }

    async fn entity_operations_require_their_role(app: TestApp) {
        three_movies(&app).await;
        let before = dump_all(&app.database.url).await;
        let reads = [
            "{ person(id: \"tmdb-person-1\") { id } }",
            "{ people(search: \"ada\") { nodes { id } } }",
            "{ ceremonies { nodes { id } } }",
            "{ platforms { nodes { id } } }",
            "{ genres { nodes { id movies { nodes { id } } } } }",
            "{ genre(id: \"x\") { id } }",
        ];
        let contributes = ["{ duplicatePeople { nodes { score } } }"];
        let changes = [
            "mutation { mergePeople(input: {id: \"tmdb-person-1\", otherIds: [\"tmdb-person-2\"]}) { userErrors { code } } }",
            "mutation { mergePeople(input: {id: \"tmdb-person-1\", otherIds: [\"nobody\"], dryRun: true}) { userErrors { code } } }",
            "mutation { splitPerson(input: {id: \"tmdb-person-1\", movieIds: [\"one\"]}) { userErrors { code } } }",
            "mutation { updatePerson(input: {id: \"tmdb-person-1\", name: \"X\"}) { userErrors { code } } }",
            "mutation { updateGenre(input: {id: \"nothing\", name: \"X\"}) { userErrors { code } } }",
        ];
        for (client, allowed, expected) in [
            (app.anonymous(), 0, "UNAUTHENTICATED"),
            (app.with_role(Role::User), 0, "FORBIDDEN"),
            (app.viewer(), 1, "FORBIDDEN"),
            (app.with_role(Role::Contributor), 2, "FORBIDDEN"),
        ] {
            for (index, queries) in [&reads[..], &contributes, &changes].into_iter().enumerate() {
                for query in queries {
                    let reply = client.graphql(query, json!({})).await;
                    let code = reply["errors"][0]["extensions"]["code"].as_str();
                    assert_eq!(code, (index >= allowed).then_some(expected), "{query}: {reply}");
                }
            }
        }
        assert_eq!(dump_all(&app.database.url).await, before);
    }

    async fn people_with_near_names_are_listed_as_duplicates(app: TestApp) {
        let movie = |movie: &str, credit: Value| {
            [
                envelope(movie, "basic_info", json!({ "title": movie, "year": "1999" })),
                envelope(movie, "cast_crew", json!({ "cast": [credit] })),
            ]
        };
        app.seed(&[
            movie("a", json!({ "id": "tmdb-person-1", "name": "Aldous Harrington", "character": "Cook" })),
            movie("b", json!({ "id": "tmdb-person-2", "name": "Bea Tomlinson", "character": "Boy" })),
        ].concat()).await;
        // The resolutions created new people; the third name belongs to no other person.
        for (name, id) in
            [("Harrington, Aldous", "c"), ("Aldous Harington", "d"), ("Zed Quux", "e")]
        {
            app.movie(id).await;
            let file = envelope(id, "cast_crew", json!({ "cast": [{ "name": name }] }));
            let options = json!({ "resolutions": [{ "path": "/cast/0", "createNew": true }] });
            assert_eq!(app.admin().import_document(&file, options).await["status"], "PUBLISHED");
        }
        let found = answer(
            &app.with_role(Role::Contributor),
            "{ duplicatePeople { nodes { first { name } second { name } reasons } } }",
        )
        .await;
        let nodes = found["duplicatePeople"]["nodes"].as_array().unwrap();
        let pairs: Vec<_> = nodes
            .iter()
            .map(|node| {
                assert_eq!(node["reasons"][0], "NEAR_NAME", "{node}");
                let mut pair = [
                    node["first"]["name"].as_str().unwrap(),
                    node["second"]["name"].as_str().unwrap(),
                ];
                pair.sort_unstable();
                pair
            })
            .collect();
        assert_eq!(pairs[0], ["Aldous Harrington", "Harrington, Aldous"], "the likeliest first");
        let others: BTreeSet<_> = pairs[1..].iter().copied().collect();
        assert_eq!(
            others,
            BTreeSet::from([
                ["Aldous Harington", "Aldous Harrington"],
                ["Aldous Harington", "Harrington, Aldous"]
            ])
        );
    }

    async fn duplicate_people_are_listed_by_score(app: TestApp) {
        let of =
            |id: &str, name: &str, part: &str| json!({ "id": id, "name": name, "character": part });
        let movie = |movie: &str, year: &str, data: Value| {
            [
                envelope(movie, "basic_info", json!({ "title": movie, "year": year })),
                envelope(movie, "cast_crew", data),
            ]
        };
        app.seed(&[
            movie("a", "1999", json!({ "cast": [of("tmdb-person-1", "Ada Quist", "Captain"), of("tmdb-person-3", "Bo Li", "Cook")] })),
            movie("b", "2001", json!({ "cast": [of("ada", "Ada  QUIST", "Cook"), of("tmdb-person-4", "Bo Li", "Boy")] })),
            // Two parts in one list: different people.
            movie("c", "2001", json!({ "cast": [of("cy-1", "Cy Oh", "Cook"), of("cy-2", "Cy Oh", "Boy")] })),
            movie("d", "2001", json!({ "cast": [of("tmdb-person-5", "J.J. Dee", "Cook")], "directors": [{ "id": "jj", "name": "JJ Dee" }] })),
        ].concat()).await;
        let contributor = app.with_role(Role::Contributor);
        let found = answer(&contributor, "{ duplicatePeople { nodes { first { id } second { id } score reasons } pageInfo { hasNextPage } } }").await;
        assert_eq!(
            found["duplicatePeople"],
            json!({ "pageInfo": { "hasNextPage": false }, "nodes": [
            { "first": { "id": "entity:person:ada" }, "second": { "id": "tmdb-person-1" }, "score": 0.8,
              "reasons": ["SAME_NAME", "SAME_WORK", "SAME_TIME", "WITHOUT_ID"] },
            { "first": { "id": "entity:person:jj" }, "second": { "id": "tmdb-person-5" }, "score": 0.8,
              "reasons": ["NEAR_NAME", "SAME_MOVIE", "SAME_TIME", "WITHOUT_ID"] },
            { "first": { "id": "tmdb-person-3" }, "second": { "id": "tmdb-person-4" }, "score": 0.45,
              "reasons": ["SAME_NAME", "SAME_WORK", "SAME_TIME", "DIFFERENT_IDS"] },
        ] })
        );
        let (mut paged, mut after) = (Vec::new(), Value::Null);
        for _ in 0..3 {
            let query = "query($after: String) { duplicatePeople(first: 1, after: $after) { edges { cursor node { first { id } } } } }";
            let reply = contributor.graphql(query, json!({ "after": after })).await;
            let edge = &reply["data"]["duplicatePeople"]["edges"][0];
            paged.push(edge["node"]["first"]["id"].as_str().unwrap().to_owned());
            after = edge["cursor"].clone();
        }
        assert_eq!(paged, ["entity:person:ada", "entity:person:jj", "tmdb-person-3"]);
        merge_without_errors(&app.admin(), "tmdb-person-1", &["entity:person:ada"]).await;
        let left = answer(&contributor, "{ duplicatePeople { nodes { first { id } } } }").await;
        assert_eq!(left["duplicatePeople"]["nodes"].as_array().unwrap().len(), 2);
    }

    async fn a_merge_rewrites_many_documents(app: TestApp) {
        let movies = 0..130;
        let file = |movie: usize| {
            envelope(
                &format!("m{movie:03}"),
                "cast_crew",
                json!({
                    "crew": [{ "id": "tmdb-person-2", "name": "Ada Quist", "job": "Editor" }, { "id": "tmdb-person-1", "name": "A. Quist", "job": "Grip" }]
                }),
            )
        };
        app.seed(&movies.clone().map(file).collect::<Vec<_>>()).await;
        let admin = app.admin();
        let payload = merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        let expected: Vec<String> = movies.map(|movie| format!("m{movie:03}")).collect();
        assert_eq!(texts(&payload["documents"], "movieId"), expected);
        assert_eq!(person(&admin, "tmdb-person-2").await["totals"]["credits"], 260);
        assert_can_be_rebuilt(&app).await;
    }

    async fn a_merge_and_concurrent_imports_lose_nothing(app: TestApp) {
        const NEW: usize = 36;
        let admin = three_movies(&app).await;
        let other = if app.database.url.starts_with("postgres") {
            app.replica().await
        } else {
            app.admin()
        };
        for number in 0..NEW {
            app.movie(&format!("new-{number}")).await;
        }
        let import = |number: usize| {
            let client = if number.is_multiple_of(2) { admin.clone() } else { other.clone() };
            tokio::spawn(async move {
                let editor =
                    json!({ "id": "tmdb-person-2", "name": "Ada M. Quist", "job": "Editor" });
                // Into new movies, and into those that already credit the person.
                let (movie, crew) = match number.checked_sub(NEW) {
                    None => (format!("new-{number}"), json!([editor])),
                    Some(extra) => (
                        ["one", "two", "three"][extra % 3].to_owned(),
                        json!([editor, { "name": format!("Extra {extra}"), "job": "Grip" }]),
                    ),
                };
                client.import(&movie, "cast_crew", json!({ "crew": crew })).await
            })
        };
        let mut imports: Vec<_> = (0..NEW / 2).map(import).collect();
        let merging = {
            let admin = admin.clone();
            tokio::spawn(async move {
                merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await
            })
        };
        imports.extend((NEW / 2..NEW + 12).map(import));
        for import in imports {
            let reply = import.await.unwrap();
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("published")),
                "{}",
                reply.text
            );
        }
        merging.await.unwrap();
        let ada = person(&admin, "tmdb-person-2").await;
        assert_eq!(
            (&ada["id"], &ada["totals"]["credits"]),
            (&json!("tmdb-person-1"), &json!(8 + NEW))
        );
        for movie in ["one", "two", "three"] {
            let export = admin.export(movie, "cast_crew").await;
            assert_eq!(export["data"]["crew"].as_array().unwrap().len(), 5, "{export}");
        }
        for row in rows(&app.database.url, "documents").await {
            assert!(!row["body"].as_str().unwrap().contains("tmdb-person-2"), "{row}");
        }
        assert_can_be_rebuilt(&app).await;
    }

    async fn a_merge_waits_for_a_running_import(app: TestApp) {
        let admin = three_movies(&app).await;
        app.movie("slow").await;
        if app.database.url.starts_with("postgres") {
            // An import that has resolved its names and then takes a second to write.
            let slow = "CREATE FUNCTION slow() RETURNS trigger AS
                    'BEGIN IF NEW.movie_id = ''slow'' THEN PERFORM pg_sleep(1); END IF; RETURN NEW; END' LANGUAGE plpgsql;
                CREATE TRIGGER slow BEFORE INSERT ON credits FOR EACH ROW EXECUTE FUNCTION slow()";
            execute(&app.database.url, slow).await;
        }
        let importing = {
            let admin = admin.clone();
            let crew = json!({ "crew": [{ "id": "tmdb-person-2", "name": "Ada M. Quist", "job": "Editor" }] });
            tokio::spawn(async move { admin.import("slow", "cast_crew", crew).await })
        };
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let payload = merge_without_errors(&admin, "tmdb-person-1", &["tmdb-person-2"]).await;
        assert_eq!(importing.await.unwrap().status, 200);
        assert_eq!(texts(&payload["documents"], "movieId"), ["slow", "three", "three"]);
        assert_eq!(
            admin.export("slow", "cast_crew").await["data"]["crew"][0]["id"],
            "tmdb-person-1"
        );
    }
}
