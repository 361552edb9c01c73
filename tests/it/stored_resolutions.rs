//! Stored resolutions: where they apply, how they wait with a draft, and which ones are refused.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::resolutions::{
    cast_of, decisions, ids_in, people, resolution, stored_resolutions, two_namesakes, with_cast,
};
use crate::support::database::execute;
use crate::support::operations::{codes, pairs};
use crate::support::{Client, envelope, token};

/// The codes of a plan's warnings.
fn warning_codes(plan: &Value) -> Vec<&str> {
    plan["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

fn award(language: Option<&str>, result: &str) -> Value {
    let mut award = json!({ "ceremony": "Filmfare Awards", "year": 2012, "category": "Best Film", "nominee": "X", "result": result });
    if let Some(language) = language {
        award["language"] = json!(language);
    }
    envelope("m", "awards", json!({ "awards": [award] }))
}

/// `(ceremony_id, language, result)` of the awards of movie `m`.
async fn awards(admin: &Client) -> Vec<(String, String, String)> {
    let data = admin.export("m", "awards").await["data"]["awards"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    data.as_array()
        .unwrap()
        .iter()
        .map(|of| (text(&of["ceremony_id"]), text(&of["language"]), text(&of["result"])))
        .collect()
}

on_both_databases! {
    async fn candidates_among_very_many_are_those_with_the_smallest_ids(app: TestApp) {
        let admin =
            with_cast(&app, "one", "First Tide", &[("tmdb-person-0", "Zoe Quellington")]).await;
        app.movie("m").await;
        // More entities than are read share all but one of the person's blocking keys.
        let crowd = "CREATE TABLE kept AS SELECT block FROM entity_blocks
                WHERE entity_id = 'tmdb-person-0';
            DELETE FROM entity_blocks WHERE entity_id = 'tmdb-person-0'
                AND block < (SELECT MAX(block) FROM kept);
            WITH RECURSIVE crowd(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM crowd WHERE i < 20000)
            INSERT INTO entity_blocks (block, entity_id)
                SELECT block, 'z-' || i FROM kept, crowd
                WHERE block < (SELECT MAX(block) FROM kept);
            DROP TABLE kept;";
        execute(&app.database.url, crowd).await;
        let reply = admin
            .import_document(&cast_of("m", &["Quellington, Zoe"]), json!({ "dryRun": true }))
            .await;
        let found = &reply["plan"]["matches"][0];
        let candidates = found["candidates"].as_array().into_iter().flatten();
        let mut ids = candidates.map(|candidate| &candidate["id"]).chain([&found["entityId"]]);
        assert!(ids.any(|id| id == "tmdb-person-0"), "{reply}");
    }

    async fn a_document_that_is_too_long_stores_no_resolutions(app: TestApp) {
        let admin =
            with_cast(&app, "one", "First Tide", &[("tmdb-person-11", "Brad Pitt")]).await;
        app.movie("m").await;
        let address = app
            .with_settings(|app| app.catalog = app.catalog.clone().with_max_stored(1_000))
            .await;
        let limited = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
        let character = "x".repeat(290);
        let cast: Vec<Value> = ["B. Pitt", "Jo", "Cy", "Di"]
            .iter()
            .map(|name| json!({ "name": name, "character": character }))
            .collect();
        let file = envelope("m", "cast_crew", json!({ "cast": cast }));
        let options = resolution("/cast/0/name", "tmdb-person-11");
        let refused = limited.import_document(&file, options.clone()).await;
        assert_eq!(codes(&refused), ["TOO_LONG"], "{refused}");
        assert_eq!(stored_resolutions(&app).await, []);
        // The same import stores the resolution where the document is not too long.
        let done = admin.import_document(&file, options).await;
        assert_eq!(done["status"], "PUBLISHED", "{done}");
        assert_eq!(stored_resolutions(&app).await.len(), 1);
    }

    async fn a_global_resolution_applies_to_any_name_of_the_entity(app: TestApp) {
        let admin = with_cast(
            &app,
            "one",
            "First Tide",
            &[("tmdb-person-11", "Brad Pitt"), ("tmdb-person-12", "Jo Lee")],
        )
        .await;
        for movie in ["m", "n"] {
            app.movie(movie).await;
        }
        // Initials, and a name that no known person has.
        for (name, id) in [("B. Pitt", "tmdb-person-11"), ("Zaphod", "tmdb-person-12")] {
            let mut options = resolution("/cast/0/name", id);
            options["resolutions"][0]["everywhere"] = json!(true);
            let reply = admin.import_document(&cast_of("m", &[name]), options).await;
            assert_eq!(reply["status"], "PUBLISHED", "{reply}");
            let reply =
                admin.import_document(&cast_of("n", &[name]), json!({ "dryRun": true })).await;
            assert_eq!(
                decisions(&reply["plan"]),
                [("/cast/0/name".to_owned(), "matched".to_owned(), json!(id))],
                "{name}: {reply}"
            );
            assert_eq!(warning_codes(&reply["plan"]), [""; 0], "{name}");
        }
        // It applies in other lists of the movie, and after the credit was removed.
        let writers = envelope("m", "cast_crew", json!({ "writers": [{ "name": "Zaphod" }] }));
        let reply = admin.import_document(&writers, json!({ "dryRun": true })).await;
        assert_eq!(decisions(&reply["plan"])[0].2, "tmdb-person-12", "{reply}");
        assert_eq!(
            admin.replace(&envelope("m", "cast_crew", json!({ "cast": [] }))).await.status,
            200
        );
        let reply = admin.import_document(&cast_of("m", &["Zaphod"]), json!({})).await;
        assert_eq!(ids_in(&admin, "m", "cast").await, ["tmdb-person-12"], "{reply}");
        // It follows the redirect after a merge.
        let merge = "mutation { mergePeople(input: {id: \"tmdb-person-11\", otherIds: [\"tmdb-person-12\"]}) { userErrors { message } } }";
        assert_eq!(
            admin.graphql(merge, json!({})).await["data"]["mergePeople"]["userErrors"],
            json!([])
        );
        let reply =
            admin.import_document(&cast_of("n", &["Zaphod"]), json!({ "dryRun": true })).await;
        assert_eq!(decisions(&reply["plan"])[0].2, "tmdb-person-11", "{reply}");
        // Platforms are resolved in the same way.
        let offer = |movie: &str| {
            envelope(
                movie,
                "streaming",
                json!({ "streaming_options": [{ "platform": "The Blue One", "region": "US", "type": "subscription" }] }),
            )
        };
        let mut options = resolution("/streaming_options/0/platform", "tmdb-platform-9");
        options["resolutions"][0]["everywhere"] = json!(true);
        let reply = admin.import_document(&offer("m"), options).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        let reply = admin.import_document(&offer("n"), json!({ "dryRun": true })).await;
        assert_eq!(decisions(&reply["plan"])[0].2, "tmdb-platform-9", "{reply}");
        // Global resolutions are not stored for a movie.
        assert!(stored_resolutions(&app).await.iter().all(|(movie, ..)| movie != "m"));
    }

    async fn deleting_a_movie_deletes_its_resolutions(app: TestApp) {
        let admin = two_namesakes(&app).await;
        admin
            .import_document(
                &cast_of("m", &["Jo Lee"]),
                resolution("/cast/0/name", "tmdb-person-12"),
            )
            .await;
        assert_eq!(stored_resolutions(&app).await.len(), 1);
        admin
            .graphql(
                "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { message } } }",
                json!({}),
            )
            .await;
        assert_eq!(stored_resolutions(&app).await, []);
    }

    async fn a_resolution_applies_to_the_item_waiting_in_a_draft(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let contributor = app.with_role(Role::Contributor);
        let file = |movie: &str| {
            envelope(
                movie,
                "cast_crew",
                json!({ "cast": [{ "name": "Jo Lee", "character": "Nurse" }, { "name": "Nia Ode" }] }),
            )
        };
        let draft = |mut options: Value| {
            options["target"] = json!("DRAFT");
            options
        };
        let questions = async || {
            let reply =
                contributor.graphql("{ drafts { nodes { questions { path } } } }", json!({})).await;
            reply["data"]["drafts"]["nodes"][0]["questions"].as_array().unwrap().len()
        };
        for (movie, answer, expected) in [
            ("m", json!({ "entityId": "tmdb-person-12" }), Some("tmdb-person-12")),
            ("n", json!({ "createNew": true }), None),
            ("o", json!({ "skip": true }), None),
        ] {
            if movie != "m" {
                app.movie(movie).await;
            }
            contributor.import_document(&file(movie), draft(json!({}))).await;
            assert_eq!(questions().await, 1, "{movie}");
            let mut resolution = json!({ "path": "/cast/0/name" });
            resolution.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
            let reply = contributor
                .import_document(&file(movie), draft(json!({ "resolutions": [resolution] })))
                .await;
            assert_eq!(
                (&reply["status"], warning_codes(&reply["plan"])),
                (&json!("DRAFTED"), vec![]),
                "{movie}: {reply}"
            );
            assert_eq!(questions().await, 0, "{movie}");
            let before = people(&app).await;
            let published = admin
                .mutate("publishDraft", json!({ "movieId": movie, "category": "CAST_CREW" }))
                .await;
            assert_eq!(published["status"], "PUBLISHED", "{movie}: {published}");
            let cast = ids_in(&admin, movie, "cast").await;
            match answer["skip"].as_bool() {
                Some(_) => assert_eq!(cast.len(), 1, "{movie}"),
                None => {
                    assert_eq!(cast.len(), 2, "{movie}");
                    assert!(expected.is_none_or(|id| cast[0] == id), "{movie}: {cast:?}");
                }
            }
            // Nia Ode is created once, and `createNew` creates one person.
            let made = usize::from(movie == "m") + usize::from(movie == "n");
            assert_eq!(people(&app).await, before + made, "{movie}");
            // The resolution was stored when the draft was published: the same file imports without
            // questions.
            let reply = admin.import_document(&file(movie), json!({})).await;
            assert_eq!(
                (&reply["status"], warning_codes(&reply["plan"])),
                (&json!("UNCHANGED"), vec![]),
                "{movie}: {reply}"
            );
        }
    }

    async fn a_file_exported_from_a_draft_does_not_resolve_its_names(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let draft = admin.draft(&cast_of("m", &["Jo Lee", "Nia Ode"])).await;
        let before = people(&app).await;
        let reply = admin.import_with(&draft, "").await;
        assert_eq!(
            (reply.status, reply.errors()),
            (409, vec![("/cast/0/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())]),
            "{}",
            reply.text
        );
        assert_eq!(people(&app).await, before);
        let mut bare = draft.clone();
        bare.as_object_mut().unwrap().remove("metadata");
        assert_eq!(admin.import_with(&bare, "").await.status, 409);
        let reply =
            admin.import_document(&draft, resolution("/cast/0/name", "tmdb-person-11")).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "m", "cast").await[0], "tmdb-person-11");
        // Nor does the file undo the resolution that is stored now.
        for file in [&draft, &bare] {
            let reply = admin.import_with(file, "").await.json();
            assert_eq!(reply["status"], "unchanged", "{reply}");
        }
    }

    async fn the_language_distinguishes_ceremonies_with_the_same_name(app: TestApp) {
        let (hindi, south) = ("ceremony-filmfare-awards", "ceremony-filmfare-awards-south");
        for (first, second) in [(Some("Hindi"), "Tamil"), (Some("Tamil"), "Hindi"), (None, "Tamil")]
        {
            let admin = app.movie("m").await;
            admin.import_with(&award(first, "nominee"), "").await;
            let reply = admin.import_with(&award(Some(second), "winner"), "").await;
            assert_eq!(
                reply.json()["plan"]["counts"]["added"],
                1,
                "{first:?} {second}: {}",
                reply.text
            );
            let of = |language: &str| if language == "Tamil" { south } else { hindi };
            let expected = [(first.unwrap_or_default(), "nominee"), (second, "winner")].map(
                |(language, result)| {
                    (of(language).to_owned(), language.to_owned(), result.to_owned())
                },
            );
            assert_eq!(awards(&admin).await, expected, "{first:?} {second}");
            for language in [first, Some(second)] {
                let result = if language == first { "nominee" } else { "winner" };
                assert_eq!(
                    admin.import_with(&award(language, result), "").await.json()["status"],
                    "unchanged",
                    "{language:?}"
                );
            }
            admin
                .graphql(
                    "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { message } } }",
                    json!({}),
                )
                .await;
        }
        // With both in the list, the language decides which one changes.
        let both = |hindi: &str, tamil: &str| {
            let of = |language: &str, result: &str| {
                award(Some(language), result)["data"]["awards"][0].clone()
            };
            envelope("n", "awards", json!({ "awards": [of("Hindi", hindi), of("Tamil", tamil)] }))
        };
        app.movie("n").await.import_with(&both("nominee", "nominee"), "").await;
        let mut telugu = award(Some("Telugu"), "winner");
        telugu["movie_id"] = json!("n");
        let reply = app.admin().import_with(&telugu, "").await.json();
        let paths: Vec<&str> = reply["plan"]["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, ["/awards/1/result", "/awards/1/language"], "{reply}");
        assert_eq!(
            app.admin().import_with(&both("nominee", "winner"), "").await.json()["plan"]["changes"]
                [0]["path"],
            "/awards/1/language"
        );
        let admin = app.movie("m").await;
        admin.import_with(&award(Some("Tamil, Telugu"), "winner"), "").await;
        assert_eq!(awards(&admin).await[0].0, south);
    }

    async fn forms_of_a_new_name_create_one_person(app: TestApp) {
        let admin = app.movie("m").await;
        let before = people(&app).await;
        let data = json!({ "directors": [{ "name": "Flemm Garrowsby" }], "writers": [{ "name": "Garrowsby, Flemm" }] });
        let reply =
            admin.import_document(&envelope("m", "cast_crew", data.clone()), json!({})).await;
        assert_eq!(
            (&reply["status"], &reply["plan"]["counts"]["newEntities"]),
            (&json!("PUBLISHED"), &json!(1)),
            "{reply}"
        );
        assert_eq!(people(&app).await, before + 1);
        assert_eq!(
            admin.import_document(&envelope("m", "cast_crew", data), json!({})).await["status"],
            "UNCHANGED"
        );
        // A near name and initials: new people, each with a warning.
        let data = json!({ "cast": [{ "name": "Odo Barrison" }, { "name": "Odo Barrisson" }, { "name": "O. Barrison" }] });
        let reply = admin.import_document(&envelope("m", "cast_crew", data), json!({})).await;
        assert_eq!(
            warning_codes(&reply["plan"]),
            ["POSSIBLE_DUPLICATE", "POSSIBLE_DUPLICATE"],
            "{reply}"
        );
        assert_eq!(people(&app).await, before + 4);
        // The same with a new id, and across documents of one bulk import.
        let given = json!({ "directors": [{ "id": "own-1", "name": "Ubb Quennell" }], "writers": [{ "name": "Quennell, Ubb" }] });
        admin.import_document(&envelope("m", "cast_crew", given), json!({})).await;
        assert_eq!(ids_in(&admin, "m", "writers").await[1], "own-1");
        let lines = ["One Marrowby", "Marrowby, One"].map(|name| {
            let movie = if name.contains(',') { "line-2" } else { "line-1" };
            envelope(movie, "cast_crew", json!({ "cast": [{ "name": name }] })).to_string()
        });
        app.command_with(&["import", "-"], lines.join("\n").as_bytes()).await.ok();
        assert_eq!(people(&app).await, before + 6);
    }

    async fn a_surplus_namesake_is_ambiguous_with_known_for_titles(app: TestApp) {
        let admin = with_cast(
            &app,
            "one",
            "First Tide",
            &[("tmdb-person-11", "Jo Lee"), ("tmdb-person-12", "Jo Lee")],
        )
        .await;
        with_cast(
            &app,
            "m",
            "Second Tide",
            &[("tmdb-person-11", "Jo Lee"), ("tmdb-person-12", "Jo Lee")],
        )
        .await;
        let reply = admin.import_with(&cast_of("m", &["Jo Lee", "Jo Lee", "Jo Lee"]), "").await;
        assert_eq!(
            reply.errors(),
            [("/cast/2/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())],
            "{}",
            reply.text
        );
        let candidates = reply.json()["plan"]["matches"][0]["candidates"].clone();
        for candidate in candidates.as_array().unwrap() {
            assert_eq!(candidate["known_for"], json!(["First Tide", "Second Tide"]), "{candidate}");
        }
    }

    async fn a_person_credited_under_two_forms_of_a_name_is_aligned_with_both(app: TestApp) {
        let admin = app.movie("m").await;
        let credits = |list: &str, credits: &[(&str, &str)]| {
            let part = if list == "cast" { "character" } else { "job" };
            let credits: Vec<Value> =
                credits.iter().map(|(name, of)| json!({ "name": name, part: of })).collect();
            envelope("m", "cast_crew", json!({ list: credits }))
        };
        for (list, options) in [("cast", ""), ("crew", "?mode=replace")] {
            for (stored, sent) in [
                ("Pitto, Brado", "Brado Pitto"),
                ("Jean-Luc Gode", "Jean Luc Gode"),
                ("Ann \"Bud\" Lowe", "Ann Lowe"),
            ] {
                for file in [
                    credits(list, &[(sent, "A"), (sent, "B")]),
                    credits(list, &[(sent, "A"), (sent, "A")]),
                ] {
                    assert_eq!(
                        admin
                            .replace(&envelope("m", "cast_crew", json!({ list: [] })))
                            .await
                            .status,
                        200
                    );
                    admin.import_with(&credits(list, &[(stored, "A")]), "").await;
                    let first = admin.import_with(&file, options).await.json();
                    assert_eq!(
                        (
                            &first["status"],
                            &first["plan"]["counts"]["added"],
                            &first["plan"]["counts"]["removed"]
                        ),
                        (&json!("published"), &json!(1), &json!(0)),
                        "{file}: {first}"
                    );
                    let second = admin.import_with(&file, options).await.json();
                    assert_eq!(second["status"], "unchanged", "{file}: {second}");
                }
            }
        }
    }

    async fn unknown_ids_count_as_new_entities(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = json!([{ "id": "own-1", "name": "New One" }, { "id": "own-2", "name": "New Two" }, { "name": "New Three" }]);
        let reply = admin.import("m", "cast_crew", json!({ "cast": cast })).await.json();
        assert_eq!(reply["plan"]["counts"]["new_entities"], 3, "{reply}");
        // A person in a draft that is not published is not created.
        with_cast(&app, "one", "First Tide", &[("tmdb-person-11", "Jo Lee")]).await;
        with_cast(&app, "two", "Second Tide", &[("tmdb-person-12", "Jo Lee")]).await;
        app.movie("n").await;
        let reply = admin
            .import_document(
                &cast_of("n", &["Jo Lee", "Nia Ode"]),
                json!({ "target": "DRAFT", "dryRun": true }),
            )
            .await;
        assert_eq!(reply["plan"]["counts"]["newEntities"], 1, "{reply}");
    }

    async fn contradictory_resolutions_are_refused(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let refused = async |file: &Value, resolutions: Value| {
            let reply = admin.import_document(file, json!({ "resolutions": resolutions })).await;
            assert_eq!(reply["status"], "REJECTED", "{reply}");
            assert_eq!(warning_codes(&reply["plan"]), [""; 0], "{reply}");
            pairs(&reply["userErrors"])
        };
        let invalid = |path: &str| vec![(path.to_owned(), "INVALID".to_owned())];
        let cast = cast_of("m", &["Jo Lee"]);
        let both = json!([{ "path": "/cast/0/name", "skip": true }, { "path": "/cast/0", "createNew": true }]);
        assert_eq!(refused(&cast, both).await, invalid("/cast/0"));
        let twice = json!([{ "path": "/cast/0", "entityId": "tmdb-person-11" }, { "path": "/cast/0", "entityId": "tmdb-person-12" }]);
        assert_eq!(refused(&cast, twice).await, invalid("/cast/0"));
        // A ceremony, platform or genre is identified by its name.
        let award = envelope(
            "m",
            "awards",
            json!({ "awards": [{ "ceremony": "Oscars", "year": 2000, "category": "A", "result": "nominee" }] }),
        );
        let new = |path: &str| json!([{ "path": path, "createNew": true }]);
        assert_eq!(refused(&award, new("/awards/0/ceremony")).await, invalid("/awards/0/ceremony"));
        let offer = envelope(
            "m",
            "streaming",
            json!({ "streaming_options": [{ "platform": "Netflix", "region": "US", "type": "subscription" }] }),
        );
        assert_eq!(
            refused(&offer, new("/streaming_options/0/platform")).await,
            invalid("/streaming_options/0/platform")
        );
        let genres = envelope("m", "basic_info", json!({ "genres": ["Sci-Fi"] }));
        assert_eq!(refused(&genres, new("/genres/0")).await, invalid("/genres/0"));
    }

    async fn an_alias_match_is_reported_differently_from_a_name_match(app: TestApp) {
        let admin = app.movie("m").await;
        for (name, reason) in [("Oscars", "alias"), ("Academy Awards", "same_name")] {
            let award =
                json!({ "ceremony": name, "year": 2000, "category": "A", "result": "nominee" });
            let reply = admin
                .import_with(
                    &envelope("m", "awards", json!({ "awards": [award] })),
                    "?dry_run=true",
                )
                .await
                .json();
            assert_eq!(reply["plan"]["matches"][0]["reasons"], json!([reason]), "{reply}");
        }
    }

    async fn the_scope_of_a_resolution_is_part_of_the_plan_digest(app: TestApp) {
        let admin = two_namesakes(&app).await;
        let options = |everywhere: bool| {
            let mut options = resolution("/cast/0/name", "tmdb-person-11");
            options["resolutions"][0]["everywhere"] = json!(everywhere);
            options
        };
        let mut planned = options(false);
        planned["dryRun"] = json!(true);
        let digest =
            admin.import_document(&cast_of("m", &["Jo Lee"]), planned).await["plan"]["digest"]
                .clone();
        for (everywhere, expected) in [(true, "REJECTED"), (false, "PUBLISHED")] {
            let mut options = options(everywhere);
            options["expectedPlan"] = digest.clone();
            let reply = admin.import_document(&cast_of("m", &["Jo Lee"]), options).await;
            assert_eq!(reply["status"], expected, "{reply}");
        }
    }

    async fn an_unlinked_nominee_stays_unlinked_when_the_file_is_imported_again(app: TestApp) {
        let admin = app.movie("m").await;
        let award = json!({ "ceremony": "Oscars", "year": 2000, "category": "A", "nominee": "Ada Quist", "result": "nominee" });
        let file = envelope("m", "awards", json!({ "awards": [award] }));
        admin.import_with(&file, "").await;
        // The person is credited only after the award was imported.
        admin.import("m", "cast_crew", json!({ "cast": [{ "name": "Ada Quist" }] })).await;
        for file in [admin.export("m", "awards").await, file] {
            let reply = admin.import_with(&file, "").await.json();
            assert_eq!(reply["status"], "unchanged", "{reply}");
        }
    }

    async fn a_resolution_can_create_a_nominee(app: TestApp) {
        let admin = app.movie("m").await;
        let award = json!({ "ceremony": "Oscars", "year": 2000, "category": "A", "nominee": "Some Singer", "result": "nominee" });
        let file = envelope("m", "awards", json!({ "awards": [award] }));
        let before = people(&app).await;
        let reply = admin
            .import_document(
                &file,
                json!({ "resolutions": [{ "path": "/awards/0/nominee", "createNew": true }] }),
            )
            .await;
        assert_eq!(
            (&reply["status"], warning_codes(&reply["plan"])),
            (&json!("PUBLISHED"), vec![]),
            "{reply}"
        );
        let id = admin.export("m", "awards").await["data"]["awards"][0]["nominee_id"].clone();
        assert!(id.is_string(), "{id}");
        assert_eq!(people(&app).await, before + 1);
        assert_eq!(admin.import_document(&file, json!({})).await["status"], "UNCHANGED");
    }
}
