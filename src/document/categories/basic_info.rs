//! The basic info category: titles, dates, money, scores and genres.

use crate::document::categories::{Category, CategoryDocument};
use crate::document::projection::{EntityLookup, MovieFacts, Projection};
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{Object, define};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::rules::{
    choice, date, imdb_title, minutes, names, number, prose, text, title, us_dollars, year_text,
};
use crate::document::schema::scalars::{BigInt, Date, MAX_SAFE_INTEGER};

define! {
    /// Basic facts about a movie: titles, dates, money, scores and genres.
    pub struct BasicInfo, input BasicInfoInput {
        /// The title under which the movie is listed, 1 to 300 characters. Null until basic info is
        /// written for the first time.
        title: Option<String> = title(300)
            .required()
            .aliases(&["name", "movie_title", "titel", "titre", "título"]),
        /// The title in the original language, 1 to 300 characters. Null if unknown.
        original_title: Option<String> = title(300)
            .aliases(&["originaltitel", "titre_original", "título_original"]),
        /// The advertising line, as on the poster. At most 500 characters. Null if there is none.
        tagline: Option<String> = text(500).aliases(&["slogan"]),
        /// The year of release as a string of four digits, as in files, for example 1999. In GraphQL,
        /// Movie.year is the same year as a number. Null if unknown.
        year: Option<String> = year_text().aliases(&["release_year", "jahr", "année", "año"]),
        /// The date of the first release in the format YYYY-MM-DD. Null if unknown.
        release_date: Option<Date> = date()
            .aliases(&["released", "erscheinungsdatum", "date_de_sortie", "fecha_de_estreno"]),
        /// The length in minutes, 1 to 60,000. Null if unknown.
        runtime: Option<i32> = minutes(60_000)
            .aliases(&["runtime_minutes", "duration", "laufzeit", "durée", "duración"]),
        /// The age rating, for example PG-13. At most 20 characters. Null if unknown.
        rating: Option<String> = text(20)
            .aliases(&["rated", "certificate", "certification", "content_rating"]),
        /// The spoken language or languages as free text, for example English. At most 100
        /// characters. Null if unknown.
        language: Option<String> = text(100)
            .joined()
            .aliases(&["languages", "spoken_languages", "sprache", "langue", "idioma"]),
        /// The country or countries of production as free text, for example France. At most 100
        /// characters. Null if unknown.
        country: Option<String> = text(100)
            .joined()
            .aliases(&["countries", "production_countries", "land", "pays", "país"]),
        /// A summary of the plot. At most 20,000 characters. Null if there is none.
        overview: Option<String> = prose().aliases(&[
            "plot",
            "synopsis",
            "description",
            "beschreibung",
            "handlung",
            "résumé",
            "sinopsis",
        ]),
        /// The production budget in whole US dollars, for example 63000000. Null if unknown.
        budget: Option<BigInt> = us_dollars(MAX_SAFE_INTEGER),
        /// The box office revenue in whole US dollars. Null if unknown.
        revenue: Option<BigInt> = us_dollars(MAX_SAFE_INTEGER)
            .aliases(&["box_office", "einspielergebnis"]),
        /// The stage of production or release. Null if unknown.
        status: Option<ReleaseStatus> = choice(ReleaseStatus::VALUES, STATUS_SYNONYMS),
        /// The names of the genres as they were sent, for example Drama. A name that is not known
        /// creates a genre.
        genres: Vec<String> = names(EntityKind::Genre).aliases(&["genre", "genre_ids"]),
        /// The IMDb title id: tt followed by 7 to 10 digits, for example tt0137523. Null if
        /// unknown.
        imdb_id: Option<String> = imdb_title().aliases(&["imdb", "imdb_url"]),
        /// This site's own score, from 0 to 100. Null if unknown.
        site_score: Option<f64> = number(0.0, 100.0).aliases(&["siddu_score"]),
        /// The critics' score, from 0 to 100. Null if unknown.
        critics_score: Option<f64> = number(0.0, 100.0).aliases(&["metascore", "metacritic_score"]),
        /// The Rotten Tomatoes score, from 0 to 100. Null if unknown.
        rotten_tomatoes_score: Option<f64> = number(0.0, 100.0)
            .aliases(&["rotten_tomatoes", "tomatometer"]),
        /// The IMDb rating, from 0 to 10. Null if unknown.
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
    /// The stage of a movie between the first rumours and the release.
    pub enum ReleaseStatus {
        /// Rumoured, but not confirmed.
        Rumored = "rumored",
        /// Confirmed, but not in production yet.
        Planned = "planned",
        /// Finished or nearly finished, with a release date in the future.
        Upcoming = "upcoming",
        /// In production: shooting has started.
        InProduction = "in_production",
        /// In post-production: shooting is over.
        PostProduction = "post_production",
        /// Released.
        Released = "released",
        /// Canceled.
        Canceled = "canceled",
    }
}

impl CategoryDocument for BasicInfo {
    const CATEGORY: Category = Category::BasicInfo;
    const FIELDS: &'static [crate::document::schema::definition::Field] = BasicInfo::FIELDS;

    fn project(data: &Object, names: &dyn EntityLookup) -> Projection {
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
                genres.filter_map(|name| names.id_by_name(EntityKind::Genre, name.as_str()?)),
            ),
            ..Projection::default()
        }
    }
}

/// Removes duplicates: a genre may be listed under two of its names.
fn distinct(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = ahash::HashSet::default();
    ids.filter(|id| seen.insert(id.clone())).collect()
}
