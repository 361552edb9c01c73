//! Projections: the values of a document by which movies are queried. Storage keeps them as rows
//! beside the document, written in the same transaction, and can rebuild them at any time.

use serde_json::Value;

use super::schema::definition::Object;
use super::schema::entities::EntityKind;

/// The rows that are derived from one document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    /// The columns of the movie itself; `None` if the category does not contain them.
    pub movie: Option<MovieFacts>,
    /// The ids of the movie's genres.
    pub genres: Vec<String>,
    pub credits: Vec<CreditRow>,
    pub nominations: Vec<NominationRow>,
    pub offers: Vec<OfferRow>,
}

/// The values by which movies are listed, sorted and searched.
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
    /// The list that contains the credit: `directors`, `cast`, …
    pub list: &'static str,
    /// The character if there is one, else the job.
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

/// One offer of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRow {
    pub id: String,
    pub platform_id: String,
    pub region: Option<String>,
    pub offer_type: String,
    pub quality: Option<String>,
}

/// Finds entities by name, for lists that contain names without ids (genres).
pub trait EntityLookup {
    /// The id of the entity with this name; `None` if no entity or several entities have it.
    fn id_by_name(&self, kind: EntityKind, name: &str) -> Option<String>;
}

/// A copy of the text in a field; `None` if the field is absent or not a text.
#[must_use]
pub fn text_of(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}
