//! The facts about candidates that their scores are computed from. Storage loads them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use ahash::{HashMap, HashMapExt as _, HashSet};

use super::name::{Name, Relation};
use crate::document::schema::entities::EntityKind;

/// The facts about one entity.
#[derive(Debug, Clone, Default)]
pub struct EntityProfile {
    /// Its primary name.
    pub name: String,
    /// Its aliases.
    pub aliases: Vec<String>,
    /// The credits of a person.
    pub credits: Vec<PastCredit>,
    /// Traits that distinguish a ceremony or platform from another one with the same name, each as
    /// the name of an item's field and a value.
    pub traits: BTreeSet<(&'static str, String)>,
}

/// A credit of a person on a movie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCredit {
    pub movie: String,
    pub title: Option<String>,
    /// 0 if unknown.
    pub year: i32,
    /// The kind of work: Acting, Directing, Sound, …
    pub department: Option<String>,
}

/// The facts about all entities that the names in some documents may mean.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    known: HashMap<(&'static str, String), Entry>,
    /// The entities that share a blocking key with a name, by the key of the name.
    candidates: HashMap<(&'static str, String), Vec<String>>,
    /// The number of people with a word in their names.
    word_counts: HashMap<String, u64>,
    /// The number of people in the catalogue.
    person_count: u64,
    /// The years of movies.
    years: HashMap<String, i32>,
}

/// A profile with its parsed names, the primary one first. Names are parsed on first use.
#[derive(Debug, Clone, Default)]
struct Entry {
    known: EntityProfile,
    names: OnceLock<Vec<Name>>,
}

/// The number of collaborators beyond which more do not count.
pub(super) const MAX_COLLABORATORS: usize = 15;
/// In a catalogue with fewer people, the frequency of a name does not show how common it is.
const MIN_PEOPLE: f64 = 50_000.0;
/// One in this many given names begins with a certain letter.
const INITIAL_LETTERS: f64 = 15.0;

/// The lower limit of the expected number of people with a name.
pub(super) const MIN_EXPECTED: f64 = 1e-4;

/// The share of people who are known by a single name.
const SINGLE_NAME_SHARE: f64 = 0.01;

impl Evidence {
    pub fn add_profile(&mut self, kind: EntityKind, id: String, known: EntityProfile) {
        self.known.insert((kind.as_str(), id), Entry { known, names: OnceLock::new() });
    }

    pub fn profile(&self, kind: EntityKind, id: &str) -> Option<&EntityProfile> {
        self.known.get(&(kind.as_str(), id.to_owned())).map(|entry| &entry.known)
    }

    pub fn profile_mut(&mut self, kind: EntityKind, id: &str) -> Option<&mut EntityProfile> {
        let entry = self.known.get_mut(&(kind.as_str(), id.to_owned()))?;
        entry.names = OnceLock::new();
        Some(&mut entry.known)
    }

    /// A profile with its parsed names: the primary name first, then the aliases.
    pub(super) fn profile_with_names(
        &self,
        kind: EntityKind,
        id: &str,
    ) -> Option<(&EntityProfile, &[Name])> {
        let Entry { known, names } = self.known.get(&(kind.as_str(), id.to_owned()))?;
        let names = names.get_or_init(|| {
            std::iter::once(&known.name).chain(&known.aliases).map(|name| Name::of(name)).collect()
        });
        Some((known, names))
    }

    /// Adds an entity that shares a blocking key with a name.
    pub fn add_candidate(&mut self, kind: EntityKind, name_key: &str, id: &str) {
        let near = self.candidates.entry((kind.as_str(), name_key.to_owned())).or_default();
        if !near.iter().any(|known| known == id) {
            near.push(id.to_owned());
        }
    }

    /// The entities that share a blocking key with a name, in the order of their ids, which does
    /// not depend on the database.
    pub fn candidate_ids(&self, kind: EntityKind, name_key: &str) -> Vec<&str> {
        let near = self.candidates.get(&(kind.as_str(), name_key.to_owned()));
        let mut near: Vec<&str> = near.into_iter().flatten().map(String::as_str).collect();
        near.sort_unstable();
        near
    }

    /// The candidates with another form of the name as their primary name.
    pub fn candidates_with_same_name<'k>(
        &'k self,
        kind: EntityKind,
        name: &str,
        name_key: &str,
    ) -> Vec<&'k str> {
        let given = Name::of(name);
        let is_form = |id: &&str| {
            let own = self.profile_with_names(kind, id).and_then(|(_, names)| names.first());
            own.and_then(|own| given.relation(own)).is_some_and(Relation::is_same_name_in_any_order)
        };
        self.candidate_ids(kind, name_key).into_iter().filter(is_form).collect()
    }

    /// Whether a candidate has a similar name. For a name in another script, only the same name
    /// counts.
    pub fn has_similar_candidate(&self, kind: EntityKind, name: &Name, name_key: &str) -> bool {
        let is_similar = |(_, names): (&EntityProfile, &[Name])| {
            let mut relations = names.iter().filter_map(|own| name.relation(own));
            relations.any(|relation| relation.is_same_name() || !name.is_other_script())
        };
        self.candidate_ids(kind, name_key)
            .into_iter()
            .filter_map(|id| self.profile_with_names(kind, id))
            .any(is_similar)
    }

    pub fn set_word_counts(&mut self, words: HashMap<String, u64>, people: u64) {
        self.word_counts = words;
        self.person_count = people;
    }

    pub fn set_year(&mut self, movie: &str, year: i32) {
        if year > 0 {
            self.years.insert(movie.to_owned(), year);
        }
    }

    /// The year of a movie.
    pub fn year(&self, movie: &str) -> Option<i32> {
        self.years.get(movie).copied()
    }

    /// The number of people with such a name that are to be expected by chance, as a decimal
    /// logarithm.
    pub fn expected_log10(&self, name: &Name) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "counts of people")]
        let (people, count) = ((self.person_count as f64).max(MIN_PEOPLE), |word: &str| {
            self.word_counts.get(word).copied().unwrap_or(1).max(1) as f64
        });
        let mut expected = people;
        for word in name.words() {
            expected *= count(word) / people;
        }
        if name.is_one_word() {
            // Few of the people with this word in their names are known by it alone.
            return name
                .words()
                .map(|word| count(word) * SINGLE_NAME_SHARE)
                .product::<f64>()
                .clamp(MIN_EXPECTED, SINGLE_NAME_SHARE * people)
                .log10();
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "a name has few initials"
        )]
        let initials = INITIAL_LETTERS.powi(name.initials().min(8) as i32);
        (expected / initials).max(MIN_EXPECTED).log10()
    }

    /// For each person, how many other people of `people` they have worked with on a movie other
    /// than `movie`, at most [`MAX_COLLABORATORS`].
    pub fn collaborators(&self, people: &HashSet<&str>, movie: &str) -> HashMap<String, usize> {
        let mut crews: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for person in people {
            let Some(known) = self.profile(EntityKind::Person, person) else { continue };
            for credit in known.credits.iter().filter(|credit| credit.movie != movie) {
                crews.entry(&credit.movie).or_default().insert(person);
            }
        }
        let mut collaborators: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for crew in crews.values().filter(|crew| crew.len() > 1) {
            for person in crew {
                let others = collaborators.entry(person).or_default();
                for other in crew.iter().filter(|other| *other != person) {
                    if others.len() == MAX_COLLABORATORS {
                        break;
                    }
                    others.insert(other);
                }
            }
        }
        collaborators
            .into_iter()
            .map(|(person, others)| (person.to_owned(), others.len()))
            .collect()
    }
}
