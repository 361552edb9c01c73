//! The state of a draft after a contribution.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contributions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub movie_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub draft_revision: i64,
    pub first_contribution: i64,
    pub base_revision: i64,
    pub format: i32,
    pub source: String,
    pub updated_at: DateTimeUtc,
    pub updated_by: Option<String>,
    pub touched: String,
    pub named: String,
    pub answers: String,
    pub body: String,
    pub published_as: Option<i64>,
    pub closed: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
