//! Queries for people, ceremonies, platforms and genres.

use async_graphql::{Context, ID, Object};

use crate::document::entity::EntityKind;
use crate::graphql::model::entities::{
    Ceremony, CeremonyConnection, Genre, GenreConnection, Platform, PlatformConnection,
};
use crate::graphql::model::people::{
    PersonConnection, PossibleDuplicateConnection, duplicates, entity_page,
};
use crate::graphql::model::types::{Person, person};

/// Queries for people, ceremonies, platforms and genres.
pub struct PeopleQuery;

/// Queries for people, ceremonies, platforms and genres.
#[Object]
impl PeopleQuery {
    /// A person by any id that leads to them: their own, the one they have elsewhere, or that of someone who
    /// was merged into them. Null if there is none.
    async fn person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's id, for example tmdb-person-287.")] id: ID,
    ) -> Option<async_graphql::Result<Person>> {
        person(ctx, &id).await.transpose()
    }

    /// People who go by a name like that, best first: a whole name, the start of one, a part of
    /// one. Case, accents, spacing and the kind of quotation marks and dashes do not matter. Fewer
    /// than three characters find only names that start with them.
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A name, an alias, or a part of one.")] search: String,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PersonConnection> {
        Ok(entity_page(ctx, EntityKind::Person, Some(search), first, after, Person).await?)
    }

    /// People who may be one, the likeliest first: those who share a name, spacing and punctuation aside, or
    /// were made from another form of it, and whose credits do not speak against it. Needs the role CONTRIBUTOR.
    async fn duplicate_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PossibleDuplicateConnection> {
        Ok(duplicates(ctx, first, after).await?)
    }

    /// An award ceremony by its id. Null if there is none.
    async fn ceremony(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ceremony's id.")] id: ID,
    ) -> Option<async_graphql::Result<Ceremony>> {
        Ceremony::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The award ceremonies, by name; with a search, those that go by a name like that, best first.
    async fn ceremonies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A name, an alias, or a part of one; all if it is left out.")]
        search: Option<String>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<CeremonyConnection> {
        Ok(entity_page(ctx, EntityKind::Ceremony, search, first, after, Ceremony).await?)
    }

    /// A streaming platform by its id. Null if there is none.
    async fn platform(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The platform's id.")] id: ID,
    ) -> Option<async_graphql::Result<Platform>> {
        Platform::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The streaming platforms, by name; with a search, those that go by a name like that, best first.
    async fn platforms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A name, an alias, or a part of one; all if it is left out.")]
        search: Option<String>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PlatformConnection> {
        Ok(entity_page(ctx, EntityKind::Platform, search, first, after, Platform).await?)
    }

    /// A genre by its id. Null if there is none.
    async fn genre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The genre's id.")] id: ID,
    ) -> Option<async_graphql::Result<Genre>> {
        Genre::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The genres, by name; with a search, those that go by a name like that, best first.
    async fn genres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A name, an alias, or a part of one; all if it is left out.")]
        search: Option<String>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<GenreConnection> {
        Ok(entity_page(ctx, EntityKind::Genre, search, first, after, Genre).await?)
    }
}
