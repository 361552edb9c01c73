//! A merged entity and its former state.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merged_entities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub into_id: String,
    pub via_id: String,
    pub name: String,
    pub created_at: DateTimeUtc,
    pub merged_at: DateTimeUtc,
    pub merged_by: String,
    pub names: String,
    pub external_ids: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
