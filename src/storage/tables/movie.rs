//! A movie and its projected columns.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "movies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub title: Option<String>,
    pub original_title: Option<String>,
    /// 0 if unknown.
    pub year: i32,
    pub release_date: Option<String>,
    pub status: Option<String>,
    pub title_key: String,
    pub search_text: String,
    /// The set of categories that have data.
    pub present: i32,
    /// The set of categories that have an open draft.
    pub drafted: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
