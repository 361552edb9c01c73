//! The cast and crew category: the people who made a movie.
//!
//! In JSON files, `credit_id` is the id of a credit, and `id` is the id of its person.

use async_graphql::ID;
use serde_json::Value;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::projection::{CreditRow, EntityLookup, Projection, text_of};
use crate::document::schema::definition::{
    EntityReference, Field, Item, ItemKey, KeyPart, Kind, Object, define,
};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::rules::{id, integer, items, line, name, url};
use crate::document::schema::scalars::WebUrl;
use crate::document::text::comparable;

define! {
    /// The people who made a movie. A person can have several credits: roles, jobs and characters.
    pub struct CastCrew, input CastCrewInput {
        /// The directors.
        directors: Vec<Credit> = items(&CREDIT, "Directors")
            .aliases(&["director", "directed_by", "regie"]),
        /// The writers, including the authors of works that the movie is based on.
        writers: Vec<Credit> = items(&CREDIT, "Writers")
            .aliases(&["writer", "written_by", "drehbuch"])
            .item_keys(WRITING),
        /// The producers.
        producers: Vec<Credit> = items(&CREDIT, "Producers")
            .aliases(&["producer", "produced_by"])
            .item_keys(PRODUCING),
        /// The actors, in billing order.
        cast: Vec<CastCredit> = items(&CAST_CREDIT, "Cast")
            .aliases(&["actors", "starring", "besetzung"])
            .item_keys(CASTS),
        /// All other crew members.
        crew: Vec<CrewCredit> = items(&CREW_CREDIT, "Crew").item_keys(CREW_JOBS),
    }
}

define! {
    /// The credit of a director, writer or producer.
    #[graphql(complex)]
    pub struct Credit, input CreditInput {
        /// The person's id, for example tmdb-person-287. Omit it in an import to find the person by
        /// name, or to create the person if the name is new.
        person_id["id", "personId"]: ID = id(),
        /// The credit's own id: opaque, stable, and assigned by the server. In an import, send it
        /// for an existing credit and omit it for a new one.
        credit_id["credit_id", "id"]: ID = id(),
        /// The person's name as credited in this movie.
        name: String = name().aliases(NAME),
        /// The exact job, for example Executive Producer. Null if unknown.
        job: Option<String> = line().aliases(&["role", "position"]),
        /// The URL of a portrait of the person. Null if there is none.
        image: Option<WebUrl> = url().aliases(IMAGE),
    }
}

define! {
    /// The credit of an actor.
    #[graphql(complex)]
    pub struct CastCredit, input CastCreditInput {
        /// The person's id, for example tmdb-person-287. Omit it in an import to find the person by
        /// name, or to create the person if the name is new.
        person_id["id", "personId"]: ID = id(),
        /// The credit's own id: opaque, stable, and assigned by the server. In an import, send it
        /// for an existing credit and omit it for a new one.
        credit_id["credit_id", "id"]: ID = id(),
        /// The person's name as credited in this movie.
        name: String = name().aliases(NAME),
        /// The character that the person plays, for example Tyler Durden. Null if unknown.
        character: Option<String> = line().joined().aliases(&[
            "role",
            "character_name",
            "characters",
            "rolle",
            "personaje",
            "personnage",
        ]),
        /// The position in the billing order, starting at 0. Several credits can have the same
        /// position. Null if unknown.
        order: Option<i32> = integer(0, 1_000_000).aliases(&["billing"]),
        /// The URL of a portrait of the person. Null if there is none.
        image: Option<WebUrl> = url().aliases(IMAGE),
    }
}

define! {
    /// The credit of a crew member.
    #[graphql(complex)]
    pub struct CrewCredit, input CrewCreditInput {
        /// The person's id, for example tmdb-person-287. Omit it in an import to find the person by
        /// name, or to create the person if the name is new.
        person_id["id", "personId"]: ID = id(),
        /// The credit's own id: opaque, stable, and assigned by the server. In an import, send it
        /// for an existing credit and omit it for a new one.
        credit_id["credit_id", "id"]: ID = id(),
        /// The person's name as credited in this movie.
        name: String = name().aliases(NAME),
        /// The job, for example Editor.
        job: String = line().required().aliases(&["role", "position"]),
        /// The department, for example Editing. Null if unknown.
        department: Option<String> = line(),
        /// The URL of a portrait of the person. Null if there is none.
        image: Option<WebUrl> = url().aliases(IMAGE),
    }
}

const NAME: &[&str] = &["actor", "actress", "actor_name", "person", "person_name", "full_name"];
const IMAGE: &[&str] = &["profile_path", "photo", "image_url", "profile_url"];

const CASTS: &[ItemKey] = &[
    ItemKey { key: "main_cast", values: &[] },
    ItemKey { key: "lead_cast", values: &[] },
    ItemKey { key: "supporting_cast", values: &[] },
    ItemKey { key: "voice_cast", values: &[] },
];

const WRITING: &[ItemKey] = &[
    ItemKey { key: "screenplay", values: &[("job", "Screenplay")] },
    ItemKey { key: "screenwriter", values: &[("job", "Screenplay")] },
    ItemKey { key: "screenwriters", values: &[("job", "Screenplay")] },
    ItemKey { key: "story_by", values: &[("job", "Story")] },
];

const PRODUCING: &[ItemKey] = &[
    ItemKey { key: "executive_producer", values: &[("job", "Executive Producer")] },
    ItemKey { key: "executive_producers", values: &[("job", "Executive Producer")] },
];

/// A key that contains the crew members with one job.
const fn job(key: &'static str, values: &'static [(&'static str, &'static str)]) -> ItemKey {
    ItemKey { key, values }
}

const COMPOSER: &[(&str, &str)] = &[("job", "Original Music Composer"), ("department", "Sound")];
const CAMERA: &[(&str, &str)] = &[("job", "Director of Photography"), ("department", "Camera")];
const EDITOR: &[(&str, &str)] = &[("job", "Editor"), ("department", "Editing")];
const PRODUCTION_DESIGN: &[(&str, &str)] = &[("job", "Production Design"), ("department", "Art")];
const COSTUMES: &[(&str, &str)] = &[("job", "Costume Design"), ("department", "Costume & Make-Up")];

const CREW_JOBS: &[ItemKey] = &[
    job("composer", COMPOSER),
    job("composers", COMPOSER),
    job("music", COMPOSER),
    job("music_by", COMPOSER),
    job("musik", COMPOSER),
    job("cinematographer", CAMERA),
    job("cinematographers", CAMERA),
    job("cinematography", CAMERA),
    job("director_of_photography", CAMERA),
    job("kamera", CAMERA),
    job("editor", EDITOR),
    job("editors", EDITOR),
    job("editing", EDITOR),
    job("edited_by", EDITOR),
    job("schnitt", EDITOR),
    job("production_designer", PRODUCTION_DESIGN),
    job("production_design", PRODUCTION_DESIGN),
    job("costume_designer", COSTUMES),
    job("costume_design", COSTUMES),
];

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

const fn credit(
    fields: &'static [Field],
    keys: &'static [&'static [KeyPart]],
    groups: &'static [&'static str],
) -> Item {
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
        groups,
        absence: None,
    }
}

const BY_JOB: &[&[KeyPart]] = &[&[KeyPart::Entity(0), KeyPart::Field("job")]];
static CREDIT: Item = credit(Credit::FIELDS, BY_JOB, &["job"]);
static CAST_CREDIT: Item =
    credit(CastCredit::FIELDS, &[&[KeyPart::Entity(0), KeyPart::Field("character")]], &[]);
static CREW_CREDIT: Item = credit(CrewCredit::FIELDS, BY_JOB, &["job", "department"]);

/// The department of a credit in comparable form: derived from the list, or for the crew list, the
/// credit's own department.
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

    fn project(data: &Object, _: &dyn EntityLookup) -> Projection {
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
