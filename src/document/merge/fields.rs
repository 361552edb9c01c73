//! Merging the fields that are no lists, of the document and of its items, and checking that
//! required fields are there.

use serde_json::Value;

use super::DocumentMerger;
use super::three_way::Sides;
use crate::document::problem::{ProblemCode, WarningCode};
use crate::document::proposal::NullPolicy;
use crate::document::schema::definition::{Field, Item, Object, find};
use crate::document::schema::required::{MissingField, missing_any_of, missing_fields};

impl DocumentMerger<'_> {
    /// Merges the fields that are no lists; [`Self::lists`] merges the lists. Unknown keys of the
    /// stored object are kept, at the end.
    pub(super) fn object(
        &mut self,
        fields: &'static [Field],
        sides: &Sides<'_>,
        arriving: &Object,
        path: &str,
    ) -> Object {
        let current = sides.current;
        let mut result = Object::new();
        for field in fields {
            let stored = current.get(field.name).filter(|value| !value.is_null());
            if field.rule.kind.is_list() {
                result.insert(
                    field.name.to_owned(),
                    stored.cloned().unwrap_or_else(|| Value::Array(Vec::new())),
                );
                continue;
            }
            let wanted = match arriving.get(field.name) {
                Some(Value::Null) if self.proposal.nulls == NullPolicy::Clear => None,
                Some(Value::Null) => {
                    if stored.is_some() {
                        self.null_ignored(path, field.name);
                    }
                    stored
                }
                Some(sent) => Some(sent),
                None => stored,
            };
            let value = self.settle_value(field.name, wanted, stored, sides, path);
            if let Some(value) = value {
                result.insert(field.name.to_owned(), value.clone());
            }
        }
        for (key, value) in current {
            if find(fields, key).is_none() {
                result.insert(key.clone(), value.clone());
            }
        }
        result
    }

    pub(super) fn null_ignored(&mut self, path: &str, name: &str) {
        let message = format!("null was read as \"not known\"; {name} was kept");
        self.diagnostics.warn(format!("{path}/{name}"), WarningCode::NullIgnored, message);
    }

    pub(super) fn require(&mut self, fields: &'static [Field], data: &Object) {
        if self.proposal.definition.is_empty(data) {
            return;
        }
        self.require_fields(fields, data, "");
    }

    pub(super) fn require_of_item(&mut self, item: &'static Item, data: &Object, path: &str) {
        if self.is_refused(path) {
            return;
        }
        self.require_fields(item.fields, data, path);
        let has =
            |name: &str| data.contains_key(name) || self.is_refused(&format!("{path}/{name}"));
        if let Some(message) = missing_any_of(item, has) {
            self.diagnostics.problem(path.to_owned(), ProblemCode::Required, message);
        }
    }

    fn require_fields(&mut self, fields: &'static [Field], data: &Object, path: &str) {
        for MissingField { name, message } in missing_fields(fields, data) {
            let at = format!("{path}/{name}");
            if !self.is_refused(&at) {
                self.diagnostics.problem(at, ProblemCode::Required, message);
            }
        }
    }

    /// Whether the value at a path was refused while reading, and has a problem already.
    fn is_refused(&self, path: &str) -> bool {
        self.proposal.arriving.refused.contains(path)
    }
}
