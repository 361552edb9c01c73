//! The index of entities by the blocking keys of their names.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::storage::StorageError;
use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::entity_block;

/// The most rows that are read per set of blocking keys.
const MAX_BLOCK_ROWS: u64 = 20_000;

/// The entities that are indexed under any of these blocking keys. If there are too many, those
/// with the smallest ids, so that the same names always have the same candidates.
pub(super) async fn entities_in_blocks(
    connection: &impl ConnectionTrait,
    keys: Vec<i64>,
) -> Result<Vec<entity_block::Model>, StorageError> {
    let mut found = Vec::new();
    for keys in keys.chunks(VALUES_PER_STATEMENT) {
        let rows = entity_block::Entity::find()
            .filter(entity_block::Column::Block.is_in(keys.iter().copied()))
            .limit(MAX_BLOCK_ROWS);
        let mut read = rows.clone().all(connection).await?;
        // There are rarely so many rows. Only then do they have to be sorted.
        if read.len() as u64 == MAX_BLOCK_ROWS {
            let by_id = rows
                .order_by_asc(entity_block::Column::EntityId)
                .order_by_asc(entity_block::Column::Block);
            read = by_id.all(connection).await?;
        }
        found.append(&mut read);
    }
    Ok(found)
}
