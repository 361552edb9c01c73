//! The seven categories: their one list, and what each of them has to say for itself.

pub mod awards;
pub mod basic_info;
pub mod cast_crew;
pub mod media;
pub mod streaming;
pub mod timeline;
pub mod trivia;

use std::fmt;
use std::str::FromStr;

use super::problem::excerpt;
use super::projection::{Names, Projection};
use super::schema::definition::{Field, Kind, Object};
use awards::Awards;
use basic_info::BasicInfo;
use cast_crew::CastCrew;
use media::Media;
use streaming::Streaming;
use timeline::Timeline;
use trivia::Trivia;

/// What a category has to say for itself; one implementation each, in the file of that name.
pub trait CategoryDocument {
    const CATEGORY: Category;
    /// The fields at the top of the document.
    const FIELDS: &'static [Field];

    /// The rows by which questions across movies are answered.
    #[must_use]
    fn project(_data: &Object, _names: &dyn Names) -> Projection {
        Projection::default()
    }
}

/// A [`CategoryDocument`] as a value, for code that serves all categories.
pub struct Definition {
    pub category: Category,
    pub fields: &'static [Field],
    pub project: fn(&Object, &dyn Names) -> Projection,
}

impl Definition {
    const fn of<T: CategoryDocument>() -> Self {
        Self { category: T::CATEGORY, fields: T::FIELDS, project: T::project }
    }

    /// The document of a category that was never written: every list, empty.
    #[must_use]
    pub fn empty(&self) -> Object {
        let lists = self.fields.iter().filter(|field| field.rule.kind.is_list());
        lists.map(|field| (field.name.to_owned(), serde_json::Value::Array(Vec::new()))).collect()
    }

    /// Whether it holds names that may be a credited person's, and are nobody's otherwise (nominees).
    #[must_use]
    pub fn links_credited_people(&self) -> bool {
        self.fields.iter().any(|field| match &field.rule.kind {
            Kind::Items { item, .. } => item.entities.iter().any(|entity| !entity.creates),
            _ => false,
        })
    }

    /// Whether nothing is in `data`: no value, no item.
    #[must_use]
    pub fn is_empty(&self, data: &Object) -> bool {
        data.values().all(|value| value.is_null() || value.as_array().is_some_and(Vec::is_empty))
    }
}

impl Kind {
    /// Whether the field is a list, which is never absent from a stored document.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Names { .. } | Self::Items { .. })
    }
}

/// The one list of the categories; everything that needs all of them is made here or through
/// [`with_categories`].
macro_rules! categories {
    ($( $(#[doc = $doc:literal])* $Type:ident, $Input:ident, $field:ident, $name:literal, $slug:literal; )*) => {
        /// One part of what is known of a movie: the unit of export and import.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, async_graphql::Enum,
        )]
        pub enum Category {
            $( $(#[doc = $doc])* #[serde(rename = $name)] $Type, )*
        }

        impl Category {
            /// All of them, in the order of a bundle.
            pub const ALL: &'static [Self] = &[$(Self::$Type),*];

            /// As written in a file: `basic_info`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Type => $name),* }
            }

            /// As written in a URL or a file name: `basic-info`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$Type => $slug),* }
            }

            /// Its fields and rules.
            #[must_use]
            pub fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$Type => const { &Definition::of::<$Type>() }),*
                }
            }
        }

        /// The data of one category; which one, `__typename` tells.
        #[derive(Debug, Clone, async_graphql::Union)]
        #[allow(clippy::large_enum_variant, reason = "one lives for as long as an answer is written")]
        pub enum CategoryData {
            $( $Type($Type), )*
        }

        impl CategoryData {
            /// Reads the stored JSON of a document.
            ///
            /// # Errors
            /// When `json` is not a document of that category.
            pub fn from_json(category: Category, json: &str) -> serde_json::Result<Self> {
                match category {
                    $(Category::$Type => serde_json::from_str(json).map(Self::$Type)),*
                }
            }
        }

        impl CategoryData {
            /// The lists that hold anything: their keys in the JSON file, and how many items each has.
            #[must_use]
            pub fn list_lengths(&self) -> Vec<(&'static str, usize)> {
                match self {
                    $(Self::$Type(document) => document.list_lengths()),*
                }
            }
        }

        /// The data of exactly one category.
        #[derive(Debug, Clone, async_graphql::OneofObject)]
        #[allow(clippy::large_enum_variant, reason = "one lives for as long as a request is read")]
        pub enum CategoryInput {
            $( $(#[doc = $doc])* $Type($field::$Input), )*
        }

        impl CategoryInput {
            /// Which category it is, and its data as a file would hold it.
            ///
            /// # Errors
            /// When a value cannot be written as JSON (a number that is not finite).
            pub fn into_json(self) -> serde_json::Result<(Category, serde_json::Value)> {
                match self {
                    $(Self::$Type(input) => Ok((Category::$Type, serde_json::to_value(input)?))),*
                }
            }
        }

        /// Calls a macro with every category: `(Type, field)`.
        macro_rules! with_categories {
            ($callback:ident) => { $callback! { $(($Type, $field)),* } };
        }
        pub(crate) use with_categories;
    };
}

categories! {
    /// Titles, dates, money, scores, genres.
    BasicInfo, BasicInfoInput, basic_info, "basic_info", "basic-info";
    /// Directors, writers, producers, cast and crew.
    CastCrew, CastCrewInput, cast_crew, "cast_crew", "cast-crew";
    /// Dated events.
    Timeline, TimelineInput, timeline, "timeline", "timeline";
    /// Facts.
    Trivia, TriviaInput, trivia, "trivia", "trivia";
    /// Nominations and wins.
    Awards, AwardsInput, awards, "awards", "awards";
    /// Pictures and clips.
    Media, MediaInput, media, "media", "media";
    /// Where to watch it.
    Streaming, StreamingInput, streaming, "streaming", "streaming";
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text was no category.
#[derive(Debug, thiserror::Error)]
#[error("found {found:?}; allowed are {}", Category::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownCategory {
    found: String,
}

impl FromStr for Category {
    type Err = UnknownCategory;

    /// Reads both spellings, `basic_info` and `basic-info`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found =
            Self::ALL.iter().find(|category| category.as_str() == text || category.slug() == text);
        found.copied().ok_or_else(|| UnknownCategory { found: excerpt(text) })
    }
}
