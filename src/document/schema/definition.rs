//! The definition of documents: tables of fields, and the macros that generate types from them.
//!
//! `define!` takes a struct with a rule for each field. It generates the GraphQL output type
//! (deserialized from the stored JSON), the GraphQL input type (which distinguishes absent from
//! null) and the table of [`Field`]s, which is used for parsing, validation, merging, comparison
//! and the JSON Schema. A new field therefore takes one line.

use async_graphql::{ID, InputType};
use serde::Serialize;

use super::entity_kind::EntityKind;
use super::scalars::{BigInt, Date, PartialDate, WebUrl};

/// A JSON object in a document. It keeps the order of its keys.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// One field of a document or of a list item.
#[derive(Debug)]
pub struct Field {
    /// The key in the JSON file, `snake_case`.
    pub name: &'static str,
    /// The name in GraphQL, if it is not the key in camelCase.
    pub graphql: Option<&'static str>,
    /// The description in the GraphQL schema and the JSON Schema.
    pub description: &'static str,
    /// The values that are allowed.
    pub rule: Rule,
}

/// The values that are allowed in a field, and how other spellings of them are read.
#[derive(Debug)]
pub struct Rule {
    pub kind: Kind,
    /// Whether every stored, non-empty document (or item) must have the field. A partial import may
    /// omit it.
    pub required: bool,
    /// Other keys for the same field, used by older templates and language models.
    pub aliases: &'static [&'static str],
    /// For a list: other keys with items that belong to the list.
    pub item_keys: &'static [ItemKey],
    /// Which words are read as no value.
    pub wording: Wording,
    /// The unit of a number.
    pub unit: Unit,
    /// Whether 0 is read as no value.
    pub zero_is_unknown: bool,
    /// Whether a list of texts is accepted and joined into one text, separated by commas.
    pub joined: bool,
}

/// A key with items that belong to a list with another name: `composer` belongs to `crew`.
#[derive(Debug)]
pub struct ItemKey {
    pub key: &'static str,
    /// Default values that the key implies: each is used if the item lacks the field.
    pub values: &'static [(&'static str, &'static str)],
}

/// Which words in a text field are read as no value. Each variant includes the words of the
/// previous ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// A title: any words are allowed.
    Title,
    /// Other text: words such as "Unknown" and "None" are read as no value.
    Text,
    /// The name of a person, ceremony, platform or genre: "Various" is read as no value too.
    Name,
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    None,
    Minutes,
    UsDollars,
}

impl Rule {
    /// Creates an optional rule without aliases or special handling.
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
    pub const fn wording(mut self, wording: Wording) -> Self {
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

/// The type of a field, with its limits.
#[derive(Debug)]
pub enum Kind {
    /// A text of 1 to `max` characters.
    Text {
        max: usize,
    },
    /// A text with a fixed format. `matches` checks it, `allowed` describes it for messages, with
    /// an example in quotation marks, and `pattern` is an ECMA-262 regular expression for it.
    Form {
        matches: fn(&str) -> bool,
        allowed: &'static str,
        pattern: &'static str,
    },
    /// An upper-case code from a published list. `synonyms` maps other spellings to codes.
    Code {
        matches: fn(&str) -> bool,
        allowed: &'static str,
        pattern: &'static str,
        synonyms: &'static [(&'static str, &'static str)],
    },
    /// A decimal number as text: `3.99`.
    Decimal,
    /// A calendar date. A date-time is accepted too.
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
    /// One of a fixed set of words. Case and spacing are ignored. `synonyms` maps other words to
    /// them.
    Choice {
        values: &'static [&'static str],
        synonyms: &'static [(&'static str, &'static str)],
    },
    /// The id of an item or an entity.
    Id,
    /// A list of names of entities of one kind (genres).
    Names {
        entity: EntityKind,
        max_length: usize,
    },
    /// A list of items. `label` names the list in messages and plans.
    Items {
        item: &'static Item,
        label: &'static str,
    },
}

/// Describes a field of an item that has several spellings with one meaning.
#[derive(Debug)]
pub struct Spellings {
    pub field: &'static str,
    /// The entity that defines the spellings, as an index into [`Item::entities`].
    pub entity: usize,
    /// Finds the canonical spelling of a text. The arguments are the item, the id of its entity if
    /// that is known, and the text.
    pub canonical: fn(&Object, Option<&str>, &str) -> Option<CanonicalSpelling>,
}

/// The id of the entity that defines a spelling, and the spelling that represents all with the same
/// meaning.
pub type CanonicalSpelling = (&'static str, &'static str);

/// The definition of the items of a list.
#[derive(Debug)]
pub struct Item {
    pub fields: &'static [Field],
    /// The key that holds the item's own id.
    pub id: &'static str,
    /// The natural key. Of several alternatives, the first one is used of which the item has the
    /// first part.
    pub keys: &'static [&'static [KeyPart]],
    /// References to the people, ceremonies and platforms that the item names.
    pub entities: &'static [EntityReference],
    /// Whether an item can be aligned by its first entity alone if nothing else matches.
    pub entity_alone: bool,
    /// The field, if any, that has several spellings with one meaning.
    pub spellings: Option<Spellings>,
    /// The field into which an item is read that was sent as a plain text.
    pub bare_text: Option<&'static str>,
    /// Values of required fields for a new item that was sent as a plain text.
    pub bare_defaults: &'static [(&'static str, &'static str)],
    /// The fields that label the item for display, best first.
    pub label: &'static [&'static str],
    /// If not empty, every item must have at least one of these fields.
    pub any_of: &'static [&'static str],
    /// Fields by which a document may group the items, outermost first: `{"US": {"rent": […]}}`.
    pub groups: &'static [&'static str],
    /// Field values that mean that the item does not exist, such as the result "not nominated".
    pub absence: Option<Absence>,
}

/// Words in a field that mean that the item does not exist.
#[derive(Debug)]
pub struct Absence {
    pub field: &'static str,
    /// In the form that [`crate::document::text::key_letters`] returns.
    pub words: &'static [&'static str],
}

/// One part of a natural key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// A field, compared in its [`crate::document::text::comparable`] form.
    Field(&'static str),
    /// An entity, as an index into [`Item::entities`], compared by identity and not by name.
    Entity(usize),
}

/// A reference from an item to an entity, in a field for the name and a field for the id.
#[derive(Debug)]
pub struct EntityReference {
    pub kind: EntityKind,
    /// The field that contains the credited name.
    pub name: &'static str,
    /// The field that contains the entity's id.
    pub id: &'static str,
    /// Whether an unknown name creates a new entity. Nominees do not, as they may be films or
    /// songs.
    pub creates: bool,
    /// Finds the department of an item in the given list; `None` if it has none.
    pub department: fn(list: &str, item: &Object) -> Option<String>,
    /// Fields of the item that distinguish entities with the same name.
    pub traits: &'static [&'static str],
}

impl EntityReference {
    /// A reference by name only, for a list of names. It has no item and no id.
    #[must_use]
    pub fn by_name_only(kind: EntityKind) -> Self {
        Self { kind, name: "", id: "", creates: true, department: no_department, traits: &[] }
    }
}

/// The `department` function of references to entities that have no department.
#[must_use]
pub fn no_department(_: &str, _: &Object) -> Option<String> {
    None
}

/// Finds a field by its JSON key.
#[must_use]
pub fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// The Rust type of a field: its GraphQL input type, and its length if it is a list.
pub trait FieldType {
    type Input: InputType + Serialize;

    /// The number of items in a list; 0 for other types.
    fn list_length(&self) -> usize {
        0
    }
}

macro_rules! impl_field_type {
    ($($type:ty),*) => { $(impl FieldType for $type { type Input = $type; })* };
}

impl_field_type!(String, bool, i32, f64, ID, BigInt, Date, PartialDate, WebUrl);

impl<T: FieldType> FieldType for Option<T> {
    type Input = T::Input;
}

impl<T: FieldType> FieldType for Vec<T> {
    type Input = Vec<T::Input>;

    fn list_length(&self) -> usize {
        self.len()
    }
}

/// Defines a document or a list item: generates its output type, its input type and its table of
/// fields.
///
/// A field is written `name: Type = rule,`. If the JSON key or the GraphQL name differs from the
/// Rust name, both follow it in brackets: `["json", "graphql"]`. Lists are always present in a
/// stored document, so the output type needs no defaults.
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
        /// An omitted field keeps its stored value; null clears it. Ids and required fields cannot
        /// be cleared. null or [] empties a list in mode REPLACE only.
        #[derive(Debug, Clone, serde::Serialize, async_graphql::InputObject)]
        pub struct $Input {
            $(
                $(#[doc = $field_doc])*
                $(#[serde(rename = $json)] #[graphql(name = $graphql)])?
                #[serde(skip_serializing_if = "async_graphql::MaybeUndefined::is_undefined")]
                pub $field: async_graphql::MaybeUndefined<
                    <$type as $crate::document::schema::definition::FieldType>::Input,
                >,
            )*
        }

        impl $crate::document::schema::definition::FieldType for $Name {
            type Input = $Input;
        }

        impl $Name {
            /// The lists that are not empty: the key in the JSON file, and the number of items.
            #[must_use]
            pub fn list_lengths(&self) -> Vec<(&'static str, usize)> {
                let lengths = [$((
                    $crate::document::schema::definition::json_name!($field $($json)?),
                    $crate::document::schema::definition::FieldType::list_length(&self.$field),
                )),*];
                lengths.into_iter().filter(|(_, length)| *length > 0).collect()
            }

            /// The fields, in the order in which they appear in a file.
            pub const FIELDS: &'static [$crate::document::schema::definition::Field] = &[
                $(
                    $crate::document::schema::definition::Field {
                        name: $crate::document::schema::definition::json_name!($field $($json)?),
                        graphql: $crate::document::schema::definition::graphql_name!($($graphql)?),
                        description: concat!($($field_doc),*),
                        rule: $rule,
                    },
                )*
            ];
        }
    };
}

/// The JSON key of a field in [`define`]: the Rust name, unless another is given.
macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:tt) => {
        $json
    };
}

/// The name in GraphQL of a field in [`define`], if one is given.
macro_rules! graphql_name {
    () => {
        None
    };
    ($graphql:tt) => {
        Some($graphql)
    };
}

pub(crate) use {define, graphql_name, json_name};
