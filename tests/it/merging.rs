//! Properties of the three-way merge in the pure core, for every category.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};
use reelport::document::plan::Plan;
use reelport::document::plan::diff::{Change, ChangeOperation};
use reelport::document::plan::locks::LockRule;
use reelport::document::problem::{pointer, pointer_at};
use reelport::document::proposal::{ConflictPolicy, NullPolicy};
use reelport::document::schema::definition::{Field, Item, Kind};
use reelport::document::{Category, Object, ProblemCode, Source, Stage, WarningCode};
use serde_json::{Value, json};

use crate::properties::{choices, edited, leaves};
use crate::support::generate::{data, document, of_any_category, value};
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, item_lists, list};

/// A value that an editor may change: the path of its object, and the field. An entity is changed
/// by its name.
type Place = (String, &'static Field);

/// An edit of one value: the new value, or `None` to remove it.
type Edit = (Place, Option<Value>);

fn entity_of(item: &Item, name: &str) -> Option<usize> {
    item.entities.iter().position(|entity| entity.name == name)
}

/// Every value of a document that an editor may change, including absent ones.
fn places(category: Category, data: &Value) -> Vec<Place> {
    let fields = category.definition().fields.iter().filter(|field| !field.rule.kind.is_list());
    let mut places: Vec<Place> = fields.map(|field| (String::new(), field)).collect();
    for (name, item) in item_lists(category) {
        for index in 0..list(data, name).len() {
            let fields = item.fields.iter().filter(|field| !matches!(field.rule.kind, Kind::Id));
            places.extend(fields.map(|field| (pointer_at(&pointer("", name), index), field)));
        }
    }
    places
}

fn item_at(category: Category, place: &str) -> Option<&'static Item> {
    let name = place.split('/').nth(1)?;
    item_lists(category).find(|(list, _)| *list == name).map(|(_, item)| item)
}

/// A valid value for the place that differs from `others`, or the first of them if there is none.
fn another_value(
    category: Category,
    (parent, field): &Place,
    others: &[Option<&Value>],
    seed: u8,
) -> Option<Value> {
    let item = item_at(category, parent);
    let is_name = item.is_some_and(|item| entity_of(item, field.name).is_some());
    let is_needed = field.rule.required
        || is_name
        || item.is_some_and(|item| item.any_of.contains(&field.name));
    if !is_needed && seed.is_multiple_of(4) && !others.contains(&None) {
        return None;
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for number in 0..100 {
        let other = if is_name {
            json!(format!("Somebody Else {seed} {number}"))
        } else {
            value(field).new_tree(&mut runner).unwrap().current()
        };
        if !others.contains(&Some(&other)) {
            return Some(other);
        }
    }
    others[0].cloned()
}

fn apply(category: Category, data: &mut Value, edits: &[Edit]) {
    for ((parent, field), value) in edits {
        let object = data.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        let item = item_at(category, parent);
        if let Some(entity) =
            item.and_then(|item| Some(&item.entities[entity_of(item, field.name)?]))
        {
            object.remove(entity.id);
        }
        match value {
            Some(value) => object.insert(field.name.to_owned(), value.clone()),
            None => object.remove(field.name),
        };
    }
}

/// The file of an editor who made these edits; removed values are null.
fn file_of(category: Category, base: &Value, edits: &[Edit]) -> Value {
    let mut file = base.clone();
    apply(category, &mut file, edits);
    for ((parent, field), value) in edits {
        if value.is_none() {
            file.pointer_mut(parent).unwrap()[field.name] = Value::Null;
        }
    }
    file
}

/// New items of one editor, one for each list, unlike those of the other editor.
fn new_items(category: Category, editor: &str) -> Vec<(&'static str, Value)> {
    let items = item_lists(category).map(|(name, item)| {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[editor.len() as u8; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let fields =
            item.fields.iter().filter(|field| !matches!(field.rule.kind, Kind::Id)).map(|field| {
                let value = match &field.rule.kind {
                    Kind::Text { .. } => json!(format!("{} of {editor}", field.name)),
                    Kind::Url => json!(format!("https://example.org/{editor}")),
                    _ => value(field).new_tree(&mut runner).unwrap().current(),
                };
                (field.name.to_owned(), value)
            });
        (name, Value::Object(fields.collect()))
    });
    items.collect()
}

fn is_entity_id(item: &Item, key: &str) -> bool {
    item.entities.iter().any(|entity| entity.id == key)
}

/// The document in a form in which the order of new items and generated ids do not matter: the
/// items of `base` in their order, then the others, without the ids of entities.
fn normalized(category: Category, base: &Value, data: &Value) -> Value {
    let mut data = data.clone();
    for (name, item) in item_lists(category) {
        let known: HashSet<&Value> =
            list(base, name).iter().map(|object| &object[item.id]).collect();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for mut object in list(&data, name).iter().cloned() {
            object.as_object_mut().unwrap().retain(|key, _| !is_entity_id(item, key));
            if known.contains(&object[item.id]) {
                old.push(object);
            } else {
                object.as_object_mut().unwrap().remove(item.id);
                new.push(object);
            }
        }
        new.sort_by_key(Value::to_string);
        old.extend(new);
        data[name] = Value::Array(old);
    }
    data
}

/// Distributes the values of a document: each place gets a share chosen by `choices`.
fn distribute(
    category: Category,
    base: &Value,
    choices: &[u8],
    shares: u8,
) -> Vec<(Place, u8, u8)> {
    let places = places(category, base).into_iter();
    places
        .zip(choices.iter().cycle())
        .map(|(place, choice)| (place, choice % shares, *choice))
        .collect()
}

fn stored<'v>(data: &'v Value, (parent, field): &Place) -> Option<&'v Value> {
    data.pointer(&pointer(parent, field.name))
}

/// Applies the changes of a plan to the current document, as a client would.
fn apply_changes(category: Category, current: &Object, changes: &[Change]) -> Value {
    let mut data = Value::Object(current.clone());
    let depth = |change: &Change| change.path.split('/').count() - 1;
    let at = |path: &str| -> (String, usize) {
        let mut parts = path.split('/').skip(1);
        (parts.next().unwrap().to_owned(), parts.next().unwrap().parse().unwrap())
    };
    let of = |op: ChangeOperation, wanted: usize| {
        changes.iter().filter(move |change| change.op == op && depth(change) == wanted)
    };
    // Paths of removed items refer to the old lists, all others to the new lists.
    for change in of(ChangeOperation::Remove, 2).collect::<Vec<_>>().into_iter().rev() {
        let (list, index) = at(&change.path);
        let gone = data[&list].as_array_mut().unwrap().remove(index);
        assert_eq!(Some(&gone), change.before.as_deref());
    }
    for change in of(ChangeOperation::Update, 1).filter(|change| change.label.ends_with(": order"))
    {
        let name = &change.path[1..];
        let id = item_lists(category).find(|(list, _)| *list == name).map(|(_, item)| item.id);
        let identity = |value: &Value| id.map_or_else(|| value.clone(), |id| value[id].clone());
        let items = data[name].as_array_mut().unwrap();
        let before = items.iter().map(identity).collect::<Value>();
        assert_eq!(Some(&before), change.before.as_deref());
        let order = change.after.as_deref().unwrap().as_array().unwrap();
        items.sort_by_key(|value| order.iter().position(|id| *id == identity(value)).unwrap());
    }
    for change in of(ChangeOperation::Add, 2) {
        let (list, index) = at(&change.path);
        data[&list].as_array_mut().unwrap().insert(index, change.after.as_deref().unwrap().clone());
    }
    for change in
        changes.iter().filter(|change| depth(change) != 2 && !change.label.ends_with(": order"))
    {
        let (parent, key) = change.path.rsplit_once('/').unwrap();
        let object = data.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        assert_eq!(object.get(key), change.before.as_deref(), "{}", change.path);
        match change.after.as_deref() {
            Some(after) => object.insert(key.to_owned(), after.clone()),
            None => object.remove(key),
        };
    }
    data
}

/// The items of a document by id, each with the name of its list.
fn items(category: Category, data: &Value) -> BTreeMap<String, (&'static str, Value)> {
    let all = item_lists(category).flat_map(|(name, item)| {
        list(data, name).iter().map(move |object| {
            (object[item.id].as_str().unwrap().to_owned(), (name, object.clone()))
        })
    });
    all.collect()
}

/// The planned document as text, with generated ids numbered in the order of generation.
fn with_numbered_ids(plan: &Plan) -> String {
    let text = Value::Object(plan.data.clone()).to_string();
    plan.generated_ids
        .iter()
        .enumerate()
        .fold(text, |text, (number, id)| text.replace(id, &format!("new:{number}")))
}

/// A base, a current state and a file, all edited at random, and a number for [`import_options`].
fn edited_worlds() -> impl Strategy<Value = (World, Object, Value, u8)> {
    let documents = of_any_category(|category| (data(category), data(category), data(category)));
    (documents, choices(), choices(), any::<u8>()).prop_filter_map(
        "the first edit is read",
        |((category, (first, second, third)), theirs, ours, way)| {
            let mut world = World::with(category, &first);
            let base = world.data.clone();
            let theirs = edited(category, &world.export(), &second, &theirs);
            let ours = edited(category, &world.export(), &third, &ours);
            world
                .import(
                    &theirs,
                    ImportSettings { base: Some(&base), nulls: NullPolicy::Clear, ..REPLACE },
                )
                .ok()?;
            Some((world, base, ours, way))
        },
    )
}

/// Import options derived from a number.
fn import_options(number: u8, base: &Object) -> ImportSettings<'_> {
    let mode = if number & 1 == 0 { MERGE } else { REPLACE };
    let nulls = if number & 2 == 0 { NullPolicy::Keep } else { NullPolicy::Clear };
    let on_conflict =
        if number & 4 == 0 { ConflictPolicy::KeepCurrent } else { ConflictPolicy::TakeImport };
    ImportSettings { nulls, on_conflict, base: (number & 8 == 0).then_some(base), ..mode }
}

/// A fixed set of cases; `PROPTEST_CASES` asks for that number of random ones.
fn cases() -> Config {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => Config::default(),
        None => Config { rng_seed: RngSeed::Fixed(7), ..Config::with_cases(400) },
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn importing_the_same_file_twice_changes_nothing_the_second_time(
        (world, base, file, way) in edited_worlds(),
    ) {
        let mut world = world;
        let how = import_options(way, &base);
        if world.import(&file, how).is_ok() {
            let again = world.import(&file, how).unwrap();
            prop_assert_eq!(
                again.report.changes,
                vec![],
                "{:#}\nstored {:#}",
                file,
                world.export()
            );
            prop_assert_eq!(again.new_entities, vec![]);
        }
    }
}

proptest! {
    // Most of these properties plan a dozen imports per case.
    #![proptest_config(Config::with_cases(32))]

    #[test]
    fn independent_edits_merge_in_either_order(
        (category, sent) in document(),
        choices in choices(),
    ) {
        let world = World::with(category, &sent);
        let (data, base) = (world.data.clone(), world.export());
        let how = ImportSettings { base: Some(&data), nulls: NullPolicy::Clear, ..REPLACE };
        // Each editor changes some values and drops some items that the other one does not change.
        let mut dropped: [BTreeSet<String>; 2] = Default::default();
        for (name, _) in item_lists(category) {
            for (index, choice) in (0..list(&base, name).len()).zip(choices.iter().rev().cycle()) {
                if let Some(dropped) = dropped.get_mut(usize::from(choice % 8)) {
                    dropped.insert(pointer_at(&pointer("", name), index));
                }
            }
        }
        let mut edits: [Vec<Edit>; 2] = Default::default();
        for (place, share, seed) in distribute(category, &base, &choices, 3) {
            let is_dropped = dropped.iter().any(|dropped| dropped.contains(&place.0));
            if let Some(edits) = edits.get_mut(usize::from(share)).filter(|_| !is_dropped) {
                let value = another_value(category, &place, &[stored(&base, &place)], seed);
                edits.push((place, value));
            }
        }
        let drop = |data: &mut Value, dropped: &BTreeSet<String>| {
            for (name, _) in item_lists(category) {
                let mut index = 0..;
                let keep = |_: &Value| {
                    !dropped.contains(&pointer_at(&pointer("", name), index.next().unwrap()))
                };
                data[name].as_array_mut().unwrap().retain(keep);
            }
        };
        let add = |data: &mut Value, editor: &str| {
            for (name, item) in new_items(category, editor) {
                data[name].as_array_mut().unwrap().push(item);
            }
        };
        let file = |which: usize, editor: &str| {
            let mut file = file_of(category, &base, &edits[which]);
            drop(&mut file, &dropped[which]);
            add(&mut file, editor);
            file
        };
        let (ours, theirs) = (file(0, "ours"), file(1, "theirs'"));
        let mut expected = base.clone();
        apply(category, &mut expected, &edits.concat());
        drop(&mut expected, &dropped.iter().flatten().cloned().collect());
        add(&mut expected, "ours");
        add(&mut expected, "theirs'");
        let expected = normalized(category, &base, &expected);
        for order in [[&ours, &theirs], [&theirs, &ours]] {
            let mut world = world.clone();
            for file in order {
                let plan = world
                    .import(file, how)
                    .unwrap_or_else(|problems| panic!("{problems:#?}\n{file:#}"));
                prop_assert_eq!(plan.report.conflicts, vec![]);
            }
            prop_assert_eq!(&normalized(category, &base, &world.export()), &expected);
            // Importing either file again changes nothing.
            for file in order {
                prop_assert_eq!(world.import(file, how).unwrap().report.changes, vec![]);
            }
        }
    }

    #[test]
    fn the_merge_invents_no_values((world, base, file, way) in edited_worlds()) {
        let Ok(plan) = world.plan(&file, import_options(way, &base)) else { return Ok(()) };
        let values = |data: &Value| -> BTreeSet<(String, String)> {
            let mut found = Vec::new();
            leaves(data, "", &mut found);
            let shape = |path: &str| {
                path.split('/')
                    .filter(|part| part.parse::<usize>().is_err())
                    .collect::<Vec<_>>()
                    .join("/")
            };
            found.into_iter().map(|(path, value)| (shape(&path), value.to_string())).collect()
        };
        let mut had = values(&Value::Object(base.clone()));
        had.extend(values(&world.export()));
        had.extend(values(&file));
        let is_id = |shape: &str| {
            item_lists(world.category).any(|(name, item)| {
                item.fields.iter().any(|field| {
                    matches!(field.rule.kind, Kind::Id)
                        && shape == format!("/{name}/{}", field.name)
                })
            })
        };
        let mut planned = values(&Value::Object(plan.data));
        planned.retain(|(shape, _)| !is_id(shape));
        prop_assert_eq!(
            planned.difference(&had).collect::<Vec<_>>(),
            Vec::<&(String, String)>::new()
        );
    }

    #[test]
    fn applying_the_changes_of_a_plan_gives_its_document(
        (world, base, file, way) in edited_worlds(),
        removed in choices(),
    ) {
        let of_world: Vec<String> = items(world.category, &world.export()).into_keys().collect();
        let remove: Vec<String> = of_world
            .iter()
            .zip(removed.iter().cycle())
            .filter(|(_, choice)| **choice % 5 == 0)
            .map(|(id, _)| id.clone())
            .collect();
        for remove in [&[][..], &remove[..]] {
            let Ok(plan) =
                world.plan(&file, ImportSettings { remove, ..import_options(way, &base) })
            else {
                continue;
            };
            let changes = &plan.report.changes;
            prop_assert_eq!(
                apply_changes(world.category, &world.data, changes),
                Value::Object(plan.data.clone())
            );
            // Every item that disappears is listed as removed.
            let (before, after) = (
                items(world.category, &world.export()),
                items(world.category, &Value::Object(plan.data.clone())),
            );
            let gone: Vec<&Value> = before
                .iter()
                .filter(|(id, _)| !after.contains_key(*id))
                .map(|(_, (_, object))| object)
                .collect();
            let listed: Vec<&Value> = changes
                .iter()
                .filter(|change| change.op == ChangeOperation::Remove)
                .filter_map(|change| change.before.as_deref())
                .collect();
            prop_assert!(
                gone.iter().all(|object| listed.contains(object)),
                "{:#?} of {:#?}",
                gone,
                listed
            );
            let counts = plan.report.counts();
            prop_assert_eq!(counts.added + counts.updated + counts.removed, changes.len());
        }
    }

    #[test]
    fn an_edit_of_the_current_document_is_stored_as_sent(
        (category, sent) in document(),
        choices in choices(),
        merges in any::<bool>(),
    ) {
        let world = World::with(category, &sent);
        let (data, base) = (world.data.clone(), world.export());
        let edits: Vec<Edit> = distribute(category, &base, &choices, 2)
            .into_iter()
            .filter(|(_, share, _)| *share == 0)
            .map(|(place, _, seed)| {
                let value = another_value(category, &place, &[stored(&base, &place)], seed);
                (place, value)
            })
            .collect();
        let mut wanted = base.clone();
        apply(category, &mut wanted, &edits);
        let mut forgotten = Vec::new();
        for (name, item) in item_lists(category) {
            let list = wanted[name].as_array_mut().unwrap();
            for (index, choice) in (0..list.len()).zip(choices.iter().cycle()) {
                let other = usize::from(*choice) % list.len();
                list.swap(index, other);
            }
            let mut kept = choices.iter().cycle().map(|choice| choice % 4 > 0);
            let mut new = list.clone();
            new.retain(|_| kept.next().unwrap());
            forgotten.extend(
                list.iter()
                    .filter(|object| !new.contains(object))
                    .map(|object| object[item.id].clone()),
            );
            *list = new;
        }
        for (name, item) in new_items(category, "ours") {
            wanted[name].as_array_mut().unwrap().push(item);
        }
        // A complete file states every value, and null for every absent one.
        let mut file = wanted.clone();
        for field in category.definition().fields {
            if let Kind::Items { item, .. } = &field.rule.kind {
                for object in file[field.name].as_array_mut().unwrap() {
                    for inner in
                        item.fields.iter().filter(|inner| !matches!(inner.rule.kind, Kind::Id))
                    {
                        let value = object.get(inner.name).cloned().unwrap_or(Value::Null);
                        object[inner.name] = value;
                    }
                }
            } else if file.get(field.name).is_none() {
                file[field.name] = Value::Null;
            }
        }
        let mode = if merges { MERGE } else { REPLACE };
        for base_of in [Some(&data), None] {
            let plan = world
                .plan(&file, ImportSettings { base: base_of, nulls: NullPolicy::Clear, ..mode })
                .unwrap();
            prop_assert_eq!(&plan.report.conflicts, &vec![]);
            let mut planned = Value::Object(plan.data);
            let mut wanted = wanted.clone();
            if merges {
                // Under MERGE, an incomplete list keeps the stored order, except for explicit order
                // values.
                for (name, item) in item_lists(category) {
                    let place = |object: &Value| {
                        list(&base, name).iter().position(|known| known[item.id] == object[item.id])
                    };
                    let is_part =
                        list(&base, name).iter().any(|object| forgotten.contains(&object[item.id]));
                    let old: Vec<_> = list(&planned, name).iter().filter_map(place).collect();
                    prop_assert!(
                        !is_part || name == "cast" || old.is_sorted(),
                        "{}: {:?}",
                        name,
                        old
                    );
                    for data in [&mut planned, &mut wanted].into_iter().filter(|_| is_part) {
                        data[name]
                            .as_array_mut()
                            .unwrap()
                            .sort_by_key(|object| place(object).unwrap_or(usize::MAX));
                    }
                }
                // Items missing from the file stay unchanged.
                for (name, item) in item_lists(category) {
                    for object in list(&planned, name)
                        .iter()
                        .filter(|object| forgotten.contains(&object[item.id]))
                    {
                        prop_assert!(list(&base, name).contains(object));
                    }
                    let before = list(&planned, name).len();
                    planned[name]
                        .as_array_mut()
                        .unwrap()
                        .retain(|object| !forgotten.contains(&object[item.id]));
                    let kept = before - list(&planned, name).len();
                    let expected = list(&base, name)
                        .iter()
                        .filter(|object| forgotten.contains(&object[item.id]))
                        .count();
                    prop_assert_eq!(kept, expected, "{}", name);
                }
                let listed: Vec<_> =
                    plan.report.not_removed.iter().map(|kept| json!(kept.id)).collect();
                prop_assert_eq!(listed.len(), if base_of.is_some() { forgotten.len() } else { 0 });
                prop_assert!(listed.iter().all(|id| forgotten.contains(id)));
            }
            prop_assert_eq!(
                normalized(category, &base, &planned),
                normalized(category, &base, &wanted)
            );
        }
    }

    #[test]
    fn an_unedited_file_keeps_later_changes((world, base, _, way) in edited_worlds()) {
        let file = Value::Object(base.clone());
        for nulls in [NullPolicy::Keep, NullPolicy::Clear] {
            let how = ImportSettings {
                base: Some(&base),
                nulls,
                on_conflict: ConflictPolicy::Fail,
                ..import_options(way, &base)
            };
            let plan = world.plan(&file, how).unwrap();
            prop_assert_eq!(plan.report.changes, vec![]);
            prop_assert_eq!(&plan.data, &world.data);
        }
    }

    #[test]
    fn a_conflict_arises_exactly_where_both_sides_changed_a_value_differently(
        (category, sent) in document(),
        choices in choices(),
    ) {
        let mut world = World::with(category, &sent);
        let (data, base) = (world.data.clone(), world.export());
        let (mut theirs, mut ours, mut disputed): (Vec<Edit>, Vec<Edit>, Vec<String>) =
            Default::default();
        for (place, share, seed) in distribute(category, &base, &choices, 7) {
            let was = stored(&base, &place);
            let value = another_value(category, &place, &[was], seed);
            match share {
                0 => theirs.push((place, value)),
                1 => ours.push((place, value)),
                2 => {
                    theirs.push((place.clone(), value.clone()));
                    ours.push((place, value));
                }
                3 => {
                    // A choice of two values leaves no third one.
                    let other = another_value(
                        category,
                        &place,
                        &[was, value.as_ref()],
                        seed.wrapping_add(1),
                    );
                    theirs.push((place.clone(), value));
                    if other.as_ref() != was {
                        disputed.push(pointer(&place.0, place.1.name));
                        ours.push((place, other));
                    }
                }
                _ => {}
            }
        }
        let clear = ImportSettings { base: Some(&data), nulls: NullPolicy::Clear, ..MERGE };
        world
            .import(&file_of(category, &base, &theirs), clear)
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        let (file, current) = (file_of(category, &base, &ours), world.export());
        let refused = world.plan_with_problems(&file, clear);
        let paths: Vec<&String> =
            refused.report.conflicts.iter().map(|conflict| &conflict.path).collect();
        let sorted = |paths: Vec<&String>| paths.into_iter().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted(paths.clone()), sorted(disputed.iter().collect()));
        prop_assert_eq!(paths.len(), disputed.len(), "each once");
        prop_assert!(refused.problems.iter().all(|problem| problem.code == ProblemCode::Conflict));
        prop_assert_eq!(refused.problems.len(), disputed.len());
        for conflict in &refused.report.conflicts {
            prop_assert_eq!(conflict.base.as_deref(), base.pointer(&conflict.path));
            prop_assert_eq!(conflict.current.as_deref(), current.pointer(&conflict.path));
            prop_assert_eq!(
                conflict.imported.as_deref(),
                file.pointer(&conflict.path).filter(|value| !value.is_null())
            );
        }
        let is_disputed = |(place, _): &&Edit| disputed.contains(&pointer(&place.0, place.1.name));
        for (on_conflict, last) in [
            (ConflictPolicy::TakeImport, ours.clone()),
            (
                ConflictPolicy::KeepCurrent,
                ours.iter().filter(|edit| !is_disputed(edit)).cloned().collect(),
            ),
        ] {
            let plan = world.plan(&file, ImportSettings { on_conflict, ..clear }).unwrap();
            let mut expected = base.clone();
            apply(category, &mut expected, &theirs);
            apply(category, &mut expected, &last);
            prop_assert_eq!(
                normalized(category, &base, &Value::Object(plan.data)),
                normalized(category, &base, &expected)
            );
            prop_assert_eq!(plan.report.conflicts.len(), disputed.len());
        }
    }

    #[test]
    fn an_item_dropped_on_one_side_and_changed_on_the_other_is_a_conflict(
        (category, sent) in document(),
        choices in choices(),
        we_drop in any::<bool>(),
    ) {
        let world = World::with(category, &sent);
        let (data, base) = (world.data.clone(), world.export());
        let how = ImportSettings { base: Some(&data), nulls: NullPolicy::Clear, ..REPLACE };
        for (name, item) in item_lists(category) {
            let count = list(&base, name).len();
            if count == 0 {
                continue;
            }
            let index = usize::from(choices[0]) % count;
            let at = pointer_at(&pointer("", name), index);
            let mut without = base.clone();
            without[name].as_array_mut().unwrap().remove(index);
            let changeable: Vec<Place> =
                places(category, &base).into_iter().filter(|(parent, _)| *parent == at).collect();
            let place = changeable[usize::from(choices[1]) % changeable.len()].clone();
            let value = another_value(category, &place, &[stored(&base, &place)], choices[2]);
            let changed = file_of(category, &base, &[(place, value)]);
            let (theirs, ours) = if we_drop { (&changed, &without) } else { (&without, &changed) };
            let mut world = world.clone();
            world.import(theirs, how).unwrap();
            let refused = world.plan_with_problems(ours, how);
            prop_assert_eq!(refused.report.conflicts.len(), 1, "{:#?}", refused.report);
            let conflict = &refused.report.conflicts[0];
            prop_assert_eq!((&conflict.path, conflict.base.as_deref()), (&at, base.pointer(&at)));
            prop_assert_eq!(
                (conflict.current.is_none(), conflict.imported.is_none()),
                (!we_drop, we_drop)
            );
            for (on_conflict, is_there) in
                [(ConflictPolicy::KeepCurrent, we_drop), (ConflictPolicy::TakeImport, !we_drop)]
            {
                let plan = world.plan(ours, ImportSettings { on_conflict, ..how }).unwrap();
                let left = items(category, &Value::Object(plan.data));
                let id = base.pointer(&at).unwrap()[item.id].as_str().unwrap();
                prop_assert_eq!(
                    (left.contains_key(id), left.len()),
                    (is_there, items(category, &base).len() - usize::from(!is_there))
                );
            }
        }
    }

    #[test]
    fn digests_are_equal_exactly_for_equal_plans(
        (world, base, file, way) in edited_worlds(),
        removed in "[a-z]{8}",
    ) {
        let how = import_options(way, &base);
        let Ok(plan) = world.plan(&file, how) else { return Ok(()) };
        let again = world.plan(&file, how).unwrap();
        prop_assert_eq!(&plan.report.digest, &again.report.digest);
        let (first, second) = (&plan.generated_ids, &again.generated_ids);
        let ids: BTreeSet<&String> = first.iter().chain(second).collect();
        prop_assert_eq!(ids.len(), first.len() + second.len(), "generated ids differ");

        let other_nulls =
            if how.nulls == NullPolicy::Keep { NullPolicy::Clear } else { NullPolicy::Keep };
        let other_mode = import_options(way ^ 1, &base).mode;
        let remove = [removed];
        let mut digests = BTreeSet::from([plan.report.digest.clone()]);
        let others = [
            ImportSettings { stage: Stage::Draft, ..how },
            ImportSettings { source: Source::Tmdb, ..how },
            ImportSettings { mode: other_mode, ..how },
            ImportSettings { nulls: other_nulls, ..how },
            ImportSettings { on_conflict: ConflictPolicy::Fail, ..how },
            ImportSettings { lock_rule: LockRule::Override, ..how },
            ImportSettings { remove: &remove, ..how },
        ];
        for other in others {
            prop_assert!(
                digests.insert(world.plan_with_problems(&file, other).report.digest),
                "{:?}",
                other
            );
        }
        // Another value makes another plan, even if only the previous value differs.
        let current = world.export();
        for (place, _, seed) in distribute(world.category, &file, &[way], 1).into_iter().take(4) {
            let had = [stored(&file, &place), stored(&current, &place)];
            let Some(value) = another_value(world.category, &place, &had, seed | 1) else {
                continue;
            };
            let mut file = file.clone();
            file.pointer_mut(&place.0).unwrap()[place.1.name] = value;
            if let Ok(other) = world.plan(&file, how)
                && with_numbered_ids(&other) != with_numbered_ids(&plan)
            {
                prop_assert!(digests.insert(other.report.digest), "{}", place.0);
            }
        }
    }

    #[test]
    fn an_automatic_import_never_changes_locked_values(
        (world, base, file, way) in edited_worlds(),
        which in choices(),
    ) {
        let category = world.category;
        let how = import_options(way, &base);
        let before = items(category, &world.export());
        let fields = category
            .definition()
            .fields
            .iter()
            .filter(|field| !matches!(field.rule.kind, Kind::Items { .. }));
        let targets = fields
            .map(|field| pointer("", field.name))
            .chain(before.keys().cloned())
            .chain(["no-such".to_owned()]);
        let locks: Vec<String> = targets
            .zip(which.iter().cycle())
            .filter(|(_, choice)| **choice % 2 == 0)
            .map(|(target, _)| target)
            .collect();
        let Ok(free) = world.plan(&file, how) else { return Ok(()) };
        let (current, wanted) = (world.export(), Value::Object(free.data.clone()));
        let after = items(category, &wanted);
        let held_of = |wanted: &Value| -> BTreeSet<&String> {
            let after = items(category, wanted);
            locks
                .iter()
                .filter(|target| {
                    if target.starts_with('/') {
                        current.pointer(target) != wanted.pointer(target)
                    } else {
                        before.contains_key(*target) && before.get(*target) != after.get(*target)
                    }
                })
                .collect()
        };
        let held = held_of(&wanted);
        // A locked value that both sides changed is skipped and is not a conflict.
        let Ok(taken) =
            world.plan(&file, ImportSettings { on_conflict: ConflictPolicy::TakeImport, ..how })
        else {
            return Ok(());
        };
        let skips = held_of(&Value::Object(taken.data));
        let named = |of: Option<&Value>| {
            of.and_then(|value| value.as_object()).and_then(|object| {
                item_lists(category)
                    .find_map(|(_, item)| object.get(item.id)?.as_str().map(str::to_owned))
            })
        };

        let skipped = world
            .plan(&file, ImportSettings { locks: &locks, lock_rule: LockRule::Skip, ..how })
            .unwrap();
        let planned = Value::Object(skipped.data.clone());
        let kept = items(category, &planned);
        for target in &locks {
            if target.starts_with('/') {
                prop_assert_eq!(planned.pointer(target), current.pointer(target), "{}", target);
            } else {
                prop_assert_eq!(kept.get(target), before.get(target), "{}", target);
            }
        }
        let listed: BTreeSet<String> = skipped
            .report
            .skipped
            .iter()
            .map(|skipped| {
                named(skipped.current.as_deref()).unwrap_or_else(|| skipped.path.clone())
            })
            .collect();
        prop_assert_eq!(listed.iter().collect::<BTreeSet<_>>(), skips.clone());
        prop_assert_eq!(skipped.report.skipped.len(), skips.len());
        prop_assert!(
            skipped.report.skipped.iter().all(|skipped| skipped.code == ProblemCode::Locked)
        );
        prop_assert_eq!(
            apply_changes(category, &world.data, &skipped.report.changes),
            planned.clone()
        );
        // Everything else is the same as without a lock.
        for field in category
            .definition()
            .fields
            .iter()
            .filter(|field| !matches!(field.rule.kind, Kind::Items { .. }))
        {
            let target = pointer("", field.name);
            prop_assert!(
                held.contains(&target) || planned.pointer(&target) == wanted.pointer(&target),
                "{}",
                target
            );
        }
        let expected: BTreeSet<&String> = after
            .keys()
            .filter(|id| before.contains_key(*id))
            .chain(held.iter().copied().filter(|id| !id.starts_with('/')))
            .collect();
        let known: BTreeSet<&String> = kept.keys().filter(|id| before.contains_key(*id)).collect();
        prop_assert_eq!(known, expected);
        for (id, object) in
            after.iter().filter(|(id, _)| before.contains_key(*id) && !held.contains(id))
        {
            prop_assert_eq!(kept.get(id), Some(object));
        }
        prop_assert!(kept.len() >= after.len());

        let refused = world.plan_with_problems(&file, ImportSettings { locks: &locks, ..how });
        prop_assert_eq!(refused.problems.len(), held.len());
        prop_assert!(refused.problems.iter().all(|problem| problem.code == ProblemCode::Locked));
        let overridden = world
            .plan(&file, ImportSettings { locks: &locks, lock_rule: LockRule::Override, ..how })
            .unwrap();
        let warned = overridden
            .report
            .warnings
            .iter()
            .filter(|warning| warning.code == WarningCode::Locked)
            .count();
        prop_assert_eq!(warned, held.len());
        prop_assert_eq!(with_numbered_ids(&overridden), with_numbered_ids(&free));
    }
}

#[test]
fn items_with_equal_keys_are_aligned_again_after_the_file_moved_them() {
    let url = |url: &str| json!({ "text": "It rained.", "source_url": url });
    let bare = || json!({ "text": "It rained." });
    let mut world =
        World::with(Category::Trivia, &json!({ "items": [bare(), bare(), bare(), bare()] }));
    let base = world.data.clone();
    // Another editor adds two items with equal keys, one with a value that the file does not have.
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| world.export()["items"][at].clone());
    let other = "https://example.org/other";
    let theirs = json!({ "items": [url(other), a, b, bare(), c, d] });
    world.import(&theirs, ImportSettings { base: Some(&base), ..REPLACE }).unwrap();
    let ours = "https://example.org/ours";
    let file = json!({ "items": [bare(), bare(), url(ours), url(ours), bare()] });
    let how =
        ImportSettings { base: Some(&base), on_conflict: ConflictPolicy::KeepCurrent, ..MERGE };
    world.import(&file, how).unwrap();
    for _ in 0..2 {
        assert_eq!(world.import(&file, how).unwrap().report.changes, vec![]);
    }
}
