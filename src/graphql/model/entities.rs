//! Ceremonies, platforms and genres.

use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};

use super::inputs::{MovieOrder, order_of};
use super::types::{ExternalId, external_ids};
use crate::document::categories::awards::PrestigeLevel;
use crate::document::entity::EntityKind;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::loaders::credits::NamingPage;
use crate::graphql::query::{
    MovieConnection, MovieTotals, connection_of, of_another_order, page_of,
};
use crate::storage::{Entity, MoviePage};

/// A list of ceremonies.
pub type CeremonyConnection = Connection<String, Ceremony, EmptyFields, EmptyFields>;
/// A list of platforms.
pub type PlatformConnection = Connection<String, Platform, EmptyFields, EmptyFields>;
/// A list of genres.
pub type GenreConnection = Connection<String, Genre, EmptyFields, EmptyFields>;

macro_rules! things {
    ($($(#[doc = $doc:literal])* $Name:ident, $kind:ident, $id:literal, $movies:literal { $($more:tt)* })*) => {
        $(
            $(#[doc = $doc])*
            pub struct $Name(pub Arc<Entity>);

            impl $Name {
                /// The one of any id that leads to it.
                pub async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, ApiError> {
                    let key = (EntityKind::$kind, id.to_owned());
                    Ok(ctx.loaders()?.works.things.load_one(key).await?.map(Self))
                }
            }

            $(#[doc = $doc])*
            #[Object]
            impl $Name {
                #[doc = $id]
                async fn id(&self) -> ID {
                    ID(self.0.id.clone())
                }

                /// Its own name.
                async fn name(&self) -> &str {
                    &self.0.name
                }

                /// Other names it goes by.
                async fn aliases(&self) -> &[String] {
                    &self.0.aliases
                }

                /// Its ids elsewhere.
                async fn external_ids(&self) -> Vec<ExternalId> {
                    external_ids(&self.0)
                }

                $($more)*

                #[doc = $movies]
                #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
                async fn movies(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How to sort.")] order_by: Option<MovieOrder>,
                    #[graphql(
                        desc = "How many from the start, or after a cursor: 1 to 100; 20 if neither first nor last is given."
                    )]
                    first: Option<i32>,
                    #[graphql(desc = "Start after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, or before a cursor: 1 to 100.")] last: Option<i32>,
                    #[graphql(desc = "End before this cursor.")] before: Option<String>,
                ) -> async_graphql::Result<MovieConnection> {
                    let order = order_of(order_by);
                    let page = page_of(order, first, after, last, before)?;
                    Ok(movies_naming(ctx, NamingPage { kind: EntityKind::$kind, order, page }, &self.0.id).await?)
                }
            }
        )*
    };
}

things! {
    /// An award ceremony. A nomination keeps its name as it was sent; this is which one it is.
    Ceremony, Ceremony, "The ceremony's id.", "The movies that were nominated there." {
        /// Its country: ISO 3166-1 alpha-2, for example IN. Null if it is not known.
        async fn country(&self) -> Option<&str> {
            self.0.details.country.as_deref()
        }

        /// What it honours films in, for example Tamil. Empty if it honours films in all languages, or if it is
        /// not known. Of several ceremonies of one name, this tells which one a nomination means.
        async fn languages(&self) -> &[String] {
            &self.0.details.languages
        }

        /// How far its awards count. Null if it is not known.
        async fn prestige_level(&self) -> Option<PrestigeLevel> {
            self.0.details.prestige_level
        }

        /// Who gives its awards. Null if it is not known.
        async fn organization(&self) -> Option<&str> {
            self.0.details.organization.as_deref()
        }
    }
    /// A streaming platform. An offer keeps its name as it was sent; this is which one it is.
    Platform, Platform, "The platform's id.", "The movies that it offers, or has offered, as far as documents say." {
        /// Where it is offered: ISO 3166-1 alpha-2. Empty if it is offered nearly everywhere, or if it is not known.
        async fn regions(&self) -> &[String] {
            &self.0.details.regions
        }

        /// The address of its own site. Null if it is not known.
        async fn home_page(&self) -> Option<&str> {
            self.0.details.home_page.as_deref()
        }
    }
    /// A genre. A movie keeps its name as it was sent; this is which one it is.
    Genre, Genre, "The genre's id.", "The movies of this genre." {}
}

/// A page of the movies that name something.
async fn movies_naming(
    ctx: &Context<'_>,
    part: NamingPage,
    id: &str,
) -> Result<MovieConnection, ApiError> {
    let works = &ctx.loaders()?.works;
    let mut ids =
        works.naming.load_one((part.clone(), id.to_owned())).await?.ok_or_else(of_another_order)?;
    let limit = usize::try_from(part.page.limit).unwrap_or(usize::MAX);
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    if part.page.backward {
        ids.reverse();
    }
    ctx.hand_out(ids.len())?;
    let mut movies = works.movies.load_many(ids.clone()).await?;
    let movies = ids.iter().filter_map(|id| movies.remove(id)).collect();
    let totals = MovieTotals::Naming(part.kind, id.to_owned());
    Ok(connection_of(part.order, &part.page, MoviePage { movies, has_more }, totals))
}
