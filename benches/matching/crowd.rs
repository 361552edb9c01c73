//! The time of matching a cast of 200 names against many people: a dry run with names, and one of
//! the same cast with ids.

use std::error::Error;
use std::time::{Duration, Instant};

use reelport::app::{Sources, open_catalog};
use reelport::catalog::Catalog;
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::catalog::import::{ImportOptions, SentDocument};
use reelport::document::schema::entities::{EntityKind, NewEntity};
use reelport::document::{Category, MovieId};
use reelport::storage::StorageError;
use serde_json::{Value, json};

/// The number of names matched at once.
const CAST: usize = 200;
/// The number of people created in one transaction.
const CHUNK: usize = 20_000;

const SYLLABLES: [&str; 24] = [
    "ba", "ri", "to", "mel", "san", "ko", "dra", "vin", "les", "ha", "mor", "ti", "gan", "el",
    "pur", "no", "shi", "wel", "ta", "rom", "ya", "fen", "cu", "lind",
];

/// The `number`th name; given names repeat.
fn name(number: usize) -> String {
    let word = |mut number: usize, length: usize| {
        let mut word = String::new();
        for _ in 0..length {
            word.push_str(SYLLABLES[number % SYLLABLES.len()]);
            number /= SYLLABLES.len();
        }
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    format!("{} {}", word(number % 3_000, 3), word(number.wrapping_mul(7_919) % 300_007, 4))
}

/// An unknown name that shares the given name and the beginning of the family name with a known
/// one.
fn unknown_name(known: &str) -> String {
    let (given, family) = known.split_once(' ').unwrap_or((known, ""));
    format!("{given} {}zzuqx", family.get(..2).unwrap_or_default())
}

pub async fn measure(url: &str, people: usize) -> Result<(), Box<dyn Error>> {
    let catalog = open_catalog(url, 4, Sources::default()).await?;
    let movies = ["crowd-1", "crowd-2"];
    super::import(&catalog, &movies.map(info)).await?;
    for start in (0..people).step_by(CHUNK) {
        let made: Vec<NewEntity> = (start..(start + CHUNK).min(people))
            .map(|number| NewEntity {
                kind: EntityKind::Person,
                id: format!("crowd-person-{number}"),
                name: name(number),
            })
            .collect();
        let now = chrono::DateTime::UNIX_EPOCH;
        catalog
            .database()
            .write(|transaction| {
                let made = made.clone();
                async move {
                    transaction
                        .create_entities(&made, now)
                        .await
                        .map_err(|error: StorageError| error)
                }
            })
            .await?;
    }
    // As at the end of a bulk import.
    catalog.database().refresh_statistics().await?;
    let step = people / CAST;
    // One third known names, one third other forms of known names, one third unknown names.
    let cast = |with_ids: bool| {
        let credits = (0..CAST).map(|place| {
            let known = name(place * step);
            let given = match place % 3 {
                _ if with_ids => known,
                0 => known,
                1 => known
                    .split_once(' ')
                    .map(|(given, family)| format!("{}, {}", family.to_uppercase(), given))
                    .unwrap_or_default(),
                _ => unknown_name(&known),
            };
            let mut credit = json!({ "name": given, "character": format!("Part {place}") });
            if with_ids {
                credit["id"] = json!(format!("crowd-person-{}", place * step));
            }
            credit
        });
        json!({ "category": "cast_crew", "movie_id": "crowd-1", "data": { "cast": credits.collect::<Vec<_>>() } })
            .to_string()
    };
    let (by_name, by_id) =
        (time(&catalog, &cast(false)).await?, time(&catalog, &cast(true)).await?);
    let kind = url.split(':').next().unwrap_or_default();
    println!(
        "{kind}: {CAST} names among {people} people: {:.1} ms; by ids: {:.1} ms",
        by_name.as_secs_f64() * 1e3,
        by_id.as_secs_f64() * 1e3
    );
    catalog.database().close().await;
    Ok(())
}

fn info(movie: &str) -> String {
    let document: Value = json!({ "category": "basic_info", "movie_id": movie, "data": { "title": "A crowd", "year": "1999" } });
    format!("{document}\n")
}

/// The median time of a dry run.
async fn time(catalog: &Catalog, file: &str) -> Result<Duration, Box<dyn Error>> {
    let id: MovieId = "crowd-1".parse()?;
    let (subject, email) = ("bench".to_owned(), "bench@example.com".to_owned());
    let principal = Principal {
        subject,
        email,
        role: Role::Admin,
        source: None,
        credential: Credential::default(),
        expires_at: None,
        origin: std::sync::Arc::default(),
    };
    let permission = principal
        .can_import(ImportOptions { dry_run: true, ..ImportOptions::default() })
        .map_err(|_| "forbidden")?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let incoming = SentDocument::Document {
            text: file.to_owned().into(),
            category: Some(Category::CastCrew),
        };
        let start = Instant::now();
        let outcome = catalog.import(&permission, &id, incoming).await?;
        times.push(start.elapsed());
        outcome.plan.ok_or("there is no plan")?;
    }
    times.sort();
    Ok(times[times.len() / 2])
}
