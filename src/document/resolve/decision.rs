//! Deciding between the candidates for a name: matched if one candidate is clearly the best, new if
//! none is likely, else ambiguous.

use super::candidate::{Candidate, MAX_CANDIDATES, MatchDecision, MatchReason};
use super::features::{CREDITED, MATCH_THRESHOLD, probability};
use crate::document::schema::entities::EntityKind;

/// The minimum distance in weight between the best ceremony, platform or genre and the next one.
/// They have few rivals, and aliases and languages distinguish these.
const MARGIN_UNIQUE_NAMES: f64 = 1.0;
/// Below this weight, a candidate with exactly the name is considered another person.
const MIN_AMBIGUOUS_WEIGHT: f64 = -7.0;
/// Below this weight, a candidate with a similar name is considered another person.
const MIN_AMBIGUOUS_WEIGHT_SIMILAR: f64 = -4.0;
/// Below this weight, a person with a similar name is not shown.
const MIN_SHOWN_WEIGHT: f64 = -13.0;
/// As [`MIN_SHOWN_WEIGHT`], for ceremonies, platforms and genres, of which there are few.
const MIN_SHOWN_WEIGHT_UNIQUE_NAMES: f64 = -15.0;

/// The candidates to show with a decision; `candidates` are sorted best first.
#[must_use]
pub fn shown_candidates(kind: EntityKind, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let least =
        if kind.has_unique_names() { MIN_SHOWN_WEIGHT_UNIQUE_NAMES } else { MIN_SHOWN_WEIGHT };
    let is_worth = |candidate: &Candidate| candidate.has_exact_name || candidate.weight >= least;
    candidates.into_iter().filter(is_worth).take(MAX_CANDIDATES).collect()
}

/// The weight of each person relative to the other candidates and to an unknown person.
fn certainties(candidates: &[Candidate]) -> Vec<f64> {
    let odds: Vec<f64> =
        candidates.iter().map(|candidate| (candidate.weight + MATCH_THRESHOLD).exp()).collect();
    let beside_others = candidates.iter().enumerate().map(|(place, candidate)| {
        // A candidate with a similar name does not compete with one that has exactly the name.
        let is_rival = |other: usize| {
            other != place && (candidates[other].has_exact_name || !candidate.has_exact_name)
        };
        let rivals = odds.iter().enumerate().filter(|(other, _)| is_rival(*other));
        candidate.weight - rivals.map(|(_, odds)| odds).sum::<f64>().ln_1p()
    });
    beside_others.collect()
}

/// Removes the weight of being credited on the movie from entities that the document itself
/// introduces: for another name it is not evidence.
pub fn discount_introduced(candidates: &mut [Candidate]) {
    for candidate in candidates {
        candidate.weight -= CREDITED;
        candidate.score = probability(candidate.weight);
    }
}

/// Decides between candidates, which are sorted best first. Sets the score of people to their
/// probability relative to the other candidates.
#[must_use]
pub fn decide(kind: EntityKind, candidates: &mut [Candidate]) -> MatchDecision {
    let Some(best) = candidates.first() else { return MatchDecision::New };
    let is_clear = if kind.has_unique_names() {
        let mut rivals =
            candidates[1..].iter().filter(|rival| rival.has_exact_name || !best.has_exact_name);
        best.weight >= 0.0
            && rivals.next().is_none_or(|next| best.weight - next.weight >= MARGIN_UNIQUE_NAMES)
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
    let is_ambiguous = candidates.iter().any(|candidate| {
        // Initials and word order are ambiguous between people; a misspelling is rarely the name of
        // another person.
        let is_often_ambiguous = candidate.has_exact_name
            || candidate
                .reasons
                .iter()
                .any(|reason| matches!(reason, MatchReason::Initials | MatchReason::OtherOrder));
        candidate.weight
            >= if is_often_ambiguous { MIN_AMBIGUOUS_WEIGHT } else { MIN_AMBIGUOUS_WEIGHT_SIMILAR }
    });
    if is_ambiguous { MatchDecision::Ambiguous } else { MatchDecision::New }
}
