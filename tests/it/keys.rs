//! Natural keys over a whole catalogue: every key part of every item is changed, filled in and left
//! out in turn; the right item is aligned or a new one is created, and no two items become one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reelport::document::align::{PossibleEntities, StoredItem, align};
use reelport::document::budget::WorkBudget;
use reelport::document::read::parse::MAX_ITEMS;
use reelport::document::resolve::directory::Directory;
use reelport::document::schema::definition::{Item, KeyPart};
use reelport::document::text::comparable;
use reelport::document::{Category, Object};
use serde_json::{Value, json};

use crate::matching::{change_key_part, has_part};
use crate::support::catalogue;
use crate::support::pure::{MERGE, World, item_lists, list};

/// If set, the test uses the whole real catalogue instead of a sample.
const ALL: &str = "REELPORT_TEST_WHOLE_CATALOGUE";

/// The number of documents, and of items per list, in a sample.
const SAMPLE: (usize, usize) = (140, 6);

/// A key part in the form in which it is compared.
fn part_of(item: &Item, part: KeyPart, object: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(comparable(text)),
        other => Some(other.to_string()),
    };
    match part {
        KeyPart::Field(name) => text(&object[name]),
        KeyPart::Entity(index) => text(&object[item.entities[index].name]),
    }
}

fn same_part(item: &Item, part: KeyPart, a: &Value, b: &Value) -> Option<bool> {
    if let KeyPart::Entity(index) = part {
        let id = |object: &Value| object[item.entities[index].id].as_str().map(str::to_owned);
        if let (Some(a), Some(b)) = (id(a), id(b)) {
            return Some(a == b);
        }
    }
    Some(part_of(item, part, a)? == part_of(item, part, b)?)
}

/// The stored items that the item may be, by the first rule that finds any, and whether they have
/// the whole key. The item is aligned if there is one, or if the whole key is equal.
fn expected_candidates(item: &Item, object: &Value, stored: &[&Value]) -> (Vec<usize>, bool) {
    let that = |fits: &dyn Fn(&Value) -> bool| -> Vec<usize> {
        stored.iter().enumerate().filter(|(_, other)| fits(other)).map(|(index, _)| index).collect()
    };
    let alternative =
        |object: &Value| item.keys.iter().position(|parts| has_part(item, parts[0], object));
    let full = that(&|other| {
        alternative(object) == alternative(other)
            && alternative(object).is_some_and(|index| {
                item.keys[index].iter().all(|part| {
                    same_part(item, *part, object, other)
                        .unwrap_or(!has_part(item, *part, object) && !has_part(item, *part, other))
                })
            })
    });
    if !full.is_empty() {
        return (full, true);
    }
    let parts = || item.keys.iter().flat_map(|parts| parts.iter());
    let present = that(&|other| {
        let compared: Vec<bool> =
            parts().filter_map(|part| same_part(item, *part, object, other)).collect();
        !compared.is_empty() && compared.iter().all(|same| *same)
    });
    if present.len() == 1 || !item.entity_alone {
        return (present, false);
    }
    (that(&|other| same_part(item, KeyPart::Entity(0), object, other) == Some(true)), false)
}

/// Counters of the checked cases.
#[derive(Debug, Default)]
struct Tally {
    documents: usize,
    items: usize,
    cases: usize,
    found: usize,
    new: usize,
}

/// One changed key: the item as sent, alone or together with the other items.
struct Case<'a> {
    world: &'a World,
    name: &'static str,
    item: &'static Item,
    index: usize,
    sent: Value,
    alone: bool,
}

impl Case<'_> {
    fn run(&self, tally: &mut Tally) {
        let Self { world, name, item, index, sent, alone } = self;
        let before = world.export();
        let stored: Vec<&Value> = list(&before, name).iter().collect();
        let mut file = vec![sent.clone()];
        if !alone {
            file = stored.iter().map(|object| (*object).clone()).collect();
            file[*index] = sent.clone();
        }
        for object in &mut file {
            object.as_object_mut().unwrap().remove(item.id);
        }
        let plan = world.plan_with_problems(&json!({ *name: file }), MERGE);
        let about =
            || format!("{name}/{index} alone: {alone}\n{sent:#}\n{:#?}", plan.report.changes);
        // Next to all the others, only the changed item itself is left.
        let left = if *alone { stored.clone() } else { vec![stored[*index]] };
        let (candidates, by_key) = expected_candidates(item, sent, &left);
        let is_found = candidates.len() == 1 || by_key;
        tally.cases += 1;
        if !plan.problems.is_empty() {
            // A required value is missing, or the name is ambiguous.
            assert!(!is_found, "{:#?} {}", plan.problems, about());
            return;
        }
        let after = Value::Object(plan.data.clone());
        let after_by_id: HashMap<&Value, &Value> =
            list(&after, name).iter().map(|object| (&object[item.id], object)).collect();
        assert_eq!(after_by_id.len(), list(&after, name).len(), "an id occurs twice: {}", about());
        assert_eq!(after_by_id.len(), stored.len() + usize::from(!is_found), "{}", about());
        let mut changed = Vec::new();
        for object in &stored {
            let now = after_by_id
                .get(&object[item.id])
                .unwrap_or_else(|| panic!("{object} is gone: {}", about()));
            if now != object {
                changed.push(*object);
            }
        }
        assert!(changed.len() <= 1, "{}", about());
        // Items with equal keys and no ids are distinguished by their order only.
        let (equals, _) = expected_candidates(item, stored[*index], &stored);
        let equals = equals.into_iter().filter(|_| !alone).map(|index| stored[index]);
        let allowed: Vec<&Value> =
            candidates.iter().map(|index| left[*index]).chain(equals).collect();
        assert!(changed.iter().all(|object| is_found && allowed.contains(object)), "{}", about());
        for (other, _) in item_lists(world.category).filter(|(other, _)| other != name) {
            assert_eq!(after[other], before[other], "{}", about());
        }
        if is_found {
            tally.found += 1;
        } else {
            tally.new += 1;
        }
    }
}

fn check(document: &Value, max_items: usize, tally: &mut Tally) {
    let category: Category = document["category"].as_str().unwrap().parse().unwrap();
    let world = World::with(category, &document["data"]);
    tally.documents += 1;
    for (name, item) in item_lists(category) {
        let before = world.export();
        let items = list(&before, name);
        for index in (0..items.len()).step_by(items.len().div_ceil(max_items).max(1)) {
            tally.items += 1;
            for part in item.keys.iter().flat_map(|parts| parts.iter()).copied() {
                let mut changed = items[index].clone();
                change_key_part(item, part, &mut changed);
                let mut without = items[index].clone();
                let object = without.as_object_mut().unwrap();
                match part {
                    KeyPart::Field(field) => drop(object.remove(field)),
                    KeyPart::Entity(entity) => {
                        object.remove(item.entities[entity].name);
                        object.remove(item.entities[entity].id);
                    }
                }
                let sent = [Some(changed), has_part(item, part, &items[index]).then_some(without)];
                for sent in sent.into_iter().flatten() {
                    for alone in [false, true] {
                        Case { world: &world, name, item, index, sent: sent.clone(), alone }
                            .run(tally);
                    }
                }
            }
        }
    }
}

#[test]
fn an_item_with_a_changed_key_is_aligned_or_created_as_expected() {
    let whole = std::env::var_os(ALL).is_some();
    let mut documents = catalogue::generated(SAMPLE.0);
    documents
        .extend(catalogue::real(if whole { usize::MAX } else { SAMPLE.0 }).unwrap_or_default());
    let max_items = if whole { usize::MAX } else { SAMPLE.1 };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let work = |worker: usize| {
            let mine = documents.iter().skip(worker).step_by(workers);
            move || {
                let mut tally = Tally::default();
                mine.for_each(|document| check(document, max_items, &mut tally));
                tally
            }
        };
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(work(worker))).collect();
        running.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let total = tallies.into_iter().fold(Tally::default(), |a, b| Tally {
        documents: a.documents + b.documents,
        items: a.items + b.items,
        cases: a.cases + b.cases,
        found: a.found + b.found,
        new: a.new + b.new,
    });
    println!("{total:?}");
    assert!(total.found > 100 && total.new > 100, "{total:?}");
}

/// Lists of maximum length take moments, whatever their items have in common.
#[test]
fn lists_of_maximum_length_are_aligned_quickly() {
    let (_, item) = item_lists(Category::CastCrew).find(|(name, _)| *name == "cast").unwrap();
    let credit = |values: Value| -> Object { serde_json::from_value(values).unwrap() };
    let numbers = || 0..MAX_ITEMS;
    let all = |make: &dyn Fn(usize) -> Value| -> Vec<Object> {
        numbers().map(|number| credit(make(number))).collect()
    };
    let one = |_: usize| json!({ "name": "Ada" });
    let people = |number: usize| json!({ "name": format!("Person {number}") });
    let roles = |number: usize| json!({ "name": "Ada", "character": format!("Role {number}") });
    let others = |number: usize| json!({ "name": "Ada", "character": format!("Other {number}") });
    let ordered = |number: usize| json!({ "name": "Ada", "order": number });
    let strangers = |number: usize| json!({ "name": format!("Stranger {number}") });
    let (directory, expected_candidates, budget) =
        (Directory::default(), PossibleEntities::default(), WorkBudget::unlimited());
    let start = Instant::now();
    for (stored, arriving, claimed) in [
        (all(&one), all(&one), 5_000),
        (all(&people), all(&people), 5_000),
        (all(&people), all(&strangers), 0),
        (all(&roles), all(&others), 0),
        (all(&roles), all(&one), 0),
        (all(&one), all(&roles), 0),
        (all(&one), all(&ordered), 5_000),
        (all(&ordered), all(&ordered), 5_000),
    ] {
        let stored: Vec<_> = stored
            .iter()
            .map(|object| StoredItem {
                current: Some(object),
                base: None,
                is_added: false,
                base_place: None,
            })
            .collect();
        let found =
            align(item, &stored, &arriving, &directory, &expected_candidates, &budget).claimed;
        assert_eq!(found.iter().flatten().count(), claimed, "{:?} to {:?}", arriving[1], stored[1]);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
