//! Resolving: finds the entity that a name means, by features of the candidates, thresholds and a
//! margin.
//!
//! Candidates are found by name, alias and [blocking key](blocking_keys), and ranked by [`score`].
//! A single clear candidate is [`MatchDecision::Matched`], a name without candidates is
//! [`MatchDecision::New`], and everything else is [`MatchDecision::Ambiguous`] and needs a
//! resolution.

pub mod blocking_keys;
pub mod candidate;
mod credit_line;
mod credit_notes;
pub mod credited_names;
pub mod decision;
pub mod directory;
mod document_entities;
mod evidence;
mod features;
pub mod given_ids;
mod languages;
pub mod list_entities;
pub mod mentions;
mod name;
mod new_entities;
mod parts;
mod phonetics;
mod resolution;
pub mod resolver;
mod score;
mod split_names;

pub use candidate::{Candidate, MAX_CANDIDATES, MatchDecision, MatchReason};
pub use credit_line::{may_be_credit_line, name_and_character, without_heading};
pub use credit_notes::{NameWithNotes, job_of_note, split_notes};
pub use evidence::{EntityProfile, Evidence, PastCredit};
pub use features::{NameQuery, Presence, RoleMatch};
pub use name::{Name, Relation};
pub use new_entities::NewEntityIndex;
pub use parts::{forms_without_edition, is_han};
pub use resolution::{Resolution, ResolutionAction};
pub use score::{MAX_NAMESAKES, score_candidates};
pub use split_names::{is_full_name, may_be_several_names, split_jobs, split_names};
