//! Finds people that may be duplicates: they share a name, and their credits do not contradict it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::WorksPage;
use crate::catalog::access::CanDraft;
use crate::catalog::background::spawn_background;
use crate::catalog::{Catalog, CatalogError};
use crate::document::resolve::{Name, Relation};
use crate::document::schema::choice::define_choice;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{comparable, index_key};
use crate::storage::{Entity, PageRequest};

define_choice! {
    /// A reason for or against two people being the same person.
    pub enum DuplicateReason {
        /// Both have the same name, ignoring case, accents and spacing.
        SameName = "same_name",
        /// An alias of one person is a name or an alias of the other.
        SharedAlias = "shared_alias",
        /// Similar names, such as "J.J. Abrams" and "JJ Abrams", or "Pitt, Brad" and "B. Pitt".
        NearName = "near_name",
        /// A movie credits both with the same character or job in the same list.
        SamePart = "same_part",
        /// A movie credits both in different lists.
        SameMovie = "same_movie",
        /// Most credits of both are in the same list, such as the cast.
        SameWork = "same_work",
        /// Both worked in the same years, or at most ten years apart.
        SameTime = "same_time",
        /// Their credits are more than forty years apart. A reason against.
        YearsApart = "years_apart",
        /// One of them has no external id, as a person created from a name alone.
        WithoutId = "without_id",
        /// Both have an external id from the same source, and the ids differ. A reason against.
        DifferentIds = "different_ids",
    }
}

/// The data of a person that is compared to find duplicates.
#[derive(Debug, Clone, Default)]
pub struct PersonProfile {
    /// The name, then the aliases.
    pub names: Vec<String>,
    /// The external ids as (source, value).
    pub external_ids: Vec<(String, String)>,
    pub credits: Vec<ProfileCredit>,
}

/// A credit of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileCredit {
    pub movie: String,
    /// The list in the document, such as `cast` or `directors`.
    pub list: String,
    /// The character or the job.
    pub part: Option<String>,
    /// The year of the movie; 0 if unknown.
    pub year: i32,
}

/// How likely two people are the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateScore {
    /// The sum of the weights of the reasons, from 0 to 100.
    pub percent: i32,
    pub reasons: Vec<DuplicateReason>,
}

/// Two people that may be the same person. `first` has more credits; if both have as many, the
/// smaller id.
#[derive(Debug, Clone)]
pub struct Duplicate {
    pub first: String,
    pub second: String,
    pub score: DuplicateScore,
}

impl PersonProfile {
    /// The first and the last known year of work.
    fn years(&self) -> Option<(i32, i32)> {
        let known = || self.credits.iter().map(|credit| credit.year).filter(|year| *year != 0);
        Some((known().min()?, known().max()?))
    }

    /// The list that has most of the credits.
    fn main_list(&self) -> Option<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for credit in &self.credits {
            *counts.entry(&credit.list).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(list, _)| list)
    }
}

/// How likely two people are the same person. `None` if their names are not similar, or if one list
/// of a movie credits them with different parts, which shows two people.
#[must_use]
pub fn similarity(a: &PersonProfile, b: &PersonProfile) -> Option<DuplicateScore> {
    use DuplicateReason as Reason;
    let mut found = vec![name_similarity(a, b)?];
    let mut same_part = false;
    let mut same_movie = false;
    for credit in &a.credits {
        for other in b.credits.iter().filter(|other| other.movie == credit.movie) {
            let part = |credit: &ProfileCredit| credit.part.as_deref().map(comparable);
            match (credit.list == other.list, part(credit) == part(other)) {
                (true, false) => return None,
                (true, true) => same_part = true,
                (false, _) => same_movie = true,
            }
        }
    }
    found.extend(same_part.then_some((35, Reason::SamePart)));
    found.extend(same_movie.then_some((20, Reason::SameMovie)));
    if a.main_list().is_some() && a.main_list() == b.main_list() {
        found.push((10, Reason::SameWork));
    }
    if let (Some((a_first, a_last)), Some((b_first, b_last))) = (a.years(), b.years()) {
        match a_first.max(b_first) - a_last.min(b_last) {
            ..=10 => found.push((10, Reason::SameTime)),
            41.. => found.push((-25, Reason::YearsApart)),
            _ => {}
        }
    }
    let differ = |(source, value): &(String, String)| {
        b.external_ids.iter().any(|(s, v)| s == source && v != value)
    };
    if a.external_ids.iter().any(differ) {
        found.push((-25, Reason::DifferentIds));
    } else if a.external_ids.is_empty() || b.external_ids.is_empty() {
        found.push((10, Reason::WithoutId));
    }
    let percent = found.iter().map(|(weight, _)| weight).sum::<i32>().clamp(0, 100);
    Some(DuplicateScore { percent, reasons: found.into_iter().map(|(_, reason)| reason).collect() })
}

/// The weight and the reason of the similarity of their names; `None` if they are not similar.
fn name_similarity(a: &PersonProfile, b: &PersonProfile) -> Option<(i32, DuplicateReason)> {
    let keys = |profile: &PersonProfile| {
        profile.names.iter().map(|name| index_key(name)).collect::<Vec<_>>()
    };
    let (a_keys, b_keys) = (keys(a), keys(b));
    if a_keys.first() == b_keys.first() {
        return a_keys.first().map(|_| (50, DuplicateReason::SameName));
    }
    if a_keys.iter().any(|name| b_keys.contains(name)) {
        return Some((45, DuplicateReason::SharedAlias));
    }
    let names = |profile: &PersonProfile| {
        profile.names.iter().map(|name| Name::of(name)).collect::<Vec<_>>()
    };
    let (a, b) = (names(a), names(b));
    let relations = a.iter().flat_map(|name| b.iter().filter_map(|other| name.relation(other)));
    let weight = |relation: Relation| match relation {
        Relation::Same | Relation::SameLetters => 40,
        Relation::OtherOrder
        | Relation::SameSound(_)
        | Relation::Initials
        | Relation::MiddleName
        | Relation::Near(_) => 25,
        // Often two people: a father and a son, or people with similar-sounding names.
        Relation::Suffix | Relation::SimilarSound(_) => 10,
    };
    relations.map(weight).max().map(|weight| (weight, DuplicateReason::NearName))
}

/// Maximum number of shared names that are examined.
const MAX_NAMES: u64 = 5_000;
/// Maximum number of people created from a name that are examined.
const MAX_WITHOUT_ID: u64 = 2_000;
/// Maximum number of people of one name that are compared.
const MAX_PER_NAME: usize = 20;
/// Minimum percentage of a duplicate that is listed.
const MIN_PERCENT: i32 = 30;

/// The position of a pair in the list: its score in percent, and the two ids.
pub type DuplicatePosition = (i32, String, String);

/// A page of the pairs of people who may be the same person.
#[derive(Debug)]
pub struct DuplicatePage {
    pub duplicates: Vec<Duplicate>,
    /// Whether there are more, in the direction of reading.
    pub has_more: bool,
    /// The number of pairs on all pages.
    pub total: usize,
}

/// All credits of a person.
const ALL: WorksPage = WorksPage { from: None, limit: u64::MAX, backward: false };

impl Catalog {
    /// A page of the possible duplicates, most likely first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn duplicate_people(
        &self,
        permission: &CanDraft,
        page: &PageRequest<DuplicatePosition>,
    ) -> Result<DuplicatePage, CatalogError> {
        let mut groups = self.database.people_sharing_a_name(MAX_NAMES).await?;
        let near = self.database.people_with_similar_names(MAX_WITHOUT_ID).await?;
        let ids: BTreeSet<&String> = groups.iter().flatten().chain(near.iter().flatten()).collect();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        let people = self.entities(&permission.can_read(), EntityKind::Person, &ids).await?;
        let mut profiles: HashMap<String, PersonProfile> =
            people.into_iter().map(profile).collect();
        // Comparing names is CPU work.
        (groups, profiles) = spawn_background(move || {
            let has_similar_name = |[a, b]: &[String; 2]| {
                let pair = profiles.get(a).zip(profiles.get(b));
                pair.is_some_and(|(a, b)| name_similarity(a, b).is_some())
            };
            groups.extend(near.into_iter().filter(has_similar_name).map(Vec::from));
            let named: HashSet<&String> = groups.iter().flatten().collect();
            profiles.retain(|id, _| named.contains(id));
            (groups, profiles)
        })
        .await?;
        let ids: Vec<String> = profiles.keys().cloned().collect();
        for credit in self.database.credits_of(&ids, &ALL).await? {
            if let Some(profile) = profiles.get_mut(&credit.person) {
                let (movie, list, part, year) =
                    (credit.movie_id, credit.list, credit.part, credit.year);
                profile.credits.push(ProfileCredit { movie, list, part, year });
            }
        }
        let mut found = spawn_background(move || likely_pairs(&groups, &profiles)).await?;
        let total = found.len();
        if let Some((percent, first, second)) = &page.from {
            let from = (-percent, first.as_str(), second.as_str());
            found.retain(|duplicate| {
                let own =
                    (-duplicate.score.percent, duplicate.first.as_str(), duplicate.second.as_str());
                if page.backward { own < from } else { own > from }
            });
        }
        if page.backward {
            found.reverse();
        }
        let (duplicates, has_more) = page.cut(found);
        Ok(DuplicatePage { duplicates, has_more, total })
    }
}

fn profile(entity: Entity) -> (String, PersonProfile) {
    let names = std::iter::once(entity.name).chain(entity.aliases).collect();
    (entity.id, PersonProfile { names, external_ids: entity.external_ids, credits: Vec::new() })
}

/// The pairs within the groups that may be the same person, most likely first.
fn likely_pairs(
    groups: &[Vec<String>],
    profiles: &HashMap<String, PersonProfile>,
) -> Vec<Duplicate> {
    let mut found: BTreeMap<(String, String), DuplicateScore> = BTreeMap::new();
    for group in groups {
        let group = &group[..group.len().min(MAX_PER_NAME)];
        for (index, a) in group.iter().enumerate() {
            for b in &group[index + 1..] {
                let (Some(one), Some(other)) = (profiles.get(a), profiles.get(b)) else { continue };
                let Some(score) =
                    similarity(one, other).filter(|score| score.percent >= MIN_PERCENT)
                else {
                    continue;
                };
                let swap = (other.credits.len(), a) > (one.credits.len(), b);
                let pair = if swap { (b.clone(), a.clone()) } else { (a.clone(), b.clone()) };
                found.insert(pair, score);
            }
        }
    }
    let mut found: Vec<Duplicate> = found
        .into_iter()
        .map(|((first, second), score)| Duplicate { first, second, score })
        .collect();
    found.sort_by_key(|duplicate| Reverse(duplicate.score.percent));
    found
}

#[cfg(test)]
mod tests {
    use super::DuplicateReason as Reason;
    use super::*;

    fn person(names: &[&str], ids: &[&str], credits: &[(&str, &str, &str, i32)]) -> PersonProfile {
        let credits = credits.iter().map(|(movie, list, part, year)| ProfileCredit {
            movie: (*movie).to_owned(),
            list: (*list).to_owned(),
            part: Some((*part).to_owned()),
            year: *year,
        });
        PersonProfile {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            external_ids: ids.iter().map(|id| ("tmdb".to_owned(), (*id).to_owned())).collect(),
            credits: credits.collect(),
        }
    }

    #[test]
    fn reasons_for_and_against_are_listed() {
        let ada = person(&["Ada Quist"], &["1"], &[("m", "cast", "Captain", 1999)]);
        let cases = [
            (
                person(&["ada  quist"], &[], &[("n", "cast", "Cook", 2001)]),
                80,
                vec![Reason::SameName, Reason::SameWork, Reason::SameTime, Reason::WithoutId],
            ),
            (
                person(&["A. Quist", "Ada Quist"], &[], &[]),
                55,
                vec![Reason::SharedAlias, Reason::WithoutId],
            ),
            (person(&["Ada-Quist"], &[], &[]), 50, vec![Reason::NearName, Reason::WithoutId]),
            (
                person(&["Ada Quist"], &["2"], &[("n", "crew", "Grip", 1920)]),
                0,
                vec![Reason::SameName, Reason::YearsApart, Reason::DifferentIds],
            ),
            (
                person(&["Ada Quist"], &["1"], &[("m", "cast", "CAPTAIN", 1999)]),
                100,
                vec![Reason::SameName, Reason::SamePart, Reason::SameWork, Reason::SameTime],
            ),
            (
                person(&["Ada Quist"], &["1"], &[("m", "directors", "Director", 1999)]),
                80,
                vec![Reason::SameName, Reason::SameMovie, Reason::SameTime],
            ),
        ];
        for (other, percent, reasons) in cases {
            let score = similarity(&ada, &other).unwrap();
            assert_eq!((score.percent, &score.reasons), (percent, &reasons), "{other:?}");
            assert_eq!(similarity(&other, &ada), Some(score), "{other:?}");
        }
    }

    #[test]
    fn different_parts_in_one_list_show_two_people() {
        let ada = person(&["Ada Quist"], &[], &[("m", "cast", "Captain", 1999)]);
        let other = person(&["Ada Quist"], &[], &[("m", "cast", "Cook", 1999)]);
        assert_eq!(similarity(&ada, &other), None);
        assert_eq!(similarity(&ada, &person(&["Bo Quist"], &[], &[])), None);
    }
}
