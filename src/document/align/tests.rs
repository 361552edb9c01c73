//! Compares [`align`] with a plain implementation of the rounds in docs/imports.md, which compares
//! each item with each.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::rounds::{Key, STATES, States};
use super::view::{EntityKey, ItemView, MAX_INDIVIDUAL_LOOKUPS};
use super::{PossibleEntities, StoredItem, align};
use crate::document::Category;
use crate::document::budget::WorkBudget;
use crate::document::json::is_equal;
use crate::document::resolve::directory::Directory;
use crate::document::schema::definition::{Field, Item, KeyPart, Kind, Object};
use crate::document::schema::entities::EntityKind;

struct Plain<'a> {
    item: &'static Item,
    stored: Vec<[Option<ItemView<'a>>; 2]>,
    in_both_states: Vec<bool>,
    arriving: Vec<ItemView<'a>>,
    claims: Vec<Option<usize>>,
}

fn plain_claims(
    item: &'static Item,
    stored: &[StoredItem<'_>],
    arriving: &[Object],
    names: &Directory,
    possible_entities: &PossibleEntities,
) -> Vec<Option<usize>> {
    let in_both_states =
        stored.iter().map(|known| known.current.is_some() && known.base.is_some()).collect();
    let stored: Vec<_> = stored.iter().map(|known| known.views(item)).collect();
    let arriving: Vec<_> = arriving
        .iter()
        .map(|object| ItemView::of(item, object, Some((names, possible_entities))))
        .collect();
    let mut plain =
        Plain { item, claims: vec![None; arriving.len()], stored, in_both_states, arriving };
    plain.in_order(|plain, arriving, stored| {
        let id = plain.stored[stored].iter().flatten().next().and_then(|view| view.id);
        plain.arriving[arriving].id.is_some() && plain.arriving[arriving].id == id
    });
    let by_id = plain.claims.clone();
    for states in STATES {
        plain.by_equal_content(states, Key::Exact);
    }
    let keys = [
        |view: &ItemView<'_>| view.exact_key.clone(),
        |view: &ItemView<'_>| view.key.clone(),
        |view: &ItemView<'_>| view.canonical_key.clone(),
    ];
    for (place, key) in
        keys.into_iter().take(if item.spellings.is_some() { 3 } else { 2 }).enumerate()
    {
        for states in STATES.into_iter().filter(|_| place == 2) {
            plain.by_equal_content(states, Key::Canonical);
        }
        for states in STATES {
            plain.in_order(|plain, arriving, stored| {
                plain.at(stored, states).is_some_and(|view| {
                    key(view) == key(&plain.arriving[arriving])
                        && plain.same_entities(arriving, view)
                })
            });
        }
    }
    for by_name in [true, false] {
        plain.only_candidates(|plain, arriving, view| {
            let compared: Vec<bool> = (0..view.parts.len())
                .filter_map(|part| plain.same_part(arriving, view, part, by_name))
                .collect();
            !compared.is_empty() && compared.iter().all(|same| *same)
        });
    }
    for by_name in [true, false].into_iter().filter(|_| item.entity_alone) {
        plain.only_candidates(|plain, arriving, view| {
            let (a, b) = (&plain.arriving[arriving].entities[0], &view.entities[0]);
            !a.is_absent() && same_entity(a, b, by_name)
        });
    }
    plain.repetitions_in_order(&by_id);
    plain.claims
}

/// Whether two entities are the same; with `by_name`, aliases are not compared.
fn same_entity(arriving: &EntityKey<'_>, stored: &EntityKey<'_>, by_name: bool) -> bool {
    match (arriving.id, &arriving.name, stored.id, &stored.name) {
        (Some(a), _, Some(b), _) => a == b,
        (None, None, None, None) => true,
        (_, Some(a), None, Some(b)) => a == b,
        (None, Some(a), Some(b), name) => {
            name.as_ref() == Some(a) || (!by_name && arriving.known.iter().any(|id| id == b))
        }
        _ => false,
    }
}

impl Plain<'_> {
    fn unclaimed(&self) -> Vec<usize> {
        (0..self.stored.len()).filter(|stored| !self.claims.contains(&Some(*stored))).collect()
    }

    fn at(&self, stored: usize, states: States) -> Option<&ItemView<'_>> {
        self.stored[stored][states.side]
            .as_ref()
            .filter(|_| !states.in_both_states || self.in_both_states[stored])
    }

    fn in_order(&mut self, fits: impl Fn(&Self, usize, usize) -> bool) {
        for arriving in 0..self.arriving.len() {
            if self.claims[arriving].is_none() {
                self.claims[arriving] =
                    self.unclaimed().into_iter().find(|stored| fits(self, arriving, *stored));
            }
        }
    }

    fn by_equal_content(&mut self, states: States, key: Key) {
        let before = self.claims.clone();
        for needs_all_fields in [true, false] {
            let mut last = None;
            for arriving in 0..self.arriving.len() {
                if self.claims[arriving].is_none() {
                    let mut fitting = self.unclaimed();
                    fitting.retain(|stored| {
                        self.at(*stored, states).is_some_and(|view| {
                            key.of(view) == key.of(&self.arriving[arriving])
                                && self.same_entities(arriving, view)
                                && self.has_all_values_of(&self.arriving[arriving], view, key)
                                && (!needs_all_fields
                                    || self.has_all_values_of(view, &self.arriving[arriving], key))
                        })
                    });
                    let next = fitting.iter().find(|stored| Some(**stored) > last);
                    self.claims[arriving] = next.or(fitting.first()).copied();
                }
                last = self.claims[arriving].or(last);
            }
        }
        // Stored items with equal content are claimed in their order.
        for first in 0..self.claims.len() {
            for second in first + 1..self.claims.len() {
                let now = (self.claims[first], self.claims[second]);
                if let (None, None, (Some(a), Some(b))) = (before[first], before[second], now)
                    && a > b
                    && self
                        .at(a, states)
                        .zip(self.at(b, states))
                        .is_some_and(|(a, b)| self.has_equal_content(a, b))
                {
                    self.claims.swap(first, second);
                }
            }
        }
    }

    /// Arriving items with equal content claim in their order.
    fn repetitions_in_order(&mut self, from: &[Option<usize>]) {
        for first in 0..self.claims.len() {
            for second in first + 1..self.claims.len() {
                let [a, b] =
                    [first, second].map(|arriving| self.claims[arriving].unwrap_or(usize::MAX));
                if from[first].is_none()
                    && from[second].is_none()
                    && a > b
                    && self.has_equal_content(&self.arriving[first], &self.arriving[second])
                {
                    self.claims.swap(first, second);
                }
            }
        }
    }

    fn has_equal_content(&self, a: &ItemView<'_>, b: &ItemView<'_>) -> bool {
        let entities = |view: &ItemView<'_>| -> Vec<_> {
            view.entities
                .iter()
                .map(|entity| (entity.id.map(str::to_owned), entity.name.clone()))
                .collect()
        };
        let has_all_values = |one, other| self.has_all_values_of(one, other, Key::Exact);
        a.exact_key == b.exact_key
            && has_all_values(a, b)
            && has_all_values(b, a)
            && entities(a) == entities(b)
    }

    fn is_identity(&self, key: &str) -> bool {
        key == self.item.id
            || self.item.entities.iter().any(|entity| key == entity.id || key == entity.name)
    }

    /// Whether `other` has all values of `one`, apart from ids and names. Null counts as missing.
    fn has_all_values_of(&self, one: &ItemView<'_>, other: &ItemView<'_>, read: Key) -> bool {
        let spelled = self
            .item
            .spellings
            .as_ref()
            .map(|spellings| spellings.field)
            .filter(|_| read == Key::Canonical);
        one.object.iter().all(|(key, value)| {
            let is_in_key = self.is_identity(key) || spelled == Some(key.as_str());
            value.is_null()
                || is_in_key
                || other.object.get(key).is_some_and(|known| is_equal(value, known))
        })
    }

    fn same_entities(&self, arriving: usize, stored: &ItemView<'_>) -> bool {
        self.arriving[arriving]
            .entities
            .iter()
            .zip(&stored.entities)
            .all(|(a, b)| same_entity(a, b, false))
    }

    /// Whether a part is equal; `None` if one side lacks it.
    fn same_part(
        &self,
        arriving: usize,
        stored: &ItemView<'_>,
        part: usize,
        by_name: bool,
    ) -> Option<bool> {
        let (kind, a) = &self.arriving[arriving].parts[part];
        match kind {
            KeyPart::Field(_) => {
                let of = |view: &ItemView<'_>| {
                    view.canonical.filter(|(field, _)| *kind == KeyPart::Field(field))
                };
                let canonical = of(&self.arriving[arriving]);
                Some(
                    a.as_ref()? == stored.parts[part].1.as_ref()?
                        || (canonical.is_some() && canonical == of(stored)),
                )
            }
            KeyPart::Entity(index) => {
                let (a, b) = (&self.arriving[arriving].entities[*index], &stored.entities[*index]);
                (!a.is_absent() && !b.is_absent()).then(|| same_entity(a, b, by_name))
            }
        }
    }

    fn only_candidates(&mut self, fits: impl Fn(&Self, usize, &ItemView<'_>) -> bool) {
        let unclaimed = self.unclaimed();
        let candidates: Vec<(usize, Vec<usize>)> = (0..self.arriving.len())
            .filter(|arriving| self.claims[*arriving].is_none())
            .map(|arriving| {
                let fits = |stored: &usize| {
                    self.stored[*stored].iter().flatten().any(|view| fits(self, arriving, view))
                };
                (arriving, unclaimed.iter().copied().filter(fits).collect())
            })
            .collect();
        for (arriving, mine) in &candidates {
            if let [only] = mine[..]
                && candidates.iter().filter(|(_, theirs)| theirs.contains(&only)).count() == 1
            {
                self.claims[*arriving] = Some(only);
            }
        }
    }
}

/// An item of few words, so that many values are equal and many are missing.
fn object(item: &'static Item) -> impl Strategy<Value = Object> {
    let words =
        |of: [Value; 4]| proptest::option::weighted(0.7, proptest::sample::select(of.to_vec()));
    let value = move |field: &'static Field| {
        if let Some(entity) = item.entities.iter().find(|entity| entity.id == field.name) {
            let id = |number: u8| json!(format!("{}-{number}", entity.kind.as_str()));
            return words([id(1), id(2), id(3), Value::Null]).boxed();
        }
        match field.rule.kind {
            Kind::Id => words([json!("a"), json!("b"), json!("c"), json!("d")]).boxed(),
            Kind::Integer { .. } | Kind::Number { .. } => {
                words([json!(8), json!(8.0), json!(9), Value::Null]).boxed()
            }
            _ => words([json!("Ada"), json!("áda "), json!("Bo"), Value::Null]).boxed(),
        }
    };
    // Most fields outside of keys are missing, so that items are often equal.
    let values: Vec<_> = item.fields.iter().map(value).collect();
    (values, vec(0..3_u8, item.fields.len())).prop_map(move |(values, kept)| {
        let is_in_a_key = |name: &str| {
            item.keys.iter().any(|parts| {
                parts.iter().any(|part| matches!(part, KeyPart::Field(field) if *field == name))
            }) || item.entities.iter().any(|entity| entity.name == name || entity.id == name)
        };
        let entries = item.fields.iter().zip(values).zip(kept);
        let kept = entries.filter(|((field, _), kept)| *kept == 0 || is_in_a_key(field.name));
        kept.filter_map(|((field, value), _)| Some((field.name.to_owned(), value?))).collect()
    })
}

/// A stored item: its current state and its state in the base.
type Stored = (Option<Object>, Option<Object>);

/// For each kind of item, the stored and the arriving items.
fn lists() -> impl Strategy<Value = (&'static Item, Vec<Stored>, Vec<Object>)> {
    let items = Category::ALL.iter().flat_map(|category| category.definition().fields);
    let each = items.filter_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => {
            let state = || proptest::option::weighted(0.8, object(item));
            let stored = vec((state(), state()), 0..6).prop_map(|mut stored| {
                // An id occurs once in a document.
                for ((current, base), id) in stored.iter_mut().zip(["a", "b", "c", "d", "e", "f"]) {
                    for object in [current, base].into_iter().flatten() {
                        object.insert(item.id.to_owned(), json!(id));
                    }
                }
                stored
            });
            Some((Just(*item), stored, vec(object(item), 0..6)).boxed())
        }
        _ => None,
    });
    proptest::strategy::Union::new(each)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn indexed_alignment_equals_plain_alignment(
        (item, stored, arriving) in lists(),
        namesakes in prop_oneof![Just(0), Just(MAX_INDIVIDUAL_LOOKUPS)],
    ) {
        let mut names = Directory::default();
        for entity in item.entities {
            // One of the names has so many entities that they are looked up as a group.
            let namesakes = (4..4 + namesakes).map(|number| ("ada", number));
            for (name, number) in [("ada", 1), ("ada", 2), ("bo", 3)].into_iter().chain(namesakes) {
                let id = format!("{}-{number}", entity.kind.as_str());
                names.add_name(entity.kind, name.to_owned(), id);
            }
        }
        let stored: Vec<_> = stored
            .iter()
            .map(|(current, base)| StoredItem {
                current: current.as_ref(),
                base: base.as_ref(),
                ..StoredItem::default()
            })
            .collect();
        let ids = ["person-1".to_owned(), "person-3".to_owned()];
        let possible_entities =
            PossibleEntities::from_iter([((EntityKind::Person, "bo".to_owned()), ids.into())]);
        let budget = WorkBudget::unlimited();
        let aligned = align(item, &stored, &arriving, &names, &possible_entities, &budget);
        let expected = plain_claims(item, &stored, &arriving, &names, &possible_entities);
        prop_assert_eq!(aligned.claimed, expected);
    }
}
