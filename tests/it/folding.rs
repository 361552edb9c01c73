//! Text folding for search, alignment and names: typing and typographic differences do not matter,
//! and stored texts stay as they were sent.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump, execute, rows};
use crate::support::{Client, TestApp, envelope};

/// Tables with folded keys, or with values computed from them.
const SEARCHED: &[&str] = &["movies", "entity_names", "entity_blocks", "name_words"];

/// The folding of the first version, which had no version number.
mod before {
    use unicode_normalization::UnicodeNormalization;

    pub fn comparable(text: &str) -> String {
        let mut result = String::new();
        let mut takes_accents = false;
        let mut space_due = false;
        for c in text.nfkd() {
            if c.is_whitespace() {
                space_due = true;
            } else if c == '\u{200B}' || (takes_accents && ('\u{300}'..='\u{36F}').contains(&c)) {
            } else {
                takes_accents = c.is_ascii_alphabetic()
                    || matches!(c, '\u{C0}'..='\u{24F}' | '\u{370}'..='\u{3FF}');
                for lower in c.to_lowercase().filter(|c| !('\u{300}'..='\u{36F}').contains(c)) {
                    if std::mem::take(&mut space_due) && !result.is_empty() {
                        result.push(' ');
                    }
                    result.push(lower);
                }
            }
        }
        result
    }
}

/// The ids found by a search; `list` is a field of Query with a `search` argument.
async fn found(client: &Client, list: &str) -> Vec<String> {
    let reply = client.graphql(&format!("{{ {list} {{ nodes {{ id }} }} }}"), json!({})).await;
    assert!(reply["errors"].is_null(), "{reply}");
    let name = list.split('(').next().unwrap();
    let nodes = reply["data"][name]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

async fn movies(client: &Client, search: &str) -> Vec<String> {
    found(client, &format!("movies(filter: {{ search: {} }})", json!(search))).await
}

async fn people(client: &Client, search: &str) -> Vec<String> {
    found(client, &format!("people(filter: {{search: {}}})", json!(search))).await
}

/// Creates a movie with a title, a director and one event.
async fn create_movie(client: &Client, id: &str, title: &str, director: &str) {
    let query = "mutation($input: CreateMovieInput!) {
        createMovie(input: $input) { userErrors { message } } }";
    let reply = client.graphql(query, json!({ "input": { "id": id, "title": title } })).await;
    assert_eq!(reply["data"]["createMovie"]["userErrors"], json!([]), "{reply}");
    let person = format!("tmdb-person-{id}");
    let credits = json!({ "directors": [{ "id": person, "name": director }] });
    assert_eq!(client.import(id, "cast_crew", credits).await.status, 200);
}

/// Movies with typographic titles, each with a director.
const TYPOGRAPHIC_TITLES: [(&str, &str, &str); 14] = [
    ("m1", "Ocean’s Eleven", "Gisèle Noël"),
    ("m2", "Kıvanç Işık", "Kıvanç Işık"),
    ("m3", "Søren på Ærø", "Søren Ærøskov"),
    ("m4", "Straße", "Jürgen Groß"),
    ("m5", "Spider‑Man Łódź", "Łukasz Żal"),
    ("m6", "L’Été", "Zoë O’Neil"),
    ("m7", "WALL·E", "Þóra Guðrún"),
    ("m8", "Se7en", "Nguyễn Đình Chiểu"),
    ("m9", "Οδυσσέας", "Θόδωρος Αγγελόπουλος"),
    ("m10", "The ﬁlm – “Part 2”", "Anne‐Marie"),
    ("m11", "千と千尋の神隠し", "宮﨑駿"),
    ("m12", "100% _real_ \\o/", "Percent"),
    ("m13", "Mission : Impossible…", "İbrahim"),
    ("m14", "😀 Emoji", "Kul कुल"),
];

async fn typographic_movies(app: &TestApp) -> Client {
    let admin = app.admin();
    for (id, title, director) in TYPOGRAPHIC_TITLES {
        create_movie(&admin, id, title, director).await;
    }
    admin
}

on_both_databases! {
    async fn a_search_ignores_typographic_differences(app: TestApp) {
        let admin = typographic_movies(&app).await;
        for (search, id) in [
            ("ocean's eleven", "m1"),
            ("OCEAN`S", "m1"),
            ("kivanc", "m2"),
            ("isik", "m2"),
            ("IŞIK", "m2"),
            ("soren", "m3"),
            ("AEro", "m3"),
            ("strasse", "m4"),
            ("STRASSE", "m4"),
            ("spider-man", "m5"),
            ("spider—man", "m5"),
            ("lodz", "m5"),
            ("l'ete", "m6"),
            ("L'Été", "m6"),
            ("wall-e", "m7"),
            ("se7en", "m8"),
            ("ΟΔΥΣΣΕΑΣ", "m9"),
            ("film - 'part 2'", "m10"),
            ("film--\"Part", "m10"),
            ("千尋", "m11"),
            ("100%", "m12"),
            ("_real_", "m12"),
            ("\\o/", "m12"),
            ("mission: impossible...", "m13"),
            ("\u{200b}miss\u{ad}ion", "m13"),
            ("😀", "m14"),
        ] {
            assert_eq!(movies(&admin, search).await, [id], "{search}");
        }
        // Wildcards of the database are ordinary characters, and other words do not match.
        for search in ["%real", "100_", "spider man", "walle", "oceans eleven", "str%e", "seven"] {
            assert_eq!(movies(&admin, search).await, [""; 0], "{search}");
        }
        for (search, id) in [
            ("gisele", "m1"),
            ("noel", "m1"),
            ("isik", "m2"),
            ("soren", "m3"),
            ("aeroskov", "m3"),
            ("gross", "m4"),
            ("lukasz zal", "m5"),
            ("zoe o'neil", "m6"),
            ("o‘neil", "m6"),
            ("thora gudrun", "m7"),
            ("dinh chieu", "m8"),
            ("αγγελοπουλος", "m9"),
            ("anne-marie", "m10"),
            ("ibrahim", "m13"),
            ("कुल", "m14"),
        ] {
            assert_eq!(people(&admin, search).await, [format!("tmdb-person-{id}")], "{search}");
        }
        // Vowel signs of other scripts distinguish names.
        assert_eq!(people(&admin, "kul कल").await, [""; 0]);
    }

    async fn entity_searches_ignore_typographic_differences(app: TestApp) {
        let admin = app.movie("m").await;
        let awards = json!({ "awards": [{
            "ceremony": "Prix « L’Été » d’Ærø", "year": 1999, "category": "Best", "result": "winner"
        }] });
        assert_eq!(admin.import("m", "awards", awards).await.status, 200);
        let offers = json!({ "streaming_options": [{ "platform": "Kino–Łódź", "type": "free" }] });
        assert_eq!(admin.import("m", "streaming", offers).await.status, 200);
        assert_eq!(
            admin.import("m", "basic_info", json!({ "genres": ["Þriller‑Ærø"] })).await.status,
            200
        );
        for list in [
            "ceremonies(filter: {search: \"prix 'l'ete' d'aero\"})",
            "platforms(filter: {search: \"kino-lodz\"})",
            "genres(filter: {search: \"THriller-aero\"})",
        ] {
            assert_eq!(found(&admin, list).await.len(), 1, "{list}");
        }
    }

    async fn a_retyped_text_is_aligned_with_the_stored_item(app: TestApp) {
        let admin = app.movie("m").await;
        let (sent, retyped) = (
            "It’s the director’s own car – and it “never started” … once.",
            [
                "It's the director's own car - and it \"never started\" ... once.",
                "It`s the director´s own car—and it 'never started'... once.",
                "it's the director's own car -- and it «never started»… once.",
                "It’s the  director’s own\u{a0}car ‐ and it “never star\u{ad}ted” . . . once.",
            ],
        );
        assert_eq!(
            admin.import("m", "trivia", json!({ "items": [{ "text": sent }] })).await.json()["status"],
            "published"
        );
        let event = json!({ "date": "1999", "title": "Premiere in Łódź – “Gala”" });
        assert_eq!(
            admin.import("m", "timeline", json!({ "events": [event] })).await.json()["status"],
            "published"
        );
        for text in retyped {
            for options in ["", "?mode=replace&base_revision=1"] {
                let file = envelope("m", "trivia", json!({ "items": [{ "text": text }] }));
                let reply = admin.import_envelope("m", "trivia", options, &file).await.json();
                assert_eq!(
                    (&reply["status"], &reply["plan"]["changes"]),
                    (&json!("unchanged"), &json!([])),
                    "{text}"
                );
            }
        }
        for title in ["Premiere in Lodz - \"Gala\"", "PREMIERE IN ŁÓDŹ—'GALA'"] {
            let reply = admin
                .import("m", "timeline", json!({ "events": [{ "date": "1999", "title": title }] }))
                .await
                .json();
            assert_eq!(reply["status"], "unchanged", "{title}: {reply}");
        }
        // A new value of the item is stored; its text stays as first sent.
        let file = json!({ "items": [{ "text": retyped[0], "category": "cars" }] });
        assert_eq!(admin.import("m", "trivia", file).await.json()["status"], "published");
        let items = admin.export("m", "trivia").await["data"]["items"].clone();
        assert_eq!(
            (items.as_array().unwrap().len(), &items[0]["text"], &items[0]["category"]),
            (1, &json!(sent), &json!("cars"))
        );
    }

    async fn a_text_with_another_word_is_a_new_item(app: TestApp) {
        let admin = app.movie("m").await;
        let texts =
            ["It's his re-sign.", "Its his re-sign.", "It's his resign.", "कुल", "कल", "й", "и"];
        for text in texts {
            assert_eq!(
                admin.import("m", "trivia", json!({ "items": [{ "text": text }] })).await.json()["status"],
                "published"
            );
        }
        let items = admin.export("m", "trivia").await["data"]["items"].clone();
        let stored: Vec<&str> =
            items.as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect();
        assert_eq!(stored, texts);
    }

    async fn an_item_with_its_id_gets_the_new_text(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "trivia", json!({ "items": [{ "text": "It's a car - his." }] })).await;
        let mut file = admin.export("m", "trivia").await;
        file["data"]["items"][0]["text"] = json!("It’s a car – his.");
        let reply = admin.import_envelope("m", "trivia", "", &file).await.json();
        assert_eq!(reply["status"], "published", "{reply}");
        let items = admin.export("m", "trivia").await["data"]["items"].clone();
        assert_eq!(items, json!([{ "id": items[0]["id"], "text": "It’s a car – his." }]));
        // The earlier text is still aligned with the item, and its newer text stays.
        let reply = admin
            .import("m", "trivia", json!({ "items": [{ "text": "It's a car - his." }] }))
            .await
            .json();
        assert_eq!(reply["status"], "unchanged", "{reply}");
    }

    async fn urls_that_differ_in_a_dash_are_different(app: TestApp) {
        let admin = app.movie("m").await;
        for url in ["https://x.example.org/a-b", "https://x.example.org/a--b"] {
            let media = json!({ "gallery": [{ "url": url, "kind": "still" }] });
            assert_eq!(admin.import("m", "media", media).await.json()["status"], "published");
        }
        assert_eq!(
            admin.export("m", "media").await["data"]["gallery"].as_array().unwrap().len(),
            2
        );
    }

    async fn a_retyped_name_means_the_known_person(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = |name: &str| json!({ "cast": [{ "name": name, "character": "The ‘Pilot’" }] });
        assert_eq!(
            admin.import("m", "cast_crew", cast("Søren O’Neil‑Łuka")).await.json()["status"],
            "published"
        );
        for name in ["Soren O'Neil-Luka", "SØREN O`NEIL–ŁUKA", "Søren O'Ne\u{ad}il-Łuka"] {
            let mut data = cast(name);
            data["cast"][0]["character"] = json!("The \"Pilot\"");
            let reply = admin.import("m", "cast_crew", data).await.json();
            assert_eq!(reply["status"], "unchanged", "{name}: {reply}");
        }
        let movie = app.movie("other").await;
        movie.import("other", "cast_crew", cast("Soren O'Neil-Luka")).await;
        let credit = |file: Value| file["data"]["cast"][0].clone();
        let (here, there) = (
            credit(admin.export("m", "cast_crew").await),
            credit(admin.export("other", "cast_crew").await),
        );
        assert_eq!(
            (&here["name"], &there["name"]),
            (&json!("Søren O’Neil‑Łuka"), &json!("Soren O'Neil-Luka"))
        );
    }

    async fn outdated_search_columns_are_recomputed(app: TestApp) {
        let admin = typographic_movies(&app).await;
        let names = ["Zoe Other", "Neil’s Zoë"];
        let aliases = json!({ "input": { "id": "tmdb-person-m6", "addAliases": names } });
        let query = "mutation($input: UpdatePersonInput!) {
            updatePerson(input: $input) { userErrors { message } } }";
        let reply = admin.graphql(query, aliases).await;
        assert_eq!(reply["data"]["updatePerson"]["userErrors"], json!([]), "{reply}");
        for (key, second) in [("soren's", 1), ("other", 1)] {
            execute(&app.database.url, &insert_resolution(key, "tmdb-person-m1", second)).await;
        }
        let url = &app.database.url;
        let expected = dump(url, SEARCHED).await;

        // Rewrites the tables as an earlier version left them.
        let quoted = |text: &Value| format!("'{}'", text.as_str().unwrap().replace('\'', "''"));
        let old = |text: &Value| {
            before::comparable(text.as_str().unwrap_or_default()).replace('\'', "''")
        };
        let mut statements = Vec::new();
        for row in rows(url, "movies").await {
            statements.push(format!(
                "UPDATE movies SET title_key = '{}', search_text = '{}\n{}' WHERE id = {}",
                old(&row["title"]),
                old(&row["title"]),
                old(&row["original_title"]),
                quoted(&row["id"])
            ));
        }
        let mut changed = 0;
        for row in rows(url, "entity_names").await {
            let key = old(&row["name"]);
            changed += usize::from(format!("'{key}'") != quoted(&row["name_key"]));
            statements.push(format!(
                "UPDATE entity_names SET name_key = '{key}'
                 WHERE kind = {} AND entity_id = {} AND name = {}",
                quoted(&row["kind"]),
                quoted(&row["entity_id"]),
                quoted(&row["name"])
            ));
        }
        assert!(changed > 10, "{changed}");
        // Two names and two stored resolutions have equal keys now: the entity's own name and
        // the later resolution are kept.
        statements.push(
            "INSERT INTO entity_names (kind, name_key, entity_id, name)
            VALUES ('person', 'zoe o''neil', 'tmdb-person-m6', 'Zoe O''Neil')"
                .to_owned(),
        );
        statements.push("DELETE FROM answers WHERE name_key = 'soren''s'".to_owned());
        statements.push(insert_resolution("søren’s", "tmdb-person-m1", 1));
        statements.push(insert_resolution("soren’s", "tmdb-person-m2", 0));
        statements.push("DELETE FROM entity_blocks".to_owned());
        statements.push("DELETE FROM index_versions WHERE name = 'folding'".to_owned());
        statements.push("UPDATE index_versions SET version = '5' WHERE name = 'names'".to_owned());
        execute(url, &statements.join(";\n")).await;
        assert_eq!(movies(&admin, "ocean's").await, [""; 0]);

        // Opening the database updates it; opening it again changes nothing.
        let mut reopened = app.replica().await;
        for _ in 0..2 {
            for ((table, found), (_, expected)) in dump(url, SEARCHED).await.iter().zip(&expected) {
                assert_eq!(found, expected, "{table}");
            }
            reopened = app.replica().await;
        }
        assert_eq!(movies(&reopened, "ocean's").await, ["m1"]);
        let resolutions = rows(url, "answers")
            .await
            .into_iter()
            .map(|row| (row["name_key"].clone(), row["entity_id"].clone()));
        let kept = [("other", "tmdb-person-m1"), ("soren's", "tmdb-person-m1")]
            .map(|(key, id)| (json!(key), json!(id)));
        let mut resolutions: Vec<_> = resolutions.collect();
        resolutions.sort_by_key(|(key, _)| key.to_string());
        assert_eq!(resolutions, kept);
        app.command(&["reindex"]).await.ok();
        assert_eq!(dump(url, SEARCHED).await, expected);
    }
}

/// An SQL statement that stores a global resolution.
fn insert_resolution(key: &str, person: &str, second: u8) -> String {
    format!(
        "INSERT INTO answers (movie_id, kind, name_key, entity_id, answered_at, answered_by)
         VALUES ('', 'person', '{}', '{person}', '2026-11-01 00:00:0{second}+00:00', 'a')",
        key.replace('\'', "''")
    )
}
