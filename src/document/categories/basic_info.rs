//! Basic info: what a movie is listed under.

use crate::document::categories::{Category, CategoryDocument};
use crate::document::entity::EntityKind;
use crate::document::projection::{MovieFacts, Names, Projection};
use crate::document::schema::definition::{Object, define, define_choice};
use crate::document::schema::rules::{
    choice, date, imdb_title, minutes, names, number, prose, text, title, us_dollars, year_text,
};
use crate::document::schema::scalars::{BigInt, Date, MAX_SAFE_INTEGER};

define! {
    /// The facts a movie is listed under: titles, dates, money, scores, genres.
    pub struct BasicInfo, input BasicInfoInput {
        /// The title it is listed under, 1 to 300 characters. Null until basic info is written.
        title: Option<String> = title(300).required().aliases(&["name", "movie_title", "titel", "titre", "título"]),
        /// The title in its original language.
        original_title: Option<String> = title(300).aliases(&["originaltitel", "titre_original", "título_original"]),
        /// The line on the poster, 500 characters at most.
        tagline: Option<String> = text(500).aliases(&["slogan"]),
        /// The year of release, four digits.
        year: Option<String> = year_text().aliases(&["release_year", "jahr", "année", "año"]),
        /// The first release, YYYY-MM-DD.
        release_date: Option<Date> = date().aliases(&["released", "erscheinungsdatum", "date_de_sortie", "fecha_de_estreno"]),
        /// Length in minutes, 1 to 60,000.
        runtime: Option<i32> = minutes(60_000).aliases(&["runtime_minutes", "duration", "laufzeit", "durée", "duración"]),
        /// The certificate, for example PG-13; 20 characters at most.
        rating: Option<String> = text(20).aliases(&["rated", "certificate", "certification", "content_rating"]),
        /// The spoken language, as text.
        language: Option<String> = text(100).joined().aliases(&["languages", "spoken_languages", "sprache", "langue", "idioma"]),
        /// The country or countries of production, as text.
        country: Option<String> = text(100).joined().aliases(&["countries", "production_countries", "land", "pays", "país"]),
        /// What the movie is about, 20,000 characters at most.
        overview: Option<String> = prose().aliases(&["plot", "synopsis", "description", "beschreibung", "handlung", "résumé", "sinopsis"]),
        /// What it cost, in whole US dollars.
        budget: Option<BigInt> = us_dollars(MAX_SAFE_INTEGER),
        /// What it took at the box office, in whole US dollars.
        revenue: Option<BigInt> = us_dollars(MAX_SAFE_INTEGER).aliases(&["box_office", "einspielergebnis"]),
        /// Where it stands between rumour and release.
        status: Option<ReleaseStatus> = choice(ReleaseStatus::VALUES, STATUS_SYNONYMS),
        /// Names of genres, as first sent.
        genres: Vec<String> = names(EntityKind::Genre).aliases(&["genre", "genre_ids"]),
        /// The IMDb title id, tt and 7 to 10 digits.
        imdb_id: Option<String> = imdb_title().aliases(&["imdb", "imdb_url"]),
        /// This platform's own score, 0 to 100.
        site_score: Option<f64> = number(0.0, 100.0).aliases(&["siddu_score"]),
        /// The critics' score, 0 to 100.
        critics_score: Option<f64> = number(0.0, 100.0).aliases(&["metascore", "metacritic_score"]),
        /// The Rotten Tomatoes score, 0 to 100.
        rotten_tomatoes_score: Option<f64> = number(0.0, 100.0).aliases(&["rotten_tomatoes", "tomatometer"]),
        /// The IMDb rating, 0 to 10.
        imdb_rating: Option<f64> = number(0.0, 10.0).zero_is_unknown().aliases(&["imdb_score"]),
    }
}

const STATUS_SYNONYMS: &[(&str, &str)] = &[
    ("cancelled", "canceled"),
    ("rumoured", "rumored"),
    ("announced", "planned"),
    ("filming", "in_production"),
    ("completed", "released"),
    ("veröffentlicht", "released"),
    ("erschienen", "released"),
    ("sortie", "released"),
    ("sorti", "released"),
    ("estrenada", "released"),
    ("lançado", "released"),
    ("रिलीज़", "released"),
];

define_choice! {
    /// Where a movie stands between rumour and release.
    pub enum ReleaseStatus {
        /// Talked of, not confirmed.
        Rumored = "rumored",
        /// Confirmed, not begun.
        Planned = "planned",
        /// Finished or nearly so, with a date ahead.
        Upcoming = "upcoming",
        /// Being shot.
        InProduction = "in_production",
        /// Shot, being edited.
        PostProduction = "post_production",
        /// Out.
        Released = "released",
        /// Given up.
        Canceled = "canceled",
    }
}

impl CategoryDocument for BasicInfo {
    const CATEGORY: Category = Category::BasicInfo;
    const FIELDS: &'static [crate::document::schema::definition::Field] = BasicInfo::FIELDS;

    fn project(data: &Object, names: &dyn Names) -> Projection {
        let text = |key: &str| data.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        let genres = data.get("genres").and_then(|value| value.as_array()).into_iter().flatten();
        let release_date = text("release_date");
        let year = text("year").or_else(|| release_date.as_ref().map(|date| date[..4].to_owned()));
        Projection {
            movie: Some(MovieFacts {
                title: text("title"),
                original_title: text("original_title"),
                year: year.and_then(|year| year.parse().ok()),
                release_date,
                status: text("status"),
            }),
            genres: distinct(
                genres.filter_map(|name| names.entity(EntityKind::Genre, name.as_str()?)),
            ),
            ..Projection::default()
        }
    }
}

/// Each genre once, also where it stands under two of its names.
fn distinct(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.filter(|id| seen.insert(id.clone())).collect()
}
