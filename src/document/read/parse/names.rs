//! Reads lists of names, also those sent as one text or as numbers of The Movie Database.

use ahash::{HashSet, HashSetExt as _};
use serde_json::Value;

use super::Reader;
use crate::document::problem::{WarningCode, shown};
use crate::document::read::values::{is_no_name, read_scalar};
use crate::document::reference;
use crate::document::schema::definition::{Kind, Rule, Wording};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::scalars::whole_number;
use crate::document::text::comparable;

/// Marks between names in one text.
const SEPARATORS: [char; 4] = [',', '|', ';', '/'];

/// The names in a text: a JSON list, names separated by marks or lines, or known names joined by
/// "and".
fn names_in_text(entity: EntityKind, text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if let Ok(names) = serde_json::from_str::<Vec<String>>(text) {
        return Some(names);
    }
    if let Some(names) = split_names(entity, text) {
        return Some(names);
    }
    let is_known = |name: &str| reference::by_name(entity, name, None).is_some();
    if text.contains('\n') {
        let lines = text.lines().map(|line| line.trim_start_matches(['-', '*', '•', ' ']).trim());
        let names: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let all_known = names.iter().all(|name| is_known(name));
        return all_known.then(|| names.into_iter().map(str::to_owned).collect());
    }
    if is_known(text) {
        return None;
    }
    let parts = [" & ", " and "].iter().find_map(|mark| text.split_once(mark));
    if let Some((one, other)) = parts.filter(|(one, other)| is_known(one) && is_known(other)) {
        return Some(vec![one.trim().to_owned(), other.trim().to_owned()]);
    }
    let without_note = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    without_note
        .map(|(name, _)| name)
        .filter(|name| is_known(name))
        .map(|name| vec![name.to_owned()])
}

/// Splits a text at separators: `Drama, Thriller`. A known name is not split: `Sci-Fi & Fantasy`.
fn split_names(entity: EntityKind, text: &str) -> Option<Vec<String>> {
    if !text.contains(SEPARATORS) || reference::by_name(entity, text, None).is_some() {
        return None;
    }
    let parts = text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty());
    let names: Vec<String> = parts.map(str::to_owned).collect();
    (names.len() > 1).then_some(names)
}

/// The name with that number at The Movie Database.
fn by_number(entity: EntityKind, value: &Value) -> Option<&'static str> {
    let number = match value {
        Value::Number(number) => whole_number(number)?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let id = format!("tmdb-{}-{number}", entity.as_str());
    reference::by_id(entity, &id).map(|known| known.name.as_str())
}

impl Reader {
    /// Reads names. A skipped name becomes null, so that later names keep their indices.
    pub(super) fn names(
        &mut self,
        entity: EntityKind,
        max_length: usize,
        sent: Vec<Value>,
        path_of: &dyn Fn(usize) -> String,
    ) -> Vec<Value> {
        let mut names: Vec<Value> = Vec::with_capacity(sent.len());
        let mut seen = HashSet::new();
        let rule = Rule::new(Kind::Text { max: max_length }).wording(Wording::Name);
        for (index, value) in self.separate_names(entity, sent, path_of) {
            let at = path_of(index);
            if self.warn_if_skipped(&value, &at, is_no_name) {
                names.push(Value::Null);
                continue;
            }
            if value.is_number() {
                self.mismatch(&at, &value, "a name, or a genre's number at The Movie Database");
                names.push(Value::Null);
                continue;
            }
            let value = match value {
                Value::Object(mut object) if object.get("name").is_some_and(Value::is_string) => {
                    self.warn(
                        &at,
                        WarningCode::ValueRepaired,
                        "an object in a list of names was read as its \"name\"",
                    );
                    object.remove("name").unwrap_or_default()
                }
                value => value,
            };
            match read_scalar(&rule, value) {
                Ok(read) => {
                    let is_new =
                        read.value.as_str().is_none_or(|name| seen.insert(comparable(name)));
                    if !is_new {
                        self.warn(
                            &at,
                            WarningCode::ValueRepaired,
                            format!("{} is in the list already", read.value),
                        );
                    }
                    names.push(if is_new { read.value } else { Value::Null });
                }
                Err((code, message)) => {
                    self.problem(&at, code, message);
                    names.push(Value::Null);
                }
            }
        }
        names
    }

    /// The names with their original indices. Texts with several names are split, and numbers of
    /// The Movie Database are replaced with names.
    fn separate_names(
        &mut self,
        entity: EntityKind,
        sent: Vec<Value>,
        path_of: &dyn Fn(usize) -> String,
    ) -> Vec<(usize, Value)> {
        let mut separate = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let at = path_of(index);
            if let Some(name) = by_number(entity, &value) {
                let message = format!("{} was read as {name:?}", shown(&value));
                self.warn(&at, WarningCode::ValueRepaired, message);
                separate.push((index, Value::from(name)));
            } else if let Some(names) = value
                .as_str()
                .filter(|text| !is_no_name(text))
                .and_then(|text| names_in_text(entity, text))
            {
                let message = match &names[..] {
                    [name] => format!("{} was read as {name:?}", shown(&value)),
                    names => format!("{} was read as {} names", shown(&value), names.len()),
                };
                self.warn(&at, WarningCode::ValueRepaired, message);
                separate.extend(names.into_iter().map(|name| (index, Value::String(name))));
            } else {
                separate.push((index, value));
            }
        }
        separate
    }
}
