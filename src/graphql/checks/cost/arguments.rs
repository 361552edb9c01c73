//! The values of arguments on which the cost of a field depends.

use async_graphql::parser::types::{Field, OperationDefinition};
use async_graphql::{Name, Value as ConstValue, Variables};
use async_graphql_value::Value;

/// The values of variables: as sent, or their defaults.
pub(super) struct ArgumentValues<'a> {
    operation: &'a OperationDefinition,
    sent: &'a Variables,
}

impl<'a> ArgumentValues<'a> {
    pub(super) const fn new(operation: &'a OperationDefinition, sent: &'a Variables) -> Self {
        Self { operation, sent }
    }

    fn variable(&self, name: &Name) -> Option<&ConstValue> {
        self.sent.get(name).or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }

    /// The value of an integer argument.
    pub(super) fn number(&self, field: &Field, name: &str) -> Option<i64> {
        match &field.get_argument(name)?.node {
            Value::Number(number) => number.as_i64(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number.as_i64(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the field searches for text: by its argument `search`, or by the `search` of
    /// `filter`.
    pub(super) fn has_search(&self, field: &Field) -> bool {
        let is_set = |value: &Value| match value {
            Value::Null => false,
            Value::Variable(name) => {
                self.variable(name).is_some_and(|value| *value != ConstValue::Null)
            }
            _ => true,
        };
        if field.get_argument("search").is_some_and(|value| is_set(&value.node)) {
            return true;
        }
        match field.get_argument("filter").map(|value| &value.node) {
            Some(Value::Object(fields)) => fields.get("search").is_some_and(is_set),
            Some(Value::Variable(name)) => match self.variable(name) {
                Some(ConstValue::Object(fields)) => {
                    fields.get("search").is_some_and(|value| *value != ConstValue::Null)
                }
                _ => false,
            },
            _ => false,
        }
    }
}
