//! Basic info: what a movie is listed under.

use super::category::{Category, CategoryDocument};
use super::definition::{Object, define, define_choice};
use super::entity::EntityKind;
use super::projection::{MovieFacts, Names, Projection};
use super::rules::{choice, date, imdb_title, integer, names, number, prose, text, year_text};
use super::scalars::{BigInt, Date, MAX_SAFE_INTEGER};

define! {
    /// The facts a movie is listed under: titles, dates, money, scores, genres.
    pub struct BasicInfo, input BasicInfoInput {
        /// The title it is listed under, 1 to 300 characters. Null until basic info is written.
        title: Option<String> = text(300).required(),
        /// The title in its original language.
        original_title: Option<String> = text(300),
        /// The line on the poster, 500 characters at most.
        tagline: Option<String> = text(500),
        /// The year of release, four digits.
        year: Option<String> = year_text(),
        /// The first release, YYYY-MM-DD.
        release_date: Option<Date> = date(),
        /// Length in minutes, 1 to 60,000.
        runtime: Option<i32> = integer(1, 60_000),
        /// The certificate, for example PG-13; 20 characters at most.
        rating: Option<String> = text(20),
        /// The spoken language, as text.
        language: Option<String> = text(100),
        /// The country or countries of production, as text.
        country: Option<String> = text(100),
        /// What the movie is about, 20,000 characters at most.
        overview: Option<String> = prose(),
        /// What it cost, in whole US dollars.
        budget: Option<BigInt> = integer(0, MAX_SAFE_INTEGER),
        /// What it took at the box office, in whole US dollars.
        revenue: Option<BigInt> = integer(0, MAX_SAFE_INTEGER),
        /// Where it stands between rumour and release.
        status: Option<ReleaseStatus> = choice(ReleaseStatus::VALUES, &[("cancelled", "canceled")]),
        /// Names of genres, as first sent.
        genres: Vec<String> = names(EntityKind::Genre),
        /// The IMDb title id, tt and 7 to 10 digits.
        imdb_id: Option<String> = imdb_title(),
        /// This platform's own score, 0 to 100.
        site_score: Option<f64> = number(0.0, 100.0).aliases(&["siddu_score"]),
        /// The critics' score, 0 to 100.
        critics_score: Option<f64> = number(0.0, 100.0),
        /// The Rotten Tomatoes score, 0 to 100.
        rotten_tomatoes_score: Option<f64> = number(0.0, 100.0),
        /// The IMDb rating, 0 to 10.
        imdb_rating: Option<f64> = number(0.0, 10.0),
    }
}

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
    const FIELDS: &'static [super::definition::Field] = BasicInfo::FIELDS;

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
