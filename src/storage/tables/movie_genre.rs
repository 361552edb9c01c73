//! A genre of a movie (projection of basic info).

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "movie_genres")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub movie_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub genre_id: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
