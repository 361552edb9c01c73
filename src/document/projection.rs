//! What a document says that is asked for across movies. Storage keeps these as rows beside the
//! document and can rebuild them from it at any time.

use serde_json::Value;

use super::entity::EntityKind;
use super::schema::definition::Object;

/// The rows that follow from one document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    /// What a movie is listed by; `None` where the category says nothing of it.
    pub movie: Option<MovieFacts>,
    /// Ids of genres.
    pub genres: Vec<String>,
    pub credits: Vec<CreditRow>,
    pub nominations: Vec<NominationRow>,
    pub offers: Vec<OfferRow>,
}

/// What a movie is listed, sorted and searched by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovieFacts {
    pub title: Option<String>,
    pub original_title: Option<String>,
    pub year: Option<i32>,
    pub release_date: Option<String>,
    pub status: Option<String>,
}

/// One credit of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditRow {
    pub id: String,
    pub person_id: String,
    /// The list it stands in: `directors`, `cast`, …
    pub list: &'static str,
    /// The character or the job.
    pub part: Option<String>,
    pub department: Option<String>,
}

/// One nomination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NominationRow {
    pub id: String,
    pub ceremony_id: String,
    pub year: i32,
    pub category: String,
    pub nominee_id: Option<String>,
    pub won: bool,
}

/// One offer of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRow {
    pub id: String,
    pub platform_id: String,
    pub region: Option<String>,
    pub offer_type: String,
    pub quality: Option<String>,
}

/// Who a name means, for documents that hold names without ids (genres).
pub trait Names {
    /// The id of the entity of that name, if exactly one has it.
    fn entity(&self, kind: EntityKind, name: &str) -> Option<String>;
}

/// The text in a field.
#[must_use]
pub fn text_of(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}
