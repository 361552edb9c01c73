//! An entry of the change feed. The trigger `documents_changes` writes those of published
//! revisions.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    /// 0 on `SQLite`. Set by the database.
    pub transaction_id: i64,
    pub kind: String,
    pub movie_id: String,
    pub category: Option<String>,
    pub revision: Option<i64>,
    pub draft_revision: Option<i64>,
    pub source: Option<String>,
    pub author: Option<String>,
    pub changed_at: DateTimeUtc,
    pub contributors: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
