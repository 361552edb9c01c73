//! What speaks for a candidate, and how much.
//!
//! The weights are those of a conditional logistic regression over a catalogue of 157,000 credits, a quarter of the
//! movies held out in turn, rounded: a weight is a logarithm of the odds that a candidate is meant and not
//! somebody who is not known here, less [`CERTAIN`]. 0 is where nearly all of the right ones and few wrong ones are
//! above; `make bench` prints both.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::knowledge::{Knowledge, Known, RAREST};
use super::name::{Name, Relation};
use super::new_entities::Newcomers;
use super::{Candidate, MatchReason};
use crate::document::budget::WorkBudget;
use crate::document::entity::{Directory, EntityKind};
use crate::document::reference;
use crate::document::text::index_key;

/// A name, and where it stands.
#[derive(Debug)]
pub struct Question<'a> {
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
    pub company: &'a HashMap<String, usize>,
    /// What the decision may cost; without it, no more candidates are weighed.
    pub budget: &'a WorkBudget<'a>,
}

/// Most of those who go by one name that are weighed, of each way to find them. Between more, no
/// name decides, and an answer shows few.
pub const MOST_OF_ONE_NAME: usize = 40;

/// Where a candidate is credited already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the list of this movie that the name stands in.
    Listed(Agreement),
    /// Elsewhere on this movie.
    Credited,
    /// Not on this movie.
    Unknown,
}

/// Whether an item has the job or the character of the one that somebody stands in the list with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Same,
    Other,
    /// One of the two does not say.
    Unsaid,
}

/// Odds of 38 to 1, as a logarithm: what it takes to be taken for the one. About nineteen in twenty of the right
/// ones reach it.
pub(super) const CERTAIN: f64 = 3.65;
/// What a candidate starts at, below [`CERTAIN`].
const START: f64 = 0.85;
const ENOUGH: f64 = START + CERTAIN;
const LISTED: f64 = 8.0;
pub(super) const CREDITED: f64 = 6.0;
/// Where the name is another one: on one movie, Erik Janssen is rather Erika's brother than a misspelling.
const HERE_UNDER_ANOTHER_NAME: f64 = 2.0;
/// Where the job or the character is another one too, few are one.
const HERE_AS_SOMEBODY_ELSE: f64 = -5.0;
const SAME_DEPARTMENT: f64 = 3.2;
const DEPARTMENT_UNKNOWN: f64 = 1.6;
/// Whoever is credited nowhere is rarely meant beside one who is: what is left of a split that was taken back, or of a credit that is gone.
const NEVER_CREDITED: f64 = -5.0;
const EACH_DECADE_APART: f64 = -0.8;
const MOST_DECADES: f64 = 5.0;
/// Of the very name, in whatever form: the rarer it is, the less is it a coincidence.
const COMMONNESS: f64 = -1.6;
/// Of a name that is merely like it.
const COMMONNESS_OF_LIKE: f64 = -0.9;
const ANY_COMPANY: f64 = 0.5;
const EACH_DOUBLING_OF_COMPANY: f64 = 0.3;
const EACH_DOUBLING_OF_MOVIES: f64 = 0.5;
/// Names of one person in nine hundred by chance and rarer.
const UNCOMMON: f64 = -2.0;
const COMMON: f64 = -0.5;
/// Years outside of a career that are no surprise.
const YEARS_CLOSE: i32 = 5;
const YEARS_FAR: i32 = 20;

/// In another script, names of one person are as alike as this: Бред Пітт and Brad Pitt, but not Дан Беене and
/// Dany Boon.
const SOUND_ALIKE: f64 = 0.77;

/// What merely sounds alike is as alike as this, if it is one name.
const LIKE: f64 = 0.75;

/// What the name alone says, of people and of all else.
fn weight_of_relation(relation: Relation) -> (f64, MatchReason) {
    match relation {
        Relation::Same => (0.0, MatchReason::SameName),
        Relation::SameLetters => (-0.1, MatchReason::SameLetters),
        Relation::OtherOrder => (-2.7, MatchReason::OtherOrder),
        Relation::SameSound(likeness) => {
            (if likeness >= SOUND_ALIKE { -2.0 } else { -4.5 }, MatchReason::SameSound)
        }
        Relation::LikeSound(likeness) => {
            (if likeness >= LIKE { -5.0 } else { -8.0 }, MatchReason::SameSound)
        }
        Relation::MiddleName => (-5.5, MatchReason::MiddleName),
        Relation::Suffix => (-7.5, MatchReason::Suffix),
        Relation::Initials => (-1.5, MatchReason::Initials),
        Relation::Near(likeness) => (-5.3 - 20.0 * (1.0 - likeness), MatchReason::NearName),
    }
}

/// Everyone that a name may mean, best first. Of each way to be found, [`MOST_OF_ONE_NAME`] are
/// weighed.
#[must_use]
pub fn candidates(
    question: &Question<'_>,
    directory: &Directory,
    others: &[String],
    made: &Newcomers,
    standing: impl Fn(&str) -> Standing,
) -> Vec<Candidate> {
    let key = index_key(question.given);
    let given = Name::of_kind(question.kind, question.given);
    let knowledge = directory.knowledge();
    let by_name = directory.by_name(question.kind, &key);
    let without_edition = directory.without_edition(question.kind, question.given);
    let named_here: HashSet<&str> = others.iter().map(String::as_str).collect();
    let near = knowledge.near(question.kind, &key);
    let named = by_name.iter().chain(without_edition).take(MOST_OF_ONE_NAME);
    let first = named.chain(others).map(String::as_str);
    let mut seen = HashSet::new();
    let mut ids: Vec<&str> = first.chain(near).filter(|id| seen.insert(*id)).collect();
    let newcomers: HashMap<&str, (Known, &Name)> = directory
        .newcomers()
        .near(question.kind, &given)
        .into_iter()
        .chain(made.near(question.kind, &given))
        .filter(|newcomer| {
            let id = newcomer.entity.id.as_str();
            knowledge.of(question.kind, id).is_none() && !named_here.contains(id)
        })
        .map(|newcomer| {
            let known = Known { name: newcomer.entity.name.clone(), ..Known::default() };
            (newcomer.entity.id.as_str(), (known, newcomer.name()))
        })
        .collect();
    ids.extend(newcomers.keys().filter(|id| seen.insert(**id)).copied().collect::<Vec<_>>());
    // A name that one alone has means that one, whatever stands beside it.
    let is_sole = question.kind.is_told_by_name() && by_name.len() == 1;
    let as_given = OnceCell::new();
    let mut found: Vec<Candidate> = ids
        .into_iter()
        .filter_map(|id| {
            let standing = standing(id);
            let is_named_so =
                directory.has_name(question.kind, &key, id) || named_here.contains(id);
            let is_sole_edition = without_edition == [id];
            // But for the edition, the name is theirs, in whatever form.
            let given = if is_sole_edition {
                as_given.get_or_init(|| Name::of(question.given))
            } else {
                &given
            };
            let unknown = || {
                let as_given = as_given.get_or_init(|| Name::of(question.given));
                unknown(question, given, as_given, id, standing, knowledge)
            };
            if (is_sole && is_named_so) || is_sole_edition {
                return Some(unknown());
            }
            let named = knowledge.with_names(question.kind, id);
            let names = named.map_or(1, |(_, names)| names.len());
            if !question.budget.charge(8 + names * given.steps_of_comparison()) {
                return None;
            }
            let named = named.map(|(known, names)| (known, &names[0], &names[1..]));
            let named =
                named.or_else(|| newcomers.get(id).map(|(known, name)| (known, *name, &[][..])));
            match named {
                Some((known, own, aliases)) => {
                    let named = Named { id, known, own, aliases, is_named_so };
                    weigh(question, given, &named, standing, knowledge)
                }
                None => is_named_so.then(unknown),
            }
        })
        .collect();
    if question.kind == EntityKind::Person {
        set_back_the_uncredited(&mut found, knowledge);
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
    found
}

/// A candidate with its names taken apart.
struct Named<'a> {
    id: &'a str,
    known: &'a Known,
    own: &'a Name,
    aliases: &'a [Name],
    /// Whether it is known under the very name that is asked for.
    is_named_so: bool,
}

/// Beside one of the very name who is credited, whoever is credited nowhere comes last.
fn set_back_the_uncredited(candidates: &mut [Candidate], knowledge: &Knowledge) {
    let credits = |candidate: &Candidate| {
        knowledge.of(EntityKind::Person, &candidate.id).map(|known| !known.appearances.is_empty())
    };
    if candidates.iter().any(|candidate| candidate.is_named_so && credits(candidate) == Some(true))
    {
        for candidate in candidates.iter_mut().filter(|candidate| credits(candidate) == Some(false))
        {
            candidate.weight += NEVER_CREDITED;
            candidate.score = probability(candidate.weight);
        }
    }
}

/// Someone of the name of whom nothing else is known.
fn unknown(
    question: &Question<'_>,
    given: &Name,
    as_given: &Name,
    id: &str,
    standing: Standing,
    knowledge: &Knowledge,
) -> Candidate {
    let reference = reference::by_id(question.kind, id);
    let own = reference.map_or(question.given, |entity| entity.name.as_str());
    let known = Known {
        name: own.to_owned(),
        aliases: vec![question.given.to_owned()],
        ..Known::default()
    };
    let own = reference.map(|entity| Name::of(&entity.name));
    let named = Named {
        id,
        known: &known,
        own: own.as_ref().unwrap_or(as_given),
        aliases: std::slice::from_ref(as_given),
        is_named_so: true,
    };
    weigh(question, given, &named, standing, knowledge).unwrap_or_else(|| Candidate {
        id: id.to_owned(),
        name: question.given.to_owned(),
        score: 0.0,
        reasons: Vec::new(),
        known_for: Vec::new(),
        weight: f64::MIN,
        is_named_so: true,
    })
}

fn weigh(
    question: &Question<'_>,
    given: &Name,
    named: &Named<'_>,
    standing: Standing,
    knowledge: &Knowledge,
) -> Option<Candidate> {
    let Named { id, known, own: own_name, aliases, is_named_so } = *named;
    let mut reasons = Vec::new();
    let own = given.relation(own_name);
    let alias = aliases.iter().filter_map(|alias| given.relation(alias));
    let best_alias =
        alias.max_by(|a, b| weight_of_relation(*a).0.total_cmp(&weight_of_relation(*b).0));
    let (mut relation, mut is_alias) = match (own, best_alias) {
        (Some(own), Some(alias)) if weight_of_relation(alias).0 > weight_of_relation(own).0 => {
            (Some(alias), true)
        }
        (None, Some(alias)) => (Some(alias), true),
        (own, _) => (own, false),
    };
    // Whoever is credited under the name here goes by it, whatever their own name is.
    if relation.is_none() && is_named_so {
        (relation, is_alias) = (Some(Relation::Same), true);
    }
    // Of a platform, letters are no initials, and nothing is a middle name.
    let is_of_people = |relation: &Relation| {
        matches!(relation, Relation::Initials | Relation::MiddleName | Relation::Suffix)
    };
    let relation =
        relation.filter(|relation| !(question.kind.is_told_by_name() && is_of_people(relation)))?;
    let (by_name, reason) = weight_of_relation(relation);
    let is_named_so = relation.is_the_name();
    reasons.push(if is_alias && relation == Relation::Same { MatchReason::Alias } else { reason });
    let mut weight = by_name - ENOUGH;
    if question.kind.is_told_by_name() {
        weight += told_by_name(relation, is_alias);
        weight += traits(question, known, &mut reasons);
    } else {
        weight += here(standing, relation, &mut reasons);
        weight += person(question, id, known, knowledge, &mut reasons);
        weight += commonness(given, own_name, relation, knowledge, &mut reasons);
    }
    Some(Candidate {
        id: id.to_owned(),
        name: known.name.clone(),
        score: probability(weight),
        reasons,
        known_for: known_for(known),
        weight,
        is_named_so,
    })
}

/// Two ceremonies, platforms or genres do not share a name by chance; their own name comes before an alias.
fn told_by_name(relation: Relation, is_alias: bool) -> f64 {
    match (relation, is_alias) {
        (Relation::Same, false) => ENOUGH + 4.0,
        (Relation::Same, true) | (Relation::SameLetters, false) => ENOUGH + 2.5,
        (Relation::SameLetters, true) => ENOUGH + 1.5,
        _ => 0.0,
    }
}

const SAME_TRAIT: f64 = 3.0;
const OTHER_TRAIT: f64 = -4.0;

/// Language, country, region: of a kind of which the candidate is known to have any, one of them fits, or
/// none does.
fn traits(question: &Question<'_>, known: &Known, reasons: &mut Vec<MatchReason>) -> f64 {
    let mut weight = 0.0;
    for (field, value) in &question.traits {
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
fn here(standing: Standing, relation: Relation, reasons: &mut Vec<MatchReason>) -> f64 {
    let is_a_form = match relation {
        Relation::Initials | Relation::OtherOrder => true,
        Relation::SameSound(likeness) => likeness >= SOUND_ALIKE,
        _ => relation.is_the_name(),
    };
    match standing {
        Standing::Unknown => 0.0,
        Standing::Listed(agreement) => {
            reasons.push(MatchReason::ListedHere);
            match agreement {
                _ if relation.is_the_name() => LISTED,
                Agreement::Same => LISTED,
                Agreement::Unsaid if is_a_form => LISTED,
                Agreement::Unsaid => HERE_UNDER_ANOTHER_NAME,
                Agreement::Other => HERE_AS_SOMEBODY_ELSE,
            }
        }
        Standing::Credited => {
            reasons.push(MatchReason::CreditedHere);
            if is_a_form { CREDITED } else { HERE_UNDER_ANOTHER_NAME }
        }
    }
}

/// Where and with whom a person has worked.
fn person(
    question: &Question<'_>,
    id: &str,
    known: &Known,
    knowledge: &Knowledge,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let mut weight = 0.0;
    let elsewhere: Vec<_> =
        known.appearances.iter().filter(|appearance| appearance.movie != question.movie).collect();
    let mut departments = elsewhere.iter().filter_map(|appearance| appearance.department.as_ref());
    weight += if question.departments.is_empty() || elsewhere.is_empty() {
        DEPARTMENT_UNKNOWN
    } else if departments.any(|department| question.departments.contains(department)) {
        reasons.push(MatchReason::SameDepartment);
        SAME_DEPARTMENT
    } else {
        reasons.push(MatchReason::OtherDepartment);
        0.0
    };
    let years = elsewhere.iter().map(|appearance| appearance.year).filter(|year| *year > 0);
    if let (Some(year), Some(first), Some(last)) =
        (knowledge.year(question.movie), years.clone().min(), years.max())
    {
        let apart = (first - year).max(year - last).max(0);
        weight += EACH_DECADE_APART * (f64::from(apart) / 10.0).min(MOST_DECADES);
        match apart {
            ..=YEARS_CLOSE => reasons.push(MatchReason::YearsFit),
            YEARS_FAR.. => reasons.push(MatchReason::YearsApart),
            _ => {}
        }
    }
    let company = question.company.get(id).copied().unwrap_or(0);
    if company > 0 {
        reasons.push(MatchReason::WorkedTogether);
        weight += ANY_COMPANY + EACH_DOUBLING_OF_COMPANY * doublings(1 + company).min(4.0);
    }
    let movies = elsewhere
        .iter()
        .map(|appearance| &appearance.movie)
        .collect::<std::collections::HashSet<_>>()
        .len();
    weight + EACH_DOUBLING_OF_MOVIES * doublings(movies.max(1)).min(5.0)
}

/// How many others may have the name. What the two names have in common is what counts: of an initial,
/// only its letter.
fn commonness(
    given: &Name,
    own: &Name,
    relation: Relation,
    knowledge: &Knowledge,
    reasons: &mut Vec<MatchReason>,
) -> f64 {
    let expected = match relation {
        // Two people rarely write the same symbols into a name.
        Relation::Same if given.has_symbols() => RAREST.log10(),
        Relation::Same => knowledge.expected(given),
        _ => knowledge.expected(given).max(knowledge.expected(own)),
    };
    match expected {
        ..=UNCOMMON => reasons.push(MatchReason::UncommonName),
        COMMON.. => reasons.push(MatchReason::CommonName),
        _ => {}
    }
    expected * if relation.is_the_name() { COMMONNESS } else { COMMONNESS_OF_LIKE }
}

fn doublings(count: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts of movies and people")]
    (count as f64).log2()
}

/// A weight as a probability.
pub(super) fn probability(weight: f64) -> f64 {
    let probability = 1.0 / (1.0 + (-(weight + CERTAIN)).exp());
    (probability * 1_000.0).round() / 1_000.0
}

/// Titles of the newest movies, three at most.
fn known_for(known: &Known) -> Vec<String> {
    let mut titles: Vec<(i32, &String)> = known
        .appearances
        .iter()
        .filter_map(|appearance| Some((appearance.year, appearance.title.as_ref()?)))
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
