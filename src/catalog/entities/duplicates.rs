//! People who may be one: who share a name, and whose credits do not speak against it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::access::CanDraft;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::EntityKind;
use crate::document::resolve::{Name, Relation};
use crate::document::schema::definition::define_choice;
use crate::document::text::{comparable, index_key};
use crate::storage::Entity;

define_choice! {
    /// What speaks for or against two people being one.
    pub enum DuplicateReason {
        /// Both are called the same; case, accents and spacing aside.
        SameName = "same_name",
        /// A name that one of them also goes by is the other's.
        SharedAlias = "shared_alias",
        /// Their names are forms of one another, or nearly alike: "J.J. Abrams" and "JJ Abrams", "Pitt, Brad" and "B. Pitt".
        NearName = "near_name",
        /// A movie credits both with the very same part.
        SamePart = "same_part",
        /// A movie credits both, in different lists.
        SameMovie = "same_movie",
        /// Most of what both did is of the same kind.
        SameWork = "same_work",
        /// Both worked at about the same time.
        SameTime = "same_time",
        /// Their work lies more than forty years apart. Speaks against it.
        YearsApart = "years_apart",
        /// One of them has no id elsewhere, as someone who was made from a name alone.
        WithoutId = "without_id",
        /// Elsewhere they are two, with an id each. Speaks against it.
        DifferentIds = "different_ids",
    }
}

/// What is known of someone, as far as it tells whether they are someone else as well.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// All names, the own one first.
    pub names: Vec<String>,
    /// The ids elsewhere: (source, value).
    pub external_ids: Vec<(String, String)>,
    pub credits: Vec<ProfileCredit>,
}

/// A credit of someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileCredit {
    pub movie: String,
    pub list: String,
    /// The character or the job.
    pub part: Option<String>,
    /// The year of the movie; 0: not known.
    pub year: i32,
}

/// How likely two are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100.
    pub percent: i32,
    pub reasons: Vec<DuplicateReason>,
}

/// Two who may be one. The first has more credits, or the smaller id.
#[derive(Debug, Clone)]
pub struct Duplicate {
    pub first: String,
    pub second: String,
    pub score: Score,
}

impl Profile {
    /// The first and the last year of work, as far as years are known.
    fn years(&self) -> Option<(i32, i32)> {
        let known = || self.credits.iter().map(|credit| credit.year).filter(|year| *year != 0);
        Some((known().min()?, known().max()?))
    }

    /// The list that most of the credits stand in.
    fn work(&self) -> Option<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for credit in &self.credits {
            *counts.entry(&credit.list).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(list, _)| list)
    }
}

/// How likely two people are one; `None` if their names say nothing of it, or their credits contradict it:
/// a list that has both, with different parts, has two people.
#[must_use]
pub fn similarity(a: &Profile, b: &Profile) -> Option<Score> {
    use DuplicateReason as Reason;
    let mut found = vec![alike(a, b)?];
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
    if a.work().is_some() && a.work() == b.work() {
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
    Some(Score { percent, reasons: found.into_iter().map(|(_, reason)| reason).collect() })
}

/// How far their names are the same.
fn alike(a: &Profile, b: &Profile) -> Option<(i32, DuplicateReason)> {
    let keys =
        |profile: &Profile| profile.names.iter().map(|name| index_key(name)).collect::<Vec<_>>();
    let (a_keys, b_keys) = (keys(a), keys(b));
    if a_keys.first() == b_keys.first() {
        return a_keys.first().map(|_| (50, DuplicateReason::SameName));
    }
    if a_keys.iter().any(|name| b_keys.contains(name)) {
        return Some((45, DuplicateReason::SharedAlias));
    }
    let names =
        |profile: &Profile| profile.names.iter().map(|name| Name::of(name)).collect::<Vec<_>>();
    let (a, b) = (names(a), names(b));
    let relations = a.iter().flat_map(|name| b.iter().filter_map(|other| name.relation(other)));
    let weight = |relation: Relation| match relation {
        Relation::Same | Relation::SameLetters => 40,
        Relation::OtherOrder
        | Relation::SameSound(_)
        | Relation::Initials
        | Relation::MiddleName
        | Relation::Near(_) => 25,
        // As often a father and his son, or two who sound alike.
        Relation::Suffix | Relation::LikeSound(_) => 10,
    };
    relations.map(weight).max().map(|weight| (weight, DuplicateReason::NearName))
}

/// Most names that are looked at, most people who were made from a name, and most people of one name.
const MAX_NAMES: u64 = 5_000;
const MAX_MADE: u64 = 2_000;
const MAX_OF_A_NAME: usize = 20;
/// What is less likely is not worth a look.
const LIKELY: i32 = 30;

impl Catalog {
    /// A page of those who may be one, the likeliest first, after one of them; and whether there are more.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn duplicate_people(
        &self,
        permission: &CanDraft,
        after: Option<(i32, &str, &str)>,
        limit: usize,
    ) -> Result<(Vec<Duplicate>, bool), CatalogError> {
        let mut groups = self.database.people_sharing_a_name(MAX_NAMES).await?;
        let near = self.database.people_with_similar_names(MAX_MADE).await?;
        let ids: BTreeSet<&String> = groups.iter().flatten().chain(near.iter().flatten()).collect();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        let people = self.entities(&permission.can_read(), EntityKind::Person, &ids).await?;
        let mut profiles: HashMap<String, Profile> = people.into_iter().map(profile).collect();
        // Comparing is work for a thread of its own.
        (groups, profiles) = tokio::task::spawn_blocking(move || {
            let is_alike = |[a, b]: &[String; 2]| {
                matches!((profiles.get(a), profiles.get(b)), (Some(a), Some(b)) if alike(a, b).is_some())
            };
            groups.extend(near.into_iter().filter(is_alike).map(Vec::from));
            let named: HashSet<&String> = groups.iter().flatten().collect();
            profiles.retain(|id, _| named.contains(id));
            (groups, profiles)
        })
        .await?;
        let ids: Vec<String> = profiles.keys().cloned().collect();
        for credit in self.database.credits_of(&ids, None, u64::MAX).await? {
            if let Some(profile) = profiles.get_mut(&credit.person) {
                let (movie, list, part, year) =
                    (credit.movie_id, credit.list, credit.part, credit.year);
                profile.credits.push(ProfileCredit { movie, list, part, year });
            }
        }
        let mut found = tokio::task::spawn_blocking(move || pairs(&groups, &profiles)).await?;
        let place = |of: &Duplicate| (-of.score.percent, of.first.clone(), of.second.clone());
        if let Some((percent, first, second)) = after {
            let after = (-percent, first.to_owned(), second.to_owned());
            found.retain(|duplicate| place(duplicate) > after);
        }
        let has_more = found.len() > limit;
        found.truncate(limit);
        Ok((found, has_more))
    }
}

fn profile(entity: Entity) -> (String, Profile) {
    let names = std::iter::once(entity.name).chain(entity.aliases).collect();
    (entity.id, Profile { names, external_ids: entity.external_ids, credits: Vec::new() })
}

/// All pairs within the groups that may be one, the likeliest first.
fn pairs(groups: &[Vec<String>], profiles: &HashMap<String, Profile>) -> Vec<Duplicate> {
    let mut found: BTreeMap<(String, String), Score> = BTreeMap::new();
    for group in groups {
        let group = &group[..group.len().min(MAX_OF_A_NAME)];
        for (index, a) in group.iter().enumerate() {
            for b in &group[index + 1..] {
                let (Some(one), Some(other)) = (profiles.get(a), profiles.get(b)) else { continue };
                let Some(score) = similarity(one, other).filter(|score| score.percent >= LIKELY)
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

    fn someone(names: &[&str], ids: &[&str], credits: &[(&str, &str, &str, i32)]) -> Profile {
        let credits = credits.iter().map(|(movie, list, part, year)| ProfileCredit {
            movie: (*movie).to_owned(),
            list: (*list).to_owned(),
            part: Some((*part).to_owned()),
            year: *year,
        });
        Profile {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            external_ids: ids.iter().map(|id| ("tmdb".to_owned(), (*id).to_owned())).collect(),
            credits: credits.collect(),
        }
    }

    #[test]
    fn what_speaks_for_it_and_against_it_is_told() {
        let ada = someone(&["Ada Quist"], &["1"], &[("m", "cast", "Captain", 1999)]);
        let cases = [
            (
                someone(&["ada  quist"], &[], &[("n", "cast", "Cook", 2001)]),
                80,
                vec![Reason::SameName, Reason::SameWork, Reason::SameTime, Reason::WithoutId],
            ),
            (
                someone(&["A. Quist", "Ada Quist"], &[], &[]),
                55,
                vec![Reason::SharedAlias, Reason::WithoutId],
            ),
            (someone(&["Ada-Quist"], &[], &[]), 50, vec![Reason::NearName, Reason::WithoutId]),
            (
                someone(&["Ada Quist"], &["2"], &[("n", "crew", "Grip", 1920)]),
                0,
                vec![Reason::SameName, Reason::YearsApart, Reason::DifferentIds],
            ),
            (
                someone(&["Ada Quist"], &["1"], &[("m", "cast", "CAPTAIN", 1999)]),
                100,
                vec![Reason::SameName, Reason::SamePart, Reason::SameWork, Reason::SameTime],
            ),
            (
                someone(&["Ada Quist"], &["1"], &[("m", "directors", "Director", 1999)]),
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
    fn two_parts_in_one_list_are_two_people() {
        let ada = someone(&["Ada Quist"], &[], &[("m", "cast", "Captain", 1999)]);
        let other = someone(&["Ada Quist"], &[], &[("m", "cast", "Cook", 1999)]);
        assert_eq!(similarity(&ada, &other), None);
        assert_eq!(similarity(&ada, &someone(&["Bo Quist"], &[], &[])), None);
    }
}
