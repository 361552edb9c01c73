//! The size of the answer to an introspection, estimated from the schema.

use crate::graphql::checks::types::{Shape, Types};

/// Assumed lengths of introspection lists: averages over the schema, rounded up.
pub(super) struct ListLengths {
    types: usize,
    fields: usize,
    arguments: usize,
    input_fields: usize,
    enum_values: usize,
}

impl ListLengths {
    pub(super) fn new(types: &Types) -> Self {
        let count = types.len().max(1);
        let (mut fields, mut arguments, mut input_fields, mut enum_values) = (0, 0, 0, 0);
        for shape in types.shapes() {
            match shape {
                Shape::Object(object) => {
                    fields += object.len();
                    arguments += object.values().map(|field| field.arguments.len()).sum::<usize>();
                }
                Shape::Input { fields, .. } => input_fields += fields.len(),
                Shape::Enum(values) => enum_values += values.len(),
                Shape::Union | Shape::Scalar => {}
            }
        }
        Self {
            types: count,
            fields: fields.div_ceil(count),
            arguments: arguments.div_ceil(fields.max(1)),
            input_fields: input_fields.div_ceil(count),
            enum_values: enum_values.div_ceil(count),
        }
    }

    pub(super) fn length(&self, field: &str) -> usize {
        match field {
            "types" => self.types,
            "fields" => self.fields,
            "args" => self.arguments,
            "inputFields" => self.input_fields,
            "enumValues" => self.enum_values,
            "directives" => 5,
            _ => 1,
        }
    }
}
