//! Awards: nominations and wins.

use async_graphql::ID;
use serde_json::Value;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::entity::EntityKind;
use crate::document::projection::{Names, NominationRow, Projection, text_of};
use crate::document::reference::meaning_of_category;
use crate::document::schema::definition::{
    Absence, EntityReference, Field, Item, ItemKey, KeyPart, Object, define, define_choice,
    no_department,
};
use crate::document::schema::rules::{choice, id, integer, items, line, name, prose};
use crate::document::spelling::Spellings;

define! {
    /// What a movie, or someone for it, was nominated for and won.
    pub struct Awards, input AwardsInput {
        /// The nominations, won or not.
        awards: Vec<Award> = items(&AWARD, "Award").aliases(&["auszeichnungen"]).item_keys(BY_RESULT),
    }
}

define! {
    /// One nomination, won or not.
    pub struct Award, input AwardInput {
        /// This nomination's own id; stable and opaque.
        id: ID = id(),
        /// The ceremony's name as sent, for example Academy Awards.
        ceremony: String = name().aliases(&["name", "award", "award_show", "event"]),
        /// The ceremony's id. It may be left out of an import: the name tells.
        ceremony_id: Option<ID> = id(),
        /// The year, as the source counts it: of the films that are honoured, or of the ceremony.
        year: i32 = integer(1850, 2200).required().aliases(&["award_year", "jahr"]),
        /// The category, for example Best Picture.
        category: String = line().required().aliases(&["award_category", "kategorie"]),
        /// Who or what was nominated.
        nominee: Option<String> = line().joined().aliases(&["nominees", "recipient", "person", "for"]),
        /// The nominated person's id, where the nominee is a known person.
        nominee_id: Option<ID> = id(),
        /// Whether it was won.
        result: AwardResult = choice(AwardResult::VALUES, RESULT_SYNONYMS).required().aliases(&["status", "outcome", "won", "is_winner", "winner"]),
        /// The country of the ceremony, as text.
        country: Option<String> = line().joined(),
        /// The language of the ceremony, as text.
        language: Option<String> = line().joined(),
        /// Who gives the award.
        organization: Option<String> = line(),
        /// How far it counts.
        prestige_level: Option<PrestigeLevel> = choice(PrestigeLevel::VALUES, &[]),
        /// Anything else.
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

/// Results that say that there was no nomination.
const NOT_NOMINATED: Absence = Absence {
    field: "result",
    words: &["notnominated", "nanotnominated", "nonomination", "none", "na", "noaward", "noawards"],
};

define_choice! {
    /// What came of a nomination.
    pub enum AwardResult {
        /// Won.
        Winner = "winner",
        /// Nominated, not won.
        Nominee = "nominee",
    }
}

define_choice! {
    /// How far an award counts.
    pub enum PrestigeLevel {
        /// Known around the world.
        International = "international",
        /// Of one country.
        National = "national",
        /// Of a state or region.
        State = "state",
        /// Of a trade or guild.
        Industry = "industry",
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
    spellings: Some(Spellings { field: "category", entity: 0, meaning: meaning_of_category }),
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

    fn project(data: &Object, _: &dyn Names) -> Projection {
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
