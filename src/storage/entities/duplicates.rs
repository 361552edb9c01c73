//! Finding people who may be stored twice: those who share a name, and those with similar names.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::blocks::entities_in_blocks;
use crate::document::resolve::{Name, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::storage::tables::entity_name;
use crate::storage::{Database, StorageError};

/// A shared name and one of the people who have it.
#[derive(FromQueryResult)]
struct SharedNameRow {
    letters: String,
    entity_id: String,
}

/// The expression of the index `idx_entity_names_letters`.
macro_rules! letters {
    ($table:literal) => {
        concat!(
            "REPLACE(REPLACE(REPLACE(REPLACE(",
            $table,
            "name_key, ' ', ''), '.', ''), '-', ''), '''', '')"
        )
    };
}

/// The names that several people have, ignoring spacing and punctuation, and these people.
const SHARED_NAMES: &str = concat!(
    "SELECT DISTINCT shared.letters, n.entity_id FROM entity_names n JOIN (SELECT ",
    letters!(""),
    " AS letters FROM entity_names WHERE kind = 'person' GROUP BY kind, ",
    letters!(""),
    " HAVING COUNT(DISTINCT entity_id) > 1 ORDER BY letters LIMIT $1) AS shared ON ",
    letters!("n."),
    " = shared.letters WHERE n.kind = 'person' ORDER BY shared.letters, n.entity_id"
);

/// The prefix of the ids of people who were created from a name alone.
const DERIVED_ID_PREFIX: &str = "person-";

impl Database {
    /// Groups of people who share a name, ignoring spacing and punctuation, for up to `limit` names
    /// in the order of the names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_sharing_a_name(
        &self,
        limit: u64,
    ) -> Result<Vec<Vec<String>>, StorageError> {
        let values = [i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let statement = Statement::from_sql_and_values(self.reader.backend(), SHARED_NAMES, values);
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for SharedNameRow { letters, entity_id } in
            SharedNameRow::find_by_statement(statement).all(&self.reader).await?
        {
            match groups.last_mut().filter(|(name, _)| *name == letters) {
                Some((_, people)) => people.push(entity_id),
                None => groups.push((letters, vec![entity_id])),
            }
        }
        Ok(groups.into_iter().map(|(_, people)| people).collect())
    }

    /// Pairs of people with similar names. The first of each pair was created from a name alone; at
    /// most `limit` names of such people are compared.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_with_similar_names(
        &self,
        limit: u64,
    ) -> Result<Vec<[String; 2]>, StorageError> {
        let kind = EntityKind::Person;
        let derived: Vec<(String, String)> = entity_name::Entity::find()
            .select_only()
            .columns([entity_name::Column::EntityId, entity_name::Column::Name])
            .filter(entity_name::Column::Kind.eq(kind.as_str()))
            .filter(entity_name::Column::EntityId.starts_with(DERIVED_ID_PREFIX))
            .order_by_asc(entity_name::Column::EntityId)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut of_block: HashMap<i64, BTreeSet<&str>> = HashMap::new();
        for (id, name) in &derived {
            for block in blocking_keys::for_lookup(kind, &Name::of(name)) {
                of_block.entry(block).or_default().insert(id);
            }
        }
        let mut pairs: BTreeSet<[String; 2]> = BTreeSet::new();
        for row in entities_in_blocks(&self.reader, of_block.keys().copied().collect()).await? {
            for id in
                of_block.get(&row.block).into_iter().flatten().filter(|id| **id != row.entity_id)
            {
                pairs.insert([(*id).to_owned(), row.entity_id.clone()]);
            }
        }
        Ok(pairs.into_iter().collect())
    }
}
