//! Ids next to names in imported files: valid ids, placeholders, and ids that contradict the name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::resolutions::{ids_in, people, with_cast};
use crate::support::database::{execute, rows};
use crate::support::operations::{codes, pairs};
use crate::support::{TestApp, envelope};

fn cast(movie: &str, credits: &[(Value, &str)]) -> Value {
    let cast: Vec<Value> =
        credits.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    envelope(movie, "cast_crew", json!({ "cast": cast }))
}

/// The number of stored names of entities of one kind.
async fn count_names(app: &TestApp, kind: &str) -> usize {
    rows(&app.database.url, "entity_names").await.iter().filter(|row| row["kind"] == kind).count()
}

fn plan_warnings(plan: &Value) -> BTreeSet<(String, String)> {
    pairs(&plan["warnings"]).into_iter().collect()
}

fn expected_warnings(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect()
}

const IMPORT_CAST: &str = "mutation($input: ImportCategoryInput!) {
    importCategory(input: $input) { status plan { warnings { path code message } } }
}";

on_both_databases! {
    async fn a_placeholder_is_not_an_id(app: TestApp) {
        let admin = app.admin();
        for (index, id) in [
            json!("null"),
            json!("None"),
            json!(0),
            json!("0"),
            json!(-1),
            json!("-1"),
            json!("unknown"),
            json!("n/a"),
            json!("N/A"),
            json!(""),
            json!("???"),
            json!("—"),
            json!("tbd"),
            json!("to be determined"),
            json!("undefined"),
            json!("id"),
            json!("xxx"),
            json!("nan"),
            json!("new"),
            json!("00000000-0000-0000-0000-000000000000"),
            json!("person-id"),
            json!("<person_id>"),
            json!("tmdb-person-null"),
            json!("tmdb-person-unknown"),
            json!(0.0),
        ]
        .into_iter()
        .enumerate()
        {
            for movie in [format!("a-{index}"), format!("b-{index}")] {
                app.movie(&movie).await;
                let reply = admin
                    .import_with(
                        &cast(&movie, &[(id.clone(), "Nora Quist"), (id.clone(), "Bo Ek")]),
                        "",
                    )
                    .await;
                assert_eq!(reply.status, 200, "{id}: {}", reply.text);
                assert_eq!(
                    plan_warnings(&reply.json()["plan"]),
                    expected_warnings(&[
                        ("/cast/0/id", "VALUE_REPAIRED"),
                        ("/cast/1/id", "VALUE_REPAIRED")
                    ]),
                    "{id}: {}",
                    reply.text
                );
            }
        }
        assert_eq!((people(&app).await, count_names(&app, "person").await), (2, 2));
        // The same placeholders in typed input.
        app.movie("typed").await;
        let credits = json!([
            { "personId": "unknown", "name": "Nora Quist" },
            { "personId": "0", "name": "Eva Lund" },
        ]);
        let input = json!({ "movieId": "typed", "data": { "castCrew": { "cast": credits } } });
        let payload =
            admin.graphql(IMPORT_CAST, json!({ "input": input })).await["data"]["importCategory"]
                .clone();
        assert_eq!(
            (&payload["status"], plan_warnings(&payload["plan"]).len()),
            (&json!("PUBLISHED"), 2),
            "{payload}"
        );
        assert_eq!(people(&app).await, 3);
    }

    async fn a_placeholder_is_not_an_id_of_a_ceremony_nominee_or_platform(app: TestApp) {
        let admin = with_cast(&app, "m", "A Tide", &[("tmdb-person-1", "Ada Quist")]).await;
        for (index, id) in [json!("null"), json!(0), json!("unknown"), json!(1), json!("tbd")]
            .into_iter()
            .enumerate()
        {
            let movie = format!("m-{index}");
            with_cast(&app, &movie, "A Tide", &[("tmdb-person-1", "Ada Quist")]).await;
            let award = |ceremony: &str, nominee: &str| {
                json!({ "ceremony": ceremony, "ceremony_id": id, "year": 2001,
                    "category": "Best", "nominee": nominee,
                    "nominee_id": id, "result": "winner" })
            };
            let awards = [award("Dock Prize", "Ada Quist"), award("Pier Prize", "A Film")];
            let reply = admin.import(&movie, "awards", json!({ "awards": awards })).await;
            assert_eq!(reply.status, 200, "{id}: {}", reply.text);
            let stored = admin.export(&movie, "awards").await["data"]["awards"].clone();
            assert_ne!(stored[0]["ceremony_id"], stored[1]["ceremony_id"]);
            assert_eq!(
                (&stored[0]["nominee_id"], stored[1].get("nominee_id")),
                (&json!("tmdb-person-1"), None),
                "{id}: {stored}"
            );
            let offer =
                |platform: &str| json!({ "platform": platform, "platform_id": id, "type": "rent" });
            let reply = admin
                .import(
                    &movie,
                    "streaming",
                    json!({ "streaming_options": [offer("Netflix"), offer("Dock TV")] }),
                )
                .await;
            assert_eq!(reply.status, 200, "{id}: {}", reply.text);
            let stored =
                admin.export(&movie, "streaming").await["data"]["streaming_options"].clone();
            assert_eq!(stored[0]["platform_id"], "tmdb-platform-8");
            assert_ne!(stored[1]["platform_id"], "tmdb-platform-8");
            assert!(!plan_warnings(&reply.json()["plan"]).is_empty());
        }
        let made = |kind: &str| {
            let kind = kind.to_owned();
            let url = app.database.url.clone();
            async move {
                crate::support::database::made_entities(&url)
                    .await
                    .iter()
                    .filter(|row| row["kind"] == kind.as_str())
                    .count()
            }
        };
        assert_eq!((made("ceremony").await, made("platform").await), (2, 1));
        // A bare number that is the platform's external id, with the right name.
        let offer = json!({ "platform": "Netflix", "platform_id": 8, "type": "buy" });
        let offers = json!({ "streaming_options": [offer] });
        let reply = admin.import("m", "streaming", offers).await;
        assert_eq!(
            admin.export("m", "streaming").await["data"]["streaming_options"][0]["platform_id"],
            "tmdb-platform-8",
            "{}",
            reply.text
        );
    }

    async fn row_numbers_do_not_identify_people(app: TestApp) {
        let admin = app.movie("rn-1").await;
        app.movie("rn-2").await;
        let one = cast("rn-1", &[(json!(1), "Ann Berg"), (json!(2), "Per Dahl")]);
        let two = cast("rn-2", &[(json!("1"), "Eva Lund"), (json!("#2"), "Ulf Strand")]);
        for file in [&one, &two] {
            let reply = admin.import_with(file, "").await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            for path in ["/cast/0/id", "/cast/1/id"] {
                assert!(
                    plan_warnings(&reply.json()["plan"])
                        .contains(&(path.to_owned(), "UNKNOWN_ID".to_owned())),
                    "{}",
                    reply.text
                );
            }
            assert_eq!(admin.import_with(file, "").await.json()["status"], "unchanged");
        }
        assert_eq!((people(&app).await, count_names(&app, "person").await), (4, 4));
        // The same person in another row.
        app.movie("rn-3").await;
        admin.import_with(&cast("rn-3", &[(json!(1), "Per Dahl")]), "").await;
        assert_eq!(
            ids_in(&admin, "rn-3", "cast").await[0],
            ids_in(&admin, "rn-1", "cast").await[1]
        );
    }

    async fn a_bare_number_is_an_external_id_if_the_name_agrees(app: TestApp) {
        let admin = with_cast(
            &app,
            "one",
            "First Tide",
            &[("tmdb-person-287", "Brad Pitt"), ("imdb-person-nm0000093", "Tilda Moor")],
        )
        .await;
        let alias = "INSERT INTO entity_names (kind, entity_id, name_key, name)
            VALUES ('person', 'tmdb-person-287', 'william bradley', 'William Bradley')";
        execute(&app.database.url, alias).await;
        for (index, (id, name, meant)) in [
            (json!(287), "Brad Pitt", "tmdb-person-287"),
            (json!("287"), "B. Pitt", "tmdb-person-287"),
            (json!("0287"), "PITT, Brad", "tmdb-person-287"),
            (json!(287.0), "William Bradley", "tmdb-person-287"),
            (json!(93), "Tilda Moor", "imdb-person-nm0000093"),
            (json!("nm0000093"), "Tilda Moor", "imdb-person-nm0000093"),
        ]
        .into_iter()
        .enumerate()
        {
            let movie = format!("m-{index}");
            app.movie(&movie).await;
            let reply = admin.import_with(&cast(&movie, &[(id.clone(), name)]), "").await;
            assert_eq!(
                (reply.status, ids_in(&admin, &movie, "cast").await),
                (200, vec![meant.to_owned()]),
                "{id} {name}: {}",
                reply.text
            );
            assert!(
                pairs(&reply.json()["plan"]["warnings"])
                    .iter()
                    .all(|(_, code)| code == "VALUE_REPAIRED"),
                "{}",
                reply.text
            );
        }
        assert_eq!(people(&app).await, 2);
        // Next to another name, the number is only a row number.
        app.movie("other").await;
        let reply = admin.import_with(&cast("other", &[(json!(287), "Eva Lund")]), "").await;
        assert_eq!(
            plan_warnings(&reply.json()["plan"])
                .iter()
                .filter(|(_, code)| code == "UNKNOWN_ID")
                .count(),
            1,
            "{}",
            reply.text
        );
        assert!(!ids_in(&admin, "other", "cast").await.contains(&"tmdb-person-287".to_owned()));
        assert_eq!(people(&app).await, 3);
    }

    async fn one_id_with_two_unrelated_names_is_refused(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("p-1", "Ada Quist")]).await;
        app.movie("m").await;
        for id in ["zz", "p-1", "tmdb-person-5"] {
            let file = cast(
                "m",
                &[(json!(id), "Ada Quist"), (json!("fine"), "Per Dahl"), (json!(id), "Bo Renn")],
            );
            for options in ["", "&dry_run=true", "&target=draft"] {
                let options = &format!("?source=manual{options}");
                let reply = admin.import_with(&file, options).await;
                assert_eq!(
                    (reply.status, reply.errors()),
                    (409, vec![("/cast/2/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())]),
                    "{id}{options}: {}",
                    reply.text
                );
                for said in ["Ada Quist", "/cast/0/name", "Bo Renn", "/cast/2/name"] {
                    assert!(
                        reply.json()["detail"].as_str().unwrap().contains(said),
                        "{}",
                        reply.text
                    );
                }
            }
        }
        let crew = json!({
            "cast": [{ "id": "zz", "name": "Ada Quist" }],
            "crew": [{ "id": "zz", "name": "Bo Renn", "job": "Grip" }],
        });
        let payload = admin.import_document(&envelope("m", "cast_crew", crew), json!({})).await;
        assert_eq!(codes(&payload), ["AMBIGUOUS_MATCH"], "{payload}");
        let award = |name: &str| {
            json!({ "ceremony": name, "ceremony_id": "zz", "year": 2001, "category": "Best",
                "result": "winner" })
        };
        let reply = admin
            .import("m", "awards", json!({ "awards": [award("Dock Prize"), award("Pier Medal")] }))
            .await;
        assert_eq!(
            reply.errors(),
            [("/awards/1/ceremony".to_owned(), "AMBIGUOUS_MATCH".to_owned())],
            "{}",
            reply.text
        );
        let offer = |name: &str| json!({ "platform": name, "platform_id": "zz", "type": "rent" });
        let reply = admin
            .import(
                "m",
                "streaming",
                json!({ "streaming_options": [offer("Dock TV"), offer("Harbour Plus")] }),
            )
            .await;
        assert_eq!(
            reply.errors(),
            [("/streaming_options/1/platform".to_owned(), "AMBIGUOUS_MATCH".to_owned())],
            "{}",
            reply.text
        );
        assert_eq!(people(&app).await, 1);

        // A resolution decides what the second name means; forms of one name are not ambiguous.
        let file = cast(
            "m",
            &[
                (json!("zz"), "Cleo Marsh"),
                (json!("zz"), "Bo Renn"),
                (json!("yy"), "Robin Wray"),
                (json!("yy"), "Robin Wray Moor"),
                (json!("yy"), "R. Wray"),
            ],
        );
        let payload = admin
            .import_document(
                &file,
                json!({ "resolutions": [{ "path": "/cast/1", "createNew": true }] }),
            )
            .await;
        assert_eq!(
            (codes(&payload), &payload["status"]),
            (vec![], &json!("PUBLISHED")),
            "{payload}"
        );
        let ids = ids_in(&admin, "m", "cast").await;
        assert_eq!(
            (ids[0].as_str(), &ids[2..]),
            ("zz", &["yy".to_owned(), "yy".to_owned(), "yy".to_owned()][..])
        );
        assert!(ids[1].starts_with("person-"), "{ids:?}");
    }

    async fn one_new_id_with_two_unrelated_names_in_a_bulk_import_is_refused(app: TestApp) {
        let lines = [
            cast("b-1", &[(json!("zz"), "Ada Quist")]),
            cast("b-2", &[(json!("zz"), "Bo Renn")]),
            cast("b-3", &[(json!("zz"), "A. Quist")]),
        ];
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        for options in [&["--dry-run"][..], &[]] {
            let ran =
                app.command_with(&[&["import"], options, &["-"]].concat(), text.as_bytes()).await;
            assert_eq!(ran.code, 1, "{ran:?}");
            for said in ["1 failed", "b-2 cast_crew", "Ada Quist", "cast_crew of b-1", "Bo Renn"] {
                assert!(ran.stdout.contains(said) || ran.stderr.contains(said), "{said}: {ran:?}");
            }
        }
        assert_eq!((people(&app).await, count_names(&app, "person").await), (1, 1));
    }

    async fn a_known_id_with_an_unrelated_name_is_a_warning(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("tmdb-person-1", "Ada Quist")]).await;
        let of_another = expected_warnings(&[("/cast/0/name", "NAME_OF_ANOTHER")]);
        app.movie("m").await;
        let file = cast("m", &[(json!("tmdb-person-1"), "Eva Lund")]);
        let reply = admin.import_with(&file, "?source=manual&dry_run=true").await;
        assert_eq!(
            (reply.status, plan_warnings(&reply.json()["plan"])),
            (200, of_another.clone()),
            "{}",
            reply.text
        );
        let payload = admin.import_document(&file, json!({ "source": "MANUAL" })).await;
        assert_eq!(
            (&payload["status"], plan_warnings(&payload["plan"])),
            (&json!("PUBLISHED"), of_another.clone()),
            "{payload}"
        );
        // Once it is stored, the file changes nothing and has no warnings.
        let export = admin.export("m", "cast_crew").await;
        for options in ["", "?mode=replace"] {
            let again = admin.import_with(&export, options).await.json();
            assert_eq!(
                (&again["status"], &again["plan"]["warnings"]),
                (&json!("unchanged"), &json!([])),
                "{again}"
            );
        }
        let both = envelope(
            "m",
            "cast_crew",
            json!({
                "writers": [{ "id": "tmdb-person-1", "name": "Eva Lund" }],
                "crew": [{ "id": "tmdb-person-1", "name": "Ada Quist", "job": "Grip" }],
            }),
        );
        let reply = admin.import_with(&both, "?source=manual").await;
        assert_eq!(
            (reply.status, &reply.json()["plan"]["warnings"]),
            (200, &json!([])),
            "{}",
            reply.text
        );
        // A stored name is replaced by an unrelated one.
        let mut edited = admin.export("one", "cast_crew").await;
        edited["data"]["cast"][0]["name"] = json!("Ulf Strand");
        let reply = admin.import_with(&edited, "?source=manual").await;
        assert_eq!(
            (reply.status, plan_warnings(&reply.json()["plan"])),
            (200, of_another),
            "{}",
            reply.text
        );
        assert_eq!((people(&app).await, count_names(&app, "person").await), (1, 1));
        // The same for ceremonies and platforms.
        let award = json!({ "ceremony": "Dock Prize", "ceremony_id": "ceremony-academy-awards",
            "year": 2001, "category": "Best", "result": "winner" });
        let reply = admin.import("m", "awards", json!({ "awards": [award] })).await;
        assert_eq!(
            plan_warnings(&reply.json()["plan"]),
            expected_warnings(&[("/awards/0/ceremony", "NAME_OF_ANOTHER")]),
            "{}",
            reply.text
        );
        let offer =
            json!({ "platform": "Dock TV", "platform_id": "tmdb-platform-8", "type": "rent" });
        let reply = admin.import("m", "streaming", json!({ "streaming_options": [offer] })).await;
        assert_eq!(
            plan_warnings(&reply.json()["plan"]),
            expected_warnings(&[("/streaming_options/0/platform", "NAME_OF_ANOTHER")]),
            "{}",
            reply.text
        );
    }

    async fn stored_ids_that_look_like_placeholders_round_trip(app: TestApp) {
        let admin = with_cast(
            &app,
            "m",
            "A Tide",
            &[("odd-one", "Ada Quist"), ("odd-two", "Bo Renn"), ("odd-six", "Per Dahl")],
        )
        .await;
        let more = json!({ "crew": [{ "id": "odd-one", "name": "Ada Q. Moor", "job": "Grip" }] });
        let more = envelope("m", "cast_crew", more);
        assert_eq!(admin.import_with(&more, "?source=manual").await.status, 200);
        for (from, to) in [("odd-one", "null"), ("odd-two", "7"), ("odd-six", "0")] {
            for (table, column) in [
                ("documents", "body"),
                ("entities", "id"),
                ("entity_names", "entity_id"),
                ("entity_blocks", "entity_id"),
                ("credits", "person_id"),
            ] {
                execute(
                    &app.database.url,
                    &format!("UPDATE {table} SET {column} = REPLACE({column}, '{from}', '{to}')"),
                )
                .await;
            }
        }
        let export = admin.export("m", "cast_crew").await;
        assert_eq!(export["data"]["cast"][0]["id"], "null");
        for options in ["", "?mode=replace", "?strict=true", "?target=draft"] {
            let reply = admin.import_with(&export, options).await.json();
            assert_eq!(
                (&reply["status"], &reply["plan"]["warnings"]),
                (&json!("unchanged"), &json!([])),
                "{options}: {reply}"
            );
        }
        let mut bare = export.clone();
        for list in ["cast", "crew"] {
            for credit in bare["data"][list].as_array_mut().unwrap() {
                credit.as_object_mut().unwrap().remove("credit_id");
            }
        }
        let reply = admin.import_with(&bare, "").await.json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["warnings"]),
            (&json!("unchanged"), &json!([])),
            "{reply}"
        );
        // Other names with such an id become new people.
        let reply = admin
            .import_with(&cast("m", &[(json!("null"), "Eva Lund"), (json!("7"), "Ulf Strand")]), "")
            .await;
        assert_eq!((reply.status, people(&app).await), (200, 5), "{}", reply.text);
    }

    async fn resolving_ids_takes_a_constant_number_of_queries(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &[("tmdb-person-287", "Brad Pitt")]).await;
        let mut counts = Vec::new();
        for many in [4, 40] {
            app.movie(&format!("m-{many}")).await;
            let cast_of: Vec<(Value, String)> = (1..=many)
                .map(|number| (json!(number * 7), format!("Zed Quorn{number}")))
                .collect();
            let credits: Vec<Value> =
                cast_of.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
            let file = envelope(&format!("m-{many}"), "cast_crew", json!({ "cast": credits }));
            counts.push(app.count_queries(admin.import_with(&file, "?dry_run=true")).await.0);
        }
        assert_eq!(counts[0], counts[1], "{counts:?}");
    }
}
