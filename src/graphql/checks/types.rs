//! The types of the schema, in the form that the checks use.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};

/// The introspection types, which the printed schema omits, with the fields that checks walk.
const INTROSPECTION: &str = "
type __Schema { types: [__Type!]! queryType: __Type! mutationType: __Type
    subscriptionType: __Type directives: [__Directive!]! }
type __Type { fields(includeDeprecated: Boolean): [__Field!] interfaces: [__Type!]
    possibleTypes: [__Type!] enumValues(includeDeprecated: Boolean): [__EnumValue!]
    inputFields(includeDeprecated: Boolean): [__InputValue!] ofType: __Type }
type __Field { args(includeDeprecated: Boolean): [__InputValue!]! type: __Type! }
type __InputValue { type: __Type! }
type __EnumValue { name: String! }
type __Directive { args(includeDeprecated: Boolean): [__InputValue!]! }
type __Roots { __schema: __Schema! __type(name: String!): __Type }
";

/// The name of the type that holds the entry points for reading.
pub const QUERY: &str = "Query";
/// The name of the type that holds the entry points for writing.
pub const MUTATION: &str = "Mutation";

/// The types of a schema, by name.
#[derive(Default)]
pub struct Types(HashMap<String, Shape>);

/// The definition of a type.
pub enum Shape {
    Object(HashMap<String, OutputField>),
    /// The fields that all its types have.
    Interface(HashMap<String, OutputField>),
    Union,
    Enum(Vec<String>),
    Input {
        fields: Vec<InputField>,
        is_one_of: bool,
    },
    Scalar,
}

/// A field of an object.
pub struct OutputField {
    pub ty: Type,
    pub arguments: Vec<InputField>,
}

/// An argument, or a field of an input object.
pub struct InputField {
    pub name: String,
    pub ty: Type,
    pub default: Option<Value>,
}

impl InputField {
    /// Whether a value is required.
    pub fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}

/// The name of the type inside any list types.
pub fn named_type(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(item) => named_type(item),
    }
}

/// Whether the type is a list.
pub const fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

impl Types {
    /// The types of the schema of this service.
    pub fn served() -> &'static Self {
        static TYPES: LazyLock<Types> = LazyLock::new(|| Types::from_sdl(&crate::graphql::sdl()));
        &TYPES
    }

    /// Parses a schema definition; the result is empty if it is invalid.
    pub fn from_sdl(sdl: &str) -> Self {
        let mut types = HashMap::new();
        for text in [sdl, INTROSPECTION] {
            let Ok(document) = parse_schema(text) else { continue };
            for definition in document.definitions {
                if let TypeSystemDefinition::Type(definition) = definition {
                    let definition = definition.node;
                    let is_one_of = definition
                        .directives
                        .iter()
                        .any(|directive| directive.node.name.node == "oneOf");
                    types.insert(
                        definition.name.node.to_string(),
                        shape(definition.kind, is_one_of),
                    );
                }
            }
        }
        if let Some(Shape::Object(roots)) = types.remove("__Roots")
            && let Some(Shape::Object(query)) = types.get_mut(QUERY)
        {
            query.extend(roots);
        }
        Self(types)
    }

    pub fn get(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }

    /// The number of types.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn field(&self, type_name: &str, name: &str) -> Option<&OutputField> {
        match self.0.get(type_name)? {
            Shape::Object(fields) | Shape::Interface(fields) => fields.get(name),
            _ => None,
        }
    }

    /// All definitions, in no particular order.
    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.0.values()
    }
}

fn shape(kind: TypeKind, is_one_of: bool) -> Shape {
    match kind {
        TypeKind::Scalar => Shape::Scalar,
        TypeKind::Object(object) => Shape::Object(output_fields(object.fields)),
        TypeKind::Interface(interface) => Shape::Interface(output_fields(interface.fields)),
        TypeKind::Union(_) => Shape::Union,
        TypeKind::Enum(definition) => Shape::Enum(
            definition.values.iter().map(|value| value.node.value.node.to_string()).collect(),
        ),
        TypeKind::InputObject(object) => {
            Shape::Input { fields: input_fields(object.fields), is_one_of }
        }
    }
}

fn output_fields(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<String, OutputField> {
    let fields = fields.into_iter().map(|field| field.node);
    fields
        .map(|field| {
            let arguments = input_fields(field.arguments);
            (field.name.node.to_string(), OutputField { ty: field.ty.node, arguments })
        })
        .collect()
}

fn input_fields(fields: Vec<Positioned<InputValueDefinition>>) -> Vec<InputField> {
    let fields = fields.into_iter().map(|field| field.node);
    fields
        .map(|field| InputField {
            name: field.name.node.to_string(),
            ty: field.ty.node,
            default: field.default_value.map(|value| value.node),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_served_schema_is_known() {
        let types = Types::served();
        assert!(types.len() > 100);
        let events = types.field("Timeline", "events").unwrap();
        assert!(is_list(&events.ty) && named_type(&events.ty) == "TimelineEvent");
        assert!(types.field(QUERY, "movie").unwrap().arguments[0].is_required());
        assert!(types.field(QUERY, "__schema").is_some());
        assert!(matches!(types.get("CategoryInput"), Some(Shape::Input { is_one_of: true, .. })));
    }
}
