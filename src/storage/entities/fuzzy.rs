//! Candidates for names of people that have none yet: people with a name that differs in the
//! spelling of one word, or in one word that sounds alike in another script.
//!
//! Such names share only a part, and many people may share that part. So this search runs only for
//! names without candidates, and compares names before it reads anything else.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::blocks::entities_in_blocks;
use crate::document::resolve::{Name, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::storage::StorageError;
use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::entity_name;

/// A name without candidates, with its index among the names of the documents.
pub(in crate::storage) type UnmatchedName<'a> = (usize, &'a Name);

/// The most names that are looked up under one blocking key, so that a document of many similar
/// names does not take longer.
const MAX_NAMES_PER_BLOCK: usize = 40;
const KIND: EntityKind = EntityKind::Person;

/// The people with a name similar to each of these names, by the index of the name: ids, most
/// similar first.
pub(in crate::storage) async fn people_with_similar_names(
    connection: &impl ConnectionTrait,
    unmatched: &[UnmatchedName<'_>],
) -> Result<BTreeMap<usize, Vec<String>>, StorageError> {
    let mut found: BTreeMap<usize, Vec<(f64, String)>> = BTreeMap::new();
    let mut of_block: HashMap<i64, Vec<UnmatchedName<'_>>> = HashMap::new();
    for (place, name) in unmatched {
        for block in blocking_keys::for_second_lookup(KIND, name) {
            let names = of_block.entry(block).or_default();
            if names.len() < MAX_NAMES_PER_BLOCK {
                names.push((*place, *name));
            }
        }
    }
    // A person who shares several keys with a name is compared with it only once.
    let mut of_person: HashMap<String, BTreeMap<usize, &Name>> = HashMap::new();
    for row in entities_in_blocks(connection, of_block.keys().copied().collect()).await? {
        let given = of_block.get(&row.block).into_iter().flatten();
        of_person.entry(row.entity_id).or_default().extend(given.copied());
    }
    let people: Vec<&str> = of_person.keys().map(String::as_str).collect();
    for people in people.chunks(VALUES_PER_STATEMENT) {
        let names = entity_name::Entity::find()
            .filter(entity_name::Column::Kind.eq(KIND.as_str()))
            .filter(entity_name::Column::EntityId.is_in(people.iter().copied()));
        for row in names.all(connection).await? {
            for (place, given) in of_person.get(&row.entity_id).into_iter().flatten() {
                if let Some(similarity) = given.similarity(&row.name) {
                    found.entry(*place).or_default().push((similarity, row.entity_id.clone()));
                }
            }
        }
    }
    let best_first = |mut people: Vec<(f64, String)>| {
        people.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut seen = HashSet::new();
        people.into_iter().map(|(_, id)| id).filter(|id| seen.insert(id.clone())).collect()
    };
    Ok(found.into_iter().map(|(place, people)| (place, best_first(people))).collect())
}
