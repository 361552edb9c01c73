//! The types of a decision on a name: its candidates, the reasons for and against them, and the
//! outcome.

use async_graphql::{ID, SimpleObject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::document::schema::choice::define_choice;

/// The maximum number of candidates that are shown with a decision.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "MatchCandidate")]
#[schema(as = MatchCandidate)]
pub struct Candidate {
    /// The entity's id as in files, for a resolution.
    #[graphql(skip, derived(name = "entity_id", into = "ID", owned))]
    pub id: String,
    /// The entity's main name.
    pub name: String,
    /// How likely the name means this entity, from 0 to 1.
    pub score: f64,
    /// What speaks for and against this entity.
    pub reasons: Vec<MatchReason>,
    /// For a person: the titles of up to 3 movies that credit them, newest first. Empty for other
    /// kinds.
    pub known_for: Vec<String>,
    /// The sum of the weights of all features; 0 is the threshold for a match.
    #[graphql(skip)]
    #[serde(skip)]
    pub(super) weight: f64,
    /// Whether the name equals the entity's name or one of its aliases.
    #[graphql(skip)]
    #[serde(skip)]
    pub(super) has_exact_name: bool,
}

/// The score of a candidate that cannot be compared.
const EVEN: f64 = 0.5;

impl Candidate {
    /// A candidate in the stored document with a name that cannot be compared with the given one.
    #[must_use]
    pub fn unscored(id: &str, name: &str, reasons: Vec<MatchReason>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            score: EVEN,
            reasons,
            known_for: Vec::new(),
            weight: 0.0,
            has_exact_name: false,
        }
    }

    /// Whether the name equals the entity's name or one of its aliases.
    #[must_use]
    pub const fn has_exact_name(&self) -> bool {
        self.has_exact_name
    }
}
