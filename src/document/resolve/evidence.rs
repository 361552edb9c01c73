//! What is known of the entities that names may mean; fetching it is storage's work.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use super::name::{Name, Relation};
use crate::document::entity::EntityKind;

/// What is known of one entity.
#[derive(Debug, Clone, Default)]
pub struct EntityProfile {
    /// Its own name.
    pub name: String,
    /// Other names it goes by.
    pub aliases: Vec<String>,
    /// Of a person: what they are credited for.
    pub credits: Vec<PastCredit>,
    /// Of a ceremony, a platform: what tells it from another of the same name, as the field of an item and
    /// its value.
    pub traits: BTreeSet<(&'static str, String)>,
}

/// One credit of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCredit {
    pub movie: String,
    pub title: Option<String>,
    /// 0: not known.
    pub year: i32,
    /// The kind of work: Acting, Directing, Sound, …
    pub department: Option<String>,
}

/// What is known of all that a document may name.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    known: HashMap<(&'static str, String), Entry>,
    /// By name key, whoever shares a blocking key with the name.
    candidates: HashMap<(&'static str, String), Vec<String>>,
    /// How many people have a word in their name.
    word_counts: HashMap<String, u64>,
    /// How many people there are.
    person_count: u64,
    /// The years of movies.
    years: HashMap<String, i32>,
}

/// An entity with its names taken apart, its own first; that is done when they are first compared.
#[derive(Debug, Clone, Default)]
struct Entry {
    known: EntityProfile,
    names: OnceLock<Vec<Name>>,
}

/// More companions than these say no more.
pub(super) const MAX_COLLABORATORS: usize = 15;
/// With fewer people than this, how often a name occurs among them says nothing of how common it is.
const MIN_PEOPLE: f64 = 50_000.0;
/// One in so many given names begins with a certain letter.
const INITIAL_LETTERS: f64 = 15.0;

/// No name is taken to be rarer than this: so many people of a name are to be expected by chance.
pub(super) const MIN_EXPECTED: f64 = 1e-4;

/// One in so many people goes by a single name.
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

    /// What is known of an entity, with its names taken apart: its own first, then the aliases.
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

    /// Records that an entity may be near to a name.
    pub fn add_candidate(&mut self, kind: EntityKind, name_key: &str, id: &str) {
        let near = self.candidates.entry((kind.as_str(), name_key.to_owned())).or_default();
        if !near.iter().any(|known| known == id) {
            near.push(id.to_owned());
        }
    }

    /// Whoever may be near to a name, in an order that no database decides.
    pub fn candidate_ids(&self, kind: EntityKind, name_key: &str) -> Vec<&str> {
        let near = self.candidates.get(&(kind.as_str(), name_key.to_owned()));
        let mut near: Vec<&str> = near.into_iter().flatten().map(String::as_str).collect();
        near.sort_unstable();
        near
    }

    /// Whoever of those near has the very name in another form.
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

    /// Whether anybody of those near has a name that is like it; if it is in another script, the very name.
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

    /// How many people of such a name are to be expected by chance, as a decimal logarithm.
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
            // One who goes by a single name shares it with few of those who have it among others.
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

    /// Of each person, with how many others of `people` they have worked on a movie other than `movie`,
    /// up to [`MAX_COLLABORATORS`].
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
