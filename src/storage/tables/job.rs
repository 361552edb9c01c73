//! A job: long work that outlives its request.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub state: String,
    pub account: String,
    pub author: String,
    pub source: Option<String>,
    pub actor: String,
    pub options: String,
    pub file: Option<String>,
    pub file_size: Option<i64>,
    /// The name that the client gave.
    pub file_name: Option<String>,
    pub file_position: i64,
    pub retry_of: Option<String>,
    pub idempotency_key: Option<String>,
    pub request_hash: Option<String>,
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
    pub is_cancel_requested: bool,
    pub error: Option<String>,
    pub total: Option<i64>,
    /// The number of the next document.
    pub position: i64,
    pub done: i64,
    pub published: i64,
    pub drafted: i64,
    pub unchanged: i64,
    pub planned: i64,
    pub conflict: i64,
    pub rejected: i64,
    pub skipped: i64,
    pub discarded: i64,
    /// A JSON list of the first archive entries that are not documents.
    pub skipped_entries: String,
    pub skipped_entry_count: i64,
    pub lease_owner: Option<String>,
    pub lease_epoch: i64,
    /// Milliseconds since 1970 by the clock of the database; 0 if the job is free.
    pub lease_until: i64,
    pub attempts: i64,
    pub stalled: i64,
    pub careful_until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
