//! What the normalising caches of clients have to know of the types of the schema.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use serde::Serialize;

/// The name of the interface of objects that have a unique id.
const NODE: &str = "Node";
/// The types that are read and written once, and so are no objects of a cache.
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Caches {
    /// The object types that are not a Node. A cache keeps them in the object that has them.
    embedded_types: BTreeSet<String>,
    /// The types of each interface and union.
    possible_types: BTreeMap<String, BTreeSet<String>>,
}

/// The types that caches of clients embed, and the types of interfaces and unions, as JSON: the
/// file `clients/caches.json`.
#[must_use]
pub fn client_caches() -> String {
    let mut caches = Caches { embedded_types: BTreeSet::new(), possible_types: BTreeMap::new() };
    let definitions = parse_schema(super::sdl()).map(|schema| schema.definitions);
    for definition in definitions.unwrap_or_default() {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let name = definition.node.name.node.to_string();
        match definition.node.kind {
            TypeKind::Object(object) => {
                let interfaces = object.implements.iter().map(|of| of.node.to_string());
                let interfaces: BTreeSet<String> = interfaces.collect();
                if !interfaces.contains(NODE) && !ROOTS.contains(&name.as_str()) {
                    caches.embedded_types.insert(name.clone());
                }
                for interface in interfaces {
                    caches.possible_types.entry(interface).or_default().insert(name.clone());
                }
            }
            TypeKind::Union(union) => {
                let members = union.members.iter().map(|member| member.node.to_string());
                caches.possible_types.entry(name).or_default().extend(members);
            }
            _ => {}
        }
    }
    format!("{:#}\n", serde_json::to_value(caches).unwrap_or_default())
}
