//! Lists in pages: each can be read from its start and from its end, in the same order, and counts
//! its entries.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, TestApp, envelope};

/// Each list with a selection of its entries, and the path from `data` to it. `#` stands for the
/// paging arguments.
const LISTS: &[(&str, &str)] = &[
    ("{ movies(#) { % } }", "/movies"),
    ("{ drafts(#) { % } }", "/drafts"),
    ("{ imports(#) { % } }", "/imports"),
    ("{ people(filter: {search: \"renn\"}, #) { % } }", "/people"),
    ("{ ceremonies(filter: {search: \"prize\"}, #) { % } }", "/ceremonies"),
    ("{ platforms(filter: {search: \"dock\"}, #) { % } }", "/platforms"),
    ("{ genres(#) { % } }", "/genres"),
    ("{ duplicatePeople(#) { % } }", "/duplicatePeople"),
    ("{ movie(id: \"m-1\") { revisions(category: TRIVIA, #) { % } } }", "/movie/revisions"),
    ("{ person(id: \"tmdb-person-1\") { filmography(#) { % } } }", "/person/filmography"),
    ("{ person(id: \"tmdb-person-1\") { nominations(#) { % } } }", "/person/nominations"),
    ("{ genre(id: \"tmdb-genre-18\") { movies(#) { % } } }", "/genre/movies"),
];

/// Five movies by one person, with drafts, a history, and two pairs of possible duplicates.
async fn catalogue(app: &TestApp) -> Client {
    let admin = app.admin();
    for number in 1..=5 {
        let id = format!("m-{number}");
        let title =
            json!({ "title": format!("Tide {number}"), "year": "1999", "genres": ["Drama"] });
        let awards = json!({ "awards": [{
            "ceremony": format!("Prize {number}"), "year": 1990 + number / 2, "category": "Best",
            "nominee": "Bo Renn", "nominee_id": "tmdb-person-1", "result": "nominee"
        }] });
        let offers = json!({ "streaming_options": [
            { "platform": format!("Dock {number}"), "type": "free" }
        ] });
        let credits = json!({
            "directors": [{ "id": "tmdb-person-1", "name": "Bo Renn" }],
            "crew": [{ "id": format!("p-{number}"), "name": format!("Renn {number}"), "job": "Grip" }],
        });
        app.seed(&[
            envelope(&id, "basic_info", title),
            envelope(&id, "cast_crew", credits),
            envelope(&id, "awards", awards),
            envelope(&id, "streaming", offers),
        ])
        .await;
        let items = json!({ "items": [{ "text": format!("Fact {number}.") }] });
        let file = envelope(&id, "trivia", items.clone());
        assert_eq!(admin.import_envelope(&id, "trivia", "?target=draft", &file).await.status, 200);
        let items = json!({ "items": [{ "text": format!("Other fact {number}.") }] });
        let file = envelope("m-1", "trivia", items);
        assert_eq!(admin.import_envelope("m-1", "trivia", "", &file).await.status, 200);
    }
    for (movie, id) in [("m-1", "a-1"), ("m-2", "a-2"), ("m-3", "a-3")] {
        let file =
            envelope(movie, "cast_crew", json!({ "writers": [{ "id": id, "name": "Ada Quist" }] }));
        assert_eq!(admin.import_envelope(movie, "cast-crew", "", &file).await.status, 200);
    }
    admin
}

async fn page(client: &Client, list: (&str, &str), arguments: &str) -> Value {
    let fields = "totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    let query = list.0.replace('#', arguments).replace('%', fields);
    let reply = client.graphql(&query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"].pointer(list.1).unwrap_or_else(|| panic!("{query}: {reply}")).clone()
}

fn cursors(page: &Value) -> Vec<String> {
    let edges = page["edges"].as_array().unwrap().iter();
    edges.map(|edge| edge["cursor"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn each_list_is_read_in_both_directions(app: TestApp) {
        let admin = catalogue(&app).await;
        for list in LISTS.iter().copied() {
            let all = page(&admin, list, "first: 100").await;
            let expected = cursors(&all);
            assert!(expected.len() > 2, "{list:?}: {all}");
            assert_eq!(all["totalCount"], expected.len(), "{list:?}");
            assert_eq!(
                (&all["pageInfo"]["hasNextPage"], &all["pageInfo"]["hasPreviousPage"]),
                (&json!(false), &json!(false)),
                "{list:?}"
            );
            assert_eq!(cursors(&page(&admin, list, "last: 100").await), expected, "{list:?}");
            let (mut forward, mut from) = (Vec::new(), String::new());
            loop {
                let found = page(&admin, list, &format!("first: 2{from}")).await;
                let info = &found["pageInfo"];
                assert_eq!(info["hasPreviousPage"], !from.is_empty(), "{list:?}");
                assert_eq!(found["totalCount"], expected.len(), "{list:?}");
                forward.extend(cursors(&found));
                if info["hasNextPage"] == false {
                    break;
                }
                from = format!(", after: {}", info["endCursor"]);
                assert!(forward.len() <= expected.len(), "{list:?}");
            }
            assert_eq!(forward, expected, "{list:?}");
            let (mut backward, mut from) = (Vec::new(), String::new());
            loop {
                let found = page(&admin, list, &format!("last: 2{from}")).await;
                let info = &found["pageInfo"];
                assert_eq!(info["hasNextPage"], !from.is_empty(), "{list:?}");
                backward.splice(0..0, cursors(&found));
                if info["hasPreviousPage"] == false {
                    break;
                }
                from = format!(", before: {}", info["startCursor"]);
                assert!(backward.len() <= expected.len(), "{list:?}");
            }
            assert_eq!(backward, expected, "{list:?}");
            // The entries before a cursor, nearest ones.
            let before = format!("last: 1, before: {:?}", expected[2]);
            assert_eq!(cursors(&page(&admin, list, &before).await), expected[1..2], "{list:?}");
        }
    }

    async fn contradicting_page_arguments_are_refused(app: TestApp) {
        let admin = catalogue(&app).await;
        for (query, _) in LISTS {
            for (arguments, message) in [
                ("first: 1, last: 1", "first and last cannot be given together"),
                ("after: \"x\", before: \"x\"", "after and before cannot be given together"),
                ("first: 1, before: \"x\"", "first goes with after, last with before"),
                ("last: 1, after: \"x\"", "first goes with after, last with before"),
                ("first: 0", "found 0; first and last are 1 to 100"),
                ("last: 101", "found 101; first and last are 1 to 100"),
                ("last: 1, before: \"x\"", "the cursor does not belong to this list"),
            ] {
                let query = query.replace('#', arguments).replace('%', "totalCount");
                let reply = admin.graphql(&query, json!({})).await;
                assert_eq!(reply["errors"][0]["message"], message, "{query}: {reply}");
                assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
            }
        }
    }

    async fn the_history_is_read_from_any_revision_in_both_directions(app: TestApp) {
        let admin = catalogue(&app).await;
        let list = LISTS.iter().copied().find(|(_, path)| *path == "/movie/revisions").unwrap();
        let all = cursors(&page(&admin, list, "first: 100").await);
        for at in 0..all.len() {
            for size in 1..=all.len() {
                let after = format!("first: {size}, after: {:?}", all[at]);
                let end = (at + 1 + size).min(all.len());
                assert_eq!(cursors(&page(&admin, list, &after).await), all[at + 1..end]);
                let before = format!("last: {size}, before: {:?}", all[at]);
                let start = at.saturating_sub(size);
                assert_eq!(cursors(&page(&admin, list, &before).await), all[start..at]);
            }
        }
    }
}
