//! A stored list in another script, without ids: `石田海` beside the place and the part of `Kai Ishida`.
//! How Chinese characters are read depends on the language, so that such names cannot be compared;
//! the role, the part and the place tell who is meant.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::deciding::Place;
use super::item_lists::ItemList;
use super::{Merger, text};
use crate::document::problem::{WarningCode, pointer_at};
use crate::document::resolve::{Candidate, MatchReason, Name, is_han, noted};
use crate::document::schema::definition::{Item, KeyPart, Object, find};
use crate::document::text::{comparable, quoted};

/// Items that say as much by their place as those before: of so many that are recognised by part and place, the rest
/// is by the place alone.
const ENOUGH_BY_PLACE: usize = 2;
/// The fewest letters with which a part may begin as another one does.
const SHORTEST_START: usize = 4;
/// The field in which an item says its place.
const PLACE: &str = "order";

/// A credit, with what tells who it is.
struct Credit<'o> {
    index: usize,
    name: &'o str,
    place: Option<i64>,
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
        let part = part.map(|part| noted(part).map_or_else(|| part.to_owned(), |part| part.name));
        let place = object.get(PLACE).and_then(Value::as_i64);
        Some(Self { index, name, place, part: part.into_iter().next() })
    }
}

/// How two parts relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    Same,
    /// It cannot be told.
    Unsaid,
    Other,
}

fn parts(one: &Credit<'_>, another: &Credit<'_>) -> Parts {
    let (Some(one), Some(another)) = (&one.part, &another.part) else { return Parts::Unsaid };
    if comparable(one) == comparable(another) {
        return Parts::Same;
    }
    let (foreign, other) = match (is_foreign(one), is_foreign(another)) {
        (true, false) => (one, another),
        (false, true) => (another, one),
        _ => return Parts::Other,
    };
    let (sound, other) = (spoken(foreign), letters(other));
    let begins = sound.len() >= SHORTEST_START && other.starts_with(&sound);
    if (sound == other && !sound.is_empty()) || begins {
        return Parts::Same;
    }
    Parts::Unsaid
}

/// How the start of a text is spoken, as far as its letters tell: up to the first Chinese character.
fn spoken(text: &str) -> String {
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

/// Whether two names are written so that they cannot be compared: one in Chinese characters, one in other letters.
fn is_incomparable(one: &str, another: &str) -> bool {
    one.contains(is_han) != another.contains(is_han)
}

/// Who may be meant, and how surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It has the place and the part.
    Certain(usize),
    /// It has the place, and nothing speaks against it.
    ByPlace(usize),
    /// It has the part, or is the only one of the list.
    MayBe(usize),
}

/// What stands alone under a key; `None` where several do.
fn alone<K: Eq + std::hash::Hash>(
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

/// For each arriving credit, the stored one that it may be.
fn found(arriving: &[Credit<'_>], stored: &[Credit<'_>]) -> Vec<Option<Found>> {
    let place = |credit: &Credit<'_>| credit.place;
    let part = |credit: &Credit<'_>| credit.part.as_deref().map(comparable);
    let (by_place, places) = (alone(stored, place), alone(arriving, place));
    let (by_part, said) = (alone(stored, part), alone(arriving, part));
    let of = |credit: &Credit<'_>| {
        let is_alone = |at: Option<&Option<usize>>| at.is_some_and(Option::is_some);
        let fits = |other: &usize| is_incomparable(credit.name, stored[*other].name);
        if is_alone(credit.place.as_ref().and_then(|place| places.get(place)))
            && let Some(other) = credit.place.and_then(|place| *by_place.get(&place)?)
            && fits(&other)
        {
            match parts(credit, &stored[other]) {
                Parts::Same => return Some(Found::Certain(other)),
                Parts::Unsaid => return Some(Found::ByPlace(other)),
                Parts::Other => {}
            }
        }
        let own = part(credit);
        let by_part = own.as_ref().and_then(|own| {
            is_alone(said.get(own)).then(|| by_part.get(own).copied().flatten()).flatten()
        });
        if let Some(other) = by_part.filter(fits) {
            return Some(Found::MayBe(other));
        }
        // One of a list in which nobody says a part.
        let is_only = arriving.len() == 1
            && stored.len() == 1
            && stored[0].part.is_none()
            && credit.part.is_none()
            && credit.place.is_none();
        (is_only && fits(&0)).then_some(Found::MayBe(0))
    };
    arriving.iter().map(of).collect()
}

impl Merger<'_> {
    /// Recognises the items of a list that came in another script and without ids, and remembers of whom it is to
    /// be asked whether they are meant.
    pub(super) fn claim_transcribed(
        &mut self,
        list: &ItemList,
        stored: &[&Object],
        indices: &[usize],
        arriving: &mut [Object],
        claimed: &mut [Option<usize>],
    ) {
        let item = list.item;
        let [entity] = item.entities else { return };
        if !item.entity_alone {
            return;
        }
        let taken: HashSet<usize> = claimed.iter().flatten().copied().collect();
        let free = |index: &usize| !taken.contains(index);
        let of_stored = (0..stored.len()).filter(free);
        let of_stored: Vec<Credit<'_>> =
            of_stored.filter_map(|index| Credit::of(item, index, stored[index])).collect();
        let is_open = |at: &usize| {
            let path = pointer_at(&list.path, indices[*at]);
            let name = format!("{path}/{}", entity.name);
            let place = Place { of: Some(item), item: &path, name: &name, is_alone: true };
            claimed[*at].is_none()
                && text(&arriving[*at], entity.id).is_none()
                && !self.is_answered(&place)
        };
        let open = (0..arriving.len()).filter(is_open);
        let sent: Vec<Credit<'_>> =
            open.filter_map(|at| Credit::of(item, at, &arriving[at])).collect();
        let is_ascii = |credits: &[Credit<'_>]| credits.iter().all(|one| one.name.is_ascii());
        if of_stored.is_empty() || sent.is_empty() || (is_ascii(&sent) && is_ascii(&of_stored)) {
            return;
        }
        if !self.proposal.budget.charge(32 * (sent.len() + of_stored.len())) {
            return;
        }
        let found = found(&sent, &of_stored);
        let certain = found.iter().filter(|one| matches!(one, Some(Found::Certain(_)))).count();
        let has_places = find(item.fields, PLACE).is_some();
        let mut recognised = Vec::new();
        for (credit, found) in sent.iter().zip(found) {
            let path = format!("{}/{}", pointer_at(&list.path, indices[credit.index]), entity.name);
            match found {
                Some(Found::Certain(other)) => recognised.push((credit.index, other, path)),
                Some(Found::ByPlace(other)) if certain >= ENOUGH_BY_PLACE => {
                    recognised.push((credit.index, other, path));
                }
                Some(Found::ByPlace(other) | Found::MayBe(other)) => {
                    let known = &of_stored[other];
                    let id = text(stored[known.index], entity.id).unwrap_or_default();
                    self.may_be.insert(path, candidate(id, known.name));
                }
                None => {}
            }
        }
        let recognised: Vec<(usize, usize, String, String)> = recognised
            .into_iter()
            .map(|(at, other, path)| {
                let known = &of_stored[other];
                let name = text(&arriving[at], entity.name).unwrap_or_default();
                let place = if has_places { "place and the same part" } else { "part" };
                let message = format!(
                    "{} was read as {}, who has the same {place} here; if another person is meant, say so \
                     with a resolution",
                    quoted(name),
                    quoted(known.name)
                );
                (at, known.index, path, message)
            })
            .collect();
        for (at, index, path, message) in recognised {
            claimed[at] = Some(index);
            if let Some(id) = stored[index].get(entity.id) {
                arriving[at].insert(entity.id.to_owned(), id.clone());
            }
            self.warn(path, WarningCode::ValueRepaired, message);
        }
    }
}

fn candidate(id: &str, name: &str) -> Candidate {
    Candidate::standing(id, name, vec![MatchReason::ListedHere])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(name: &'static str, part: Option<&str>, place: Option<i64>) -> Credit<'static> {
        Credit { index: 0, name, place, part: part.map(str::to_owned) }
    }

    #[test]
    fn a_part_in_another_script_is_told_by_its_sound() {
        for (one, another, expected) in [
            ("サン", "San", Parts::Same),
            ("エボシ御前", "Eboshi-gozen", Parts::Same),
            ("乙事主", "Okkoto-nusi", Parts::Unsaid),
            ("The Pilot", "The Clerk", Parts::Other),
            ("the pilot", "The Pilot", Parts::Same),
        ] {
            let one = credit("", Some(one), None);
            assert_eq!(parts(&one, &credit("", Some(another), None)), expected, "{another}");
        }
    }

    #[test]
    fn the_place_and_the_part_tell_who_is_meant() {
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
            found(&sent, &stored),
            [Some(Found::Certain(0)), Some(Found::ByPlace(1)), None, None]
        );
        let directors = [credit("Kai Ishida", None, None)];
        assert_eq!(found(&[credit("石田海", None, None)], &directors), [Some(Found::MayBe(0))]);
    }
}
