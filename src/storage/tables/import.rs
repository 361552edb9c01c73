//! An entry of the import log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub movie_id: String,
    pub category: Option<String>,
    pub operation: String,
    pub stage: String,
    pub created_at: DateTimeUtc,
    pub author: String,
    pub account: String,
    pub source: Option<String>,
    pub status: String,
    pub options: String,
    /// The text as it was sent, if it is small or from before the table of texts existed.
    pub document: Option<String>,
    pub report: Option<String>,
    pub problems: String,
    pub revision: Option<i64>,
    pub draft_revision: Option<i64>,
    /// SHA-256 of the text as it was sent.
    pub text_hash: Option<String>,
    /// The size of the text in bytes.
    pub text_size: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
