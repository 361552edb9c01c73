//! Separates the name of a credit from other text in the same field: notes, characters, and the
//! names of other people.
//!
//! Known notes and the same name in another script are removed with a warning. A text with the full
//! names of several people becomes one credit for each, unless a person is known by the whole text.
//! In a cast, text after a name is read as the character. Names that are already stored, and the
//! names of a trusted source, are never changed.

use ahash::{HashMap, HashSet, HashSetExt as _};
use serde_json::Value;

use crate::document::problem::{Warning, WarningCode, pointer_at};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::read::parse::{MAX_LISTED, Reading};
use crate::document::resolve::{
    NameWithNotes, is_full_name, job_of_note, may_be_credit_line, may_be_several_names,
    name_and_character, split_jobs, split_names, split_notes, without_heading,
};
use crate::document::schema::definition::{Item, Kind, Object, find};
use crate::document::schema::entities::EntityKind;
use crate::document::text::{index_key, quoted};

/// The items that were split off from items with the names of several people: by the name of the
/// list, the index of each together with the index of the item it was split from. They are at the
/// end of the list, so that the paths of all other items stay the same.
#[derive(Debug, Default)]
pub struct SplitCredits(HashMap<&'static str, Vec<(usize, usize)>>);

impl SplitCredits {
    /// The indices of a list of this length, in the order of the document.
    #[must_use]
    pub fn order(&self, list: &str, length: usize) -> Vec<usize> {
        let split_credits = self.0.get(list).map_or(&[][..], Vec::as_slice);
        let mut order = Vec::with_capacity(length);
        let mut split_credits = split_credits.iter().peekable();
        for index in 0..length.saturating_sub(split_credits.len()) {
            order.push(index);
            while let Some((added, _)) = split_credits.next_if(|(_, after)| *after == index) {
                order.push(*added);
            }
        }
        order
    }
}

/// Separates the names of credits from other text. `None` if nothing changes.
#[must_use]
pub fn normalise(proposal: &Proposal<'_>) -> Option<(Reading, SplitCredits)> {
    if proposal.id_trust == IdTrust::Trusted {
        return None;
    }
    let mut normalised: Option<Reading> = None;
    let mut split_credits = SplitCredits::default();
    for field in proposal.definition.fields {
        let Kind::Items { item, .. } = &field.rule.kind else { continue };
        if !is_credit(item) {
            continue;
        }
        let list = proposal.arriving.data.get(field.name).and_then(Value::as_array);
        let list = list.map_or(&[][..], Vec::as_slice);
        if !list.iter().filter_map(Value::as_object).any(|credit| may_need_splitting(item, credit))
        {
            continue;
        }
        let stored = StoredList::of(proposal, field.name, item);
        let mut credits = Credits { proposal, list: field.name, item, stored, warnings: vec![] };
        let mut changed = Vec::with_capacity(list.len());
        let mut added: Vec<(usize, Object)> = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let Some(credit) = value.as_object().filter(|credit| may_need_splitting(item, credit))
            else {
                changed.push(value.clone());
                continue;
            };
            let mut read = credits.read(index, credit, list.len() + added.len()).into_iter();
            changed.push(read.next().map_or_else(|| value.clone(), Value::Object));
            added.extend(read.map(|credit| (index, credit)));
        }
        if credits.warnings.is_empty() {
            continue;
        }
        let reading = normalised.get_or_insert_with(|| proposal.arriving.clone());
        let room = MAX_LISTED.saturating_sub(reading.warnings.len());
        reading.warnings.extend(credits.warnings.into_iter().take(room));
        for (after, credit) in added {
            split_credits.0.entry(field.name).or_default().push((changed.len(), after));
            changed.push(Value::Object(credit));
        }
        reading.data.insert(field.name.to_owned(), Value::Array(changed));
    }
    normalised.map(|reading| (reading, split_credits))
}

/// Whether the items are credits: each names one person, who is created if unknown.
fn is_credit(item: &Item) -> bool {
    matches!(item.entities, [entity] if entity.kind == EntityKind::Person && entity.creates)
}

/// Whether a credit may contain more than a name and a job. Most do not, and are skipped quickly.
fn may_need_splitting(item: &Item, credit: &Object) -> bool {
    let name = item.entities.first().and_then(|entity| text(credit, entity.name));
    let has_more = |name: &str| {
        name.contains(['(', '[', '（', '［', '【', '〔', ',', '、', '，', ';', '&', '/'])
            || [" - ", " – ", " — ", " and ", " und ", " et ", " y "]
                .iter()
                .any(|mark| name.contains(mark))
    };
    let is_line = |name: &str| has_more(name) || may_be_credit_line(name);
    name.is_some_and(is_line) || text(credit, JOB).is_some_and(|job| job.contains(['/', ';', ',']))
}

/// The field with the job of a credit.
const JOB: &str = "job";
/// The field with the character of a credit.
const CHARACTER: &str = "character";

fn text<'o>(object: &'o Object, key: &str) -> Option<&'o str> {
    object.get(key).and_then(Value::as_str)
}

/// The values in a stored list and in its base revision.
struct StoredList {
    /// In the form of [`index_key`].
    names: HashSet<String>,
    jobs: HashSet<String>,
    /// The ids of the credits.
    ids: HashSet<String>,
}

impl StoredList {
    fn of(proposal: &Proposal<'_>, list: &str, item: &Item) -> Self {
        let mut stored = Self { names: HashSet::new(), jobs: HashSet::new(), ids: HashSet::new() };
        for state in [Some(proposal.current), proposal.base].into_iter().flatten() {
            let credits = state.get(list).and_then(Value::as_array).into_iter().flatten();
            for credit in credits.filter_map(Value::as_object) {
                let names = item.entities.iter().filter_map(|entity| text(credit, entity.name));
                stored.names.extend(names.map(index_key));
                stored.jobs.extend(text(credit, JOB).map(str::to_owned));
                stored.ids.extend(text(credit, item.id).map(str::to_owned));
            }
        }
        stored
    }
}

/// The credits of one list of the document.
struct Credits<'a> {
    proposal: &'a Proposal<'a>,
    list: &'static str,
    item: &'static Item,
    stored: StoredList,
    warnings: Vec<Warning>,
}

impl Credits<'_> {
    /// The credits that a credit of the document is read as. The second one and those after it get
    /// the indices from `next` on.
    fn read(&mut self, index: usize, credit: &Object, next: usize) -> Vec<Object> {
        let [entity] = self.item.entities else { return vec![credit.clone()] };
        let path = pointer_at(&format!("/{}", self.list), index);
        let at = format!("{path}/{}", entity.name);
        self.warn_of_jobs(credit, &path);
        let line = self.read_as_line(credit, &at, entity.name);
        let credit = line.as_ref().unwrap_or(credit);
        let Some(name) = text(credit, entity.name).filter(|name| !self.is_stored(name)) else {
            return vec![credit.clone()];
        };
        let own = text(credit, self.item.id);
        let is_one = text(credit, entity.id).is_some()
            || own.is_some_and(|own| self.stored.ids.contains(own))
            || self.is_known(name);
        if !is_one && let Some(names) = split_names(name) {
            self.warn(at, WarningCode::SeveralInOne, split_message(name, &names, self.list, next));
            let one = |(place, name): (usize, &&str)| {
                let mut credit = credit.clone();
                if place > 0 {
                    credit.remove(self.item.id);
                    credit.remove("image");
                }
                credit.insert(entity.name.to_owned(), Value::from(*name));
                credit
            };
            let mut credits: Vec<Object> = names.iter().enumerate().map(one).collect();
            for (place, credit) in credits.iter_mut().enumerate() {
                let index = if place == 0 { index } else { next + place - 1 };
                let at = pointer_at(&format!("/{}", self.list), index);
                self.remove_notes(credit, &format!("{at}/{}", entity.name), entity.name);
            }
            return credits;
        }
        let mut credit = credit.clone();
        if !is_one && may_be_several_names(name) {
            let message = format!(
                "{} may name several people; it was read as one name. Write one item for each, \
                 with the full name",
                quoted(name)
            );
            self.warn(at, WarningCode::SeveralInOne, message);
        } else {
            self.remove_notes(&mut credit, &at, entity.name);
        }
        vec![credit]
    }

    fn warn(&mut self, path: String, code: WarningCode, message: String) {
        self.warnings.push(Warning { path, code, message });
    }

    /// Whether the stored list contains a name.
    fn is_stored(&self, name: &str) -> bool {
        self.stored.names.contains(&index_key(name))
    }

    /// Whether a person is known by that name.
    fn is_known(&self, name: &str) -> bool {
        !self.proposal.directory.by_name(EntityKind::Person, &index_key(name)).is_empty()
    }

    /// Removes the notes from the name of a credit. A note that is a job becomes the job, if there
    /// is none.
    fn remove_notes(&mut self, credit: &mut Object, at: &str, field: &'static str) {
        let Some(name) = text(credit, field).map(str::to_owned) else { return };
        let Some(NameWithNotes { name: own, notes, other_script, is_certain }) = split_notes(&name)
        else {
            return;
        };
        // An unknown note is part of the name, unless the list contains the name without it.
        if !is_certain && (self.is_known(&name) || !self.is_stored(&own)) {
            return;
        }
        let is_known_here = |name: &&String| self.is_stored(name) || self.is_known(name);
        let other = other_script.filter(|other| !is_known_here(&&own) && is_known_here(&other));
        let read = other.unwrap_or(own);
        let shown: Vec<String> = notes.iter().map(|note| quoted(note)).collect();
        let mut message = format!(
            "{} was read as the name {}; {} is not part of it",
            quoted(&name),
            quoted(&read),
            shown.join(" and ")
        );
        let has_job = find(self.item.fields, JOB).is_some() && !credit.contains_key(JOB);
        if let Some(job) = notes.iter().find_map(|note| job_of_note(note)).filter(|_| has_job) {
            message.push_str(", and was read as the job ");
            message.push_str(&quoted(&job));
            credit.insert(JOB.to_owned(), Value::String(job));
        }
        credit.insert(field.to_owned(), Value::String(read));
        self.warn(at.to_owned(), WarningCode::ValueRepaired, message);
    }

    /// Reads the name from a line of credits; in a cast, the name and the character: "Ida Berg as
    /// Big Mona". `None` if the line is a name alone.
    fn read_as_line(&mut self, credit: &Object, at: &str, field: &str) -> Option<Object> {
        let text = text(credit, field)?;
        if self.is_stored(text) || self.is_known(text) {
            return None;
        }
        let name = without_heading(text).unwrap_or(text);
        let has_no_character = find(self.item.fields, CHARACTER).is_some()
            && credit.get(CHARACTER).is_none_or(Value::is_null);
        let mut read = credit.clone();
        let message = match name_and_character(name).filter(|_| has_no_character) {
            Some((one, another)) => {
                // The character may come first: "Mona: Ida Berg".
                let is_reversed = self.is_stored(another) && !self.is_stored(one);
                let (name, part) = if is_reversed { (another, one) } else { (one, another) };
                if !(self.is_stored(name) || self.is_known(name) || is_full_name(name)) {
                    let message = format!(
                        "{} may be a name and a character; it was read as a name. Write \
                         {{\"name\": {}, \"character\": {}}}",
                        quoted(text),
                        quoted(name),
                        quoted(part)
                    );
                    self.warn(at.to_owned(), WarningCode::SeveralInOne, message);
                    return None;
                }
                read.insert(field.to_owned(), Value::from(name));
                read.insert(CHARACTER.to_owned(), Value::from(part));
                let (name, part) = (quoted(name), quoted(part));
                format!("{} was read as the name {name} and the character {part}", quoted(text))
            }
            None if name != text => {
                read.insert(field.to_owned(), Value::from(name));
                format!("{} was read as the name {}", quoted(text), quoted(name))
            }
            None => return None,
        };
        self.warn(at.to_owned(), WarningCode::ValueRepaired, message);
        Some(read)
    }

    /// Warns of a job that seems to be several jobs.
    fn warn_of_jobs(&mut self, credit: &Object, path: &str) {
        let Some(job) = text(credit, JOB).filter(|job| !self.stored.jobs.contains(*job)) else {
            return;
        };
        let jobs = split_jobs(job);
        if let [first, second, ..] = jobs[..] {
            let message = format!(
                "{} was read as one job. For {} credits write an item for each job, {{\"name\": \
                 \"…\", \"job\": {}}} and {{\"name\": \"…\", \"job\": {}}}",
                quoted(job),
                jobs.len(),
                quoted(first),
                quoted(second)
            );
            self.warn(format!("{path}/{JOB}"), WarningCode::SeveralInOne, message);
        }
    }
}

fn split_message(text: &str, names: &[&str], list: &str, next: usize) -> String {
    let shown: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let count = names.len();
    let places = if count == 2 {
        format!("the second has the path /{list}/{next}")
    } else {
        format!(
            "those after the first have the paths /{list}/{next} to /{list}/{}",
            next + count - 2
        )
    };
    format!(
        "{} names {count} people and was read as one credit for each: {}; {places}",
        quoted(text),
        shown.join(", ")
    )
}
