//! How much one request may ask for.

use std::time::Duration;

/// Deepest nesting of fields; introspection needs 15.
pub const MAX_DEPTH: usize = 20;
/// Most directives on one field.
pub const MAX_DIRECTIVES: usize = 20;

/// Most bytes of a query's text; data goes into variables.
pub const MAX_QUERY: usize = 256 * 1024;
/// Most bytes of a request without a token: a login, or an introspection.
pub const MAX_ANONYMOUS_BODY: usize = 64 * 1024;
/// Most errors that one answer lists.
pub const MAX_ERRORS: usize = 100;
/// Most characters of a search.
pub const MAX_SEARCH: usize = 500;

/// Most movies on one page.
pub const MAX_PAGE: i32 = 100;
/// Movies on a page when the query does not say.
pub const DEFAULT_PAGE: i32 = 20;

/// The limits of one request. All but `resolved` and `time` are checked before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most JSON values in the body. An import of 5,000 items of a dozen fields needs 65,000.
    pub json_nodes: usize,
    /// Deepest nesting of objects and arrays in the body.
    pub json_depth: usize,
    /// Most tokens of the text; comments and commas are not counted.
    pub tokens: usize,
    /// Deepest nesting of brackets in the text.
    pub nesting: usize,
    /// Most fragments.
    pub fragments: usize,
    /// Most operations in the text.
    pub operations: usize,
    /// Most variables of one operation.
    pub variables: usize,
    /// Most fields, fragment spreads and inline fragments, once fragments are spread.
    pub selections: usize,
    /// Most selections, arguments, directives and values, once fragments are spread and variables
    /// filled in.
    pub steps: usize,
    /// Most aliases, once fragments are spread.
    pub aliases: usize,
    /// Deepest nesting of selection sets, fragments included.
    pub depth: usize,
    /// Highest estimated cost, in points. A field is one point; a list multiplies what is below it.
    pub cost: usize,
    /// Highest estimated number of fields of an introspection.
    pub introspection: usize,
    /// Most fields that are resolved while the request runs.
    pub resolved: u64,
    /// Longest time that a query may run; a mutation runs to its end.
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
            depth: 32,
            cost: 20_000,
            introspection: 200_000,
            resolved: 200_000,
            time: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// The limits of a request without a token: enough for a login and for the introspection of
    /// the usual tools.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            json_nodes: self.json_nodes.min(2_000),
            tokens: self.tokens.min(2_000),
            selections: self.selections.min(1_000),
            steps: self.steps.min(5_000),
            operations: self.operations.min(10),
            variables: self.variables.min(50),
            // Above the cost of one field of any kind: a client without a token is told that it lacks
            // one, and not that its query is too large.
            cost: self.cost.min(5_000),
            ..self.clone()
        }
    }
}
