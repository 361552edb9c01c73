//! The fragments of a query: which are spread where.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, FragmentSpread, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError};

use super::invalid;
use super::nearest::did_you_mean;

/// The fragments of a document: each after those that it spreads.
pub struct Fragments<'a> {
    /// The names, those without spreads of their own first.
    pub ordered: Vec<&'a str>,
    /// The names that no operation and no other fragment spreads.
    pub unused: HashSet<&'a str>,
}

/// Puts fragments in an order in which each one follows those that it spreads. Linear in the
/// document; everything after it may walk fragments without meeting one twice on a path.
///
/// # Errors
/// When a spread names no fragment, or a fragment spreads itself.
pub fn ordered(document: &ExecutableDocument) -> Result<Fragments<'_>, ServerError> {
    let mut unused: HashSet<&str> = document.fragments.keys().map(Name::as_str).collect();
    let mut spreads: HashMap<&str, Vec<&Positioned<FragmentSpread>>> = HashMap::new();
    let sets = document
        .fragments
        .iter()
        .map(|(name, fragment)| (Some(name.as_str()), &fragment.node.selection_set.node));
    let operations = document.operations.iter();
    let sets = sets.chain(operations.map(|(_, of)| (None, &of.node.selection_set.node)));
    for (owner, set) in sets {
        let mut found = Vec::new();
        collect(set, &mut found);
        for spread in &found {
            let name = spread.node.fragment_name.node.as_str();
            if !document.fragments.contains_key(name) {
                let known = document.fragments.keys().map(Name::as_str);
                let hint = did_you_mean(name, known);
                return Err(invalid(format!("Unknown fragment \"{name}\".{hint}"), spread.pos));
            }
            unused.remove(name);
        }
        if let Some(owner) = owner {
            spreads.insert(owner, found);
        }
    }
    let mut walk = Walk { spreads, state: HashMap::new(), ordered: Vec::new() };
    let mut names: Vec<&str> = document.fragments.keys().map(Name::as_str).collect();
    names.sort_unstable();
    for name in names {
        walk.visit(name)?;
    }
    Ok(Fragments { ordered: walk.ordered, unused })
}

/// Every spread of a selection set, also of the sets within it.
fn collect<'a>(set: &'a SelectionSet, found: &mut Vec<&'a Positioned<FragmentSpread>>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => collect(&field.node.selection_set.node, found),
            Selection::InlineFragment(inline) => collect(&inline.node.selection_set.node, found),
            Selection::FragmentSpread(spread) => found.push(spread),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

struct Walk<'a> {
    spreads: HashMap<&'a str, Vec<&'a Positioned<FragmentSpread>>>,
    state: HashMap<&'a str, State>,
    ordered: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    /// Recurses once for each fragment at most; their number is limited.
    fn visit(&mut self, name: &'a str) -> Result<(), ServerError> {
        if self.state.contains_key(name) {
            return Ok(());
        }
        self.state.insert(name, State::Open);
        for spread in self.spreads.remove(name).unwrap_or_default() {
            let inner = spread.node.fragment_name.node.as_str();
            if self.state.get(inner) == Some(&State::Open) {
                let message = format!("Cannot spread fragment \"{inner}\" within itself.");
                return Err(invalid(message, spread.pos));
            }
            self.visit(inner)?;
        }
        self.state.insert(name, State::Done);
        self.ordered.push(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> Result<Vec<String>, String> {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let found = ordered(&document).map_err(|error| error.message)?;
        Ok(found.ordered.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn each_fragment_follows_those_that_it_spreads() {
        let query = "{ ...c } fragment a on A { x } fragment b on A { y { ...a } }
            fragment c on A { ...b ... on B { ...a } }";
        assert_eq!(message(query), Ok(["a", "b", "c"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn unknown_and_circular_fragments_are_named() {
        let unknown = message("{ x { ...beta } } fragment bets on A { y }");
        assert_eq!(unknown, Err("Unknown fragment \"beta\". Did you mean \"bets\"?".to_owned()));
        for query in [
            "{ x } fragment a on A { ...a }",
            "{ ...a } fragment a on A { y { ...b } } fragment b on A { ... { ...a } }",
        ] {
            let found = message(query).unwrap_err();
            assert_eq!(found, "Cannot spread fragment \"a\" within itself.");
        }
    }
}
