//! Cast and crew: who made a movie. A credit's own id is `credit_id`; `id` is the person's.

use async_graphql::ID;
use serde_json::Value;

use super::category::{Category, CategoryDocument};
use super::definition::{EntityReference, Field, Item, KeyPart, Kind, Object, define};
use super::entity::EntityKind;
use super::projection::{CreditRow, Names, Projection, text_of};
use super::rules::{id, integer, items, line, url};
use super::scalars::WebUrl;
use super::text::comparable;

define! {
    /// Everyone who made a movie. One person may hold several roles, jobs and characters.
    pub struct CastCrew, input CastCrewInput {
        /// Who directed it.
        directors: Vec<Credit> = items(&CREDIT, "Directors"),
        /// Who wrote it, or what it is based on.
        writers: Vec<Credit> = items(&CREDIT, "Writers"),
        /// Who produced it.
        producers: Vec<Credit> = items(&CREDIT, "Producers"),
        /// Who plays in it, in the order of billing.
        cast: Vec<CastCredit> = items(&CAST_CREDIT, "Cast"),
        /// Everyone else.
        crew: Vec<CrewCredit> = items(&CREW_CREDIT, "Crew"),
    }
}

define! {
    /// A director's, writer's or producer's credit.
    #[graphql(complex)]
    pub struct Credit, input CreditInput {
        /// The person's id, for example tmdb-person-287. Left out of an import, the person is found by name or made.
        person_id["id", "personId"]: ID = id(),
        /// This credit's own id; stable and opaque.
        credit_id["credit_id", "id"]: ID = id(),
        /// The name as credited.
        name: String = line().required(),
        /// The exact job, for example Executive Producer.
        job: Option<String> = line(),
        /// A picture of the person.
        image: Option<WebUrl> = url(),
    }
}

define! {
    /// A part in the movie.
    #[graphql(complex)]
    pub struct CastCredit, input CastCreditInput {
        /// The person's id, for example tmdb-person-287. Left out of an import, the person is found by name or made.
        person_id["id", "personId"]: ID = id(),
        /// This credit's own id; stable and opaque.
        credit_id["credit_id", "id"]: ID = id(),
        /// The name as credited.
        name: String = line().required(),
        /// Who the person plays.
        character: Option<String> = line(),
        /// The place in the billing, from 0. Places may repeat.
        order: Option<i32> = integer(0, 1_000_000),
        /// A picture of the person.
        image: Option<WebUrl> = url(),
    }
}

define! {
    /// A credit of the crew.
    #[graphql(complex)]
    pub struct CrewCredit, input CrewCreditInput {
        /// The person's id, for example tmdb-person-287. Left out of an import, the person is found by name or made.
        person_id["id", "personId"]: ID = id(),
        /// This credit's own id; stable and opaque.
        credit_id["credit_id", "id"]: ID = id(),
        /// The name as credited.
        name: String = line().required(),
        /// The job, for example Editor.
        job: String = line().required(),
        /// The department, for example Editing.
        department: Option<String> = line(),
        /// A picture of the person.
        image: Option<WebUrl> = url(),
    }
}

const PERSON: &[EntityReference] = &[EntityReference {
    kind: EntityKind::Person,
    name: "name",
    id: "id",
    creates: true,
    department: |list, credit| {
        department_of(list, credit.get("department").and_then(Value::as_str))
    },
    traits: &[],
}];

const fn credit(fields: &'static [Field], keys: &'static [&'static [KeyPart]]) -> Item {
    Item {
        fields,
        id: "credit_id",
        keys,
        entities: PERSON,
        entity_alone: true,
        spellings: None,
        bare_text: Some("name"),
        bare_defaults: &[],
        label: &["name"],
        any_of: &[],
    }
}

const BY_JOB: &[&[KeyPart]] = &[&[KeyPart::Entity(0), KeyPart::Field("job")]];
static CREDIT: Item = credit(Credit::FIELDS, BY_JOB);
static CAST_CREDIT: Item =
    credit(CastCredit::FIELDS, &[&[KeyPart::Entity(0), KeyPart::Field("character")]]);
static CREW_CREDIT: Item = credit(CrewCredit::FIELDS, BY_JOB);

/// The kind of work that a credit of that list is, in comparable form; of the crew, as it says itself.
#[must_use]
pub fn department_of(list: &str, department: Option<&str>) -> Option<String> {
    match list {
        "cast" => Some("acting".to_owned()),
        "directors" => Some("directing".to_owned()),
        "writers" => Some("writing".to_owned()),
        "producers" => Some("production".to_owned()),
        _ => department.map(comparable),
    }
}

impl CategoryDocument for CastCrew {
    const CATEGORY: Category = Category::CastCrew;
    const FIELDS: &'static [Field] = CastCrew::FIELDS;

    fn project(data: &Object, _: &dyn Names) -> Projection {
        let lists =
            Self::FIELDS.iter().filter(|field| matches!(field.rule.kind, Kind::Items { .. }));
        let credits = lists.flat_map(|field| {
            let credits = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
            credits.filter_map(Value::as_object).map(|credit| CreditRow {
                id: text_of(credit, "credit_id").unwrap_or_default(),
                person_id: text_of(credit, "id").unwrap_or_default(),
                list: field.name,
                part: text_of(credit, "character").or_else(|| text_of(credit, "job")),
                department: text_of(credit, "department"),
            })
        });
        Projection { credits: credits.collect(), ..Projection::default() }
    }
}
