//! Which arriving item is which stored one (CONTRACT §2, "Which item is which").
//!
//! Claims are one to one: two items are never folded into one, and no stored item is claimed
//! twice. The rounds go from the surest sign to the weakest; what is left over is new.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::definition::{Item, KeyPart, Object};
use super::entity::Directory;
use super::merge::same;
use super::spelling::{Meaning, meaning};
use super::text::{comparable, index_key};

/// A stored item: as it stands, and as it was when the file was made. One of the two may be missing.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub current: Option<&'a Object>,
    pub base: Option<&'a Object>,
}

impl<'a> Known<'a> {
    fn views(&self, item: &'static Item) -> [Option<View<'a>>; 2] {
        let base = self.base.filter(|base| self.current != Some(*base));
        [self.current, base].map(|state| state.map(|object| View::of(item, object, None)))
    }
}

/// For each arriving item, the index of the stored item it claims. A file repeats an item as it was
/// when the file was made, so either state of a stored item is recognised.
#[must_use]
pub fn claims(
    item: &'static Item,
    stored: &[Known<'_>],
    arriving: &[Object],
    directory: &Directory,
) -> Vec<Option<usize>> {
    let mut round = Round {
        item,
        stored: stored.iter().map(|known| known.views(item)).collect(),
        arriving: arriving.iter().map(|object| View::of(item, object, Some(directory))).collect(),
        claimed_by: vec![None; stored.len()],
        claims: vec![None; arriving.len()],
    };
    round.by_id();
    for side in SIDES {
        round.by_equal_content(side);
    }
    for side in SIDES {
        round.by_full_key(side, |view| &view.exact_key);
    }
    for side in SIDES {
        round.by_full_key(side, |view| &view.key);
    }
    if item.spellings.is_some() {
        for side in SIDES {
            round.by_full_key(side, |view| &view.meant_key);
        }
    }
    round.by_present_parts();
    if item.entity_alone {
        round.by_entity_alone();
    }
    round.claims
}

/// An item as matching sees it.
struct View<'a> {
    object: &'a Object,
    id: Option<&'a str>,
    /// The fields of the natural key, apart from entities, as they are.
    exact_key: String,
    /// The same in comparable form.
    key: String,
    /// The same with what a field means in place of its spelling; empty where no field has several.
    meant_key: String,
    meaning: Option<Meaning>,
    /// Every field that may be part of a key, in comparable form.
    parts: Vec<(KeyPart, Option<String>)>,
    /// Who it names, in the order of [`Item::entities`].
    entities: Vec<Who<'a>>,
}

/// Who an item names: by id, by name, by both or not at all.
struct Who<'a> {
    id: Option<&'a str>,
    name: Option<String>,
    /// The ids of all that go by the name, where there is no id.
    known: &'a [String],
}

impl Who<'_> {
    fn is_absent(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// A key field as text: numbers are written out, null is absent.
fn field_text(object: &Object, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl<'a> View<'a> {
    fn of(item: &'static Item, object: &'a Object, directory: Option<&'a Directory>) -> Self {
        let is_there = |part: &KeyPart| match part {
            KeyPart::Field(name) => object.get(*name).is_some_and(|value| !value.is_null()),
            KeyPart::Entity(_) => true,
        };
        let alternative = item.keys.iter().position(|parts| parts.first().is_some_and(is_there));
        let full = alternative.map_or(&[][..], |index| item.keys[index]);
        // U+0000 is refused in text, so it can part the parts.
        let mut exact_key = format!("{alternative:?}");
        let mut key = exact_key.clone();
        let mut meant_key = item.spellings.as_ref().map(|_| exact_key.clone()).unwrap_or_default();
        let meaning = meaning(item, object, directory);
        for part in full {
            if let KeyPart::Field(name) = part {
                let value = field_text(object, name);
                if let Some(spellings) = &item.spellings {
                    let meant = meaning.filter(|_| spellings.field == *name).map(|(_, text)| text);
                    meant_key.push('\0');
                    meant_key.push_str(&comparable(meant.or(value.as_deref()).unwrap_or("\0")));
                }
                exact_key.push('\0');
                key.push('\0');
                match value {
                    Some(value) => {
                        key.push_str(&comparable(&value));
                        exact_key.push_str(&value);
                    }
                    None => {
                        exact_key.push('\0');
                        key.push('\0');
                    }
                }
            }
        }
        let parts = item.keys.iter().flat_map(|parts| parts.iter()).map(|part| {
            let value = match part {
                KeyPart::Field(name) => field_text(object, name).map(|value| comparable(&value)),
                KeyPart::Entity(_) => None,
            };
            (*part, value)
        });
        let entities = item.entities.iter().map(|entity| {
            let id = text(object, entity.id);
            let name = text(object, entity.name).map(index_key);
            let known = match (id, &name, directory) {
                (None, Some(name), Some(directory)) => directory.by_name(entity.kind, name),
                _ => &[],
            };
            Who { id, name, known }
        });
        Self {
            object,
            id: text(object, item.id),
            exact_key,
            key,
            meant_key,
            meaning,
            parts: parts.collect(),
            entities: entities.collect(),
        }
    }
}

/// The current state of a stored item, and the one that the file was made from where that is another.
const SIDES: [usize; 2] = [0, 1];

struct Round<'a> {
    item: &'static Item,
    stored: Vec<[Option<View<'a>>; 2]>,
    arriving: Vec<View<'a>>,
    claimed_by: Vec<Option<usize>>,
    claims: Vec<Option<usize>>,
}

impl Round<'_> {
    fn claim(&mut self, arriving: usize, stored: usize) {
        self.claims[arriving] = Some(stored);
        self.claimed_by[stored] = Some(arriving);
    }

    fn unclaimed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.stored.len()).filter(|index| self.claimed_by[*index].is_none())
    }

    /// The unclaimed that have such a state, with it.
    fn unclaimed_at(&self, side: usize) -> impl Iterator<Item = (usize, &View<'_>)> + '_ {
        self.unclaimed().filter_map(move |index| Some((index, self.stored[index][side].as_ref()?)))
    }

    fn views(&self, stored: usize) -> impl Iterator<Item = &View<'_>> + '_ {
        self.stored[stored].iter().flatten()
    }

    fn unplaced(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.arriving.len()).filter(|index| self.claims[*index].is_none())
    }

    /// Whether both name the same entity. One that came without an id is who is stored under that
    /// name here, or anyone known by it.
    fn same_entity(arriving: &Who<'_>, stored: &Who<'_>) -> bool {
        match (arriving.id, &arriving.name, stored.id, &stored.name) {
            (Some(a), _, Some(b), _) => a == b,
            (None, None, None, None) => true,
            (_, Some(a), None, Some(b)) => a == b,
            (None, Some(a), Some(b), name) => name.as_ref() == Some(a) || arriving.known.iter().any(|id| id == b),
            _ => false,
        }
    }

    fn same_entities(&self, arriving: usize, stored: &View<'_>) -> bool {
        let mut pairs = self.arriving[arriving].entities.iter().zip(&stored.entities);
        pairs.all(|(a, b)| Self::same_entity(a, b))
    }

    fn by_id(&mut self) {
        let places: HashMap<&str, usize> =
            (0..self.stored.len()).filter_map(|index| Some((self.views(index).next()?.id?, index))).collect();
        let found: Vec<_> = self.arriving.iter().map(|view| view.id.and_then(|id| places.get(id).copied())).collect();
        for (arriving, stored) in found.into_iter().enumerate() {
            if let Some(stored) = stored
                && self.claimed_by[stored].is_none()
            {
                self.claim(arriving, stored);
            }
        }
    }

    /// Of equal keys, the next in order that says all of it already, else the first that does.
    /// Without this, a file that moves one of several equal-keyed items would claim another the
    /// second time it is imported.
    fn by_equal_content(&mut self, side: usize) {
        let mut places: HashMap<&str, Vec<(usize, &View<'_>)>> = HashMap::new();
        for (stored, view) in self.unclaimed_at(side) {
            places.entry(&view.exact_key).or_default().push((stored, view));
        }
        let mut claims = self.claims.clone();
        let mut claimed = HashSet::new();
        let mut last = None;
        for (arriving, view) in self.arriving.iter().enumerate() {
            if claims[arriving].is_none()
                && let Some(places) = places.get(view.exact_key.as_str())
            {
                let fits = |(stored, view): &&(usize, &View<'_>)| {
                    !claimed.contains(stored)
                        && self.same_entities(arriving, view)
                        && self.says_nothing_new(arriving, view)
                };
                let next = places.iter().filter(|(stored, _)| Some(*stored) > last).find(fits);
                claims[arriving] = next.or_else(|| places.iter().find(fits)).map(|(stored, _)| *stored);
                claimed.extend(claims[arriving]);
            }
            last = claims[arriving].or(last);
        }
        for (arriving, stored) in claims.into_iter().enumerate() {
            if let Some(stored) = stored {
                self.claim(arriving, stored);
            }
        }
    }

    /// Whether all that arrives, ids and names aside, is stored.
    fn says_nothing_new(&self, arriving: usize, stored: &View<'_>) -> bool {
        let item = self.item;
        let stored = stored.object;
        self.arriving[arriving].object.iter().all(|(key, value)| {
            let is_identity =
                key == item.id || item.entities.iter().any(|entity| key == entity.id || key == entity.name);
            is_identity || same(value, stored.get(key).unwrap_or(&Value::Null))
        })
    }

    /// Equal keys in order, first to first.
    fn by_full_key(&mut self, side: usize, key: for<'v> fn(&'v View<'_>) -> &'v String) {
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (stored, view) in self.unclaimed_at(side) {
            places.entry(key(view).clone()).or_default().push_back(stored);
        }
        let unplaced: Vec<_> = self.unplaced().collect();
        for arriving in unplaced {
            let Some(places) = places.get_mut(key(&self.arriving[arriving])) else { continue };
            let found = places.iter().position(|stored| {
                self.stored[*stored][side].as_ref().is_some_and(|view| self.same_entities(arriving, view))
            });
            if let Some(stored) = found.and_then(|at| places.remove(at)) {
                self.claim(arriving, stored);
            }
        }
    }

    /// How the parts compare: `None` if one side lacks it.
    fn same_part(&self, arriving: usize, stored: &View<'_>, part: usize) -> Option<bool> {
        let (kind, a) = &self.arriving[arriving].parts[part];
        match kind {
            KeyPart::Field(name) => {
                let b = stored.parts[part].1.as_ref()?;
                let is_spelled = self.item.spellings.as_ref().is_some_and(|spellings| spellings.field == *name);
                let meaning = self.arriving[arriving].meaning;
                Some(a.as_ref()? == b || (is_spelled && meaning.is_some() && meaning == stored.meaning))
            }
            KeyPart::Entity(index) => {
                let (a, b) = (&self.arriving[arriving].entities[*index], &stored.entities[*index]);
                (!a.is_absent() && !b.is_absent()).then(|| Self::same_entity(a, b))
            }
        }
    }

    /// The key less the parts missing on one side.
    fn by_present_parts(&mut self) {
        let parts = self.item.keys.iter().map(|parts| parts.len()).sum::<usize>();
        let agree = |round: &Self, arriving: usize, stored: &View<'_>| {
            let mut common = false;
            let all = (0..parts).all(|part| match round.same_part(arriving, stored, part) {
                Some(same) => {
                    common = true;
                    same
                }
                None => true,
            });
            all && common
        };
        self.only_candidates(agree);
    }

    /// The list and the person alone: a corrected character, a filled-in job.
    fn by_entity_alone(&mut self) {
        self.only_candidates(|round, arriving, stored| {
            let (a, b) = (&round.arriving[arriving].entities[0], &stored.entities[0]);
            !a.is_absent() && Self::same_entity(a, b)
        });
    }

    /// Claims the pairs in which each side is the other's only candidate.
    fn only_candidates(&mut self, fits: impl Fn(&Self, usize, &View<'_>) -> bool) {
        let unclaimed: Vec<_> = self.unclaimed().collect();
        let unplaced: Vec<_> = self.unplaced().collect();
        let mut suitors: HashMap<usize, usize> = HashMap::new();
        let mut pairs = Vec::new();
        for arriving in unplaced {
            let fits = |stored: &usize| self.views(*stored).any(|view| fits(self, arriving, view));
            let candidates: Vec<_> = unclaimed.iter().copied().filter(fits).collect();
            for stored in &candidates {
                *suitors.entry(*stored).or_default() += 1;
            }
            if let [only] = candidates[..] {
                pairs.push((arriving, only));
            }
        }
        for (arriving, stored) in pairs {
            if suitors.get(&stored) == Some(&1) {
                self.claim(arriving, stored);
            }
        }
    }
}
