//! The items of a list: read one by one, left out where they say that there is none.

use serde_json::Value;

use super::{MAX_ITEMS, Reader, field_called, shapes};
use crate::document::problem::{WarningCode, excerpt, pointer_at};
use crate::document::read::values::is_no_name;
use crate::document::schema::definition::{Absence, Field, Item, Object, find};
use crate::document::text::{is_blank_or_na, key_letters, quoted};

impl Reader {
    /// Reads a list that came in another shape, if it is certain which items are meant.
    pub(super) fn reshaped(
        &mut self,
        field: &'static Field,
        item: &'static Item,
        sent: &Value,
        at: &str,
        result: &mut Object,
    ) {
        let Some(reshaped) = shapes::as_list(item, sent) else {
            self.mismatch(at, sent, &shapes::allowed(item));
            return;
        };
        self.warn(at, WarningCode::ValueRepaired, reshaped.note);
        for below in reshaped.left_out {
            let message = "it stands among groups of items, is none, and was not stored".to_owned();
            self.unknown(&format!("{at}{below}"), message);
        }
        if self.fits(reshaped.items.len(), MAX_ITEMS, at) {
            let mut members = Vec::with_capacity(reshaped.items.len());
            for (index, (below, member)) in reshaped.items.into_iter().enumerate() {
                self.origins.insert((field.name, index), format!("{at}{below}"));
                members.push(member);
            }
            let items = self.items(item, members, at, field.name);
            if !items.iter().all(Value::is_null) {
                result.insert(field.name.to_owned(), Value::Array(items));
            }
        }
    }

    /// Reads items. What was skipped is null, so that those after it keep their places.
    pub(super) fn items(
        &mut self,
        item: &'static Item,
        sent: Vec<Value>,
        path: &str,
        list: &'static str,
    ) -> Vec<Value> {
        let is_named = item
            .bare_text
            .is_some_and(|field| item.entities.first().is_some_and(|entity| entity.name == field));
        let says_nothing = if is_named { is_no_name } else { is_blank_or_na };
        let mut items = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let is_elsewhere = !self.origins.is_empty();
            let origin = if is_elsewhere { self.origins.remove(&(list, index)) } else { None };
            let at = origin.unwrap_or_else(|| pointer_at(path, index));
            self.within = format!("/{list}/{index}");
            if self.is_skipped(&value, &at, says_nothing) {
                items.push(Value::Null);
                continue;
            }
            match (value, item.bare_text) {
                (Value::Object(object), _) => {
                    let read = self.item(item, object, &at);
                    items.push(read.map_or(Value::Null, Value::Object));
                }
                (Value::String(text), Some(field)) => {
                    self.warn(
                        &at,
                        WarningCode::ValueRepaired,
                        format!("bare text was read as {field:?}"),
                    );
                    let object = Object::from_iter([(field.to_owned(), Value::String(text))]);
                    let read = self.item(item, object, &at);
                    if read.is_some() {
                        self.reading.bare.insert(self.within.clone());
                    }
                    items.push(read.map_or(Value::Null, Value::Object));
                }
                (other, _) => {
                    self.mismatch(&at, &other, "an object");
                    self.reading.refused.insert(self.within.clone());
                    // Keeps the indices of later items right in what is reported of them.
                    items.push(Value::Object(Object::new()));
                }
            }
        }
        self.within.clear();
        items
    }

    /// Reads one item; `None`, with a warning, where it says that there is none.
    fn item(&mut self, item: &'static Item, sent: Object, at: &str) -> Option<Object> {
        if let Some((found, absence)) = absent(item, &sent) {
            let message = format!(
                "the item was left out, as its {} is {}",
                absence.field,
                quoted(&excerpt(&found))
            );
            self.warn(at, WarningCode::ValueRepaired, message);
            return None;
        }
        let needed = needed(item, &sent);
        let read = self.object(item.fields, sent, at);
        let is_known = |field: &str| read.get(field).is_some_and(|value| !value.is_null());
        let is_identified =
            is_known(item.id) || item.entities.first().is_some_and(|entity| is_known(entity.id));
        let is_nothing = |name: &&str| !is_known(name) && !self.is_refused(name);
        let missing = needed.iter().find(|names| names.iter().all(is_nothing));
        match missing {
            Some(names) if !is_identified => {
                let names = names.join(" and ");
                let message = format!("the item was left out, as its {names} is nothing");
                self.warn(at, WarningCode::ValueRepaired, message);
                None
            }
            _ => Some(read),
        }
    }

    /// Whether a value of that field in the present item could not be read.
    fn is_refused(&self, field: &str) -> bool {
        self.reading.refused.contains(&format!("{}/{field}", self.within))
    }
}

/// The value that says that there is no such item.
fn absent(item: &'static Item, sent: &Object) -> Option<(String, &'static Absence)> {
    let absence = item.absence.as_ref()?;
    let field = find(item.fields, absence.field)?;
    let is_it =
        |key: &str| field_called(item.fields, key).is_some_and(|found| found.name == field.name);
    let found = sent.iter().find(|(key, _)| is_it(key))?.1.as_str()?;
    let letters = key_letters(found);
    absence.words.contains(&letters.as_str()).then(|| (found.to_owned(), absence))
}

/// What the item was sent with and must have: each required field, and, where one of several is
/// needed, those of them.
fn needed(item: &'static Item, sent: &Object) -> Vec<Vec<&'static str>> {
    let sent_fields: Vec<&'static Field> = sent
        .iter()
        .filter(|(_, value)| value.is_string())
        .filter_map(|(key, _)| field_called(item.fields, key))
        .collect();
    let sent_fields = || sent_fields.iter();
    let required = sent_fields().filter(|field| field.rule.required).map(|field| vec![field.name]);
    let any_of = sent_fields().map(|field| field.name).filter(|name| item.any_of.contains(name));
    let any_of: Vec<_> = any_of.collect();
    required.chain((!any_of.is_empty()).then_some(any_of)).collect()
}
