//! An entry of the audit log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: DateTimeUtc,
    /// Null if the request had no valid token.
    pub account: Option<String>,
    pub email: Option<String>,
    pub credential: String,
    pub credential_id: Option<String>,
    pub interface: String,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub operation: String,
    pub target_kind: Option<String>,
    pub target_id: Option<String>,
    pub category: Option<String>,
    pub outcome: String,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub count: i64,
    pub import_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
