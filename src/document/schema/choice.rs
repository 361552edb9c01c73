//! Choices: fixed sets of words, as enums with a spelling in JSON and in GraphQL.

/// Defines a fixed set of words: generates a GraphQL enum and an OpenAPI schema, with the spelling
/// of each value in JSON.
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
            serde::Serialize, serde::Deserialize, async_graphql::Enum, utoipa::ToSchema,
        )]
        pub enum $Name {
            $( $(#[doc = $value_doc])* #[serde(rename = $json)] $Value, )*
        }

        impl $Name {
            /// The spelling of every value in a file.
            pub const VALUES: &'static [&'static str] = &[$($json),*];
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$Value),*];

            /// Parses a value. Case is ignored; hyphens and spaces count as underscores.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let plain = |text: &str| text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
                let wanted = plain(text);
                Self::ALL.iter().copied().find(|value| plain(value.as_str()) == wanted)
            }

            /// The spelling of the value in a file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Value => $json),* }
            }
        }

        impl $crate::document::schema::definition::FieldType for $Name {
            type Input = Self;
        }
    };
}

pub(crate) use define_choice;
