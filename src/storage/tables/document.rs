//! The published document of one category of one movie.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub movie_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    pub revision: i64,
    pub format: i32,
    pub source: String,
    pub updated_at: DateTimeUtc,
    pub updated_by: Option<String>,
    pub body: String,
    pub is_empty: bool,
    /// The operation that published the revision.
    pub operation: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
