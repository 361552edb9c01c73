//! What speaks for a candidate, and how much.
//!
//! The weights are those of a conditional logistic regression over a catalogue of 157,000 credits, a quarter of the
//! movies held out in turn, rounded: a weight is a logarithm of the odds that a candidate is meant and not
//! somebody who is not known here, less [`MATCH_THRESHOLD`]. 0 is where nearly all of the right ones and few wrong ones are
//! above; `make bench` prints both.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::evidence::{EntityProfile, Evidence, MIN_EXPECTED};
use super::name::{Name, Relation};
use super::new_entities::NewEntityIndex;
use super::{Candidate, MatchReason};
use crate::document::budget::WorkBudget;
use crate::document::entity::{Directory, EntityKind};
use crate::document::reference;
use crate::document::text::index_key;

/// A name, and where it stands.
#[derive(Debug)]
pub struct NameQuery<'a> {
    pub kind: EntityKind,
    /// The name as it came.
    pub given: &'a str,
    /// The movie of the document.
    pub movie: &'a str,
    /// Of a person: the kinds of work that the document names them for.
    pub departments: &'a BTreeSet<String>,
    /// What else the item says that may tell entities of one name apart: fields with their values.
    pub traits: Vec<(&'static str, String)>,
    /// With how many of this document each person has worked before.
    pub collaborators: &'a HashMap<String, usize>,
    /// What the decision may cost; without it, no more candidates are weighed.
    pub budget: &'a WorkBudget<'a>,
}

/// Most of those who go by one name that are weighed, of each way to find them. Between more, no
/// name decides, and an answer shows few.
pub const MAX_NAMESAKES: usize = 40;

/// Where a candidate is credited already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In the list of this movie that the name stands in.
    InList(RoleMatch),
    /// Elsewhere on this movie.
    OnMovie,
    /// Not on this movie.
    Absent,
}

/// Whether an item has the job or the character of the one that somebody stands in the list with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleMatch {
    Same,
    Different,
    /// One of the two does not say.
    Unknown,
}

/// Odds of 38 to 1, as a logarithm: what it takes to be taken for the one. About nineteen in twenty of the right
/// ones reach it.
pub(super) const MATCH_THRESHOLD: f64 = 3.65;
/// What a candidate starts at, below [`MATCH_THRESHOLD`].
const START: f64 = 0.85;
const NAME_BASELINE: f64 = START + MATCH_THRESHOLD;
const LISTED: f64 = 8.0;
pub(super) const CREDITED: f64 = 6.0;
/// Where the name is another one: on one movie, Erik Janssen is rather Erika's brother than a misspelling.
const LISTED_SIMILAR_NAME: f64 = 2.0;
/// Where the job or the character is another one too, few are one.
const LISTED_OTHER_ROLE: f64 = -5.0;
const SAME_DEPARTMENT: f64 = 3.2;
const DEPARTMENT_UNKNOWN: f64 = 1.6;
/// Whoever is credited nowhere is rarely meant beside one who is: what is left of a split that was taken back, or of a credit that is gone.
const NEVER_CREDITED: f64 = -5.0;
const PER_DECADE_APART: f64 = -0.8;
const MAX_DECADES: f64 = 5.0;
/// Of the very name, in whatever form: the rarer it is, the less is it a coincidence.
const FREQUENCY_OF_SAME_NAME: f64 = -1.6;
/// Of a name that is merely like it.
const FREQUENCY_OF_SIMILAR_NAME: f64 = -0.9;
const ANY_COLLABORATOR: f64 = 0.5;
const PER_DOUBLING_OF_COLLABORATORS: f64 = 0.3;
const PER_DOUBLING_OF_MOVIES: f64 = 0.5;
/// Names of one person in nine hundred by chance and rarer.
const UNCOMMON: f64 = -2.0;
const COMMON: f64 = -0.5;
/// Years outside of a career that are no surprise.
const YEARS_CLOSE: i32 = 5;
const YEARS_FAR: i32 = 20;

/// In another script, names of one person are as alike as this: Бред Пітт and Brad Pitt, but not Дан Беене and
/// Dany Boon.
const MIN_SAME_SOUND_SIMILARITY: f64 = 0.77;

/// What merely sounds alike is as alike as this, if it is one name.
const MIN_SIMILAR_SOUND_SIMILARITY: f64 = 0.75;

/// What the name alone says, of people and of all else.
fn relation_weight(relation: Relation) -> (f64, MatchReason) {
    match relation {
        Relation::Same => (0.0, MatchReason::SameName),
        Relation::SameLetters => (-0.1, MatchReason::SameLetters),
        Relation::OtherOrder => (-2.7, MatchReason::OtherOrder),
        Relation::SameSound(similarity) => (
            if similarity >= MIN_SAME_SOUND_SIMILARITY { -2.0 } else { -4.5 },
            MatchReason::SameSound,
        ),
        Relation::SimilarSound(similarity) => (
            if similarity >= MIN_SIMILAR_SOUND_SIMILARITY { -5.0 } else { -8.0 },
            MatchReason::SameSound,
        ),
        Relation::MiddleName => (-5.5, MatchReason::MiddleName),
        Relation::Suffix => (-7.5, MatchReason::Suffix),
        Relation::Initials => (-1.5, MatchReason::Initials),
        Relation::Near(similarity) => (-5.3 - 20.0 * (1.0 - similarity), MatchReason::NearName),
    }
}

/// Everyone that a name may mean, best first. Of each way to be found, [`MAX_NAMESAKES`] are
/// weighed.
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
    // A name that one alone has means that one, whatever stands beside it.
    let is_unique = query.kind.has_unique_names() && by_name.len() == 1;
    let unedited = OnceCell::new();
    let mut found: Vec<Candidate> = ids
        .into_iter()
        .filter_map(|id| {
            let presence = presence(id);
            let has_exact_name =
                directory.has_name(query.kind, &key, id) || credited_here.contains(id);
            let is_only_edition = without_edition == [id];
            // But for the edition, the name is theirs, in whatever form.
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

/// A candidate with its names taken apart.
struct NamedProfile<'a> {
    id: &'a str,
    known: &'a EntityProfile,
    own: &'a Name,
    aliases: &'a [Name],
    /// Whether it is known under the very name that is asked for.
    has_exact_name: bool,
}

/// Beside one of the very name who is credited, whoever is credited nowhere comes last.
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

/// Someone of the name of whom nothing else is known.
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
    // Whoever is credited under the name here goes by it, whatever their own name is.
    if relation.is_none() && has_exact_name {
        (relation, is_alias) = (Some(Relation::Same), true);
    }
    // Of a platform, letters are no initials, and nothing is a middle name.
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

/// Two ceremonies, platforms or genres do not share a name by chance; their own name comes before an alias.
fn unique_name_weight(relation: Relation, is_alias: bool) -> f64 {
    match (relation, is_alias) {
        (Relation::Same, false) => NAME_BASELINE + 4.0,
        (Relation::Same, true) | (Relation::SameLetters, false) => NAME_BASELINE + 2.5,
        (Relation::SameLetters, true) => NAME_BASELINE + 1.5,
        _ => 0.0,
    }
}

const SAME_TRAIT: f64 = 3.0;
const OTHER_TRAIT: f64 = -4.0;

/// Language, country, region: of a kind of which the candidate is known to have any, one of them fits, or
/// none does.
fn trait_weight(
    query: &NameQuery<'_>,
    known: &EntityProfile,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let mut weight = 0.0;
    for (field, value) in &query.traits {
        let mut of_kind = known.traits.iter().filter(|(of, _)| of == field).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        if of_kind.any(|(_, known)| known == value) {
            weight += SAME_TRAIT;
            reasons.push(MatchReason::SameRegion);
        } else {
            weight += OTHER_TRAIT;
            reasons.push(MatchReason::OtherRegion);
        }
    }
    reasons.dedup();
    weight
}

/// What it says that a person stands on this movie already. Initials and another order are forms that one person's name
/// has on one movie; all else that is merely like it is rather the name of somebody else, unless the item is the same.
fn presence_weight(presence: Presence, relation: Relation, reasons: &mut Vec<MatchReason>) -> f64 {
    let is_form_of_name = match relation {
        Relation::Initials | Relation::OtherOrder => true,
        Relation::SameSound(similarity) => similarity >= MIN_SAME_SOUND_SIMILARITY,
        _ => relation.is_same_name(),
    };
    match presence {
        Presence::Absent => 0.0,
        Presence::InList(agreement) => {
            reasons.push(MatchReason::ListedHere);
            match agreement {
                _ if relation.is_same_name() => LISTED,
                RoleMatch::Same => LISTED,
                RoleMatch::Unknown if is_form_of_name => LISTED,
                RoleMatch::Unknown => LISTED_SIMILAR_NAME,
                RoleMatch::Different => LISTED_OTHER_ROLE,
            }
        }
        Presence::OnMovie => {
            reasons.push(MatchReason::CreditedHere);
            if is_form_of_name { CREDITED } else { LISTED_SIMILAR_NAME }
        }
    }
}

/// Where and with whom a person has worked.
fn career_weight(
    query: &NameQuery<'_>,
    id: &str,
    known: &EntityProfile,
    evidence: &Evidence,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let mut weight = 0.0;
    let elsewhere: Vec<_> =
        known.credits.iter().filter(|credit| credit.movie != query.movie).collect();
    let mut departments = elsewhere.iter().filter_map(|credit| credit.department.as_ref());
    weight += if query.departments.is_empty() || elsewhere.is_empty() {
        DEPARTMENT_UNKNOWN
    } else if departments.any(|department| query.departments.contains(department)) {
        reasons.push(MatchReason::SameDepartment);
        SAME_DEPARTMENT
    } else {
        reasons.push(MatchReason::OtherDepartment);
        0.0
    };
    let years = elsewhere.iter().map(|credit| credit.year).filter(|year| *year > 0);
    if let (Some(year), Some(first), Some(last)) =
        (evidence.year(query.movie), years.clone().min(), years.max())
    {
        let apart = (first - year).max(year - last).max(0);
        weight += PER_DECADE_APART * (f64::from(apart) / 10.0).min(MAX_DECADES);
        match apart {
            ..=YEARS_CLOSE => reasons.push(MatchReason::YearsFit),
            YEARS_FAR.. => reasons.push(MatchReason::YearsApart),
            _ => {}
        }
    }
    let collaborators = query.collaborators.get(id).copied().unwrap_or(0);
    if collaborators > 0 {
        reasons.push(MatchReason::WorkedTogether);
        weight +=
            ANY_COLLABORATOR + PER_DOUBLING_OF_COLLABORATORS * log2(1 + collaborators).min(4.0);
    }
    let movies = elsewhere
        .iter()
        .map(|credit| &credit.movie)
        .collect::<std::collections::HashSet<_>>()
        .len();
    weight + PER_DOUBLING_OF_MOVIES * log2(movies.max(1)).min(5.0)
}

/// How many credited may have the name. What the two names have in common is what counts: of an initial,
/// only its letter.
fn frequency_weight(
    given: &Name,
    own: &Name,
    relation: Relation,
    evidence: &Evidence,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let expected = match relation {
        // Two people rarely write the same symbols into a name.
        Relation::Same if given.has_symbols() => MIN_EXPECTED.log10(),
        Relation::Same => evidence.expected_log10(given),
        _ => evidence.expected_log10(given).max(evidence.expected_log10(own)),
    };
    match expected {
        ..=UNCOMMON => reasons.push(MatchReason::UncommonName),
        COMMON.. => reasons.push(MatchReason::CommonName),
        _ => {}
    }
    expected
        * if relation.is_same_name() { FREQUENCY_OF_SAME_NAME } else { FREQUENCY_OF_SIMILAR_NAME }
}

fn log2(count: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts of movies and people")]
    (count as f64).log2()
}

/// A weight as a probability.
pub(super) fn probability(weight: f64) -> f64 {
    let probability = 1.0 / (1.0 + (-(weight + MATCH_THRESHOLD)).exp());
    (probability * 1_000.0).round() / 1_000.0
}

/// Titles of the newest movies, three at most.
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
