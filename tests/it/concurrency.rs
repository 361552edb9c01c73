//! Many at once: nothing is lost, nothing is mixed, nothing is left half done.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, execute, made_entities};
use crate::support::{Client, TestApp};

/// One client of the server, and on `PostgreSQL` one of a second server beside it.
async fn servers(app: &TestApp) -> Vec<Client> {
    let mut clients = vec![app.admin()];
    if app.database.url.starts_with("postgres") {
        clients.push(app.replica().await);
    }
    clients
}

/// Runs all of it at once, each on the next of the servers.
async fn at_once<T, R>(clients: &[Client], count: usize, work: impl Fn(Client, usize) -> R) -> Vec<T>
where
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks = (0..count).map(|index| tokio::spawn(work(clients[index % clients.len()].clone(), index)));
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

async fn rows(app: &TestApp, table: &str) -> Vec<Value> {
    let rows = dump(&app.database.url, &[table]).await.remove(0).1;
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

on_both_databases! {
    async fn forty_writers_of_one_document_lose_nothing(app: TestApp) {
        const WRITERS: usize = 40;
        app.movie("tmdb-1").await;
        let clients = servers(&app).await;
        let replies = at_once(&clients, WRITERS, |client, index| async move {
            client.import("tmdb-1", "trivia", json!({ "items": [{ "text": format!("Fact {index}") }] })).await
        })
        .await;
        for reply in &replies {
            assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("published")), "{}", reply.text);
        }
        let mut acknowledged: Vec<i64> = replies.iter().map(|reply| reply.json()["revision"].as_i64().unwrap()).collect();
        acknowledged.sort_unstable();
        let all: Vec<i64> = (1..=40).collect();
        assert_eq!(acknowledged, all);

        let export = clients.last().unwrap().export("tmdb-1", "trivia").await;
        assert_eq!(export["metadata"]["revision"], 40);
        let facts: HashSet<&str> = export["data"]["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect();
        assert_eq!(facts.len(), WRITERS);
        assert_eq!(export["data"]["items"].as_array().unwrap().len(), WRITERS);

        // The history has every state but the newest, each with one item more than the one before.
        let mut kept: Vec<(i64, usize)> = rows(&app, "revisions").await.iter()
            .filter(|row| row["category"] == "trivia")
            .map(|row| {
                let body: Value = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
                (row["revision"].as_i64().unwrap(), body["items"].as_array().unwrap().len())
            })
            .collect();
        kept.sort_unstable();
        assert_eq!(kept, (1..40).map(|revision| (revision, usize::try_from(revision).unwrap())).collect::<Vec<_>>());
    }

    async fn a_new_name_in_many_movies_at_once_is_one_person(app: TestApp) {
        const MOVIES: usize = 16;
        for index in 0..MOVIES {
            app.movie(&format!("movie-{index}")).await;
        }
        let clients = servers(&app).await;
        let replies = at_once(&clients, MOVIES, |client, index| async move {
            let movie = format!("movie-{index}");
            let cast = json!({ "cast": [{ "name": "Kim Moe" }], "crew": [{ "id": "tmdb-person-7", "name": "Lou Nye", "job": "Editor" }] });
            let awards = json!({ "awards": [{ "ceremony": "Dock Prize", "year": 2001, "category": "Best Film", "result": "winner" }] });
            [
                client.import(&movie, "cast_crew", cast).await,
                client.import(&movie, "awards", awards).await,
                client.import(&movie, "basic_info", json!({ "genres": ["Noir"] })).await,
            ]
        })
        .await;
        for reply in replies.iter().flatten() {
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        let mut made: Vec<(String, String)> = made_entities(&app.database.url).await.iter()
            .map(|row| (row["kind"].as_str().unwrap().to_owned(), row["name"].as_str().unwrap().to_owned()))
            .collect();
        made.sort();
        let expected = [("ceremony", "Dock Prize"), ("genre", "Noir"), ("person", "Kim Moe"), ("person", "Lou Nye")];
        assert_eq!(made, expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
        let people: HashSet<String> = rows(&app, "credits").await.iter().map(|row| row["person_id"].to_string()).collect();
        assert_eq!(people.len(), 2);
        assert_eq!(rows(&app, "movie_genres").await.len(), MOVIES);
    }

    async fn two_imports_at_once_leave_no_mix_of_both(app: TestApp) {
        app.movie("tmdb-1").await;
        let clients = servers(&app).await;
        for round in 0..5 {
            let replies = at_once(&clients, 4, move |client, index| async move {
                let word = format!("{round}-{index}");
                client.import("tmdb-1", "basic_info", json!({ "title": word, "tagline": word, "overview": word })).await
            })
            .await;
            assert!(replies.iter().all(|reply| reply.status == 200));
            let data = clients[0].export("tmdb-1", "basic_info").await["data"].clone();
            assert_eq!((&data["title"], &data["title"]), (&data["tagline"], &data["overview"]), "round {round}");
            let listed = rows(&app, "movies").await.remove(0);
            assert_eq!(listed["title"], data["title"], "round {round}");
        }
    }

    async fn a_refused_import_among_others_leaves_nothing(app: TestApp) {
        app.movie("tmdb-1").await;
        let clients = servers(&app).await;
        let replies = at_once(&clients, 12, |client, index| async move {
            let name = format!("Person {index}");
            // Every third lacks the job, after having named someone new.
            let second = if index % 3 == 0 { json!({ "name": name }) } else { json!({ "name": name, "job": "Grip" }) };
            let crew = json!([{ "name": format!("First {index}"), "job": "Editor" }, second]);
            client.import("tmdb-1", "cast_crew", json!({ "crew": crew })).await
        })
        .await;
        for (index, reply) in replies.iter().enumerate() {
            assert_eq!(reply.status, if index % 3 == 0 { 422 } else { 200 }, "{}", reply.text);
        }
        let names: HashSet<String> = made_entities(&app.database.url).await.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        let expected = (0..12).filter(|index| index % 3 != 0).flat_map(|index| [format!("First {index}"), format!("Person {index}")]);
        assert_eq!(names, expected.collect());
        let export = clients[0].export("tmdb-1", "cast_crew").await;
        assert_eq!((export["data"]["crew"].as_array().unwrap().len(), &export["metadata"]["revision"]), (16, &json!(8)));
        assert_eq!(rows(&app, "credits").await.len(), 16);
    }

    async fn an_import_that_fails_in_the_middle_leaves_nothing(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let is_postgres = app.database.url.starts_with("postgres");
        let before = dump(&app.database.url, TABLES).await;
        // The disk is full, so to speak, when the last table is to be written.
        execute(&app.database.url, if is_postgres {
            "CREATE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''disk full''; END' LANGUAGE plpgsql;
             CREATE TRIGGER broken BEFORE INSERT ON credits FOR EACH ROW EXECUTE FUNCTION broken()"
        } else {
            "CREATE TRIGGER broken BEFORE INSERT ON credits BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        })
        .await;
        let sent = json!({ "crew": [{ "name": "Somebody New", "job": "Grip" }] });
        let reply = admin.import("tmdb-1", "cast_crew", sent.clone()).await;
        assert_eq!(reply.status, 500, "{}", reply.text);
        assert!(!reply.text.contains("disk"), "{}", reply.text);
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        // Others are not held up by it, and neither is the next try.
        assert_eq!(admin.import("tmdb-1", "trivia", json!({ "items": ["Still here."] })).await.status, 200);
        execute(&app.database.url, if is_postgres { "DROP TRIGGER broken ON credits" } else { "DROP TRIGGER broken" }).await;
        let reply = admin.import("tmdb-1", "cast_crew", sent).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)), "{}", reply.text);
    }
}
