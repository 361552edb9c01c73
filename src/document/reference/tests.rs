//! Checks of the reference data: all of it is parsed, and no name is ambiguous.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::award_categories::category_key;
use super::*;

fn file(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn all_of_the_data_is_parsed() {
    let count = |text: &str, list: &str| file(text)[list].as_array().unwrap().len();
    for (text, list, kind, least) in [
        (CEREMONIES, "ceremonies", EntityKind::Ceremony, 65),
        (PLATFORMS, "platforms", EntityKind::Platform, 60),
        (GENRES, "genres", EntityKind::Genre, 27),
    ] {
        let read = entities().iter().filter(|entity| entity.kind == kind).count();
        assert_eq!(read, count(text, list), "{list}");
        assert!(read >= least, "{read} {list}");
    }
}

#[test]
fn ids_have_the_form_of_their_kind_and_are_unique() {
    let mut seen = HashSet::new();
    for entity in entities() {
        let kind = entity.kind.as_str();
        let slug = entity.id.strip_prefix(&format!("{kind}-"));
        let number = entity.id.strip_prefix(&format!("tmdb-{kind}-"));
        let is_slug = slug.is_some_and(|slug| {
            slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        let is_number =
            number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(is_slug || is_number, "{}", entity.id);
        for id in
            entity.external_ids.iter().map(|(source, value)| format!("{source}-{kind}-{value}"))
        {
            assert!(seen.insert((kind, id.clone())), "{id}");
        }
        assert!(number.is_some() || seen.insert((kind, entity.id.clone())), "{}", entity.id);
        assert_eq!(by_id(entity.kind, &entity.id).unwrap().name, entity.name);
    }
}

#[test]
fn no_name_is_shared_unless_the_languages_differ() {
    let mut names: BTreeMap<(&str, String, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    for entity in entities() {
        let aliases =
            entity.aliases.iter().map(|alias| (alias.name.as_str(), alias.language.as_deref()));
        for (name, language) in aliases.chain([(entity.name.as_str(), None)]) {
            names
                .entry((entity.kind.as_str(), index_key(name), language))
                .or_default()
                .insert(&entity.id);
        }
    }
    let shared: Vec<_> = names.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert_eq!(shared, []);
}

#[test]
fn aliases_differ_from_the_name_and_from_each_other() {
    for entity in entities() {
        let mut seen = HashSet::from([(index_key(&entity.name), None)]);
        for alias in &entity.aliases {
            let language = alias.language.as_deref();
            assert!(
                seen.insert((index_key(&alias.name), language)),
                "{} of {}",
                alias.name,
                entity.id
            );
            assert!(
                language.is_none_or(|language| language_name(language) == Some(language)),
                "{language:?}"
            );
        }
    }
}

#[test]
fn countries_regions_languages_and_home_pages_are_valid() {
    for ReferenceEntity { id, kind, details, .. } in entities() {
        for country in details.country.iter().chain(&details.regions) {
            assert!(rust_iso3166::from_alpha2(country).is_some(), "{country} of {id}");
        }
        for language in &details.languages {
            assert_eq!(language_name(language), Some(language.as_str()), "{id}");
        }
        assert!(
            details.home_page.as_ref().is_none_or(|page| url::Url::parse(page).is_ok()),
            "{id}"
        );
        let is_complete = details.prestige_level.is_some() && details.organization.is_some();
        assert!(*kind != EntityKind::Ceremony || is_complete, "{id}");
    }
}

#[test]
fn entities_with_the_same_name_are_distinguished_by_language() {
    let ceremony = EntityKind::Ceremony;
    for (name, language, expected) in [
        ("Oscars", None, Some("ceremony-academy-awards")),
        ("THE  OSCARS", Some("Klingon"), Some("ceremony-academy-awards")),
        ("Filmfare Awards", None, Some("ceremony-filmfare-awards")),
        ("Filmfare Awards", Some("Hindi"), Some("ceremony-filmfare-awards")),
        ("Filmfare Awards", Some("Tamil"), Some("ceremony-filmfare-awards-south")),
        ("filmfare awards", Some("te"), Some("ceremony-filmfare-awards-south")),
        ("Filmfare Awards", Some("Bangla"), Some("ceremony-filmfare-awards-bangla")),
        ("Filmfare Awards South", Some("Hindi"), Some("ceremony-filmfare-awards-south")),
        ("State Film Awards", Some("Kannada"), Some("ceremony-karnataka-state-film-awards")),
        ("State Film Awards", None, None),
        ("Harbour Film Awards", None, None),
    ] {
        let found = by_name(ceremony, name, language).map(|entity| entity.id.as_str());
        assert_eq!(found, expected, "{name} {language:?}");
    }
    let south = "ceremony-filmfare-awards-south";
    let languages: Vec<_> = alias_languages(ceremony, south, "FILMFARE Awards").collect();
    assert_eq!(languages, ["Tamil", "Telugu", "Malayalam", "Kannada"]);
    assert_eq!(alias_languages(ceremony, south, "Filmfare South").count(), 0);
    let unambiguous: Vec<_> = by_id(ceremony, south).unwrap().unambiguous_names().collect();
    assert_eq!(unambiguous[0], ("filmfare awards south", "Filmfare Awards South"));
    assert!(unambiguous.contains(&("filmfare south", "Filmfare South")), "{unambiguous:?}");
    assert!(!unambiguous.iter().any(|(key, _)| *key == "filmfare awards"), "{unambiguous:?}");
}

#[test]
fn different_offers_stay_different() {
    let platform =
        |name: &str| by_name(EntityKind::Platform, name, None).map(|entity| entity.id.as_str());
    for (names, id) in [
        (&["Prime Video", "Amazon Prime Video", "Amazon Prime"][..], "tmdb-platform-9"),
        (&["Amazon Video"], "tmdb-platform-10"),
        (&["Hotstar", "Disney+ Hotstar", "JioHotstar"], "tmdb-platform-2336"),
        (&["Disney+", "Disney Plus"], "tmdb-platform-337"),
        (&["Apple TV+", "Apple TV Plus"], "tmdb-platform-350"),
        (&["Apple TV", "iTunes", "Apple TV Store"], "tmdb-platform-2"),
        (&["HBO Max", "Max"], "tmdb-platform-1899"),
    ] {
        for name in names {
            assert_eq!(platform(name), Some(id), "{name}");
        }
    }
    let genre =
        |name: &str| by_name(EntityKind::Genre, name, None).map(|entity| entity.id.as_str());
    for (name, id) in [
        ("Sci-Fi", Some("tmdb-genre-878")),
        ("scifi", Some("tmdb-genre-878")),
        ("Ciencia Ficcion", Some("tmdb-genre-878")),
        ("Sci-Fi & Fantasy", Some("tmdb-genre-10765")),
        ("Music", Some("tmdb-genre-10402")),
        ("Musical", None),
        ("Romantic Comedy", None),
    ] {
        assert_eq!(genre(name), id, "{name}");
    }
}

#[test]
fn no_category_name_is_ambiguous_within_its_ceremony() {
    let file = file(CEREMONIES);
    let sets = file["category_sets"].as_object().unwrap();
    let check = |ceremony: &str, groups: Vec<&Value>| {
        let mut first: BTreeMap<String, &Value> = BTreeMap::new();
        for group in groups {
            let names = group.as_array().unwrap();
            for name in names {
                let key = category_key(name.as_str().unwrap());
                let before = first.insert(key, &names[0]);
                assert!(
                    before.is_none_or(|before| *before == names[0]),
                    "{ceremony}: {name} is {before:?} and {}",
                    names[0]
                );
            }
        }
    };
    let groups = |list: &'_ Value| -> Vec<Value> { list.as_array().cloned().unwrap_or_default() };
    for ceremony in file["ceremonies"].as_array().unwrap() {
        let id = ceremony["id"].as_str().unwrap();
        let own = groups(&ceremony["categories"]);
        check(id, own.iter().collect());
        let names = groups(&ceremony["category_sets"]);
        let shared = names.iter().flat_map(|name| sets[name.as_str().unwrap()].as_array().unwrap());
        check(id, shared.collect());
    }
}

#[test]
fn a_category_is_found_by_all_of_its_names_within_its_ceremony() {
    let (oscars, globes) = ("ceremony-academy-awards", "ceremony-golden-globe-awards");
    for (ceremony, names) in [
        (
            oscars,
            &[
                "ACTOR",
                "Best Actor",
                "Actor in a Leading Role",
                "Best Performance by an Actor in a Leading Role",
            ][..],
        ),
        (oscars, &["OUTSTANDING PRODUCTION", "BEST MOTION PICTURE", "Best Picture"]),
        (
            oscars,
            &["WRITING (Screenplay Written Directly for the Screen)", "Best Original Screenplay"],
        ),
        (oscars, &["MUSIC (Original Dramatic Score)", "Best Original Score"]),
        (globes, &["Best Motion Picture – Drama", "Best Motion Picture - Drama"]),
        (
            globes,
            &[
                "Best Actress – Motion Picture Comedy or Musical",
                "Actress In A Leading Role - Musical Or Comedy",
            ],
        ),
        ("ceremony-bafta-film-awards", &["Leading Actor", "Best Actor in a Leading Role"]),
        ("ceremony-cannes-film-festival", &["Palme d'Or", "Palme d’Or", "PALME D'OR"]),
        ("ceremony-cesar-awards", &["Meilleur film", "Best Film", "Best Picture"]),
        ("ceremony-filmfare-awards", &["Best Playback Singer (Male)", "Best Male Playback Singer"]),
    ] {
        let meant: BTreeSet<_> = names.iter().map(|name| award_category(ceremony, name)).collect();
        assert_eq!((meant.len(), meant.contains(&None)), (1, false), "{names:?}: {meant:?}");
    }
}

#[test]
fn categories_of_one_year_stay_different() {
    let (oscars, globes) = ("ceremony-academy-awards", "ceremony-golden-globe-awards");
    for (ceremony, names) in [
        (
            oscars,
            &["ART DIRECTION", "ART DIRECTION (Color)", "ART DIRECTION (Black-and-White)"][..],
        ),
        (oscars, &["CINEMATOGRAPHY", "CINEMATOGRAPHY (Color)", "CINEMATOGRAPHY (Black-and-White)"]),
        (oscars, &["SOUND MIXING", "SOUND EDITING", "SPECIAL ACHIEVEMENT AWARD (Sound Editing)"]),
        (oscars, &["MUSIC (Original Score)", "MUSIC (Scoring)", "MUSIC (Song)"]),
        (oscars, &["MUSIC (Original Dramatic Score)", "MUSIC (Original Musical or Comedy Score)"]),
        (
            oscars,
            &[
                "MUSIC (Music Score--substantially original)",
                "MUSIC (Scoring of Music--adaptation or treatment)",
            ],
        ),
        (
            oscars,
            &[
                "WRITING (Original Screenplay)",
                "WRITING (Screenplay)",
                "WRITING (Original Motion Picture Story)",
            ],
        ),
        (
            oscars,
            &[
                "WRITING (Story and Screenplay)",
                "WRITING (Screenplay)",
                "WRITING (Motion Picture Story)",
            ],
        ),
        (oscars, &["OUTSTANDING PICTURE", "UNIQUE AND ARTISTIC PICTURE"]),
        (oscars, &["DIRECTING", "DIRECTING (Comedy Picture)", "DIRECTING (Dramatic Picture)"]),
        (
            globes,
            &[
                "Best Actor - Drama",
                "Best Actor - Musical or Comedy",
                "Best Actor",
                "Best Supporting Actor",
            ],
        ),
        (
            globes,
            &["Picture - Comedy", "Picture - Musical", "Best Motion Picture - Musical or Comedy"],
        ),
        (globes, &["Foreign Film - English Language", "Foreign Film - Foreign Language"]),
        (
            "ceremony-bafta-film-awards",
            &["Best Film", "Best British Film", "Best Film Not in the English Language"],
        ),
        (
            "ceremony-filmfare-awards",
            &["Best Film", "Best Film (Critics)", "Best Music Director", "Best Background Score"],
        ),
    ] {
        let meant: BTreeSet<_> = names.iter().map(|name| award_category(ceremony, name)).collect();
        assert_eq!(
            (meant.len(), meant.contains(&None)),
            (names.len(), false),
            "{names:?}: {meant:?}"
        );
    }
    assert_eq!(award_category(oscars, "Best Tide"), None);
    assert_eq!(award_category("ceremony-harbour", "Best Actor"), None);
}
