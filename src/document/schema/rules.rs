//! Constructors of the field rules that the category definitions use.

use super::definition::{Item, Kind, Rule, Unit, Wording};
use crate::document::schema::entities::EntityKind;

/// Maximum length of a one-line text (a name, a title, a job), in characters.
const LINE: usize = 500;
/// Maximum length of prose (an overview, a description, an item of trivia), in characters.
pub const PROSE: usize = 20_000;

/// A text of 1 to `max` characters.
pub const fn text(max: usize) -> Rule {
    Rule::new(Kind::Text { max })
}

/// A one-line text of up to 500 characters.
pub const fn line() -> Rule {
    text(LINE)
}

/// The name of a person, ceremony or platform. It is required.
pub const fn name() -> Rule {
    line().required().wording(Wording::Name)
}

/// A title of up to `max` characters. No word in it is read as no value.
pub const fn title(max: usize) -> Rule {
    text(max).wording(Wording::Title)
}

/// A text of up to 20,000 characters.
pub const fn prose() -> Rule {
    text(PROSE)
}

pub const fn id() -> Rule {
    Rule::new(Kind::Id)
}

pub const fn date() -> Rule {
    Rule::new(Kind::Date)
}

pub const fn partial_date() -> Rule {
    Rule::new(Kind::PartialDate)
}

pub const fn url() -> Rule {
    Rule::new(Kind::Url)
}

pub const fn integer(min: i64, max: i64) -> Rule {
    Rule::new(Kind::Integer { min, max })
}

/// A duration in minutes, from 1 to `max`. 0 is read as no value.
pub const fn minutes(max: i64) -> Rule {
    integer(1, max).in_unit(Unit::Minutes).zero_is_unknown()
}

/// An amount in whole US dollars, up to `max`. 0 is read as no value.
pub const fn us_dollars(max: i64) -> Rule {
    integer(0, max).in_unit(Unit::UsDollars).zero_is_unknown()
}

pub const fn number(min: f64, max: f64) -> Rule {
    Rule::new(Kind::Number { min, max })
}

pub const fn boolean() -> Rule {
    Rule::new(Kind::Boolean)
}

pub const fn decimal() -> Rule {
    Rule::new(Kind::Decimal)
}

pub const fn choice(
    values: &'static [&'static str],
    synonyms: &'static [(&'static str, &'static str)],
) -> Rule {
    Rule::new(Kind::Choice { values, synonyms })
}

pub const fn names(entity: EntityKind) -> Rule {
    Rule::new(Kind::Names { entity, max_length: 100 }).wording(Wording::Name)
}

pub const fn items(item: &'static Item, label: &'static str) -> Rule {
    Rule::new(Kind::Items { item, label })
}

/// A year of four digits: `1999`.
pub const fn year_text() -> Rule {
    Rule::new(Kind::Form {
        matches: |text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()),
        allowed: "a year of four digits, \"1999\"",
        pattern: "^[0-9]{4}$",
    })
}

/// An IMDb title id: `tt` and 7 to 10 digits, see
/// <https://developer.imdb.com/documentation/key-concepts>.
pub const fn imdb_title() -> Rule {
    Rule::new(Kind::Form {
        matches: |text| {
            text.strip_prefix("tt").is_some_and(|digits| {
                (7..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        },
        allowed: "tt and 7 to 10 digits, \"tt0137523\"",
        pattern: "^tt[0-9]{7,10}$",
    })
}

/// A country code according to ISO 3166-1 alpha-2.
pub const fn region() -> Rule {
    Rule::new(Kind::Code {
        matches: |code| rust_iso3166::from_alpha2(code).is_some(),
        allowed: "an ISO 3166-1 alpha-2 code, \"US\"",
        pattern: "^[A-Z]{2}$",
        synonyms: &[
            ("UK", "GB"),
            ("United Kingdom", "GB"),
            ("Great Britain", "GB"),
            ("Britain", "GB"),
            ("England", "GB"),
            ("USA", "US"),
            ("United States", "US"),
            ("America", "US"),
            ("South Korea", "KR"),
            ("Korea", "KR"),
            ("Russia", "RU"),
            ("Taiwan", "TW"),
            ("Vietnam", "VN"),
            ("Iran", "IR"),
            ("Turkey", "TR"),
            ("Czech Republic", "CZ"),
            ("Netherlands", "NL"),
            ("Deutschland", "DE"),
            ("Frankreich", "FR"),
            ("España", "ES"),
            ("Brasil", "BR"),
            ("Österreich", "AT"),
            ("Schweiz", "CH"),
            ("भारत", "IN"),
            ("日本", "JP"),
            ("アメリカ", "US"),
            ("中国", "CN"),
            ("한국", "KR"),
            ("США", "US"),
            ("Россия", "RU"),
            ("U.S.", "US"),
            ("UAE", "AE"),
            ("États-Unis", "US"),
            ("Estados Unidos", "US"),
            ("Royaume-Uni", "GB"),
            ("Reino Unido", "GB"),
            ("Vereinigte Staaten", "US"),
            ("Vereinigtes Königreich", "GB"),
        ],
    })
}

/// A currency code according to ISO 4217.
pub const fn currency() -> Rule {
    Rule::new(Kind::Code {
        matches: |code| iso_currency::Currency::from_code(code).is_some(),
        allowed: "an ISO 4217 code, \"USD\"",
        pattern: "^[A-Z]{3}$",
        synonyms: &[
            ("US dollar", "USD"),
            ("dollar", "USD"),
            ("dollars", "USD"),
            ("pound", "GBP"),
            ("pounds", "GBP"),
            ("pound sterling", "GBP"),
            ("rupee", "INR"),
            ("rupees", "INR"),
            ("Indian rupee", "INR"),
        ],
    })
}
