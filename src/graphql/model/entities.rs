//! Award ceremonies, streaming platforms and genres.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::inputs::{MovieOrder, movie_order};
use super::movies::{MovieConnection, cursor_order_mismatch, movie_connection, movie_page};
use super::pages::{Page, PageArgs};
use super::totals::Totals;
use super::types::{ExternalId, external_ids};
use crate::document::node_ids::{entity_node_id, plain_entity_id};
use crate::document::reference::PrestigeLevel;
use crate::document::schema::entities::EntityKind;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::loaders::credits::EntityMoviesPage;
use crate::storage::{Entity, MoviePage};

/// A page of award ceremonies.
pub type CeremonyConnection = Page<Ceremony>;
/// A page of streaming platforms.
pub type PlatformConnection = Page<Platform>;
/// A page of genres.
pub type GenreConnection = Page<Genre>;

macro_rules! entities {
    ($(
        $(#[doc = $doc:literal])*
        $Name:ident, $kind:ident, $id:literal, $movies:literal { $($more:tt)* }
    )*) => {
        $(
            $(#[doc = $doc])*
            pub struct $Name(pub Arc<Entity>);

            impl $Name {
                /// Loads the entity by its id, an external id, or the id of an entity that was
                /// merged into it.
                pub async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, ApiError> {
                    let key = (EntityKind::$kind, plain_entity_id(id).to_owned());
                    Ok(ctx.loaders()?.works.entities.load_one(key).await?.map(Self))
                }
            }

            $(#[doc = $doc])*
            #[Object]
            impl $Name {
                #[doc = $id]
                pub(super) async fn id(&self) -> ID {
                    ID(entity_node_id(EntityKind::$kind, &self.0.id))
                }

                /// The main name.
                async fn name(&self) -> &str {
                    &self.0.name
                }

                /// Other names.
                async fn aliases(&self) -> &[String] {
                    &self.0.aliases
                }

                /// The ids in other databases.
                async fn external_ids(&self) -> Vec<ExternalId> {
                    external_ids(&self.0)
                }

                $($more)*

                #[doc = $movies]
                #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
                async fn movies(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "The sort order. Default: by title.")]
                    order_by: Option<MovieOrder>,
                    #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")]
                    first: Option<i32>,
                    #[graphql(desc = "Return the entries after this cursor.")]
                    after: Option<String>,
                    #[graphql(desc = "The page size from the end: 1 to 100.")]
                    last: Option<i32>,
                    #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
                    before: Option<String>,
                ) -> async_graphql::Result<MovieConnection> {
                    let order = movie_order(order_by, None);
                    let page = movie_page(order, PageArgs { first, after, last, before })?;
                    let page = EntityMoviesPage { kind: EntityKind::$kind, order, page };
                    Ok(movies_of_entity(ctx, page, &self.0.id).await?)
                }
            }
        )*
    };
}

entities! {
    /// An award ceremony. Documents keep its name as sent, which may differ from the name here.
    Ceremony, Ceremony, "The ceremony's id, for example ceremony-academy-awards: the same as in files, or\n\
     with a prefix as in entity:ceremony:oscars if it does not show its kind.",
    "The movies that were nominated for its awards." {
        /// The country, as an ISO 3166-1 alpha-2 code, for example IN. Null if unknown.
        async fn country(&self) -> Option<&str> {
            self.0.details.country.as_deref()
        }

        /// The languages of the films that it honours, for example Tamil. Empty if it honours films
        /// in all languages, or if unknown. It distinguishes ceremonies that share a name.
        async fn languages(&self) -> &[String] {
            &self.0.details.languages
        }

        /// The reach of its awards. Null if unknown.
        async fn prestige_level(&self) -> Option<PrestigeLevel> {
            self.0.details.prestige_level
        }

        /// The organization that gives its awards. Null if unknown.
        async fn organization(&self) -> Option<&str> {
            self.0.details.organization.as_deref()
        }
    }
    /// A streaming platform. Documents keep its name as sent, which may differ from the name here.
    Platform, Platform,
    "The platform's id, for example tmdb-platform-8: the same as in files, or\n\
     with a prefix as in entity:platform:p8 if it does not show its kind.",
    "The movies with an offer of this platform in their published streaming document." {
        /// The countries that it serves, as ISO 3166-1 alpha-2 codes, for example US. Empty if it
        /// serves nearly all countries, or if unknown.
        async fn regions(&self) -> &[String] {
            &self.0.details.regions
        }

        /// The URL of its website. Null if unknown.
        async fn home_page(&self) -> Option<&str> {
            self.0.details.home_page.as_deref()
        }
    }
    /// A genre. Documents keep its name as sent, which may differ from the name here.
    Genre, Genre,
    "The genre's id, for example tmdb-genre-18: the same as in files, or\n\
     with a prefix as in entity:genre:drama if it does not show its kind.",
    "The movies of this genre." {}
}

/// Resolves the movies that name an entity in their published documents.
async fn movies_of_entity(
    ctx: &Context<'_>,
    page_key: EntityMoviesPage,
    id: &str,
) -> Result<MovieConnection, ApiError> {
    let works = &ctx.loaders()?.works;
    let ids = works
        .entity_movies
        .load_one((page_key.clone(), id.to_owned()))
        .await?
        .ok_or_else(cursor_order_mismatch)?;
    let (ids, has_more) = page_key.page.cut(ids);
    ctx.charge_objects(ids.len())?;
    let mut movies = works.movies.load_many(ids.clone()).await?;
    let movies = ids.iter().filter_map(|id| movies.remove(id)).collect();
    let totals = Totals::MoviesOf(page_key.kind, id.to_owned());
    Ok(movie_connection(page_key.order, &page_key.page, MoviePage { movies, has_more }, totals))
}
