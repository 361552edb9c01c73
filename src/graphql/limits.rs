//! The limits of one request. The numbers are documented in `docs/graphql.md`.

use std::time::Duration;

/// Nesting of fields that the introspection query of common tools needs.
pub const INTROSPECTION_DEPTH: usize = 15;
/// Maximum number of directives on one field.
pub const MAX_DIRECTIVES: usize = 20;

/// Maximum size of a query's text, in bytes; data belongs in variables.
pub const MAX_QUERY: usize = 256 * 1024;
/// Maximum size of a request without a token (a login or an introspection), in bytes.
pub const MAX_ANONYMOUS_BODY: usize = 64 * 1024;
/// Maximum number of errors in a response.
pub const MAX_ERRORS: usize = 100;
/// Maximum length of a search text, in characters.
pub const MAX_SEARCH: usize = 500;

/// Maximum number of entries on a page.
pub const MAX_PAGE: i32 = 100;
/// The number of entries on a page if the query gives none.
pub const DEFAULT_PAGE: i32 = 20;

/// The limits of one request. All but `resolved` and `time` are checked before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of JSON values in the body. An import of 5,000 items with a dozen fields each
    /// needs 65,000.
    pub json_nodes: usize,
    /// Maximum nesting of objects and arrays in the body.
    pub json_depth: usize,
    /// Maximum number of tokens in the text, not counting comments and commas.
    pub tokens: usize,
    /// Maximum nesting of brackets in the text.
    pub nesting: usize,
    /// Maximum number of fragments.
    pub fragments: usize,
    /// Maximum number of operations in the text.
    pub operations: usize,
    /// Maximum number of variables of one operation.
    pub variables: usize,
    /// Maximum number of fields, fragment spreads and inline fragments after spreading fragments.
    pub selections: usize,
    /// Maximum number of selections, arguments, directives and values after spreading fragments and
    /// substituting variables.
    pub steps: usize,
    /// Maximum number of aliases after spreading fragments.
    pub aliases: usize,
    /// Maximum nesting of fields, at least [`INTROSPECTION_DEPTH`].
    pub field_depth: usize,
    /// Maximum nesting of selection sets, including fragments.
    pub depth: usize,
    /// Maximum estimated cost, in points. A field is one point; a list multiplies what it contains.
    pub cost: usize,
    /// Maximum estimated number of fields of an introspection.
    pub introspection: usize,
    /// Maximum number of fields that are resolved while the request runs.
    pub resolved: u64,
    /// Maximum time that a query may run. A mutation runs to its end.
    pub time: Duration,
}

impl Default for Limits {
    /// The limits of a request with a token.
    fn default() -> Self {
        Self {
            json_nodes: 200_000,
            json_depth: 64,
            tokens: 15_000,
            nesting: 64,
            fragments: 100,
            operations: 50,
            variables: 200,
            selections: 5_000,
            steps: 400_000,
            aliases: 100,
            field_depth: 20,
            depth: 32,
            cost: 20_000,
            introspection: 200_000,
            resolved: 200_000,
            time: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// Sets the maximum nesting of fields, and of selection sets, which fragments deepen.
    #[must_use]
    pub fn with_field_depth(self, field_depth: usize) -> Self {
        Self { field_depth, depth: field_depth.saturating_add(12), ..self }
    }

    /// The limits of a request without a token: enough for a login and for the introspection of
    /// common tools.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            json_nodes: self.json_nodes.min(2_000),
            tokens: self.tokens.min(2_000),
            selections: self.selections.min(1_000),
            steps: self.steps.min(5_000),
            operations: self.operations.min(10),
            variables: self.variables.min(50),
            // More than any single field costs, so that a client without a token gets
            // UNAUTHENTICATED instead of QUERY_TOO_COMPLEX.
            cost: self.cost.min(5_000),
            ..self.clone()
        }
    }
}
