//! The open draft of a document. Its content is that of its newest contribution.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "drafts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub movie_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    pub draft_revision: i64,
    pub first_contribution: i64,
    pub base_revision: i64,
    pub opened_at: DateTimeUtc,
    pub opened_by: String,
    pub updated_at: DateTimeUtc,
    /// The source of the newest contribution.
    pub source: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The newest contribution.
    #[sea_orm(
        belongs_to = "super::contribution::Entity",
        from = "(Column::MovieId, Column::Category, Column::DraftRevision)",
        to = "(super::contribution::Column::MovieId, super::contribution::Column::Category, \
        super::contribution::Column::DraftRevision)"
    )]
    Head,
}

impl Related<super::contribution::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Head.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
