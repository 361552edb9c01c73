//! The built-in reference data: award ceremonies, streaming platforms and genres with their names
//! and details, and the names of award categories.
//!
//! The JSON files under `reference/` are maintained by hand, embedded in the binary, and parsed
//! once. Tests check that they can be parsed and that no name is ambiguous.

mod award_categories;
mod languages;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ahash::{HashMap, HashMapExt as _};
use serde::{Deserialize, Serialize};

use self::award_categories::{AwardCategorySet, Categories};
use super::schema::choice::define_choice;
use super::schema::entities::{EntityKind, NewEntity};
use super::text::{comparable, index_key, sha256};

pub use self::award_categories::{award_category, canonical_award_category};
pub use self::languages::language_name;

define_choice! {
    /// The level at which an award is recognized.
    pub enum PrestigeLevel {
        /// Recognized worldwide.
        International = "international",
        /// Recognized in one country.
        National = "national",
        /// Recognized in one state or region.
        State = "state",
        /// Given by a trade association or guild.
        Industry = "industry",
    }
}

const CEREMONIES: &str = include_str!("../../../reference/ceremonies.json");
const PLATFORMS: &str = include_str!("../../../reference/platforms.json");
const GENRES: &str = include_str!("../../../reference/genres.json");

/// A ceremony, platform or genre that exists in every catalogue.
#[derive(Debug, Clone)]
pub struct ReferenceEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
    /// Other names of the entity.
    pub aliases: Vec<Alias>,
    /// Ids in external sources: (source, value).
    pub external_ids: Vec<(String, String)>,
    pub details: Details,
    /// (key, name); see [`Self::unambiguous_names`].
    unambiguous: Vec<(String, String)>,
}

/// Another name of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "AliasText")]
pub struct Alias {
    pub name: String,
    /// The English name of the language to which the alias is limited. It distinguishes entities
    /// with the same name.
    pub language: Option<String>,
}

/// The JSON form of an alias: a name, or a name with its language.
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

/// Details of an entity. Unknown values are omitted from the JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// ISO 3166-1 alpha-2 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The languages of the films that a ceremony honours, by English name. Empty if it honours
    /// films in all languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prestige_level: Option<PrestigeLevel>,
    /// The organization that gives the award.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The countries in which a platform is available, as ISO 3166-1 alpha-2 codes. Empty if it is
    /// available almost everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_page: Option<String>,
}

impl Details {
    /// The values that distinguish the entity from others with the same name: the field of an item,
    /// and the value in comparable form. A country is included by name and by code.
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
    /// The entity as a plan would create it.
    #[must_use]
    pub fn as_new(&self) -> NewEntity {
        NewEntity { kind: self.kind, id: self.id.clone(), name: self.name.clone() }
    }

    /// The names that identify this entity among all of its kind, in any language: its own name,
    /// then the aliases, each as (`index_key`, name). An alias that is another entity's own name is
    /// left out, and so is an alias with a language if another entity has it without one.
    pub fn unambiguous_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unambiguous.iter().map(|(key, name)| (key.as_str(), name.as_str()))
    }
}

/// All entities in the order of the files: ceremonies, platforms, genres.
#[must_use]
pub fn entities() -> &'static [ReferenceEntity] {
    &REFERENCE.entities
}

/// Finds an entity by its id.
#[must_use]
pub fn by_id(kind: EntityKind, id: &str) -> Option<&'static ReferenceEntity> {
    REFERENCE.entities.get(*REFERENCE.ids.get(&(kind.as_str(), id.to_owned()))?)
}

/// Finds an entity by one of its names. If several entities have the name, the result is the one
/// that has it in `language`, else the one that has it as its own name, else the only one that has
/// it without a language. `None` if the name remains ambiguous.
#[must_use]
pub fn by_name(
    kind: EntityKind,
    name: &str,
    language: Option<&str>,
) -> Option<&'static ReferenceEntity> {
    REFERENCE.entities.get(REFERENCE.index_of_name(kind, index_key(name), language)?)
}

/// Whether the entity with this id has this name, in any language.
#[must_use]
pub fn has_name(kind: EntityKind, id: &str, name: &str) -> bool {
    let entries = REFERENCE.names.get(&(kind.as_str(), index_key(name)));
    entries.into_iter().flatten().any(|entry| REFERENCE.entities[entry.entity].id == id)
}

/// The languages to which an entity's alias is limited. Empty if the alias is valid in all
/// languages, or if the entity does not have it.
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

/// The version of the reference data: a hash of the files. Computing it does not parse them.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| sha256([CEREMONIES, PLATFORMS, GENRES].join("\0").as_bytes()));
    &VERSION
}

struct Reference {
    entities: Vec<ReferenceEntity>,
    ids: HashMap<(&'static str, String), usize>,
    /// By kind and [`index_key`] of the name.
    names: HashMap<(&'static str, String), Vec<NameEntry>>,
    /// By the ceremony's id.
    categories: HashMap<String, Categories>,
    category_sets: HashMap<String, AwardCategorySet>,
}

/// An entity that has a certain name.
struct NameEntry {
    /// Index into [`Reference::entities`].
    entity: usize,
    is_own_name: bool,
    /// In the form that [`language_name`] returns.
    language: Option<&'static str>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(Reference::parse);

/// The JSON form of an entity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntityEntry {
    id: String,
    name: String,
    #[serde(default)]
    aliases: Vec<Alias>,
    /// In the form of an id, such as `tmdb-platform-119`.
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
    ceremonies: Vec<EntityEntry>,
}

#[derive(Deserialize, Default)]
struct PlatformsFile {
    platforms: Vec<EntityEntry>,
}

#[derive(Deserialize, Default)]
struct GenresFile {
    genres: Vec<EntityEntry>,
}

impl Reference {
    /// Parses the embedded files. A file that cannot be parsed counts as empty; tests check that
    /// all of them can be parsed.
    fn parse() -> Self {
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
                .map(|(name, groups)| (name.clone(), AwardCategorySet::new(groups)))
                .collect(),
        };
        for (kind, list) in [
            (EntityKind::Ceremony, ceremonies.ceremonies),
            (EntityKind::Platform, platforms.platforms),
            (EntityKind::Genre, genres.genres),
        ] {
            for entry in list {
                reference.add(kind, entry);
            }
        }
        for index in 0..reference.entities.len() {
            reference.entities[index].unambiguous = reference.unambiguous_names(index);
        }
        reference
    }

    fn index_of_name(
        &self,
        kind: EntityKind,
        key: String,
        language: Option<&str>,
    ) -> Option<usize> {
        let entries = self.names.get(&(kind.as_str(), key))?;
        let only = |fits: &dyn Fn(&NameEntry) -> bool| {
            let mut found = entries.iter().filter(|entry| fits(entry)).map(|entry| entry.entity);
            let first = found.next()?;
            found.all(|other| other == first).then_some(first)
        };
        // An award may be for films in several languages.
        let languages =
            language.into_iter().flat_map(|language| language.split([',', '/', ';', '&']));
        let mut languages = languages.filter_map(language_name);
        languages
            .find_map(|language| only(&|entry| entry.language == Some(language)))
            .or_else(|| only(&|entry| entry.is_own_name))
            .or_else(|| only(&|entry| entry.language.is_none()))
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
            if !is_known && self.index_of_name(entity.kind, key.clone(), None) == Some(index) {
                names.push((key, name.clone()));
            }
        }
        names
    }

    fn add(&mut self, kind: EntityKind, entry: EntityEntry) {
        let entity = self.entities.len();
        let mut add_name = |text: &str, is_own_name: bool, language: Option<&str>| {
            let language = language.and_then(language_name);
            let names = self.names.entry((kind.as_str(), index_key(text))).or_default();
            names.push(NameEntry { entity, is_own_name, language });
        };
        add_name(&entry.name, true, None);
        for alias in &entry.aliases {
            add_name(&alias.name, false, alias.language.as_deref());
        }
        self.ids.insert((kind.as_str(), entry.id.clone()), entity);
        if kind == EntityKind::Ceremony {
            let categories = Categories {
                own: AwardCategorySet::new(&entry.categories),
                sets: entry.category_sets,
            };
            self.categories.insert(entry.id.clone(), categories);
        }
        let ids = std::iter::once(&entry.id).chain(&entry.external_ids);
        let elsewhere = ids.filter_map(|id| {
            let named = NewEntity { kind, id: id.clone(), name: String::new() };
            named.external_id().map(|(source, value)| (source.to_owned(), value.to_owned()))
        });
        self.entities.push(ReferenceEntity {
            kind,
            external_ids: elsewhere.collect(),
            unambiguous: Vec::new(),
            id: entry.id,
            name: entry.name,
            aliases: entry.aliases,
            details: Details {
                country: entry.country,
                languages: entry.languages,
                prestige_level: entry.prestige_level,
                organization: entry.organization,
                regions: entry.regions,
                home_page: entry.home_page,
            },
        });
    }
}

#[cfg(test)]
mod tests;
