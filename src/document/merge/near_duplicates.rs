//! Warnings of new items that are probably not new: a nomination of the year before or after, as
//! sources count the year of the films or of the ceremony; one more credit of a person without a
//! part; and an item that a document contains twice.

use ahash::{HashMap, HashMapExt as _};
use serde_json::Value;

use crate::document::json::text;
use crate::document::problem::{Warning, WarningCode, excerpt};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::resolve::directory::Directory;
use crate::document::resolve::given_ids::may_be_same_entity;
use crate::document::schema::definition::{Item, KeyPart, Kind, Object, find};
use crate::document::spelling::canonical_spelling;
use crate::document::text::{comparable, index_key, quoted};

/// Most stored items of one key that are compared with a new one.
const MOST_COMPARED: usize = 20;
/// Steps of looking up a new item.
const STEPS: usize = 8;

/// The stored items of a list, indexed when they are first needed.
pub(super) struct NearDuplicates<'o> {
    item: &'static Item,
    stored: &'o [&'o Object],
    /// The part of the natural key that is a whole number.
    year: Option<&'static str>,
    /// The items by their natural key without the year.
    by_key: Option<HashMap<Vec<String>, Vec<&'o Object>>>,
    /// The number of items of each entity.
    credits: Option<HashMap<&'o str, usize>>,
}

impl<'o> NearDuplicates<'o> {
    pub(super) fn new(item: &'static Item, stored: &'o [&'o Object]) -> Self {
        let parts = item.keys.iter().flat_map(|parts| parts.iter());
        let mut years = parts.filter_map(|part| match part {
            KeyPart::Field(name) => find(item.fields, name)
                .is_some_and(|field| matches!(field.rule.kind, Kind::Integer { .. }))
                .then_some(*name),
            KeyPart::Entity(_) => None,
        });
        Self { item, stored, year: years.next(), by_key: None, credits: None }
    }

    /// Warns of a new credit without a part, if the list has credits of that person already: it may
    /// be one of them or one more.
    pub(super) fn another_credit(&mut self, new: &Object, path: &str) -> Option<Warning> {
        let item = self.item;
        let has_part = item.keys.iter().flat_map(|parts| parts.iter()).any(|part| match part {
            KeyPart::Field(name) => new.get(*name).is_some_and(|value| !value.is_null()),
            KeyPart::Entity(_) => false,
        });
        let entity = item.entities.first().filter(|_| item.entity_alone && !has_part)?;
        let stored = self.stored;
        let credits = self.credits.get_or_insert_with(|| {
            let mut credits = HashMap::new();
            for id in stored.iter().filter_map(|object| text(object, entity.id)) {
                *credits.entry(id).or_default() += 1;
            }
            credits
        });
        let theirs = match credits.get(text(new, entity.id)?)? {
            1 => "a credit".to_owned(),
            count => format!("{count} credits"),
        };
        let name = text(new, entity.name).unwrap_or_default();
        let message = format!(
            "{:?} has {theirs} in this list already, and this one says neither its id nor what it \
             is for; it was added as one more",
            excerpt(name)
        );
        Some(Warning::new(path, WarningCode::PossibleDuplicate, message))
    }

    /// Warns of a new item with the natural key of a stored one and a year that differs by one.
    pub(super) fn another_year(
        &mut self,
        new: &Object,
        path: &str,
        proposal: &Proposal<'_>,
    ) -> Option<Warning> {
        let Self { item, stored, year, by_key, .. } = self;
        let year = (*year)?;
        if !proposal.budget.charge(STEPS) {
            return None;
        }
        let key = |object: &Object| key_without_year(item, object, proposal.directory);
        let by_key = by_key.get_or_insert_with(|| {
            let mut by_key: HashMap<Vec<String>, Vec<&Object>> = HashMap::new();
            for object in *stored {
                by_key.entry(key(object)).or_default().push(object);
            }
            by_key
        });
        let year_of = |object: &Object| object.get(year).and_then(Value::as_i64);
        let new_year = year_of(new)?;
        let same = by_key.get(&key(new))?;
        let (object, other) = same.iter().take(MOST_COMPARED).find_map(|object| {
            let other = year_of(object).filter(|other| new_year.abs_diff(*other) == 1)?;
            has_same_names(item, object, new).then_some((object, other))
        })?;
        let label = item.label.iter().filter_map(|field| text(object, field));
        let label: Vec<&str> = label.collect();
        let id = text(object, item.id).unwrap_or_default();
        let message = format!(
            "{} stands here with the {year} {other} (id {}), and this one with the {year} \
             {new_year} agrees with it in all else; it was added as one more. If it is the same, \
             send the {year} {other}: sources count the year of the films or that of the ceremony",
            quoted(&label.join(", ")),
            quoted(id),
        );
        Some(Warning::new(format!("{path}/{year}"), WarningCode::PossibleDuplicate, message))
    }
}

/// The natural key of an item without the year and without entities that may be text.
fn key_without_year(item: &Item, object: &Object, directory: &Directory) -> Vec<String> {
    let meant = canonical_spelling(item, object, Some(directory));
    let spelled = item.spellings.as_ref().map(|spellings| spellings.field);
    let parts = item.keys.iter().flat_map(|parts| parts.iter());
    let key = parts.filter_map(|part| match part {
        KeyPart::Entity(place) => {
            let entity = &item.entities[*place];
            let id = || text(object, entity.id).map(str::to_owned);
            let name = || text(object, entity.name).map(index_key);
            entity.creates.then(|| id().or_else(name).unwrap_or_default())
        }
        KeyPart::Field(name) => {
            let said = text(object, name)?;
            let meant = meant.filter(|_| spelled == Some(*name)).map(|(_, meant)| meant);
            Some(comparable(meant.unwrap_or(said)))
        }
    });
    key.collect()
}

/// Whether two items have the same names, or one lacks a name, of entities that may be text.
fn has_same_names(item: &Item, one: &Object, another: &Object) -> bool {
    item.entities.iter().filter(|entity| !entity.creates).all(|entity| {
        let ids = (text(one, entity.id), text(another, entity.id));
        let names = (text(one, entity.name), text(another, entity.name));
        match (ids, names) {
            ((Some(one), Some(another)), _) => one == another,
            (_, (Some(one), Some(another))) => may_be_same_entity(entity.kind, one, another),
            _ => true,
        }
    })
}

/// The items of a document by their values. Only a repetition from an untrusted source is worth a
/// warning.
pub(super) struct Repetitions {
    item: &'static Item,
    /// The path of the first item with these values; `None` if repetitions are not reported.
    first: Option<HashMap<String, String>>,
}

impl Repetitions {
    pub(super) fn new(item: &'static Item, has_repetitions: bool, trust: IdTrust) -> Self {
        let is_reported = has_repetitions && trust != IdTrust::Trusted;
        Self { item, first: is_reported.then(HashMap::new) }
    }

    /// The path of an earlier item with the same values.
    pub(super) fn first(&mut self, object: &Object, path: &str) -> Option<String> {
        let first = self.first.as_mut()?;
        let mut said = object.clone();
        said.remove(self.item.id);
        if said.values().all(Value::is_null) {
            return None;
        }
        let said = Value::Object(said).to_string();
        match first.get(&said) {
            Some(first) => Some(first.clone()),
            None => {
                first.insert(said, path.to_owned());
                None
            }
        }
    }

    /// The warning of an item that repeats an earlier one.
    pub(super) fn warning(first: &str, path: &str) -> Warning {
        let message = format!(
            "it says the same as {first}; it was added as one more. If it is a repetition, leave \
             it out"
        );
        Warning::new(path, WarningCode::PossibleDuplicate, message)
    }
}
