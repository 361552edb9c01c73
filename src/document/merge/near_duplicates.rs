//! New items that are nearly the same as one that is there: a nomination of the year before or after,
//! as one source counts films and another ceremonies; and an item that a file has twice.

use std::collections::HashMap;

use serde_json::Value;

use super::{Merger, text};
use crate::document::problem::WarningCode;
use crate::document::resolve::given_ids::{IdTrust, may_be_one};
use crate::document::schema::definition::{Item, KeyPart, Kind, Object, find};
use crate::document::spelling::canonical_spelling;
use crate::document::text::{comparable, index_key, quoted};

/// Most stored items of one key that are compared with a new one.
const MOST_COMPARED: usize = 20;

/// The stored items of a list by their natural key less its year, where it has one.
pub(super) struct Nearly<'o> {
    item: &'static Item,
    stored: &'o [&'o Object],
    /// The part of the key that is a whole number.
    year: Option<&'static str>,
    /// Made when it is first asked for.
    by_key: Option<HashMap<Vec<String>, Vec<&'o Object>>>,
}

impl<'o> Nearly<'o> {
    pub(super) fn new(item: &'static Item, stored: &'o [&'o Object]) -> Self {
        let parts = item.keys.iter().flat_map(|parts| parts.iter());
        let mut years = parts.filter_map(|part| match part {
            KeyPart::Field(name) => find(item.fields, name)
                .is_some_and(|field| matches!(field.rule.kind, Kind::Integer { .. }))
                .then_some(*name),
            KeyPart::Entity(_) => None,
        });
        Self { item, stored, year: years.next(), by_key: None }
    }
}

impl Merger<'_> {
    /// Warns of a new item that agrees with a stored one in all of its key but the year, which is
    /// another by one.
    pub(super) fn warn_of_nearly_the_same(
        &mut self,
        nearly: &mut Nearly<'_>,
        new: &Object,
        path: &str,
    ) {
        let Nearly { item, stored, year: Some(year), by_key } = nearly else { return };
        if !self.proposal.budget.charge(8) {
            return;
        }
        let by_key = by_key.get_or_insert_with(|| {
            let mut by_key: HashMap<Vec<String>, Vec<&Object>> = HashMap::new();
            for object in *stored {
                by_key.entry(self.key_without_year(item, object)).or_default().push(object);
            }
            by_key
        });
        let year_of = |object: &Object| object.get(*year).and_then(Value::as_i64);
        let Some(of_new) = year_of(new) else { return };
        let same = by_key.get(&self.key_without_year(item, new)).map_or(&[][..], Vec::as_slice);
        let near = same.iter().take(MOST_COMPARED).find_map(|object| {
            let other = year_of(object).filter(|other| of_new.abs_diff(*other) == 1)?;
            names_the_same(item, object, new).then_some((object, other))
        });
        let Some((object, other)) = near else { return };
        let label = item.label.iter().filter_map(|field| text(object, field));
        let label: Vec<&str> = label.collect();
        let id = text(object, item.id).unwrap_or_default();
        let message = format!(
            "{} stands here with the {year} {other} (id {}), and this one with the {year} {of_new} \
             agrees with it in all else; it was added as one more. If it is the same, send the {year} \
             {other}: sources count the year of the films or that of the ceremony",
            quoted(&label.join(", ")),
            quoted(id),
        );
        self.warn(format!("{path}/{year}"), WarningCode::PossibleDuplicate, message);
    }

    /// What an item is recognised by, less the year and those whom it may name as text.
    fn key_without_year(&self, item: &Item, object: &Object) -> Vec<String> {
        let directory = self.proposal.directory;
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

    /// Warns of a new item that says the same as one before it in the file.
    pub(super) fn warn_of_repetition(&mut self, repeated: Option<String>, path: &str) {
        if let Some(first) = repeated {
            let message = format!(
                "it says the same as {first}; it was added as one more. If it is a repetition, leave \
                 it out"
            );
            self.warn(path.to_owned(), WarningCode::PossibleDuplicate, message);
        }
    }
}

/// Whether two items name the same, or one leaves out whom the other names, of those who may be named
/// as text.
fn names_the_same(item: &Item, one: &Object, another: &Object) -> bool {
    item.entities.iter().filter(|entity| !entity.creates).all(|entity| {
        let ids = (text(one, entity.id), text(another, entity.id));
        let names = (text(one, entity.name), text(another, entity.name));
        match (ids, names) {
            ((Some(one), Some(another)), _) => one == another,
            (_, (Some(one), Some(another))) => may_be_one(entity.kind, one, another),
            _ => true,
        }
    })
}

/// The items of a file, by what they say: only of a language model's is a repetition worth telling of.
pub(super) struct Repetitions {
    item: &'static Item,
    /// The path of the first that says it; `None` where nobody asks.
    first: Option<HashMap<String, String>>,
}

impl Repetitions {
    pub(super) fn new(item: &'static Item, has_repetitions: bool, trust: IdTrust) -> Self {
        let is_asked = has_repetitions && trust != IdTrust::Given;
        Self { item, first: is_asked.then(HashMap::new) }
    }

    /// The path of the item before it that says the same.
    pub(super) fn repeated(&mut self, object: &Object, path: &str) -> Option<String> {
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
}
