//! Reference data of every catalogue: ceremonies, platforms, genres, and names of award categories.

use reelport::app::{Sources, open_catalog};
use reelport::catalog::Clock as _;
use reelport::document::reference;
use reelport::document::{Category, Object};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, execute, rows};
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, list};
use crate::support::{TestApp, envelope};

/// Removes the reference data, as if it had never been loaded.
async fn unload(app: &TestApp) {
    for table in ["reference_versions", "entity_external_ids", "entity_names", "entities"] {
        execute(&app.database.url, &format!("DELETE FROM {table}")).await;
    }
}

async fn insert_entity(app: &TestApp, kind: &str, id: &str, name: &str) {
    let url = &app.database.url;
    let key = name.to_lowercase();
    let columns = "INSERT INTO entities (kind, id, name, created_at) VALUES";
    execute(url, &format!("{columns} ('{kind}', '{id}', '{name}', '2025-01-01 00:00:00+00:00')"))
        .await;
    let columns = "INSERT INTO entity_names (kind, name_key, entity_id, name) VALUES";
    execute(url, &format!("{columns} ('{kind}', '{key}', '{id}', '{name}')")).await;
}

/// Opens the catalogue like another process that starts on the database.
async fn open(app: &TestApp) {
    let catalog = open_catalog(&app.database.url, 2, Sources::default()).await.unwrap();
    catalog.database().close().await;
}

/// The name and the details of an entity.
async fn entity(app: &TestApp, id: &str) -> Option<(Value, Value)> {
    let all = rows(&app.database.url, "entities").await;
    let row = all.into_iter().find(|row| row["id"] == id)?;
    let details = row["details"]
        .as_str()
        .map_or(Value::Null, |details| serde_json::from_str(details).unwrap());
    Some((row["name"].clone(), details))
}

/// The ids of the entities with this folded name.
async fn ids_by_name(app: &TestApp, kind: &str, key: &str) -> Vec<String> {
    let all = rows(&app.database.url, "entity_names").await;
    let ids_by_name = all.iter().filter(|row| row["kind"] == kind && row["name_key"] == key);
    ids_by_name.map(|row| row["entity_id"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn a_new_catalogue_has_the_reference_data(app: TestApp) {
        let (name, details) = entity(&app, "ceremony-academy-awards").await.unwrap();
        assert_eq!(
            (&name, &details["country"], &details["prestige_level"]),
            (&json!("Academy Awards"), &json!("US"), &json!("international"))
        );
        let (name, details) = entity(&app, "tmdb-platform-8").await.unwrap();
        assert_eq!(
            (&name, &details["home_page"]),
            (&json!("Netflix"), &json!("https://www.netflix.com"))
        );
        assert_eq!(entity(&app, "tmdb-genre-18").await.unwrap(), (json!("Drama"), Value::Null));
        let query = r#"{
            south: ceremony(id: "ceremony-filmfare-awards-south") { country languages prestigeLevel organization }
            platform(id: "tmdb-platform-8") { regions homePage }
        }"#;
        let south = json!({ "country": "IN", "languages": ["Tamil", "Telugu", "Malayalam", "Kannada"], "prestigeLevel": "NATIONAL", "organization": "The Times Group" });
        let netflix = json!({ "regions": [], "homePage": "https://www.netflix.com" });
        assert_eq!(
            app.admin().graphql(query, json!({})).await["data"],
            json!({ "south": south, "platform": netflix })
        );
        assert_eq!(rows(&app.database.url, "entities").await.len(), reference::entities().len());
        // A name that depends on the language belongs to one entity.
        assert_eq!(
            ids_by_name(&app, "ceremony", "filmfare awards").await,
            ["ceremony-filmfare-awards"]
        );
        assert_eq!(ids_by_name(&app, "ceremony", "state film awards").await, [""; 0]);
    }

    async fn imports_resolve_reference_entities_by_any_name(app: TestApp) {
        let admin = app.movie("m").await;
        let awards = ["Oscars", "THE ACADEMY AWARDS", "Academy Award"].map(|ceremony| json!({
            "ceremony": ceremony, "year": 2001, "category": format!("Best Tide of the {ceremony}"), "result": "winner" }));
        let offers = ["Prime Video", "tmdb-platform-119"].map(|platform| {
            match platform.strip_prefix("tmdb") {
                Some(_) => json!({ "platform": "Primo", "platform_id": platform, "type": "free" }),
                None => json!({ "platform": platform, "type": "rent" }),
            }
        });
        assert_eq!(admin.import("m", "awards", json!({ "awards": awards })).await.status, 200);
        let offers = envelope("m", "streaming", json!({ "streaming_options": offers }));
        assert_eq!(admin.import_with(&offers, "?source=manual").await.status, 200);
        assert_eq!(
            admin.import("m", "basic_info", json!({ "genres": ["SciFi", "Acción"] })).await.status,
            200
        );
        for (category, list, id, expected) in [
            ("awards", "awards", "ceremony_id", "ceremony-academy-awards"),
            ("streaming", "streaming_options", "platform_id", "tmdb-platform-9"),
        ] {
            let data = admin.export("m", category).await["data"].clone();
            for item in data[list].as_array().unwrap() {
                assert_eq!(item[id], expected, "{item}");
            }
        }
        let genres = rows(&app.database.url, "movie_genres").await;
        let genres: Vec<&str> =
            genres.iter().map(|row| row["genre_id"].as_str().unwrap()).collect();
        assert_eq!(genres, ["tmdb-genre-28", "tmdb-genre-878"]);
        assert_eq!(rows(&app.database.url, "entities").await.len(), reference::entities().len());
    }

    async fn existing_entities_keep_their_ids_and_names(app: TestApp) {
        unload(&app).await;
        // By name, by alias, by id with another name, and by external id.
        insert_entity(&app, "ceremony", "ceremony-old", "ACADEMY AWARDS").await;
        insert_entity(&app, "platform", "platform-old", "Hotstar").await;
        insert_entity(&app, "platform", "tmdb-platform-8", "The Red One").await;
        insert_entity(&app, "genre", "genre-old", "Fear").await;
        execute(&app.database.url, "INSERT INTO entity_external_ids (kind, source, value, entity_id) VALUES ('genre', 'tmdb', '27', 'genre-old')").await;
        // An entity named like an alias in the reference data, and two with names of one
        // reference entity.
        insert_entity(&app, "ceremony", "ceremony-else", "Oscar").await;
        insert_entity(&app, "genre", "genre-sf", "SF").await;
        insert_entity(&app, "genre", "genre-of-science", "Science Fiction").await;
        open(&app).await;

        for (id, name, known) in [
            ("ceremony-old", "ACADEMY AWARDS", true),
            ("platform-old", "Hotstar", true),
            ("tmdb-platform-8", "The Red One", true),
            ("genre-of-science", "Science Fiction", false),
            ("genre-sf", "SF", false),
            ("ceremony-else", "Oscar", false),
        ] {
            let (kept, details) = entity(&app, id).await.unwrap();
            assert_eq!((kept, details.is_null()), (json!(name), !known), "{id}");
        }
        for id in
            ["ceremony-academy-awards", "tmdb-platform-2336", "tmdb-genre-27", "tmdb-genre-878"]
        {
            assert_eq!(entity(&app, id).await, None, "{id}");
        }
        for (kind, key, ids) in [
            ("ceremony", "oscars", &["ceremony-old"][..]),
            ("ceremony", "academy awards", &["ceremony-old"]),
            ("ceremony", "oscar", &["ceremony-else"]),
            ("platform", "jiohotstar", &["platform-old"]),
            ("platform", "netflix", &["tmdb-platform-8"]),
            ("platform", "the red one", &["tmdb-platform-8"]),
            ("genre", "horror", &["genre-old"]),
            ("genre", "sf", &["genre-sf"]),
            ("genre", "sci-fi", &["genre-of-science"]),
        ] {
            assert_eq!(ids_by_name(&app, kind, key).await, ids, "{key}");
        }
        // The external id from the reference data now belongs to the existing entity.
        let admin = app.movie("m").await;
        let offer = json!({ "streaming_options": [{ "platform": "Some Other", "platform_id": "tmdb-platform-122", "type": "free" }] });
        assert_eq!(
            admin.import_with(&envelope("m", "streaming", offer), "?source=manual").await.status,
            200
        );
        assert_eq!(
            admin.export("m", "streaming").await["data"]["streaming_options"][0]["platform_id"],
            "platform-old"
        );
    }

    async fn reference_data_is_loaded_once(app: TestApp) {
        let before = dump(&app.database.url, TABLES).await;
        let database = app.app.catalog.database();
        let now = app.clock.now();
        let (queries, loaded) = app.count_queries(Box::pin(database.load_reference(now))).await;
        assert_eq!((queries, loaded.is_ok()), (1, true));
        // With another version of the data, only new values are added.
        execute(&app.database.url, "UPDATE reference_versions SET version = 'another'").await;
        execute(&app.database.url, "DELETE FROM entity_names WHERE name_key = 'oscars'").await;
        open(&app).await;
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        let versions = rows(&app.database.url, "reference_versions").await;
        let mut versions: Vec<&str> =
            versions.iter().map(|row| row["version"].as_str().unwrap()).collect();
        versions.sort_by_key(|version| *version == "another");
        assert_eq!(versions, [reference::version(), "another"]);
    }

    async fn concurrent_processes_load_the_reference_data_once(app: TestApp) {
        let before =
            dump(&app.database.url, &["entities", "entity_names", "entity_external_ids"]).await;
        let ids = |tables: &[(String, Vec<String>)]| {
            tables.iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>()
        };
        unload(&app).await;
        futures::future::join_all((0..6).map(|_| open(&app))).await;
        let after =
            dump(&app.database.url, &["entities", "entity_names", "entity_external_ids"]).await;
        assert_eq!(ids(&after), ids(&before));
        assert_eq!(after[1..], before[1..]);
        assert_eq!(rows(&app.database.url, "reference_versions").await.len(), 1);
    }

    async fn another_spelling_of_an_award_category_changes_nothing(app: TestApp) {
        let admin = app.movie("m").await;
        let award = |ceremony: &str, category: &str| json!({ "ceremony": ceremony, "year": 1999, "category": category, "nominee": "Ada Quist", "result": "nominee" });
        let stored = json!({ "awards": [award("Academy Awards", "ACTRESS IN A LEADING ROLE"), award("Golden Globe Awards", "Best Director - Motion Picture")] });
        assert_eq!(admin.import("m", "awards", stored).await.status, 200);
        let before = admin.export("m", "awards").await;
        let sent = json!({ "awards": [award("Oscars", "Best Actress"), award("Golden Globes", "Best Director")] });
        for options in ["", "?mode=replace"] {
            let reply = admin
                .import_envelope("m", "awards", options, &envelope("m", "awards", sent.clone()))
                .await;
            let body = reply.json();
            // The ceremony has another spelling, the category does not.
            assert_eq!(reply.status, 200, "{}", reply.text);
            let paths: Vec<&str> = body["plan"]["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["path"].as_str().unwrap())
                .collect();
            assert!(paths.iter().all(|path| path.ends_with("/ceremony")), "{options}: {paths:?}");
        }
        let after = admin.export("m", "awards").await;
        for (old, new) in list(&before["data"], "awards").iter().zip(list(&after["data"], "awards"))
        {
            assert_eq!((&old["id"], &old["category"]), (&new["id"], &new["category"]));
        }
        assert_eq!(list(&after["data"], "awards").len(), 2);
    }
}

fn award(ceremony: &str, category: &str) -> Value {
    json!({ "ceremony": ceremony, "year": 1999, "category": category, "nominee": "Ada Quist", "result": "nominee" })
}

fn categories(world: &World) -> Vec<String> {
    let export = world.export();
    list(&export, "awards")
        .iter()
        .map(|award| award["category"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_nomination_is_aligned_by_any_name_of_its_category() {
    for (ceremony, stored, sent, is_same) in [
        ("Academy Awards", "ACTOR IN A LEADING ROLE", "Best Actor", true),
        ("Academy Awards", "Best Actor", "ACTOR", true),
        ("Academy Awards", "SOUND MIXING", "Best Sound Editing", false),
        ("Academy Awards", "ART DIRECTION (Color)", "Best Art Direction", false),
        ("Academy Awards", "Best Tide", "Best Tides", false),
        (
            "Golden Globe Awards",
            "Best Performance by an Actor in a Motion Picture - Drama",
            "Best Actor – Motion Picture Drama",
            true,
        ),
        (
            "Golden Globe Awards",
            "Best Performance by an Actor in a Motion Picture - Drama",
            "Best Actor",
            false,
        ),
        ("Filmfare Awards", "Best Actor", "Best Actor in a Leading Role (Male)", true),
        ("Filmfare Awards", "Best Actor", "Best Actor (Critics)", false),
        // Names of categories apply only to their own ceremony.
        ("Harbour Film Awards", "ACTOR IN A LEADING ROLE", "Best Actor", false),
    ] {
        for how in [MERGE, REPLACE] {
            let mut world =
                World::with(Category::Awards, &json!({ "awards": [award(ceremony, stored)] }));
            let id = world.export()["awards"][0]["id"].clone();
            let plan = world.import(&json!({ "awards": [award(ceremony, sent)] }), how).unwrap();
            let found = world.export()["awards"]
                .as_array()
                .unwrap()
                .iter()
                .any(|award| award["id"] == id && is_same);
            assert_eq!(
                (found, plan.report.changes.is_empty()),
                (is_same, is_same),
                "{ceremony}: {stored}, {sent}"
            );
            assert_eq!(
                categories(&world).contains(&stored.to_owned()),
                is_same || how.mode == MERGE.mode,
                "{sent}"
            );
        }
    }
}

#[test]
fn nominations_of_one_category_are_aligned_by_their_other_values() {
    let of = |category: &str, result: &str| {
        let mut award = award("Academy Awards", category);
        award["result"] = json!(result);
        award
    };
    let stored = ["nominee", "winner"].map(|result| of("ACTOR IN A LEADING ROLE", result));
    for (sent, changes) in [(&["winner"][..], 0), (&["nominee"], 0), (&["nominee", "winner"], 0)] {
        let mut world = World::with(Category::Awards, &json!({ "awards": stored }));
        let file = json!({ "awards": sent.iter().map(|result| of("Best Actor", result)).collect::<Vec<_>>() });
        let plan = world.import(&file, MERGE).unwrap();
        assert_eq!(plan.report.changes.len(), changes, "{sent:?}: {:?}", plan.report.changes);
        assert_eq!(world.import(&file, MERGE).unwrap().report.changes.len(), 0, "{sent:?} again");
    }
}

#[test]
fn an_award_with_its_id_keeps_its_spelling_unless_the_category_changes() {
    let mut world =
        World::with(Category::Awards, &json!({ "awards": [award("Academy Awards", "DIRECTING")] }));
    let base: Object = world.data.clone();
    let id = world.export()["awards"][0]["id"].clone();
    for (sent, expected) in [
        (json!({ "category": "Best Director" }), "DIRECTING"),
        (json!({ "category": "Directing" }), "DIRECTING"),
        // The same words at another ceremony are another category.
        (
            json!({ "category": "Best Direction", "ceremony": "BAFTA Film Awards" }),
            "Best Direction",
        ),
        (json!({ "category": "DIRECTING", "ceremony": "Academy Awards" }), "DIRECTING"),
        (json!({ "category": "Best Picture" }), "Best Picture"),
    ] {
        let mut object = sent.clone();
        object["id"] = id.clone();
        let file = json!({ "awards": [object] });
        world.import(&file, MERGE).unwrap();
        assert_eq!(categories(&world), [expected], "{sent}");
    }
    // The category was changed after the file was exported; the file has the old one in another
    // spelling.
    let file = json!({ "awards": [award("Academy Awards", "Best Director")] });
    let plan = world.import(&file, ImportSettings { base: Some(&base), ..MERGE }).unwrap();
    assert_eq!(
        (categories(&world), plan.report.conflicts.len()),
        (vec!["Best Picture".to_owned()], 0)
    );
}

#[test]
fn a_removed_award_in_another_spelling_stays_removed() {
    let mut world =
        World::with(Category::Awards, &json!({ "awards": [award("Academy Awards", "DIRECTING")] }));
    let base = world.data.clone();
    world.import(&json!({ "awards": [] }), REPLACE).unwrap();
    let file = json!({ "awards": [award("Academy Awards", "Best Director")] });
    let plan = world.import(&file, ImportSettings { base: Some(&base), ..MERGE }).unwrap();
    assert_eq!(
        (categories(&world).len(), plan.report.changes.len(), plan.report.conflicts.len()),
        (0, 0, 0)
    );
}

#[test]
fn nominations_with_different_stored_categories_stay_separate() {
    let two = json!({ "awards": [award("Academy Awards", "ACTOR"), award("Academy Awards", "Best Actor")] });
    let mut world = World::with(Category::Awards, &two);
    assert_eq!(categories(&world), ["ACTOR", "Best Actor"]);
    let ids: Vec<Value> =
        list(&world.export(), "awards").iter().map(|award| award["id"].clone()).collect();
    let other_order = json!({ "awards": [award("Academy Awards", "Best Actor"), award("Academy Awards", "ACTOR")] });
    for (file, how) in [(&two, MERGE), (&two, REPLACE), (&other_order, MERGE)] {
        world.import(file, how).unwrap();
        for (category, id) in [("ACTOR", &ids[0]), ("Best Actor", &ids[1])] {
            let export = world.export();
            let found =
                list(&export, "awards").iter().find(|award| award["category"] == category).unwrap();
            assert_eq!(&found["id"], id, "{category}");
        }
        assert_eq!(categories(&world).len(), 2);
    }
    // A third spelling is aligned with the first award that is left.
    let third = json!({ "awards": [award("Academy Awards", "Best Actor"), award("Academy Awards", "Actor in a Leading Role")] });
    let plan = world.import(&third, MERGE).unwrap();
    assert_eq!((categories(&world).len(), plan.report.matches.len()), (2, 0));
}
