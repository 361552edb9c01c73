//! How a document is defined: once, as a table of fields that also yields its types.
//!
//! `define!` takes a struct with a rule behind each field. From it come the output type
//! (GraphQL object, read from the stored JSON), the input type (GraphQL input in which absent and
//! null differ) and the table of [`Field`]s that parsing, validation, merging, comparing and the
//! JSON Schema walk. So a field is added in one line.

use async_graphql::{ID, InputType};
use serde::Serialize;

use super::scalars::{BigInt, Date, PartialDate, WebUrl};
use crate::document::entity::EntityKind;
use crate::document::spelling::Spellings;

/// A JSON object of a document. Keys keep their order.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// One field of a document or of a list item.
#[derive(Debug)]
pub struct Field {
    /// The key in the JSON file, `snake_case`.
    pub name: &'static str,
    /// For the reader of a schema.
    pub description: &'static str,
    /// What may stand in it.
    pub rule: Rule,
}

/// What may stand in a field.
#[derive(Debug)]
pub struct Rule {
    pub kind: Kind,
    /// Whether a stored, non-empty document (or item) must have it. A partial import may not.
    pub required: bool,
    /// Other keys under which older templates and language models send it.
    pub aliases: &'static [&'static str],
    /// Of a list: other keys whose items belong to it, with what such a key says of them.
    pub item_keys: &'static [ItemKey],
    /// Which words are taken for "nothing here".
    pub wording: Wording,
    /// What a number counts.
    pub unit: Unit,
    /// Whether zero is how "not known" is written.
    pub zero_is_unknown: bool,
    /// Whether a list of names is read as one text, separated by commas.
    pub joined: bool,
}

/// A key whose items belong to a list of another name: `composer`, of `crew`.
#[derive(Debug)]
pub struct ItemKey {
    pub key: &'static str,
    /// Fields of the item that the key gives a value where the item has none.
    pub values: &'static [(&'static str, &'static str)],
}

/// Which words are taken for "nothing here", the fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Any words may stand there: a title.
    Title,
    /// Words such as "Unknown" and "None" are nothing.
    Text,
    /// A name of a person, ceremony, platform or genre: "Various" is nothing too.
    Name,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    None,
    Minutes,
    UsDollars,
}

impl Rule {
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            required: false,
            aliases: &[],
            item_keys: &[],
            wording: Wording::Text,
            unit: Unit::None,
            zero_is_unknown: false,
            joined: false,
        }
    }

    #[must_use]
    pub const fn item_keys(mut self, item_keys: &'static [ItemKey]) -> Self {
        self.item_keys = item_keys;
        self
    }

    #[must_use]
    pub const fn worded_as(mut self, wording: Wording) -> Self {
        self.wording = wording;
        self
    }

    #[must_use]
    pub const fn in_unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    #[must_use]
    pub const fn zero_is_unknown(mut self) -> Self {
        self.zero_is_unknown = true;
        self
    }

    #[must_use]
    pub const fn joined(mut self) -> Self {
        self.joined = true;
        self
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

/// The kinds of value that documents are made of.
#[derive(Debug)]
pub enum Kind {
    /// Text of 1 to `max` characters.
    Text {
        max: usize,
    },
    /// Text of a fixed form: `matches` decides, `allowed` says it in words, `pattern` as ECMA-262.
    Form {
        matches: fn(&str) -> bool,
        allowed: &'static str,
        pattern: &'static str,
    },
    /// A code in capitals out of a published list, with spellings that are read as one of them.
    Code {
        matches: fn(&str) -> bool,
        allowed: &'static str,
        pattern: &'static str,
        synonyms: &'static [(&'static str, &'static str)],
    },
    /// A decimal amount as text, `3.99`.
    Decimal,
    /// A calendar date; a date-time is read too.
    Date,
    /// A year, a month or a day.
    PartialDate,
    /// An absolute http(s) URL.
    Url,
    /// A whole number.
    Integer {
        min: i64,
        max: i64,
    },
    /// A number.
    Number {
        min: f64,
        max: f64,
    },
    Boolean,
    /// One of a few words; read in any case and spacing.
    Choice {
        values: &'static [&'static str],
        synonyms: &'static [(&'static str, &'static str)],
    },
    /// The id of an item or an entity.
    Id,
    /// A list of names of one kind of entity (genres).
    Names {
        entity: EntityKind,
        max_length: usize,
    },
    /// A list of items.
    Items {
        item: &'static Item,
        label: &'static str,
    },
}

/// How the items of a list are made and told apart.
#[derive(Debug)]
pub struct Item {
    pub fields: &'static [Field],
    /// The key that holds the item's own id.
    pub id: &'static str,
    /// The natural key: the first alternative whose first part the item has.
    pub keys: &'static [&'static [KeyPart]],
    /// People, ceremonies and platforms that the item names.
    pub entities: &'static [EntityReference],
    /// Whether, as a last resort, an item is recognised by its first entity alone.
    pub entity_alone: bool,
    /// The field, if any, whose text has several spellings of one meaning.
    pub spellings: Option<Spellings>,
    /// The field that an item sent as bare text means.
    pub bare_text: Option<&'static str>,
    /// What a new item sent as bare text cannot say and must have.
    pub bare_defaults: &'static [(&'static str, &'static str)],
    /// The fields that name the item to a person, best first.
    pub label: &'static [&'static str],
    /// At least one of these fields must be there, if there are any.
    pub any_of: &'static [&'static str],
    /// Fields by which items are often grouped, outermost first: `{"US": {"rent": […]}}`.
    pub groups: &'static [&'static str],
    /// A value of a field that says that there is no such item: a result "not nominated".
    pub absence: Option<Absence>,
}

/// Words in a field that say that there is no such item.
#[derive(Debug)]
pub struct Absence {
    pub field: &'static str,
    /// In the form of [`crate::document::text::key_letters`].
    pub words: &'static [&'static str],
}

/// One part of a natural key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// A field, compared as [`crate::document::text::comparable`] text.
    Field(&'static str),
    /// An entity (by its place in [`Item::entities`]), compared by who it is.
    Entity(usize),
}

/// An entity that an item names.
#[derive(Debug)]
pub struct EntityReference {
    pub kind: EntityKind,
    /// The field that holds the name as credited.
    pub name: &'static str,
    /// The field that holds the entity's id.
    pub id: &'static str,
    /// Whether an unknown name makes a new entity. A nominee may as well be a film or a song.
    pub creates: bool,
    /// The kind of work that an item of that list is, if it is one.
    pub department: fn(list: &str, item: &Object) -> Option<String>,
    /// Fields of the item that tell entities of one name apart.
    pub traits: &'static [&'static str],
}

impl EntityReference {
    /// Of a name that stands without an item and without an id.
    #[must_use]
    pub fn bare(kind: EntityKind) -> Self {
        Self { kind, name: "", id: "", creates: true, department: no_department, traits: &[] }
    }
}

/// Of entities that do no work.
#[must_use]
pub fn no_department(_: &str, _: &Object) -> Option<String> {
    None
}

/// The field of that JSON key.
#[must_use]
pub fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// The type of a field: the GraphQL input type that belongs to it, and its length if it is a list.
pub trait Typed {
    type Input: InputType + Serialize;

    /// How many items a list holds; 0 for everything else.
    fn list_length(&self) -> usize {
        0
    }
}

macro_rules! typed_as_itself {
    ($($type:ty),*) => { $(impl Typed for $type { type Input = $type; })* };
}

typed_as_itself!(String, bool, i32, f64, ID, BigInt, Date, PartialDate, WebUrl);

impl<T: Typed> Typed for Option<T> {
    type Input = T::Input;
}

impl<T: Typed> Typed for Vec<T> {
    type Input = Vec<T::Input>;

    fn list_length(&self) -> usize {
        self.len()
    }
}

/// Defines a document or a list item: its output type, its input type and its table of fields.
///
/// A field is `name: Type = rule,`; where the JSON key or the GraphQL name is not the Rust name,
/// they follow it in brackets, `["json", "graphql"]`. Lists are always there in a stored document,
/// so the output type needs no defaults.
macro_rules! define {
    (
        $(#[doc = $doc:literal])*
        $(#[graphql($($graphql_attribute:tt)*)])?
        pub struct $Name:ident, input $Input:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $field:ident $([$json:tt, $graphql:tt])? : $type:ty = $rule:expr
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, serde::Deserialize, async_graphql::SimpleObject)]
        $(#[graphql($($graphql_attribute)*)])?
        pub struct $Name {
            $(
                $(#[doc = $field_doc])*
                $(#[serde(rename = $json)] #[graphql(name = $graphql)])?
                pub $field: $type,
            )*
        }

        $(#[doc = $doc])*
        ///
        /// A field that is left out is left as it is stored; null clears it. Ids and required fields
        /// cannot be cleared, and a list is emptied by null or [] under REPLACE only.
        #[derive(Debug, Clone, serde::Serialize, async_graphql::InputObject)]
        pub struct $Input {
            $(
                $(#[doc = $field_doc])*
                $(#[serde(rename = $json)] #[graphql(name = $graphql)])?
                #[serde(skip_serializing_if = "async_graphql::MaybeUndefined::is_undefined")]
                pub $field: async_graphql::MaybeUndefined<
                    <$type as $crate::document::schema::definition::Typed>::Input,
                >,
            )*
        }

        impl $crate::document::schema::definition::Typed for $Name {
            type Input = $Input;
        }

        impl $Name {
            /// The lists that hold anything: their keys in the JSON file, and how many items each has.
            #[must_use]
            pub fn list_lengths(&self) -> Vec<(&'static str, usize)> {
                let lengths = [$((
                    $crate::document::schema::definition::json_name!($field $($json)?),
                    $crate::document::schema::definition::Typed::list_length(&self.$field),
                )),*];
                lengths.into_iter().filter(|(_, length)| *length > 0).collect()
            }

            /// The fields in the order in which a file shows them.
            pub const FIELDS: &'static [$crate::document::schema::definition::Field] = &[
                $(
                    $crate::document::schema::definition::Field {
                        name: $crate::document::schema::definition::json_name!($field $($json)?),
                        description: concat!($($field_doc),*),
                        rule: $rule,
                    },
                )*
            ];
        }
    };
}

macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:tt) => {
        $json
    };
}

/// Defines a set of words: a GraphQL enum, its spelling in JSON, and the list of all.
macro_rules! define_choice {
    (
        $(#[doc = $doc:literal])*
        pub enum $Name:ident {
            $( $(#[doc = $value_doc:literal])* $Value:ident = $json:tt ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash,
            serde::Serialize, serde::Deserialize, async_graphql::Enum,
        )]
        pub enum $Name {
            $( $(#[doc = $value_doc])* #[serde(rename = $json)] $Value, )*
        }

        impl $Name {
            /// Every value as it stands in a file.
            pub const VALUES: &'static [&'static str] = &[$($json),*];
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$Value),*];

            /// The value of that word, in any case, with hyphens, underscores or spaces.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let plain = |text: &str| text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
                let wanted = plain(text);
                Self::ALL.iter().copied().find(|value| plain(value.as_str()) == wanted)
            }

            /// The value as it stands in a file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Value => $json),* }
            }
        }

        impl $crate::document::schema::definition::Typed for $Name {
            type Input = Self;
        }
    };
}

pub(crate) use {define, define_choice, json_name};
