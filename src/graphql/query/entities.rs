//! The fields of `Query` for people, ceremonies, platforms and genres.

use async_graphql::{Context, ID, Object};

use crate::document::schema::entities::EntityKind;
use crate::graphql::error::{Restricted, restricted};
use crate::graphql::model::entities::{
    Ceremony, CeremonyConnection, Genre, GenreConnection, Platform, PlatformConnection,
};
use crate::graphql::model::inputs::{EntityFilter, PersonFilter};
use crate::graphql::model::pages::PageArgs;
use crate::graphql::model::people::{
    PersonConnection, PossibleDuplicateConnection, duplicates, entity_page,
};
use crate::graphql::model::types::{Person, person};

/// The fields of `Query` for people, ceremonies, platforms and genres.
pub struct EntityQuery;

/// The fields of `Query` for people, ceremonies, platforms and genres.
#[Object]
impl EntityQuery {
    /// The person with this id, which may also be an external id (tmdb-person-287) or the id of a
    /// person who was merged into another. Null if there is none.
    async fn person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's id, for example tmdb-person-287.")] id: ID,
    ) -> Option<async_graphql::Result<Person>> {
        person(ctx, &id).await.transpose()
    }

    /// The people with a name or alias that matches the search, best first: equal names, then names
    /// that start with the search, then names that contain it. Case, accents, spacing and the style
    /// of quotation marks and dashes are ignored. Fewer than 3 characters match only the start of
    /// names.
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name to search for.")] filter: PersonFilter,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<PersonConnection> {
        let search = Some(filter.search);
        let args = PageArgs { first, after, last, before };
        Ok(entity_page(ctx, EntityKind::Person, search, args, Person).await?)
    }

    /// Pairs of people who may be the same person, most likely first: they have the same name
    /// (ignoring spacing and punctuation), or one was created from another form of it, and their
    /// credits do not contradict it. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN
    /// error.
    async fn duplicate_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<PossibleDuplicateConnection> {
        restricted(duplicates(ctx, PageArgs { first, after, last, before }).await)
    }

    /// The award ceremony with this id. Null if there is none.
    async fn ceremony(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ceremony's id.")] id: ID,
    ) -> Option<async_graphql::Result<Ceremony>> {
        Ceremony::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The award ceremonies, sorted by name. With a search: those that match it, best first.
    async fn ceremonies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name to search for. Default: all.")] filter: Option<EntityFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<CeremonyConnection> {
        let search = filter.and_then(|filter| filter.search);
        let args = PageArgs { first, after, last, before };
        Ok(entity_page(ctx, EntityKind::Ceremony, search, args, Ceremony).await?)
    }

    /// The streaming platform with this id. Null if there is none.
    async fn platform(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The platform's id.")] id: ID,
    ) -> Option<async_graphql::Result<Platform>> {
        Platform::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The streaming platforms, sorted by name. With a search: those that match it, best first.
    async fn platforms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name to search for. Default: all.")] filter: Option<EntityFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<PlatformConnection> {
        let search = filter.and_then(|filter| filter.search);
        let args = PageArgs { first, after, last, before };
        Ok(entity_page(ctx, EntityKind::Platform, search, args, Platform).await?)
    }

    /// The genre with this id. Null if there is none.
    async fn genre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The genre's id.")] id: ID,
    ) -> Option<async_graphql::Result<Genre>> {
        Genre::load(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The genres, sorted by name. With a search: those that match it, best first.
    async fn genres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name to search for. Default: all.")] filter: Option<EntityFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<GenreConnection> {
        let search = filter.and_then(|filter| filter.search);
        let args = PageArgs { first, after, last, before };
        Ok(entity_page(ctx, EntityKind::Genre, search, args, Genre).await?)
    }
}
