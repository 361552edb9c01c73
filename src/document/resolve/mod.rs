//! Who is who: which entity a name means, by named features of the candidates, thresholds and a margin.
//!
//! Candidates are found by name, alias and [blocking key](blocking_keys) and ranked by [`score`]. One clear
//! candidate is [`MatchDecision::Matched`]; a name that nobody has is [`MatchDecision::New`]; all else is
//! [`MatchDecision::Ambiguous`] and asked, never guessed.

pub mod blocking_keys;
mod credit_line;
mod credit_notes;
pub mod credited_names;
pub mod given_ids;
mod knowledge;
mod name;
mod new_entities;
mod parts;
mod phonetics;
mod resolution;
mod score;
mod several_names;

use serde::{Deserialize, Serialize};

pub use credit_line::{may_be_credit_line, name_and_part, without_heading};
pub use credit_notes::{Noted, job_of, noted};
pub use knowledge::{Appearance, Knowledge, Known};
pub use name::{Name, Relation};
pub use new_entities::Newcomers;
pub use parts::{forms_without_edition, is_han};
pub use resolution::{Answer, Resolution};
pub use score::{Agreement, MOST_OF_ONE_NAME, Question, Standing, candidates};
use score::{CERTAIN, probability};
pub use several_names::{is_full_name, may_be_several, several_jobs, several_names};

use super::entity::EntityKind;
use super::schema::definition::define_choice;

/// Most candidates that a decision shows.
pub const MAX_CANDIDATES: usize = 5;

define_choice! {
    /// What a name was resolved to.
    pub enum MatchDecision {
        /// An entity of the catalogue.
        Matched = "matched",
        /// No entity has this name; a new one is created. Candidates, if any, have nearly equal
        /// names.
        New = "new",
        /// Several entities may be the right one, or the only one that matches may be another with
        /// the same name. A resolution is needed.
        Ambiguous = "ambiguous",
        /// The name is left out, as a resolution asks.
        Skipped = "skipped",
    }
}

define_choice! {
    /// A reason for or against a candidate.
    pub enum MatchReason {
        /// A resolution of this import names the candidate.
        Resolved = "resolved",
        /// A resolution of an earlier import names the candidate.
        Remembered = "remembered",
        /// The name equals the candidate's name, ignoring case, accents and spacing.
        SameName = "same_name",
        /// The name equals an alias of the candidate.
        Alias = "alias",
        /// The names have the same letters but differ in punctuation, in the position of the
        /// surname ("Pitt, Brad"), or in their script.
        SameLetters = "same_letters",
        /// The names have the same parts in another order.
        OtherOrder = "other_order",
        /// The names are in different scripts and sound the same, or nearly so.
        SameSound = "same_sound",
        /// Only one of the names has a middle name.
        MiddleName = "middle_name",
        /// Only one of the names has a suffix such as Jr. or III.
        Suffix = "suffix",
        /// One of the names has initials in place of given names.
        Initials = "initials",
        /// The names differ in few letters.
        NearName = "near_name",
        /// The candidate is already in the same list of this movie.
        ListedHere = "listed_here",
        /// The candidate is already credited on this movie.
        CreditedHere = "credited_here",
        /// The candidate has done the same kind of work before.
        SameDepartment = "same_department",
        /// The candidate has only done other kinds of work.
        OtherDepartment = "other_department",
        /// The movie's year is within, or close to, the years in which the candidate was active.
        YearsFit = "years_fit",
        /// The movie's year is far outside the years in which the candidate was active. A reason
        /// against.
        YearsApart = "years_apart",
        /// The candidate has worked with other people of this document before.
        WorkedTogether = "worked_together",
        /// Few people have such a name.
        UncommonName = "uncommon_name",
        /// Many people have such a name. A reason against.
        CommonName = "common_name",
        /// The document has the candidate's language, country or region.
        SameRegion = "same_region",
        /// The document has another language, country or region than the candidate. A reason
        /// against.
        OtherRegion = "other_region",
    }
}

/// An entity that a name may mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub id: String,
    pub name: String,
    /// How likely it is meant, from 0 to 1; of people, beside all others who may be.
    pub score: f64,
    pub reasons: Vec<MatchReason>,
    /// Titles of movies that the candidate is credited on.
    pub known_for: Vec<String>,
    /// The weight of all that speaks for it; 0 is just enough.
    #[serde(skip)]
    pub(super) weight: f64,
    /// Whether the name is the very name, or an alias.
    #[serde(skip)]
    pub(super) is_named_so: bool,
}

impl Candidate {
    /// Somebody who stands in the document and may be meant by a name that cannot be compared with theirs.
    #[must_use]
    pub fn standing(id: &str, name: &str, reasons: Vec<MatchReason>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            score: EVEN,
            reasons,
            known_for: Vec::new(),
            weight: 0.0,
            is_named_so: false,
        }
    }

    /// Whether the name is the very name, or an alias.
    #[must_use]
    pub const fn is_named_so(&self) -> bool {
        self.is_named_so
    }
}

/// As likely as not.
const EVEN: f64 = 0.5;
/// How far the best ceremony, platform or genre must be ahead of the next: they have few rivals, told apart by aliases
/// and languages.
const MARGIN_BY_NAME: f64 = 1.0;
/// Below this, one of that very name is taken for somebody else.
const SOMEBODY_ELSE: f64 = -7.0;
/// Below this, one of nearly that name is taken for somebody else.
const SOMEBODY_NEAR: f64 = -4.0;

/// Below this, a name that is nearly the same is not worth showing.
const NOT_WORTH_SHOWING: f64 = -13.0;
/// Of ceremonies, platforms and genres, whatever is near is: there are few.
const NOT_WORTH_SHOWING_BY_NAME: f64 = -15.0;

/// Those that are worth showing beside a decision, of candidates that are best first.
#[must_use]
pub fn worth_showing(kind: EntityKind, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let least = if kind.is_told_by_name() { NOT_WORTH_SHOWING_BY_NAME } else { NOT_WORTH_SHOWING };
    let is_worth = |candidate: &Candidate| candidate.is_named_so || candidate.weight >= least;
    candidates.into_iter().filter(is_worth).take(MAX_CANDIDATES).collect()
}

/// What speaks for each person beside all others who may be meant, and somebody who is not known here.
fn certainties(candidates: &[Candidate]) -> Vec<f64> {
    let odds: Vec<f64> =
        candidates.iter().map(|candidate| (candidate.weight + CERTAIN).exp()).collect();
    let beside_others = candidates.iter().enumerate().map(|(place, candidate)| {
        // Of two names, the very name counts: one that is nearly the same is no rival to it.
        let is_rival = |other: usize| {
            other != place && (candidates[other].is_named_so || !candidate.is_named_so)
        };
        let rivals = odds.iter().enumerate().filter(|(other, _)| is_rival(*other));
        candidate.weight - rivals.map(|(_, odds)| odds).sum::<f64>().ln_1p()
    });
    beside_others.collect()
}

/// Those whom the same document brings along, beside a name that is somebody else's: that they take part in the movie
/// says nothing there.
pub fn told_of(candidates: &mut [Candidate]) {
    for candidate in candidates {
        candidate.weight -= score::CREDITED;
        candidate.score = probability(candidate.weight);
    }
}

/// Decides between candidates, best first, and says of people how likely each is meant beside the others.
#[must_use]
pub fn decide(kind: EntityKind, candidates: &mut [Candidate]) -> MatchDecision {
    let Some(best) = candidates.first() else { return MatchDecision::New };
    let is_clear = if kind.is_told_by_name() {
        let mut rivals =
            candidates[1..].iter().filter(|rival| rival.is_named_so || !best.is_named_so);
        best.weight >= 0.0
            && rivals.next().is_none_or(|next| best.weight - next.weight >= MARGIN_BY_NAME)
    } else {
        let certainties = certainties(candidates);
        for (candidate, certainty) in candidates.iter_mut().zip(&certainties) {
            candidate.score = probability(*certainty);
        }
        certainties.first().is_some_and(|best| *best >= 0.0)
    };
    if is_clear {
        return MatchDecision::Matched;
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let is_asked = candidates.iter().any(|candidate| {
        // Of initials, or which name comes first, nobody knows whose they are; a misspelling is rarely somebody
        // else's name.
        let may_be_theirs = candidate.is_named_so
            || candidate
                .reasons
                .iter()
                .any(|reason| matches!(reason, MatchReason::Initials | MatchReason::OtherOrder));
        candidate.weight >= if may_be_theirs { SOMEBODY_ELSE } else { SOMEBODY_NEAR }
    });
    if is_asked { MatchDecision::Ambiguous } else { MatchDecision::New }
}
