//! The registry of the seven categories, and the trait that each of them implements.

pub mod awards;
pub mod basic_info;
pub mod cast_crew;
pub mod media;
pub mod streaming;
pub mod timeline;
pub mod trivia;

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::problem::excerpt;
use super::projection::{EntityLookup, Projection};
use super::schema::definition::{Field, Kind, Object};
use awards::Awards;
use basic_info::BasicInfo;
use cast_crew::CastCrew;
use media::Media;
use streaming::Streaming;
use timeline::Timeline;
use trivia::Trivia;

/// The definition of one category. Each category implements it in its own file.
pub trait CategoryDocument {
    const CATEGORY: Category;
    /// The top-level fields of the document.
    const FIELDS: &'static [Field];

    /// The rows by which movies are queried, derived from a document of this category.
    #[must_use]
    fn project(_data: &Object, _names: &dyn EntityLookup) -> Projection {
        Projection::default()
    }
}

/// A [`CategoryDocument`] as a value, for code that handles all categories alike.
pub struct Definition {
    pub category: Category,
    pub fields: &'static [Field],
    pub project: fn(&Object, &dyn EntityLookup) -> Projection,
}

impl Definition {
    const fn of<T: CategoryDocument>() -> Self {
        Self { category: T::CATEGORY, fields: T::FIELDS, project: T::project }
    }

    /// The data of a category that was never written: every list is present and empty.
    #[must_use]
    pub fn empty(&self) -> Object {
        let lists = self.fields.iter().filter(|field| field.rule.kind.is_list());
        lists.map(|field| (field.name.to_owned(), Value::Array(Vec::new()))).collect()
    }

    /// Whether the document contains names that are linked to credited people but never create an
    /// entity (nominees).
    #[must_use]
    pub fn links_credited_people(&self) -> bool {
        self.fields.iter().any(|field| match &field.rule.kind {
            Kind::Items { item, .. } => item.entities.iter().any(|entity| !entity.creates),
            _ => false,
        })
    }

    /// Whether `data` contains neither values nor items.
    #[must_use]
    pub fn is_empty(&self, data: &Object) -> bool {
        data.values().all(|value| value.is_null() || value.as_array().is_some_and(Vec::is_empty))
    }
}

impl Kind {
    /// Whether the field is a list. Lists are always present in a stored document.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Names { .. } | Self::Items { .. })
    }
}

/// Generates everything that enumerates the categories. Other modules use [`with_categories`].
macro_rules! categories {
    ($(
        $(#[doc = $doc:literal])*
        $Type:ident, $Input:ident, $field:ident, $name:literal, $slug:literal;
    )*) => {
        /// A part of the data of a movie. One document holds one category; it is the unit of export
        /// and import.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, async_graphql::Enum,
        )]
        pub enum Category {
            $( $(#[doc = $doc])* #[serde(rename = $name)] $Type, )*
        }

        impl Category {
            /// All categories, in the order in which a bundle contains them.
            pub const ALL: &'static [Self] = &[$(Self::$Type),*];

            /// The name in files: `basic_info`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Type => $name),* }
            }

            /// The name in URLs and file names: `basic-info`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$Type => $slug),* }
            }

            /// The fields and rules of the category.
            #[must_use]
            pub fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$Type => const { &Definition::of::<$Type>() }),*
                }
            }
        }

        /// The data of one category. `__typename` says which one.
        #[derive(Debug, Clone, async_graphql::Union)]
        #[allow(
            clippy::large_enum_variant,
            reason = "few exist at a time, and only while a response is written"
        )]
        pub enum CategoryData {
            $( $Type($Type), )*
        }

        impl CategoryData {
            /// Deserializes the stored JSON of a document.
            ///
            /// # Errors
            /// If `json` is not the data of a document of this category.
            pub fn from_json(category: Category, json: &str) -> serde_json::Result<Self> {
                match category {
                    $(Category::$Type => serde_json::from_str(json).map(Self::$Type)),*
                }
            }

            fn from_value(category: Category, data: Value) -> serde_json::Result<Self> {
                match category {
                    $(Category::$Type => serde_json::from_value(data).map(Self::$Type)),*
                }
            }
        }

        impl CategoryData {
            /// The lists that are not empty: the key in the JSON file, and the number of items.
            #[must_use]
            pub fn list_lengths(&self) -> Vec<(&'static str, usize)> {
                match self {
                    $(Self::$Type(document) => document.list_lengths()),*
                }
            }
        }

        /// The data of one category. Exactly one field must be set.
        #[derive(Debug, Clone, async_graphql::OneofObject)]
        #[allow(
            clippy::large_enum_variant,
            reason = "few exist at a time, and only while a request is read"
        )]
        pub enum CategoryInput {
            $( $(#[doc = $doc])* $Type($field::$Input), )*
        }

        impl CategoryInput {
            /// The category, and the data in the form of a JSON file.
            ///
            /// # Errors
            /// If a value cannot be represented in JSON (a number that is not finite).
            pub fn into_json(self) -> serde_json::Result<(Category, serde_json::Value)> {
                match self {
                    $(Self::$Type(input) => Ok((Category::$Type, serde_json::to_value(input)?))),*
                }
            }
        }

        /// Calls a macro with a list of all categories, each as `(Type, field)`.
        macro_rules! with_categories {
            ($callback:ident) => { $callback! { $(($Type, $field)),* } };
        }
        pub(crate) use with_categories;
    };
}

categories! {
    /// Titles, dates, runtime, budget and revenue, scores and genres.
    BasicInfo, BasicInfoInput, basic_info, "basic_info", "basic-info";
    /// Directors, writers, producers, cast and crew.
    CastCrew, CastCrewInput, cast_crew, "cast_crew", "cast-crew";
    /// Dated events in the history of the movie, such as the start of shooting or a release.
    Timeline, TimelineInput, timeline, "timeline", "timeline";
    /// Facts about the movie, as statements or as questions with answers.
    Trivia, TriviaInput, trivia, "trivia", "trivia";
    /// Award nominations and wins.
    Awards, AwardsInput, awards, "awards", "awards";
    /// Poster, backdrop and trailer, and a gallery of images and clips.
    Media, MediaInput, media, "media", "media";
    /// Offers of streaming platforms where the movie can be watched.
    Streaming, StreamingInput, streaming, "streaming", "streaming";
}

impl CategoryData {
    /// Deserializes the stored JSON of a document, and appends `suffix` to the ids of its items.
    ///
    /// # Errors
    /// If `json` is not the data of a document of this category.
    pub fn with_item_suffix(
        category: Category,
        json: &str,
        suffix: &str,
    ) -> serde_json::Result<Self> {
        if suffix.is_empty() {
            return Self::from_json(category, json);
        }
        let mut data: Object = serde_json::from_str(json)?;
        for field in category.definition().fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            let list = data.get_mut(field.name).and_then(Value::as_array_mut);
            for object in list.into_iter().flatten() {
                if let Some(Value::String(id)) = object.get_mut(item.id) {
                    id.push_str(suffix);
                }
            }
        }
        Self::from_value(category, Value::Object(data))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of parsing a text that is not the name of a category.
#[derive(Debug, thiserror::Error)]
#[error(
    "found {found:?}; allowed are {}",
    Category::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownCategory {
    found: String,
}

impl FromStr for Category {
    type Err = UnknownCategory;

    /// Accepts both spellings, `basic_info` and `basic-info`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found =
            Self::ALL.iter().find(|category| category.as_str() == text || category.slug() == text);
        found.copied().ok_or_else(|| UnknownCategory { found: excerpt(text) })
    }
}
