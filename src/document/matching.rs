//! Which arriving item is which stored one (CONTRACT §2, "Which item is which").
//!
//! Claims are one to one: two items are never folded into one, and no stored item is claimed
//! twice. The rounds go from the surest sign to the weakest; what is left over is new.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::definition::{Item, KeyPart, Object};
use super::entity::Directory;
use super::merge::same;
use super::text::{comparable, index_key};

/// For each arriving item, the index of the stored item it claims.
#[must_use]
pub fn claims(
    item: &'static Item,
    stored: &[&Object],
    arriving: &[Object],
    directory: &Directory,
) -> Vec<Option<usize>> {
    let mut round = Round {
        item,
        stored: stored.iter().map(|object| View::of(item, object, None)).collect(),
        arriving: arriving.iter().map(|object| View::of(item, object, Some(directory))).collect(),
        claimed_by: vec![None; stored.len()],
        claims: vec![None; arriving.len()],
    };
    round.by_id();
    round.by_equal_content();
    round.by_full_key(|view| &view.exact_key);
    round.by_full_key(|view| &view.key);
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
        for part in full {
            if let KeyPart::Field(name) = part {
                let value = field_text(object, name);
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
        Self { object, id: text(object, item.id), exact_key, key, parts: parts.collect(), entities: entities.collect() }
    }
}

struct Round<'a> {
    item: &'static Item,
    stored: Vec<View<'a>>,
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

    fn same_entities(&self, arriving: usize, stored: usize) -> bool {
        let mut pairs = self.arriving[arriving].entities.iter().zip(&self.stored[stored].entities);
        pairs.all(|(a, b)| Self::same_entity(a, b))
    }

    fn by_id(&mut self) {
        let places: HashMap<&str, usize> =
            self.stored.iter().enumerate().filter_map(|(index, view)| Some((view.id?, index))).collect();
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
    fn by_equal_content(&mut self) {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for stored in self.unclaimed() {
            places.entry(&self.stored[stored].exact_key).or_default().push(stored);
        }
        let mut claims = self.claims.clone();
        let mut claimed = HashSet::new();
        let mut last = None;
        for (arriving, view) in self.arriving.iter().enumerate() {
            if claims[arriving].is_none()
                && let Some(places) = places.get(view.exact_key.as_str())
            {
                let fits = |stored: &&usize| {
                    !claimed.contains(*stored)
                        && self.same_entities(arriving, **stored)
                        && self.says_nothing_new(arriving, **stored)
                };
                let next = places.iter().filter(|stored| Some(**stored) > last).find(fits);
                claims[arriving] = next.or_else(|| places.iter().find(fits)).copied();
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
    fn says_nothing_new(&self, arriving: usize, stored: usize) -> bool {
        let item = self.item;
        let stored = self.stored[stored].object;
        self.arriving[arriving].object.iter().all(|(key, value)| {
            let is_identity =
                key == item.id || item.entities.iter().any(|entity| key == entity.id || key == entity.name);
            is_identity || same(value, stored.get(key).unwrap_or(&Value::Null))
        })
    }

    /// Equal keys in order, first to first.
    fn by_full_key(&mut self, key: for<'v> fn(&'v View<'_>) -> &'v String) {
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for stored in self.unclaimed() {
            places.entry(key(&self.stored[stored]).clone()).or_default().push_back(stored);
        }
        let unplaced: Vec<_> = self.unplaced().collect();
        for arriving in unplaced {
            let Some(places) = places.get_mut(key(&self.arriving[arriving])) else { continue };
            let found = places.iter().position(|stored| self.same_entities(arriving, *stored));
            if let Some(stored) = found.and_then(|at| places.remove(at)) {
                self.claim(arriving, stored);
            }
        }
    }

    /// How the parts compare: `None` if one side lacks it.
    fn same_part(&self, arriving: usize, stored: usize, part: usize) -> Option<bool> {
        let (kind, a) = &self.arriving[arriving].parts[part];
        match kind {
            KeyPart::Field(_) => {
                let b = self.stored[stored].parts[part].1.as_ref()?;
                Some(a.as_ref()? == b)
            }
            KeyPart::Entity(index) => {
                let (a, b) = (&self.arriving[arriving].entities[*index], &self.stored[stored].entities[*index]);
                (!a.is_absent() && !b.is_absent()).then(|| Self::same_entity(a, b))
            }
        }
    }

    /// The key less the parts missing on one side.
    fn by_present_parts(&mut self) {
        let parts = self.item.keys.iter().map(|parts| parts.len()).sum::<usize>();
        let agree = |round: &Self, arriving: usize, stored: usize| {
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
            let (a, b) = (&round.arriving[arriving].entities[0], &round.stored[stored].entities[0]);
            !a.is_absent() && Self::same_entity(a, b)
        });
    }

    /// Claims the pairs in which each side is the other's only candidate.
    fn only_candidates(&mut self, fits: impl Fn(&Self, usize, usize) -> bool) {
        let unclaimed: Vec<_> = self.unclaimed().collect();
        let unplaced: Vec<_> = self.unplaced().collect();
        let mut suitors: HashMap<usize, usize> = HashMap::new();
        let mut pairs = Vec::new();
        for arriving in unplaced {
            let candidates: Vec<_> = unclaimed.iter().copied().filter(|stored| fits(self, arriving, *stored)).collect();
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
