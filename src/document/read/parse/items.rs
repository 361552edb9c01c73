//! Reads the items of a list, and leaves out those that only state that there is no item.

use serde_json::Value;

use super::{MAX_ITEMS, Reader, field_by_name, shapes};
use crate::document::problem::{WarningCode, excerpt, pointer_at};
use crate::document::read::values::is_no_name;
use crate::document::schema::definition::{Absence, Field, Item, Object, find};
use crate::document::text::{is_blank_or_na, key_letters, quoted};

impl Reader {
    /// Reads a list that was sent in another shape, if its items are unambiguous.
    pub(super) fn read_reshaped(
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
            let message = "it is not a group of items and was not stored".to_owned();
            self.report_unknown(&format!("{at}{below}"), message);
        }
        if self.check_length(reshaped.items.len(), MAX_ITEMS, at) {
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

    /// Reads items. A skipped item becomes null, so that later items keep their indices.
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
        let is_nothing = if is_named { is_no_name } else { is_blank_or_na };
        let mut items = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let is_elsewhere = !self.origins.is_empty();
            let origin = if is_elsewhere { self.origins.remove(&(list, index)) } else { None };
            let at = origin.unwrap_or_else(|| pointer_at(path, index));
            self.within = format!("/{list}/{index}");
            if self.warn_if_skipped(&value, &at, is_nothing) {
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
                    // A placeholder keeps the indices of later items right in messages.
                    items.push(Value::Object(Object::new()));
                }
            }
        }
        self.within.clear();
        items
    }

    /// Reads one item; `None`, with a warning, if it states that there is no item.
    fn item(&mut self, item: &'static Item, sent: Object, at: &str) -> Option<Object> {
        if let Some((found, absence)) = find_absence(item, &sent) {
            let message = format!(
                "the item was left out, as its {} is {}",
                absence.field,
                quoted(&excerpt(&found))
            );
            self.warn(at, WarningCode::ValueRepaired, message);
            return None;
        }
        let needed = needed_fields(item, &sent);
        let read = self.object(item.fields, sent, at);
        let is_known = |field: &str| read.get(field).is_some_and(|value| !value.is_null());
        let is_identified =
            is_known(item.id) || item.entities.first().is_some_and(|entity| is_known(entity.id));
        let is_nothing = |name: &&str| !is_known(name) && !self.is_refused(name);
        let missing = needed.iter().find(|names| names.iter().all(is_nothing));
        match missing {
            Some(names) if !is_identified => {
                let names = names.join(" or ");
                let message = format!("the item was left out, as it has no {names}");
                self.warn(at, WarningCode::ValueRepaired, message);
                None
            }
            _ => Some(read),
        }
    }

    /// Whether the value of that field in the current item was refused.
    fn is_refused(&self, field: &str) -> bool {
        self.reading.refused.contains(&format!("{}/{field}", self.within))
    }
}

/// The value that states that there is no such item, and the rule that recognises it.
fn find_absence(item: &'static Item, sent: &Object) -> Option<(String, &'static Absence)> {
    let absence = item.absence.as_ref()?;
    let field = find(item.fields, absence.field)?;
    let is_field =
        |key: &str| field_by_name(item.fields, key).is_some_and(|found| found.name == field.name);
    let found = sent.iter().find(|(key, _)| is_field(key))?.1.as_str()?;
    let letters = key_letters(found);
    absence.words.contains(&letters.as_str()).then(|| (found.to_owned(), absence))
}

/// The fields that were sent as text and that the item needs: each required field, and those of
/// which at least one is needed.
fn needed_fields(item: &'static Item, sent: &Object) -> Vec<Vec<&'static str>> {
    let sent_fields: Vec<&'static Field> = sent
        .iter()
        .filter(|(_, value)| value.is_string())
        .filter_map(|(key, _)| field_by_name(item.fields, key))
        .collect();
    let sent_fields = || sent_fields.iter();
    let required = sent_fields().filter(|field| field.rule.required).map(|field| vec![field.name]);
    let any_of = sent_fields().map(|field| field.name).filter(|name| item.any_of.contains(name));
    let any_of: Vec<_> = any_of.collect();
    required.chain((!any_of.is_empty()).then_some(any_of)).collect()
}
