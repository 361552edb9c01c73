//! Test documents: one for each category that uses every field.

use serde_json::{Value, json};

/// The seven categories, each with data that uses every field.
pub fn all_categories() -> Vec<(&'static str, Value)> {
    vec![
        ("basic_info", basic_info()),
        ("cast_crew", cast_crew()),
        ("timeline", timeline()),
        ("trivia", trivia()),
        ("awards", awards()),
        ("media", media()),
        ("streaming", streaming()),
    ]
}

pub fn basic_info() -> Value {
    json!({
        "title": "The Long Tide", "original_title": "Die lange Flut", "tagline": "Nothing stays dry.",
        "year": "1999", "release_date": "1999-10-15", "runtime": 139, "rating": "R", "language": "German",
        "country": "Germany", "overview": "A harbour town waits. 🌊 مرحبا e\u{301}", "budget": 63_000_000,
        "revenue": 2_923_706_026_i64, "status": "released", "genres": ["Drama", "Science Fiction"],
        "imdb_id": "tt0137523", "site_score": 87.5, "critics_score": 66, "rotten_tomatoes_score": 79,
        "imdb_rating": 8.8
    })
}

pub fn cast_crew() -> Value {
    json!({
        "directors": [{ "id": "tmdb-person-1", "name": "Ada Quist" }],
        "writers": [{ "id": "tmdb-person-1", "name": "Ada Quist", "job": "Screenplay" }],
        "producers": [{ "id": "tmdb-person-2", "name": "Bo Renn", "job": "Executive Producer" }],
        "cast": [
            { "id": "tmdb-person-3", "name": "Cleo Marsh", "character": "The Pilot", "order": 0,
              "image": "https://images.example.org/3.jpg" },
            { "id": "tmdb-person-4", "name": "Dev Rao", "character": "The Clerk", "order": 1 },
            { "id": "tmdb-person-3", "name": "Cleo Marsh", "character": "The Pilot's Sister", "order": 2 }
        ],
        "crew": [{ "id": "tmdb-person-5", "name": "Eli Stone", "job": "Editor", "department": "Editing" }]
    })
}

pub fn timeline() -> Value {
    json!({ "events": [
        { "date": "1997", "title": "Written", "category": "development" },
        { "date": "1998-06", "title": "Shooting begins", "description": "In the old docks.",
          "media_url": "https://media.example.org/a.jpg", "source_url": "https://example.org/source" },
        { "date": "1999-10-15", "title": "Release" }
    ] })
}

pub fn trivia() -> Value {
    json!({ "items": [
        { "text": "The water was dyed green.", "category": "production", "spoiler": false },
        { "question": "Where was it shot?", "answer": "In Wismar.", "explanation": "See the harbour.",
          "source_url": "https://example.org/wismar", "spoiler": true }
    ] })
}

pub fn awards() -> Value {
    json!({ "awards": [
        { "ceremony": "Harbour Film Awards", "year": 1999, "category": "Best Picture", "result": "nominee",
          "country": "Germany", "language": "German", "organization": "Harbour Academy",
          "prestige_level": "national", "notes": "The first year." },
        { "ceremony": "Harbour Film Awards", "year": 1999, "category": "Best Director", "nominee": "Ada Quist",
          "nominee_id": "tmdb-person-1", "result": "winner" }
    ] })
}

pub fn media() -> Value {
    json!({
        "poster_url": "https://images.example.org/poster.jpg",
        "backdrop_url": "https://images.example.org/backdrop.jpg",
        "trailer_url": "https://video.example.org/trailer",
        "gallery": [
            { "url": "https://images.example.org/1.jpg", "kind": "still", "caption": "The docks", "language": "German" },
            { "url": "https://images.example.org/2.jpg", "kind": "logo" }
        ]
    })
}

pub fn streaming() -> Value {
    json!({ "streaming_options": [
        { "platform": "Harbour+", "region": "DE", "type": "subscription", "quality": "4K", "verified": true,
          "url": "https://harbour.example.org/1" },
        { "platform": "Kiosk", "type": "rent", "price": "3.99", "currency": "EUR", "quality": "HD" }
    ] })
}

/// The same data without generated ids, for comparisons.
pub fn facts(value: &Value) -> Value {
    const MADE: &[&str] = &["id", "credit_id", "ceremony_id", "nominee_id", "platform_id"];
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| !MADE.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), facts(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(facts).collect()),
        other => other.clone(),
    }
}
