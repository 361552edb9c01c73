//! The change feed: each published change once, in one order, whatever the writers do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{connect, execute};
use crate::support::{Client, TestApp, envelope};

const PAGE: &str = "query($after: String, $before: String, $first: Int, $last: Int,
    $filter: ChangeFilter) {
    changes(after: $after, before: $before, first: $first, last: $last, filter: $filter) {
        totalCount pageInfo { endCursor startCursor hasNextPage hasPreviousPage }
        nodes { id cursor kind movieId category revision source updatedAt updatedBy
            movie { id } movieExport { movieId metadata { revision } } }
    } }";

async fn page(client: &Client, variables: Value) -> Value {
    let mut reply = client.graphql(PAGE, variables).await;
    assert_eq!(reply["errors"], Value::Null, "{reply}");
    reply["data"]["changes"].take()
}

fn nodes(page: &Value) -> &[Value] {
    page["nodes"].as_array().unwrap()
}

/// `kind movie category revision` of each change.
fn summary(page: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |change: &Value| {
        let revision = change["revision"].as_i64().map_or("-".to_owned(), |of| of.to_string());
        let (kind, movie) = (text(&change["kind"]), text(&change["movieId"]));
        format!("{kind} {movie} {} {revision}", text(&change["category"]))
    };
    nodes(page).iter().map(line).collect()
}

fn fact(text: &str) -> Value {
    json!({ "items": [{ "text": text }] })
}

async fn import(client: &Client, movie: &str, text: &str) {
    let reply = client.import(movie, "trivia", fact(text)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// All changes after a cursor, page by page, and the cursor of the last one.
async fn read_all(client: &Client, mut after: Option<String>) -> (Vec<String>, Option<String>) {
    let mut ids = Vec::new();
    loop {
        let page = page(client, json!({ "after": after, "first": 7 })).await;
        ids.extend(nodes(&page).iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        after = page["pageInfo"]["endCursor"].as_str().map(str::to_owned).or(after);
        if page["pageInfo"]["hasNextPage"] == false {
            return (ids, after);
        }
    }
}

on_both_databases! {
    async fn every_kind_of_published_change_is_in_the_feed(app: TestApp) {
        let admin = app.movie("m").await;
        import(&admin, "m", "one").await;
        // Neither of these changes what is published.
        import(&admin, "m", "one").await;
        let file = envelope("m", "trivia", fact("two"));
        admin.import_with(&file, "?dry_run=true").await;
        admin.draft(&file).await;
        let document = json!({ "movieId": "m", "category": "TRIVIA" });
        admin.mutate("publishDraft", document.clone()).await;
        let revert = json!({ "movieId": "m", "category": "TRIVIA", "revision": 1 });
        admin.mutate("revertCategory", revert).await;
        let merging = json!({ "cast": [{ "id": "tmdb-person-1", "name": "Ann Example" },
            { "id": "tmdb-person-2", "name": "Anne Example" }] });
        let mut file = envelope("m", "cast_crew", merging);
        file["metadata"] = json!({ "source": "tmdb" });
        assert_eq!(admin.import_with(&file, "").await.status, 200);
        let merge = "mutation { mergePeople(input: {id: \"tmdb-person-1\",
            otherIds: [\"tmdb-person-2\"]}) { userErrors { message } } }";
        let reply = admin.graphql(merge, json!({})).await;
        assert_eq!(reply["data"]["mergePeople"]["userErrors"], json!([]), "{reply}");
        let deletion = "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { message } } }";
        admin.graphql(deletion, json!({})).await;

        let feed = page(&app.viewer(), json!({})).await;
        assert_eq!(
            summary(&feed),
            [
                "MOVIE_CREATED m - -",
                "IMPORTED m BASIC_INFO 1",
                "IMPORTED m TRIVIA 1",
                "DRAFT_PUBLISHED m TRIVIA 2",
                "REVERTED m TRIVIA 3",
                "IMPORTED m CAST_CREW 1",
                "PEOPLE_MERGED m CAST_CREW 2",
                "MOVIE_DELETED m - -",
            ]
        );
        for change in nodes(&feed) {
            assert_eq!(change["updatedBy"], "admin@example.com", "{change}");
            assert_eq!((&change["movie"], &change["movieExport"]), (&Value::Null, &Value::Null));
        }
        let sources: Vec<_> = nodes(&feed).iter().map(|change| &change["source"]).collect();
        assert_eq!(sources[..3], [&Value::Null, &json!("MANUAL"), &json!("MANUAL")]);
        assert_eq!(sources[5], "TMDB");
    }

    async fn pages_lead_through_the_feed_in_both_directions(app: TestApp) {
        let admin = app.movie("m").await;
        for text in ["a", "b", "c"] {
            import(&admin, "m", text).await;
        }
        let all = page(&admin, json!({})).await;
        assert_eq!(all["totalCount"], 5);
        let first = page(&admin, json!({ "first": 2 })).await;
        assert_eq!(nodes(&first), &nodes(&all)[..2]);
        assert_eq!(
            (&first["pageInfo"]["hasNextPage"], &first["pageInfo"]["hasPreviousPage"]),
            (&json!(true), &json!(false))
        );
        let after = &first["pageInfo"]["endCursor"];
        assert_eq!(*after, nodes(&first)[1]["cursor"]);
        let rest = page(&admin, json!({ "after": after })).await;
        assert_eq!(nodes(&rest), &nodes(&all)[2..]);
        let last = page(&admin, json!({ "last": 2 })).await;
        assert_eq!(nodes(&last), &nodes(&all)[3..]);
        assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
        let before = page(&admin, json!({ "last": 2, "before": nodes(&all)[3]["cursor"] })).await;
        assert_eq!(nodes(&before), &nodes(&all)[1..3]);
        let end = page(&admin, json!({ "after": nodes(&all)[4]["cursor"] })).await;
        assert_eq!((nodes(&end).len(), &end["pageInfo"]["endCursor"]), (0, &Value::Null));
        // The document as it is now, also of an earlier revision.
        assert_eq!(nodes(&all)[2]["revision"], 1);
        assert_eq!(nodes(&all)[2]["movieExport"]["metadata"]["revision"], 3);
        for variables in [
            json!({ "after": "x" }),
            json!({ "first": 0 }),
            json!({ "first": 101 }),
            json!({ "first": 1, "last": 1 }),
            json!({ "filter": { "movieIds": ["../x"] } }),
            json!({ "filter": { "movieIds": vec!["m"; 101] } }),
        ] {
            let reply = admin.graphql(PAGE, variables.clone()).await;
            assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{variables}");
        }
    }

    async fn a_filter_selects_changes(app: TestApp) {
        let admin = app.movie("m").await;
        app.movie("n").await;
        import(&admin, "n", "one").await;
        let mut file = envelope("m", "trivia", fact("two"));
        file["metadata"] = json!({ "source": "tmdb" });
        assert_eq!(admin.import_with(&file, "").await.status, 200);
        let of_n = ["MOVIE_CREATED n - -", "IMPORTED n BASIC_INFO 1", "IMPORTED n TRIVIA 1"];
        let created = ["MOVIE_CREATED m - -", "MOVIE_CREATED n - -"];
        for (filter, expected) in [
            (json!({ "movieIds": ["n"] }), &of_n[..]),
            (json!({ "kinds": ["MOVIE_CREATED"] }), &created[..]),
            (
                json!({ "categories": ["TRIVIA", "MEDIA"] }),
                &["IMPORTED n TRIVIA 1", "IMPORTED m TRIVIA 1"],
            ),
            (json!({ "sources": ["TMDB"] }), &["IMPORTED m TRIVIA 1"]),
            (json!({ "movieIds": ["n"], "sources": ["TMDB"] }), &[]),
            (json!({ "since": "2999-01-01T00:00:00Z" }), &[]),
            (json!({ "until": "2000-01-01T00:00:00Z" }), &[]),
        ] {
            let found = page(&admin, json!({ "filter": filter })).await;
            assert_eq!(summary(&found), expected, "{filter}");
            assert_eq!(found["totalCount"], expected.len(), "{filter}");
        }
    }

    async fn drafts_are_not_in_the_feed(app: TestApp) {
        let admin = app.movie("m").await;
        let before = page(&admin, json!({})).await;
        admin.draft(&envelope("m", "trivia", fact("draft"))).await;
        let discard = json!({ "movieId": "m", "category": "TRIVIA" });
        admin.mutate("discardDraft", discard).await;
        assert_eq!(page(&admin, json!({})).await, before);
    }

    async fn a_role_that_may_not_read_gets_nothing(app: TestApp) {
        use reelport::catalog::access::Role;
        app.movie("m").await;
        for (client, code) in
            [(app.anonymous(), "UNAUTHENTICATED"), (app.with_role(Role::User), "FORBIDDEN")]
        {
            let reply = client.graphql(PAGE, json!({})).await;
            assert_eq!(reply["errors"][0]["extensions"]["code"], code, "{reply}");
            assert_eq!(reply["data"], Value::Null);
        }
    }

    /// 50 writers on two servers. Three consumers read while they write; each ends at random and
    /// continues from its last cursor, on the other server.
    async fn consumers_see_each_change_once_and_in_one_order(app: TestApp) {
        const WRITERS: usize = 50;
        const WRITES: usize = 4;
        let servers = [app.admin(), app.replica().await];
        for movie in 0..10 {
            app.movie(&format!("m{movie}")).await;
        }
        let is_done = Arc::new(AtomicBool::new(false));
        let consumers = (0..3).map(|consumer: usize| {
            let (servers, is_done) = (servers.clone(), Arc::clone(&is_done));
            tokio::spawn(async move {
                let (mut seen, mut cursor) = (Vec::new(), None);
                for round in consumer.. {
                    let ended = is_done.load(Ordering::SeqCst);
                    let server = &servers[round % servers.len()];
                    let (ids, last) = read_all(server, cursor).await;
                    seen.extend(ids);
                    cursor = last;
                    if ended {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                seen
            })
        });
        let consumers: Vec<_> = consumers.collect();
        let writers = (0..WRITERS).map(|writer| {
            let client = servers[writer % servers.len()].clone();
            tokio::spawn(async move {
                for number in 0..WRITES {
                    let movie = format!("m{}", (writer + number) % 10);
                    import(&client, &movie, &format!("fact {writer} {number}")).await;
                }
            })
        });
        for written in join_all(writers).await {
            written.unwrap();
        }
        is_done.store(true, Ordering::SeqCst);
        let (feed, _) = read_all(&servers[0], None).await;
        assert_eq!(feed.len(), 10 * 2 + WRITERS * WRITES);
        assert_eq!(feed.iter().collect::<HashSet<_>>().len(), feed.len());
        for seen in join_all(consumers).await {
            assert!(seen.unwrap() == feed, "a consumer saw another feed");
        }
        // Revisions of each document come in their order.
        let mut newest: HashMap<String, i64> = HashMap::new();
        let mut after = Value::Null;
        loop {
            let page = page(&servers[1], json!({ "after": after, "first": 100 })).await;
            for change in nodes(&page).iter().filter(|change| !change["revision"].is_null()) {
                let document = format!("{} {}", change["movieId"], change["category"]);
                let revision = newest.entry(document).or_default();
                *revision += 1;
                assert_eq!(change["revision"], *revision);
            }
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
}

/// A transaction that took its number earlier commits later. Its change must not come after one
/// that a consumer has seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_waits_for_older_transactions() {
    let app = TestApp::postgres().await;
    let admin = app.movie("m").await;
    let (before, cursor) = read_all(&admin, None).await;
    assert_eq!(before.len(), 2);
    let connection = connect(&app.database.url).await;
    let older = connection.begin().await.unwrap();
    let change = "INSERT INTO changes (kind, movie_id, changed_at)
        VALUES ('movie_created', 'older', now())";
    older.execute_unprepared(change).await.unwrap();
    import(&admin, "m", "newer").await;
    assert_eq!(read_all(&admin, cursor.clone()).await.0, [""; 0]);
    older.commit().await.unwrap();
    let found = page(&admin, json!({ "after": cursor })).await;
    assert_eq!(summary(&found), ["MOVIE_CREATED older - -", "IMPORTED m TRIVIA 1"]);
}

/// In a restored database, the entries may be of transactions that the new cluster has not reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_continues_in_a_restored_database() {
    let app = TestApp::postgres().await;
    let admin = app.movie("m").await;
    let url = &app.database.url;
    execute(url, "UPDATE changes SET transaction_id = transaction_id + 1000000000000").await;
    let restored = app.replica().await;
    let (before, cursor) = read_all(&restored, None).await;
    assert_eq!(before.len(), 2);
    import(&admin, "m", "new").await;
    let found = page(&restored, json!({ "after": cursor })).await;
    assert_eq!(summary(&found), ["IMPORTED m TRIVIA 1"]);
}
