//! Resolving: which entity a name means, by named features of the candidates, thresholds and a
//! margin.
//!
//! Candidates are found by name, alias and [blocking key](blocking_keys) and ranked by [`score`].
//! One clear candidate is [`MatchDecision::Matched`]; a name without candidates is
//! [`MatchDecision::New`]; everything else is [`MatchDecision::Ambiguous`] and needs a resolution.

pub mod blocking_keys;
pub mod candidate;
mod credit_line;
mod credit_notes;
pub mod credited_names;
pub mod decision;
mod document_entities;
pub mod given_ids;
mod knowledge;
pub mod list_entities;
mod name;
mod new_entities;
mod parts;
mod phonetics;
mod resolution;
pub mod resolver;
mod score;
mod several_names;

pub use candidate::{Candidate, MAX_CANDIDATES, MatchDecision, MatchReason};
pub use credit_line::{may_be_credit_line, name_and_part, without_heading};
pub use credit_notes::{Noted, job_of, noted};
pub use knowledge::{Appearance, Knowledge, Known};
pub use name::{Name, Relation};
pub use new_entities::Newcomers;
pub use parts::{forms_without_edition, is_han};
pub use resolution::{Answer, Resolution};
pub use score::{Agreement, MOST_OF_ONE_NAME, Question, Standing, candidates};
pub use several_names::{is_full_name, may_be_several, several_jobs, several_names};
