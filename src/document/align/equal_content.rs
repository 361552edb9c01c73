//! The rounds of an alignment that compare the contents of items, so that equal items are claimed
//! in their order.

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::content::ContentHash;
use super::index::PositionIndex;
use super::rounds::{Aligner, Key, Pair, States};
use super::view::{ContentHashes, ItemView};

impl Aligner<'_> {
    /// Claims items with equal keys and equal content: the next stored item after the last claimed
    /// one, or else the first. Without this round, a document that moves one of several items with
    /// equal keys would claim another one when it is imported again.
    pub(super) fn by_equal_content(&self, states: States, key: Key) -> Vec<Pair> {
        let mut of_key: HashMap<&str, Vec<(usize, &ItemView<'_>)>> = HashMap::new();
        for (stored, view) in self.unclaimed_at(states) {
            of_key.entry(key.of(view)).or_default().push((stored, view));
        }
        if of_key.is_empty() || !self.budget.charge(self.arriving.len() + self.stored.len()) {
            return Vec::new();
        }
        let mut claims = self.claims.clone();
        let mut pairs = Vec::new();
        // Only contents that occur in the document are indexed.
        let sought: HashSet<ContentHash> = self
            .unaligned()
            .filter(|(_, view)| of_key.contains_key(key.of(view)))
            .map(|(_, view)| self.content(view, key, &self.fields(view, key)))
            .collect();
        // An arriving item with all fields of the stored one takes precedence over one with some of
        // them, which may fit other items as well.
        for needs_all_fields in [true, false] {
            // The keys and sets of fields for which stored contents are indexed.
            let mut indexed: HashSet<(&str, Vec<ContentHash>)> = HashSet::new();
            let mut places = PositionIndex::new();
            let mut last = None;
            for (arriving, view) in self.arriving.iter().enumerate() {
                if claims[arriving].is_none()
                    && let Some(stored) = of_key.get(key.of(view))
                {
                    let fields = self.fields(view, key);
                    let content = self.content(view, key, &fields);
                    if indexed.insert((key.of(view), fields.clone())) {
                        if !self.budget.charge(1 + stored.len() * fields.len() / 4) {
                            return Vec::new();
                        }
                        for (stored, view) in stored {
                            if needs_all_fields && self.fields(view, key) != fields {
                                continue;
                            }
                            let content = self.content(view, key, &fields);
                            if !sought.contains(&content) {
                                continue;
                            }
                            for index_keys in view.index_keys() {
                                places.add((content, index_keys), *stored);
                            }
                        }
                    }
                    let keys: Vec<_> = view
                        .lookup_keys()
                        .into_iter()
                        .map(|index_keys| (content, index_keys))
                        .collect();
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

    /// Lets the arriving items claim stored items with equal content in the order of the stored
    /// items. In another order, a document that is imported again would claim them differently.
    fn in_their_order(&self, mut pairs: Vec<Pair>, states: States) -> Vec<Pair> {
        pairs.sort_unstable();
        if pairs.is_sorted_by_key(|(_, stored)| *stored) {
            return pairs;
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (_, stored)) in pairs.iter().enumerate() {
            if let Some(view) = &self.stored[*stored][states.side] {
                alike.entry((self.content_of(view), view.index_keys())).or_default().push(at);
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

    /// As [`Self::in_their_order`], for arriving items with equal content: new items come last.
    pub(super) fn repetitions_in_order(&mut self, from: &[Option<usize>]) {
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
            alike.entry((self.content_of(view), view.lookup_keys())).or_default().push(arriving);
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

    fn hashes<'v>(&self, view: &'v ItemView<'_>) -> &'v ContentHashes {
        view.hashes(self.item, &self.hasher)
    }

    /// The hash of an item's content.
    fn content_of(&self, view: &ItemView<'_>) -> ContentHash {
        self.content(view, Key::Exact, &self.fields(view, Key::Exact))
    }

    /// The hashes of the names of the fields with values, without the field that the key contains
    /// in its canonical spelling.
    fn fields(&self, view: &ItemView<'_>, key: Key) -> Vec<ContentHash> {
        let spellings = self.item.spellings.as_ref().filter(|_| key == Key::Canonical);
        let spelled = spellings.map(|spellings| self.hasher.text(spellings.field));
        let fields = self.hashes(view).fields.iter().map(|(name, _)| *name);
        fields.filter(|name| spelled != Some(*name)).collect()
    }

    /// The content of the key of an item and of the fields with these names.
    fn content(&self, view: &ItemView<'_>, key: Key, fields: &[ContentHash]) -> ContentHash {
        let said = self.hashes(view);
        let mut content = match key {
            Key::Exact => said.exact_key,
            Key::Canonical => said.canonical_key,
        };
        let mut known = said.fields.iter().peekable();
        for field in fields {
            while known.next_if(|(name, _)| name < field).is_some() {}
            let said = known.next_if(|(name, _)| name == field).map(|(_, said)| *said);
            // A missing field counts as the hash of its name, which no value has.
            content = content.and(said.unwrap_or(*field));
        }
        content
    }
}
