//! The round-trip guarantee as properties of the pure core, for every category.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use reelport::document::plan::Plan;
use reelport::document::plan::diff::{Change, ChangeOperation, diff};
use reelport::document::problem::{pointer, pointer_at};
use reelport::document::proposal::NullPolicy;
use reelport::document::read::parse::{ParseOptions, parse};
use reelport::document::schema::definition::{Field, Item, KeyPart, Kind, find};
use reelport::document::schema::scalars::MAX_SAFE_INTEGER;
use reelport::document::text::comparable;
use reelport::document::{Category, ProblemCode, Warning, WarningCode};
use serde_json::{Value, json};

use crate::support::generate::{arbitrary_json, data, document, of_any_category, two_documents};
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, item_lists, list, through_text};

/// Collects every scalar value with its path.
pub fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| leaves(value, &pointer(path, key), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| leaves(value, &pointer_at(path, index), found));
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

/// The parent path and name of every key: of the document and of its items.
fn keys(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let object = value.as_object().unwrap();
    for (key, value) in object {
        found.push((String::new(), key.clone()));
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            let parent = pointer_at(&pointer("", key), index);
            found.extend(
                item.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| (parent.clone(), key.clone())),
            );
        }
    }
    found
}

fn object_at<'a>(value: &'a mut Value, path: &str) -> &'a mut serde_json::Map<String, Value> {
    value.pointer_mut(path).unwrap().as_object_mut().unwrap()
}

fn field_at(
    category: Category,
    parent: &str,
    key: &str,
) -> (&'static Field, Option<&'static Item>) {
    let fields = category.definition().fields;
    match parent.split('/').nth(1) {
        None => (find(fields, key).unwrap(), None),
        Some(list) => {
            let (_, item) = item_lists(category).find(|(name, _)| *name == list).unwrap();
            (find(item.fields, key).unwrap(), Some(item))
        }
    }
}

/// The ids of a list's items, in order.
fn ids(item: &Item, items: &[Value]) -> Vec<String> {
    items.iter().map(|object| object[item.id].as_str().unwrap().to_owned()).collect()
}

fn without_ids(category: Category, data: &Value) -> Value {
    let mut data = data.clone();
    for (name, item) in item_lists(category) {
        for object in
            data[name].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
        {
            object.retain(|key, _| {
                find(item.fields, key).is_none_or(|field| !matches!(field.rule.kind, Kind::Id))
            });
        }
    }
    data
}

/// Whether no two of these items have equal natural keys.
fn all_differ<'a>(item: &Item, items: impl Iterator<Item = &'a Value>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().all(|object| {
        let parts = item.keys.iter().flat_map(|parts| parts.iter()).map(|part| match part {
            KeyPart::Field(name) => comparable(&object[*name].to_string()),
            KeyPart::Entity(index) => comparable(&object[item.entities[*index].name].to_string()),
        });
        seen.insert(parts.collect::<Vec<_>>())
    })
}

/// A file as an editor or a model may make it from an export: items dropped, moved, duplicated and
/// changed, ids and keys left out, other items inserted. If items have equal keys, none loses both
/// its id and a key part, since its alignment would then be ambiguous.
pub fn edited(category: Category, export: &Value, other: &Value, choices: &[u8]) -> Value {
    let mut choices = choices.iter().copied().cycle();
    let mut choose = |of: u8| choices.next().unwrap() % of;
    let mut data = serde_json::Map::new();
    for field in category.definition().fields {
        let (ours, theirs) = (&export[field.name], &other[field.name]);
        let value = match (&field.rule.kind, choose(4)) {
            (Kind::Items { item, .. }, _) => {
                // An item may also be copied from another list, with its id.
                let others: Vec<&Value> = item_lists(category)
                    .filter(|(name, _)| *name != field.name)
                    .flat_map(|(name, _)| list(export, name))
                    .collect();
                let all = list(export, field.name)
                    .iter()
                    .chain(list(other, field.name))
                    .chain(others.iter().copied());
                let may_lose_key = all_differ(item, all);
                let stripped = without_ids(category, export);
                let mut items: Vec<Value> = Vec::new();
                for (index, object) in list(export, field.name).iter().enumerate() {
                    let bare = &stripped[field.name][index];
                    match choose(8) {
                        0 => {}
                        1 => items.push(bare.clone()),
                        2 => items.insert(0, object.clone()),
                        3 => items.extend([object.clone(), object.clone()]),
                        4 => items.extend([bare.clone(), bare.clone()]),
                        5 => {
                            // One key is left out.
                            let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
                            let key = keys[usize::from(choose(255)) % keys.len()].clone();
                            let mut object = if may_lose_key && choose(2) == 0 {
                                bare.clone()
                            } else {
                                object.clone()
                            };
                            object.as_object_mut().unwrap().remove(&key);
                            items.push(object);
                        }
                        6 => {
                            // Some values come from another document.
                            let mut object = if may_lose_key && choose(2) == 0 {
                                bare.clone()
                            } else {
                                object.clone()
                            };
                            for (key, value) in list(other, field.name)
                                .get(index)
                                .and_then(Value::as_object)
                                .into_iter()
                                .flatten()
                            {
                                if choose(2) == 0 {
                                    object[key] = value.clone();
                                }
                            }
                            items.push(object);
                        }
                        _ => items.push(object.clone()),
                    }
                }
                let copied = others.into_iter().filter(|_| choose(12) == 0).collect::<Vec<_>>();
                for object in list(other, field.name).iter().chain(copied) {
                    let at = usize::from(choose(255)) % (items.len() + 1);
                    items.insert(at, object.clone());
                }
                Value::Array(items)
            }
            (_, 0) => continue,
            (_, 1) => theirs.clone(),
            _ => ours.clone(),
        };
        // Indexing an absent key gives null.
        if !value.is_null() {
            data.insert(field.name.to_owned(), value);
        }
    }
    Value::Object(data)
}

fn is_pointer(path: &str) -> bool {
    let escapes = path.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (path.is_empty() || path.starts_with('/')) && escapes
}

fn some_keys() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 8)
}

fn some_of<T: Clone>(which: &[Index], all: Vec<T>) -> Vec<T> {
    if all.is_empty() { all } else { which.iter().map(|index| index.get(&all).clone()).collect() }
}

/// The changes of a plan without their positions, which depend on the other changes, sorted. An
/// order is only its list.
fn without_positions<'c>(
    category: Category,
    plan: &Plan,
    changes: impl Iterator<Item = &'c Change>,
) -> Vec<String> {
    let id_of = |list: &str, index: &str| {
        let (_, item) = item_lists(category).find(|(name, _)| *name == list)?;
        plan.data.get(list)?.get(index.parse::<usize>().ok()?)?.get(item.id).cloned()
    };
    let form = |change: &Change| {
        let mut tokens = change.path.split('/').skip(1);
        let (list, index, field) = (tokens.next().unwrap(), tokens.next(), tokens.next());
        let item = field.and(index).map(|index| id_of(list, index).unwrap());
        let is_order = index.is_none() && change.after.as_deref().is_some_and(Value::is_array);
        let values = (!is_order).then_some((&change.before, &change.after));
        format!("{list} {item:?} {field:?} {:?} {values:?}", change.op)
    };
    let mut forms: Vec<String> = changes.map(form).collect();
    forms.sort();
    forms
}

/// Whether two changes are only skipped together: of the name and the id of one entity.
fn belong_together(category: Category, one: &Change, other: &Change) -> bool {
    let tokens = |change: &Change| -> Vec<String> {
        change.path.split('/').skip(1).map(str::to_owned).collect()
    };
    match (tokens(one).as_slice(), tokens(other).as_slice()) {
        ([list, index, field], [other_list, other_index, other_field]) => {
            let item = item_lists(category).find(|(name, _)| name == list);
            let entities = item.map_or(&[][..], |(_, item)| item.entities);
            list == other_list
                && index == other_index
                && entities.iter().any(|entity| {
                    [field, other_field]
                        .iter()
                        .all(|field| [entity.name, entity.id].contains(&field.as_str()))
                })
        }
        _ => false,
    }
}

pub fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 8..60)
}

proptest! {
    #[test]
    fn an_export_returns_exactly_what_was_sent((category, sent) in document()) {
        let export = World::with(category, &sent).export();
        for field in category.definition().fields {
            let (before, after) = (&sent[field.name], &export[field.name]);
            let Kind::Items { item, .. } = &field.rule.kind else {
                let expected =
                    if before.is_null() && field.rule.kind.is_list() { &json!([]) } else { before };
                prop_assert_eq!(expected.to_string(), after.to_string(), "{}", field.name);
                prop_assert_eq!(after.is_null(), export.get(field.name).is_none());
                continue;
            };
            // Items with equal keys stay separate.
            prop_assert_eq!(
                list(&sent, field.name).len(),
                list(&export, field.name).len(),
                "{}",
                field.name
            );
            for (before, after) in list(&sent, field.name).iter().zip(list(&export, field.name)) {
                for inner in item.fields {
                    let is_id = matches!(inner.rule.kind, Kind::Id);
                    let was_sent = before.get(inner.name).is_some();
                    // Two ids with one name mean the same ceremony or platform.
                    let has_unique_names = item
                        .entities
                        .iter()
                        .any(|entity| entity.id == inner.name && entity.kind.has_unique_names());
                    if was_sent && inner.name != item.id && !has_unique_names {
                        prop_assert_eq!(
                            before[inner.name].to_string(),
                            after[inner.name].to_string(),
                            "{}",
                            inner.name
                        );
                    } else if !was_sent && !is_id {
                        prop_assert_eq!(after.get(inner.name), None, "{} was filled", inner.name);
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_are_exported_with_every_digit(
        score in 0.0..=100.0_f64,
        rating in 0.0..=10.0_f64,
        amount in 0..=MAX_SAFE_INTEGER,
    ) {
        let sent = json!({ "title": "A movie", "revenue": amount, "site_score": score, "imdb_rating": rating });
        let mut world = World::with(Category::BasicInfo, &sent);
        for key in ["revenue", "site_score", "imdb_rating"] {
            prop_assert_eq!(world.export()[key].to_string(), sent[key].to_string());
        }
        prop_assert_eq!(world.import(&sent, MERGE).unwrap().report.changes, vec![]);
    }

    #[test]
    fn importing_an_export_changes_nothing((category, sent) in document()) {
        let mut world = World::with(category, &sent);
        let export = world.export();
        let data = world.data.clone();
        let how = [
            MERGE,
            REPLACE,
            ImportSettings { base: Some(&data), ..REPLACE },
            ImportSettings { nulls: NullPolicy::Clear, ..REPLACE },
        ];
        for how in how {
            let plan = world.import(&export, how).unwrap();
            prop_assert_eq!(plan.report.changes, vec![]);
            prop_assert_eq!(without_markup_warnings(&plan.report.warnings), Vec::<&Warning>::new());
            prop_assert_eq!(plan.new_entities, vec![]);
        }
        let plan = world.import(&without_ids(category, &export), MERGE).unwrap();
        prop_assert_eq!(plan.report.changes, vec![], "without ids");
    }

    #[test]
    fn importing_twice_equals_importing_once((category, sent) in document()) {
        let mut world = World::with(category, &sent);
        let again = world.import(&sent, MERGE).unwrap();
        prop_assert_eq!(again.report.changes, vec![]);
    }

    #[test]
    fn importing_an_edited_file_twice_changes_nothing_the_second_time(
        (category, first, second) in two_documents(),
        choices in choices(),
    ) {
        for how in [MERGE, REPLACE] {
            let mut world = World::with(category, &first);
            let file = edited(category, &world.export(), &second, &choices);
            let Ok(_) = world.import(&file, how) else { continue };
            let again = world.import(&file, how).unwrap();
            prop_assert_eq!(
                again.report.changes,
                vec![],
                "file {:#}\nstored {:#}",
                file,
                world.export()
            );
            prop_assert_eq!(again.new_entities, vec![]);
        }
    }

    #[test]
    fn merge_never_removes_or_joins_items(
        (category, first, second) in two_documents(),
        choices in choices(),
    ) {
        let mut world = World::with(category, &first);
        let before = world.export();
        let file = edited(category, &before, &second, &choices);
        if let Err(problems) = world.import(&file, MERGE) {
            // A new item may lack a required value, or its name may be ambiguous or unknown.
            let codes = [ProblemCode::Required, ProblemCode::AmbiguousMatch, ProblemCode::NotFound];
            prop_assert!(
                problems.iter().all(|problem| codes.contains(&problem.code)),
                "{:?}",
                problems
            );
            prop_assert_eq!(world.export(), before);
            return Ok(());
        }
        let after = world.export();
        for (key, value) in before.as_object().unwrap() {
            prop_assert!(after.get(key).is_some(), "{} is gone", key);
            if let (Some(before), None) =
                (value.as_array(), item_lists(category).find(|(name, _)| name == key))
            {
                let kept: Vec<String> = list(&after, key)
                    .iter()
                    .map(|name| comparable(name.as_str().unwrap()))
                    .collect();
                for name in before {
                    prop_assert!(
                        kept.contains(&comparable(name.as_str().unwrap())),
                        "{} is gone",
                        name
                    );
                }
            }
        }
        for (name, item) in item_lists(category) {
            let (old, new) = (list(&before, name), list(&after, name));
            prop_assert!(new.len() >= old.len().max(list(&file, name).len()));
            for object in old {
                let same = new.iter().find(|candidate| candidate[item.id] == object[item.id]);
                let Some(same) = same else {
                    return Err(TestCaseError::fail(format!("{object} is gone")));
                };
                for key in object.as_object().unwrap().keys() {
                    // A nominee renamed to an unknown name loses its link.
                    let link =
                        item.entities.iter().find(|entity| entity.id == key && !entity.creates);
                    let renamed =
                        link.is_some_and(|entity| object[entity.name] != same[entity.name]);
                    prop_assert!(
                        renamed || same.get(key).is_some(),
                        "{} of {} is gone",
                        key,
                        object
                    );
                }
            }
        }
        let mut all: Vec<String> =
            item_lists(category).flat_map(|(name, item)| ids(item, list(&after, name))).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), count, "an id occurs twice");
    }

    #[test]
    fn leaving_out_a_key_changes_nothing((category, sent) in document(), which in some_keys()) {
        let world = World::with(category, &sent);
        for (parent, key) in some_of(&which, keys(&world.export())) {
            let mut file = world.export();
            object_at(&mut file, &parent).remove(&key);
            match world.plan(&file, MERGE) {
                Ok(plan) => {
                    prop_assert_eq!(plan.report.changes, vec![], "without {} of {:?}", key, parent);
                }
                Err(problems) => {
                    prop_assert!(false, "without {} of {:?}: {:?}", key, parent, problems);
                }
            }
        }
    }

    #[test]
    fn null_keeps_with_a_warning_and_clears_with_nulls_clear(
        (category, sent) in document(),
        which in some_keys(),
    ) {
        let world = World::with(category, &sent);
        for (parent, key) in some_of(&which, keys(&world.export())) {
            let (field, item) = field_at(category, &parent, &key);
            let path = pointer(&parent, &key);
            let mut file = world.export();
            object_at(&mut file, &parent).insert(key.clone(), Value::Null);

            let kept = world.plan(&file, MERGE).unwrap();
            prop_assert_eq!(&kept.report.changes, &vec![], "{}", path);
            let stored = world.export();
            let is_empty = stored.pointer(&path).unwrap().as_array().is_some_and(Vec::is_empty);
            // A nominee may be unknown; other ids always follow from the name.
            let is_lasting_id = matches!(field.rule.kind, Kind::Id) && key != "nominee_id";
            if !is_lasting_id {
                let warned = without_markup_warnings(&kept.report.warnings).into_iter();
                let warned: Vec<_> =
                    warned.map(|warning| (warning.path.as_str(), warning.code)).collect();
                let expected =
                    if is_empty { vec![] } else { vec![(path.as_str(), WarningCode::NullIgnored)] };
                prop_assert_eq!(warned, expected);
            }

            let cleared = world.plan(&file, ImportSettings { nulls: NullPolicy::Clear, ..MERGE });
            let is_only_text = item.is_some_and(|item| {
                let texts = item
                    .any_of
                    .iter()
                    .filter(|name| stored.pointer(&pointer(&parent, name)).is_some());
                item.any_of.contains(&key.as_str()) && texts.count() == 1
            });
            match (cleared, field.rule.required || is_only_text) {
                (Err(problems), true) => {
                    let at = if is_only_text { &parent } else { &path };
                    let found: Vec<_> =
                        problems.iter().map(|problem| (&problem.path, problem.code)).collect();
                    prop_assert_eq!(found, vec![(at, ProblemCode::Required)]);
                }
                (Ok(plan), false) => {
                    let data = Value::Object(plan.data);
                    if field.rule.kind.is_list() || is_lasting_id {
                        prop_assert_eq!(data, stored, "{}", path);
                    } else {
                        prop_assert_eq!(data.pointer(&path), None);
                        let paths: Vec<_> = plan
                            .report
                            .changes
                            .iter()
                            .map(|change| (&change.path, change.op))
                            .collect();
                        prop_assert_eq!(paths, vec![(&path, ChangeOperation::Remove)]);
                    }
                }
                (outcome, required) => {
                    prop_assert!(false, "{}: required {}: {:?}", path, required, outcome);
                }
            }
        }
    }

    #[test]
    fn nul_is_refused_with_its_path((category, sent) in document(), at in any::<Index>()) {
        let mut texts = Vec::new();
        leaves(&sent, "", &mut texts);
        texts.retain(|(_, value)| value.is_string());
        if texts.is_empty() {
            return Ok(());
        }
        let (path, text) = at.get(&texts);
        let mut file = sent.clone();
        let text = text.as_str().unwrap();
        let middle =
            text.char_indices().nth(text.chars().count() / 2).map_or(0, |(index, _)| index);
        *file.pointer_mut(path).unwrap() =
            json!(format!("{}\0{}", &text[..middle], &text[middle..]));
        let problems = World::new(category).plan(&file, MERGE).unwrap_err();
        let found: Vec<_> = problems.iter().map(|problem| (&problem.path, problem.code)).collect();
        prop_assert_eq!(found, vec![(path, ProblemCode::Invalid)]);
    }

    #[test]
    fn reordering_is_a_change_only_once((category, sent) in document(), choices in choices()) {
        let mut world = World::with(category, &sent);
        let mut file = world.export();
        for (name, _) in item_lists(category) {
            let items = file[name].as_array_mut().unwrap();
            let count = items.len();
            for (index, choice) in (0..count).zip(choices.iter().cycle()) {
                items.swap(index, usize::from(*choice) % count);
            }
        }
        let expected = file.clone();
        world.import(&file, MERGE).unwrap();
        prop_assert_eq!(&world.export(), &expected);
        for file in [expected.clone(), without_ids(category, &expected)] {
            prop_assert_eq!(world.import(&file, MERGE).unwrap().report.changes, vec![]);
        }
    }

    #[test]
    fn replace_removes_exactly_the_missing_items(
        (category, sent) in document(),
        drops in choices(),
        with_base in any::<bool>(),
    ) {
        let mut world = World::with(category, &sent);
        let base = world.data.clone();
        let mut file = world.export();
        let mut drops = drops.iter().cycle();
        let mut gone = 0;
        for field in category.definition().fields.iter().filter(|field| field.rule.kind.is_list()) {
            let items = file[field.name].as_array_mut().unwrap();
            let before = items.len();
            items.retain(|_| drops.next().unwrap() % 3 > 0);
            gone += before - items.len();
        }
        // Absent scalars are not changed.
        let scalars: Vec<&str> = category
            .definition()
            .fields
            .iter()
            .filter(|field| !field.rule.kind.is_list())
            .map(|field| field.name)
            .collect();
        let expected = file.clone();
        file.as_object_mut()
            .unwrap()
            .retain(|key, _| !scalars.contains(&key.as_str()) || drops.next().unwrap() % 2 == 0);
        let how = ImportSettings { base: with_base.then_some(&base), ..REPLACE };
        let plan = world.import(&file, how).unwrap();
        prop_assert_eq!(world.export(), expected);
        prop_assert_eq!(plan.report.changes.len(), gone);
        prop_assert!(plan.report.changes.iter().all(|change| change.op == ChangeOperation::Remove));
    }

    #[test]
    fn remove_items_removes_exactly_the_named_items(
        (category, sent) in document(),
        drops in choices(),
        stripped in any::<bool>(),
    ) {
        let mut world = World::with(category, &sent);
        let mut drops = drops.iter().cycle();
        let (mut expected, mut removed) = (world.export(), Vec::new());
        for (name, item) in item_lists(category) {
            expected[name].as_array_mut().unwrap().retain(|object| {
                let keep = drops.next().unwrap() % 3 > 0;
                if !keep {
                    removed.push(object[item.id].as_str().unwrap().to_owned());
                }
                keep
            });
        }
        // With or without the items in the file.
        let file = if stripped { json!({}) } else { world.export() };
        let plan = world.import(&file, ImportSettings { remove: &removed, ..MERGE }).unwrap();
        prop_assert_eq!(world.export(), expected);
        prop_assert_eq!(plan.report.changes.len(), removed.len());
        prop_assert_eq!(without_markup_warnings(&plan.report.warnings), Vec::<&Warning>::new());
    }

    #[test]
    fn names_that_differ_in_case_accents_or_spacing_change_nothing(
        (category, sent) in document(),
        way in 0..4_u8,
        strip in any::<bool>(),
    ) {
        let respelled = |name: &str| {
            let other = match way {
                0 => name.to_uppercase(),
                1 => name.to_lowercase(),
                2 => format!("  {}\u{a0}", name.replace(' ', "  ")),
                _ => name
                    .chars()
                    .flat_map(|c| [Some(c), c.is_ascii_alphabetic().then_some('\u{301}')])
                    .flatten()
                    .collect(),
            };
            // Case mapping is not always reversible: ß becomes SS, which is another spelling.
            if comparable(&other) == comparable(name) && other.chars().count() <= 100 {
                other
            } else {
                name.to_owned()
            }
        };
        let mut world = World::with(category, &sent);
        let mut file = if strip { without_ids(category, &world.export()) } else { world.export() };
        for field in category.definition().fields {
            match &field.rule.kind {
                Kind::Names { .. } => {
                    for name in file[field.name].as_array_mut().unwrap() {
                        *name = json!(respelled(name.as_str().unwrap()));
                    }
                }
                Kind::Items { item, .. } => {
                    for object in file[field.name].as_array_mut().unwrap() {
                        for entity in item.entities {
                            if let Some(name) = object.get(entity.name).and_then(Value::as_str) {
                                object[entity.name] = json!(respelled(name));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let plan = world.import(&file, MERGE).unwrap();
        prop_assert_eq!(plan.report.changes, vec![]);
    }

    #[test]
    fn a_diff_is_empty_exactly_for_equal_documents(
        (category, first, second) in two_documents(),
        choices in choices(),
    ) {
        let definition = category.definition();
        let before = World::with(category, &first);
        let mut after = before.clone();
        let file = edited(category, &before.export(), &second, &choices);
        let _ = after.import(&file, REPLACE);
        prop_assert_eq!(diff(definition, &before.data, &before.data), vec![]);
        let changes = diff(definition, &before.data, &after.data);
        prop_assert_eq!(changes.is_empty(), before.data == after.data);
        let (old, new) = (before.export(), after.export());
        for change in &changes {
            // The path of a change leads to its value.
            match change.op {
                ChangeOperation::Add => {
                    prop_assert_eq!(new.pointer(&change.path), change.after.as_deref());
                }
                ChangeOperation::Remove if change.path.split('/').count() < 4 => {
                    prop_assert_eq!(old.pointer(&change.path), change.before.as_deref());
                }
                ChangeOperation::Remove => prop_assert_eq!(new.pointer(&change.path), None),
                ChangeOperation::Update => {
                    prop_assert!(new.pointer(&change.path).is_some(), "{}", change.path);
                }
            }
        }
    }

    #[test]
    fn skipped_changes_are_not_made_and_all_others_are(
        (category, first, second) in two_documents(),
        edits in choices(),
        skips in choices(),
        base in any::<bool>(),
    ) {
        let world = World::with(category, &first);
        let file = edited(category, &world.export(), &second, &edits);
        let stored = world.data.clone();
        let how = if base { ImportSettings { base: Some(&stored), ..REPLACE } } else { MERGE };
        let Ok(whole) = world.plan(&file, how) else { return Ok(()) };
        let changes = &whole.report.changes;
        let mut skips = skips.iter().cycle();
        let chosen: Vec<bool> = changes.iter().map(|_| skips.next().unwrap() % 2 == 0).collect();
        let skipped = |change: &Change| {
            let mut chosen = changes.iter().zip(&chosen).filter(|(_, skip)| **skip);
            chosen.any(|(other, _)| other == change || belong_together(category, other, change))
        };
        let named = changes.iter().zip(&chosen).filter(|(_, skip)| **skip).map(|(change, _)| change);
        let names: Vec<String> = named
            .map(|change| format!("{} {}", change.op.as_str().to_uppercase(), change.path))
            .collect();
        let plan = world.without(&file, how, &whole, &names);
        // Only a value that the remaining changes need can be missing.
        prop_assert!(
            plan.problems.iter().all(|problem| problem.code == ProblemCode::Required),
            "{:?}",
            plan.problems
        );
        let expected = changes.iter().filter(|change| !skipped(change));
        let expected = without_positions(category, &whole, expected);
        let found = without_positions(category, &plan, plan.report.changes.iter());
        prop_assert_eq!(found, expected, "{:?}", names);
        prop_assert_eq!(&diff(category.definition(), &stored, &plan.data), &plan.report.changes);

        let all: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
        let nothing = world.without(&file, how, &whole, &all);
        prop_assert_eq!(&nothing.data, &stored);
        prop_assert_eq!(
            (nothing.report.changes, nothing.new_entities, nothing.new_aliases),
            (vec![], vec![], vec![])
        );
    }

    #[test]
    fn any_json_is_read_or_refused_with_valid_paths(
        (category, sent, stored) in of_any_category(|category| (arbitrary_json(category), data(category)))
            .prop_map(|(category, (sent, stored))| (category, sent, stored)),
        strict in any::<bool>(),
    ) {
        let reading = parse(
            category.definition(),
            through_text(&sent),
            ParseOptions { strict, ..ParseOptions::default() },
        );
        // For an item that arrived as text, a path may name the field that it was read as.
        let is_in_input = |path: &str| {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            sent.pointer(path).is_some() || sent.pointer(parent).is_some_and(Value::is_string)
        };
        for problem in &reading.problems {
            prop_assert!(is_pointer(&problem.path), "{:?}", problem);
            prop_assert!(is_in_input(&problem.path), "{:?} leads nowhere", problem);
            prop_assert!(!problem.message.is_empty());
        }
        for warning in &reading.warnings {
            prop_assert!(is_in_input(&warning.path), "{:?} leads nowhere", warning);
        }
        let mut world = World::with(category, &stored);
        let before = world.export();
        match world.import(&sent, MERGE) {
            Ok(_) => prop_assert_eq!(world.import(&sent, MERGE).unwrap().report.changes, vec![]),
            Err(problems) => {
                prop_assert!(
                    problems.iter().all(|problem| is_pointer(&problem.path)),
                    "{:?}",
                    problems
                );
                prop_assert_eq!(world.export(), before);
            }
        }
    }
}

/// Warnings except those about markup in texts, which are stored as sent.
fn without_markup_warnings(warnings: &[Warning]) -> Vec<&Warning> {
    warnings.iter().filter(|warning| warning.code != WarningCode::MarkupInText).collect()
}
