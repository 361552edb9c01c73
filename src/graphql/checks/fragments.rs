//! The fragments of a query, sorted by dependency.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, FragmentSpread, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError};

use super::invalid;
use super::suggestions::did_you_mean;

/// The names of the fragments of a document.
pub struct Fragments<'a> {
    /// All fragments, each after those that it spreads.
    pub sorted: Vec<&'a str>,
    /// The fragments that no operation and no other fragment spreads.
    pub unused: HashSet<&'a str>,
}

/// Sorts fragments so that each follows those that it spreads. Linear in the document. On success
/// there are no cycles, so that later checks can walk fragments.
///
/// # Errors
/// When a spread names an unknown fragment, or a fragment spreads itself.
pub fn sorted(document: &ExecutableDocument) -> Result<Fragments<'_>, ServerError> {
    let mut unused: HashSet<&str> = document.fragments.keys().map(Name::as_str).collect();
    let mut spreads: HashMap<&str, Vec<&Positioned<FragmentSpread>>> = HashMap::new();
    let sets = document
        .fragments
        .iter()
        .map(|(name, fragment)| (Some(name.as_str()), &fragment.node.selection_set.node));
    let operations = document.operations.iter();
    let sets =
        sets.chain(operations.map(|(_, operation)| (None, &operation.node.selection_set.node)));
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
    let mut walk = DepthFirstSort { spreads, state: HashMap::new(), sorted: Vec::new() };
    let mut names: Vec<&str> = document.fragments.keys().map(Name::as_str).collect();
    names.sort_unstable();
    for name in names {
        walk.visit(name)?;
    }
    Ok(Fragments { sorted: walk.sorted, unused })
}

/// Collects the spreads of a selection set and of the sets within it.
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

struct DepthFirstSort<'a> {
    spreads: HashMap<&'a str, Vec<&'a Positioned<FragmentSpread>>>,
    state: HashMap<&'a str, State>,
    sorted: Vec<&'a str>,
}

impl<'a> DepthFirstSort<'a> {
    /// Recurses at most once per fragment; the number of fragments is limited.
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
        self.sorted.push(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> Result<Vec<String>, String> {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let found = sorted(&document).map_err(|error| error.message)?;
        Ok(found.sorted.into_iter().map(str::to_owned).collect())
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
