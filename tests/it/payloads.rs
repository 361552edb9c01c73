//! Payloads of mutations: each has the objects that it changed, with their ids, so that a client
//! that keeps objects by their ids needs no other query; and the place of each error in the input.

use reelport::storage::Backend;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::operations::typed;
use crate::support::{Client, TestApp, envelope, fixtures};

/// Runs a mutation with one input and returns its payload.
async fn mutate(client: &Client, mutation: &str, input: Value, fields: &str) -> Value {
    let (first, rest) = mutation.split_at(1);
    let kind = format!("{}{rest}Input", first.to_uppercase());
    let query =
        format!("mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ {fields} }} }}");
    let reply = client.graphql(&query, json!({ "input": input })).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"]["done"].clone()
}

/// The `field` and code of each user error.
async fn fields(client: &Client, mutation: &str, input: Value) -> Vec<(String, String)> {
    let payload = mutate(client, mutation, input, "userErrors { field code path }").await;
    let errors = payload["userErrors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            let path = error["field"].as_array().map(|field| {
                field.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(".")
            });
            (path.unwrap_or_default(), error["code"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

const MOVIE: &str = "movie { id updatedAt trivia { items { id text } } drafts { id draftRevision }
    completeness { present } locks { id } } movieExport { id metadata { revision draftRevision } }";

on_both_databases! {
    async fn an_import_returns_what_it_changed(app: TestApp) {
        let admin = app.movie("m").await;
        let more = "draft { id } draftEdge { cursor node { id } } revisionEdge { cursor node { id number } }
            query { movie(id: \"m\") { trivia { items { text } } } imports(first: 1) { nodes { id } } } importId";
        let import = |text: &str, target: &str| {
            json!({ "movieId": "m", "data": typed("trivia", &json!({ "items": [{ "text": text }] })),
                "options": { "target": target } })
        };
        let published = mutate(&admin, "importCategory", import("One.", "PUBLISHED"), &format!("{MOVIE} {more}")).await;
        assert_eq!(published["movie"]["id"], "m");
        assert_eq!(published["movie"]["trivia"]["items"][0]["text"], "One.");
        assert_eq!(published["movie"]["completeness"]["present"], json!(["BASIC_INFO", "TRIVIA"]));
        assert_eq!(published["movieExport"]["id"], "export:m:trivia");
        assert_eq!(published["revisionEdge"]["node"], json!({ "id": "revision:m:trivia:1", "number": 1 }));
        assert_eq!((&published["draft"], &published["draftEdge"]), (&json!(null), &json!(null)));
        let query = &published["query"];
        assert_eq!(query["movie"]["trivia"]["items"][0]["text"], "One.");
        assert_eq!(query["imports"]["nodes"][0]["id"], published["importId"]);

        let drafted = mutate(&admin, "importCategory", import("Two.", "DRAFT"), &format!("{MOVIE} {more}")).await;
        assert_eq!(drafted["movie"]["drafts"], json!([{ "id": "draft:m:trivia", "draftRevision": 1 }]));
        assert_eq!(drafted["movieExport"]["id"], "export:m:trivia:draft");
        assert_eq!(drafted["draft"]["id"], "draft:m:trivia");
        assert_eq!(drafted["draftEdge"]["node"], drafted["draft"]);
        assert_eq!(drafted["revisionEdge"], json!(null));
        // The cursor of an edge is that of the list.
        let after = format!(
            "{{ before: drafts(last: 1, before: {0}) {{ nodes {{ id }} }} drafts {{ edges {{ cursor }} }}
                movie(id: \"m\") {{ revisions(category: TRIVIA) {{ edges {{ cursor }} }} }} }}",
            drafted["draftEdge"]["cursor"]
        );
        let found = admin.graphql(&after, json!({})).await["data"].clone();
        assert_eq!(found["drafts"]["edges"][0]["cursor"], drafted["draftEdge"]["cursor"]);
        assert_eq!(found["before"]["nodes"], json!([]));
        assert_eq!(
            found["movie"]["revisions"]["edges"][0]["cursor"],
            published["revisionEdge"]["cursor"]
        );
        let updated = json!({ "movieId": "m", "data": typed("trivia", &json!({ "items": [{ "text": "Three." }] })) });
        let updated = mutate(&admin, "updateDraft", updated, MOVIE).await;
        assert_eq!(updated["movie"]["drafts"][0]["draftRevision"], 2);

        let of_draft = json!({ "movieId": "m", "category": "TRIVIA", "dryRun": true });
        let payload = mutate(&admin, "publishDraft", of_draft, "deletedDraftId draft { id }").await;
        assert_eq!(payload, json!({ "deletedDraftId": null, "draft": { "id": "draft:m:trivia" } }));
        let of_draft = json!({ "movieId": "m", "category": "TRIVIA" });
        let payload = mutate(&admin, "publishDraft", of_draft.clone(), &format!("{MOVIE} deletedDraftId revisionEdge {{ node {{ number }} }} draft {{ id }}")).await;
        assert_eq!((&payload["deletedDraftId"], &payload["draft"]), (&json!("draft:m:trivia"), &json!(null)));
        assert_eq!((&payload["movie"]["drafts"], &payload["revisionEdge"]["node"]["number"]), (&json!([]), &json!(2)));
        assert_eq!(payload["movie"]["trivia"]["items"].as_array().unwrap().len(), 3);
        let payload = mutate(&admin, "publishDraft", of_draft.clone(), "deletedDraftId movie { id }").await;
        assert_eq!(payload, json!({ "deletedDraftId": null, "movie": { "id": "m" } }));

        mutate(&admin, "importCategory", import("Four.", "DRAFT"), "status").await;
        let payload = mutate(&admin, "discardDraft", of_draft.clone(), &format!("{MOVIE} deletedDraftId query {{ drafts {{ totalCount }} }}")).await;
        assert_eq!(payload["deletedDraftId"], "draft:m:trivia");
        assert_eq!((&payload["movie"]["drafts"], &payload["query"]["drafts"]["totalCount"]), (&json!([]), &json!(0)));
        assert_eq!(payload["movieExport"]["id"], "export:m:trivia");
        let payload = mutate(&admin, "discardDraft", of_draft, "deletedDraftId movie { id }").await;
        assert_eq!(payload, json!({ "deletedDraftId": null, "movie": { "id": "m" } }));

        let revert = json!({ "movieId": "m", "category": "TRIVIA", "revision": 1 });
        let payload = mutate(&admin, "revertCategory", revert, &format!("{MOVIE} revisionEdge {{ node {{ id }} }}")).await;
        assert_eq!(payload["movie"]["trivia"]["items"].as_array().unwrap().len(), 1);
        assert_eq!(payload["revisionEdge"]["node"]["id"], "revision:m:trivia:3");

        // A text that cannot be read: the movie is there all the same.
        let input = json!({ "movieId": "m", "document": "no document" });
        let payload = mutate(&admin, "importDocument", input, "status movie { id } movieExport { id }").await;
        assert_eq!(payload, json!({ "status": "REJECTED", "movie": { "id": "m" }, "movieExport": null }));
        for id in ["no-such", "../x"] {
            let input = json!({ "movieId": id, "data": typed("trivia", &fixtures::trivia()) });
            let payload = mutate(&admin, "importCategory", input, "movie { id } movieExport { id } draft { id }").await;
            assert_eq!(payload, json!({ "movie": null, "movieExport": null, "draft": null }));
        }
    }

    async fn a_contributor_reads_the_payload_of_a_draft(app: TestApp) {
        app.movie("m").await;
        let contributor = app.with_role(reelport::catalog::access::Role::Contributor);
        let input = json!({ "movieId": "m", "data": typed("trivia", &fixtures::trivia()), "options": { "target": "DRAFT" } });
        let payload = mutate(&contributor, "importCategory", input, &format!("{MOVIE} draft {{ id }} query {{ viewer {{ role }} }}")).await;
        assert_eq!((&payload["draft"]["id"], &payload["query"]["viewer"]["role"]), (&json!("draft:m:trivia"), &json!("CONTRIBUTOR")));
    }

    async fn movies_and_locks_are_returned_as_they_are_after_the_call(app: TestApp) {
        let admin = app.admin();
        let fields = "movie { id title } movieEdge { cursor node { id } } query { movies { totalCount edges { cursor } } }";
        let created = mutate(&admin, "createMovie", json!({ "id": "m", "title": "Tide" }), fields).await;
        assert_eq!(created["movie"], json!({ "id": "m", "title": "Tide" }));
        assert_eq!(created["movieEdge"]["node"]["id"], "m");
        let list = &created["query"]["movies"];
        assert_eq!((&list["totalCount"], &list["edges"][0]["cursor"]), (&json!(1), &created["movieEdge"]["cursor"]));
        let again = mutate(&admin, "createMovie", json!({ "id": "m", "title": "Tide" }), fields).await;
        assert_eq!((&again["movie"], &again["movieEdge"]), (&json!(null), &json!(null)));

        let input = json!({ "movieId": "m", "category": "BASIC_INFO", "fields": ["title"] });
        let fields = "movie { locks { id field } } locks { id } query { node(id: \"lock:m:basic-info:/title\") { id } }";
        let locked = mutate(&admin, "lockFields", input.clone(), fields).await;
        let lock = json!({ "id": "lock:m:basic-info:/title", "field": "title" });
        assert_eq!(locked["movie"]["locks"], json!([lock]));
        assert_eq!(locked["query"]["node"]["id"], lock["id"]);
        let unlocked = mutate(&admin, "unlockFields", input, fields).await;
        assert_eq!(unlocked, json!({ "movie": { "locks": [] }, "locks": [], "query": { "node": null } }));
        let input = json!({ "movieId": "no-such", "category": "BASIC_INFO", "fields": ["title"] });
        let payload = mutate(&admin, "lockFields", input, "movie { id } locks { id }").await;
        assert_eq!(payload, json!({ "movie": null, "locks": [] }));

        let deleted = mutate(&admin, "deleteMovie", json!({ "id": "m" }), "deletedMovieId query { movie(id: \"m\") { id } movies { totalCount } }").await;
        assert_eq!(deleted, json!({ "deletedMovieId": "m", "query": { "movie": null, "movies": { "totalCount": 0 } } }));
    }

    async fn a_merge_returns_the_people_and_the_movies_that_it_touched(app: TestApp) {
        let admin = app.admin();
        let files: Vec<Value> = (0..5)
            .flat_map(|number| {
                let id = format!("m-{number}");
                let credits = json!({ "directors": [{ "id": "tmdb-person-2", "name": "Ada Quist" }] });
                [envelope(&id, "basic_info", json!({ "title": id })), envelope(&id, "cast_crew", credits)]
            })
            .collect();
        app.seed(&files).await;
        let file = envelope("m-0", "cast_crew", json!({ "crew": [{ "id": "tmdb-person-1", "name": "Ada Quist", "job": "Grip" }] }));
        assert_eq!(admin.import_envelope("m-0", "cast-crew", "", &file).await.status, 200);
        let fields = "person { id totals { movies } } deletedPersonIds
            documents { movieExport { id metadata { revision } } movie { id castCrew { directors { personId } } } }
            movies(first: 2) { totalCount nodes { id updatedAt } pageInfo { hasNextPage endCursor } }
            last: movies(last: 2) { nodes { id } pageInfo { hasPreviousPage } }
            query { node(id: \"tmdb-person-2\") { id } } userErrors { code }";
        let input = json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-2"], "dryRun": true });
        let planned = mutate(&admin, "mergePeople", input, fields).await;
        assert_eq!((&planned["deletedPersonIds"], &planned["movies"]["totalCount"]), (&json!([]), &json!(5)));
        assert_eq!(planned["query"]["node"]["id"], "tmdb-person-2");
        let input = json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-2"] });
        let merged = mutate(&admin, "mergePeople", input, fields).await;
        assert_eq!(merged["userErrors"], json!([]));
        assert_eq!(merged["deletedPersonIds"], json!(["tmdb-person-2"]));
        assert_eq!(merged["person"], json!({ "id": "tmdb-person-1", "totals": { "movies": 5 } }));
        assert_eq!(merged["query"]["node"]["id"], "tmdb-person-1");
        let documents = merged["documents"].as_array().unwrap();
        assert_eq!(documents[1]["movieExport"]["id"], "export:m-1:cast-crew");
        assert_eq!(documents[1]["movieExport"]["metadata"]["revision"], 2);
        assert_eq!(documents[4]["movie"]["castCrew"]["directors"][0]["personId"], "tmdb-person-1");
        let ids = |list: &Value| -> Vec<String> {
            let nodes = list["nodes"].as_array().unwrap().iter();
            nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((ids(&merged["movies"]), &merged["movies"]["totalCount"]), (vec!["m-0".to_owned(), "m-1".to_owned()], &json!(5)));
        assert_eq!((ids(&merged["last"]), &merged["last"]["pageInfo"]["hasPreviousPage"]), (vec!["m-3".to_owned(), "m-4".to_owned()], &json!(true)));

        let input = json!({ "id": "tmdb-person-1", "movieIds": ["m-3"], "name": "Ada Quist II" });
        let fields = "person { id totals { movies } } other { id totals { movies } } movies { nodes { id } }";
        let split = mutate(&admin, "splitPerson", input, fields).await;
        assert_eq!((&split["person"]["totals"]["movies"], &split["other"]["totals"]["movies"]), (&json!(4), &json!(1)));
        assert_eq!(ids(&split["movies"]), ["m-3"]);
        let input = json!({ "id": "tmdb-person-1", "name": "Ada" });
        let fields = "person { id name } query { person(id: \"tmdb-person-1\") { name } }";
        let updated = mutate(&admin, "updatePerson", input, fields).await;
        assert_eq!((&updated["person"]["name"], &updated["query"]["person"]["name"]), (&json!("Ada"), &json!("Ada")));
    }

    async fn a_payload_costs_statements_only_for_what_is_selected(app: TestApp) {
        let admin = app.full_movie("m").await;
        let input = |text: &str| {
            json!({ "movieId": "m", "data": typed("trivia", &json!({ "items": [{ "text": text }] })) })
        };
        let fields = "status importId updatedFields userErrors { code field } plan { digest }
            movieExport { id document } revisionEdge { cursor } query { __typename }";
        let lock = u64::from(app.app.catalog.database().backend() == Backend::Postgres);
        let (count, _) = app.count_queries(mutate(&admin, "importCategory", input("A."), fields)).await;
        // As many as the same import over REST: what is read, the document, the movie's time, the
        // audit log and the import log.
        assert_eq!(count, 5 + lock);
        let (more, _) = app.count_queries(mutate(&admin, "importCategory", input("B."), &format!("{fields} {MOVIE} draft {{ id }}"))).await;
        // The movie, its trivia, drafts, categories and locks, and the drafts again.
        assert!(more <= count + 6, "{more} {count}");
    }

    async fn an_error_names_the_place_in_the_input(app: TestApp) {
        let admin = app.full_movie("m").await;
        let import = |category: &str, data: Value, options: Value| {
            json!({ "movieId": "m", "data": { category: data }, "options": options })
        };
        for (category, data, expected) in [
            ("basicInfo", json!({ "siteScore": 101 }), vec![pair("data.basicInfo.siteScore", "OUT_OF_RANGE")]),
            ("basicInfo", json!({ "title": null }), vec![pair("data.basicInfo.title", "REQUIRED")]),
            ("timeline", json!({ "events": [{ "date": "1999", "title": "x".repeat(501) }] }), vec![pair("data.timeline.events.0.title", "TOO_LONG")]),
            ("castCrew", json!({ "cast": [{ "personId": "a b", "name": "Ada" }] }), vec![pair("data.castCrew.cast.0.personId", "INVALID")]),
            ("castCrew", json!({ "cast": [{ "id": "a b", "name": "Ada" }] }), vec![pair("data.castCrew.cast.0.id", "INVALID")]),
            ("streaming", json!({ "streamingOptions": [{ "platform": "Dock", "type": "RENT", "price": "x" }] }), vec![pair("data.streaming.streamingOptions.0.price", "INVALID")]),
        ] {
            assert_eq!(fields(&admin, "importCategory", import(category, data, json!({}))).await, expected, "{category}");
        }
        let stale = import("trivia", json!({}), json!({ "expectedPlan": "x" }));
        assert_eq!(fields(&admin, "importCategory", stale.clone()).await, [pair("options.expectedPlan", "PLAN_STALE")]);
        let replace = import("trivia", json!({ "items": [] }), json!({ "mode": "REPLACE" }));
        assert_eq!(fields(&admin, "importCategory", replace).await, [pair("options.baseRevision", "BASE_REQUIRED")]);
        for mutation in ["importCategory", "updateDraft"] {
            let mut input = stale.clone();
            input["movieId"] = json!("no-such");
            assert_eq!(fields(&admin, mutation, input).await, [pair("movieId", "NOT_FOUND")]);
        }
        let document = json!({ "movieId": "m", "document": "{\"category\": \"trivia\"" });
        assert!(fields(&admin, "importDocument", document).await.iter().all(|(field, _)| field == "document"));
        let of_draft = json!({ "movieId": "m", "category": "TRIVIA" });
        for mutation in ["publishDraft", "discardDraft"] {
            assert_eq!(fields(&admin, mutation, of_draft.clone()).await, [pair("category", "NO_DRAFT")]);
        }
        let revert = json!({ "movieId": "m", "category": "TRIVIA", "revision": 9 });
        assert_eq!(fields(&admin, "revertCategory", revert).await, [pair("revision", "NOT_FOUND")]);
        assert_eq!(fields(&admin, "createMovie", json!({ "id": "m", "title": "A" })).await, [pair("id", "ALREADY_EXISTS")]);
        assert_eq!(fields(&admin, "deleteMovie", json!({ "id": "x" })).await, [pair("id", "NOT_FOUND")]);
        let lock = json!({ "movieId": "m", "category": "TRIVIA", "items": ["a", "b"] });
        assert_eq!(fields(&admin, "lockFields", lock).await, [pair("items.0", "NOT_FOUND"), pair("items.1", "NOT_FOUND")]);
        let merge = json!({ "id": "tmdb-person-1", "otherIds": ["tmdb-person-1", "x"] });
        assert_eq!(fields(&admin, "mergePeople", merge).await, [pair("otherIds.0", "INVALID"), pair("otherIds.1", "NOT_FOUND")]);
        let update = json!({ "id": "x", "name": "A" });
        assert_eq!(fields(&admin, "updatePerson", update).await, [pair("id", "NOT_FOUND")]);
        let logged = admin.graphql("{ imports(first: 1, filter: {status: REJECTED}) { nodes { userErrors { path field code } } } }", json!({})).await;
        assert_eq!(logged["data"]["imports"]["nodes"][0]["userErrors"][0]["field"], json!(null), "{logged}");
    }
}

#[tokio::test]
async fn what_a_payload_selects_counts_as_in_a_query() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let people = "p: people(filter: {search: \"x\"}) { totalCount nodes { id } } ";
    let searches: String = (0..6).map(|at| people.replace("p:", &format!("p{at}:"))).collect();
    let query = format!(
        "mutation {{ deleteMovie(input: {{id: \"m\"}}) {{ deletedMovieId query {{ {searches} }} }} }}"
    );
    let reply = admin.graphql(&query, json!({})).await;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{reply}");
    // Nothing was deleted.
    assert_eq!(
        admin.graphql("{ movie(id: \"m\") { id } }", json!({})).await["data"]["movie"]["id"],
        "m"
    );
}
