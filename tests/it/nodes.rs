//! Objects by their ids: each id names one object in the whole schema, and `node` finds it, if the
//! role allows reading it.

use std::collections::HashMap;

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::operations::codes;
use crate::support::{Client, TestApp, envelope};

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

async fn answer(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"].clone()
}

/// A movie with all kinds of objects: documents, drafts, a history, locks and entities.
async fn catalogue(app: &TestApp) -> Client {
    let admin = app.full_movie("m").await;
    let file = envelope("m", "trivia", json!({ "items": [{ "text": "New." }] }));
    assert_eq!(admin.import_envelope("m", "trivia", "?target=draft", &file).await.status, 200);
    let lock =
        "mutation { lockFields(input: {movieId: \"m\", category: MEDIA, fields: [\"posterUrl\"]}) {
        userErrors { message } } }";
    answer(&admin, lock).await;
    admin
}

/// Each kind of object with its id, as the queries that list them answer it.
async fn listed(admin: &Client) -> HashMap<String, String> {
    let query = "{ viewer { n: __typename id }
        movie(id: \"m\") { n: __typename id
            exports { n: __typename id }
            drafts { n: __typename id export { n: __typename id } }
            revisions(category: TRIVIA) { nodes { n: __typename id export { n: __typename id } } }
            locks { n: __typename id }
            castCrew { cast { person { n: __typename id } } } }
        ceremonies { nodes { n: __typename id } } platforms { nodes { n: __typename id } }
        genres { nodes { n: __typename id } } imports { nodes { n: __typename id } } }";
    let mut found = HashMap::new();
    collect(&answer(admin, query).await, &mut found);
    found
}

fn collect(value: &Value, found: &mut HashMap<String, String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Value::Object(object) => {
            if let (Some(of), Some(id)) = (object.get("n"), object.get("id")) {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let before = found.insert(text(id), text(of));
                assert!(before.is_none_or(|before| before == text(of)), "{id} is used twice");
            }
            object.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

/// `nodes` of these ids, and the errors as `index code`.
async fn nodes(client: &Client, ids: &[&str]) -> (Vec<Value>, Vec<String>) {
    let reply = client.graphql(NODES, json!({ "ids": ids })).await;
    let errors = reply["errors"].as_array().into_iter().flatten().map(|error| {
        assert_eq!(error["path"][0], "nodes", "{reply}");
        format!("{} {}", error["path"][1], error["extensions"]["code"].as_str().unwrap())
    });
    let errors = errors.collect();
    (reply["data"]["nodes"].as_array().unwrap_or_else(|| panic!("{reply}")).clone(), errors)
}

on_both_databases! {
    async fn every_id_that_is_listed_leads_to_its_object(app: TestApp) {
        let admin = catalogue(&app).await;
        let listed = listed(&admin).await;
        let mut kinds: Vec<&str> = listed.values().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let all = [
            "Ceremony", "Draft", "Genre", "ImportRecord", "Lock", "Movie", "MovieExport", "Person",
            "Platform", "Revision", "User",
        ];
        assert_eq!(kinds, all);
        for form in [
            "m",
            "export:m:basic-info",
            "export:m:trivia",
            "export:m:trivia:draft",
            "export:m:trivia:1",
            "draft:m:trivia",
            "revision:m:trivia:1",
            "lock:m:media:/poster_url",
            "tmdb-person-3",
            "user:user-admin@example.com",
        ] {
            assert!(listed.contains_key(form), "{form}: {listed:?}");
        }
        for (id, of) in &listed {
            let query = "query($id: ID!) { node(id: $id) { __typename id } }";
            let reply = admin.graphql(query, json!({ "id": id })).await;
            assert_eq!(reply, json!({ "data": { "node": { "__typename": of, "id": id } } }));
        }
        let ids: Vec<&str> = listed.keys().map(String::as_str).take(100).collect();
        let (found, errors) = nodes(&admin, &ids).await;
        assert_eq!((found.len(), errors), (ids.len(), Vec::new()));
        for (id, node) in ids.iter().zip(found) {
            assert_eq!((&node["id"], &node["__typename"]), (&json!(id), &json!(listed[*id])));
        }
    }

    async fn an_id_of_no_object_is_null(app: TestApp) {
        let admin = catalogue(&app).await;
        let unknown = [
            "", "no-such", "../m", "a\u{0}b", "m:trivia", "person-0", "tmdb-person-99",
            "export:no-such:trivia", "export:m:no-such", "export:m:media:draft",
            "export:m:trivia:2", "export:m:trivia:0", "export:m:basic_info", "draft:m:media",
            "draft:no-such:media", "revision:m:trivia:2", "revision:no-such:trivia:1", "import:",
            "import:x", "import:a\u{0}b", "lock:m:media:/gallery", "lock:m:media:",
            "lock:m:media:a\u{0}b", "user:", "user:someone-else", "entity:person:no-such",
            "entity:person:tmdb-person-3",
        ];
        let (found, errors) = nodes(&admin, &unknown).await;
        assert_eq!((found, errors), (vec![json!(null); unknown.len()], Vec::new()));
        let ids = vec!["m"; 101];
        let reply = admin.graphql(NODES, json!({ "ids": ids })).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
        assert_eq!(reply["errors"][0]["message"], "found 101 ids; at most 100 are allowed");
    }

    async fn an_object_is_shown_to_the_roles_that_may_read_it_only(app: TestApp) {
        let admin = catalogue(&app).await;
        let record = answer(&admin, "{ imports(first: 1) { nodes { id } } }").await;
        let record = record["imports"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let viewer = "user:user-viewer@example.com";
        let ids = [
            "m", "draft:m:trivia", "export:m:trivia", "export:m:trivia:draft", "revision:m:trivia:1",
            "export:m:trivia:1", &record, "lock:m:media:/poster_url", "tmdb-person-3", viewer,
            "user:user-admin@example.com", "draft:no-such:trivia", "import:no-such",
        ];
        let (found, errors) = nodes(&app.viewer(), &ids).await;
        let shown: Vec<_> = found.iter().filter_map(|node| node["id"].as_str()).collect();
        assert_eq!(shown, ["m", "export:m:trivia", "tmdb-person-3", viewer]);
        // The same answer whether the object exists or not.
        let forbidden = [1, 3, 4, 5, 6, 7, 11, 12].map(|index| format!("{index} FORBIDDEN"));
        assert_eq!(errors, forbidden);
        let contributor = app.with_role(Role::Contributor);
        let (found, errors) = nodes(&contributor, &ids).await;
        assert_eq!((found.iter().filter(|node| !node.is_null()).count(), errors.len()), (9, 0));

        let user = app.with_role(Role::User);
        let (found, errors) = nodes(&user, &["m", "user:user-user@example.com", "x"]).await;
        assert_eq!(found[1]["__typename"], "User");
        assert_eq!(errors, ["0 FORBIDDEN", "2 FORBIDDEN"]);
        for (query, data) in [
            ("{ node(id: \"m\") { id } viewer { id } }", json!({ "node": null, "viewer": null })),
            ("{ nodes(ids: [\"m\", \"x\"]) { id } }", json!(null)),
        ] {
            let reply = app.anonymous().graphql(query, json!({})).await;
            assert_eq!(reply["data"], data, "{reply}");
            assert_eq!(reply["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{reply}");
        }
    }

    async fn no_two_kinds_share_an_id(app: TestApp) {
        let admin = app.movie("tmdb-550").await;
        // A person, a platform and a movie with one id in files.
        let file = envelope("tmdb-550", "cast_crew", json!({ "directors": [
            { "id": "tmdb-550", "name": "Ada Quist" }, { "id": "tmdb-person-2", "name": "Bo Renn" }
        ] }));
        assert_eq!(admin.import_envelope("tmdb-550", "cast-crew", "", &file).await.status, 200);
        let offers = json!({ "streaming_options": [
            { "platform": "Dock Plus", "platform_id": "tmdb-550", "type": "free" }
        ] });
        let file = envelope("tmdb-550", "streaming", offers);
        assert_eq!(admin.import_envelope("tmdb-550", "streaming", "", &file).await.status, 200);
        let query = "{ movie(id: \"tmdb-550\") { id castCrew { directors { personId person { id } } }
            streaming { streamingOptions { platformId } } }
            person(id: \"tmdb-550\") { id } platform(id: \"tmdb-550\") { id }
            same: person(id: \"entity:person:tmdb-550\") { id } }";
        let data = answer(&admin, query).await;
        assert_eq!(data["movie"]["id"], "tmdb-550");
        assert_eq!(data["person"]["id"], "entity:person:tmdb-550");
        assert_eq!(data["same"], data["person"]);
        assert_eq!(data["platform"]["id"], "entity:platform:tmdb-550");
        // Documents have the ids of files.
        assert_eq!(
            data["movie"]["castCrew"]["directors"],
            json!([
                { "personId": "tmdb-550", "person": { "id": "entity:person:tmdb-550" } },
                { "personId": "tmdb-person-2", "person": { "id": "tmdb-person-2" } },
            ])
        );
        let ids = ["tmdb-550", "entity:person:tmdb-550", "entity:platform:tmdb-550"];
        let (found, errors) = nodes(&admin, &ids).await;
        let kinds: Vec<_> = found.iter().map(|node| node["__typename"].as_str().unwrap()).collect();
        assert_eq!((kinds, errors.len()), (vec!["Movie", "Person", "Platform"], 0));
    }

    async fn the_id_of_an_entity_is_accepted_wherever_one_is_sent(app: TestApp) {
        let admin = app.movie("m").await;
        let given = "entity:person:p-1";
        let data = json!({ "directors": [{ "personId": given, "name": "Ada Quist" }] });
        let import = |data: &Value| {
            json!({ "movieId": "m", "data": { "castCrew": data }, "options": { "source": "TMDB" } })
        };
        let payload = admin.mutate("importCategory", import(&data)).await;
        assert_eq!((&payload["status"], codes(&payload)), (&json!("PUBLISHED"), Vec::new()));
        let file = admin.export("m", "cast-crew").await;
        assert_eq!(file["data"]["directors"][0]["id"], "p-1");
        // Also in a file, and with a resolution.
        let file = envelope("m", "cast_crew", json!({ "directors": [{ "id": given, "name": "Ada Quist" }] }));
        let reply = admin.import_envelope("m", "cast-crew", "", &file).await.json();
        assert_eq!((&reply["status"], &reply["plan"]["warnings"]), (&json!("unchanged"), &json!([])));
        let input = json!({ "movieId": "m",
            "data": { "castCrew": { "crew": [{ "name": "A. Quist", "job": "Grip" }] } },
            "options": { "resolutions": [{ "path": "/crew/0/name", "entityId": given }] } });
        let payload = admin.mutate("importCategory", input).await;
        assert_eq!((&payload["status"], codes(&payload)), (&json!("PUBLISHED"), Vec::new()));
        assert_eq!(admin.export("m", "cast-crew").await["data"]["crew"][0]["id"], "p-1");
        let update = format!("mutation {{ updatePerson(input: {{id: \"{given}\", addAliases: [\"Ada Q.\"]}}) {{
            person {{ id aliases }} userErrors {{ code }} }} }}");
        let data = answer(&admin, &update).await;
        assert_eq!(
            data["updatePerson"],
            json!({ "person": { "id": given, "aliases": ["Ada Q."] }, "userErrors": [] })
        );
        let other = json!({ "producers": [{ "personId": "tmdb-person-8", "name": "Ada Quist" }] });
        assert_eq!(admin.mutate("importCategory", import(&other)).await["status"], "PUBLISHED");
        let merge = format!("mutation {{ mergePeople(input: {{id: \"tmdb-person-8\", otherIds: [\"{given}\"]}}) {{
            person {{ id }} userErrors {{ code }} }} }}");
        let data = answer(&admin, &merge).await;
        assert_eq!(data["mergePeople"]["userErrors"], json!([]));
        // The id of a merged person leads to the person who was kept.
        let (found, _) = nodes(&admin, &[given]).await;
        assert_eq!(found, [json!({ "__typename": "Person", "id": "tmdb-person-8" })]);
    }

    async fn a_movie_cannot_be_created_with_an_id_in_the_form_of_an_entity(app: TestApp) {
        let admin = app.admin();
        for id in ["tmdb-person-287", "person-x", "imdb-genre-1", "ceremony-academy-awards"] {
            let create = "mutation($id: ID!) { createMovie(input: {id: $id, title: \"A\"}) {
                movie { id } userErrors { path code message } } }";
            let reply = admin.graphql(create, json!({ "id": id })).await;
            let payload = &reply["data"]["createMovie"];
            assert_eq!(payload["userErrors"][0]["path"], "/id", "{reply}");
            assert_eq!(payload["userErrors"][0]["code"], "INVALID", "{reply}");
            let file = envelope(id, "basic_info", json!({ "title": "A" }));
            for options in ["?create_movie=true", "?create_movie=true&target=draft", "?create_movie=true&dry_run=true"] {
                let reply = admin.import_envelope(id, "basic-info", options, &file).await;
                assert_eq!(reply.errors(), [(String::new(), "INVALID".to_owned())], "{}", reply.text);
                assert_eq!(reply.status, 422, "{}", reply.text);
            }
            let reply = admin.get(&format!("/api/v1/admin/movies/{id}/export/basic-info")).await;
            assert_eq!(reply.status, 404);
            // Without the option, the movie is only missing.
            let reply = admin.import_envelope(id, "basic-info", "", &file).await;
            assert_eq!(reply.status, 404, "{}", reply.text);
        }
        for id in ["the-platform-2019", "persona", "genre", "x-person-1"] {
            app.movie(id).await;
            let (found, _) = nodes(&admin, &[id]).await;
            assert_eq!(found[0]["__typename"], "Movie", "{id}");
        }
    }

    async fn an_item_has_an_id_of_its_own_in_each_state_of_its_document(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "One." }] }));
        assert_eq!(admin.import_envelope("m", "trivia", "", &file).await.status, 200);
        let mut file = admin.export("m", "trivia").await;
        let id = file["data"]["items"][0]["id"].as_str().unwrap().to_owned();
        file["data"]["items"][0]["text"] = json!("Two.");
        assert_eq!(admin.import_envelope("m", "trivia", "?target=draft", &file).await.status, 200);
        let data = "data { ... on Trivia { items { id text } } }";
        let query = format!("{{ movie(id: \"m\") {{ trivia {{ items {{ id text }} }}
            drafts {{ export {{ {data} document }} }}
            revisions(category: TRIVIA) {{ nodes {{ export {{ {data} }} }} }} }}
            movieExport(movieId: \"m\", category: TRIVIA) {{ {data} }} }}");
        let found = answer(&admin, &query).await;
        let item = |suffix: &str, text: &str| {
            json!({ "items": [{ "id": format!("{id}{suffix}"), "text": text }] })
        };
        assert_eq!(found["movie"]["trivia"], item("", "One."));
        assert_eq!(found["movieExport"]["data"], item("", "One."));
        let draft = &found["movie"]["drafts"][0]["export"];
        assert_eq!(draft["data"], item(":draft", "Two."));
        assert_eq!(draft["document"]["data"]["items"][0]["id"], json!(id));
        let of_revision = &found["movie"]["revisions"]["nodes"][0]["export"]["data"];
        assert_eq!(*of_revision, item(":1", "One."));

        // Each of these ids is accepted in an import.
        for suffix in [":draft", ":1", ""] {
            let data = json!({ "trivia": { "items": [{ "id": format!("{id}{suffix}"), "text": "Two." }] } });
            let input = json!({ "movieId": "m", "data": data });
            let payload = admin.mutate("updateDraft", input).await;
            assert_eq!(payload["status"], "UNCHANGED", "{payload}");
            assert_eq!(payload["plan"]["warnings"], json!([]));
        }
        let lock = format!("mutation {{ lockFields(input: {{movieId: \"m\", category: TRIVIA, items: [\"{id}:draft\"]}}) {{
            locks {{ id itemId }} userErrors {{ code }} }} }}");
        assert_eq!(
            answer(&admin, &lock).await["lockFields"],
            json!({ "locks": [{ "id": format!("lock:m:trivia:{id}"), "itemId": id }], "userErrors": [] })
        );
        let options = json!({ "removeItems": [format!("{id}:1")], "overrideLocks": true });
        let input = json!({ "movieId": "m", "data": { "trivia": {} }, "options": options });
        let payload = admin.mutate("importCategory", input).await;
        assert_eq!((&payload["status"], codes(&payload)), (&json!("PUBLISHED"), Vec::new()));
        assert_eq!(admin.export("m", "trivia").await["data"]["items"], json!([]));
    }
}
