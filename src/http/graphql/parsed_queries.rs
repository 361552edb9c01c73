//! Parsed queries by their text. Clients send the same queries again and again, and parsing one
//! takes a tenth of the CPU time of a typed export.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::graphql::{ExecutableDocument, Limits, ServerError, checks};

/// The texts that are kept, in bytes. A parsed query takes up to a hundred times the space of its
/// text.
const MAX_BYTES: u64 = 256 * 1024;
/// The longest text that is kept, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// The usual number of queries; more fit if they are short.
const USUAL_COUNT: usize = 256;

/// The queries that were sent most recently, parsed.
pub struct ParsedQueries(Cache<Box<str>, Arc<ExecutableDocument>, Length>);

#[derive(Clone)]
struct Length;

impl Weighter<Box<str>, Arc<ExecutableDocument>> for Length {
    fn weight(&self, text: &Box<str>, _: &Arc<ExecutableDocument>) -> u64 {
        text.len().max(1) as u64
    }
}

impl Default for ParsedQueries {
    fn default() -> Self {
        Self(Cache::with_weighter(USUAL_COUNT, MAX_BYTES, Length))
    }
}

impl ParsedQueries {
    /// Parses a query within the limits ([`checks::parse`]), or takes it from the cache. All calls
    /// must have the same limits.
    ///
    /// # Errors
    /// When the text is not a GraphQL document, or exceeds a limit.
    pub fn parse(
        &self,
        text: &str,
        limits: &Limits,
    ) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(known) = self.0.get(text) {
            return Ok(known);
        }
        let parsed = Arc::new(checks::parse(text, limits)?);
        if text.len() <= MAX_LENGTH {
            self.0.insert(text.into(), Arc::clone(&parsed));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(queries: &ParsedQueries, text: &str) -> Result<Arc<ExecutableDocument>, ServerError> {
        queries.parse(text, &Limits::default())
    }

    #[test]
    fn a_query_is_parsed_once() {
        let queries = ParsedQueries::default();
        let first = parse(&queries, "{ movies { totalCount } }").unwrap();
        assert!(Arc::ptr_eq(&first, &parse(&queries, "{ movies { totalCount } }").unwrap()));
        assert!(!Arc::ptr_eq(&first, &parse(&queries, "{ movies { totalCount  } }").unwrap()));
        let errors = [(); 2].map(|()| parse(&queries, "{ movies ").unwrap_err().message);
        assert_eq!(errors[0], errors[1]);
    }

    #[test]
    fn the_texts_are_bounded() {
        let queries = ParsedQueries::default();
        let long = format!("{{ __typename }}{}", " ".repeat(MAX_LENGTH));
        assert!(!Arc::ptr_eq(&parse(&queries, &long).unwrap(), &parse(&queries, &long).unwrap()));
        assert_eq!(queries.0.len(), 0);
        for number in 0..3_000 {
            let text = format!("{{ __typename }}{}", " ".repeat(number % 1_000));
            parse(&queries, &text).unwrap();
            assert!(queries.0.weight() <= MAX_BYTES);
        }
        assert!(queries.0.len() > 100);
    }
}
