//! The index of entities by the blocking keys of their names.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::storage::StorageError;
use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::entity_block;

/// The most entities that are read per set of blocking keys.
const MAX_BLOCK_ROWS: u64 = 20_000;

/// The entities that are indexed under any of these blocking keys.
pub(super) async fn entities_in_blocks(
    connection: &impl ConnectionTrait,
    keys: Vec<i64>,
) -> Result<Vec<entity_block::Model>, StorageError> {
    let mut found = Vec::new();
    for keys in keys.chunks(VALUES_PER_STATEMENT) {
        let rows = entity_block::Entity::find()
            .filter(entity_block::Column::Block.is_in(keys.iter().copied()));
        found.extend(rows.limit(MAX_BLOCK_ROWS).all(connection).await?);
    }
    Ok(found)
}
