//! The outcome of one document of a job.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_outcomes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: String,
    /// The number of the document in the job, counted from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub entry: Option<String>,
    pub line: Option<i64>,
    pub item_index: Option<i64>,
    pub movie_id: Option<String>,
    pub category: Option<String>,
    pub outcome: String,
    pub changes: i64,
    pub problems: String,
    pub omitted: i64,
    pub warnings: String,
    pub omitted_warnings: i64,
    pub movie_created: bool,
    pub import_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
