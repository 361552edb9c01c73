//! The awards category: nominations and wins.

use async_graphql::ID;
use serde_json::Value;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::projection::{EntityLookup, NominationRow, Projection, text_of};
use crate::document::reference::{PrestigeLevel, canonical_award_category};
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{
    Absence, EntityReference, Field, Item, ItemKey, KeyPart, Object, Spellings, define,
    no_department,
};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::rules::{choice, id, integer, items, line, name, prose};

define! {
    /// The award nominations of a movie and of the people who worked on it, including wins.
    pub struct Awards, input AwardsInput {
        /// The nominations. `result` says whether the award was won.
        awards: Vec<Award> = items(&AWARD, "Award")
            .aliases(&["auszeichnungen"])
            .item_keys(BY_RESULT),
    }
}

define! {
    /// A nomination for an award.
    pub struct Award, input AwardInput {
        /// The nomination's own id: opaque, stable, and assigned by the server. In an import, send
        /// it for an existing nomination and omit it for a new one.
        id: ID = id(),
        /// The ceremony's name as it was sent, for example Academy Awards.
        ceremony: String = name().aliases(&["name", "award", "award_show", "event"]),
        /// The ceremony's id, for example ceremony-academy-awards. Always set in a stored document.
        /// Omit it in an import to find the ceremony by name, or to create it if the name is new.
        ceremony_id: Option<ID> = id(),
        /// The year of the award, for example 2000. Depending on the source, it is the year of the
        /// ceremony or the year of the films.
        year: i32 = integer(1850, 2200).required().aliases(&["award_year", "jahr"]),
        /// The category of the award, for example Best Picture.
        category: String = line().required().aliases(&["award_category", "kategorie"]),
        /// The name of the nominated person, film or work. Null if unknown.
        nominee: Option<String> = line()
            .joined()
            .aliases(&["nominees", "recipient", "person", "for"]),
        /// The id of the nominated person, for example tmdb-person-287. Null if the nominee is not
        /// a known person, for example if it is a film or a song.
        nominee_id: Option<ID> = id(),
        /// Whether the award was won.
        result: AwardResult = choice(AwardResult::VALUES, RESULT_SYNONYMS)
            .required()
            .aliases(&["status", "outcome", "won", "is_winner", "winner"]),
        /// The country of the ceremony as free text, for example United States. Null if unknown.
        country: Option<String> = line().joined(),
        /// The language of the films that the ceremony honours, as free text such as Tamil. Null if
        /// unknown.
        language: Option<String> = line().joined(),
        /// The organization that gives the award. Null if unknown.
        organization: Option<String> = line(),
        /// The level at which the award is recognized. Null if unknown.
        prestige_level: Option<PrestigeLevel> = choice(PrestigeLevel::VALUES, &[]),
        /// Additional notes as free text. Null if there are none.
        notes: Option<String> = prose(),
    }
}

const RESULT_SYNONYMS: &[(&str, &str)] = &[
    ("won", "winner"),
    ("win", "winner"),
    ("wins", "winner"),
    ("gewonnen", "winner"),
    ("nominated", "nominee"),
    ("nomination", "nominee"),
    ("nominiert", "nominee"),
    ("lost", "nominee"),
    ("true", "winner"),
    ("false", "nominee"),
];

const BY_RESULT: &[ItemKey] = &[
    ItemKey { key: "wins", values: &[("result", "winner")] },
    ItemKey { key: "awards_won", values: &[("result", "winner")] },
    ItemKey { key: "nominations", values: &[("result", "nominee")] },
];

/// Words in `result` that say that there was no nomination.
const NOT_NOMINATED: Absence = Absence {
    field: "result",
    words: &["notnominated", "nanotnominated", "nonomination", "none", "na", "noaward", "noawards"],
};

define_choice! {
    /// The result of a nomination.
    pub enum AwardResult {
        /// The award was won.
        Winner = "winner",
        /// Nominated, but not won or not yet decided.
        Nominee = "nominee",
    }
}

static AWARD: Item = Item {
    fields: Award::FIELDS,
    id: "id",
    keys: &[&[
        KeyPart::Entity(0),
        KeyPart::Field("year"),
        KeyPart::Field("category"),
        KeyPart::Entity(1),
    ]],
    entities: &[
        EntityReference {
            kind: EntityKind::Ceremony,
            name: "ceremony",
            id: "ceremony_id",
            creates: true,
            department: no_department,
            traits: &["language", "country"],
        },
        EntityReference {
            kind: EntityKind::Person,
            name: "nominee",
            id: "nominee_id",
            creates: false,
            department: no_department,
            traits: &[],
        },
    ],
    entity_alone: false,
    spellings: Some(Spellings {
        field: "category",
        entity: 0,
        canonical: canonical_award_category,
    }),
    bare_text: None,
    bare_defaults: &[],
    label: &["ceremony", "category"],
    any_of: &[],
    groups: &["year", "result", "ceremony"],
    absence: Some(NOT_NOMINATED),
};

impl CategoryDocument for Awards {
    const CATEGORY: Category = Category::Awards;
    const FIELDS: &'static [Field] = Awards::FIELDS;

    fn project(data: &Object, _: &dyn EntityLookup) -> Projection {
        let awards = data.get("awards").and_then(Value::as_array).into_iter().flatten();
        let nominations = awards.filter_map(Value::as_object).map(|award| NominationRow {
            id: text_of(award, "id").unwrap_or_default(),
            ceremony_id: text_of(award, "ceremony_id").unwrap_or_default(),
            year: award
                .get("year")
                .and_then(Value::as_i64)
                .and_then(|year| year.try_into().ok())
                .unwrap_or_default(),
            category: text_of(award, "category").unwrap_or_default(),
            nominee_id: text_of(award, "nominee_id"),
            won: award.get("result").and_then(Value::as_str) == Some(AwardResult::Winner.as_str()),
        });
        Projection { nominations: nominations.collect(), ..Projection::default() }
    }
}
