//! Ambiguous names in an import: what the plan reports, how a resolution answers it, and which
//! resolutions are stored for later imports.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, made_entities, rows};
use crate::support::operations::{codes, pairs};
use crate::support::{Client, Reply, TestApp, envelope};

/// The rows of every table that an import of names may write to.
async fn import_tables(app: &TestApp) -> Vec<(String, Vec<String>)> {
    dump(&app.database.url, &[TABLES, &["answers", "entity_blocks", "name_words"]].concat()).await
}

/// The number of people that imports have created.
pub async fn people(app: &TestApp) -> usize {
    made_entities(&app.database.url).await.iter().filter(|row| row["kind"] == "person").count()
}

/// The stored resolutions: movie, folded name, and entity.
pub async fn stored_resolutions(app: &TestApp) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = rows(&app.database.url, "answers").await;
    rows.iter()
        .map(|row| (text(&row["movie_id"]), text(&row["name_key"]), row["entity_id"].clone()))
        .collect()
}

/// Creates a movie with exactly the given people as cast (id, name).
pub async fn with_cast(app: &TestApp, movie: &str, title: &str, cast: &[(&str, &str)]) -> Client {
    let admin = app.movie(movie).await;
    let facts = json!({ "title": title, "year": "1999" });
    assert_eq!(admin.import(movie, "basic_info", facts).await.status, 200);
    let cast: Vec<Value> =
        cast.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let reply = admin.import(movie, "cast_crew", json!({ "cast": cast })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    admin
}

/// Two actors with the same name, each credited on a movie of their own, and a third movie without
/// credits.
pub async fn two_namesakes(app: &TestApp) -> Client {
    with_cast(app, "one", "First Tide", &[("tmdb-person-11", "Jo Lee")]).await;
    with_cast(app, "two", "Second Tide", &[("tmdb-person-12", "Jo Lee")]).await;
    app.movie("m").await
}

/// An envelope with a cast of names without ids.
pub fn cast_of(movie: &str, names: &[&str]) -> Value {
    let cast: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    envelope(movie, "cast_crew", json!({ "cast": cast }))
}

/// The query string that sends these resolutions.
fn with_resolutions(answers: &Value) -> String {
    format!("?resolutions={answers}")
}

/// The ids of the people in a list of credits.
pub async fn ids_in(client: &Client, movie: &str, list: &str) -> Vec<String> {
    let data = client.export(movie, "cast_crew").await["data"][list].clone();
    data.as_array()
        .into_iter()
        .flatten()
        .map(|credit| credit["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// `(path, decision, entity)` of the matches of a plan, over REST or GraphQL.
pub fn decisions(plan: &Value) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let entity = |found: &Value| {
        [&found["entity"], &found["entityId"]].into_iter().find(|id| !id.is_null()).cloned()
    };
    let matches = plan["matches"].as_array().into_iter().flatten();
    matches
        .map(|found| {
            (text(&found["path"]), text(&found["decision"]), entity(found).unwrap_or_default())
        })
        .collect()
}

pub fn resolution(path: &str, entity: &str) -> Value {
    json!({ "resolutions": [{ "path": path, "entityId": entity }] })
}

#[track_caller]
fn assert_ambiguous(reply: &Reply, path: &str) {
    assert_eq!(
        (reply.status, reply.errors()),
        (409, vec![(path.to_owned(), "AMBIGUOUS_MATCH".to_owned())]),
        "{}",
        reply.text
    );
}

on_both_databases! {
    async fn an_ambiguous_name_is_refused_with_its_candidates(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let before = import_tables(&app).await;
        let reply = admin.import_with(&cast_of("m", &["Jo Lee"]), "").await;
        assert_ambiguous(&reply, "/cast/0/name");
        assert_eq!(import_tables(&app).await, before);
        let found = reply.json()["plan"]["matches"].clone();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(
            (&found[0]["given"], &found[0]["kind"], &found[0]["decision"], &found[0]["entity"]),
            (&json!("Jo Lee"), &json!("person"), &json!("ambiguous"), &Value::Null),
            "{found}"
        );
        let candidates = found[0]["candidates"].as_array().unwrap();
        let known: Vec<_> =
            candidates.iter().map(|one| (&one["id"], &one["name"], &one["known_for"])).collect();
        assert_eq!(
            known,
            [
                (&json!("tmdb-person-11"), &json!("Jo Lee"), &json!(["First Tide"])),
                (&json!("tmdb-person-12"), &json!("Jo Lee"), &json!(["Second Tide"]))
            ]
        );
        for candidate in candidates {
            let score = candidate["score"].as_f64().unwrap();
            assert!(score > 0.0 && score <= 1.0, "{candidate}");
            let reasons = candidate["reasons"].as_array().unwrap();
            assert!(
                reasons.contains(&json!("same_name"))
                    && reasons.contains(&json!("same_department")),
                "{candidate}"
            );
        }

        // At most five candidates are listed.
        let many: Vec<(String, &str)> =
            (0..8).map(|number| (format!("tmdb-person-2{number}"), "Kim Moe")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(id, name)| (id.as_str(), *name)).collect();
        with_cast(&app, "three", "Third Tide", &many).await;
        let reply = admin.import_with(&cast_of("m", &["Kim Moe"]), "").await;
        assert_ambiguous(&reply, "/cast/0/name");
        assert_eq!(reply.json()["plan"]["matches"][0]["candidates"].as_array().unwrap().len(), 5);
    }

    async fn a_resolution_publishes_and_is_stored_for_the_movie(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Jo Lee" }], "crew": [{ "name": "JO LEE", "job": "Editor" }] });
        let file = envelope("m", "cast_crew", data);
        let answer = "?resolutions=[{\"path\":\"/cast/0/name\",\"entity_id\":\"tmdb-person-12\"}]";
        let reply = admin.import_with(&file, answer).await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("published")),
            "{}",
            reply.text
        );
        for list in ["cast", "crew"] {
            assert_eq!(ids_in(&admin, "m", list).await, ["tmdb-person-12"], "{list}");
        }
        assert_eq!(
            stored_resolutions(&app).await,
            [("m".to_owned(), "jo lee".to_owned(), json!("tmdb-person-12"))]
        );
        assert_eq!(people(&app).await, 2);

        let again = admin.import_with(&file, "").await;
        assert_eq!(
            (again.status, &again.json()["status"], decisions(&again.json()["plan"])),
            (200, &json!("unchanged"), vec![]),
            "{}",
            again.text
        );

        // The stored resolution holds even when the name is no longer credited.
        let gone =
            admin.replace(&envelope("m", "cast_crew", json!({ "cast": [], "crew": [] }))).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        let later = admin
            .import_with(
                &envelope("m", "cast_crew", json!({ "writers": [{ "name": "jo  lee" }] })),
                "",
            )
            .await;
        assert_eq!(
            (later.status, &later.json()["plan"]["matches"][0]["reasons"]),
            (200, &json!(["remembered"])),
            "{}",
            later.text
        );
        assert_eq!(ids_in(&admin, "m", "writers").await, ["tmdb-person-12"]);

        app.movie("n").await;
        assert_ambiguous(&admin.import_with(&cast_of("n", &["Jo Lee"]), "").await, "/cast/0/name");
    }

    async fn a_global_resolution_yields_to_one_given_on_the_movie(app: TestApp) {
        let admin = two_namesakes(&app).await;
        app.movie("n").await;
        app.movie("o").await;
        let there = admin
            .import_document(
                &cast_of("n", &["Jo Lee"]),
                resolution("/cast/0/name", "tmdb-person-11"),
            )
            .await;
        assert_eq!(there["status"], "PUBLISHED", "{there}");
        let everywhere = json!({ "resolutions": [{ "path": "/cast/0", "entityId": "tmdb-person-12", "everywhere": true }] });
        let here = admin.import_document(&cast_of("m", &["Jo Lee"]), everywhere).await;
        assert_eq!(here["status"], "PUBLISHED", "{here}");
        for (movie, id) in
            [("n", "tmdb-person-11"), ("o", "tmdb-person-12"), ("m", "tmdb-person-12")]
        {
            let more = envelope(movie, "cast_crew", json!({ "directors": [{ "name": "JO LEE" }] }));
            let more = admin.import_with(&more, "").await;
            assert_eq!(more.status, 200, "{movie}: {}", more.text);
            assert_eq!(ids_in(&admin, movie, "directors").await, [id], "{movie}");
        }
    }

    async fn one_resolution_applies_to_every_occurrence_of_the_name(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Jo Lee" }], "crew": [{ "name": "Jo Lee", "job": "Editor" }] });
        let file = envelope("m", "cast_crew", data);
        let reply =
            admin.import_document(&file, resolution("/crew/0/name", "tmdb-person-12")).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "m", "cast").await, ["tmdb-person-12"]);

        // Two resolutions for the same name apply to their own paths.
        app.movie("n").await;
        let file = cast_of("n", &["Jo Lee", "Jo Lee"]);
        let both = json!({ "resolutions": [
            { "path": "/cast/0/name", "entityId": "tmdb-person-12" }, { "path": "/cast/1/name", "entityId": "tmdb-person-11" },
        ] });
        let reply = admin.import_document(&file, both).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "n", "cast").await, ["tmdb-person-12", "tmdb-person-11"]);
        let again = admin.import_document(&file, json!({})).await;
        assert_eq!(again["status"], "UNCHANGED", "{again}");
    }

    async fn create_new_makes_one_person_and_is_stored(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Jo Lee" }], "directors": [{ "name": "Jo Lee" }], "crew": [{ "name": "JO LEE", "job": "Editor" }] });
        let file = envelope("m", "cast_crew", data);
        let create = json!({ "resolutions": [{ "path": "/cast/0/name", "createNew": true }] });
        let reply = admin.import_document(&file, create).await;
        assert_eq!((&reply["status"], people(&app).await), (&json!("PUBLISHED"), 3), "{reply}");
        let made = ids_in(&admin, "m", "cast").await;
        assert!(made[0].starts_with("person-"), "{made:?}");
        assert_eq!(
            (ids_in(&admin, "m", "directors").await, ids_in(&admin, "m", "crew").await),
            (made.clone(), made.clone())
        );
        assert_eq!(
            stored_resolutions(&app).await,
            [("m".to_owned(), "jo lee".to_owned(), json!(made[0]))]
        );
        let again = admin.import_document(&file, json!({})).await;
        assert_eq!(again["status"], "UNCHANGED", "{again}");
        let more = admin
            .import_document(
                &envelope("m", "cast_crew", json!({ "writers": [{ "name": "Jo Lee" }] })),
                json!({}),
            )
            .await;
        assert_eq!(
            (&more["status"], ids_in(&admin, "m", "writers").await, people(&app).await),
            (&json!("PUBLISHED"), made, 3),
            "{more}"
        );
    }

    async fn create_new_on_every_path_makes_one_person(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Jo Lee" }], "directors": [{ "name": "Jo Lee" }] });
        let create = json!({ "resolutions": [{ "path": "/cast/0/name", "createNew": true }, { "path": "/directors/0", "createNew": true }] });
        let reply = admin.import_document(&envelope("m", "cast_crew", data), create).await;
        assert_eq!((&reply["status"], people(&app).await), (&json!("PUBLISHED"), 3), "{reply}");
        assert_eq!(ids_in(&admin, "m", "cast").await, ids_in(&admin, "m", "directors").await);
    }

    async fn a_resolution_applies_where_a_namesake_is_already_credited(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let file = cast_of("one", &["Jo Lee"]);
        let answer = resolution("/cast/0/name", "tmdb-person-12");
        let reply = admin.import_document(&file, answer.clone()).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "one", "cast").await, ["tmdb-person-11", "tmdb-person-12"]);
        let again = admin.import_document(&file, answer).await;
        assert_eq!(again["status"], "UNCHANGED", "{again}");
        // Both people are credited now; the stored resolution decides for other lists.
        let more = admin
            .import_document(
                &envelope("one", "cast_crew", json!({ "directors": [{ "name": "Jo Lee" }] })),
                json!({}),
            )
            .await;
        assert_eq!(more["status"], "PUBLISHED", "{more}");
        assert_eq!(ids_in(&admin, "one", "directors").await, ["tmdb-person-12"]);
    }

    async fn a_skipped_item_stays_out_of_later_imports(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Nia Ode" }, { "name": "Jo Lee" }], "crew": [{ "name": "Jo Lee", "job": "Editor" }] });
        let file = envelope("m", "cast_crew", data);
        let skip =
            ["/cast/1/name", "/crew/0/name"].map(|path| json!({ "path": path, "skip": true }));
        let reply = admin.import_document(&file, json!({ "resolutions": skip })).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        let skipped: Vec<_> = decisions(&reply["plan"])
            .into_iter()
            .filter(|(_, decision, _)| decision == "skipped")
            .collect();
        assert_eq!(
            skipped,
            [
                ("/cast/1/name".to_owned(), "skipped".to_owned(), Value::Null),
                ("/crew/0/name".to_owned(), "skipped".to_owned(), Value::Null)
            ]
        );
        assert_eq!(
            (ids_in(&admin, "m", "cast").await.len(), ids_in(&admin, "m", "crew").await.len()),
            (1, 0)
        );
        assert_eq!(
            stored_resolutions(&app).await,
            [("m".to_owned(), "jo lee".to_owned(), Value::Null)]
        );
        let again = admin.import_document(&file, json!({})).await;
        assert_eq!(
            (&again["status"], decisions(&again["plan"]).len()),
            (&json!("UNCHANGED"), 2),
            "{again}"
        );
    }

    async fn an_item_skipped_at_publication_is_not_published(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let first = admin
            .import("m", "cast_crew", json!({ "crew": [{ "name": "Ola Ry", "job": "Editor" }] }))
            .await;
        assert_eq!(first.status, 200, "{}", first.text);
        // One item is new, the other one replaces the name of a stored credit.
        let mut data = admin.export("m", "cast_crew").await["data"].clone();
        data["cast"] = json!([{ "name": "Nia Ode" }, { "name": "Jo Lee" }]);
        let renamed = data["crew"][0].as_object_mut().unwrap();
        renamed.remove("id");
        renamed["name"] = json!("Jo Lee");
        admin.draft(&envelope("m", "cast_crew", data)).await;
        let mut publish = json!({ "movieId": "m", "category": "CAST_CREW", "dryRun": true });
        publish["resolutions"] = json!([{ "path": "/cast/1/name", "skip": true }, { "path": "/crew/0/name", "skip": true }]);
        for dry_run in [true, false] {
            publish["dryRun"] = json!(dry_run);
            let done = admin.mutate("publishDraft", publish.clone()).await;
            assert_eq!(done["status"], if dry_run { "PLANNED" } else { "PUBLISHED" }, "{done}");
            let skipped = decisions(&done["plan"])
                .into_iter()
                .filter(|(_, decision, _)| decision == "skipped");
            let skipped: Vec<_> = skipped.map(|(path, ..)| path).collect();
            assert_eq!(skipped, ["/cast/1/name", "/crew/0/name"], "{done}");
        }
        let data = admin.export("m", "cast_crew").await["data"].clone();
        assert_eq!(
            (data["cast"].as_array().unwrap().len(), &data["cast"][0]["name"]),
            (1, &json!("Nia Ode")),
            "{data}"
        );
        assert_eq!(data["crew"][0]["name"], "Ola Ry", "a skipped item stays as it is: {data}");
        assert_eq!(
            stored_resolutions(&app).await,
            [("m".to_owned(), "jo lee".to_owned(), Value::Null)]
        );
    }

    async fn namesakes_in_a_list_are_told_apart_by_their_characters(app: TestApp) {
        let admin = app.movie("m").await;
        let namesakes = json!([{ "id": "tw-a", "name": "Zaro Qoll", "character": "A" }, { "id": "tw-b", "name": "Zaro Qoll", "character": "B" }]);
        assert_eq!(admin.import("m", "cast_crew", json!({ "cast": namesakes })).await.status, 200);
        // One of the two has many more credits.
        for movie in ["n", "o", "p"] {
            with_cast(&app, movie, "A Tide", &[("tw-a", "Zaro Qoll")]).await;
        }
        let before = admin.export("m", "cast_crew").await["data"].clone();
        for cast in [
            json!([{ "name": "Qoll, Zaro", "character": "A" }, { "name": "ZARO QOLL", "character": "B" }]),
            json!([{ "name": "Qoll, Zaro", "character": "B" }]),
            json!([{ "name": "Zaro  Qoll", "character": "B" }, { "name": "Qoll, Zaro", "character": "A" }]),
        ] {
            let reply = admin.import("m", "cast_crew", json!({ "cast": cast })).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let mut after = admin.export("m", "cast_crew").await["data"].clone();
            after["cast"].as_array_mut().unwrap().sort_by_key(|credit| credit["id"].to_string());
            assert_eq!(after, before, "{cast}");
        }
    }

    async fn a_credited_person_is_not_confused_with_a_namesake_in_another_list(app: TestApp) {
        let admin = app.movie("m").await;
        let data = json!({ "directors": [{ "id": "wa-a", "name": "Scott Walk" }], "writers": [{ "id": "wa-a", "name": "Scott Walk" }], "cast": [{ "id": "wa-b", "name": "Scott Walk" }] });
        assert_eq!(admin.import("m", "cast_crew", data).await.status, 200);
        for (movie, id) in [("n", "wa-b"), ("o", "wa-b"), ("p", "wa-b")] {
            with_cast(&app, movie, "A Tide", &[(id, "Scott Walk")]).await;
        }
        let file = json!({ "directors": [{ "name": "Walk, Scott" }], "writers": [{ "name": "Walk, Scott" }], "cast": [{ "name": "Walk, Scott" }] });
        let reply = admin.import("m", "cast_crew", file).await;
        assert_eq!(reply.json()["plan"]["changes"], json!([]), "{}", reply.text);
    }

    async fn an_exact_name_wins_over_an_alias_of_another_person(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = json!([{ "id": "al-a", "name": "Aldo Mennix", "character": "Hero" }, { "id": "al-b", "name": "Bo Reck", "character": "Heel" }]);
        assert_eq!(admin.import("m", "cast_crew", json!({ "cast": cast })).await.status, 200);
        let mutation = r#"mutation { updatePerson(input: {id: "al-b", addAliases: ["Aldo Mennix", "Beau Reck"]}) { userErrors { message } } }"#;
        let named = admin.graphql(mutation, json!({})).await;
        assert_eq!(named["data"]["updatePerson"]["userErrors"], json!([]), "{named}");
        // An alias of the same person does not change an item without an id.
        let file = json!({ "cast": [{ "name": "Aldo Mennix" }, { "name": "Beau Reck", "character": "Heel" }] });
        let reply = admin.import("m", "cast_crew", file).await.json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["changes"]),
            (&json!("unchanged"), &json!([])),
            "{reply}"
        );
    }

    async fn a_resolution_to_an_unknown_id_is_reported_once(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "name": "Jo Lee" }, { "name": "Nia Ode" }] });
        let wrong = json!({ "resolutions": [{ "path": "/cast/0/name", "entityId": "nope" }] });
        let reply = admin.import_document(&envelope("m", "cast_crew", data), wrong).await;
        let at = "/cast/0/name".to_owned();
        assert_eq!(
            pairs(&reply["userErrors"]),
            [(at.clone(), "NOT_FOUND".to_owned()), (at, "AMBIGUOUS_MATCH".to_owned())],
            "{reply}"
        );
        let candidates = reply["plan"]["matches"][0]["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 2, "{reply}");
    }

    async fn an_unused_resolution_is_a_warning(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let data = json!({ "cast": [{ "id": "tmdb-person-11", "name": "Jo Lee" }] });
        let reply = admin
            .import_document(
                &envelope("m", "cast_crew", data),
                resolution("/cast/0/name", "tmdb-person-12"),
            )
            .await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(
            pairs(&reply["plan"]["warnings"]),
            [("/cast/0/name".to_owned(), "RESOLUTION_UNUSED".to_owned())],
            "{reply}"
        );
        assert_eq!(ids_in(&admin, "m", "cast").await, ["tmdb-person-11"]);
    }

    async fn a_near_spelling_of_an_entity_is_a_possible_duplicate(app: TestApp) {
        let admin = app.movie("m").await;
        let award = |ceremony: &str| json!({ "awards": [{ "ceremony": ceremony, "year": 2011, "category": "Best Picture", "result": "winner" }] });
        let dry_run = async |category: &str, data: Value| {
            admin.import_with(&envelope("m", category, data), "?dry_run=true").await.json()
        };
        for (category, data, meant) in [
            ("awards", award("Acadmy Awards"), "ceremony-academy-awards"),
            (
                "streaming",
                json!({ "streaming_options": [{ "platform": "Netfilx", "type": "subscription" }] }),
                "tmdb-platform-8",
            ),
            ("basic_info", json!({ "genres": ["Science Ficton"] }), "tmdb-genre-878"),
        ] {
            let reply = dry_run(category, data).await;
            let found = &reply["plan"]["matches"][0];
            assert_eq!(
                (&found["decision"], &found["candidates"][0]["id"]),
                (&json!("new"), &json!(meant)),
                "{category}: {reply}"
            );
            assert_eq!(
                reply["plan"]["warnings"][0]["code"], "POSSIBLE_DUPLICATE",
                "{category}: {reply}"
            );
        }
        // A name with an edition number means the same ceremony.
        for edition in
            ["83rd Academy Awards", "The 83rd Annual Academy Awards", "Academy Awards (2011)"]
        {
            let reply = dry_run("awards", award(edition)).await;
            assert_eq!(
                decisions(&reply["plan"])[0].2,
                "ceremony-academy-awards",
                "{edition}: {reply}"
            );
        }
        // The id of one entity with the name of another.
        let mut oscars = award("Oscars");
        oscars["awards"][0]["ceremony_id"] = json!("ceremony-filmfare-awards");
        let offer = json!({ "streaming_options": [{ "platform": "Netflix", "platform_id": "tmdb-platform-9", "type": "subscription" }] });
        for (category, data) in [("awards", oscars), ("streaming", offer)] {
            let reply = dry_run(category, data).await;
            assert_eq!(
                reply["plan"]["warnings"][0]["code"], "NAME_OF_ANOTHER",
                "{category}: {reply}"
            );
        }
        let mut south = award("Filmfare Awards");
        south["awards"][0]["ceremony_id"] = json!("ceremony-filmfare-awards-south");
        south["awards"][0]["language"] = json!("Tamil");
        assert_eq!(dry_run("awards", south).await["plan"]["warnings"], json!([]));
    }

    async fn a_name_in_another_script_or_spacing_means_the_credited_person(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = json!([{ "id": "sc-a", "name": "Edward Norton" }, { "id": "sc-b", "name": "Helena Bonham Carter" }, { "id": "sc-c", "name": "Meat Loaf" }]);
        assert_eq!(admin.import("m", "cast_crew", json!({ "cast": cast })).await.status, 200);
        for (name, meant) in [
            ("एडवर्ड नॉर्टन", "sc-a"),
            ("Эдвард Нортон", "sc-a"),
            ("Хелена Бонем Картер", "sc-b"),
            ("Meatloaf", "sc-c"),
        ] {
            let data = json!({ "cast": [{ "name": name }] });
            let reply =
                admin.import_with(&envelope("m", "cast_crew", data), "?dry_run=true").await.json();
            let adds: Vec<_> = reply["plan"]["changes"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|change| change["op"] == "ADD")
                .collect();
            assert!(adds.is_empty(), "{name}: {reply}");
            let found = decisions(&reply["plan"]);
            assert!(found.is_empty() || found[0].2 == meant, "{name}: {reply}");
        }
    }

    async fn an_invalid_resolution_is_refused_and_nothing_is_written(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let file = cast_of("m", &["Jo Lee"]);
        let before = import_tables(&app).await;
        for (case, resolution, code) in [
            (
                "no such item",
                json!({ "path": "/cast/7/name", "entityId": "tmdb-person-11" }),
                "INVALID",
            ),
            (
                "no name",
                json!({ "path": "/cast/0/character", "entityId": "tmdb-person-11" }),
                "INVALID",
            ),
            ("no path", json!({ "path": "", "skip": true }), "INVALID"),
            ("none of the three", json!({ "path": "/cast/0/name" }), "INVALID"),
            (
                "two of the three",
                json!({ "path": "/cast/0/name", "entityId": "tmdb-person-11", "skip": true }),
                "INVALID",
            ),
            (
                "two others",
                json!({ "path": "/cast/0/name", "createNew": true, "skip": true }),
                "INVALID",
            ),
            (
                "an unknown id",
                json!({ "path": "/cast/0/name", "entityId": "tmdb-person-99" }),
                "NOT_FOUND",
            ),
            (
                "a genre",
                json!({ "path": "/cast/0/name", "entityId": "tmdb-genre-18" }),
                "NOT_FOUND",
            ),
        ] {
            let reply = admin.import_document(&file, json!({ "resolutions": [resolution] })).await;
            assert_eq!(reply["status"], "REJECTED", "{case}: {reply}");
            assert!(
                pairs(&reply["userErrors"])
                    .contains(&(resolution["path"].as_str().unwrap().to_owned(), code.to_owned())),
                "{case}: {reply}"
            );
            assert_eq!(import_tables(&app).await, before, "{case}");
        }
    }

    async fn a_dry_run_stores_no_resolution_and_its_digest_can_be_executed(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let file = cast_of("m", &["Jo Lee", "Nia Ode"]);
        for resolution in [
            json!({ "path": "/cast/0/name", "createNew": true }),
            json!({ "path": "/cast/0/name", "entityId": "tmdb-person-11" }),
        ] {
            let before = import_tables(&app).await;
            let mut options = json!({ "dryRun": true, "resolutions": [resolution] });
            let dry = admin.import_document(&file, options.clone()).await;
            assert_eq!(
                (&dry["status"], import_tables(&app).await),
                (&json!("PLANNED"), before),
                "{dry}"
            );
            options["dryRun"] = json!(false);
            options["expectedPlan"] = dry["plan"]["digest"].clone();
            if resolution["createNew"] == true {
                // A different resolution makes a different plan.
                let other = json!({ "resolutions": [{ "path": "/cast/0/name", "skip": true }], "expectedPlan": dry["plan"]["digest"] });
                assert_eq!(codes(&admin.import_document(&file, other).await), ["PLAN_STALE"]);
                continue;
            }
            let done = admin.import_document(&file, options).await;
            assert_eq!(
                (&done["status"], &done["plan"]["digest"]),
                (&json!("PUBLISHED"), &dry["plan"]["digest"]),
                "{done}"
            );
        }
    }

    async fn an_ambiguous_name_waits_in_a_draft_until_it_is_published(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let contributor = app.with_role(Role::Contributor);
        let names_before = people(&app).await;
        let file = cast_of("m", &["Nia Ode", "Jo Lee"]);
        let drafted = contributor.import_document(&file, json!({ "target": "DRAFT" })).await;
        assert_eq!(drafted["status"], "DRAFTED", "{drafted}");
        assert_eq!(
            pairs(&drafted["plan"]["warnings"]),
            [("/cast/1/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())]
        );
        assert_eq!(people(&app).await, names_before);
        let before = import_tables(&app).await;

        let query = "{ drafts { nodes { questions { path given kind decision entityId candidates { id: entityId knownFor } } } } }";
        let reply = contributor.graphql(query, json!({})).await;
        assert_eq!(
            reply["data"]["drafts"]["nodes"][0]["questions"],
            json!([{
                "path": "/cast/1/name", "given": "Jo Lee", "kind": "PERSON", "decision": "AMBIGUOUS", "entityId": null,
                "candidates": [{ "id": "tmdb-person-11", "knownFor": ["First Tide"] }, { "id": "tmdb-person-12", "knownFor": ["Second Tide"] }],
            }]),
            "{reply}"
        );
        assert_eq!(import_tables(&app).await, before, "listing the open questions changes nothing");

        let publish = json!({ "movieId": "m", "category": "CAST_CREW" });
        let refused = admin.mutate("publishDraft", publish.clone()).await;
        assert_eq!(
            pairs(&refused["userErrors"]),
            [("/cast/1/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())],
            "{refused}"
        );
        assert_eq!(import_tables(&app).await, before);

        let mut answered = publish.clone();
        answered["resolutions"] = json!([{ "path": "/cast/1/name", "entityId": "tmdb-person-12" }]);
        let published = admin.mutate("publishDraft", answered).await;
        assert_eq!(published["status"], "PUBLISHED", "{published}");
        assert_eq!(ids_in(&admin, "m", "cast").await[1], "tmdb-person-12");
        assert_eq!(people(&app).await, names_before + 1, "Nia Ode alone");
        assert_consistent_credits(&app).await;

        // A new person keeps the id that the draft has shown.
        app.movie("n").await;
        let draft = contributor.draft(&cast_of("n", &["Jo Lee", "JO LEE"])).await;
        let mut answered = json!({ "movieId": "n", "category": "CAST_CREW" });
        answered["resolutions"] = json!([{ "path": "/cast/0/name", "createNew": true }]);
        let published = admin.mutate("publishDraft", answered).await;
        assert_eq!(published["status"], "PUBLISHED", "{published}");
        let made = ids_in(&admin, "n", "cast").await;
        assert_eq!((json!(made[0]), &made[0]), (draft["data"]["cast"][0]["id"].clone(), &made[1]));
        assert_eq!(people(&app).await, names_before + 2);
        assert_consistent_credits(&app).await;
        let reply = contributor.graphql(query, json!({})).await;
        assert_eq!(reply["data"]["drafts"]["nodes"], json!([]), "{reply}");
    }

    async fn forms_of_a_name_resolve_to_the_same_person(app: TestApp) {
        let admin = with_cast(
            &app,
            "one",
            "First Tide",
            &[
                ("p-pitt", "Brad Pitt"),
                ("p-downey", "Robert Downey Jr."),
                ("p-bond", "Сергей Бондарчук"),
                ("p-abrams", "J. J. Abrams"),
            ],
        )
        .await;
        let forms = [
            ("Pitt, Brad", 0),
            ("PITT, BRAD", 0),
            ("Brad  Pitt", 0),
            ("brad pitt", 0),
            ("Bràd Pitt", 0),
            ("Robert Downey, Jr.", 1),
            ("Downey, Robert, Jr.", 1),
            ("ROBERT DOWNEY JR", 1),
            ("Robert Downey Junior", 1),
            ("Sergey Bondarchuk", 2),
            ("Bondarchuk, Sergey", 2),
            ("JJ Abrams", 3),
            ("J.J. Abrams", 3),
        ];
        let before = admin.export("one", "cast_crew").await["data"].clone();
        let stored = before["cast"].as_array().unwrap();
        for (index, (form, person)) in forms.into_iter().enumerate() {
            // In the list that already has the credit, nothing changes.
            let reply = admin.import_with(&cast_of("one", &[form]), "").await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("unchanged")),
                "{form}: {}",
                reply.text
            );
            // On another movie, the credit keeps the name as sent.
            let movie = format!("movie-{index}");
            app.movie(&movie).await;
            let reply = admin.import_with(&cast_of(&movie, &[form]), "").await;
            assert_eq!(reply.status, 200, "{form}: {}", reply.text);
            let credit = admin.export(&movie, "cast_crew").await["data"]["cast"][0].clone();
            assert_eq!(
                (&credit["id"], &credit["name"]),
                (&stored[person]["id"], &json!(form)),
                "{form}"
            );
        }
        assert_eq!(admin.export("one", "cast_crew").await["data"], before);
        assert_eq!(people(&app).await, 4);
        // Sr. and Jr. are different people.
        let reply = admin.import_with(&cast_of("movie-0", &["Robert Downey Sr."]), "").await;
        assert_eq!((reply.status, people(&app).await), (200, 5), "{}", reply.text);
    }

    async fn initials_are_ambiguous_unless_the_person_is_credited_on_the_movie(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Tamsin Okonjo")]).await;
        app.movie("m").await;
        let reply = admin.import_with(&cast_of("m", &["T. Okonjo"]), "").await;
        assert_ambiguous(&reply, "/cast/0/name");
        let candidate = reply.json()["plan"]["matches"][0]["candidates"][0].clone();
        assert_eq!(candidate["id"], "p-1", "{candidate}");
        assert!(
            candidate["reasons"].as_array().unwrap().contains(&json!("initials")),
            "{candidate}"
        );
        let here = envelope("one", "cast_crew", json!({ "directors": [{ "name": "T. Okonjo" }] }));
        let reply = admin.import_with(&here, "").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(
            reply.json()["plan"]["matches"][0]["reasons"]
                .as_array()
                .unwrap()
                .contains(&json!("credited_here")),
            "{}",
            reply.text
        );
        assert_eq!(
            (ids_in(&admin, "one", "directors").await, people(&app).await),
            (vec!["p-1".to_owned()], 1)
        );
    }

    async fn a_reversed_name_is_ambiguous_unless_the_person_is_credited_on_the_movie(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Campbell Scott")]).await;
        app.movie("m").await;
        let reply = admin.import_with(&cast_of("m", &["Scott Campbell"]), "").await;
        assert_ambiguous(&reply, "/cast/0/name");
        let candidate = reply.json()["plan"]["matches"][0]["candidates"][0].clone();
        assert!(
            candidate["reasons"].as_array().unwrap().contains(&json!("other_order")),
            "{candidate}"
        );
        // The comma marks the surname.
        let reply = admin.import_with(&cast_of("m", &["Scott, Campbell"]), "").await;
        assert_eq!(
            (reply.status, ids_in(&admin, "m", "cast").await),
            (200, vec!["p-1".to_owned()]),
            "{}",
            reply.text
        );
        let reply = admin.import_with(&cast_of("one", &["Scott Campbell"]), "").await;
        assert_eq!((reply.status, people(&app).await), (200, 1), "{}", reply.text);
    }

    async fn two_equal_candidates_score_about_one_half_each(app: TestApp) {
        with_cast(&app, "one", "First Tide", &[("p-1", "Jo Lee")]).await;
        let admin = with_cast(&app, "two", "Second Tide", &[("p-2", "Jo Lee")]).await;
        app.movie("m").await;
        let reply = admin.import_with(&cast_of("m", &["Jo Lee"]), "").await;
        assert_ambiguous(&reply, "/cast/0/name");
        let scores: Vec<f64> = reply.json()["plan"]["matches"][0]["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|candidate| candidate["score"].as_f64().unwrap())
            .collect();
        assert!(
            scores.len() == 2 && scores.iter().all(|score| (0.4..=0.5).contains(score)),
            "{scores:?}"
        );
    }

    async fn a_near_name_does_not_replace_a_credited_person(app: TestApp) {
        let admin = app.admin();
        for (movie, stored, sent) in [
            ("m1", "Campbell Scott", "Scott Campbell"),
            ("m2", "Halvor Brekkum Jr.", "Halvor Brekkum"),
            ("m3", "Erika Janssen", "Erik Janssen"),
            ("m4", "Jonas Adamsky", "Jonas Quincy Adamsky"),
            ("m5", "Janet Smithers", "J. Smithers"),
            ("m6", "李明", "黎明"),
        ] {
            app.movie(movie).await;
            let one =
                json!({ "id": format!("id-{movie}"), "name": stored, "character": "The one" });
            assert_eq!(
                admin.import(movie, "cast_crew", json!({ "cast": [one] })).await.status,
                200
            );
            let before = admin.export(movie, "cast_crew").await["data"]["cast"].clone();
            let file = envelope(
                movie,
                "cast_crew",
                json!({ "cast": [{ "name": sent, "character": "Another one" }] }),
            );
            let reply = admin.import_with(&file, "").await;
            let after = admin.export(movie, "cast_crew").await["data"]["cast"].clone();
            assert_eq!(after[0], before[0], "{stored}, {sent}: {}", reply.text);
            assert!(matches!(reply.status, 200 | 409), "{stored}, {sent}: {}", reply.text);
            assert_eq!(
                after.as_array().unwrap().len(),
                if reply.status == 200 { 2 } else { 1 },
                "{sent}"
            );
        }
    }

    async fn a_credited_name_means_that_person_on_the_movie(app: TestApp) {
        with_cast(&app, "one", "First Tide", &[("p-1", "Jo Lee")]).await;
        let admin = app.movie("two").await;
        // As after a split: a person who is still credited under the name of another one.
        assert_eq!(
            admin
                .import(
                    "one",
                    "cast_crew",
                    json!({ "crew": [{ "id": "p-2", "name": "Ada Quist", "job": "Gaffer" }] })
                )
                .await
                .status,
            200
        );
        let file =
            envelope("two", "cast_crew", json!({ "cast": [{ "id": "p-2", "name": "Jo Lee" }] }));
        assert_eq!(admin.import_with(&file, "?source=manual").await.status, 200);
        let reply =
            admin.import("two", "cast_crew", json!({ "writers": [{ "name": "Jo Lee" }] })).await;
        assert_eq!(
            (reply.status, ids_in(&admin, "two", "writers").await),
            (200, vec!["p-2".to_owned()]),
            "{}",
            reply.text
        );
    }

    async fn a_shortened_name_does_not_replace_the_stored_one(app: TestApp) {
        let admin = app.movie("m").await;
        let whole = json!([
            { "id": "p-1", "name": "Edward Norton", "character": "The host" },
            { "id": "p-2", "name": "Halvor Brekkum Jr.", "character": "The guest" },
        ]);
        assert_eq!(admin.import("m", "cast_crew", json!({ "cast": whole })).await.status, 200);
        let cast = admin.export("m", "cast_crew").await["data"]["cast"].clone();
        let credit =
            |name: &str, at: usize| json!({ "name": name, "character": cast[at]["character"] });
        let less = json!({ "cast": [credit("E. Norton", 0), credit("Halvor Brekkum", 1)] });
        let reply = admin.import_with(&envelope("m", "cast_crew", less), "").await;
        assert_eq!(
            (reply.status, admin.export("m", "cast_crew").await["data"]["cast"].clone()),
            (200, cast),
            "{}",
            reply.text
        );
    }

    async fn a_skipped_item_is_not_removed_by_replace(app: TestApp) {
        let admin = with_cast(&app, "m", "A tide", &[("p-1", "Tamsin Okonjo")]).await;
        let file = cast_of("m", &["Tamsin Okonjo"]);
        let skip = "resolutions=[{\"path\":\"/cast/0\",\"skip\":true}]";
        let before = admin.export("m", "cast_crew").await["data"].clone();
        let reply =
            admin.import_with(&file, &format!("?mode=replace&base_revision=1&{skip}")).await;
        assert_eq!(
            (reply.status, admin.export("m", "cast_crew").await["data"].clone()),
            (200, before),
            "{}",
            reply.text
        );
        assert!(
            reply.json()["message"].as_str().unwrap().contains("skipped by a resolution"),
            "{}",
            reply.text
        );
    }

    async fn all_credits_of_a_name_in_the_document_are_weighed_together(app: TestApp) {
        for movie in ["one", "two"] {
            with_cast(&app, movie, "A tide", &[("p-1", "Jo Lee")]).await;
        }
        let admin = app.movie("three").await;
        let directed = json!({ "directors": [{ "id": "p-2", "name": "Jo Lee" }] });
        assert_eq!(admin.import("three", "cast_crew", directed).await.status, 200);
        app.movie("m").await;
        let file = json!({ "producers": [{ "name": "Jo Lee" }], "cast": [{ "name": "Jo Lee", "character": "The pilot" }] });
        let reply = admin.import_with(&envelope("m", "cast_crew", file), "").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        for list in ["producers", "cast"] {
            assert_eq!(ids_in(&admin, "m", list).await, ["p-1"], "{list}");
        }
    }

    async fn chinese_homophones_are_different_people(app: TestApp) {
        let admin = app.movie("m").await;
        let reply = admin.import_with(&cast_of("m", &["陈静", "陈晶", "陳靖", "陈 静"]), "").await;
        assert_eq!((reply.status, people(&app).await), (200, 3), "{}", reply.text);
        let ids = ids_in(&admin, "m", "cast").await;
        assert_eq!(ids[0], ids[3]);
    }

    async fn a_credited_form_of_a_name_is_known_in_all_lists_of_the_movie(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Tamsin Okonjo")]).await;
        with_cast(&app, "m", "Second Tide", &[("p-1", "T. Okonjo")]).await;
        let more = envelope("m", "cast_crew", json!({ "directors": [{ "name": "T. Okonjo" }] }));
        let reply = admin.import_with(&more, "").await;
        assert_eq!((reply.status, people(&app).await), (200, 1), "{}", reply.text);
        assert_eq!(ids_in(&admin, "m", "directors").await, ["p-1"]);
    }

    async fn a_name_resolved_in_one_list_is_resolved_in_the_others(app: TestApp) {
        with_cast(&app, "one", "First Tide", &[("tmdb-person-11", "Jo Lee")]).await;
        let admin = app.admin();
        for movie in ["two", "three"] {
            app.movie(movie).await;
            let directed = json!({ "directors": [{ "id": "tmdb-person-12", "name": "Jo Lee" }] });
            assert_eq!(admin.import(movie, "cast_crew", directed).await.status, 200);
        }
        app.movie("m").await;
        // For a producer alone, both are possible.
        let produced = json!({ "producers": [{ "name": "Jo Lee" }] });
        assert_ambiguous(
            &admin.import_with(&envelope("m", "cast_crew", produced), "").await,
            "/producers/0/name",
        );
        let both =
            json!({ "directors": [{ "name": "Jo Lee" }], "producers": [{ "name": "Jo Lee" }] });
        let reply = admin.import_with(&envelope("m", "cast_crew", both.clone()), "").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        for list in ["directors", "producers"] {
            assert_eq!(ids_in(&admin, "m", list).await, ["tmdb-person-12"], "{list}");
        }
        let again = admin.import_with(&envelope("m", "cast_crew", both), "").await.json();
        assert_eq!(again["plan"]["changes"], json!([]));
    }

    async fn a_skip_applies_to_its_own_path_only(app: TestApp) {
        with_cast(&app, "one", "First Tide", &[("h-1", "Hom Onym")]).await;
        let admin = with_cast(&app, "two", "Second Tide", &[("h-2", "Hom Onym")]).await;
        app.movie("m").await;
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "cast": [{ "name": "Hom Onym", "character": "A" }], "crew": [{ "name": "Hom Onym", "job": "Grip" }] }),
        );
        let skipped = json!({ "path": "/crew/0/name", "skip": true });
        let asked = admin.import_with(&file, &with_resolutions(&json!([skipped]))).await;
        assert_ambiguous(&asked, "/cast/0/name");
        let answers = json!([skipped, { "path": "/cast/0/name", "entity_id": "h-1" }]);
        let reply = admin.import_with(&file, &with_resolutions(&answers)).await;
        assert_eq!(
            (reply.status, ids_in(&admin, "m", "cast").await),
            (200, vec!["h-1".to_owned()]),
            "{}",
            reply.text
        );
        let again = admin.import_with(&file, "").await.json();
        assert_eq!(
            (&again["status"], ids_in(&admin, "m", "crew").await),
            (&json!("unchanged"), Vec::new()),
            "{again}"
        );
    }

    async fn a_genre_cannot_be_resolved_to_another_genre(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope("m", "basic_info", json!({ "title": "Tide", "genres": ["Thriller"] }));
        let answers = json!([{ "path": "/genres/0", "entity_id": "tmdb-genre-18" }]);
        let reply = admin.import_with(&file, &with_resolutions(&answers)).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["path"]),
            (422, &json!("/genres/0")),
            "{}",
            reply.text
        );
    }

    async fn a_movie_is_found_by_the_genre_its_spelling_was_resolved_to(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope("m", "basic_info", json!({ "title": "Tide", "genres": ["Wes.tern"] }));
        assert_eq!(admin.import_with(&file, "").await.status, 200);
        let found = admin
            .graphql(r#"{ movies(filter: { genres: ["Western"] }) { nodes { id } } }"#, json!({}))
            .await;
        assert_eq!(found["data"]["movies"]["nodes"], json!([{ "id": "m" }]), "{found}");
    }

    async fn a_stored_resolution_wins_over_the_language(app: TestApp) {
        let admin = app.movie("m").await;
        let award = json!({ "ceremony": "Filmfare Awards", "language": "Tamil", "year": 2011, "category": "Best Actor", "result": "winner" });
        let file = envelope("m", "awards", json!({ "awards": [award] }));
        let answers =
            json!([{ "path": "/awards/0/ceremony", "entity_id": "ceremony-filmfare-awards" }]);
        assert_eq!(admin.import_with(&file, &with_resolutions(&answers)).await.status, 200);
        let again = admin.import_with(&file, "").await.json();
        assert_eq!(again["status"], "unchanged", "{again}");
    }

    async fn a_person_left_without_credits_by_a_reverted_split_is_no_candidate(app: TestApp) {
        with_cast(&app, "one", "First Tide", &[("g-1", "Gho Stly")]).await;
        let admin = with_cast(&app, "two", "Second Tide", &[("g-1", "Gho Stly")]).await;
        app.movie("m").await;
        let file = envelope("m", "cast_crew", json!({ "directors": [{ "name": "Gho Stly" }] }));
        let split = r#"mutation { splitPerson(input: { id: "g-1", movieIds: ["two"] }) { userErrors { message } } }"#;
        let split = admin.graphql(split, json!({})).await;
        assert_eq!(split["data"]["splitPerson"]["userErrors"], json!([]), "{split}");
        let back = json!({ "movieId": "two", "category": "CAST_CREW", "revision": 1 });
        assert_eq!(admin.mutate("revertCategory", back).await["status"], "PUBLISHED");
        let plan = admin.import_with(&file, "?dry_run=true").await.json()["plan"].clone();
        assert_eq!(plan["matches"][0]["entity"], "g-1", "{plan}");
    }

    async fn two_spellings_of_one_person_in_a_list_stay_one_person(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Tamsin Okonjo")]).await;
        app.movie("m").await;
        let credit = |name: &str, character: &str| json!({ "name": name, "character": character });
        let mut cast = vec![credit("Okonjo, Tamsin", "A"), credit("Tamsin-Okonjo", "B")];
        let file = |cast: &[Value]| envelope("m", "cast_crew", json!({ "cast": cast }));
        let reply = admin.import_with(&file(&cast), "").await;
        assert_eq!(
            (reply.status, ids_in(&admin, "m", "cast").await),
            (200, vec!["p-1".to_owned(); 2]),
            "{}",
            reply.text
        );
        let again = admin.import_with(&file(&cast), "").await.json();
        assert_eq!(
            (&again["status"], &again["plan"]["counts"]["new_entities"]),
            (&json!("unchanged"), &json!(0)),
            "{again}"
        );
        cast.push(credit("Somebody New", "C"));
        let reply = admin.import_with(&file(&cast), "").await;
        assert_eq!((reply.status, people(&app).await), (200, 2), "{}", reply.text);
    }

    async fn a_transliterated_name_is_resolved_or_reported_as_ambiguous(app: TestApp) {
        let known = ["Christopher Nolan", "Hugh Jackman", "Shah Rukh Khan", "Leonardo DiCaprio"];
        let known: Vec<(String, &str)> =
            known.iter().enumerate().map(|(n, name)| (format!("p-{n}"), *name)).collect();
        let cast: Vec<(&str, &str)> = known.iter().map(|(id, name)| (id.as_str(), *name)).collect();
        let admin = with_cast(&app, "one", "First Tide", &cast).await;
        with_cast(&app, "two", "Second Tide", &cast).await;
        app.movie("m").await;
        let written = ["Кристофер Нолан", "Хью Джекман", "शाहरुख़ ख़ान", "Леонардо Ди Каприо"];
        for (n, name) in written.iter().enumerate() {
            let reply = admin.import_with(&cast_of("m", &[name]), "").await;
            assert_eq!(people(&app).await, known.len(), "{name}: {}", reply.text);
            let found = &reply.json()["plan"]["matches"][0];
            let meant = if found["entity"].is_null() {
                &found["candidates"][0]["id"]
            } else {
                &found["entity"]
            };
            assert_eq!(meant, known[n].0.as_str(), "{name}: {found}");
        }
    }

    async fn a_mistyped_name_lists_the_likely_person_as_candidate(app: TestApp) {
        let cast =
            [("p-1", "Michael Fassbender"), ("p-2", "Leonardo Moretti"), ("p-3", "Ada Fassbind")];
        let admin = with_cast(&app, "one", "First Tide", &cast).await;
        app.movie("m").await;
        let names = [
            "Michael Fassbemder",
            "Lenoardo Moretti",
            "Jichael Fassbender",
            "Leonardo Noretti",
            "Ada Fasching",
        ];
        let reply = admin.import_with(&cast_of("m", &names), "?dry_run=true").await.json();
        let matches = reply["plan"]["matches"].as_array().unwrap();
        let best: Vec<&Value> = matches.iter().map(|found| &found["candidates"][0]["id"]).collect();
        assert_eq!(
            best,
            ["p-1", "p-2", "p-1", "p-2"]
                .map(Value::from)
                .iter()
                .chain([&Value::Null])
                .collect::<Vec<_>>(),
            "{reply}"
        );
    }

    async fn a_near_name_creates_a_person_with_a_duplicate_warning(app: TestApp) {
        // The department and the year differ.
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Alain Marten")]).await;
        app.movie("m").await;
        assert_eq!(
            admin
                .import("m", "basic_info", json!({ "title": "Late Tide", "year": "2024" }))
                .await
                .status,
            200
        );
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "crew": [{ "name": "Alan Martin", "job": "Gaffer", "department": "Lighting" }] }),
        );
        let reply = admin.import_with(&file, "").await;
        assert_eq!((reply.status, people(&app).await), (200, 2), "{}", reply.text);
        let plan = reply.json()["plan"].clone();
        assert_eq!(
            upper_case_pairs(&plan["warnings"]),
            [("/crew/0/name".to_owned(), "POSSIBLE_DUPLICATE".to_owned())],
            "{plan}"
        );
        let found = &plan["matches"][0];
        assert_eq!(
            (&found["decision"], &found["candidates"][0]["id"]),
            (&json!("new"), &json!("p-1")),
            "{found}"
        );
        assert_ne!(found["entity"], "p-1");
    }

    async fn an_id_with_the_name_of_another_person_is_kept_with_a_warning(app: TestApp) {
        let admin =
            with_cast(&app, "one", "First Tide", &[("p-1", "Ada Quist"), ("p-2", "Bo Renn")]).await;
        app.movie("m").await;
        let before = dump(&app.database.url, &["entities", "entity_names"]).await;
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "cast": [{ "id": "p-1", "name": "Bo Renn" }, { "id": "p-2", "name": "B. Renn" }] }),
        );
        let reply = admin.import_with(&file, "?source=manual").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(
            upper_case_pairs(&reply.json()["plan"]["warnings"]),
            [("/cast/0/name".to_owned(), "NAME_OF_ANOTHER".to_owned())],
            "{}",
            reply.text
        );
        assert_eq!(ids_in(&admin, "m", "cast").await, ["p-1", "p-2"]);
        assert_eq!(admin.export("m", "cast_crew").await["data"]["cast"][0]["name"], "Bo Renn");
        assert_eq!(
            dump(&app.database.url, &["entities", "entity_names"]).await,
            before,
            "no entity is renamed"
        );
        let again = admin.import_with(&file, "?source=manual").await.json();
        assert_eq!(
            (&again["status"], &again["plan"]["warnings"]),
            (&json!("unchanged"), &json!([])),
            "{again}"
        );
    }

    async fn ceremonies_and_platforms_resolve_by_the_reference_data(app: TestApp) {
        let admin = app.movie("m").await;
        let ceremonies = [
            ("Filmfare Awards", Some("Tamil"), "ceremony-filmfare-awards-south"),
            ("Filmfare Awards", Some("Hindi"), "ceremony-filmfare-awards"),
            ("Filmfare Awards", None, "ceremony-filmfare-awards"),
            ("Filmfare Awards South", None, "ceremony-filmfare-awards-south"),
            ("Oscars", None, "ceremony-academy-awards"),
            ("The Oscars", None, "ceremony-academy-awards"),
        ];
        let awards = ceremonies.iter().enumerate().map(|(index, (name, language, _))| {
            let mut award = json!({ "ceremony": name, "year": 1950 + index, "category": "Best Tide", "result": "winner" });
            if let Some(language) = language {
                award["language"] = json!(language);
            }
            award
        });
        let sent = json!({ "awards": awards.collect::<Vec<_>>() });
        let reply = admin.import("m", "awards", sent.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let stored = admin.export("m", "awards").await["data"]["awards"].clone();
        for (award, (name, language, id)) in stored.as_array().unwrap().iter().zip(ceremonies) {
            assert_eq!(
                (&award["ceremony"], &award["ceremony_id"]),
                (&json!(name), &json!(id)),
                "{name} {language:?}"
            );
        }
        assert_eq!(admin.import("m", "awards", sent).await.json()["status"], "unchanged");

        let offers = ["Prime Video", "Amazon Prime Video", "Apple TV+", "Apple TV"]
            .map(|platform| json!({ "platform": platform, "type": "rent" }));
        let reply = admin.import("m", "streaming", json!({ "streaming_options": offers })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let stored = admin.export("m", "streaming").await["data"]["streaming_options"].clone();
        let ids: Vec<&str> = stored
            .as_array()
            .unwrap()
            .iter()
            .map(|offer| offer["platform_id"].as_str().unwrap())
            .collect();
        assert_eq!((ids[0], ids[1]), ("tmdb-platform-9", "tmdb-platform-9"));
        assert_ne!(ids[2], ids[3]);
        assert_eq!(made_entities(&app.database.url).await, Vec::<Value>::new());
    }

    async fn spellings_of_a_genre_are_one_genre_and_are_exported_as_sent(app: TestApp) {
        let admin = app.admin();
        for (index, genre) in
            ["Sci-Fi", "SciFi", "Science-Fiction", "science fiction"].into_iter().enumerate()
        {
            let movie = format!("movie-{index}");
            app.movie(&movie).await;
            let reply = admin.import(&movie, "basic_info", json!({ "genres": [genre] })).await;
            assert_eq!(reply.status, 200, "{genre}: {}", reply.text);
            assert_eq!(admin.export(&movie, "basic_info").await["data"]["genres"], json!([genre]));
        }
        assert_eq!(made_entities(&app.database.url).await, Vec::<Value>::new());
        for genre in ["Sci-Fi", "Science Fiction", "SCIFI"] {
            let query =
                "query($genre: String!) { movies(filter: { genres: [$genre] }) { totalCount } }";
            let reply = admin.graphql(query, json!({ "genre": genre })).await;
            assert_eq!(reply["data"]["movies"]["totalCount"], 4, "{genre}: {reply}");
        }
    }

    async fn a_hundred_unknown_names_cost_as_many_statements_as_five(app: TestApp) {
        let admin = app.admin();
        with_cast(&app, "one", "First Tide", &[("p-1", "Ada Quist"), ("p-2", "Ada Quist")]).await;
        let mut counts = Vec::new();
        for (movie, number) in [("first", 1), ("few", 5), ("many", 100)] {
            app.movie(movie).await;
            let letters = |number: usize| {
                [number / 10, number % 10]
                    .map(|digit| char::from(b'a' + digit as u8))
                    .into_iter()
                    .collect::<String>()
            };
            let names: Vec<String> = (0..number)
                .map(|index| format!("{} {}{movie}", letters(index), letters(index)))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let file = cast_of(movie, &names);
            let (dry, reply) = app.count_queries(admin.import_with(&file, "?dry_run=true")).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let (count, reply) = app.count_queries(admin.import_with(&file, "")).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            counts.push((dry, count));
        }
        assert_eq!(counts[1], counts[2]);
    }
}

/// `(path, code)` of each entry, with the code in the GraphQL spelling.
fn upper_case_pairs(list: &Value) -> Vec<(String, String)> {
    pairs(list).into_iter().map(|(path, code)| (path, code.to_uppercase())).collect()
}

/// Asserts that every credited person exists and that the projections agree with the documents.
async fn assert_consistent_credits(app: &TestApp) {
    let entities = rows(&app.database.url, "entities").await;
    for credit in rows(&app.database.url, "credits").await {
        assert!(entities.iter().any(|entity| entity["id"] == credit["person_id"]), "{credit}");
    }
    app.assert_consistent().await;
}
