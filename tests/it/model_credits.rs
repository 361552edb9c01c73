//! Credits as language models write them: ids that are only claims, notes within names, several
//! names in one credit, casts in another script, and incomplete lists.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::resolutions::{ids_in, people, with_cast};
use crate::support::operations::{codes, pairs};
use crate::support::{Client, Reply, envelope};

const MODEL: &str = "?source=llm-generated";

/// Imports cast and crew data, which must succeed.
async fn send(admin: &Client, movie: &str, options: &str, data: Value) -> Reply {
    let reply = admin.import_with(&envelope(movie, "cast_crew", data), options).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

fn plan_warnings(reply: &Reply) -> Vec<(String, String)> {
    pairs(&reply.json()["plan"]["warnings"])
}

fn at(path: &str, code: &str) -> (String, String) {
    (path.to_owned(), code.to_owned())
}

/// The values of one field of all items of a list.
async fn field_values(admin: &Client, movie: &str, list: &str, field: &str) -> Vec<Value> {
    let data = admin.export(movie, "cast_crew").await["data"].clone();
    data[list].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

const TWO: [(&str, &str); 2] = [("tmdb-person-1", "Ada Quist"), ("tmdb-person-2", "Bo Renn")];

on_both_databases! {
    async fn an_id_from_a_model_is_accepted_only_if_the_name_agrees(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &TWO).await;
        app.movie("m").await;
        let file = json!({ "cast": [
            { "id": "tmdb-person-1", "name": "Ada Quist", "character": "The Pilot" },
            { "id": "tmdb-person-2", "name": "B. Renn", "character": "The Clerk" },
            { "id": "tmdb-person-2", "name": "Gus Lind", "character": "A Sailor" },
            { "id": "tmdb-person-12345", "name": "Eva Moor", "character": "The Cook" },
            { "id": "nm0000093", "name": "Ulf Strand", "character": "The Boy" },
        ] });
        let reply = send(&admin, "m", MODEL, file.clone()).await;
        let expected = [
            at("/cast/2/name", "NAME_OF_ANOTHER"),
            at("/cast/3/id", "UNKNOWN_ID"),
            at("/cast/4/id", "UNKNOWN_ID"),
        ];
        assert_eq!(plan_warnings(&reply), expected, "{}", reply.text);
        let ids = ids_in(&admin, "m", "cast").await;
        assert_eq!(ids[..2], ["tmdb-person-1", "tmdb-person-2"]);
        assert!(ids[2..].iter().all(|id| id.starts_with("person-")), "{ids:?}");
        assert_eq!(people(&app).await, 5);
        let again = send(&admin, "m", MODEL, file).await.json();
        assert_eq!((&again["status"], people(&app).await), (&json!("unchanged"), 5), "{again}");
        // An exported document is imported unchanged, whatever its source.
        let stored = admin.export("m", "cast_crew").await["data"].clone();
        let reply = send(&admin, "m", MODEL, stored).await;
        assert_eq!((plan_warnings(&reply), &reply.json()["status"]), (vec![], &json!("unchanged")));
    }

    async fn a_wrong_id_from_a_model_leaves_the_name_ambiguous(app: TestApp) {
        let admin = with_cast(
            &app,
            "one",
            "First Tide",
            &[("p-1", "Jo Lee"), ("p-2", "Jo Lee"), ("p-3", "Ada Quist")],
        )
        .await;
        app.movie("m").await;
        let data = json!({ "cast": [{ "id": "p-3", "name": "Jo Lee" }] });
        let file = envelope("m", "cast_crew", data);
        let reply = admin.import_document(&file, json!({ "source": "LLM_GENERATED" })).await;
        assert_eq!(codes(&reply), ["AMBIGUOUS_MATCH"], "{reply}");
        let answer = json!([{ "path": "/cast/0/name", "entityId": "p-2" }]);
        let options = json!({ "source": "LLM_GENERATED", "resolutions": answer });
        let reply = admin.import_document(&file, options).await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "m", "cast").await, ["p-2"]);
    }

    async fn an_id_from_a_catalogue_or_a_manual_import_is_accepted(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &TWO).await;
        let data = json!({ "cast": [
            { "id": "tmdb-person-2", "name": "Gus Lind" },
            { "id": "tmdb-person-12345", "name": "Eva Moor" },
        ] });
        let catalogue = json!({ "category": "cast_crew", "movie_id": "m-0", "data": data.clone(),
            "metadata": { "source": "tmdb" } });
        for (movie, file, options) in [
            ("m-0", catalogue, ""),
            ("m-1", envelope("m-1", "cast_crew", data.clone()), "?source=tmdb"),
            ("m-2", envelope("m-2", "cast_crew", data.clone()), "?source=manual"),
        ] {
            app.movie(movie).await;
            let reply = admin.import_with(&file, options).await;
            assert_eq!(
                plan_warnings(&reply),
                [at("/cast/0/name", "NAME_OF_ANOTHER")],
                "{}",
                reply.text
            );
            assert_eq!(ids_in(&admin, movie, "cast").await, ["tmdb-person-2", "tmdb-person-12345"]);
        }
    }

    async fn an_id_from_an_unknown_source_is_accepted_unless_the_name_contradicts_it(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &TWO).await;
        app.movie("m").await;
        let reply = send(
            &admin,
            "m",
            "",
            json!({ "cast": [
            { "id": "tmdb-person-2", "name": "Gus Lind" },
            { "id": "tmdb-person-1", "name": "王小海" },
            { "id": "tmdb-person-12345", "name": "Eva Moor" },
            { "id": "tmdb-person-12346", "credit_id": "aa1bb2cc3dd4ee61", "name": "Ulf Strand" },
        ] }),
        )
        .await;
        let ids = ids_in(&admin, "m", "cast").await;
        assert_eq!(ids[1..3], ["tmdb-person-1", "tmdb-person-12345"], "{}", reply.text);
        assert!([0, 3].iter().all(|place| ids[*place].starts_with("person-")), "{ids:?}");
        let expected = [at("/cast/0/name", "NAME_OF_ANOTHER"), at("/cast/3/id", "UNKNOWN_ID")];
        assert!(
            expected.iter().all(|warning| plan_warnings(&reply).contains(warning)),
            "{}",
            reply.text
        );
    }

    async fn an_edited_credit_keeps_its_person_id(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = json!({ "cast": [
            { "id": "tmdb-person-1", "name": "Kai Ishida", "character": "The Pilot" },
            { "id": "tmdb-person-2", "name": "Bo Renn", "character": "The Clerk" },
        ] });
        send(&admin, "m", "?source=tmdb", cast).await;
        let credit = admin.export("m", "cast_crew").await["data"]["cast"][0]["credit_id"].clone();
        let reply = send(
            &admin,
            "m",
            MODEL,
            json!({ "cast": [
            { "id": "tmdb-person-1", "credit_id": credit, "name": "石田海", "character": "船長" },
            { "id": "tmdb-person-2", "name": "Gus Lind", "character": "The Cook" },
        ] }),
        )
        .await;
        let ids = ids_in(&admin, "m", "cast").await;
        assert_eq!(
            (ids.len(), &ids[..2]),
            (3, &["tmdb-person-1".to_owned(), "tmdb-person-2".to_owned()][..]),
            "{}",
            reply.text
        );
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["石田海", "Bo Renn", "Gus Lind"]
        );
    }

    async fn ceremony_and_nominee_ids_from_a_model_need_a_matching_name(app: TestApp) {
        let admin = with_cast(&app, "m", "First Tide", &TWO).await;
        let award = json!({ "ceremony": "Oscars", "ceremony_id": "ceremony-filmfare-awards", "year": 2001,
            "category": "Best Picture", "nominee": "First Tide", "nominee_id": "tmdb-person-2", "result": "winner" });
        let file = envelope("m", "awards", json!({ "awards": [award] }));
        let reply = admin.import_with(&file, MODEL).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let expected = [
            at("/awards/0/ceremony", "NAME_OF_ANOTHER"),
            at("/awards/0/nominee", "NAME_OF_ANOTHER"),
        ];
        assert_eq!(plan_warnings(&reply), expected, "{}", reply.text);
        let stored = admin.export("m", "awards").await["data"]["awards"][0].clone();
        assert_eq!(
            (&stored["ceremony_id"], stored.get("nominee_id")),
            (&json!("ceremony-academy-awards"), None)
        );
    }

    async fn notes_are_removed_from_names(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &TWO).await;
        app.movie("m").await;
        send(&admin, "m", "?source=tmdb", json!({ "cast": [{ "id": "tmdb-person-2", "name": "Bo Renn", "character": "The Clerk" }] })).await;
        let file = json!({
            "writers": [{ "name": "Eva Moor (story)" }],
            "cast": [
                { "name": "Bo Renn [verify]", "character": "The Clerk" },
                { "name": "Ada Quist (special appearance)", "character": "The Pilot" },
                { "name": "Kai Ishida (石田海)", "character": "The Cook" },
                { "name": "Thora \"Bird\" Moor", "character": "The Boy" },
                { "name": "Ulf Strand (credited as U. Strand)", "character": "A Sailor" },
            ]
        });
        let reply = send(&admin, "m", MODEL, file.clone()).await;
        let repaired =
            ["/writers/0/name", "/cast/0/name", "/cast/1/name", "/cast/2/name", "/cast/4/name"];
        assert_eq!(
            plan_warnings(&reply),
            repaired.map(|path| at(path, "VALUE_REPAIRED")),
            "{}",
            reply.text
        );
        let names = ["Bo Renn", "Ada Quist", "Kai Ishida", "Thora \"Bird\" Moor", "Ulf Strand"];
        assert_eq!(field_values(&admin, "m", "cast", "name").await, names);
        assert_eq!(ids_in(&admin, "m", "cast").await[..2], ["tmdb-person-2", "tmdb-person-1"]);
        let writers = admin.export("m", "cast_crew").await["data"]["writers"].clone();
        assert_eq!(
            (&writers[0]["name"], &writers[0]["job"]),
            (&json!("Eva Moor"), &json!("Story"))
        );
        assert_eq!(send(&admin, "m", MODEL, file).await.json()["status"], "unchanged");
        // A stored name that contains a note is not repaired.
        app.movie("n").await;
        send(&admin, "n", "?source=tmdb", json!({ "cast": [{ "name": "Gus Lind (voice)" }] }))
            .await;
        let stored = admin.export("n", "cast_crew").await;
        let reply = admin.import_with(&stored, "").await;
        assert_eq!(
            (plan_warnings(&reply), &reply.json()["status"]),
            (vec![], &json!("unchanged")),
            "{}",
            reply.text
        );
    }

    async fn several_names_in_one_credit_become_separate_credits(app: TestApp) {
        let admin = app.movie("m").await;
        send(
            &admin,
            "m",
            "?source=tmdb",
            json!({ "crew": [
            { "id": "tmdb-person-1", "name": "Ada Quist", "job": "Director of Photography" },
            { "id": "tmdb-person-3", "name": "Ada Quist & Sons", "job": "Catering" },
        ] }),
        )
        .await;
        let file = json!({ "directors": [{ "name": "Thora & Ulf Moor" }], "crew": [
            { "name": "Ada Quist, Bo Renn, Cleo Marsh", "job": "Director of Photography", "department": "Camera" },
            { "name": "Eli Stone & Eva Moor", "job": "Original Music Composer" },
            { "name": "Ada Quist & Sons", "job": "Catering" },
            { "name": "Gus Lind", "job": "Editor / Production Design" },
        ] });
        let reply = send(&admin, "m", MODEL, file.clone()).await;
        let expected = ["/directors/0/name", "/crew/0/name", "/crew/1/name", "/crew/3/job"];
        assert_eq!(
            plan_warnings(&reply),
            expected.map(|path| at(path, "SEVERAL_IN_ONE")),
            "{}",
            reply.text
        );
        let names = field_values(&admin, "m", "crew", "name").await;
        assert_eq!(
            names,
            [
                "Ada Quist",
                "Bo Renn",
                "Cleo Marsh",
                "Eli Stone",
                "Eva Moor",
                "Ada Quist & Sons",
                "Gus Lind"
            ]
        );
        let again = send(&admin, "m", MODEL, file).await.json();
        assert_eq!(again["status"], "unchanged", "{again}");
    }

    async fn splitting_a_credit_does_not_shift_the_paths_of_other_items(app: TestApp) {
        let admin =
            with_cast(&app, "one", "First Tide", &[("p-1", "Jo Lee"), ("p-2", "Jo Lee")]).await;
        app.movie("m").await;
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "cast": [{ "name": "Ada Quist & Bo Renn" }, { "name": "Jo Lee" }] }),
        );
        let reply = admin.import_document(&file, json!({ "source": "LLM_GENERATED" })).await;
        assert_eq!(pairs(&reply["userErrors"]), [at("/cast/1/name", "AMBIGUOUS_MATCH")], "{reply}");
    }

    async fn a_cast_in_another_script_is_aligned_by_character_and_position(app: TestApp) {
        let admin = app.movie("m").await;
        send(&admin, "m", "?source=tmdb", json!({
            "directors": [{ "id": "tmdb-person-9", "name": "Gen Mori" }],
            "cast": [
                { "id": "tmdb-person-1", "name": "Kai Ishida", "character": "San (voice)", "order": 0 },
                { "id": "tmdb-person-2", "name": "Sora Kobayashi", "character": "Eboshi", "order": 1 },
                { "id": "tmdb-person-3", "name": "Umi Mori", "character": "The Elder", "order": 2 },
                { "id": "tmdb-person-4", "name": "Ren Tanaka", "character": "A Sailor", "order": 3 },
            ]
        })).await;
        let file = json!({ "cast": [
            { "name": "石田海", "character": "サン（声）", "order": 0 },
            { "name": "小林空", "character": "エボシ御前（声）", "order": 1 },
            { "name": "森海", "character": "長老", "order": 2 },
        ] });
        let reply = send(&admin, "m", MODEL, file.clone()).await;
        let recognised = ["/cast/0/name", "/cast/1/name", "/cast/2/name"];
        assert_eq!(
            plan_warnings(&reply),
            recognised.map(|path| at(path, "VALUE_REPAIRED")),
            "{}",
            reply.text
        );
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["石田海", "小林空", "森海", "Ren Tanaka"]
        );
        assert_eq!((ids_in(&admin, "m", "cast").await.len(), people(&app).await), (4, 5));
        assert_eq!(send(&admin, "m", MODEL, file).await.json()["status"], "unchanged");
        // The position in the cast alone is not enough.
        let one = json!({ "cast": [{ "name": "田中蓮", "character": "水夫", "order": 3 }], "directors": [{ "name": "森元" }] });
        let reply =
            admin.import_document(&envelope("m", "cast_crew", one.clone()), json!({})).await;
        assert_eq!(codes(&reply), ["AMBIGUOUS_MATCH", "AMBIGUOUS_MATCH"], "{reply}");
        let candidates: Vec<&Value> = reply["plan"]["matches"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| &found["candidates"][0]["id"])
            .collect();
        assert_eq!(candidates, ["tmdb-person-9", "tmdb-person-4"], "{reply}");
        let answers = json!([{ "path": "/cast/0", "createNew": true }, { "path": "/directors/0", "entityId": "tmdb-person-9" }]);
        let reply = admin
            .import_document(&envelope("m", "cast_crew", one), json!({ "resolutions": answers }))
            .await;
        assert_eq!(reply["status"], "PUBLISHED", "{reply}");
        assert_eq!(ids_in(&admin, "m", "directors").await, ["tmdb-person-9"]);
        assert_eq!(ids_in(&admin, "m", "cast").await.len(), 5);
    }

    async fn a_nomination_in_an_adjacent_year_is_a_possible_duplicate(app: TestApp) {
        let admin = with_cast(&app, "m", "First Tide", &TWO).await;
        let award = |year: i32, category: &str, nominee: &str| {
            json!({ "ceremony": "Academy Awards", "year": year,
            "category": category, "nominee": nominee, "result": "nominee" })
        };
        let stored = json!({ "awards": [award(2019, "Best Director", "Ada Quist"), award(2019, "Best Picture", "First Tide")] });
        assert_eq!(admin.import("m", "awards", stored).await.status, 200);
        let mut directing = award(2020, "DIRECTING", "Ada  Quist");
        directing["ceremony"] = json!("Oscars");
        let file = json!({ "awards": [
            directing,
            award(2018, "Best Picture", "First Tide"),
            award(2020, "Best Picture", "Second Tide"),
            award(2021, "Best Picture", "First Tide"),
            award(2019, "Best Picture", "First Tide"),
        ] });
        let reply = admin.import("m", "awards", file).await;
        let expected = [
            at("/awards/0/year", "POSSIBLE_DUPLICATE"),
            at("/awards/1/year", "POSSIBLE_DUPLICATE"),
        ];
        assert_eq!(plan_warnings(&reply), expected, "{}", reply.text);
    }

    async fn a_repeated_item_from_a_model_is_a_possible_duplicate(app: TestApp) {
        let admin = app.movie("m").await;
        let item = json!({ "text": "The water was dyed green." });
        let file = envelope(
            "m",
            "trivia",
            json!({ "items": [item, { "text": "It rained." }, item, item] }),
        );
        for (options, count) in [("?source=manual&dry_run=true", 0), (MODEL, 2)] {
            let reply = admin.import_with(&file, options).await;
            assert_eq!(reply.json()["plan"]["counts"]["added"], 4, "{}", reply.text);
            let expected =
                [at("/items/2", "POSSIBLE_DUPLICATE"), at("/items/3", "POSSIBLE_DUPLICATE")];
            assert_eq!(plan_warnings(&reply), expected[..count], "{}", reply.text);
        }
        assert_eq!(admin.import_with(&file, MODEL).await.json()["status"], "unchanged");
    }

    async fn an_incomplete_list_keeps_the_stored_order(app: TestApp) {
        let admin = app.movie("m").await;
        let events = |titles: &[&str]| json!({ "events": titles.iter().map(|title| json!({ "date": "1999", "title": title })).collect::<Vec<_>>() });
        assert_eq!(admin.import("m", "timeline", events(&["A", "B", "C", "D"])).await.status, 200);
        let revision = admin.export("m", "timeline").await["metadata"].clone();
        for (sent, expected) in [
            (&["C", "A"][..], &["A", "B", "C", "D"][..]),
            (&["C", "A", "new"], &["A", "B", "C", "D", "new"]),
            (&["B", "next", "C"], &["A", "B", "next", "C", "D", "new"]),
            (&["new", "D", "C", "next", "B", "A"], &["new", "D", "C", "next", "B", "A"]),
        ] {
            let reply = admin.import("m", "timeline", events(sent)).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let stored = admin.export("m", "timeline").await["data"]["events"].clone();
            let titles: Vec<&Value> =
                stored.as_array().unwrap().iter().map(|event| &event["title"]).collect();
            assert_eq!(titles, expected, "{sent:?}");
        }
        // The same with a base revision.
        let mut file = envelope("m", "timeline", events(&["C", "A"]));
        file["metadata"] = revision;
        assert_eq!(admin.import_with(&file, "").await.json()["status"], "unchanged");
    }

    async fn explicit_order_values_reorder_an_incomplete_cast(app: TestApp) {
        let admin = with_cast(&app, "m", "First Tide", &[]).await;
        let credit = |name: &str, order: i32| json!({ "name": name, "order": order });
        let cast = [credit("Ada Quist", 0), credit("Bo Renn", 1), credit("Cleo Marsh", 2)];
        send(&admin, "m", "", json!({ "cast": cast })).await;
        send(&admin, "m", "", json!({ "cast": [credit("Cleo Marsh", 2), credit("Ada Quist", 0)] }))
            .await;
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["Ada Quist", "Bo Renn", "Cleo Marsh"]
        );
        send(&admin, "m", "", json!({ "cast": [credit("Cleo Marsh", 0), credit("Ada Quist", 2)] }))
            .await;
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["Cleo Marsh", "Bo Renn", "Ada Quist"]
        );
    }

    async fn a_known_id_with_an_unrelated_name_renames_no_credit(app: TestApp) {
        let admin = app.movie("m").await;
        send(
            &admin,
            "m",
            "?source=tmdb",
            json!({ "cast": [
            { "id": "tmdb-person-1", "name": "Ada Quist", "character": "Herself" },
            { "id": "tmdb-person-2", "name": "Bo Renn", "character": "The Clerk" },
        ] }),
        )
        .await;
        let stored = admin.export("m", "cast_crew").await["data"]["cast"].clone();
        let credit = &stored[0]["credit_id"];
        let wrong =
            json!({ "id": "tmdb-person-1", "name": "Zed Lindqvist", "character": "Herself" });
        let both = json!({ "id": "tmdb-person-1", "credit_id": credit, "name": "Bo Renn" });
        for options in ["?dry_run=true", "?source=llm-generated&dry_run=true", ""] {
            let reply = send(&admin, "m", options, json!({ "cast": [wrong] })).await;
            assert!(
                plan_warnings(&reply).contains(&at("/cast/0/name", "NAME_OF_ANOTHER")),
                "{}",
                reply.text
            );
        }
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["Ada Quist", "Bo Renn", "Zed Lindqvist"]
        );
        for options in ["", MODEL] {
            let reply = send(&admin, "m", options, json!({ "cast": [both] })).await;
            assert!(
                plan_warnings(&reply).contains(&at("/cast/0/name", "NAME_OF_ANOTHER")),
                "{}",
                reply.text
            );
            assert_eq!(
                field_values(&admin, "m", "cast", "name").await,
                ["Ada Quist", "Bo Renn", "Zed Lindqvist"],
                "{}",
                reply.text
            );
        }
        // A credit that keeps its id but gets another person is reported.
        let taken = json!({ "id": "tmdb-person-2", "credit_id": credit, "name": "Bo Renn" });
        let reply = send(&admin, "m", "?dry_run=true", json!({ "cast": [taken] })).await;
        assert!(
            plan_warnings(&reply).contains(&at("/cast/0/name", "NAME_OF_ANOTHER")),
            "{}",
            reply.text
        );
        // A change with source manual may rename a person's credit.
        let renamed = json!({ "id": "tmdb-person-1", "credit_id": credit, "name": "Zoe Lark" });
        send(&admin, "m", "?source=manual", json!({ "cast": [renamed] })).await;
        assert_eq!(
            field_values(&admin, "m", "cast", "name").await,
            ["Zoe Lark", "Bo Renn", "Zed Lindqvist"]
        );
    }

    async fn an_unknown_id_with_a_known_name_is_a_possible_duplicate(app: TestApp) {
        let admin = with_cast(&app, "one", "First Tide", &TWO).await;
        app.movie("m").await;
        let cast = json!({ "cast": [{ "id": "tmdb-person-99999999", "name": "Ada Quist" }, { "id": "tmdb-person-7", "name": "Eva Moor" }] });
        let reply = send(&admin, "m", "?source=tmdb&dry_run=true", cast.clone()).await;
        assert_eq!(plan_warnings(&reply), [], "{}", reply.text);
        let reply = send(&admin, "m", "", cast).await;
        assert_eq!(
            plan_warnings(&reply),
            [at("/cast/0/name", "POSSIBLE_DUPLICATE")],
            "{}",
            reply.text
        );
        assert!(reply.text.contains("tmdb-person-1"), "{}", reply.text);
    }

    async fn names_in_another_script_are_possible_duplicates(app: TestApp) {
        let admin = app.movie("m").await;
        let cast = ["Kai Ishida", "Sora Kobayashi", "Ulf Strand"]
            .map(|name| json!({ "name": name, "character": "The Clerk" }));
        send(&admin, "m", "?source=tmdb", json!({ "cast": cast })).await;
        for (names, options) in [
            (["石田海", "小林空"], MODEL),
            (["Жора Быков", "김민지"], ""),
            (["मीना वर्मा", "ليلى حداد"], MODEL),
        ] {
            let options =
                format!("{options}{}dry_run=true", if options.is_empty() { "?" } else { "&" });
            let reply = send(
                &admin,
                "m",
                &options,
                json!({ "cast": names.map(|name| json!({ "name": name })) }),
            )
            .await;
            let expected = [
                at("/cast/0/name", "POSSIBLE_DUPLICATE"),
                at("/cast/1/name", "POSSIBLE_DUPLICATE"),
            ];
            assert_eq!(plan_warnings(&reply), expected, "{}", reply.text);
        }
    }

    async fn edition_numbers_in_a_ceremony_name_are_ignored(app: TestApp) {
        let admin = with_cast(&app, "m", "First Tide", &[]).await;
        let award = |ceremony: &str, year: i32| {
            json!({ "ceremony": ceremony, "year": year,
            "category": "Best Picture", "nominee": "First Tide", "result": "nominee" })
        };
        let file = |awards: Vec<Value>| envelope("m", "awards", json!({ "awards": awards }));
        let names = [
            "12th Saturn Awards",
            "The Saturn Awards",
            "Saturn Awards (1996)",
            "Saturn Awards 1996",
            "Annual Saturn Awards",
            "38th Annual Grammy Awards",
            "The 38th Grammy Award",
            "76th Academy Awards",
        ];
        let awards =
            names.iter().zip(1980..).map(|(name, year)| award(name, 2 * year - 1980)).collect();
        let reply = admin.import_with(&file(awards), MODEL).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let stored = admin.export("m", "awards").await["data"]["awards"].clone();
        let ids: Vec<&Value> =
            stored.as_array().unwrap().iter().map(|award| &award["ceremony_id"]).collect();
        let expected = [
            ["ceremony-saturn-awards"; 5].as_slice(),
            &["ceremony-grammy-awards"; 2],
            &["ceremony-academy-awards"],
        ]
        .concat();
        assert_eq!(ids, expected, "{}", reply.text);
        // The same for a ceremony that an import created; stored names do not change.
        app.movie("n").await;
        let own = envelope(
            "n",
            "awards",
            json!({ "awards": [award("Harbour Film Awards", 2001), award("Academy Awards", 2004)] }),
        );
        assert_eq!(admin.import_with(&own, "?source=manual").await.status, 200);
        let before = admin.export("n", "awards").await["data"].clone();
        for (harbour, academy) in [
            ("The 9th Annual Harbour Film Awards", "76th Academy Awards"),
            ("Harbour Film Award 2001", "The 76th Annual Oscars"),
            ("harbour film awards", "Academy Awards (2004)"),
        ] {
            let file = envelope(
                "n",
                "awards",
                json!({ "awards": [award(harbour, 2001), award(academy, 2004)] }),
            );
            let reply = admin.import_with(&file, MODEL).await;
            assert_eq!(admin.export("n", "awards").await["data"], before, "{}", reply.text);
        }
    }

    async fn empty_items_are_not_reported_as_repeated(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope("m", "cast_crew", json!({ "cast": [{ "foo": 1 }, { "foo": 1 }] }));
        let reply = admin.import_with(&file, MODEL).await;
        assert!(!reply.text.contains("says the same"), "{}", reply.text);
    }

    async fn several_names_of_one_genre_are_stored_once(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope(
            "m",
            "basic_info",
            json!({ "title": "First Tide", "genres": ["Scifi", "SF", "Drama", "Sci-Fi", "Science Fiction"] }),
        );
        let reply = admin.import_with(&file, MODEL).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let genres = admin.export("m", "basic_info").await["data"]["genres"].clone();
        assert_eq!(genres, json!(["Scifi", "Drama"]), "{}", reply.text);
        let expected = [1, 3, 4].map(|place| at(&format!("/genres/{place}"), "VALUE_REPAIRED"));
        assert_eq!(plan_warnings(&reply), expected, "{}", reply.text);
        assert_eq!(admin.import_with(&file, MODEL).await.json()["status"], "unchanged");
    }

    async fn a_credit_line_is_split_into_name_and_character(app: TestApp) {
        let admin = app.movie("m").await;
        send(&admin, "m", "?source=tmdb", json!({ "cast": [{ "id": "tmdb-person-1", "name": "Ada Quist", "character": "The Pilot" }] })).await;
        let file = json!({ "cast": ["Bo Renn as Big Olsen", "Eva Moor - The Clerk", "Ulf Strand: Mona", "Gus Lind ... The Cook", "1. Ida Berg", "The Pilot: Ada Quist", "Zora as Mira"],
            "directors": ["Directed by Kai Marsh"] });
        let reply = send(&admin, "m", MODEL, file.clone()).await;
        let names = [
            "Bo Renn",
            "Eva Moor",
            "Ulf Strand",
            "Gus Lind",
            "Ida Berg",
            "Ada Quist",
            "Zora as Mira",
        ];
        assert_eq!(field_values(&admin, "m", "cast", "name").await, names, "{}", reply.text);
        let parts = field_values(&admin, "m", "cast", "character").await;
        assert_eq!(
            (&parts[..4], &parts[5]),
            (
                &["Big Olsen", "The Clerk", "Mona", "The Cook"].map(Value::from)[..],
                &json!("The Pilot")
            )
        );
        assert_eq!(field_values(&admin, "m", "directors", "name").await, ["Kai Marsh"]);
        for (path, code) in [
            ("/cast/0/name", "VALUE_REPAIRED"),
            ("/cast/4/name", "VALUE_REPAIRED"),
            ("/cast/5/name", "VALUE_REPAIRED"),
            ("/cast/6/name", "SEVERAL_IN_ONE"),
            ("/directors/0/name", "VALUE_REPAIRED"),
        ] {
            assert!(plan_warnings(&reply).contains(&at(path, code)), "{path}: {}", reply.text);
        }
        assert_eq!(send(&admin, "m", MODEL, file).await.json()["status"], "unchanged");
    }
}
