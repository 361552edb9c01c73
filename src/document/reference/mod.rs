//! The reference data that ships with the service: award ceremonies, streaming platforms and genres
//! with their names and what is known of them, and what the categories of an award are called.
//!
//! It is written by hand under `reference/`, embedded, and read once. That it can be read, and that
//! no name in it means two things, is held by the tests.

mod award_categories;
mod languages;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use self::award_categories::{Categories, CategorySet};
use super::categories::awards::PrestigeLevel;
use super::entity::{EntityKind, NewEntity};
use super::text::{comparable, index_key, sha256};

pub use self::award_categories::{award_category, meaning_of_category};
pub use self::languages::language_name;

const CEREMONIES: &str = include_str!("../../../reference/ceremonies.json");
const PLATFORMS: &str = include_str!("../../../reference/platforms.json");
const GENRES: &str = include_str!("../../../reference/genres.json");

/// A ceremony, platform or genre that every catalogue knows.
#[derive(Debug, Clone)]
pub struct ReferenceEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
    /// Other names it goes by.
    pub aliases: Vec<Alias>,
    /// The ids it has elsewhere: (source, value).
    pub external_ids: Vec<(String, String)>,
    pub details: Details,
    /// See [`Self::unambiguous_names`].
    unambiguous: Vec<(String, String)>,
}

/// Another name of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "AliasText")]
pub struct Alias {
    pub name: String,
    /// The language that it is the name in. Where two go by one name, it tells them apart.
    pub language: Option<String>,
}

/// How an alias is written: a name, or a name with its language.
#[derive(Deserialize)]
#[serde(untagged)]
enum AliasText {
    Name(String),
    InLanguage { name: String, language: String },
}

impl From<AliasText> for Alias {
    fn from(text: AliasText) -> Self {
        match text {
            AliasText::Name(name) => Self { name, language: None },
            AliasText::InLanguage { name, language } => Self { name, language: Some(language) },
        }
    }
}

/// What is known of an entity beside its names; as JSON it leaves out what is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What it honours films in, by English name; empty where it honours all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prestige_level: Option<PrestigeLevel>,
    /// Who gives the award.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Where a platform is offered, ISO 3166-1 alpha-2; empty where it is offered nearly everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_page: Option<String>,
}

impl Details {
    /// What tells an entity from another of the same name: the field of an item that says it, and its value
    /// in comparable form. A country is said by its name or its code.
    #[must_use]
    pub fn traits(&self) -> BTreeSet<(&'static str, String)> {
        let country = self.country.iter().flat_map(|code| {
            let name = rust_iso3166::from_alpha2(code).map(|country| country.name);
            name.into_iter().chain([code.as_str()]).map(comparable).collect::<Vec<_>>()
        });
        let languages = self.languages.iter().map(|language| ("language", comparable(language)));
        let regions = self.regions.iter().map(|region| ("region", comparable(region)));
        languages.chain(country.map(|country| ("country", country))).chain(regions).collect()
    }
}

impl ReferenceEntity {
    /// It as a plan would make it.
    #[must_use]
    pub fn as_new(&self) -> NewEntity {
        NewEntity { kind: self.kind, id: self.id.clone(), name: self.name.clone() }
    }

    /// The names that mean it and nothing else of its kind, whatever the language: its own first,
    /// then the aliases, each with its [`index_key`]. An alias gives way to another's own name, and
    /// one that is bound to a language to one that is not.
    pub fn unambiguous_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unambiguous.iter().map(|(key, name)| (key.as_str(), name.as_str()))
    }
}

/// All of it, ceremonies first, in the order of the files.
#[must_use]
pub fn entities() -> &'static [ReferenceEntity] {
    &REFERENCE.entities
}

/// The entity of that id.
#[must_use]
pub fn by_id(kind: EntityKind, id: &str) -> Option<&'static ReferenceEntity> {
    REFERENCE.entities.get(*REFERENCE.ids.get(&(kind.as_str(), id.to_owned()))?)
}

/// The one entity that goes by that name; of several, the one that does so in that language, else
/// the one whose own name it is, else the only one that does so in any language.
#[must_use]
pub fn by_name(
    kind: EntityKind,
    name: &str,
    language: Option<&str>,
) -> Option<&'static ReferenceEntity> {
    REFERENCE.entities.get(REFERENCE.named(kind, index_key(name), language)?)
}

/// Whether the entity of that id goes by that name, in whatever language.
#[must_use]
pub fn goes_by(kind: EntityKind, id: &str, name: &str) -> bool {
    let named = REFERENCE.names.get(&(kind.as_str(), index_key(name)));
    named.into_iter().flatten().any(|named| REFERENCE.entities[named.entity].id == id)
}

/// The languages that the entity's name in that spelling is bound to; none where it goes by it in
/// any, or not at all.
pub fn alias_languages(
    kind: EntityKind,
    id: &str,
    name: &str,
) -> impl Iterator<Item = &'static str> {
    let key = index_key(name);
    let aliases = by_id(kind, id).into_iter().flat_map(|entity| &entity.aliases);
    aliases
        .filter(move |alias| index_key(&alias.name) == key)
        .filter_map(|alias| alias.language.as_deref())
}

/// Which data this is: other data have another version. Telling it does not read the data.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| sha256([CEREMONIES, PLATFORMS, GENRES].join("\0").as_bytes()));
    &VERSION
}

struct Reference {
    entities: Vec<ReferenceEntity>,
    ids: HashMap<(&'static str, String), usize>,
    /// By kind and [`index_key`].
    names: HashMap<(&'static str, String), Vec<Named>>,
    /// By the ceremony's id.
    categories: HashMap<String, Categories>,
    category_sets: HashMap<String, CategorySet>,
}

/// One of those that go by a name.
struct Named {
    entity: usize,
    is_own_name: bool,
    /// As [`language_name`] has it.
    language: Option<&'static str>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(Reference::read);

/// An entity as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    name: String,
    #[serde(default)]
    aliases: Vec<Alias>,
    /// In the form of an id: `tmdb-platform-119`.
    #[serde(default)]
    external_ids: Vec<String>,
    country: Option<String>,
    #[serde(default)]
    languages: Vec<String>,
    prestige_level: Option<PrestigeLevel>,
    organization: Option<String>,
    #[serde(default)]
    regions: Vec<String>,
    home_page: Option<String>,
    #[serde(default)]
    category_sets: Vec<String>,
    #[serde(default)]
    categories: Vec<Vec<String>>,
}

#[derive(Deserialize, Default)]
struct CeremoniesFile {
    category_sets: HashMap<String, Vec<Vec<String>>>,
    ceremonies: Vec<Written>,
}

#[derive(Deserialize, Default)]
struct PlatformsFile {
    platforms: Vec<Written>,
}

#[derive(Deserialize, Default)]
struct GenresFile {
    genres: Vec<Written>,
}

impl Reference {
    /// What cannot be read is left out; the tests see to it that all of it can.
    fn read() -> Self {
        let ceremonies: CeremoniesFile = serde_json::from_str(CEREMONIES).unwrap_or_default();
        let platforms: PlatformsFile = serde_json::from_str(PLATFORMS).unwrap_or_default();
        let genres: GenresFile = serde_json::from_str(GENRES).unwrap_or_default();
        let sets = ceremonies.category_sets.iter();
        let mut reference = Self {
            entities: Vec::new(),
            ids: HashMap::new(),
            names: HashMap::new(),
            categories: HashMap::new(),
            category_sets: sets
                .map(|(name, groups)| (name.clone(), CategorySet::new(groups)))
                .collect(),
        };
        for (kind, list) in [
            (EntityKind::Ceremony, ceremonies.ceremonies),
            (EntityKind::Platform, platforms.platforms),
            (EntityKind::Genre, genres.genres),
        ] {
            for written in list {
                reference.add(kind, written);
            }
        }
        for index in 0..reference.entities.len() {
            reference.entities[index].unambiguous = reference.unambiguous_names(index);
        }
        reference
    }

    fn named(&self, kind: EntityKind, key: String, language: Option<&str>) -> Option<usize> {
        let named = self.names.get(&(kind.as_str(), key))?;
        let only = |fits: &dyn Fn(&Named) -> bool| {
            let mut found = named.iter().filter(|named| fits(named)).map(|named| named.entity);
            let first = found.next()?;
            found.all(|other| other == first).then_some(first)
        };
        // An award may be for films of several languages.
        let languages =
            language.into_iter().flat_map(|language| language.split([',', '/', ';', '&']));
        let mut languages = languages.filter_map(language_name);
        languages
            .find_map(|language| only(&|named| named.language == Some(language)))
            .or_else(|| only(&|named| named.is_own_name))
            .or_else(|| only(&|named| named.language.is_none()))
            .or_else(|| only(&|_| true))
    }

    fn unambiguous_names(&self, index: usize) -> Vec<(String, String)> {
        let entity = &self.entities[index];
        let mut names: Vec<(String, String)> = Vec::new();
        for name in
            std::iter::once(&entity.name).chain(entity.aliases.iter().map(|alias| &alias.name))
        {
            let key = index_key(name);
            let is_known = names.iter().any(|(known, _)| *known == key);
            if !is_known && self.named(entity.kind, key.clone(), None) == Some(index) {
                names.push((key, name.clone()));
            }
        }
        names
    }

    fn add(&mut self, kind: EntityKind, written: Written) {
        let entity = self.entities.len();
        let mut name = |text: &str, is_own_name: bool, language: Option<&str>| {
            let language = language.and_then(language_name);
            let names = self.names.entry((kind.as_str(), index_key(text))).or_default();
            names.push(Named { entity, is_own_name, language });
        };
        name(&written.name, true, None);
        for alias in &written.aliases {
            name(&alias.name, false, alias.language.as_deref());
        }
        self.ids.insert((kind.as_str(), written.id.clone()), entity);
        if kind == EntityKind::Ceremony {
            let categories = Categories {
                own: CategorySet::new(&written.categories),
                sets: written.category_sets,
            };
            self.categories.insert(written.id.clone(), categories);
        }
        let ids = std::iter::once(&written.id).chain(&written.external_ids);
        let elsewhere = ids.filter_map(|id| {
            let named = NewEntity { kind, id: id.clone(), name: String::new() };
            named.external_id().map(|(source, value)| (source.to_owned(), value.to_owned()))
        });
        self.entities.push(ReferenceEntity {
            kind,
            external_ids: elsewhere.collect(),
            unambiguous: Vec::new(),
            id: written.id,
            name: written.name,
            aliases: written.aliases,
            details: Details {
                country: written.country,
                languages: written.languages,
                prestige_level: written.prestige_level,
                organization: written.organization,
                regions: written.regions,
                home_page: written.home_page,
            },
        });
    }
}

#[cfg(test)]
mod tests;
