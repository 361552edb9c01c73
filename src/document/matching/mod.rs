//! Which arriving item is which stored one (CONTRACT §2, "Which item is which").
//!
//! Claims are one to one: two items are never folded into one, and no stored item is claimed
//! twice. The rounds go from the surest sign to the weakest; what is left over is new. Each round
//! looks its pairs up ([`index`]), so that the time it takes grows with the lists, not with their
//! product.

mod index;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::definition::{Item, KeyPart, Object};
use super::entity::{Directory, EntityKind};
use index::{Few, Meeting, Places, Sign};
use view::{View, Who};

/// A stored item: as it stands, and as it was when the file was made. One of the two may be missing.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub current: Option<&'a Object>,
    pub base: Option<&'a Object>,
    /// Whether it was added since the file was made. Then the file speaks of it only with its whole key.
    pub is_added: bool,
}

impl<'a> Known<'a> {
    fn views(&self, item: &'static Item) -> [Option<View<'a>>; 2] {
        let base = self.base.filter(|base| self.current != Some(*base));
        [self.current, base].map(|state| state.map(|object| View::of(item, object, None)))
    }
}

/// By kind and name in [`index_key`](super::text::index_key) form, whom a name means that is another form of
/// the names of several in the list. Which of them it is, the rest of the item tells.
pub type Meant = HashMap<(EntityKind, String), Vec<String>>;

/// Which arriving item is which stored one.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims {
    /// For each arriving item, the index of the stored item it claims.
    pub claimed: Vec<Option<usize>>,
    /// Whether arriving items repeat each other's key or id, so that which is which only their order tells.
    pub has_repetitions: bool,
}

/// Tells which stored item each arriving one claims. A file repeats an item as it was when the file was made, so
/// either state of a stored item is recognised.
#[must_use]
pub fn claims(
    item: &'static Item,
    stored: &[Known<'_>],
    arriving: &[Object],
    directory: &Directory,
    meant: &Meant,
) -> Claims {
    let mut round = Round {
        item,
        stored: stored.iter().map(|known| known.views(item)).collect(),
        lasting: stored
            .iter()
            .map(|known| known.current.is_some() && known.base.is_some())
            .collect(),
        arriving: arriving
            .iter()
            .map(|object| View::of(item, object, Some((directory, meant))))
            .collect(),
        claimed: vec![false; stored.len()],
        claims: vec![None; arriving.len()],
    };
    round.claim(round.by_id());
    let by_id = round.claims.clone();
    for states in STATES {
        round.claim(round.by_equal_content(states, Key::Exact));
    }
    for states in STATES {
        round.claim(round.by_full_key(states, |view| &view.exact_key));
    }
    for states in STATES {
        round.claim(round.by_full_key(states, |view| &view.key));
    }
    if item.spellings.is_some() {
        for states in STATES {
            round.claim(round.by_equal_content(states, Key::Meant));
        }
        for states in STATES {
            round.claim(round.by_full_key(states, |view| &view.meant_key));
        }
    }
    // The key less the parts missing on one side.
    let parts: Vec<usize> = (0..item.keys.iter().map(|parts| parts.len()).sum()).collect();
    for aliases in [false, true] {
        round.claim(round.by_present_parts(&parts, aliases));
    }
    if item.entity_alone {
        for (claimed, known) in round.claimed.iter_mut().zip(stored) {
            *claimed |= known.is_added;
        }
        // The list and the person alone: a corrected character, a filled-in job.
        let mut all = item.keys.iter().flat_map(|parts| parts.iter());
        let person = all.position(|part| *part == KeyPart::Entity(0));
        for aliases in [false, true] {
            round.claim(round.by_present_parts(person.as_slice(), aliases));
        }
    }
    round.repetitions_in_order(&by_id);
    Claims { has_repetitions: round.has_repetitions(), claimed: round.claims }
}

/// Which states of which stored items are looked at.
#[derive(Clone, Copy)]
struct States {
    /// The current state (0), or the one that the file was made from where that is another (1).
    side: usize,
    /// Whether of those alone that were there when the file was made, and still are.
    lasting: bool,
}

/// Of equal keys, those that the file was made from come before those that were added since: else a
/// file that is sent again may be taken for what was added, and REPLACE remove the rest.
const STATES: [States; 4] = [
    States { side: 0, lasting: true },
    States { side: 1, lasting: true },
    States { side: 0, lasting: false },
    States { side: 1, lasting: false },
];

/// How the fields of a key are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Exact,
    /// With what a field means in place of its spelling.
    Meant,
}

impl Key {
    fn of<'v>(self, view: &'v View<'_>) -> &'v str {
        match self {
            Self::Exact => &view.exact_key,
            Self::Meant => &view.meant_key,
        }
    }
}

struct Round<'a> {
    item: &'static Item,
    stored: Vec<[Option<View<'a>>; 2]>,
    /// Which of the stored were there when the file was made, and still are.
    lasting: Vec<bool>,
    arriving: Vec<View<'a>>,
    /// Which of the stored are claimed.
    claimed: Vec<bool>,
    claims: Vec<Option<usize>>,
}

/// An arriving item and the stored one that it claims.
type Pair = (usize, usize);

impl Round<'_> {
    fn claim(&mut self, pairs: Vec<Pair>) {
        for (arriving, stored) in pairs {
            self.claims[arriving] = Some(stored);
            self.claimed[stored] = true;
        }
    }

    fn unclaimed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.stored.len()).filter(|index| !self.claimed[*index])
    }

    /// The unclaimed that have such a state, with it.
    fn unclaimed_at(&self, states: States) -> impl Iterator<Item = (usize, &View<'_>)> + '_ {
        let looked_at =
            self.unclaimed().filter(move |index| !states.lasting || self.lasting[*index]);
        looked_at.filter_map(move |index| Some((index, self.stored[index][states.side].as_ref()?)))
    }

    fn views(&self, stored: usize) -> impl Iterator<Item = &View<'_>> + '_ {
        self.stored[stored].iter().flatten()
    }

    fn unplaced(&self) -> impl Iterator<Item = (usize, &View<'_>)> + '_ {
        self.arriving.iter().enumerate().filter(|(index, _)| self.claims[*index].is_none())
    }

    fn has_repetitions(&self) -> bool {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        let mut arriving = self.arriving.iter();
        arriving.any(|view| {
            view.id.is_some_and(|id| !ids.insert(id)) || !keys.insert((&view.key, view.sought()))
        })
    }

    fn by_id(&self) -> Vec<Pair> {
        let places: HashMap<&str, usize> = (0..self.stored.len())
            .filter_map(|index| Some((self.views(index).next()?.id?, index)))
            .collect();
        let mut claimed = HashSet::new();
        let found = self.arriving.iter().enumerate().filter_map(|(arriving, view)| {
            let stored = places.get(view.id?).copied().filter(|stored| claimed.insert(*stored))?;
            Some((arriving, stored))
        });
        found.collect()
    }

    /// Of equal keys, the next in order that says all of it already, else the first that does.
    /// Without this, a file that moves one of several equal-keyed items would claim another the
    /// second time it is imported.
    fn by_equal_content(&self, states: States, key: Key) -> Vec<Pair> {
        let mut of_key: HashMap<&str, Vec<(usize, &View<'_>)>> = HashMap::new();
        for (stored, view) in self.unclaimed_at(states) {
            of_key.entry(key.of(view)).or_default().push((stored, view));
        }
        if of_key.is_empty() {
            return Vec::new();
        }
        let mut claims = self.claims.clone();
        let mut pairs = Vec::new();
        // Who says all that is stored comes before who says some of it and would fit others too.
        for says_all in [true, false] {
            // What is stored, as far as items of that key that have these fields speak of it.
            let mut spoken_of: HashSet<(&str, Vec<&str>)> = HashSet::new();
            let mut places = Places::new();
            let mut last = None;
            for (arriving, view) in self.arriving.iter().enumerate() {
                if claims[arriving].is_none()
                    && let Some(stored) = of_key.get(key.of(view))
                {
                    let fields = self.content_fields(view, key);
                    if spoken_of.insert((key.of(view), fields.clone())) {
                        for (stored, view) in stored {
                            if says_all && self.content_fields(view, key) != fields {
                                continue;
                            }
                            let content = content(view, key, &fields);
                            for signs in view.signs() {
                                places.add((content.clone(), signs), *stored);
                            }
                        }
                    }
                    let content = content(view, key, &fields);
                    let keys: Vec<_> =
                        view.sought().into_iter().map(|signs| (content.clone(), signs)).collect();
                    if let Some(stored) = places.take(&keys, last) {
                        claims[arriving] = Some(stored);
                        pairs.push((arriving, stored));
                    }
                }
                last = claims[arriving].or(last);
            }
            let claimed: HashSet<usize> = pairs.iter().map(|(_, stored)| *stored).collect();
            for stored in of_key.values_mut() {
                stored.retain(|(stored, _)| !claimed.contains(stored));
            }
        }
        self.in_their_order(pairs, states)
    }

    /// Which of several stored ones that say the very same is which, nobody can tell: they are claimed in their
    /// order. Else a file that is sent again would find them in another.
    fn in_their_order(&self, mut pairs: Vec<Pair>, states: States) -> Vec<Pair> {
        pairs.sort_unstable();
        if pairs.is_sorted_by_key(|(_, stored)| *stored) {
            return pairs;
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (_, stored)) in pairs.iter().enumerate() {
            if let Some(view) = &self.stored[*stored][states.side] {
                alike.entry((self.says(view), view.signs())).or_default().push(at);
            }
        }
        for places in alike.into_values() {
            let mut stored: Vec<usize> = places.iter().map(|at| pairs[*at].1).collect();
            stored.sort_unstable();
            for (at, stored) in places.into_iter().zip(stored) {
                pairs[at].1 = stored;
            }
        }
        pairs
    }

    /// As [`Self::in_their_order`], of arriving ones that say the very same: whatever they claim, they claim it
    /// in its order, and those that are new come last.
    fn repetitions_in_order(&mut self, from: &[Option<usize>]) {
        let place = |claim: Option<usize>| claim.unwrap_or(usize::MAX);
        let open: Vec<usize> =
            (0..self.arriving.len()).filter(|arriving| from[*arriving].is_none()).collect();
        if open.is_sorted_by_key(|arriving| place(self.claims[*arriving])) {
            return;
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (arriving, view) in
            open.into_iter().map(|arriving| (arriving, &self.arriving[arriving]))
        {
            alike.entry((self.says(view), view.sought())).or_default().push(arriving);
        }
        let mut claims = self.claims.clone();
        for places in alike.into_values().filter(|places| places.len() > 1) {
            let mut claimed: Vec<Option<usize>> =
                places.iter().map(|arriving| self.claims[*arriving]).collect();
            claimed.sort_unstable_by_key(|claim| place(*claim));
            for (arriving, claim) in places.into_iter().zip(claimed) {
                claims[arriving] = claim;
            }
        }
        self.claims = claims;
    }

    fn says(&self, view: &View<'_>) -> String {
        content(view, Key::Exact, &self.content_fields(view, Key::Exact))
    }

    /// The fields that it says something with, ids, names and what the key has under another spelling aside.
    fn content_fields<'v>(&self, view: &View<'v>, key: Key) -> Vec<&'v str> {
        let spelled = self
            .item
            .spellings
            .as_ref()
            .map(|spellings| spellings.field)
            .filter(|_| key == Key::Meant);
        let is_identity = |key: &str| {
            key == self.item.id
                || self.item.entities.iter().any(|entity| key == entity.id || key == entity.name)
        };
        let fields = view.object.iter().filter(|(key, value)| {
            !is_identity(key) && spelled != Some(key.as_str()) && !value.is_null()
        });
        let mut fields: Vec<&str> = fields.map(|(key, _)| key.as_str()).collect();
        fields.sort_unstable();
        fields
    }

    /// Equal keys in order, first to first.
    fn by_full_key(&self, states: States, key: for<'v> fn(&'v View<'_>) -> &'v str) -> Vec<Pair> {
        let mut places = Places::new();
        for (stored, view) in self.unclaimed_at(states) {
            for signs in view.signs() {
                places.add((key(view), signs), stored);
            }
        }
        let found = self.unplaced().filter_map(|(arriving, view)| {
            let keys: Vec<_> = view.sought().into_iter().map(|signs| (key(view), signs)).collect();
            Some((arriving, places.take(&keys, None)?))
        });
        found.collect()
    }

    /// Pairs of which each side is the other's only candidate: those of `parts` that both have, which
    /// is at least one, are the same. First whoever stands there under the very name, then whoever goes by it.
    fn by_present_parts(&self, parts: &[usize], aliases: bool) -> Vec<Pair> {
        let shapes: BTreeSet<u32> = self.unplaced().map(|(_, view)| view.present(parts)).collect();
        let mut stored_shapes = BTreeSet::new();
        let mut meetings: HashMap<(u32, Vec<Sign<'_>>), Meeting> = HashMap::new();
        let mut met: HashMap<usize, Vec<(u32, Vec<Sign<'_>>)>> = HashMap::new();
        for stored in self.unclaimed() {
            for view in self.views(stored) {
                let shape = view.present(parts);
                stored_shapes.insert(shape);
                let common: BTreeSet<u32> =
                    shapes.iter().map(|other| shape & other).filter(|bits| *bits != 0).collect();
                let keys = common.into_iter().flat_map(|bits| {
                    view.values(bits, Who::signs)
                        .into_iter()
                        .map(move |signs| (key_of(shape, bits), signs))
                });
                for key in keys {
                    meetings.entry(key.clone()).or_default().stored.add(stored);
                    met.entry(stored).or_default().push(key);
                }
            }
        }
        let mut pairs = Vec::new();
        for (arriving, view) in self.unplaced() {
            let shape = view.present(parts);
            let mut candidates = Few::default();
            for other in stored_shapes.iter().filter(|other| shape & **other != 0) {
                for signs in view
                    .values(shape & other, if aliases { Who::sought } else { Who::sought_by_name })
                {
                    if let Some(meeting) = meetings.get_mut(&(key_of(*other, shape & other), signs))
                    {
                        meeting.arriving.add(arriving);
                        candidates.join(meeting.stored);
                    }
                }
            }
            pairs.extend(candidates.only().map(|stored| (arriving, stored)));
        }
        pairs.retain(|(_, stored)| {
            let mut suitors = Few::default();
            for key in met.get(stored).into_iter().flatten() {
                suitors.join(meetings[key].arriving);
            }
            suitors.only().is_some()
        });
        pairs
    }
}

/// Tells apart what is met under which of the parts that a stored item has. A key has few parts.
const fn key_of(shape: u32, common: u32) -> u32 {
    shape << 16 | common
}

/// What an item says in these fields, so that those who say the same have the same: `8` and `8.0` are.
fn content(view: &View<'_>, key: Key, fields: &[&str]) -> String {
    let mut content = key.of(view).to_owned();
    for field in fields {
        content.push('\0');
        content.push_str(field);
        content.push('\0');
        // Writing to text cannot fail.
        let _ = match view.object.get(*field).unwrap_or(&Value::Null) {
            Value::Number(number) => match number.as_f64() {
                // Both zeros are zero.
                Some(float) => write!(content, "{:?}", float + 0.0),
                None => write!(content, "{number}"),
            },
            other => write!(content, "{other}"),
        };
    }
    content
}
