//! A blocking key of a name of an entity.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entity_blocks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub block: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
