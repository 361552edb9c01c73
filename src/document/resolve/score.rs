//! Finds the candidates for a name and computes their scores from their
//! [`features`](super::features).

use std::cell::OnceCell;

use ahash::{HashMap, HashSet, HashSetExt as _};

use super::directory::Directory;
use super::evidence::{EntityProfile, Evidence};
use super::features::{
    NAME_BASELINE, NEVER_CREDITED, NameQuery, Presence, career_weight, frequency_weight,
    presence_weight, probability, relation_weight, trait_weight, unique_name_weight,
};
use super::name::{Name, Relation};
use super::new_entities::NewEntityIndex;
use super::{Candidate, MatchReason};
use crate::document::reference;
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;

/// The maximum number of candidates with one name, for each way of finding candidates. With more, a
/// name cannot decide, and few can be shown.
pub const MAX_NAMESAKES: usize = 40;

/// All entities that a name may mean, best first. Each way of finding candidates considers at most
/// [`MAX_NAMESAKES`].
#[must_use]
pub fn score_candidates(
    query: &NameQuery<'_>,
    directory: &Directory,
    credited: &[String],
    introduced: &NewEntityIndex,
    presence: impl Fn(&str) -> Presence,
) -> Vec<Candidate> {
    let key = index_key(query.given);
    let given = Name::of_kind(query.kind, query.given);
    let evidence = directory.evidence();
    let by_name = directory.by_name(query.kind, &key);
    let without_edition = directory.by_name_without_edition(query.kind, query.given);
    let credited_here: HashSet<&str> = credited.iter().map(String::as_str).collect();
    let near = evidence.candidate_ids(query.kind, &key);
    let named = by_name.iter().chain(without_edition).take(MAX_NAMESAKES);
    let first = named.chain(credited).map(String::as_str);
    let mut seen = HashSet::new();
    let mut ids: Vec<&str> = first.chain(near).filter(|id| seen.insert(*id)).collect();
    let new_entities: HashMap<&str, (EntityProfile, &Name)> = directory
        .new_entities()
        .candidates(query.kind, &given)
        .into_iter()
        .chain(introduced.candidates(query.kind, &given))
        .filter(|new| {
            let id = new.entity.id.as_str();
            evidence.profile(query.kind, id).is_none() && !credited_here.contains(id)
        })
        .map(|new| {
            let known = EntityProfile { name: new.entity.name.clone(), ..EntityProfile::default() };
            (new.entity.id.as_str(), (known, new.name()))
        })
        .collect();
    ids.extend(new_entities.keys().filter(|id| seen.insert(**id)).copied().collect::<Vec<_>>());
    // A name that only one entity has means that entity, regardless of other evidence.
    let is_unique = query.kind.has_unique_names() && by_name.len() == 1;
    let unedited = OnceCell::new();
    let mut found: Vec<Candidate> = ids
        .into_iter()
        .filter_map(|id| {
            let presence = presence(id);
            let has_exact_name =
                directory.has_name(query.kind, &key, id) || credited_here.contains(id);
            let is_only_edition = without_edition == [id];
            // The full name is an alias of this entity, apart from the edition.
            let given = if is_only_edition {
                unedited.get_or_init(|| Name::of(query.given))
            } else {
                &given
            };
            let unscored = || {
                let unedited = unedited.get_or_init(|| Name::of(query.given));
                without_profile(query, given, unedited, id, presence, evidence)
            };
            if (is_unique && has_exact_name) || is_only_edition {
                return Some(unscored());
            }
            let named = evidence.profile_with_names(query.kind, id);
            let names = named.map_or(1, |(_, names)| names.len());
            if !query.budget.charge(8 + names * given.comparison_steps()) {
                return None;
            }
            let named = named.map(|(known, names)| (known, &names[0], &names[1..]));
            let named =
                named.or_else(|| new_entities.get(id).map(|(known, name)| (known, *name, &[][..])));
            match named {
                Some((known, own, aliases)) => {
                    let named = NamedProfile { id, known, own, aliases, has_exact_name };
                    weigh(query, given, &named, presence, evidence)
                }
                None => has_exact_name.then(unscored),
            }
        })
        .collect();
    if query.kind == EntityKind::Person {
        penalise_uncredited(&mut found, evidence);
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
    found
}

/// A candidate with its parsed names.
struct NamedProfile<'a> {
    id: &'a str,
    known: &'a EntityProfile,
    own: &'a Name,
    aliases: &'a [Name],
    /// Whether the entity is known by exactly the given name.
    has_exact_name: bool,
}

/// Reduces the weight of people without credits if a person with exactly the name has credits.
fn penalise_uncredited(candidates: &mut [Candidate], evidence: &Evidence) {
    let credits = |candidate: &Candidate| {
        evidence.profile(EntityKind::Person, &candidate.id).map(|known| !known.credits.is_empty())
    };
    if candidates
        .iter()
        .any(|candidate| candidate.has_exact_name && credits(candidate) == Some(true))
    {
        for candidate in candidates.iter_mut().filter(|candidate| credits(candidate) == Some(false))
        {
            candidate.weight += NEVER_CREDITED;
            candidate.score = probability(candidate.weight);
        }
    }
}

/// A candidate with exactly the name of which no profile was loaded.
fn without_profile(
    query: &NameQuery<'_>,
    given: &Name,
    unedited: &Name,
    id: &str,
    presence: Presence,
    evidence: &Evidence,
) -> Candidate {
    let reference = reference::by_id(query.kind, id);
    let own = reference.map_or(query.given, |entity| entity.name.as_str());
    let known = EntityProfile {
        name: own.to_owned(),
        aliases: vec![query.given.to_owned()],
        ..EntityProfile::default()
    };
    let own = reference.map(|entity| Name::of(&entity.name));
    let named = NamedProfile {
        id,
        known: &known,
        own: own.as_ref().unwrap_or(unedited),
        aliases: std::slice::from_ref(unedited),
        has_exact_name: true,
    };
    weigh(query, given, &named, presence, evidence).unwrap_or_else(|| Candidate {
        id: id.to_owned(),
        name: query.given.to_owned(),
        score: 0.0,
        reasons: Vec::new(),
        known_for: Vec::new(),
        weight: f64::MIN,
        has_exact_name: true,
    })
}

/// The candidate with its weight and reasons; `None` if the names do not relate.
fn weigh(
    query: &NameQuery<'_>,
    given: &Name,
    named: &NamedProfile<'_>,
    presence: Presence,
    evidence: &Evidence,
) -> Option<Candidate> {
    let NamedProfile { id, known, own: own_name, aliases, has_exact_name } = *named;
    let mut reasons = Vec::new();
    let own = given.relation(own_name);
    let alias = aliases.iter().filter_map(|alias| given.relation(alias));
    let best_alias = alias.max_by(|a, b| relation_weight(*a).0.total_cmp(&relation_weight(*b).0));
    let (mut relation, mut is_alias) = match (own, best_alias) {
        (Some(own), Some(alias)) if relation_weight(alias).0 > relation_weight(own).0 => {
            (Some(alias), true)
        }
        (None, Some(alias)) => (Some(alias), true),
        (own, _) => (own, false),
    };
    // A person who is credited under the name in the document has that name, even if it is not one
    // of their own.
    if relation.is_none() && has_exact_name {
        (relation, is_alias) = (Some(Relation::Same), true);
    }
    // The words of a platform are not initials or middle names.
    let is_for_people_only = |relation: &Relation| {
        matches!(relation, Relation::Initials | Relation::MiddleName | Relation::Suffix)
    };
    let relation = relation
        .filter(|relation| !(query.kind.has_unique_names() && is_for_people_only(relation)))?;
    let (by_name, reason) = relation_weight(relation);
    let has_exact_name = relation.is_same_name();
    reasons.push(if is_alias && relation == Relation::Same { MatchReason::Alias } else { reason });
    let mut weight = by_name - NAME_BASELINE;
    if query.kind.has_unique_names() {
        weight += unique_name_weight(relation, is_alias);
        weight += trait_weight(query, known, &mut reasons);
    } else {
        weight += presence_weight(presence, relation, &mut reasons);
        weight += career_weight(query, id, known, evidence, &mut reasons);
        weight += frequency_weight(given, own_name, relation, evidence, &mut reasons);
    }
    Some(Candidate {
        id: id.to_owned(),
        name: known.name.clone(),
        score: probability(weight),
        reasons,
        known_for: known_for(known),
        weight,
        has_exact_name,
    })
}

/// The titles of the three newest movies.
fn known_for(known: &EntityProfile) -> Vec<String> {
    let mut titles: Vec<(i32, &String)> = known
        .credits
        .iter()
        .filter_map(|credit| Some((credit.year, credit.title.as_ref()?)))
        .collect();
    titles.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut known_for: Vec<String> = Vec::new();
    for (_, title) in titles {
        if known_for.len() < 3 && !known_for.contains(title) {
            known_for.push(title.clone());
        }
    }
    known_for
}
