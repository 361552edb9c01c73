//! The features of a candidate, and the weight of each.
//!
//! The weights are those of a conditional logistic regression over a catalogue of 157,000 credits,
//! cross-validated with a quarter of the movies held out in turn, and rounded. A weight is the
//! logarithm of the odds that the name means the candidate and not an unknown entity, less
//! [`MATCH_THRESHOLD`]. Nearly all right candidates and few wrong ones have a weight above 0;
//! `make bench` prints both shares.

use std::collections::BTreeSet;

use ahash::{HashMap, HashSet};

use super::MatchReason;
use super::evidence::{EntityProfile, Evidence, MIN_EXPECTED};
use super::name::{Name, Relation};
use crate::document::budget::WorkBudget;
use crate::document::schema::entities::EntityKind;

/// A name to resolve, with its context.
#[derive(Debug)]
pub struct NameQuery<'a> {
    pub kind: EntityKind,
    /// The name as sent.
    pub given: &'a str,
    /// The id of the document's movie.
    pub movie: &'a str,
    /// The departments in which the document credits the person.
    pub departments: &'a BTreeSet<String>,
    /// Other values of the item that distinguish entities with one name, with their fields.
    pub traits: Vec<(&'static str, String)>,
    /// For each person, the number of people in the document that they have worked with before.
    pub collaborators: &'a HashMap<String, usize>,
    /// The budget for computing scores. When it is spent, no more candidates are considered.
    pub budget: &'a WorkBudget<'a>,
}

/// Where the stored document contains a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In the list that contains the name.
    InList(RoleMatch),
    /// On this movie, in another list or document.
    OnMovie,
    /// Not on this movie.
    Absent,
}

/// Whether an item has the same job or character as the item in which the list contains a
/// candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleMatch {
    Same,
    Different,
    /// One of the items has no job or character.
    Unknown,
}

/// The threshold for a match: the logarithm of odds of 38 to 1. About 95 per cent of the right
/// candidates reach it.
pub(super) const MATCH_THRESHOLD: f64 = 3.65;
/// The base weight of a candidate, relative to [`MATCH_THRESHOLD`].
const START: f64 = 0.85;
pub(super) const NAME_BASELINE: f64 = START + MATCH_THRESHOLD;
const LISTED: f64 = 8.0;
pub(super) const CREDITED: f64 = 6.0;
/// For a similar name on the same movie: Erik Janssen is more probably a relative of Erika Janssen
/// than a misspelling.
const LISTED_SIMILAR_NAME: f64 = 2.0;
/// For a similar name in the same list with another job or character.
const LISTED_OTHER_ROLE: f64 = -5.0;
const SAME_DEPARTMENT: f64 = 3.2;
const DEPARTMENT_UNKNOWN: f64 = 1.6;
/// A person without credits is rarely the right one if another person of the name has credits: they
/// remain from a reverted split or a removed credit.
pub(super) const NEVER_CREDITED: f64 = -5.0;
const PER_DECADE_APART: f64 = -0.8;
const MAX_DECADES: f64 = 5.0;
/// For the same name in any form: the rarer a name is, the less probable is a coincidence.
const FREQUENCY_OF_SAME_NAME: f64 = -1.6;
/// For a similar name.
const FREQUENCY_OF_SIMILAR_NAME: f64 = -0.9;
const ANY_COLLABORATOR: f64 = 0.5;
const PER_DOUBLING_OF_COLLABORATORS: f64 = 0.3;
const PER_DOUBLING_OF_MOVIES: f64 = 0.5;
/// The expected number of people below which a name is uncommon, as a decimal logarithm.
const UNCOMMON: f64 = -2.0;
const COMMON: f64 = -0.5;
/// The number of years outside of a career that are still plausible.
const YEARS_CLOSE: i32 = 5;
const YEARS_FAR: i32 = 20;

/// The minimum similarity of one name in two scripts: Бред Пітт and Brad Pitt have it, Дан Беене
/// and Dany Boon do not.
const MIN_SAME_SOUND_SIMILARITY: f64 = 0.77;

/// The minimum similarity of one name in two scripts if the consonants only sound similar.
const MIN_SIMILAR_SOUND_SIMILARITY: f64 = 0.75;

/// The weight of how two names relate, for all kinds of entities.
pub(super) fn relation_weight(relation: Relation) -> (f64, MatchReason) {
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

/// Ceremonies, platforms and genres rarely share a name. Their primary name counts more than an
/// alias.
pub(super) fn unique_name_weight(relation: Relation, is_alias: bool) -> f64 {
    match (relation, is_alias) {
        (Relation::Same, false) => NAME_BASELINE + 4.0,
        (Relation::Same, true) | (Relation::SameLetters, false) => NAME_BASELINE + 2.5,
        (Relation::SameLetters, true) => NAME_BASELINE + 1.5,
        _ => 0.0,
    }
}

const SAME_TRAIT: f64 = 3.0;
const OTHER_TRAIT: f64 = -4.0;

/// Compares language, country and region. A trait counts only if the candidate has a value for it.
pub(super) fn trait_weight(
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

/// The weight of being credited on this movie. One movie may credit a person with initials or in
/// another word order; other similar names more probably belong to another person, unless the item
/// has the same job or character.
pub(super) fn presence_weight(
    presence: Presence,
    relation: Relation,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
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

/// The weight of a person's departments, years, collaborators and number of movies.
pub(super) fn career_weight(
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
    let movies = elsewhere.iter().map(|credit| &credit.movie).collect::<HashSet<_>>().len();
    weight + PER_DOUBLING_OF_MOVIES * log2(movies.max(1)).min(5.0)
}

/// The weight of how common the name is, computed from what the two names have in common: of an
/// initial, only the letter.
pub(super) fn frequency_weight(
    given: &Name,
    own: &Name,
    relation: Relation,
    evidence: &Evidence,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let expected = match relation {
        // Two people rarely have the same symbols in their names.
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

/// Converts a weight into a probability.
pub(super) fn probability(weight: f64) -> f64 {
    let probability = 1.0 / (1.0 + (-(weight + MATCH_THRESHOLD)).exp());
    (probability * 1_000.0).round() / 1_000.0
}
