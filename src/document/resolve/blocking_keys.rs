//! Blocking keys: an index finds all names that may equal a name by looking up a few keys, without
//! reading every name.
//!
//! Each key is 64 bits of a SHA-256 over the kind of entity, the kind of key and its text. Two
//! names with any [`Relation`](super::Relation) except a rare misspelling share at least one key.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::name::Name;
use crate::document::schema::entities::EntityKind;

/// Increased when the keys of a name change, so that stored keys are computed again.
pub const VERSION: u32 = 6;

fn key(kind: EntityKind, of: &str, text: &str) -> i64 {
    let mut hash = Sha256::new();
    for part in [kind.as_str(), of, text] {
        hash.update(part);
        hash.update([0]);
    }
    i64::from_be_bytes(hash.finalize()[..8].try_into().unwrap_or_default())
}

fn common_keys(kind: EntityKind, name: &Name) -> BTreeSet<i64> {
    // A misspelled name usually has the consonant skeleton of the right one.
    let mut keys = BTreeSet::from([
        key(kind, "ends", &name.ends()),
        key(kind, "skeleton", &name.skeleton()),
        key(kind, "letters", name.letters()),
    ]);
    if let Some(read) = name.reading() {
        keys.insert(key(kind, "letters", read));
    }
    let sorted = name.sorted();
    if sorted != name.ends() {
        keys.insert(key(kind, "ends", sorted));
    }
    if kind.has_unique_names() {
        // There are few of these entities, so that a single word does not select too many.
        keys.extend(name.outer_words().map(|word| key(kind, "end", word)));
    }
    keys
}

/// The keys under which a name is indexed.
#[must_use]
pub fn for_index(kind: EntityKind, name: &Name) -> BTreeSet<i64> {
    let mut keys = common_keys(kind, name);
    keys.extend(misspelling_keys(kind, name));
    if name.is_abbreviated() {
        keys.insert(key(kind, "initials", &name.abbreviated()));
    }
    if let Some(sound) = name.rough_sound() {
        keys.insert(key(kind, "sound", &sound));
        if name.is_other_script() {
            keys.insert(key(kind, "other script", &sound));
        }
    }
    keys
}

/// The keys to look up for a name. Many names share the key of surname and first letter: it is
/// looked up only for an abbreviated name, or among abbreviated names.
#[must_use]
pub fn for_lookup(kind: EntityKind, name: &Name) -> BTreeSet<i64> {
    let mut keys = common_keys(kind, name);
    let of = if name.is_abbreviated() { "first letter" } else { "initials" };
    keys.insert(key(kind, of, &name.abbreviated()));
    keys
}

/// The keys that a name shares with names in which one word is misspelled.
fn misspelling_keys(kind: EntityKind, name: &Name) -> BTreeSet<i64> {
    name.misspelling_keys().into_iter().map(|(of, text)| key(kind, of, &text)).collect()
}

/// Additional keys to look up for a name without candidates: those that it shares with names in
/// which one word is misspelled, and with names in another script that sound like it.
#[must_use]
pub fn for_second_lookup(kind: EntityKind, name: &Name) -> BTreeSet<i64> {
    let mut keys = misspelling_keys(kind, name);
    if let Some(sound) = name.rough_sound() {
        let of = if name.is_other_script() { "sound" } else { "other script" };
        keys.insert(key(kind, of, &sound));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn related_names_share_a_key() {
        for (given, known) in [
            ("Pitt, Brad", "Brad Pitt"),
            ("B. Pitt", "Brad Pitt"),
            ("Brad Pitt", "B. Pitt"),
            ("Samuel Jackson", "Samuel L. Jackson"),
            ("Robert Downey", "Robert Downey Jr."),
            ("Wong Kar Wai", "Kar-wai Wong"),
            ("JJ Abrams", "J. J. Abrams"),
            ("Jeffrey Jacob Abrams", "J. J. Abrams"),
            ("Micheal Caine", "Michael Caine"),
            ("Scarlet Johansson", "Scarlett Johansson"),
            ("Mohammed Ali", "Muhammad Ali"),
            ("Сергей Бондарчук", "Sergei Bondarchuk"),
            ("Shahrukh Khan", "Shah Rukh Khan"),
            ("Meatloaf", "Meat Loaf"),
            ("Jenifer Aniston", "Jennifer Aniston"),
            ("एडवर्ड नॉर्टन", "Edward Norton"),
            ("Хелена Бонем Картер", "Helena Bonham Carter"),
            ("Квентин Тарантино", "Quentin Tarantino"),
            ("Джордж Клуни", "George Clooney"),
            ("Кристофер Нолан", "Christopher Nolan"),
            ("Christopher Nolan", "Кристофер Нолан"),
            ("Хью Джекман", "Hugh Jackman"),
            ("Леонардо Ди Каприо", "Leonardo DiCaprio"),
            ("शाहरुख़ ख़ान", "Shah Rukh Khan"),
            ("スカーレット・ヨハンソン", "Scarlett Johansson"),
            ("톰 행크스", "Tom Hanks"),
            ("كريستوفر نولان", "Christopher Nolan"),
        ] {
            let (kind, given_name, known_name) =
                (EntityKind::Person, Name::of(given), Name::of(known));
            let keys = for_index(kind, &known_name);
            let is_found = |by: BTreeSet<i64>| !by.is_disjoint(&keys);
            let found = is_found(for_lookup(kind, &given_name))
                || is_found(for_second_lookup(kind, &given_name));
            assert!(found, "{given} and {known}");
        }
    }

    #[test]
    fn keys_of_different_kinds_are_different() {
        let name = Name::of("Netflix");
        let keys = |kind| for_index(kind, &name);
        assert!(keys(EntityKind::Platform).is_disjoint(&keys(EntityKind::Person)));
    }
}
