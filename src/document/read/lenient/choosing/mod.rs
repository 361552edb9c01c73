//! Chooses which of the values in a text is the requested document, or which of them form it
//! together.

use serde_json::Value;

use super::covering::covers;
use super::find::Block;
use super::reader::Failure;
use super::{Lenient, Refusal, quoted, repaired};
use crate::document::categories::Category;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode};
use crate::document::read::arrangement::data_for;
use crate::document::read::envelope::Expected;
use crate::document::read::envelope_keys::{is_envelope, key_of};
use crate::document::read::parse::{ParseOptions, parse};
use crate::document::read::without_envelope::{Shape, category_by_name, other_category, shape_of};
use crate::document::schema::definition::Object;

/// Maximum number of values that are compared with each other.
const MAX_COMPARED: usize = 20;

/// Why no document was chosen.
pub(super) enum ChoiceError {
    Unreadable(Failure),
    Refused(Refusal),
}

/// How a value relates to the requested document.
enum Role {
    /// The requested document, or part of it.
    Requested,
    /// A document of another movie or category. Holds its description.
    Other(String),
    /// Not recognised as part of a document.
    Unread,
}

/// Chooses the document among the values of a text. `stored`, if known, distinguishes quotations of
/// the stored document from changes.
pub(super) fn choose(
    blocks: Vec<Block>,
    expected: Expected<'_>,
    stored: Option<&Object>,
) -> Result<Lenient, ChoiceError> {
    let category = expected.category.or_else(|| only_category(&blocks, expected));
    let mut blocks = without_empty(blocks);
    if let Some(category) = category {
        blocks = group_items(blocks, category);
        for block in &mut blocks {
            apply_label(block, category);
        }
    }
    let is_single = blocks.len() == 1;
    let (mut asked, mut others, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for block in blocks {
        match role(&block, expected, category) {
            // A single value is checked later, with its envelope.
            _ if is_single => asked.push(block),
            Role::Requested => asked.push(block),
            Role::Other(name) => others.push((name, block)),
            Role::Unread => unread.push(block),
        }
    }
    if asked.is_empty() {
        if others.is_empty() && unread.len() == 1 {
            asked.append(&mut unread);
        } else if unread.iter().all(|block| block.is_inline) && !others.is_empty() {
            return Err(refused(not_requested_problem(&others, expected), None));
        } else {
            asked = unread;
            asked.extend(others.drain(..).map(|(_, block)| block));
            return Err(refused(ambiguous_problem(&asked), None));
        }
    }
    let mut notes: Vec<Warning> = Vec::new();
    for (name, block) in &others {
        notes.push(repaired(
            "",
            format!(
                "the document on line {} is {name} and was not read; import it separately",
                block.line
            ),
        ));
    }
    for block in &unread {
        let message = format!("line {}: {} was not read", block.line, quoted(&block.start));
        let code =
            if block.is_inline { WarningCode::SyntaxRepaired } else { WarningCode::UnknownField };
        notes.push(Warning::new("", code, message));
    }
    if let Some(at) = asked.iter().find_map(|block| block.continues_at) {
        let reason = "the text continues after the end of the document: a bracket is closed too \
             early"
            .to_owned();
        return Err(ChoiceError::Unreadable(Failure::at(at, reason)));
    }
    let mut lenient = choose_one(asked, category, expected, stored, &mut notes)?;
    lenient.warnings.splice(..0, notes);
    Ok(lenient)
}

/// Makes one document of values that all belong to it.
fn choose_one(
    blocks: Vec<Block>,
    category: Option<Category>,
    expected: Expected<'_>,
    stored: Option<&Object>,
    notes: &mut Vec<Warning>,
) -> Result<Lenient, ChoiceError> {
    let count = blocks.len();
    let mut blocks = without_repetitions(blocks);
    if blocks.len() < count {
        let message = "the text contains the same document more than once".to_owned();
        notes.push(repaired("", message));
    }
    let Some(category) = category.filter(|_| blocks.len() > 1) else {
        return match blocks.pop() {
            Some(block) if blocks.is_empty() => Ok(into_lenient(block, category)),
            Some(block) => {
                blocks.push(block);
                Err(refused(ambiguous_problem(&blocks), None))
            }
            None => Err(refused(ambiguous_problem(&blocks), None)),
        };
    };
    let data_list: Option<Vec<Object>> =
        blocks.iter().map(|block| data_for(block.value.clone(), category)).collect();
    let Some(data_list) = data_list.filter(|data_list| data_list.len() <= MAX_COMPARED) else {
        return Err(refused(ambiguous_problem(&blocks), None));
    };
    // A value that another one covers is a quotation of it.
    let is_quoted = |index: usize| {
        data_list.iter().enumerate().any(|(other, data)| {
            other != index
                && covers(data, &data_list[index])
                && (other > index || !covers(&data_list[index], data))
        })
    };
    let mut left: Vec<usize> = (0..blocks.len()).filter(|index| !is_quoted(*index)).collect();
    if left.len() > 1 && !are_disjoint(&data_list, &left) {
        let Some(stored) = stored else {
            let unresolved = expected.movie.map(|_| category);
            return Err(refused(ambiguous_problem(&blocks), unresolved));
        };
        let changes = |index: &usize| {
            let data = Value::Object(data_list[*index].clone());
            !covers(stored, &parse(category.definition(), data, ParseOptions::default()).data)
        };
        let changed: Vec<usize> = left.iter().copied().filter(changes).collect();
        left = if changed.is_empty() { left.split_off(left.len() - 1) } else { changed };
        if left.len() > 1 && !are_disjoint(&data_list, &left) {
            return Err(refused(ambiguous_problem(&blocks), None));
        }
    }
    let quotations = blocks.iter().enumerate().filter(|(index, _)| !left.contains(index));
    for (_, block) in quotations {
        notes.push(repaired(
            "",
            format!(
                "line {}: {} was not read; it repeats the stored document or another part of the \
                 text",
                block.line,
                quoted(&block.start)
            ),
        ));
    }
    let mut index = 0;
    blocks.retain(|_| {
        index += 1;
        left.contains(&(index - 1))
    });
    if blocks.len() == 1 {
        return blocks.pop().map_or_else(
            || Err(refused(ambiguous_problem(&[]), None)),
            |block| Ok(into_lenient(block, Some(category))),
        );
    }
    Ok(merge_parts(blocks, category))
}

/// Whether the chosen documents have no field in common.
fn are_disjoint(data_list: &[Object], chosen: &[usize]) -> bool {
    let mut seen = ahash::HashSet::default();
    chosen.iter().all(|index| data_list[*index].keys().all(|key| seen.insert(key)))
}

/// Merges blocks that are parts of one document.
fn merge_parts(blocks: Vec<Block>, category: Category) -> Lenient {
    let lines: Vec<String> = blocks.iter().map(|block| block.line.to_string()).collect();
    let message = format!("the parts on lines {} were read as one document", lines.join(", "));
    let mut warnings = vec![repaired("", message)];
    let (mut envelope, mut data, mut elided) = (Object::new(), Object::new(), false);
    for block in blocks {
        warnings.extend(warnings_in_data(&block, Some(category)));
        elided |= block.elided;
        if let Value::Object(object) = &block.value
            && is_envelope(object)
        {
            for (key, value) in object.iter().filter(|(key, _)| key.as_str() != "data") {
                envelope.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        data.extend(data_for(block.value, category).unwrap_or_default());
    }
    // The fields may be at the top level of an envelope.
    envelope.retain(|key, _| !data.contains_key(key) || key == "category");
    let value = if envelope.is_empty() {
        Value::Object(data)
    } else {
        envelope.insert("data".to_owned(), Value::Object(data));
        Value::Object(envelope)
    };
    Lenient { value, warnings, elided }
}

fn into_lenient(block: Block, category: Option<Category>) -> Lenient {
    let warnings = warnings_in_data(&block, category);
    Lenient { value: block.value, warnings, elided: block.elided }
}

/// The warnings of a block, with paths relative to the data of its document.
fn warnings_in_data(block: &Block, category: Option<Category>) -> Vec<Warning> {
    let shape = category.map(|category| shape_of(&block.value, category, None));
    let data_key = block.value.as_object().and_then(|object| {
        key_of(object, "data").filter(|_| is_envelope(object)).map(str::to_owned)
    });
    let place = |path: &str| {
        if let Some(key) = &data_key {
            let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(key.as_str()));
            return rest
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))
                .unwrap_or_default()
                .to_owned();
        }
        match shape {
            Some(Shape::List(field)) => format!("/{}{path}", field.name),
            Some(Shape::Item(field)) => format!("/{}/0{path}", field.name),
            _ => path.to_owned(),
        }
    };
    // Outside the data all paths are empty, so equal messages are reported once.
    let mut seen = ahash::HashSet::default();
    let warnings = block.warnings.iter().map(|warning| {
        let path = place(&warning.path);
        Warning { path, ..warning.clone() }
    });
    warnings
        .filter(|warning| seen.insert((warning.path.clone(), warning.message.clone())))
        .collect()
}

/// The category that an envelope names.
fn named_category(object: &Object) -> Option<Category> {
    key_of(object, "category")
        .and_then(|key| object[key].as_str())
        .and_then(|name| category_by_name(name.trim()))
}

fn named_movie(object: &Object) -> Option<&str> {
    key_of(object, "movie_id").and_then(|key| object[key].as_str()).map(str::trim)
}

/// The category that the envelopes of the movie name, if they agree.
fn only_category(blocks: &[Block], expected: Expected<'_>) -> Option<Category> {
    let envelopes = blocks.iter().filter_map(|block| block.value.as_object());
    let envelopes = envelopes.filter(|object| is_envelope(object)).filter(|object| {
        let (movie, asked) = (named_movie(object), expected.movie);
        asked.is_none_or(|asked| movie.is_none_or(|movie| movie == asked.as_str()))
    });
    let mut named = envelopes.filter_map(named_category);
    let first = named.next()?;
    named.all(|category| category == first).then_some(first)
}

fn role(block: &Block, expected: Expected<'_>, category: Option<Category>) -> Role {
    if let Value::Object(object) = &block.value
        && is_envelope(object)
    {
        let (found, movie) = (named_category(object), named_movie(object));
        let is_other = found.is_some_and(|found| category.is_some_and(|asked| asked != found))
            || movie
                .is_some_and(|movie| expected.movie.is_some_and(|asked| asked.as_str() != movie));
        if !is_other {
            return Role::Requested;
        }
        let name = match (found, movie) {
            (Some(found), Some(movie)) => format!("{found} of {movie}"),
            (Some(found), None) => found.to_string(),
            (None, _) => movie.unwrap_or_default().to_owned(),
        };
        return Role::Other(name);
    }
    let Some(asked) = category else {
        return if block.is_inline { Role::Unread } else { Role::Requested };
    };
    match shape_of(&block.value, asked, block.label.as_deref()) {
        Shape::Unknown => match other_category(&block.value, Some(asked)) {
            Some(other) => Role::Other(other.to_string()),
            None => Role::Unread,
        },
        _ if block.is_inline => Role::Unread,
        _ => Role::Requested,
    }
}

/// Removes empty objects and lists, unless all values are empty.
fn without_empty(mut blocks: Vec<Block>) -> Vec<Block> {
    let is_empty = |value: &Value| match value {
        Value::Object(object) => object.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if !blocks.iter().all(|block| is_empty(&block.value)) {
        blocks.retain(|block| !is_empty(&block.value));
    }
    blocks
}

/// Removes repeated values; of equal ones the last is kept.
fn without_repetitions(blocks: Vec<Block>) -> Vec<Block> {
    let mut left: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        if left.len() <= MAX_COMPARED {
            left.retain(|other| other.value != block.value);
        }
        left.push(block);
    }
    left
}

/// Groups consecutive items, as in JSON Lines, into one list.
fn group_items(blocks: Vec<Block>, category: Category) -> Vec<Block> {
    let mut result: Vec<Block> = Vec::with_capacity(blocks.len());
    // The field of the items in the last block, and their number.
    let mut open: Option<(&'static str, usize)> = None;
    for mut block in blocks {
        let field = match shape_of(&block.value, category, None) {
            Shape::Item(field) if !block.is_inline => Some(field.name),
            _ => None,
        };
        match (field, open, result.last_mut()) {
            (Some(field), Some((list, count)), Some(last))
                if field == list && block.is_adjacent =>
            {
                if count == 1 {
                    let first = std::mem::take(&mut last.value);
                    last.value = Value::Array(vec![first]);
                    last.warnings.iter_mut().for_each(|warning| warning.path.insert_str(0, "/0"));
                    let message = "consecutive items were read as a list";
                    last.warnings.insert(0, repaired("", message.to_owned()));
                }
                if let Value::Array(items) = &mut last.value {
                    items.push(block.value);
                }
                let at = |warning: Warning| Warning {
                    path: format!("/{count}{}", warning.path),
                    ..warning
                };
                last.warnings.extend(block.warnings.drain(..).map(at));
                last.elided |= block.elided;
                last.continues_at = block.continues_at;
                open = Some((list, count + 1));
            }
            _ => {
                open = field.map(|field| (field, 1));
                result.push(block);
            }
        }
    }
    result
}

/// Puts a list under the name that precedes it, as in `cast = [`.
fn apply_label(block: &mut Block, category: Category) {
    if !block.value.is_array() {
        return;
    }
    let Some(label) = block.label.as_deref() else { return };
    if let Shape::List(field) = shape_of(&block.value, category, Some(label))
        && crate::document::read::parse::has_name(field, label)
    {
        let list = std::mem::take(&mut block.value);
        block.value = Value::Object(Object::from_iter([(field.name.to_owned(), list)]));
        for warning in &mut block.warnings {
            warning.path.insert_str(0, &format!("/{}", field.name));
        }
        let message = format!("the list was read as {:?}, the name before it", field.name);
        block.warnings.insert(0, repaired("", message));
    }
}

fn refused(problem: Problem, unresolved: Option<Category>) -> ChoiceError {
    ChoiceError::Refused(Refusal { problem, unresolved })
}

/// The problem that several values may be meant, with the line and the first words of each.
fn ambiguous_problem(blocks: &[Block]) -> Problem {
    let shown = blocks.iter().take(MAX_COMPARED);
    let places: Vec<String> =
        shown.map(|block| format!("line {} {}", block.line, quoted(&block.start))).collect();
    let message = format!(
        "the text contains several documents, and it is not clear which is meant: {}; send one \
         of them alone, or all of them as one",
        places.join(", ")
    );
    Problem::new("", ProblemCode::Unreadable, message)
}

/// The problem that the text only has documents that were not requested.
fn not_requested_problem(others: &[(String, Block)], expected: Expected<'_>) -> Problem {
    let shown = others.iter().take(MAX_COMPARED);
    let found: Vec<String> =
        shown.map(|(name, block)| format!("{name} (line {})", block.line)).collect();
    let asked = match (expected.category, expected.movie) {
        (Some(category), Some(movie)) => format!("{category} of {movie}"),
        (Some(category), None) => category.to_string(),
        (None, movie) => movie.map(ToString::to_string).unwrap_or_default(),
    };
    let message = format!("found documents of {}; {asked} was asked for", found.join(", "));
    Problem::new("", ProblemCode::CategoryMismatch, message)
}

#[cfg(test)]
mod tests;
