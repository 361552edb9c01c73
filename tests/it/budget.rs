//! The cost of planning in steps: it grows linearly with the number of items, whatever they have in
//! common, and a plan over its budget is refused.

use std::collections::HashSet;
use std::time::Instant;

use reelport::document::budget::WorkBudget;
use reelport::document::schema::definition::{Field, Item, KeyPart, Kind};
use reelport::document::{Category, Object};
use serde_json::{Value, json};

use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, item_lists, through_text};

/// The `number`th value of a field; different numbers give different values.
#[allow(clippy::match_same_arms, reason = "one line for each kind")]
fn value(field: &Field, number: usize) -> Option<Value> {
    Some(match &field.rule.kind {
        Kind::Id => return None,
        Kind::Integer { min, max } => json!(min + i64::try_from(number).unwrap() % (max - min)),
        Kind::Url => json!(format!("https://example.org/{number}")),
        Kind::Choice { values, .. } => json!(values[0]),
        Kind::Text { .. } => json!(format!("Text of Number {number}")),
        Kind::PartialDate => json!(format!("{}", 1900 + number % 100)),
        _ => return None,
    })
}

/// An item with constant values, except for the key field `differs`.
fn item(of: &'static Item, number: usize, differs: Option<&str>) -> Object {
    let fields = of.fields.iter().filter_map(|field| {
        let is_different = differs == Some(field.name);
        Some((field.name.to_owned(), value(field, if is_different { number } else { 0 })?))
    });
    fields.collect()
}

/// The names of the fields of all natural keys.
fn key_fields(item: &'static Item) -> HashSet<&'static str> {
    let key_fields = item.keys.iter().flat_map(|key_fields| key_fields.iter());
    key_fields
        .map(|part| match part {
            KeyPart::Field(field) => *field,
            KeyPart::Entity(index) => item.entities[*index].name,
        })
        .collect()
}

const NAMESAKES: &str = "one name of many";

const ALIKE_WORDS: &str = "the same first and last word";
/// The maximum number of steps per item. A name is compared with a limited number of candidates,
/// and small lists do not reach that limit, so the cost of these grows faster than linearly.
const MAX_STEPS_PER_ITEM: u64 = 1_000;

/// A way in which the items of a list are alike: stored items and arriving items.
struct SimilarItems {
    name: String,
    category: Category,
    list: &'static str,
    stored: Box<dyn Fn(usize) -> Object>,
    arriving: Box<dyn Fn(usize) -> Object>,
}

impl SimilarItems {
    fn document(&self, count: usize, item: &dyn Fn(usize) -> Object) -> Value {
        let items: Vec<Object> = (0..count).map(item).collect();
        json!({ self.list: items })
    }

    /// The number of steps for planning `count` items into `count` stored ones.
    fn steps(&self, count: usize, how: ImportSettings<'_>) -> u64 {
        let mut world = World::new(self.category);
        let stored = world.plan_with_problems(&self.document(count, &*self.stored), MERGE);
        let Value::Object(data) = through_text(&Value::Object(stored.data)) else { unreachable!() };
        world.entities = stored.new_entities;
        world.data = data;
        let base = world.data.clone();
        let budget = WorkBudget::unlimited();
        let start = Instant::now();
        let how = ImportSettings { base: Some(&base), ..how };
        world.plan_within(&self.document(count, &*self.arriving), how, &budget);
        if std::env::var_os("REELPORT_TEST_SHOW_TIMES").is_some() {
            println!("{}: {count}: {} steps, {:?}", self.name, budget.spent(), start.elapsed());
        }
        budget.spent()
    }
}

fn similar_items() -> Vec<SimilarItems> {
    let mut cases: Vec<SimilarItems> = Vec::new();
    for category in Category::ALL.iter().copied() {
        for (list, of) in item_lists(category) {
            let mut add = |name: &str,
                           stored: Box<dyn Fn(usize) -> Object>,
                           arriving: Box<dyn Fn(usize) -> Object>| {
                cases.push(SimilarItems {
                    name: format!("{category}, {list}: {name}"),
                    category,
                    list,
                    stored,
                    arriving,
                });
            };
            let equal = move |_| item(of, 0, None);
            add("all equal", Box::new(equal), Box::new(equal));
            let with_id = move |_| {
                let mut object = item(of, 0, None);
                object.insert(of.id.to_owned(), json!("the same"));
                object
            };
            add("the same id", Box::new(equal), Box::new(with_id));
            let subset = move |number: usize| {
                let fields = of.fields.iter().enumerate();
                let is_left_out = |place: usize, name: &str| {
                    !key_fields(of).contains(name) && number & (1 << place) != 0
                };
                let left_out = fields.filter(|(place, field)| is_left_out(*place, field.name));
                let mut object = item(of, 0, None);
                left_out.for_each(|(_, field)| drop(object.remove(field.name)));
                object
            };
            add("equal keys, other fields", Box::new(equal), Box::new(subset));
            for part in key_fields(of) {
                let other = move |number| item(of, number, Some(part));
                let others = move |number: usize| item(of, 1_000_000 + number, Some(part));
                add(&format!("{part} differs"), Box::new(other), Box::new(other));
                add(&format!("another {part}"), Box::new(other), Box::new(others));
                add(&format!("one with each {part}"), Box::new(equal), Box::new(other));
            }
            for (place, entity) in of.entities.iter().enumerate() {
                let named = move |number: usize, name: String, id: Option<usize>| {
                    let mut object = item(of, number, None);
                    object.insert(entity.name.to_owned(), json!(name));
                    if let Some(id) = id {
                        let id = format!("test-{}-{id}", entity.kind.as_str());
                        object.insert(entity.id.to_owned(), json!(id));
                    }
                    if let (Some(field), 0) =
                        (of.fields.iter().find(|field| field.name == "character"), place)
                    {
                        object.insert(field.name.to_owned(), json!(format!("Role {number}")));
                    }
                    object
                };
                let one = || "John Smith".to_owned();
                let with_ids = move |number| named(number, one(), Some(number));
                let without = move |number: usize| named(1_000_000 + number, one(), None);
                let name = entity.name;
                add(&format!("{name}: {NAMESAKES}"), Box::new(with_ids), Box::new(without));
                add(&format!("{name}: {NAMESAKES} again"), Box::new(with_ids), Box::new(with_ids));
                let middle = |number: usize| format!("John {} Smith", letters(number));
                let like = move |number| named(number, middle(number), Some(number));
                let others = move |number: usize| named(number, middle(1_000_000 + number), None);
                add(&format!("{name}: {ALIKE_WORDS}"), Box::new(like), Box::new(others));
                let grows = |number: usize| format!("{}{number}", "\u{FDFA}\u{3316}".repeat(80));
                let growing = move |number| named(number, grows(number), None);
                let grown = move |number: usize| named(number, grows(1_000_000 + number), None);
                add(&format!("{name}: names that grow"), Box::new(growing), Box::new(grown));
            }
        }
    }
    cases
}

/// A number as syllables, so that the names of different numbers share few letters.
fn letters(number: usize) -> String {
    let digits = number.to_string();
    digits
        .bytes()
        .map(|digit| {
            ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"][usize::from(digit - b'0')]
        })
        .collect()
}

#[test]
fn planning_cost_grows_linearly_with_the_number_of_items() {
    let few: usize =
        std::env::var("REELPORT_TEST_ITEMS").ok().and_then(|few| few.parse().ok()).unwrap_or(30);
    for case in similar_items() {
        for how in [MERGE, REPLACE] {
            let (one, two) = (case.steps(few, how), case.steps(2 * few, how));
            let most = (one * 22 / 10).max(MAX_STEPS_PER_ITEM * 2 * few as u64);
            let mode = how.mode.as_str();
            assert!(two <= most, "{}, {mode}: {one} steps, then {two}", case.name);
        }
    }
}

#[test]
fn similar_genres_do_not_cost_more() {
    let steps = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("Genre {number}")).collect();
        let data = json!({ "title": "T", "genres": names });
        let world = World::with(Category::BasicInfo, &data);
        let budget = WorkBudget::unlimited();
        world.plan_within(&data, REPLACE, &budget);
        budget.spent()
    };
    let (one, two) = (steps(300), steps(600));
    assert!(two * 10 <= one * 22, "{one} steps, then {two}");
}
