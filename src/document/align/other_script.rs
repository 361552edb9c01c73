//! Aligns items without ids and with names in another script: `石田海` may have the order and the
//! part of the stored `Kai Ishida`. The reading of Chinese characters depends on the language, so
//! such names cannot be compared; the list, the part and the order decide.

use ahash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;

use crate::document::budget::WorkBudget;
use crate::document::json::text;
use crate::document::problem::{Warning, WarningCode};
use crate::document::resolve::candidate::{Candidate, MatchReason};
use crate::document::resolve::{Name, is_han, split_notes};
use crate::document::schema::definition::{Item, KeyPart, Object, find};
use crate::document::text::{comparable, quoted};

/// If this many items are aligned by part and order, the others are aligned by order alone.
const MIN_CERTAIN_FOR_ORDER: usize = 2;
/// The minimum number of letters for a part to count as the start of another one.
const MIN_START_LETTERS: usize = 4;
/// Work steps of comparing one credit.
const STEPS_OF_CREDIT: usize = 32;
/// The field with the order of an item.
const ORDER: &str = "order";

/// A credit with the values that identify it.
struct Credit<'o> {
    index: usize,
    name: &'o str,
    order: Option<i64>,
    /// The character or the job, without notes.
    part: Option<String>,
}

impl<'o> Credit<'o> {
    fn of(item: &Item, index: usize, object: &'o Object) -> Option<Self> {
        let name = text(object, item.entities.first()?.name)?;
        let parts = item.keys.iter().flat_map(|parts| parts.iter());
        let part = parts.filter_map(|part| match part {
            KeyPart::Field(field) => text(object, field),
            KeyPart::Entity(_) => None,
        });
        let part =
            part.map(|part| split_notes(part).map_or_else(|| part.to_owned(), |part| part.name));
        let order = object.get(ORDER).and_then(Value::as_i64);
        Some(Self { index, name, order, part: part.into_iter().next() })
    }
}

/// How the parts of two credits relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    Same,
    /// A part is missing, or the scripts cannot be compared.
    Unknown,
    Different,
}

fn compare_parts(one: &Credit<'_>, another: &Credit<'_>) -> Parts {
    let (Some(one), Some(another)) = (&one.part, &another.part) else { return Parts::Unknown };
    if comparable(one) == comparable(another) {
        return Parts::Same;
    }
    let (foreign, other) = match (is_foreign(one), is_foreign(another)) {
        (true, false) => (one, another),
        (false, true) => (another, one),
        _ => return Parts::Different,
    };
    let (sound, other) = (sound_of_start(foreign), letters(other));
    let begins = sound.len() >= MIN_START_LETTERS && other.starts_with(&sound);
    if (sound == other && !sound.is_empty()) || begins {
        return Parts::Same;
    }
    Parts::Unknown
}

/// The romanised start of a text, up to the first Chinese character.
fn sound_of_start(text: &str) -> String {
    let start: String = text.chars().take_while(|c| !is_han(*c)).collect();
    letters(&start)
}

fn letters(text: &str) -> String {
    let ascii = any_ascii::any_ascii(text);
    let letters = ascii.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

fn is_foreign(text: &str) -> bool {
    !text.is_ascii() && Name::of(text).is_other_script()
}

/// Whether two names cannot be compared: one is in Chinese characters and the other is not.
fn is_incomparable(one: &str, another: &str) -> bool {
    one.contains(is_han) != another.contains(is_han)
}

/// The stored credit that an arriving credit may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// It has the same order and part.
    Certain(usize),
    /// It has the same order, and the parts do not differ.
    ByOrder(usize),
    /// It has the same part, or both are the only items of their lists.
    Possible(usize),
}

/// The index of the only credit with each key; `None` if several credits have the key.
fn unique_by<K: Eq + std::hash::Hash>(
    credits: &[Credit<'_>],
    key: impl Fn(&Credit<'_>) -> Option<K>,
) -> HashMap<K, Option<usize>> {
    let mut found: HashMap<K, Option<usize>> = HashMap::new();
    for (at, credit) in credits.iter().enumerate() {
        if let Some(key) = key(credit) {
            found.entry(key).and_modify(|one| *one = None).or_insert(Some(at));
        }
    }
    found
}

/// For each arriving credit, the stored credit that it may be.
fn guesses(arriving: &[Credit<'_>], stored: &[Credit<'_>]) -> Vec<Option<Guess>> {
    let order = |credit: &Credit<'_>| credit.order;
    let part = |credit: &Credit<'_>| credit.part.as_deref().map(comparable);
    let (by_order, orders) = (unique_by(stored, order), unique_by(arriving, order));
    let (by_part, said) = (unique_by(stored, part), unique_by(arriving, part));
    let of = |credit: &Credit<'_>| {
        let is_unique = |at: Option<&Option<usize>>| at.is_some_and(Option::is_some);
        let fits = |other: &usize| is_incomparable(credit.name, stored[*other].name);
        if is_unique(credit.order.as_ref().and_then(|order| orders.get(order)))
            && let Some(other) = credit.order.and_then(|order| *by_order.get(&order)?)
            && fits(&other)
        {
            match compare_parts(credit, &stored[other]) {
                Parts::Same => return Some(Guess::Certain(other)),
                Parts::Unknown => return Some(Guess::ByOrder(other)),
                Parts::Different => {}
            }
        }
        let own = part(credit);
        let by_part = own.as_ref().and_then(|own| {
            is_unique(said.get(own)).then(|| by_part.get(own).copied().flatten()).flatten()
        });
        if let Some(other) = by_part.filter(fits) {
            return Some(Guess::Possible(other));
        }
        // Both are the only credits of their lists and have no part.
        let is_only = arriving.len() == 1
            && stored.len() == 1
            && stored[0].part.is_none()
            && credit.part.is_none()
            && credit.order.is_none();
        (is_only && fits(&0)).then_some(Guess::Possible(0))
    };
    arriving.iter().map(of).collect()
}

/// An arriving item that is aligned with a stored one in another script.
pub struct AlignedItem {
    /// The index of the arriving item.
    pub arriving: usize,
    /// The index of the stored item.
    pub stored: usize,
    pub warning: Warning,
}

/// The alignment of items in another script.
#[derive(Default)]
pub struct OtherScriptAlignment {
    pub aligned: Vec<AlignedItem>,
    /// Stored candidates that are not certain, with the paths of the names.
    pub possible: Vec<(String, Candidate)>,
}

/// Aligns arriving items in another script with stored items, by part and order. `claimed` is the
/// alignment so far. `is_open` returns, for the index of an item and the path of its name, whether
/// no resolution decides on it.
#[must_use]
pub fn align_other_script(
    arriving: &ArrivingItems<'_>,
    stored: &[&Object],
    claimed: &[Option<usize>],
    budget: &WorkBudget<'_>,
    is_open: &dyn Fn(usize, &str) -> bool,
) -> OtherScriptAlignment {
    let ArrivingItems { item, objects, paths } = *arriving;
    let [entity] = item.entities else { return OtherScriptAlignment::default() };
    if !item.entity_alone {
        return OtherScriptAlignment::default();
    }
    let taken: HashSet<usize> = claimed.iter().flatten().copied().collect();
    let of_stored = (0..stored.len()).filter(|index| !taken.contains(index));
    let of_stored: Vec<Credit<'_>> =
        of_stored.filter_map(|index| Credit::of(item, index, stored[index])).collect();
    let name_path = |index: usize| format!("{}/{}", paths[index], entity.name);
    let is_unclaimed = |index: &usize| {
        claimed[*index].is_none()
            && text(&objects[*index], entity.id).is_none()
            && is_open(*index, &name_path(*index))
    };
    let open = (0..objects.len()).filter(is_unclaimed);
    let sent: Vec<Credit<'_>> =
        open.filter_map(|index| Credit::of(item, index, &objects[index])).collect();
    let is_ascii = |credits: &[Credit<'_>]| credits.iter().all(|one| one.name.is_ascii());
    if of_stored.is_empty()
        || sent.is_empty()
        || (is_ascii(&sent) && is_ascii(&of_stored))
        || !budget.charge(STEPS_OF_CREDIT * (sent.len() + of_stored.len()))
    {
        return OtherScriptAlignment::default();
    }
    let found = guesses(&sent, &of_stored);
    let certain = found.iter().filter(|one| matches!(one, Some(Guess::Certain(_)))).count();
    let sign = if find(item.fields, ORDER).is_some() { "order and the same part" } else { "part" };
    let mut result = OtherScriptAlignment::default();
    for (credit, found) in sent.iter().zip(found) {
        let path = name_path(credit.index);
        let (other, is_aligned) = match found {
            Some(Guess::Certain(other)) => (other, true),
            Some(Guess::ByOrder(other)) => (other, certain >= MIN_CERTAIN_FOR_ORDER),
            Some(Guess::Possible(other)) => (other, false),
            None => continue,
        };
        let known = &of_stored[other];
        if !is_aligned {
            let id = text(stored[known.index], entity.id).unwrap_or_default();
            let candidate = Candidate::unscored(id, known.name, vec![MatchReason::ListedHere]);
            result.possible.push((path, candidate));
            continue;
        }
        let message = format!(
            "{} was read as {}, who has the same {sign} in this list; if it is another person, \
             send a resolution",
            quoted(credit.name),
            quoted(known.name)
        );
        let warning = Warning::new(path, WarningCode::ValueRepaired, message);
        result.aligned.push(AlignedItem { arriving: credit.index, stored: known.index, warning });
    }
    result
}

/// The arriving items of a list.
#[derive(Clone, Copy)]
pub struct ArrivingItems<'a> {
    pub item: &'static Item,
    pub objects: &'a [Object],
    /// JSON Pointers to the items.
    pub paths: &'a [String],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(name: &'static str, part: Option<&str>, order: Option<i64>) -> Credit<'static> {
        Credit { index: 0, name, order, part: part.map(str::to_owned) }
    }

    #[test]
    fn parts_in_other_scripts_are_compared_by_sound() {
        for (one, another, expected) in [
            ("サン", "San", Parts::Same),
            ("エボシ御前", "Eboshi-gozen", Parts::Same),
            ("乙事主", "Okkoto-nusi", Parts::Unknown),
            ("The Pilot", "The Clerk", Parts::Different),
            ("the pilot", "The Pilot", Parts::Same),
        ] {
            let one = credit("", Some(one), None);
            assert_eq!(
                compare_parts(&one, &credit("", Some(another), None)),
                expected,
                "{another}"
            );
        }
    }

    #[test]
    fn credits_are_found_by_order_and_part() {
        let stored = [
            credit("Kai Ishida", Some("San"), Some(0)),
            credit("Sora Kobayashi", Some("The Clerk"), Some(1)),
            credit("Umi Mori", Some("Toki"), Some(2)),
        ];
        let sent = [
            credit("石田海", Some("サン"), Some(0)),
            credit("小林空", Some("事務員"), Some(1)),
            credit("Ada Quist", Some("Toki"), Some(2)),
            credit("森海", Some("水夫"), Some(7)),
        ];
        assert_eq!(
            guesses(&sent, &stored),
            [Some(Guess::Certain(0)), Some(Guess::ByOrder(1)), None, None]
        );
        let directors = [credit("Kai Ishida", None, None)];
        assert_eq!(
            guesses(&[credit("石田海", None, None)], &directors),
            [Some(Guess::Possible(0))]
        );
    }
}
