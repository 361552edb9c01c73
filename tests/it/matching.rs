//! Alignment of arriving items with stored ones, and resolution of names to entities.

use std::sync::Arc;

use reelport::document::schema::definition::{Item, KeyPart, Kind, find};
use reelport::document::{Category, WarningCode};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump, execute, made_entities};
use crate::support::pure::{MERGE, World, item_lists, list};
use crate::support::{Client, TestApp, fixtures};

fn fixture(category: Category) -> Value {
    fixtures::all_categories().into_iter().find(|(name, _)| *name == category.as_str()).unwrap().1
}

fn ids(item: &Item, items: &[Value]) -> Vec<Value> {
    items.iter().map(|object| object[item.id].clone()).collect()
}

/// Another valid value for the field.
fn another_value(kind: &Kind, value: &Value) -> Value {
    match kind {
        Kind::Text { max } => {
            let start: String = value.as_str().unwrap_or("Part").chars().take(max - 3).collect();
            json!(format!("{start} II"))
        }
        Kind::PartialDate => json!("1901-02-03"),
        Kind::Url => json!("https://example.org/another"),
        Kind::Integer { .. } => json!(value.as_i64().unwrap() + 1),
        Kind::Code { .. } => json!(if value == "FR" { "DE" } else { "FR" }),
        Kind::Choice { values, .. } => {
            json!(values.iter().find(|other| **other != *value).unwrap())
        }
        other => panic!("no other value of {other:?} is known"),
    }
}

/// Changes one part of the item's natural key.
pub fn change_key_part(item: &Item, part: KeyPart, object: &mut Value) {
    match part {
        KeyPart::Field(name) => {
            object[name] =
                another_value(&find(item.fields, name).unwrap().rule.kind, &object[name]);
        }
        KeyPart::Entity(index) => {
            let entity = &item.entities[index];
            object[entity.name] = json!("Somebody Else");
            object.as_object_mut().unwrap().remove(entity.id);
        }
    }
}

pub fn has_part(item: &Item, part: KeyPart, object: &Value) -> bool {
    let name = match part {
        KeyPart::Field(name) => name,
        KeyPart::Entity(index) => item.entities[index].name,
    };
    object.get(name).is_some()
}

/// Runs `test` for every key part of every item of every fixture.
fn key_parts(test: impl Fn(&World, &'static str, &'static Item, usize, KeyPart)) {
    let mut count = 0;
    for category in Category::ALL.iter().copied() {
        let world = World::with(category, &fixture(category));
        for (name, item) in item_lists(category) {
            for index in 0..list(&world.export(), name).len() {
                for part in item.keys.iter().flat_map(|parts| parts.iter()).copied() {
                    test(&world, name, item, index, part);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn an_item_with_its_id_is_aligned_when_its_key_changes() {
    key_parts(|world, name, item, index, part| {
        let mut world = world.clone();
        let before = world.export();
        let mut file = json!({ name: [before[name][index]] });
        change_key_part(item, part, &mut file[name][0]);
        let plan = world.import(&file, MERGE).unwrap();
        let after = world.export();
        assert!(!plan.report.changes.is_empty(), "{part:?} of {name}/{index}");
        assert_eq!(
            ids(item, list(&after, name)),
            ids(item, list(&before, name)),
            "{part:?} of {name}/{index}"
        );
        for (other, (old, new)) in list(&before, name).iter().zip(list(&after, name)).enumerate() {
            assert_eq!(old == new, other != index, "{part:?} of {name}/{index}: {new}");
        }
    });
}

#[test]
fn an_item_with_another_key_and_no_id_is_new() {
    key_parts(|world, name, item, index, part| {
        let mut world = world.clone();
        let before = world.export();
        let mut file = json!({ name: before[name] });
        file[name][index].as_object_mut().unwrap().remove(item.id);
        change_key_part(item, part, &mut file[name][index]);
        world.import(&file, MERGE).unwrap();
        let after = world.export();
        let (old, new) = (ids(item, list(&before, name)), ids(item, list(&after, name)));
        // An added key part, or only another character or job in cast and crew, does not make a new
        // item: all others are aligned, so this one remains.
        let is_correction = item.entity_alone && matches!(part, KeyPart::Field(_));
        if is_correction || !has_part(item, part, &before[name][index]) {
            assert_eq!(new, old, "{part:?} of {name}/{index}");
        } else {
            assert_eq!(new.len(), old.len() + 1, "{part:?} of {name}/{index}");
            assert!(
                list(&before, name).iter().all(|object| list(&after, name).contains(object)),
                "{part:?} of {name}/{index}"
            );
        }
    });
}

#[test]
fn an_item_with_a_partial_key_is_aligned_with_the_remaining_one() {
    key_parts(|world, name, item, index, part| {
        let before = world.export();
        if !has_part(item, part, &before[name][index]) {
            return;
        }
        let mut file = json!({ name: before[name] });
        let object = file[name][index].as_object_mut().unwrap();
        object.remove(item.id);
        match part {
            KeyPart::Field(field) => drop(object.remove(field)),
            KeyPart::Entity(entity) => {
                object.remove(item.entities[entity].name);
                object.remove(item.entities[entity].id);
            }
        }
        if item
            .keys
            .iter()
            .flat_map(|parts| parts.iter())
            .all(|part| !has_part(item, *part, &file[name][index]))
        {
            return; // No key part is left.
        }
        let plan = world.plan(&file, MERGE).unwrap();
        assert_eq!(plan.report.changes, vec![], "{part:?} of {name}/{index}");
    });
}

/// A case: name, stored items, arriving items, and for each of these the stored item (`None`: new).
type Case = (&'static str, Value, Value, &'static [Option<usize>]);

/// Runs cases on one list. The field `mark`, which is not part of the key, identifies the arriving
/// items afterwards; `{"same as": n}` in place of an id is the id of the n-th stored item.
fn assert_aligned(category: Category, name: &'static str, mark: &str, cases: Vec<Case>) {
    let (_, item) = item_lists(category).find(|(list, _)| *list == name).unwrap();
    for (case, stored, arriving, expected) in cases {
        let mut world = World::with(category, &json!({ name: stored }));
        let before = world.export();
        let known = ids(item, list(&before, name));
        let mut file = json!({ name: arriving });
        for (index, object) in file[name].as_array_mut().unwrap().iter_mut().enumerate() {
            object[mark] = json!(format!("https://example.org/mark/{index}"));
            if let Some(nth) = object[item.id]["same as"].as_u64() {
                object[item.id] = known[usize::try_from(nth).unwrap()].clone();
            }
            if object[item.id].is_null() {
                object.as_object_mut().unwrap().remove(item.id);
            }
        }
        world.import(&file, MERGE).unwrap_or_else(|problems| panic!("{case}: {problems:?}"));
        let after = world.export();
        let found: Vec<Option<usize>> = (0..expected.len())
            .map(|index| {
                let marked = list(&after, name)
                    .iter()
                    .find(|object| object[mark] == format!("https://example.org/mark/{index}"));
                let id = &marked.unwrap_or_else(|| panic!("{case}: item {index} is gone"))[item.id];
                known.iter().position(|stored| stored == id)
            })
            .collect();
        assert_eq!(found, expected, "{case}");
        let new = expected.iter().filter(|claim| claim.is_none()).count();
        assert_eq!(list(&after, name).len(), known.len() + new, "{case}: folded or lost");
    }
}

#[test]
fn credits_are_aligned_by_id_then_key_then_person() {
    let ada = || json!({ "id": "p-1", "name": "Ada Quist", "character": "The Pilot" });
    let bo = || json!({ "id": "p-2", "name": "Bo Renn", "character": "The Clerk" });
    let sister = || json!({ "id": "p-1", "name": "Ada Quist", "character": "The Sister" });
    let as_pilot = || json!({ "name": "Ada Quist", "character": "The Pilot" });
    let alone = || json!({ "name": "Ada Quist" });
    assert_aligned(
        Category::CastCrew,
        "cast",
        "image",
        vec![
            ("by key", json!([ada(), bo()]), json!([bo(), ada()]), &[Some(1), Some(0)]),
            (
                "by key, without the person's id",
                json!([ada(), bo()]),
                json!([as_pilot()]),
                &[Some(0)],
            ),
            (
                "in another spelling",
                json!([ada(), bo()]),
                json!([{ "name": " ADA  QUI\u{301}ST", "character": "the pilot" }]),
                &[Some(0)],
            ),
            ("the character is missing", json!([ada(), bo()]), json!([alone()]), &[Some(0)]),
            (
                "the character is corrected",
                json!([ada(), bo()]),
                json!([{ "name": "Ada Quist", "character": "Captain" }]),
                &[Some(0)],
            ),
            ("the character is filled in", json!([alone(), bo()]), json!([as_pilot()]), &[Some(0)]),
            (
                "two corrections of one",
                json!([ada()]),
                json!([{ "name": "Ada Quist", "character": "A" }, { "name": "Ada Quist", "character": "B" }]),
                &[None, None],
            ),
            (
                "one correction of two",
                json!([ada(), sister()]),
                json!([{ "name": "Ada Quist", "character": "A" }]),
                &[None],
            ),
            ("the person alone, of two", json!([ada(), sister()]), json!([alone()]), &[None]),
            (
                "the person alone, the other being named",
                json!([ada(), sister()]),
                json!([sister(), alone()]),
                &[Some(1), Some(0)],
            ),
            ("one and its repetition", json!([ada()]), json!([ada(), ada()]), &[Some(0), None]),
            ("two equal, one comes", json!([ada(), ada()]), json!([ada()]), &[Some(0)]),
            (
                "two equal, two come",
                json!([ada(), ada()]),
                json!([ada(), ada()]),
                &[Some(0), Some(1)],
            ),
            (
                "two equal, three come",
                json!([ada(), ada()]),
                json!([ada(), ada(), ada()]),
                &[Some(0), Some(1), None],
            ),
            (
                "by id, against its key",
                json!([ada(), bo()]),
                json!([{ "credit_id": { "same as": 1 }, "id": "p-1", "name": "Ada Quist", "character": "The Pilot" }, as_pilot()]),
                &[Some(1), Some(0)],
            ),
            (
                "by id alone",
                json!([ada(), bo()]),
                json!([{ "credit_id": { "same as": 1 } }]),
                &[Some(1)],
            ),
            (
                "ids exchanged",
                json!([ada(), sister()]),
                json!([
            { "credit_id": { "same as": 1 }, "name": "Ada Quist", "character": "The Pilot" },
            { "credit_id": { "same as": 0 }, "name": "Ada Quist", "character": "The Sister" }]),
                &[Some(1), Some(0)],
            ),
            (
                "one id twice",
                json!([ada(), sister()]),
                json!([
            { "credit_id": { "same as": 0 }, "name": "Ada Quist", "character": "The Pilot" },
            { "credit_id": { "same as": 0 }, "name": "Ada Quist", "character": "The Sister" }]),
                &[Some(0), Some(1)],
            ),
            (
                "an unknown id, a known key",
                json!([ada(), bo()]),
                json!([{ "credit_id": "made-up", "name": "Bo Renn", "character": "The Clerk" }]),
                &[Some(1)],
            ),
            (
                "an unknown id, an unknown key",
                json!([ada()]),
                json!([{ "credit_id": "made-up", "name": "Eli Stone", "character": "A" }]),
                &[None],
            ),
            (
                "another person of that name",
                json!([ada()]),
                json!([{ "id": "p-9", "name": "Ada Quist", "character": "The Pilot" }]),
                &[None],
            ),
            (
                "another name of that person",
                json!([ada()]),
                json!([{ "id": "p-1", "name": "A. Quist", "character": "The Pilot" }]),
                &[Some(0)],
            ),
        ],
    );
    let editor =
        || json!({ "id": "p-1", "name": "Ada Quist", "job": "Editor", "department": "Editing" });
    assert_aligned(
        Category::CastCrew,
        "crew",
        "image",
        vec![
            (
                "by job",
                json!([editor(), { "id": "p-1", "name": "Ada Quist", "job": "Grip" }]),
                json!([{ "name": "Ada Quist", "job": "Grip" }]),
                &[Some(1)],
            ),
            (
                "a department is not part of the key",
                json!([editor()]),
                json!([{ "name": "Ada Quist", "job": "editor", "department": "Post" }]),
                &[Some(0)],
            ),
            (
                "a corrected job",
                json!([editor()]),
                json!([{ "name": "Ada Quist", "job": "Film Editor" }]),
                &[Some(0)],
            ),
            ("the job is missing", json!([editor()]), json!([{ "name": "Ada Quist" }]), &[Some(0)]),
        ],
    );
    assert_aligned(
        Category::CastCrew,
        "writers",
        "image",
        vec![
            (
                "the job is filled in",
                json!([{ "name": "Ada Quist" }]),
                json!([{ "name": "Ada Quist", "job": "Novel" }]),
                &[Some(0)],
            ),
            (
                "a second job of one that has one, both sent",
                json!([{ "name": "Ada Quist", "job": "Novel" }]),
                json!([{ "name": "Ada Quist", "job": "Novel" }, { "name": "Ada Quist", "job": "Screenplay" }]),
                &[Some(0), None],
            ),
        ],
    );
}

#[test]
fn events_are_aligned_by_date_and_title() {
    let shot = || json!({ "date": "1998", "title": "Shooting begins" });
    assert_aligned(
        Category::Timeline,
        "events",
        "description",
        vec![
            (
                "by key",
                json!([shot(), { "date": "1999", "title": "Release" }]),
                json!([{ "date": "1999", "title": "RELEASE" }]),
                &[Some(1)],
            ),
            (
                "another day",
                json!([shot()]),
                json!([{ "date": "1998-06", "title": "Shooting begins" }]),
                &[None],
            ),
            (
                "another title",
                json!([shot()]),
                json!([{ "date": "1998", "title": "Shooting" }]),
                &[None],
            ),
            (
                "no date, one of that title",
                json!([shot()]),
                json!([{ "title": "shooting begins" }]),
                &[Some(0)],
            ),
            (
                "no title, one of that date",
                json!([shot(), { "date": "1999", "title": "Release" }]),
                json!([{ "date": "1999" }]),
                &[Some(1)],
            ),
            (
                "equal keys in order",
                json!([shot(), shot(), shot()]),
                json!([shot(), shot()]),
                &[Some(0), Some(1)],
            ),
            (
                "a moved one among equals",
                json!([shot(), { "date": "1997", "title": "Written" }, shot()]),
                json!([{ "id": { "same as": 2 } }, { "date": "1997", "title": "Written" }, shot()]),
                &[Some(2), Some(1), Some(0)],
            ),
        ],
    );
    let world = World::with(
        Category::Timeline,
        &json!({ "events": [shot(), { "date": "2001", "title": "Shooting begins" }] }),
    );
    let problems = world
        .plan(&json!({ "events": [{ "title": "Shooting begins", "category": "x" }] }), MERGE)
        .unwrap_err();
    assert_eq!(
        problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
        ["/events/0/date"]
    );
}

#[test]
fn moving_one_of_two_events_with_equal_keys_does_not_change_the_other() {
    let shot = |description: &str| json!({ "date": "1998", "title": "Shooting", "description": description });
    let release = || json!({ "date": "1999", "title": "Release" });
    let mut world = World::with(
        Category::Timeline,
        &json!({ "events": [shot("In the docks."), shot("At sea."), release()] }),
    );
    let file = json!({ "events": [release(), shot("In the old docks.")] });
    for changes in [1, 0] {
        assert_eq!(
            world.import(&file, MERGE).unwrap().report.changes.len(),
            changes,
            "first the description, then nothing: an incomplete list reorders nothing"
        );
        let data = world.export();
        let descriptions: Vec<_> = list(&data, "events")
            .iter()
            .filter_map(|event| event["description"].as_str())
            .collect();
        assert_eq!(descriptions, ["In the old docks.", "At sea."]);
    }
}

#[test]
fn trivia_is_aligned_by_text_or_by_question_and_answer() {
    let text = || json!({ "text": "The water was green." });
    let question = || json!({ "question": "Where?", "answer": "In Wismar." });
    let both = || json!({ "text": "The water was green.", "question": "Which colour?" });
    assert_aligned(
        Category::Trivia,
        "items",
        "explanation",
        vec![
            (
                "by text",
                json!([text(), question()]),
                json!([{ "text": "the water was  green." }]),
                &[Some(0)],
            ),
            (
                "by question and answer",
                json!([text(), question()]),
                json!([question()]),
                &[Some(1)],
            ),
            ("another text", json!([text()]), json!([{ "text": "The water was blue." }]), &[None]),
            (
                "another answer",
                json!([question()]),
                json!([{ "question": "Where?", "answer": "In Lübeck." }]),
                &[None],
            ),
            (
                "no answer",
                json!([question(), text()]),
                json!([{ "question": "Where?" }]),
                &[Some(0)],
            ),
            (
                "an answer is filled in",
                json!([{ "question": "Where?" }]),
                json!([question()]),
                &[Some(0)],
            ),
            (
                "no answer, two of that question",
                json!([question(), { "question": "Where?", "answer": "In Lübeck." }]),
                json!([{ "question": "Where?" }]),
                &[None],
            ),
            ("a question is added to a text", json!([text()]), json!([both()]), &[Some(0)]),
            (
                "the question of a text",
                json!([both(), question()]),
                json!([{ "question": "Which colour?" }]),
                &[Some(0)],
            ),
            (
                "a text is added to a question",
                json!([question()]),
                json!([{ "text": "New.", "question": "Where?", "answer": "In Wismar." }]),
                &[Some(0)],
            ),
        ],
    );
}

#[test]
fn awards_are_aligned_by_ceremony_year_category_and_nominee() {
    let film = || json!({ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Film", "result": "nominee" });
    let of = |nominee: &str| json!({ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Actor", "nominee": nominee, "result": "nominee" });
    let with = |mut award: Value, key: &str, value: Value| {
        award[key] = value;
        award
    };
    assert_aligned(
        Category::Awards,
        "awards",
        "notes",
        vec![
            ("by key", json!([of("Ada Quist"), film()]), json!([film()]), &[Some(1)]),
            (
                "it was won after all",
                json!([film()]),
                json!([with(film(), "result", json!("winner"))]),
                &[Some(0)],
            ),
            (
                "another spelling of the ceremony",
                json!([film()]),
                json!([with(film(), "ceremony", json!("harbour  awards"))]),
                &[Some(0)],
            ),
            (
                "another ceremony",
                json!([film()]),
                json!([with(film(), "ceremony", json!("Dock Awards"))]),
                &[None],
            ),
            ("another year", json!([film()]), json!([with(film(), "year", json!(2000))]), &[None]),
            (
                "another category",
                json!([film()]),
                json!([with(film(), "category", json!("Best Script"))]),
                &[None],
            ),
            ("another nominee", json!([of("Ada Quist")]), json!([of("Bo Renn")]), &[None]),
            (
                "a nominee is filled in",
                json!([film()]),
                json!([with(film(), "nominee", json!("Ada Quist"))]),
                &[Some(0)],
            ),
            (
                "no nominee",
                json!([of("Ada Quist"), film()]),
                json!([{ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Actor" }]),
                &[Some(0)],
            ),
            (
                "no nominee, two nominees",
                json!([of("Ada Quist"), of("Bo Renn")]),
                json!([{ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Actor", "result": "winner" }]),
                &[None],
            ),
            (
                "by nominee and year alone",
                json!([of("Ada Quist"), with(film(), "year", json!(1998))]),
                json!([{ "year": 1999, "nominee": "Ada Quist", "result": "winner" }]),
                &[Some(0)],
            ),
            (
                "a nominee gets an id",
                json!([of("Ada Quist")]),
                json!([with(of("Ada Quist"), "nominee_id", json!("p-1"))]),
                &[Some(0)],
            ),
            ("equal ones stay apart", json!([film()]), json!([film(), film()]), &[Some(0), None]),
        ],
    );
}

#[test]
fn pictures_and_offers_are_aligned_by_their_keys() {
    let still = || json!({ "url": "https://example.org/1.jpg", "kind": "still" });
    assert_aligned(
        Category::Media,
        "gallery",
        "caption",
        vec![
            (
                "by url",
                json!([still()]),
                json!([{ "url": "https://example.org/1.jpg", "kind": "poster" }]),
                &[Some(0)],
            ),
            (
                "by url alone",
                json!([still()]),
                json!([{ "url": "https://example.org/1.jpg" }]),
                &[Some(0)],
            ),
            (
                "another url",
                json!([still()]),
                json!([{ "url": "https://example.org/2.jpg", "kind": "still" }]),
                &[None],
            ),
            (
                "twice",
                json!([still(), still()]),
                json!([still(), still(), still()]),
                &[Some(0), Some(1), None],
            ),
        ],
    );
    let rent = |quality: &str| json!({ "platform": "Kiosk", "region": "DE", "type": "rent", "quality": quality });
    let with = |mut offer: Value, key: &str, value: Value| {
        offer[key] = value;
        offer
    };
    let anywhere = || json!({ "platform": "Kiosk", "type": "rent", "quality": "HD" });
    assert_aligned(
        Category::Streaming,
        "streaming_options",
        "url",
        vec![
            (
                "by key",
                json!([rent("HD"), rent("SD")]),
                json!([with(rent("SD"), "price", json!("1.99"))]),
                &[Some(1)],
            ),
            (
                "another platform",
                json!([rent("HD")]),
                json!([with(rent("HD"), "platform", json!("Harbour+"))]),
                &[None],
            ),
            (
                "another region",
                json!([rent("HD")]),
                json!([with(rent("HD"), "region", json!("FR"))]),
                &[None],
            ),
            (
                "another type",
                json!([rent("HD")]),
                json!([with(rent("HD"), "type", json!("buy"))]),
                &[None],
            ),
            ("another quality", json!([rent("HD")]), json!([rent("SD")]), &[None]),
            (
                "no quality, one offer",
                json!([rent("HD")]),
                json!([{ "platform": "kiosk", "region": "DE", "type": "rent" }]),
                &[Some(0)],
            ),
            (
                "no quality, two offers",
                json!([rent("HD"), rent("SD")]),
                json!([{ "platform": "Kiosk", "region": "DE", "type": "rent" }]),
                &[None],
            ),
            ("no region", json!([rent("HD"), rent("SD")]), json!([anywhere()]), &[Some(0)]),
            ("a region is filled in", json!([anywhere()]), json!([rent("HD")]), &[Some(0)]),
            (
                "a region is filled in twice",
                json!([anywhere()]),
                json!([rent("HD"), with(rent("HD"), "region", json!("FR"))]),
                &[None, None],
            ),
        ],
    );
}

#[test]
fn an_unknown_item_id_is_a_warning_and_never_stored() {
    let mut world = World::with(Category::Trivia, &json!({ "items": [{ "text": "A" }] }));
    let other_movie = World { movie: "tmdb-2".parse().unwrap(), ..World::new(Category::Trivia) };
    let other_id = other_movie.plan(&json!({ "items": [{ "text": "B" }] }), MERGE).unwrap().data["items"][0]["id"].clone();
    for (text, id) in [("A", json!("evt-1")), ("B", other_id), ("C", json!(7))] {
        let plan = world.import(&json!({ "items": [{ "id": id, "text": text }] }), MERGE).unwrap();
        let unknown: Vec<_> = plan
            .report
            .warnings
            .iter()
            .filter(|warning| warning.code == WarningCode::UnknownId)
            .collect();
        assert_eq!(
            unknown.iter().map(|warning| warning.path.as_str()).collect::<Vec<_>>(),
            ["/items/0/id"],
            "{text}"
        );
        let items = world.export()["items"].clone();
        assert!(items.as_array().unwrap().iter().all(|item| item["id"] != id), "{text}: {items}");
    }
    assert_eq!(list(&world.export(), "items").len(), 3);
    // On another server, the exported ids of the same movie are kept.
    let export = world.export();
    let elsewhere = World::with(Category::Trivia, &export);
    assert_eq!(elsewhere.export(), export);
}

#[test]
fn item_ids_are_unique_within_a_document() {
    let mut world = World::with(Category::CastCrew, &fixture(Category::CastCrew));
    let before = world.export();
    // A model may copy a director with its id to the writers and the producers.
    let director = before["directors"][0].clone();
    let file =
        json!({ "writers": [before["writers"][0], director], "producers": [director, director] });
    world.import(&file, MERGE).unwrap();
    let all = |world: &World| {
        let data = world.export();
        let lists =
            item_lists(Category::CastCrew).flat_map(|(name, item)| ids(item, list(&data, name)));
        lists.map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut ids = all(&world);
    assert_eq!(ids.len(), 10);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10, "{:#}", world.export());
    assert_eq!(world.import(&file, MERGE).unwrap().report.changes, vec![]);
    // The same into an empty document.
    let mut fresh = World { ids: Arc::clone(&world.ids), ..World::new(Category::CastCrew) };
    fresh.import(&json!({ "directors": [director], "writers": [director] }), MERGE).unwrap();
    let ids = all(&fresh);
    assert_eq!(ids[0], director["credit_id"]);
    assert_ne!(ids[0], ids[1]);
}

async fn crew(client: &Client, movie: &str) -> Vec<(String, String, String)> {
    let data = client.export(movie, "cast_crew").await["data"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    data["crew"]
        .as_array()
        .unwrap()
        .iter()
        .map(|credit| (text(&credit["name"]), text(&credit["id"]), text(&credit["job"])))
        .collect()
}

fn triples(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

/// The number of entities of a kind that imports have created.
async fn count(app: &TestApp, kind: &str) -> usize {
    made_entities(&app.database.url).await.iter().filter(|row| row["kind"] == kind).count()
}

async fn add_alias(app: &TestApp, kind: &str, id: &str, key: &str) {
    let sql = format!(
        "INSERT INTO entity_names (kind, name_key, entity_id, name) VALUES ('{kind}', '{key}', '{id}', '{key}')"
    );
    execute(&app.database.url, &sql).await;
}

on_both_databases! {
    async fn a_person_is_resolved_by_id_name_or_alias(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        add_alias(&app, "person", "tmdb-person-1", "a. q. harbour").await;
        execute(&app.database.url, "INSERT INTO entity_external_ids (kind, source, value, entity_id) VALUES ('person', 'imdb', 'nm0000001', 'tmdb-person-1')").await;
        let people = count(&app, "person").await;
        for (index, (case, sent, id)) in [
            (
                "by id, credited otherwise",
                json!({ "id": "tmdb-person-1", "name": "Ada Q." }),
                "tmdb-person-1",
            ),
            ("by name", json!({ "name": "Ada Quist" }), "tmdb-person-1"),
            ("by name in another spelling", json!({ "name": " ada\u{a0}QUÍST " }), "tmdb-person-1"),
            ("by alias", json!({ "name": "A. Q. Harbour" }), "tmdb-person-1"),
            (
                "by an id of elsewhere",
                json!({ "id": "imdb-person-nm0000001", "name": "Ada" }),
                "tmdb-person-1",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let movie = format!("movie-{index}");
            app.movie(&movie).await;
            let mut credit = sent.clone();
            credit["job"] = json!(case);
            let reply = admin.import(&movie, "cast_crew", json!({ "crew": [credit] })).await;
            assert_eq!(reply.status, 200, "{case}: {}", reply.text);
            assert_eq!(
                crew(&admin, &movie).await,
                triples(&[(sent["name"].as_str().unwrap(), id, case)]),
                "{case}"
            );
        }
        assert_eq!(count(&app, "person").await, people);

        app.movie("tmdb-2").await;
        let made = json!({ "crew": [{ "id": "tmdb-person-99", "name": "Fay Orr", "job": "Grip" }, { "name": "Gil Poe", "job": "Grip" }] });
        assert_eq!(admin.import("tmdb-2", "cast_crew", made).await.status, 200);
        assert_eq!(count(&app, "person").await, people + 2);
        let made = crew(&admin, "tmdb-2").await;
        assert_eq!(made[0], ("Fay Orr".to_owned(), "tmdb-person-99".to_owned(), "Grip".to_owned()));
        assert!(made[1].1.starts_with("person-"), "{made:?}");
    }

    async fn namesakes_in_the_list_are_preferred(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let two = json!({ "crew": [
            { "id": "tmdb-person-12", "name": "Jo Lee", "job": "Editor" }, { "id": "tmdb-person-11", "name": "Jo Lee", "job": "Grip" },
        ] });
        assert_eq!(admin.import("tmdb-1", "cast_crew", two).await.status, 200);
        assert_eq!(count(&app, "person").await, 2);

        // Two people with the same name stay two when their ids are missing.
        let bare = json!({ "crew": [{ "name": "jo lee", "job": "Grip" }, { "name": "Jo Lee", "job": "Editor" }] });
        assert_eq!(admin.import("tmdb-1", "cast_crew", bare).await.status, 200);
        assert_eq!(
            crew(&admin, "tmdb-1").await,
            triples(&[
                ("Jo Lee", "tmdb-person-11", "Grip"),
                ("Jo Lee", "tmdb-person-12", "Editor")
            ])
        );

        // New credits with that name go to the first person in the list, then to the second.
        let more = json!({ "crew": [{ "name": "Jo Lee", "job": "Colorist" }, { "name": "JO LEE", "job": "Gaffer" }] });
        let reply = admin.import("tmdb-1", "cast_crew", more).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(
            crew(&admin, "tmdb-1").await,
            triples(&[
                ("Jo Lee", "tmdb-person-11", "Grip"),
                ("Jo Lee", "tmdb-person-12", "Editor"),
                ("Jo Lee", "tmdb-person-11", "Colorist"),
                ("JO LEE", "tmdb-person-12", "Gaffer"),
            ])
        );
        assert_eq!(count(&app, "person").await, 2);

        // If the list has one of them, the name means that one.
        app.movie("tmdb-2").await;
        let one =
            json!({ "crew": [{ "id": "tmdb-person-12", "name": "Jo Lee", "job": "Editor" }] });
        admin.import("tmdb-2", "cast_crew", one).await;
        let more = json!({ "crew": [{ "name": "Jo Lee", "job": "Editor" }, { "name": "Jo Lee", "job": "Grip" }] });
        assert_eq!(admin.import("tmdb-2", "cast_crew", more).await.status, 200);
        assert_eq!(
            crew(&admin, "tmdb-2").await,
            triples(&[
                ("Jo Lee", "tmdb-person-12", "Editor"),
                ("Jo Lee", "tmdb-person-12", "Grip")
            ])
        );

        // If the list has none of them, the name is ambiguous.
        app.movie("tmdb-3").await;
        let before = dump(&app.database.url, TABLES).await;
        let unclear = json!({ "directors": [{ "name": "Kim Moe" }], "crew": [{ "name": "Nia Ode", "job": "Grip" }, { "name": "Jo Lee", "job": "Grip" }] });
        let reply = admin.import("tmdb-3", "cast_crew", unclear).await;
        assert_eq!(reply.status, 409, "{}", reply.text);
        assert_eq!(reply.errors(), [("/crew/1/name".to_owned(), "AMBIGUOUS_MATCH".to_owned())]);
        let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("tmdb-person-11") && message.contains("tmdb-person-12"),
            "{message}"
        );
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn an_outdated_name_index_is_rebuilt(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let tables = ["entity_blocks", "name_words"];
        let before = dump(&app.database.url, &tables).await;
        assert!(before.iter().all(|(table, rows)| !rows.is_empty() || panic!("{table} is empty")));
        for damage in [
            "DELETE FROM entity_blocks",
            "UPDATE name_words SET people = 77",
            "UPDATE index_versions SET version = 'of old'",
        ] {
            execute(&app.database.url, damage).await;
        }
        app.replica().await;
        assert_eq!(dump(&app.database.url, &tables).await, before);
        app.movie("tmdb-2").await;
        let sent = json!({ "crew": [{ "name": "QUIST, Ada", "job": "Editor" }] });
        assert_eq!(admin.import("tmdb-2", "cast_crew", sent).await.status, 200);
        assert_eq!(crew(&admin, "tmdb-2").await[0].1, "tmdb-person-1");
    }

    async fn a_repeated_new_name_creates_one_person(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let sent = json!({
            "directors": [{ "name": "Kim Moe" }], "writers": [{ "name": "KIM  MOE", "job": "Novel" }, { "name": "Kim Moe", "job": "Screenplay" }],
            "cast": [{ "name": "Kim Móe", "character": "Herself" }], "crew": [{ "name": "Kim Moe", "job": "Editor" }]
        });
        assert_eq!(admin.import("tmdb-1", "cast_crew", sent.clone()).await.status, 200);
        assert_eq!(count(&app, "person").await, 1);
        let data = admin.export("tmdb-1", "cast_crew").await["data"].clone();
        assert_eq!(fixtures::facts(&data)["writers"], sent["writers"], "credited as sent");
        let ids: std::collections::HashSet<_> = data
            .as_object()
            .unwrap()
            .values()
            .flat_map(|list| list.as_array().unwrap())
            .map(|credit| credit["id"].to_string())
            .collect();
        assert_eq!(ids.len(), 1, "{data}");
        // A credit with an id in the same file decides for the name.
        app.movie("tmdb-2").await;
        let sent = json!({ "directors": [{ "name": "Nia Ode" }], "cast": [{ "name": "Nia Ode", "id": "tmdb-person-5", "character": "A" }] });
        admin.import("tmdb-2", "cast_crew", sent).await;
        let data = admin.export("tmdb-2", "cast_crew").await["data"].clone();
        assert_eq!(
            (&data["directors"][0]["id"], count(&app, "person").await),
            (&json!("tmdb-person-5"), 2)
        );
    }

    async fn ceremonies_and_platforms_are_resolved_or_created(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let (ceremonies, platforms) =
            (count(&app, "ceremony").await, count(&app, "platform").await);
        assert_eq!((ceremonies, platforms), (1, 2));
        let ceremony = admin.export("tmdb-1", "awards").await["data"]["awards"][0]["ceremony_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let platform = admin.export("tmdb-1", "streaming").await["data"]["streaming_options"][0]["platform_id"].as_str().unwrap().to_owned();
        add_alias(&app, "ceremony", &ceremony, "hfa").await;
        add_alias(&app, "platform", &platform, "harbour plus").await;
        app.movie("tmdb-2").await;
        let award = |ceremony: &str, category: &str| json!({ "ceremony": ceremony, "year": 2001, "category": category, "result": "winner" });
        let awards = json!({ "awards": [award("HARBOUR film awards", "A"), award("HFA", "B"), award("Dock Prize", "C"), award("dock prize", "D")] });
        assert_eq!(admin.import("tmdb-2", "awards", awards.clone()).await.status, 200);
        let data = admin.export("tmdb-2", "awards").await["data"].clone();
        assert_eq!(fixtures::facts(&data), awards);
        let ids: Vec<&str> = data["awards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|award| award["ceremony_id"].as_str().unwrap())
            .collect();
        assert_eq!((ids[0], ids[1], ids[2]), (ceremony.as_str(), ceremony.as_str(), ids[3]));
        assert_eq!(count(&app, "ceremony").await, ceremonies + 1);

        let offers = json!({ "streaming_options": [{ "platform": "Harbour Plus", "type": "free" }, { "platform": "Pier", "type": "free" }] });
        assert_eq!(admin.import("tmdb-2", "streaming", offers.clone()).await.status, 200);
        let data = admin.export("tmdb-2", "streaming").await["data"].clone();
        assert_eq!(
            (fixtures::facts(&data), &data["streaming_options"][0]["platform_id"]),
            (offers, &json!(platform))
        );
        assert_eq!(count(&app, "platform").await, platforms + 1);

        // A name that two ceremonies share is ambiguous.
        add_alias(&app, "ceremony", ids[2], "hfa").await;
        app.movie("tmdb-3").await;
        let reply =
            admin.import("tmdb-3", "awards", json!({ "awards": [award("HFA", "A")] })).await;
        assert_eq!(
            (reply.status, reply.errors()),
            (409, vec![("/awards/0/ceremony".to_owned(), "AMBIGUOUS_MATCH".to_owned())])
        );
    }

    async fn genres_are_resolved_or_created_and_exported_as_sent(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        // Drama and Science Fiction are reference data; Sci-Fi is an alias of the latter.
        assert_eq!(count(&app, "genre").await, 0);
        // Another name of a stored genre adds nothing.
        let reply =
            admin.import("tmdb-1", "basic_info", json!({ "genres": ["SCI-FI", "dráma"] })).await;
        assert_eq!(
            reply.json()["plan"]["changes"].as_array().unwrap().len(),
            1,
            "only the order: {}",
            reply.text
        );
        assert_eq!(
            admin.export("tmdb-1", "basic_info").await["data"]["genres"],
            json!(["Science Fiction", "Drama"])
        );
        assert_eq!(count(&app, "genre").await, 0);

        app.movie("tmdb-2").await;
        for genres in
            [json!(["Sci-Fi", "Film noir"]), json!(["Sci-Fi", "Film noir", "Science Fiction"])]
        {
            let reply = admin.import("tmdb-2", "basic_info", json!({ "genres": genres })).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let export = admin.export("tmdb-2", "basic_info").await;
            for options in ["", "?mode=replace"] {
                let again = admin.import_envelope("tmdb-2", "basic-info", options, &export).await;
                assert_eq!(
                    again.json()["status"],
                    "unchanged",
                    "{genres}{options}: {}",
                    again.text
                );
            }
        }
        assert_eq!(count(&app, "genre").await, 1);
    }

    async fn two_names_of_one_genre_in_a_document_round_trip(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let genre = dump(&app.database.url, &["movie_genres"]).await[0].1[0].clone();
        let genre =
            serde_json::from_str::<Value>(&genre).unwrap()["genre_id"].as_str().unwrap().to_owned();
        add_alias(&app, "genre", &genre, "another name").await;
        add_alias(&app, "genre", &genre, "a third").await;
        app.movie("tmdb-2").await;
        let sent = json!({ "genres": ["Another Name", "A Third"] });
        let reply = admin.import("tmdb-2", "basic_info", sent).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let export = admin.export("tmdb-2", "basic_info").await;
        for options in ["", "?mode=replace"] {
            let again = admin.import_envelope("tmdb-2", "basic-info", options, &export).await;
            assert_eq!(again.json()["status"], "unchanged", "{options}: {}", again.text);
        }
    }

    async fn a_nominee_is_linked_to_the_only_matching_person_of_the_movie(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        app.movie("tmdb-2").await;
        let two = json!({ "crew": [{ "id": "tmdb-person-12", "name": "Jo Lee", "job": "Editor" }, { "id": "tmdb-person-11", "name": "Jo Lee", "job": "Grip" },
            { "id": "tmdb-person-2", "name": "Bo Renn", "job": "Gaffer" }] });
        admin.import("tmdb-2", "cast_crew", two).await;
        let people = count(&app, "person").await;
        let award = |nominee: Value| {
            let mut award = json!({ "ceremony": "Dock Prize", "year": 2001, "category": nominee["nominee"], "result": "winner" });
            award.as_object_mut().unwrap().extend(nominee.as_object().unwrap().clone());
            award
        };
        let sent = json!({ "awards": [
            award(json!({ "nominee": "bo RENN" })), award(json!({ "nominee": "The Long Tide" })),
            award(json!({ "nominee": "Jo Lee" })), award(json!({ "nominee": "Jo  Lee", "nominee_id": "tmdb-person-11" })),
            // A person with this name is credited on another movie only; the nominee may also be a
            // film.
            award(json!({ "nominee": "Cleo Marsh" }))
        ] });
        let reply = admin.import("tmdb-2", "awards", sent.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let warned: Vec<_> = reply.json()["plan"]["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|warning| (warning["path"].clone(), warning["code"].clone()))
            .collect();
        assert_eq!(warned, [(json!("/awards/2/nominee"), json!("AMBIGUOUS_MATCH"))]);
        let data = admin.export("tmdb-2", "awards").await["data"].clone();
        assert_eq!(
            fixtures::facts(&data),
            json!({ "awards": sent["awards"].as_array().unwrap().iter().map(fixtures::facts).collect::<Vec<_>>() })
        );
        let linked: Vec<Option<&str>> = data["awards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|award| award["nominee_id"].as_str())
            .collect();
        assert_eq!(linked, [Some("tmdb-person-2"), None, None, Some("tmdb-person-11"), None]);
        assert_eq!(count(&app, "person").await, people);
        // A nominee that is renamed to an unknown name is no longer linked.
        let renamed =
            json!({ "awards": [{ "id": data["awards"][0]["id"], "nominee": "The Harbour" }] });
        admin.import("tmdb-2", "awards", renamed).await;
        let data = admin.export("tmdb-2", "awards").await["data"].clone();
        assert_eq!(
            (&data["awards"][0]["nominee"], &data["awards"][0]["nominee_id"]),
            (&json!("The Harbour"), &json!(null))
        );
    }

    async fn names_of_maximum_length_are_resolved(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        // Syllables that decompose to up to three letters each and hardly repeat.
        let name = |length: u32| {
            (0..length)
                .map(|index| {
                    char::from_u32(0xAC00 + (index * 7919 + index * index * 31) % 11_172).unwrap()
                })
                .collect::<String>()
        };
        let sent =
            json!({ "crew": [{ "id": "x".repeat(128), "name": name(500), "job": "Editor" }] });
        let reply = admin.import("tmdb-1", "cast_crew", sent).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let reply = admin
            .import(
                "tmdb-1",
                "basic_info",
                json!({ "title": name(300), "original_title": name(300), "genres": [name(100)] }),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        app.movie("tmdb-2").await;
        admin
            .import(
                "tmdb-2",
                "cast_crew",
                json!({ "crew": [{ "name": name(500), "job": "Editor" }] }),
            )
            .await;
        assert_eq!(crew(&admin, "tmdb-2").await[0].1, "x".repeat(128));
    }
}
