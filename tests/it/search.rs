//! Searching movies and people: what is found, in which order, in pages, and in large catalogues.

use std::fmt::Write as _;

use reelport::document::text::{comparable, index_key};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{execute, rows};
use crate::support::{Client, TestApp, envelope};

fn movie(id: &str, title: &str, original: Option<&str>) -> Value {
    envelope(id, "basic_info", json!({ "title": title, "original_title": original }))
}

fn names(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("{list}"));
    nodes.iter().map(|node| node["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// All entries of a list: its number of entries, and the names page by page, forward and backward.
async fn all_pages(client: &Client, list: &str, name: &str, size: usize) -> (u64, Vec<String>) {
    let field = list.split('(').next().unwrap();
    let page = async |arguments: String| {
        let list = list.replace('#', &arguments);
        let query = format!(
            "{{ {list} {{ totalCount nodes {{ name: {name} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let reply = client.graphql(&query, json!({})).await;
        assert!(reply["errors"].is_null(), "{query}: {reply}");
        reply["data"][field].clone()
    };
    let (mut forward, mut after, mut total) = (Vec::new(), String::new(), 0);
    loop {
        let found = page(format!("first: {size}{after}")).await;
        total = found["totalCount"].as_u64().unwrap_or(total);
        forward.extend(names(&found));
        if found["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = format!(", after: {}", found["pageInfo"]["endCursor"]);
    }
    let (mut backward, mut before) = (Vec::new(), String::new());
    loop {
        let found = page(format!("last: {size}{before}")).await;
        backward.splice(0..0, names(&found));
        if found["pageInfo"]["hasPreviousPage"] != true {
            break;
        }
        before = format!(", before: {}", found["pageInfo"]["startCursor"]);
    }
    assert_eq!(forward, backward, "{list}");
    (total, forward)
}

async fn movies(client: &Client, search: &str) -> Vec<String> {
    let list = format!("movies(filter: {{search: {}}}, #)", json!(search));
    let (total, found) = all_pages(client, &list, "title", 3).await;
    assert_eq!(total, found.len() as u64, "{search}");
    found
}

async fn people(client: &Client, search: &str) -> Vec<String> {
    let list = format!("people(filter: {{search: {}}}, #)", json!(search));
    let (total, found) = all_pages(client, &list, "name", 3).await;
    assert_eq!(total, found.len() as u64, "{search}");
    found
}

/// The titles that contain a text, those that start with it first.
fn expected(titles: &[&str], search: &str) -> Vec<String> {
    let search = comparable(search);
    let mut found: Vec<&&str> =
        titles.iter().filter(|title| comparable(title).contains(&search)).collect();
    found.sort_by_key(|title| (!comparable(title).starts_with(&search), index_key(title)));
    found.into_iter().map(|title| (*title).to_owned()).collect()
}

/// Adds movies and people directly to the tables, which the service indexes when it opens the
/// database.
async fn add_many(app: &TestApp, titles: &[String], people: &[String]) {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut sql = String::new();
    for (number, title) in titles.iter().enumerate() {
        let (key, search) = (index_key(title), format!("{}\n", comparable(title)));
        let (title, key, search) = (quoted(title), quoted(&key), quoted(&search));
        let time = "2026-11-01 00:00:00+00:00";
        let _ = writeln!(
            sql,
            "INSERT INTO movies (id, title, title_key, search_text, created_at, updated_at)
             VALUES ('many-{number}', {title}, {key}, {search}, '{time}', '{time}');"
        );
    }
    for (number, name) in people.iter().enumerate() {
        let (key, name) = (quoted(&index_key(name)), quoted(name));
        let _ = writeln!(
            sql,
            "INSERT INTO entities (kind, id, name, created_at)
             VALUES ('person', 'many-{number}', {name}, '2026-11-01 00:00:00+00:00');
             INSERT INTO entity_names (kind, name_key, entity_id, name)
             VALUES ('person', {key}, 'many-{number}', {name});"
        );
    }
    sql.push_str("DELETE FROM index_versions WHERE name = 'search'");
    execute(&app.database.url, &format!("BEGIN;{sql};COMMIT")).await;
}

on_both_databases! {
    async fn titles_are_found_by_any_part(app: TestApp) {
        let titles = [
            "Se7en", "The Seventh Seal", "Seven Samurai", "A Seventh Wonder", "Up", "Upstream",
            "七人の侍", "百年孤独", "千と千尋の神隠し", "Amélie", "The Amazing  Life", "100% Wolf_Pack",
            "a", "It's", "Ocean’s Eleven", "The The", "Ran", "Iran",
        ];
        let documents: Vec<Value> = titles
            .iter()
            .enumerate()
            .map(|(number, title)| movie(&format!("m{number:02}"), title, None))
            .collect();
        app.seed(&documents).await;
        let viewer = app.viewer();
        for search in [
            "seven", "s", "se", "up", "the", "e s", "七", "七人", "人の侍", "千尋の神", "孤独", "amelie",
            "ÉLIE", "%", "_", "0%", "f_p", "a", "ran", "'", "'s", "ocean's eleven", "the the", "x", "qq",
            "no such title", "seven samurai and more",
        ] {
            assert_eq!(movies(&viewer, search).await, expected(&titles, search), "{search}");
        }
    }

    async fn a_search_follows_every_change_of_a_title(app: TestApp) {
        app.seed(&[
            movie("a", "First Title", Some("Premier titre")),
            movie("b", "Other", Some("First of all")),
        ])
        .await;
        let admin = app.admin();
        assert_eq!(movies(&admin, "first").await, ["First Title", "Other"]);
        assert_eq!(movies(&admin, "premier").await, ["First Title"]);
        admin.import("a", "basic_info", json!({ "title": "Second Title" })).await;
        assert_eq!(movies(&admin, "first").await, ["Other"]);
        assert_eq!(movies(&admin, "cond t").await, ["Second Title"]);
        admin.import("a", "basic_info", json!({ "title": "First Title" })).await;
        assert_eq!(movies(&admin, "first").await, ["First Title", "Other"]);
        let before = rows(&app.database.url, "search_entries").await.len();
        app.command(&["reindex"]).await.ok();
        assert_eq!(movies(&admin, "first").await, ["First Title", "Other"]);
        assert!(rows(&app.database.url, "search_entries").await.len() < before);
        let delete = "mutation { deleteMovie(input: {id: \"b\"}) { deletedMovieId } }";
        admin.graphql(delete, json!({})).await;
        assert_eq!(movies(&admin, "first").await, ["First Title"]);
        // A list that is sorted otherwise has all of them too.
        let list = "movies(filter: {search: \"title\"}, orderBy: {field: YEAR, direction: DESC}, #)";
        assert_eq!(all_pages(&admin, list, "title", 1).await, (1, vec!["First Title".to_owned()]));
        let reply = admin
            .graphql(
                "{ movies(filter: {search: \"title\"}, orderBy: {field: TITLE}) { edges { cursor } } }",
                json!({}),
            )
            .await;
        let cursor = &reply["data"]["movies"]["edges"][0]["cursor"];
        let query = format!("{{ movies(filter: {{search: \"title\"}}, after: {cursor}) {{ totalCount }} }}");
        let reply = admin.graphql(&query, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
    }

    async fn a_search_of_a_large_catalogue_finds_the_same(app: TestApp) {
        let titles: Vec<String> = (0..2_400)
            .map(|number| match number % 4 {
                0 => format!("Common {number:04}"),
                1 => format!("Zebra common {number:04}"),
                2 => format!("A common thing {number:04}"),
                _ => format!("Other {number:04}"),
            })
            .chain((0..2_100).map(|number| format!("{number:04} Frequent")))
            .collect();
        let names: Vec<String> = (0..5_200).map(|number| format!("Person Frequent {number:04}")).collect();
        add_many(&app, &titles, &names).await;
        let client = app.replica().await;
        let all: Vec<&str> = titles.iter().map(String::as_str).collect();
        // Few titles match, many, and many that begin so.
        for search in ["common 01", "frequent", "common", "o", "zebra", "0001", "th"] {
            let expected = expected(&all, search);
            let list = format!("movies(filter: {{search: {search:?}}}, #)");
            let (total, found) = all_pages(&client, &list, "title", 100).await;
            assert_eq!((total, found), (expected.len() as u64, expected), "{search}");
        }
        let list = "people(filter: {search: \"frequent\"}, #)";
        let (total, found) = all_pages(&client, list, "name", 100).await;
        assert_eq!((total, found), (5_200, names.clone()));
        let list = "people(filter: {search: \"person\"}, #)";
        let (total, found) = all_pages(&client, list, "name", 100).await;
        assert_eq!((total, found), (5_200, names));
        assert_eq!(people(&client, "quent 0007").await, ["Person Frequent 0007"]);
    }

    async fn people_are_listed_once_under_their_best_name(app: TestApp) {
        let person = |id: &str, name: &str| json!({ "id": id, "name": name, "job": "Grip" });
        let crew = json!({ "crew": [
            person("p1", "Ada Long Quist"), person("p2", "Quist"), person("p3", "Quistgaard"),
            person("p4", "Bo Quist"), person("p5", "Cy Quist"), person("p6", "Unrelated"),
        ] });
        app.seed(&[envelope("m", "cast_crew", crew)]).await;
        let admin = app.admin();
        for (id, aliases) in [("p5", vec!["Quist, Cy", "The Quist"]), ("p6", vec!["Bo Quist"])] {
            let update = "mutation($input: UpdatePersonInput!) { updatePerson(input: $input) { userErrors { message } } }";
            let input = json!({ "id": id, "addAliases": aliases });
            let reply = admin.graphql(update, json!({ "input": input })).await;
            assert_eq!(reply["data"]["updatePerson"]["userErrors"], json!([]), "{reply}");
        }
        assert_eq!(
            people(&admin, "quist").await,
            ["Quist", "Cy Quist", "Quistgaard", "Ada Long Quist", "Bo Quist", "Unrelated"]
        );
        assert_eq!(people(&admin, "qu").await, ["Quist", "Cy Quist", "Quistgaard"]);
        assert_eq!(people(&admin, "uis").await.len(), 6);
        assert_eq!(people(&admin, "quist, c").await, ["Cy Quist"]);
        assert_eq!(people(&admin, "q_ist").await, [""; 0]);
        // A merged person's names lead to the other one.
        let merge = "mutation { mergePeople(input: {id: \"p2\", otherIds: [\"p3\"]}) { userErrors { message } } }";
        let reply = admin.graphql(merge, json!({})).await;
        assert_eq!(reply["data"]["mergePeople"]["userErrors"], json!([]), "{reply}");
        assert_eq!(people(&admin, "stgaar").await, ["Quist"]);
    }
}
